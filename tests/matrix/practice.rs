//! What a practice decides for all its patients: sensitive classes, and the day from which free text may go out.

use std::{collections::BTreeSet, fmt::Write};

use jiff::civil::{Date, date};
use policy::{
    AccessLevel, AccessRequest, Actor, Decision, Grant, Labels, LegalBasis, PracticeRules, ProxyGrant,
    Sensitivity, Standing, admit, decide,
};
use record::{MarksCarried, ResourceType, Section};

use super::{Table, golden};

const FROM: Date = date(2023, 11, 1);
const BEFORE: Date = date(2023, 10, 31);
const AFTER: Date = date(2023, 11, 2);

fn grant(level: AccessLevel) -> Grant {
    Grant {
        effective_date: date(2000, 1, 1),
        current: level,
        historical: level,
        sections_off: BTreeSet::new(),
    }
}

fn answer(rules: &PracticeRules, level: AccessLevel, proxy: bool, labels: &Labels) -> String {
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let own = grant(level);
    let carer = ProxyGrant {
        grant: own.clone(),
        legal_basis: LegalBasis::Consent,
        relationship: Some("PROXY".to_owned()),
        starts: date(2000, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    let admission = admit(&AccessRequest {
        today: date(2026, 6, 15),
        practice_shares: true,
        rules,
        suppressed: false,
        standing: &standing,
        actor: if proxy { Actor::Proxy(&carer) } else { Actor::Patient(Some(&own)) },
        types: &ResourceType::ALL.into_iter().collect(),
    })
    .unwrap();
    match decide(&admission, ResourceType::Observation, labels) {
        Decision::Show(permit) => format!("{} {}", permit.view().name(), permit.rule().code()),
        Decision::Withhold(rule) => format!("- {}", rule.code()),
    }
}

fn classes(out: &mut String) {
    writeln!(out, "\n## A sensitive class, and what the practice decided about that class\n").unwrap();
    let of = |class: Sensitivity, withheld: bool, shown: bool| PracticeRules {
        withheld_from_patients: withheld.then_some(class).into_iter().collect(),
        shown_to_proxies: shown.then_some(class).into_iter().collect(),
        ..PracticeRules::default()
    };
    let decided = [
        ("nothing", false, false),
        ("not for patients", true, false),
        ("for proxies", false, true),
        ("both", true, true),
    ];
    let mut table = Table::new(&["class", "decided", "patient", "proxy"]);
    for class in Sensitivity::ALL {
        let mut labels = Labels::new(Section::Consultations, Some(AFTER), MarksCarried::Yes);
        labels.sensitive.insert(class);
        for (name, withheld, shown) in decided {
            let rules = of(class, withheld, shown);
            let cells = [false, true].map(|proxy| answer(&rules, AccessLevel::Full, proxy, &labels));
            table.row([class.code().to_owned(), name.to_owned()].into_iter().chain(cells));
        }
    }
    table.write(out);
    writeln!(out, "\n## Two classes of which one is opened to proxies\n").unwrap();
    for opened in Sensitivity::ALL {
        let mut labels = Labels::new(Section::Consultations, Some(AFTER), MarksCarried::Yes);
        labels.sensitive = Sensitivity::ALL.into();
        let rules = of(opened, false, true);
        writeln!(out, "{}: {}", opened.code(), answer(&rules, AccessLevel::Full, true, &labels)).unwrap();
    }
}

fn free_text(out: &mut String) {
    writeln!(
        out,
        "\n## Free text: the level, the feed, when it was recorded, the practice's day ({FROM}) or none\n"
    )
    .unwrap();
    let recorded = [
        ("before", Some((BEFORE, BEFORE)), false),
        ("on", Some((FROM, FROM)), false),
        ("after", Some((AFTER, AFTER)), false),
        ("before and after", Some((BEFORE, AFTER)), false),
        ("after and unknown", Some((AFTER, AFTER)), true),
        ("unknown", None, true),
    ];
    let mut head = vec!["level", "feed", "day"];
    head.extend(recorded.iter().map(|(name, ..)| *name));
    let mut table = Table::new(&head);
    for level in AccessLevel::ALL.into_iter().skip(1) {
        for (feed, carried) in [("with marks", MarksCarried::Yes), ("without marks", MarksCarried::No)] {
            for (day, free_text_from) in [("none", None), ("set", Some(FROM))] {
                let rules = PracticeRules { free_text_from, ..PracticeRules::default() };
                let cells = recorded.iter().map(|(_, days, undated)| {
                    let mut labels = Labels::new(Section::Consultations, None, carried);
                    (labels.recorded, labels.undated) = (*days, *undated);
                    answer(&rules, level, false, &labels)
                });
                let row = [level.name(), feed, day].map(str::to_owned);
                table.row(row.into_iter().chain(cells));
            }
        }
    }
    table.write(out);
}

#[test]
fn the_matrix_of_what_a_practice_decides_is_as_checked_in() {
    let mut out = String::from(
        "# What a practice decides for all its patients, and what of an Observation is shown then.\n\
         # Made by tests/matrix.rs from src/policy and profiles/sensitivity.toml.\n",
    );
    classes(&mut out);
    free_text(&mut out);
    golden("practice.txt", &out);
}
