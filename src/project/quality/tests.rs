//! What is counted, and what must never be shown.

use jiff::civil::date;
use record::{
    CodeClass, Demographics, Dictionary, Effective, FreeText, Gender, Link, Mark, MarksCarried, PatientKey,
    Quantity, Registration, Role, Staff,
};

use super::*;
use crate::{IdKey, project};

const NOW: Timestamp = Timestamp::constant(1_764_000_000, 0);

struct One;

impl Dictionary for One {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        let read =
            Coding { system: CodeSystem::ReadV2, code: "22A..".into(), display: Some("O/E - weight".into()) };
        (key == "1").then(|| (Coded { codings: vec![read], original_text: None }, CodeClass::Measurement))
    }

    fn staff(&self, _: &str) -> Option<Staff> {
        None
    }
}

fn entry(id: &str, content: Content) -> Entry {
    Entry {
        marks_carried: MarksCarried::Yes,
        recorded: Some(Effective::Day(date(2024, 3, 1))),
        place: Place { file: "some.csv".into(), line: 7 },
        ..Entry::new(EntryId::new(id).unwrap(), Some(content))
    }
}

fn patient() -> Entry {
    let person = Demographics {
        gender: Gender::Female,
        birth_date: Some(date(1980, 1, 1)),
        ..Demographics::registered(Registration::Regular)
    };
    entry("patient", Content::Patient(Box::new(person)))
}

fn coded(system: CodeSystem, code: &str) -> CodeRef {
    let coding = Coding { system, code: code.into(), display: Some("A term".into()) };
    CodeRef::Given(Coded { codings: vec![coding], original_text: FreeText::new("Jane said") }, None)
}

fn statement(id: &str, code: CodeRef, unit: Option<&str>) -> Entry {
    let quantity =
        |unit: &str| Quantity { value: "7".parse().unwrap(), comparator: None, unit: Some(unit.into()) };
    let statement = Statement {
        effective: Some(Effective::Day(date(2024, 3, 1))),
        value: unit.map(|unit| Value::Quantity(quantity(unit))),
        text: FreeText::new("Mrs Invented rang").into_iter().collect(),
        ..Statement::of_patient(code)
    };
    entry(id, Content::Statement(Box::new(statement)))
}

fn counted(entries: &[Entry], batches: &[u64], quality: &mut Quality) {
    counted_since(entries, batches, &BTreeMap::new(), quality);
}

fn counted_since(
    entries: &[Entry],
    batches: &[u64],
    since: &BTreeMap<EntryId, Timestamp>,
    quality: &mut Quality,
) {
    taken(("p", Holder::Only), entries, batches, since, quality);
}

fn taken(
    (key, holder): (&str, Holder),
    entries: &[Entry],
    batches: &[u64],
    since: &BTreeMap<EntryId, Timestamp>,
    quality: &mut Quality,
) {
    let record = Record {
        practice: &"Y99999".parse().unwrap(),
        practice_name: None,
        patient: &PatientKey::new(key).unwrap(),
        entries,
        dictionary: &One,
        terminology: None,
        own: &crate::OwnTables::default(),
        oversight: &policy::Oversight::default(),
        rules: &policy::PracticeRules::default(),
    };
    let projection = project(&record, &IdKey::offline());
    quality.take(&record, batches, since, holder, &projection);
}

fn summary(entries: &[Entry]) -> Summary {
    let mut quality = Quality::new(None, 1, NOW);
    counted(entries, &vec![1; entries.len()], &mut quality);
    quality.summary()
}

fn weight() -> CodeRef {
    coded(CodeSystem::SnomedCt, "27113001")
}

#[test]
fn units_are_known_or_unknown_or_no_units_at_all() {
    let sent = ["kg", "kg", "mmols/Litre", "MMOL/L", "Jane Smith", "07700 900123", "Banana"];
    let mut entries = vec![patient()];
    entries
        .extend(sent.iter().enumerate().map(|(at, unit)| statement(&format!("s{at}"), weight(), Some(unit))));
    let found = summary(&entries);
    let rows = |rows: &[UnitRow]| -> Vec<(String, Option<&str>, u64)> {
        rows.iter().map(|row| (row.sent.clone(), row.ucum, row.counted.count)).collect()
    };
    assert_eq!(
        rows(&found.units),
        [("kg".to_owned(), Some("kg"), 2), ("mmols/Litre".to_owned(), Some("mmol/L"), 1)]
    );
    assert_eq!(rows(&found.unknown_units), [("MMOL/L".to_owned(), Some("mmol/L"), 1)]);
    assert_eq!(found.other_units.count, 3);
    assert_eq!(found.other_units.example.as_ref().map(|place| place.line), Some(7));
}

#[test]
fn a_suggestion_is_made_only_where_one_unit_can_be_meant() {
    assert_eq!(map::perhaps_ucum("MMOL/L"), Some("mmol/L"));
    // Milli or mega: nobody can tell.
    for trap in ["MU/L", "MIU/L", "Banana", "", "zzz/L"] {
        assert_eq!(map::perhaps_ucum(trap), None, "{trap}");
    }
}

#[test]
fn codes_are_counted_with_what_they_became() {
    let found = summary(&[
        patient(),
        statement("a", weight(), Some("kg")),
        statement("b", weight(), Some("Banana")),
        statement("c", CodeRef::Local("1".into()), None),
        statement("d", CodeRef::Local("2".into()), None),
        statement("e", coded(CodeSystem::SnomedCt, "160303001"), None),
        statement("f", coded(CodeSystem::SnomedCt, "196411000000103"), None),
    ]);
    let weights = &found.codes[0];
    assert_eq!((weights.system, weights.code.as_str(), weights.counted.count), ("SNOMED CT", "27113001", 2));
    assert_eq!(weights.became.len(), 2, "{weights:?}");
    assert!(weights.became.contains_key("Observation (UKCore-Observation-VitalSigns-BodyWeight)"));
    assert_eq!(weights.term, None, "a term that came with a message may be anybody's");
    let without: Vec<(&str, Option<&str>)> =
        found.codes_without_concept.iter().map(|row| (row.code.as_str(), row.term.as_deref())).collect();
    assert_eq!(without, [("22A..", Some("O/E - weight")), ("196411000000103", None)]);
    assert_eq!(found.without_code.count, 1);
    assert_eq!(found.not_mapped.get("family-history"), Some(&1));
    assert_eq!(found.not_mapped.get("code-awaited"), Some(&1));
}

#[test]
fn what_does_not_look_like_a_code_of_its_system_is_not_shown() {
    let odd = [
        (CodeSystem::SnomedCt, "9990000018"),
        (CodeSystem::Egton, "Jane Smith"),
        (CodeSystem::Egton, "9990000018"),
        (CodeSystem::ReadV2, "call Jane"),
        (CodeSystem::Oid("1.2.3".into()), "X1"),
    ];
    let mut entries = vec![patient()];
    entries.extend(
        odd.into_iter()
            .enumerate()
            .map(|(at, (system, code))| statement(&format!("s{at}"), coded(system, code), None)),
    );
    let found = summary(&entries);
    assert_eq!(found.other_codes.count, 5);
    assert!(found.codes.is_empty() && found.codes_without_concept.is_empty());
}

#[test]
fn no_words_of_a_person_are_in_a_summary() {
    let mut withheld = statement("b", weight(), Some("kg of Jane"));
    withheld.marks = vec![Mark::NotForPatient];
    let found = summary(&[patient(), statement("a", weight(), Some("Jane")), withheld]);
    let json = serde_json::to_string(&found).unwrap();
    for words in ["Jane", "Invented", "A term"] {
        assert!(!json.contains(words), "{words} in {json}");
    }
    assert_eq!(found.withheld.get("not-for-patient"), Some(&1));
}

#[test]
fn only_what_a_batch_changed_is_counted_for_a_batch() {
    let entries = [patient(), statement("a", weight(), Some("kg")), statement("b", weight(), Some("kg"))];
    let mut quality = Quality::new(Some(2), 2, NOW);
    counted(&entries, &[1, 1, 2], &mut quality);
    let found = quality.summary();
    assert_eq!((found.patients, found.entries, found.units[0].counted.count), (1, 1, 1));
    let mut quality = Quality::new(Some(3), 3, NOW);
    counted(&entries, &[1, 1, 2], &mut quality);
    assert_eq!(quality.summary(), Summary::default());
}

#[test]
fn what_waits_is_told_by_days_since_it_first_did_and_the_oldest_first() {
    let inside = |id: &str| {
        let mut made = statement(id, weight(), None);
        made.links = vec![Link { role: Role::Consultation, to: EntryId::new("missing").unwrap() }];
        made
    };
    let day = |days: i64| jiff::SignedDuration::from_hours(24 * days);
    let hour = jiff::SignedDuration::from_hours(1);
    let ago = [("a", day(1) - hour), ("b", day(7)), ("c", day(30) - hour), ("d", day(91)), ("e", -day(2))];
    let since = ago.map(|(id, ago)| (EntryId::new(id).unwrap(), NOW - ago)).into();
    let entries = [patient(), inside("a"), inside("b"), inside("c"), inside("d"), inside("e"), inside("new")];
    let mut quality = Quality::new(None, 9, NOW);
    counted_since(&entries, &[1, 9, 8, 5, 1, 9, 9], &since, &mut quality);
    let waiting = quality.summary().waiting;
    let rows: Vec<_> = waiting
        .iter()
        .map(|row| (row.code, row.age, row.days, row.batches_since, row.counted.count))
        .collect();
    assert_eq!(
        rows,
        [
            ("parent-awaited", Age::Longer, 91, 8, 1),
            ("parent-awaited", Age::Month, 29, 4, 2),
            ("parent-awaited", Age::Day, 0, 0, 3),
        ]
    );
}

#[test]
fn records_beside_others_of_a_person_are_counted_by_feed_and_by_what_becomes_of_them() {
    let mut quality = Quality::new(None, 1, NOW);
    for (key, holder) in [
        ("p", Holder::Served),
        ("nhs:1", Holder::AnotherServed),
        ("q", Holder::Served),
        ("nhs:2", Holder::AnotherServed),
        ("r", Holder::Only),
        ("s", Holder::Disputed),
        ("gpc:3", Holder::Disputed),
    ] {
        taken((key, holder), &[patient()], &[1], &BTreeMap::new(), &mut quality);
    }
    let summary = quality.summary();
    let rows: Vec<(&str, &str, u64)> =
        summary.shared.iter().map(|row| (row.state, row.feed.as_str(), row.counted.count)).collect();
    let expected =
        [("served", "", 2), ("disputed", "", 1), ("disputed", "gpc", 1), ("another-served", "nhs", 2)];
    assert_eq!(rows, expected);
    assert_eq!(summary.shared[0].counted.example.as_ref().unwrap().line, 7);
}
