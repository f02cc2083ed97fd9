//! One load into a new store, phase by phase.

use std::{
    cell::RefCell,
    fs,
    path::Path,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use gateway::{
    clock::SystemClock,
    loader::{Also, Loader, Progress},
};
use project::IdKey;
use record::{OdsCode, Report};
use store::{Lmdb, Settings, SpaceSize};

use crate::{
    Failure,
    alone::Timed,
    ceiling::timed,
    usage::{Peak, processor},
};

/// What a load took.
pub(crate) struct Loaded {
    report: Report,
    all: Duration,
    processor: Duration,
    phases: Vec<(&'static str, Duration)>,
    peak: Peak,
    store_bytes: u64,
    spaces: Vec<SpaceSize>,
}

/// Loads an export and measures.
pub(crate) fn measure(
    format: ingest::Format,
    practice: &OdsCode,
    export: &Path,
    dir: &Path,
) -> Result<Loaded, Failure> {
    let store = Lmdb::open(&Settings { dir: dir.to_owned(), max_gib: 256 })?;
    let phases = Phases::default();
    let loader = Loader {
        store: &store,
        ids: &IdKey::offline(),
        clock: &SystemClock,
        practice,
        progress: &|progress| phases.note(progress),
        also: Also::default(),
    };
    let peak = Peak::default();
    let before = processor();
    let (report, all) = timed(|| peak.during(|| loader.load(format, &[export.to_owned()])));
    let processor = processor() - before;
    let store_bytes = fs::metadata(dir.join("data.mdb"))?.len();
    let (report, phases, spaces) = (report?, phases.end(), store.sizes()?);
    Ok(Loaded { report, all, processor, phases, peak, store_bytes, spaces })
}

/// When each phase began.
#[derive(Default)]
struct Phases(RefCell<Vec<(&'static str, Instant)>>);

impl Phases {
    #[expect(clippy::disallowed_methods, reason = "a stopwatch")]
    fn note(&self, progress: Progress) {
        let name = match progress {
            Progress::Checking(..) => "check and hash",
            Progress::Storing(..) => "store",
            Progress::Releasing(..) => "project and release",
            Progress::Looking(_) => "look",
        };
        let mut begun = self.0.borrow_mut();
        if begun.last().is_none_or(|(last, _)| *last != name) {
            begun.push((name, Instant::now()));
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a stopwatch")]
    fn end(&self) -> Vec<(&'static str, Duration)> {
        let begun = self.0.borrow();
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([Instant::now()]);
        begun.iter().zip(ends).map(|((name, at), end)| (*name, end - *at)).collect()
    }
}

impl Loaded {
    /// Seconds in all.
    pub(crate) fn seconds(&self) -> f64 {
        self.all.as_secs_f64()
    }

    /// Bytes of the store for each row of all files.
    pub(crate) fn bytes_a_row(&self) -> usize {
        usize::try_from(self.store_bytes / self.rows().max(1)).unwrap_or(usize::MAX)
    }

    /// Prints what something alone takes for each row, and how many times as long the whole load takes.
    pub(crate) fn compare(&self, what: &str, (rows, time): Timed) {
        let alone = time.as_secs_f64() / rows.max(1) as f64;
        let load = self.seconds() / self.rows().max(1) as f64;
        println!(
            "{what:<42} {:>9.2} µs a row; the load {:.1} times as long",
            alone * 1e6,
            load / alone.max(1e-9)
        );
    }

    /// Rows of all files.
    pub(crate) fn rows(&self) -> u64 {
        self.report.files.values().map(|file| file.rows).sum()
    }

    /// What it took, for a person.
    pub(crate) fn print(&self) {
        let (rows, seconds) = (self.rows() as f64, self.seconds());
        let mebibytes = |kibibytes: u64| kibibytes / 1024;
        println!("{rows} rows in {seconds:.1} s: {:.0} rows/s, durable and released", rows / seconds);
        println!(
            "processor {:.1} s: {:.1} µs a row",
            self.processor.as_secs_f64(),
            self.processor.as_secs_f64() * 1e6 / rows
        );
        let entries = self.spaces.iter().find(|space| space.name == "vault").map_or(1, |space| space.values);
        println!(
            "{entries} entries: {:.0} a second, {:.0} a second of processor",
            entries as f64 / seconds,
            entries as f64 / self.processor.as_secs_f64()
        );
        for (name, time) in &self.phases {
            println!("  {name:<22} {:>8.1} s", time.as_secs_f64());
        }
        println!("{} patients, {} resources", self.report.patients_projected, self.report.resources_changed);
        println!(
            "peak memory {} MiB, with mapped pages of the store {} MiB; the store has {} MiB",
            mebibytes(self.peak.own.load(Ordering::Relaxed)),
            mebibytes(self.peak.with_files.load(Ordering::Relaxed)),
            self.store_bytes >> 20
        );
        println!("of the store, in bytes a row (of all files; a page counts whole):");
        for space in self.spaces.iter().filter(|space| space.values > 0) {
            let SpaceSize { name, values, bytes } = space;
            println!("  {name:<22} {:>8.0}   {values} values, {} MiB", *bytes as f64 / rows, bytes >> 20);
        }
    }
}
