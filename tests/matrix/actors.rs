//! Whom a request is admitted for at all.

use std::{collections::BTreeSet, fmt::Write};

use jiff::civil::{Date, date};
use policy::{AccessLevel, AccessRequest, Actor, Grant, LegalBasis, ProxyGrant, Refusal, Standing, admit};
use record::ResourceType;

use super::{Table, golden};

const TODAY: Date = date(2026, 6, 15);
const YESTERDAY: Date = date(2026, 6, 14);
const TOMORROW: Date = date(2026, 6, 16);

const BASES: [(&str, LegalBasis); 6] = [
    ("parental responsibility", LegalBasis::ParentalResponsibility),
    ("consent", LegalBasis::Consent),
    ("best interest", LegalBasis::BestInterest),
    ("deputy of the court", LegalBasis::CourtAppointedPersonalWelfareDeputy),
    ("power of attorney", LegalBasis::HealthAndWelfareLastingPowerOfAttorney),
    ("not stated", LegalBasis::Unstated),
];
const AGES: [(&str, Option<Date>); 6] = [
    ("10 years, 11 tomorrow", Some(date(2015, 6, 16))),
    ("11 today", Some(date(2015, 6, 15))),
    ("15 years, 16 tomorrow", Some(date(2010, 6, 16))),
    ("16 today", Some(date(2010, 6, 15))),
    ("40", Some(date(1986, 6, 15))),
    ("unknown", None),
];
const PERIODS: [(&str, Date, Option<Date>); 6] = [
    ("begins tomorrow", TOMORROW, None),
    ("began today", TODAY, None),
    ("no end", date(2020, 1, 1), None),
    ("ends tomorrow", date(2020, 1, 1), Some(TOMORROW)),
    ("ends today", date(2020, 1, 1), Some(TODAY)),
    ("ended yesterday", date(2020, 1, 1), Some(YESTERDAY)),
];

fn standing() -> Standing {
    Standing {
        birth_date: Some(date(1986, 6, 15)),
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    }
}

fn grant(current: AccessLevel, historical: AccessLevel) -> Grant {
    Grant { effective_date: date(2020, 1, 1), current, historical, sections_off: BTreeSet::new() }
}

fn proxy(basis: LegalBasis, starts: Date, ends: Option<Date>, reviewed: bool) -> ProxyGrant {
    ProxyGrant {
        grant: grant(AccessLevel::Full, AccessLevel::Full),
        legal_basis: basis,
        relationship: Some("MTH".to_owned()),
        starts,
        ends,
        reviewed_since_eleven: reviewed,
    }
}

fn answer(standing: &Standing, shares: bool, actor: Actor<'_>) -> String {
    asked(standing, shares, false, actor)
}

fn asked(standing: &Standing, shares: bool, suppressed: bool, actor: Actor<'_>) -> String {
    let request = AccessRequest {
        today: TODAY,
        practice_shares: shares,
        rules: &policy::PracticeRules::default(),
        suppressed,
        standing,
        actor,
        types: &ResourceType::ALL.into_iter().collect(),
    };
    admit(&request).map_or_else(|refusal| refusal.code().to_owned(), |_| "admitted".to_owned())
}

fn proxies(out: &mut String) {
    writeln!(
        out,
        "\n## Proxies: why, the patient's age, whether reviewed since eleven; the grant's period\n"
    )
    .unwrap();
    let mut head = vec!["legal basis", "patient's age", "reviewed"];
    head.extend(PERIODS.iter().map(|(name, ..)| *name));
    let mut table = Table::new(&head);
    for (basis_name, basis) in BASES {
        for (age, birth_date) in AGES {
            for (reviewed_name, reviewed) in [("no", false), ("yes", true)] {
                let standing = Standing { birth_date, ..standing() };
                let cells = PERIODS.map(|(_, starts, ends)| {
                    answer(&standing, true, Actor::Proxy(&proxy(basis, starts, ends, reviewed)))
                });
                table.row([basis_name, age, reviewed_name].map(str::to_owned).into_iter().chain(cells));
            }
        }
    }
    table.write(out);
}

fn grants(out: &mut String) {
    writeln!(out, "\n## The patient: levels of the grant\n").unwrap();
    let mut head = vec!["current \\ historical"];
    head.extend(AccessLevel::ALL.map(AccessLevel::name));
    let mut table = Table::new(&head);
    for current in AccessLevel::ALL {
        let cells = AccessLevel::ALL
            .map(|historical| answer(&standing(), true, Actor::Patient(Some(&grant(current, historical)))));
        table.row([current.name().to_owned()].into_iter().chain(cells));
    }
    table.write(out);
    writeln!(out, "no grant at all: {}", answer(&standing(), true, Actor::Patient(None))).unwrap();
}

/// What may stand against a patient as a whole, each on or off.
const AGAINST: [(&str, fn(&mut Standing)); 6] = [
    ("sensitive", |standing| standing.sensitive = true),
    ("dummy", |standing| standing.dummy = true),
    ("not regular", |standing| standing.regular = false),
    ("deceased", |standing| standing.deceased = true),
    ("deducted", |standing| standing.deducted_on = Some(TODAY)),
    ("another record", |standing| standing.another_record = true),
];

fn standings(out: &mut String) {
    writeln!(out, "\n## The patient's standing, in every combination, and who asks\n").unwrap();
    let mut table = Table::new(&["practice", "patient", "own grant", "no grant", "proxy by consent"]);
    let own = grant(AccessLevel::Full, AccessLevel::Full);
    let carer = proxy(LegalBasis::Consent, date(2020, 1, 1), None, true);
    for shares in [true, false] {
        for set in 0..1_usize << AGAINST.len() {
            let mut standing = standing();
            let mut names = Vec::new();
            for (_, (name, change)) in AGAINST.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0) {
                change(&mut standing);
                names.push(*name);
            }
            let name = if names.is_empty() { "nothing against" } else { &names.join(", ") };
            let practice = if shares { "shares" } else { "does not share" };
            let actors = [Actor::Patient(Some(&own)), Actor::Patient(None), Actor::Proxy(&carer)];
            let cells = actors.map(|actor| answer(&standing, shares, actor));
            table.row([practice.to_owned(), name.to_owned()].into_iter().chain(cells));
        }
    }
    table.write(out);
    writeln!(out, "\n## The practice serves nothing of the record to anybody\n").unwrap();
    for (name, actor) in [
        ("own grant", Actor::Patient(Some(&own))),
        ("no grant", Actor::Patient(None)),
        ("proxy by consent", Actor::Proxy(&carer)),
    ] {
        writeln!(out, "{name}: {}", asked(&standing(), true, true, actor)).unwrap();
    }
    writeln!(out, "\n## The day on which the registration ended\n").unwrap();
    for (name, day) in [("yesterday", YESTERDAY), ("today", TODAY), ("tomorrow", TOMORROW)] {
        let standing = Standing { deducted_on: Some(day), ..standing() };
        writeln!(out, "{name}: {}", answer(&standing, true, Actor::Patient(Some(&own)))).unwrap();
    }
}

#[test]
fn the_actor_matrix_is_as_checked_in_and_every_refusal_is_in_it() {
    let mut out = String::from(
        "# Who is admitted to a patient's record at all, or why not. An app is never told which.\n\
         # Made by tests/matrix.rs from src/policy. Today is 2026-06-15.\n",
    );
    grants(&mut out);
    standings(&mut out);
    proxies(&mut out);
    for refusal in Refusal::ALL {
        assert!(out.contains(refusal.code()), "{} is in no row", refusal.code());
    }
    golden("actors.txt", &out);
}
