//! GP2GP EHR extracts, `RCMR_IN030000UK06` and `UK07`: one patient to a file, read as a stream, nothing handed over
//! before the message has proved whole. A file per kind of statement; [`resolve`] says what they are to each other.
//! The XML tells who sent the record and to whom; whose practice it is now is told by whoever loads it, and where that is
//! neither of the two, a warning says so (test systems write anything there, so that it is no reason to refuse).

mod agents;
mod code;
mod composition;
mod compound;
mod duplicates;
mod emit;
mod extract;
mod head;
mod link_set;
mod measured_text;
mod narrative;
mod node;
mod notes;
mod observation;
mod other;
mod plan;
mod quantity;
mod reading;
mod request;
mod resolve;
mod rows;
mod source;
mod time;
pub(crate) mod vaccination_text;
mod xml;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, OdsCode, Place, Severity, Sink};

use crate::{Stop, folder};

/// Messages that have been looked at: each begins as one of ours.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    messages: Vec<Message>,
}

#[derive(Debug)]
struct Message {
    path: PathBuf,
    name: String,
    bytes: u64,
    sequence: u64,
}

impl Batch {
    /// Looks at the messages (for a folder, at the `.xml` files in it) as far as their `EhrExtract`. They are read in
    /// the order in which they were made.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut issues = Vec::new();
        let mut messages = Vec::new();
        for path in paths.iter().flat_map(|path| files(path, &mut issues)).collect::<Vec<_>>() {
            match Message::open(path) {
                Ok(message) => messages.push(message),
                Err(issue) => issues.push(issue),
            }
        }
        if messages.is_empty() && issues.is_empty() {
            let place = paths.first().map(|path| Place { file: name(path), line: 0 }).unwrap_or_default();
            let none = Issue::new(Severity::Fatal, IssueCode::FileMissing, &place);
            let detail = "no file in it ends in .xml; is the export of this --format?".to_owned();
            let is_one = |name: &str| name.to_ascii_lowercase().ends_with(".xml");
            issues.push(none.detail(detail + &folder::deeper(paths, is_one)));
        }
        if !issues.is_empty() {
            return Err(issues);
        }
        messages.sort_by(|one, other| (one.sequence, &one.path).cmp(&(other.sequence, &other.path)));
        Ok(Self { practice: practice.clone(), messages })
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.messages.iter().map(|message| message.bytes).sum()
    }

    fn paths(&self) -> Vec<&Path> {
        self.messages.iter().map(|message| message.path.as_path()).collect()
    }

    /// A message that is broken anywhere, or another practice's, hands nothing over, and refuses the batch once all have been read.
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut refused = Vec::new();
        let mut done = 0;
        for message in &self.messages {
            match message.read(&self.practice) {
                Ok(extract) => emit::emit(extract, sink)?,
                Err(issue) => refused.push(issue),
            }
            done += message.bytes;
            sink.progress(done);
        }
        if refused.is_empty() { Ok(()) } else { Err(Stop::Refused(refused)) }
    }
}

impl Message {
    fn open(path: PathBuf) -> Result<Self, Issue> {
        let name = name(&path);
        let file = file(&path)?;
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let mut file = BufReader::new(file);
        let start = file.fill_buf().map_err(|error| folder::unreadable(&path, &error))?;
        if let Some(what) = other::not_xml(start) {
            let place = Place { file: name, line: 1 };
            return Err(Issue::new(Severity::Fatal, IssueCode::WrongFormat, &place).detail(what));
        }
        let outline = extract::outline(file, &name).map_err(|issue| *issue)?;
        Ok(Self { path, name, bytes, sequence: outline.sequence })
    }

    fn read(&self, practice: &OdsCode) -> Result<extract::Extract, Issue> {
        let file = BufReader::with_capacity(1 << 16, file(&self.path)?);
        let mut extract = extract::message(file, &self.name).map_err(|issue| *issue)?;
        extract.check_practice(practice).map_err(|issue| *issue)?;
        Ok(extract)
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn file(path: &Path) -> Result<File, Issue> {
    File::open(path).map_err(|error| folder::unreadable(path, &error))
}

/// The path itself, or the messages in a folder by name.
fn files(path: &Path, issues: &mut Vec<Issue>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let is_message = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) && path.is_file()
    };
    match std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => {
            let mut found: Vec<PathBuf> =
                entries.iter().map(std::fs::DirEntry::path).filter(is_message).collect();
            found.sort();
            found
        }
        Err(error) => {
            issues.push(folder::unreadable(path, &error));
            Vec::new()
        }
    }
}
