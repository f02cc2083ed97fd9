//! What the process uses, from Linux's `/proc`.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

/// Processor time of all threads so far.
pub(crate) fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold spaces and ends in a bracket; user and system time are the 14th and 15th field in all.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: u64 = after.split(' ').skip(12).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Memory in KiB under a name of `/proc/self/status`.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The most memory at any instant, in KiB.
#[derive(Debug, Default)]
pub(crate) struct Peak {
    /// Memory that is the process's own.
    pub(crate) own: AtomicU64,
    /// And pages of mapped files (the store): the system's file cache, which it takes back when it needs it.
    pub(crate) with_files: AtomicU64,
}

impl Peak {
    /// Does something and looks fifty times a second.
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    self.own.fetch_max(memory("RssAnon"), Ordering::Relaxed);
                    self.with_files.fetch_max(memory("VmRSS"), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let made = work();
            done.store(true, Ordering::Relaxed);
            made
        })
    }
}
