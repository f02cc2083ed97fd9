//! A whole is never more visible than its parts, and a version moves only with its bytes.

mod overlay;
mod words;

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::date};
use policy::Reason;
use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Content, Dictionary, Effective, Entry, EntryId, Gender,
    Link, Mark, MarksCarried, PatientKey, Quantity, Registration, Role, Section, Staff, Statement, Value,
};

use super::*;

pub(crate) struct Empty;

impl Dictionary for Empty {
    fn code(&self, _: &str) -> Option<(Coded, CodeClass)> {
        None
    }

    fn staff(&self, _: &str) -> Option<Staff> {
        None
    }
}

fn entry(id: &str, content: Content) -> Entry {
    Entry {
        marks_carried: MarksCarried::Yes,
        recorded: Some(Effective::Day(date(2024, 3, 1))),
        ..Entry::new(EntryId::new(id).unwrap(), Some(content))
    }
}

pub(crate) fn patient() -> Entry {
    let demographics = Demographics::registered(Registration::Regular);
    entry("patient", Content::Patient(Box::new(demographics)))
}

pub(crate) fn statement(
    id: &str,
    code: &str,
    class: CodeClass,
    value: Option<&str>,
    part_of: Option<&str>,
) -> Entry {
    let coding =
        Coding { system: CodeSystem::SnomedCt, code: code.into(), display: Some(format!("Term {code}")) };
    let quantity = |value: &str| {
        Value::Quantity(Quantity {
            value: value.parse().unwrap(),
            comparator: None,
            unit: Some("g/L".into()),
        })
    };
    let statement = Statement {
        effective: Some(Effective::Day(date(2024, 3, 1))),
        value: value.map(quantity),
        ..Statement::of_patient(CodeRef::Given(
            Coded { codings: vec![coding], original_text: None },
            Some(class),
        ))
    };
    let mut made = entry(id, Content::Statement(Box::new(statement)));
    made.links =
        part_of.map(|to| Link { role: Role::Panel, to: EntryId::new(to).unwrap() }).into_iter().collect();
    made
}

fn projected(entries: &[Entry]) -> Projection {
    let record = Record {
        practice: &"Y99999".parse().unwrap(),
        practice_name: None,
        patient: &PatientKey::new("p").unwrap(),
        entries,
        dictionary: &Empty,
        terminology: None,
        own: &OwnTables::default(),
        oversight: &policy::Oversight::default(),
        rules: &policy::PracticeRules::default(),
    };
    project(&record, &IdKey::offline())
}

fn of<'p>(projection: &'p Projection, id: &str) -> &'p Projected {
    projection.resources.iter().find(|made| made.mapped.sources[0].as_str() == id).unwrap()
}

/// A heading with a laboratory result under it, and another panel between them.
fn panel() -> Vec<Entry> {
    vec![
        patient(),
        statement("whole", "386053000", CodeClass::Other, None, None),
        statement("between", "252275004", CodeClass::Other, None, Some("whole")),
        statement("part", "1022431000000105", CodeClass::Laboratory, Some("140"), Some("between")),
    ]
}

#[test]
fn a_panel_is_in_every_section_that_one_of_its_parts_is_in() {
    let projection = projected(&panel());
    assert_eq!(of(&projection, "part").labels.sections, BTreeSet::from([Section::TestResults]));
    assert!(!of(&projection, "whole").mapped.members.is_empty());
    for id in ["between", "whole"] {
        assert!(of(&projection, id).labels.sections.contains(&Section::TestResults), "{id}");
    }
}

#[test]
fn a_panel_is_as_old_as_its_oldest_part() {
    let mut entries = panel();
    entries[3].recorded = Some(Effective::Day(date(2001, 1, 1)));
    let projection = projected(&entries);
    assert_eq!(of(&projection, "whole").labels.recorded, Some((date(2001, 1, 1), date(2024, 3, 1))));
    entries[3].recorded = None;
    assert!(of(&projected(&entries), "whole").labels.undated);
}

#[test]
fn whatever_hides_a_part_hides_every_panel_above_it_and_leaves_no_bytes() {
    for (mark, reason) in
        [(Mark::NotForPatient, Reason::NotForPatient), (Mark::Unrecognised, Reason::UnrecognisedMark)]
    {
        let mut entries = panel();
        entries[3].marks.push(mark);
        let projection = projected(&entries);
        for id in ["part", "between", "whole"] {
            let made = of(&projection, id);
            assert!(made.labels.reasons.contains(&reason), "{id}");
            assert!(made.views.coded.is_none() && made.views.full.is_none(), "{id}");
        }
    }
    let mut entries = panel();
    entries[3] = statement("part", "184142008", CodeClass::Laboratory, Some("1"), Some("between"));
    assert!(of(&projected(&entries), "whole").labels.reasons.contains(&Reason::IdentifyingCode));
}

#[test]
fn only_what_came_out_differently_gets_a_new_version() {
    let first = Timestamp::from_second(1_000).unwrap();
    let second = Timestamp::from_second(2_000).unwrap();
    let (before, changed) = release(
        None,
        projected(&panel()),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        first,
    );
    assert_eq!(changed, 4);
    let (again, changed) = release(
        Some(&before.released),
        projected(&panel()),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        second,
    );
    assert_eq!((changed, &again.released), (0, &before.released));
    assert!(again.bodies.is_empty());

    let mut entries = panel();
    entries[3] = statement("part", "1022431000000105", CodeClass::Laboratory, Some("141"), Some("between"));
    let (after, changed) = release(
        Some(&before.released),
        projected(&entries),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        second,
    );
    assert_eq!(changed, 1);
    let moved: Vec<_> = after
        .released
        .headers
        .iter()
        .filter(|header| {
            header.coded.as_ref().is_some_and(|view| view.updated == second && view.version == 2)
        })
        .collect();
    assert_eq!(moved.len(), 1);

    entries.pop();
    entries.pop();
    let (gone, _) = release(
        Some(&after.released),
        projected(&entries),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        second,
    );
    assert_eq!(gone.released.gone.len(), 2);
    let (back, _) = release(
        Some(&gone.released),
        projected(&panel()),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        second,
    );
    let part = moved[0].id.clone();
    let header = back.released.headers.iter().find(|header| header.id == part).unwrap();
    assert_eq!(header.last_version, 3, "a version number is never used for other bytes");
}

#[test]
fn a_version_is_dated_to_the_millisecond_that_is_shown() {
    let now: Timestamp = "2026-11-21T22:33:00.161234567Z".parse().unwrap();
    let (made, _) = release(
        None,
        projected(&panel()),
        made_with(&PracticeRules::default(), "", &OwnTables::default()),
        now,
    );
    let updated = made.released.headers[0].coded.as_ref().unwrap().updated;
    assert_eq!(updated.to_string(), "2026-11-21T22:33:00.161Z");
}

fn blood_pressure(unit: &str) -> Vec<Entry> {
    let half = |id, code, value| {
        let mut half = statement(id, code, CodeClass::Measurement, Some(value), Some("header"));
        if let Some(Content::Statement(statement)) = &mut half.content
            && let Some(Value::Quantity(quantity)) = &mut statement.value
        {
            quantity.unit = Some(unit.into());
        }
        half
    };
    vec![
        patient(),
        statement("header", "163020007", CodeClass::Measurement, None, None),
        half("systolic", "72313002", "140"),
        half("diastolic", "1091811000000102", "80"),
    ]
}

#[test]
fn one_hidden_half_hides_a_blood_pressure_whether_or_not_the_halves_could_be_joined() {
    for unit in ["mm Hg", "kPa"] {
        let mut entries = blood_pressure(unit);
        assert!(projected(&entries).resources.iter().all(|made| made.labels.reasons.is_empty()), "{unit}");
        entries[3].marks.push(Mark::Confidential);
        let projection = projected(&entries);
        let observations =
            projection.resources.iter().filter(|made| made.mapped.kind == ResourceType::Observation);
        assert!(observations.clone().count() > 0);
        for made in observations {
            assert!(made.labels.reasons.contains(&Reason::Confidential), "{unit} {:?}", made.mapped.sources);
        }
    }
}

#[test]
fn a_part_whose_code_has_not_come_hides_its_panel_and_the_other_half_of_its_blood_pressure() {
    let unknown = |entry: &mut Entry| {
        if let Some(Content::Statement(statement)) = &mut entry.content {
            statement.code = CodeRef::Local("not there yet".into());
        }
    };
    let mut entries = panel();
    unknown(&mut entries[3]);
    for id in ["between", "whole"] {
        assert!(of(&projected(&entries), id).labels.reasons.contains(&Reason::Awaited), "{id}");
    }
    let mut entries = blood_pressure("mm Hg");
    unknown(&mut entries[3]);
    let projection = projected(&entries);
    for made in projection.resources.iter().filter(|made| made.mapped.kind == ResourceType::Observation) {
        assert!(made.labels.reasons.contains(&Reason::Awaited), "{:?}", made.mapped.sources);
    }
}
