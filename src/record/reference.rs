//! Facts that belong to a practice rather than to a patient, and the stream in which readers hand facts over.

use serde::{Deserialize, Serialize};

use crate::{
    CodeClass, Coded, Entry, EntryId, Fate, Identity, Issue, OdsCode, OnlineUser, PatientKey, PersonName,
    Place,
};

/// A fact about a practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// A code of the feed's own code list.
    Code(Coded, CodeClass),
    /// A member of staff.
    Staff(Staff),
    /// An organisation.
    Organisation {
        /// Its ODS code, if the source has a valid one.
        ods: Option<OdsCode>,
        /// Its name.
        name: Option<String>,
    },
    /// Whether the organisation shares its data with us. Where it does not, nothing of it is served.
    Sharing {
        /// Activated, and neither disabled nor deleted.
        active: bool,
    },
    /// A person with an online account.
    OnlineUser(OnlineUser),
    /// The source removed it from its list.
    Removed,
}

/// The key of a [`Reference`]: its kind and the source's own key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReferenceKey {
    /// Of a code list.
    Code(String),
    /// Of the staff list.
    Staff(String),
    /// Of the organisation list.
    Organisation(String),
    /// Of the sharing agreements: the organisation's key.
    Sharing(String),
    /// Of the online users.
    OnlineUser(String),
}

/// A member of staff in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// The name.
    pub name: PersonName,
    /// The job, in the source's words.
    pub role: Option<String>,
}

/// What readers produce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An entry of a patient, to be put in place of an earlier one with the same id.
    Entry(PatientKey, Box<Entry>),
    /// An entry of whoever has this NHS number and date of birth in the practice, now or later: it comes from a feed
    /// that does not know the practice's own keys. Its id is one of [`crate::EntryId::of_guest`], and a later fact with
    /// that id replaces it, even if it is about somebody else.
    Guest(Identity, Box<Entry>),
    /// A guest's entry (content `None`, deleted) is gone, by a source that does not tell again whose it was. It counts
    /// only for an entry that has come: without one there is nobody to keep it for, and the row is rejected.
    GuestGone(Box<Entry>),
    /// A report was sent again as a whole: what was said in it under keys that begin with this one and a slash, in an
    /// earlier sequence than this, is gone, whether it has come yet or not. It is no row of its own.
    GuestsReplaced(EntryId, u64),
    /// An entry of a patient whose key is unique in the whole practice: it belongs to the patient for whom it came last,
    /// and to nobody else.
    Keyed(PatientKey, Box<Entry>),
    /// The source removed the entry with this key ([`Fact::Keyed`]) and does not say whose it was. With its sequence
    /// and where it was read.
    Removed(EntryId, u64, Place),
    /// A fact about the practice.
    Reference(ReferenceKey, Box<Reference>, u64),
    /// All that a source now knows of a patient has been sent since the last of these: what it sent earlier and
    /// did not send again is gone. Only formats that send whole records say this.
    Whole(PatientKey),
}

/// Where a reader puts what it reads. Rows are counted by it: each row of a file is answered by exactly one
/// [`Sink::fact`] or [`Sink::reject`].
pub trait Sink {
    /// A row became a fact. Says what became of it, or that the store failed and reading must stop.
    ///
    /// # Errors
    /// If the fact could not be made durable.
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError>;

    /// A row could not be used, for this reason; it is reported and the file goes on.
    fn reject(&mut self, issue: Issue);

    /// A row was used but something about it is worth knowing; not counted as a row.
    fn warn(&mut self, issue: Issue);

    /// How many of the file's bytes have been read, for a progress bar.
    fn progress(&mut self, bytes: u64);
}

/// The sink cannot take more; its own caller knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkError;

impl std::fmt::Display for SinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what was read could not be stored")
    }
}

impl std::error::Error for SinkError {}

/// The practice's code list and staff list as a projection sees them.
pub trait Dictionary {
    /// The concept behind a local code, once it has arrived.
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)>;
    /// A member of staff, once they have arrived.
    fn staff(&self, key: &str) -> Option<Staff>;
    /// The names of all its staff in words, for redaction to know them.
    fn staff_names(&self) -> &[String] {
        &[]
    }
    /// A person with an online account, once they have arrived. Most feeds know none.
    fn online_user(&self, _: &str) -> Option<OnlineUser> {
        None
    }
}
