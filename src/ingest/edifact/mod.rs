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

use record::{Issue, Sink};

use crate::{Stop, folder};

/// Endings of the files that are read of a folder.
const ENDINGS: [&str; 3] = ["dat", "edi", "edifact"];

/// Files that may be read.
#[derive(Debug)]
pub struct Batch {
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
    pub fn open(paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let (mut files, mut issues) = (Vec::new(), Vec::new());
        for path in folder::files(paths, &ENDINGS)? {
            let name = folder::name(&path);
            match folder::open(&path, &name) {
                Ok((_, bytes)) => files.push(File { path, name, bytes }),
                Err(issue) => issues.push(*issue),
            }
        }
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

    /// An interchange that is broken anywhere hands nothing over, and refuses the batch once all files have been read.
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let (mut refused, mut done) = (Vec::new(), 0);
        for file in &self.files {
            match file.read(sink) {
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
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let refused = |issue: Box<Issue>| Stop::Refused(vec![*issue]);
        let (file, _) = folder::open(&self.path, &self.name).map_err(refused)?;
        let mut segments = syntax::Segments::new(BufReader::with_capacity(1 << 16, file), &self.name);
        let mut any = false;
        while let Some(read) = interchange::read(&mut segments).map_err(refused)? {
            any = true;
            emit::emit(&read, &self.name, sink)?;
        }
        if any {
            return Ok(());
        }
        Err(refused(segments.fatal(record::IssueCode::Truncated, "there is no interchange in it")))
    }
}
