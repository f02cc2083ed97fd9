//! What is expected of the reader, on messages made here.

mod envelope;
mod results;

use record::{Content, Entry, Fact, Fate, Identity, Issue, IssueCode, Place, Sink, SinkError, Statement};

use super::Batch;
use crate::{Batch as _, Stop};

/// Everything that was handed over.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) guests: Vec<(Identity, Entry)>,
    pub(super) replaced: Vec<String>,
    pub(super) rejected: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
}

impl Sink for Collected {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        match fact {
            Fact::Guest(identity, entry) => self.guests.push((identity, *entry)),
            Fact::GuestsReplaced(within, _) => self.replaced.push(within.as_str().to_owned()),
            Fact::Entry(..)
            | Fact::Keyed(..)
            | Fact::Removed(..)
            | Fact::GuestGone(_)
            | Fact::Reference(..)
            | Fact::Whole(_) => {
                panic!("only guests are told")
            }
        }
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.rejected.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.warnings.push(issue);
    }

    fn progress(&mut self, _: u64) {}
}

impl Collected {
    pub(super) fn entry(&self, key: &str) -> &Entry {
        let id = format!("nhs003:LAB1/REP1/{key}");
        let found = self.guests.iter().find(|(_, entry)| entry.id.as_str() == id);
        &found.unwrap_or_else(|| panic!("no {id} in {:?}", self.keys())).1
    }

    pub(super) fn keys(&self) -> Vec<&str> {
        self.guests.iter().map(|(_, entry)| entry.id.as_str()).collect()
    }

    pub(super) fn statement(&self, key: &str) -> &Statement {
        match &self.entry(key).content {
            Some(Content::Statement(statement)) => statement,
            other => panic!("{key} is {other:?}"),
        }
    }
}

/// A report with a specimen and these investigations.
pub(super) fn message(investigations: &[&str]) -> String {
    let head = "BGM+LSR'DTM+137:202403011200:203'S01+01'NAD+PO+G1:900++GP ONE'S01+01'NAD+SLA+++A LABORATORY'\
                S02+02'GIS+N'RFF+SRI:REP1'STS++UN'DTM+ISR:202403011130:203'S06+06'S07+07'\
                PNA+PAT+9990000018:OPI+++SU:SAMPLE+FO:ANN'DTM+329:19800229:102'PDI+2'\
                S16+16'SEQ++1'SPC+TSP+:::BLOOD'DTM+SCO:202402290910:203'";
    let body = format!("{head}{}", investigations.concat());
    let count = split(&body) + 2;
    format!("UNH+1+MEDRPT:0:1:RT:NHS003'{body}UNT+{count}+1'")
}

/// How many segments there are, for texts without released terminators.
fn split(text: &str) -> usize {
    text.replace("?'", "").matches('\'').count()
}

/// An interchange of these messages.
pub(super) fn interchange(control: &str, messages: &[String]) -> String {
    format!(
        "UNB+UNOB:1+LAB1:80+GP1:80+240301:1201+{control}++MEDRPT'{}UNZ+{}+{control}'",
        messages.concat(),
        messages.len()
    )
}

pub(super) fn report(investigations: &[&str]) -> String {
    interchange("00000007", &[message(investigations)])
}

/// Reads a file of these bytes.
pub(super) fn try_read(bytes: &[u8]) -> Result<Collected, Vec<Issue>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.dat");
    std::fs::write(&path, bytes).unwrap();
    let mut sink = Collected::default();
    match Batch::open(&"Y99999".parse().unwrap(), &[folder.path().to_owned()])?.read(&mut sink) {
        Ok(()) => Ok(sink),
        Err(Stop::Refused(issues)) => Err(issues),
        Err(Stop::Sink(error)) => panic!("{error}"),
    }
}

pub(super) fn read(text: &str) -> Collected {
    try_read(text.as_bytes()).unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// The code for which a file is refused.
pub(super) fn refused(bytes: &[u8]) -> IssueCode {
    match try_read(bytes) {
        Ok(read) => panic!("read: {:?}", read.keys()),
        Err(issues) => issues[0].code,
    }
}
