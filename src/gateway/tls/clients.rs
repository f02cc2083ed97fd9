//! Client certificates: who issued them, who was revoked, and whether anybody is known by them. All of it is decided
//! in the handshake, before a byte of HTTP; and it can be looked at again while a connection lives.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{
    ALPN, Certificates, Identity, TlsError,
    doubt::{Doubt, Holder, has_short_key},
    pem_error,
};
use crate::telemetry;

/// Whom a certificate belongs to.
type Known = dyn Fn(&Identity) -> Holder + Send + Sync;

/// Decides which client certificates are good. The files can be read again; bad ones never replace good ones.
pub struct Clients {
    authorities: PathBuf,
    lists: Vec<PathBuf>,
    known: Box<Known>,
    current: RwLock<Arc<dyn ClientCertVerifier>>,
    /// When the first of the lists in use is out of date.
    lists_end: RwLock<Option<Timestamp>>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients(..)")
    }
}

impl Clients {
    /// Reads the authorities (PEM, at least one) and their revocation lists (PEM). Where there is a list, every
    /// certificate's issuer must have one, and it must not be out of date.
    ///
    /// # Errors
    /// If a file cannot be read or used.
    pub fn load(
        authorities: &Path,
        lists: &[PathBuf],
        known: impl Fn(&Identity) -> Holder + Send + Sync + 'static,
    ) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(verifier(authorities, lists)?);
        let lists_end = RwLock::new(first_end(lists)?);
        let (authorities, lists) = (authorities.to_owned(), lists.to_owned());
        Ok(Arc::new(Self { authorities, lists, known: Box::new(known), current, lists_end }))
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// As [`Clients::load`]; then the old ones stay in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new = verifier(&self.authorities, &self.lists)?;
        *self.lists_end.write().unwrap_or_else(PoisonError::into_inner) = first_end(&self.lists)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// When the first of the revocation lists in use is out of date; none if there is no list.
    #[must_use]
    pub fn lists_end(&self) -> Option<Timestamp> {
        *self.lists_end.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a chain is still good: in time, not revoked since, by an authority of today.
    #[must_use]
    pub fn still_good(&self, chain: &[CertificateDer<'static>], now: Timestamp) -> bool {
        let seconds = now.as_second().max(0).unsigned_abs();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let Some((own, others)) = chain.split_first() else { return false };
        self.verify_client_cert(own, others, time).is_ok()
    }

    /// Whether a certificate of the authorities is one of a supplier's.
    fn belongs(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        let who = Identity::of(certificate);
        let (doubt, supplier) = match who.as_ref().map(|who| (self.known)(who)) {
            None => (Doubt::Malformed, None),
            Some(_) if has_short_key(certificate) => (Doubt::ShortKey, None),
            Some(Holder::Supplier) => return Ok(()),
            Some(Holder::OtherKey(supplier)) => (Doubt::Key, Some(supplier)),
            Some(Holder::Nobody) => (Doubt::Name, None),
        };
        let key = who.map(|who| who.key);
        telemetry::certificate_refused(doubt.code(), doubt.words(), supplier.as_deref(), key.as_deref());
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn current(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The server's side of TLS for clients with certificates. Sessions are not resumed: each connection shows its
    /// certificate anew, so that nobody comes in by a ticket from before a revocation.
    ///
    /// # Errors
    /// If the protocol versions are not there.
    pub fn server_config(
        self: Arc<Self>,
        certificates: Arc<Certificates>,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let failed = |error: rustls::Error| TlsError { key: "intake", message: error.to_string() };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(failed)?
            .with_client_cert_verifier(self)
            .with_cert_resolver(certificates);
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(Arc::new(config))
    }
}

fn first_end(lists: &[PathBuf]) -> Result<Option<Timestamp>, TlsError> {
    Ok(super::lists(lists)?.into_iter().filter_map(|list| list.ends).min())
}

fn verifier(authorities: &Path, lists: &[PathBuf]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let wrong = |key, message: String| TlsError { key, message };
    let mut roots = RootCertStore::empty();
    let of_authorities = |error| pem_error("intake.client_ca", authorities, error);
    for certificate in CertificateDer::pem_file_iter(authorities).map_err(of_authorities)? {
        roots
            .add(certificate.map_err(of_authorities)?)
            .map_err(|error| wrong("intake.client_ca", format!("{}: {error}", authorities.display())))?;
    }
    if roots.is_empty() {
        return Err(of_authorities(rustls::pki_types::pem::Error::NoItemsFound));
    }
    let mut revoked = Vec::new();
    for list in lists {
        let of_list = |error| pem_error("intake.crls", list, error);
        let before = revoked.len();
        for one in CertificateRevocationListDer::pem_file_iter(list).map_err(of_list)? {
            revoked.push(one.map_err(of_list)?);
        }
        if revoked.len() == before {
            return Err(of_list(rustls::pki_types::pem::Error::NoItemsFound));
        }
    }
    WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::new(aws_lc_rs::default_provider()))
        .with_crls(revoked)
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| wrong("intake.crls", format!("cannot be used: {error}")))
}

impl ClientCertVerifier for Clients {
    /// No names of authorities: a client has one certificate for this, and the list would tell who supplies.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let good =
            self.current().verify_client_cert(end_entity, intermediates, now).inspect_err(|error| {
                let doubt = Doubt::of(error);
                telemetry::certificate_refused(doubt.code(), doubt.words(), None, None);
            })?;
        self.belongs(end_entity).map(|()| good)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let provider = aws_lc_rs::default_provider();
        verify_tls12_signature(message, certificate, signed, &provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let provider = aws_lc_rs::default_provider();
        verify_tls13_signature(message, certificate, signed, &provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
