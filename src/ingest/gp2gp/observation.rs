//! `ObservationStatement`: the one kind of statement with a result.

use std::io::BufRead;

use record::{
    CodeClass, CodeRef, CodeSystem, FreeText, Interpretation, ReferenceRange, Statement, Subject, Value,
};

use super::{
    head::Head,
    measured_text::measured,
    node::Node,
    quantity,
    reading::{Inside, Reading},
    rows::Body,
    vaccination_text::{has_lines_of_vaccination, vaccination},
    xml::{Fatal, Tag},
};

/// A code that says that only words arrived.
const DEGRADED: &str = "196411000000103";

/// What an observation has beyond the common parts.
#[derive(Default)]
struct Result {
    value: Option<Value>,
    /// There was a value, perhaps one that could not be read.
    valued: bool,
    interpretation: Option<Interpretation>,
    ranges: Vec<ReferenceRange>,
    /// Annotations with their sequence numbers.
    texts: Vec<(i64, FreeText)>,
    somebody_else: bool,
    specimen: bool,
}

/// Reads one.
pub(super) fn read<R: BufRead>(
    r: &mut Reading<R>,
    tag: &Tag,
    inside: Inside,
) -> std::result::Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    let mut result = Result::default();
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "value" => {
                let node = Node::read(&mut r.xml, &child)?;
                result.valued = node.get("nullFlavor").is_none();
                if result.valued {
                    result.value = quantity::value(&node, &mut r.notes).or_else(|| quantity::unread(&node));
                }
            }
            "interpretationCode" => {
                result.interpretation =
                    quantity::interpretation(&Node::read(&mut r.xml, &child)?, &mut r.notes);
            }
            "referenceRange" => {
                result.ranges.extend(quantity::range(&Node::read(&mut r.xml, &child)?, &mut r.notes));
            }
            "pertinentInformation" => result.texts.extend(annotation(&Node::read(&mut r.xml, &child)?)),
            // Whoever it is: a statement that names a subject is not about the patient.
            "subject" => result.somebody_else = true,
            "specimen" => result.specimen = true,
            _ => r.take(&mut head, &child)?,
        }
    }
    let hint = result.specimen.then_some(CodeClass::Laboratory);
    let statement = head.statement(hint, tag.line, &mut r.notes);
    let body = statement.map(|statement| Body::Statement(Box::new(result.complete(statement))));
    r.end_statement(at, head, body);
    Ok(())
}

fn annotation(node: &Node) -> Option<(i64, FreeText)> {
    let text = node.child("pertinentAnnotation")?.child("text")?.words().and_then(FreeText::new)?;
    let number = node.child("sequenceNumber").and_then(|number| number.get("value"));
    Some((number.and_then(|number| number.parse().ok()).unwrap_or(0), text))
}

impl Result {
    fn complete(mut self, mut statement: Statement) -> Statement {
        self.texts.sort_by_key(|(number, _)| *number);
        statement.text = self.texts.into_iter().map(|(_, text)| text).collect();
        let told = measured(&statement.text);
        statement.value = if self.valued { self.value } else { told.value };
        statement.interpretation = self.interpretation.or(told.interpretation.filter(|_| !self.valued));
        statement.ranges = self.ranges;
        if statement.ranges.is_empty() && !self.valued {
            statement.ranges.extend(told.range);
        }
        statement.vaccination = vaccination(&statement.text);
        // What was given is known by its brand alone, and that it was a vaccine by the lines beside it (exports §4.4).
        if let CodeRef::Given(coded, hint @ None) = &mut statement.code
            && coded.in_system(&CodeSystem::SnomedCt) == Some(DEGRADED)
            && has_lines_of_vaccination(&statement.text)
        {
            *hint = Some(CodeClass::Immunisation);
        }
        if self.somebody_else {
            statement.subject = Subject::SomebodyElse;
        }
        statement
    }
}
