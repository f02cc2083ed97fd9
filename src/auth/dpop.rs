//! DPoP proofs (RFC 9449): a token that an app signs for one request with a key of its own, so that an access token that
//! was stolen opens nothing without the key. The key comes with the proof; whose it is, is said by the token alone.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    jwk::{Algorithm, Jwk, ProofKey, is_there},
    secret::sha256,
    token::until,
};

/// Longest proof that is read, in bytes.
const LONGEST: usize = 4 * 1024;
/// How far the clocks of app and server may be apart: a proof is good for so long before and after it was made.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadProof {
    /// Not a signed token in compact form, or there are several.
    Malformed,
    /// Signed in a way that is not taken.
    Algorithm,
    /// Its header wants something that is not done here, or its `typ` is another.
    Header,
    /// Its key is none for its algorithm, or holds the private part.
    Key,
    /// The signature does not fit.
    Signature,
    /// It was made for another method.
    Method,
    /// It was made for another address.
    Address,
    /// It was made for another access token, or for none.
    Token,
    /// It was not made now.
    Time,
    /// `jti` is missing, or too long.
    Id,
    /// It was used before.
    Replayed,
}

impl BadProof {
    /// For the app's developer.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Malformed => "the DPoP header must hold one signed JWT, with each claim there once",
            Self::Algorithm => "a DPoP proof must be signed with ES256 or ES384",
            Self::Header => {
                "the typ of a DPoP proof must be dpop+jwt, and crit, b64, enc and zip must not be there"
            }
            Self::Key => {
                "the jwk of a DPoP proof must be the public EC key on P-256 (ES256) or P-384 (ES384)"
            }
            Self::Signature => "the signature of the DPoP proof does not fit its jwk",
            Self::Method => "htm of the DPoP proof is not the method of this request",
            Self::Address => "htu of the DPoP proof is not the URL of this request without its query",
            Self::Token => "ath of the DPoP proof is not the SHA-256 of this access token in base64url",
            Self::Time => "the DPoP proof was not made now: iat may be off by a minute; check the clock",
            Self::Id => "jti of the DPoP proof must be some text of at most 256 bytes",
            Self::Replayed => "this DPoP proof was used before: make a new one for each request",
        }
    }
}

impl fmt::Display for BadProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for BadProof {}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
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
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
}

/// The request that a proof is to be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its URL, without query.
    pub url: &'a str,
    /// The access token that it brings along; none at the token endpoint.
    pub token: Option<&'a str>,
    /// What time it is.
    pub now: Timestamp,
}

/// Proof that whoever asks has a key; whether it is shown for the first time is for whoever remembers proofs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The key's thumbprint (RFC 7638).
    pub key: String,
    /// What tells the proof from every other one of the key.
    pub once: [u8; 32],
    /// When it was made, to the second.
    pub made: Timestamp,
    /// Until when it is to be remembered.
    pub remember: Timestamp,
}

/// Judges a proof.
///
/// # Errors
/// [`BadProof`], but never [`BadProof::Replayed`].
pub fn prove(text: &str, expected: &Expected<'_>) -> Result<Proven, BadProof> {
    let (key, claims) = signed(text)?;
    if claims.htm != expected.method {
        return Err(BadProof::Method);
    }
    if normal(&claims.htu) != normal(expected.url) {
        return Err(BadProof::Address);
    }
    let hash = expected.token.map(|token| BASE64_URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
    if expected.token.is_some() && claims.ath != hash {
        return Err(BadProof::Token);
    }
    let made = Timestamp::from_second(claims.iat).map_err(|_| BadProof::Time)?;
    let good_until = until(made, LEEWAY);
    if made > until(expected.now, LEEWAY) || expected.now >= good_until {
        return Err(BadProof::Time);
    }
    if claims.jti.is_empty() || claims.jti.len() > 256 {
        return Err(BadProof::Id);
    }
    let once = sha256(format!("{}\0{}", key.thumbprint, claims.jti).as_bytes());
    Ok(Proven { key: key.thumbprint, once, made, remember: good_until })
}

fn signed(text: &str) -> Result<(ProofKey, Claims), BadProof> {
    use BadProof::Malformed;
    if text.len() > LONGEST {
        return Err(Malformed);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Malformed)?;
    let (header, claims) =
        signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(Malformed)?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Malformed)?;
    if header.typ != "dpop+jwt" || header.crit || header.b64 || header.enc || header.zip {
        return Err(BadProof::Header);
    }
    let known = Algorithm::PROOFS.into_iter().find(|known| known.name() == header.alg);
    let key = ProofKey::of(header.jwk, known.ok_or(BadProof::Algorithm)?).ok_or(BadProof::Key)?;
    if !key.verifies(signed.as_bytes(), &decode(signature)?) {
        return Err(BadProof::Signature);
    }
    let claims = serde_json::from_slice(&decode(claims)?).map_err(|_| Malformed)?;
    Ok((key, claims))
}

/// A URL as RFC 3986 §6.2 makes it comparable, as far as proofs need it: without query and fragment, scheme and host in
/// lower case, without the port that `https` has anyway.
fn normal(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = bare.split_once("://") else { return bare.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let host = if scheme == "https" { host.strip_suffix(":443").unwrap_or(&host) } else { &host };
    format!("{scheme}://{host}{}", if path.is_empty() { "/" } else { path })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::now;

    const URL: &str = "https://127.0.0.1:8443/fhir/R4/Patient";
    const TOKEN: &str = "rga_token";

    // RFC 9449 §4.1, with the thumbprint that §6.1 gives for its key.
    const OF_THE_RFC: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo\
UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6Il\
AtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIi\
wiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    type Change<'a> = &'a dyn Fn(&mut Value);

    fn encode(value: &Value) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
    }

    /// A key, and proofs that it signs after something was done to a good one's header and claims.
    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn jwk(&self) -> Value {
            let point = self.0.public_key().as_ref();
            let of = |range: std::ops::Range<usize>| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
            json!({"kty": "EC", "crv": "P-256", "x": of(1..33), "y": of(33..65)})
        }

        fn proof(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
            let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
            let ath = BASE64_URL_SAFE_NO_PAD.encode(sha256(TOKEN.as_bytes()));
            let mut claims =
                json!({"jti": "one", "htm": "GET", "htu": URL, "iat": now().as_second(), "ath": ath});
            change(&mut header, &mut claims);
            self.sign(&format!("{}.{}", encode(&header), encode(&claims)))
        }

        fn sign(&self, text: &str) -> String {
            let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
            format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn judged(proof: &str) -> Result<Proven, BadProof> {
        prove(proof, &Expected { method: "GET", url: URL, token: Some(TOKEN), now: now() })
    }

    #[test]
    fn the_proof_of_the_rfc_is_good_for_its_request_at_its_time() {
        let made = Timestamp::from_second(1_562_262_616).unwrap();
        let expected =
            Expected { method: "POST", url: "https://server.example.com/token", token: None, now: made };
        let proven = prove(OF_THE_RFC, &expected).unwrap();
        assert_eq!((proven.key.as_str(), proven.made), (THUMBPRINT, made));
        let at = |seconds: i64| {
            let now = Timestamp::from_second(1_562_262_616 + seconds).unwrap();
            prove(OF_THE_RFC, &Expected { now, ..expected }).map(drop)
        };
        assert_eq!((at(-60), at(59)), (Ok(()), Ok(())));
        for off in [-3600, -61, 60, 3600] {
            assert_eq!(at(off), Err(BadProof::Time), "{off}");
        }
    }

    #[test]
    fn t54_a_proof_counts_for_its_own_request_alone() {
        let signer = Signer::new();
        assert!(judged(&signer.proof(|_, _| {})).is_ok());
        let wrong: [(&str, Value, BadProof); 11] = [
            ("htm", json!("POST"), BadProof::Method),
            ("htm", json!("get"), BadProof::Method),
            ("htu", json!("https://127.0.0.1:8443/fhir/R4/Observation"), BadProof::Address),
            ("htu", json!("https://127.0.0.1:8443/fhir/R4/patient"), BadProof::Address),
            ("htu", json!("http://127.0.0.1:8443/fhir/R4/Patient"), BadProof::Address),
            ("htu", json!(""), BadProof::Address),
            ("ath", json!(BASE64_URL_SAFE_NO_PAD.encode(sha256(b"rga_other"))), BadProof::Token),
            ("ath", Value::Null, BadProof::Token),
            ("jti", json!(""), BadProof::Id),
            ("jti", json!("j".repeat(257)), BadProof::Id),
            ("iat", json!(now().as_second() - 3600), BadProof::Time),
        ];
        for (claim, value, why) in wrong {
            let proof = signer.proof(|_, claims| claims[claim] = value.clone());
            assert_eq!(judged(&proof), Err(why), "{claim} {value}");
        }
        for missing in ["jti", "htm", "htu", "iat"] {
            let proof = signer.proof(|_, claims| drop(claims.as_object_mut().unwrap().remove(missing)));
            assert_eq!(judged(&proof), Err(BadProof::Malformed), "{missing}");
        }
    }

    #[test]
    fn what_a_proof_is_signed_with_is_its_own_public_key_and_nothing_else() {
        let (signer, other) = (Signer::new(), Signer::new());
        let private = |jwk: &mut Value| jwk["d"] = json!("AQAB");
        let wrong: [(Change<'_>, BadProof); 9] = [
            (&|header| header["typ"] = json!("JWT"), BadProof::Header),
            (&|header| header["crit"] = json!([]), BadProof::Header),
            (&|header| header["alg"] = json!("none"), BadProof::Algorithm),
            (&|header| header["alg"] = json!("HS256"), BadProof::Algorithm),
            (&|header| header["alg"] = json!("RS384"), BadProof::Algorithm),
            (&|header| header["alg"] = json!("ES384"), BadProof::Key),
            (&|header| private(&mut header["jwk"]), BadProof::Key),
            (&|header| header["jwk"]["kty"] = json!("oct"), BadProof::Key),
            (&|header| header["jwk"] = other.jwk(), BadProof::Signature),
        ];
        for (at, (change, why)) in wrong.into_iter().enumerate() {
            assert_eq!(judged(&signer.proof(|header, _| change(header))), Err(why), "{at}");
        }
        let proof = signer.proof(|_, _| {});
        let (text, _) = proof.rsplit_once('.').unwrap();
        let zeros = format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64]));
        assert_eq!(judged(&zeros), Err(BadProof::Signature));
        let twice = signer.sign(&format!(
            "{}.{}",
            text.split('.').next().unwrap(),
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"jti":"a","jti":"b","htm":"GET","htu":"","iat":0}"#)
        ));
        for text in ["", ".", "..", "a.b.c", text, &format!("{proof}.x"), &twice, &"x".repeat(LONGEST + 1)] {
            assert_eq!(judged(text), Err(BadProof::Malformed));
        }
    }

    #[test]
    fn an_address_is_compared_as_urls_are() {
        let signer = Signer::new();
        for same in [
            "HTTPS://127.0.0.1:8443/fhir/R4/Patient",
            "https://127.0.0.1:8443/fhir/R4/Patient?_id=1",
            "https://127.0.0.1:8443/fhir/R4/Patient#x",
        ] {
            assert!(judged(&signer.proof(|_, claims| claims["htu"] = json!(same))).is_ok(), "{same}");
        }
        assert_eq!(normal("https://A.example:443"), "https://a.example/");
        assert_ne!(normal("https://a.example:8443/x"), normal("https://a.example/x"));
        assert_ne!(normal("http://a.example:443/x"), normal("http://a.example/x"));
    }
}
