//! Observations: one for each statement that is none of the other things. It fills the elements and claims the
//! profiles whose rules hold; which entries belong together is decided elsewhere.

use fhir::{
    Observation, ObservationEffective, ObservationValue,
    types::{Annotation, CodeableConcept, Meta, Reference},
    url::{self, Profile, profile},
};
use record::{CodeClass, Dictionary, Effective, FreeText, Section, Value};

use crate::{
    blood_pressure,
    classify::{self, Resolved},
    coding::{clean, concept, concept_of, name_in_words},
    quantity, vital_signs,
};

/// A kind of observation, as HL7's list has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    VitalSigns,
    Laboratory,
    Imaging,
    SocialHistory,
}

impl Category {
    fn of(resolved: &Resolved) -> Option<Self> {
        let coded = &resolved.coded;
        match resolved.class {
            CodeClass::Laboratory => Some(Self::Laboratory),
            CodeClass::Imaging => Some(Self::Imaging),
            _ if vital_signs::recognise(coded).is_some() || blood_pressure::is_part(coded) => {
                Some(Self::VitalSigns)
            }
            CodeClass::SocialHistory => Some(Self::SocialHistory),
            _ => classify::is_social_history(coded).then_some(Self::SocialHistory),
        }
    }

    pub(crate) fn concept(self) -> CodeableConcept {
        let (code, display) = match self {
            Self::VitalSigns => ("vital-signs", "Vital Signs"),
            Self::Laboratory => ("laboratory", "Laboratory"),
            Self::Imaging => ("imaging", "Imaging"),
            Self::SocialHistory => ("social-history", "Social History"),
        };
        concept_of(url::system::OBSERVATION_CATEGORY, code, display)
    }
}

/// The part of the record that a statement belongs to.
pub(crate) fn section(resolved: &Resolved) -> Section {
    match resolved.class {
        CodeClass::Laboratory | CodeClass::Imaging => Section::TestResults,
        _ if resolved.about_vaccination => Section::Immunisations,
        _ => Section::Consultations,
    }
}

/// The Observation of a statement. `members` are the ids of Observations that are parts of it.
pub(crate) fn observation(
    id: &str,
    patient: &str,
    resolved: &Resolved,
    members: &[String],
    dictionary: &dyn Dictionary,
) -> Observation {
    let statement = resolved.statement;
    let category = Category::of(resolved);
    let measured = match &statement.value {
        Some(Value::Quantity(quantity)) => Some(quantity),
        _ => None,
    };
    let claim = match category {
        Some(Category::VitalSigns) => {
            vital_signs::claim(&resolved.coded, statement.effective.as_ref(), measured)
        }
        _ => None,
    };
    let fixed_unit = claim.as_ref().and_then(|claim| claim.unit).zip(measured);
    let value = match fixed_unit {
        Some(((ucum, words), measured)) => {
            Some(ObservationValue::Quantity(Box::new(quantity::quantity_in(measured, ucum, words))))
        }
        None => statement.value.as_ref().and_then(quantity::value),
    };
    let mut profiles = match category {
        Some(Category::Laboratory) if value.is_none() && !members.is_empty() => {
            vec![profile::UK_CORE_LAB_GROUP]
        }
        Some(Category::Laboratory) => vec![profile::UK_CORE_LAB],
        _ => Vec::new(),
    };
    let mut added = Vec::new();
    if let Some(claim) = claim {
        profiles.extend(claim.profiles);
        added.push(claim.loinc);
    }
    // IPA, ipa-obs-1: a statement without value, components or members says why it has no value. One that has a result
    // which could not be read does not say that none applies, whatever its members.
    let unread = statement.value == Some(Value::Unread);
    let absent = value.is_none() && (unread || members.is_empty());
    Observation {
        category: category.map(Category::concept).into_iter().collect(),
        code: Box::new(concept(&resolved.coded, added)),
        value,
        data_absent_reason: absent.then(|| if unread { unknown() } else { not_applicable() }),
        interpretation: statement.interpretation.map(quantity::interpretation).into_iter().collect(),
        note: statement.text.iter().filter_map(note).collect(),
        reference_range: quantity::ranges(&statement.ranges, statement.value.as_ref()),
        has_member: members.iter().map(|member| reference("Observation", member)).collect(),
        ..frame(id, patient, resolved, profiles, dictionary)
    }
}

/// What every Observation has: id, profiles, status, subject, dates and who recorded it.
pub(crate) fn frame(
    id: &str,
    patient: &str,
    resolved: &Resolved,
    mut profiles: Vec<Profile>,
    dictionary: &dyn Dictionary,
) -> Observation {
    let statement = resolved.statement;
    profiles.extend([profile::UK_CORE_OBSERVATION, profile::IPA_OBSERVATION]);
    Observation {
        id: Some(id.into()),
        meta: Some(Box::new(meta(&profiles))),
        status: "final".into(),
        subject: Some(Box::new(reference("Patient", patient))),
        effective: statement.effective.map(|at| ObservationEffective::DateTime(at.to_string().into())),
        issued: match resolved.entry.recorded {
            // A day is no instant, and none is made of it.
            Some(at @ Effective::Instant(..)) => Some(at.to_string().into()),
            _ => None,
        },
        performer: practitioner(statement.performer.as_deref(), dictionary).into_iter().collect(),
        ..Default::default()
    }
}

fn not_applicable() -> Box<CodeableConcept> {
    Box::new(concept_of(url::system::DATA_ABSENT_REASON, "not-applicable", "Not Applicable"))
}

fn unknown() -> Box<CodeableConcept> {
    Box::new(concept_of(url::system::DATA_ABSENT_REASON, "unknown", "Unknown"))
}

/// `meta` with the profiles only; version, date and labels are put in by others.
pub(crate) fn meta(profiles: &[Profile]) -> Meta {
    Meta {
        profile: profiles.iter().map(|profile| profile.versioned().into()).collect(),
        ..Default::default()
    }
}

/// A reference to a resource of ours.
pub(crate) fn reference(kind: &str, id: &str) -> Reference {
    Reference { reference: Some(format!("{kind}/{id}").into()), ..Default::default() }
}

/// A clinician by name: practitioners are not served as resources.
pub(crate) fn practitioner(key: Option<&str>, dictionary: &dyn Dictionary) -> Option<Reference> {
    let display = name_in_words(&dictionary.staff(key?)?.name)?;
    Some(Reference {
        r#type: Some("Practitioner".into()),
        display: Some(display.into()),
        ..Default::default()
    })
}

/// Words with an entry.
pub(crate) fn note(text: &FreeText) -> Option<Annotation> {
    Some(Annotation { text: clean(text.expose())?.into(), ..Default::default() })
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};
    use record::{Comparator, Interpretation, ReferenceRange};

    use super::*;
    use crate::testing::{Made, find, json, mapped, profiles, text};

    fn lab(name: &str) -> Made {
        Made::snomed(name, "1000651000000109", "Serum potassium level").class(CodeClass::Laboratory)
    }

    #[test]
    fn id_and_meta_come_first_and_meta_holds_profiles_only() {
        let mapping = mapped(vec![lab("a").value("4.10", "mmol/L")]);
        let text = String::from_utf8(find(&mapping, "a").json.clone()).unwrap();
        let start = "{\"resourceType\":\"Observation\",\"id\":\"Observation-a\",\"meta\":{\"profile\":[\"";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("],\"status\":") || text.contains("]},\"status\":"), "{text}");
    }

    #[test]
    fn a_values_digits_comparator_and_unit_are_kept() {
        let made = lab("a").value("4.10", "mmol/L").with(|statement| {
            if let Some(Value::Quantity(quantity)) = &mut statement.value {
                quantity.comparator = Some(Comparator::LessOrEqual);
            }
        });
        let body = json(made);
        assert_eq!(
            body["valueQuantity"].to_string(),
            r#"{"value":4.10,"comparator":"<=","unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}"#
        );
        assert_eq!(profiles(&body)[0], "UKCore-Observation-Lab");
        assert_eq!(body["category"][0]["coding"][0]["code"], "laboratory");
    }

    #[test]
    fn a_vital_sign_that_keeps_every_rule_has_loinc_and_the_fixed_unit() {
        let body = json(Made::snomed("a", "27113001", "Body weight").value("72.50", "Kg"));
        assert_eq!(profiles(&body)[0], "UKCore-Observation-VitalSigns-BodyWeight");
        assert_eq!(body["code"]["coding"][1]["code"], "29463-7");
        assert_eq!(body["code"]["coding"][0]["userSelected"], true);
        assert_eq!(body["valueQuantity"]["unit"], "kilogram");
        assert_eq!(body["valueQuantity"]["value"].to_string(), "72.50");
        assert_eq!(body["category"][0]["coding"][0]["code"], "vital-signs");
    }

    #[test]
    fn a_vital_sign_that_breaks_a_rule_keeps_its_category_and_claims_nothing() {
        let body = json(Made::snomed("a", "27113001", "Body weight").value("11", "stone"));
        assert_eq!(profiles(&body), ["UKCore-Observation", "ipa-observation"]);
        assert_eq!(body["code"]["coding"].as_array().unwrap().len(), 1);
        assert_eq!(body["category"][0]["coding"][0]["code"], "vital-signs");
        assert_eq!(body["valueQuantity"]["code"], "[stone_av]");
    }

    #[test]
    fn a_statement_without_a_value_says_that_none_applies() {
        let body = json(Made::snomed("a", "267032009", "Tired all the time"));
        assert_eq!(body["dataAbsentReason"]["coding"][0]["code"], "not-applicable");
        assert!(body.get("category").is_none());
    }

    #[test]
    fn a_result_that_could_not_be_read_is_unknown_and_not_inapplicable() {
        let body = json(lab("a").with(|statement| statement.value = Some(Value::Unread)));
        assert_eq!(body["dataAbsentReason"]["coding"][0]["code"], "unknown");
        assert!(body.as_object().unwrap().keys().all(|key| !key.starts_with("value")));
    }

    #[test]
    fn a_day_makes_no_instant_and_an_instant_is_when_it_was_issued() {
        let body = json(lab("a").value("1", "g/L"));
        assert_eq!(body["effectiveDateTime"], "2024-03-01");
        assert!(body.get("issued").is_none());
        let mut timed = lab("a").value("1", "g/L");
        timed.0.recorded = Effective::local(datetime(2024, 7, 1, 0, 30, 0, 0));
        assert_eq!(json(timed)["issued"], "2024-07-01T00:30:00+01:00");
    }

    #[test]
    fn a_date_keeps_its_precision_and_none_stays_none() {
        let on =
            |effective| json(lab("a").value("1", "g/L").with(|statement| statement.effective = effective));
        assert_eq!(on(Some(Effective::Year(2010)))["effectiveDateTime"], "2010");
        assert_eq!(on(Some(Effective::Month(2010, 5)))["effectiveDateTime"], "2010-05");
        assert_eq!(on(Some(Effective::Day(date(2010, 5, 1))))["effectiveDateTime"], "2010-05-01");
        assert!(on(None).get("effectiveDateTime").is_none());
    }

    #[test]
    fn the_sources_judgement_range_words_and_clinician_are_kept() {
        let body = json(lab("a").value("5.9", "mmol/L").with(|statement| {
            statement.interpretation = Some(Interpretation::High);
            let bounds = ReferenceRange {
                low: "3.50".parse().ok(),
                high: "5.3".parse().ok(),
                unit: None,
                text: Some(text("fasting")),
            };
            statement.ranges = vec![bounds, ReferenceRange::default()];
            statement.text = vec![text("Repeat in a week")];
            statement.performer = Some("ann".into());
        }));
        assert_eq!(body["interpretation"][0]["coding"][0]["code"], "H");
        assert_eq!(body["referenceRange"].as_array().unwrap().len(), 1);
        assert_eq!(body["referenceRange"][0]["low"]["value"].to_string(), "3.50");
        assert_eq!(body["referenceRange"][0]["high"]["code"], "mmol/L");
        assert_eq!(body["referenceRange"][0]["text"], "fasting");
        assert_eq!(body["note"][0]["text"], "Repeat in a week");
        assert_eq!(body["performer"][0]["display"], "Dr Ann Example");
        assert_eq!(body["subject"]["reference"], "Patient/Patient-patient");
    }

    #[test]
    fn outside_the_range_and_potentially_abnormal_are_words_without_a_code() {
        let of = |interpretation| {
            json(lab("a").value("1", "g/L").with(|statement| statement.interpretation = Some(interpretation)))
        };
        let outside = of(Interpretation::OutsideRange);
        assert_eq!(outside["interpretation"][0]["text"], "Outside reference range");
        assert!(outside["interpretation"][0].get("coding").is_none());
        assert_eq!(
            of(Interpretation::PotentiallyAbnormal)["interpretation"][0]["text"],
            "Potentially abnormal"
        );
        assert_eq!(of(Interpretation::Low)["interpretation"][0]["coding"][0]["code"], "L");
        assert_eq!(of(Interpretation::Abnormal)["interpretation"][0]["coding"][0]["code"], "A");
    }

    #[test]
    fn a_result_in_words_and_a_coded_result_are_kept_as_such() {
        let words =
            json(lab("a").with(|statement| statement.value = Some(Value::Text(text("Not detected")))));
        assert_eq!(words["valueString"], "Not detected");
        let positive = crate::testing::coded(vec![crate::testing::snomed("10828004", "Positive")]);
        let coded = json(lab("a").with(|statement| statement.value = Some(Value::Coded(positive))));
        assert_eq!(coded["valueCodeableConcept"]["coding"][0]["code"], "10828004");
        assert!(coded.get("dataAbsentReason").is_none());
    }

    #[test]
    fn results_vaccinations_and_the_rest_are_in_their_sections() {
        let mapping = mapped(vec![
            lab("lab"),
            Made::snomed("xray", "399208008", "Plain chest X-ray").class(CodeClass::Imaging),
            Made::snomed("consent", "310375005", "Immunisation consent given"),
            Made::snomed("smoker", "77176002", "Smoker"),
        ]);
        assert_eq!(find(&mapping, "lab").section, Section::TestResults);
        assert_eq!(find(&mapping, "xray").section, Section::TestResults);
        assert_eq!(find(&mapping, "consent").section, Section::Immunisations);
        assert_eq!(find(&mapping, "smoker").section, Section::Consultations);
        let smoker = crate::testing::body(find(&mapping, "smoker"));
        assert_eq!(smoker["category"][0]["coding"][0]["code"], "social-history");
    }
}
