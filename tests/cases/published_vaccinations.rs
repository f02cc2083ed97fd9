//! The published vaccination batches and the R4 resources of the NHS service that takes them in, against what we make
//! of the same rows. Where we differ, [`DIFFERENCES`] says why; what it lists must occur.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use gateway::loader::Loader;
use record::{Content, Entry, Fact, NhsNumber, PatientKey, ResourceType};
use serde_json::Value as Json;
use store::Store;

use super::{
    published::shared,
    seen::{Resource, Seen, Shelf, assert_adds_up},
};
use crate::support::{person, practice};

/// Elements that differ from the published resources, and why that is meant.
const DIFFERENCES: [(&str, &str); 12] = [
    ("contained", "the patient is the practice's own; who gave it has no key in the practice's staff list"),
    ("doseQuantity", "the unit has UCUM's code mL, theirs is ml"),
    ("id", "an opaque one of our own"),
    ("identifier", "source keys are internal"),
    ("location", "not mapped"),
    ("manufacturer", "says besides that it is an organisation"),
    ("meta", "names the profiles"),
    ("patient", "refers to the practice's own patient"),
    ("performer", "not mapped: a site of another organisation, and a person without a key"),
    (
        "protocolApplied",
        "the disease is not worked out from the code, and a dose that was not told is not made up",
    ),
    ("recorded", "the batch has the day only"),
    (
        "vaccineCode",
        "dm+d has its own system in UK Core; where no product is told the vaccination stands for it",
    ),
];

/// One row of a batch by column.
type Row = BTreeMap<&'static str, String>;

const COLUMNS: [&str; 34] = [
    "NHS_NUMBER",
    "PERSON_FORENAME",
    "PERSON_SURNAME",
    "PERSON_DOB",
    "PERSON_GENDER_CODE",
    "PERSON_POSTCODE",
    "DATE_AND_TIME",
    "SITE_CODE",
    "SITE_CODE_TYPE_URI",
    "UNIQUE_ID",
    "UNIQUE_ID_URI",
    "ACTION_FLAG",
    "PERFORMING_PROFESSIONAL_FORENAME",
    "PERFORMING_PROFESSIONAL_SURNAME",
    "RECORDED_DATE",
    "PRIMARY_SOURCE",
    "VACCINATION_PROCEDURE_CODE",
    "VACCINATION_PROCEDURE_TERM",
    "DOSE_SEQUENCE",
    "VACCINE_PRODUCT_CODE",
    "VACCINE_PRODUCT_TERM",
    "VACCINE_MANUFACTURER",
    "BATCH_NUMBER",
    "EXPIRY_DATE",
    "SITE_OF_VACCINATION_CODE",
    "SITE_OF_VACCINATION_TERM",
    "ROUTE_OF_VACCINATION_CODE",
    "ROUTE_OF_VACCINATION_TERM",
    "DOSE_AMOUNT",
    "DOSE_UNIT_CODE",
    "DOSE_UNIT_TERM",
    "INDICATION_CODE",
    "LOCATION_CODE",
    "LOCATION_CODE_TYPE_URI",
];

fn text(json: &Json, pointer: &str) -> String {
    match json.pointer(pointer) {
        Some(Json::String(text)) => text.clone(),
        Some(other @ (Json::Bool(_) | Json::Number(_))) => other.to_string(),
        _ => String::new(),
    }
}

/// The row that a published resource was made of.
fn row_of(resource: &Json) -> Row {
    let contained = resource["contained"].as_array().unwrap();
    let patient = contained.iter().find(|one| one["resourceType"] == "Patient").unwrap();
    let digits = |date: String| date.replace('-', "").get(..8).unwrap_or_default().to_owned();
    let at = text(resource, "/occurrenceDateTime");
    let moment = at.get(..19).unwrap().replace(['-', ':'], "") + "00";
    BTreeMap::from([
        ("NHS_NUMBER", text(patient, "/identifier/0/value")),
        ("PERSON_DOB", digits(text(patient, "/birthDate"))),
        ("DATE_AND_TIME", moment),
        ("UNIQUE_ID", text(resource, "/identifier/0/value")),
        ("UNIQUE_ID_URI", text(resource, "/identifier/0/system")),
        ("ACTION_FLAG", "new".to_owned()),
        ("RECORDED_DATE", digits(text(resource, "/recorded"))),
        ("PRIMARY_SOURCE", text(resource, "/primarySource")),
        ("VACCINATION_PROCEDURE_CODE", text(resource, "/extension/0/valueCodeableConcept/coding/0/code")),
        ("VACCINATION_PROCEDURE_TERM", text(resource, "/extension/0/valueCodeableConcept/coding/0/display")),
        ("DOSE_SEQUENCE", text(resource, "/protocolApplied/0/doseNumberPositiveInt")),
        ("VACCINE_PRODUCT_CODE", text(resource, "/vaccineCode/coding/0/code").replace("UNK", "")),
        ("VACCINE_PRODUCT_TERM", text(resource, "/vaccineCode/coding/0/display").replace("Unknown", "")),
        ("VACCINE_MANUFACTURER", text(resource, "/manufacturer/display")),
        ("BATCH_NUMBER", text(resource, "/lotNumber")),
        ("EXPIRY_DATE", digits(text(resource, "/expirationDate"))),
        ("SITE_OF_VACCINATION_CODE", text(resource, "/site/coding/0/code")),
        ("SITE_OF_VACCINATION_TERM", text(resource, "/site/coding/0/display")),
        ("ROUTE_OF_VACCINATION_CODE", text(resource, "/route/coding/0/code")),
        ("ROUTE_OF_VACCINATION_TERM", text(resource, "/route/coding/0/display")),
        ("DOSE_AMOUNT", text(resource, "/doseQuantity/value")),
        ("DOSE_UNIT_TERM", text(resource, "/doseQuantity/unit")),
        ("INDICATION_CODE", text(resource, "/reasonCode/0/coding/0/code")),
    ])
}

fn batch_of(row: &Row) -> Vec<u8> {
    let cells: Vec<String> = COLUMNS
        .iter()
        .map(|column| format!("\"{}\"", row.get(column).cloned().unwrap_or_default()))
        .collect();
    format!("{}\n{}\n", COLUMNS.join("|"), cells.join("|")).into_bytes()
}

/// A practice with a patient for each of these numbers and birth dates (`yyyyMMdd`), and a batch looked at in it.
fn look(people: &BTreeSet<(String, String)>, batch: &[u8]) -> Seen {
    let shelf = Shelf::new();
    let mut facts = Vec::new();
    for (at, (number, born)) in people.iter().enumerate() {
        let mut entry: Entry = person("p");
        if let Some(Content::Patient(person)) = &mut entry.content {
            person.nhs_number = number.parse().ok();
            person.birth_date = jiff::civil::Date::strptime("%Y%m%d", born).ok();
        }
        facts.push(Fact::Entry(PatientKey::new(&format!("p{at}")).unwrap(), Box::new(entry)));
    }
    let begun = shelf.store.begin(&practice(), "people").unwrap();
    shelf.store.put(&practice(), begun.batch, &facts).unwrap();
    shelf.store.close(&practice()).unwrap();
    let loader: Loader<'_> = shelf.loader();
    loader.release(None, &mut record::Report::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Any_Vaccinations_v5_X26_20260101T090000.csv"), batch).unwrap();
    shelf.look(ingest::Format::NhsVaccinationCsv, folder.path())
}

fn vaccinations(seen: &Seen) -> Vec<&Resource> {
    let all = seen.patients.iter().flat_map(|patient| &patient.resources);
    all.filter(|made| made.kind == ResourceType::Immunization).collect()
}

/// Without the words that we repeat beside a coding.
fn bare(value: &Json) -> Json {
    match value {
        Json::Object(object) => {
            let repeats = object.contains_key("coding");
            let kept = object.iter().filter(|(key, _)| !(repeats && *key == "text"));
            Json::Object(kept.map(|(key, value)| (key.clone(), bare(value))).collect())
        }
        Json::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

fn to_the_second(value: &Json) -> Json {
    value.as_str().and_then(|text| text.get(..19)).map_or(value.clone(), Json::from)
}

#[test]
fn rows_come_out_as_the_published_resources_or_the_difference_is_listed() {
    let Some(folder) = shared("vaccination-csv/r4-json") else { return };
    let mut differ = BTreeSet::new();
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let theirs: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // What their service shows of a resource it has filtered is no longer what a row says.
        if theirs["resourceType"] != "Immunization"
            || !theirs["contained"].is_array()
            || name.contains("filtered")
        {
            continue;
        }
        let mut row = row_of(&theirs);
        // One of them is about nobody in particular; for us that is no vaccination of anybody's.
        for (column, stands_in) in [("NHS_NUMBER", "9990000018"), ("PERSON_DOB", "19800504")] {
            if row[column].is_empty() {
                row.insert(column, stands_in.to_owned());
            }
        }
        let people = BTreeSet::from([(row["NHS_NUMBER"].clone(), row["PERSON_DOB"].clone())]);
        let seen = look(&people, &batch_of(&row));
        assert_adds_up(&seen.report);
        let made = vaccinations(&seen);
        let [ours] = made.as_slice() else { panic!("{name}: {:#?}", seen.report.issues) };
        let (theirs, ours) = (theirs.as_object().unwrap(), ours.whole.as_object().unwrap());
        for element in theirs.keys().chain(ours.keys()) {
            let of = |one: &serde_json::Map<String, Json>| {
                let value = one.get(element).map(bare).unwrap_or_default();
                if element == "occurrenceDateTime" { to_the_second(&value) } else { value }
            };
            if of(theirs) != of(ours) {
                differ.insert(element.clone());
            }
        }
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
    let listed: BTreeSet<String> = DIFFERENCES.iter().map(|(element, _)| (*element).to_owned()).collect();
    assert_eq!(differ, listed, "what differs, and what is listed");
    assert!(DIFFERENCES.iter().all(|(_, why)| !why.is_empty()));
}

/// The cells of a published file by column.
fn published_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    // Both files are Windows-1252 as far as these tests look.
    let text: String = fs::read(path).unwrap().into_iter().map(char::from).collect();
    let cells = |line: &str| -> Vec<String> {
        line.split('|').map(|cell| cell.trim_matches('"').to_owned()).collect()
    };
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let header = cells(lines.next().unwrap());
    lines.map(|line| header.iter().cloned().zip(cells(line)).collect()).collect()
}

#[test]
fn every_published_row_becomes_its_patients_vaccination_or_is_told_of() {
    let Some(folder) = shared("vaccination-csv/csv") else { return };
    for name in ["sample_valid_csv_data.csv", "test-batch-data.csv", "test-batch-data-cp1252.csv"] {
        let path = folder.join(name);
        let rows = published_rows(&path);
        let valid = |row: &&BTreeMap<String, String>| row["NHS_NUMBER"].parse::<NhsNumber>().is_ok();
        let people =
            rows.iter().filter(valid).map(|row| (row["NHS_NUMBER"].clone(), row["PERSON_DOB"].clone()));
        let seen = look(&people.collect(), &fs::read(&path).unwrap());
        assert_adds_up(&seen.report);
        let counted = seen.report.files.values().next().unwrap();
        let nobodys = rows.len() - rows.iter().filter(valid).count();
        assert_eq!((counted.rows, counted.rejected), (rows.len() as u64, nobodys as u64), "{name}");
        // Of rows with one key the last is what it says.
        let mut last: BTreeMap<(String, String), &BTreeMap<String, String>> = BTreeMap::new();
        for row in rows.iter().filter(valid) {
            last.insert((row["UNIQUE_ID_URI"].clone(), row["UNIQUE_ID"].clone()), row);
        }
        let made = vaccinations(&seen);
        assert_eq!(made.len(), last.len(), "{name}: {:#?}", seen.report.issues);
        for row in last.values() {
            let key = format!("nhs-vaccination:{}#{}", row["UNIQUE_ID_URI"], row["UNIQUE_ID"]);
            let ours = &made.iter().find(|made| made.sources[0] == key).unwrap().whole;
            assert_eq!(ours["status"], "completed");
            assert_eq!(text(ours, "/vaccineCode/coding/0/code"), row["VACCINE_PRODUCT_CODE"]);
            let procedure = "/extension/0/valueCodeableConcept/coding/0";
            assert_eq!(text(ours, &format!("{procedure}/code")), row["VACCINATION_PROCEDURE_CODE"]);
            assert_eq!(text(ours, &format!("{procedure}/display")), row["VACCINATION_PROCEDURE_TERM"]);
            assert_eq!(text(ours, "/protocolApplied/0/doseNumberPositiveInt"), row["DOSE_SEQUENCE"]);
            assert_eq!(text(ours, "/lotNumber"), row["BATCH_NUMBER"]);
            assert_eq!(text(ours, "/manufacturer/display"), row["VACCINE_MANUFACTURER"]);
            let day = text(ours, "/occurrenceDateTime").get(..10).unwrap().replace('-', "");
            assert_eq!(Some(day.as_str()), row["DATE_AND_TIME"].get(..8));
        }
    }
}
