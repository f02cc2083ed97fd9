//! Which of the files given are those of a batch.

use std::path::PathBuf;

use record::{Issue, IssueCode};

use super::{
    Emis,
    name::{FileName, Run, strip_suffix},
};
use crate::{
    delimited::{Feed, Found, Named, Reader, search},
    folder,
};

/// Tables of the extract that nothing is made of.
const NOT_READ: [&str; 13] = [
    "Admin_Location",
    "Admin_OrganisationLocation",
    "Admin_PatientHistory",
    "Appointment_Session",
    "Appointment_SessionUser",
    "Appointment_Slot",
    "Audit_PatientAudit",
    "Audit_RegistrationAudit",
    "CareRecord_Diary",
    "CareRecord_ObservationReferral",
    "Coding_DrugCode",
    "Prescribing_DrugRecord",
    "Prescribing_IssueRecord",
];

/// Finds a file for each table, and what all of them have in common.
///
/// # Errors
/// The fatal issues: a table without a file, or files that are not of one batch of this format.
pub(super) fn find(paths: &[PathBuf], tables: &[Reader<Emis>]) -> Result<(Found, Run), Vec<Issue>> {
    let mut first = None;
    let mut found = search(paths, Emis::DIALECT, |name| named(name, tables, &mut first));
    let Some((run, _)) = first else {
        if found.fatal.is_empty() {
            let given = paths.first().map(|path| folder::name(path)).unwrap_or_default();
            let detail =
                "no file in it is named <ids>_<Schema>_<Table>_<yyyyMMddHHmmss>_<agreement GUID>.csv";
            let deeper = folder::deeper(paths, |name| FileName::parse(name).is_some());
            found.refuse(&given, IssueCode::FileMissing, &format!("{detail}{deeper}"));
        }
        return Err(found.fatal);
    };
    for table in tables.iter().map(|table| table.spec.name) {
        if !found.files.iter().any(|file| file.table == table) {
            found.refuse(table, IssueCode::FileMissing, "the batch has no file of this table");
        }
    }
    if found.fatal.is_empty() { Ok((found, run)) } else { Err(found.fatal) }
}

/// Whether it is a file of an extract, and if so, whether one that is read.
pub(crate) fn is_read(name: &str) -> Option<bool> {
    let parsed = FileName::parse(name)?;
    Some(!NOT_READ.into_iter().any(|table| table.eq_ignore_ascii_case(&parsed.table)))
}

/// What a file is, by its name; all of a batch are of the run of the first.
fn named(name: &str, tables: &[Reader<Emis>], first: &mut Option<(Run, String)>) -> Named {
    let Some(parsed) = FileName::parse(name) else {
        let of_system_one = name.starts_with("SR") && strip_suffix(name, ".csv").is_some();
        let detail = "it is named as files of SystmOne's reporting extract are, which are read as tpp-csv";
        let wrong = || Named::Refused(IssueCode::WrongFormat, detail.to_owned());
        return if of_system_one { wrong() } else { Named::Stranger };
    };
    let (run, of) = first.get_or_insert_with(|| (parsed.run.clone(), name.to_owned()));
    if *run != parsed.run {
        let detail = format!(
            "it is of another batch than {of}: processing ids, time or agreement differ; load one at a time"
        );
        return Named::Refused(IssueCode::WrongFormat, detail);
    }
    let is = |table: &str| table.eq_ignore_ascii_case(&parsed.table);
    match tables.iter().find(|table| is(table.spec.name)) {
        Some(table) => Named::Table(table.spec.name),
        None if NOT_READ.into_iter().any(is) => Named::NotRead,
        None => Named::UnknownTable,
    }
}
