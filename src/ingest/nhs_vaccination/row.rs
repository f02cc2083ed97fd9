//! One row: its fields by column, and the issues with them.

use csv::StringRecord;
use record::{Issue, IssueCode, Place, Severity};

use crate::delimited::Column;

/// A row that has as many fields as the header.
#[derive(Debug)]
pub(super) struct Row<'r> {
    record: &'r StringRecord,
    place: &'r Place,
    /// When its file was made.
    pub(super) made: u64,
    warnings: Vec<Issue>,
}

impl<'r> Row<'r> {
    /// A row of a file that was made at this time.
    pub(super) fn new(record: &'r StringRecord, place: &'r Place, made: u64) -> Self {
        Self { record, place, made, warnings: Vec::new() }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &'r Place {
        self.place
    }

    /// A field without surrounding space; empty where the file has no such column.
    pub(super) fn text(&self, column: Column) -> &'r str {
        column.at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// The issue for which the row is rejected.
    pub(super) fn error(&self, code: IssueCode, column: Column, detail: &str) -> Issue {
        Issue::new(Severity::Error, code, self.place).field(column.name).detail(detail)
    }

    /// Notes something about a row that is used.
    pub(super) fn warn(&mut self, code: IssueCode, column: Column, detail: &str) {
        self.warnings.push(Issue::new(Severity::Warning, code, self.place).field(column.name).detail(detail));
    }

    /// What a field holds, read in its one form. Blank is nothing; anything else is left out, and told.
    pub(super) fn read<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&'r str) -> Option<T>,
        detail: &str,
    ) -> Option<T> {
        let text = self.text(column);
        let found = if text.is_empty() { None } else { read(text) };
        if found.is_none() && !text.is_empty() {
            self.warn(IssueCode::PartIgnored, column, detail);
        }
        found
    }

    /// What was noted.
    pub(super) fn into_warnings(self) -> Vec<Issue> {
        self.warnings
    }
}
