//! One row of a table: its fields by column, and the issues with them.

use csv::StringRecord;
use jiff::civil::Date;
use record::{Effective, Issue, IssueCode, Listed, Place, Severity};

use super::value::{Flag, Named, When};
use crate::delimited::Column;

/// A row that has as many fields as the header.
#[derive(Debug)]
pub(super) struct Row<'r> {
    record: &'r StringRecord,
    place: &'r Place,
    extracted: u64,
    warnings: Vec<Issue>,
}

impl<'r> Row<'r> {
    /// A row of a file that was extracted at this moment ([`super::value::extracted`]).
    pub(super) fn new(record: &'r StringRecord, place: &'r Place, extracted: u64) -> Self {
        Self { record, place, extracted, warnings: Vec::new() }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &'r Place {
        self.place
    }

    /// The row's place in the order of all rows. Of one moment a removal comes last.
    pub(super) fn sequence(&self, removes: bool) -> u64 {
        self.extracted * 2 + u64::from(removes)
    }

    /// A field without surrounding space; empty where the file has no such column.
    pub(super) fn text(&self, column: Column) -> &'r str {
        column.at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// The same, or `None` where nothing is left.
    pub(super) fn some(&self, column: Column) -> Option<String> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The issue for which the row is rejected.
    pub(super) fn error(&self, code: IssueCode, column: Column) -> Issue {
        Issue::new(Severity::Error, code, self.place).field(column.name)
    }

    /// Notes something about a row that is used.
    pub(super) fn warn(&mut self, code: IssueCode, column: Column, detail: &str) {
        self.warnings.push(Issue::new(Severity::Warning, code, self.place).field(column.name).detail(detail));
    }

    /// What was noted.
    pub(super) fn into_warnings(self) -> Vec<Issue> {
        self.warnings
    }

    /// What a column of ids says.
    pub(super) fn named(&self, column: Column) -> Named<'r> {
        Named::of(self.text(column))
    }

    /// The id of the row itself, or of whatever it cannot do without.
    ///
    /// # Errors
    /// An issue of this code.
    pub(super) fn key(&self, column: Column, code: IssueCode) -> Result<&'r str, Issue> {
        match self.named(column) {
            Named::Id(id) => Ok(id),
            Named::Nothing => Err(self.error(code, column).detail("the field is blank")),
            Named::Malformed => Err(self.error(code, column).detail("the field is not a number")),
        }
    }

    /// The id of something that the row can do without, such as a clinician.
    pub(super) fn mention(&mut self, column: Column) -> Option<String> {
        match self.named(column) {
            Named::Id(id) => Some(id.to_owned()),
            Named::Nothing => None,
            Named::Malformed => {
                self.warn(IssueCode::PartIgnored, column, "it is not a number and names nothing");
                None
            }
        }
    }

    /// A value of a list: by key if it is a number, otherwise in words.
    pub(super) fn listed(&self, column: Column) -> Option<Listed> {
        match self.named(column) {
            Named::Id(id) => Some(Listed::Key(super::lists::key(id))),
            Named::Nothing => None,
            Named::Malformed => self.some(column).map(Listed::Words),
        }
    }

    /// A true-or-false field.
    pub(super) fn flag(&self, column: Column) -> Flag {
        Flag::of(self.text(column))
    }

    /// A field of a date.
    pub(super) fn when(&self, column: Column) -> When {
        When::of(self.text(column))
    }

    /// A date that the row can do without; what cannot be read is told, and `None`.
    pub(super) fn day(&mut self, column: Column, without: &str) -> Option<Date> {
        match self.when(column) {
            When::At(day, _) => Some(day),
            When::Nothing => None,
            When::Malformed => {
                self.warn(IssueCode::DateInvalid, column, without);
                None
            }
        }
    }

    /// When it was true, or when it was entered.
    ///
    /// # Errors
    /// If the field is neither nothing nor a date.
    pub(super) fn moment(&self, column: Column) -> Result<Option<Effective>, Issue> {
        match self.when(column) {
            When::Malformed => Err(self.error(IssueCode::DateInvalid, column)),
            when => Ok(when.effective()),
        }
    }
}
