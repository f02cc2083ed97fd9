//! A batch: the files of one delivery, checked before anything is read, then read in the order in which what others
//! refer to comes first.

use std::{
    iter,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, OdsCode, Place, Severity, Sink};

use super::{
    Tpp,
    address::Addresses,
    code::Codes,
    consent::Consents,
    contact::Contacts,
    event::Events,
    files::{find, is_known},
    immunisation::Immunisations,
    lists::{Contents, Mappings, StaffMembers},
    manifest::Manifest,
    online::{OnlineServiceRows, OnlineUserRows},
    organisation::Organisations,
    patient::Patients,
    practice::Practice,
    registration::Registrations,
    relationship::Relationships,
    row::Extracted,
};
use crate::{
    Stop,
    delimited::{Reader, TableFile, Tables},
};

/// The tables that are read, in the order in which they are.
static TABLES: [Reader<Tpp>; 15] = [
    Reader::of::<Organisations>(),
    Reader::of::<StaffMembers>(),
    Reader::of::<Mappings>(),
    Reader::of::<Contents>(),
    Reader::of::<OnlineUserRows>(),
    Reader::of::<Patients>(),
    Reader::of::<Registrations>(),
    Reader::of::<Addresses>(),
    Reader::of::<Contacts>(),
    Reader::of::<Relationships>(),
    Reader::of::<Events>(),
    Reader::of::<Codes>(),
    Reader::of::<Immunisations>(),
    Reader::of::<Consents>(),
    Reader::of::<OnlineServiceRows>(),
];

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    tables: Tables<Tpp>,
    manifest: TableFile,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that the manifest is there and every file that it names, and that
    /// their headers have what they must have and nothing that may hide a mark.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let (mut found, file) = find(paths, &TABLES)?;
        let manifest = Manifest::read(&file)?;
        found.fatal = missing(&manifest, &found.files);
        let mut files = Vec::new();
        for file in found.files {
            match manifest.extracted(file.table) {
                Some(extracted) => files.push((file, Extracted(extracted))),
                None => {
                    let detail = "the manifest does not name it: it is of another delivery, or not complete";
                    found.fatal.push(file.fatal(IssueCode::WrongFormat, 0, detail));
                }
            }
        }
        if files.is_empty() && found.fatal.is_empty() {
            let detail = "it names none of the tables that are read";
            found.fatal.push(file.fatal(IssueCode::FileMissing, 0, detail));
        }
        found.warnings.extend(manifest.warnings);
        let tables = Tables::open(&TABLES, files, found.warnings, found.fatal)?;
        Ok(Self { practice: practice.clone(), tables, manifest: file })
    }
}

/// Files that the manifest names and that are not there. A table of which nothing is made may be left out.
fn missing(manifest: &Manifest, files: &[TableFile]) -> Vec<Issue> {
    let is_there = |table: &str| files.iter().any(|file| file.table.eq_ignore_ascii_case(table));
    let lacks = manifest.tables().filter_map(|table| {
        let read = TABLES.iter().find(|read| read.spec.name.eq_ignore_ascii_case(table))?;
        (!is_known(table) && !is_there(table)).then_some(read.spec.name)
    });
    lacks
        .map(|table| {
            let place = Place { file: format!("{table}.csv"), line: 0 };
            let detail = "the manifest names it, and it is not there";
            Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail)
        })
        .collect()
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.tables.total_bytes()
    }

    fn paths(&self) -> Vec<&Path> {
        self.tables.paths().chain(iter::once(self.manifest.path.as_path())).collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut practice = Practice::new(self.practice.clone());
        self.tables.read(&mut practice, sink)?;
        practice.verdict().map_or(Ok(()), |issue| Err(Stop::Refused(vec![issue])))
    }
}
