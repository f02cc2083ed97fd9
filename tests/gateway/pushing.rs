//! Pushed authorization requests (RFC 9126): what an app pushes, a browser can neither see nor change.

use super::{
    portal::{HERE, Portal, VERIFIER, challenge, encoded, fault, told_one},
    signing::CONFIDENTIAL,
};
use crate::support::{Answer, CLIENT};

fn push(portal: &Portal, changes: &[(&str, Option<&str>)]) -> Answer {
    let challenge = challenge(VERIFIER);
    portal.post("/oauth/par", &Portal::request(changes, &challenge))
}

fn pushed(portal: &Portal) -> String {
    let answer = push(portal, &[]);
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")), "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["expires_in"], 600);
    told["request_uri"].as_str().unwrap().to_owned()
}

fn ask(portal: &Portal, client: &str, name: &str) -> Answer {
    let query = encoded(&[("client_id", client), ("request_uri", name)]);
    portal.world.ask("GET", &format!("/oauth/authorize?{query}"), &[], "")
}

fn allow(portal: &Portal, name: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("client_id", CLIENT), ("request_uri", name), ("user", "p"), ("decision", "allow")];
    form.extend(more);
    portal.post("/oauth/authorize", &form)
}

#[test]
fn a_pushed_request_is_answered_once_and_as_it_was_pushed() {
    let portal = Portal::new();
    let name = pushed(&portal);
    let page = ask(&portal, CLIENT, &name);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains(&format!("name=\"request_uri\" value=\"{name}\"")));
    assert!(!page.text().contains("code_challenge"), "the browser carries only the name");
    let elsewhere =
        [("redirect_uri", "https://evil.example/"), ("scope", "patient/Patient.r"), ("state", "other")];
    let back = allow(&portal, &name, &elsewhere);
    assert_eq!(told_one(&back, "iss").as_deref(), Some(HERE));
    assert_eq!(
        told_one(&back, "state").as_deref(),
        Some(super::portal::STATE),
        "what the browser adds is nothing"
    );
    let tokens = portal.redeem(&told_one(&back, "code").unwrap(), &[]).json();
    assert_eq!(tokens["scope"], "launch/patient patient/*.rs offline_access");
    let again = allow(&portal, &name, &[]);
    assert_eq!((again.status, again.header("location")), (400, None), "one answer");
}

#[test]
fn a_pushed_request_is_good_for_its_app_and_ten_minutes() {
    let portal = Portal::new();
    portal.register("other", &["patient/*.rs"]);
    let name = pushed(&portal);
    for (client, name) in
        [("other", name.as_str()), (CLIENT, "urn:ietf:params:oauth:request_uri:x"), (CLIENT, "x")]
    {
        let page = ask(&portal, client, name);
        assert_eq!((page.status, page.header("location")), (400, None), "{client} {name}");
    }
    portal.world.clock.forward(599);
    assert_eq!(ask(&portal, CLIENT, &name).status, 200);
    portal.world.clock.forward(1);
    assert_eq!(ask(&portal, CLIENT, &name).status, 400);
    assert_eq!(allow(&portal, &name, &[]).status, 400);
}

#[test]
fn what_is_wrong_with_a_request_is_told_to_the_app_that_pushes_it() {
    let portal = Portal::confidential();
    for (name, value, error) in [
        ("redirect_uri", Some("https://evil.example/"), "invalid_request"),
        ("state", None, "invalid_request"),
        ("aud", Some("https://other.example"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("scope", Some("system/*.rs"), "invalid_scope"),
        ("request_uri", Some("urn:x"), "invalid_request"),
        ("client_id", Some("nobody"), "invalid_client"),
    ] {
        assert_eq!(fault(&push(&portal, &[(name, value)])), (400, error.to_owned()), "{name}");
    }
    let unproven = push(&portal, &[("client_id", Some(CONFIDENTIAL))]);
    assert_eq!(fault(&unproven), (401, "invalid_client".to_owned()));
    let challenge = challenge(VERIFIER);
    let request = Portal::request(&[("client_id", None)], &challenge);
    let proven = portal.post_as("/oauth/par", &portal.assertion(), &request);
    assert_eq!(proven.status, 201, "{}", proven.text());
    let name = proven.json()["request_uri"].as_str().unwrap().to_owned();
    assert_eq!(ask(&portal, CONFIDENTIAL, &name).status, 200);
    let smart = portal.world.ask("GET", "/fhir/R4/.well-known/smart-configuration", &[], "").json();
    assert_eq!(smart["pushed_authorization_request_endpoint"], format!("{HERE}/oauth/par"));
    assert_eq!(portal.world.ask("GET", "/oauth/par", &[], "").status, 405);
}
