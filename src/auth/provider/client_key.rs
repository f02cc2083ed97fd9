//! How this server proves to a provider who it is: `private_key_jwt` with RS512 (OpenID Connect Core §9).

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair, RSA_PKCS1_SHA512, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    Failure,
    identity::{BadIdentityKey, published},
    secret::{self, NoRandomness},
    token::until,
};

/// How long an assertion is good: for one request.
const LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// A private key that a provider knows the public part of.
pub struct ClientKey {
    pair: RsaKeyPair,
    id: String,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(..)")
    }
}

impl ClientKey {
    /// From a private key in PKCS#8, and the name that the provider has for it; without one it is the key's thumbprint
    /// (RFC 7638).
    ///
    /// # Errors
    /// If it is not an RSA key of 2048 bits or more.
    pub fn new(pkcs8: &[u8], name: Option<&str>) -> Result<Self, BadIdentityKey> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| BadIdentityKey::NotRsa)?;
        if pair.public_modulus_len() < 256 {
            return Err(BadIdentityKey::NotRsa);
        }
        let thumbprint = published(pair.public_key().as_ref()).ok_or(BadIdentityKey::NotRsa)?.id;
        Ok(Self { pair, id: name.map_or(thumbprint, str::to_owned) })
    }

    /// The public key as a JWK Set, for whoever registers it with the provider.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = published(self.pair.public_key().as_ref())
            .map(|key| {
                json!({"kty": "RSA", "use": "sig", "alg": "RS512", "kid": self.id, "n": key.n, "e": key.e})
            })
            .into_iter()
            .collect();
        json!({"keys": keys})
    }

    /// An assertion for one request to a provider's token endpoint.
    ///
    /// # Errors
    /// Without random numbers.
    pub fn assertion(
        &self,
        client_id: &str,
        token_endpoint: &str,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": token_endpoint,
            "jti": secret::family()?,
            "iat": now.as_second(),
            "exp": until(now, LIFETIME).as_second(),
        });
        self.sign(&claims)
    }

    /// A token with these claims, signed with RS512.
    ///
    /// # Errors
    /// Without random numbers.
    pub fn sign(&self, claims: &Value) -> Result<String, Failure> {
        let header = json!({"alg": "RS512", "typ": "JWT", "kid": self.id});
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA512, &random, text.as_bytes(), &mut signature)
            .map_err(|_| NoRandomness)?;
        Ok(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer, Pkcs8V1Der},
        rsa::KeySize,
    };

    use super::*;
    use crate::{
        fixture::now,
        jwk::{Algorithm, KeySet},
    };

    #[test]
    fn an_assertion_is_signed_with_rs512_for_one_endpoint_and_one_minute() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let key = ClientKey::new(der.as_ref(), Some("ours")).unwrap();
        let made = || key.assertion("recordgate", "https://login.example/token", now()).unwrap();
        let (one, two) = (made(), made());
        assert_ne!(one, two, "each has a jti of its own");
        let (text, signature) = one.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let keys = KeySet::of_provider(key.jwks().to_string().as_bytes()).unwrap();
        assert_eq!(keys.verifies("ours", Algorithm::Rs512, text.as_bytes(), &signature), Some(true));
        let claims = BASE64_URL_SAFE_NO_PAD.decode(text.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("recordgate"), &json!("recordgate")));
        assert_eq!(claims["aud"], "https://login.example/token");
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
        assert!(ClientKey::new(&[0; 16], None).is_err());
    }
}
