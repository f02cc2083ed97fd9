//! What can go wrong in a store. No message holds a key or a value.

use std::fmt;

/// A store could not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// The engine failed (disk full, permission, damage that it noticed itself).
    Engine(heed::Error),
    /// The map is full.
    Full,
    /// A value's checksum does not fit, or it cannot be decoded: it is damaged. The keyspace is named.
    Damaged(&'static str),
    /// The store was written by another version of its format.
    Format {
        /// The format found.
        found: u32,
        /// The format that this version writes.
        known: u32,
    },
    /// Another batch of the practice was begun and not closed.
    BatchOpen {
        /// What identifies it.
        fingerprint: String,
    },
    /// The records in it were made with another key for logical ids.
    OtherKey,
    /// A file operation beside the engine failed.
    Io(std::io::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(_) => f.write_str("the store's engine failed"),
            Self::OtherKey => f.write_str(
                "the records in the store were made with another id.key, and every id would change: put back the copy of \
                 the key that was kept",
            ),
            Self::Full => f.write_str("the store is full: raise store.max_gib in the configuration"),
            Self::Damaged(space) => {
                write!(
                    f,
                    "a value in the store's {space} is damaged: restore the store, or load the export again"
                )
            }
            Self::Format { found, known } => {
                write!(f, "the store has format {found}, this version of recordgate knows format {known}")
            }
            Self::BatchOpen { fingerprint } => write!(
                f,
                "an earlier batch was begun and has not been finished ({fingerprint}): wait for it if it is still being \
                 loaded; if it was interrupted, load exactly those files again first, because what they say about \
                 visibility may not have arrived; if they are lost, `recordgate admin abandon-batch` gives it up"
            ),
            Self::Io(_) => f.write_str("a file of the store could not be used"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Engine(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Full | Self::OtherKey | Self::Damaged(_) | Self::Format { .. } | Self::BatchOpen { .. } => {
                None
            }
        }
    }
}

impl From<heed::Error> for StoreError {
    fn from(error: heed::Error) -> Self {
        match error {
            heed::Error::Mdb(heed::MdbError::MapFull) => Self::Full,
            other => Self::Engine(other),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
