//! Batches of this format: small ones, made here.

mod files;
mod journal;
mod patients;

use std::{fs, path::PathBuf};

use record::{Content, Demographics, Entry, Fact, Fate, Issue, IssueCode, Place, Sink, SinkError, Statement};

use super::{
    Batch,
    layout::{Layout, Version},
};
use crate::{Batch as _, Stop};

/// A row with values in some columns, as the extract writes it.
fn row(table: &str, version: Version, values: &[(&str, &str)]) -> String {
    let columns = Layout::of(table).unwrap().columns(version);
    for (name, _) in values {
        assert!(columns.contains(name), "{name}");
    }
    let cell = |column: &&str| {
        let value = values.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value);
        if value.contains([',', '"', '\n']) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.to_owned()
        }
    };
    columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
}

/// A journal row of the live columns, with a code and all that a row must have.
fn journal(values: &[(&str, &str)]) -> String {
    let usual = [
        ("PID", "1"),
        ("ID", "10"),
        ("DATE", "20240301"),
        ("RECORDED_DATE", "20240302"),
        ("CODE", "22A..00"),
        ("SNOMED_CODE", "27113001"),
        ("RUBRIC", "O/E - weight"),
        ("CONTEXT", "A"),
        ("ACTION", "A"),
        ("SUBSET", "C"),
    ];
    let mut all: Vec<(&str, &str)> = values.to_vec();
    all.extend(usual.into_iter().filter(|(name, _)| values.iter().all(|(own, _)| own != name)));
    row("journal", Version::Live, &all)
}

fn name(table: &str) -> String {
    format!("FULL_Y99999_{table}_data_extract-2024-03-03-010500.csv")
}

#[derive(Default)]
struct Log {
    facts: Vec<(u64, Fact)>,
    rejected: Vec<Issue>,
    warnings: Vec<Issue>,
}

impl Sink for Log {
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.facts.push((place.line, fact));
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.rejected.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.warnings.push(issue);
    }

    fn progress(&mut self, _: u64) {}
}

impl Log {
    fn one(&self) -> &Entry {
        match self.facts.as_slice() {
            [(_, Fact::Entry(_, entry))] => entry,
            other => panic!("{} facts, {:?}", other.len(), self.rejected),
        }
    }

    fn statement(&self) -> &Statement {
        match &self.one().content {
            Some(Content::Statement(statement)) => statement,
            other => panic!("{other:?}"),
        }
    }

    fn person(&self) -> &Demographics {
        match &self.one().content {
            Some(Content::Patient(person)) => person,
            other => panic!("{other:?}"),
        }
    }

    fn told(&self) -> Vec<(IssueCode, &str)> {
        let all = self.warnings.iter().chain(&self.rejected);
        all.map(|issue| (issue.code, issue.field.as_deref().unwrap_or_default())).collect()
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(String, Vec<u8>)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        Self(dir)
    }

    fn open(&self) -> Result<Batch, Vec<Issue>> {
        Batch::open(&"Y99999".parse().unwrap(), &[PathBuf::from(self.0.path())])
    }

    fn try_read(&self) -> Result<Log, Stop> {
        let mut log = Log::default();
        self.open().map_err(Stop::Refused)?.read(&mut log)?;
        Ok(log)
    }

    fn refusal(&self) -> Vec<IssueCode> {
        match self.try_read() {
            Err(Stop::Refused(issues)) => issues.iter().map(|issue| issue.code).collect(),
            Err(Stop::Sink(_)) | Ok(_) => panic!("it is not refused"),
        }
    }
}

/// What a file of a table comes to.
fn read(table: &str, rows: &str) -> Log {
    Folder::with(&[(name(table), rows.into())]).try_read().unwrap()
}

/// What one journal row comes to.
fn journal_row(values: &[(&str, &str)]) -> Log {
    read("journal", &journal(values))
}
