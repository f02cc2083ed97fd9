//! A synthetic export whose tables can be changed before it is loaded.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::practice;

/// A folder with a synthetic EMIS export.
pub(super) struct Export {
    pub(super) folder: PathBuf,
}

/// One of its tables.
pub(super) struct Sheet {
    path: PathBuf,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// The one table whose unreadable rows refuse the whole export: who may be served stands in it.
pub(super) const AGREEMENTS: &str = "Agreements_SharingOrganisation";

/// The tables that are read.
pub(super) const TABLES: [&str; 8] = [
    "Admin_Organisation",
    "Admin_Patient",
    "Admin_UserInRole",
    AGREEMENTS,
    "CareRecord_Consultation",
    "CareRecord_Observation",
    "CareRecord_Problem",
    "Coding_ClinicalCode",
];

impl Export {
    /// So many people of the practice of all these tests.
    pub(super) fn synthetic(patients: u32, within: &Path) -> Self {
        let folder = within.join("changed-export");
        let options = synth::Options::new(practice(), patients);
        synth::write(synth::Format::EmisCsv, &options, &folder, &mut |_| {}).unwrap();
        Self { folder }
    }

    pub(super) fn sheet(&self, table: &str) -> Sheet {
        let named = format!("_{table}_");
        let mut paths = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let path = paths.find(|path| path.to_string_lossy().contains(&named)).unwrap();
        let mut rows = records(&fs::read_to_string(&path).unwrap());
        let header = rows.remove(0);
        Sheet { path, header, rows }
    }
}

impl Sheet {
    pub(super) fn file(&self) -> String {
        self.path.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub(super) fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub(super) fn set(&mut self, row: usize, column: &str, value: &str) {
        let column = self.column(column);
        value.clone_into(&mut self.rows[row][column]);
    }

    pub(super) fn save(&self) {
        let line = |fields: &Vec<String>| {
            let quoted: Vec<String> =
                fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            quoted.join(",") + "\r\n"
        };
        let text: String = std::iter::once(&self.header).chain(&self.rows).map(line).collect();
        fs::write(&self.path, text).unwrap();
    }
}

/// Quoted fields, commas between them, a line end after each record (RFC 4180).
pub(super) fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    records
}
