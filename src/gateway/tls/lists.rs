//! Until when revocation lists are in force. One that is out of date refuses everybody (`tls/clients.rs`), so that its
//! operator must hear of it before.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil::DateTime};
use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject};

use super::{TlsError, names::tagged, pem_error};

/// A revocation list, and when the next one should be there (`nextUpdate`, RFC 5280, 5.1.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The file that it is in.
    pub file: PathBuf,
    /// From then on it is out of date; none if it does not say.
    pub ends: Option<Timestamp>,
}

/// The lists in PEM files.
///
/// # Errors
/// If a file cannot be read.
pub fn lists(files: &[PathBuf]) -> Result<Vec<List>, TlsError> {
    files.iter().flat_map(|file| in_file(file)).collect()
}

fn in_file(file: &Path) -> Vec<Result<List, TlsError>> {
    let failed = |error| pem_error("intake.crls", file, error);
    match CertificateRevocationListDer::pem_file_iter(file) {
        Err(error) => vec![Err(failed(error))],
        Ok(found) => found
            .map(|one| Ok(List { file: file.to_owned(), ends: next_update(&one.map_err(failed)?) }))
            .collect(),
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// `CertificateList`: in it `TBSCertList`, in that an optional version, algorithm, issuer, `thisUpdate`, `nextUpdate`.
fn next_update(list: &[u8]) -> Option<Timestamp> {
    let rest = opened(opened(list)?)?;
    let rest = tagged(rest, INTEGER).map_or(rest, |(_, rest)| rest);
    let (_, rest) = tagged(rest, SEQUENCE)?;
    let (_, rest) = tagged(rest, SEQUENCE)?;
    let (_, rest) = timed(rest)?;
    timed(rest)?.0
}

/// What stands in the sequence at the beginning, however long that says that it is.
fn opened(bytes: &[u8]) -> Option<&[u8]> {
    let (SEQUENCE, rest) = bytes.split_first().map(|(tag, rest)| (*tag, rest))? else { return None };
    let (first, rest) = rest.split_first()?;
    match usize::from(*first) {
        0..=0x7f => Some(rest),
        long => rest.get(long - 0x80..),
    }
}

/// A time, in one of the two forms of RFC 5280, 4.1.2.5, and what follows it.
fn timed(bytes: &[u8]) -> Option<(Option<Timestamp>, &[u8])> {
    let (text, rest, century) = match (tagged(bytes, UTC_TIME), tagged(bytes, GENERALIZED_TIME)) {
        (Some((text, rest)), _) if text.first()? < &b'5' => (text, rest, "20"),
        (Some((text, rest)), _) => (text, rest, "19"),
        (None, Some((text, rest))) => (text, rest, ""),
        (None, None) => return None,
    };
    let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
    let at = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok();
    let at = at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|at| at.timestamp());
    Some((at, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_list_is_read_in_both_forms() {
        use rcgen::{
            BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa,
            KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
        };
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        // So many that lengths need one, two and three bytes.
        for (until, revoked) in [(2030, 0), (2055, 10), (2049, 3000)] {
            let one = |serial: u64| RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: date_time_ymd(2026, 1, 1),
                reason_code: None,
                invalidity_date: None,
            };
            let list = CertificateRevocationListParams {
                this_update: date_time_ymd(2021, 1, 1),
                next_update: date_time_ymd(until, 2, 3),
                crl_number: SerialNumber::from(1),
                issuing_distribution_point: None,
                revoked_certs: (0..revoked).map(one).collect(),
                key_identifier_method: KeyIdMethod::Sha256,
            };
            let list = list.signed_by(&authority).unwrap();
            let expected: Timestamp = format!("{until}-02-03T00:00:00Z").parse().unwrap();
            assert_eq!(next_update(list.der()), Some(expected));
            for cut in 0..60.min(list.der().len()) {
                next_update(&list.der()[..cut]);
            }
        }
        assert_eq!(next_update(b"nonsense"), None);
    }
}
