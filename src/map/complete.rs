//! What a resource needs after elements were withheld from it: it must be valid, and must look like one that never
//! had them.

use std::borrow::Cow;

use fhir::url::system;
use record::{Json, ResourceType};

/// Makes a stripped body valid again. `false` if it cannot be: then the view does not exist.
#[must_use]
pub fn complete(kind: ResourceType, body: &mut Json<'_>) -> bool {
    match kind {
        ResourceType::Patient => has(body, "identifier"),
        ResourceType::Observation => observation(body),
        ResourceType::Immunization => immunization(body),
    }
}

/// An Observation without its code says nothing. One whose result was words gets the reason that an entry without a
/// result has, so that the two cannot be told apart (IPA `ipa-obs-1` asks for one of them).
fn observation(body: &mut Json<'_>) -> bool {
    if !(has(body, "status") && has(body, "code") && has(body, "subject")) {
        return false;
    }
    if is_comment_note(body) && !has(body, "note") {
        return false;
    }
    let tells = |key: &str| key.starts_with("value") || matches!(key, "component" | "hasMember");
    let result = matches!(body, Json::Object(members) if members.iter().any(|(key, _)| tells(key)));
    for element in ["code", "valueCodeableConcept"] {
        if let Some(concept) = body.get_mut(element) {
            in_words(concept, None);
        }
    }
    if !result && !has(body, "dataAbsentReason") {
        insert(
            body,
            "dataAbsentReason",
            &["effectiveDateTime", "effectivePeriod", "issued", "performer"],
            concept(system::DATA_ABSENT_REASON, "not-applicable", "Not Applicable"),
        );
    }
    true
}

/// A comment note (37331000000100) is nothing but its words.
fn is_comment_note(body: &Json<'_>) -> bool {
    let codings = body.get("code").and_then(|code| code.get("coding"));
    let mut codes = codings.into_iter().flat_map(Json::items).filter_map(|coding| coding.get("code"));
    codes.any(|code| code.is("37331000000100"))
}

/// A vaccine whose only description was words is an unknown one.
fn immunization(body: &mut Json<'_>) -> bool {
    let occurs = has(body, "occurrenceDateTime") || has(body, "occurrenceString");
    if !(has(body, "status") && has(body, "patient") && occurs) {
        return false;
    }
    // Why it was not given was told in words only: it looks like one of which nobody said why.
    if body.get("status").is_some_and(|status| status.is("not-done")) && !has(body, "statusReason") {
        let unknown = concept(system::DATA_ABSENT_REASON, "unknown", "Unknown");
        insert(body, "statusReason", &["status"], unknown);
    }
    if !has(body, "vaccineCode") {
        let unknown = concept(system::NULL_FLAVOR, "UNK", "unknown");
        insert(body, "vaccineCode", &["status", "statusReason"], unknown);
    }
    let mut procedure = None;
    if let Some(Json::List(extensions)) = body.get_mut("extension") {
        for concept in extensions.iter_mut().filter_map(|one| one.get_mut("valueCodeableConcept")) {
            in_words(concept, None);
            procedure = term(concept);
        }
    }
    if let Some(vaccine) = body.get_mut("vaccineCode") {
        in_words(vaccine, procedure);
    }
    true
}

/// A concept whose words were withheld, because a person had typed them, has those of its first coding, as if nobody
/// had; so that nothing tells that there were others.
fn in_words(concept: &mut Json<'_>, otherwise: Option<String>) {
    let words = if has(concept, "text") { None } else { term(concept).or(otherwise) };
    if let (Some(words), Json::Object(members)) = (words, concept) {
        members.push(("text", Json::Words(words)));
    }
}

/// The term of the first coding that has one and says what is meant.
fn term(concept: &Json<'_>) -> Option<String> {
    let codings = concept.get("coding")?.items();
    let meant = |coding: &&Json<'_>| coding.get("system").is_none_or(|of| !of.is(system::NULL_FLAVOR));
    codings.iter().filter(meant).find_map(|coding| coding.get("display")?.text()).map(Cow::into_owned)
}

/// A concept of one coding.
fn concept(system: &'static str, code: &'static str, display: &'static str) -> Json<'static> {
    let coding = [("system", system), ("code", code), ("display", display)];
    let coding = coding.map(|(name, words)| (name, Json::Spelled(words))).to_vec();
    Json::Object(vec![("coding", Json::List(vec![Json::Object(coding)]))])
}

fn has(body: &Json<'_>, element: &str) -> bool {
    body.get(element).is_some()
}

/// Inserts an element behind the last of those that stand before it in R4's order, so that it stands where it would
/// have stood from the first (JSON keeps our order, XML demands it).
fn insert<'a>(body: &mut Json<'a>, element: &'static str, before: &[&str], value: Json<'a>) {
    let Json::Object(members) = body else { return };
    let always =
        ["resourceType", "id", "meta", "extension", "status", "category", "code", "subject", "statusReason"];
    let at = members.iter().rposition(|(key, _)| before.contains(key) || always.contains(key));
    if let Some(at) = at {
        members.insert(at + 1, (element, value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Completes JSON where it stands.
    fn complete(kind: ResourceType, body: &mut Value) -> bool {
        let (spelled, mut out) = (body.to_string(), Vec::new());
        let mut json = Json::read(spelled.as_bytes()).unwrap();
        let exists = super::complete(kind, &mut json);
        json.write(&mut out);
        *body = serde_json::from_slice(&out).unwrap();
        exists
    }

    #[test]
    fn an_observation_that_lost_its_words_looks_like_one_that_never_had_a_result() {
        let mut lost =
            json!({"status": "final", "code": {}, "subject": {}, "issued": "x", "referenceRange": []});
        assert!(complete(ResourceType::Observation, &mut lost));
        let keys: Vec<&String> = lost.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["status", "code", "subject", "issued", "dataAbsentReason", "referenceRange"]);
        let mut whole = json!({"status": "final", "code": {}, "subject": {}, "valueQuantity": {}});
        assert!(complete(ResourceType::Observation, &mut whole));
        assert!(whole.get("dataAbsentReason").is_none());
    }

    #[test]
    fn a_refusal_whose_reason_was_words_looks_like_one_without_a_reason() {
        let mut body =
            json!({"status": "not-done", "vaccineCode": {}, "patient": {}, "occurrenceString": "x"});
        assert!(complete(ResourceType::Immunization, &mut body));
        assert_eq!(body["statusReason"]["coding"][0]["code"], "unknown");
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys[..3], ["status", "statusReason", "vaccineCode"]);
        let mut given = json!({"status": "completed", "patient": {}, "occurrenceString": "x"});
        assert!(complete(ResourceType::Immunization, &mut given));
        assert!(given.get("statusReason").is_none());
    }

    #[test]
    fn a_concept_that_lost_its_words_has_the_term_of_its_first_coding() {
        let coded = |text: Option<&str>| {
            let mut code =
                json!({"coding": [{"code": "1"}, {"code": "2", "display": "Asthma"}, {"display": "Other"}]});
            if let Some(text) = text {
                code["text"] = json!(text);
            }
            let mut body = json!({"status": "final", "code": code, "subject": {}, "valueQuantity": {}});
            assert!(complete(ResourceType::Observation, &mut body));
            body["code"]["text"].clone()
        };
        assert_eq!(coded(None), "Asthma");
        assert_eq!(coded(Some("Asthma, typed")), "Asthma, typed");
        let mut unknown = json!({"status": "completed", "patient": {}, "occurrenceString": "unknown",
            "extension": [{"valueCodeableConcept": {"coding": [{"display": "Influenza vaccination"}]}}],
            "vaccineCode": {"coding": [{"system": system::NULL_FLAVOR, "display": "unknown"}]}});
        assert!(complete(ResourceType::Immunization, &mut unknown));
        assert_eq!(unknown["vaccineCode"]["text"], "Influenza vaccination");
    }

    #[test]
    fn a_resource_without_what_it_must_have_does_not_exist() {
        assert!(!complete(ResourceType::Observation, &mut json!({"status": "final", "subject": {}})));
        assert!(!complete(ResourceType::Patient, &mut json!({"name": []})));
        assert!(!complete(ResourceType::Immunization, &mut json!({"status": "completed", "patient": {}})));
    }

    #[test]
    fn a_comment_note_without_its_words_does_not_exist() {
        let coding = json!({"coding": [{"system": "http://snomed.info/sct", "code": "37331000000100"}]});
        let mut note = json!({"status": "final", "code": coding, "subject": {}, "note": [{"text": "x"}]});
        assert!(complete(ResourceType::Observation, &mut note.clone()));
        note.as_object_mut().unwrap().remove("note");
        assert!(!complete(ResourceType::Observation, &mut note));
    }

    #[test]
    fn a_vaccine_known_by_words_alone_is_unknown_without_them() {
        let mut body = json!({"status": "completed", "patient": {}, "occurrenceString": "unknown"});
        assert!(complete(ResourceType::Immunization, &mut body));
        assert_eq!(body["vaccineCode"]["coding"][0]["code"], "UNK");
        assert_eq!(body.as_object().unwrap().keys().next_back().unwrap(), "occurrenceString");
    }
}
