//! What can go wrong in a store. No message holds a key or a value.

use std::{fmt, path::PathBuf};

/// A store could not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// The engine failed (disk full, permission, damage that it noticed itself).
    Engine(heed::Error),
    /// The map is full.
    Full,
    /// The disk, or what this user may have of it, is full.
    NoSpace {
        /// The store's folder, where it is known.
        at: Option<PathBuf>,
    },
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
            Self::Engine(error) => write!(f, "the store's engine failed ({})", engine_words(error)),
            Self::NoSpace { at: None } => {
                f.write_str("there is no space left on the disk of the store: make room there")
            }
            Self::NoSpace { at: Some(at) } => {
                write!(f, "there is no space left on the disk of the store, {}: make room there", at.display())
            }
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
            Self::Io(error) => write!(f, "a file of the store could not be used ({})", error.kind()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Engine(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Full
            | Self::NoSpace { .. }
            | Self::OtherKey
            | Self::Damaged(_)
            | Self::Format { .. }
            | Self::BatchOpen { .. } => None,
        }
    }
}

impl From<heed::Error> for StoreError {
    fn from(error: heed::Error) -> Self {
        match error {
            heed::Error::Mdb(heed::MdbError::MapFull) => Self::Full,
            heed::Error::Mdb(heed::MdbError::Other(code))
                if is_full(&std::io::Error::from_raw_os_error(code)) =>
            {
                Self::NoSpace { at: None }
            }
            heed::Error::Io(error) if is_full(&error) => Self::NoSpace { at: None },
            other => Self::Engine(other),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        if is_full(&error) { Self::NoSpace { at: None } } else { Self::Io(error) }
    }
}

pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// What the engine says of itself, without any key or value.
fn engine_words(error: &heed::Error) -> String {
    match error {
        heed::Error::Io(error) => error.kind().to_string(),
        heed::Error::Mdb(heed::MdbError::Other(code)) => {
            format!("{}, error {code}", std::io::Error::from_raw_os_error(*code).kind())
        }
        heed::Error::Mdb(error) => error.to_string(),
        heed::Error::Encoding(_) | heed::Error::Decoding(_) => "a value of another form".to_owned(),
        heed::Error::EnvAlreadyOpened => "it is open already".to_owned(),
    }
}

impl StoreError {
    /// The cause in a word of a closed list, for metrics and probes.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match self {
            Self::NoSpace { .. } => "disk-full",
            Self::Full => "map-full",
            Self::Engine(_) => "engine",
            Self::Io(_) => "io",
            Self::Damaged(_) => "damaged",
            Self::Format { .. } => "format",
            Self::BatchOpen { .. } => "batch-open",
            Self::OtherKey => "other-key",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failure_is_named() {
        const NO_SPACE: i32 = 28;
        const IO: i32 = 5;
        let of_engine = |code| StoreError::from(heed::Error::Mdb(heed::MdbError::Other(code)));
        let of_file = |code| StoreError::from(std::io::Error::from_raw_os_error(code));
        for full in [of_engine(NO_SPACE), of_file(NO_SPACE)] {
            assert!(full.to_string().contains("no space left on the disk"), "{full}");
            assert_eq!(full.cause(), "disk-full");
        }
        let map = StoreError::from(heed::Error::Mdb(heed::MdbError::MapFull));
        assert!(map.to_string().contains("store.max_gib") && map.cause() == "map-full", "{map}");
        assert!(of_engine(IO).to_string().contains("error 5"), "{}", of_engine(IO));
        assert_eq!((of_engine(IO).cause(), of_file(IO).cause()), ("engine", "io"));
    }
}
