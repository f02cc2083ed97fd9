//! How a field of an EMIS table is read: GUIDs, booleans, dates, and a row's place in the supplier's order.

use jiff::civil::Date;
use record::{Effective, Issue, IssueCode};

use super::value::{self, is_nil};
use crate::delimited::{Column, Flag};

/// A row of the extract.
pub(super) type Row<'r> = crate::delimited::Row<'r, Span>;

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

impl Row<'_> {
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
            (self.file().last, "the row counts as the last of its batch")
        } else {
            (self.file().first, "the row counts as the first of its batch")
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
