//! What speaks against a client certificate: a closed list, with words for whoever operates the service. Nothing that
//! the certificate says of itself is among them.

use aws_lc_rs::rsa::PublicEncryptingKey;
use rustls::{CertRevocationListError, CertificateError, Error, OtherError, pki_types::CertificateDer};
use webpki::EndEntityCert;

/// Whom a certificate of the authorities belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A supplier.
    Supplier,
    /// It has the name of this supplier, and none of the keys that are pinned for it.
    OtherKey(String),
    /// No supplier has its name.
    Nobody,
}

/// What speaks against a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    Ended,
    NotYet,
    Revoked,
    NoList,
    OldList,
    Issuer,
    SelfSigned,
    Purpose,
    Algorithm,
    Signature,
    ShortKey,
    Name,
    Key,
    Malformed,
}

impl Doubt {
    /// What an error of the verification means.
    pub(super) fn of(error: &Error) -> Self {
        use CertificateError as Bad;
        let Error::InvalidCertificate(bad) = error else {
            let list =
                matches!(error, Error::InvalidCertRevocationList(CertRevocationListError::BadSignature));
            return if list { Self::NoList } else { Self::Malformed };
        };
        match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => Self::Ended,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::NotYet,
            Bad::Revoked => Self::Revoked,
            Bad::UnknownRevocationStatus => Self::NoList,
            Bad::ExpiredRevocationList | Bad::ExpiredRevocationListContext { .. } => Self::OldList,
            Bad::UnknownIssuer => Self::Issuer,
            // webpki tells of no other certificate than an authority's own, which is signed by itself or by others.
            Bad::Other(other) if is_authority(other) => Self::SelfSigned,
            Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => Self::Purpose,
            Bad::UnsupportedSignatureAlgorithmContext { .. }
            | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::Algorithm,
            Bad::BadSignature => Self::Signature,
            _ => Self::Malformed,
        }
    }

    /// What it is counted and looked for by.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::NotYet => "not-begun",
            Self::Revoked => "revoked",
            Self::NoList => "no-revocation-list",
            Self::OldList => "old-revocation-list",
            Self::Issuer => "unknown-issuer",
            Self::SelfSigned => "authority-certificate",
            Self::Purpose => "not-for-clients",
            Self::Algorithm => "weak-signature",
            Self::Signature => "bad-signature",
            Self::ShortKey => "short-key",
            Self::Name => "unknown-name",
            Self::Key => "unknown-key",
            Self::Malformed => "malformed",
        }
    }

    /// What happened and what to do.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Ended => "its time has ended; the supplier must renew it",
            Self::NotYet => "its time has not begun; compare the clock of this machine with the supplier's",
            Self::Revoked => "its authority has revoked it; the supplier needs another one",
            Self::NoList => "no revocation list of its issuer is in intake.crls; add it there",
            Self::OldList => {
                "the revocation list of its issuer is out of date; fetch the new one that intake.crls names"
            }
            Self::Issuer => "no authority in intake.client_ca issued it, or one between was not sent along",
            Self::SelfSigned => {
                "it is an authority's own certificate (CA:TRUE), as self-signed ones are; the supplier must show one \
                 that an authority in intake.client_ca issued to it"
            }
            Self::Purpose => "it is not for TLS clients; its extended key usage must have clientAuth",
            Self::Algorithm => "it or its issuer is signed in a way that is not accepted, such as with SHA-1",
            Self::Signature => "its signature is not its issuer's, or its issuer's key is too short",
            Self::ShortKey => "its key is RSA of fewer than 2048 bits; the supplier must make another one",
            Self::Name => "no [[intake.supplier]] has its SPIFFE id or subject",
            Self::Key => "its key is none of the keys that are pinned for its supplier",
            Self::Malformed => {
                "it, or the chain that came with it, is malformed, too long or breaks a constraint"
            }
        }
    }
}

/// Whether a certificate was shown that is an authority's, and not one that an authority issued to somebody.
fn is_authority(error: &OtherError) -> bool {
    matches!(error.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Whether a certificate's key is RSA, and not of 2048 to 8192 bits.
pub(super) fn has_short_key(certificate: &CertificateDer<'_>) -> bool {
    /// `rsaEncryption` (RFC 8017, appendix C).
    const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let Ok(parsed) = EndEntityCert::try_from(certificate) else { return true };
    let key = parsed.subject_public_key_info();
    let is_rsa = key.windows(RSA.len()).take(RSA.len()).any(|part| part == RSA);
    is_rsa && PublicEncryptingKey::from_der(&key).is_err()
}
