//! Cases of the flat formats. A vaccination batch names patients that it does not bring: the EMIS cases' practice is
//! loaded before it.

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
