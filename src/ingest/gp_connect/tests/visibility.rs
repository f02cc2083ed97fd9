//! Marks, and what they come down to. Reasons are found by the same walk that labels what is served.

use record::{Mark, Role};
use serde_json::{Value as Json, json};

use super::{bundle, mmr, patient, read, read_json, weight, with};

fn nopat(resource: Json) -> Json {
    let label = json!({"system": "http://hl7.org/fhir/v3/ActCode", "code": "NOPAT"});
    with(resource, json!({"meta": {"security": [label]}}))
}

#[test]
fn nopat_is_known_in_every_spelling_and_any_other_label_withholds_as_well() {
    for (security, mark) in [
        (json!([{"system": "http://hl7.org/fhir/v3/ActCode", "code": "NOPAT"}]), Some(Mark::NotForPatient)),
        (
            json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "NOPAT"}]),
            Some(Mark::NotForPatient),
        ),
        (json!([{"code": "nopat"}]), Some(Mark::NotForPatient)),
        (
            json!([{"system": "http://hl7.org/fhir/v3/Confidentiality", "code": "R"}]),
            Some(Mark::Unrecognised),
        ),
        (json!([{"system": "http://hl7.org/fhir/v3/ActCode", "code": "NOPAT2"}]), Some(Mark::Unrecognised)),
        (json!([{}]), Some(Mark::Unrecognised)),
        (json!(["NOPAT"]), Some(Mark::Unrecognised)),
        (json!({"code": "NOPAT"}), Some(Mark::Unrecognised)),
        (json!("NOPAT"), Some(Mark::Unrecognised)),
        (json!(null), Some(Mark::Unrecognised)),
        (json!([]), None),
    ] {
        let read = read(&[with(weight("a"), json!({"meta": {"profile": ["x"], "security": security}}))]);
        assert_eq!(read.entry("Observation/a").marks, mark.into_iter().collect::<Vec<_>>(), "{security}");
    }
    for meta in [json!("NOPAT"), json!({"Security": []}), json!({"extension": [{"url": "x"}]})] {
        let read = read(&[with(weight("a"), json!({"meta": meta}))]);
        assert_eq!(read.entry("Observation/a").marks, [Mark::Unrecognised], "{meta}");
    }
    let tagged = read(&[with(weight("a"), json!({"meta": {"tag": [{"code": "NOPAT"}, {"code": "x"}]}}))]);
    assert_eq!(tagged.entry("Observation/a").marks, [Mark::NotForPatient]);
}

#[test]
fn a_mark_inside_a_resource_or_on_the_bundle_counts() {
    let contained = with(weight("a"), json!({"contained": [nopat(weight("inner"))]}));
    assert_eq!(read(&[contained]).entry("Observation/a").marks, [Mark::NotForPatient]);
    let mut whole = bundle(&[patient(), weight("a")]);
    whole["meta"] = nopat(json!({}))["meta"].clone();
    let read = read_json(&whole);
    assert!(read.entries.iter().all(|entry| entry.marks == [Mark::NotForPatient]), "{read:?}");
}

#[test]
fn what_a_resource_depends_on_is_linked_and_awaited_where_it_is_not_there() {
    let result = with(
        weight("a"),
        json!({"context": {"reference": "Encounter/e"}, "basedOn": [{"reference": "ProcedureRequest/q"}],
        "specimen": {"reference": "Specimen/s"}, "related": [{"type": "qualified-by", "target": {"reference": "Observation/gone"}}]}),
    );
    let vaccination = with(mmr("v"), json!({"encounter": {"reference": "urn:uuid:1"}}));
    let encounter = json!({"resourceType": "Encounter", "id": "e2"});
    let mut whole = bundle(&[patient(), result, vaccination]);
    whole["entry"].as_array_mut().unwrap().push(json!({"fullUrl": "urn:uuid:1", "resource": encounter}));
    let read = read_json(&whole);
    assert_eq!(
        read.links("Observation/a"),
        [
            (Role::Consultation, "Encounter/e"),
            (Role::Heading, "Observation/gone"),
            (Role::Heading, "Specimen/s"),
            (Role::Request, "ProcedureRequest/q")
        ]
    );
    assert_eq!(read.links("Immunization/v"), [(Role::Consultation, "Encounter/e2")]);
}

#[test]
fn a_group_whose_part_is_not_there_awaits_it() {
    let group = with(
        weight("g"),
        json!({"related": [{"type": "has-member", "target": {"reference": "Observation/gone"}}]}),
    );
    assert_eq!(read(&[group]).links("Observation/g"), [(Role::Heading, "Observation/gone")]);
}

#[test]
fn what_holds_a_resource_is_linked_and_a_hidden_holder_says_itself_what_it_holds() {
    let list = |id: &str, item: &str| {
        json!({"resourceType": "List", "id": id, "encounter": {"reference": "Encounter/e"},
        "entry": [{"item": {"reference": item}}]})
    };
    let open = read(&[
        list("out", "List/in"),
        list("in", "Observation/a"),
        weight("a"),
        json!({"resourceType": "Encounter", "id": "e"}),
    ]);
    assert_eq!(open.links("Observation/a"), [(Role::Heading, "List/in")]);
    assert_eq!(open.links("List/in"), [(Role::Consultation, "Encounter/e"), (Role::Heading, "List/out")]);
    let hidden = read(&[
        list("out", "List/in"),
        list("in", "Observation/a"),
        weight("a"),
        nopat(json!({"resourceType": "Encounter", "id": "e"})),
    ]);
    assert!(hidden.links("List/in").contains(&(Role::About, "Observation/a")));
}

#[test]
fn a_problem_is_as_hidden_as_its_name_and_hides_what_is_filed_under_it() {
    let url = |name: &str| {
        format!("https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-{name}-1")
    };
    let problem = json!({"resourceType": "Condition", "id": "c", "extension": [
        {"url": url("ActualProblem"), "valueReference": {"reference": "Observation/name"}},
        {"url": url("RelatedClinicalContent"), "valueReference": {"reference": "Observation/under"}},
        {"url": url("RelatedProblemHeader"), "extension": [{"url": "type", "valueCode": "parent"}, {"url": "target", "valueReference": {"reference": "Condition/p"}}]}]});
    let read =
        read(&[problem, weight("name"), weight("under"), json!({"resourceType": "Condition", "id": "p"})]);
    assert_eq!(
        read.links("Condition/c"),
        [(Role::Problem, "Condition/p"), (Role::About, "Observation/name")]
    );
    assert_eq!(read.links("Observation/under"), [(Role::Problem, "Condition/c")]);
}

#[test]
fn the_marks_of_what_cannot_be_kept_go_over_to_what_it_holds() {
    let list = nopat(
        json!({"resourceType": "List", "id": "not an id", "entry": [{"item": {"reference": "Observation/a"}}]}),
    );
    let group = nopat(with(
        weight("g"),
        json!({"code": {}, "related": [{"type": "has-member", "target": {"reference": "Observation/b"}}]}),
    ));
    let read = read(&[list, weight("a"), group, weight("b"), weight("twice"), nopat(weight("twice"))]);
    assert_eq!(read.rejected.len(), 3);
    for id in ["Observation/a", "Observation/b", "Observation/twice"] {
        assert_eq!(read.entry(id).marks, [Mark::NotForPatient], "{id}");
    }
}
