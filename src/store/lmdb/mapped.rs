//! The store's file as it is mapped into memory. Its pages belong to the system's file cache, which takes them back when
//! it needs them; but as long as they are mapped they are counted as the process's, and whoever watches that would take
//! a long load for a leak. So a load lets go of them now and then. Nothing is lost by it: a page that is read again
//! comes from the cache.

use std::{fs, path::Path};

/// Mapped pages of files beyond which they are let go.
const LIMIT: usize = 192 << 20;

/// Where the store's file is mapped.
#[derive(Clone, Copy)]
pub(super) struct Mapped {
    range: Option<(usize, usize)>,
}

impl Mapped {
    /// Finds it. On systems that do not tell there is nothing to let go.
    pub(super) fn find(dir: &Path) -> Self {
        let file = fs::canonicalize(dir.join("data.mdb")).ok();
        let maps = fs::read_to_string("/proc/self/maps").ok();
        let range = file.zip(maps).and_then(|(file, maps)| range_of(&maps, file.to_str()?));
        Self { range }
    }

    /// Lets the pages go if there are too many.
    pub(super) fn keep_small(self) {
        if let Some(range) = self.range
            && mapped_bytes().is_some_and(|bytes| bytes > LIMIT)
        {
            let_go(range);
        }
    }
}

/// Begin and length of the mapping of a file (Linux, `proc_pid_maps(5)`: addresses, permissions, offset, device, inode, path).
fn range_of(maps: &str, file: &str) -> Option<(usize, usize)> {
    let line =
        maps.lines().find(|line| line.strip_suffix(file).is_some_and(|before| before.ends_with(' ')))?;
    let (from, to) = line.split(' ').next()?.split_once('-')?;
    let address = |digits| usize::from_str_radix(digits, 16).ok();
    let (from, to) = (address(from)?, address(to)?);
    Some((from, to.checked_sub(from)?))
}

/// Bytes of mapped files in memory (`proc_pid_statm(5)`, the third field, in pages).
fn mapped_bytes() -> Option<usize> {
    const PAGE: usize = 4096;
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    statm.split(' ').nth(2)?.parse::<usize>().ok().map(|pages| pages * PAGE)
}

#[expect(unsafe_code, reason = "the system's own call for this is the only way")]
fn let_go((from, length): (usize, usize)) {
    // SAFETY: it is the shared mapping of a file that the engine never writes to through it. The advice changes no
    // byte of it: whoever reads a page meanwhile or later gets it from the file again. What it answers does not matter.
    unsafe { libc::madvise(from as *mut libc::c_void, length, libc::MADV_DONTNEED) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_of_a_file_is_found_by_its_whole_path() {
        let maps = "55d0-55e0 r-xp 00000000 fe:00 7 /a/b\n\
                    7f0000000000-7f0000001000 r--s 00000000 fe:00 8  /var/lib/x/store/data.mdb\n\
                    7f0000002000-7f0000004000 r--s 00000000 fe:00 9  /x/store/data.mdb\n";
        assert_eq!(range_of(maps, "/x/store/data.mdb"), Some((0x7f00_0000_2000, 0x2000)));
        assert_eq!(range_of(maps, "/store/data.mdb"), None);
        assert_eq!(range_of("", "/a"), None);
    }

    #[test]
    fn what_was_let_go_is_read_again_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let store = crate::Lmdb::open(&crate::Settings { dir: dir.path().to_owned(), max_gib: 1 }).unwrap();
        crate::Store::bind(&store, &[7; 8]).unwrap();
        let txn = store.reader().unwrap();
        let before = store.meta.get(&txn, b"id-key").unwrap().unwrap();
        let mapped = Mapped::find(dir.path());
        if let Some((from, length)) = mapped.range {
            let at = before.as_ptr() as usize;
            assert!((from..from + length).contains(&at), "the value lies in the mapping");
            let_go((from, length));
        }
        assert_eq!(before, [7; 8]);
        assert_eq!(mapped.range.is_some(), cfg!(target_os = "linux"));
    }
}
