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
use jiff::civil::{Date, date};
use policy::{LegalBasis, ProxyGrant};
use serde_json::{Value as Json, json};
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

fn carer(portal: &Portal, ends: Option<Date>) {
    let grant = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: Some("PROXY".into()),
        starts: date(2020, 1, 1),
        ends,
        reviewed_since_eleven: false,
    };
    portal.world.let_in_proxy("carer", &subject("p"), grant);
}

/// The tokens of the carer, and the path of the resource that they are.
fn acting(portal: &Portal) -> (Json, String) {
    let answer = portal.allow_as("carer", &[("scope", Some(SCOPE))]);
    let tokens = portal.redeem(&told_one(&answer, "code").unwrap(), &[]).json();
    let claims = checked(portal, tokens["id_token"].as_str().unwrap());
    let user = claims["fhirUser"].as_str().unwrap();
    let path = user.strip_prefix(&format!("{HERE}/fhir/R4/")).unwrap().to_owned();
    (tokens, path)
}

#[test]
fn whoever_acts_for_the_patient_is_a_related_person_whom_they_alone_can_read() {
    let portal = portal();
    carer(&portal, Some(date(2027, 3, 4)));
    let (tokens, path) = acting(&portal);
    assert_eq!(tokens["scope"], SCOPE);
    let patient = checked(&portal, signed_in(&portal, &[])["id_token"].as_str().unwrap());
    let claims = checked(&portal, tokens["id_token"].as_str().unwrap());
    assert_ne!(claims["sub"], patient["sub"], "the carer is not the patient");
    let access = tokens["access_token"].as_str().unwrap();
    let answer = portal.world.get(access, &path);
    assert_eq!(
        answer.json(),
        json!({
            "resourceType": "RelatedPerson",
            "id": path.split_once('/').unwrap().1,
            "active": true,
            "patient": {"reference": format!("Patient/{}", tokens["patient"].as_str().unwrap())},
            "period": {"start": "2020-01-01", "end": "2027-03-04"},
            "relationship": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                "code": "PROXY",
            }]}],
        })
    );
    let xml = portal.world.get(access, &format!("{path}?_format=xml"));
    assert!(xml.status == 200 && xml.text().contains("<RelatedPerson xmlns="), "{}", xml.text());
    assert_eq!(portal.status(access, "RelatedPerson/unknown"), 404);
    assert_eq!(portal.status(access, "RelatedPerson"), 404, "there is no search");
    // The patient, another who acts, and an app that may not know who signed in read nobody.
    let own = signed_in(&portal, &[])["access_token"].as_str().unwrap().to_owned();
    assert_eq!(portal.status(&own, &path), 404);
    let narrow = portal.allow_as("carer", &[("scope", Some("openid launch/patient patient/Patient.r"))]);
    let narrow = portal.redeem(&told_one(&narrow, "code").unwrap(), &[]).json();
    assert_eq!(portal.status(narrow["access_token"].as_str().unwrap(), &path), 403);
    // The trail has it, as it has all that is read.
    let rows = portal.world.trail();
    let row = rows.iter().find(|row| row.kind == "RelatedPerson" && row.status == 200).unwrap();
    assert_eq!(row.shown, [path.split_once('/').unwrap().1]);
}

#[test]
fn a_related_person_is_gone_with_the_practices_leave() {
    let portal = portal();
    carer(&portal, Some(date(2026, 11, 2)));
    let (tokens, path) = acting(&portal);
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(portal.status(access, &path), 200);
    let mut kept = portal.world.store.access(&subject("p")).unwrap();
    kept.suppressed = Some(policy::Decided {
        by: "A".to_owned(),
        at: "2026-11-02T11:00:00Z".parse().unwrap(),
        why: "w".to_owned(),
    });
    portal.world.store.set_access(&subject("p"), &kept).unwrap();
    assert_eq!(portal.status(access, &path), 404);
}

#[test]
fn introspection_says_that_somebody_acts_and_names_them_as_the_id_token_does() {
    let portal = portal();
    carer(&portal, None);
    let introspected = |tokens: &Json| {
        let token = tokens["access_token"].as_str().unwrap();
        portal.post_as("/oauth/introspect", &portal.assertion(), &[("token", token)]).json()
    };
    let tokens = portal.confidential_tokens_as("carer", SCOPE);
    let (claims, told) = (checked(&portal, tokens["id_token"].as_str().unwrap()), introspected(&tokens));
    for name in ["iss", "sub", "fhirUser"] {
        assert_eq!(told[name], claims[name], "{name}");
    }
    assert!(told["fhirUser"].as_str().unwrap().contains("/RelatedPerson/"));
    assert_eq!((&told["act"], &told["patient"]), (&json!({"sub": claims["sub"]}), &tokens["patient"]));
    assert!(introspected(&portal.confidential_tokens(SCOPE)).get("act").is_none(), "nobody acts");
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
