//! `GET [base]/metadata`: made from the tables that the server itself works by.

use record::ResourceType;
use serde_json::{Value, json};

use super::{params::params_of, related_person::RELATED_PERSON};
use crate::{oauth::Offered, service::Urls};

/// When what this statement says last changed.
const DATE: &str = "2026-11-27";

/// The CapabilityStatement.
#[must_use]
pub fn capability_statement(urls: &Urls, offered: Offered) -> Value {
    json!({
        "resourceType": "CapabilityStatement",
        "url": format!("{}/metadata", urls.fhir()),
        "version": env!("CARGO_PKG_VERSION"),
        "name": "RecordgateCapabilityStatement",
        "title": "recordgate: a patient's own GP record",
        "status": "active",
        "date": DATE,
        "publisher": "recordgate",
        "description": "Read-only access by patients, and those who act for them, to their own GP record.",
        "kind": "instance",
        "instantiates": ["http://hl7.org/fhir/uv/ipa/CapabilityStatement/ipa-server"],
        "software": {"name": "recordgate", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "recordgate", "url": urls.fhir()},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "rest": [{
            "mode": "server",
            "security": security(urls, offered),
            "resource": resources(offered),
        }],
    })
}

/// SMART's own Python client finds the endpoints only in the `oauth-uris` extension.
fn security(urls: &Urls, offered: Offered) -> Value {
    let registration = offered.registration.then(|| json!({"url": "register", "valueUri": urls.register()}));
    let endpoints = [
        ("authorize", urls.authorize()),
        ("token", urls.token()),
        ("revoke", urls.revoke()),
        ("introspect", urls.introspect()),
    ];
    let endpoints = endpoints.map(|(name, uri)| json!({"url": name, "valueUri": uri}));
    let endpoints: Vec<Value> = endpoints.into_iter().chain(registration).collect();
    json!({
        "extension": [{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": endpoints,
        }],
        "cors": true,
        "service": [{
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                "code": "SMART-on-FHIR",
            }],
            "text": "OAuth2 using SMART on FHIR profile (see http://docs.smarthealthit.org)",
        }],
        "description": "SMART standalone patient launch with PKCE for public apps and for apps with keys; opaque bearer tokens.",
    })
}

fn resources(offered: Offered) -> Vec<Value> {
    let related_person = offered.identity.then(|| {
        json!({
            "type": RELATED_PERSON,
            "documentation": "Whoever acts for the patient in context, as fhirUser names them; with the scopes openid fhirUser.",
            "interaction": [{"code": "read"}],
            "versioning": "no-version",
        })
    });
    ResourceType::ALL.into_iter().map(resource).chain(related_person).collect()
}

fn resource(kind: ResourceType) -> Value {
    let profiles = project::profiles(kind);
    let params: Vec<Value> = params_of(kind)
        .iter()
        .map(|param| json!({"name": param.name, "type": param.kind.name(), "documentation": param.documentation}))
        .collect();
    json!({
        "type": kind.name(),
        "supportedProfile": profiles,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": false,
        "conditionalRead": "full-support",
        "searchParam": params,
    })
}
