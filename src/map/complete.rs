//! What a resource needs after elements were withheld from it: it must be valid, and must look like one that never
//! had them.

use fhir::url::system;
use record::ResourceType;
use serde_json::{Value, json};

/// Makes a stripped body valid again. `false` if it cannot be: then the view does not exist.
#[must_use]
pub fn complete(kind: ResourceType, body: &mut Value) -> bool {
    match kind {
        ResourceType::Patient => has(body, "identifier"),
        ResourceType::Observation => observation(body),
        ResourceType::Immunization => immunization(body),
    }
}

/// An Observation without its code says nothing. One whose result was words gets the reason that an entry without a
/// result has, so that the two cannot be told apart (IPA `ipa-obs-1` asks for one of them).
fn observation(body: &mut Value) -> bool {
    if !(has(body, "status") && has(body, "code") && has(body, "subject")) {
        return false;
    }
    let result = body.as_object().is_some_and(|object| {
        object.keys().any(|key| key.starts_with("value") || key == "component" || key == "hasMember")
    });
    if !result && !has(body, "dataAbsentReason") {
        insert(body, "dataAbsentReason", &["effectiveDateTime", "effectivePeriod", "issued", "performer"], not_applicable());
    }
    true
}

/// A vaccine whose only description was words is an unknown one.
fn immunization(body: &mut Value) -> bool {
    let occurs = has(body, "occurrenceDateTime") || has(body, "occurrenceString");
    if !(has(body, "status") && has(body, "patient") && occurs) {
        return false;
    }
    if !has(body, "vaccineCode") {
        let unknown = json!({"coding": [{"system": system::NULL_FLAVOR, "code": "UNK", "display": "unknown"}]});
        insert(body, "vaccineCode", &["status", "statusReason"], unknown);
    }
    true
}

pub(crate) fn not_applicable() -> Value {
    json!({"coding": [{
        "system": system::DATA_ABSENT_REASON,
        "code": "not-applicable",
        "display": "Not Applicable",
    }]})
}

fn has(body: &Value, element: &str) -> bool {
    body.get(element).is_some()
}

/// Inserts an element behind the last of those that stand before it in R4's order, so that it stands where it would
/// have stood from the first (JSON keeps our order, XML demands it).
fn insert(body: &mut Value, element: &str, before: &[&str], value: Value) {
    let Some(object) = body.as_object_mut() else { return };
    let always = ["resourceType", "id", "meta", "extension", "status", "category", "code", "subject", "statusReason"];
    let at = object.keys().rposition(|key| before.contains(&key.as_str()) || always.contains(&key.as_str()));
    let old = std::mem::take(object);
    let mut value = Some(value);
    for (index, (key, kept)) in old.into_iter().enumerate() {
        object.insert(key, kept);
        if Some(index) == at && let Some(value) = value.take() {
            object.insert(element.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_that_lost_its_words_looks_like_one_that_never_had_a_result() {
        let mut lost = json!({"status": "final", "code": {}, "subject": {}, "issued": "x", "referenceRange": []});
        assert!(complete(ResourceType::Observation, &mut lost));
        let keys: Vec<&String> = lost.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["status", "code", "subject", "issued", "dataAbsentReason", "referenceRange"]);
        let mut whole = json!({"status": "final", "code": {}, "subject": {}, "valueQuantity": {}});
        assert!(complete(ResourceType::Observation, &mut whole));
        assert!(whole.get("dataAbsentReason").is_none());
    }

    #[test]
    fn a_resource_without_what_it_must_have_does_not_exist() {
        assert!(!complete(ResourceType::Observation, &mut json!({"status": "final", "subject": {}})));
        assert!(!complete(ResourceType::Patient, &mut json!({"name": []})));
        assert!(!complete(ResourceType::Immunization, &mut json!({"status": "completed", "patient": {}})));
    }

    #[test]
    fn a_vaccine_known_by_words_alone_is_unknown_without_them() {
        let mut body = json!({"status": "completed", "patient": {}, "occurrenceString": "unknown"});
        assert!(complete(ResourceType::Immunization, &mut body));
        assert_eq!(body["vaccineCode"]["coding"][0]["code"], "UNK");
        assert_eq!(body.as_object().unwrap().keys().next_back().unwrap(), "occurrenceString");
    }
}
