//! ID tokens (OpenID Connect Core; SMART App Launch 2.2): who signed in, told to one app, signed with RS256. The first
//! key signs; the others are published as well, so that what they signed can be checked until it has ended.

use std::fmt;

use aws_lc_rs::{
    digest, hmac,
    rand::SystemRandom,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{secret::NoRandomness, sign_in::Role, token::until};

/// How long an ID token is good: for the app to read it, not to keep it.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The keys of ID tokens.
pub struct IdentityKeys {
    signing: RsaKeyPair,
    published: Vec<Published>,
    names: hmac::Key,
}

/// An RSA key as others see it.
pub(crate) struct Published {
    pub(crate) id: String,
    pub(crate) n: String,
    pub(crate) e: String,
}

impl fmt::Debug for IdentityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityKeys(..)")
    }
}

/// A key cannot be used to sign ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadIdentityKey {
    /// There is none.
    None,
    /// Not an RSA key of 2048 bits or more in PKCS#8.
    NotRsa,
}

impl fmt::Display for BadIdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "there is no key to sign ID tokens with",
            Self::NotRsa => "it is no RSA key of 2048 bits or more in PKCS#8",
        })
    }
}

impl std::error::Error for BadIdentityKey {}

/// Who signed in, as one app is told.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The app.
    pub client_id: String,
    /// The account.
    pub account: String,
    /// When they signed in.
    pub at: Timestamp,
    /// What the app sent along to recognise its own request.
    pub nonce: Option<String>,
    /// In whose record and in which role they are, if the app may know which resource says who they are.
    pub context: Option<InContext>,
}

/// The record that somebody is in, and their role there.
#[derive(Clone, PartialEq, Eq)]
pub struct InContext {
    /// The logical id of the Patient.
    pub patient: String,
    /// In which role.
    pub role: Role,
}

impl fmt::Debug for InContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InContext(..)")
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedIn(..)")
    }
}

impl IdentityKeys {
    /// From private keys in PKCS#8, the one that signs first, and a secret of the service with which people's names are
    /// made: each app gets another name for the same person, and no app one that another knows.
    ///
    /// # Errors
    /// [`BadIdentityKey`].
    pub fn new(keys: &[impl AsRef<[u8]>], secret: &[u8; 32]) -> Result<Self, BadIdentityKey> {
        let mut read = Vec::new();
        for key in keys {
            let key = RsaKeyPair::from_pkcs8(key.as_ref()).map_err(|_| BadIdentityKey::NotRsa)?;
            if key.public_modulus_len() < 256 {
                return Err(BadIdentityKey::NotRsa);
            }
            read.push((published(key.public_key().as_ref()).ok_or(BadIdentityKey::NotRsa)?, key));
        }
        let (published, pairs): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        let signing = pairs.into_iter().next().ok_or(BadIdentityKey::None)?;
        let own = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            b"recordgate: names of people in ID tokens",
        );
        Ok(Self { signing, published, names: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()) })
    }

    /// The public keys as a JWK Set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys = self.published.iter().map(
            |key| json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id, "n": key.n, "e": key.e}),
        );
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    /// What an app calls a person (OpenID Connect Core §8.1).
    #[must_use]
    pub fn name(&self, client_id: &str, account: &str) -> String {
        let both = format!("{}:{client_id}{account}", client_id.len());
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.names, both.as_bytes()))
    }

    /// The logical id of the RelatedPerson that somebody is who acts for a patient: another one for each patient.
    #[must_use]
    pub fn related_person(&self, account: &str, patient: &str) -> String {
        // The name of an app begins with a digit here, so that no two of these texts are the same.
        let both = format!("RelatedPerson:{}:{account}{patient}", account.len());
        let tag = hmac::sign(&self.names, both.as_bytes());
        tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Which resource says who somebody is (SMART App Launch 2.2, `fhirUser`), relative to the FHIR base.
    #[must_use]
    pub fn fhir_user(&self, account: &str, context: &InContext) -> String {
        let patient = &context.patient;
        match context.role {
            Role::Patient => format!("Patient/{patient}"),
            Role::Proxy => format!("RelatedPerson/{}", self.related_person(account, patient)),
        }
    }

    /// An ID token.
    pub(crate) fn token(
        &self,
        issuer: &str,
        fhir_base: &str,
        who: &SignedIn,
        now: Timestamp,
    ) -> Result<String, NoRandomness> {
        let mut claims = json!({
            "iss": issuer,
            "sub": self.name(&who.client_id, &who.account),
            "aud": who.client_id,
            "exp": until(now, LIFETIME).as_second(),
            "iat": now.as_second(),
            "auth_time": who.at.as_second(),
        });
        let also = [
            ("nonce", who.nonce.clone()),
            (
                "fhirUser",
                who.context
                    .as_ref()
                    .map(|context| format!("{fhir_base}/{}", self.fhir_user(&who.account, context))),
            ),
        ];
        if let Some(members) = claims.as_object_mut() {
            members
                .extend(also.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        }
        let id = self.published.first().map_or("", |key| key.id.as_str());
        self.sign(&json!({"alg": "RS256", "typ": "JWT", "kid": id}), &claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<String, NoRandomness> {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| NoRandomness)?;
        Ok(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The two numbers of an `RSAPublicKey` (RFC 8017 A.1.1), and the thumbprint of the key (RFC 7638) as its name.
pub(crate) fn published(der: &[u8]) -> Option<Published> {
    let (inside, rest) = element(0x30, der)?;
    let (n, more) = element(2, inside)?;
    let (e, end) = element(2, more)?;
    let [n, e] = [n, e].map(|number| {
        let digits = number.iter().position(|byte| *byte != 0).map_or(&[][..], |at| &number[at..]);
        BASE64_URL_SAFE_NO_PAD.encode(digits)
    });
    let thumbprint = digest::digest(
        &digest::SHA256,
        format!("{{\"e\":\"{e}\",\"kty\":\"RSA\",\"n\":\"{n}\"}}").as_bytes(),
    );
    (rest.is_empty() && end.is_empty()).then(|| Published {
        id: BASE64_URL_SAFE_NO_PAD.encode(thumbprint),
        n,
        e,
    })
}

/// The content of a DER element of this kind, and what comes after it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length).filter(|_| found == tag)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::AsDer,
        rsa::KeySize,
        signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
    };

    use super::*;
    use crate::fixture::{FHIR, now};

    fn pair() -> RsaKeyPair {
        RsaKeyPair::generate(KeySize::Rsa2048).unwrap()
    }

    fn der(pair: &RsaKeyPair) -> Vec<u8> {
        AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair).unwrap().as_ref().to_vec()
    }

    fn who() -> SignedIn {
        SignedIn {
            client_id: "app".to_owned(),
            account: "adult".to_owned(),
            at: now(),
            nonce: Some("n".to_owned()),
            context: Some(InContext { patient: "id-adult".to_owned(), role: Role::Patient }),
        }
    }

    fn part(token: &str, at: usize) -> Value {
        let part = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn an_id_token_is_signed_with_the_first_key_and_all_are_published() {
        let (new, old) = (pair(), pair());
        let keys = IdentityKeys::new(&[der(&new), der(&old)], &[1; 32]).unwrap();
        let token = keys.token("https://here.example", FHIR, &who(), now()).unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verifies = |pair: &RsaKeyPair| {
            let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
            key.verify(text.as_bytes(), &signature).is_ok()
        };
        assert!(verifies(&new) && !verifies(&old));
        let set = keys.jwks();
        let ids: Vec<&str> =
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!((ids.len(), part(&token, 0)["kid"].as_str()), (2, Some(ids[0])));
        assert_eq!(set["keys"][0]["e"], "AQAB");
        let n = BASE64_URL_SAFE_NO_PAD.decode(set["keys"][0]["n"].as_str().unwrap()).unwrap();
        assert_eq!((n.len(), n[0] >= 0x80), (256, true), "no zero in front");
        let claims = part(&token, 1);
        assert_eq!(claims["fhirUser"], format!("{FHIR}/Patient/id-adult"));
        assert_eq!((&claims["aud"], &claims["nonce"]), (&json!("app"), &json!("n")));
        assert_eq!(claims["exp"].as_i64().unwrap(), now().as_second() + 300);
    }

    #[test]
    fn what_the_app_may_not_know_is_not_there() {
        let keys = IdentityKeys::new(&[der(&pair())], &[1; 32]).unwrap();
        let who = SignedIn { nonce: None, context: None, ..who() };
        let claims = part(&keys.token("https://here.example", FHIR, &who, now()).unwrap(), 1);
        assert!(claims.get("fhirUser").is_none() && claims.get("nonce").is_none());
        assert!(!claims.to_string().contains("adult"));
    }

    #[test]
    fn each_app_has_another_name_for_a_person_and_the_same_one_each_time() {
        let key = der(&pair());
        let keys = IdentityKeys::new(&[&key], &[1; 32]).unwrap();
        assert_eq!(keys.name("app", "adult"), keys.name("app", "adult"));
        let again = IdentityKeys::new(&[der(&pair())], &[1; 32]).unwrap();
        assert_eq!(keys.name("app", "adult"), again.name("app", "adult"), "a new key renames nobody");
        for other in [keys.name("app", "adul"), keys.name("other", "adult"), keys.name("appa", "dult")] {
            assert_ne!(keys.name("app", "adult"), other);
        }
        let elsewhere = IdentityKeys::new(&[key], &[2; 32]).unwrap();
        assert_ne!(keys.name("app", "adult"), elsewhere.name("app", "adult"));
    }

    #[test]
    fn whoever_acts_for_a_patient_is_another_related_person_for_each() {
        let keys = IdentityKeys::new(&[der(&pair())], &[1; 32]).unwrap();
        let id = keys.related_person("carer", "id-adult");
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        for (account, patient) in [("carer", "id-child"), ("other", "id-adult"), ("carerid", "-adult")] {
            assert_ne!(keys.related_person(account, patient), id);
        }
        let context = |role| InContext { patient: "id-adult".to_owned(), role };
        assert_eq!(keys.fhir_user("carer", &context(Role::Proxy)), format!("RelatedPerson/{id}"));
        assert_eq!(keys.fhir_user("carer", &context(Role::Patient)), "Patient/id-adult");
    }

    #[test]
    fn what_is_no_rsa_key_signs_nothing() {
        assert_eq!(IdentityKeys::new(&[b"x"], &[1; 32]).unwrap_err(), BadIdentityKey::NotRsa);
        assert_eq!(IdentityKeys::new(&[[0u8; 0]; 0], &[1; 32]).unwrap_err(), BadIdentityKey::None);
    }
}
