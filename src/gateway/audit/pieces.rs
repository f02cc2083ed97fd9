//! The index of the trail on disk: for a stretch of a day's file, a piece with where the lines about somebody begin. A piece
//! is written once, whole, and named after its stretch.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::civil::Date;

/// A line about somebody; pieces have them sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Whom: a part of a hash. The line itself says who it really is.
    pub(super) key: u64,
    /// Where the line begins in the day's file.
    pub(super) at: u64,
}

impl Entry {
    const BYTES: usize = 16;

    fn written(self) -> [u8; Self::BYTES] {
        ((u128::from(self.key) << 64) | u128::from(self.at)).to_be_bytes()
    }

    fn read(file: &File, place: u64) -> io::Result<Self> {
        let mut bytes = [0; Self::BYTES];
        file.read_exact_at(&mut bytes, place * Self::BYTES as u64)?;
        let [key, at] = [&bytes[..8], &bytes[8..]]
            .map(|half| half.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)));
        Ok(Self { key, at })
    }
}

/// A stretch of a day's file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) from: u64,
    pub(super) to: u64,
    /// It has as many entries as its name says.
    pub(super) whole: bool,
    path: PathBuf,
}

impl Piece {
    fn named(path: PathBuf) -> Option<(Date, Self)> {
        let name = path.file_name()?.to_str()?.strip_suffix(".index")?;
        let mut parts = name.splitn(3, '.');
        let day = parts.next()?.parse().ok()?;
        let (from, to) = parts.next()?.split_once('-')?;
        let entries: u64 = parts.next()?.parse().ok()?;
        let bytes = fs::metadata(&path).ok()?.len();
        let whole = entries.checked_mul(Entry::BYTES as u64) == Some(bytes);
        Some((day, Self { from: from.parse().ok()?, to: to.parse().ok()?, whole, path }))
    }

    /// Writes what is known of a stretch, so that it is there whole or not at all.
    pub(super) fn write(
        dir: &Path,
        day: Date,
        (from, to): (u64, u64),
        entries: &mut [Entry],
    ) -> io::Result<()> {
        entries.sort_unstable();
        let unfinished = dir.join("index.unfinished");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        let mut writer = BufWriter::with_capacity(1 << 16, file);
        for entry in &*entries {
            writer.write_all(&entry.written())?;
        }
        writer.into_inner()?.sync_data()?;
        fs::rename(&unfinished, dir.join(format!("{day}.{from}-{to}.{}.index", entries.len())))?;
        File::open(dir)?.sync_all()
    }

    /// Where the lines of a key begin, in their order.
    pub(super) fn of(&self, key: u64) -> io::Result<Vec<u64>> {
        let file = File::open(&self.path)?;
        let entries = file.metadata()?.len() / Entry::BYTES as u64;
        let (mut low, mut high) = (0, entries);
        while low < high {
            let middle = low + (high - low) / 2;
            if Entry::read(&file, middle)?.key < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut found = Vec::new();
        for place in low..entries {
            let entry = Entry::read(&file, place)?;
            if entry.key != key {
                break;
            }
            found.push(entry.at);
        }
        Ok(found)
    }

    pub(super) fn delete(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// The pieces of a folder, by day and in the order of their stretches.
pub(super) fn pieces(dir: &Path) -> io::Result<BTreeMap<Date, Vec<Piece>>> {
    let mut found: BTreeMap<Date, Vec<Piece>> = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        if let Some((day, piece)) = Piece::named(entry?.path()) {
            found.entry(day).or_default().push(piece);
        }
    }
    for of_day in found.values_mut() {
        of_day.sort();
    }
    Ok(found)
}

/// How far these go from the beginning without a gap.
pub(super) fn covered(pieces: &[Piece]) -> u64 {
    pieces.iter().fold(0, |to, piece| if piece.whole && piece.from == to { piece.to } else { to })
}
