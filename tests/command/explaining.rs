//! `explain` as a practice runs it. That it says what requests get is tested beside the gateway.

use policy::AccessLevel;
use serde_json::Value as Json;
use store::{Account, Store, Subject};

use super::{
    Ran,
    export::{Export, place},
    run,
    site::{PRACTICE, Site, small},
};
use crate::support::{CLIENT, app, level, practice};

/// A word that a person could have typed.
const TYPED: &str = "rang about her brother";

/// A site with a patient who has an account; some of their entries are confidential, one has words.
fn site() -> (Site, Subject) {
    let site = Site::new();
    let export = small().copy(&site.path("export"));
    let patient = changed(&export);
    assert_eq!(site.ingest(&export.dir).code, Some(0));
    let subject = Subject { practice: practice(), patient: record::PatientKey::new(&patient).unwrap() };
    let store = site.store();
    store.set_app(&app(CLIENT)).unwrap();
    store
        .set_account(&Account { id: "pat01".into(), own: Some(subject.clone()), ..Account::default() })
        .unwrap();
    let access = store::Access { own: Some(level(AccessLevel::Full)), ..store::Access::default() };
    store.set_access(&subject, &access).unwrap();
    (site, subject)
}

/// Makes one observation of the first patient confidential and gives another words; says who that is.
fn changed(export: &Export) -> String {
    let mut patient = String::new();
    export.edit("CareRecord_Observation", |rows| {
        let [who, mark, text] =
            ["PatientGuid", "IsConfidential", "AssociatedText"].map(|name| place(rows, name));
        patient = rows[1][who].clone();
        let theirs: Vec<usize> = (1..rows.len()).filter(|row| rows[*row][who] == patient).collect();
        assert!(theirs.len() > 2);
        rows[theirs[0]][mark] = "true".to_owned();
        rows[theirs[1]][text] = TYPED.to_owned();
    });
    // As the store keeps it.
    patient.trim_matches(['{', '}']).to_lowercase()
}

fn explain(site: &Site, patient: &str, more: &[&str]) -> Ran {
    let config = site.config();
    let base =
        ["explain", "--config", &config, "--practice", PRACTICE, "--patient", patient, "--app", CLIENT];
    run(&[&base[..], more].concat())
}

#[test]
fn each_entry_is_told_with_its_row_and_rule_and_nothing_that_a_person_wrote() {
    let (site, subject) = site();
    let patient = subject.patient.expose().to_owned();
    let ran = explain(&site, &patient, &["--user", "pat01"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in [
        "is the patient",
        "full for what was recorded from 2000-01-01 on",
        "admitted  yes",
        "CareRecord_Observation",
        "line 2 of batch 1",
        "  shown in the coded view, version 1 (opened:full:feed-unmarked)",
        "opened:full:feed-unmarked        the access level that counts for its date is full, but",
        "not shown: it, a part of it or what it stands in is marked as confidential (label:confidential)",
        "confidential: from its own row",
        "its free text stays back",
        "summary",
    ] {
        assert!(ran.out.contains(words), "{words:?} is not in: {}", ran.out);
    }
    assert!(!ran.out.contains(TYPED) && !ran.err.contains(TYPED));
    let json: Json =
        serde_json::from_str(&explain(&site, &patient, &["--user", "pat01", "--json"]).out).unwrap();
    assert_eq!((&json["admitted"], &json["role"]), (&true.into(), &"patient".into()));
    let entries = json["entries"].as_array().unwrap();
    assert!(entries.iter().all(|one| one["entry"]["row"]["line"].as_u64() > Some(1)), "{entries:?}");
    let withheld = entries.iter().flat_map(|one| one["resources"].as_array().unwrap());
    let withheld: Vec<&Json> = withheld.filter(|one| one["rule"] == "label:confidential").collect();
    assert!(!withheld.is_empty() && withheld.iter().all(|one| one["because"][0]["row"]["batch"] == 1));
    let counted: u64 =
        json["summary"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert!(counted >= entries.len() as u64);

    // By its logical id it is the same patient, and one resource of it can be asked for alone.
    let id = json["patient_id"].as_str().unwrap();
    let name = format!("{}/{}", withheld[0]["type"].as_str().unwrap(), withheld[0]["id"].as_str().unwrap());
    let one = explain(&site, id, &["--user", "pat01", "--resource", &name, "--json"]);
    let one: Json = serde_json::from_str(&one.out).unwrap();
    assert!(one["entries"].as_array().unwrap().len() < entries.len());
    explain(&site, id, &["--user", "pat01", "--resource", "Observation/none"])
        .says(&["nothing of this patient"]);
}

#[test]
fn who_is_refused_is_told_why_and_every_entry_says_so() {
    let (site, subject) = site();
    let patient = subject.patient.expose().to_owned();
    for (more, words) in [
        (&["--user", "nobody"][..], "admitted  no, on"),
        (&["--user", "nobody"], "(not-entitled)"),
        (&["--user", "pat01", "--as", "proxy"], "(other-role)"),
        (&["--user", "pat01", "--at", "1999-12-31"], "admitted  yes, on 1999-12-31"),
    ] {
        let ran = explain(&site, &patient, more);
        assert!(ran.code == Some(0) && ran.out.contains(words), "{words:?} is not in: {}", ran.out);
    }
    let config = site.config();
    let other = ["--patient", &patient, "--app", "other", "--user", "pat01"];
    let ran = run(&[&["explain", "--config", &config, "--practice", PRACTICE], &other[..]].concat());
    assert!(ran.out.contains("other: not known here") && ran.out.contains("(app-not-served)"), "{}", ran.out);
    explain(&site, "who", &["--user", "pat01"]).says(&["has no such patient here"]);
}

#[test]
fn of_an_nhs_number_that_two_feeds_have_the_record_that_is_served_is_chosen_and_the_other_is_named() {
    const NUMBER: &str = "9990000018";
    let site = Site::new();
    let export = small().copy(&site.path("export"));
    let patient = changed(&export);
    export.edit("Admin_Patient", |rows| {
        let [who, number] = ["PatientGuid", "NhsNumber"].map(|name| place(rows, name));
        for row in &mut rows[1..] {
            let own = row[who].trim_matches(['{', '}']).to_lowercase() == patient;
            row[number] = if own { NUMBER.to_owned() } else { String::new() };
        }
    });
    assert_eq!(site.ingest(&export.dir).code, Some(0));
    let bundle = serde_json::json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBER}]}}]});
    let path = site.path("in.json");
    std::fs::write(&path, bundle.to_string()).unwrap();
    assert_eq!(site.ingest_as("gp-connect-stu3", &path).code, Some(0));
    let ran = explain(&site, NUMBER, &["--user", "pat01"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let chosen = format!("this one is served: {patient} (the practice's own system)");
    for words in
        ["1 other record of Y99999 has this NHS number, gpc:9990000018 (GP Connect bundles)", &chosen]
    {
        assert!(ran.err.contains(words), "{words:?} is not in: {}", ran.err);
    }
    assert!(ran.out.contains(&patient) && !ran.out.contains("gpc:9990000018"), "{}", ran.out);
    let closed =
        format!("nothing of this record is served: that of {patient} (the practice's own system) is");
    let other = explain(&site, "gpc:9990000018", &["--user", "pat01"]);
    assert!(other.out.contains(&closed), "{}", other.out);
    let config = site.config();
    let access = |patient: &str, more: &[&str]| {
        let of = ["--config", &config, "--practice", PRACTICE, "--patient", patient];
        run(&[&["admin", "access"], &more[..1], &of, &more[1..]].concat())
    };
    access("gpc:9990000018", &["show"]).is_good(&[&closed]);
    let levels = ["--current", "full", "--historical", "none", "--from", "2020-01-01", "--looked"];
    let deciding = [&["set"], &levels[..], &["--by", "Dr Adeyemi", "--why", "she asked for it"]].concat();
    access("gpc:9990000018", &deciding).is_good(&[&closed]);
    assert!(
        !access(NUMBER, &["show"]).out.contains("nothing of this record"),
        "it is the one that is served"
    );
    let one: Json =
        serde_json::from_str(&explain(&site, &patient, &["--user", "pat01", "--json"]).out).unwrap();
    assert_eq!(one["patient"], patient.as_str(), "by its key it is one");
}
