//! The one place that draws random numbers: codes, tokens and the names of sign-ins, and how they are recognised.
//! A secret is kept only as its SHA-256: who reads the store cannot use what is in it.

use aws_lc_rs::{
    constant_time, digest, hmac,
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// What a secret is for; its first letters say so, so that a leaked one can be recognised by a scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Access,
    Refresh,
    Code,
    Pushed,
    /// Which browser it is.
    Browser,
    /// One trip to an identity provider.
    Trip,
    /// Somebody who has signed in and has not answered yet.
    Ticket,
    /// Somebody who has signed in to look at their own account.
    Presence,
}

/// The system gave no random numbers; nothing can be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRandomness;

/// Characters of 256 bits in base64url.
const DIGITS: usize = 43;

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Access => "rga_",
            Self::Refresh => "rgr_",
            Self::Code => "rgc_",
            Self::Pushed => "rgp_",
            Self::Browser => "rgb_",
            Self::Trip => "rgs_",
            Self::Ticket => "rgt_",
            Self::Presence => "rgv_",
        }
    }

    /// A new secret of 256 bits.
    pub(crate) fn draw(self) -> Result<String, NoRandomness> {
        Ok(format!("{}{}", self.prefix(), random::<32>()?))
    }

    /// Under what a secret is kept, if the text has the shape of one for this purpose.
    pub(crate) fn hash(self, secret: &str) -> Option<[u8; 32]> {
        let digits = secret.strip_prefix(self.prefix())?;
        (digits.len() == DIGITS && digits.bytes().all(is_base64url)).then(|| sha256(secret.as_bytes()))
    }
}

/// A name that all tokens of one sign-in share.
pub(crate) fn family() -> Result<String, NoRandomness> {
    random::<16>()
}

/// What a letter calls an account: eight digits.
pub(crate) fn account_id() -> Result<String, NoRandomness> {
    let drawn = u64::from_le_bytes(bytes()?);
    Ok(format!("{:08}", drawn % 100_000_000))
}

/// The key of a letter: 80 bits, in letters and digits of which none looks like another (Crockford's base 32).
pub(crate) fn linkage_key() -> Result<String, NoRandomness> {
    let drawn: [u8; 16] = bytes()?;
    Ok(drawn.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).map(|b| char::from(*b)).collect())
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

fn random<const N: usize>() -> Result<String, NoRandomness> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}

/// What S256 makes of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

/// Another secret of 256 bits in base64url, made from one secret for one purpose.
pub(crate) fn derived(secret: &str, purpose: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes()))
}

/// Whether a text is what S256 makes of a verifier: 256 bits in base64url without padding.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(is_base64url)
}

/// Whether a verifier (RFC 7636 §4.1) is the one that a challenge was made from, in constant time.
pub(crate) fn verifies(verifier: &str, challenge: &str) -> bool {
    let unreserved = |b: u8| is_base64url(b) || b == b'.' || b == b'~';
    let fits = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let made = self::challenge(verifier);
    constant_time::verify_slices_are_equal(made.as_bytes(), challenge.as_bytes()).is_ok() && fits
}

fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    let made = digest::digest(&digest::SHA256, bytes);
    hash.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_purpose_in_front_and_is_only_known_for_it() {
        let secret = Purpose::Refresh.draw().unwrap();
        assert_eq!(secret.len(), 47);
        assert!(Purpose::Refresh.hash(&secret).is_some());
        assert_eq!(Purpose::Access.hash(&secret), None);
        assert_eq!(Purpose::Refresh.hash(&secret[..46]), None);
        assert_eq!(Purpose::Refresh.hash(&format!("{secret}A")), None);
        assert_eq!(Purpose::Refresh.hash(&format!("{}=", &secret[..46])), None);
        assert_ne!(secret, Purpose::Refresh.draw().unwrap());
        assert_ne!(family().unwrap(), family().unwrap());
    }

    #[test]
    fn only_the_verifier_of_the_challenge_fits() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_challenge(challenge));
        assert!(verifies(verifier, challenge));
        assert!(!verifies(challenge, challenge), "plain");
        assert!(!verifies("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", challenge));
        assert!(!verifies("", challenge));
        assert!(!is_challenge(&format!("{challenge}=")));
        let short = "short";
        let of_short = BASE64_URL_SAFE_NO_PAD.encode(sha256(short.as_bytes()));
        assert!(!verifies(short, &of_short), "a verifier below 43 characters can be guessed");
    }
}
