//! Rows to facts: one for each, in the order of the message, after all that they name has been settled.

use std::collections::HashSet;

use record::{
    Container, Content, Demographics, Entry, EntryId, Fact, Issue, IssueCode, MarksCarried, PatientKey,
    Place, Reference, ReferenceKey, Registration, Sink, SinkError,
};

use super::{
    agents::Agent,
    extract::Extract,
    notes::Notes,
    resolve,
    rows::{Body, PATIENT, Row},
};

/// Hands a whole extract over.
pub(super) fn emit(mut extract: Extract, sink: &mut dyn Sink) -> Result<(), SinkError> {
    resolve::resolve(&mut extract.rows, &mut extract.notes);
    let empty = extract.rows.len() == 0;
    let patient = patient(&extract);
    let Extract { patient: key, patient_line, line, marks_carried, sequence, agents, rows, notes, .. } =
        extract;
    let staff: HashSet<String> = agents.iter().map(|agent| agent.key.clone()).collect();
    for Agent { key, line, staff } in agents {
        let reference =
            Fact::Reference(ReferenceKey::Staff(key), Box::new(Reference::Staff(staff)), sequence);
        sink.fact(&notes.place(line), reference)?;
    }
    if let Some(patient) = patient {
        sink.fact(&notes.place(patient_line), Fact::Entry(key.clone(), Box::new(patient)))?;
    }
    for row in rows.into_all() {
        let place = notes.place(row.line);
        match entry(row, &place, marks_carried, sequence, &staff, &notes) {
            Ok(entry) => drop(sink.fact(&place, Fact::Entry(key.clone(), Box::new(entry)))?),
            Err(issue) => sink.reject(*issue),
        }
    }
    end(sink, notes, line, (!empty).then_some(key))
}

/// An extract without a single statement is the skeleton of a large message, or a mistake: it does not say that all that
/// was known of the patient is gone.
fn end(sink: &mut dyn Sink, mut notes: Notes, line: u64, key: Option<PatientKey>) -> Result<(), SinkError> {
    let place = notes.place(line);
    if key.is_none() {
        let detail =
            "it holds no record, so what was known before stays; is it the skeleton of a large message?";
        notes.warn(IssueCode::ElementMissing, line, "ehrComposition", detail);
    }
    for issue in notes.into_issues() {
        sink.warn(issue);
    }
    if let Some(key) = key {
        sink.fact(&place, Fact::Whole(key))?;
    }
    Ok(())
}

/// The patient, of whom an extract tells no more than a number. There is an extract because they register with the
/// practice that receives it.
fn patient(extract: &Extract) -> Option<Entry> {
    let demographics =
        Demographics { nhs_number: extract.nhs_number, ..Demographics::registered(Registration::Regular) };
    Some(Entry {
        marks_carried: extract.marks_carried,
        sequence: extract.sequence,
        place: extract.notes.place(extract.patient_line),
        ..Entry::new(EntryId::new(PATIENT)?, Some(Content::Patient(Box::new(demographics))))
    })
}

fn entry(
    row: Row,
    place: &Place,
    marks_carried: MarksCarried,
    sequence: u64,
    staff: &HashSet<String>,
    notes: &Notes,
) -> Result<Entry, Box<Issue>> {
    if let Some(issue) = row.rejected {
        return Err(issue);
    }
    let id = EntryId::new(&row.id)
        .ok_or_else(|| Box::new(notes.error(IssueCode::KeyInvalid, row.line, "id", "no usable id")))?;
    let content = match row.body {
        Body::Container(container) => Content::Container(container),
        Body::Compound(_) => Content::Container(Container::Heading),
        Body::Problem { .. } => Content::Container(Container::Problem),
        Body::Comment(None) => Content::Container(Container::Comment),
        Body::Statement(mut statement) | Body::Comment(Some(mut statement)) => {
            statement.performer = statement.performer.filter(|performer| staff.contains(performer));
            Content::Statement(statement)
        }
    };
    Ok(Entry {
        id,
        content: Some(content),
        links: row.links,
        marks: row.marks,
        marks_carried,
        recorded: row.recorded,
        deleted: row.folded,
        sequence,
        place: place.clone(),
    })
}
