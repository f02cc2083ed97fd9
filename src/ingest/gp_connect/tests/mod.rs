//! What is expected of the reader, on bundles made here and on published ones that may stand beside the project.
#![cfg_attr(test, allow(clippy::print_stderr, reason = "a skipped test says so"))]

mod hostile;
mod resources;
mod visibility;

use record::{
    Content, Demographics, Entry, Fact, Fate, Issue, IssueCode, Place, Reference, ReferenceKey, Role, Sink,
    SinkError, Statement,
};
use serde_json::{Value as Json, json};

use super::Batch;
use crate::{Batch as _, Stop};

/// Everything that was handed over.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) entries: Vec<Entry>,
    pub(super) keys: Vec<String>,
    pub(super) staff: Vec<String>,
    pub(super) rejected: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
}

impl Sink for Collected {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        match fact {
            Fact::Entry(key, entry) => {
                self.keys.push(key.expose().to_owned());
                self.entries.push(*entry);
            }
            Fact::Reference(ReferenceKey::Staff(key), reference, _) => {
                assert!(matches!(*reference, Reference::Staff(_)));
                self.staff.push(key);
            }
            Fact::Reference(..) => panic!("only staff is told"),
            Fact::Keyed(..)
            | Fact::Removed(..)
            | Fact::Guest(..)
            | Fact::GuestGone(_)
            | Fact::GuestsReplaced(..)
            | Fact::Whole(_) => {
                panic!("a bundle names its own patient and is never whole")
            }
        }
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

impl Collected {
    pub(super) fn rows(&self) -> usize {
        self.entries.len() + self.staff.len() + self.rejected.len()
    }

    pub(super) fn entry(&self, id: &str) -> &Entry {
        let found = self.entries.iter().find(|entry| entry.id.as_str() == id);
        found.unwrap_or_else(|| panic!("no {id}: {:?}", self.rejected))
    }

    pub(super) fn statement(&self, id: &str) -> &Statement {
        match &self.entry(id).content {
            Some(Content::Statement(statement)) => statement,
            other => panic!("{id} is {other:?}"),
        }
    }

    pub(super) fn patient(&self) -> &Demographics {
        match &self.entry("patient").content {
            Some(Content::Patient(person)) => person,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn links(&self, id: &str) -> Vec<(Role, &str)> {
        self.entry(id).links.iter().map(|link| (link.role, link.to.as_str())).collect()
    }
}

pub(super) fn patient() -> Json {
    json!({"resourceType": "Patient", "id": "p",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}]})
}

pub(super) fn weight(id: &str) -> Json {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "27113001", "display": "Body weight"}]},
        "effectiveDateTime": "2024-03-01", "issued": "2024-03-02T10:00:00.000+00:00",
        "valueQuantity": {"value": 70, "unit": "kg"}})
}

pub(super) fn mmr(id: &str) -> Json {
    json!({"resourceType": "Immunization", "id": id, "status": "completed", "notGiven": false,
        "patient": {"reference": "Patient/p"}, "date": "2024-03-01",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "UNK"}]},
        "extension": [{"url": "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-VaccinationProcedure-1",
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "38598009", "display": "MMR vaccination"}]}}]})
}

/// A resource with other members.
pub(super) fn with(mut resource: Json, members: Json) -> Json {
    for (name, value) in members.as_object().unwrap() {
        resource[name] = value.clone();
    }
    resource
}

pub(super) fn bundle(resources: &[Json]) -> Json {
    let entries: Vec<Json> = resources.iter().map(|resource| json!({"resource": resource})).collect();
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
}

pub(super) fn try_read(bytes: &[u8]) -> Result<Collected, Vec<Issue>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.json"), bytes).unwrap();
    let mut sink = Collected::default();
    match Batch::open(&"Y99999".parse().unwrap(), &[folder.path().to_owned()])?.read(&mut sink) {
        Ok(()) => Ok(sink),
        Err(Stop::Refused(issues)) => Err(issues),
        Err(Stop::Sink(error)) => panic!("{error}"),
    }
}

pub(super) fn read_json(bundle: &Json) -> Collected {
    try_read(bundle.to_string().as_bytes()).unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// Reads a bundle of the usual patient and these resources.
pub(super) fn read(resources: &[Json]) -> Collected {
    let mut all = vec![patient()];
    all.extend(resources.iter().cloned());
    read_json(&bundle(&all))
}

/// The code for which a file is refused.
pub(super) fn refused(bytes: &[u8]) -> IssueCode {
    match try_read(bytes) {
        Ok(read) => panic!("read: {:?}", read.keys),
        Err(issues) => issues[0].code,
    }
}
