//! Tokens that are bound to a key (DPoP, RFC 9449) or to a certificate (RFC 8705): T54.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use gateway::clock::Clock;
use serde_json::{Value as Json, json};
use store::{App, AppKeys, BoundBy, Store};

use super::{
    portal::{HERE, Portal, VERIFIER, challenge, encoded as form, fault, told_one},
    signing::{BEARER_ASSERTION, CONFIDENTIAL, Signer, encoded},
};
use crate::support::{Answer, CLIENT, REDIRECT, World, app};

const PATIENTS: &str = "/fhir/R4/Patient";

/// A key of an app's.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Json {
        let point = self.0.public_key().as_ref();
        json!({"crv": "P-256", "kty": "EC", "x": encoded(&point[1..33]), "y": encoded(&point[33..])})
    }

    /// RFC 7638: the members in the order of their names, as `json!` keeps them.
    fn thumbprint(&self) -> String {
        encoded(digest(&SHA256, self.jwk().to_string().as_bytes()))
    }

    /// A proof for a request now, each with an id of its own.
    fn proof(&self, world: &World, method: &str, path: &str, token: Option<&str>) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut claims = json!({
            "jti": format!("proof-{number}"), "htm": method, "htu": format!("{HERE}{path}"),
            "iat": world.clock.now().as_second(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(encoded(digest(&SHA256, token.as_bytes())));
        }
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let text = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", encoded(signature))
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Redeems a code with a proof, or without.
fn redeem(portal: &Portal, client: &str, code: &str, proof: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let mut sent = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    sent.extend(more);
    let headers: Vec<_> = [FORM].into_iter().chain(proof.map(|proof| ("dpop", proof))).collect();
    portal.world.ask("POST", "/oauth/token", &headers, &form(&sent))
}

fn refresh(portal: &Portal, token: &str, proof: Option<&str>) -> Answer {
    let sent = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", token)];
    let headers: Vec<_> = [FORM].into_iter().chain(proof.map(|proof| ("dpop", proof))).collect();
    portal.world.ask("POST", "/oauth/token", &headers, &form(&sent))
}

/// Tokens that are bound to a key.
fn tokens(portal: &Portal, key: &Key) -> Json {
    let proof = key.proof(&portal.world, "POST", "/oauth/token", None);
    let answer = redeem(portal, CLIENT, &portal.code(&[]), Some(&proof), &[]);
    assert_eq!(
        (answer.status, answer.json()["token_type"].as_str()),
        (200, Some("DPoP")),
        "{}",
        answer.text()
    );
    answer.json()
}

fn access(tokens: &Json) -> &str {
    tokens["access_token"].as_str().unwrap()
}

/// Asks for the patient with a proof.
fn ask(world: &World, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
    let sent = format!("{scheme} {token}");
    let mut headers = vec![("authorization", sent.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    world.ask("GET", PATIENTS, &headers, "")
}

fn is_refused(answer: &Answer, error: &str) {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(challenge.contains(error), "{error} is not in {challenge}");
    assert!(!answer.text().contains("Patient\""), "{}", answer.text());
}

#[test]
fn t54_a_token_that_is_bound_to_a_key_opens_nothing_without_a_new_proof_for_each_request() {
    let portal = Portal::new();
    let world = &portal.world;
    let (key, other) = (Key::new(), Key::new());
    let tokens = tokens(&portal, &key);
    let token = access(&tokens);
    let proof = |key: &Key| key.proof(world, "GET", PATIENTS, Some(token));
    let good = proof(&key);
    assert_eq!(ask(world, "DPoP", token, &[&good]).status, 200);
    assert_eq!(
        ask(world, "dpop", token, &[&proof(&key)]).status,
        200,
        "a scheme has no case (RFC 9110 §11.1)"
    );
    is_refused(&ask(world, "DPoP", token, &[&good]), "invalid_dpop_proof");
    is_refused(&ask(world, "Bearer", token, &[]), "invalid_token");
    is_refused(&ask(world, "Bearer", token, &[&proof(&key)]), "invalid_token");
    is_refused(&ask(world, "DPoP", token, &[]), "invalid_dpop_proof");
    is_refused(&ask(world, "DPoP", token, &[&proof(&key), &proof(&key)]), "invalid_dpop_proof");
    is_refused(&ask(world, "DPoP", token, &[&proof(&other)]), "invalid_token");
    for wrong in [
        key.proof(world, "POST", PATIENTS, Some(token)),
        key.proof(world, "GET", "/fhir/R4/Observation", Some(token)),
        key.proof(world, "GET", PATIENTS, Some("rga_other")),
        key.proof(world, "GET", PATIENTS, None),
        good.replace("eyJ", "eyK"),
    ] {
        is_refused(&ask(world, "DPoP", token, &[&wrong]), "invalid_dpop_proof");
    }
    let late = proof(&key);
    world.clock.forward(61);
    is_refused(&ask(world, "DPoP", token, &[&late]), "invalid_dpop_proof");
    let search = key.proof(world, "POST", "/fhir/R4/Observation/_search", Some(token));
    let sent = format!("DPoP {token}");
    let headers = [("authorization", sent.as_str()), ("dpop", search.as_str()), FORM];
    assert_eq!(world.ask("POST", "/fhir/R4/Observation/_search", &headers, "_count=1").status, 200);
}

#[test]
fn t54_a_token_that_is_bound_to_nothing_does_not_pass_for_one_that_is() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs");
    assert_eq!(tokens["token_type"], "Bearer");
    let token = access(&tokens);
    let proof = Key::new().proof(&portal.world, "GET", PATIENTS, Some(token));
    is_refused(&ask(&portal.world, "DPoP", token, &[&proof]), "invalid_token");
    assert_eq!(ask(&portal.world, "Bearer", token, &[]).status, 200);
}

#[test]
fn t54_a_proof_that_was_used_is_used_after_a_restart_too() {
    let portal = Portal::new();
    let key = Key::new();
    let spent = key.proof(&portal.world, "POST", "/oauth/token", None);
    let answer = redeem(&portal, CLIENT, &portal.code(&[]), Some(&spent), &[]);
    let tokens = answer.json();
    let token = access(&tokens);
    let used = key.proof(&portal.world, "GET", PATIENTS, Some(token));
    assert_eq!(ask(&portal.world, "DPoP", token, &[&used]).status, 200);
    portal.world.clock.forward(5);
    let portal = Portal::of(portal.world);
    is_refused(&ask(&portal.world, "DPoP", token, &[&used]), "invalid_dpop_proof");
    let again = redeem(&portal, CLIENT, &portal.code(&[]), Some(&spent), &[]);
    assert_eq!(fault(&again), (400, "invalid_dpop_proof".to_owned()));
    let new = key.proof(&portal.world, "GET", PATIENTS, Some(token));
    assert_eq!(ask(&portal.world, "DPoP", token, &[&new]).status, 200);
}

#[test]
fn an_app_without_keys_of_its_own_comes_back_with_the_same_key_alone() {
    let portal = Portal::new();
    let (key, other) = (Key::new(), Key::new());
    let proof = |key: &Key| key.proof(&portal.world, "POST", "/oauth/token", None);
    let first = tokens(&portal, &key);
    let old = first["refresh_token"].as_str().unwrap();
    for wrong in [None, Some(proof(&other))] {
        let refused = refresh(&portal, old, wrong.as_deref());
        assert_eq!(fault(&refused), (400, "invalid_grant".to_owned()));
    }
    let next = refresh(&portal, old, Some(&proof(&key)));
    assert_eq!((next.status, next.json()["token_type"].as_str()), (200, Some("DPoP")), "{}", next.text());
}

#[test]
fn an_app_that_is_registered_for_it_gets_only_tokens_that_are_bound() {
    let portal = Portal::new();
    let known = portal.world.store.app(CLIENT).unwrap().unwrap();
    for bound_by in [BoundBy::Dpop, BoundBy::Certificate] {
        portal.world.store.set_app(&App { bound_by: Some(bound_by), ..known.clone() }).unwrap();
        let refused = redeem(&portal, CLIENT, &portal.code(&[]), None, &[]);
        assert_eq!(fault(&refused), (400, "invalid_request".to_owned()));
    }
}

#[test]
fn a_code_that_was_pushed_with_a_proof_is_redeemed_with_its_key_alone() {
    let portal = Portal::new();
    let world = &portal.world;
    let (key, other) = (Key::new(), Key::new());
    let challenge = challenge(VERIFIER);
    let push = |jkt: Option<&str>, proof: &str| {
        let jkt: Vec<_> = jkt.map(|jkt| ("dpop_jkt", Some(jkt))).into_iter().collect();
        let sent = form(&Portal::request(&jkt, &challenge));
        world.ask("POST", "/oauth/par", &[FORM, ("dpop", proof)], &sent)
    };
    let proof = |key: &Key| key.proof(world, "POST", "/oauth/par", None);
    assert_eq!(fault(&push(Some(&other.thumbprint()), &proof(&key))), (400, "invalid_dpop_proof".to_owned()));
    for (with, good) in [(&other, false), (&key, true)] {
        let pushed = push(None, &proof(&key));
        assert_eq!(pushed.status, 201, "{}", pushed.text());
        let told = pushed.json();
        let name = told["request_uri"].as_str().unwrap();
        let sent = [("client_id", CLIENT), ("request_uri", name), ("user", "p"), ("decision", "allow")];
        let code = told_one(&portal.post("/oauth/authorize", &sent), "code").unwrap();
        let redeemed =
            redeem(&portal, CLIENT, &code, Some(&with.proof(world, "POST", "/oauth/token", None)), &[]);
        assert_eq!(redeemed.status == 200, good, "{}", redeemed.text());
    }
    let by_name = portal.code(&[("dpop_jkt", Some(&key.thumbprint()))]);
    assert_eq!(fault(&redeem(&portal, CLIENT, &by_name, None, &[])), (400, "invalid_grant".to_owned()));
    let bad = portal.ask(&[("dpop_jkt", Some("short"))]);
    assert_eq!(told_one(&bad, "error").as_deref(), Some("invalid_request"));
}

#[test]
fn introspection_tells_a_confidential_app_what_its_token_is_bound_to() {
    let portal = Portal::confidential();
    let key = Key::new();
    let proof = key.proof(&portal.world, "POST", "/oauth/token", None);
    let assertion = portal.assertion();
    let signed = [("client_assertion_type", BEARER_ASSERTION), ("client_assertion", assertion.as_str())];
    let code = portal.code(&[("client_id", Some(CONFIDENTIAL))]);
    let tokens = redeem(&portal, CONFIDENTIAL, &code, Some(&proof), &signed).json();
    let told = portal.post_as("/oauth/introspect", &portal.assertion(), &[("token", access(&tokens))]).json();
    assert_eq!(
        (&told["token_type"], &told["cnf"]["jkt"]),
        (&json!("DPoP"), &json!(key.thumbprint())),
        "{told}"
    );
}

#[test]
fn t54_a_token_that_is_bound_to_a_certificate_opens_nothing_over_another_connection() {
    let portal = Portal::new();
    let world = &portal.world;
    let keys = Some(AppKeys::Inline { jwks: Signer::shared().jwks() });
    world.store.set_app(&App { keys, bound_by: Some(BoundBy::Certificate), ..app(CONFIDENTIAL) }).unwrap();
    let (own, other): (&[u8], &[u8]) = (b"own certificate", b"another certificate");
    let code = portal.code(&[("client_id", Some(CONFIDENTIAL))]);
    let assertion = portal.assertion();
    let sent = form(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", BEARER_ASSERTION),
        ("client_assertion", &assertion),
    ]);
    let tokens = world.ask_over(Some(own), "POST", "/oauth/token", &[FORM], &sent).json();
    assert_eq!(tokens["token_type"], "Bearer", "{tokens}");
    let bearer = format!("Bearer {}", access(&tokens));
    let ask = |certificate| world.ask_over(certificate, "GET", PATIENTS, &[("authorization", &bearer)], "");
    assert_eq!(ask(Some(own)).status, 200);
    is_refused(&ask(Some(other)), "invalid_token");
    is_refused(&ask(None), "invalid_token");
    let told = portal.post_as("/oauth/introspect", &portal.assertion(), &[("token", access(&tokens))]).json();
    assert_eq!(told["cnf"]["x5t#S256"], encoded(digest(&SHA256, own)), "{told}");
    // Who connects with a certificate for another reason has bound nothing.
    let free = portal.tokens("patient/*.rs");
    let free = format!("Bearer {}", access(&free));
    assert_eq!(world.ask_over(Some(other), "GET", PATIENTS, &[("authorization", &free)], "").status, 200);
}
