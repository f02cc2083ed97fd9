//! The public keys by which an app proves who it is: JWK Sets (RFC 7517) with RSA keys for RS384 and P-384 keys for
//! ES384 (SMART App Launch 2.2, asymmetric authentication); those of an identity provider, RSA for RS512 alone; and the
//! one in a DPoP proof, P-256 or P-384. What a key may be used for is said by the key and by whose it is, never by what
//! was signed with it.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::secret::sha256;

/// Longest set that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Most keys in a set.
const MOST: usize = 32;
/// Longest `kid`, in bytes.
const LONGEST_ID: usize = 256;

/// How something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs384,
    Es384,
    Rs512,
    Es256,
}

impl Algorithm {
    /// Those that are taken from apps.
    pub(crate) const ALL: [Self; 2] = [Self::Rs384, Self::Es384];
    /// Those that are taken in DPoP proofs.
    pub(crate) const PROOFS: [Self; 2] = [Self::Es256, Self::Es384];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs384 => "RS384",
            Self::Es384 => "ES384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The names of the algorithms that are taken from apps.
pub const ALGORITHMS: [&str; 2] = ["RS384", "ES384"];

/// Keys that can be used here.
#[derive(Debug)]
pub struct KeySet(Vec<Key>);

/// The names of the algorithms that are taken in DPoP proofs.
pub const PROOF_ALGORITHMS: [&str; 2] = ["ES256", "ES384"];

struct Key {
    id: String,
    algorithm: Algorithm,
    public: Public,
}

enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm.name())
    }
}

/// Why a set of keys is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKeys {
    /// Not a JWK Set in JSON, or too long.
    NotASet,
    /// It holds a secret or the private part of a key: whoever published it must take another.
    Secret,
    /// None of its keys can be used: RSA of 2048 bits and more or EC on P-384, each with a `kid` of its own.
    NoneUsable,
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotASet => "the keys are not a JWK Set in JSON of at most 64 KiB and 32 keys",
            Self::Secret => "the keys hold a private part: it is known now, so make a new pair",
            Self::NoneUsable => "none of the keys has a kid and is RSA of 2048 bits or more, or EC on P-384",
        })
    }
}

impl std::error::Error for BadKeys {}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

/// Members that count; one that stands twice refuses the set.
#[derive(Deserialize)]
pub(crate) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    d: bool,
    #[serde(default, deserialize_with = "is_there")]
    k: bool,
}

/// Whatever it is, it is there.
pub(crate) fn is_there<'d, D: Deserializer<'d>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

impl KeySet {
    /// Reads an app's set. Keys of other kinds or for other purposes are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// [`BadKeys`].
    pub fn parse(text: &[u8]) -> Result<Self, BadKeys> {
        Self::read(text, &Algorithm::ALL)
    }

    /// Reads the set of an identity provider that signs with RS512, as NHS login does. Every other key is left out.
    ///
    /// # Errors
    /// [`BadKeys`].
    pub fn of_provider(text: &[u8]) -> Result<Self, BadKeys> {
        Self::read(text, &[Algorithm::Rs512])
    }

    fn read(text: &[u8], taken: &[Algorithm]) -> Result<Self, BadKeys> {
        if text.len() > LONGEST {
            return Err(BadKeys::NotASet);
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| BadKeys::NotASet)?;
        if set.keys.len() > MOST {
            return Err(BadKeys::NotASet);
        }
        if set.keys.iter().any(|key| key.d || key.k || key.kty == "oct") {
            return Err(BadKeys::Secret);
        }
        let keys: Vec<Key> = set.keys.into_iter().filter_map(|key| key.usable(taken)).collect();
        if keys.is_empty() { Err(BadKeys::NoneUsable) } else { Ok(Self(keys)) }
    }

    /// Whether there is a key of this name, of whatever kind.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }

    /// The one key of this name and for this algorithm; where there are two, nobody knows which is meant.
    fn one(&self, id: &str, algorithm: Algorithm) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| key.id == id && key.algorithm == algorithm);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Whether a text was signed with the key of this name; none if there is no such key.
    pub(crate) fn verifies(
        &self,
        id: &str,
        algorithm: Algorithm,
        text: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        self.one(id, algorithm).map(|key| key.verifies(text, signature))
    }
}

impl Jwk {
    fn usable(self, taken: &[Algorithm]) -> Option<Key> {
        let id = self.kid.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)?;
        let signs = self.purpose.is_none_or(|purpose| purpose == "sig")
            && self.key_ops.is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let number = |text: Option<String>| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text?).ok()?;
            (bytes.first() != Some(&0)).then_some(bytes)
        };
        let public = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (number(self.n)?, number(self.e)?);
                ((256..=1024).contains(&n.len()) && !e.is_empty()).then_some(Public::Rsa { n, e })?
            }
            ("EC", Some("P-384")) => Public::P384(point(self.x, self.y, 48)?),
            _ => return None,
        };
        let algorithm = taken.iter().copied().find(|algorithm| public.is_for(*algorithm))?;
        let fits = self.alg.is_none_or(|alg| alg == algorithm.name());
        (signs && fits).then_some(Key { id, algorithm, public })
    }
}

/// A point that is not compressed. Coordinates have their full length, zeros in front too (RFC 7518 §6.2.1.2).
fn point(x: Option<String>, y: Option<String>, half: usize) -> Option<Vec<u8>> {
    let decode = |text: Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text?).ok();
    let (x, y) = (decode(x)?, decode(y)?);
    (x.len() == half && y.len() == half).then(|| [vec![4], x, y].concat())
}

/// The key that a DPoP proof brings along (RFC 9449 §4.2).
pub(crate) struct ProofKey {
    public: Public,
    /// Its thumbprint (RFC 7638).
    pub(crate) thumbprint: String,
}

impl ProofKey {
    /// # Errors
    /// If it is no public key for this algorithm.
    pub(crate) fn of(jwk: Jwk, algorithm: Algorithm) -> Option<Self> {
        if jwk.d || jwk.k || jwk.kty != "EC" {
            return None;
        }
        let (curve, half) = match algorithm {
            Algorithm::Es256 => ("P-256", 32),
            Algorithm::Es384 => ("P-384", 48),
            Algorithm::Rs384 | Algorithm::Rs512 => return None,
        };
        if jwk.crv.as_deref() != Some(curve) {
            return None;
        }
        let (x, y) = (jwk.x?, jwk.y?);
        let members = format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let point = point(Some(x), Some(y), half)?;
        let public = if half == 32 { Public::P256(point) } else { Public::P384(point) };
        Some(Self { public, thumbprint: BASE64_URL_SAFE_NO_PAD.encode(sha256(members.as_bytes())) })
    }

    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.public.verifies_ec(text, signature)
    }
}

impl Public {
    /// Whether a key on a curve fits; one that is on none does not.
    fn verifies_ec(&self, text: &[u8], signature: &[u8]) -> bool {
        let (how, point) = match self {
            Self::P256(point) => (&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => (&ECDSA_P384_SHA384_FIXED, point),
            Self::Rsa { .. } => return false,
        };
        UnparsedPublicKey::new(how, point).verify(text, signature).is_ok()
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => matches!(algorithm, Algorithm::Rs384 | Algorithm::Rs512),
            Self::P256(_) => algorithm == Algorithm::Es256,
            Self::P384(_) => algorithm == Algorithm::Es384,
        }
    }
}

impl Key {
    fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa { n, e } => {
                let how = match self.algorithm {
                    Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Es384 | Algorithm::Es256 => return false,
                };
                RsaPublicKeyComponents { n, e }.verify(how, text, signature).is_ok()
            }
            Public::P256(_) | Public::P384(_) => self.public.verifies_ec(text, signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{P384_SET, RSA_SET};

    fn parse(text: &str) -> Result<KeySet, BadKeys> {
        KeySet::parse(text.as_bytes())
    }

    #[test]
    fn keys_of_both_kinds_are_found_by_name_and_algorithm() {
        let both = RSA_SET.replace("]}", ",") + &P384_SET.replace("{\"keys\":[", "");
        let both = parse(&both).unwrap_or_else(|error| panic!("{error}: {both}"));
        assert!(both.names("rsa") && both.names("p384") && !both.names("RSA"));
        assert!(both.one("rsa", Algorithm::Rs384).is_some() && both.one("p384", Algorithm::Es384).is_some());
        assert!(both.one("rsa", Algorithm::Es384).is_none() && both.one("p384", Algorithm::Rs384).is_none());
        assert_eq!(both.verifies("rsa", Algorithm::Es384, b"x", &[0; 96]), None);
        for zero in [[0; 96].as_slice(), &[0; 256], &[]] {
            assert_eq!(both.verifies("p384", Algorithm::Es384, b"x", zero), Some(false), "r = s = 0");
            assert_eq!(both.verifies("rsa", Algorithm::Rs384, b"x", zero), Some(false));
        }
        assert_eq!(ALGORITHMS, Algorithm::ALL.map(Algorithm::name));
    }

    #[test]
    fn two_keys_of_one_name_and_kind_are_none() {
        let (set, key) =
            (P384_SET.strip_suffix("]}").unwrap(), P384_SET.strip_prefix("{\"keys\":[").unwrap());
        let twice = parse(&format!("{set},{key}")).unwrap();
        assert!(twice.names("p384") && twice.one("p384", Algorithm::Es384).is_none());
    }

    #[test]
    fn what_is_secret_refuses_the_set() {
        for private in ["\"d\":\"AQAB\"", "\"d\":null", "\"d\":7"] {
            let set = P384_SET.replace("\"kty\"", &format!("{private},\"kty\""));
            assert_eq!(parse(&set).unwrap_err(), BadKeys::Secret, "{private}");
        }
        let set = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AQAB\"}]}";
        assert_eq!(parse(set).unwrap_err(), BadKeys::Secret);
    }

    #[test]
    fn keys_that_are_for_something_else_or_too_weak_are_not_used() {
        for (from, to) in [
            ("\"kid\":\"p384\",", ""),
            ("\"kid\":\"p384\"", "\"kid\":\"\""),
            ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"use\":\"enc\""),
            ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"key_ops\":[\"sign\"]"),
            ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"alg\":\"ES256\""),
            ("\"kty\":\"EC\"", "\"kty\":\"OKP\""),
            ("P-384", "P-256"),
            ("\"x\":\"", "\"x\":\"AA"),
            ("\"x\":\"", "\"z\":\""),
        ] {
            assert!(P384_SET.contains(from));
            assert_eq!(parse(&P384_SET.replace(from, to)).unwrap_err(), BadKeys::NoneUsable, "{from} {to}");
        }
        let of_1024 = BASE64_URL_SAFE_NO_PAD.encode([0xff; 128]);
        let weak =
            format!("{{\"keys\":[{{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"{of_1024}\",\"e\":\"AQAB\"}}]}}");
        assert_eq!(parse(&weak).unwrap_err(), BadKeys::NoneUsable);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let many = format!("{{\"keys\":[{}]}}", vec!["{\"kty\":\"EC\"}"; 33].join(","));
        let twice = P384_SET.replace("\"kty\":\"EC\"", "\"kty\":\"EC\",\"kty\":\"RSA\"");
        for text in
            ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[7]}", &many, &twice, &" ".repeat(LONGEST + 1)]
        {
            assert_eq!(parse(text).unwrap_err(), BadKeys::NotASet);
        }
        assert_eq!(parse("{\"keys\":[]}").unwrap_err(), BadKeys::NoneUsable);
    }
}
