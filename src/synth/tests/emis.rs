//! The CSV extract: names, quoting, keys, proportions, and what the fixed patients have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{options, table::Table, written};
use crate::{Columns, Format, Options, Role};

#[test]
fn every_table_has_one_file_named_and_quoted_as_the_supplier_does() {
    let (folder, summary) = written(Format::EmisCsv, &options(3));
    let mut tables = BTreeSet::new();
    for (name, rows) in &summary.files {
        let parts: Vec<&str> = name.split('_').collect();
        assert_eq!(parts.len(), 5, "{name}");
        assert_eq!((parts[3].len(), parts[4].len()), (14, 40), "{name}");
        assert!(parts[0].split('-').all(|id| id.parse::<u32>().is_ok()), "{name}");
        assert!(tables.insert(format!("{}_{}", parts[1], parts[2])));
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.starts_with('"') && text.ends_with("\"\r\n"), "{name}");
        let lines = csv::Reader::from_reader(text.as_bytes()).into_records().count();
        assert_eq!(lines as u64, *rows, "{name}");
    }
    assert_eq!(tables.len(), fs::read_dir(folder.path()).unwrap().count());
    for table in ["Admin_PatientHistory", "Prescribing_IssueRecord", "CareRecord_Diary", "Audit_PatientAudit"]
    {
        assert!(tables.contains(table), "{table}");
    }
}

#[test]
fn a_patient_has_about_550_observations() {
    for seed in [1, 2] {
        let (_folder, summary) = written(Format::EmisCsv, &Options { seed, ..options(60) });
        let of = |table: &str| summary.files.iter().find(|(name, _)| name.contains(table)).unwrap().1;
        let observations = of("_CareRecord_Observation_");
        assert!((450 * 60..650 * 60).contains(&observations), "seed {seed}: {}", observations / 60);
        let consultations = of("_CareRecord_Consultation_");
        assert!((80 * 60..180 * 60).contains(&consultations), "seed {seed}: {}", consultations / 60);
        let counted: u64 = summary.people.iter().map(|p| u64::from(p.observations + p.immunisations)).sum();
        assert_eq!(counted, observations);
    }
}

/// Table, column, and the table and column that it points to.
const KEYS: &[(&str, &str, &str, &str)] = &[
    ("Admin_Patient", "OrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("Admin_Patient", "UsualGpUserInRoleGuid", "Admin_UserInRole", "UserInRoleGuid"),
    ("Admin_UserInRole", "OrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("Admin_Organisation", "ParentOrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("Admin_Organisation", "MainLocationGuid", "Admin_Location", "LocationGuid"),
    ("Admin_OrganisationLocation", "LocationGuid", "Admin_Location", "LocationGuid"),
    ("Agreements_SharingOrganisation", "OrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("CareRecord_Consultation", "PatientGuid", "Admin_Patient", "PatientGuid"),
    ("CareRecord_Consultation", "OrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("CareRecord_Consultation", "ClinicianUserInRoleGuid", "Admin_UserInRole", "UserInRoleGuid"),
    ("CareRecord_Consultation", "EnteredByUserInRoleGuid", "Admin_UserInRole", "UserInRoleGuid"),
    ("CareRecord_Observation", "PatientGuid", "Admin_Patient", "PatientGuid"),
    ("CareRecord_Observation", "OrganisationGuid", "Admin_Organisation", "OrganisationGuid"),
    ("CareRecord_Observation", "ClinicianUserInRoleGuid", "Admin_UserInRole", "UserInRoleGuid"),
    ("CareRecord_Observation", "EnteredByUserInRoleGuid", "Admin_UserInRole", "UserInRoleGuid"),
    ("CareRecord_Observation", "ParentObservationGuid", "CareRecord_Observation", "ObservationGuid"),
    ("CareRecord_Observation", "CodeId", "Coding_ClinicalCode", "CodeId"),
    ("CareRecord_Observation", "ProblemGuid", "CareRecord_Problem", "ObservationGuid"),
    ("CareRecord_Observation", "ConsultationGuid", "CareRecord_Consultation", "ConsultationGuid"),
    ("CareRecord_Problem", "ObservationGuid", "CareRecord_Observation", "ObservationGuid"),
    ("CareRecord_Problem", "PatientGuid", "Admin_Patient", "PatientGuid"),
];

/// How many rows point to nothing, by table and column.
fn broken(options: &Options) -> BTreeMap<String, usize> {
    let (folder, _summary) = written(Format::EmisCsv, options);
    let mut tables = BTreeMap::new();
    for (from, _, to, _) in KEYS {
        for name in [from, to] {
            tables.entry(*name).or_insert_with(|| Table::read(folder.path(), name));
        }
    }
    let mut broken = BTreeMap::new();
    for (from, column, to, key) in KEYS {
        let known: BTreeSet<&String> = tables[to].rows.iter().map(|row| &row[*key]).collect();
        let named = tables[from].rows.iter().map(|row| &row[*column]).filter(|value| !value.is_empty());
        let lost = named.filter(|value| !known.contains(value)).count();
        if lost > 0 {
            broken.insert(format!("{from}.{column}"), lost);
        }
    }
    broken
}

#[test]
fn without_edge_cases_every_key_points_to_something() {
    for columns in [Columns::V8_2, Columns::V5_4] {
        let options = Options { edge_cases: false, columns, ..options(30) };
        assert_eq!(broken(&options), BTreeMap::new());
    }
}

#[test]
fn with_edge_cases_only_the_deliberate_keys_point_to_nothing_and_few_of_them() {
    let found = broken(&options(40));
    let columns: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        columns,
        [
            "CareRecord_Observation.CodeId",
            "CareRecord_Observation.ConsultationGuid",
            "CareRecord_Observation.ParentObservationGuid",
            "CareRecord_Observation.ProblemGuid",
            "CareRecord_Problem.ObservationGuid"
        ]
    );
    assert!(found.values().all(|lost| (1..10).contains(lost)), "{found:?}");
}

#[test]
fn keys_are_unique_in_their_table() {
    let (folder, _summary) = written(Format::EmisCsv, &options(40));
    for (table, key) in [
        ("Admin_Patient", "PatientGuid"),
        ("CareRecord_Consultation", "ConsultationGuid"),
        ("CareRecord_Observation", "ObservationGuid"),
        ("CareRecord_Problem", "ObservationGuid"),
        ("Coding_ClinicalCode", "CodeId"),
        ("Admin_UserInRole", "UserInRoleGuid"),
    ] {
        let rows = Table::read(folder.path(), table).rows;
        let keys: BTreeSet<&String> = rows.iter().map(|row| &row[key]).collect();
        assert_eq!(keys.len(), rows.len(), "{table}");
    }
}

#[test]
fn the_first_patient_has_all_kinds_of_data_and_nothing_hidden() {
    let (folder, summary) = written(Format::EmisCsv, &options(1));
    let table = Table::read(folder.path(), "CareRecord_Observation");
    let codes = Table::read(folder.path(), "Coding_ClinicalCode");
    let count = |term: &str| {
        let code = codes.with("Term", term).next().unwrap()["CodeId"].clone();
        table.rows.iter().filter(|row| row["CodeId"] == code).count()
    };
    assert!(count("O/E - blood pressure reading") >= 5);
    assert!(count("Full blood count") >= 2 && count("Serum lipids") >= 2);
    assert!(count("Body weight") >= 2 && summary.people[0].immunisations >= 5);
    let social = ["Never smoked tobacco", "Ex-smoker", "Current smoker"];
    assert!(social.iter().any(|term| count(term) > 0));
    assert!(table.rows.iter().all(|row| row["IsConfidential"] == "false"));
    let consultations = Table::read(folder.path(), "CareRecord_Consultation");
    assert!(consultations.rows.iter().all(|row| row["IsConfidential"] == "false"));
}

#[test]
fn what_a_role_says_is_in_the_rows() {
    let (folder, summary) = written(Format::EmisCsv, &options(21));
    let patients = Table::read(folder.path(), "Admin_Patient");
    let observations = Table::read(folder.path(), "CareRecord_Observation");
    let consultations = Table::read(folder.path(), "CareRecord_Consultation");
    let guid = |role: Role| {
        let person = summary.people.iter().find(|person| person.role == role).unwrap();
        format!("{{{}}}", person.key.to_uppercase())
    };
    let patient = |role: Role| patients.with("PatientGuid", &guid(role)).next().unwrap().clone();
    assert_eq!(patient(Role::Dummy)["DummyType"], "true");
    assert_eq!(patient(Role::Temporary)["PatientTypeDescription"], "Temporary");
    assert_eq!(patient(Role::SensitivePatient)["SpineSensitive"], "true");
    assert!(!patient(Role::Deceased)["DateOfDeath"].is_empty());
    assert!(!patient(Role::Deducted)["DateofDeactivation"].is_empty());
    assert_eq!(patient(Role::NoNhsNumber)["NhsNumber"], "");
    assert_eq!(patient(Role::PlaceholderNhsNumber)["NhsNumber"], "0000000000");
    assert!(!patient(Role::CaredFor)["CarerName"].is_empty());
    assert_eq!(observations.with("PatientGuid", &guid(Role::NoData)).count(), 0);

    let confidential = guid(Role::ConfidentialConsultation);
    let hidden: Vec<&str> = consultations
        .with("PatientGuid", &confidential)
        .filter(|row| row["IsConfidential"] == "true")
        .map(|row| row["ConsultationGuid"].as_str())
        .collect();
    assert!(!hidden.is_empty());
    let inside = observations.rows.iter().filter(|row| hidden.contains(&row["ConsultationGuid"].as_str()));
    assert!(inside.filter(|row| row["IsConfidential"] == "false").count() >= 6);

    let half = guid(Role::ConfidentialBloodPressureHalf);
    let marked = |row: &&BTreeMap<String, String>| row["IsConfidential"] == "true";
    let halves = observations.with("PatientGuid", &half).filter(marked);
    assert!(halves.filter(|row| !row["ParentObservationGuid"].is_empty()).count() >= 1);
    let items = guid(Role::ConfidentialItem);
    let items = observations.with("PatientGuid", &items).filter(marked);
    assert!(items.filter(|row| row["ObservationType"] == "Immunisation").count() >= 1);
}

#[test]
fn one_patient_has_every_oddity() {
    let (folder, summary) = written(Format::EmisCsv, &options(21));
    let person = summary.people.iter().find(|person| person.role == Role::FeedOddities).unwrap();
    let guid = format!("{{{}}}", person.key.to_uppercase());
    let table = Table::read(folder.path(), "CareRecord_Observation");
    let rows: Vec<_> = table.with("PatientGuid", &guid).collect();
    let any = |column: &str, fits: &dyn Fn(&str) -> bool| rows.iter().any(|row| fits(&row[column]));
    assert!(any("Value", &|value| value == "0"));
    assert!(any("Value", &|value| value.starts_with('-')));
    assert!(any("Value", &|value| value.split_once('.').is_some_and(|(_, places)| places.len() == 9)));
    assert!(any("NumericUnit", &|unit| unit == "Banana"));
    assert!(any("EffectiveDate", &|day| day > "2026-11-01"));
    assert!(any("EffectiveDate", &|day| !day.is_empty() && *day < *person.birth_date.to_string()));
    assert!(any("AssociatedText", &|text| text.contains("\r\n") && text.contains('"')));
    assert!(any("Qualifiers", &|text| !text.is_empty() && !text.ends_with("</qualifier>")));
    assert!(rows.iter().any(|row| row["ObservationType"] == "Immunisation" && !row["Value"].is_empty()));
    assert!(rows.iter().any(|row| row["NumericRangeLow"].is_empty() && !row["NumericRangeHigh"].is_empty()));
    for precision in ["U", "Y", "YM", "YMD", "YMDT"] {
        assert!(table.with("EffectiveDatePrecision", precision).count() > 0, "{precision}");
    }
}

#[test]
fn the_older_columns_have_no_newer_ones() {
    let (folder, _summary) = written(Format::EmisCsv, &Options { columns: Columns::V5_4, ..options(3) });
    let columns = Table::read(folder.path(), "CareRecord_Observation").columns;
    assert_eq!(columns.len(), 23);
    assert!(!columns.iter().any(|column| column == "Qualifiers"));
    assert!(fs::read_dir(folder.path()).unwrap().count() < 22);
}
