//! The trail as it is written: a file for each day.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

use super::{
    Row,
    chain::{Head, files},
    index::Index,
};

/// How long a line may be on its way to the disk.
const SYNC_EVERY: Duration = Duration::from_millis(100);
/// How far behind the index may be.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How soon the index is tried again after it could not be made.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// A line is shorter: it names at most as many entries as a page shows.
pub(super) const LONGEST_LINE: u64 = 1 << 20;

/// A request cannot be written down, and must not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotWritten;

/// The trail of one server. Nobody else writes to it as long as this is there.
pub struct Trail {
    writer: Arc<Writer>,
    index: Arc<Index>,
    indexing: Option<Indexing>,
    _lock: File,
}

/// The thread that keeps the index going, until what it holds is dropped.
struct Indexing {
    ends: Sender<()>,
    thread: JoinHandle<()>,
}

struct Writer {
    dir: PathBuf,
    keep_days: Option<u32>,
    open: Mutex<Open>,
    /// Nobody knows what is on the disk after a sync that failed: only a restart, which reads it, does.
    lost: AtomicBool,
    /// The last line could not be written.
    failing: AtomicBool,
}

/// The file of the day.
struct Open {
    day: Date,
    file: Arc<File>,
    /// What of it are whole lines, in bytes.
    whole: u64,
    head: Head,
    unsynced: bool,
    /// A part of a line may stand behind the whole ones.
    torn: bool,
}

impl Trail {
    /// Opens the trail in a folder, which is made if it is not there, and goes on after its last line. What is behind the
    /// last whole line was never answered, and goes. Files are deleted when `keep_days` have gone since their day.
    ///
    /// # Errors
    /// If it cannot be read or written, or another server writes to it.
    pub fn open(dir: &Path, keep_days: Option<u32>, now: Timestamp) -> io::Result<Arc<Self>> {
        if !dir.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false), &dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::other("another server writes there; each needs a folder of its own")
            }
            TryLockError::Error(error) => error,
        })?;
        let open = Open::last(dir, day(now))?;
        let writer = Arc::new(Writer {
            dir: dir.to_owned(),
            keep_days,
            open: Mutex::new(open),
            lost: AtomicBool::new(false),
            failing: AtomicBool::new(false),
        });
        writer.forget_old(day(now));
        let weak = Arc::downgrade(&writer);
        thread::Builder::new().name("audit".to_owned()).spawn(move || keep_syncing(&weak))?;
        let index = Arc::new(Index::open(dir)?);
        let indexing = Some(Indexing::begin(Arc::clone(&index))?);
        Ok(Arc::new(Self { writer, index, indexing, _lock: lock }))
    }

    /// Writes a line, with its number and the hash of the one before.
    ///
    /// # Errors
    /// If it is not written whole. Then nothing of it is.
    pub fn write(&self, row: Row) -> Result<(), NotWritten> {
        let writer = &self.writer;
        if writer.lost.load(Ordering::Acquire) {
            return Err(NotWritten);
        }
        let written = writer.append(row);
        if let Err(error) = &written {
            let dir = writer.dir.display();
            tracing::error!(cause = ?error.kind(), %dir, "a request could not be written to the audit trail, and was refused");
        }
        writer.failing.store(written.is_err(), Ordering::Release);
        written.map_err(|_| NotWritten)
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.writer.dir
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Whether requests about patients are refused because they cannot be written down.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.writer.failing.load(Ordering::Acquire) || self.writer.lost.load(Ordering::Acquire)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.writer.sync();
        // Before somebody else opens the folder.
        if let Some(Indexing { ends, thread }) = self.indexing.take() {
            drop(ends);
            let _ = thread.join();
        }
    }
}

impl Indexing {
    fn begin(index: Arc<Index>) -> io::Result<Self> {
        let (ends, ended) = mpsc::channel();
        let thread = thread::Builder::new().name("audit index".to_owned()).spawn(move || {
            let mut wait = Duration::ZERO;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = match index.advance() {
                    Ok(false) => Duration::ZERO,
                    Ok(true) => INDEX_EVERY,
                    Err(error) => {
                        tracing::error!(cause = ?error.kind(), "the index of the audit trail cannot be made now");
                        TRY_AGAIN
                    }
                };
            }
        })?;
        Ok(Self { ends, thread })
    }
}

impl Writer {
    fn append(&self, row: Row) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let today = day(row.at);
        // A clock that goes back does not bring back an earlier file.
        let turns = today > open.day;
        if turns {
            self.bring_to_disk(&open.file)?;
            open.turn(&self.dir, today)?;
        }
        open.append(row)?;
        if turns {
            self.forget_old(today);
        }
        Ok(())
    }

    /// Deletes the files that are too old, but for the last one with a line: the next line follows it. One that cannot be
    /// deleted is tried again the next day.
    fn forget_old(&self, today: Date) {
        let Some(days) = self.keep_days else { return };
        let Ok(first) = today.checked_sub(Span::new().days(i64::from(days))) else { return };
        let files = files(&self.dir).unwrap_or_default();
        let has_lines = |file: &PathBuf| fs::metadata(file).is_ok_and(|file| file.len() > 0);
        let last = files.iter().rposition(has_lines).unwrap_or(0);
        for file in files.iter().take(last) {
            if named_day(file).is_some_and(|day| day < first) && fs::remove_file(file).is_err() {
                tracing::error!("an old file of the audit trail could not be deleted");
            }
        }
    }

    fn sync(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut open.unsynced) {
            return;
        }
        let file = Arc::clone(&open.file);
        drop(open);
        // Whoever asks next is told.
        let _ = self.bring_to_disk(&file);
    }

    fn bring_to_disk(&self, file: &File) -> io::Result<()> {
        let brought = file.sync_data();
        if brought.is_err() {
            tracing::error!(
                "the audit trail could not be brought to the disk: nothing is shown until a restart"
            );
            self.lost.store(true, Ordering::Release);
        }
        brought
    }
}

fn keep_syncing(writer: &Weak<Writer>) {
    while let Some(writer) = writer.upgrade() {
        writer.sync();
        drop(writer);
        thread::sleep(SYNC_EVERY);
    }
}

impl Open {
    fn last(dir: &Path, today: Date) -> io::Result<Self> {
        let mut head = Head::default();
        let mut last_day = today;
        for file in files(dir)?.iter().rev() {
            last_day = last_day.max(named_day(file).unwrap_or(today));
            if let Some(found) = mended(file)? {
                head = found;
                break;
            }
        }
        let (file, whole) = of_day(dir, last_day)?;
        Ok(Self { day: last_day, file, whole, head, unsynced: false, torn: false })
    }

    /// Goes on in the file of another day.
    fn turn(&mut self, dir: &Path, day: Date) -> io::Result<()> {
        self.mend()?;
        let (file, whole) = of_day(dir, day)?;
        (self.day, self.file, self.whole, self.unsynced) = (day, file, whole, false);
        Ok(())
    }

    fn append(&mut self, row: Row) -> io::Result<()> {
        self.mend()?;
        let row = Row { n: self.head.n + 1, before: self.head.hash.clone(), ..row };
        let mut line = serde_json::to_vec(&row)?;
        let head = Head::after(row.n, &line);
        line.push(b'\n');
        self.torn = true;
        if let Err(error) = (&*self.file).write_all(&line) {
            self.mend()?;
            return Err(error);
        }
        self.torn = false;
        self.whole += line.len() as u64;
        self.head = head;
        self.unsynced = true;
        Ok(())
    }

    /// Cuts off what is left of a line that could not be written, which must not stand before the next one.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.whole)?;
            self.torn = false;
        }
        Ok(())
    }
}

/// The head in a file, none if it has no line; what is behind its last line feed is cut off.
fn mended(path: &Path) -> io::Result<Option<Head>> {
    let mut file = private(OpenOptions::new().read(true).write(true), path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LONGEST_LINE * 2);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    (&file).take(length - from).read_to_end(&mut tail)?;
    let end = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if end < tail.len() {
        tracing::warn!(bytes = tail.len() - end, "the last line of the audit trail was torn, and is cut off");
        file.set_len(from + end as u64)?;
    }
    let Some(line) = tail.get(..end).and_then(|lines| lines.split(|byte| *byte == b'\n').rev().nth(1)) else {
        return Ok(None);
    };
    let row: Row = serde_json::from_slice(line).map_err(|_| {
        let name = path.file_name().unwrap_or_default().display();
        io::Error::other(format!(
            "{name}: its last line is no line of a trail, so that somebody has changed it. To serve again, keep this \
             folder as it is and name another one"
        ))
    })?;
    Ok(Some(Head::after(row.n, line)))
}

fn of_day(dir: &Path, day: Date) -> io::Result<(Arc<File>, u64)> {
    let path = dir.join(format!("{day}.ndjson"));
    let file = private(OpenOptions::new().append(true).create(true), &path)?;
    let whole = file.metadata()?.len();
    // The name must be on the disk too.
    File::open(dir)?.sync_all()?;
    Ok((Arc::new(file), whole))
}

/// A file that only the service's own user opens.
fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.mode(0o600).open(path)
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

pub(super) fn named_day(file: &Path) -> Option<Date> {
    file.file_stem()?.to_str()?.parse().ok()
}
