//! Apps that have keys: what they sign to prove who they are, and what a hostile one would sign.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA384, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::clock::Clock;
use serde_json::{Value as Json, json};
use store::{App, AppKeys, Store};

use super::portal::{HERE, Portal, told_one};
use crate::support::{Answer, app};

/// The confidential app.
pub const CONFIDENTIAL: &str = "confidential";
pub const BEARER_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One key of each kind.
pub struct Signer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub fn shared() -> &'static Self {
        static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
        });
        &SIGNER
    }

    /// The public keys, `rsa` and `ec`.
    pub fn jwks(&self) -> String {
        // PKCS#1 of a 2048-bit key with exponent 65537.
        let der = self.rsa.public_key().as_ref();
        assert_eq!((der.len(), &der[265..]), (270, &[2, 3, 1, 0, 1][..]));
        let point = self.ec.public_key().as_ref();
        json!({"keys": [
            {"kty": "RSA", "kid": "rsa", "n": encoded(&der[9..265]), "e": "AQAB"},
            {"kty": "EC", "kid": "ec", "crv": "P-384", "x": encoded(&point[1..49]), "y": encoded(&point[49..])},
        ]})
        .to_string()
    }

    /// The RSA public key as a hostile client would use it for HS256.
    pub fn as_hmac_secret(&self) -> Vec<u8> {
        self.rsa.public_key().as_der().unwrap().as_ref().to_vec()
    }

    pub fn sign(&self, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let random = SystemRandom::new();
        let signature = if header.contains("RS384") {
            let mut signature = vec![0; 256];
            self.rsa.sign(&RSA_PKCS1_SHA384, &random, text.as_bytes(), &mut signature).unwrap();
            signature
        } else {
            self.ec.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{text}.{}", encoded(signature))
    }

    pub fn hmac(&self, header: &str, claims: &str) -> String {
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.as_hmac_secret());
        format!("{text}.{}", encoded(hmac::sign(&key, text.as_bytes())))
    }
}

pub fn header(algorithm: &str, key: &str) -> Json {
    json!({"alg": algorithm, "kid": key, "typ": "JWT"})
}

impl Portal {
    /// A portal with the confidential app, whose keys are registered with it.
    pub fn confidential() -> Self {
        let portal = Self::new();
        portal.has_keys(AppKeys::Inline { jwks: Signer::shared().jwks() });
        portal
    }

    /// The confidential app has these keys.
    pub fn has_keys(&self, keys: AppKeys) {
        self.world.store.set_app(&App { keys: Some(keys), ..app(CONFIDENTIAL) }).unwrap();
    }

    /// Good claims; each time with another `jti`.
    pub fn claims(&self) -> Json {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let now = self.world.clock.now().as_second();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        json!({
            "iss": CONFIDENTIAL, "sub": CONFIDENTIAL, "aud": format!("{HERE}/oauth/token"),
            "exp": now + 240, "iat": now, "jti": format!("jti-{number}"),
        })
    }

    /// A good assertion.
    pub fn assertion(&self) -> String {
        Signer::shared().sign(&header("ES384", "ec").to_string(), &self.claims().to_string())
    }

    /// A form with an assertion.
    pub fn post_as(&self, path: &str, assertion: &str, form: &[(&str, &str)]) -> Answer {
        let mut form = form.to_vec();
        form.extend([("client_assertion_type", BEARER_ASSERTION), ("client_assertion", assertion)]);
        self.post(path, &form)
    }

    /// What asking with an assertion comes to: revoking an unknown token succeeds for whoever has proved who it is.
    pub fn proves(&self, assertion: &str) -> u16 {
        self.post_as("/oauth/revoke", assertion, &[("token", "rga_unknown")]).status
    }

    /// What good claims come to when one is replaced.
    pub fn claiming(&self, name: &str, value: Json) -> u16 {
        let mut claims = self.claims();
        claims[name] = value;
        self.proves(&Signer::shared().sign(&header("RS384", "rsa").to_string(), &claims.to_string()))
    }

    /// The token response that the confidential app gets for a scope.
    pub fn confidential_tokens(&self, scope: &str) -> Json {
        self.confidential_tokens_as("p", scope)
    }

    /// The same, once somebody else has signed in.
    pub fn confidential_tokens_as(&self, user: &str, scope: &str) -> Json {
        let answer = self.allow_as(user, &[("scope", Some(scope)), ("client_id", Some(CONFIDENTIAL))]);
        let code = told_one(&answer, "code").unwrap();
        let answer = self.redeem_as(&code, &self.assertion());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The confidential app redeems a code. It need not say its client id.
    pub fn redeem_as(&self, code: &str, assertion: &str) -> Answer {
        let kind = ("client_assertion_type", Some(BEARER_ASSERTION));
        self.redeem(code, &[("client_id", None), kind, ("client_assertion", Some(assertion))])
    }
}
