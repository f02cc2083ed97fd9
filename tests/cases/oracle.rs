//! Synthetic exports that keep beside them what they mean: what is made of each entry is what was meant; and however
//! they are delivered, the same is released (I6, I8).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
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

/// Every role, and some more whom chance made.
const PATIENTS: u32 = 23;

/// Of whom a laboratory reports: all have an NHS number.
const REPORTED: u32 = 6;

/// What one entry means.
#[derive(Debug)]
struct Meant {
    patient: String,
    entry: String,
    kind: String,
    code: String,
    value: String,
    operator: String,
    unit: String,
    date: String,
    hidden: bool,
}

fn meant(case: &Case) -> Vec<Meant> {
    let rows = read(&case.folder.with_file_name("oracle.csv"));
    let of = |row: &Vec<String>| match row.as_slice() {
        [patient, entry, kind, code, value, operator, unit, date, hidden] => Meant {
            patient: patient.clone(),
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
    people: Vec<synth::Person>,
    _dir: tempfile::TempDir,
}

/// A small practice in a format, whose people are the same in each.
fn export(format: synth::Format, patients: u32) -> (tempfile::TempDir, PathBuf, Vec<synth::Person>) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("export");
    let oracle = Some(dir.path().join("oracle.csv"));
    let options = synth::Options { oracle, ..synth::Options::new(practice(), patients) };
    let people = synth::write(format, &options, &folder, &mut |_| {}).unwrap().people;
    (dir, folder, people)
}

/// The practice's own feed, by which a laboratory's patients are found.
fn own() -> &'static (tempfile::TempDir, PathBuf, Vec<synth::Person>) {
    static OWN: LazyLock<(tempfile::TempDir, PathBuf, Vec<synth::Person>)> =
        LazyLock::new(|| export(synth::Format::EmisCsv, PATIENTS));
    &OWN
}

fn with_patients() -> Shelf {
    let shelf = Shelf::new();
    shelf.load(ingest::Format::EmisCsv, &own().1);
    shelf
}

fn case(format: ingest::Format, shelf: &Shelf) -> Case {
    let reports = format == ingest::Format::Nhs003Edifact;
    let (dir, folder, people) =
        export(format.name().parse().unwrap(), if reports { REPORTED } else { PATIENTS });
    let seen = shelf.look(format, &folder);
    let people = if reports { own().2.clone() } else { people };
    Case { format, folder, seen, people, _dir: dir }
}

fn bundles() -> &'static Case {
    static CASE: LazyLock<Case> = LazyLock::new(|| case(ingest::Format::GpConnectStu3, &Shelf::new()));
    &CASE
}

fn reports() -> &'static Case {
    static CASE: LazyLock<Case> = LazyLock::new(|| case(ingest::Format::Nhs003Edifact, &with_patients()));
    &CASE
}

fn patient<'a>(case: &'a Case, key: &str) -> &'a Patient {
    let subject = subject_of(key);
    case.seen.patients.iter().find(|patient| patient.subject == subject).unwrap()
}

/// How the code, the date or, digit for digit, the result of what was made differ from what was meant.
fn says_otherwise(made: &Resource, meant: &Meant) -> Option<String> {
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
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    let date = text(whole.pointer(date));
    let quantity = &half.unwrap_or(whole)["valueQuantity"];
    let number = quantity.get("value").map(Json::to_string).unwrap_or_default();
    let said = [number, text(quantity.get("comparator")), text(quantity.get("code"))];
    let result = [meant.value.clone(), meant.operator.clone(), ucum(&meant.unit)];
    let expected = if meant.value.is_empty() { Default::default() } else { result };
    let difference = if !meant.code.is_empty() && !coded {
        "another code".to_owned()
    } else if date != meant.date {
        format!("the date {date:?}")
    } else if said != expected {
        format!("the result {said:?}")
    } else {
        return None;
    };
    Some(difference)
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

/// How what was made of an entry differs from what was meant; or, if nothing was made of it, and meant so, why.
fn compare(case: &Case, meant: &Meant) -> Result<Option<&'static str>, String> {
    if meant.kind == "waits" {
        let found = case.seen.patients.iter().any(|one| one.of(&meant.entry).is_some());
        return if found { Err("does not wait".to_owned()) } else { Ok(Some("waits")) };
    }
    let patient = patient(case, &meant.patient);
    let Some(made) = patient.of(&meant.entry) else {
        return match patient.why_not(&meant.entry) {
            Some(why) if meant.kind == "not-served" => Ok(Some(why)),
            // Of ethnicities the newest counts.
            Some("demographic") => Ok(Some("demographic")),
            why => Err(format!("nothing was made of it: {why:?}")),
        };
    };
    // Ethnicity is a part of who the patient is.
    if made.kind == ResourceType::Patient {
        let why = patient.why_not(&meant.entry);
        return if why == Some("demographic") {
            Ok(None)
        } else {
            Err(format!("it is the patient: {why:?}"))
        };
    }
    let kind = match made.whole["status"].as_str() {
        Some("not-done") => "not-given".to_owned(),
        _ => made.kind.name().to_lowercase(),
    };
    if kind != meant.kind {
        return Err(kind);
    }
    // What a table keeps back is not meant by anybody.
    let hidden = made.reasons.iter().any(|reason| !BY_OTHERS.contains(reason));
    if hidden != meant.hidden {
        return Err(format!("hidden: {:?}", made.reasons));
    }
    says_otherwise(made, meant).map_or(Ok(None), |difference| Err(format!("{difference}: {}", made.whole)))
}

/// Why an entry is withheld though nobody meant that of it in this feed.
const BY_OTHERS: [&str; 2] = ["identifying-code", "marked-in-another-feed"];

/// Nothing is made of an entry for these reasons alone, or it waits.
const NOTHING: [&str; 9] = [
    "allergy",
    "container",
    "deleted",
    "demographic",
    "family-history",
    "referral",
    "request",
    "somebody-else",
    "waits",
];

/// What was made of every entry is what was meant.
fn check(case: &Case) {
    let mut nothing = BTreeSet::new();
    let mut differences = Vec::new();
    for meant in meant(case) {
        match compare(case, &meant) {
            Ok(why) => nothing.extend(why),
            Err(difference) => differences.push(format!("{meant:?}\n    {difference}")),
        }
    }
    let some = differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{}: {} differ:\n{some}", case.format, differences.len());
    assert!(nothing.is_subset(&NOTHING.into()), "{}: {nothing:?}", case.format);
}

#[test]
fn every_synthetic_bundle_means_what_was_meant() {
    let case = bundles();
    assert_adds_up(&case.seen.report);
    assert_eq!(total(&case.seen.report, |file| file.rejected), 0, "{:#?}", case.seen.report.issues);
    assert_eq!(total(&case.seen.report, |file| file.parked), 0, "{:#?}", case.seen.report.issues);
    let all = meant(case);
    let hidden = all.iter().filter(|meant| meant.hidden).count();
    let given = all.iter().filter(|meant| meant.kind == "immunization").count();
    assert!(hidden > 5 && given > 20 && all.len() > 300, "{hidden} hidden, {given} given of {}", all.len());
    check(case);
}

/// A practice's own feed.
fn own_feed(format: ingest::Format) {
    let case = case(format, &Shelf::new());
    assert_adds_up(&case.seen.report);
    assert_eq!(total(&case.seen.report, |file| file.rejected), 0, "{:#?}", case.seen.report.issues);
    let all = meant(&case);
    let count = |what: &dyn Fn(&&Meant) -> bool| all.iter().filter(what).count();
    let given = count(&|meant| meant.kind == "immunization");
    let hidden = count(&|meant| meant.hidden);
    assert!(given > 100 && all.len() > 1500, "{format}: {given} given of {}", all.len());
    assert_eq!(hidden > 5, format != ingest::Format::VisionCsv, "{format}: {hidden} hidden");
    check(&case);
}

#[test]
fn every_synthetic_emis_row_means_what_was_meant() {
    own_feed(ingest::Format::EmisCsv);
}

#[test]
fn every_synthetic_vision_row_means_what_was_meant() {
    own_feed(ingest::Format::VisionCsv);
}

#[test]
fn every_synthetic_gp2gp_statement_means_what_was_meant() {
    own_feed(ingest::Format::Gp2gp);
}

#[test]
fn every_synthetic_vaccination_means_what_was_meant() {
    let case = case(ingest::Format::NhsVaccinationCsv, &with_patients());
    assert_adds_up(&case.seen.report);
    let all = meant(&case);
    assert!(all.len() > 100, "{}", all.len());
    check(&case);
}

#[test]
fn every_synthetic_report_means_what_was_meant_and_nothing_of_it_is_shown() {
    let case = reports();
    assert_adds_up(&case.seen.report);
    let rows = total(&case.seen.report, |file| file.rows);
    let all = meant(case);
    assert_eq!(rows, all.len() as u64, "a row for each investigation");
    assert_eq!(total(&case.seen.report, |file| file.stored), rows, "{:#?}", case.seen.report.issues);
    assert!(rows > 30, "{rows}");
    check(case);
    for meant in all {
        let made = patient(case, &meant.patient).of(&meant.entry).unwrap();
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
