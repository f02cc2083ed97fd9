//! What is answered before a request reaches the service, or where the service failed: constants, since nothing here
//! knows more than that.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::Response;

/// Why a request was not answered by the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No host, several, or one that is none.
    Host,
    /// Another host than the one that the TLS session was opened for.
    Misdirected,
    /// Path and query are too long.
    Uri,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    Slow,
    /// The body ended early.
    CutShort,
    /// The service failed.
    Failed,
}

macro_rules! outcome {
    ($code:literal, $diagnostics:literal) => {
        concat!(
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":""#,
            $code,
            r#"","diagnostics":""#,
            $diagnostics,
            r#""}]}"#
        )
    };
}

impl Refusal {
    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::Host => {
                (StatusCode::BAD_REQUEST, outcome!("invalid", "Name the host once, in the Host header."))
            }
            Self::Misdirected => (
                StatusCode::MISDIRECTED_REQUEST,
                outcome!("processing", "This connection was opened for another host. Open a new one."),
            ),
            Self::Uri => (StatusCode::URI_TOO_LONG, outcome!("too-long", "The address is too long.")),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, outcome!("too-long", "The body is too large.")),
            Self::Slow => {
                (StatusCode::REQUEST_TIMEOUT, outcome!("timeout", "The body took too long to arrive."))
            }
            Self::CutShort => (StatusCode::BAD_REQUEST, outcome!("incomplete", "The body ended early.")),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                outcome!(
                    "exception",
                    "The server failed. The request id in X-Request-Id helps to find out why."
                ),
            ),
        }
    }

    pub(super) fn response(self) -> Response {
        let (status, body) = self.parts();
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
