//! One file: its arity, and its rows to facts.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use record::{Fact, Issue, IssueCode, Place, Severity, Sink};

use super::{
    encounter::Encounters,
    journal::Journal,
    layout::{Layout, Table, Version},
    organisation::Practices,
    patient::Patients,
    row::Row,
    staff::StaffList,
};
use crate::{
    Stop,
    delimited::{Broken, Encoding, Next, Records},
    folder,
};

/// How many bytes are read between two reports of progress.
const STEP: u64 = 256 * 1024;

/// A file that has been looked at.
#[derive(Debug)]
pub(super) struct TableFile {
    pub(super) table: Table,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) bytes: u64,
    /// The versions that it may be of; both where it has no row.
    pub(super) versions: Vec<Version>,
    made: u64,
    encoding: Encoding,
}

/// How a row of a table becomes a fact, or why it cannot be used.
type ToFact = Box<dyn Fn(&mut Row<'_>) -> Result<Fact, Issue>>;

impl TableFile {
    /// Looks at a file's first row.
    ///
    /// # Errors
    /// The fatal issue for which it is refused.
    pub(super) fn open(path: &Path, name: String, table: Table, made: u64) -> Result<Self, Box<Issue>> {
        let (file, bytes) = folder::open(path, &name)?;
        let whole = Place { file: name.clone(), line: 0 };
        let unreadable = |error: std::io::Error| {
            Issue::new(Severity::Fatal, IssueCode::FileUnreadable, &whole).detail(error.kind().to_string())
        };
        let encoding = Encoding::of(file).map_err(|error| Box::new(unreadable(error)))?;
        let mut looked =
            Self { table, path: path.to_owned(), name, bytes, versions: Vec::new(), made, encoding };
        looked.versions = looked.find_versions()?;
        Ok(looked)
    }

    /// A row with more or fewer fields than any version has may carry what we do not know.
    fn find_versions(&self) -> Result<Vec<Version>, Box<Issue>> {
        let mut records = self.records()?;
        let place = Place { file: self.name.clone(), line: 1 };
        let fields = match records.next(0) {
            Ok(Next::Record) => records.record().len(),
            Ok(Next::Unreadable(_) | Next::End) => return Ok(vec![Version::Live, Version::TestPack]),
            Err(broken) => return Err(Box::new(broken_at(&broken, &place))),
        };
        let versions: Vec<Version> = self.table.versions(fields).collect();
        if versions.is_empty() {
            let detail = format!("its first row has {fields} fields, as no version of {:?} has", self.table);
            return Err(Box::new(Issue::new(Severity::Fatal, IssueCode::WrongFormat, &place).detail(detail)));
        }
        Ok(versions)
    }

    fn records(&self) -> Result<Records<File>, Box<Issue>> {
        let (file, _) = folder::open(&self.path, &self.name)?;
        Ok(Records::new(file, self.encoding))
    }

    /// Reads the rows into the sink. `before` is how many bytes of the batch were read before this file.
    pub(super) fn read(&self, version: Version, before: u64, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut records = self.records().map_err(|issue| Stop::Refused(vec![*issue]))?;
        let columns = self.table.columns(version);
        let to_fact = to_fact(self.table, Layout(columns));
        let mut place = Place { file: self.name.clone(), line: 0 };
        let mut told = 0;
        loop {
            let next = records.next(columns.len());
            place.line = records.line();
            match next {
                Ok(Next::Record) if records.record().len() != columns.len() => {
                    let detail = format!("{} fields instead of {}", records.record().len(), columns.len());
                    sink.reject(Issue::new(Severity::Error, IssueCode::FieldCount, &place).detail(detail));
                }
                Ok(Next::Record) => {
                    let mut row = Row::new(records.record(), &place, self.made);
                    match to_fact(&mut row) {
                        Ok(fact) => {
                            sink.fact(&place, fact)?;
                            row.into_warnings().into_iter().for_each(|warning| sink.warn(warning));
                        }
                        Err(issue) => sink.reject(issue),
                    }
                }
                Ok(Next::Unreadable(why)) => {
                    sink.reject(Issue::new(Severity::Error, IssueCode::Encoding, &place).detail(why));
                }
                Ok(Next::End) => break,
                Err(broken) => return Err(Stop::Refused(vec![broken_at(&broken, &place)])),
            }
            if records.offset() - told >= STEP {
                told = records.offset();
                sink.progress(before + told);
            }
        }
        sink.progress(before + records.offset());
        Ok(())
    }
}

fn to_fact(table: Table, layout: Layout) -> ToFact {
    match table {
        Table::Practice => {
            let table = Practices::bind(layout);
            Box::new(move |row| table.fact(row))
        }
        Table::Staff => {
            let table = StaffList::bind(layout);
            Box::new(move |row| table.fact(row))
        }
        Table::Patient => {
            let table = Patients::bind(layout);
            Box::new(move |row| table.fact(row))
        }
        Table::Encounter => {
            let table = Encounters::bind(layout);
            Box::new(move |row| table.fact(row))
        }
        Table::Journal => {
            let table = Journal::bind(layout);
            Box::new(move |row| table.fact(row))
        }
    }
}

fn broken_at(broken: &Broken, place: &Place) -> Issue {
    Issue::new(Severity::Fatal, broken.code, place).detail(broken.detail.clone())
}
