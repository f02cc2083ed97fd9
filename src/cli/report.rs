//! The report of a load, for a person and as JSON.

use std::{collections::BTreeMap, fmt::Write, fs::File, path::Path};

use record::{IssueCode, Report, Severity};

use crate::Failure;

/// How many issues are listed one by one on a terminal; the JSON report has them all.
const LISTED: usize = 50;

/// The report in words.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<58} {:>9} {:>9} {:>9} {:>7} {:>8}", "file", "rows", "stored", "unchanged", "parked", "rejected");
    for (name, file) in report.files.iter().filter(|(_, file)| file.rows > 0) {
        let name = shortened(name, 58);
        let _ = writeln!(
            out,
            "{name:<58} {:>9} {:>9} {:>9} {:>7} {:>8}",
            file.rows, file.stored, file.unchanged, file.parked, file.rejected
        );
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

fn shortened(name: &str, to: usize) -> String {
    if name.chars().count() <= to {
        return name.to_owned();
    }
    let head: String = name.chars().take(to - 1).collect();
    format!("{head}…")
}

/// Writes the report as JSON.
pub(crate) fn write(report: &Report, path: &Path) -> Result<(), Failure> {
    let file = File::create(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    serde_json::to_writer_pretty(file, report)?;
    Ok(())
}
