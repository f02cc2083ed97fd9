//! Batches of this format: small ones, made here.

mod files;
mod rows;

use std::{fs, path::PathBuf};

use record::{Entry, Fact, Fate, Identity, Issue, Place, Sink, SinkError, Statement, Vaccination};

use super::Batch;
use crate::{Batch as _, Stop};

/// The header of version 5.
const COLUMNS: [&str; 34] = [
    "NHS_NUMBER",
    "PERSON_FORENAME",
    "PERSON_SURNAME",
    "PERSON_DOB",
    "PERSON_GENDER_CODE",
    "PERSON_POSTCODE",
    "DATE_AND_TIME",
    "SITE_CODE",
    "SITE_CODE_TYPE_URI",
    "UNIQUE_ID",
    "UNIQUE_ID_URI",
    "ACTION_FLAG",
    "PERFORMING_PROFESSIONAL_FORENAME",
    "PERFORMING_PROFESSIONAL_SURNAME",
    "RECORDED_DATE",
    "PRIMARY_SOURCE",
    "VACCINATION_PROCEDURE_CODE",
    "VACCINATION_PROCEDURE_TERM",
    "DOSE_SEQUENCE",
    "VACCINE_PRODUCT_CODE",
    "VACCINE_PRODUCT_TERM",
    "VACCINE_MANUFACTURER",
    "BATCH_NUMBER",
    "EXPIRY_DATE",
    "SITE_OF_VACCINATION_CODE",
    "SITE_OF_VACCINATION_TERM",
    "ROUTE_OF_VACCINATION_CODE",
    "ROUTE_OF_VACCINATION_TERM",
    "DOSE_AMOUNT",
    "DOSE_UNIT_CODE",
    "DOSE_UNIT_TERM",
    "INDICATION_CODE",
    "LOCATION_CODE",
    "LOCATION_CODE_TYPE_URI",
];

const NAME: &str = "MMR_Vaccinations_v5_X26_20250731T09000000.csv";

/// A row that has everything, with other values in some columns.
fn row(changed: &[(&str, &str)]) -> String {
    let usual = |column: &str| match column {
        "NHS_NUMBER" => "9990000018",
        "PERSON_DOB" => "19800229",
        "DATE_AND_TIME" => "20250730T11525000",
        "UNIQUE_ID" => "one",
        "UNIQUE_ID_URI" => "https://supplier.example/",
        "ACTION_FLAG" => "new",
        "RECORDED_DATE" => "20250730",
        "PRIMARY_SOURCE" => "TRUE",
        "VACCINATION_PROCEDURE_CODE" => "38598009",
        "VACCINATION_PROCEDURE_TERM" => "MMR vaccination",
        "DOSE_SEQUENCE" => "1",
        "VACCINE_PRODUCT_CODE" => "34925111000001104",
        "VACCINE_PRODUCT_TERM" => "A vaccine powder",
        "VACCINE_MANUFACTURER" => "Northmoor Biologics",
        "BATCH_NUMBER" => "AB1234",
        "EXPIRY_DATE" => "20260519",
        "SITE_OF_VACCINATION_CODE" => "368209003",
        "SITE_OF_VACCINATION_TERM" => "Right arm",
        "ROUTE_OF_VACCINATION_CODE" => "78421000",
        "ROUTE_OF_VACCINATION_TERM" => "Intramuscular",
        "DOSE_AMOUNT" => "0.5",
        "DOSE_UNIT_TERM" => "Milliliter (qualifier value)",
        "INDICATION_CODE" => "443684005",
        _ => "",
    };
    let cell = |column: &&str| {
        let own = changed.iter().find(|(name, _)| name == column);
        format!("\"{}\"", own.map_or_else(|| usual(column), |(_, value)| value))
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join("|") + "\n"
}

fn header() -> String {
    COLUMNS.join("|") + "\n"
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
    /// The one entry, and whose it is.
    fn one(&self) -> (&Identity, &Entry) {
        match self.facts.as_slice() {
            [(_, Fact::Guest(identity, entry))] => (identity, entry),
            other => panic!("{} facts", other.len()),
        }
    }

    fn statement(&self) -> &Statement {
        match &self.one().1.content {
            Some(record::Content::Statement(statement)) => statement,
            other => panic!("{other:?}"),
        }
    }

    fn vaccination(&self) -> &Vaccination {
        self.statement().vaccination.as_ref().unwrap()
    }

    fn told(&self) -> Vec<(record::IssueCode, &str)> {
        let fields = self.warnings.iter().chain(&self.rejected);
        fields.map(|issue| (issue.code, issue.field.as_deref().unwrap_or_default())).collect()
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, Vec<u8>)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        Self(dir)
    }

    fn open(&self) -> Result<Batch, Vec<Issue>> {
        Batch::open(&[PathBuf::from(self.0.path())])
    }

    fn read(&self) -> Log {
        let mut log = Log::default();
        self.open().unwrap().read(&mut log).unwrap();
        log
    }

    fn stop(&self) -> Vec<Issue> {
        match self.open().unwrap().read(&mut Log::default()) {
            Err(Stop::Refused(issues)) => issues,
            other => panic!("{other:?}"),
        }
    }
}

/// What a file of these rows comes to.
fn read(rows: &[String]) -> Log {
    Folder::with(&[(NAME, (header() + &rows.concat()).into_bytes())]).read()
}

/// What a row with these values comes to.
fn read_one(changed: &[(&str, &str)]) -> Log {
    read(&[row(changed)])
}
