//! What holds observations and immunizations, and is not served: its marks come down to what it holds, what it lists
//! or what it is about. Any other kind of resource is kept likewise, for the marks of whoever refers to it.

use record::{CodeClass, Container, Role};

use super::{
    json::{Json, Object},
    patient::person_name,
    row::{Body, Row, ods_code, references},
};

/// Fills the row of a resource that is neither patient nor served.
pub(super) fn fill(row: &mut Row, kind: &str, of: &Object) {
    row.subject = references(of, "subject").into_iter().chain(references(of, "patient")).next();
    for element in ["context", "encounter"] {
        row.depends_on(Role::Consultation, of, element);
    }
    for element in ["basedOn", "procedureRequest", "referralRequest"] {
        row.depends_on(Role::Request, of, element);
    }
    row.depends_on(Role::Heading, of, "partOf");
    row.depends_on(Role::Heading, of, "specimen");
    let container = |container| Body::Container(container, None);
    row.body = match kind {
        "Encounter" | "EpisodeOfCare" => container(Container::Consultation),
        "ProcedureRequest" | "ReferralRequest" => container(Container::Request),
        "Condition" => {
            problem(row, of);
            container(Container::Problem)
        }
        "List" => {
            row.holds.extend(of.objects("entry").flat_map(|entry| references(entry, "item")));
            Body::Container(Container::Heading, heading(of))
        }
        "DiagnosticReport" => {
            row.holds.extend(references(of, "result"));
            Body::Container(Container::Heading, Some(tests(of)))
        }
        // Whoever may not be named is not; nor is whose name this is.
        "Practitioner" if row.marks.is_empty() => match of.objects("name").next() {
            Some(name) => Body::Staff(person_name(name)),
            None => container(Container::Heading),
        },
        "PractitionerRole" => Body::InRole(references(of, "practitioner").into_iter().next()),
        "Organization" => {
            row.ods = ods_code(of);
            Body::Organisation(of.text("name").map(str::to_owned))
        }
        _ => container(Container::Heading),
    };
}

/// A problem: the observation that names it, what is filed under it, and the problem that it is part of.
fn problem(row: &mut Row, of: &Object) {
    for extension in of.objects("extension") {
        let url = extension.text("url").unwrap_or_default();
        let to = || references(extension, "valueReference");
        if url.contains("ActualProblem") {
            row.about.extend(to());
            row.holds.extend(to());
        } else if url.contains("RelatedClinicalContent") {
            row.holds.extend(to());
        } else if url.contains("RelatedProblemHeader") {
            let part =
                |name: &str| extension.objects("extension").find(|part| part.text("url") == Some(name));
            let is_parent =
                part("type").is_some_and(|part| part.get("valueCode") == Some(&Json::Text("parent".into())));
            let target = part("target").map(|part| references(part, "valueReference")).unwrap_or_default();
            row.names.extend(target.into_iter().filter(|_| is_parent).map(|to| (Role::Problem, to)));
        }
    }
}

/// What is listed under a heading of family history is about relatives, whatever its codes say.
fn heading(of: &Object) -> Option<CodeClass> {
    let text = of.object("code").and_then(|code| code.text("text"));
    let mut words = of.text("title").into_iter().chain(text).map(str::to_lowercase);
    words.any(|words| words.contains("family history")).then_some(CodeClass::FamilyHistory)
}

fn tests(of: &Object) -> CodeClass {
    let mut codings = of.object("category").into_iter().flat_map(|category| category.objects("coding"));
    let imaging =
        |coding: &Object| matches!(coding.text("code"), Some("RAD" | "RX" | "CT" | "NMR" | "RUS" | "IMG"));
    if codings.any(imaging) { CodeClass::Imaging } else { CodeClass::Laboratory }
}
