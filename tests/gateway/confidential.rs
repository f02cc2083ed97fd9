//! Apps that have keys: they get tokens, introspect and revoke by what they sign, and by nothing else.

use store::{App, AppKeys, AppStatus, Store};

use super::{
    portal::{Portal, fault},
    signing::{CONFIDENTIAL, Signer, header},
};
use crate::support::{CLIENT, app};

#[test]
fn a_confidential_app_gets_tokens_with_either_kind_of_key() {
    let portal = Portal::confidential();
    for (algorithm, key) in [("RS384", "rsa"), ("ES384", "ec")] {
        let code = portal.code(&[("client_id", Some(CONFIDENTIAL))]);
        let claims = portal.claims().to_string();
        let assertion = Signer::shared().sign(&header(algorithm, key).to_string(), &claims);
        let tokens = portal.redeem_as(&code, &assertion);
        assert_eq!(tokens.status, 200, "{}", tokens.text());
        let tokens = tokens.json();
        assert_eq!(portal.status(tokens["access_token"].as_str().unwrap(), "Patient"), 200);
        let refresh =
            [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        assert_eq!(portal.post_as("/oauth/token", &assertion, &refresh).status, 401, "used before");
        let refreshed = portal.post_as("/oauth/token", &portal.assertion(), &refresh);
        assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    }
}

#[test]
fn a_confidential_app_that_signs_nothing_gets_nothing() {
    let portal = Portal::confidential();
    let invalid = (401, "invalid_client".to_owned());
    let code = portal.code(&[("client_id", Some(CONFIDENTIAL))]);
    assert_eq!(fault(&portal.redeem(&code, &[("client_id", Some(CONFIDENTIAL))])), invalid);
    let tokens = portal.confidential_tokens("patient/*.rs offline_access");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(fault(&portal.refresh(CONFIDENTIAL, refresh, None)), invalid);
    let unnamed = portal.post("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]);
    assert_eq!(fault(&unnamed), invalid, "known by its token, and still to be proved");
    let revoke = [("client_id", CONFIDENTIAL), ("token", refresh)];
    assert_eq!(fault(&portal.post("/oauth/revoke", &revoke)), invalid);
    assert_eq!(portal.status(tokens["access_token"].as_str().unwrap(), "Patient"), 200);
    let of_another =
        portal.post_as("/oauth/revoke", &portal.assertion(), &[("client_id", CLIENT), ("token", refresh)]);
    assert_eq!(fault(&of_another), invalid, "named as another");
    let public = [("client_id", CLIENT), ("token", refresh), ("client_assertion_type", "x")];
    assert_eq!(
        fault(&portal.post("/oauth/revoke", &public)),
        invalid,
        "a public app has nothing to sign with"
    );
}

#[test]
fn introspection_tells_an_app_about_its_own_good_tokens_and_nobody_anything_else() {
    let portal = Portal::confidential();
    let tokens = portal.confidential_tokens("launch/patient patient/Observation.rs offline_access");
    let access = tokens["access_token"].as_str().unwrap();
    let ask = |token: &str| portal.post_as("/oauth/introspect", &portal.assertion(), &[("token", token)]);
    let told = ask(access);
    assert_eq!((told.status, told.header("cache-control")), (200, Some("no-store")));
    let told = told.json();
    assert_eq!((told["active"].as_bool(), &told["client_id"]), (Some(true), &CONFIDENTIAL.into()));
    for name in ["scope", "patient"] {
        assert_eq!(told[name], tokens[name], "{name}");
    }
    let now = gateway::clock::Clock::now(&*portal.world.clock).as_second();
    assert_eq!(told["exp"].as_i64().unwrap(), now + tokens["expires_in"].as_i64().unwrap());
    assert!(told.get("iss").is_none() && told.get("sub").is_none(), "no ID token was issued");
    assert_eq!(ask(tokens["refresh_token"].as_str().unwrap()).json()["active"], true);

    let nothing = r#"{"active":false}"#;
    let others = portal.tokens("patient/*.rs");
    let others = others["access_token"].as_str().unwrap();
    for token in ["x", "rga_", others, &access.to_uppercase()] {
        let told = ask(token);
        assert_eq!((told.status, told.text().as_str()), (200, nothing), "{token}");
    }
    let public = portal.post("/oauth/introspect", &[("client_id", CLIENT), ("token", others)]);
    assert_eq!(fault(&public), (401, "invalid_client".to_owned()));
    assert_eq!(
        fault(&portal.post("/oauth/introspect", &[("token", access)])),
        (400, "invalid_request".to_owned())
    );
    let without = portal.post_as("/oauth/introspect", &portal.assertion(), &[]);
    assert_eq!(fault(&without), (400, "invalid_request".to_owned()));

    portal.world.clock.forward(3600);
    assert_eq!(ask(access).text(), nothing);
    assert_eq!(ask(tokens["refresh_token"].as_str().unwrap()).json()["active"], true);
    let stopped =
        App { status: AppStatus::Suspended, ..portal.world.store.app(CONFIDENTIAL).unwrap().unwrap() };
    portal.world.store.set_app(&stopped).unwrap();
    assert_eq!(ask(tokens["refresh_token"].as_str().unwrap()).status, 400, "a stopped app learns nothing");
}

#[test]
fn a_confidential_app_revokes_its_own_tokens_even_when_it_was_stopped() {
    let portal = Portal::confidential();
    let tokens = portal.confidential_tokens("patient/*.rs offline_access");
    let access = tokens["access_token"].as_str().unwrap();
    let known = portal.world.store.app(CONFIDENTIAL).unwrap().unwrap();
    portal.world.store.set_app(&App { status: AppStatus::Suspended, ..known.clone() }).unwrap();
    let revoked = portal.post_as("/oauth/revoke", &portal.assertion(), &[("token", access)]);
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    portal.world.store.set_app(&known).unwrap();
    assert_eq!(portal.status(access, "Patient"), 401);
}

#[test]
fn an_app_that_gets_keys_is_public_no_longer() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs offline_access");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let keys = Some(AppKeys::Inline { jwks: Signer::shared().jwks() });
    portal.world.store.set_app(&App { keys, ..app(CLIENT) }).unwrap();
    assert_eq!(fault(&portal.refresh(CLIENT, refresh, None)), (401, "invalid_client".to_owned()));
}

#[test]
fn the_server_names_its_issuer_where_rfc_8414_says() {
    let portal = Portal::new();
    let path = "/.well-known/oauth-authorization-server";
    let told = portal.world.ask("GET", path, &[], "");
    assert_eq!((told.status, told.header("content-type")), (200, Some("application/json")));
    assert_eq!(told.header("access-control-allow-origin"), Some("*"));
    let told = told.json();
    assert_eq!(told["authorization_response_iss_parameter_supported"], true);
    let back = portal.allow(&[]);
    assert_eq!(told["issuer"].as_str(), super::portal::told_one(&back, "iss").as_deref());
    let smart = portal.world.ask("GET", "/fhir/R4/.well-known/smart-configuration", &[], "").json();
    for name in ["token_endpoint", "introspection_endpoint", "token_endpoint_auth_methods_supported"] {
        assert_eq!(told[name], smart[name], "{name}");
    }
    assert_eq!(portal.world.ask("POST", path, &[], "").status, 405);
}
