//! Immunizations: statements that say that a vaccine was given, and those of sources with a field that says that it was
//! not. Where the product is not known, the vaccination's code goes both into the UK Core extension and into
//! `vaccineCode`, because international clients do not read the extension.

use fhir::{
    Immunization, ImmunizationOccurrence, ImmunizationPerformer, ImmunizationProtocolApplied,
    ImmunizationProtocolAppliedDoseNumber,
    types::{CodeableConcept, Coding as FhirCoding, Extension, ExtensionValue, Reference},
    url::{self, profile},
};
use record::{Coded, Dictionary, DoseSequence, Vaccination};

use crate::{
    classify::Resolved,
    coding::{clean, coding, concept, concept_of, is_nothing},
    giving::Giving,
    observation::{meta, note, practitioner, reference},
    quantity::quantity,
};

/// What `occurrence[x]`, which R4 demands, says of a vaccination without a date.
const NO_DATE: &str = "unknown";

/// The Immunization of a statement. A stray value is not part of it.
pub(crate) fn immunization(
    id: &str,
    patient: &str,
    resolved: &Resolved,
    dictionary: &dyn Dictionary,
) -> Immunization {
    let statement = resolved.statement;
    let told = statement.vaccination.clone().unwrap_or_default();
    let procedure = concept(&resolved.coded, vec![]);
    let reason = optional(&told.reason);
    let done = resolved.vaccination == Giving::Done;
    // What was not given came from no batch and went nowhere, whatever the source has in its fields for that.
    let given = if done { told.clone() } else { Vaccination::default() };
    Immunization {
        id: Some(id.into()),
        meta: Some(Box::new(meta(&[profile::UK_CORE_IMMUNIZATION, profile::IPA_IMMUNIZATION]))),
        status: if done { "completed" } else { "not-done" }.into(),
        status_reason: (!done).then(|| Box::new(reason.clone().unwrap_or_else(unknown_reason))),
        reason_code: reason.filter(|_| done).into_iter().collect(),
        vaccine_code: Box::new(vaccine(told.product.as_ref(), &procedure)),
        extension: vec![Extension {
            url: url::extension::VACCINATION_PROCEDURE.to_owned(),
            value: Some(ExtensionValue::CodeableConcept(Box::new(procedure))),
            ..Default::default()
        }],
        patient: Box::new(reference("Patient", patient)),
        occurrence: match statement.effective {
            Some(at) => ImmunizationOccurrence::DateTime(at.to_string().into()),
            None => ImmunizationOccurrence::String(NO_DATE.into()),
        },
        recorded: resolved.entry.recorded.map(|at| at.to_string().into()),
        primary_source: told.primary_source.map(Into::into),
        manufacturer: given.manufacturer.as_deref().and_then(clean).map(|name| {
            Box::new(Reference {
                r#type: Some("Organization".into()),
                display: Some(name.into()),
                ..Default::default()
            })
        }),
        lot_number: given.lot_number.as_deref().and_then(clean).map(Into::into),
        expiration_date: given.expires_on.map(|day| day.to_string().into()),
        site: optional(&given.site).map(Box::new),
        route: optional(&given.route).map(Box::new),
        dose_quantity: given.dose.as_ref().map(|dose| Box::new(quantity(dose))),
        performer: practitioner(statement.performer.as_deref(), dictionary)
            .map(|actor| ImmunizationPerformer { actor: Box::new(actor), ..Default::default() })
            .into_iter()
            .collect(),
        note: statement.text.iter().filter_map(note).collect(),
        protocol_applied: told.sequence.as_ref().and_then(protocol).into_iter().collect(),
        ..Default::default()
    }
}

/// A concept that the source may have, unless nothing of it can be served.
fn optional(coded: &Option<Coded>) -> Option<CodeableConcept> {
    coded.as_ref().filter(|coded| !is_nothing(coded)).map(|coded| concept(coded, vec![]))
}

/// Why it was not given, where the source does not say (UK Core, ukcore-imm-001, demands a reason).
fn unknown_reason() -> CodeableConcept {
    concept_of(url::system::DATA_ABSENT_REASON, "unknown", "Unknown")
}

/// Which dose of its course. A number below 1 is none (R4, positiveInt).
fn protocol(sequence: &DoseSequence) -> Option<ImmunizationProtocolApplied> {
    let dose_number = match sequence {
        DoseSequence::Number(number) => {
            ImmunizationProtocolAppliedDoseNumber::PositiveInt(std::num::NonZeroU32::new(*number)?.into())
        }
        DoseSequence::Named(name) => ImmunizationProtocolAppliedDoseNumber::String(clean(name)?.into()),
    };
    Some(ImmunizationProtocolApplied { dose_number, ..Default::default() })
}

/// The product's SNOMED CT or dm+d codings, or else the vaccination's; where there are none either, that the vaccine's
/// code is unknown (UK Core, NullFlavor). The words are the product's, if it has any.
fn vaccine(product: Option<&Coded>, procedure: &CodeableConcept) -> CodeableConcept {
    let product = product.filter(|product| !is_nothing(product)).map(|product| concept(product, vec![]));
    let codings = |concept: &CodeableConcept| -> Vec<FhirCoding> {
        concept.coding.iter().filter(|coding| is_of_a_vaccine(coding)).cloned().collect()
    };
    let mut found = product.as_ref().map(codings).unwrap_or_default();
    if found.is_empty() {
        found = codings(procedure);
    }
    if let [only] = found.as_mut_slice() {
        only.user_selected = None;
    }
    if found.is_empty() {
        found = vec![coding(url::system::NULL_FLAVOR, "UNK", "unknown")];
    }
    let text = product.and_then(|product| product.text).or_else(|| procedure.text.clone());
    CodeableConcept { coding: found, text, ..Default::default() }
}

fn is_of_a_vaccine(coding: &FhirCoding) -> bool {
    let system = coding.system.as_ref().and_then(|system| system.value.as_deref());
    let code = coding.code.as_ref().and_then(|code| code.value.as_deref());
    matches!(system, Some(url::system::SNOMED | url::system::DMD))
        && code.is_some_and(|code| code != crate::classify::DEGRADED)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::{CodeClass, Effective, Given, ResourceType, Section, Vaccination};

    use super::*;
    use crate::WhyNot;
    use crate::testing::{Made, coded, find, json, mapped, profiles, quantity, read, snomed, text};

    fn mmr() -> Made {
        Made::new(
            "a",
            vec![read("65M1.00", "Measles/mumps/rubella vaccn."), snomed("38598009", "MMR vaccination")],
        )
    }

    fn why_not(made: Made) -> WhyNot {
        let mapping = mapped(vec![made]);
        assert_eq!(mapping.resources.len(), 1, "only the patient");
        mapping.unmapped[0].why
    }

    fn kind(made: Made) -> ResourceType {
        find(&mapped(vec![made]), "a").kind
    }

    #[test]
    fn a_given_vaccination_is_completed_with_its_procedure_twice() {
        let body = json(mmr());
        assert_eq!(body["status"], "completed");
        assert_eq!(body["vaccineCode"]["coding"][0]["code"], "38598009");
        assert_eq!(body["vaccineCode"]["text"], "Measles/mumps/rubella vaccn.");
        assert_eq!(body["extension"][0]["url"], url::extension::VACCINATION_PROCEDURE);
        assert_eq!(body["extension"][0]["valueCodeableConcept"]["coding"][0]["code"], "65M1.00");
        assert_eq!(body["extension"][0]["valueCodeableConcept"]["coding"][1]["userSelected"], false);
        assert_eq!(body["occurrenceDateTime"], "2024-03-01");
        assert_eq!(body["recorded"], "2024-03-02");
        assert_eq!(body["patient"]["reference"], "Patient/Patient-patient");
        assert!(body.get("primarySource").is_none());
        assert_eq!(profiles(&body), ["UKCore-Immunization", "ipa-immunization"]);
        assert_eq!(find(&mapped(vec![mmr()]), "a").section, Section::Immunisations);
    }

    #[test]
    fn meta_follows_the_id_and_holds_profiles_only() {
        let mapping = mapped(vec![mmr()]);
        let text = String::from_utf8(find(&mapping, "a").json.clone()).unwrap();
        let start = "{\"resourceType\":\"Immunization\",\"id\":\"Immunization-a\",\"meta\":{\"profile\":[\"";
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn a_vaccination_without_a_date_says_so() {
        let body = json(mmr().with(|statement| statement.effective = None));
        assert_eq!(body["occurrenceString"], "unknown");
        let year = json(mmr().with(|statement| statement.effective = Some(Effective::Year(1984))));
        assert_eq!(year["occurrenceDateTime"], "1984");
    }

    #[test]
    fn without_a_snomed_code_the_vaccine_is_unknown_in_words() {
        let body = json(Made::new("a", vec![read("65E..00", "Influenza vaccination")]));
        assert_eq!(body["resourceType"], "Immunization");
        assert_eq!(body["vaccineCode"]["coding"][0]["code"], "UNK");
        assert_eq!(body["vaccineCode"]["text"], "Influenza vaccination");
    }

    #[test]
    fn a_stray_value_does_not_make_it_an_observation() {
        assert_eq!(kind(mmr().value("1", "")), ResourceType::Immunization);
    }

    #[test]
    fn what_the_source_tells_of_the_vaccine_is_kept() {
        let body = json(mmr().with(|statement| {
            statement.vaccination = Some(Vaccination {
                manufacturer: Some("Maker Ltd".into()),
                lot_number: Some("AB1234".into()),
                expires_on: Some(date(2030, 1, 25)),
                site: Coded::words("Left arm"),
                route: Coded::words("Intramuscular"),
                dose: Some(quantity("0.50", "ml")),
                ..Vaccination::default()
            });
            statement.performer = Some("ann".into());
            statement.text = vec![text("Given by the nurse")];
        }));
        assert_eq!(body["manufacturer"]["display"], "Maker Ltd");
        assert_eq!(body["lotNumber"], "AB1234");
        assert_eq!(body["expirationDate"], "2030-01-25");
        assert_eq!(body["site"]["text"], "Left arm");
        assert_eq!(body["route"]["text"], "Intramuscular");
        assert_eq!(body["doseQuantity"]["value"].to_string(), "0.50");
        assert_eq!(body["doseQuantity"]["code"], "mL");
        assert_eq!(body["performer"][0]["actor"]["display"], "Dr Ann Example");
        assert_eq!(body["note"][0]["text"], "Given by the nurse");
    }

    #[test]
    fn nothing_that_speaks_of_not_giving_is_ever_a_vaccination() {
        for (code, term) in [
            ("310375005", "Consent given for immunisation"),
            ("310376006", "No consent for immunisation"),
            ("90351000119108", "Vaccination not done"),
            ("1324741000000101", "First COVID-19 vaccination declined"),
            ("185903001", "Needs influenza immunisation"),
            ("38598009", "MMR vaccination declined"),
            ("38598009", "MMR vaccination contraindicated"),
            ("38598009", "Did not attend MMR vaccination"),
            ("38598009", "MMR vaccination due"),
        ] {
            assert_eq!(kind(Made::snomed("a", code, term)), ResourceType::Observation, "{term}");
            let filed = Made::snomed("a", code, term).class(CodeClass::Immunisation);
            assert_eq!(kind(filed), ResourceType::Observation, "{term}");
        }
    }

    #[test]
    fn a_refusal_in_the_rubric_or_the_note_counts_too_and_the_code_alone_is_not_shown() {
        let typed = mmr().with(|statement| {
            if let record::CodeRef::Given(coded, _) = &mut statement.code {
                coded.original_text = Some(text("MMR refused by mother"));
            }
        });
        assert_eq!(why_not(typed), WhyNot::NotGiven);
        let noted = mmr().with(|statement| statement.text = vec![text("Reason not given: unwell")]);
        assert_eq!(why_not(noted), WhyNot::NotGiven);
        for words in ["Mother declined today.", "Vaccine not given", "refused", "Did not attend"] {
            let noted = mmr().with(|statement| statement.text = vec![text(words)]);
            assert_eq!(why_not(noted), WhyNot::NotGiven, "{words}");
        }
        let given = mmr().with(|statement| statement.text = vec![text("Consent obtained, left arm")]);
        assert_eq!(kind(given), ResourceType::Immunization);
    }

    #[test]
    fn a_field_that_does_not_plainly_say_given_is_believed() {
        let filed = |given: Option<Given>| {
            mmr().with(|statement| {
                statement.vaccination = Some(Vaccination { given, ..Vaccination::default() });
            })
        };
        assert_eq!(why_not(filed(Some(Given::Unclear))), WhyNot::GivingUnclear);
        assert_eq!(kind(filed(Some(Given::Yes))), ResourceType::Immunization);
        assert_eq!(kind(filed(None)), ResourceType::Immunization);
    }

    fn told(told: Vaccination) -> Made {
        mmr().with(|statement| statement.vaccination = Some(told))
    }

    #[test]
    fn what_a_field_says_was_not_given_is_not_done_for_a_reason_and_has_no_batch() {
        let declined = coded(vec![snomed("591000119102", "Vaccine refused by patient")]);
        let body = json(told(Vaccination {
            given: Some(Given::No),
            reason: Some(declined),
            lot_number: Some("AB1234".into()),
            expires_on: Some(date(2030, 1, 25)),
            manufacturer: Some("Maker Ltd".into()),
            site: Coded::words("Left arm"),
            route: Coded::words("Intramuscular"),
            dose: Some(quantity("0.5", "ml")),
            sequence: Some(DoseSequence::Number(2)),
            ..Vaccination::default()
        }));
        assert_eq!(body["status"], "not-done");
        assert_eq!(body["statusReason"]["coding"][0]["code"], "591000119102");
        assert_eq!(body["vaccineCode"]["coding"][0]["code"], "38598009");
        assert_eq!(body["protocolApplied"][0]["doseNumberPositiveInt"], 2);
        for element in
            ["reasonCode", "lotNumber", "expirationDate", "manufacturer", "site", "route", "doseQuantity"]
        {
            assert!(body.get(element).is_none(), "{element}");
        }
        let silent = json(told(Vaccination { given: Some(Given::No), ..Vaccination::default() }));
        assert_eq!(silent["statusReason"]["coding"][0]["code"], "unknown");
    }

    #[test]
    fn a_refusal_that_is_only_a_code_stays_an_observation_whatever_the_field_says() {
        let refusal = Made::snomed("a", "9711000175104", "MMR vaccine declined").with(|statement| {
            statement.vaccination = Some(Vaccination { given: Some(Given::No), ..Vaccination::default() });
        });
        assert_eq!(kind(refusal), ResourceType::Observation);
        for (code, term) in [
            ("310375005", "Consent for MMR vaccination given"),
            ("266758009", "MMR vaccination contraindicated"),
            ("308101000000104", "MMR vaccination consent given"),
            ("308101000000104", "MMR vaccination contraindicated"),
            ("308101000000104", "MMR vaccination discussed"),
            ("308101000000104", "MMR vaccination declined"),
        ] {
            for given in [Given::No, Given::Unclear, Given::Yes] {
                let made = Made::snomed("a", code, term).with(|statement| {
                    statement.vaccination =
                        Some(Vaccination { given: Some(given), ..Vaccination::default() });
                });
                let made = made.class(CodeClass::Immunisation);
                // "Not given" may say that consent was refused, and then the words alone would say the opposite.
                if given == Given::No && term.to_lowercase().contains("consent") {
                    assert_eq!(why_not(made), WhyNot::NotGiven, "{term}");
                } else {
                    assert_eq!(kind(made), ResourceType::Observation, "{term}, {given:?}");
                }
            }
        }
        let refused = Made::snomed("a", "310376006", "No consent for immunisation").with(|statement| {
            statement.vaccination = Some(Vaccination { given: Some(Given::No), ..Vaccination::default() });
        });
        assert_eq!(kind(refused.class(CodeClass::Immunisation)), ResourceType::Observation);
        let contradicted = Made::snomed("a", "38598009", "MMR vaccination declined").with(|statement| {
            statement.vaccination = Some(Vaccination { given: Some(Given::Yes), ..Vaccination::default() });
        });
        assert_eq!(kind(contradicted), ResourceType::Observation);
    }

    #[test]
    fn a_field_that_says_given_counts_for_a_code_that_is_filed_and_named_as_a_vaccination() {
        let filed = |given, term: &str| {
            let made = Made::snomed("a", "308101000000104", term).with(|statement| {
                statement.vaccination = Some(Vaccination { given, ..Vaccination::default() });
            });
            kind(made.class(CodeClass::Immunisation))
        };
        assert_eq!(filed(Some(Given::Yes), "A new vaccination"), ResourceType::Immunization);
        assert_eq!(filed(Some(Given::No), "A new vaccination"), ResourceType::Immunization);
        assert_eq!(filed(None, "A new vaccination"), ResourceType::Observation);
        assert_eq!(filed(Some(Given::Yes), "Body weight"), ResourceType::Observation);
        assert_eq!(filed(Some(Given::Yes), "A new vaccination offered"), ResourceType::Observation);
    }

    #[test]
    fn what_is_known_by_typed_words_alone_is_not_done_only_where_they_speak_of_nothing_else() {
        let filed = |given, words: &str| {
            let made = Made::words("a", words).with(|statement| {
                statement.vaccination = Some(Vaccination { given: Some(given), ..Vaccination::default() });
            });
            made.class(CodeClass::Immunisation)
        };
        assert_eq!(kind(filed(Given::No, "MMR vaccination")), ResourceType::Immunization);
        assert_eq!(why_not(filed(Given::No, "Consent for MMR vaccination")), WhyNot::NotGiven);
        assert_eq!(why_not(filed(Given::No, "MMR vaccination discussed with mother")), WhyNot::NotGiven);
        assert_eq!(why_not(filed(Given::Unclear, "MMR vaccination")), WhyNot::GivingUnclear);
    }

    #[test]
    fn a_product_that_has_a_code_is_the_vaccine_and_one_in_words_is_its_text() {
        let dmd = |code: &str, display: &str| record::Coding {
            system: record::CodeSystem::Dmd,
            code: code.into(),
            display: Some(display.into()),
        };
        let body = json(told(Vaccination {
            product: Some(coded(vec![dmd("34925111000001104", "Priorix vaccine powder")])),
            ..Vaccination::default()
        }));
        assert_eq!(body["vaccineCode"]["coding"][0]["system"], url::system::DMD);
        assert_eq!(body["vaccineCode"]["coding"].as_array().unwrap().len(), 1);
        assert_eq!(body["vaccineCode"]["text"], "Priorix vaccine powder");
        assert_eq!(body["extension"][0]["valueCodeableConcept"]["coding"][1]["code"], "38598009");
        let words = json(told(Vaccination { product: Coded::words("Priorix"), ..Vaccination::default() }));
        assert_eq!(words["vaccineCode"]["coding"][0]["code"], "38598009");
        assert_eq!(words["vaccineCode"]["text"], "Priorix");
        let read_only = Made::new("a", vec![read("65M1.00", "MMR vaccination")]).with(|statement| {
            let product = Coded::words("Priorix");
            statement.vaccination = Some(Vaccination { product, ..Vaccination::default() });
        });
        assert_eq!(json(read_only)["vaccineCode"]["coding"][0]["code"], "UNK");
    }

    #[test]
    fn every_code_of_a_vaccination_is_there_to_be_labelled_by() {
        let mapping = mapped(vec![told(Vaccination {
            product: Some(coded(vec![snomed("1", "p")])),
            reason: Some(coded(vec![snomed("2", "r")])),
            site: Some(coded(vec![snomed("3", "s")])),
            route: Some(coded(vec![snomed("4", "w")])),
            ..Vaccination::default()
        })]);
        let codes: Vec<&str> = find(&mapping, "a").concepts.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(codes, ["65M1.00", "38598009", "1", "2", "3", "4"]);
    }

    #[test]
    fn the_dose_the_reason_and_whose_word_it_is_are_told() {
        let body = json(told(Vaccination {
            sequence: Some(DoseSequence::Named("Booster".into())),
            reason: Some(coded(vec![snomed("443684005", "Disease outbreak")])),
            primary_source: Some(false),
            site: Some(coded(vec![snomed("368208006", "Left upper arm structure")])),
            ..Vaccination::default()
        }));
        assert_eq!(body["protocolApplied"][0]["doseNumberString"], "Booster");
        assert_eq!(body["reasonCode"][0]["coding"][0]["code"], "443684005");
        assert_eq!(body["primarySource"], false);
        assert_eq!(body["site"]["coding"][0]["code"], "368208006");
        assert!(body.get("statusReason").is_none());
        let none = told(Vaccination { sequence: Some(DoseSequence::Number(0)), ..Vaccination::default() });
        assert!(json(none).get("protocolApplied").is_none());
    }

    #[test]
    fn what_nobody_says_plainly_was_given_is_nothing_whose_code_would_say_that_it_was() {
        let unclear = Vaccination { given: Some(Given::Unclear), ..Vaccination::default() };
        let mapping = mapped(vec![told(unclear)]);
        assert_eq!(mapping.unmapped[0].why, crate::WhyNot::GivingUnclear);
        assert!(mapping.resources.iter().all(|made| made.kind == ResourceType::Patient));
    }

    #[test]
    fn the_immunisation_class_alone_does_not_make_it_given() {
        let made = Made::snomed("a", "170425005", "Vaccination course").class(CodeClass::Immunisation);
        assert_eq!(kind(made), ResourceType::Observation);
    }

    #[test]
    fn a_vaccine_known_by_words_alone_counts_if_it_is_filed_as_one_with_its_batch() {
        let words = |lot: Option<&str>| {
            Made::snomed("a", crate::classify::DEGRADED, "Transfer-degraded record entry").with(|statement| {
                let lot_number = lot.map(str::to_owned);
                statement.vaccination = Some(Vaccination { lot_number, ..Vaccination::default() });
            })
        };
        let given = words(Some("AB12")).class(CodeClass::Immunisation);
        assert_eq!(json(given)["vaccineCode"]["coding"][0]["code"], "UNK");
        assert_eq!(kind(words(Some("AB12")).class(CodeClass::Immunisation)), ResourceType::Immunization);
        assert_eq!(kind(words(None).class(CodeClass::Immunisation)), ResourceType::Observation);
        assert_eq!(kind(words(Some("AB12"))), ResourceType::Observation);
    }

    #[test]
    fn a_procedure_named_as_snomed_names_giving_counts_where_it_is_filed_under_immunisations() {
        let made = || Made::snomed("a", "836374004", "Administration of hepatitis A and B vaccine");
        assert_eq!(kind(made().class(CodeClass::Immunisation)), ResourceType::Immunization);
        assert_eq!(kind(made()), ResourceType::Observation);
    }

    #[test]
    fn a_code_of_the_chapter_counts_only_if_its_term_names_a_vaccination() {
        let chapter = |code: &str, term: &str| kind(Made::new("a", vec![read(code, term)]));
        assert_eq!(chapter("657E.00", "First meningitis C vaccination"), ResourceType::Immunization);
        assert_eq!(
            chapter("65a0.00", "1st dipht tet acell pertus inactiv polio vacc"),
            ResourceType::Immunization
        );
        assert_eq!(chapter("65F..00", "Hepatitis contact"), ResourceType::Observation);
        assert_eq!(chapter("65V1.00", "Notification of cholera"), ResourceType::Observation);
        assert_eq!(chapter("65P..00", "Vaccination contraindicated"), ResourceType::Observation);
    }
}
