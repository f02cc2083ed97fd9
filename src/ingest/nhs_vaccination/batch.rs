//! A batch: files that have been looked at and fit to be read, in the order in which they were made.

use std::path::{Path, PathBuf};

use record::{Issue, IssueCode, Place, Severity, Sink};

use super::file::VaccinationFile;
use crate::{Stop, folder};

/// Files of vaccinations.
#[derive(Debug)]
pub struct Batch {
    files: Vec<VaccinationFile>,
}

impl Batch {
    /// Looks at the files, or at the `.csv` files in a folder: at their names, which tell when they were made, and at
    /// their headers.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut issues = Vec::new();
        let mut files: Vec<VaccinationFile> = Vec::new();
        for path in folder::files(paths, &["csv"])? {
            match VaccinationFile::open(path) {
                Ok(file) if files.iter().any(|other| other.name == file.name) => {
                    let place = Place { file: file.name, line: 0 };
                    let twice = Issue::new(Severity::Fatal, IssueCode::WrongFormat, &place);
                    issues.push(twice.detail("the batch has two files of this name"));
                }
                Ok(file) => files.push(file),
                Err(refused) => issues.extend(refused),
            }
        }
        files.sort_by(|one, other| (one.made, &one.name).cmp(&(other.made, &other.name)));
        if issues.is_empty() { Ok(Self { files }) } else { Err(issues) }
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
        let mut before = 0;
        for file in &self.files {
            file.read(before, sink)?;
            before += file.bytes;
        }
        Ok(())
    }
}
