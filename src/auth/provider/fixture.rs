//! A provider for tests: one key, and tokens signed with it in whatever way a test wants.

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA512, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::Attempt;
use crate::{fixture::now, jwk::KeySet};

pub(crate) const ISSUER: &str = "https://login.example/";
pub(crate) const CLIENT: &str = "recordgate";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";

static PAIR: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

pub(crate) fn keys() -> KeySet {
    KeySet::of_provider(set().to_string().as_bytes()).unwrap()
}

fn set() -> Value {
    // The modulus of 2048 bits is the 256 bytes before the exponent's five (RFC 8017 A.1.1).
    let der = PAIR.public_key().as_ref();
    let n = BASE64_URL_SAFE_NO_PAD.encode(&der[der.len() - 261..der.len() - 5]);
    json!({"keys": [{"kty": "RSA", "kid": "one", "alg": "RS512", "use": "sig", "n": n, "e": "AQAB"}]})
}

pub(crate) fn asked() -> Attempt<'static> {
    Attempt { issuer: ISSUER, client_id: CLIENT, nonce: NONCE }
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "somebody", "aud": CLIENT, "nonce": NONCE,
        "iat": now().as_second(), "exp": now().as_second() + 3600,
        "vot": "P9.Cp.Cd", "identity_proofing_level": "P9",
        "nhs_number": "9990000018", "birthdate": "1970-01-31",
    })
}

pub(crate) fn with(mut object: Value, name: &str, value: Value) -> Value {
    object.as_object_mut().unwrap().insert(name.to_owned(), value);
    object
}

pub(crate) fn sign(header: &Value, claims: &Value) -> String {
    sign_text(&header.to_string(), &claims.to_string())
}

pub(crate) fn sign_text(header: &str, claims: &str) -> String {
    let text = joined(header, claims);
    let mut signature = vec![0; PAIR.public_modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// "Signed" with what everybody knows: the published key as a secret.
pub(crate) fn hmac(header: &Value, claims: &Value) -> String {
    let text = joined(&header.to_string(), &claims.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA512, set().to_string().as_bytes());
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes())))
}

fn joined(header: &str, claims: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", part(header), part(claims))
}
