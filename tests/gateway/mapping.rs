//! What entries look like when they come out: the rules of IPA and UK Core that mapping and views keep together.

use std::collections::BTreeSet;

use record::{CodeClass, CodeRef, CodeSystem, Coded, Coding, Effective, Entry, ResourceType};
use serde_json::Value as Json;

use super::{
    fixture::{blood_count, blood_pressure, classed, noted, on, rubric, weight},
    oracle::{codings, list},
    reading::id_of,
};
use crate::support::{World, coded, measured, with};

const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason|not-applicable";
const PROCEDURE: &str = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure";

/// What an entry is read as.
fn read(world: &World, kind: ResourceType, entry: &str) -> Json {
    let token = world.token("p", "patient/*.rs");
    let answer = world.get(&token, &format!("{}/{}", kind.name(), id_of("p", kind, entry)));
    assert_eq!(answer.status, 200, "{entry}: {}", answer.text());
    answer.json()
}

fn observation(entry: Entry) -> Json {
    let id = entry.id.as_str().to_owned();
    read(&World::of(vec![entry]), ResourceType::Observation, &id)
}

fn immunization(entry: Entry) -> Json {
    let id = entry.id.as_str().to_owned();
    read(&World::of(vec![entry]), ResourceType::Immunization, &id)
}

/// The last parts of the profiles that a resource claims.
fn profiles(resource: &Json) -> BTreeSet<&str> {
    let claimed = list(&resource["meta"]["profile"]).map(|url| url.as_str().unwrap());
    claimed.map(|url| url.rsplit('/').next().unwrap().split('|').next().unwrap()).collect()
}

fn of_codes(entry: Entry, codes: &[(CodeSystem, &str, &str)]) -> Entry {
    with(entry, |statement| {
        let coding = |(system, code, term): &(CodeSystem, &str, &str)| Coding {
            system: system.clone(),
            code: (*code).to_owned(),
            display: Some((*term).to_owned()),
        };
        statement.code =
            CodeRef::Given(Coded { codings: codes.iter().map(coding).collect(), original_text: None }, None);
    })
}

fn has_value(resource: &Json) -> bool {
    resource.as_object().unwrap().keys().any(|key| key.starts_with("value"))
}

#[test]
fn an_entry_without_a_value_says_why_there_is_none() {
    let without = observation(coded("a", "195967001", "Asthma"));
    assert!(!has_value(&without));
    assert_eq!(codings(&without["dataAbsentReason"]), [ABSENT]);
    let words = with(coded("a", "195967001", "Asthma"), |statement| {
        statement.value = record::FreeText::new("as told by wife Zofia").map(record::Value::Text);
    });
    let withheld = observation(words);
    assert_eq!(without, withheld, "a result in words is withheld without a trace");
    let with_value = observation(weight("w", "80"));
    assert!(has_value(&with_value) && with_value.get("dataAbsentReason").is_none());
}

#[test]
fn mapped_codes_stand_beside_their_originals() {
    let read_v2 = (CodeSystem::ReadV2, "22A..00", "O/E - weight");
    let snomed = (CodeSystem::SnomedCt, "27113001", "Body weight");
    let made = observation(of_codes(weight("w", "80"), &[read_v2, snomed]));
    let found = codings(&made["code"]);
    assert_eq!(
        found[..2],
        ["http://read.info/readv2|22A..00".to_owned(), "http://snomed.info/sct|27113001".to_owned()]
    );
    assert_eq!(found[2], "http://loinc.org|29463-7");
    let selected: Vec<Option<bool>> =
        list(&made["code"]["coding"]).map(|c| c["userSelected"].as_bool()).collect();
    assert_eq!(selected, [Some(true), Some(false), Some(false)]);
    assert!(list(&made["code"]["coding"]).all(|coding| coding.get("version").is_none()));
    assert_eq!(made["code"]["text"], "O/E - weight");
    let alone = observation(coded("a", "195967001", "Asthma"));
    assert!(alone["code"]["coding"][0].get("userSelected").is_none(), "nothing to choose from");
}

#[test]
fn a_typed_rubric_leaves_no_trace_and_the_codes_own_term_stays() {
    let plain = observation(coded("a", "195967001", "Asthma"));
    assert_eq!(plain["code"]["text"], "Asthma");
    let typed = observation(rubric(coded("a", "195967001", "Asthma"), "asthma like her sister Jo's"));
    assert_eq!(plain, typed);
    let noted = observation(noted(coded("a", "195967001", "Asthma"), "told by neighbour Zofia Lis"));
    assert_eq!(plain, noted);
}

#[test]
fn panels_have_members_and_no_value() {
    let day = jiff::civil::date(2022, 6, 15);
    let world = World::of(blood_count("fbc", day));
    let panel = read(&world, ResourceType::Observation, "fbc");
    assert!(
        !has_value(&panel) && panel.get("component").is_none() && panel.get("dataAbsentReason").is_none()
    );
    let members: BTreeSet<String> =
        list(&panel["hasMember"]).map(|member| member["reference"].as_str().unwrap().to_owned()).collect();
    let expected = ["fbc-haemoglobin", "fbc-platelets"]
        .map(|entry| format!("Observation/{}", id_of("p", ResourceType::Observation, entry)));
    assert_eq!(members, expected.into());
    let token = world.token("p", "patient/*.rs");
    for member in members {
        let answer = world.get(&token, &member);
        assert_eq!(answer.status, 200);
        assert!(has_value(&answer.json()));
    }
}

#[test]
fn vital_signs_that_break_a_fixed_rule_do_not_claim_the_profile() {
    let (own, r4) = ("UKCore-Observation-VitalSigns-BodyWeight", "vitalsigns");
    let good = observation(weight("w", "80"));
    assert!(profiles(&good).contains(own) && profiles(&good).contains(r4), "{good}");
    for (why, breaking) in [
        ("another unit", measured("w", "27113001", "Body weight", "11", "stone")),
        ("no unit", measured("w", "27113001", "Body weight", "80", "")),
        ("a year", on(weight("w", "80"), Effective::Year(2019))),
        ("a month", on(weight("w", "80"), Effective::Month(2019, 4))),
        ("no date", with(weight("w", "80"), |statement| statement.effective = None)),
        ("no value", coded("w", "27113001", "Body weight")),
    ] {
        let made = observation(breaking);
        assert!(!profiles(&made).contains(own), "{why}: {made}");
        if why != "no value" {
            assert!(!profiles(&made).contains(r4), "{why}: {made}");
        }
        assert!(
            profiles(&made).contains("UKCore-Observation") && profiles(&made).contains("ipa-observation")
        );
    }
    let pressure = blood_pressure("bp", jiff::civil::date(2024, 2, 10));
    let whole = read(&World::of(pressure.clone()), ResourceType::Observation, "bp");
    assert!(profiles(&whole).contains("bp"));
    assert_eq!(list(&whole["component"]).count(), 2);
    let half = read(&World::of(pressure[..2].to_vec()), ResourceType::Observation, "bp");
    assert!(!profiles(&half).contains("bp"), "{half}");
    assert!(profiles(&half).contains("UKCore-Observation-VitalSigns-BloodPressure"));
    assert_eq!(list(&half["component"]).count(), 1);
}

/// No feed that is read tells a vaccination that was not given as such; what speaks of one is a finding with its code.
#[test]
fn a_vaccination_not_given_is_never_completed_and_says_why() {
    for (code, term) in [
        ("1324741000000101", "COVID-19 vaccination, first dose, declined"),
        ("310376006", "No consent for immunisation"),
        ("310375005", "Consent given for immunisation"),
        ("38598009", "MMR vaccination declined"),
        ("38598009", "MMR vaccination contraindicated"),
    ] {
        for entry in [coded("v", code, term), classed(coded("v", code, term), CodeClass::Immunisation)] {
            let world = World::of(vec![entry]);
            let token = world.token("p", "patient/*.rs");
            assert!(world.get(&token, "Immunization").ids().is_empty(), "{term}");
            let finding = read(&world, ResourceType::Observation, "v");
            assert_eq!(codings(&finding["code"]), [format!("http://snomed.info/sct|{code}")]);
            assert_eq!(finding["code"]["text"], term);
        }
    }
    let refused = noted(coded("v", "38598009", "MMR vaccination"), "Reason not given: unwell");
    let world = World::of(vec![refused]);
    assert!(world.get_all("Immunization").is_empty(), "words count too");
    assert!(world.get_all("Observation").is_empty(), "and without them the code would say that it was given");
    assert_eq!(immunization(coded("v", "38598009", "MMR vaccination"))["status"], "completed");
}

impl World {
    /// Every match for the account `p`.
    fn get_all(&self, path: &str) -> Vec<Json> {
        let token = self.token("p", "patient/*.rs");
        self.all(&token, path)
    }
}

#[test]
fn a_vaccination_names_its_procedure_and_its_vaccine() {
    let made = immunization(coded("v", "38598009", "MMR vaccination"));
    let extension = &made["extension"][0];
    assert_eq!(extension["url"], PROCEDURE);
    assert_eq!(codings(&extension["valueCodeableConcept"]), ["http://snomed.info/sct|38598009"]);
    assert_eq!(codings(&made["vaccineCode"]), ["http://snomed.info/sct|38598009"]);
    let read_v2 = (CodeSystem::ReadV2, "65E..00", "Influenza vaccination");
    let unknown = immunization(of_codes(coded("v", "1", "x"), &[read_v2]));
    assert_eq!(
        codings(&unknown["extension"][0]["valueCodeableConcept"]),
        ["http://read.info/readv2|65E..00"]
    );
    assert_eq!(codings(&unknown["vaccineCode"]), ["http://terminology.hl7.org/CodeSystem/v3-NullFlavor|UNK"]);
    assert_eq!(unknown["vaccineCode"]["text"], "Influenza vaccination");
}

#[test]
fn a_vaccination_without_a_date_gets_none() {
    let undated = with(coded("v", "38598009", "MMR vaccination"), |statement| statement.effective = None);
    let made = immunization(undated);
    assert_eq!(made["occurrenceString"], "unknown");
    assert!(made.get("occurrenceDateTime").is_none());
    let year = immunization(on(coded("v", "38598009", "MMR vaccination"), Effective::Year(1984)));
    assert_eq!(year["occurrenceDateTime"], "1984");
    assert!(year.get("occurrenceString").is_none());
}
