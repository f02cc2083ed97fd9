//! Synthetic exports that keep beside them what they mean: what is made of each entry is what was meant; and however
//! they are delivered, the same is released (I6, I8).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use record::ResourceType;
use serde_json::Value as Json;

use super::{
    emis::read,
    seen::{Patient, Resource, Seen, Shelf, assert_adds_up, subject_of},
    synthetic::{Shown, shown, total},
};
use crate::support::practice;

/// What one entry means.
#[derive(Debug)]
struct Meant {
    nhs_number: String,
    entry: String,
    kind: String,
    code: String,
    value: String,
    operator: String,
    unit: String,
    date: String,
    hidden: bool,
}

fn meant(folder: &Path) -> Vec<Meant> {
    let rows = read(&folder.join("oracle.csv"));
    let of = |row: &Vec<String>| match row.as_slice() {
        [nhs_number, entry, kind, code, value, operator, unit, date, hidden] => Meant {
            nhs_number: nhs_number.clone(),
            entry: entry.clone(),
            kind: kind.clone(),
            code: code.clone(),
            value: value.clone(),
            operator: operator.clone(),
            unit: unit.clone(),
            date: date.clone(),
            hidden: hidden == "true",
        },
        _ => panic!("{row:?}"),
    };
    rows.iter().skip(1).map(of).collect()
}

struct Case {
    format: ingest::Format,
    folder: PathBuf,
    seen: Seen,
    /// By NHS number, the patient's key.
    keys: BTreeMap<String, String>,
    people: Vec<synth::Person>,
    _dir: tempfile::TempDir,
}

/// A small practice in a format, whose people are the same in each.
fn export(format: synth::Format) -> (tempfile::TempDir, PathBuf, Vec<synth::Person>) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("export");
    let options = synth::Options::new(practice(), 6);
    let people = synth::write(format, &options, &folder, &mut |_| {}).unwrap().people;
    (dir, folder, people)
}

/// The practice's own feed, by which a laboratory's patients are found.
fn own() -> &'static (tempfile::TempDir, PathBuf, Vec<synth::Person>) {
    static OWN: LazyLock<(tempfile::TempDir, PathBuf, Vec<synth::Person>)> =
        LazyLock::new(|| export(synth::Format::EmisCsv));
    &OWN
}

fn with_patients() -> Shelf {
    let shelf = Shelf::new();
    shelf.load(ingest::Format::EmisCsv, &own().1);
    shelf
}

fn case(format: ingest::Format, shelf: &Shelf) -> Case {
    let (dir, folder, people) = export(format.name().parse().unwrap());
    let seen = shelf.look(format, &folder);
    let people = if format == ingest::Format::Nhs003Edifact { own().2.clone() } else { people };
    let keys = people.iter().map(|person| (person.nhs_number.clone(), person.key.clone())).collect();
    Case { format, folder, seen, keys, people, _dir: dir }
}

fn bundles() -> &'static Case {
    static CASE: LazyLock<Case> = LazyLock::new(|| case(ingest::Format::GpConnectStu3, &Shelf::new()));
    &CASE
}

fn reports() -> &'static Case {
    static CASE: LazyLock<Case> = LazyLock::new(|| case(ingest::Format::Nhs003Edifact, &with_patients()));
    &CASE
}

fn patient<'a>(case: &'a Case, nhs_number: &str) -> &'a Patient {
    let subject = subject_of(&case.keys[nhs_number]);
    case.seen.patients.iter().find(|patient| patient.subject == subject).unwrap()
}

/// The code, the date and, digit for digit, the result, each in its own element.
fn says_what_was_meant(made: &Resource, meant: &Meant) {
    let whole = &made.whole;
    let (concept, date) = match made.kind {
        ResourceType::Immunization if meant.kind == "not-given" => (None, "/occurrenceDateTime"),
        ResourceType::Immunization => {
            (whole.pointer("/extension/0/valueCodeableConcept"), "/occurrenceDateTime")
        }
        _ => (whole.get("code"), "/effectiveDateTime"),
    };
    // A half of a blood pressure is a component; a refusal's code is the reason of another vaccination.
    let is_it = |part: &&Json| has_code(&part["code"], &meant.code);
    let half = whole["component"].as_array().and_then(|parts| parts.iter().find(is_it));
    let concept = half.map(|half| &half["code"]).or(concept);
    let coded = concept.map_or_else(
        || whole.to_string().contains(&format!("\"code\":\"{}\"", meant.code)),
        |concept| has_code(concept, &meant.code),
    );
    assert!(meant.code.is_empty() || coded, "{meant:?} has another code: {whole}");
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    assert_eq!(text(whole.pointer(date)), meant.date, "{meant:?}: {whole}");
    let quantity = &half.unwrap_or(whole)["valueQuantity"];
    let number = quantity.get("value").map(Json::to_string).unwrap_or_default();
    let said = [number, text(quantity.get("comparator")), text(quantity.get("code"))];
    let result = [meant.value.clone(), meant.operator.clone(), ucum(&meant.unit)];
    let expected = if meant.value.is_empty() { Default::default() } else { result };
    assert_eq!(said, expected, "{meant:?}: {whole}");
}

fn has_code(concept: &Json, code: &str) -> bool {
    let codings = concept["coding"].as_array();
    codings.is_some_and(|codings| codings.iter().any(|coding| coding["code"] == code))
}

/// The UCUM code of a spelling, by the table; none if it has none.
fn ucum(sent: &str) -> String {
    static UNITS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
        let rows = include_str!("../../profiles/codes/units.csv").lines();
        let fields = |row: &'static str| {
            let (sent, rest) = row.split_once(',')?;
            Some((sent, rest.split(',').next()?))
        };
        rows.filter(|row| !row.starts_with('#')).filter_map(fields).collect()
    });
    UNITS.get(sent).copied().unwrap_or_default().to_owned()
}

/// Whether what was made of an entry is what was meant; the entries of which nothing was made, and why.
fn check(case: &Case) -> BTreeSet<&'static str> {
    let mut nothing = BTreeSet::new();
    for meant in meant(&case.folder) {
        let patient = patient(case, &meant.nhs_number);
        let Some(made) = patient.of(&meant.entry) else {
            let why = patient.why_not(&meant.entry).unwrap_or_else(|| panic!("{meant:?} vanished"));
            assert_eq!(meant.kind, "not-served", "nothing was made of it: {why}: {meant:?}");
            nothing.insert(why);
            continue;
        };
        assert_ne!(meant.kind, "not-served", "{meant:?}");
        // Ethnicity is a part of who the patient is.
        if made.kind == ResourceType::Patient {
            assert_eq!(patient.why_not(&meant.entry), Some("demographic"), "{meant:?}");
            continue;
        }
        let kind = match made.whole["status"].as_str() {
            Some("not-done") => "not-given".to_owned(),
            _ => made.kind.name().to_lowercase(),
        };
        assert_eq!(kind, meant.kind, "{meant:?}");
        // What a table keeps back is not meant by anybody.
        let meant_hidden = made.reasons.iter().any(|reason| *reason != "identifying-code");
        assert_eq!(meant_hidden, meant.hidden, "{meant:?}: {:?}", made.reasons);
        says_what_was_meant(made, &meant);
    }
    nothing
}

#[test]
fn every_synthetic_bundle_means_what_was_meant() {
    let case = bundles();
    assert_adds_up(&case.seen.report);
    assert_eq!(total(&case.seen.report, |file| file.rejected), 0, "{:#?}", case.seen.report.issues);
    assert_eq!(total(&case.seen.report, |file| file.parked), 0, "{:#?}", case.seen.report.issues);
    let all = meant(&case.folder);
    let hidden = all.iter().filter(|meant| meant.hidden).count();
    let given = all.iter().filter(|meant| meant.kind == "immunization").count();
    assert!(hidden > 5 && given > 20 && all.len() > 300, "{hidden} hidden, {given} given of {}", all.len());
    let known = ["allergy", "container", "demographic", "family-history", "request", "somebody-else"];
    assert!(check(case).is_subset(&known.into()), "{:?}", check(case));
}

#[test]
fn every_synthetic_report_means_what_was_meant_and_nothing_of_it_is_shown() {
    let case = reports();
    assert_adds_up(&case.seen.report);
    let rows = total(&case.seen.report, |file| file.rows);
    let all = meant(&case.folder);
    assert_eq!(rows, all.len() as u64, "a row for each investigation");
    assert_eq!(total(&case.seen.report, |file| file.stored), rows, "{:#?}", case.seen.report.issues);
    assert!(rows > 30, "{rows}");
    assert!(check(case).is_empty(), "{:?}", check(case));
    for meant in all {
        let made = patient(case, &meant.nhs_number).of(&meant.entry).unwrap();
        assert!(made.reasons.contains(&"not-filed") && made.body().is_none(), "{meant:?}");
    }
}

fn released(case: &Case, shelf: &Shelf) -> Shown {
    shown(shelf, &case.people)
}

fn files(case: &Case) -> Vec<PathBuf> {
    let all = fs::read_dir(&case.folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e != "csv")).collect();
    files.sort();
    files
}

#[test]
fn bundles_and_reports_in_pieces_in_another_order_and_twice_end_in_the_same_released_bytes() {
    let fresh = |case: &Case| {
        if case.format == ingest::Format::Nhs003Edifact { with_patients() } else { Shelf::new() }
    };
    for case in [bundles(), reports()] {
        let at_once = fresh(case);
        at_once.load(case.format, &case.folder);
        let before = released(case, &at_once);
        at_once.clock.forward(3600);
        let again = at_once.load(case.format, &case.folder);
        assert_adds_up(&again);
        assert_eq!((total(&again, |file| file.stored), again.resources_changed), (0, 0), "{}", case.format);
        assert_eq!(released(case, &at_once), before, "{}", case.format);
        let in_pieces = fresh(case);
        for file in files(case).iter().rev() {
            in_pieces.load(case.format, file);
        }
        assert_eq!(released(case, &in_pieces), before, "{}", case.format);
    }
}

/// Reports that come before their patients wait for them.
#[test]
fn reports_before_their_patients_end_in_the_same_released_bytes() {
    let case = reports();
    let usual = with_patients();
    usual.load(case.format, &case.folder);
    let turned = Shelf::new();
    let report = turned.load(case.format, &case.folder);
    assert_adds_up(&report);
    assert_eq!(total(&report, |file| file.parked), total(&report, |file| file.rows));
    turned.load(ingest::Format::EmisCsv, &own().1);
    let (usual, turned) = (released(case, &usual), released(case, &turned));
    assert_eq!(usual.bodies(), turned.bodies());
}
