//! The file of a loaded terminology: a checksum, and the compact form that `map` reads. Written whole or not at all.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use project::{Terminology, TerminologyError};

use crate::config::Config;

/// No edition comes near it; a file that is larger is something else.
const LARGEST: u64 = 2 << 30;

/// A terminology, and what tells it from any other.
#[derive(Debug)]
pub struct Loaded {
    /// What is asked.
    pub terminology: Terminology,
    /// The edition and a checksum: records that were made with another one must be made anew.
    pub identity: String,
}

/// Why a terminology cannot be used.
#[derive(Debug)]
pub enum Problem {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// Its checksum is wrong, or it is something else.
    Unusable(PathBuf, TerminologyError),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(file, error) => write!(f, "cannot read {}: {error}", file.display()),
            Self::Unusable(file, error) => write!(f, "{} cannot be used: {error}", file.display()),
        }
    }
}

impl std::error::Error for Problem {}

/// The configured terminology, if there is one.
///
/// # Errors
/// If there is one and it cannot be used: records would be made otherwise than the operator means.
pub fn configured(config: &Config) -> Result<Option<Loaded>, Problem> {
    config.terminology.file.as_deref().map(read).transpose()
}

/// Reads a file.
///
/// # Errors
/// [`Problem`].
pub fn read(file: &Path) -> Result<Loaded, Problem> {
    let unreadable = |error| Problem::Unreadable(file.to_owned(), error);
    let unusable = |error| Problem::Unusable(file.to_owned(), error);
    if fs::metadata(file).map_err(unreadable)?.len() > LARGEST {
        return Err(unusable(TerminologyError::Damaged));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let (sum, content) = bytes
        .split_first_chunk::<SHA256_OUTPUT_LEN>()
        .filter(|(sum, content)| digest(&SHA256, content).as_ref() == sum.as_slice())
        .ok_or_else(|| unusable(TerminologyError::Damaged))?;
    let terminology = Terminology::parse(content).map_err(unusable)?;
    let sum: String = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let identity = format!("{} {sum}", terminology.edition());
    Ok(Loaded { terminology, identity })
}

/// Writes a compact form aside and moves it to its name, so that nobody reads half of it.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    let part = file.with_added_extension("part");
    let mut out = fs::File::create(&part)?;
    io::Write::write_all(&mut out, digest(&SHA256, content).as_ref())?;
    io::Write::write_all(&mut out, content)?;
    out.sync_all()?;
    fs::rename(part, file)
}

#[cfg(test)]
mod tests {
    use project::TerminologyRelease;

    use super::*;

    fn release(edition: &str) -> Vec<u8> {
        TerminologyRelease { edition: edition.to_owned(), ..TerminologyRelease::default() }.encode()
    }

    #[test]
    fn another_content_is_another_identity_and_the_same_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let identity = |name: &str, content: &[u8]| {
            let file = dir.path().join(name);
            write(&file, content).unwrap();
            read(&file).unwrap().identity
        };
        let one = identity("one", &release("invented 1"));
        assert!(one.starts_with("invented 1 "));
        assert_eq!(one, identity("same", &release("invented 1")));
        assert_ne!(one, identity("other", &release("invented 2")));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "nothing else is left behind");
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("terms");
        write(&file, &release("invented")).unwrap();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&file, bytes).unwrap();
            assert!(matches!(read(&file), Err(Problem::Unusable(..))), "{at}");
        }
        assert!(matches!(read(&dir.path().join("none")), Err(Problem::Unreadable(..))));
    }
}
