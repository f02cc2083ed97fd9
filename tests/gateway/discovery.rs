//! What the server says about itself, and whether that is so.

use std::collections::BTreeSet;

use gateway::fhir::params_of;
use record::ResourceType;
use serde_json::Value as Json;

use super::{
    fixture,
    oracle::list,
    portal::{Portal, fault, told_one},
};
use crate::support::{BASE, CLIENT, World};

const METADATA: &str = "/fhir/R4/metadata";
const SMART: &str = "/fhir/R4/.well-known/smart-configuration";

fn strings(value: &Json) -> BTreeSet<&str> {
    list(value).map(|one| one.as_str().unwrap()).collect()
}

#[test]
fn metadata_is_open_to_everybody() {
    let world = World::of(vec![]);
    let bearer = format!("Bearer {}", world.token("p", "patient/*.rs"));
    for headers in [&[][..], &[("authorization", bearer.as_str())], &[("authorization", "Bearer nonsense")]] {
        let answer = world.ask("GET", METADATA, headers, "");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/fhir+json")));
        let statement = answer.json();
        assert_eq!(statement["resourceType"], "CapabilityStatement");
        assert_eq!(statement["fhirVersion"], "4.0.1");
        assert_eq!(statement["implementation"]["url"], format!("{BASE}/fhir/R4"));
    }
}

#[test]
fn capability_statement_names_ipa_and_its_profiles() {
    let statement = World::empty().ask("GET", METADATA, &[], "").json();
    let ipa = "http://hl7.org/fhir/uv/ipa/CapabilityStatement/ipa-server";
    assert!(strings(&statement["instantiates"]).contains(ipa));
    let resources: Vec<&Json> = list(&statement["rest"][0]["resource"]).collect();
    assert_eq!(resources.len(), 3);
    for resource in resources {
        let profiles = strings(&resource["supportedProfile"]);
        let kind = resource["type"].as_str().unwrap();
        for name in [
            format!("http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-{}|", kind.to_ascii_lowercase()),
            format!("https://fhir.hl7.org.uk/StructureDefinition/UKCore-{kind}|"),
        ] {
            let versions = profiles.iter().filter_map(|profile| profile.strip_prefix(&name));
            assert_eq!(versions.filter(|version| !version.is_empty()).count(), 1, "{name}");
        }
        assert!(profiles.iter().all(|profile| profile.contains('|')), "{profiles:?}");
    }
}

#[test]
fn every_profile_that_a_resource_claims_is_listed() {
    let world = World::shared();
    let statement = world.ask("GET", METADATA, &[], "").json();
    let token = world.token("pat02", "patient/*.rs");
    for resource in list(&statement["rest"][0]["resource"]) {
        let kind = resource["type"].as_str().unwrap();
        let listed = strings(&resource["supportedProfile"]);
        let found = world.all(&token, &format!("{kind}?_count=200"));
        assert!(!found.is_empty());
        for one in found {
            let claimed = strings(&one["meta"]["profile"]).into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert!(!claimed.is_empty());
            assert!(claimed.iter().all(|profile| listed.contains(profile.as_str())), "{claimed:?}");
        }
    }
}

#[test]
fn capability_statement_lists_exactly_what_works() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let statement = world.ask("GET", METADATA, &[], "").json();
    let resources: Vec<&Json> = list(&statement["rest"][0]["resource"]).collect();
    let kinds: BTreeSet<&str> = resources.iter().map(|resource| resource["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Patient", "Observation", "Immunization"].into());
    for resource in resources {
        let kind = resource["type"].as_str().unwrap();
        let interactions: Vec<&str> =
            list(&resource["interaction"]).map(|i| i["code"].as_str().unwrap()).collect();
        assert_eq!(interactions, ["read", "search-type"]);
        let id = world.get(&token, kind).ids().remove(0);
        assert_eq!(world.get(&token, &format!("{kind}/{id}")).status, 200);
        parameters_are_true(&world, &token, resource);
        nothing_else_works(&world, &token, kind, &id);
    }
    let extension = &statement["rest"][0]["security"]["extension"][0];
    assert_eq!(extension["url"], "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris");
    let smart = world.ask("GET", SMART, &[], "").json();
    let uri =
        |name: &str| list(&extension["extension"]).find(|e| e["url"] == name).unwrap()["valueUri"].clone();
    assert_eq!(uri("authorize"), smart["authorization_endpoint"]);
    assert_eq!(uri("token"), smart["token_endpoint"]);
    assert_eq!(uri("revoke"), smart["revocation_endpoint"]);
    assert_eq!(uri("introspect"), smart["introspection_endpoint"]);
}

/// A listed parameter is understood even by who wants everything understood; one that is not listed is not.
fn parameters_are_true(world: &World, token: &str, resource: &Json) {
    let kind = resource["type"].as_str().unwrap();
    let listed: BTreeSet<&str> =
        list(&resource["searchParam"]).map(|p| p["name"].as_str().unwrap()).collect();
    let known = params_of(ResourceType::from_name(kind).unwrap());
    assert_eq!(listed, known.iter().map(|param| param.name).collect());
    let bearer = format!("Bearer {token}");
    let strict = [("authorization", bearer.as_str()), ("prefer", "handling=strict")];
    let status = |name: &str, value: &str| {
        world.ask("GET", &format!("/fhir/R4/{kind}?{name}={value}"), &strict, "").status
    };
    for param in list(&resource["searchParam"]) {
        let value = if param["type"] == "date" { "2024" } else { "x" };
        assert_eq!(status(param["name"].as_str().unwrap(), value), 200, "{kind} {param}");
    }
    // R4's other parameters of these types, and of every type.
    for name in "address animal-breed based-on combo-code component-code death-date deceased device email encounter \
                 focus has-member identifier language link location lot-number manufacturer method organization performer \
                 phone phonetic reaction reaction-date series specimen status-reason target-disease telecom value-concept \
                 value-date value-quantity value-string family given name gender birthdate active code category date \
                 patient subject status vaccine-code _id _lastUpdated _profile _security _source _tag _text _content"
        .split_whitespace()
        .filter(|name| !listed.contains(name))
    {
        assert_eq!(status(name, "2024"), 400, "{kind} {name}");
    }
}

fn nothing_else_works(world: &World, token: &str, kind: &str, id: &str) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/fhir+json")];
    let body = format!(r#"{{"resourceType":"{kind}","id":"{id}"}}"#);
    let before = world.get(token, &format!("{kind}/{id}")).body;
    for (method, path) in [
        ("GET", format!("{kind}/{id}/_history")),
        ("GET", format!("{kind}/{id}/_history/1")),
        ("GET", format!("{kind}/_history")),
        ("GET", "_history".to_owned()),
        ("GET", "Condition".to_owned()),
        ("GET", format!("{kind}/{id}/$everything")),
        ("POST", kind.to_owned()),
        ("POST", String::new()),
        ("PUT", format!("{kind}/{id}")),
        ("PUT", format!("{kind}?_id={id}")),
        ("PATCH", format!("{kind}/{id}")),
        ("DELETE", format!("{kind}/{id}")),
        ("DELETE", format!("{kind}?_id={id}")),
    ] {
        let answer = world.ask(method, &format!("/fhir/R4/{path}"), &headers, &body);
        assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.status);
    }
    assert_eq!(world.get(token, &format!("{kind}/{id}")).body, before);
}

#[test]
fn smart_configuration_is_open_json_with_absolute_urls() {
    let world = World::of(vec![]);
    let bearer = format!("Bearer {}", world.token("p", "patient/*.rs"));
    let xml = ("accept", "application/xml");
    let mut seen = BTreeSet::new();
    for headers in
        [&[][..], &[("authorization", bearer.as_str())], &[xml], &[("authorization", "Bearer x"), xml]]
    {
        let answer = world.ask("GET", SMART, headers, "");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        seen.insert(answer.body);
    }
    assert_eq!(seen.len(), 1);
    let smart: Json = serde_json::from_slice(seen.first().unwrap()).unwrap();
    for field in ["authorization_endpoint", "token_endpoint"] {
        assert!(smart[field].as_str().unwrap().starts_with(&format!("{BASE}/")), "{field}");
    }
    for field in ["grant_types_supported", "code_challenge_methods_supported", "capabilities"] {
        assert!(!strings(&smart[field]).is_empty(), "{field}");
    }
    assert_eq!(strings(&smart["code_challenge_methods_supported"]), ["S256"].into());
    for (name, value) in smart.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")) {
        assert!(value.as_str().unwrap().starts_with("https://"), "{name}");
    }
}

#[test]
fn smart_configuration_lists_only_what_works() {
    let portal = Portal::new();
    let smart = portal.world.ask("GET", SMART, &[], "").json();
    let scopes: Vec<&str> = list(&smart["scopes_supported"]).map(|scope| scope.as_str().unwrap()).collect();
    portal.register("all", &scopes);
    for scope in &scopes {
        // Nothing is opened by these two alone.
        let asked = match *scope {
            "offline_access" | "online_access" => format!("launch/patient {scope}"),
            scope => scope.to_owned(),
        };
        assert_eq!(portal.tokens_of("all", &asked)["scope"], asked);
    }
    assert_eq!(strings(&smart["grant_types_supported"]), ["authorization_code", "refresh_token"].into());
    let tokens = portal.tokens("launch/patient patient/*.rs offline_access");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(portal.refresh(CLIENT, refresh, None).status, 200);
    assert_eq!(
        strings(&smart["capabilities"]),
        [
            "launch-standalone",
            "client-public",
            "client-confidential-asymmetric",
            "context-standalone-patient",
            "permission-patient",
            "permission-offline",
            "permission-online",
            "permission-v1",
            "permission-v2",
        ]
        .into()
    );
    assert!(tokens["patient"].is_string(), "context-standalone-patient");
    let methods = strings(&smart["token_endpoint_auth_methods_supported"]);
    assert_eq!(methods, ["none", "private_key_jwt"].into());
    let algorithms = strings(&smart["token_endpoint_auth_signing_alg_values_supported"]);
    assert_eq!(algorithms, ["RS384", "ES384"].into(), "both are tried in confidential.rs");
    let basic = [("authorization", "Basic YXBwOng="), ("content-type", "application/x-www-form-urlencoded")];
    let refused = portal.world.ask("POST", "/oauth/token", &basic, "grant_type=refresh_token&client_id=app");
    assert_eq!(fault(&refused), (401, "invalid_client".to_owned()));
    for absent in ["issuer", "jwks_uri", "management_endpoint", "registration_endpoint"] {
        assert!(smart.get(absent).is_none(), "{absent}");
    }
    assert!(!scopes.contains(&"openid"));
    assert_eq!(
        told_one(&portal.allow(&[("scope", Some("openid fhirUser"))]), "error").unwrap(),
        "invalid_scope"
    );
}

#[test]
fn no_launch_is_listed_where_nobody_can_sign_in() {
    let world = World::of(vec![]);
    let smart = world.ask("GET", SMART, &[], "").json();
    assert!(!strings(&smart["capabilities"]).contains("launch-standalone"));
}

/// Data is opened by a bearer token and never by a cookie, so that any page may carry its own; tokens are handed only
/// to the app's own pages.
#[test]
fn any_origin_may_discover_and_registered_origins_may_do_the_rest() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let (own, other) = (("origin", "https://app.example"), ("origin", "https://elsewhere.example"));
    for origin in [own, other] {
        for (path, token) in
            [(METADATA, None), (SMART, None), ("/fhir/R4/Patient", Some(("authorization", bearer.as_str())))]
        {
            let headers: Vec<(&str, &str)> = [origin].into_iter().chain(token).collect();
            let answer = portal.world.ask("GET", path, &headers, "");
            assert_eq!(
                (answer.status, answer.header("access-control-allow-origin")),
                (200, Some("*")),
                "{path}"
            );
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        let asks = [
            origin,
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ];
        let preflight = portal.world.ask("OPTIONS", "/fhir/R4/Observation", &asks, "");
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some("*")));
        let allowed = preflight.header("access-control-allow-headers").unwrap();
        assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    }
    let redeem = |origin: (&str, &str)| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), origin];
        let form =
            format!("grant_type=authorization_code&client_id={CLIENT}&code=x&redirect_uri=x&code_verifier=x");
        let answer = portal.world.ask("POST", "/oauth/token", &headers, &form);
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(redeem(own).as_deref(), Some("https://app.example"));
    for other in
        ["https://elsewhere.example", "https://app.example.evil.example", "http://app.example", "null"]
    {
        assert_eq!(redeem(("origin", other)), None, "{other}");
    }
    let asks =
        [own, ("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];
    let preflight = portal.world.ask("OPTIONS", "/oauth/token", &asks, "");
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("content-type"));
}
