//! `CompoundStatement`: a heading, a report, a specimen, a test group or a blood pressure, and what is in it.

use std::io::BufRead;

use record::{CodeClass, CodeRef, CodeSystem, IssueCode, Statement};

use super::{
    head::{Head, identifier, mark},
    link_set, narrative,
    node::Node,
    observation, plan,
    reading::{Inside, Reading},
    request,
    rows::{Body, Class, Compound},
    xml::{Fatal, Tag},
};

/// Reads one.
fn read<R: BufRead>(r: &mut Reading<R>, tag: &Tag, inside: Inside) -> Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    let mut specimen = false;
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "component" => head.marks.extend(component(r, &child, Inside { parent: Some(at), ..inside })?),
            "specimen" => specimen = true,
            _ => r.take(&mut head, &child)?,
        }
    }
    let class = match tag.get("classCode") {
        Some("BATTERY") => Class::Battery,
        Some("CLUSTER") => Class::Cluster,
        _ => Class::Other,
    };
    let header = if class == Class::Other { None } else { header(r, &head, tag.line) };
    let is = |code: &str| header.as_ref().is_some_and(|header| has(header, code));
    // "specimen (specimen)" and "laboratory reporting": how senders head what a laboratory sent.
    let (specimen, report) = (specimen || is("123038009"), is("16488004"));
    let allergies = head.code.as_ref().is_some_and(heads_allergies);
    let compound = Compound { class, specimen, report, allergies, header };
    r.end_container(at, head, Body::Compound(Box::new(compound)));
    Ok(())
}

/// Whether a code heads allergies: "H/O: drug allergy" and "Allergy, unspecified", under which senders file them.
fn heads_allergies(code: &Node) -> bool {
    let mut codes =
        std::iter::once(code).chain(code.children("translation")).filter_map(|code| code.get("code"));
    codes.any(|code| matches!(code.get(..5), Some("14L.." | "SN53.")))
}

/// The statement that a compound would be. A date that cannot be read leaves a heading, which keeps its marks.
fn header<R: BufRead>(r: &mut Reading<R>, head: &Head, line: u64) -> Option<Statement> {
    head.code.as_ref().filter(|code| code.get("code").is_some() || code.child("translation").is_some())?;
    match head.statement(None, line, &mut r.notes) {
        Ok(statement) => Some(statement).filter(|statement| !codings(statement).is_empty()),
        Err(issue) => {
            let field = issue.field.as_deref().unwrap_or("CompoundStatement");
            r.notes.warn(IssueCode::PartIgnored, line, field, "the compound is kept as a heading only");
            None
        }
    }
}

fn codings(statement: &Statement) -> &[record::Coding] {
    match &statement.code {
        CodeRef::Given(coded, _) => &coded.codings,
        CodeRef::Local(_) => &[],
    }
}

fn has(statement: &Statement, code: &str) -> bool {
    codings(statement).iter().any(|coding| coding.system == CodeSystem::SnomedCt && coding.code == code)
}

/// Reads what one `component` holds. Gives marks that stand beside it.
pub(super) fn component<R: BufRead>(
    r: &mut Reading<R>,
    tag: &Tag,
    inside: Inside,
) -> Result<Vec<record::Mark>, Fatal> {
    let mut marks = Vec::new();
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "ObservationStatement" => observation::read(r, &child, inside)?,
            "CompoundStatement" => read(r, &child, inside)?,
            "NarrativeStatement" => narrative::read(r, &child, inside)?,
            "LinkSet" => link_set::read(r, &child, inside)?,
            "RequestStatement" => request::read(r, &child, inside)?,
            "PlanStatement" => plan::read(r, &child, inside, CodeClass::Request)?,
            "RegistrationStatement" => plan::read(r, &child, inside, CodeClass::Administrative)?,
            "MedicationStatement" => medication(r, &child)?,
            "confidentialityCode" => marks.push(mark(child.get("code"), child.line, &mut r.notes)),
            "sequenceNumber" | "seperatableInd" | "EhrEmpty" => {}
            _ => {
                let detail = "a kind of statement that the schema does not have was left out";
                r.notes.warn(IssueCode::PartIgnored, child.line, "component", detail);
            }
        }
    }
    Ok(marks)
}

/// Medication is no row yet; its marks count for problems that it names.
fn medication<R: BufRead>(r: &mut Reading<R>, tag: &Tag) -> Result<(), Fatal> {
    let (mut ids, mut marks) = (Vec::new(), Vec::new());
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "id" => ids.extend(identifier(&Node::read(&mut r.xml, &child)?)),
            "confidentialityCode" => marks.push(mark(child.get("code"), child.line, &mut r.notes)),
            _ => {}
        }
    }
    r.rows.mark_elsewhere(&ids, &marks);
    Ok(())
}
