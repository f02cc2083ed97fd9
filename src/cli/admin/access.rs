//! Who may see a record: the patient, and those who act for them.

use std::process::ExitCode;

use jiff::civil::Date;
use policy::{Blocked, Grant, LegalBasis, ProxyGrant, age_on, opens_more};
use record::{Content, NhsNumber, PatientKey, Section};
use store::{Change, PatientFacts, Store};

use super::desk::Desk;
use crate::{
    Failure,
    args::{AboutPatient, AccessSetArgs, AddProxyArgs, EndProxyArgs, Levels},
    named::Kin,
};

/// Says who may see a record.
pub(super) fn show(about: &AboutPatient) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(about)?;
    let subject = desk.subject(&patient);
    if let Some(words) = Kin::of(&patient, &facts).closed() {
        say!("{words}");
    }
    let access = desk.store().access(&subject)?;
    let feed = desk.store().feed_access(&subject)?;
    if !desk.store().practice(&desk.practice)?.shares {
        say!("the practice shares nothing with this service: nobody sees anything");
    }
    if let Some(decided) = &access.suppressed {
        say!("suppressed  {:.0} by {}: nobody sees anything", decided.at, decided.by);
    }
    match &access.own {
        Some(grant) => say!("patient     {}", grant_words(grant)),
        None => say!("patient     no access"),
    }
    if access.own.is_some() && access.own == feed.own {
        say!("            as the clinical system says");
    }
    for (account, proxy) in &access.proxies {
        say!("{account}: {}", proxy_words(proxy));
    }
    for (entry, decided) in &facts.oversight.hidden {
        say!("hidden      entry {}, {:.0} by {}", entry.as_str(), decided.at, decided.by);
    }
    match desk.blocked(&patient)? {
        Some(why) => {
            say!("more access is given only after a look at the record: {} ({})", why.words(), why.code())
        }
        None => say!("nothing in the record asks for a look before more access is given"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets the patient's own access.
pub(super) fn set(args: &AccessSetArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&args.about)?;
    let grant = granted(&args.levels);
    let before = desk.store().access(&desk.subject(&patient))?.own;
    if opens_more(&grant, before.as_ref()) {
        look_first(&desk, &patient, &args.levels, |_| true)?;
    }
    if desk.decide(&Change::Access { patient: patient.clone(), grant: grant.clone() }, &args.deciding)? {
        say!("before: {}", before.as_ref().map_or_else(|| "no access".to_owned(), grant_words));
        say!("now:    {}", grant_words(&grant));
    }
    if let Some(words) = Kin::of(&patient, &facts).closed() {
        say!("{words}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets somebody act for the patient.
pub(super) fn add_proxy(args: &AddProxyArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&args.about)?;
    if args.ends.is_some_and(|ends| ends < args.starts) {
        return Err(Failure("--ends is before --starts".to_owned()));
    }
    let proxy = ProxyGrant {
        grant: granted(&args.levels),
        legal_basis: args.basis,
        relationship: Some(args.relationship.clone()),
        starts: args.starts,
        ends: args.ends,
        reviewed_since_eleven: args.reviewed_since_eleven,
    };
    if args.reviewed_since_eleven && !is_eleven(&facts, Desk::today()) {
        return Err(Failure(
            "--reviewed-since-eleven is for patients who are 11 or older: nobody can have looked again since, and access \
             would not stop on the birthday"
                .to_owned(),
        ));
    }
    if args.acting.nhs_number.is_some_and(|number| is_of(&facts, number)) {
        return Err(Failure(
            "this is the patient's own NHS number: what they may see themselves is for `recordgate admin access set`".to_owned(),
        ));
    }
    let account = args.acting.name();
    let before = desk.store().access(&desk.subject(&patient))?.proxies.remove(&account);
    let stands = before.as_ref().filter(|before| is_within(&proxy, before, Desk::today()));
    if opens_more(&proxy.grant, stands.map(|before| &before.grant)) {
        // A child has proxies because it is a child; and whether the patient wants access is not asked for them.
        look_first(&desk, &patient, &args.levels, |why| {
            !matches!(why, Blocked::Under16 | Blocked::Declined)
        })?;
    }
    let change =
        Change::Proxy { patient: patient.clone(), account: account.clone(), proxy: Box::new(proxy.clone()) };
    if desk.decide(&change, &args.deciding)? {
        let words = |proxy: &ProxyGrant| proxy_words(proxy);
        say!("before: {}", before.as_ref().map_or_else(|| "no access".to_owned(), words));
        say!("now:    {}", proxy_words(&proxy));
    }
    if let Some(words) = Kin::of(&patient, &facts).closed() {
        say!("{words}");
    }
    match args.acting.proven() {
        Some(proven) => say!("who signs in with NHS login and is {} may choose this record", proven.name()),
        None if desk.store().account(&account)?.is_none() => {
            say!("there is no account of this name yet: nobody can sign in with it");
        }
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether this is the patient's own number.
fn is_of(facts: &PatientFacts, number: NhsNumber) -> bool {
    let mut living = facts.entries.iter().map(|(entry, _)| entry).filter(|entry| !entry.deleted);
    living.any(
        |entry| matches!(&entry.content, Some(Content::Patient(person)) if person.nhs_number == Some(number)),
    )
}

/// Whether the patient is known to be 11 or older.
fn is_eleven(facts: &PatientFacts, today: Date) -> bool {
    let mut living = facts.entries.iter().map(|(entry, _)| entry).filter(|entry| !entry.deleted);
    let born = living.find_map(|entry| match &entry.content {
        Some(Content::Patient(person)) => person.birth_date,
        Some(_) | None => None,
    });
    born.is_some_and(|born| age_on(born, today) >= 11)
}

/// Whether somebody who acts for a patient already does so now, as long as what is new would let them.
fn is_within(new: &ProxyGrant, before: &ProxyGrant, today: Date) -> bool {
    let until = before.ends.is_none_or(|last| last >= today && new.ends.is_some_and(|ends| ends <= last));
    before.starts <= new.starts && until
}

/// Ends that somebody acts for the patient.
pub(super) fn end_proxy(args: &EndProxyArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, _) = Desk::of(&args.about)?;
    let proxies = desk.store().access(&desk.subject(&patient))?.proxies;
    let named = named_so(&desk, proxies.into_keys(), &args.acting.name())?;
    if named.is_empty() {
        return Err(Failure(
            "nobody who is named so acts for the patient: see `recordgate admin access show`".to_owned(),
        ));
    }
    let today = Desk::today();
    let last = args.last.or_else(|| today.yesterday().ok()).unwrap_or(today);
    for account in named {
        let change = Change::EndProxy { patient: patient.clone(), account, last };
        desk.decide(&change, &args.deciding)?;
    }
    say!("they see nothing after {last}");
    Ok(ExitCode::SUCCESS)
}

/// Those of the names that are this person's, be it by account or as who they have proven to be: nobody goes on seeing
/// something because they were named twice.
fn named_so(desk: &Desk, names: impl Iterator<Item = String>, who: &str) -> Result<Vec<String>, Failure> {
    let proven = |name: &str| -> Result<String, Failure> {
        let account = desk.store().account(name)?.and_then(|account| account.proven);
        Ok(account.map_or_else(|| name.to_owned(), |proven| proven.name()))
    };
    let who = proven(who)?;
    let mut found = Vec::new();
    for name in names {
        if proven(&name)? == who {
            found.push(name);
        }
    }
    Ok(found)
}

/// Refuses to open more of a record that asks for a look first, unless somebody says that they have looked.
fn look_first(
    desk: &Desk,
    patient: &PatientKey,
    levels: &Levels,
    counts: impl Fn(Blocked) -> bool,
) -> Result<(), Failure> {
    match desk.blocked(patient)?.filter(|why| counts(*why)) {
        Some(why) if !levels.looked => Err(Failure(format!(
            "not given: {} ({}). Look at the record; if access is to be given all the same, say so with --looked",
            why.words(),
            why.code()
        ))),
        Some(why) => {
            say!("somebody has looked, although {} ({})", why.words(), why.code());
            Ok(())
        }
        None => Ok(()),
    }
}

fn granted(levels: &Levels) -> Grant {
    Grant {
        effective_date: levels.from,
        current: levels.current,
        historical: levels.historical,
        sections_off: levels.section_off.iter().copied().collect(),
    }
}

/// A grant on one line.
pub(super) fn grant_words(grant: &Grant) -> String {
    let (current, historical) = (grant.current.name(), grant.historical.name());
    let off: Vec<&str> = grant.sections_off.iter().map(|section: &Section| section.name()).collect();
    let off = if off.is_empty() { String::new() } else { format!(", without {}", off.join(", ")) };
    format!("{current} from {}, {historical} before{off}", grant.effective_date)
}

/// What somebody who acts for the patient may see, on one line.
pub(super) fn proxy_words(proxy: &ProxyGrant) -> String {
    let basis = match proxy.legal_basis {
        LegalBasis::ParentalResponsibility => "parental responsibility",
        LegalBasis::Consent => "the patient's consent",
        LegalBasis::BestInterest => "the patient's best interests",
        LegalBasis::CourtAppointedPersonalWelfareDeputy => "appointment by the court",
        LegalBasis::HealthAndWelfareLastingPowerOfAttorney => "a lasting power of attorney",
        LegalBasis::Unstated => "a basis that was not stated",
    };
    let who = proxy.relationship.as_deref().unwrap_or("relationship not stated");
    let ends = proxy.ends.map_or_else(|| "no set end".to_owned(), |day| format!("until {day}"));
    let reviewed = if proxy.reviewed_since_eleven { ", looked at again since 11" } else { "" };
    format!("{}; {who}, by {basis}, from {} with {ends}{reviewed}", grant_words(&proxy.grant), proxy.starts)
}
