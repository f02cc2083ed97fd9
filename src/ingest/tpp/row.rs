//! How a field of a TPP table is read: numbers, lists, booleans, dates, and a row's place in the order of all rows.

use jiff::civil::Date;
use record::{Address, Effective, Issue, IssueCode, Listed};

use super::value::{self, Named, When};
use crate::delimited::{Column, Flag};

/// When a file was extracted ([`value::extracted`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extracted(pub(super) u64);

/// A row of the extract.
pub(super) type Row<'r> = crate::delimited::Row<'r, Extracted>;

impl<'r> Row<'r> {
    /// The row's place in the order of all rows. Of one moment a removal comes last.
    pub(super) fn sequence(&self, removes: bool) -> u64 {
        self.file().0 * 2 + u64::from(removes)
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
        value::flag(self.text(column))
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

    /// The address in the columns of building, number, road, locality, town, county and postcode; each may be blank.
    pub(super) fn address(&self, columns: [Column; 7]) -> Address {
        let [building, number, road, locality, town, county, postcode] = columns;
        let street = [self.text(number), self.text(road)].join(" ").trim().to_owned();
        let lines = [self.text(building).to_owned(), street, self.text(locality).to_owned()];
        Address {
            lines: lines.into_iter().filter(|line| !line.is_empty()).collect(),
            city: self.some(town),
            district: self.some(county),
            postcode: self.some(postcode),
            temporary: false,
        }
    }
}
