//! GP Connect bundles, FHIR STU3: what Access Record: Structured answers, and what the NHS's GP2GP adaptors make of a
//! transfer. One patient to a file, read as a stream and handed over once it has proved whole JSON about one patient.
//! A file per resource type; `emit` says what they are to each other, and what a bundle does not say.

mod bundle;
mod concept;
mod container;
mod emit;
mod immunization;
mod json;
mod marks;
mod notes;
mod observation;
mod patient;
mod row;
mod time;
mod value;

#[cfg(test)]
mod tests;

use std::{
    io::BufReader,
    path::{Path, PathBuf},
};

use record::{Issue, OdsCode, Sink};

use crate::{Stop, folder};

/// Bundles that may be read.
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
    /// Finds the files (of a folder those that end in `.json`); they are looked into when they are read.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let (mut files, mut issues) = (Vec::new(), Vec::new());
        for path in folder::files(paths, &["json"])? {
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

    /// A bundle that is broken anywhere hands nothing over, and refuses the batch once all have been read.
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let (mut refused, mut done) = (Vec::new(), 0);
        for file in &self.files {
            match file.read() {
                Ok(mut bundle) => {
                    bundle.check_practice(&self.practice);
                    emit::emit(bundle, sink)?;
                }
                Err(issue) => refused.push(*issue),
            }
            done += file.bytes;
            sink.progress(done);
        }
        if refused.is_empty() { Ok(()) } else { Err(Stop::Refused(refused)) }
    }
}

impl File {
    fn read(&self) -> Result<bundle::Bundle, Box<Issue>> {
        let (file, _) = folder::open(&self.path)?;
        bundle::read(BufReader::with_capacity(1 << 16, file), &self.name)
    }
}
