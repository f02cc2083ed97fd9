//! One row: its fields by column, what it does, and the issues with it.

use csv::StringRecord;
use jiff::civil::Date;
use record::{
    Content, Effective, Entry, EntryId, Fact, Issue, IssueCode, Link, Mark, MarksCarried, PatientKey, Place,
    Severity,
};

use super::value;
use crate::delimited::Column;

/// A row that has as many fields as the table has columns.
#[derive(Debug)]
pub(super) struct Row<'r> {
    record: &'r StringRecord,
    place: &'r Place,
    made: u64,
    warnings: Vec<Issue>,
}

/// What a row does to what was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// `A` or `C`: it is there, and says this.
    Says,
    /// `D`: it is gone. The other fields may be blank.
    Deletes,
    /// Something that this version does not know.
    Unknown,
}

/// What an entry says, beside its keys.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) content: Option<Content>,
    pub(super) links: Vec<Link>,
    pub(super) recorded: Option<Effective>,
    /// What speaks against showing it. This feed has no marks: these are doubts of ours.
    pub(super) doubts: Vec<Mark>,
}

impl<'r> Row<'r> {
    /// A row of a file that was made at this time.
    pub(super) fn new(record: &'r StringRecord, place: &'r Place, made: u64) -> Self {
        Self { record, place, made, warnings: Vec::new() }
    }

    /// A field without surrounding space; empty where the version has no such column.
    pub(super) fn text(&self, column: Column) -> &'r str {
        column.at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// The same, or `None` where nothing is left.
    pub(super) fn some(&self, column: Column) -> Option<String> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The issue for which the row is rejected.
    pub(super) fn error(&self, code: IssueCode, column: Column, detail: &str) -> Issue {
        Issue::new(Severity::Error, code, self.place).field(column.name).detail(detail)
    }

    /// Notes something about a row that is used.
    pub(super) fn warn(&mut self, code: IssueCode, column: Column, detail: &str) {
        self.warnings.push(Issue::new(Severity::Warning, code, self.place).field(column.name).detail(detail));
    }

    /// What was noted.
    pub(super) fn into_warnings(self) -> Vec<Issue> {
        self.warnings
    }

    /// The key in a field.
    ///
    /// # Errors
    /// If there is none, or it is none that could be kept.
    pub(super) fn key(&self, column: Column) -> Result<&'r str, Issue> {
        let text = self.text(column);
        let fits = (1..=100).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits {
            Ok(text)
        } else {
            Err(self.error(IssueCode::KeyInvalid, column, "it is blank or too long"))
        }
    }

    /// The patient whom the row names.
    ///
    /// # Errors
    /// If it names none.
    pub(super) fn patient(&self, column: Column) -> Result<PatientKey, Issue> {
        let invalid = || self.error(IssueCode::PatientInvalid, column, "it is blank or too long");
        self.key(column).ok().and_then(PatientKey::new).ok_or_else(invalid)
    }

    /// What the row does.
    pub(super) fn action(&self, column: Column) -> Action {
        match self.text(column) {
            "A" | "a" | "C" | "c" => Action::Says,
            "D" | "d" => Action::Deletes,
            _ => Action::Unknown,
        }
    }

    /// The row's place in the supplier's order: of two rows of one file for one entry, the deletion is the later.
    pub(super) fn sequence(&self, deletes: bool) -> u64 {
        self.made.saturating_mul(2).saturating_add(u64::from(deletes))
    }

    /// A date that may be blank.
    ///
    /// # Errors
    /// If it is neither blank nor a date.
    pub(super) fn date(&self, column: Column) -> Result<Option<Date>, Issue> {
        match self.text(column) {
            "" => Ok(None),
            text => value::date(text)
                .map(Some)
                .ok_or_else(|| self.error(IssueCode::DateInvalid, column, "it is not yyyyMMdd")),
        }
    }

    /// The entry that the row is, by what it does. What is said is asked for only if the row says something.
    ///
    /// # Errors
    /// Why the row cannot be used.
    pub(super) fn entry(
        &mut self,
        patient: PatientKey,
        id: EntryId,
        action: Column,
        body: impl FnOnce(&mut Self) -> Result<Body, Issue>,
    ) -> Result<Fact, Issue> {
        let does = self.action(action);
        let mut body = match does {
            Action::Deletes => Body::default(),
            Action::Says | Action::Unknown => body(self)?,
        };
        if does == Action::Unknown {
            self.warn(IssueCode::MarkUnknown, action, "it is none of A, C and D");
            body.doubts.push(Mark::Unrecognised);
        }
        body.doubts.dedup();
        let deleted = does == Action::Deletes;
        let entry = Entry {
            id,
            content: body.content,
            links: body.links,
            marks: body.doubts,
            marks_carried: MarksCarried::No,
            recorded: body.recorded,
            deleted,
            sequence: self.sequence(deleted),
            place: self.place.clone(),
        };
        Ok(Fact::Entry(patient, Box::new(entry)))
    }
}
