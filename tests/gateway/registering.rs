//! Apps that propose themselves, and what a proposed app gets: nothing.

use gateway::oauth::Offer;
use serde_json::{Value as Json, json};
use store::{App, AppStatus, Store};

use super::{
    portal::{Portal, fault, told_one},
    signing::Signer,
};
use crate::support::{Answer, REDIRECT};

fn open() -> Portal {
    Portal::new().offering(Offer { registration: true, ..Offer::default() })
}

fn register(portal: &Portal, body: &Json) -> Answer {
    portal.world.ask("POST", "/oauth/register", &[("content-type", "application/json")], &body.to_string())
}

fn described() -> Json {
    json!({"client_name": "New", "redirect_uris": [REDIRECT], "scope": "launch/patient patient/*.rs offline_access"})
}

#[test]
fn an_app_that_registers_itself_is_proposed_and_gets_nothing_of_anybody() {
    let portal = open();
    let answer = register(&portal, &described());
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")), "{}", answer.text());
    let told = answer.json();
    let id = told["client_id"].as_str().unwrap();
    let app = portal.world.store.app(id).unwrap().unwrap();
    assert_eq!(
        (app.status, told["scope"].as_str()),
        (AppStatus::Proposed, Some("launch/patient patient/*.rs offline_access"))
    );
    let page = portal.allow(&[("client_id", Some(id))]);
    assert_eq!((page.status, page.header("location")), (400, None), "nobody is sent anywhere for it");
    portal.world.store.set_app(&App { status: AppStatus::Sandbox, ..app.clone() }).unwrap();
    let tokens = portal.tokens_of(id, "patient/*.rs offline_access");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(portal.status(access, "Patient"), 200);
    portal.world.store.set_app(&app).unwrap();
    assert_eq!(portal.status(access, "Patient"), 401, "whatever it holds");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(fault(&portal.refresh(id, refresh, None)), (400, "invalid_client".to_owned()));
}

#[test]
fn registration_answers_as_the_standard_says() {
    let portal = open();
    let mut keyed = described();
    keyed["jwks"] = serde_json::from_str(&Signer::shared().jwks()).unwrap();
    keyed["token_endpoint_auth_method"] = json!("private_key_jwt");
    let told = register(&portal, &keyed);
    assert_eq!((told.status, &told.json()["jwks"]), (201, &keyed["jwks"]));
    for (name, value, error) in [
        ("redirect_uris", json!(["http://app.example/"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("grant_types", json!(["password"]), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("client_secret_post"), "invalid_client_metadata"),
    ] {
        let mut body = described();
        body[name] = value;
        assert_eq!(fault(&register(&portal, &body)), (400, error.to_owned()), "{name}");
    }
    let not_json = portal.post("/oauth/register", &[("client_name", "x")]);
    assert_eq!(fault(&not_json), (400, "invalid_client_metadata".to_owned()));
    assert_eq!(portal.world.ask("GET", "/oauth/register", &[], "").status, 405);
}

#[test]
fn an_address_registers_ten_apps_and_then_waits() {
    let portal = open();
    for _ in 0..10 {
        assert_eq!(register(&portal, &described()).status, 201);
    }
    let refused = register(&portal, &described());
    assert_eq!(fault(&refused), (429, "temporarily_unavailable".to_owned()));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=361).contains(&wait), "{wait}");
    portal.world.clock.forward(wait);
    assert_eq!(register(&portal, &described()).status, 201);
    assert_eq!(register(&portal, &described()).status, 429);
}

#[test]
fn registration_is_listed_where_it_is_open_and_is_not_there_otherwise() {
    let smart =
        |portal: &Portal| portal.world.ask("GET", "/fhir/R4/.well-known/smart-configuration", &[], "").json();
    let metadata = |portal: &Portal| portal.world.ask("GET", "/fhir/R4/metadata", &[], "").text();
    let (open, closed) = (open(), Portal::new());
    assert!(smart(&open)["registration_endpoint"].as_str().unwrap().ends_with("/oauth/register"));
    assert!(metadata(&open).contains("/oauth/register") && !metadata(&closed).contains("/oauth/register"));
    assert!(smart(&closed).get("registration_endpoint").is_none());
    assert_eq!(register(&closed, &described()).status, 404);
    assert_eq!(told_one(&closed.allow(&[]), "error"), None);
}
