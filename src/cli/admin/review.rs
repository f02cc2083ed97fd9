//! `recordgate admin review`: the free text that waits for a clinician, and what they decide about it. For the
//! practice's side: only `show` prints what a person wrote.

mod shown;

use std::process::ExitCode;

use gateway::clock::{Clock, SystemClock};
use policy::{Decided, FoundText, Queued};
use record::{Content, Entry, OdsCode, PatientKey, Statement};
use serde_json::json;
use store::{Lmdb, PatientFacts, ReviewQueue, Store};

use super::desk::Desk;
use crate::{
    Failure,
    args::{EntryAt, ReviewCommand, ReviewDecideArgs, ReviewListArgs},
};

/// Patients whose queues are read together.
const READ: usize = 500;

pub(super) fn run(command: &ReviewCommand) -> Result<ExitCode, Failure> {
    match command {
        ReviewCommand::List(args) => list(args),
        ReviewCommand::Show(at) => show(at),
        ReviewCommand::Decide(args) => decide(args),
    }
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

fn list(args: &ReviewListArgs) -> Result<ExitCode, Failure> {
    let desk = Desk::open(&args.config, &args.practice)?;
    let queue = queue(desk.store(), &args.practice)?;
    let listed = queue.iter().filter(|(_, queued)| args.all || queued.found.decided.is_none());
    for (patient, queued) in listed {
        if args.json {
            say!("{}", line(&args.practice, patient, queued));
        } else {
            told(patient, queued);
        }
    }
    if !args.json {
        let decided = queue.iter().filter(|(_, queued)| queued.found.decided.is_some()).count();
        let waiting = queue.len() - decided;
        say!("{waiting} wait for a clinician of {}; {decided} have been decided about", args.practice);
    }
    Ok(ExitCode::SUCCESS)
}

fn days(queued: &Queued) -> i64 {
    SystemClock.now().duration_since(queued.since).as_hours() / 24
}

fn decision(share: bool) -> &'static str {
    if share { "share" } else { "withhold" }
}

fn told(patient: &PatientKey, queued: &Queued) {
    let found = &queued.found;
    let (verdict, entry) = (found.verdict.code(), found.entry.as_str());
    say!("{:>4} days  {verdict:<11}  --patient {} --entry {entry}", days(queued), patient.expose());
    let decided = found.decided.map_or(String::new(), |share| format!("; decided: {}", decision(share)));
    say!("           {:?}: {}{decided}", found.place, found.rules().join(", "));
}

fn line(practice: &OdsCode, patient: &PatientKey, queued: &Queued) -> serde_json::Value {
    let found = &queued.found;
    json!({
        "practice": practice.as_str(), "patient": patient.expose(), "entry": found.entry.as_str(),
        "verdict": found.verdict.code(), "rules": found.rules(), "decision": found.decided.map(decision),
        "since": queued.since.to_string(), "days": days(queued), "read": format!("{:?}", found.place),
    })
}

/// The entry as it is now, which may not be in the queue: a clinician may decide about any words.
fn entry_of(facts: PatientFacts, at: &EntryAt) -> Result<Entry, Failure> {
    let guests = facts.guests.into_iter().map(|(guest, _)| guest.entry);
    let mut entries = facts.entries.into_iter().map(|(entry, _)| entry).chain(guests);
    let found = entries.find(|entry| entry.id == at.entry && !entry.deleted);
    found.ok_or_else(|| {
        Failure("the patient has no entry of this key; `recordgate admin review list` prints keys".to_owned())
    })
}

fn show(at: &EntryAt) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&at.about)?;
    let reviewed = facts.oversight.reviewed.get(&at.entry).cloned();
    let entry = entry_of(facts, at)?;
    say!("entry     {}, read at {:?}", entry.id.as_str(), entry.place);
    let queue = queue(desk.store(), &at.about.practice)?;
    let mut of_patient = queue.into_iter().filter(|(whose, _)| *whose == patient);
    match of_patient.find(|(_, queued)| queued.found.entry == at.entry) {
        Some((_, Queued { found, since })) => {
            say!("verdict   {}, waiting since {since}", found.verdict.code());
            found.texts.iter().for_each(shown::text);
        }
        None => {
            say!("verdict   none: nobody was found in its words, or they could not go out anyway");
            let plain = |text: String| FoundText { text, spans: Vec::new() };
            words_of(&entry).into_iter().map(plain).for_each(|text| shown::text(&text));
        }
    }
    say!("");
    let Some(review) = reviewed else {
        say!("decided   nothing yet");
        return Ok(ExitCode::SUCCESS);
    };
    let Decided { by, at, why } = &review.decided;
    say!("decided   {}, by {by} at {at}: {why}", decision(review.release));
    if policy::words(&entry) != Some(review.words) {
        say!("          that was about other words than it has now, and counts no longer");
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
fn decide(args: &ReviewDecideArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&args.at.about)?;
    let entry = entry_of(facts, &args.at)?;
    if desk.review(&patient, &entry.id, args.share, &args.deciding)? == 0 {
        return Err(Failure("the entry has no words to decide about".to_owned()));
    }
    match args.share {
        true => say!("the words of the entry may go out as they stand, until they change"),
        false => say!("the words of the entry stay back, until they change"),
    }
    if desk.store().practice(&desk.practice)?.open_batch.is_some() {
        say!("a batch is open: the record is made anew once it is closed");
    }
    Ok(ExitCode::SUCCESS)
}
