//! What people of a practice decide, and the log of it: who, when, what, why. A decision and its line in the log are
//! written together or not at all, and no line is ever changed.

use jiff::{Timestamp, civil::Date};
use policy::{Decided, Grant, ProxyGrant, RuleChange, WordsDigest};
use record::{EntryId, OdsCode, PatientKey};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "decision")]
pub enum Change {
    /// Switches of the whole practice are turned.
    Rules {
        /// Which, in their order.
        changes: Vec<RuleChange>,
    },
    /// An entry is hidden, with all that it contains.
    Hide {
        /// Whose.
        patient: PatientKey,
        /// Which.
        entry: EntryId,
    },
    /// An entry is hidden no longer by the practice. What the source says against showing it stays.
    Unhide {
        /// Whose.
        patient: PatientKey,
        /// Which.
        entry: EntryId,
    },
    /// The words of an entry may go out, or may not.
    Review {
        /// Whose.
        patient: PatientKey,
        /// Which.
        entry: EntryId,
        /// The words that were read.
        words: WordsDigest,
        /// They may go out.
        release: bool,
    },
    /// Nothing of a record is served to anybody.
    Suppress {
        /// Whose.
        patient: PatientKey,
    },
    /// A record is suppressed no longer.
    Unsuppress {
        /// Whose.
        patient: PatientKey,
    },
    /// The patient's own access.
    Access {
        /// Whose.
        patient: PatientKey,
        /// What they may see.
        grant: Grant,
    },
    /// Somebody may act for the patient.
    Proxy {
        /// For whom.
        patient: PatientKey,
        /// The account of whoever acts.
        account: String,
        /// What they may see, why and how long.
        proxy: Box<ProxyGrant>,
    },
    /// An app gets nothing of the practice's patients, or no longer does not.
    App {
        /// Which.
        client_id: String,
        /// It gets nothing.
        blocked: bool,
    },
    /// The patient is given a letter with which they can sign in once.
    Linkage {
        /// Whose record it opens.
        patient: PatientKey,
        /// What it calls the account: a letter with this is not issued twice.
        id: String,
        /// Under what it is kept; not in the log.
        #[serde(skip)]
        digest: [u8; 32],
        /// It opens nothing from then on.
        expires: Timestamp,
    },
    /// A letter counts no longer, nor does what it has opened.
    EndLinkage {
        /// Whose record it opened.
        patient: PatientKey,
        /// Which.
        id: String,
    },
    /// Somebody may act for the patient no longer.
    EndProxy {
        /// For whom.
        patient: PatientKey,
        /// The account of whoever acts.
        account: String,
        /// The last day on which they may.
        last: Date,
    },
}

impl Change {
    /// The patient whom it is about, if it is about one.
    #[must_use]
    pub fn patient(&self) -> Option<&PatientKey> {
        match self {
            Self::Rules { .. } | Self::App { .. } => None,
            Self::Hide { patient, .. }
            | Self::Unhide { patient, .. }
            | Self::Review { patient, .. }
            | Self::Suppress { patient }
            | Self::Unsuppress { patient }
            | Self::Access { patient, .. }
            | Self::Proxy { patient, .. }
            | Self::Linkage { patient, .. }
            | Self::EndLinkage { patient, .. }
            | Self::EndProxy { patient, .. } => Some(patient),
        }
    }
}

/// A line of the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number in the practice, from 1.
    pub number: u64,
    /// What.
    #[serde(flatten)]
    pub change: Change,
    /// Who, when and why.
    #[serde(flatten)]
    pub decided: Decided,
}

impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decision({}, {})", self.number, self.at())
    }
}

impl Decision {
    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.decided.at
    }
}

/// Decisions and their log.
pub trait Decisions {
    /// Decides, and writes down that it was decided. What hides, or withholds words, counts from the instant at
    /// which this returns, even while a batch is open, and in every record that a feed of the practice has of the person:
    /// the labels of what is released grow, and words go, in the same transaction. What shows again counts once
    /// the patient, who is then dirty, was projected anew. Returns the decision's number; `None`, and nothing is
    /// written, where that was so already or there is nothing to undo.
    ///
    /// # Errors
    /// If it could not be made durable; then nothing was decided.
    fn decide(
        &self,
        practice: &OdsCode,
        change: &Change,
        decided: &Decided,
    ) -> Result<Option<u64>, StoreError>;

    /// The log of a practice after a number, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn decisions(&self, practice: &OdsCode, after: u64, limit: usize) -> Result<Vec<Decision>, StoreError>;
}
