//! A batch: the files of one extract, looked at before anything is read, then read in the order in which what others
//! refer to comes first.

use std::path::{Path, PathBuf};

use record::{Issue, IssueCode, OdsCode, Sink};

use super::{
    Vision,
    encounter::Encounters,
    journal::Journal,
    layout::{Layout, Version},
    name::FileName,
    organisation::Practices,
    patient::Patients,
    row::Made,
    staff::StaffList,
};
use crate::{
    Stop,
    delimited::{Broken, Feed, Found, Named, Next, Reader, TableFile, Tables, search},
    folder,
};

/// The tables that are read, in the order in which they are.
static TABLES: [Reader<Vision>; 5] = [
    Reader::of::<Practices>(),
    Reader::of::<StaffList>(),
    Reader::of::<Patients>(),
    Reader::of::<Encounters>(),
    Reader::of::<Journal>(),
];

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    tables: Tables<Vision>,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that their names are of the practice, that no table has two, and
    /// that their rows have as many fields as one of the published versions.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut found = search(paths, Vision::DIALECT, |name| named(name, practice));
        if found.files.is_empty() && found.fatal.is_empty() {
            let given = paths.first().map(|path| folder::name(path)).unwrap_or_default();
            let detail =
                "no file in it is named <FULL|INCREMENTAL|ADDITIONAL>_<ODS>_<table>_data_extract-<time>.csv";
            let deeper = folder::deeper(paths, |name| FileName::parse(name).is_some());
            found.refuse(&given, IssueCode::FileMissing, &format!("{detail}{deeper}"));
        }
        let version = version(&mut found);
        let with_columns = |mut file: TableFile| {
            file.columns = Layout::of(file.table).map(|layout| layout.columns(version));
            let made = FileName::parse(&file.name).map_or(0, |name| name.made);
            (file, Made(made))
        };
        let files = found.files.into_iter().map(with_columns).collect();
        Ok(Self { tables: Tables::open(&TABLES, files, found.warnings, found.fatal)? })
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.tables.total_bytes()
    }

    fn paths(&self) -> Vec<&Path> {
        self.tables.paths().collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.tables.read(&mut (), sink)
    }
}

/// What a file is, by its name.
fn named(name: &str, practice: &OdsCode) -> Named {
    let Some(parsed) = FileName::parse(name) else { return Named::Stranger };
    if parsed.practice != practice.as_str() {
        return Named::Refused(IssueCode::WrongPractice, "its name has another practice's code".to_owned());
    }
    match Layout::of(&parsed.table) {
        Some(layout) => Named::Table(layout.table),
        // Referrals are not served.
        None if parsed.table == "referral" => Named::NotRead,
        None => Named::UnknownTable,
    }
}

/// The version that all files have. Some tables have as many columns in both, in another order: those are of the
/// version of the others.
fn version(found: &mut Found) -> Version {
    let mut possible = Version::ALL.to_vec();
    for file in &found.files {
        match versions(file) {
            Ok(versions) => possible.retain(|version| versions.contains(version)),
            Err(issue) => found.fatal.push(*issue),
        }
    }
    if possible.is_empty() && found.fatal.is_empty() {
        let first = found.files.first().map(|file| file.name.clone()).unwrap_or_default();
        let detail = "the files of the batch have columns of different versions";
        found.refuse(&first, IssueCode::WrongFormat, detail);
    }
    possible.first().copied().unwrap_or(Version::Live)
}

/// The versions that a file may be of; both where it has no row. A row with more or fewer fields than any version has
/// may carry what we do not know.
fn versions(file: &TableFile) -> Result<Vec<Version>, Box<Issue>> {
    let mut records = file.records()?;
    let fields = match records.next(0) {
        Ok(Next::Record) => records.record().len(),
        Ok(Next::Unreadable(_) | Next::End) => return Ok(Version::ALL.to_vec()),
        Err(Broken { code, detail }) => return Err(Box::new(file.fatal(code, 1, &detail))),
    };
    let versions = Layout::of(file.table).map(|layout| layout.versions(fields)).unwrap_or_default();
    if versions.is_empty() {
        let detail = format!("its first row has {fields} fields, as no version of {} has", file.table);
        return Err(Box::new(file.fatal(IssueCode::WrongFormat, 1, &detail)));
    }
    Ok(versions)
}
