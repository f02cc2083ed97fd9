//! Patients whom an export is about and does not bring, for `check` and `map`: from the practice's own export, and the
//! word that nothing is shown without one.

use gateway::loader::{LoadError, Loader};
use ingest::Format;
use record::{IssueCode, Report};

use crate::args::KnownArgs;

/// Loads the practice's own export, if one is given, and has done with it: what comes then is looked at alone.
///
/// # Errors
/// As loading it. Its report is not the one that was asked for, and is told only if it is refused.
pub(crate) fn load(loader: &Loader<'_>, known: &KnownArgs) -> Result<(), LoadError> {
    if !known.with.is_empty() {
        loader.load(known.with_format, &known.with)?;
    }
    Ok(())
}

/// What to do where rows wait for patients whom the format never brings. `None` where none does.
pub(crate) fn advice(format: Format, known: &KnownArgs, report: &Report) -> Option<String> {
    let waiting: u64 =
        report.files.values().filter_map(|file| file.codes.get(&IssueCode::PatientAwaited)).sum();
    if waiting == 0 || !matches!(format, Format::NhsVaccinationCsv | Format::Nhs003Edifact) {
        return None;
    }
    let rows = if waiting == 1 { "1 row waits".to_owned() } else { format!("{waiting} rows wait") };
    Some(if known.with.is_empty() {
        format!(
            "{rows} for patients whom this format does not bring, so nothing is shown of them; name the practice's own export \
             with --with PATH (and --with-format) to see what becomes of them"
        )
    } else {
        format!("{rows} for patients who are not in the export that --with names")
    })
}
