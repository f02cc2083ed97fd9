//! The Patient of a bundle. Of `contact`, who is somebody else, only the name is read, for redaction alone; a telephone
//! that says more of itself than its number is not read: it may be somebody else's.

use jiff::civil::Date;
use record::{
    Address, Demographics, ForRedaction, FreeText, Gender, IssueCode, Listed, NhsNumber, PersonName,
    Registration, Related,
};

use super::{
    json::{Json, Object},
    notes::Notes,
    row::references,
    time,
};

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";

/// Reads the patient.
pub(super) fn read(of: &Object, notes: &mut Notes) -> Demographics {
    let name = name(of);
    let registration = registration(of, name.is_some(), notes);
    let (registered_on, deducted_on) = registered(of);
    let telephone = |uses: &[Option<&str>]| telecom(of, "phone", uses);
    Demographics {
        nhs_number: nhs_number(of, notes),
        gender: match of.text("gender") {
            Some("male") => Gender::Male,
            Some("female") => Gender::Female,
            Some("other") => Gender::Other,
            _ => Gender::Unknown,
        },
        birth_date: of.text("birthDate").and_then(time::day),
        death_date: death(of),
        address: address(of),
        home_phone: telephone(&[Some("home"), None]),
        mobile_phone: telephone(&[Some("mobile")]),
        email: telecom(of, "email", &[Some("home"), Some("mobile"), None]),
        usual_gp: references(of, "generalPractitioner")
            .into_iter()
            .find(|to| to.starts_with("Practitioner/")),
        name,
        registration,
        registered_on,
        deducted_on,
        dummy: false,
        for_redaction: for_redaction(of),
    }
}

/// The NHS number, where the source says that it is verified, or says nothing about that (as the adaptors do, which
/// have it from the message).
fn nhs_number(of: &Object, notes: &mut Notes) -> Option<NhsNumber> {
    let mut found: Option<NhsNumber> = None;
    for identifier in of.objects("identifier").filter(|one| one.text("system") == Some(NHS_NUMBER)) {
        let number = identifier.text("value").and_then(|value| value.parse().ok());
        let usable = verified(identifier) && number.is_some() && (found.is_none() || found == number);
        if !usable {
            let detail = "it is none, not verified, or not the only one";
            notes.warn(IssueCode::NhsNumberInvalid, of.line, "identifier", detail);
            return None;
        }
        found = number;
    }
    found
}

fn verified(identifier: &Object) -> bool {
    let status = extension(identifier, "NHSNumberVerificationStatus");
    let code = |status: &Object| {
        let concept = status.object("valueCodeableConcept")?;
        concept.objects("coding").find_map(|coding| coding.text("code")).map(str::to_owned)
    };
    status.is_none_or(|status| code(status).as_deref() == Some("01"))
}

fn extension<'a>(of: &'a Object, word: &str) -> Option<&'a Object> {
    of.objects("extension").find(|extension| extension.text("url").is_some_and(|url| url.contains(word)))
}

/// Whether an element is of now: not of the past, and without an end.
fn current(of: &Object) -> bool {
    let ended = of.object("period").is_some_and(|period| period.get("end").is_some());
    !ended && !matches!(of.text("use"), Some("old" | "maiden" | "anonymous"))
}

fn name(of: &Object) -> Option<PersonName> {
    let rank = |name: &&Object| match name.text("use") {
        Some("official") => 0,
        Some("usual") => 1,
        _ => 2,
    };
    let name = person_name(of.objects("name").filter(|name| current(name)).min_by_key(rank)?);
    (name.family.is_some() || !name.given.is_empty()).then_some(name)
}

/// A name in parts.
pub(super) fn person_name(name: &Object) -> PersonName {
    let words = |element: &str| name.list(element).iter().filter_map(Json::text).map(str::to_owned);
    let prefix: Vec<String> = words("prefix").collect();
    PersonName {
        prefix: (!prefix.is_empty()).then(|| prefix.join(" ")),
        given: words("given").collect(),
        family: name.text("family").map(str::to_owned),
    }
}

/// Former names and nicknames, and whom the practice knows beside the patient.
fn for_redaction(of: &Object) -> ForRedaction {
    let other = |name: &&Object| !current(name) || name.text("use") == Some("nickname");
    let related = of.objects("contact").filter_map(|contact| {
        let name = FreeText::new(&in_words(contact.object("name")?))?;
        let concept = contact.objects("relationship").next();
        let relation = concept.and_then(|concept| {
            let term = || concept.objects("coding").find_map(|coding| coding.text("display"));
            concept.text("text").or_else(term)
        });
        Some(Related { name, relation: relation.map(|words| Listed::Words(words.to_owned())), address: None })
    });
    ForRedaction {
        other_names: of.objects("name").filter(other).map(person_name).collect(),
        related: related.collect(),
    }
}

fn in_words(name: &Object) -> String {
    let parts = person_name(name);
    match name.text("text") {
        Some(text) if parts.family.is_none() => text.to_owned(),
        _ => parts.given.iter().chain(&parts.family).map(String::as_str).collect::<Vec<_>>().join(" "),
    }
}

fn address(of: &Object) -> Option<Address> {
    let of_home = |address: &&Object| current(address) && address.text("use") != Some("work");
    let rank = |address: &&Object| match address.text("use") {
        Some("home") => 0,
        Some("temp") => 2,
        _ => 1,
    };
    let address = of.objects("address").filter(of_home).min_by_key(rank)?;
    let text = |element: &str| address.text(element).map(str::to_owned);
    let read = Address {
        lines: address.list("line").iter().filter_map(Json::text).map(str::to_owned).collect(),
        city: text("city"),
        district: text("district"),
        postcode: text("postalCode"),
        temporary: address.text("use") == Some("temp"),
    };
    let said = !read.lines.is_empty() || read.city.is_some() || read.postcode.is_some();
    said.then_some(read)
}

fn telecom(of: &Object, system: &str, uses: &[Option<&str>]) -> Option<FreeText> {
    let plain = |one: &&Object| {
        one.text("system") == Some(system)
            && uses.contains(&one.text("use"))
            && current(one)
            && one.get("extension").is_none()
    };
    of.objects("telecom").find(plain)?.text("value").and_then(FreeText::new)
}

fn death(of: &Object) -> Option<Date> {
    of.text("deceasedDateTime").and_then(time::read).map(|at| at.first_day())
}

/// What the patient is to the practice. A named patient comes from the practice's own system, which registers
/// temporary patients too and may say so; where it does not, nothing is assumed. One without a name comes from a GP2GP
/// adaptor, and there is a transfer only because they register with the practice that receives it.
fn registration(of: &Object, named: bool, notes: &mut Notes) -> Registration {
    let dead = of.get("deceasedBoolean").is_some_and(|dead| *dead != Json::Bool(false));
    let undated = of.get("deceasedDateTime").is_some() && death(of).is_none();
    if dead || undated {
        return Registration::Other("deceased".to_owned());
    }
    if of.get("active").is_some_and(|active| *active != Json::Bool(true)) {
        return Registration::Other("inactive".to_owned());
    }
    let details = extension(of, "RegistrationDetails");
    let part = |name: &str| details?.objects("extension").find(|part| part.text("url") == Some(name));
    let kind = part("registrationType").and_then(|part| part.object("valueCodeableConcept"));
    match kind.and_then(|kind| kind.objects("coding").find_map(|coding| coding.text("code"))) {
        Some("R") => Registration::Regular,
        Some("T") => Registration::Other("temporary".to_owned()),
        Some(other) => Registration::Other(other.to_owned()),
        None if !named => Registration::Regular,
        None => {
            let detail =
                "the bundle does not say how the patient is registered; only regular patients are served";
            notes.warn(IssueCode::ValueMissing, of.line, "registrationDetails", detail);
            Registration::Unknown
        }
    }
}

/// From when the patient is registered, and until when.
fn registered(of: &Object) -> (Option<Date>, Option<Date>) {
    let details = extension(of, "RegistrationDetails");
    let mut parts = details.into_iter().flat_map(|details| details.objects("extension"));
    let period = parts.find(|part| part.text("url") == Some("registrationPeriod"));
    let Some(period) = period.and_then(|part| part.object("valuePeriod")) else { return (None, None) };
    let day = |name| period.text(name).and_then(time::read).map(|at| at.first_day());
    (day("start"), day("end"))
}
