//! What this machine can do at all with the same files, on one thread: the yardsticks of a load.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{Context, SHA256};

use crate::{Failure, load::Loaded};

/// Bytes that are written and made durable together.
const CHUNK: usize = 16 << 20;

/// The yardsticks.
pub(crate) struct Ceilings {
    bytes: u64,
    hash: Duration,
    copy: Duration,
    /// Records by the `csv` crate alone; no such time for files that are not CSV.
    csv: Option<(u64, Duration)>,
    write: Duration,
}

/// Measures them. The files are read once before, so that the disk is not measured with the first.
pub(crate) fn measure(files: &[&Path], folder: &Path) -> Result<Ceilings, Failure> {
    let bytes = each(files, |_| {})?.0;
    let mut sum = Context::new(&SHA256);
    let (_, hash) = each(files, |piece| sum.update(piece))?;
    let mut copied = vec![0; 1 << 16];
    let (_, copy) = each(files, |piece| {
        if let Some(to) = copied.get_mut(..piece.len()) {
            to.copy_from_slice(piece);
        }
    })?;
    Ok(Ceilings { bytes, hash, copy, csv: csv(files)?, write: write(bytes, &folder.join("written"))? })
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}

fn each(files: &[&Path], mut take: impl FnMut(&[u8])) -> Result<(u64, Duration), Failure> {
    let (read, time) = timed(|| {
        let mut buffer = vec![0; 1 << 16];
        let mut all = 0;
        for path in files {
            let mut file = File::open(path)?;
            loop {
                let count = file.read(&mut buffer)?;
                take(buffer.get(..count).unwrap_or_default());
                all += count as u64;
                if count == 0 {
                    break;
                }
            }
        }
        Ok::<u64, std::io::Error>(all)
    });
    Ok((read?, time))
}

fn csv(files: &[&Path]) -> Result<Option<(u64, Duration)>, Failure> {
    let is_csv = |path: &&Path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    if !files.iter().all(is_csv) {
        return Ok(None);
    }
    let (read, time) = timed(|| {
        let mut record = csv::ByteRecord::new();
        let mut rows = 0;
        for path in files {
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
            while reader.read_byte_record(&mut record)? {
                rows += 1;
            }
        }
        Ok::<u64, csv::Error>(rows)
    });
    Ok(Some((read?, time)))
}

/// As many bytes as the export has, written and made durable in chunks.
fn write(bytes: u64, path: &Path) -> Result<Duration, Failure> {
    let piece = vec![b'x'; CHUNK];
    let (written, time) = timed(|| {
        let mut file = File::create(path)?;
        let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
        while left > 0 {
            let now = left.min(CHUNK);
            file.write_all(piece.get(..now).unwrap_or_default())?;
            file.sync_data()?;
            left -= now;
        }
        Ok::<(), std::io::Error>(())
    });
    written?;
    fs::remove_file(path)?;
    Ok(time)
}

impl Ceilings {
    /// Each yardstick, and how many times as long the load took.
    pub(crate) fn print(&self, loaded: &Loaded) {
        println!("{:<42} {:>9} {:>10} {:>12}", "one thread, the same bytes", "seconds", "MB/s", "load is so");
        println!("{:<42} {:>9} {:>10} {:>12}", "", "", "", "many times");
        self.line("copied in memory", self.copy, loaded);
        self.line("hashed (SHA-256)", self.hash, loaded);
        if let Some((rows, time)) = self.csv {
            self.line(&format!("split into {rows} CSV records"), time, loaded);
        }
        self.line("written durably, 16 MiB at a time", self.write, loaded);
    }

    fn line(&self, what: &str, time: Duration, loaded: &Loaded) {
        let seconds = time.as_secs_f64().max(1e-6);
        let rate = self.bytes as f64 / 1e6 / seconds;
        println!("{what:<42} {seconds:>9.2} {rate:>10.0} {:>12.1}", loaded.seconds() / seconds);
    }
}
