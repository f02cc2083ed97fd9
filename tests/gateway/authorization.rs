//! What an app must send to `/oauth/authorize`, where people are sent back to, and what a code is good for.

use super::portal::{HERE, Portal, STATE, VERIFIER, challenge, encoded, fault, told, told_one};
use crate::support::{CLIENT, REDIRECT};

#[test]
fn authorization_starts_by_get_and_by_post() {
    let portal = Portal::new();
    let by_get = portal.ask(&[]);
    let challenge = challenge(VERIFIER);
    let by_post = portal.post("/oauth/authorize", &Portal::request(&[], &challenge));
    for answer in [&by_get, &by_post] {
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<form method=\"post\""), "{}", answer.text());
        assert!(answer.text().contains("name=\"user\""));
    }
    assert_eq!(by_get.body, by_post.body);
    let back = told(&portal.allow(&[]));
    assert!(back.contains(&("state".to_owned(), STATE.to_owned())), "{back:?}");
}

#[test]
fn the_authorization_response_names_its_issuer() {
    let portal = Portal::new();
    assert_eq!(told_one(&portal.allow(&[]), "iss").as_deref(), Some(HERE));
    assert_eq!(told_one(&portal.ask(&[("aud", None)]), "iss").as_deref(), Some(HERE));
}

#[test]
fn each_missing_authorization_parameter_is_refused() {
    let portal = Portal::new();
    assert!(told_one(&portal.allow(&[]), "code").is_some(), "the request is good while nothing is missing");
    for name in ["response_type", "scope", "state", "aud", "code_challenge", "code_challenge_method"] {
        for value in [None, Some("")] {
            for answer in [portal.ask(&[(name, value)]), portal.allow(&[(name, value)])] {
                assert_eq!(told_one(&answer, "code"), None, "{name}");
                assert_eq!(told_one(&answer, "error").as_deref(), Some("invalid_request"), "{name}");
            }
        }
    }
    for name in ["client_id", "redirect_uri"] {
        for answer in [portal.ask(&[(name, None)]), portal.allow(&[(name, None)])] {
            assert_eq!((answer.status, answer.header("location")), (400, None), "{name}");
        }
    }
    let plain = portal.allow(&[("code_challenge_method", Some("plain"))]);
    assert_eq!(told_one(&plain, "error").as_deref(), Some("invalid_request"));
}

#[test]
fn an_unregistered_redirect_uri_is_never_redirected_to() {
    let portal = Portal::new();
    for uri in [
        "https://evil.example/callback",
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example/Callback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "http://app.example/callback",
        "https://app.example/callback/../other",
        "https://app.example.evil.example/callback",
        "",
    ] {
        for answer in
            [portal.ask(&[("redirect_uri", Some(uri))]), portal.allow(&[("redirect_uri", Some(uri))])]
        {
            assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}");
        }
    }
    let unknown = portal.ask(&[("client_id", Some("nobody"))]);
    assert_eq!((unknown.status, unknown.header("location")), (400, None));
}

#[test]
fn another_servers_aud_is_refused() {
    let portal = Portal::new();
    for aud in
        ["https://other.example/fhir/R4", "https://127.0.0.1:8443", "https://127.0.0.1:8443/fhir/R4/Patient"]
    {
        let answer = portal.allow(&[("aud", Some(aud))]);
        assert_eq!(told_one(&answer, "error").as_deref(), Some("invalid_request"), "{aud}");
        assert_eq!(told_one(&answer, "code"), None, "{aud}");
    }
    let slash = portal.allow(&[("aud", Some("https://127.0.0.1:8443/fhir/R4/"))]);
    assert!(told_one(&slash, "code").is_some(), "the same base");
}

#[test]
fn a_wrong_or_missing_verifier_gets_no_token() {
    let portal = Portal::new();
    let challenge = challenge(VERIFIER);
    let wrong = format!("{VERIFIER}x");
    for verifier in [wrong.as_str(), &challenge, &VERIFIER.to_uppercase(), "short"] {
        let code = portal.code(&[]);
        let answer = portal.redeem(&code, &[("code_verifier", Some(verifier))]);
        assert_eq!(fault(&answer), (400, "invalid_grant".to_owned()), "{verifier}");
        assert_eq!(fault(&portal.redeem(&code, &[])), (400, "invalid_grant".to_owned()), "the code is spent");
    }
    for verifier in [None, Some("")] {
        let answer = portal.redeem(&portal.code(&[]), &[("code_verifier", verifier)]);
        assert_eq!(fault(&answer), (400, "invalid_request".to_owned()));
    }
    assert_eq!(portal.redeem(&portal.code(&[]), &[]).status, 200);
}

#[test]
fn a_code_works_once_in_time_for_its_own_app() {
    let portal = Portal::new();
    portal.register("other", &["launch/patient", "patient/*.rs"]);
    let invalid = (400, "invalid_grant".to_owned());
    let code = portal.code(&[]);
    assert_eq!(fault(&portal.redeem(&code, &[("client_id", Some("other"))])), invalid);
    let code = portal.code(&[]);
    let elsewhere = [("redirect_uri", Some("https://app.example/other"))];
    assert_eq!(fault(&portal.redeem(&code, &elsewhere)), invalid);

    let code = portal.code(&[]);
    let first = portal.redeem(&code, &[]).json();
    let access = first["access_token"].as_str().unwrap();
    assert_eq!(portal.status(access, "Patient"), 200);
    assert_eq!(fault(&portal.redeem(&code, &[])), invalid, "once");
    assert_eq!(portal.status(access, "Patient"), 401, "what the first use gave is revoked");
    let refresh = first["refresh_token"].as_str().unwrap();
    assert_eq!(fault(&portal.refresh(CLIENT, refresh, None)), invalid);

    let code = portal.code(&[]);
    portal.world.clock.forward(59);
    assert_eq!(portal.redeem(&code, &[]).status, 200);
    let code = portal.code(&[]);
    portal.world.clock.forward(60);
    assert_eq!(fault(&portal.redeem(&code, &[])), invalid, "a minute");
}

#[test]
fn nobody_is_signed_in_by_a_form_of_another_site() {
    let portal = Portal::new();
    let challenge = challenge(VERIFIER);
    let mut form = Portal::request(&[], &challenge);
    form.extend([("user", "p"), ("decision", "allow")]);
    let send = |header: (&str, &str)| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), header];
        portal.world.ask("POST", "/oauth/authorize", &headers, &encoded(&form))
    };
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let answer = send(header);
        assert_eq!((answer.status, answer.header("location")), (403, None), "{header:?}");
    }
    let own = send(("sec-fetch-site", "same-origin"));
    assert!(own.header("location").unwrap().starts_with(REDIRECT));
}
