//! `private_key_jwt`: a token that an app signs to prove who it is (RFC 7523; SMART App Launch 2.2, asymmetric
//! authentication). Nothing in it is believed before its signature fits a key that was registered; where a key is to
//! be found is never read from it.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    jwk::{Algorithm, KeySet, is_there},
    token::until,
};

/// What `client_assertion_type` must be.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest assertion that is read, in bytes.
const LONGEST: usize = 8 * 1024;
/// How far the clocks of app and server may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// How far ahead an assertion may end (SMART: five minutes).
const AHEAD: SignedDuration = SignedDuration::from_secs(300);
/// Used assertions are remembered for so much longer than they are good, should the clock be put back.
const REMEMBER: SignedDuration = SignedDuration::from_hours(2);

/// Why an assertion proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAssertion {
    /// Not a signed token in compact form.
    Malformed,
    /// Signed in a way that is not taken.
    Algorithm,
    /// Its header wants something that is not done here.
    Header,
    /// No key of its name and kind is the app's, or more than one.
    UnknownKey,
    /// The signature does not fit.
    Signature,
    /// `iss` and `sub` are not both the client id.
    Client,
    /// It is not for this server.
    Audience,
    /// Its time has not come, is over, or ends too far ahead.
    Time,
    /// `jti` is missing, or too long.
    Id,
    /// It was used before.
    Replayed,
}

impl BadAssertion {
    /// For the app's developer.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Malformed => {
                "client_assertion is not a signed JWT whose claims are of the right types, each there once"
            }
            Self::Algorithm => "client_assertion must be signed with RS384 or ES384",
            Self::Header => {
                "the header of client_assertion has crit, b64, a typ other than JWT, or another jku"
            }
            Self::UnknownKey => {
                "the kid of client_assertion is not that of exactly one registered key of its kind"
            }
            Self::Signature => "the signature of client_assertion does not fit the registered key",
            Self::Client => "iss and sub of client_assertion must both be the client_id",
            Self::Audience => "aud of client_assertion must be the token endpoint's URL",
            Self::Time => {
                "client_assertion is not good now: exp may be at most five minutes ahead; check the clock"
            }
            Self::Id => "jti of client_assertion must be some text of at most 256 bytes",
            Self::Replayed => "this client_assertion was used before: make a new one for each request",
        }
    }
}

impl fmt::Display for BadAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for BadAssertion {}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: Option<String>,
    jku: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
    #[serde(default, deserialize_with = "is_there")]
    b64: bool,
    #[serde(default, deserialize_with = "is_there")]
    enc: bool,
    #[serde(default, deserialize_with = "is_there")]
    zip: bool,
}

/// Times are whole numbers and nothing else: what one reader takes for a number and another for nothing at all is how
/// tokens come to live for ever.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: String,
}

/// An assertion as it came: whose it says it is, and not yet whether that is so.
pub(crate) struct Assertion<'a> {
    algorithm: Algorithm,
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// What an assertion is compared with.
pub(crate) struct Expected<'a> {
    /// Names of this server: the token endpoint first.
    pub(crate) audiences: &'a [&'a str],
    /// Where the app's keys were registered to be, if they are anywhere.
    pub(crate) keys_at: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// Proof that an app signed it for this server, now; whether for the first time is for the store.
#[derive(Debug)]
pub(crate) struct Proven {
    /// What tells it from every other one of the app.
    pub(crate) id: String,
    /// Until when it is to be remembered.
    pub(crate) remember: Timestamp,
}

impl<'a> Assertion<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, BadAssertion> {
        use BadAssertion::Malformed;
        if text.len() > LONGEST {
            return Err(Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed)?;
        let (header, claims) =
            signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(Malformed)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Malformed)?;
        let algorithm = Algorithm::of(&header.alg).ok_or(BadAssertion::Algorithm)?;
        let typ = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
        if !typ || header.crit || header.b64 || header.enc || header.zip {
            return Err(BadAssertion::Header);
        }
        let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| Malformed)?;
        Ok(Self { algorithm, header, claims, signed, signature: decode(signature)? })
    }

    /// The client id that it claims.
    pub(crate) fn client_id(&self) -> Result<&str, BadAssertion> {
        if self.claims.iss == self.claims.sub { Ok(&self.claims.iss) } else { Err(BadAssertion::Client) }
    }

    /// The name of the key that it says it was signed with.
    pub(crate) fn key_id(&self) -> &str {
        &self.header.kid
    }

    pub(crate) fn prove(&self, keys: &KeySet, expected: &Expected<'_>) -> Result<Proven, BadAssertion> {
        // SMART: where it names a URL of keys, that must be the registered one. It is never asked.
        if self.header.jku.is_some() && self.header.jku.as_deref() != expected.keys_at {
            return Err(BadAssertion::Header);
        }
        let text = self.signed.as_bytes();
        let fits = keys.verifies(&self.header.kid, self.algorithm, text, &self.signature);
        if !fits.ok_or(BadAssertion::UnknownKey)? {
            return Err(BadAssertion::Signature);
        }
        if !expected.audiences.contains(&self.claims.aud.as_str()) {
            return Err(BadAssertion::Audience);
        }
        let ends = self.in_time(expected.now).ok_or(BadAssertion::Time)?;
        let id = &self.claims.jti;
        if id.is_empty() || id.len() > 256 {
            return Err(BadAssertion::Id);
        }
        Ok(Proven { id: id.clone(), remember: until(until(ends, LEEWAY), REMEMBER) })
    }

    /// Its end, if it is good now.
    fn in_time(&self, now: Timestamp) -> Option<Timestamp> {
        let at = |seconds: i64| Timestamp::from_second(seconds).ok();
        let ends = at(self.claims.exp)?;
        let begun = |claim: Option<i64>| match claim {
            None => Some(true),
            Some(seconds) => Some(at(seconds)? <= until(now, LEEWAY)),
        };
        let good = now < until(ends, LEEWAY)
            && ends <= until(until(now, AHEAD), LEEWAY)
            && begun(self.claims.nbf)?
            && begun(self.claims.iat)?;
        good.then_some(ends)
    }
}
