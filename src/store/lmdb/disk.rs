//! What is behind a write that failed. LMDB calls a write that was cut short an input/output error, though a disk that
//! fills up cuts one short before it refuses the next; so that it is tried whether anything can be written at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::{StoreError, error::is_full};

/// `EIO`.
const CUT_SHORT: i32 = 5;
/// As much as LMDB writes at once.
const PIECE: usize = 256 << 10;

/// The same error, with what the disk has to say about it. `try_room` writes something beside the store.
pub(super) fn found_out(
    error: StoreError,
    dir: &Path,
    try_room: impl FnOnce(&Path) -> io::Result<()>,
) -> StoreError {
    let full = match &error {
        StoreError::NoSpace { at: None } => true,
        StoreError::Engine(heed::Error::Io(error)) if error.raw_os_error() == Some(CUT_SHORT) => {
            try_room(dir).is_err_and(|error| is_full(&error))
        }
        _ => false,
    };
    if full { StoreError::NoSpace { at: Some(dir.to_owned()) } } else { error }
}

/// Writes a file beside the store and takes it away again.
pub(super) fn has_room(dir: &Path) -> io::Result<()> {
    let path = dir.join("room");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| file.write_all(&vec![1; PIECE]));
    // What there is of it must not take room.
    let _ = fs::remove_file(path);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: i32 = 28;

    fn engine(code: i32) -> StoreError {
        heed::Error::Io(io::Error::from_raw_os_error(code)).into()
    }

    #[test]
    fn a_write_that_a_full_disk_cuts_short_is_told_as_a_full_disk_with_its_path() {
        let dir = Path::new("/srv/store");
        let full = |_: &Path| Err(io::Error::from_raw_os_error(FULL));
        for error in [engine(CUT_SHORT), engine(FULL)] {
            let found = found_out(error, dir, full);
            assert_eq!(found.cause(), "disk-full");
            let words = found.to_string();
            assert!(words.contains("no space left") && words.contains("/srv/store"), "{words}");
        }
    }

    #[test]
    fn a_disk_that_fails_and_is_not_full_is_told_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(found_out(engine(CUT_SHORT), dir.path(), has_room).cause(), "engine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
        let broken = |_: &Path| Err(io::Error::from_raw_os_error(CUT_SHORT));
        assert_eq!(found_out(engine(CUT_SHORT), dir.path(), broken).cause(), "engine");
        assert_eq!(found_out(StoreError::Full, dir.path(), broken).cause(), "map-full");
    }
}
