//! The review queue on the command line: what waits, what it says, and what a clinician decided.

use std::fs;

use serde_json::{Value as Json, json};
use store::Store;

use super::{
    Ran, run,
    site::{PRACTICE, Site},
};
use crate::support::practice;

const TEXT: &str = "Neighbour told us in confidence that he smokes; please do not tell him.";
const KEY: &str = "gpc:9990000018";

/// A site with one patient, of whom one note waits and another is clean.
fn site() -> Site {
    let site = Site::new();
    load(&site, TEXT);
    site
}

fn load(site: &Site, text: &str) {
    let note = |id: &str, words: &str| {
        json!({"resource": {"resourceType": "Observation", "id": id, "status": "final",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "49727002", "display": "Cough"}]},
            "subject": {"reference": "Patient/p"}, "effectiveDateTime": "2024-03-01", "comment": words}})
    };
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}]}},
        note("waits", text), note("clean", "Chest clear.")]});
    let path = site.path("in.json");
    fs::write(&path, bundle.to_string()).unwrap();
    let ran = site.ingest_as("gp-connect-stu3", &path);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for typed in [text, "confidence", "smokes"] {
        assert!(!ran.err.contains(typed) && !ran.out.contains(typed), "{}{}", ran.out, ran.err);
    }
}

fn review(site: &Site, what: &str, more: &[&str]) -> Ran {
    let config = site.config();
    run(&[&["admin", "review", what, "--config", &config, "--practice", PRACTICE], more].concat())
}

fn of(more: &[&'static str]) -> Vec<&'static str> {
    [&["--patient", KEY, "--entry", "Observation/waits"], more].concat()
}

fn decide(site: &Site, decision: &'static str) -> Ran {
    review(site, "decide", &of(&[decision, "--by", "Dr A", "--why", "read with him"]))
}

/// Whether the full view of anything says the words.
fn released(site: &Site, words: &str) -> bool {
    let held = crate::crash::held::read(&site.store(), &practice(), &[KEY.to_owned()]);
    let record = held[KEY].released.as_ref().unwrap();
    record.bodies().values().any(|body| String::from_utf8_lossy(body).contains(words))
}

#[test]
fn what_waits_is_listed_without_its_text_and_shown_with_what_was_found_underlined() {
    let site = site();
    let ran = review(&site, "list", &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    for words in ["0 days", "review", KEY, "--entry Observation/waits", "in.json", "1 wait for a clinician"] {
        assert!(ran.out.contains(words), "{words:?} is not in: {}", ran.out);
    }
    assert!(!ran.out.contains("told us") && !ran.out.contains("clean"), "{}", ran.out);

    let ran = review(&site, "list", &["--json"]);
    let line: Json = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!((&line["patient"], &line["entry"]), (&json!(KEY), &json!("Observation/waits")));
    assert_eq!(
        (&line["verdict"], &line["decision"], &line["days"]),
        (&json!("review"), &Json::Null, &json!(0))
    );
    assert!(!line["rules"].as_array().unwrap().is_empty() && !ran.out.contains("told us"), "{line}");

    let ran = review(&site, "show", &of(&[]));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for words in [TEXT, "^^^", "disclosure, by ", "decided   nothing yet"] {
        assert!(ran.out.contains(words), "{words:?} is not in: {}", ran.out);
    }
}

#[test]
fn what_is_shared_goes_out_at_once_and_what_is_withheld_no_longer_does() {
    let site = site();
    assert!(!released(&site, "smokes") && released(&site, "Chest clear"));
    let ran = decide(&site, "--share");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.err.contains("smokes"), "{}", ran.err);
    assert!(ran.out.contains("may go out as they stand") && !ran.out.contains("smokes"), "{}", ran.out);
    assert!(released(&site, TEXT));
    assert!(review(&site, "list", &[]).out.contains("0 wait for a clinician"));
    let all = review(&site, "list", &["--all"]).out;
    assert!(all.contains("decided: share"), "{all}");
    let shown = review(&site, "show", &of(&[])).out;
    assert!(shown.contains("share, by Dr A at ") && shown.contains("read with him"), "{shown}");
    assert_eq!(decide(&site, "--withhold").code, Some(0));
    assert!(!released(&site, "smokes"));
}

#[test]
fn a_decision_is_about_the_words_that_were_read() {
    let site = site();
    assert_eq!(decide(&site, "--share").code, Some(0));
    load(&site, &TEXT.replace("smokes", "drinks"));
    assert!(!released(&site, "drinks"));
    let shown = review(&site, "show", &of(&[])).out;
    assert!(shown.contains("about other words than it has now"), "{shown}");
    assert!(review(&site, "list", &[]).out.contains("1 wait for a clinician"));
}

#[test]
fn a_decision_is_made_by_somebody_about_something_and_only_once_the_batch_is_whole() {
    let site = site();
    assert_eq!(review(&site, "decide", &of(&["--share", "--by", " ", "--why", "x"])).code, Some(2));
    let other = ["--patient", KEY, "--entry", "Observation/other", "--share", "--by", "Dr A", "--why", "x"];
    review(&site, "decide", &other).says(&["has no entry of this key"]);
    let both = of(&["--share", "--withhold", "--by", "Dr A", "--why", "x"]);
    assert_eq!(review(&site, "decide", &both).code, Some(2));
    assert_eq!(review(&site, "decide", &of(&["--by", "Dr A", "--why", "x"])).code, Some(2));
    assert!(!released(&site, "smokes"));
    site.store().begin(&practice(), "another").unwrap();
    let ran = decide(&site, "--share");
    assert!(ran.code == Some(0) && ran.out.contains("is open"), "{}", ran.out);
    assert!(!released(&site, "smokes"));
}

#[test]
fn a_practice_that_chooses_to_mask_has_its_records_made_anew_at_once() {
    let site = Site::new();
    load(&site, "Cough kept wife Zofia awake.");
    assert!(!released(&site, "awake"));
    let rules = |third_parties: &str| {
        let config = site.config();
        let ran = run(&[
            "admin",
            "rules",
            "--config",
            &config,
            "--practice",
            PRACTICE,
            "--third-parties",
            third_parties,
            "--by",
            "Dr A",
            "--why",
            "decided by the partners",
        ]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    };
    rules("mask");
    assert!(released(&site, "awake") && !released(&site, "Zofia"));
    rules("withhold");
    assert!(!released(&site, "awake"));
}
