//! ID tokens: who is told what about the person who signed in, and how that can be checked.

use std::sync::Arc;

use auth::identity::IdentityKeys;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::oauth::Offer;
use jiff::civil::date;
use policy::{LegalBasis, ProxyGrant};
use serde_json::Value as Json;
use store::{App, Store};

use super::{
    portal::{HERE, Portal, told_one},
    signing::CONFIDENTIAL,
};
use crate::support::{CLIENT, everything, subject};

const SCOPE: &str = "openid fhirUser launch/patient patient/Patient.r";

fn keys(count: usize) -> Arc<IdentityKeys> {
    let keys: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref().to_vec()
        })
        .collect();
    Arc::new(IdentityKeys::new(&keys, &[9; 32]).unwrap())
}

/// A portal whose apps may know who signed in.
fn portal() -> Portal {
    let portal = Portal::confidential().offering(Offer { identity: Some(keys(2)), ..Offer::default() });
    for id in [CLIENT, CONFIDENTIAL] {
        let known = portal.world.store.app(id).unwrap().unwrap();
        let more = ["openid", "fhirUser"].map(str::to_owned);
        let scopes = known.scopes.iter().cloned().chain(more).collect();
        portal.world.store.set_app(&App { scopes, ..known }).unwrap();
    }
    portal
}

fn part(token: &str, at: usize) -> Json {
    let part = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// The claims of an ID token, after its signature was checked as an app does: with the published key of its `kid`.
fn checked(portal: &Portal, token: &str) -> Json {
    let set = portal.world.ask("GET", "/oauth/jwks", &[], "").json();
    let kid = part(token, 0)["kid"].clone();
    assert_eq!(part(token, 0)["alg"], "RS256");
    let fitting: Vec<&Json> =
        set["keys"].as_array().unwrap().iter().filter(|key| key["kid"] == kid).collect();
    let [key] = fitting[..] else { panic!("{kid} is published {} times", fitting.len()) };
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let (text, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    public.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &signature).unwrap();
    part(token, 1)
}

fn signed_in(portal: &Portal, changes: &[(&str, Option<&str>)]) -> Json {
    let all: Vec<_> = [("scope", Some(SCOPE))].into_iter().chain(changes.iter().copied()).collect();
    let answer = portal.redeem(&portal.code(&all), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn an_id_token_can_be_checked_and_names_the_patient_who_can_be_read() {
    let portal = portal();
    let tokens = signed_in(&portal, &[("nonce", Some("n-0S6_WzA2Mj"))]);
    assert_eq!(tokens["scope"], SCOPE);
    let claims = checked(&portal, tokens["id_token"].as_str().unwrap());
    let now = gateway::clock::Clock::now(&*portal.world.clock).as_second();
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["nonce"]),
        (&HERE.into(), &CLIENT.into(), &"n-0S6_WzA2Mj".into())
    );
    assert_eq!((&claims["iat"], &claims["auth_time"]), (&now.into(), &now.into()));
    assert!(claims["exp"].as_i64().unwrap() > now && claims["exp"].as_i64().unwrap() <= now + 3600);
    let name = claims["sub"].as_str().unwrap();
    assert!(name.len() < 256);
    let user = claims["fhirUser"].as_str().unwrap();
    assert_eq!(user, format!("{HERE}/fhir/R4/Patient/{}", tokens["patient"].as_str().unwrap()));
    let path = user.strip_prefix(&format!("{HERE}/fhir/R4/")).unwrap();
    assert_eq!(portal.status(tokens["access_token"].as_str().unwrap(), path), 200);
    assert!(signed_in(&portal, &[])["id_token"].is_string());
    let again = checked(&portal, signed_in(&portal, &[])["id_token"].as_str().unwrap());
    assert_eq!((again["sub"].as_str(), again.get("nonce")), (Some(name), None));
    assert_eq!(portal.status(tokens["id_token"].as_str().unwrap(), path), 401, "it opens nothing");
}

#[test]
fn who_is_not_asked_about_is_not_told() {
    let portal = portal();
    let without = portal.tokens("launch/patient fhirUser patient/Patient.r");
    assert_eq!(
        (without["scope"].as_str(), without.get("id_token")),
        (Some("launch/patient patient/Patient.r"), None)
    );
    let only = portal.tokens("openid launch/patient");
    assert!(checked(&portal, only["id_token"].as_str().unwrap()).get("fhirUser").is_none());
    let long = "n".repeat(513);
    for nonce in ["a\nb", &long] {
        let refused = portal.allow(&[("scope", Some(SCOPE)), ("nonce", Some(nonce))]);
        assert_eq!(told_one(&refused, "error").as_deref(), Some("invalid_request"));
    }
}

#[test]
fn somebody_who_acts_for_the_patient_is_no_resource_and_none_is_named() {
    let portal = portal();
    let carer = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: Some("PROXY".into()),
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    portal.world.let_in_proxy("carer", &subject("p"), carer);
    let answer = portal.allow_as("carer", &[("scope", Some(SCOPE))]);
    let tokens = portal.redeem(&told_one(&answer, "code").unwrap(), &[]).json();
    assert_eq!(tokens["scope"], "openid launch/patient patient/Patient.r");
    let claims = checked(&portal, tokens["id_token"].as_str().unwrap());
    assert!(claims.get("fhirUser").is_none());
    let patient = checked(&portal, signed_in(&portal, &[])["id_token"].as_str().unwrap());
    assert_ne!(claims["sub"], patient["sub"], "the carer is not the patient");
}

#[test]
fn two_apps_know_a_person_by_two_names_and_introspection_tells_the_same_as_the_token() {
    let portal = portal();
    let one = checked(&portal, signed_in(&portal, &[])["id_token"].as_str().unwrap());
    let tokens = portal.confidential_tokens(SCOPE);
    let other = checked(&portal, tokens["id_token"].as_str().unwrap());
    assert_ne!(one["sub"], other["sub"]);
    let token = tokens["access_token"].as_str().unwrap();
    let told = portal.post_as("/oauth/introspect", &portal.assertion(), &[("token", token)]).json();
    for name in ["iss", "sub", "fhirUser"] {
        assert_eq!(told[name], other[name], "{name}");
    }
}

#[test]
fn discovery_lists_identity_where_there_are_keys_and_only_there() {
    let with = portal();
    let smart =
        |portal: &Portal| portal.world.ask("GET", "/fhir/R4/.well-known/smart-configuration", &[], "").json();
    let told = smart(&with);
    assert_eq!((&told["issuer"], &told["jwks_uri"]), (&HERE.into(), &format!("{HERE}/oauth/jwks").into()));
    assert!(told["capabilities"].as_array().unwrap().contains(&"sso-openid-connect".into()));
    assert!(told["scopes_supported"].as_array().unwrap().contains(&"fhirUser".into()));
    let openid =
        with.world.ask("GET", "/.well-known/openid-configuration", &[("origin", "https://x.example")], "");
    assert_eq!((openid.status, openid.header("access-control-allow-origin")), (200, Some("*")));
    let openid = openid.json();
    assert_eq!(openid["issuer"], HERE);
    for (name, value) in [
        ("id_token_signing_alg_values_supported", "RS256"),
        ("subject_types_supported", "pairwise"),
        ("response_types_supported", "code"),
    ] {
        assert_eq!(openid[name], serde_json::json!([value]));
    }
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert_eq!(openid[name], told[name]);
    }
    let keys = with.world.ask("GET", "/oauth/jwks", &[], "");
    assert_eq!(
        (keys.header("content-type"), keys.header("access-control-allow-origin")),
        (Some("application/json"), Some("*"))
    );
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 2, "one that signs, one that did or will");
    for key in keys.json()["keys"].as_array().unwrap() {
        assert!(key.get("d").is_none() && key["kty"] == "RSA");
    }

    let without = Portal::new();
    for path in ["/oauth/jwks", "/.well-known/openid-configuration"] {
        assert_eq!(without.world.ask("GET", path, &[], "").status, 404, "{path}");
    }
    assert!(smart(&without).get("jwks_uri").is_none());
}
