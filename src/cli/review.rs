//! `recordgate admin review`: the free text that waits for a clinician, and what they decide about it. For the
//! practice's side: only `show` prints what a person wrote.

mod shown;

use std::process::ExitCode;

use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
    loader::{Also, Loader},
    terminology,
};
use policy::{Decided, FoundText, Queued};
use project::IdKey;
use record::{Content, Entry, OdsCode, PatientKey, Statement};
use serde_json::json;
use store::{Lmdb, ReviewQueue, Store, Subject};

use crate::{
    Failure,
    args::{At, DecideArgs, ListArgs, Of, ReviewCommand, ShowArgs},
    progress::Display,
    serve::open,
};

/// Patients whose queues are read together.
const READ: usize = 500;

pub(crate) fn run(command: &ReviewCommand) -> Result<ExitCode, Failure> {
    match command {
        ReviewCommand::List(args) => list(args),
        ReviewCommand::Show(args) => show(args),
        ReviewCommand::Decide(args) => decide(args),
    }
}

fn opened(at: &At) -> Result<(Config, Lmdb), Failure> {
    let config = Config::load(&at.config)?;
    let store = open(&config)?;
    if store.practice(&at.practice)?.batches == 0 {
        return Err(Failure(format!("nothing of {} was ever loaded here; check --practice", at.practice)));
    }
    Ok((config, store))
}

/// What waits in a practice, the oldest first.
fn queue(store: &Lmdb, practice: &OdsCode) -> Result<Vec<(PatientKey, Queued)>, Failure> {
    let mut queue = Vec::new();
    let mut after: Option<PatientKey> = None;
    loop {
        let page = store.queued(practice, after.as_ref(), READ)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        queue.extend(page.into_iter().flat_map(|(patient, queued)| {
            queued.into_iter().map(move |one| (patient.clone(), one)).collect::<Vec<_>>()
        }));
    }
    queue.sort_by(|(a, one), (b, other)| {
        (one.since, a, &one.found.entry).cmp(&(other.since, b, &other.found.entry))
    });
    Ok(queue)
}

fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let (_, store) = opened(&args.at)?;
    let queue = queue(&store, &args.at.practice)?;
    let decided = queue.iter().filter(|(_, queued)| queued.found.decided.is_some()).count();
    let waiting = queue.len() - decided;
    let now = SystemClock.now();
    for (patient, Queued { found, since }) in &queue {
        if found.decided.is_some() && !args.all {
            continue;
        }
        let days = now.duration_since(*since).as_hours() / 24;
        let decision = found.decided.map_or("none", |share| if share { "share" } else { "withhold" });
        if args.json {
            let (patient, entry, verdict) = (patient.expose(), found.entry.as_str(), found.verdict.code());
            let read = format!("{:?}", found.place);
            let line = json!({ "practice": args.at.practice.as_str(), "patient": patient, "entry": entry,
                "verdict": verdict, "rules": found.rules(), "decision": decision, "since": since.to_string(),
                "days": days, "read": read });
            say!("{line}");
        } else {
            let rules = found.rules().join(", ");
            let decision =
                if found.decided.is_some() { format!("; decided: {decision}") } else { String::new() };
            say!(
                "{days:>4} days  {:<11}  --patient {} --entry {}",
                found.verdict.code(),
                patient.expose(),
                found.entry.as_str()
            );
            say!("           {:?}: {rules}{decision}", found.place);
        }
    }
    if !args.json {
        say!("{waiting} wait for a clinician of {}; {decided} have been decided about", args.at.practice);
    }
    Ok(ExitCode::SUCCESS)
}

/// The entry as it is now, which may not be in the queue: a clinician may decide about any words.
fn entry_of(store: &Lmdb, practice: &OdsCode, of: &Of) -> Result<Entry, Failure> {
    let facts = store.facts(practice, &of.patient)?;
    let guests = facts.guests.into_iter().map(|(guest, _)| guest.entry);
    let mut entries = facts.entries.into_iter().map(|(entry, _)| entry).chain(guests);
    let found = entries.find(|entry| entry.id == of.entry && !entry.deleted);
    found.ok_or_else(|| {
        Failure(format!(
            "{practice} has no such entry of such a patient; `admin review list` names those that wait"
        ))
    })
}

fn queued_of(store: &Lmdb, practice: &OdsCode, of: &Of) -> Result<Option<Queued>, Failure> {
    let queue = queue(store, practice)?;
    Ok(queue
        .into_iter()
        .find(|(patient, queued)| *patient == of.patient && queued.found.entry == of.entry)
        .map(|(_, queued)| queued))
}

fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let (_, store) = opened(&args.at)?;
    let entry = entry_of(&store, &args.at.practice, &args.of)?;
    let queued = queued_of(&store, &args.at.practice, &args.of)?;
    say!("entry     {}, read at {:?}", entry.id.as_str(), entry.place);
    match &queued {
        Some(Queued { found, since }) => {
            say!("verdict   {}, waiting since {since}", found.verdict.code());
            found.texts.iter().for_each(shown::text);
        }
        None => {
            say!("verdict   none: nobody was found in its words, or they could not go out anyway");
            let plain = |text: String| FoundText { text, spans: Vec::new() };
            words_of(&entry).into_iter().map(plain).for_each(|text| shown::text(&text));
        }
    }
    let subject = Subject { practice: args.at.practice.clone(), patient: args.of.patient.clone() };
    let oversight = store.oversight(&subject)?;
    match oversight.reviewed.get(&entry.id) {
        Some(review) => {
            let of_these = policy::words(&entry) == Some(review.words);
            let decision = if review.release { "share" } else { "withhold" };
            let Decided { by, at, why } = &review.decided;
            say!("\ndecided   {decision}, by {by} at {at}: {why}");
            if !of_these {
                say!("          that was about other words than it has now, and counts no longer");
            }
        }
        None => say!("\ndecided   nothing yet"),
    }
    Ok(ExitCode::SUCCESS)
}

fn words_of(entry: &Entry) -> Vec<String> {
    let words = |statement: &Statement| policy::words_of(statement).into_iter().map(str::to_owned).collect();
    match &entry.content {
        Some(Content::Statement(statement)) => words(statement),
        Some(Content::WithLists(parts)) => words(&parts.typed()),
        Some(_) | None => Vec::new(),
    }
}

/// Records the decision and makes the record anew.
fn decide(args: &DecideArgs) -> Result<ExitCode, Failure> {
    let (by, why) = (args.by.trim(), args.why.trim());
    if by.is_empty() || why.is_empty() {
        return Err(Failure("say who decided (--by) and why (--why)".to_owned()));
    }
    let (config, store) = opened(&args.at)?;
    let secrets = config.keys.open()?;
    let ids = IdKey::new(secrets.id.expose());
    store.bind(&ids.fingerprint())?;
    let practice = &args.at.practice;
    let entry = entry_of(&store, practice, &args.of)?;
    let terminology = terminology::configured(&config)?;
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &ids,
        clock: &SystemClock,
        practice,
        progress: &|progress| display.show(progress),
        also: Also { terminology: terminology.as_ref(), ..Also::default() },
    };
    let decided = Decided { by: by.to_owned(), at: SystemClock.now(), why: why.to_owned() };
    let about = loader.decide_words(&args.of.patient, &entry.id, args.share, &decided);
    display.end();
    if about? == 0 {
        return Err(Failure("the entry has no words to decide about".to_owned()));
    }
    let what = if args.share { "may go out as they stand" } else { "are withheld" };
    tell!("decided: the words of {} {what}, until they change.", entry.id.as_str());
    if store.practice(practice)?.open_batch.is_some() {
        tell!("A batch of the practice is open: it counts once that has been loaded.");
    }
    Ok(ExitCode::SUCCESS)
}
