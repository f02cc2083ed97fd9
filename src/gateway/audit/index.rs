//! Which lines of the trail are about whom. The index is made from the day's files and follows them: what of it is missing
//! is made again, and while it is behind, that is said. It only finds lines; what a line says is in the trail.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom},
    mem,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::civil::Date;
use serde::Deserialize;

use super::{
    chain::files,
    pieces::{Entry, Piece, covered, pieces},
    trail::named_day,
};

/// How much is done at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// So many entries become a piece (16 bytes each).
    pub(super) entries: usize,
    /// About so many bytes of the trail are read, or one line.
    pub(super) bytes: u64,
}

const STEP: Step = Step { entries: 1 << 20, bytes: 64 << 20 };

/// To look for a file costs as much as so many bytes.
const LOOKING: u64 = 1 << 18;

pub(super) struct Index {
    dir: PathBuf,
    step: Step,
    tail: Mutex<Option<Tail>>,
}

/// What is known of a day and is in no piece yet.
struct Tail {
    day: Date,
    from: u64,
    to: u64,
    entries: Vec<Entry>,
}

/// A day, and where in its file the lines about somebody begin, in their order.
pub(super) type Places = (Date, Vec<u64>);

impl Index {
    /// Before anybody writes to the trail: pieces that go further than it does are of lines that were lost, and go.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        Self::stepping(dir, STEP)
    }

    pub(super) fn stepping(dir: &Path, step: Step) -> io::Result<Self> {
        let index = Self { dir: dir.to_owned(), step, tail: Mutex::default() };
        let tail = index.begin()?;
        Ok(Self { tail: Mutex::new(tail), ..index })
    }

    /// Goes on a step. Whether it has come to the end of the trail.
    pub(super) fn advance(&self) -> io::Result<bool> {
        self.advanced(&mut self.tail.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The days, newest first, on which there are lines of a key, up to the end of the trail as it is now; none while the
    /// index is behind. Only `days` days, from `from` or the last one, are gone through. Where there are more, the last that
    /// was is told.
    pub(super) fn places(
        &self,
        key: u64,
        from: Option<Date>,
        days: usize,
    ) -> io::Result<Option<(Vec<Places>, Option<Date>)>> {
        let mut guard = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.advanced(&mut guard)? {
            return Ok(None);
        }
        let Some(tail) = &*guard else { return Ok(Some((Vec::new(), None))) };
        let mut all = pieces(&self.dir)?;
        let mut found = Vec::new();
        let last = from.map_or(tail.day, |from| from.min(tail.day));
        let mut files = days_of(&self.dir)?.into_iter().rev().filter(|day| *day <= last);
        let mut gone_through = None;
        for day in files.by_ref().take(days) {
            gone_through = Some(day);
            let of_day = all.remove(&day).unwrap_or_default();
            let end = if day == tail.day { tail.from } else { length(&self.dir, day)? };
            if covered(&of_day) != end {
                // Somebody took a piece away.
                *guard = None;
                return Ok(None);
            }
            let mut places = Vec::new();
            for piece in of_day {
                places.extend(piece.of(key)?);
            }
            if day == tail.day {
                places.extend(tail.entries.iter().filter(|entry| entry.key == key).map(|entry| entry.at));
            }
            if !places.is_empty() {
                found.push((day, places));
            }
        }
        Ok(Some((found, files.next().and(gone_through))))
    }

    fn advanced(&self, state: &mut Option<Tail>) -> io::Result<bool> {
        if state.is_none() {
            *state = self.begin()?;
        }
        let Some(tail) = state else { return Ok(true) };
        let mut left = self.step.bytes;
        while left > 0 {
            // Nobody writes to a file any more once there is a later one.
            let next = days_of(&self.dir)?.into_iter().find(|day| *day > tail.day);
            let before = tail.to;
            let at_end = tail.read_on(&self.dir, left, self.step.entries)?;
            left = left.saturating_sub((tail.to - before).max(LOOKING));
            if tail.entries.len() >= self.step.entries {
                tail.keep(&self.dir)?;
            }
            match next {
                Some(next) if at_end => {
                    self.close(tail)?;
                    *tail = self.tail_of(next)?;
                }
                None if at_end => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    /// The first day that is not all in pieces, or the last.
    fn begin(&self) -> io::Result<Option<Tail>> {
        let days = days_of(&self.dir)?;
        self.forget(&days)?;
        let all = pieces(&self.dir)?;
        for day in &days {
            let to = covered(all.get(day).map_or(&[], Vec::as_slice));
            if Some(day) == days.last() || to != length(&self.dir, *day)? {
                return self.tail_of(*day).map(Some);
            }
        }
        Ok(None)
    }

    /// Goes on behind the pieces of a day; those that cannot be right go.
    fn tail_of(&self, day: Date) -> io::Result<Tail> {
        let of_day = pieces(&self.dir)?.remove(&day).unwrap_or_default();
        let whole = covered(&of_day);
        let to = if whole <= length(&self.dir, day)? { whole } else { 0 };
        for piece in of_day.iter().filter(|piece| !piece.whole || piece.to > to) {
            piece.delete()?;
        }
        Ok(Tail { day, from: to, to, entries: Vec::new() })
    }

    /// A day is over: of what is behind its last line nothing is to be found.
    fn close(&self, tail: &mut Tail) -> io::Result<()> {
        let end = length(&self.dir, tail.day)?;
        if end > 0 {
            tail.to = end;
            tail.keep(&self.dir)?;
        }
        self.forget(&days_of(&self.dir)?)
    }

    /// Takes away the pieces of days that are gone.
    fn forget(&self, days: &[Date]) -> io::Result<()> {
        let gone = pieces(&self.dir)?.into_iter().filter(|(day, _)| !days.contains(day));
        gone.flat_map(|(_, pieces)| pieces).try_for_each(|piece| piece.delete())
    }
}

impl Tail {
    /// Reads whole lines until so many bytes are read or there are so many entries; whether it came to the end.
    fn read_on(&mut self, dir: &Path, bytes: u64, entries: usize) -> io::Result<bool> {
        let mut file = match File::open(file_of(dir, self.day)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.to))?;
        let mut reader = BufReader::with_capacity(1 << 17, file);
        let stop = self.to.saturating_add(bytes);
        let mut line = Vec::new();
        while self.to < stop && self.entries.len() < entries {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                return Ok(true);
            }
            self.entries.extend(keys(&line).into_iter().flatten().map(|key| Entry { key, at: self.to }));
            self.to += read as u64;
        }
        Ok(false)
    }

    fn keep(&mut self, dir: &Path) -> io::Result<()> {
        if self.to > self.from {
            Piece::write(dir, self.day, (self.from, self.to), &mut self.entries)?;
            self.from = self.to;
            self.entries = Vec::new();
        }
        Ok(())
    }
}

/// What of a line is found by.
#[derive(Deserialize)]
struct Names {
    app: String,
    account: String,
    practice: String,
    patient: Option<String>,
}

/// Lines are found by the patient, by who looked at the patient, and by with which app.
fn keys(line: &[u8]) -> Option<[u64; 3]> {
    let Names { app, account, practice, patient } = serde_json::from_slice(line).ok()?;
    let names = [practice.as_str(), &patient?, &account, &app];
    Some([&names[..2], &names[..3], &names[..]].map(key))
}

/// Under what lines of these names are: practice and patient, then the account, then the app.
pub(super) fn key(names: &[&str]) -> u64 {
    let hash = digest(&SHA256, names.join("\0").as_bytes());
    hash.as_ref().iter().take(mem::size_of::<u64>()).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

pub(super) fn file_of(dir: &Path, day: Date) -> PathBuf {
    dir.join(format!("{day}.ndjson"))
}

fn days_of(dir: &Path) -> io::Result<Vec<Date>> {
    Ok(files(dir)?.iter().filter_map(|file| named_day(file)).collect())
}

/// Of a file that was deleted by age, nothing.
fn length(dir: &Path, day: Date) -> io::Result<u64> {
    match fs::metadata(file_of(dir, day)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        found => Ok(found?.len()),
    }
}
