//! Several feeds of one practice: vaccinations and pathology reports looked at with the practice's own export, whose
//! patients they are about, and people of whom two feeds have a record.
#![expect(clippy::disallowed_methods, reason = "one variable says whether golden files are written")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;
use tempfile::TempDir;

use super::{
    Ran, run,
    site::{PRACTICE, Site},
};
use crate::cases::emis;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// The practice's own export with its patients alone, a vaccination batch and a pathology report about one of them.
struct Feeds(TempDir);

impl Feeds {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (practice, case) = (Path::new(CASES).join("emis-csv/_practice"), tempfile::tempdir().unwrap());
        fs::copy(practice.join("Admin_Patient.csv"), case.path().join("Admin_Patient.csv")).unwrap();
        let feeds = Self(dir);
        for folder in ["own", "none"] {
            fs::create_dir(feeds.path(folder)).unwrap();
        }
        emis::batch(case.path(), &practice, 1, &feeds.path("own"));
        let given = "nhs-vaccination-csv/immunization/given/1.csv";
        fs::copy(Path::new(CASES).join(given), feeds.path(VACCINATIONS)).unwrap();
        let report = "nhs003-edifact/observation/test-group/in.edi";
        fs::copy(Path::new(CASES).join(report), feeds.path(REPORT)).unwrap();
        feeds
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, command: &str, format: &str, file: &str, with: &[&str]) -> Ran {
        let file = self.path(file);
        let arguments = [command, "--format", format, "--practice", PRACTICE, file.to_str().unwrap()];
        run(&[&arguments[..], with].concat())
    }
}

const VACCINATIONS: &str = "MMR_Vaccinations_v5_X26_20250801T090000.csv";
const REPORT: &str = "report.edi";

fn kinds(ran: &Ran) -> Vec<String> {
    let kind =
        |line: &str| serde_json::from_str::<Json>(line).unwrap()["resourceType"].as_str().unwrap().to_owned();
    ran.out.lines().map(kind).collect()
}

/// Compares with a golden file, or writes it anew.
fn is_golden(name: &str, text: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/map").join(name);
    if std::env::var("RECORDGATE_UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, text).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(text, expected, "{} (RECORDGATE_UPDATE_GOLDEN=1 writes it anew)", golden.display());
}

#[test]
fn map_shows_what_becomes_of_vaccinations_and_results_of_the_patients_that_with_names() {
    let feeds = Feeds::new();
    let own = feeds.path("own");
    let with = ["--with", own.to_str().unwrap(), "--with-format", "emis-csv"];
    for (format, file, kind, golden) in [
        ("nhs-vaccination-csv", VACCINATIONS, "Immunization", "vaccination-with-its-patient.ndjson"),
        ("nhs003-edifact", REPORT, "Observation", "report-with-its-patient.ndjson"),
    ] {
        let alone = feeds.run("map", format, file, &[]);
        assert_eq!((alone.code, alone.out.as_str()), (Some(0), ""), "{format}: {}", alone.err);
        assert!(alone.err.contains("for patients whom this format does not bring"), "{}", alone.err);
        assert!(alone.err.contains("--with PATH (and --with-format)"), "{}", alone.err);
        let joined = feeds.run("map", format, file, &with);
        assert_eq!(joined.code, Some(0), "{format}: {}", joined.err);
        let found = kinds(&joined);
        assert!(found.iter().any(|found| found == kind), "{format}: {found:?}");
        assert!(found.iter().all(|found| [kind, "Patient"].contains(&found.as_str())), "{found:?}");
        assert!(!joined.err.contains("wait for patients"), "{}", joined.err);
        assert!(!joined.err.contains("CareRecord_"), "only what was asked for is reported: {}", joined.err);
        is_golden(golden, &joined.out);
    }
}

#[test]
fn check_counts_what_waits_with_and_without_the_patients_and_reads_with_in_its_own_format() {
    let feeds = Feeds::new();
    let own = feeds.path("own");
    let own = own.to_str().unwrap();
    for (format, file) in [("nhs-vaccination-csv", VACCINATIONS), ("nhs003-edifact", REPORT)] {
        let counted = |with: &[&str]| {
            let ran = feeds.run("check", format, file, &[with, &["--json"]].concat());
            let json: Json = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
            let file = json["report"]["files"].as_object().unwrap().values().next().unwrap().clone();
            (json["loaded"].clone(), file["rows"].as_u64().unwrap(), file["parked"].as_u64().unwrap())
        };
        let (loaded, rows, parked) = counted(&[]);
        assert_eq!((loaded, parked), (Json::Bool(true), rows), "{format}: each waits");
        assert_eq!(counted(&["--with", own]), (Json::Bool(true), rows, 0), "{format}");
        // What --with names is read as an export of its own format, and may be wrong.
        let wrong = feeds.run("check", format, file, &["--with", own, "--with-format", "tpp-csv"]);
        assert_eq!(wrong.code, Some(1), "{wrong:?}");
        let none = feeds.path("none");
        let none = feeds.run("map", format, file, &["--with", none.to_str().unwrap()]);
        none.says(&["file-missing"]);
    }
    let alone = run(&["check", "--with", own]);
    assert_eq!(alone.code, Some(2), "it goes with an export: {alone:?}");
}

/// Some patients come twice: from the practice's own system, and in a message.
#[test]
fn quality_warns_of_people_whom_two_feeds_have_and_says_which_record_is_served() {
    let site = Site::loaded();
    let messages = site.path("messages");
    let args = ["synth", "--format", "gp2gp", "--practice", PRACTICE, "--patients", "4"];
    assert_eq!(run(&[&args[..], &[messages.to_str().unwrap()]].concat()).code, Some(0));
    let before = quality(&site);
    assert_eq!(before["quality"]["shared"], Json::Array(vec![]));
    let ran = site.ingest_as("gp2gp", &messages);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let json = quality(&site);
    let shared = json["quality"]["shared"].as_array().unwrap();
    let of = |feed: &str, state: &str| {
        let row = shared.iter().find(|row| row["feed"] == feed && row["state"] == state);
        row.map_or(0, |row| row["count"].as_u64().unwrap())
    };
    assert!(of("", "served") >= 2, "{shared:?}");
    assert_eq!(of("nhs", "another-served"), of("", "served"), "{shared:?}");
    assert_eq!(of("nhs", "served"), 0, "{shared:?}");
    let out = site.path("report");
    let config = site.config();
    let told = run(&["quality", "--config", &config, "--practice", PRACTICE, "--out", out.to_str().unwrap()]);
    let served = "of the practice's own system: served; another feed has a record of the same person";
    told.is_good(&["Warning: records of people", served, "of GP2GP messages: not served"]);
    let page = fs::read_to_string(out.join("quality.html")).unwrap();
    assert!(page.contains("People of whom there are several records"));
    assert!(page.contains("<div class=\"warn\"><dt>records beside others of a person</dt>"), "{page}");
}

fn quality(site: &Site) -> Json {
    let config = site.config();
    let ran = run(&["quality", "--config", &config, "--practice", PRACTICE, "--json"]);
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"))
}
