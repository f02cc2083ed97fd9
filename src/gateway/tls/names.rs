//! Who a client certificate says that its holder is: a SPIFFE id, or a distinguished name; and the hash of its key.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use webpki::EndEntityCert;

/// What identifies the holder of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The URI among its alternative names, if there is exactly one (SPIFFE X.509-SVID, 2).
    pub uri: Option<String>,
    /// Its subject, if it consists of attributes that are known here.
    pub subject: Option<Subject>,
    /// SHA-256 of its public key (SubjectPublicKeyInfo) in lower-case hexadecimal.
    pub key: String,
}

impl Identity {
    /// Reads a certificate that has been found good.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let parsed = EndEntityCert::try_from(certificate).ok()?;
        let mut uris = parsed.valid_uri_names();
        let uri = match (uris.next(), uris.next()) {
            (Some(uri), None) => Some(uri.to_owned()),
            _ => None,
        };
        let key = hex(digest(&SHA256, &parsed.subject_public_key_info()).as_ref());
        Some(Self { uri, subject: Subject::from_der(parsed.subject()), key })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A distinguished name: attributes in the order of the certificate, as in `C=GB, O=Example Systems, CN=push.example`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Subject(Vec<(&'static str, String)>);

/// The attributes that may identify somebody, with their object identifiers (X.520, RFC 4519).
const ATTRIBUTES: [(&str, &[u8]); 8] = [
    ("CN", &[0x55, 4, 3]),
    ("serialNumber", &[0x55, 4, 5]),
    ("C", &[0x55, 4, 6]),
    ("L", &[0x55, 4, 7]),
    ("ST", &[0x55, 4, 8]),
    ("O", &[0x55, 4, 10]),
    ("OU", &[0x55, 4, 11]),
    ("DC", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25]),
];

impl Subject {
    /// From the content of a certificate's subject. None if anything in it is not understood.
    fn from_der(mut names: &[u8]) -> Option<Self> {
        const SET: u8 = 0x31;
        const SEQUENCE: u8 = 0x30;
        const OID: u8 = 0x06;
        let mut attributes = Vec::new();
        while !names.is_empty() {
            let (mut one, rest) = tagged(names, SET)?;
            names = rest;
            while !one.is_empty() {
                let (pair, others) = tagged(one, SEQUENCE)?;
                one = others;
                let (oid, value) = tagged(pair, OID)?;
                let (name, _) = ATTRIBUTES.iter().find(|(_, known)| *known == oid)?;
                attributes.push((*name, text(value)?));
            }
        }
        Some(Self(attributes)).filter(|subject| !subject.0.is_empty())
    }
}

/// The content of the element at the beginning, if it has this tag, and what follows it.
pub(super) fn tagged(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    if *found == tag { rest.split_at_checked(length) } else { None }
}

/// A `UTF8String`, `PrintableString` or `IA5String`.
fn text(value: &[u8]) -> Option<String> {
    let (words, rest) = [0x0c, 0x13, 0x16].into_iter().find_map(|tag| tagged(value, tag))?;
    let words = std::str::from_utf8(words).ok()?;
    (rest.is_empty() && !words.chars().any(char::is_control)).then(|| words.to_owned())
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut attributes = Vec::new();
        for part in text.split(',') {
            let (name, value) =
                part.split_once('=').ok_or("a subject is written like C=GB, O=Example, CN=push.example")?;
            let known = ATTRIBUTES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
            let (name, _) = known.ok_or("known attributes are CN, serialNumber, C, L, ST, O, OU and DC")?;
            attributes.push((*name, value.trim().to_owned()));
        }
        Ok(Self(attributes))
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_known_by_its_names_and_its_key() {
        use rcgen::{CertificateParams, DnType, KeyPair, SanType};
        let key = KeyPair::generate().unwrap();
        let made = |uris: &[&str]| {
            let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::CountryName, "GB");
            params.distinguished_name.push(DnType::OrganizationName, "Example Systems");
            params.distinguished_name.push(DnType::CommonName, "push.example");
            params.subject_alt_names.extend(uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())));
            Identity::of(params.self_signed(&key).unwrap().der()).unwrap()
        };
        let one = made(&["spiffe://nhs.example/supplier"]);
        assert_eq!(one.uri.as_deref(), Some("spiffe://nhs.example/supplier"));
        assert_eq!(one.subject, Some("C=GB, O=Example Systems,CN=push.example".parse().unwrap()));
        assert_eq!(one.subject.as_ref().unwrap().to_string(), "C=GB, O=Example Systems, CN=push.example");
        assert_eq!((one.key.len(), &one.key), (64, &made(&[]).key));
        assert_eq!(made(&["spiffe://a/1", "spiffe://a/2"]).uri, None, "two would be none for sure");
        assert_eq!(made(&[]).uri, None);
    }

    #[test]
    fn a_subject_that_is_not_understood_identifies_nobody() {
        for bad in ["", "CN", "X=1", "CN=a, 2.5.4.3=b"] {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
        assert_eq!(Subject::from_der(&[]), None);
        assert_eq!(Subject::from_der(&[0x31, 0x84, 0, 0, 0, 1]), None);
        assert_eq!(Subject::from_der(&[0x31, 3, 0x30, 1, 6]), None);
    }
}
