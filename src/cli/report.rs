//! The report of a load, for a person and as JSON.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use record::{IssueCode, Report, Severity};

use crate::Failure;

/// How many issues are listed one by one on a terminal; the JSON report has them all.
const LISTED: usize = 50;

/// The report in words.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<58} {:>9} {:>9} {:>9} {:>7} {:>8}",
        "file", "rows", "stored", "unchanged", "parked", "rejected"
    );
    for (name, file) in report.files.iter().filter(|(_, file)| file.rows > 0) {
        let name = shortened(name, 58);
        let _ = writeln!(
            out,
            "{name:<58} {:>9} {:>9} {:>9} {:>7} {:>8}",
            file.rows, file.stored, file.unchanged, file.parked, file.rejected
        );
    }
    for issue in report.issues.iter().filter(|issue| issue.code == IssueCode::FileNotRead) {
        let _ = writeln!(out, "{:<58} not read; its rows are not counted", shortened(&issue.file, 58));
    }
    let _ = writeln!(
        out,
        "{} patients projected, {} resources new, changed or gone",
        report.patients_projected, report.resources_changed
    );
    causes(report, &mut out);
    issues(report, &mut out);
    out
}

fn causes(report: &Report, out: &mut String) {
    let mut causes: BTreeMap<IssueCode, u64> = BTreeMap::new();
    for (code, count) in report.files.values().flat_map(|file| &file.codes) {
        *causes.entry(*code).or_default() += count;
    }
    for (code, count) in causes {
        let _ = writeln!(out, "{count:>9} {:<26} {}", code.code(), code.advice());
    }
}

/// What was refused or rejected, each with its place; warnings are only counted above.
fn issues(report: &Report, out: &mut String) {
    let bad: Vec<_> = report.issues.iter().filter(|issue| issue.severity != Severity::Warning).collect();
    for issue in bad.iter().take(LISTED) {
        let _ = writeln!(out, "  {issue}");
    }
    if bad.len() > LISTED {
        let _ = writeln!(out, "  and {} more; --report FILE lists them all", bad.len() - LISTED);
    }
}

/// The first warnings, each with its place: what a row that was kept lacks or waits for.
pub(crate) fn warnings(report: &Report) -> String {
    let mut out = String::new();
    let mut all: Vec<_> = report.issues.iter().filter(|issue| issue.severity == Severity::Warning).collect();
    all.sort_by_key(|issue| (&issue.file, issue.line));
    for issue in all.iter().take(LISTED) {
        let _ = writeln!(out, "  {issue}");
    }
    let more = all.len().saturating_sub(LISTED) as u64 + report.warnings_not_listed;
    if more > 0 {
        let _ = writeln!(out, "  and {more} more warnings; --json lists the first thousand");
    }
    out
}

pub(crate) fn shortened(name: &str, to: usize) -> String {
    if name.chars().count() <= to {
        return name.to_owned();
    }
    let head: String = name.chars().take(to - 1).collect();
    format!("{head}…")
}

/// Where the report goes as JSON. It is tried before a load begins, so that a load of hours does not end without one.
pub(crate) struct JsonFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
}

impl JsonFile {
    /// Makes a file beside the one that was asked for.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let name =
            path.file_name().ok_or_else(|| Failure(format!("--report {} names no file", path.display())))?;
        let mut part = name.to_owned();
        part.push(".part");
        let part = path.with_file_name(part);
        let cannot = |error| {
            Failure(format!("--report: cannot write {}: {error}; nothing was loaded", part.display()))
        };
        let file = File::create(&part).map_err(cannot)?;
        Ok(Self { path: path.to_owned(), part, file })
    }

    /// Writes the report and moves it to its place, so that nobody reads half of it.
    pub(crate) fn write(self, report: &Report) -> Result<(), Failure> {
        let cannot = |error: std::io::Error| {
            Failure(format!(
                "the export was loaded, but --report cannot write {}: {error}",
                self.path.display()
            ))
        };
        let mut out = BufWriter::new(self.file);
        serde_json::to_writer_pretty(&mut out, report).map_err(|error| cannot(error.into()))?;
        out.flush().map_err(cannot)?;
        fs::rename(&self.part, &self.path).map_err(cannot)
    }

    /// There is nothing to report.
    pub(crate) fn drop_it(self) {
        drop(fs::remove_file(&self.part));
    }
}
