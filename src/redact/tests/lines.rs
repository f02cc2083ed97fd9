//! Annotated lines as JSON: the project's own and, where it is there, the shared development set.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{Patient, Person, Record};

pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) text: String,
    pub(crate) record: Record,
    pub(crate) gold: Vec<Gold>,
    pub(crate) review: bool,
}

pub(crate) struct Gold {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: String,
    pub(crate) third_party: bool,
}

/// The lines of a file below the project's top; none if it is not there.
pub(crate) fn lines(path: &str) -> Option<Vec<Line>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().map(|line| read(&serde_json::from_str(line).unwrap())).collect())
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<String> {
    value.as_str().map(str::to_owned).into_iter().collect()
}

fn read(row: &Value) -> Line {
    let patient = &row["patient"];
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let person = |row: &Value| Person {
        name: words(&row["name"]),
        addresses: list(&row["address"]),
        relationship: words(&row["relationship"]),
    };
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let gold = |span: &Value| Gold {
        start: number(&span["start"]),
        end: number(&span["end"]),
        kind: words(&span["kind"]),
        third_party: span["third_party"].as_bool().unwrap(),
    };
    Line {
        id: words(&row["id"]),
        category: words(&row["category"]),
        text: words(&row["text"]),
        record: Record {
            patient: Patient {
                given: words(&patient["given"]),
                family: words(&patient["family"]),
                known_as: words(&patient["known_as"]),
                sex: words(&patient["sex"]),
                dob: words(&patient["dob"]),
                phones: list(&patient["phone"]),
                addresses: list(&patient["address"]),
                emails: list(&patient["email"]),
                nhs: words(&patient["nhs"]),
            },
            people: all(&row["relationships"]).iter().map(person).collect(),
            staff: all(&row["staff"]).iter().map(words).collect(),
        },
        gold: all(&row["spans"]).iter().map(gold).collect(),
        review: row["review"].as_bool().unwrap(),
    }
}
