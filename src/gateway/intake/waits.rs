//! Why batches wait, written down where `recordgate admin batches` reads it: the command is another process, and the
//! store may be what fails. The file has its full length from the beginning and is written over in place, which needs no
//! room on a disk that has none.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use record::OdsCode;

/// In the spool, where no supplier's folder has such a name.
const NAME: &str = "waits.tsv";
/// The file's length; practices beyond it are not written down.
const LENGTH: usize = 64 << 10;

/// Why nothing of a practice is loaded at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The practice.
    pub practice: OdsCode,
    /// When it is tried again.
    pub until: Timestamp,
    /// Why, for an operator.
    pub words: String,
}

/// What is written down.
pub(super) struct Waits {
    path: PathBuf,
    last: Mutex<String>,
}

impl Waits {
    /// Takes away what an earlier run left. That it cannot be written keeps nobody from serving.
    pub(super) fn begin(spool: &Path) -> Self {
        let waits = Self { path: spool.join(NAME), last: Mutex::default() };
        waits.write("");
        waits
    }

    /// Writes down what is waited for, if that is not what it was.
    pub(super) fn keep(&self, waits: &[Wait]) {
        let mut text = String::new();
        for wait in waits {
            let words = wait.words.replace(char::is_control, " ");
            let line = format!("{}\t{}\t{words}\n", wait.practice, wait.until);
            if text.len() + line.len() <= LENGTH {
                text.push_str(&line);
            }
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            self.write(&text);
            *last = text;
        }
    }

    fn write(&self, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(LENGTH, b' ');
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&self.path);
        if let Err(error) = file.and_then(|file| file.write_all_at(&bytes, 0)) {
            let kind = error.kind();
            tracing::warn!(
                ?kind,
                "why batches wait could not be written down for `recordgate admin batches`"
            );
        }
    }
}

/// What a service wrote down last.
pub(super) fn kept(spool: &Path) -> Vec<Wait> {
    let text = fs::read(spool.join(NAME)).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    });
    text.unwrap_or_default().lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Wait> {
    let mut parts = line.splitn(3, '\t');
    let (practice, until, words) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Wait { practice: practice.parse().ok()?, until: until.parse().ok()?, words: words.to_owned() })
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;
    use crate::intake::loads::Trouble;

    fn wait(practice: &str, words: &str) -> Wait {
        Wait { practice: practice.parse().unwrap(), until: Timestamp::UNIX_EPOCH, words: words.to_owned() }
    }

    #[test]
    fn what_is_waited_for_is_read_back_and_written_over_without_more_room() {
        let spool = tempfile::tempdir().unwrap();
        assert_eq!(kept(spool.path()), []);
        let waits = Waits::begin(spool.path());
        let length = || fs::metadata(spool.path().join(NAME)).unwrap().len();
        let before = length();
        let two = [wait("Y99998", "the disk is full"), wait("Y99999", "the disk\tis\nfull")];
        waits.keep(&two);
        assert_eq!(kept(spool.path())[0], two[0]);
        assert_eq!(kept(spool.path())[1].words, "the disk is full");
        waits.keep(&two[1..]);
        assert_eq!(kept(spool.path()).len(), 1);
        let many: Vec<Wait> = (0..1_000).map(|_| wait("Y99999", &"full ".repeat(50))).collect();
        waits.keep(&many);
        assert_eq!((length(), kept(spool.path()).len() > 100), (before, true));
        Waits::begin(spool.path());
        assert_eq!(kept(spool.path()), [], "an earlier run's are gone");
    }

    #[test]
    fn a_supplier_is_not_told_where_the_store_is_and_an_operator_is() {
        let full = StoreError::NoSpace { at: Some("/srv/store".into()) };
        let Trouble::Store(words, inside) = Trouble::of_store(&full) else { panic!("another trouble") };
        assert!(words.contains("no space left") && !words.contains("/srv"), "{words}");
        assert!(inside.contains("no space left") && inside.contains("/srv/store"), "{inside}");
        let Trouble::Store(words, inside) = Trouble::of_store(&StoreError::Full) else { panic!("another") };
        assert!(words.contains("store.max_gib") && inside.contains("store.max_gib"), "{words} {inside}");
    }
}
