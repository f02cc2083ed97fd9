//! One row of a table: its fields by column, and the issues with them.

use csv::StringRecord;
use record::{Issue, IssueCode, NhsNumber, PersonName, Place, Severity};

use super::column::Column;

/// A row that has as many fields as its table has columns. `F` is what each row has from its file, such as the moment at
/// which that was made; a format adds its own ways of reading a field to its own rows.
#[derive(Debug)]
pub(crate) struct Row<'r, F> {
    record: &'r StringRecord,
    place: &'r Place,
    file: F,
    warnings: Vec<Issue>,
}

impl<'r, F: Copy> Row<'r, F> {
    /// A row of a file.
    pub(crate) fn new(record: &'r StringRecord, place: &'r Place, file: F) -> Self {
        Self { record, place, file, warnings: Vec::new() }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> &'r Place {
        self.place
    }

    /// What it has from its file.
    pub(crate) fn file(&self) -> F {
        self.file
    }

    /// A field without surrounding space; empty where the file has no such column.
    pub(crate) fn text(&self, column: Column) -> &'r str {
        column.at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// The same, or `None` where nothing is left.
    pub(crate) fn some(&self, column: Column) -> Option<String> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// What a field holds, read in its one form. Blank is nothing; anything else is left out, and told.
    pub(crate) fn read<T>(
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

    /// The NHS number in a field: none where it is blank, a placeholder or wrong, which is told.
    pub(crate) fn nhs_number(&mut self, column: Column) -> Option<NhsNumber> {
        let text = self.text(column);
        if matches!(text, "" | "0" | "-1" | "0000000000" | "9999999999") {
            return None;
        }
        let number = text.parse::<NhsNumber>();
        if let Err(error) = number {
            self.warn(IssueCode::NhsNumberInvalid, column, &error.to_string());
        }
        number.ok()
    }

    /// The name in the columns of title, first name, middle names (there may be several) and surname.
    pub(crate) fn name(&self, [title, first, middle, surname]: [Column; 4]) -> Option<PersonName> {
        let middle = self.text(middle).split_whitespace().map(str::to_owned);
        let given: Vec<String> = self.some(first).into_iter().chain(middle).collect();
        let name = PersonName { prefix: self.some(title), given, family: self.some(surname) };
        (name.family.is_some() || !name.given.is_empty()).then_some(name)
    }

    /// The issue for which the row is rejected.
    pub(crate) fn error(&self, code: IssueCode, column: Column) -> Issue {
        Issue::new(Severity::Error, code, self.place).field(column.name)
    }

    /// Notes something about a row that is used.
    pub(crate) fn warn(&mut self, code: IssueCode, column: Column, detail: &str) {
        self.warnings.push(Issue::new(Severity::Warning, code, self.place).field(column.name).detail(detail));
    }

    /// Turns the reason for a rejection into a warning.
    pub(crate) fn excuse(&mut self, mut issue: Issue, detail: &str) {
        issue.severity = Severity::Warning;
        self.warnings.push(issue.detail(detail));
    }

    /// What was noted.
    pub(crate) fn into_warnings(self) -> Vec<Issue> {
        self.warnings
    }
}
