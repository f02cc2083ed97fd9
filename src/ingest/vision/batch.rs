//! A batch: the files of one extract, looked at before anything is read, then read in the order in which what others
//! refer to comes first.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, OdsCode, Place, Severity, Sink};

use super::{
    file::TableFile,
    layout::{Table, Version},
    name::FileName,
};
use crate::{Stop, folder};

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    files: Vec<TableFile>,
    version: Version,
    warnings: Vec<Issue>,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that their names are of the practice, that no table has two, and
    /// that their rows have as many fields as one of the published versions.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut search = Search { practice, files: Vec::new(), warnings: Vec::new(), fatal: Vec::new() };
        for path in paths {
            search.given(path);
        }
        search.finish(paths)
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn paths(&self) -> Vec<&Path> {
        self.files.iter().map(|file| file.path.as_path()).collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let mut before = 0;
        for file in &self.files {
            file.read(self.version, before, sink)?;
            before += file.bytes;
        }
        Ok(())
    }
}

struct Search<'p> {
    practice: &'p OdsCode,
    files: Vec<TableFile>,
    warnings: Vec<Issue>,
    fatal: Vec<Issue>,
}

impl Search<'_> {
    /// A path that was named: a file, or a folder with files in it.
    fn given(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => {
                let mut inside: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
                inside.sort();
                inside.iter().filter(|path| path.is_file()).for_each(|path| self.file(path));
            }
            Err(error) => self.refuse(path, IssueCode::FileUnreadable, &error.kind().to_string()),
        }
    }

    fn file(&mut self, path: &Path) {
        let name = folder::name(path);
        if is_packed(path) {
            return self.refuse(path, IssueCode::WrongFormat, "it is packed; unpack it first");
        }
        let Some(parsed) = FileName::parse(&name) else {
            let detail = "its name is not one of the extract's, so it is not read";
            return self.warn(&name, detail);
        };
        if parsed.practice != self.practice.as_str() {
            return self.refuse(path, IssueCode::WrongPractice, "its name has another practice's code");
        }
        match Table::named(&parsed.table) {
            Some(table) if self.files.iter().any(|file| file.table == table) => {
                let detail = "the batch has two files of this table; load one extract at a time";
                self.refuse(path, IssueCode::WrongFormat, detail);
            }
            Some(table) => match TableFile::open(path, name, table, parsed.made) {
                Ok(file) => self.files.push(file),
                Err(issue) => self.fatal.push(*issue),
            },
            // Referrals are not served.
            None if parsed.table == "referral" => {}
            None => self.warn(&name, "it holds a table that this version does not know and does not read"),
        }
    }

    fn finish(mut self, paths: &[PathBuf]) -> Result<Batch, Vec<Issue>> {
        if self.files.is_empty() && self.fatal.is_empty() {
            let place =
                Place { file: paths.first().map(|path| folder::name(path)).unwrap_or_default(), line: 0 };
            let detail =
                "no file in it is named <FULL|INCREMENTAL|ADDITIONAL>_<ODS>_<table>_data_extract-<time>.csv";
            self.fatal.push(Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail));
        }
        let version = self.version();
        if !self.fatal.is_empty() {
            return Err(self.fatal);
        }
        self.files.sort_by_key(|file| file.table);
        Ok(Batch { files: self.files, version, warnings: self.warnings })
    }

    /// The version that all files have. Some tables have as many columns in both, in another order: those are of the
    /// version of the others.
    fn version(&mut self) -> Version {
        let fits = |version: &Version| self.files.iter().all(|file| file.versions.contains(version));
        if let Some(version) = [Version::Live, Version::TestPack].iter().find(|version| fits(version)) {
            return *version;
        }
        if self.fatal.is_empty() {
            let place =
                Place { file: self.files.first().map(|f| f.name.clone()).unwrap_or_default(), line: 0 };
            let detail = "the files of the batch have columns of different versions";
            self.fatal.push(Issue::new(Severity::Fatal, IssueCode::WrongFormat, &place).detail(detail));
        }
        Version::Live
    }

    fn refuse(&mut self, path: &Path, code: IssueCode, detail: &str) {
        let place = Place { file: folder::name(path), line: 0 };
        self.fatal.push(Issue::new(Severity::Fatal, code, &place).detail(detail));
    }

    fn warn(&mut self, name: &str, detail: &str) {
        let place = Place { file: name.to_owned(), line: 0 };
        self.warnings.push(Issue::new(Severity::Warning, IssueCode::WrongFormat, &place).detail(detail));
    }
}

/// Whether a file is a container of others: the supplier sends its tables in zip files.
fn is_packed(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && (start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x1f, 0x8b]))
}
