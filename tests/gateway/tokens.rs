//! The token endpoint: what a response has, how tokens are refreshed, how they end, and which scopes are granted.

use super::portal::{Portal, fault, told_one};
use crate::support::CLIENT;

#[test]
fn the_token_response_has_all_its_fields_and_is_never_stored() {
    let portal = Portal::new();
    let answer = portal.redeem(&portal.code(&[]), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let stored = |answer: &crate::support::Answer| {
        (answer.header("cache-control").map(str::to_owned), answer.header("pragma").map(str::to_owned))
    };
    let never = (Some("no-store".to_owned()), Some("no-cache".to_owned()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(stored(&answer), never);
    let body = answer.json();
    assert!(body["access_token"].as_str().is_some_and(|token| token.len() > 40));
    assert_eq!(body["token_type"], "Bearer");
    assert!((1..=3600).contains(&body["expires_in"].as_u64().unwrap()));
    assert_eq!(body["scope"], "launch/patient patient/*.rs offline_access");
    assert_eq!(body["patient"].as_str().unwrap(), portal.world.logical_id("p"));
    let refused = portal.redeem("rgc_unknown", &[]);
    assert_eq!((refused.status, refused.header("content-type")), (400, Some("application/json")));
    assert_eq!(stored(&refused), never);
}

#[test]
fn an_access_token_ends_with_its_time() {
    let portal = Portal::new();
    let body = portal.tokens("patient/*.rs");
    let access = body["access_token"].as_str().unwrap();
    let lifetime = body["expires_in"].as_i64().unwrap();
    portal.world.clock.forward(lifetime - 1);
    assert_eq!(portal.status(access, "Patient"), 200);
    portal.world.clock.forward(1);
    assert_eq!(portal.status(access, "Patient"), 401);
}

#[test]
fn an_unknown_grant_type_is_refused() {
    let portal = Portal::new();
    for grant in
        ["client_credentials", "password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x"]
    {
        let answer = portal.post("/oauth/token", &[("grant_type", grant), ("client_id", CLIENT)]);
        assert_eq!(fault(&answer), (400, "unsupported_grant_type".to_owned()), "{grant}");
    }
    let none = portal.post("/oauth/token", &[("client_id", CLIENT)]);
    assert_eq!(fault(&none), (400, "invalid_request".to_owned()));
}

#[test]
fn a_refresh_token_is_given_only_for_offline_access() {
    let portal = Portal::new();
    let without = portal.tokens("launch/patient patient/*.rs");
    assert!(without.get("refresh_token").is_none(), "{without}");
    let with = portal.tokens("launch/patient patient/*.rs offline_access");
    assert!(with["refresh_token"].is_string());
    portal.register("online", &["launch/patient", "patient/*.rs"]);
    let not_registered = portal.tokens_of("online", "patient/*.rs offline_access");
    assert!(not_registered.get("refresh_token").is_none());
    assert_eq!(not_registered["scope"], "patient/*.rs");
}

#[test]
fn a_refresh_never_widens_and_belongs_to_its_app() {
    let portal = Portal::new();
    portal.register("other", &["launch/patient", "offline_access", "patient/*.rs"]);
    let first = portal.tokens("launch/patient patient/Patient.rs patient/Observation.r offline_access");
    let refresh = first["refresh_token"].as_str().unwrap();
    for wider in ["patient/*.rs", "patient/Observation.rs", "patient/Immunization.r", "openid", "user/*.rs"] {
        let answer = portal.refresh(CLIENT, refresh, Some(wider));
        assert_eq!(fault(&answer), (400, "invalid_scope".to_owned()), "{wider}");
    }
    assert_eq!(fault(&portal.refresh("other", refresh, None)), (400, "invalid_grant".to_owned()));
    let narrowed = portal.refresh(CLIENT, refresh, Some("patient/Patient.r")).json();
    assert_eq!(narrowed["scope"], "patient/Patient.r");
    let access = narrowed["access_token"].as_str().unwrap();
    let patient = portal.world.logical_id("p");
    assert_eq!(portal.status(access, &format!("Patient/{patient}")), 200);
    assert_eq!(portal.status(access, "Patient"), 403, "it may read and no longer search");
    assert_eq!(portal.status(access, "Observation/x"), 403);
}

#[test]
fn a_refresh_token_used_twice_ends_the_grant() {
    let portal = Portal::new();
    let first = portal.tokens("patient/*.rs offline_access");
    let old = first["refresh_token"].as_str().unwrap();
    let second = portal.refresh(CLIENT, old, None).json();
    let (access, newest) =
        (second["access_token"].as_str().unwrap(), second["refresh_token"].as_str().unwrap());
    assert_ne!(old, newest);
    assert_eq!(portal.status(access, "Patient"), 200);
    assert_eq!(fault(&portal.refresh(CLIENT, old, None)), (400, "invalid_grant".to_owned()));
    assert_eq!(portal.status(access, "Patient"), 401);
    assert_eq!(portal.status(first["access_token"].as_str().unwrap(), "Patient"), 401);
    assert_eq!(fault(&portal.refresh(CLIENT, newest, None)), (400, "invalid_grant".to_owned()));
}

#[test]
fn revoking_ends_access_at_once() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs offline_access");
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(portal.status(access, "Patient"), 200);
    assert_eq!(portal.post("/oauth/revoke", &[("client_id", CLIENT), ("token", refresh)]).status, 200);
    assert_eq!(portal.status(access, "Patient"), 401);
    assert_eq!(fault(&portal.refresh(CLIENT, refresh, None)), (400, "invalid_grant".to_owned()));
}

#[test]
fn scopes_open_reading_and_searching_apart() {
    let portal = Portal::new();
    let id = {
        let tokens = portal.tokens("patient/*.rs");
        let access = tokens["access_token"].as_str().unwrap();
        portal.world.get(access, "Observation").ids().remove(0)
    };
    for (scope, read, search) in [
        ("patient/Observation.r", 200, 403),
        ("patient/Observation.s", 403, 200),
        ("patient/Observation.rs", 200, 200),
        ("patient/*.r", 200, 403),
        ("patient/*.s", 403, 200),
        ("patient/*.rs", 200, 200),
        ("patient/Patient.rs", 403, 403),
    ] {
        let tokens = portal.tokens(scope);
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(tokens["scope"], scope);
        assert_eq!(portal.status(access, &format!("Observation/{id}")), read, "{scope}");
        assert_eq!(portal.status(access, "Observation?_count=1"), search, "{scope}");
        let by_post = portal.world.ask(
            "POST",
            "/fhir/R4/Observation/_search",
            &[("authorization", &format!("Bearer {access}"))],
            "",
        );
        assert_eq!(by_post.status, search, "{scope}");
    }
}

#[test]
fn only_registered_and_known_scopes_are_granted() {
    let portal = Portal::new();
    let granted = |scope: &str| portal.tokens(scope)["scope"].as_str().unwrap().to_owned();
    let unknown = "openid fhirUser profile online_access user/*.rs system/*.rs patient/Condition.rs launch";
    assert_eq!(granted(&format!("{unknown} patient/Patient.rs")), "patient/Patient.rs");
    assert_eq!(granted("patient/*.cruds"), "patient/*.rs");
    assert_eq!(
        granted("patient/*.rs patient/*.rs launch/patient launch/patient"),
        "patient/*.rs launch/patient"
    );
    let granular = "patient/Observation.rs?code=1 patient/*.rs?category=laboratory patient/Patient.r";
    assert_eq!(
        granted(granular),
        "patient/Patient.r",
        "a condition that means nothing is left out, never widened"
    );
    portal.register("narrow", &["patient/Immunization.rs"]);
    let narrow = portal.tokens_of("narrow", "launch/patient offline_access patient/*.rs");
    assert_eq!(narrow["scope"], "patient/Immunization.rs");
    for nothing in [unknown, "patient/Observation.cud", "offline_access", "patient/*.SR"] {
        let answer = portal.allow(&[("scope", Some(nothing))]);
        assert_eq!(told_one(&answer, "error").as_deref(), Some("invalid_scope"), "{nothing}");
    }
}

#[test]
fn version_1_scopes_are_understood_and_answered_as_such() {
    let portal = Portal::new();
    let tokens = portal.tokens("launch/patient patient/*.read");
    assert_eq!(tokens["scope"], "launch/patient patient/*.read");
    let access = tokens["access_token"].as_str().unwrap();
    let found = portal.world.get(access, "Observation?_count=1").ids();
    assert_eq!(portal.status(access, &format!("Observation/{}", found[0])), 200);
    assert_eq!(portal.tokens("patient/Observation.*")["scope"], "patient/Observation.read");
    let writing = portal.allow(&[("scope", Some("patient/Observation.write"))]);
    assert_eq!(told_one(&writing, "error").as_deref(), Some("invalid_scope"));
}
