//! Which of the files given are those of a batch. Only names and first bytes are looked at here.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, Place, Severity};

use super::name::{FileName, Run, strip_suffix};

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

/// A file of a table that is read.
#[derive(Debug)]
pub(super) struct TableFile {
    /// `<Schema>_<Table>`.
    pub(super) table: &'static str,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its name, for issues.
    pub(super) name: String,
    /// Its size.
    pub(super) bytes: u64,
}

/// The files of one batch.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order of the tables that were asked for.
    pub(super) files: Vec<TableFile>,
    /// What they have in common.
    pub(super) run: Run,
    /// What else was there.
    pub(super) warnings: Vec<Issue>,
}

/// Finds a file for each table.
///
/// # Errors
/// The fatal issues: a table without a file, or files that are not of one batch of this format.
pub(super) fn find(paths: &[PathBuf], tables: &[&'static str]) -> Result<Found, Vec<Issue>> {
    let mut search = Search { tables, run: None, files: Vec::new(), warnings: Vec::new(), fatal: Vec::new() };
    for path in paths {
        search.given(path);
    }
    search.finish(paths)
}

struct Search<'t> {
    tables: &'t [&'static str],
    run: Option<(Run, String)>,
    files: Vec<TableFile>,
    warnings: Vec<Issue>,
    fatal: Vec<Issue>,
}

impl Search<'_> {
    /// A path that was named: a file, or a folder with files in it.
    fn given(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path, true);
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(path, IssueCode::FileUnreadable, &error.kind().to_string()),
        };
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort();
        for path in inside.iter().filter(|path| !name_of(path).starts_with('.')) {
            self.file(path, false);
        }
    }

    fn file(&mut self, path: &Path, named: bool) {
        let name = name_of(path);
        match fs::metadata(path) {
            Err(error) => self.refuse(path, IssueCode::FileUnreadable, &error.kind().to_string()),
            Ok(metadata) if !metadata.is_file() && named => {
                self.refuse(path, IssueCode::FileUnreadable, "it is not a file");
            }
            Ok(metadata) if !metadata.is_file() => {
                self.warn(&name, "it is not a file and is not looked into")
            }
            Ok(metadata) => match FileName::parse(&name) {
                Some(parsed) => self.member(path, &parsed, metadata.len()),
                None => self.stranger(path),
            },
        }
    }

    /// A file whose name is of the format.
    fn member(&mut self, path: &Path, parsed: &FileName, bytes: u64) {
        let name = name_of(path);
        let (run, first) = self.run.get_or_insert_with(|| (parsed.run.clone(), name.clone()));
        if *run != parsed.run {
            let detail = format!(
                "it is of another batch than {first}: processing ids, time or agreement differ; load one at a time"
            );
            return self.refuse(path, IssueCode::WrongFormat, &detail);
        }
        let is = |table: &&&str| table.eq_ignore_ascii_case(&parsed.table);
        match self.tables.iter().find(is) {
            Some(table) if self.files.iter().any(|file| file.table == *table) => {
                self.refuse(path, IssueCode::WrongFormat, &format!("the batch has two files of {table}"));
            }
            Some(table) => self.files.push(TableFile { table, path: path.to_owned(), name, bytes }),
            None if NOT_READ.iter().any(|table| is(&table)) => {}
            None => self.warn(&name, "it holds a table that this version does not know and does not read"),
        }
    }

    /// A file with another name. One that is plainly of another format means that the wrong thing was given.
    fn stranger(&mut self, path: &Path) {
        let name = name_of(path);
        let packed = [".gpg", ".pgp", ".zip", ".gz"].iter().find_map(|end| strip_suffix(&name, end));
        if packed.is_some_and(|name| FileName::parse(name).is_some()) {
            self.refuse(
                path,
                IssueCode::WrongFormat,
                "it is encrypted or packed; decrypt or unpack it first",
            );
        } else if name.starts_with("SR") && strip_suffix(&name, ".csv").is_some() {
            self.refuse(
                path,
                IssueCode::WrongFormat,
                "it is named as files of SystmOne's reporting extract are, which this version does not read",
            );
        } else if let Some(what) = other_format(path) {
            self.refuse(path, IssueCode::WrongFormat, what);
        } else {
            self.warn(&name, "its name is not one of the extract's, so it is not read");
        }
    }

    fn finish(mut self, paths: &[PathBuf]) -> Result<Found, Vec<Issue>> {
        match self.run {
            Some(_) => {
                for table in self.tables {
                    if !self.files.iter().any(|file| file.table == *table) {
                        self.fatal.push(missing(table, "the batch has no file of this table"));
                    }
                }
            }
            None if self.fatal.is_empty() => self.fatal.push(missing(
                &paths.first().map(|path| name_of(path)).unwrap_or_default(),
                "no file in it is named <ids>_<Schema>_<Table>_<yyyyMMddHHmmss>_<agreement GUID>.csv",
            )),
            None => {}
        }
        match self.run {
            Some((run, _)) if self.fatal.is_empty() => {
                let place = |file: &TableFile| self.tables.iter().position(|table| *table == file.table);
                self.files.sort_by_key(place);
                Ok(Found { files: self.files, run, warnings: self.warnings })
            }
            _ => Err(self.fatal),
        }
    }

    fn refuse(&mut self, path: &Path, code: IssueCode, detail: &str) {
        self.fatal.push(Issue::new(Severity::Fatal, code, &whole(&name_of(path))).detail(detail));
    }

    fn warn(&mut self, name: &str, detail: &str) {
        self.warnings
            .push(Issue::new(Severity::Warning, IssueCode::WrongFormat, &whole(name)).detail(detail));
    }
}

/// A file as a whole.
pub(super) fn whole(name: &str) -> Place {
    Place { file: name.to_owned(), line: 0 }
}

fn missing(table: &str, detail: &str) -> Issue {
    Issue::new(Severity::Fatal, IssueCode::FileMissing, &whole(table)).detail(detail)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What a file is if its first bytes are those of something that is certainly not comma-separated UTF-8.
pub(super) fn other_format(path: &Path) -> Option<&'static str> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(64).read_to_end(&mut start).ok()?;
    let bare = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start).trim_ascii_start();
    match start.as_slice() {
        _ if bare.starts_with(b"<") => Some("it is XML; GP2GP extracts are read as gp2gp"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16; the extract is UTF-8"),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Some("it is packed; unpack it first"),
        _ => None,
    }
}
