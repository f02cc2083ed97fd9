//! Certificates that connections of apps show, so that tokens can be bound to them (RFC 8705 §3). Nobody is believed to be
//! who a certificate says: all that is proved is that whoever connects has its key.

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};

/// Takes any certificate whose key signs the handshake, and connections without one.
#[derive(Debug)]
pub(super) struct AnyCertificate(WebPkiSupportedAlgorithms);

impl Default for AnyCertificate {
    fn default() -> Self {
        Self(aws_lc_rs::default_provider().signature_verification_algorithms)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{
        ClientConfig, ClientConnection, RootCertStore, ServerConnection,
        pki_types::{PrivateKeyDer, ServerName, pem::PemObject},
    };

    use crate::tls::{
        server_config_asking,
        testing::{Issued, issue},
    };

    /// What a server learns of a client that shows a certificate, or none.
    fn shown(
        server: &Issued,
        client: Option<&Issued>,
        key: Option<&Issued>,
    ) -> Result<Option<Vec<u8>>, String> {
        let (_dir, certificates) = server.certificates();
        let mut roots = RootCertStore::empty();
        roots.add(server.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match (client, key) {
            (Some(client), Some(key)) => {
                let key = PrivateKeyDer::from_pem_slice(key.key_pem.as_bytes()).unwrap();
                let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
                let pair = rustls::sign::CertifiedKey::new(vec![client.der.clone()], key);
                config.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(pair)))
            }
            _ => config.with_no_client_auth(),
        };
        let name = ServerName::try_from("a.example").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut server = ServerConnection::new(server_config_asking(certificates).unwrap()).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut bytes).unwrap();
            }
            server.read_tls(&mut bytes.as_slice()).unwrap();
            server.process_new_packets().map_err(|error| error.to_string())?;
            let mut bytes = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut bytes).unwrap();
            }
            client.read_tls(&mut bytes.as_slice()).unwrap();
            client.process_new_packets().map_err(|error| error.to_string())?;
        }
        Ok(server.peer_certificates().map(|chain| chain[0].to_vec()))
    }

    #[test]
    fn whoever_shows_a_certificate_has_its_key_and_nobody_must_show_one() {
        let (server, client, other) = (issue("a.example"), issue("client.example"), issue("other.example"));
        assert_eq!(shown(&server, Some(&client), Some(&client)), Ok(Some(client.der.to_vec())));
        assert_eq!(shown(&server, None, None), Ok(None));
        assert!(shown(&server, Some(&client), Some(&other)).is_err(), "another's certificate");
    }
}
