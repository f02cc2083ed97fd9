//! A delivery of the TPP extract out of the few tables and columns that a case is about. What a case leaves out comes from
//! `tpp-csv/_practice`: of tables that are not clinical all rows, and a column from the first row there. A column whose
//! name a case begins with `-` is left out of the file, as older versions do.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::emis::{Rows, filled, read, text};

/// The tables that are read, and the clinical ones among them, which begin empty.
pub const TABLES: [&str; 15] = [
    "SROrganisation",
    "SRStaffMember",
    "SRMapping",
    "SRImmunisationContent",
    "SROnlineUsers",
    "SRPatient",
    "SRPatientRegistration",
    "SRPatientAddressHistory",
    "SRPatientContactDetails",
    "SRPatientRelationship",
    "SREvent",
    "SRCode",
    "SRImmunisation",
    "SRImmunisationConsent",
    "SROnlineServices",
];
const EMPTY: [&str; 6] = [
    "SRPatientRelationship",
    "SREvent",
    "SRCode",
    "SRImmunisation",
    "SRImmunisationConsent",
    "SROnlineServices",
];

/// Writes the delivery of a case's folder; gives the files of the case that it read. `number` is its day.
pub fn batch(case: &Path, practice: &Path, number: usize, out: &Path) -> Vec<PathBuf> {
    let mut used = Vec::new();
    let mut manifest = vec![vec!["FileName".to_owned(), "IsDelta".to_owned(), "DateExtractTo".to_owned()]];
    for table in TABLES {
        let usual = read(&practice.join(format!("{table}.csv")));
        let own = case.join(format!("{table}.csv"));
        let rows = if own.exists() {
            used.push(own.clone());
            without_dropped(filled(&read(&own), &usual, table))
        } else if EMPTY.contains(&table) {
            usual.into_iter().take(1).collect()
        } else {
            usual
        };
        fs::write(out.join(format!("{table}.csv")), windows_1252(&text(&rows))).unwrap();
        manifest.push(vec![table.to_owned(), "Y".to_owned(), format!("202403{number:02}_0500")]);
    }
    fs::write(out.join("SRManifest.csv"), text(&manifest)).unwrap();
    assert!(!used.is_empty(), "{}: no table of its own", case.display());
    used
}

/// A column that a case names with `-` in front, and the table's own, are gone.
fn without_dropped(rows: Rows) -> Rows {
    let header = rows[0].clone();
    let stays = |name: &String| {
        !name.starts_with('-') && !header.iter().any(|other| other.strip_prefix('-') == Some(name))
    };
    let kept = |row: &Vec<String>| {
        let pairs = header.iter().zip(row).filter(|(name, _)| stays(name));
        pairs.map(|(_, cell)| cell.clone()).collect()
    };
    rows.iter().map(kept).collect()
}

/// The text in Windows-1252.
pub fn windows_1252(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        '\u{20ac}' => 0x80,
        '\u{2019}' => 0x92,
        _ => u8::try_from(u32::from(c)).unwrap(),
    };
    text.chars().map(byte).collect()
}
