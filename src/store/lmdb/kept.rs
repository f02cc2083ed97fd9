//! An entry as it lies in the vault, and what becomes of it when another fact about it comes, in whatever order.

use std::borrow::Cow;

use record::{Content, Effective, Entry, EntryId, Link, Mark, MarksCarried, Place};
use serde::{Deserialize, Serialize};

/// An entry with what the order of facts must not lose.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The batch that last changed it.
    pub(super) batch: u64,
    /// The sequence of what it says: older than the entry's own where it was deleted since. None while nothing but
    /// its deletion has come.
    pub(super) said: Option<u64>,
    /// What was last said, with the marks that were said with it.
    pub(super) entry: Entry,
    /// The marks that it had when a message that can carry marks last spoke of it, and the sequence of that.
    pub(super) reviewed: Option<(u64, Vec<Mark>)>,
    /// What it says came in a batch that was given up, and nothing has said it since.
    pub(super) given_up: bool,
}

/// The same without what its key says, and with a number for its file.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed<'a> {
    pub(super) batch: u64,
    said: Option<u64>,
    content: Cow<'a, Option<Content>>,
    links: Cow<'a, [Link]>,
    marks: Cow<'a, [Mark]>,
    marks_carried: MarksCarried,
    recorded: Option<Effective>,
    deleted: bool,
    sequence: u64,
    pub(super) file: u32,
    line: u64,
    reviewed: Cow<'a, Option<(u64, Vec<Mark>)>>,
    given_up: bool,
}

impl Packed<'_> {
    pub(super) fn kept(self, id: EntryId, file: String) -> Kept {
        let entry = Entry {
            id,
            content: self.content.into_owned(),
            links: self.links.into_owned(),
            marks: self.marks.into_owned(),
            marks_carried: self.marks_carried,
            recorded: self.recorded,
            deleted: self.deleted,
            sequence: self.sequence,
            place: Place { file, line: self.line },
        };
        let reviewed = self.reviewed.into_owned();
        Kept { batch: self.batch, said: self.said, entry, reviewed, given_up: self.given_up }
    }

    /// As [`Kept::given_up`].
    pub(super) fn given_up(self) -> Self {
        Self { given_up: true, ..self }
    }
}

impl Kept {
    pub(super) fn packed(&self, file: u32) -> Packed<'_> {
        let Self { batch, said, entry, reviewed, given_up } = self;
        Packed {
            batch: *batch,
            said: *said,
            content: Cow::Borrowed(&entry.content),
            links: Cow::Borrowed(&entry.links),
            marks: Cow::Borrowed(&entry.marks),
            marks_carried: entry.marks_carried,
            recorded: entry.recorded,
            deleted: entry.deleted,
            sequence: entry.sequence,
            file,
            line: entry.place.line,
            reviewed: Cow::Borrowed(reviewed),
            given_up: *given_up,
        }
    }

    /// The entry with everything that speaks against showing it. A message that cannot carry marks (GP2GP UK06) takes
    /// none away: whoever marked the entry could not say there that they still object.
    pub(super) fn shown(&self) -> Entry {
        let mut entry = self.entry.clone();
        if entry.marks_carried == MarksCarried::No
            && let Some((_, marks)) = &self.reviewed
        {
            entry.marks.extend(marks.iter().cloned());
        }
        if self.given_up {
            entry.marks.push(Mark::Unrecognised);
        }
        entry.marks.sort();
        entry.marks.dedup();
        entry
    }

    /// Deleted in a sequence, keeping what it says.
    pub(super) fn deleted(self, sequence: u64) -> Self {
        Self { entry: Entry { deleted: true, sequence, ..self.entry }, ..self }
    }

    /// The same of a batch that was given up: marks that it would have brought may be missing.
    pub(super) fn given_up(self) -> Self {
        Self { given_up: true, ..self }
    }
}

/// What lies in the vault after a new fact came upon what was known, in whatever order they come: what the entry says
/// is what was said last, and whether it is deleted is what was told last. So a deletion keeps what the entry said,
/// its marks above all, even if that comes after the deletion.
pub(super) fn succeed(old: Option<&Kept>, new: &Entry, batch: u64) -> Kept {
    let says = has_the_word(old, new);
    let reviewed = reviewed(old, new);
    let Some(old) = old else {
        let said = says.then_some(new.sequence);
        return Kept { batch, said, entry: new.clone(), reviewed, given_up: false };
    };
    let last = old.entry.sequence <= new.sequence;
    let words = if says { new } else { &old.entry };
    let state = if last { new } else { &old.entry };
    let entry = Entry {
        deleted: state.deleted,
        sequence: state.sequence,
        place: if says || last { new.place.clone() } else { old.entry.place.clone() },
        ..words.clone()
    };
    let said = if says { Some(new.sequence) } else { old.said };
    Kept { batch, said, entry, reviewed, given_up: old.given_up && !says }
}

/// Whether what a new fact says counts: it is no mere deletion, and nothing later has been said.
pub(super) fn has_the_word(old: Option<&Kept>, new: &Entry) -> bool {
    !is_mere_deletion(new) && old.is_none_or(|old| old.said <= Some(new.sequence))
}

fn is_mere_deletion(entry: &Entry) -> bool {
    entry.deleted && entry.content.is_none()
}

/// The marks of whichever message that carries marks is the later.
fn reviewed(old: Option<&Kept>, new: &Entry) -> Option<(u64, Vec<Mark>)> {
    let before = old.and_then(|old| old.reviewed.clone());
    if new.marks_carried == MarksCarried::No || is_mere_deletion(new) {
        return before;
    }
    match before {
        Some((sequence, marks)) if sequence > new.sequence => Some((sequence, marks)),
        Some(_) | None => Some((new.sequence, new.marks.clone())),
    }
}
