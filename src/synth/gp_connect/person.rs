//! The patient, the practice and its staff.

use super::tree::{Tree, coding, concept, reference, resource, text};
use crate::{life::Life, person::Sex, practice::Practice, role::Role};

/// The address under which extensions of the record's profiles lie.
pub const EXTENSION: &str = "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-";

/// Patient, Organization and Practitioners.
pub fn resources(life: &Life, practice: &Practice) -> Vec<Tree> {
    let system = text("https://fhir.nhs.uk/Id/ods-organization-code");
    let code = Tree::Object(vec![("system", system), ("value", text(&practice.ods))]);
    let organisation = vec![("identifier", Tree::List(vec![code])), ("name", text(&practice.name))];
    let mut all =
        vec![patient(life, practice), resource("Organization", &practice.id.lower(), false, organisation)];
    all.extend(practice.staff.iter().map(|member| {
        let name = vec![
            ("family", text(member.surname)),
            ("given", Tree::List(vec![text(member.given)])),
            ("prefix", Tree::List(vec![text(member.title)])),
        ];
        resource(
            "Practitioner",
            &member.id.lower(),
            false,
            vec![("name", Tree::List(vec![Tree::Object(name)]))],
        )
    }));
    all
}

fn patient(life: &Life, practice: &Practice) -> Tree {
    let who = &life.who;
    let mut members = vec![
        ("extension", Tree::List(vec![registration(life)])),
        ("identifier", Tree::List(vec![number(&who.nhs)])),
        ("active", Tree::Bool(true)),
        (
            "name",
            Tree::List(vec![Tree::Object(vec![
                ("use", text("official")),
                ("family", text(who.surname)),
                ("given", Tree::List(vec![text(who.given)])),
                ("prefix", Tree::List(vec![text(who.title)])),
            ])]),
        ),
        ("telecom", Tree::List(telecom(life))),
        (
            "gender",
            text(match who.sex {
                Sex::Female => "female",
                Sex::Male => "male",
                Sex::Unknown => "unknown",
                Sex::Indeterminate => "other",
            }),
        ),
        ("birthDate", text(who.birth.to_string())),
        ("address", Tree::List(vec![address(life)])),
    ];
    if let Some(death) = who.death {
        members.push(("deceasedDateTime", text(death.to_string())));
    }
    // Other people's details, which must not come out anywhere.
    if let Some((carer, relation)) = &who.carer {
        let contact = vec![
            ("relationship", Tree::List(vec![Tree::Object(vec![("text", text(*relation))])])),
            ("name", Tree::Object(vec![("text", text(carer))])),
        ];
        members.push(("contact", Tree::List(vec![Tree::Object(contact)])));
    }
    members.push((
        "generalPractitioner",
        Tree::List(vec![reference("Practitioner", &practice.member(who.usual_gp).id.lower())]),
    ));
    members.push(("managingOrganization", reference("Organization", &practice.id.lower())));
    resource("Patient", &who.id.lower(), who.role == Role::SensitivePatient, members)
}

fn number(nhs: &str) -> Tree {
    let verified = coding(
        "https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-NHSNumberVerificationStatus-1",
        "01",
        "Number present and verified",
    );
    let status = Tree::Object(vec![
        ("url", text(format!("{EXTENSION}NHSNumberVerificationStatus-1"))),
        ("valueCodeableConcept", concept(vec![verified])),
    ]);
    Tree::Object(vec![
        ("extension", Tree::List(vec![status])),
        ("system", text("https://fhir.nhs.uk/Id/nhs-number")),
        ("value", text(nhs)),
    ])
}

fn registration(life: &Life) -> Tree {
    let (code, display) =
        if life.who.role == Role::Temporary { ("T", "Temporary") } else { ("R", "Regular") };
    let kind = coding("https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-RegistrationType-1", code, display);
    let mut period = vec![("start", text(life.who.registered.to_string()))];
    if let Some(left) = life.who.deducted {
        period.push(("end", text(left.to_string())));
    }
    let parts = vec![
        Tree::Object(vec![("url", text("registrationPeriod")), ("valuePeriod", Tree::Object(period))]),
        Tree::Object(vec![("url", text("registrationType")), ("valueCodeableConcept", concept(vec![kind]))]),
    ];
    Tree::Object(vec![
        ("url", text(format!("{EXTENSION}GPC-RegistrationDetails-1"))),
        ("extension", Tree::List(parts)),
    ])
}

fn telecom(life: &Life) -> Vec<Tree> {
    let one = |system: &str, kind: &str, value: &str| {
        Tree::Object(vec![("system", text(system)), ("value", text(value)), ("use", text(kind))])
    };
    let who = &life.who;
    let all =
        [("phone", "home", &who.home_phone), ("phone", "mobile", &who.mobile), ("email", "home", &who.email)];
    all.iter()
        .filter(|(.., value)| !value.is_empty())
        .map(|(system, kind, value)| one(system, kind, value))
        .collect()
}

fn address(life: &Life) -> Tree {
    let [house, street, village, town, county, postcode] = &life.who.address;
    let lines = [house, street, village].into_iter().filter(|line| !line.is_empty()).map(text);
    let mut members = vec![("use", text("home")), ("line", Tree::List(lines.collect()))];
    for (name, value) in [("city", town), ("district", county), ("postalCode", postcode)] {
        if !value.is_empty() {
            members.push((name, text(value)));
        }
    }
    Tree::Object(members)
}
