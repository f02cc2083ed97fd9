//! `SRManifest`: which files the delivery has, and up to which moment each was extracted.

use std::collections::BTreeMap;

use record::{Issue, IssueCode, Place, Severity};

use super::{
    files::table_of,
    row::{Extracted, Row},
    value::extracted,
};
use crate::delimited::{Broken, Columns, Flag, Next, TableFile, columns};

columns! {
    /// The manifest.
    Entries = "SRManifest";
    required { file: "FileName", to: "DateExtractTo", }
    optional { delta: "IsDelta", }
    unused { "IsReference", "DateExtractFrom", }
}

/// What the manifest says.
#[derive(Debug)]
pub(super) struct Manifest {
    /// By table, in lower case, the moment of its extraction.
    tables: BTreeMap<String, u64>,
    /// What is worth knowing about it.
    pub(super) warnings: Vec<Issue>,
}

impl Manifest {
    /// Reads it.
    ///
    /// # Errors
    /// The fatal issues: a manifest of which a line cannot be read vouches for nothing.
    pub(super) fn read(file: &TableFile) -> Result<Self, Vec<Issue>> {
        let mut opened = file.open(&Entries::SPEC)?;
        let columns = Entries::bind(&opened.header);
        let mut manifest = Self { tables: BTreeMap::new(), warnings: opened.warnings };
        let (mut undated, mut place) = (Vec::new(), file.at(0));
        let (records, width) = (&mut opened.records, opened.header.width());
        loop {
            let next = records.next(width);
            place.line = records.line();
            match next {
                Ok(Next::Record) if records.record().len() == width => {
                    let mut row = Row::new(records.record(), &place, Extracted(0));
                    undated.extend(manifest.take(&columns, &mut row).map_err(|issue| vec![issue])?);
                    manifest.warnings.extend(row.into_warnings());
                }
                Ok(Next::Record) => return Err(vec![fatal(IssueCode::FieldCount, &place)]),
                Ok(Next::Unreadable(why)) => {
                    return Err(vec![fatal(IssueCode::Encoding, &place).detail(why)]);
                }
                Ok(Next::End) => break,
                Err(Broken { code, detail }) => return Err(vec![fatal(code, &place).detail(detail)]),
            }
        }
        manifest.date(undated, file)?;
        Ok(manifest)
    }

    /// When a table was extracted, if the delivery has it.
    pub(super) fn extracted(&self, table: &str) -> Option<u64> {
        self.tables.get(&table.to_ascii_lowercase()).copied()
    }

    /// The tables that the delivery has, in lower case.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// One line; gives the table if it has no date of its own.
    fn take(&mut self, columns: &Entries, row: &mut Row<'_>) -> Result<Option<String>, Issue> {
        if row.flag(columns.delta) == Flag::Unknown {
            row.warn(IssueCode::BooleanInvalid, columns.delta, "it is not relied on");
        }
        let name = row.text(columns.file);
        let table = table_of(name).or_else(|| (!name.contains('.')).then_some(name));
        let table = table.filter(|table| !table.is_empty()).map(str::to_ascii_lowercase);
        let table =
            table.ok_or_else(|| fatal(IssueCode::KeyInvalid, row.place()).field(columns.file.name))?;
        let to = match row.text(columns.to) {
            "" => return Ok(Some(table)),
            text => extracted(text)
                .ok_or_else(|| fatal(IssueCode::DateInvalid, row.place()).field(columns.to.name))?,
        };
        match self.tables.insert(table, to) {
            Some(other) if other != to => {
                Err(fatal(IssueCode::WrongFormat, row.place()).detail("a file stands twice, at two moments"))
            }
            _ => Ok(None),
        }
    }

    /// Files without a date (lists that never change) are as old as the newest.
    fn date(&mut self, undated: Vec<String>, file: &TableFile) -> Result<(), Vec<Issue>> {
        let newest = self.tables.values().max().copied();
        if let (Some(newest), false) = (newest, undated.is_empty()) {
            self.tables.extend(undated.into_iter().map(|table| (table, newest)));
            return Ok(());
        }
        newest.map(|_| ()).ok_or_else(|| {
            let detail = "it names no file with the moment of its extraction";
            vec![fatal(IssueCode::ValueMissing, &file.at(0)).field("DateExtractTo").detail(detail)]
        })
    }
}

fn fatal(code: IssueCode, place: &Place) -> Issue {
    Issue::new(Severity::Fatal, code, place)
}
