//! Batches written to a temporary folder and read back, a rule per test.

mod access;
mod bundle;
mod observations;
mod patients;
mod published;
mod references;
mod robust;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use record::{Entry, Fact, Fate, Issue, IssueCode, OdsCode, Place, Reference, Sink, SinkError, Statement};
use tempfile::TempDir;

use super::{
    Batch, clinical_code::ClinicalCodes, consultation::Consultations, observation::Observations,
    organisation::Organisations, patient::Patients, problem::Problems, sharing::Sharing,
    user_in_role::UsersInRole,
};
use crate::{Batch as _, Stop, delimited::Columns};

pub(super) const OBSERVATION: &str = "CareRecord_Observation";
pub(super) const PATIENT: &str = "Admin_Patient";
pub(super) const CONSULTATION: &str = "CareRecord_Consultation";
pub(super) const PROBLEM: &str = "CareRecord_Problem";
pub(super) const CODE: &str = "Coding_ClinicalCode";
pub(super) const STAFF: &str = "Admin_UserInRole";
pub(super) const ORGANISATION: &str = "Admin_Organisation";
pub(super) const SHARING: &str = "Agreements_SharingOrganisation";

/// The eight tables.
pub(super) const TABLES: [&str; 8] =
    [ORGANISATION, SHARING, STAFF, CODE, PATIENT, CONSULTATION, PROBLEM, OBSERVATION];

/// A GUID for a number, in braces and capitals as some feeds write it.
pub(super) fn braced(number: u32) -> String {
    format!("{{{}}}", guid(number).to_uppercase())
}

/// The same, normalised.
pub(super) fn guid(number: u32) -> String {
    format!("0a0b0c0d-0000-4000-8000-{number:012x}")
}

/// The practice's own organisation, its patient, and a second organisation.
pub(super) const HERE: u32 = 1;
pub(super) const PERSON: u32 = 2;
pub(super) const ELSEWHERE: u32 = 3;
pub(super) const CLINICIAN: u32 = 4;
/// What a row is called where a test does not say.
pub(super) const ITSELF: u32 = 100;

/// What is in a column where a test does not say.
fn usual(table: &str, column: &str) -> String {
    let text = match column {
        "ProcessingId" => "120",
        "Deleted" | "IsConfidential" | "SpineSensitive" | "Disabled" | "DummyType" => "false",
        "IsActivated" => "true",
        "OrganisationGuid" => return braced(HERE),
        "PatientGuid" => return braced(PERSON),
        "UserInRoleGuid" | "ClinicianUserInRoleGuid" | "UsualGpUserInRoleGuid" => return braced(CLINICIAN),
        "ObservationGuid" | "ConsultationGuid" if table != OBSERVATION || column == "ObservationGuid" => {
            return braced(ITSELF);
        }
        "EffectiveDate" | "EnteredDate" => "2024-03-01",
        "EffectiveDatePrecision" => "YMD",
        "EnteredTime" => "09:12:00",
        "CodeId" => "254063019",
        "Term" => "Body weight",
        "ReadTermId" => "22A",
        "SnomedCTConceptId" => "27113001",
        "EmisCodeCategoryDescription" => "Biological values",
        "ODSCode" => "Y99999",
        "OrganisationName" => "The Surgery",
        "Sex" => "F",
        "DateOfBirth" => "1980-05-17",
        "Title" => "Mrs",
        "GivenName" => "Ada",
        "Surname" => "Sample",
        "NhsNumber" => "9990000018",
        "PatientTypeDescription" => "Regular",
        "JobCategoryName" => "General Medical Practitioner",
        _ => "",
    };
    text.to_owned()
}

/// A batch to be written.
#[derive(Debug)]
pub(super) struct Export {
    pub(super) folder: TempDir,
    pub(super) headers: BTreeMap<String, Vec<String>>,
    rows: BTreeMap<String, Vec<Vec<String>>>,
    raw: BTreeMap<String, Vec<u8>>,
    pub(super) stem: String,
}

impl Export {
    /// Eight tables with headers, and a row for the practice.
    pub(super) fn new() -> Self {
        Self::header_only().row(ORGANISATION, &[])
    }

    /// Eight tables with headers.
    pub(super) fn header_only() -> Self {
        let specs = [
            Organisations::SPEC,
            Sharing::SPEC,
            UsersInRole::SPEC,
            ClinicalCodes::SPEC,
            Patients::SPEC,
            Consultations::SPEC,
            Problems::SPEC,
            Observations::SPEC,
        ];
        let header = |required: &[&str], optional: &[&str]| {
            required.iter().chain(optional).map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        let headers =
            specs.iter().map(|spec| (spec.name.to_owned(), header(spec.required, spec.optional))).collect();
        Self {
            folder: tempfile::tempdir().unwrap(),
            headers,
            rows: BTreeMap::new(),
            raw: BTreeMap::new(),
            stem: "100-200".to_owned(),
        }
    }

    /// A row with these fields, and the usual ones.
    pub(super) fn row(mut self, table: &str, fields: &[(&str, &str)]) -> Self {
        let header = &self.headers[table];
        for (name, _) in fields {
            assert!(header.iter().any(|column| column == name), "{table} has no {name}");
        }
        let value = |column: &String| {
            let said = fields.iter().find(|(name, _)| name == column);
            said.map_or_else(|| usual(table, column), |(_, value)| (*value).to_owned())
        };
        let row = header.iter().map(value).collect();
        self.rows.entry(table.to_owned()).or_default().push(row);
        self
    }

    /// A row with these fields only.
    pub(super) fn bare(mut self, table: &str, fields: &[(&str, &str)]) -> Self {
        let header = &self.headers[table];
        let value =
            |column: &String| fields.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value);
        let row = header.iter().map(|column| value(column).to_owned()).collect();
        self.rows.entry(table.to_owned()).or_default().push(row);
        self
    }

    /// Leaves a column out.
    pub(super) fn without(mut self, table: &str, column: &str) -> Self {
        self.headers.get_mut(table).unwrap().retain(|name| name != column);
        self
    }

    /// Adds a column at the end.
    pub(super) fn with(mut self, table: &str, column: &str) -> Self {
        self.headers.get_mut(table).unwrap().push(column.to_owned());
        self
    }

    /// Replaces the whole file.
    pub(super) fn raw(mut self, table: &str, bytes: &[u8]) -> Self {
        self.raw.insert(table.to_owned(), bytes.to_vec());
        self
    }

    /// The bytes of a table's file.
    pub(super) fn bytes(&self, table: &str) -> Vec<u8> {
        let quoted = |fields: &Vec<String>| {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            fields.join(",") + "\r\n"
        };
        let rows = self.rows.get(table).into_iter().flatten();
        let text: String = std::iter::once(&self.headers[table]).chain(rows).map(quoted).collect();
        self.raw.get(table).cloned().unwrap_or_else(|| text.into_bytes())
    }

    /// The name of a table's file.
    pub(super) fn name(&self, table: &str) -> String {
        format!("{}_{table}_20240301120000_{}.csv", self.stem, guid(900))
    }

    pub(super) fn path(&self, table: &str) -> PathBuf {
        self.folder.path().join(self.name(table))
    }

    /// Writes the files.
    pub(super) fn write(self) -> Self {
        for table in self.headers.keys() {
            fs::write(self.path(table), self.bytes(table)).unwrap();
        }
        self
    }

    /// Writes the files and looks at them.
    pub(super) fn open(self) -> (Result<Batch, Vec<Issue>>, Self) {
        let export = self.write();
        (open(&[export.folder.path().to_owned()]), export)
    }

    /// What becomes of it where earlier batches have named organisations: the issues for which it is refused, or none.
    pub(super) fn after(self, known: &[(u32, &str)]) -> Vec<Issue> {
        let (batch, _export) = self.open();
        let mut batch = batch.unwrap();
        batch.recall(known.iter().map(|(key, ods)| (guid(*key), ods.parse().unwrap())).collect());
        match batch.read(&mut Log::default()) {
            Err(Stop::Refused(issues)) => issues,
            other => other.map(|()| Vec::new()).unwrap(),
        }
    }

    /// Writes and reads; the batch must not be refused.
    pub(super) fn read(self) -> Log {
        let (batch, _export) = self.open();
        let batch = batch.unwrap_or_else(|issues| panic!("refused: {issues:?}"));
        let mut log = Log::default();
        batch.read(&mut log).unwrap_or_else(|stop| panic!("stopped: {stop:?}"));
        assert_eq!(log.progress.last().copied(), Some(batch.total_bytes()));
        assert!(log.progress.is_sorted());
        log
    }

    /// Writes and reads; the codes for which the batch is refused, on looking at it or on reading it.
    pub(super) fn refused(self) -> Vec<Issue> {
        let (batch, _export) = self.open();
        match batch.map(|batch| batch.read(&mut Log::default())) {
            Err(issues) | Ok(Err(Stop::Refused(issues))) => issues,
            Ok(other) => panic!("not refused: {other:?}"),
        }
    }
}

pub(super) fn open(paths: &[PathBuf]) -> Result<Batch, Vec<Issue>> {
    Batch::open(&practice(), paths)
}

pub(super) fn practice() -> OdsCode {
    "Y99999".parse().unwrap()
}

pub(super) fn codes(issues: &[Issue]) -> Vec<IssueCode> {
    issues.iter().map(|issue| issue.code).collect()
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A sink that remembers everything.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) facts: Vec<(Place, Fact)>,
    pub(super) rejected: Vec<Issue>,
    pub(super) warned: Vec<Issue>,
    pub(super) progress: Vec<u64>,
}

impl Sink for Log {
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.facts.push((place.clone(), fact));
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.rejected.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.warned.push(issue);
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.push(bytes);
    }
}

impl Log {
    /// The entries in order.
    pub(super) fn entries(&self) -> Vec<&Entry> {
        let entry = |fact: &'_ (Place, Fact)| match &fact.1 {
            Fact::Entry(..) => true,
            Fact::Reference(..)
            | Fact::Guest(..)
            | Fact::GuestGone(_)
            | Fact::GuestsReplaced(..)
            | Fact::Whole(_) => false,
            Fact::Keyed(..) | Fact::Removed(..) => {
                panic!("keys are the patient's, and a deletion names them")
            }
        };
        let entries = self.facts.iter().filter(|fact| entry(fact));
        entries
            .map(|(_, fact)| match fact {
                Fact::Entry(_, entry) => &**entry,
                _ => unreachable!("filtered"),
            })
            .collect()
    }

    /// The one entry.
    pub(super) fn entry(&self) -> &Entry {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "{self:?}");
        entries[0]
    }

    /// The statement in the one entry.
    pub(super) fn statement(&self) -> &Statement {
        match &self.entry().content {
            Some(record::Content::Statement(statement)) => statement,
            other => panic!("no statement: {other:?}"),
        }
    }

    /// The last reference.
    pub(super) fn reference(&self) -> &Reference {
        let last = self.facts.iter().rev().find_map(|(_, fact)| match fact {
            Fact::Reference(_, reference, _) => Some(&**reference),
            _ => None,
        });
        last.unwrap()
    }

    /// The code and the column of each rejection.
    pub(super) fn rejections(&self) -> Vec<(IssueCode, Option<&str>)> {
        self.rejected.iter().map(|issue| (issue.code, issue.field.as_deref())).collect()
    }

    /// The code and the column of each warning.
    pub(super) fn warnings(&self) -> Vec<(IssueCode, Option<&str>)> {
        self.warned.iter().map(|issue| (issue.code, issue.field.as_deref())).collect()
    }
}
