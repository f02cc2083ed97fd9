//! The synthetic practice as apps see it: enough to try everything that a conformance test looks for.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::Value as Json;

use super::oracle::list;
use crate::support::World;

/// Every path of elements in a resource, without places in lists: `component.code`.
fn elements(resource: &Json, prefix: &str, out: &mut BTreeSet<String>) {
    match resource {
        Json::Object(members) => {
            for (name, value) in members {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                elements(value, &path, out);
                out.insert(path);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| elements(item, prefix, out)),
        _ => {}
    }
}

fn everybodys(kind: &str) -> Vec<Json> {
    let world = World::shared();
    let found = (1..=world.people.len()).flat_map(|number| {
        let token = world.token(&format!("pat{number:02}"), "patient/*.rs");
        world.all(&token, &format!("{kind}?_count=200"))
    });
    found.collect()
}

static OBSERVATIONS: LazyLock<Vec<Json>> = LazyLock::new(|| everybodys("Observation"));

/// IPA 1.0.0 and UK Core, must support. `Patient.link` needs a person with two records, which the export of one
/// practice cannot show; a vaccination that was not given is a finding here, so that there is no `statusReason`; and a
/// half of a blood pressure without a value is left out, so that no component has a `dataAbsentReason`.
#[test]
fn the_sandbox_shows_every_must_support_element() {
    for (kind, wanted) in [
        (
            "Patient",
            "identifier identifier.system identifier.value active name name.text name.family name.given gender birthDate \
             address telecom managingOrganization managingOrganization.identifier.value generalPractitioner",
        ),
        (
            "Observation",
            "status category category.coding.code code code.coding.code subject.reference effectiveDateTime valueQuantity \
             valueQuantity.value valueQuantity.unit valueQuantity.system valueQuantity.code dataAbsentReason.coding.code \
             component component.code component.valueQuantity hasMember.reference referenceRange.low.value performer",
        ),
        (
            "Immunization",
            "status vaccineCode.coding.code patient.reference occurrenceDateTime occurrenceString lotNumber expirationDate \
             extension.valueCodeableConcept.coding.code performer.actor",
        ),
    ] {
        let mut shown = BTreeSet::new();
        let found = if kind == "Observation" { OBSERVATIONS.clone() } else { everybodys(kind) };
        assert!(!found.is_empty());
        found.iter().for_each(|resource| elements(resource, "", &mut shown));
        let missing: Vec<&str> = wanted.split_whitespace().filter(|path| !shown.contains(*path)).collect();
        assert!(missing.is_empty(), "{kind} never shows {missing:?}; it shows {shown:?}");
        let not_yet = ["link", "statusReason", "component.dataAbsentReason"];
        let early: Vec<&str> = not_yet.into_iter().filter(|path| shown.contains(*path)).collect();
        assert!(early.is_empty(), "{kind} shows {early:?} now: say so in conformance/ and here");
    }
}

#[test]
fn every_kind_of_observation_and_of_date_is_there() {
    let found = &*OBSERVATIONS;
    let categories: BTreeSet<&str> = found
        .iter()
        .flat_map(|o| list(&o["category"]))
        .filter_map(|c| c["coding"][0]["code"].as_str())
        .collect();
    assert!(
        categories.is_superset(&["vital-signs", "laboratory", "imaging", "social-history"].into()),
        "{categories:?}"
    );
    let lengths: BTreeSet<usize> =
        found.iter().filter_map(|o| o["effectiveDateTime"].as_str()).map(str::len).collect();
    assert!(lengths.is_superset(&[4, 7, 10].into()), "{lengths:?}");
    assert!(
        found.iter().any(|o| o.get("valueCodeableConcept").is_some() || o.get("valueQuantity").is_some())
    );
}

/// References and full URLs lead to what the same token may read.
#[test]
fn every_reference_leads_to_something() {
    let world = World::shared();
    for account in ["pat01", "pat02", "pat05"] {
        let token = world.token(account, "patient/*.rs");
        let mut there = BTreeSet::new();
        let mut named = BTreeSet::new();
        for kind in ["Patient", "Observation", "Immunization"] {
            for resource in world.all(&token, &format!("{kind}?_count=200")) {
                there.insert(format!("{kind}/{}", resource["id"].as_str().unwrap()));
                references(&resource, &mut named);
            }
        }
        assert!(named.len() > 3);
        let dangling: Vec<_> = named.difference(&there).collect();
        assert!(dangling.is_empty(), "{account}: {dangling:?}");
    }
}

fn references(json: &Json, out: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => members.iter().for_each(|(name, value)| match value.as_str() {
            Some(text) if name == "reference" => _ = out.insert(text.to_owned()),
            _ => references(value, out),
        }),
        Json::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}
