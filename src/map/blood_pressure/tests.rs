//! Which readings are put together, and which stay as they were sent.

use record::Effective;

use super::*;
use crate::testing::{Made, body, find, id, mapped, profiles, text};

fn header(name: &str) -> Made {
    Made::snomed(name, "163020007", "O/E - blood pressure reading")
}

fn systolic(name: &str, value: &str) -> Made {
    Made::snomed(name, "72313002", "O/E - Systolic BP reading").value(value, "mmHg").part_of("bp")
}

fn diastolic(name: &str, value: &str) -> Made {
    Made::snomed(name, "1091811000000102", "O/E - Diastolic BP reading").value(value, "mm Hg").part_of("bp")
}

fn observations(mapping: &crate::Mapping) -> Vec<&str> {
    let kind = |mapped: &&crate::Mapped| mapped.kind == record::ResourceType::Observation;
    mapping.resources.iter().filter(kind).map(|mapped| mapped.sources[0].as_str()).collect()
}

/// A heading and its readings in each of the triples that the NHS GP2GP adaptor allows, and in Read.
#[test]
fn every_allowed_triple_becomes_one_blood_pressure() {
    let triples = [
        ("163020007", "72313002", "1091811000000102"),
        ("163020007", "271649006", "271650006"),
        ("386534000", "72313002", "1091811000000102"),
        ("386534000", "271649006", "271650006"),
        ("75367002", "72313002", "1091811000000102"),
        ("75367002", "271649006", "271650006"),
        ("163034007", "400974009", "400975005"),
        ("163035008", "407554009", "407555005"),
        ("163033001", "407556006", "407557002"),
        ("254065014", "120159016", "2734671000000117"),
        ("125176019", "406507015", "406508013"),
        ("254080015", "1780182014", "1780183016"),
        ("254083018", "2159155011", "2159156012"),
        ("254079018", "2159157015", "2159158013"),
    ];
    for (heading, systolic, diastolic) in triples {
        let mapping = mapped(vec![
            Made::snomed("bp", heading, "a heading"),
            Made::snomed("s", systolic, "a reading").value("136", "mmHg").part_of("bp"),
            Made::snomed("d", diastolic, "a reading").value("84", "mmHg").part_of("bp"),
        ]);
        assert_eq!(observations(&mapping), ["bp"], "{heading}");
        let body = body(find(&mapping, "bp"));
        assert_eq!(body["component"][0]["valueQuantity"]["value"].to_string(), "136", "{heading}");
        assert_eq!(body["component"][1]["valueQuantity"]["value"].to_string(), "84", "{heading}");
    }
}

#[test]
fn read_codes_alone_are_enough_and_snomed_is_added_to_each_half() {
    let of = |name: &str, code: &str| Made::new(name, vec![crate::testing::read(code, "a term")]);
    for (heading, systolic, diastolic) in
        [("246..00", "2469.00", "246A.00"), ("246E", "246Q", "246R"), ("6623.", "2469", "246A")]
    {
        let mapping = mapped(vec![
            of("bp", heading),
            of("s", systolic).value("136", "mmHg").part_of("bp"),
            of("d", diastolic).value("84", "mmHg").part_of("bp"),
        ]);
        assert_eq!(observations(&mapping), ["bp"], "{heading}");
        let body = body(find(&mapping, "bp"));
        assert_eq!(body["component"][0]["code"]["coding"][1]["code"], "271649006");
        assert_eq!(body["component"][1]["code"]["coding"][1]["code"], "271650006");
        assert_eq!(body["code"]["coding"][1]["code"], "75367002");
    }
}

#[test]
fn a_description_is_noted_on_no_concept_that_it_does_not_describe() {
    let mapping = mapped(vec![
        Made::snomed("bp", "254065014", "O/E - blood pressure"),
        systolic("s", "120"),
        diastolic("d", "80"),
    ]);
    let codings = body(find(&mapping, "bp"))["code"]["coding"].clone();
    let described = codings.as_array().unwrap().iter().find(|coding| coding.get("extension").is_some());
    assert!(described.is_some_and(|coding| coding.get("code").is_none()), "{codings}");
}

#[test]
fn averages_and_judgements_are_hidden_with_readings_and_never_put_together() {
    let average = Made::new("s", vec![crate::testing::read("246W.00", "Average 24 hour systolic")])
        .value("120", "mmHg")
        .part_of("bp");
    let mapping = mapped(vec![header("bp"), average, diastolic("d", "80")]);
    assert_eq!(observations(&mapping).len(), 3);
    assert!(is_blood_pressure(&[(CodeSystem::ReadV2, "246W.00".to_owned())]));
    assert!(is_blood_pressure(&[(CodeSystem::SnomedCt, "254065014".to_owned())]));
    assert!(!is_blood_pressure(&[(CodeSystem::ReadV2, "22A..00".to_owned())]));
    let disagree = crate::testing::coded(vec![
        crate::testing::read("246A.00", "x"),
        crate::testing::snomed("72313002", "x"),
    ]);
    assert_eq!(part(&disagree), Some((Part::Related, ANY)));
    // What a whole chapter is about says nothing against a code that says it exactly.
    let chapter = crate::testing::coded(vec![
        crate::testing::read("246Z.00", "x"),
        crate::testing::snomed("407554009", "x"),
    ]);
    assert_eq!(part(&chapter), Some((Part::Systolic, "sitting")));
}

#[test]
fn two_readings_become_one_observation_and_are_not_served_twice() {
    let mapping = mapped(vec![header("bp"), diastolic("d", "84"), systolic("s", "136")]);
    assert_eq!(observations(&mapping), ["bp"]);
    let bp = find(&mapping, "bp");
    assert_eq!(bp.sources, [id("bp"), id("s"), id("d")]);
    assert!(bp.members.is_empty());
    let body = body(bp);
    assert_eq!(body["component"][0]["code"]["text"], "Systolic blood pressure");
    assert_eq!(body["component"][0]["valueQuantity"]["value"].to_string(), "136");
    assert_eq!(body["component"][0]["valueQuantity"]["unit"], "millimeter of mercury");
    assert_eq!(body["component"][1]["code"]["text"], "Diastolic blood pressure");
    assert_eq!(body["component"][1]["valueQuantity"]["code"], "mm[Hg]");
    assert_eq!(body["component"][1]["code"]["coding"][1]["display"], "Diastolic blood pressure");
    let codes: Vec<&str> =
        body["code"]["coding"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["163020007", "75367002", "85354-9"]);
    assert!(body.get("dataAbsentReason").is_none() && body.get("hasMember").is_none());
    let claimed = ["UKCore-Observation-VitalSigns-BloodPressure", "vitalsigns", "bp", "UKCore-Observation"];
    assert_eq!(profiles(&body)[..4], claimed);
}

#[test]
fn the_halves_are_told_apart_by_code_even_if_the_systolic_is_the_smaller() {
    let mapping = mapped(vec![header("bp"), systolic("s", "80"), diastolic("d", "120")]);
    let body = body(find(&mapping, "bp"));
    assert_eq!(body["component"][0]["valueQuantity"]["value"].to_string(), "80");
}

#[test]
fn a_header_that_is_blood_pressure_itself_is_not_coded_twice() {
    let plain = Made::snomed("bp", "75367002", "Blood pressure");
    let mapping = mapped(vec![plain, systolic("s", "120"), diastolic("d", "80")]);
    let body = body(find(&mapping, "bp"));
    assert_eq!(body["code"]["coding"].as_array().unwrap().len(), 2);
}

#[test]
fn a_lone_systolic_claims_uk_core_but_not_r4s_blood_pressure() {
    let mapping = mapped(vec![header("bp"), systolic("s", "120")]);
    let body = body(find(&mapping, "bp"));
    assert_eq!(body["component"].as_array().unwrap().len(), 1);
    assert!(profiles(&body).contains(&"UKCore-Observation-VitalSigns-BloodPressure".to_owned()));
    assert!(!profiles(&body).contains(&"bp".to_owned()));
}

#[test]
fn a_pulse_beside_the_readings_stays_an_observation_of_its_own() {
    let pulse = Made::snomed("p", "78564009", "Pulse rate").value("72", "beats/min").part_of("bp");
    let mapping = mapped(vec![header("bp"), systolic("s", "120"), diastolic("d", "80"), pulse]);
    assert_eq!(observations(&mapping), ["bp", "p"]);
    assert_eq!(body(find(&mapping, "bp"))["component"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_not_certain_stays_as_it_was_sent() {
    let uncertain = [
        vec![header("bp"), systolic("s", "120"), systolic("s2", "130"), diastolic("d", "80")],
        vec![header("bp"), systolic("s", "16").value("16", "kPa"), diastolic("d", "80")],
        vec![header("bp"), systolic("s", "120").value("120", ""), diastolic("d", "80")],
        vec![header("bp").value("120", "mmHg"), systolic("s", "120"), diastolic("d", "80")],
        vec![header("bp"), diastolic("d", "80")],
        vec![
            header("bp"),
            Made::snomed("s", "400974009", "Standing systolic").value("120", "mmHg").part_of("bp"),
            diastolic("d", "80"),
        ],
        vec![
            header("bp"),
            systolic("s", "120").with(|statement| statement.effective = Some(Effective::Year(2019))),
            diastolic("d", "80"),
        ],
    ];
    for made in uncertain {
        let expected = made.len();
        let mapping = mapped(made);
        assert_eq!(observations(&mapping).len(), expected);
        let bp = find(&mapping, "bp");
        assert!(body(bp).get("component").is_none());
        assert_eq!(bp.members.len(), expected - 1);
        assert_eq!(bp.sources, [id("bp")]);
    }
}

#[test]
fn readings_of_a_position_belong_to_the_heading_of_that_position() {
    let mapping = mapped(vec![
        Made::snomed("bp", "163034007", "O/E - standing BP"),
        Made::snomed("s", "400974009", "Standing systolic").value("120", "mmHg").part_of("bp"),
        Made::snomed("d", "400975005", "Standing diastolic").value("80", "mmHg").part_of("bp"),
    ]);
    assert_eq!(observations(&mapping), ["bp"]);
}

#[test]
fn a_deleted_or_unfiled_half_is_not_used() {
    let mut gone = diastolic("d", "80");
    gone.0.deleted = true;
    let mapping = mapped(vec![header("bp"), systolic("s", "120"), gone]);
    assert_eq!(body(find(&mapping, "bp"))["component"].as_array().unwrap().len(), 1);
}

#[test]
fn a_date_to_the_year_claims_no_vital_sign() {
    let undated = |made: Made| made.with(|statement| statement.effective = Some(Effective::Year(2001)));
    let mapping =
        mapped(vec![undated(header("bp")), undated(systolic("s", "120")), undated(diastolic("d", "80"))]);
    let body = body(find(&mapping, "bp"));
    assert_eq!(profiles(&body), ["UKCore-Observation", "ipa-observation"]);
    assert_eq!(body["component"].as_array().unwrap().len(), 2);
}

/// Halves that came as rows of their own, as systems without panels send them.
fn loose(name: &str, code: &str, value: &str, event: &str) -> Made {
    let ctv3 =
        record::Coding { system: CodeSystem::Ctv3, code: code.to_owned(), display: Some("O/E".into()) };
    let made = Made::new(name, vec![ctv3]).value(value, "mmHg");
    made.linked(record::Role::Consultation, event)
}

#[test]
fn two_rows_of_one_event_minute_and_clinician_become_one_blood_pressure_named_after_the_systolic() {
    let mapping = mapped(vec![loose("d", "246A.", "84", "e"), loose("s", "2469.", "136", "e")]);
    assert_eq!(observations(&mapping), ["s"]);
    let made = find(&mapping, "s");
    assert_eq!(made.sources, [id("s"), id("d")]);
    let body = body(made);
    let codes: Vec<&str> =
        body["code"]["coding"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["75367002", "85354-9"]);
    assert_eq!(body["component"][0]["valueQuantity"]["value"].to_string(), "136");
    assert_eq!(body["component"][1]["code"]["coding"][0]["code"], "246A.");
    assert!(profiles(&body).contains(&"bp".to_owned()));
    assert!(is_blood_pressure(&made.concepts));
}

#[test]
fn rows_that_may_not_belong_together_stay_apart() {
    let at = |hour, minute, second| {
        let time = jiff::civil::datetime(2024, 3, 1, hour, minute, second, 0);
        move |statement: &mut record::Statement| statement.effective = Effective::local(time)
    };
    let systolic = || loose("s", "2469.", "120", "e");
    let diastolic = || loose("d", "246A.", "80", "e");
    let apart: [(&str, Vec<Made>); 8] = [
        ("a lone systolic", vec![systolic()]),
        ("two events", vec![systolic(), loose("d", "246A.", "80", "f")]),
        ("two minutes", vec![systolic().with(at(9, 1, 0)), diastolic().with(at(9, 2, 0))]),
        ("two clinicians", vec![systolic().with(|s| s.performer = Some("ann".into())), diastolic()]),
        ("two systolics", vec![systolic(), loose("s2", "2469.", "122", "e"), diastolic()]),
        ("another unit", vec![systolic().value("16", "kPa"), diastolic()]),
        ("no unit", vec![systolic().value("120", ""), diastolic()]),
        ("no date", vec![systolic().with(|s| s.effective = None), diastolic().with(|s| s.effective = None)]),
    ];
    for (why, made) in apart {
        let count = made.len();
        assert_eq!(observations(&mapped(made)).len(), count, "{why}");
    }
    let same_minute = vec![systolic().with(at(9, 1, 5)), diastolic().with(at(9, 1, 50))];
    assert_eq!(observations(&mapped(same_minute)), ["s"]);
    let no_event = |code, name: &str| {
        let mut made = loose(name, code, "100", "e");
        made.0.links.clear();
        made
    };
    let mapping = mapped(vec![no_event("2469.", "s"), no_event("246A.", "d")]);
    assert_eq!(observations(&mapping).len(), 2, "no event");
}

#[test]
fn words_of_the_halves_stay_with_the_whole() {
    let with = |made: Made, words: &str| made.with(|statement| statement.text = vec![text(words)]);
    let mapping = mapped(vec![
        with(header("bp"), "sitting"),
        with(systolic("s", "120"), "left arm"),
        with(diastolic("d", "80"), "large cuff"),
    ]);
    let notes = body(find(&mapping, "bp"))["note"].as_array().unwrap().len();
    assert_eq!(notes, 3);
}
