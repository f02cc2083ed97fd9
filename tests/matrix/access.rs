//! Which view of a resource which grant opens.

use std::{collections::BTreeSet, fmt::Write};

use jiff::civil::{Date, date};
use policy::{
    AccessLevel, AccessRequest, Actor, Admission, Decision, Grant, Labels, PracticeRules, Reason, Refusal,
    Standing, admit, decide,
};
use record::{MarksCarried, ResourceType, Section};

use super::{Table, golden, group};

const EFFECTIVE: Date = date(2020, 1, 1);
const BEFORE: Date = date(2019, 12, 31);
const AFTER: Date = date(2020, 1, 2);

/// When the parts of a resource were recorded, against the grant's effective date.
const RECORDED: [(&str, Option<(Date, Date)>, bool); 6] = [
    ("before", Some((BEFORE, BEFORE)), false),
    ("on", Some((EFFECTIVE, EFFECTIVE)), false),
    ("after", Some((AFTER, AFTER)), false),
    ("unknown", None, true),
    ("before and after", Some((BEFORE, AFTER)), false),
    ("after and unknown", Some((AFTER, AFTER)), true),
];
const CARRIED: [(&str, MarksCarried); 2] =
    [("feed with marks", MarksCarried::Yes), ("feed without marks", MarksCarried::No)];

fn levels() -> impl Iterator<Item = (AccessLevel, AccessLevel)> {
    AccessLevel::ALL
        .into_iter()
        .flat_map(|current| AccessLevel::ALL.map(move |historical| (current, historical)))
}

fn section_of(kind: ResourceType) -> Section {
    match kind {
        ResourceType::Patient => Section::Demographics,
        ResourceType::Observation => Section::TestResults,
        ResourceType::Immunization => Section::Immunisations,
    }
}

fn admission(
    levels: (AccessLevel, AccessLevel),
    own_off: &[Section],
    practice_off: &[Section],
    types: &[ResourceType],
) -> Result<Admission, Refusal> {
    let grant = Grant {
        effective_date: EFFECTIVE,
        current: levels.0,
        historical: levels.1,
        sections_off: own_off.iter().copied().collect(),
    };
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    admit(&AccessRequest {
        today: date(2026, 6, 15),
        practice_shares: true,
        rules: &PracticeRules {
            sections_off: practice_off.iter().copied().collect(),
            ..PracticeRules::default()
        },
        suppressed: false,
        standing: &standing,
        actor: Actor::Patient(Some(&grant)),
        types: &types.iter().copied().collect(),
    })
}

fn labels(
    kind: ResourceType,
    recorded: (Option<(Date, Date)>, bool),
    carried: MarksCarried,
    reasons: &[Reason],
) -> Labels {
    let mut labels = Labels::new(section_of(kind), None, carried);
    (labels.recorded, labels.undated) = recorded;
    labels.reasons = reasons.iter().copied().collect();
    labels
}

fn answer(admission: &Result<Admission, Refusal>, kind: ResourceType, labels: &Labels) -> String {
    match admission {
        Err(refusal) => format!("not admitted: {}", refusal.code()),
        Ok(admission) => match decide(admission, kind, labels) {
            Decision::Show(permit) => format!("{} {}", permit.view().name(), permit.rule().code()),
            Decision::Withhold(rule) => format!("- {}", rule.code()),
        },
    }
}

/// A case of the whole product of levels, dates and feeds.
fn every_case(
    kind: ResourceType,
    reasons: &[Reason],
    own_off: &[Section],
    practice_off: &[Section],
    types: &[ResourceType],
) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for pair in levels().filter(|pair| *pair != (AccessLevel::None, AccessLevel::None)) {
        let admission = admission(pair, own_off, practice_off, types);
        for (recorded, days, undated) in RECORDED {
            for (feed, carried) in CARRIED {
                let labels = labels(kind, (days, undated), carried, reasons);
                let case = format!("{} {} recorded {recorded}, {feed}", pair.0.name(), pair.1.name());
                cases.push((case, answer(&admission, kind, &labels)));
            }
        }
    }
    cases
}

fn by_level(out: &mut String) {
    for kind in ResourceType::ALL {
        for (feed, carried) in CARRIED {
            writeln!(out, "\n## {}, {feed}, nothing against it, its section open\n", kind.name()).unwrap();
            let mut head = vec!["current", "historical"];
            head.extend(RECORDED.iter().map(|(name, ..)| *name));
            let mut table = Table::new(&head);
            for pair in levels() {
                let admission = admission(pair, &[], &[], &ResourceType::ALL);
                let cells = RECORDED.iter().map(|(_, days, undated)| {
                    answer(&admission, kind, &labels(kind, (*days, *undated), carried, &[]))
                });
                table.row([pair.0.name().to_owned(), pair.1.name().to_owned()].into_iter().chain(cells));
            }
            table.write(out);
        }
    }
}

fn by_reason(out: &mut String) {
    writeln!(out, "\n## A reason against it: at every pair of levels, date and feed\n").unwrap();
    for kind in ResourceType::ALL {
        for reason in Reason::ALL {
            let title = format!("{}, {}", kind.name(), reason.code());
            group(out, &title, &every_case(kind, &[reason], &[], &[], &ResourceType::ALL));
            let off = [section_of(kind)];
            let title = format!("{}, {}, its section off", kind.name(), reason.code());
            group(out, &title, &every_case(kind, &[reason], &off, &[], &ResourceType::ALL));
        }
    }
    writeln!(out, "\n## Two reasons: which is named\n").unwrap();
    for (at, first) in Reason::ALL.into_iter().enumerate() {
        for second in Reason::ALL.into_iter().skip(at + 1) {
            for kind in ResourceType::ALL {
                let title = format!("{}, {} and {}", kind.name(), first.code(), second.code());
                group(out, &title, &every_case(kind, &[first, second], &[], &[], &ResourceType::ALL));
            }
        }
    }
}

fn by_section(out: &mut String) {
    writeln!(out, "\n## Its section is off: at every pair of levels, date and feed\n").unwrap();
    for kind in ResourceType::ALL {
        let off = [section_of(kind)];
        for (who, own, practice) in [("for the patient", &off[..], &[][..]), ("by the practice", &[], &off)] {
            let title = format!("{}, section off {who}", kind.name());
            group(out, &title, &every_case(kind, &[], own, practice, &ResourceType::ALL));
        }
    }
    writeln!(out, "\n## Sections against sections switched off (an Observation, full access)\n").unwrap();
    let mut head = vec!["it belongs to"];
    let off_names = Section::ALL.map(|off| format!("{off:?} off"));
    head.extend(off_names.iter().map(String::as_str));
    let mut table = Table::new(&head);
    for sections in subsets() {
        let mut labels =
            labels(ResourceType::Observation, (Some((AFTER, AFTER)), false), MarksCarried::Yes, &[]);
        labels.sections = sections.clone();
        let cells = Section::ALL.map(|off| {
            let of = |own: &[Section], practice: &[Section]| {
                let admission =
                    admission((AccessLevel::Full, AccessLevel::Full), own, practice, &ResourceType::ALL);
                answer(&admission, ResourceType::Observation, &labels)
            };
            let (own, practice) = (of(&[off], &[]), of(&[], &[off]));
            if own == practice { own } else { format!("own: {own}, practice: {practice}") }
        });
        let names: Vec<String> = sections.iter().map(|section| format!("{section:?}")).collect();
        let name = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        table.row([name].into_iter().chain(cells));
    }
    table.write(out);
}

/// Every set of sections.
fn subsets() -> Vec<BTreeSet<Section>> {
    let member = |set: usize, at: usize| set & (1 << at) != 0;
    let of = |set| {
        Section::ALL.into_iter().enumerate().filter(move |(at, _)| member(set, *at)).map(|(_, s)| s).collect()
    };
    (0..1 << Section::ALL.len()).map(of).collect()
}

fn by_scope(out: &mut String) {
    writeln!(out, "\n## The token's scope does not open the type: at every pair of levels, date and feed\n")
        .unwrap();
    for kind in ResourceType::ALL {
        let others: Vec<ResourceType> =
            ResourceType::ALL.into_iter().filter(|other| *other != kind).collect();
        group(out, kind.name(), &every_case(kind, &[], &[], &[], &others));
        for reason in Reason::ALL {
            let title = format!("{}, {}", kind.name(), reason.code());
            group(out, &title, &every_case(kind, &[reason], &[section_of(kind)], &[], &others));
        }
    }
}

#[test]
fn the_access_matrix_is_as_checked_in() {
    let mut out = String::from(
        "# What is shown of a resource: `coded` or `full` and the rule that opened it, or `-` and the rule that withheld it.\n\
         # Made by tests/matrix.rs from src/policy and profiles/access_levels.toml.\n\
         # The effective date of the grant is 2020-01-01; recorded dates are the day before, that day, and the day after.\n",
    );
    by_level(&mut out);
    by_section(&mut out);
    by_reason(&mut out);
    by_scope(&mut out);
    golden("access.txt", &out);
}
