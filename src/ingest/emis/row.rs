//! One row of a table: its fields by column, and the issues with them.

use csv::StringRecord;
use jiff::civil::Date;
use record::{Effective, Issue, IssueCode, Place, Severity};

use super::value::{self, Flag, is_nil};
use crate::delimited::Column;

/// A row that has as many fields as the header.
#[derive(Debug)]
pub(super) struct Row<'r> {
    record: &'r StringRecord,
    place: &'r Place,
    batch: Span,
    warnings: Vec<Issue>,
}

/// The first and the last processing id of a batch, which stand for a row's own where it has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The first.
    pub(super) first: u64,
    /// The last.
    pub(super) last: u64,
}

/// What a field that names something else by its GUID says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// This GUID, normalised.
    Guid(String),
    /// Nothing: blank, or the GUID that is all zeroes.
    Nothing,
    /// Something else.
    Malformed,
}

impl<'r> Row<'r> {
    /// A row of a batch.
    pub(super) fn new(record: &'r StringRecord, place: &'r Place, batch: Span) -> Self {
        Self { record, place, batch, warnings: Vec::new() }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &'r Place {
        self.place
    }

    /// The processing ids of its batch.
    pub(super) fn batch(&self) -> Span {
        self.batch
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

    /// Turns the reason for a rejection into a warning.
    pub(super) fn excuse(&mut self, mut issue: Issue, detail: &str) {
        issue.severity = Severity::Warning;
        self.warnings.push(issue.detail(detail));
    }

    /// What was noted.
    pub(super) fn into_warnings(self) -> Vec<Issue> {
        self.warnings
    }

    /// The GUID that a field holds.
    pub(super) fn named(&self, column: Column) -> Named {
        match (self.text(column), value::guid(self.text(column))) {
            ("", _) => Named::Nothing,
            (_, Some(guid)) if is_nil(&guid) => Named::Nothing,
            (_, Some(guid)) => Named::Guid(guid),
            (_, None) => Named::Malformed,
        }
    }

    /// The GUID of the row itself, or of whatever it cannot do without.
    ///
    /// # Errors
    /// An issue of this code.
    pub(super) fn key(&self, column: Column, code: IssueCode) -> Result<String, Issue> {
        match self.named(column) {
            Named::Guid(guid) => Ok(guid),
            Named::Nothing => Err(self.error(code, column).detail("the field is blank")),
            Named::Malformed => Err(self.error(code, column).detail("the field is not a GUID")),
        }
    }

    /// The GUID of something that the row can do without, such as a clinician.
    pub(super) fn mention(&mut self, column: Column) -> Option<String> {
        match self.named(column) {
            Named::Guid(guid) => Some(guid),
            Named::Nothing => None,
            Named::Malformed => {
                self.warn(IssueCode::PartIgnored, column, "it is not a GUID and names nobody");
                None
            }
        }
    }

    /// A true-or-false field.
    pub(super) fn flag(&self, column: Column) -> Flag {
        Flag::of(self.text(column))
    }

    /// The row's place in the supplier's order. One without counts as the first of its batch, or, where it withholds
    /// something (a deletion, a mark), as the last: nothing comes to light because a number was bad.
    pub(super) fn sequence(&mut self, column: Column, withholds: bool) -> u64 {
        if let Ok(sequence) = self.text(column).parse() {
            return sequence;
        }
        let (stands_for, detail) = if withholds {
            (self.batch.last, "the row counts as the last of its batch")
        } else {
            (self.batch.first, "the row counts as the first of its batch")
        };
        self.warn(IssueCode::NumberInvalid, column, detail);
        stands_for
    }

    /// A date that may be blank.
    ///
    /// # Errors
    /// If it is neither blank nor a date.
    pub(super) fn date(&self, column: Column) -> Result<Option<Date>, Issue> {
        match self.text(column) {
            "" => Ok(None),
            text => value::date(text).map(Some).ok_or_else(|| self.error(IssueCode::DateInvalid, column)),
        }
    }

    /// A date and a time of the day in London, or the date alone where there is no time that can be read.
    ///
    /// # Errors
    /// If the date is neither blank nor a date.
    pub(super) fn moment(&mut self, day: Column, time: Column) -> Result<Option<Effective>, Issue> {
        let Some(date) = self.date(day)? else { return Ok(None) };
        let text = self.text(time);
        let moment = value::time(text).and_then(|time| Effective::local(date.to_datetime(time)));
        if moment.is_none() && !text.is_empty() {
            self.warn(IssueCode::DateInvalid, time, "the time is left out, the date is kept");
        }
        Ok(Some(moment.unwrap_or(Effective::Day(date))))
    }
}
