//! What the four tables of patients' data have in common: whose an entry is, whether it was deleted, and what speaks
//! against showing it. Everything here fails towards withholding.

use record::{
    Content, Effective, Entry, EntryId, Fact, Issue, IssueCode, Link, Mark, MarksCarried, PatientKey, Role,
};

use super::{
    Emis,
    organisation::Practice,
    row::{Named, Row},
};
use crate::delimited::{Column, Columns, Flag, Table, Unusable};

/// A table whose rows are entries of patients.
pub(super) trait EntryTable: Columns {
    /// Whether its rows say who the patients are: then the batch is refused if one is not UTF-8, which is what EMIS writes
    /// every table in. Whatever converted that row on the way has converted the batch. Rows of other tables are rejected
    /// one by one, because one damaged text must not keep back everything that a practice sends from then on.
    const NAMES_PATIENTS: bool = false;

    /// Whether a blank `Deleted` means that the row deletes nothing.
    const DELETED_MAY_BE_BLANK: bool = false;

    /// The columns that every such table has.
    fn keys(&self) -> Keys;

    /// The entry's own key.
    ///
    /// # Errors
    /// If the row has none.
    fn id(&self, row: &Row<'_>) -> Result<EntryId, Issue>;

    /// The columns that say whether the entry may be seen.
    fn markers(&self) -> impl IntoIterator<Item = Marker>;

    /// What the row says, if it deletes nothing. Doubts about who may see it become marks.
    ///
    /// # Errors
    /// If the entry would be wrong without what cannot be read.
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue>;
}

/// The columns by which any entry is found and ordered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    /// The patient's GUID.
    pub(super) patient: Column,
    /// The organisation's.
    pub(super) organisation: Column,
    /// Whether the row deletes what was sent before.
    pub(super) deleted: Column,
    /// The processing id.
    pub(super) sequence: Column,
}

/// What an entry says, beside its keys and marks.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// What it is.
    pub(super) content: Option<Content>,
    /// What it depends on.
    pub(super) links: Vec<Link>,
    /// When it was entered.
    pub(super) recorded: Option<Effective>,
}

impl<T: EntryTable> Table<Emis> for T {
    const MUST_BE_TEXT: bool = T::NAMES_PATIENTS;

    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        self.vet(row, practice)?;
        let keys = self.keys();
        let deleted = row.flag(keys.deleted);
        let patient = row.key(keys.patient, IssueCode::PatientInvalid)?;
        let patient =
            PatientKey::new(&patient).ok_or_else(|| row.error(IssueCode::PatientInvalid, keys.patient))?;
        let id = self.id(row)?;
        let mut marks = Vec::new();
        for marker in self.markers() {
            marker.read(row, deleted == Flag::True, &mut marks);
        }
        let entry = match deleted {
            Flag::True => None,
            Flag::False => Some(self.body(row, &mut marks)),
            Flag::Blank if T::DELETED_MAY_BE_BLANK => Some(self.body(row, &mut marks)),
            Flag::Blank | Flag::Unknown => {
                row.warn(IssueCode::BooleanInvalid, keys.deleted, "the entry is withheld");
                marks.push(Mark::Unrecognised);
                Some(self.body(row, &mut marks))
            }
        };
        let body = match entry {
            Some(Ok(body)) => Some(body),
            Some(Err(issue)) if marks.is_empty() => return Err(issue.into()),
            Some(Err(issue)) => {
                // Were the row rejected, what was stored before would be shown as if it had never been marked.
                row.excuse(issue, "the row is marked, so the entry is withdrawn");
                None
            }
            None => None,
        };
        marks.sort();
        marks.dedup();
        Ok(Fact::Entry(patient, Box::new(assemble(id, body, marks, keys, row))))
    }

    fn vet(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<(), Unusable> {
        let keys = self.keys();
        practice.check(row, keys.organisation, row.flag(keys.deleted) == Flag::True)
    }
}

/// The entry; without a body, its deletion. A link to itself says nothing.
fn assemble(id: EntryId, body: Option<Body>, marks: Vec<Mark>, keys: Keys, row: &mut Row<'_>) -> Entry {
    let deleted = body.is_none();
    let sequence = row.sequence(keys.sequence, deleted || !marks.is_empty());
    let Body { content, mut links, recorded } = body.unwrap_or_default();
    links.retain(|link| link.to != id);
    let place = row.place().clone();
    Entry { id, content, links, marks, marks_carried: MarksCarried::No, recorded, deleted, sequence, place }
}

/// A column that says whether an entry may be seen.
#[derive(Clone, Debug)]
pub(super) struct Marker {
    /// The column.
    pub(super) column: Column,
    /// What `true` in it means.
    pub(super) mark: Mark,
}

impl Marker {
    /// Adds what the row's field says. On a deletion only `true` says anything: the rest may be blank there. Elsewhere a
    /// blank field withholds, even where the specification lets it be blank: nobody has said that all may see the entry.
    fn read(self, row: &mut Row<'_>, deletion: bool, marks: &mut Vec<Mark>) {
        match row.flag(self.column) {
            Flag::True => marks.push(self.mark),
            Flag::False => {}
            Flag::Blank | Flag::Unknown if deletion => {}
            Flag::Blank | Flag::Unknown => {
                row.warn(IssueCode::MarkUnknown, self.column, "it is neither true nor false");
                marks.push(Mark::Unrecognised);
            }
        }
    }
}

/// An entry's key made of the GUID in a column.
///
/// # Errors
/// If there is none.
pub(super) fn entry_id(row: &Row<'_>, column: Column, prefix: &str) -> Result<EntryId, Issue> {
    let guid = row.key(column, IssueCode::KeyInvalid)?;
    EntryId::new(&format!("{prefix}{guid}")).ok_or_else(|| row.error(IssueCode::KeyInvalid, column))
}

/// The link in a column, if there is one. Marks come down links, so one that cannot be read may hide a mark.
pub(super) fn link(
    row: &mut Row<'_>,
    column: Column,
    prefix: &str,
    role: Role,
    marks: &mut Vec<Mark>,
) -> Option<Link> {
    match row.named(column) {
        Named::Guid(guid) => EntryId::new(&format!("{prefix}{guid}")).map(|to| Link { role, to }),
        Named::Nothing => None,
        Named::Malformed => {
            row.warn(
                IssueCode::KeyInvalid,
                column,
                "the entry depends on what cannot be found, and is withheld",
            );
            marks.push(Mark::Unrecognised);
            None
        }
    }
}
