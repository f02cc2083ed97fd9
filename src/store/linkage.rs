//! Linkage credentials: what a practice gives a patient in a letter, with which they sign in once. They are kept under a
//! digest of everything that has to be typed; the key itself is nowhere.

use jiff::Timestamp;
use policy::Decided;
use record::{OdsCode, PatientKey};
use serde::{Deserialize, Serialize};

use crate::{Account, StoreError};

/// What is known of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linkage {
    /// What the letter calls the account. The practice has no other letter with it.
    pub id: String,
    /// Whose record it opens.
    pub patient: PatientKey,
    /// Who issued it, when and why.
    pub issued: Decided,
    /// It opens nothing from then on.
    pub expires: Timestamp,
    /// When somebody signed in with it.
    #[serde(default)]
    pub used: Option<Timestamp>,
    /// It counts no longer, nor does what it opened.
    #[serde(default)]
    pub revoked: Option<Decided>,
}

impl Linkage {
    /// The account of whoever signs in with it.
    #[must_use]
    pub fn account(&self, practice: &OdsCode) -> String {
        account(practice, &self.id)
    }

    /// Whether somebody may sign in with it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used.is_none() && self.revoked.is_none() && now < self.expires
    }
}

pub(crate) fn account(practice: &OdsCode, id: &str) -> String {
    format!("letter-{practice}-{id}")
}

/// Letters. They are issued and revoked by [`crate::Decisions::decide`].
pub trait Linkages {
    /// The letter with this digest.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn linkage(&self, practice: &OdsCode, digest: &[u8; 32]) -> Result<Option<Linkage>, StoreError>;

    /// Every letter of a practice.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn linkages(&self, practice: &OdsCode) -> Result<Vec<Linkage>, StoreError>;

    /// Notes that somebody signs in with it, and makes the account of theirs, for the patient's own record alone. Of
    /// several callers exactly one gets it, and nobody once it is over.
    ///
    /// # Errors
    /// If it could not be made durable; then nobody has signed in.
    fn use_linkage(
        &self,
        practice: &OdsCode,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError>;
}
