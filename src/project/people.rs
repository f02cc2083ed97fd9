//! The people of one record, for redaction: the patient with every name, number and address of theirs, whom the feed
//! knows beside them, and the practice's staff. Other people's data goes in here and nowhere else.

use record::{
    Address, Content, Demographics, Detail, Dictionary, Entry, FreeText, Gender, Listed, NhsNumber,
    PersonName, Related,
};
use redact::{Patient, Person};

/// What the record itself says of its people. `entries` are those of the patient, with their lists in place.
pub(crate) fn people(entries: &[Entry], dictionary: &dyn Dictionary) -> redact::Record {
    let living = || entries.iter().filter(|entry| !entry.deleted);
    let own = living().find_map(|entry| match &entry.content {
        Some(Content::Patient(person)) => Some(person.as_ref()),
        _ => None,
    });
    let number = own.and_then(|person| person.nhs_number);
    let mut people: Vec<Person> = own.into_iter().flat_map(of_demographics(dictionary)).collect();
    for entry in living() {
        match &entry.content {
            Some(Content::Detail(detail)) => {
                if let Detail::Related(related) = detail.as_ref() {
                    people.push(person(related, dictionary));
                }
            }
            Some(Content::OnlineAccess(access)) => {
                people.extend(access.user.as_deref().and_then(|key| proxy(key, number, dictionary)));
            }
            Some(
                Content::Patient(_) | Content::Container(_) | Content::Statement(_) | Content::WithLists(_),
            )
            | None => {}
        }
    }
    redact::Record {
        patient: own.map(patient).unwrap_or_default(),
        people,
        staff: dictionary.staff_names().to_vec(),
    }
}

fn patient(person: &Demographics) -> Patient {
    let names = || person.name.iter().chain(&person.for_redaction.other_names);
    let given = names().flat_map(|name| &name.given).map(String::as_str);
    let family = names().filter_map(|name| name.family.as_deref());
    Patient {
        given: once_each(given),
        family: once_each(family),
        known_as: String::new(),
        sex: match person.gender {
            Gender::Male => "male",
            Gender::Female => "female",
            Gender::Other | Gender::Unknown => "",
        }
        .to_owned(),
        dob: person.birth_date.map(|day| day.to_string()).unwrap_or_default(),
        phones: exposed([&person.home_phone, &person.mobile_phone]),
        addresses: person.address.iter().map(in_words).collect(),
        emails: exposed([&person.email]),
        nhs: person.nhs_number.map(|number| number.expose().to_owned()).unwrap_or_default(),
    }
}

/// Names beside each other, each once: what the patient is called, and was.
fn once_each<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for name in names.filter(|name| !name.trim().is_empty()) {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.join(" ")
}

fn exposed<'t>(texts: impl IntoIterator<Item = &'t Option<FreeText>>) -> Vec<String> {
    texts.into_iter().flatten().map(|text| text.expose().to_owned()).collect()
}

fn in_words(address: &Address) -> String {
    let parts = address.lines.iter().chain(&address.city).chain(&address.district).chain(&address.postcode);
    parts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn of_demographics(dictionary: &dyn Dictionary) -> impl Fn(&Demographics) -> Vec<Person> {
    move |of| of.for_redaction.related.iter().map(|related| person(related, dictionary)).collect()
}

fn person(related: &Related, dictionary: &dyn Dictionary) -> Person {
    let relationship = match &related.relation {
        Some(Listed::Words(words)) => words.clone(),
        Some(Listed::Key(key)) => {
            let word = dictionary.code(key).and_then(|(coded, _)| coded.display().map(str::to_owned));
            word.unwrap_or_default()
        }
        None => String::new(),
    };
    let addresses = related.address.iter().map(in_words).collect();
    Person { name: related.name.expose().to_owned(), addresses, relationship }
}

/// Somebody else with an online account for this record. An account without a number may be the patient's own, and
/// then its name is too: nobody else is known by it.
fn proxy(key: &str, own: Option<NhsNumber>, dictionary: &dyn Dictionary) -> Option<Person> {
    let user = dictionary.online_user(key)?;
    let another = user.nhs_number.is_some() && user.nhs_number != own;
    let PersonName { given, family, .. } = user.name.filter(|_| another)?;
    let name = given.iter().chain(&family).map(String::as_str).collect::<Vec<_>>().join(" ");
    Some(Person { name, ..Person::default() })
}
