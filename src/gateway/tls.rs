//! TLS for the app-facing listener: 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, session tickets, no client certificates.
//!
//! The certificate lies behind a swap, so that a renewed one is used without a restart. A bad one never replaces a good
//! one. Knows files and certificates, nothing of HTTP. The listener for suppliers asks for theirs (`tls/clients.rs`).

mod clients;
mod doubt;
mod lists;
mod names;
mod shown;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use webpki::{EndEntityCert, KeyUsage};

pub use clients::Clients;
pub use doubt::Holder;
pub use lists::{List, lists};
pub use names::{Identity, Subject};

/// What HTTP/2 and HTTP/1.1 are called in ALPN, in the order in which they are preferred.
pub const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate or its key cannot be used.
#[derive(Debug)]
pub struct TlsError {
    key: &'static str,
    message: String,
}

impl TlsError {
    /// The configuration key that it is about.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TlsError {}

impl TlsError {
    /// The same, about another key of the configuration.
    #[must_use]
    pub fn about(self, key: &'static str) -> Self {
        Self { key, ..self }
    }
}

/// Reads a certificate chain and its key, and makes sure that they belong together.
///
/// # Errors
/// If a file cannot be read or used, or they do not belong together.
pub fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let of_certificate = |error| pem_error("tls.certificate", certificate, error);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .map_err(of_certificate)?
        .collect::<Result<_, _>>()
        .map_err(of_certificate)?;
    if chain.is_empty() {
        return Err(of_certificate(pem::Error::NoItemsFound));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| pem_error("tls.key", key, error))?;
    CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError {
            key: "tls.key",
            message: "it does not belong to the certificate; name the two that do".into(),
        },
        other => {
            TlsError { key: "tls.certificate", message: format!("cannot be used with its key: {other}") }
        }
    })
}

fn pem_error(key: &'static str, file: &Path, error: pem::Error) -> TlsError {
    let shown = file.display();
    let message = match error {
        pem::Error::Io(error) => format!("cannot read {shown}: {error}"),
        pem::Error::NoItemsFound => format!("{shown} holds none; it must be a PEM file with one"),
        _ => format!("{shown} is not a whole PEM file; export it again"),
    };
    TlsError { key, message }
}

/// Whether a certificate is good at a time, as a client would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is.
    Good,
    /// Not before this.
    Begins(Timestamp),
    /// Not after this.
    Ended(Timestamp),
    /// Clients cannot make sense of it.
    Broken,
}

/// Whether the server's certificate is good at a time. Who issued it is for clients to judge.
#[must_use]
pub fn validity(pair: &CertifiedKey, at: Timestamp) -> Validity {
    let Some(certificate) = end_entity(pair) else { return Validity::Broken };
    let time =
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.as_second().max(0).unsigned_abs()));
    let stamp = |time: UnixTime| {
        i64::try_from(time.as_secs())
            .ok()
            .and_then(|s| Timestamp::from_second(s).ok())
            .unwrap_or(Timestamp::MAX)
    };
    // Without trust anchors no path is found; but time is looked at before that.
    match certificate.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None).err() {
        Some(webpki::Error::CertExpired { not_after, .. }) => Validity::Ended(stamp(not_after)),
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => Validity::Begins(stamp(not_before)),
        Some(webpki::Error::InvalidCertValidity | webpki::Error::BadDer | webpki::Error::BadDerTime) => {
            Validity::Broken
        }
        _ => Validity::Good,
    }
}

/// Whether the server's certificate is for a host.
#[must_use]
pub fn covers(pair: &CertifiedKey, host: &str) -> bool {
    let (Some(certificate), Ok(name)) = (end_entity(pair), ServerName::try_from(host)) else { return false };
    certificate.verify_is_valid_for_subject_name(&name).is_ok()
}

fn end_entity(pair: &CertifiedKey) -> Option<EndEntityCert<'_>> {
    EndEntityCert::try_from(pair.cert.first()?).ok()
}

/// The certificate in use, and the files that a new one is read from.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the certificate that is used from now on.
    ///
    /// # Errors
    /// As [`read`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Arc::new(Self { certificate: certificate.to_owned(), key: key.to_owned(), current }))
    }

    /// Reads the files again. New connections get the new certificate, old ones go on. One that cannot be used or is
    /// not valid now leaves the old one in place.
    ///
    /// # Errors
    /// As [`read`], or if it is out of its time.
    pub fn reload(&self, now: Timestamp) -> Result<(), TlsError> {
        let new = read(&self.certificate, &self.key)?;
        if validity(&new, now) != Validity::Good {
            let message = "the new one is not valid now; the old one stays in use".to_owned();
            return Err(TlsError { key: "tls.certificate", message });
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The same for connections that may show a certificate. Sessions are not resumed, so that each shows it anew.
///
/// # Errors
/// If the protocol versions are not there.
pub fn server_config_asking(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |error: rustls::Error| TlsError { key: "tls", message: error.to_string() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(failed)?
        .with_client_cert_verifier(Arc::new(shown::AnyCertificate::default()))
        .with_cert_resolver(certificates);
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// The server's side of TLS. Early data is off and there are no client certificates, so that a resumed session can
/// carry nobody's identity.
///
/// # Errors
/// If the system gives no random bytes for the ticket key.
pub fn server_config(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |error: rustls::Error| TlsError { key: "tls", message: error.to_string() };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(failed)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(failed)?;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// Certificates for tests.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A self-signed certificate, valid from 2020 to 2040.
    pub(crate) struct Issued {
        pub(crate) certificate_pem: String,
        pub(crate) key_pem: String,
        pub(crate) der: CertificateDer<'static>,
        pub(crate) not_after: Timestamp,
    }

    pub(crate) fn issue(host: &str) -> Issued {
        let mut params = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            not_after: "2040-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    impl Issued {
        pub(crate) fn write(&self, folder: &Path) {
            use std::os::unix::fs::PermissionsExt;
            std::fs::write(folder.join("certificate.pem"), &self.certificate_pem).unwrap();
            std::fs::write(folder.join("key.pem"), &self.key_pem).unwrap();
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(folder.join("key.pem"), private).unwrap();
        }

        pub(crate) fn certificates(&self) -> (tempfile::TempDir, Arc<Certificates>) {
            let dir = tempfile::tempdir().unwrap();
            self.write(dir.path());
            let certificates =
                Certificates::load(&dir.path().join("certificate.pem"), &dir.path().join("key.pem"));
            (dir, certificates.unwrap())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::issue, *};

    fn in_use(certificates: &Certificates) -> CertificateDer<'static> {
        certificates.current.read().unwrap().cert[0].clone()
    }

    #[test]
    fn a_renewed_certificate_is_taken_and_a_bad_one_leaves_the_old_in_use() {
        let now = "2030-01-01T00:00:00Z".parse().unwrap();
        let (first, second) = (issue("a.example"), issue("a.example"));
        let (dir, certificates) = first.certificates();
        second.write(dir.path());
        certificates.reload(now).unwrap();
        assert_eq!(in_use(&certificates), second.der);

        std::fs::write(dir.path().join("certificate.pem"), "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
        assert_eq!(certificates.reload(now).unwrap_err().key(), "tls.certificate");
        first.write(dir.path());
        std::fs::write(dir.path().join("key.pem"), &second.key_pem).unwrap();
        assert_eq!(certificates.reload(now).unwrap_err().key(), "tls.key");
        first.write(dir.path());
        assert!(certificates.reload(first.not_after + jiff::SignedDuration::from_secs(1)).is_err());
        assert_eq!(in_use(&certificates), second.der);
    }

    #[test]
    fn nothing_below_tls_1_2_and_no_early_data_is_configured() {
        let (_dir, certificates) = issue("a.example").certificates();
        let config = server_config(certificates).unwrap();
        assert_eq!(config.max_early_data_size, 0);
        assert_eq!(config.alpn_protocols, ALPN.map(<[u8]>::to_vec));
        assert!(config.ticketer.enabled());
    }
}
