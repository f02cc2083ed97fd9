//! The published GP2GP extracts beside the project, against the FHIR STU3 that the NHS adaptor is expected to make of
//! each. Where we differ, `gp2gp-differences.toml` says so and why; what it lists must occur.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use record::ResourceType;
use serde_json::Value as Json;

use super::seen::{Patient, Resource, assert_adds_up, look};

const EXTRACTS: [&str; 3] = ["PWTP3", "PWTP5", "PWTP6"];

/// A folder of published data, if it is there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {folder} is not beside the project");
    None
}

fn array<'a>(json: &'a Json, element: &str) -> &'a [Json] {
    json[element].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The adaptor's Observations and Immunizations, by the key of the statement that each was made from.
fn adaptors(folder: &Path, extract: &str) -> BTreeMap<String, Json> {
    let text = fs::read_to_string(folder.join(format!("stu3-out/{extract}-output.json"))).unwrap();
    let bundle: Json = serde_json::from_str(&text).unwrap();
    let resources = array(&bundle, "entry").iter().map(|entry| &entry["resource"]);
    let wanted = |one: &&Json| one["resourceType"] == "Observation" || one["resourceType"] == "Immunization";
    resources.filter(wanted).map(|one| (one["id"].as_str().unwrap().to_lowercase(), one.clone())).collect()
}

fn ours(folder: &Path, extract: &str) -> Patient {
    let seen = look(ingest::Format::Gp2gp, &folder.join(format!("in/{extract}.xml")));
    assert_adds_up(&seen.report);
    assert_eq!(seen.report.files.values().map(|file| file.rejected).sum::<u64>(), 0, "{extract}");
    let [patient] = <[Patient; 1]>::try_from(seen.patients).unwrap();
    patient
}

/// What differs between the adaptor's resource and ours, one word each. What the adaptor has as an Observation of its
/// own may be a component of ours.
fn compare(id: &str, theirs: &Json, ours: &Resource) -> BTreeSet<&'static str> {
    let place = ours.sources.iter().position(|source| source == id).unwrap();
    if let Some(component) = place.checked_sub(1).map(|at| &array(&ours.whole, "component")[at]) {
        let mut differs = values(theirs, component);
        if codings(&theirs["code"]).is_disjoint(&codings(&component["code"])) {
            differs.insert("code");
        }
        if !same_time(theirs["effectiveDateTime"].as_str(), ours.whole["effectiveDateTime"].as_str()) {
            differs.insert("date");
        }
        return differs;
    }
    let vaccination = theirs["resourceType"] == "Immunization";
    let mut differs = BTreeSet::new();
    if theirs["resourceType"] != ours.kind.name() {
        differs.insert("type");
    }
    let date = if vaccination { &theirs["date"] } else { &theirs["effectiveDateTime"] };
    let (date, our_date) = (date.as_str(), ours.whole["effectiveDateTime"].as_str());
    if !same_time(date, our_date.or(ours.whole["occurrenceDateTime"].as_str())) {
        differs.insert("date");
    }
    let procedure = |json: &Json| {
        let named = |e: &&Json| e["url"].as_str().is_some_and(|url| url.contains("VaccinationProcedure"));
        array(json, "extension").iter().find(named).map(|e| e["valueCodeableConcept"].clone())
    };
    let code = |json: &Json| procedure(json).unwrap_or_else(|| json["code"].clone());
    if codings(&code(theirs)).is_disjoint(&codings(&code(&ours.whole)))
        && !both_in_words(&code(theirs), &code(&ours.whole))
    {
        differs.insert("code");
    }
    differs.extend(values(theirs, &ours.whole));
    if array(theirs, "component").len() != array(&ours.whole, "component").len() {
        differs.insert("components");
    }
    differs
}

/// FHIR dates: equal as written, or the same instant.
fn same_time(one: Option<&str>, other: Option<&str>) -> bool {
    let instant = |text: Option<&str>| text?.parse::<Timestamp>().ok();
    one == other || (instant(one).is_some() && instant(one) == instant(other))
}

fn codings(concept: &Json) -> BTreeSet<(String, String)> {
    let pair = |c: &Json| Some((c["system"].as_str()?.to_owned(), c["code"].as_str()?.to_owned()));
    array(concept, "coding").iter().filter_map(pair).collect()
}

fn both_in_words(one: &Json, other: &Json) -> bool {
    codings(one).is_empty() && codings(other).is_empty() && one["text"] == other["text"]
}

fn values(theirs: &Json, ours: &Json) -> BTreeSet<&'static str> {
    let mut differs = BTreeSet::new();
    let (one, other) = (&theirs["valueQuantity"], &ours["valueQuantity"]);
    let number = |json: &Json| json["value"].to_string().parse::<f64>().ok();
    if number(one) != number(other) {
        differs.insert("value");
    }
    let comparator = |json: &Json| json["comparator"].as_str().map(str::to_owned);
    if comparator(one) != comparator(other) {
        differs.insert("comparator");
    }
    let units = |json: &Json| -> BTreeSet<String> {
        ["unit", "code"].iter().filter_map(|element| json[*element].as_str().map(str::to_owned)).collect()
    };
    let (one, other) = (units(one), units(other));
    if one.is_disjoint(&other) && !(one.is_empty() && other.is_empty()) {
        differs.insert("unit");
    }
    differs
}

/// Every difference in an extract: `(extract/key, what)`.
fn differences(extract: &str, theirs: &BTreeMap<String, Json>, ours: &Patient) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (id, theirs) in theirs {
        let key = format!("{extract}/{id}");
        match ours.of(id) {
            Some(ours) => {
                found.extend(compare(id, theirs, ours).into_iter().map(|what| (key.clone(), what.to_owned())))
            }
            None => {
                let why = ours.why_not(id).unwrap_or_else(|| panic!("{key} is neither mapped nor unmapped"));
                found.insert((key, format!("not served: {why}")));
            }
        }
    }
    for made in ours.resources.iter().filter(|made| made.kind != ResourceType::Patient) {
        if !made.sources.iter().any(|source| theirs.contains_key(source)) {
            found.insert((format!("{extract}/{}", made.sources[0]), "ours alone".to_owned()));
        }
    }
    found
}

/// The list that is checked in: groups of a difference, its reason and the statements in which it occurs.
fn listed() -> BTreeSet<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/gp2gp-differences.toml");
    let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let mut listed = BTreeSet::new();
    for group in table["difference"].as_array().unwrap() {
        let text = |key: &str| group[key].as_str().unwrap().to_owned();
        assert!(text("reason").len() > 20, "a reason says something");
        for statement in group["statements"].as_array().unwrap() {
            let key = (statement.as_str().unwrap().to_owned(), text("what"));
            assert!(listed.insert(key.clone()), "{key:?} is listed twice");
        }
    }
    listed
}

#[test]
fn published_extracts_come_out_as_the_adaptors_output_or_the_difference_is_listed() {
    let Some(folder) = shared("gp2gp/pairs") else { return };
    let (mut found, mut compared) = (BTreeSet::new(), 0);
    for extract in EXTRACTS {
        let (theirs, ours) = (adaptors(&folder, extract), ours(&folder, extract));
        compared += theirs.len();
        found.extend(differences(extract, &theirs, &ours));
    }
    assert!(compared > 150, "{compared}");
    let listed = listed();
    let show = |set: BTreeSet<&(String, String)>| -> String {
        set.into_iter().map(|(key, what)| format!("  {what}: {key}\n")).collect()
    };
    let (new, gone) = (show(found.difference(&listed).collect()), show(listed.difference(&found).collect()));
    assert!(new.is_empty() && gone.is_empty(), "not listed:\n{new}listed, but do not occur:\n{gone}");
}

#[test]
fn every_observation_statement_of_a_published_extract_is_mapped_or_says_why_not() {
    let Some(folder) = shared("gp2gp/pairs") else { return };
    for extract in EXTRACTS {
        let xml = fs::read_to_string(folder.join(format!("in/{extract}.xml"))).unwrap();
        let ours = ours(&folder, extract);
        let mut statements = 0;
        for statement in xml.split("<ObservationStatement ").skip(1) {
            let id = statement.split("<id root=\"").nth(1).unwrap().split('"').next().unwrap().to_lowercase();
            assert!(ours.of(&id).is_some() || ours.why_not(&id).is_some(), "{extract}/{id}");
            statements += 1;
        }
        assert!(statements > 20, "{extract}: {statements}");
    }
}
