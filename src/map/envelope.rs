//! What is around resources: labels, profiles, the other format.

use fhir::url::{profile, system};
use record::ResourceType;
use serde_json::json;

/// The security label, as JSON, that says on the practice's side why a resource is withheld. `NOPAT` has a code of
/// its own in v3-ActCode; what else speaks against showing a resource is ours.
#[must_use]
pub fn security_label(reason: &str) -> String {
    let label = match reason {
        "not-for-patient" => json!({
            "system": system::ACT_CODE,
            "code": "NOPAT",
            "display": "no disclosure to patient, family or caregivers without attending provider's authorization",
        }),
        "confidential" | "sensitive-patient" => json!({
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
            "code": "R",
            "display": "restricted",
        }),
        other => json!({"system": "urn:recordgate:withheld", "code": other}),
    };
    label.to_string()
}

/// The profiles that resources of a type may claim, each with its version.
#[must_use]
pub fn profiles(kind: ResourceType) -> Vec<String> {
    let profiles = match kind {
        ResourceType::Patient => profile::OF_PATIENT,
        ResourceType::Observation => profile::OF_OBSERVATION,
        ResourceType::Immunization => profile::OF_IMMUNIZATION,
    };
    profiles.iter().map(|profile| profile.versioned()).collect()
}

/// JSON that we made, as XML. `None` only if it is not what we make.
#[must_use]
pub fn xml(json: &[u8]) -> Option<Vec<u8>> {
    fhir::json_to_xml(json).ok()
}
