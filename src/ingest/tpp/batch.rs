//! A batch: the files of one delivery, checked before anything is read, then read in the order in which what others
//! refer to comes first.

use std::{
    iter,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, OdsCode, Severity, Sink};

use super::{
    address::Addresses,
    code::Codes,
    consent::Consents,
    contact::Contacts,
    event::Events,
    files::{TableFile, find, is_known, whole},
    immunisation::Immunisations,
    lists::{Contents, Mappings, StaffMembers},
    manifest::Manifest,
    online::{OnlineServiceRows, OnlineUserRows},
    organisation::Organisations,
    patient::Patients,
    practice::Practice,
    reading::{Turn, check_header, read_table},
    registration::Registrations,
};
use crate::Stop;
use crate::delimited::{Columns, Spec};

/// The tables that are read, in the order in which they are.
const TABLES: [Spec; 14] = [
    Organisations::SPEC,
    StaffMembers::SPEC,
    Mappings::SPEC,
    Contents::SPEC,
    OnlineUserRows::SPEC,
    Patients::SPEC,
    Registrations::SPEC,
    Addresses::SPEC,
    Contacts::SPEC,
    Events::SPEC,
    Codes::SPEC,
    Immunisations::SPEC,
    Consents::SPEC,
    OnlineServiceRows::SPEC,
];

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    files: Vec<(TableFile, u64)>,
    manifest: TableFile,
    warnings: Vec<Issue>,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that the manifest is there and every file that it names, and that
    /// their headers have what they must have and nothing that may hide a mark.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let names = TABLES.map(|spec| spec.name);
        let found = find(paths, &names)?;
        let manifest = Manifest::read(&found.manifest)?;
        let mut fatal = missing(&manifest, &found.files);
        let mut warnings = found.warnings;
        for file in &found.files {
            let spec = TABLES.iter().find(|spec| spec.name == file.table);
            match spec.map(|spec| check_header(file, spec)) {
                Some(Ok(more)) => warnings.extend(more),
                Some(Err(issues)) => fatal.extend(issues),
                None => {}
            }
        }
        let mut files = Vec::new();
        for file in found.files {
            match manifest.extracted(file.table) {
                Some(extracted) => files.push((file, extracted)),
                None => {
                    let detail = "the manifest does not name it: it is of another delivery, or not complete";
                    let place = whole(&file.name);
                    fatal.push(Issue::new(Severity::Fatal, IssueCode::WrongFormat, &place).detail(detail));
                }
            }
        }
        if files.is_empty() && fatal.is_empty() {
            let detail = "it names none of the tables that are read";
            let place = whole(&found.manifest.name);
            fatal.push(Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail));
        }
        if !fatal.is_empty() {
            return Err(fatal);
        }
        warnings.extend(manifest.warnings);
        Ok(Self { practice: practice.clone(), files, manifest: found.manifest, warnings })
    }
}

/// Files that the manifest names and that are not there. A table of which nothing is made may be left out.
fn missing(manifest: &Manifest, files: &[TableFile]) -> Vec<Issue> {
    let is_there = |table: &str| files.iter().any(|file| file.table.eq_ignore_ascii_case(table));
    let lacks = manifest.tables().filter_map(|table| {
        let read = TABLES.iter().find(|spec| spec.name.eq_ignore_ascii_case(table))?;
        (!is_known(table) && !is_there(table)).then_some(read.name)
    });
    lacks
        .map(|table| {
            let place = whole(&format!("{table}.csv"));
            let detail = "the manifest names it, and it is not there";
            Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail)
        })
        .collect()
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.files.iter().map(|(file, _)| file.bytes).sum()
    }

    fn paths(&self) -> Vec<&Path> {
        let read = self.files.iter().map(|(file, _)| file);
        read.chain(iter::once(&self.manifest)).map(|file| file.path.as_path()).collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        for warning in &self.warnings {
            sink.warn(warning.clone());
        }
        let mut practice = Practice::new(self.practice.clone());
        let mut before = 0;
        for (file, extracted) in &self.files {
            let turn = Turn { before, extracted: *extracted };
            let read = match file.table {
                name if name == Organisations::SPEC.name => read_table::<Organisations>,
                name if name == StaffMembers::SPEC.name => read_table::<StaffMembers>,
                name if name == Mappings::SPEC.name => read_table::<Mappings>,
                name if name == Contents::SPEC.name => read_table::<Contents>,
                name if name == OnlineUserRows::SPEC.name => read_table::<OnlineUserRows>,
                name if name == Patients::SPEC.name => read_table::<Patients>,
                name if name == Registrations::SPEC.name => read_table::<Registrations>,
                name if name == Addresses::SPEC.name => read_table::<Addresses>,
                name if name == Contacts::SPEC.name => read_table::<Contacts>,
                name if name == Events::SPEC.name => read_table::<Events>,
                name if name == Codes::SPEC.name => read_table::<Codes>,
                name if name == Immunisations::SPEC.name => read_table::<Immunisations>,
                name if name == Consents::SPEC.name => read_table::<Consents>,
                _ => read_table::<OnlineServiceRows>,
            };
            read(file, turn, &mut practice, sink)?;
            before += file.bytes;
        }
        practice.verdict().map_or(Ok(()), |issue| Err(Stop::Refused(vec![issue])))
    }
}
