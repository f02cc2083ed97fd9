//! The Patient. IPA demands an identifier, so a patient without an NHS number has one of ours: the logical id under
//! `urn:recordgate:patient`. Whether the NHS number was traced is not said, because no feed tells it.

use fhir::{
    Patient, PatientDeceased,
    types::{Address as FhirAddress, ContactPoint, HumanName, Identifier, Reference},
    url::{self, profile},
};
use record::{Address, Demographics, FreeText, Gender, PersonName};

use crate::{
    Context,
    coding::{clean, name_in_words},
    observation::{meta, practitioner},
};

/// The Patient of an entry.
pub(crate) fn patient(id: &str, of: &Demographics, context: &Context) -> Patient {
    let identifier = match &of.nhs_number {
        Some(number) => identifier(url::identifier::NHS_NUMBER, number.expose()),
        None => identifier(url::identifier::PATIENT, id),
    };
    Patient {
        id: Some(id.into()),
        meta: Some(Box::new(meta(&[profile::UK_CORE_PATIENT, profile::IPA_PATIENT]))),
        identifier: vec![identifier],
        active: Some((of.deducted_on.is_none() && of.death_date.is_none()).into()),
        name: of.name.as_ref().and_then(name).into_iter().collect(),
        telecom: telecom(of),
        gender: Some(gender(of.gender).into()),
        birth_date: of.birth_date.map(|day| day.to_string().into()),
        deceased: of.death_date.map(|day| PatientDeceased::DateTime(day.to_string().into())),
        address: of.address.as_ref().and_then(address).into_iter().collect(),
        general_practitioner: practitioner(of.usual_gp.as_deref(), context.dictionary).into_iter().collect(),
        managing_organization: Some(Box::new(practice(context))),
        ..Default::default()
    }
}

fn identifier(system: &str, value: &str) -> Identifier {
    Identifier { system: Some(system.into()), value: Some(value.into()), ..Default::default() }
}

fn practice(context: &Context) -> Reference {
    Reference {
        r#type: Some("Organization".into()),
        identifier: Some(Box::new(identifier(url::identifier::ODS_ORGANIZATION, context.practice.as_str()))),
        display: context.practice_name.and_then(clean).map(Into::into),
        ..Default::default()
    }
}

fn name(of: &PersonName) -> Option<HumanName> {
    let part = |part: &String| clean(part).map(Into::into);
    Some(HumanName {
        r#use: Some("official".into()),
        text: Some(name_in_words(of)?.into()),
        family: of.family.as_ref().and_then(part),
        given: of.given.iter().filter_map(part).collect(),
        prefix: of.prefix.iter().filter_map(part).collect(),
        ..Default::default()
    })
}

fn telecom(of: &Demographics) -> Vec<ContactPoint> {
    let point = |system: &str, usage: Option<&str>, value: &Option<FreeText>| {
        Some(ContactPoint {
            system: Some(system.into()),
            value: Some(clean(value.as_ref()?.expose())?.into()),
            r#use: usage.map(Into::into),
            ..Default::default()
        })
    };
    let points = [
        point("phone", Some("home"), &of.home_phone),
        point("phone", Some("mobile"), &of.mobile_phone),
        point("email", None, &of.email),
    ];
    points.into_iter().flatten().collect()
}

fn gender(of: Gender) -> &'static str {
    match of {
        Gender::Male => "male",
        Gender::Female => "female",
        Gender::Other => "other",
        Gender::Unknown => "unknown",
    }
}

fn address(of: &Address) -> Option<FhirAddress> {
    let part = |part: &String| clean(part).map(Into::into);
    let made = FhirAddress {
        r#use: Some(if of.temporary { "temp" } else { "home" }.into()),
        line: of.lines.iter().filter_map(part).collect(),
        city: of.city.as_ref().and_then(part),
        district: of.district.as_ref().and_then(part),
        postal_code: of.postcode.as_ref().and_then(part),
        ..Default::default()
    };
    let says =
        !made.line.is_empty() || made.city.is_some() || made.district.is_some() || made.postal_code.is_some();
    says.then_some(made)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::{Content, Entry, Section};

    use super::*;
    use crate::testing::{body, demographics, entry, find, map_all, profiles, text};

    fn made(change: impl FnOnce(&mut Demographics)) -> serde_json::Value {
        body(find(&map_all(&[of(change)]), "patient"))
    }

    fn of(change: impl FnOnce(&mut Demographics)) -> Entry {
        let mut demographics = demographics();
        change(&mut demographics);
        entry("patient", Some(Content::Patient(Box::new(demographics))))
    }

    #[test]
    fn a_patient_is_uk_cores_and_ipas() {
        let body = made(|_| {});
        assert_eq!(profiles(&body), ["UKCore-Patient", "ipa-patient"]);
        assert_eq!(body["identifier"][0]["system"], "https://fhir.nhs.uk/Id/nhs-number");
        assert_eq!(body["identifier"][0]["value"], "9990000018");
        assert!(body["identifier"][0].get("extension").is_none());
        assert_eq!(body["active"], true);
        assert_eq!(body["name"][0]["text"], "Ms Zoë Quinn Testpatient");
        assert_eq!(body["name"][0]["given"][1], "Quinn");
        assert_eq!(body["gender"], "female");
        assert_eq!(body["birthDate"], "1980-02-29");
        assert_eq!(body["generalPractitioner"][0]["display"], "Dr Ann Example");
        assert_eq!(body["managingOrganization"]["identifier"]["value"], "Y99999");
        assert_eq!(body["managingOrganization"]["display"], "The Surgery");
        assert_eq!(find(&map_all(&[of(|_| {})]), "patient").section, Section::Demographics);
    }

    #[test]
    fn without_an_nhs_number_the_identifier_is_ours() {
        let body = made(|of| of.nhs_number = None);
        assert_eq!(body["identifier"][0]["system"], "urn:recordgate:patient");
        assert_eq!(body["identifier"][0]["value"], body["id"]);
    }

    #[test]
    fn a_patient_who_left_or_died_is_not_active() {
        assert_eq!(made(|of| of.deducted_on = Some(date(2024, 1, 1)))["active"], false);
        let died = made(|of| of.death_date = Some(date(2024, 1, 1)));
        assert_eq!(died["active"], false);
        assert_eq!(died["deceasedDateTime"], "2024-01-01");
    }

    #[test]
    fn nothing_is_said_of_what_is_not_known() {
        let body = made(|of| {
            of.name = None;
            of.birth_date = None;
            of.gender = Gender::Unknown;
            of.usual_gp = Some("nobody".into());
        });
        for element in ["name", "birthDate", "telecom", "address", "generalPractitioner", "deceasedDateTime"]
        {
            assert!(body.get(element).is_none(), "{element}");
        }
        assert_eq!(body["gender"], "unknown");
    }

    #[test]
    fn telephones_and_a_temporary_address_say_their_use() {
        let body = made(|of| {
            of.home_phone = Some(text("01632 960001"));
            of.mobile_phone = Some(text("07700 900001"));
            of.email = Some(text("zoe@example.org"));
            of.address = Some(Address {
                lines: vec!["1 Test Street".into(), " ".into()],
                city: Some("Testtown".into()),
                district: None,
                postcode: Some("ZZ99 3AA".into()),
                temporary: true,
            });
        });
        assert_eq!(body["telecom"][1]["use"], "mobile");
        assert_eq!(body["telecom"][2]["system"], "email");
        assert_eq!(body["address"][0]["use"], "temp");
        assert_eq!(body["address"][0]["line"].as_array().unwrap().len(), 1);
        assert_eq!(body["address"][0]["postalCode"], "ZZ99 3AA");
    }
}
