//! A batch is read on one thread and stored on another. What the reader says is passed on in the order in which it
//! was said, so that the sink cannot tell the difference.

use std::{
    mem,
    panic::resume_unwind,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use ingest::Stop;
use record::{Fact, Fate, Issue, Place, Sink, SinkError};

/// What is passed on together: so many things, or what so many bytes of the export hold.
const THINGS: usize = 2_000;
const BYTES: u64 = 2 << 20;
/// How many of those may wait. With [`BYTES`] it bounds what is held, whatever the rows are like.
const WAITING: usize = 4;

/// One call of a [`Sink`].
enum Said {
    Fact(Place, Fact),
    Reject(Issue),
    Warn(Issue),
    Progress(u64),
}

/// Reads a batch into a sink, which stays on this thread.
///
/// # Errors
/// As reading it directly: why the reader stopped, or the sink.
pub(super) fn read(batch: &dyn ingest::Batch, sink: &mut dyn Sink) -> Result<(), Stop> {
    let (to, from) = sync_channel(WAITING);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut relay = Relay { to, said: Vec::new(), read: 0, sent: 0 };
            let read = batch.read(&mut relay);
            // What was said before a refusal counts as well.
            let passed_on = relay.pass_on();
            read.and(passed_on.map_err(Stop::from))
        });
        let heard = repeat(&from, sink);
        // A reader that goes on after the sink has failed finds nobody to tell.
        drop(from);
        let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
        heard.map_err(Stop::from).and(read)
    })
}

fn repeat(from: &Receiver<Vec<Said>>, sink: &mut dyn Sink) -> Result<(), SinkError> {
    for said in from.iter().flatten() {
        match said {
            Said::Fact(place, fact) => drop(sink.fact(&place, fact)?),
            Said::Reject(issue) => sink.reject(issue),
            Said::Warn(issue) => sink.warn(issue),
            Said::Progress(bytes) => sink.progress(bytes),
        }
    }
    Ok(())
}

/// The sink on the reader's side. What became of a fact is known to the other one only.
struct Relay {
    to: SyncSender<Vec<Said>>,
    said: Vec<Said>,
    read: u64,
    sent: u64,
}

impl Relay {
    fn say(&mut self, said: Said) -> Result<(), SinkError> {
        self.said.push(said);
        if self.said.len() >= THINGS || self.read - self.sent >= BYTES { self.pass_on() } else { Ok(()) }
    }

    fn pass_on(&mut self) -> Result<(), SinkError> {
        self.sent = self.read;
        let next = Vec::with_capacity(self.said.len());
        self.to.send(mem::replace(&mut self.said, next)).map_err(|_| SinkError)
    }
}

impl Sink for Relay {
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.say(Said::Fact(place.clone(), fact)).map(|()| Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        // A sink that is gone stops the reading with the next fact.
        let _ = self.say(Said::Reject(issue));
    }

    fn warn(&mut self, issue: Issue) {
        let _ = self.say(Said::Warn(issue));
    }

    fn progress(&mut self, bytes: u64) {
        self.read = bytes;
        let _ = self.say(Said::Progress(bytes));
    }
}
