//! What a connection that failed tells about its cause: trouble in the network may pass, a certificate that is refused or
//! a port where something else answers will not.

use std::{error::Error, io};

use rustls::AlertDescription as Alert;

/// Why trying again would not help, and what to check; none if it may.
pub(super) fn lasting(error: &(dyn Error + 'static)) -> Option<String> {
    match of_tls(error)? {
        rustls::Error::AlertReceived(alert) => {
            refused(*alert).map(|words| format!("the server refused the client certificate: {words}"))
        }
        rustls::Error::InvalidCertificate(why) => Some(format!(
            "the server's certificate is not good ({why}): check that --ca is its authority, and the host in --url"
        )),
        rustls::Error::InvalidMessage(_) => {
            Some("what answers there does not speak TLS: check the port in --url".to_owned())
        }
        rustls::Error::PeerIncompatible(_) | rustls::Error::NoApplicationProtocol => {
            Some("what answers there is no intake: check the port in --url".to_owned())
        }
        _ => None,
    }
}

/// The error of TLS among the causes. An I/O error's own inside is not among those that it tells of.
fn of_tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let inside = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
    let inside = inside.and_then(|inside| of_tls(inside));
    inside.or_else(|| of_tls(error.source()?))
}

/// What an alert about a certificate means for whoever shows it (RFC 8446, 6.2).
fn refused(alert: Alert) -> Option<&'static str> {
    Some(match alert {
        Alert::UnknownCA => {
            "its authority is not known there. Check that --cert also holds the certificates between yours and the root, \
             and that the operator has that root as intake.client_ca"
        }
        Alert::CertificateExpired => {
            "it is out of date, or not valid yet. Have it renewed; check the clocks of both machines"
        }
        Alert::CertificateRevoked => "it was revoked. Ask its authority for another one",
        Alert::AccessDenied => {
            "no supplier is registered with its name and key. Tell the operator the URI or the subject of the certificate, \
             and the hash of its key if keys are pinned"
        }
        Alert::CertificateRequired | Alert::NoCertificate => "none came. Check --cert and --key",
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::DecryptError => {
            "it cannot be used there. Check that it is a client certificate (extended key usage clientAuth) with a key of \
             2048 bits RSA or P-256, and ask the operator for the reason in the log"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_not_pass_is_told_from_what_may() {
        let wrapped =
            |inside: rustls::Error| io::Error::other(io::Error::new(io::ErrorKind::InvalidData, inside));
        for (inside, words) in [
            (rustls::Error::AlertReceived(Alert::UnknownCA), "intake.client_ca"),
            (rustls::Error::AlertReceived(Alert::CertificateExpired), "renewed"),
            (rustls::Error::AlertReceived(Alert::CertificateRevoked), "revoked"),
            (rustls::Error::AlertReceived(Alert::BadCertificate), "clientAuth"),
            (rustls::Error::AlertReceived(Alert::AccessDenied), "no supplier is registered"),
            (rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), "check the port"),
        ] {
            let told = lasting(&wrapped(inside)).unwrap();
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(lasting(&wrapped(rustls::Error::AlertReceived(Alert::InternalError))), None);
        assert_eq!(lasting(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }
}
