//! What suppliers deliver over the network: announced, received, committed, and what became of it. The files
//! themselves lie in the gateway's spool.

use jiff::Timestamp;
use record::{OdsCode, Report};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// One batch as a supplier delivers it. Its id is the supplier's own: another supplier's may be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The supplier, by its name in the configuration.
    pub supplier: String,
    /// The id.
    pub id: String,
    /// Whose records it holds.
    pub practice: OdsCode,
    /// The name of its format.
    pub format: String,
    /// Its files, in the order in which they were announced.
    pub files: Vec<DeliveredFile>,
    /// Identifies practice, format and what is in the files.
    pub content: String,
    /// When it was announced.
    pub created: Timestamp,
    /// When it is forgotten, with its files, unless it is committed before.
    pub expires: Timestamp,
    /// How far it has come.
    pub state: DeliveryState,
}

/// A file as it was announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Its name, without folders.
    pub name: String,
    /// Its size in bytes, not compressed.
    pub size: u64,
    /// SHA-256 of it, not compressed, in lower-case hexadecimal.
    pub sha256: String,
}

/// How far a delivery has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum DeliveryState {
    /// Its files are being sent.
    Receiving,
    /// All of it is on disk and waits for its turn, or is being loaded.
    Committed {
        /// Since when.
        at: Timestamp,
        /// Deliveries of a practice are loaded in this order.
        turn: u64,
        /// How often it was tried to load it and came to no good end: it failed, or the process ended meanwhile.
        #[serde(default)]
        tries: u32,
    },
    /// It was tried to load it, and given up. Its files are kept until somebody decides.
    Failed {
        /// When it was given up.
        at: Timestamp,
        /// The turn that it had.
        turn: u64,
        /// Why, in words of ours.
        why: String,
    },
    /// It was loaded and what it changed is released.
    Loaded {
        /// When that was done.
        at: Timestamp,
        /// The batch's number in its practice, by which its log of rows is found.
        batch: u64,
        /// The counts; the issues are in the log.
        report: Report,
    },
    /// It cannot be loaded. Nothing of it is stored.
    Refused {
        /// When that was found.
        at: Timestamp,
        /// Why.
        report: Report,
    },
}

impl Delivery {
    /// How often it was tried to load it, if it waits for that.
    #[must_use]
    pub fn tries(&self) -> u32 {
        match self.state {
            DeliveryState::Committed { tries, .. } => tries,
            DeliveryState::Receiving
            | DeliveryState::Failed { .. }
            | DeliveryState::Loaded { .. }
            | DeliveryState::Refused { .. } => 0,
        }
    }

    /// The same delivery, tried so often.
    #[must_use]
    pub fn tried(&self, tries: u32) -> Self {
        let state = match self.state {
            DeliveryState::Committed { at, turn, .. } => DeliveryState::Committed { at, turn, tries },
            ref other => other.clone(),
        };
        Self { state, ..self.clone() }
    }

    /// Whether its files are in the spool.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            DeliveryState::Receiving | DeliveryState::Committed { .. } | DeliveryState::Failed { .. } => true,
            DeliveryState::Loaded { .. } | DeliveryState::Refused { .. } => false,
        }
    }

    /// The size of its files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

/// Deliveries. Each write is durable when it returns.
pub trait Deliveries {
    /// A delivery of a supplier.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn delivery(&self, supplier: &str, id: &str) -> Result<Option<Delivery>, StoreError>;

    /// The deliveries of a supplier with ids below this one (all, if it is empty), the highest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn deliveries(&self, supplier: &str, below: &str, limit: usize) -> Result<Vec<Delivery>, StoreError>;

    /// The delivery of a supplier that was committed with this content, and neither refused nor given up.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn delivery_of(&self, supplier: &str, content: &str) -> Result<Option<Delivery>, StoreError>;

    /// Every delivery of every supplier whose files are in the spool.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn open_deliveries(&self) -> Result<Vec<Delivery>, StoreError>;

    /// Puts a delivery in place of what was known of it.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn put_delivery(&self, delivery: &Delivery) -> Result<(), StoreError>;

    /// Commits a delivery that was being received: it gets its turn, after all that were committed before it.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn commit_delivery(&self, delivery: &Delivery, at: Timestamp) -> Result<Delivery, StoreError>;

    /// Notes how often it was tried to load a delivery that was committed. What has become of it meanwhile stands: says
    /// whether it still waits in the same turn.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn tried(&self, delivery: &Delivery, tries: u32) -> Result<bool, StoreError>;

    /// Forgets a delivery.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn forget_delivery(&self, delivery: &Delivery) -> Result<(), StoreError>;
}
