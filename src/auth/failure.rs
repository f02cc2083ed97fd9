//! This server failed, through nobody else's fault. Nothing of a token or a person is in it.

use std::fmt;

use store::StoreError;

use crate::secret::NoRandomness;

/// Why something could not be decided or issued.
#[derive(Debug)]
pub enum Failure {
    /// The store failed.
    Store(StoreError),
    /// The system gave no random numbers.
    Randomness,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoRandomness> for Failure {
    fn from(_: NoRandomness) -> Self {
        Self::Randomness
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(_) => f.write_str("the store could not be used"),
            Self::Randomness => f.write_str("the system gave no random numbers"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Randomness => None,
        }
    }
}
