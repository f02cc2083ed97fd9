//! Cases of the flat formats. A vaccination batch names patients that it does not bring: the EMIS cases' practice is
//! loaded before it. A Vision batch is made of the few tables and columns that a case is about, written with a header
//! that the extract has not: what a case leaves out comes from `vision-csv/_practice`. A file `raw-<table>.csv` is taken
//! as it stands.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    emis,
    seen::{Seen, Shelf},
};

/// Loads the patient of the EMIS cases, then each file of a case (`1.csv`, `2.csv`…) after the other, and looks at the
/// last. Gives the files that it read.
pub fn vaccinations(shelf: &Shelf, case: &Path, emis_practice: &Path) -> (Seen, Vec<PathBuf>) {
    let patients = tempfile::tempdir().unwrap();
    for table in emis::TABLES {
        let mut rows = emis::read(&emis_practice.join(format!("{table}.csv")));
        if table.starts_with("CareRecord_") {
            rows.truncate(1);
        }
        let text = emis::text(&emis::numbered(rows, 1));
        fs::write(patients.path().join(emis::name(table, 1)), text).unwrap();
    }
    shelf.load(ingest::Format::EmisCsv, patients.path());
    let files: Vec<PathBuf> =
        (1..).map(|at| case.join(format!("{at}.csv"))).take_while(|file| file.exists()).collect();
    let mut seen = None;
    for (at, file) in files.iter().enumerate() {
        let batch = tempfile::tempdir().unwrap();
        let name = format!("MMR_Vaccinations_v5_X26_2025080{}T090000.csv", at + 1);
        fs::copy(file, batch.path().join(name)).unwrap();
        if at + 1 == files.len() {
            seen = Some(shelf.look(ingest::Format::NhsVaccinationCsv, batch.path()));
        } else {
            shelf.load(ingest::Format::NhsVaccinationCsv, batch.path());
        }
    }
    (seen.unwrap_or_else(|| panic!("{}: no 1.csv", case.display())), files)
}

/// The tables of a Vision batch.
pub const VISION_TABLES: [&str; 5] = ["practice", "staff", "patient", "encounter", "journal"];

/// Loads each batch of a case (a folder for each, or the case itself) after the other, and looks at the last.
pub fn vision(shelf: &Shelf, case: &Path, practice: &Path, batches: &[PathBuf]) -> (Seen, Vec<PathBuf>) {
    let batches = if batches.is_empty() { vec![case.to_owned()] } else { batches.to_vec() };
    let mut used = Vec::new();
    for (at, batch) in batches.iter().enumerate() {
        let out = tempfile::tempdir().unwrap();
        used.extend(vision_batch(batch, practice, at + 1, out.path()));
        if at + 1 == batches.len() {
            return (shelf.look(ingest::Format::VisionCsv, out.path()), used);
        }
        shelf.load(ingest::Format::VisionCsv, out.path());
    }
    unreachable!("there is a batch")
}

fn vision_batch(case: &Path, practice: &Path, number: usize, out: &Path) -> Vec<PathBuf> {
    let mut used = Vec::new();
    for table in VISION_TABLES {
        let name = format!("INCREMENTAL_Y99999_{table}_data_extract-2024-03-0{number}-120000.csv");
        let (own, raw) = (case.join(format!("{table}.csv")), case.join(format!("raw-{table}.csv")));
        if raw.exists() {
            fs::copy(&raw, out.join(name)).unwrap();
            used.push(raw);
            continue;
        }
        let usual = emis::read(&practice.join(format!("{table}.csv")));
        let rows = if own.exists() {
            used.push(own.clone());
            emis::filled(&emis::read(&own), &usual, table)
        } else {
            usual
        };
        // Encounters and journal rows are the case's own; a raw case brings all that has another version.
        let theirs = matches!(table, "encounter" | "journal") || case.join("raw-journal.csv").exists();
        let rows = if own.exists() || !theirs { rows[1..].to_vec() } else { Vec::new() };
        fs::write(out.join(name), emis::text(&rows)).unwrap();
    }
    assert!(!used.is_empty(), "{}: no table of its own", case.display());
    used
}
