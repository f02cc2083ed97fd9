//! What `ingest` says of an export that it takes: every row accounted for, as text and as JSON.

use std::{collections::BTreeMap, fs};

use serde_json::Value as Json;

use super::{
    export::{Export, line_of, place},
    run,
    site::{Site, folder_with, message, small},
};

/// Loads and gives the JSON report, after looking at what both reports say of each other.
fn reported(site: &Site, export: &Export) -> (Json, String) {
    let file = site.path("report.json");
    let config = site.config();
    let arguments = Site::arguments(&config, "emis-csv", export.dir.to_str().unwrap());
    let ran = run(&[&arguments[..], &["--report", file.to_str().unwrap()]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    (serde_json::from_slice(&fs::read(file).unwrap()).unwrap(), ran.err)
}

/// Rows, stored, unchanged, parked and rejected of each file, by table.
fn counts(report: &Json) -> BTreeMap<String, [u64; 5]> {
    let files = report["files"].as_object().unwrap().iter();
    let table = |name: &str| name.split('_').skip(1).take(2).collect::<Vec<_>>().join("_");
    let fates = ["rows", "stored", "unchanged", "parked", "rejected"];
    // The rows of a file that is not read are not counted.
    let files = files.filter(|(_, file)| file["codes"].get("file-not-read").is_none());
    files.map(|(name, file)| (table(name), fates.map(|fate| file[fate].as_u64().unwrap()))).collect()
}

#[test]
fn every_row_of_every_file_is_accounted_for_and_a_second_load_changes_nothing() {
    let site = Site::new();
    let (first, text) = reported(&site, small());
    let counted = counts(&first);
    for (table, [rows, stored, unchanged, parked, rejected]) in &counted {
        assert_eq!(*rows, small().rows(table).len() as u64 - 1, "{table}");
        assert_eq!((*rows, *unchanged, *rejected), (stored + parked, 0, 0), "{table}");
    }
    assert_eq!(counted.len(), 8, "{counted:?}");
    assert!(counted["CareRecord_Observation"][1] > 40, "{counted:?}");
    assert_eq!(first["patients_projected"], 12);
    assert!(first["resources_changed"].as_u64().unwrap() > 40);
    for words in ["unchanged", "_Admin_Patient_", "12 patients projected"] {
        assert!(text.contains(words), "{text}");
    }
    let before = site.held();
    let (second, _) = reported(&site, small());
    for (table, [rows, stored, unchanged, parked, _]) in counts(&second) {
        assert_eq!((stored, unchanged + parked), (0, rows), "{table}");
        assert_eq!(parked, counted[&table][3], "what waits still waits: {table}");
        let told = second["issues"].as_array().unwrap().iter();
        let told = told.filter(|issue| {
            issue["code"] == "still-awaited" && issue["file"].as_str().unwrap().contains(&table)
        });
        assert_eq!(told.count() as u64, parked, "and each is told again: {table}");
    }
    assert_eq!((&second["patients_projected"], &second["resources_changed"]), (&0.into(), &0.into()));
    assert_eq!(site.held(), before);
    site.has_nothing_open();
}

#[test]
fn a_bad_row_is_rejected_with_file_line_and_field_and_the_others_are_stored() {
    let site = Site::new();
    let export = small().copy(&site.path("export"));
    let mut expected = Vec::new();
    for (table, row, field, value, code) in [
        ("Admin_Patient", 3, "PatientGuid", "not a guid", "patient-invalid"),
        ("CareRecord_Observation", 2, "EffectiveDate", "32/13/2020", "date-invalid"),
        ("CareRecord_Observation", 9, "ObservationGuid", "", "key-invalid"),
        ("CareRecord_Consultation", 5, "PatientGuid", "perhaps", "patient-invalid"),
    ] {
        export.edit(table, |rows| {
            let at = place(rows, field);
            rows[row][at] = value.to_owned();
        });
        expected.push((table, row, field, code));
    }
    export.edit("CareRecord_Observation", |rows| {
        rows[15].push("one too many".to_owned());
    });
    let (report, text) = reported(&site, &export);
    let issues: Vec<&Json> =
        report["issues"].as_array().unwrap().iter().filter(|issue| issue["severity"] == "error").collect();
    for (table, row, field, code) in expected {
        let (file, line) = (export.name(table), line_of(&export.rows(table), row));
        let found = issues.iter().any(|issue| {
            issue["file"] == file.as_str()
                && issue["line"] == line
                && issue["field"] == field
                && issue["code"] == code
        });
        assert!(found, "{table}:{line} {field} {code}: {issues:#?}");
        let said = text.lines().any(|words| words.contains(&format!("{file}:{line} {field}: {code}")));
        assert!(said, "{text}");
    }
    let observations = export.name("CareRecord_Observation");
    let line = line_of(&export.rows("CareRecord_Observation"), 15);
    assert!(issues.iter().any(|issue| issue["code"] == "field-count" && issue["line"] == line));
    for (table, [rows, stored, unchanged, parked, rejected]) in counts(&report) {
        assert_eq!(rows, stored + unchanged + parked + rejected, "{table}");
        assert_eq!(rows, export.rows(&table).len() as u64 - 1, "{table}");
        let of_file = issues.iter().filter(|issue| issue["file"] == export.name(&table).as_str()).count();
        assert_eq!(rejected, of_file as u64, "each rejected row of {table} has one issue");
    }
    assert_eq!(report["files"][observations.as_str()]["rejected"], 3);
    for value in ["32/13/2020", "not a guid", "perhaps", "one too many"] {
        assert!(
            !text.contains(value) && !report.to_string().contains(value),
            "a value of the file was told: {value}"
        );
    }
}

#[test]
fn a_code_system_that_nobody_knows_is_a_warning_and_no_refusal() {
    let site = Site::new();
    let snomed = "codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\"";
    assert!(message().contains(snomed));
    let folder =
        folder_with(&site, "one.xml", message().replace(snomed, "codeSystem=\"1.2.36.1\"").as_bytes());
    let ran = site.ingest_as("gp2gp", &folder);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("code-system-unknown"), "{}", ran.err);
    assert!(ran.err.contains("1 patients projected"), "{}", ran.err);
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_is_loaded() {
    let site = Site::new();
    let config = site.config();
    let arguments = Site::arguments(&config, "emis-csv", small().dir.to_str().unwrap());
    let ran =
        run(&[&arguments[..], &["--report", site.path("no/such/report.json").to_str().unwrap()]].concat());
    ran.says(&["--report", "report.json", "nothing was loaded"]);
    site.is_empty();
}

#[test]
fn a_report_of_a_refusal_is_written_too() {
    let site = Site::new();
    let export = small().copy(&site.path("export"));
    fs::remove_file(export.file("CareRecord_Problem")).unwrap();
    let (config, file) = (site.config(), site.path("report.json"));
    let arguments = Site::arguments(&config, "emis-csv", export.dir.to_str().unwrap());
    run(&[&arguments[..], &["--report", file.to_str().unwrap()]].concat()).says(&["file-missing"]);
    let report: Json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(report["issues"][0]["severity"], "fatal");
    assert_eq!(report["issues"][0]["file"], "CareRecord_Problem");
    assert!(!site.path("report.json.part").exists());
}
