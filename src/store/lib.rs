//! Where facts, released records, grants, apps and tokens are kept. One trait, [`Store`]; [`Lmdb`] is the embedded
//! engine. What a call acknowledged is on disk.
//!
//! Two keyspaces matter most. The *vault* holds facts as they came, and is not opened by the serving path. The
//! *release* holds what was made safe to serve; a body leaves it only for a [`policy::Disclosed`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod app;
mod codec;
mod decision;
mod delivery;
mod error;
mod health;
mod linkage;
mod lmdb;
mod model;
mod review;
mod rows;

#[cfg(test)]
mod contract;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use policy::{Another, Disclosed, FeedAccess, MadeWith, Oversight, PracticeRules, Queued, Release, Released};
use record::{
    CodeClass, Coded, Entry, EntryId, Fact, Fate, Identity, IssueCode, NhsNumber, OdsCode, OnlineUser,
    PatientKey, Place, Staff,
};

/// Who decided something, when and why.
pub use policy::Decided;

pub use app::{App, AppEvent, AppKeys, AppStatus, Apps, BoundBy, Evidence, Pushed};
pub use decision::{Change, Decision, Decisions};
pub use delivery::{DeliveredFile, Deliveries, Delivery, DeliveryState};
pub use error::StoreError;
pub use health::Failures;
pub use linkage::{Linkage, Linkages};
pub use lmdb::{Lmdb, Settings, SpaceSize};
pub use model::{
    Abandoned, Access, Account, AsOf, Begun, Bound, Connection, Practice, Proven, Subject, TokenKind,
    TokenRecord,
};
pub use review::ReviewQueue;
pub use rows::{KeepRows, RowLog, RowPage, Swept};

/// The facts of one patient, and what was released of them.
#[derive(Debug)]
pub struct PatientFacts {
    /// Every entry with the number of the batch that last changed it.
    pub entries: Vec<(Entry, u64)>,
    /// Every entry that names its patient by this patient's NHS number, likewise; none where they are another's,
    /// whose record with that number is the one that is served.
    pub guests: Vec<(Guest, u64)>,
    /// More than one patient of the practice has the number, and none of their records is served.
    pub number_shared: bool,
    /// The practice's other records with this NHS number: of other feeds, or of somebody else.
    pub others: Vec<OtherRecord>,
    /// What people of the practice have decided about entries.
    pub oversight: Oversight,
    /// What is released now.
    pub released: Option<Arc<Released>>,
    /// Entries that waited when that was made, and since when.
    pub waiting_since: BTreeMap<EntryId, Timestamp>,
}

/// A record of the same practice with the same NHS number. What it marks counts even after its patient was deleted.
#[derive(Debug)]
pub struct OtherRecord {
    /// Its patient's key.
    pub patient: PatientKey,
    /// One of the two has lost the number: what is marked counts, and neither is served or not for the other's sake.
    pub marks_only: bool,
    /// Every entry of its own, deleted ones too.
    pub entries: Vec<Entry>,
    /// What people of the practice have decided about them.
    pub oversight: Oversight,
}

impl OtherRecord {
    /// The same, as rules see it.
    #[must_use]
    pub fn seen(&self) -> Another<'_> {
        Another { patient: &self.patient, entries: &self.entries, oversight: &self.oversight }
    }
}

/// An entry of a feed that names its patient by number and date of birth. Whether it may join a record is not for the
/// store to say.
#[derive(Debug)]
pub struct Guest {
    /// Whom it is about.
    pub identity: Identity,
    /// What it says.
    pub entry: Entry,
}

/// What a whole record had.
#[derive(Debug)]
pub struct Whole {
    /// Whose.
    pub patient: PatientKey,
    /// The keys of its entries.
    pub keep: BTreeSet<EntryId>,
    /// Its place in the source's own order.
    pub sequence: u64,
}

/// A store. Every method is safe to call from several threads; each write is durable when it returns.
pub trait Store: Apps + RowLog + Deliveries + Decisions + Linkages + ReviewQueue + Send + Sync {
    /// How many writes have failed since it was opened, in this process, and why the last one did.
    fn failures(&self) -> Failures;

    /// Binds the store to a key for logical ids, the first time; after that, makes sure that it is the same.
    ///
    /// # Errors
    /// [`StoreError::OtherKey`] if the records were made with another one.
    fn bind(&self, key_fingerprint: &[u8; 8]) -> Result<(), StoreError>;

    /// Opens a batch for a practice. Until it is closed, nothing that it changed may be projected. One that was begun
    /// before and not [settled](Store::settle) is the same batch again: of what it changed last, each row of it is
    /// told as stored.
    ///
    /// # Errors
    /// [`StoreError::BatchOpen`] if another batch was begun and not closed: it must be sent again first, because the
    /// marks of what it brought may not have arrived.
    fn begin(&self, practice: &OdsCode, fingerprint: &str) -> Result<Begun, StoreError>;

    /// Puts facts into the vault and notes whose record they change, in one transaction.
    ///
    /// # Errors
    /// If they could not be made durable; then none of them was.
    fn put(&self, practice: &OdsCode, batch: u64, facts: &[Fact]) -> Result<Vec<Fate>, StoreError>;

    /// Deletes the entries of patients whose whole record came that were not in it and are not of a later sequence, in
    /// one transaction. The entries that were in it must have been put before.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn retain(&self, practice: &OdsCode, batch: u64, wholes: &[Whole]) -> Result<(), StoreError>;

    /// Closes the open batch: what it changed may now be projected.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn close(&self, practice: &OdsCode) -> Result<(), StoreError>;

    /// Notes that what became of the batch that was closed last has been told: the same export is another batch from
    /// now on.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn settle(&self, practice: &OdsCode) -> Result<(), StoreError>;

    /// Gives up the open batch, if there is one, whose files are lost: closes it, and withholds every entry that it
    /// brought or changed, because the marks that were to come with them may not have come. Each stays withheld until a
    /// later fact says it again. A sharing agreement that the batch ended stays ended; one that it began does not begin.
    ///
    /// # Errors
    /// If it could not be made durable; then the batch is still open.
    fn abandon(&self, practice: &OdsCode) -> Result<Option<Abandoned>, StoreError>;

    /// Patients of a practice whose record must be projected anew, at most `limit`. None while a batch is open.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn dirty(&self, practice: &OdsCode, limit: usize) -> Result<Vec<PatientKey>, StoreError>;

    /// How many patients [`Store::dirty`] would name.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn dirty_count(&self, practice: &OdsCode) -> Result<u64, StoreError>;

    /// Patients of a practice of whom there is a released record, after `after` in the order of their keys, at most
    /// `limit`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn patients(
        &self,
        practice: &OdsCode,
        after: Option<&PatientKey>,
        limit: usize,
    ) -> Result<Vec<PatientKey>, StoreError>;

    /// The practices of which anything was ever kept, in the order of their codes.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn practices(&self) -> Result<Vec<OdsCode>, StoreError>;

    /// Says what a practice's records are made with from now on beside facts. If that is not what it was, every patient
    /// whose released record was made with something else must be projected anew ([`Store::dirty`]). Returns whether it
    /// changed.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn make_with(&self, practice: &OdsCode, what: &MadeWith) -> Result<bool, StoreError>;

    /// As [`Store::make_with`], and looks through every released record even if nothing changed. Returns how many were
    /// made with something else.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn make_anew(&self, practice: &OdsCode, what: &MadeWith) -> Result<u64, StoreError>;

    /// The facts of one patient.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn facts(&self, practice: &OdsCode, patient: &PatientKey) -> Result<PatientFacts, StoreError>;

    /// Where the living guest entries were read that no patient of the practice has the NHS number of, each with the
    /// batch that last changed it.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn unclaimed(&self, practice: &OdsCode) -> Result<Vec<(Place, u64)>, StoreError>;

    /// A code of the practice's code list.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn code(&self, practice: &OdsCode, key: &str) -> Result<Option<(Coded, CodeClass)>, StoreError>;

    /// A member of the practice's staff.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn staff(&self, practice: &OdsCode, key: &str) -> Result<Option<Staff>, StoreError>;

    /// Every member of the practice's staff.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn all_staff(&self, practice: &OdsCode) -> Result<Vec<Staff>, StoreError>;

    /// The organisations that the practice's feeds have named, by their key there, of which the ODS code is known.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn organisations(&self, practice: &OdsCode) -> Result<Vec<(String, OdsCode)>, StoreError>;

    /// A person with an online account at the practice.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn online_user(&self, practice: &OdsCode, key: &str) -> Result<Option<OnlineUser>, StoreError>;

    /// Swaps in what is released of patients, all of them or none, and takes them off the list of [`Store::dirty`].
    /// None is swapped in, and the answer is `false`, if a batch was begun since `as_of`, or something was decided about
    /// entries: a record that was read while a batch came in may lack a mark that came after it, and what changed since
    /// would be taken off the list.
    ///
    /// # Errors
    /// If it could not be made durable; then the old records stand.
    fn release(&self, practice: &OdsCode, as_of: &AsOf, releases: &[NewRelease]) -> Result<bool, StoreError>;

    /// Whose logical id this is.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn subject(&self, logical_id: &str) -> Result<Option<Subject>, StoreError>;

    /// The patients of a practice with this NHS number.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn with_nhs_number(&self, practice: &OdsCode, number: &NhsNumber) -> Result<Vec<Subject>, StoreError>;

    /// What is released of a patient, and the bodies of what may be shown, at one instant.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn read<'s>(&'s self, subject: &Subject) -> Result<Option<Box<dyn Snapshot + 's>>, StoreError>;

    /// A practice's settings; the defaults if none were ever made.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn practice(&self, practice: &OdsCode) -> Result<Practice, StoreError>;

    /// Replaces the part of a practice's settings that people decide, where nobody is there who decides: in a sandbox.
    /// What people decide is for [`Decisions::decide`].
    ///
    /// # Errors
    /// If it could not be made durable.
    fn set_rules(&self, practice: &OdsCode, rules: &PracticeRules) -> Result<(), StoreError>;

    /// What people of the practice have decided about entries of a patient.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn oversight(&self, subject: &Subject) -> Result<Oversight, StoreError>;

    /// Who may see a patient's record: what the practice has decided, be it that nobody may; and where it has decided
    /// nothing, what its own feed grants the patient. Others whom the feed names have no account to be let in by.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn access(&self, subject: &Subject) -> Result<Access, StoreError>;

    /// What the feed says about who may see a patient's record, whatever the practice has decided.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn feed_access(&self, subject: &Subject) -> Result<FeedAccess, StoreError>;

    /// Replaces who may see a patient's record, where nobody is there who decides: in a sandbox. What people decide is
    /// for [`Decisions::decide`].
    ///
    /// # Errors
    /// If it could not be made durable.
    fn set_access(&self, subject: &Subject, access: &Access) -> Result<(), StoreError>;

    /// An app by its client id.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn app(&self, client_id: &str) -> Result<Option<App>, StoreError>;

    /// Replaces an app, where nobody is there who decides: in a sandbox. What people decide is for
    /// [`Apps::change_app`].
    ///
    /// # Errors
    /// If it could not be made durable.
    fn set_app(&self, app: &App) -> Result<(), StoreError>;

    /// A person who can sign in.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn account(&self, id: &str) -> Result<Option<Account>, StoreError>;

    /// Replaces a person who can sign in.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn set_account(&self, account: &Account) -> Result<(), StoreError>;

    /// Says who has just signed in and what is their own record, and makes their account if there is none; for whom they
    /// act stays. Returns the account.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn match_account(&self, id: &str, proven: &Proven, own: Option<&Subject>) -> Result<Account, StoreError>;

    /// A code or token by its hash.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError>;

    /// Keeps a code or token under its hash.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn set_token(&self, hash: &[u8; 32], token: &TokenRecord) -> Result<(), StoreError>;

    /// Takes a code or token that may be used once: of several callers exactly one gets it. What stays behind is
    /// marked used, so that a second use can be told from an unknown token.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn take_token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError>;

    /// Revokes every token that came from one sign-in.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn revoke_family(&self, family: &str) -> Result<(), StoreError>;

    /// Puts a connection in place of what was known of it, and forgets those of the same person that were over when it
    /// began or was renewed.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn put_connection(&self, connection: &Connection, now: Timestamp) -> Result<(), StoreError>;

    /// The apps that a person has let into records, those that were stopped or are over among them.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn connections(&self, account: &str) -> Result<Vec<Connection>, StoreError>;

    /// Whether the sign-in that a token came from has been revoked.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn is_revoked(&self, family: &str) -> Result<bool, StoreError>;
}

/// The new released record of one patient.
#[derive(Debug)]
pub struct NewRelease {
    /// Whose.
    pub patient: PatientKey,
    /// What is released.
    pub release: Release,
    /// Entries that wait for something.
    pub waiting: Vec<(EntryId, IssueCode)>,
    /// When it was made. An entry that did not wait before does so since then.
    pub made: Timestamp,
    /// Something in the dictionary is missing.
    pub incomplete: bool,
    /// What waits for a clinician; `None` where no text was screened. It counts from this time, unless the same text
    /// waited before.
    pub screened: Option<Vec<Queued>>,
}

/// One patient's released record at one instant.
pub trait Snapshot {
    /// The headers.
    fn released(&self) -> &Released;

    /// The body of what may be shown, without version and time.
    ///
    /// # Errors
    /// If the store cannot be read, or the body is damaged.
    fn body(&self, disclosed: &Disclosed<'_>) -> Result<Vec<u8>, StoreError>;
}
