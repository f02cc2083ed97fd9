//! A bundle as a stream: one resource at a time is held as JSON, and becomes a row. What the bundle says of itself may
//! come before its entries or after them.

use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
};

use record::{IssueCode, Mark, OdsCode};

use super::{
    container, immunization,
    json::{Fatal, Json, Object, Reader},
    marks,
    notes::Notes,
    observation, patient,
    row::{Body, ROWS, Row, normal, ods_code, references},
    time,
};

/// A bundle that has been read to its end.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Its resources, each key once; the ones that cannot be used among them.
    pub(super) rows: Vec<Row>,
    /// Where the patient is among them.
    pub(super) patient: usize,
    /// When it was made, as a number that grows.
    pub(super) sequence: Option<u64>,
    /// What is worth knowing about it.
    pub(super) notes: Notes,
}

impl Bundle {
    /// Warns if the patient is said to be with an organisation whose code is there, and it is not the practice that the
    /// bundle is loaded for.
    pub(super) fn check_practice(&mut self, practice: &OdsCode) {
        let Some(patient) = self.rows.get(self.patient) else { return };
        let of = |reference: &String| {
            let same = |row: &&Row| row.key == *reference || row.address.as_deref() == Some(reference);
            self.rows.iter().find(same).and_then(|row| row.ods.clone())
        };
        let by_reference = patient.managed_by.as_ref().and_then(of);
        let line = patient.line;
        if practice.is_known() && patient.ods.clone().or(by_reference).is_some_and(|ods| ods != *practice) {
            let detail = "the patient is another practice's than the one that the bundle is loaded for";
            self.notes.warn(IssueCode::WrongPractice, line, "Patient.managingOrganization", detail);
        }
    }
}

/// Reads a whole file.
pub(super) fn read<R: BufRead>(source: R, file: &str) -> Result<Bundle, Fatal> {
    let mut reader = Reader::new(source, file);
    let mut reading = Reading { notes: Notes::new(file), rows: Vec::new(), keys: HashMap::new() };
    let (mut kind, mut holds, mut marks, mut sequence) = (None, None, Vec::new(), None);
    let mut seen = HashSet::new();
    reader.enter(b'{')?;
    while let Some(name) = reader.member(seen.is_empty())? {
        match name.as_str() {
            "entry" => reading.entries(&mut reader)?,
            "resourceType" => kind = reader.value()?.text().map(str::to_owned),
            "type" => holds = reader.value()?.text().map(str::to_owned),
            _ => {
                let value = reader.value()?;
                if name.eq_ignore_ascii_case("meta") {
                    sequence = updated(value.object());
                    let whole = Object::of(&name, value);
                    marks.extend(marks::of(&whole, &mut reading.notes));
                }
            }
        }
        if !seen.insert(name) {
            return Err(reader.fatal(IssueCode::JsonMalformed, "a name stands twice in the bundle"));
        }
    }
    reader.end()?;
    if kind.as_deref() != Some("Bundle") || !matches!(holds.as_deref(), Some("collection" | "searchset")) {
        let detail = "it is to be a Bundle of the type collection or searchset";
        return Err(reader.fatal(IssueCode::WrongFormat, detail));
    }
    reading.finish(&reader, &marks, sequence)
}

/// When a resource or a bundle was last changed.
fn updated(meta: Option<&Object>) -> Option<u64> {
    meta?.text("lastUpdated").and_then(time::sequence)
}

/// The entries so far.
struct Reading {
    notes: Notes,
    rows: Vec<Row>,
    keys: HashMap<String, usize>,
}

impl Reading {
    fn entries<R: BufRead>(&mut self, reader: &mut Reader<R>) -> Result<(), Fatal> {
        reader.enter(b'[')?;
        let mut first = true;
        while reader.item(first)? {
            first = false;
            if self.rows.len() >= ROWS {
                return Err(reader.fatal(IssueCode::TooLarge, "more resources than any patient has"));
            }
            let Json::Object(entry) = reader.value()? else {
                return Err(reader.fatal(IssueCode::WrongFormat, "an entry is an object"));
            };
            self.entry(&entry);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Object) {
        let Some(resource) = entry.object("resource") else {
            let detail = "an entry has no resource";
            return self.reject(entry, Vec::new(), (IssueCode::ElementMissing, "entry", detail));
        };
        let marks = marks::of(entry, &mut self.notes);
        let Some(kind) = resource.text("resourceType").filter(|kind| is_type(kind)) else {
            let detail = "it does not say what it is";
            return self.reject(resource, marks, (IssueCode::ElementMissing, "resourceType", detail));
        };
        let address = entry.text("fullUrl").map(str::to_owned);
        let id = resource.text("id").filter(|id| is_id(id));
        let key = id.map(|id| format!("{kind}/{id}")).or_else(|| address.as_deref().map(normal));
        let Some(key) = key.filter(|key| key.len() <= 100 && !key.contains(['~', '#'])) else {
            return self.reject(
                resource,
                marks,
                (IssueCode::KeyInvalid, "id", "the resource has no usable id"),
            );
        };
        let mut row = Row::new(key, resource.line, marks);
        row.sequence = updated(resource.object("meta"));
        match kind {
            "Patient" => {
                row.managed_by = references(resource, "managingOrganization").into_iter().next();
                row.ods = resource.object("managingOrganization").and_then(ods_code);
                row.body = Body::Patient(Box::new(patient::read(resource, &mut self.notes)));
            }
            "Observation" => observation::fill(&mut row, resource, &mut self.notes),
            "Immunization" => immunization::fill(&mut row, resource, &mut self.notes),
            _ => container::fill(&mut row, kind, resource),
        }
        row.address = address;
        self.take(row);
    }

    /// Adds a row. Of two with one key neither can be told from the other: the first stands, and what was said against
    /// either speaks against it.
    fn take(&mut self, mut row: Row) {
        if let Some(first) = self.keys.get(&row.key).and_then(|at| self.rows.get_mut(*at)) {
            first.marks.extend(row.marks.iter().cloned());
            let detail = "another resource of the bundle has the same id";
            row.body = Body::Rejected(self.notes.error(IssueCode::KeyInvalid, row.line, "id", detail));
        } else {
            self.keys.insert(row.key.clone(), self.rows.len());
        }
        self.rows.push(row);
    }

    fn reject(
        &mut self,
        of: &Object,
        marks: Vec<Mark>,
        (code, field, detail): (IssueCode, &'static str, &'static str),
    ) {
        let mut row = Row::new(format!("unnamed~{}", self.rows.len()), of.line, marks);
        // What it holds is as hidden as it would be if it could be used.
        if let Some(kind) = of.text("resourceType") {
            container::fill(&mut row, kind, of);
        }
        row.body = Body::Rejected(self.notes.error(code, of.line, field, detail));
        self.rows.push(row);
    }

    fn finish<R>(mut self, reader: &Reader<R>, marks: &[Mark], sequence: Option<u64>) -> Result<Bundle, Fatal>
    where
        R: BufRead,
    {
        for row in &mut self.rows {
            row.marks.extend(marks.iter().cloned());
            row.marks.sort();
            row.marks.dedup();
        }
        let patients = self.rows.iter().enumerate().filter(|(_, row)| matches!(row.body, Body::Patient(_)));
        match patients.map(|(at, _)| at).collect::<Vec<_>>().as_slice() {
            [patient] => Ok(Bundle { patient: *patient, rows: self.rows, sequence, notes: self.notes }),
            [] => Err(reader.fatal(IssueCode::ElementMissing, "the bundle has no Patient")),
            _ => Err(reader.fatal(IssueCode::WrongFormat, "the bundle is about more than one patient")),
        }
    }
}

fn is_type(kind: &str) -> bool {
    kind.len() <= 64 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// FHIR's grammar of ids.
fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}
