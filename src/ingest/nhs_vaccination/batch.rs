//! A batch: files that have been looked at and fit to be read, in the order in which they were made.

use std::path::{Path, PathBuf};

use record::{Issue, IssueCode, Sink};

use super::{Made, NhsVaccination, vaccination::Vaccinations, value};
use crate::{
    Stop,
    delimited::{Columns, Feed, Reader, TableFile, Tables},
    folder,
};

/// The one table.
static TABLES: [Reader<NhsVaccination>; 1] = [Reader::of::<Vaccinations>()];

/// Files of vaccinations.
#[derive(Debug)]
pub struct Batch {
    tables: Tables<NhsVaccination>,
}

impl Batch {
    /// Looks at the files, or at the `.csv` files in a folder: at their names, which tell when they were made, and at
    /// their headers.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut fatal = Vec::new();
        let mut files: Vec<(TableFile, Made)> = Vec::new();
        for path in folder::files(paths, &["csv"])? {
            match look(&path) {
                Ok((file, _)) if files.iter().any(|(other, _)| other.name == file.name) => {
                    let detail = "the batch has two files of this name";
                    fatal.push(file.fatal(IssueCode::WrongFormat, 0, detail));
                }
                Ok(file) => files.push(file),
                Err(issue) => fatal.push(*issue),
            }
        }
        files.sort_by(|(one, made), (other, then)| (made.0, &one.name).cmp(&(then.0, &other.name)));
        Ok(Self { tables: Tables::open(&TABLES, files, Vec::new(), fatal)? })
    }
}

/// A file, and when it was made. Its name ends in that (`…_v5_<ODS>_<yyyyMMddTHHmmss>.csv`): without it nobody could
/// say which of two files corrects the other.
fn look(path: &Path) -> Result<(TableFile, Made), Box<Issue>> {
    let file = TableFile::look(path, Vaccinations::SPEC.name, NhsVaccination::DIALECT)?;
    let detail = "its name does not end in the time at which it was made: \
                  <vaccine>_Vaccinations_v5_<ODS>_<yyyyMMddTHHmmss>.csv";
    match value::made_at(&file.name) {
        Some(made) => Ok((file, Made(made))),
        None => Err(Box::new(file.fatal(IssueCode::WrongFormat, 0, detail))),
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.tables.total_bytes()
    }

    fn paths(&self) -> Vec<&Path> {
        self.tables.paths().collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.tables.read(&mut (), sink)
    }
}
