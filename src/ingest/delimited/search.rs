//! Which of the files given are those of a batch of tables. Only names and first bytes are looked at here.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, Place, Severity};

use super::{
    dialect::Dialect,
    file::{TableFile, other_format},
};
use crate::folder;

/// What a file is, by its name.
#[derive(Debug)]
pub(crate) enum Named {
    /// A file of this table, which is read.
    Table(&'static str),
    /// A file of the format of which nothing is made.
    NotRead,
    /// A file of the format, of a table that nobody has told us of.
    UnknownTable,
    /// A file with another name.
    Stranger,
    /// A file for which the batch is refused.
    Refused(IssueCode, String),
}

/// The files of a batch, and what else was there.
#[derive(Debug)]
pub(crate) struct Found {
    /// At most one for each table, in the order in which they were met.
    pub(crate) files: Vec<TableFile>,
    /// What is worth knowing.
    pub(crate) warnings: Vec<Issue>,
    /// For what the batch is refused.
    pub(crate) fatal: Vec<Issue>,
}

impl Found {
    /// Refuses the batch, for a file or for one that is missing.
    pub(crate) fn refuse(&mut self, file: &str, code: IssueCode, detail: &str) {
        self.fatal.push(issue(Severity::Fatal, file, code, detail));
    }

    /// The file of a table, which is then no longer among the others.
    pub(crate) fn take(&mut self, table: &str) -> Option<TableFile> {
        let at = self.files.iter().position(|file| file.table == table)?;
        Some(self.files.remove(at))
    }
}

/// Looks at each path, and at each file in those that are folders. `named` tells files by their names.
pub(crate) fn search(paths: &[PathBuf], dialect: Dialect, named: impl FnMut(&str) -> Named) -> Found {
    let found = Found { files: Vec::new(), warnings: Vec::new(), fatal: Vec::new() };
    let mut search = Search { dialect, named, met: Vec::new(), found };
    for path in paths {
        search.given(path);
    }
    search.found
}

struct Search<N> {
    dialect: Dialect,
    named: N,
    /// The tables of which a file was met, readable or not.
    met: Vec<&'static str>,
    found: Found,
}

impl<N: FnMut(&str) -> Named> Search<N> {
    /// A path that was named: a file, or a folder with files in it.
    fn given(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(path, IssueCode::FileUnreadable, &folder::why(path, &error)),
        };
        let mut inside: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        inside.sort();
        for path in inside.iter().filter(|path| !folder::name(path).starts_with('.')) {
            if path.is_dir() {
                self.warn(path, "it is a folder and is not looked into; name the folder of one batch");
            } else {
                self.file(path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return self.refuse(path, IssueCode::FileUnreadable, "it is not a file"),
            Err(error) => return self.refuse(path, IssueCode::FileUnreadable, &folder::why(path, &error)),
        }
        match (self.named)(&folder::name(path)) {
            Named::Table(table) if self.met.contains(&table) => {
                let detail = format!("the batch has two files of {table}; load one batch at a time");
                self.refuse(path, IssueCode::WrongFormat, &detail);
            }
            Named::Table(table) => self.member(path, table),
            Named::NotRead => {}
            Named::UnknownTable => {
                self.warn(path, "it holds a table that this version does not know and does not read");
            }
            Named::Stranger => self.stranger(path),
            Named::Refused(code, detail) => self.refuse(path, code, &detail),
        }
    }

    fn member(&mut self, path: &Path, table: &'static str) {
        self.met.push(table);
        match TableFile::look(path, table, self.dialect) {
            Ok(file) => self.found.files.push(file),
            Err(issue) => self.found.fatal.push(*issue),
        }
    }

    /// A file with another name. One that is plainly of another format means that the wrong thing was given.
    fn stranger(&mut self, path: &Path) {
        let name = folder::name(path).to_ascii_lowercase();
        if [".zip", ".gz", ".gpg", ".pgp", ".7z"].iter().any(|end| name.ends_with(end)) {
            self.refuse(
                path,
                IssueCode::WrongFormat,
                "it is encrypted or packed; decrypt or unpack it first",
            );
        } else if let Some(what) = starts(path).as_deref().and_then(other_format) {
            self.refuse(path, IssueCode::WrongFormat, what);
        } else {
            self.warn(path, "its name is not one of the extract's, so it is not read");
        }
    }

    fn refuse(&mut self, path: &Path, code: IssueCode, detail: &str) {
        self.found.refuse(&folder::name(path), code, detail);
    }

    fn warn(&mut self, path: &Path, detail: &str) {
        let name = folder::name(path);
        self.found.warnings.push(issue(Severity::Warning, &name, IssueCode::WrongFormat, detail));
    }
}

fn issue(severity: Severity, file: &str, code: IssueCode, detail: &str) -> Issue {
    Issue::new(severity, code, &Place { file: file.to_owned(), line: 0 }).detail(detail)
}

fn starts(path: &Path) -> Option<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(64).read_to_end(&mut start).ok()?;
    Some(start)
}
