//! NHS pathology reports, EDIFACT `MEDRPT` as `NHS003` (ISB 1557): interchanges as a laboratory sends them to a
//! practice. One or more to a file; a file in which an interchange is broken or of another kind is refused. What may
//! become of a report is told in `emit`: nothing of it is shown before the practice has filed it.

mod date;
mod emit;
mod interchange;
mod investigation;
mod report;
mod syntax;

#[cfg(test)]
mod tests;

use std::{
    io::BufReader,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, OdsCode, Place, Severity, Sink};

use crate::{Stop, folder};

/// Endings of the files that are read of a folder.
const ENDINGS: [&str; 3] = ["dat", "edi", "edifact"];

/// Files that may be read.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    name: String,
    bytes: u64,
}

impl Batch {
    /// Finds the files; they are looked into when they are read.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let (mut files, mut issues) = (Vec::new(), Vec::new());
        for path in folder::files(paths, &ENDINGS)? {
            let name = folder::name(&path);
            match folder::open(&path) {
                Ok((_, bytes)) => files.push(File { path, name, bytes }),
                Err(issue) => issues.push(*issue),
            }
        }
        if issues.is_empty() { Ok(Self { practice: practice.clone(), files }) } else { Err(issues) }
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn paths(&self) -> Vec<&Path> {
        self.files.iter().map(|file| file.path.as_path()).collect()
    }

    /// An interchange that is broken anywhere hands nothing over, and refuses the batch once all files have been read.
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let (mut refused, mut done) = (Vec::new(), 0);
        for file in &self.files {
            match file.read(&self.practice, sink) {
                Ok(()) => {}
                Err(Stop::Refused(issues)) => refused.extend(issues),
                Err(stop) => return Err(stop),
            }
            done += file.bytes;
            sink.progress(done);
        }
        if refused.is_empty() { Ok(()) } else { Err(Stop::Refused(refused)) }
    }
}

impl File {
    fn read(&self, practice: &OdsCode, sink: &mut dyn Sink) -> Result<(), Stop> {
        let refused = |issue: Box<Issue>| Stop::Refused(vec![*issue]);
        let (file, _) = folder::open(&self.path).map_err(refused)?;
        let mut segments = syntax::Segments::new(BufReader::with_capacity(1 << 16, file), &self.name);
        let mut any = false;
        while let Some(read) = interchange::read(&mut segments).map_err(refused)? {
            any = true;
            if practice.is_known() && read.is_for_others_than(practice) {
                sink.warn(self.not_ours(read.number));
            }
            emit::emit(&read, &self.name, sink)?;
        }
        if any {
            return Ok(());
        }
        Err(refused(segments.fatal(IssueCode::Truncated, "there is no interchange in it")))
    }

    fn not_ours(&self, line: u64) -> Issue {
        let place = Place { file: self.name.clone(), line };
        let issue = Issue::new(Severity::Warning, IssueCode::WrongPractice, &place).field("UNB");
        issue.detail("it is addressed to another practice than the one that it is loaded for")
    }
}
