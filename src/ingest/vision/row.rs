//! How a field of a Vision table is read, and how a row becomes an entry by what it does.

use jiff::civil::Date;
use record::{
    Content, Effective, Entry, EntryId, Fact, Issue, IssueCode, Link, Mark, MarksCarried, PatientKey,
};

use crate::delimited::{Column, Unusable, compact_date};

/// When a file was made, as digits that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made(pub(super) u64);

/// A row of the extract.
pub(super) type Row<'r> = crate::delimited::Row<'r, Made>;

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
}

impl<'r> Row<'r> {
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
            Err(self.error(IssueCode::KeyInvalid, column).detail("it is blank or too long"))
        }
    }

    /// The patient whom the row names.
    ///
    /// # Errors
    /// If it names none.
    pub(super) fn patient(&self, column: Column) -> Result<PatientKey, Issue> {
        let invalid = || self.error(IssueCode::PatientInvalid, column).detail("it is blank or too long");
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
        self.file().0.saturating_mul(2).saturating_add(u64::from(deletes))
    }

    /// A date that may be blank.
    ///
    /// # Errors
    /// If it is neither blank nor a date.
    pub(super) fn date(&self, column: Column) -> Result<Option<Date>, Issue> {
        match self.text(column) {
            "" => Ok(None),
            text => compact_date(text)
                .map(Some)
                .ok_or_else(|| self.error(IssueCode::DateInvalid, column).detail("it is not yyyyMMdd")),
        }
    }

    /// The entry that the row is, by what it does. What is said is asked for only if the row says something, and with it
    /// what speaks against showing it: this feed has no marks, these are doubts of ours.
    ///
    /// # Errors
    /// Why the row cannot be used.
    pub(super) fn entry(
        &mut self,
        patient: PatientKey,
        id: EntryId,
        action: Column,
        body: impl FnOnce(&mut Self, &mut Vec<Mark>) -> Result<Body, Issue>,
    ) -> Result<Fact, Unusable> {
        let does = self.action(action);
        let mut doubts = Vec::new();
        if does == Action::Unknown {
            self.warn(IssueCode::MarkUnknown, action, "it is none of A, C and D");
            doubts.push(Mark::Unrecognised);
        }
        let said = match does {
            Action::Deletes => None,
            Action::Says | Action::Unknown => match body(self, &mut doubts) {
                Ok(body) => Some(body),
                Err(issue) if doubts.is_empty() => return Err(issue.into()),
                // It may be a deletion. Were the row rejected, what was stored before would be shown as if nobody had
                // ever doubted it.
                Err(issue) => {
                    self.excuse(issue, "the row is in doubt, so the entry is withdrawn");
                    None
                }
            },
        };
        doubts.dedup();
        let deleted = said.is_none();
        let body = said.unwrap_or_default();
        let entry = Entry {
            id,
            content: body.content,
            links: body.links,
            marks: doubts,
            marks_carried: MarksCarried::No,
            recorded: body.recorded,
            deleted,
            sequence: self.sequence(deleted),
            place: self.place().clone(),
        };
        Ok(Fact::Entry(patient, Box::new(entry)))
    }
}
