//! Codes and words as FHIR data types. It knows the code systems' URLs and what FHIR allows in a string and a code;
//! nothing about what a code means.

use std::borrow::Cow;

use fhir::{
    types::{CodeableConcept, Coding as FhirCoding, Extension, ExtensionValue},
    url,
};
use record::{CodeSystem, Coded, Coding, PersonName};

/// A text as a FHIR string: characters that FHIR and XML forbid become spaces (R4, string: nothing below 32 but tab
/// and line ends). `None` where nothing is left.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
    };
    let cleaned: Cow<'_, str> = if text.chars().all(allowed) {
        Cow::Borrowed(text)
    } else {
        text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
    };
    let text = cleaned.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A text as a FHIR code: no white space but single spaces inside.
fn code(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty()
        && !text.contains("  ")
        && !text.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' '));
    fits.then(|| text.to_owned())
}

/// A coding of a system that we name ourselves.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> FhirCoding {
    FhirCoding {
        system: Some(system.into()),
        code: Some(code.into()),
        display: Some(display.into()),
        ..Default::default()
    }
}

/// A concept of one coding without text.
pub(crate) fn concept_of(system: &str, code: &str, display: &str) -> CodeableConcept {
    CodeableConcept { coding: vec![coding(system, code, display)], ..Default::default() }
}

/// A concept of words only.
pub(crate) fn concept_in_words(text: &str) -> CodeableConcept {
    CodeableConcept { text: Some(text.into()), ..Default::default() }
}

/// Whether a SNOMED CT id is one of a description: suppliers put those where concepts belong.
pub(crate) fn is_description(coding: &Coding) -> bool {
    is_description_id(&coding.system, &coding.code)
}

/// The same, of a code without its words.
pub(crate) fn is_description_id(system: &CodeSystem, code: &str) -> bool {
    match system {
        CodeSystem::SnomedCtDescription => true,
        // The two digits before the check digit name the kind of component: 01 and 11 are descriptions.
        CodeSystem::SnomedCt => {
            let end = code.len().saturating_sub(1);
            matches!(code.get(end.saturating_sub(2)..end), Some("01" | "11"))
        }
        _ => false,
    }
}

/// The SNOMED CT concept ids of a concept, without description ids in their place.
pub(crate) fn snomed_ids(coded: &Coded) -> impl Iterator<Item = &str> {
    let concepts = coded
        .codings
        .iter()
        .filter(|coding| coding.system == CodeSystem::SnomedCt && !is_description(coding));
    concepts.map(|coding| coding.code.as_str())
}

/// A concept with the codings that the source gave, and `added` behind them. The text is what the source shows.
/// Where there is more than one coding each says whether a person chose it (UK Core, guidance on CodeableConcept).
pub(crate) fn concept(coded: &Coded, added: Vec<FhirCoding>) -> CodeableConcept {
    let mut codings: Vec<FhirCoding> = Vec::new();
    for coding in coded.codings.iter().filter(|coding| !is_description(coding)).filter_map(coding_as_sent) {
        put(&mut codings, coding);
    }
    // Before anything is added: the description is one of what was sent.
    describe(coded, &mut codings);
    // What we add nobody chose.
    let chosen = !codings.is_empty();
    added.into_iter().for_each(|coding| put(&mut codings, coding));
    if codings.len() > 1 {
        for (place, coding) in codings.iter_mut().enumerate() {
            coding.user_selected = Some((chosen && place == 0).into());
        }
    }
    let shown = coded.original_text.as_ref().map(|text| text.expose()).or_else(|| coded.display());
    CodeableConcept { coding: codings, text: shown.and_then(clean).map(Into::into), ..Default::default() }
}

fn put(codings: &mut Vec<FhirCoding>, coding: FhirCoding) {
    if !codings.iter().any(|present| present.system == coding.system && present.code == coding.code) {
        codings.push(coding);
    }
}

/// Whether nothing of a concept can be served: FHIR knows no empty concept.
pub(crate) fn is_nothing(coded: &Coded) -> bool {
    // Such a coding is always served, and nearly every concept has one.
    let served = |coding: &Coding| {
        coding.system != CodeSystem::Listed && !is_description(coding) && code(&coding.code).is_some()
    };
    if coded.codings.iter().any(served) {
        return false;
    }
    let made = concept(coded, vec![]);
    made.coding.is_empty() && made.text.is_none()
}

/// Notes the description that was chosen on the SNOMED CT coding. A description is no concept, so without one it is
/// noted on a coding that has only its term, and only if there is no other coding.
fn describe(coded: &Coded, codings: &mut Vec<FhirCoding>) {
    let Some(description) = coded.codings.iter().find(|coding| is_description(coding)) else { return };
    let Some(id) = code(&description.code).filter(|id| id.bytes().all(|b| b.is_ascii_digit())) else {
        return;
    };
    let extension = Extension {
        url: url::extension::SCT_DESCRIPTION_ID.to_owned(),
        value: Some(ExtensionValue::Id(id.into())),
        ..Default::default()
    };
    let snomed = |coding: &&mut FhirCoding| {
        coding.system.as_ref().and_then(|system| system.value.as_deref()) == Some(url::system::SNOMED)
    };
    if let Some(concept) = codings.iter_mut().find(snomed) {
        concept.extension.push(extension);
    } else if codings.is_empty()
        && let Some(display) = description.display.as_deref().and_then(clean)
    {
        let display = Some(display.into());
        codings.push(FhirCoding { extension: vec![extension], display, ..Default::default() });
    }
}

/// Whether words can be a term of a code list. With an e-mail address, or a number as long as a telephone's or a patient's,
/// somebody typed them over the term: they are words like any others then, and no display that is shown with the code.
fn may_be_a_term(words: &str) -> bool {
    const A_NUMBER: usize = 10;
    let mut digits = 0;
    for c in words.chars() {
        match c {
            '@' => return false,
            '0'..='9' => digits += 1,
            ' ' => {}
            _ => digits = 0,
        }
        if digits >= A_NUMBER {
            return false;
        }
    }
    true
}

fn coding_as_sent(coding: &Coding) -> Option<FhirCoding> {
    let term = coding.display.as_deref().filter(|words| may_be_a_term(words));
    if coding.system == CodeSystem::Listed {
        let display = term.and_then(clean)?;
        return Some(FhirCoding { display: Some(display.into()), ..Default::default() });
    }
    Some(FhirCoding {
        system: system(&coding.system).map(Into::into),
        code: Some(code(&coding.code)?.into()),
        display: term.and_then(clean).map(Into::into),
        ..Default::default()
    })
}

fn system(system: &CodeSystem) -> Option<String> {
    Some(match system {
        CodeSystem::SnomedCt | CodeSystem::SnomedCtDescription => url::system::SNOMED.to_owned(),
        CodeSystem::ReadV2 => url::system::READ_V2.to_owned(),
        CodeSystem::Ctv3 => url::system::CTV3.to_owned(),
        CodeSystem::Egton => url::system::EGTON.to_owned(),
        CodeSystem::Dmd => url::system::DMD.to_owned(),
        CodeSystem::Oid(oid) if is_oid(oid) => format!("urn:oid:{oid}"),
        CodeSystem::Oid(_) | CodeSystem::Listed => return None,
    })
}

fn is_oid(oid: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    oid.contains('.') && oid.split('.').all(part) && oid.starts_with(['0', '1', '2'])
}

/// Every coding of a concept, as the record has it.
pub(crate) fn concepts(coded: &Coded) -> impl Iterator<Item = (CodeSystem, String)> {
    coded.codings.iter().map(|coding| (coding.system.clone(), coding.code.clone()))
}

/// A name in one line: `Dr Ann Example`.
pub(crate) fn name_in_words(name: &PersonName) -> Option<String> {
    let parts = name.prefix.iter().chain(&name.given).chain(&name.family);
    let parts: Vec<&str> = parts.map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    clean(&parts.join(" "))
}

#[cfg(test)]
mod tests {
    use record::FreeText;

    use super::*;
    use crate::testing::{coded, read, snomed};

    fn json(concept: &CodeableConcept) -> serde_json::Value {
        let observation = fhir::Observation {
            status: "final".into(),
            code: Box::new(concept.clone()),
            ..Default::default()
        };
        let bytes = fhir::encode_observation(&observation).unwrap();
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["code"].clone()
    }

    #[test]
    fn a_number_or_an_address_that_was_typed_over_a_term_is_no_display() {
        for typed in ["Ring 07700 900123", "NHS number 999 000 0018", "see tom@example.org", "9990000018"] {
            let made = concept(&coded(vec![snomed("27113001", typed)]), vec![]);
            assert!(made.coding[0].code.is_some() && made.coding[0].display.is_none(), "{typed}");
            assert_eq!(made.text.unwrap().value.as_deref(), Some(typed), "it is words, to be screened");
        }
        for term in ["Influenza vaccine 2021-2022 0.5 ml", "Body weight", "Haemophilus 10 100 1000"] {
            let made = concept(&coded(vec![snomed("27113001", term)]), vec![]);
            assert_eq!(made.coding[0].display.as_ref().unwrap().value.as_deref(), Some(term));
        }
    }

    #[test]
    fn the_sources_first_coding_is_the_one_that_was_chosen() {
        let code = coded(vec![read("246..00", "O/E - BP"), snomed("163020007", "Blood pressure reading")]);
        let made = json(&concept(&code, vec![]));
        assert_eq!(made["coding"][0]["system"], "http://read.info/readv2");
        assert_eq!(made["coding"][0]["userSelected"], true);
        assert_eq!(made["coding"][1]["userSelected"], false);
        assert_eq!(made["text"], "O/E - BP");
    }

    #[test]
    fn a_single_coding_does_not_say_who_chose_it() {
        let made = json(&concept(&coded(vec![snomed("27113001", "Body weight")]), vec![]));
        assert!(made["coding"][0].get("userSelected").is_none());
    }

    #[test]
    fn a_rubric_that_was_typed_is_the_text() {
        let mut code = coded(vec![snomed("196411000000103", "Transfer-degraded record entry")]);
        code.original_text = FreeText::new("Infanrix part 2");
        assert_eq!(json(&concept(&code, vec![]))["text"], "Infanrix part 2");
    }

    #[test]
    fn a_description_id_is_never_served_as_a_concept() {
        let description = |id: &str| Coding {
            system: CodeSystem::SnomedCtDescription,
            code: id.into(),
            display: Some("Body wt".into()),
        };
        let both =
            json(&concept(&coded(vec![description("45352010"), snomed("27113001", "Body weight")]), vec![]));
        assert_eq!(both["coding"].as_array().unwrap().len(), 1);
        assert_eq!(both["coding"][0]["code"], "27113001");
        assert_eq!(both["coding"][0]["extension"][0]["valueId"], "45352010");

        let in_a_concepts_place = json(&concept(&coded(vec![snomed("45352010", "Body wt")]), vec![]));
        assert!(in_a_concepts_place["coding"][0].get("code").is_none());
        assert_eq!(in_a_concepts_place["coding"][0]["display"], "Body wt");

        let with_read =
            json(&concept(&coded(vec![description("45352010"), read("22A..", "O/E - weight")]), vec![]));
        assert_eq!(with_read["coding"].as_array().unwrap().len(), 1);
        assert_eq!(with_read["coding"][0]["code"], "22A..");
    }

    #[test]
    fn an_unknown_system_is_its_oid_and_a_bad_oid_is_no_system() {
        let of = |oid: &str| {
            let coding = Coding { system: CodeSystem::Oid(oid.into()), code: "X1".into(), display: None };
            json(&concept(&coded(vec![coding]), vec![]))["coding"][0].clone()
        };
        assert_eq!(of("2.16.840.1.113883.6.8")["system"], "urn:oid:2.16.840.1.113883.6.8");
        assert!(of("local").get("system").is_none());
    }

    #[test]
    fn characters_that_fhir_forbids_become_spaces() {
        assert_eq!(clean("a\u{0}b\u{B}c\nd").as_deref(), Some("a b c\nd"));
        assert_eq!(clean(" \u{1} "), None);
    }
}
