//! Letters with which patients sign in who cannot do so otherwise.

use std::process::ExitCode;

use auth::linkage::{LIFETIME, draw, is_surname};
use gateway::clock::{Clock, SystemClock};
use jiff::{Timestamp, civil::Date};
use policy::AccessLevel;
use record::{Content, london};
use store::{Change, Linkage, Linkages, PatientFacts, Store};

use super::desk::Desk;
use crate::{
    Failure,
    args::{IssueLinkageArgs, LinkageCommand, ListLinkageArgs, RevokeLinkageArgs},
    named::Kin,
};

pub(super) fn run(command: &LinkageCommand) -> Result<ExitCode, Failure> {
    match command {
        LinkageCommand::Issue(args) => issue(args),
        LinkageCommand::List(args) => list(args),
        LinkageCommand::Revoke(args) => revoke(args),
    }
}

fn issue(args: &IssueLinkageArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&args.about)?;
    let (surname, born) = known(&facts)?;
    let expires = SystemClock.now().checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
    let letter = loop {
        let letter = draw(&desk.practice, &surname, born).map_err(|failure| Failure(failure.to_string()))?;
        let (patient, id, digest) = (patient.clone(), letter.id.clone(), letter.digest);
        // Another letter of the practice may have the number already.
        if desk.decide(&Change::Linkage { patient, id, digest, expires }, &args.deciding)? {
            break letter;
        }
    };
    say!("what the letter has to say; the key is shown this once");
    say!("    ODS code       {}", desk.practice);
    say!("    account ID     {}", groups(&letter.id, " "));
    say!("    linkage key    {}", groups(&letter.key, "-"));
    say!("    surname        {surname}");
    say!("    use it before  {}", day(expires));
    say!("the patient types these and their date of birth, as it stands in the record");
    let own = desk.store().access(&desk.subject(&patient))?.own;
    if own.is_none_or(|grant| grant.current.max(grant.historical) == AccessLevel::None) {
        say!("the patient has no access yet: the letter opens nothing until `recordgate admin access set`");
    }
    if let Some(words) = Kin::of(&patient, &facts).closed() {
        say!("{words}");
    }
    if !desk.accepts_letters() {
        say!("this service takes no letters now: letters.accept is off in its configuration");
    }
    Ok(ExitCode::SUCCESS)
}

/// The surname and the date of birth in the practice's own record.
fn known(facts: &PatientFacts) -> Result<(String, Date), Failure> {
    let mut living = facts.entries.iter().map(|(entry, _)| entry).filter(|entry| !entry.deleted);
    let found = living.find_map(|entry| match &entry.content {
        Some(Content::Patient(person)) => Some(person),
        Some(_) | None => None,
    });
    let person = found.ok_or_else(|| Failure("the patient is not registered there any more".to_owned()))?;
    let surname =
        person.name.as_ref().and_then(|name| name.family.as_deref()).filter(|name| is_surname(name));
    match (surname, person.birth_date) {
        (Some(surname), Some(born)) => Ok((surname.to_owned(), born)),
        _ => Err(Failure("the record has no surname or no date of birth: nobody could sign in".to_owned())),
    }
}

fn list(args: &ListLinkageArgs) -> Result<ExitCode, Failure> {
    let desk = Desk::open(&args.config, &args.practice)?;
    let patient = args.patient.as_deref().map(|name| desk.named(name)).transpose()?;
    let mut letters = desk.store().linkages(&args.practice)?;
    letters.retain(|letter| patient.as_ref().is_none_or(|patient| letter.patient == *patient));
    letters.sort_by_key(|letter| letter.issued.at);
    for letter in &letters {
        let (id, issued) = (groups(&letter.id, " "), &letter.issued);
        say!("{id}  of {}  {}", letter.patient.expose(), state(letter, SystemClock.now()));
        say!("    issued {:.0} by {}: {}", issued.at, issued.by, issued.why);
    }
    if letters.is_empty() {
        tell!("there is no letter");
    }
    Ok(ExitCode::SUCCESS)
}

fn state(letter: &Linkage, now: Timestamp) -> String {
    let used = letter.used.map(|at| format!("used {at:.0}"));
    let revoked = letter.revoked.as_ref().map(|by| format!("revoked {:.0} by {}: {}", by.at, by.by, by.why));
    let ended: Vec<String> = used.into_iter().chain(revoked).collect();
    match ended.as_slice() {
        [] if letter.is_open(now) => format!("good until {:.0}", letter.expires),
        [] => format!("over since {:.0}", letter.expires),
        ended => ended.join(", "),
    }
}

fn revoke(args: &RevokeLinkageArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, _) = Desk::of(&args.about)?;
    let id: String = args.account.chars().filter(char::is_ascii_digit).collect();
    let of_patient = |letter: &Linkage| letter.id == id && letter.patient == patient;
    if !desk.store().linkages(&desk.practice)?.iter().any(of_patient) {
        return Err(Failure("the patient has no letter with this account ID".to_owned()));
    }
    if desk.decide(&Change::EndLinkage { patient, id }, &args.deciding)? {
        say!("nobody can sign in with it, and what it has opened is closed");
    }
    Ok(ExitCode::SUCCESS)
}

/// In fours, as one reads them out.
fn groups(text: &str, between: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let fours: Vec<String> = characters.chunks(4).map(|four| four.iter().collect()).collect();
    fours.join(between)
}

fn day(at: Timestamp) -> String {
    at.to_zoned(london()).strftime("%-d %B %Y").to_string()
}
