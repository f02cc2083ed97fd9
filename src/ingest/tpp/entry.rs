//! What the tables of patients' rows have in common: the key of a row, whose it is, whether it was removed. Everything
//! here fails towards withholding.

use record::{
    Content, Effective, Entry, EntryId, Fact, Issue, IssueCode, Link, Mark, MarksCarried, PatientKey,
};

use super::{
    Tpp,
    practice::{Owners, Practice},
    row::Row,
};
use crate::delimited::{Column, Columns, Flag, Table, Unusable};

/// A table whose rows are entries of patients.
pub(super) trait EntryTable: Columns {
    /// What stands before a row's number in its entry's key: numbers repeat between tables.
    const PREFIX: &str;

    /// The columns that every such table has.
    fn keys(&self) -> Keys;

    /// What the row says, if it removes nothing. Doubts about who may see it become marks.
    ///
    /// # Errors
    /// If the entry would be wrong without what cannot be read.
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue>;
}

/// The columns by which any row is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    id: Column,
    patient: Column,
    removed: Column,
    owners: Owners,
}

impl Keys {
    /// The row's own number, the patient's, whether the source has removed the row, and whose it is.
    pub(super) fn new(id: Column, patient: Column, removed: Column, owners: Owners) -> Self {
        Self { id, patient, removed, owners }
    }
}

/// What an entry says.
#[derive(Debug)]
pub(super) struct Body {
    /// What it is.
    pub(super) content: Content,
    /// What it depends on.
    pub(super) links: Vec<Link>,
    /// When it was entered.
    pub(super) recorded: Option<Effective>,
}

impl<T: EntryTable> Table<Tpp> for T {
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        let keys = self.keys();
        let number = row.key(keys.id, IssueCode::KeyInvalid)?;
        let id = entry_id(T::PREFIX, number).ok_or_else(|| row.error(IssueCode::KeyInvalid, keys.id))?;
        let mut marks = Vec::new();
        let gone = |id, row: &Row<'_>| Fact::Removed(id, row.sequence(true), row.place().clone());
        if removed(row, keys.removed, &mut marks) {
            return Ok(gone(id, row));
        }
        let doubted = !marks.is_empty();
        match keyed(self, &id, row, practice, marks) {
            // It may be a removal, which has no more than a number. Were the row rejected, what was stored before would be
            // shown as if it had never been removed.
            Err(issue) if doubted && !is_somebody_elses(&issue) => {
                row.excuse(issue, "whether the row is removed is not clear, so the entry is withdrawn");
                Ok(gone(id, row))
            }
            done => Ok(done?),
        }
    }
}

/// A row that says something.
fn keyed<T: EntryTable>(
    table: &T,
    id: &EntryId,
    row: &mut Row<'_>,
    practice: &mut Practice,
    mut marks: Vec<Mark>,
) -> Result<Fact, Issue> {
    let keys = table.keys();
    practice.check(row, keys.owners)?;
    let patient = row.key(keys.patient, IssueCode::PatientInvalid)?;
    let patient =
        PatientKey::new(patient).ok_or_else(|| row.error(IssueCode::PatientInvalid, keys.patient))?;
    let body = table.body(row, &mut marks)?;
    Ok(Fact::Keyed(patient, Box::new(assemble(id.clone(), Some(body), marks, row))))
}

/// Numbers of other organisations' rows mean other things.
fn is_somebody_elses(issue: &Issue) -> bool {
    matches!(issue.code, IssueCode::OtherOrganisation | IssueCode::SharedRecord)
}

/// Whether the source has removed the row. Every row of a file that has the column says so: what says nothing, or cannot
/// be read, is marked, so that it is withheld.
pub(super) fn removed(row: &mut Row<'_>, column: Column, marks: &mut Vec<Mark>) -> bool {
    match row.flag(column) {
        Flag::True => true,
        Flag::False => false,
        // A version without the column.
        Flag::Blank if column.at.is_none() => false,
        Flag::Blank | Flag::Unknown => {
            row.warn(IssueCode::BooleanInvalid, column, "the entry is withheld");
            marks.push(Mark::Unrecognised);
            false
        }
    }
}

/// The entry; without a body, its deletion.
pub(super) fn assemble(id: EntryId, body: Option<Body>, mut marks: Vec<Mark>, row: &Row<'_>) -> Entry {
    marks.sort();
    marks.dedup();
    let deleted = body.is_none();
    let (content, links, recorded) = match body {
        Some(body) => (Some(body.content), body.links, body.recorded),
        None => (None, Vec::new(), None),
    };
    let (sequence, place) = (row.sequence(deleted), row.place().clone());
    Entry { id, content, links, marks, marks_carried: MarksCarried::No, recorded, deleted, sequence, place }
}

/// The key of a row's entry.
pub(super) fn entry_id(prefix: &str, number: &str) -> Option<EntryId> {
    EntryId::new(&format!("{prefix}{number}"))
}

/// When the row was entered. One that does not say counts as historical.
///
/// # Errors
/// If the field is neither nothing nor a date.
pub(super) fn recorded(row: &mut Row<'_>, column: Column) -> Result<Option<Effective>, Issue> {
    let recorded = row.moment(column)?;
    if recorded.is_none() {
        row.warn(IssueCode::ValueMissing, column, "the entry counts as historical");
    }
    Ok(recorded)
}
