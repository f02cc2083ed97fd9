//! ID tokens of an identity provider (OpenID Connect Core §3.1.3.7). Nothing in one is believed before its signature
//! fits a key of the issuer for RS512, the one method that NHS login uses; where a key is to be found is never read
//! from it.

use std::fmt;

use aws_lc_rs::constant_time;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::person::Said;
use crate::{
    jwk::{Algorithm, KeySet, is_there},
    token::until,
};

/// Longest token that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// Longest `sub`, in bytes (OpenID Connect Core §2).
const LONGEST_SUB: usize = 255;
/// How far the clocks of provider and server may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// A token comes straight from the provider, in exchange for a code: it was made just now.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Why an ID token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadIdToken {
    /// Not a signed token in compact form whose claims are of the right types, each there once.
    Malformed,
    /// Not signed with RS512.
    Algorithm,
    /// Its header wants something that is not done here.
    Header,
    /// No key of its name is the issuer's, or more than one.
    UnknownKey,
    /// The signature does not fit.
    Signature,
    /// Of another issuer than the one that was asked.
    Issuer,
    /// Not for this server, or for others as well.
    Audience,
    /// Made for another attempt to sign in.
    Nonce,
    /// Over, from the future, or not made just now.
    Time,
    /// `sub` is empty or too long.
    Subject,
}

impl fmt::Display for BadIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the ID token is not a signed JWT whose claims are of the right types",
            Self::Algorithm => "the ID token is not signed with RS512",
            Self::Header => "the header of the ID token has crit, b64, enc, zip or a typ other than JWT",
            Self::UnknownKey => "the kid of the ID token is not that of exactly one RS512 key of the issuer",
            Self::Signature => "the signature of the ID token does not fit the issuer's key",
            Self::Issuer => "iss of the ID token is not the issuer that was asked",
            Self::Audience => "aud of the ID token is not this server alone",
            Self::Nonce => "nonce of the ID token is not that of this attempt",
            Self::Time => "the ID token is not good now, or was not made just now; check the clock",
            Self::Subject => "sub of the ID token is empty or longer than 255 bytes",
        })
    }
}

impl std::error::Error for BadIdToken {}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
    #[serde(default, deserialize_with = "is_there")]
    b64: bool,
    #[serde(default, deserialize_with = "is_there")]
    enc: bool,
    #[serde(default, deserialize_with = "is_there")]
    zip: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Times are whole numbers and nothing else.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: String,
    vot: Option<String>,
    identity_proofing_level: Option<String>,
    nhs_number: Option<String>,
    birthdate: Option<String>,
}

/// An ID token as it came: nothing in it is proven.
pub struct IdToken<'a> {
    key_id: String,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// One attempt to sign in: whom this server asked, as whom, and with what it recognises the answer.
pub struct Attempt<'a> {
    /// The issuer's name, to the letter.
    pub issuer: &'a str,
    /// What this server is called there.
    pub client_id: &'a str,
    /// What was sent along with the request, and with no other one.
    pub nonce: &'a str,
}

/// Proof that the issuer said this, of one person, for this attempt.
pub struct Proven {
    pub(super) issuer: String,
    pub(super) said: Said,
}

impl fmt::Debug for IdToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdToken(..)")
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proven(..)")
    }
}

impl<'a> IdToken<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// [`BadIdToken::Malformed`], [`BadIdToken::Algorithm`] or [`BadIdToken::Header`].
    pub fn parse(text: &'a str) -> Result<Self, BadIdToken> {
        use BadIdToken::Malformed;
        if text.len() > LONGEST {
            return Err(Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed)?;
        let (header, claims) =
            signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(Malformed)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Malformed)?;
        if header.alg != Algorithm::Rs512.name() {
            return Err(BadIdToken::Algorithm);
        }
        let typ = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
        if !typ || header.crit || header.b64 || header.enc || header.zip {
            return Err(BadIdToken::Header);
        }
        let key_id = header.kid.ok_or(BadIdToken::UnknownKey)?;
        let claims = serde_json::from_slice(&decode(claims)?).map_err(|_| Malformed)?;
        Ok(Self { key_id, claims, signed, signature: decode(signature)? })
    }

    /// The name of the key that it says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Proves it with the keys of the issuer that was asked ([`KeySet::of_provider`]).
    ///
    /// # Errors
    /// [`BadIdToken`].
    pub fn prove(self, keys: &KeySet, asked: &Attempt<'_>, now: Timestamp) -> Result<Proven, BadIdToken> {
        let text = self.signed.as_bytes();
        let fits = keys.verifies(&self.key_id, Algorithm::Rs512, text, &self.signature);
        if !fits.ok_or(BadIdToken::UnknownKey)? {
            return Err(BadIdToken::Signature);
        }
        let claims = self.claims;
        if claims.iss != asked.issuer {
            return Err(BadIdToken::Issuer);
        }
        if !claims.is_for(asked.client_id) {
            return Err(BadIdToken::Audience);
        }
        // An attempt without a nonce would be answered by any token.
        let same = constant_time::verify_slices_are_equal(claims.nonce.as_bytes(), asked.nonce.as_bytes());
        if asked.nonce.is_empty() || same.is_err() {
            return Err(BadIdToken::Nonce);
        }
        if !claims.in_time(now) {
            return Err(BadIdToken::Time);
        }
        if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUB {
            return Err(BadIdToken::Subject);
        }
        Ok(Proven {
            issuer: claims.iss,
            said: Said {
                sub: claims.sub,
                vot: claims.vot,
                identity_proofing_level: claims.identity_proofing_level,
                nhs_number: claims.nhs_number,
                birthdate: claims.birthdate,
            },
        })
    }
}

impl Claims {
    /// A token that others may use too could have been given to one of them.
    fn is_for(&self, client_id: &str) -> bool {
        let alone = match &self.aud {
            Audience::One(name) => name == client_id,
            Audience::Several(names) => matches!(names.as_slice(), [name] if name == client_id),
        };
        alone && self.azp.as_deref().is_none_or(|azp| azp == client_id)
    }

    fn in_time(&self, now: Timestamp) -> bool {
        let at = |seconds: i64| Timestamp::from_second(seconds).ok();
        let (Some(ends), Some(made)) = (at(self.exp), at(self.iat)) else { return false };
        let begun = self.nbf.is_none_or(|nbf| at(nbf).is_some_and(|nbf| nbf <= until(now, LEEWAY)));
        now < until(ends, LEEWAY) && made <= until(now, LEEWAY) && now < until(made, FRESH) && begun
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        fixture::now,
        provider::fixture::{CLIENT, ISSUER, NONCE, asked, claims, hmac, keys, sign, with},
    };

    fn prove(token: &str, now: Timestamp) -> Result<(), BadIdToken> {
        IdToken::parse(token)?.prove(&keys(), &asked(), now).map(drop)
    }

    fn claiming(name: &str, value: Value) -> Result<(), BadIdToken> {
        prove(&sign(&json!({"alg": "RS512", "kid": "one"}), &with(claims(), name, value)), now())
    }

    fn headed(header: &Value) -> Result<(), BadIdToken> {
        prove(&sign(header, &claims()), now())
    }

    #[test]
    fn what_the_issuer_signed_for_this_attempt_is_proven() {
        assert_eq!(headed(&json!({"alg": "RS512", "kid": "one", "typ": "JWT"})), Ok(()));
        assert_eq!(claiming("aud", json!([CLIENT])), Ok(()));
        assert_eq!(claiming("azp", json!(CLIENT)), Ok(()));
    }

    #[test]
    fn no_other_method_of_signing_is_taken() {
        for alg in ["none", "None", "HS256", "HS512", "RS256", "RS384", "PS512", "rs512", ""] {
            assert_eq!(headed(&json!({"alg": alg, "kid": "one"})), Err(BadIdToken::Algorithm), "{alg}");
        }
        let confused = hmac(&json!({"alg": "RS512", "kid": "one"}), &claims());
        assert_eq!(prove(&confused, now()), Err(BadIdToken::Signature), "HMAC with the public key");
    }

    #[test]
    fn a_key_is_one_of_the_issuers_for_this_method_and_no_header_brings_one() {
        assert_eq!(headed(&json!({"alg": "RS512", "kid": "two"})), Err(BadIdToken::UnknownKey));
        assert_eq!(headed(&json!({"alg": "RS512"})), Err(BadIdToken::UnknownKey));
        let token = sign(&json!({"alg": "RS512", "kid": "rsa"}), &claims());
        let of_an_app = KeySet::parse(crate::fixture::RSA_SET.as_bytes()).unwrap();
        let got = IdToken::parse(&token).unwrap().prove(&of_an_app, &asked(), now()).unwrap_err();
        assert_eq!(got, BadIdToken::UnknownKey, "an app's RS384 key");
        for name in ["crit", "b64", "enc", "zip"] {
            let header = with(json!({"alg": "RS512", "kid": "one"}), name, json!(null));
            assert_eq!(headed(&header), Err(BadIdToken::Header), "{name}");
        }
        assert_eq!(headed(&json!({"alg": "RS512", "kid": "one", "typ": "at+jwt"})), Err(BadIdToken::Header));
    }

    #[test]
    fn one_changed_letter_breaks_the_signature() {
        let token = sign(&json!({"alg": "RS512", "kid": "one"}), &claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = with(claims(), "sub", json!("somebody-else")).to_string();
        let other = BASE64_URL_SAFE_NO_PAD.encode(other);
        assert_eq!(prove(&format!("{header}.{other}.{signature}"), now()), Err(BadIdToken::Signature));
        assert_eq!(prove(&format!("{signed}."), now()), Err(BadIdToken::Signature));
    }

    #[test]
    fn it_is_from_the_issuer_that_was_asked_to_the_letter() {
        for issuer in ["https://other.example/", ISSUER.trim_end_matches('/'), ""] {
            assert_eq!(claiming("iss", json!(issuer)), Err(BadIdToken::Issuer), "{issuer}");
        }
    }

    #[test]
    fn it_is_for_this_server_and_for_nobody_else() {
        for aud in [json!("other"), json!([CLIENT, "other"]), json!([]), json!("")] {
            assert_eq!(claiming("aud", aud.clone()), Err(BadIdToken::Audience), "{aud}");
        }
        assert_eq!(claiming("azp", json!("other")), Err(BadIdToken::Audience));
    }

    #[test]
    fn it_answers_this_attempt_and_no_other() {
        assert_eq!(claiming("nonce", json!("another")), Err(BadIdToken::Nonce));
        assert_eq!(claiming("nonce", json!(format!("{NONCE}x"))), Err(BadIdToken::Nonce));
        let token = sign(&json!({"alg": "RS512", "kid": "one"}), &with(claims(), "nonce", json!("")));
        let without = Attempt { nonce: "", ..asked() };
        let got = IdToken::parse(&token).unwrap().prove(&keys(), &without, now()).unwrap_err();
        assert_eq!(got, BadIdToken::Nonce, "an attempt without a nonce");
    }

    #[test]
    fn it_was_made_just_now_and_is_not_over() {
        let at = |seconds: i64| json!(now().as_second() + seconds);
        for (claim, good, bad) in [("exp", -59, -60), ("iat", 60, 61), ("iat", -299, -300), ("nbf", 60, 61)] {
            assert_eq!(claiming(claim, at(good)), Ok(()), "{claim} {good}");
            assert_eq!(claiming(claim, at(bad)), Err(BadIdToken::Time), "{claim} {bad}");
        }
        let token = sign(&json!({"alg": "RS512", "kid": "one"}), &claims());
        for hours in [-1, 1] {
            let off = until(now(), SignedDuration::from_hours(hours));
            assert_eq!(prove(&token, off), Err(BadIdToken::Time), "a clock off by {hours} h");
        }
        assert_eq!(claiming("exp", json!(i64::MAX)), Err(BadIdToken::Time));
    }

    #[test]
    fn what_is_missing_of_another_type_or_there_twice_is_refused() {
        for name in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
            for value in [json!(null), json!({}), json!(true), json!(1.5)] {
                assert_eq!(claiming(name, value.clone()), Err(BadIdToken::Malformed), "{name} {value}");
            }
        }
        assert_eq!(claiming("exp", json!("1780315440")), Err(BadIdToken::Malformed));
        for sub in [String::new(), "x".repeat(256)] {
            assert_eq!(claiming("sub", json!(sub)), Err(BadIdToken::Subject));
        }
        let twice = claims().to_string().replacen('{', "{\"sub\":\"x\",", 1);
        let twice = crate::provider::fixture::sign_text("{\"alg\":\"RS512\",\"kid\":\"one\"}", &twice);
        assert_eq!(prove(&twice, now()), Err(BadIdToken::Malformed));
        for text in ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", &"a".repeat(LONGEST + 1)] {
            assert_eq!(prove(text, now()), Err(BadIdToken::Malformed));
        }
    }
}
