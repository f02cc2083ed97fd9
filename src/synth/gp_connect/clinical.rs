//! Encounters and their lists, Observations, Immunizations, problems, requests and reports; and what they mean.

use super::{
    person::EXTENSION,
    tree::{Tree, coding, concept, reference, resource, text},
};
use crate::{
    codes::Code,
    day::{Moment, Precision},
    life::{
        Life, Marks, Statement,
        meaning::{self, instant, refused},
    },
    oracle::Meant,
    practice::Practice,
};

const SNOMED: &str = "http://snomed.info/sct";

/// Whether a statement becomes something that is served: referrals are requests.
pub fn is_served(statement: &Statement) -> bool {
    statement.code.category != "Referral"
}

/// Everything clinical. Lists and reports come before what they hold, problems after.
pub fn resources(life: &Life, practice: &Practice) -> Vec<Tree> {
    let mut all = Vec::new();
    for (number, consultation) in life.consultations.iter().enumerate() {
        let id = consultation.id.lower();
        let members = vec![
            ("status", text("finished")),
            ("subject", patient(life)),
            ("period", Tree::Object(vec![("start", text(instant(consultation.at)))])),
        ];
        all.push(resource("Encounter", &id, consultation.confidential, members));
        let inside =
            life.statements.iter().filter(|one| one.consultation == Some(number) && one.parent.is_none());
        let items = inside.map(|one| Tree::Object(vec![("item", reference(kind(one), &one.id.lower()))]));
        let members = vec![
            ("status", text("current")),
            ("mode", text("snapshot")),
            ("title", text(consultation.place)),
            ("subject", patient(life)),
            ("encounter", reference("Encounter", &id)),
            ("entry", Tree::List(items.collect())),
        ];
        all.push(resource("List", &format!("{id}-CONS"), false, members));
    }
    for (number, statement) in life.statements.iter().enumerate() {
        let parts: Vec<&Statement> =
            life.statements.iter().filter(|part| part.parent == Some(number)).collect();
        all.extend(report(life, statement, &parts));
        all.push(match kind(statement) {
            "ProcedureRequest" => request(life, statement),
            "Immunization" => immunization(life, practice, statement),
            _ => observation(life, practice, statement, &parts),
        });
    }
    all.extend(problems(life));
    all
}

fn kind(statement: &Statement) -> &'static str {
    match statement.code.category.as_str() {
        "Referral" => "ProcedureRequest",
        "Immunisations" => "Immunization",
        _ => "Observation",
    }
}

fn patient(life: &Life) -> Tree {
    reference("Patient", &life.who.id.lower())
}

/// When it was true, as precise as it is known.
fn date(statement: &Statement) -> Option<String> {
    match statement.precision {
        Precision::Unknown => None,
        Precision::Time => Some(instant(Moment { day: statement.day, ..statement.entered })),
        _ => Some(meaning::date(statement)),
    }
}

fn coded(statement: &Statement) -> Tree {
    concept_of(statement.code)
}

fn concept_of(code: &Code) -> Tree {
    let mut codings = Vec::new();
    if !code.read.is_empty() {
        codings.push(coding("http://read.info/readv2", &format!("{:.<5}00", code.read), &code.term));
    }
    if !code.snomed.is_empty() {
        codings.push(coding(SNOMED, &code.snomed, &code.term));
    }
    if codings.is_empty() { Tree::Object(vec![("text", text(&code.term))]) } else { concept(codings) }
}

fn encounter(life: &Life, statement: &Statement) -> Option<Tree> {
    let consultation = life.consultations.get(statement.consultation?)?;
    Some(reference("Encounter", &consultation.id.lower()))
}

fn clinician(practice: &Practice, statement: &Statement) -> Tree {
    reference("Practitioner", &practice.member(statement.clinician).id.lower())
}

fn observation(life: &Life, practice: &Practice, statement: &Statement, parts: &[&Statement]) -> Tree {
    let mut members = vec![("status", text("final")), ("code", coded(statement)), ("subject", patient(life))];
    members.extend(encounter(life, statement).map(|to| ("context", to)));
    members.extend(date(statement).map(|date| ("effectiveDateTime", text(date))));
    members.push(("issued", text(instant(statement.entered))));
    members.push(("performer", Tree::List(vec![clinician(practice, statement)])));
    if let Some(value) = &statement.value {
        members.push(("valueQuantity", quantity(value, statement.operator, statement.unit)));
    }
    if let Some((code, display)) = match statement.abnormal {
        "HI" => Some(("H", "High")),
        "LO" => Some(("L", "Low")),
        _ => None,
    } {
        members.push(("interpretation", concept(vec![coding("http://hl7.org/fhir/v2/0078", code, display)])));
    }
    members.extend(comment(statement).map(|comment| ("comment", text(comment))));
    let bounds = [("low", &statement.low), ("high", &statement.high)];
    let range: Vec<(&'static str, Tree)> = bounds
        .into_iter()
        .filter_map(|(name, bound)| Some((name, quantity(bound.as_ref()?, "", statement.unit))))
        .collect();
    if !range.is_empty() {
        members.push(("referenceRange", Tree::List(vec![Tree::Object(range)])));
    }
    let related = |kind: &str, id: String| {
        Tree::Object(vec![("type", text(kind)), ("target", reference("Observation", &id))])
    };
    let up = statement.parent.and_then(|number| life.statements.get(number));
    let up = up.map(|header| related("derived-from", header.id.lower()));
    let down = parts.iter().map(|part| related("has-member", part.id.lower()));
    let related: Vec<Tree> = up.into_iter().chain(down).collect();
    if !related.is_empty() {
        members.push(("related", Tree::List(related)));
    }
    resource("Observation", &statement.id.lower(), statement.confidential, members)
}

/// Typed words; whom a finding is about stands before them, as the adaptors write it.
fn comment(statement: &Statement) -> Option<String> {
    let about = statement.relative.map(|relative| format!("Subject: {}", relative.term));
    let typed = (!statement.text.is_empty()).then(|| statement.text.clone());
    let lines: Vec<String> = about.into_iter().chain(typed).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn quantity(value: &str, operator: &str, unit: &str) -> Tree {
    let mut members = vec![("value", Tree::Number(value.to_owned()))];
    if !operator.is_empty() {
        members.push(("comparator", text(operator)));
    }
    if !unit.is_empty() {
        members.push(("unit", text(unit)));
    }
    Tree::Object(members)
}

fn immunization(life: &Life, practice: &Practice, statement: &Statement) -> Tree {
    let extension = |name: &str, value: (&'static str, Tree)| {
        Tree::Object(vec![("url", text(format!("{EXTENSION}{name}-1"))), value])
    };
    let mut members = vec![
        (
            "extension",
            Tree::List(vec![
                extension(
                    "VaccinationProcedure",
                    ("valueCodeableConcept", concept_of(refused(statement).unwrap_or(statement.code))),
                ),
                extension("DateRecorded", ("valueDateTime", text(instant(statement.entered)))),
            ]),
        ),
        ("status", text("completed")),
        ("notGiven", Tree::Bool(refused(statement).is_some())),
        ("vaccineCode", concept(vec![coding("http://hl7.org/fhir/v3/NullFlavor", "UNK", "unknown")])),
        ("patient", patient(life)),
    ];
    members.extend(encounter(life, statement).map(|to| ("encounter", to)));
    members.extend(date(statement).map(|date| ("date", text(date))));
    members.push(("primarySource", Tree::Bool(true)));
    if let Some(told) = &statement.vaccination {
        members.push(("lotNumber", text(&told.batch)));
        members.push(("expirationDate", text(told.expires.to_string())));
        members.push(("site", Tree::Object(vec![("text", text(told.site))])));
    }
    if refused(statement).is_some() {
        let reasons = vec![("reasonNotGiven", Tree::List(vec![coded(statement)]))];
        members.push(("explanation", Tree::Object(reasons)));
    }
    let actor = Tree::Object(vec![("actor", clinician(practice, statement))]);
    members.push(("practitioner", Tree::List(vec![actor])));
    if !statement.text.is_empty() {
        members.push(("note", Tree::List(vec![Tree::Object(vec![("text", text(&statement.text))])])));
    }
    resource("Immunization", &statement.id.lower(), statement.confidential, members)
}

fn request(life: &Life, statement: &Statement) -> Tree {
    let members = vec![
        ("status", text("active")),
        ("intent", text("plan")),
        ("code", coded(statement)),
        ("subject", patient(life)),
    ];
    resource("ProcedureRequest", &statement.id.lower(), statement.confidential, members)
}

/// The report of a test group.
fn report(life: &Life, header: &Statement, parts: &[&Statement]) -> Option<Tree> {
    let laboratory = ["Haematology", "Biochemistry"].contains(&header.code.category.as_str());
    let results = std::iter::once(header).chain(parts.iter().copied());
    let members = vec![
        ("status", text("final")),
        ("subject", patient(life)),
        ("result", Tree::List(results.map(|one| reference("Observation", &one.id.lower())).collect())),
    ];
    (laboratory && !parts.is_empty())
        .then(|| resource("DiagnosticReport", &format!("{}-DR", header.id.lower()), false, members))
}

fn problems(life: &Life) -> Vec<Tree> {
    let made = life.problems.iter().filter_map(|problem| {
        let named = life.statements.get(problem.statement).filter(|named| kind(named) == "Observation")?;
        let extension = |name: &str, to: &Statement| {
            let value = reference(kind(to), &to.id.lower());
            Tree::Object(vec![("url", text(format!("{EXTENSION}{name}-1"))), ("valueReference", value)])
        };
        let filed = life.statements.iter().filter(|one| one.problem == Some(problem.statement));
        let mut extensions = vec![extension("ActualProblem", named)];
        extensions.extend(filed.map(|one| extension("RelatedClinicalContent", one)));
        let members = vec![
            ("extension", Tree::List(extensions)),
            ("clinicalStatus", text(if problem.ended.is_some() { "inactive" } else { "active" })),
            ("code", coded(named)),
            ("subject", patient(life)),
        ];
        Some(resource("Condition", &format!("{}-COND", named.id.lower()), problem.confidential, members))
    });
    made.collect()
}

/// What the statements mean.
pub fn meant(life: &Life, key: &str) -> Vec<Meant> {
    let confidential = life.problems.iter().filter(|problem| problem.confidential);
    let marks =
        Marks { problems: confidential.map(|problem| problem.statement).collect(), ..Marks::of(life) };
    let made = life.statements.iter().enumerate().map(|(number, statement)| Meant {
        entry: format!("{}/{}", kind(statement), statement.id.lower()),
        kind: match kind(statement) {
            "Immunization" if refused(statement).is_some() => "not-given",
            "Immunization" => "immunization",
            _ if !is_served(statement) => "not-served",
            _ => meaning::kind(statement, &["Family history"]),
        },
        code: refused(statement).unwrap_or(statement.code).snomed.clone(),
        date: date(statement).unwrap_or_default(),
        ..meaning::meant(life, &marks, key, number, statement)
    });
    made.collect()
}
