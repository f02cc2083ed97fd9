//! Observations: results, findings, test groups, blood pressures with components.

use record::{
    CodeClass, CodeRef, Effective, FreeText, Issue, IssueCode, Role, Statement, StatementStatus, Subject,
};

use super::{
    concept,
    json::{Json, Object},
    notes::Notes,
    row::{Body, Row, references},
    time, value,
};

/// Fills the row of an observation.
pub(super) fn fill(row: &mut Row, of: &Object, notes: &mut Notes) {
    row.subject = references(of, "subject").into_iter().next();
    row.performer = references(of, "performer").into_iter().next();
    row.depends_on(Role::Consultation, of, "context");
    row.depends_on(Role::Request, of, "basedOn");
    row.depends_on(Role::Heading, of, "specimen");
    for related in of.objects("related") {
        let to = references(related, "target");
        match related.text("type") {
            Some("has-member") => row.members.extend(to),
            Some("derived-from") => row.derived.extend(to),
            _ => row.names.extend(to.into_iter().map(|to| (Role::Heading, to))),
        }
    }
    row.recorded = of.text("issued").and_then(time::read);
    row.deleted = matches!(of.text("status"), Some("entered-in-error" | "cancelled"));
    row.body = match read(of, notes) {
        Ok((header, components)) => Body::Statements(Box::new(header), components),
        Err(issue) => Body::Rejected(issue),
    };
}

fn read(of: &Object, notes: &mut Notes) -> Result<(Statement, Vec<Statement>), Box<Issue>> {
    let effective = effective(of).map_err(|field| {
        notes.error(
            IssueCode::DateInvalid,
            of.line,
            field,
            "FHIR dates are yyyy to yyyy-MM-ddThh:mm:ss+hh:mm",
        )
    })?;
    let mut header = part(of, class(of), effective, notes)?;
    header.text = of.text("comment").and_then(FreeText::new).into_iter().collect();
    header.subject = subject(of);
    let components: Result<Vec<Statement>, Box<Issue>> =
        of.objects("component").map(|component| part(component, class(of), effective, notes)).collect();
    let mut components = components?;
    // What is said in part only is not said.
    let whole = components.iter().chain([&header]).all(|part| part.status == StatementStatus::Final);
    header.status = if whole { status(of, notes) } else { StatementStatus::Unfiled };
    for component in &mut components {
        (component.subject, component.status) = (header.subject, header.status);
    }
    Ok((header, components))
}

/// The code and the result of an observation or a component.
fn part(
    of: &Object,
    class: Option<CodeClass>,
    effective: Option<Effective>,
    notes: &mut Notes,
) -> Result<Statement, Box<Issue>> {
    let coded = of.object("code").map(|code| concept::read(code, notes)).unwrap_or_default();
    if concept::is_empty(&coded) {
        let detail = "it neither has a code nor words";
        return Err(notes.error(IssueCode::ValueMissing, of.line, "code", detail));
    }
    let (value, status) = match value::read(of, notes) {
        Ok(value) => (value, StatementStatus::Final),
        Err((code @ IssueCode::PartIgnored, field, detail)) => {
            notes.warn(code, of.line, field, detail);
            (None, StatementStatus::Unfiled)
        }
        Err((code, field, detail)) => return Err(notes.error(code, of.line, field, detail)),
    };
    Ok(Statement {
        code: CodeRef::Given(coded, class),
        subject: Subject::Patient,
        effective,
        value,
        ranges: value::ranges(of, notes),
        interpretation: value::interpretation(of, notes),
        text: Vec::new(),
        performer: None,
        vaccination: None,
        status,
    })
}

fn effective(of: &Object) -> Result<Option<Effective>, &'static str> {
    let at = |text: Option<&str>, field| text.map(|text| time::read(text).ok_or(field)).transpose();
    match (of.get("effectiveDateTime"), of.object("effectivePeriod")) {
        (Some(Json::Text(text)), _) => at(Some(text), "effectiveDateTime"),
        (Some(_), _) => Err("effectiveDateTime"),
        (None, Some(period)) => at(period.text("start").or_else(|| period.text("end")), "effectivePeriod"),
        (None, None) => Ok(None),
    }
}

/// What the source says that it is.
fn class(of: &Object) -> Option<CodeClass> {
    let mut codings = of.objects("category").flat_map(|category| category.objects("coding"));
    codings.find_map(|coding| match coding.text("code")? {
        "laboratory" => Some(CodeClass::Laboratory),
        "imaging" => Some(CodeClass::Imaging),
        "social-history" => Some(CodeClass::SocialHistory),
        _ => None,
    })
}

/// The adaptors have no element for whom a finding is about and put it into the comment: `Subject: Father`.
fn subject(of: &Object) -> Subject {
    let comment = of.text("comment").unwrap_or_default();
    let names = |line: &str| line.trim_start_matches(['(', '[', ' ']).to_lowercase().starts_with("subject:");
    if comment.lines().any(names) { Subject::SomebodyElse } else { Subject::Patient }
}

fn status(of: &Object, notes: &mut Notes) -> StatementStatus {
    if !matches!(of.text("status"), Some("final" | "amended" | "corrected")) {
        notes.warn(
            IssueCode::PartIgnored,
            of.line,
            "status",
            "it is not final, so it is kept but not served",
        );
        return StatementStatus::Unfiled;
    }
    unless_modified(of, notes)
}

/// A resource with rules or modifiers of its own may mean the opposite of what it says without them.
pub(super) fn unless_modified(of: &Object, notes: &mut Notes) -> StatementStatus {
    let within = |name| of.objects(name).any(|part| part.get("modifierExtension").is_some());
    let modified = ["modifierExtension", "implicitRules"].iter().any(|name| of.get(name).is_some());
    if modified || within("component") || within("explanation") || within("vaccinationProtocol") {
        let detail = "it is modified in a way that is not known, so it is kept but not served";
        notes.warn(IssueCode::PartIgnored, of.line, "modifierExtension", detail);
        return StatementStatus::Unfiled;
    }
    StatementStatus::Final
}
