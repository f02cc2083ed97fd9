//! Every error that a FHIR client can get: an OperationOutcome, and the one place where it gets its HTTP status.
//!
//! The client learns what it did and what to do; it never learns what the store holds. What the store withholds and
//! what never was are both [`Outcome::NotFound`].

use http::{StatusCode, header};
use serde_json::json;

use crate::Response;

/// Why a request got no resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A parameter or header cannot be understood; the words name it without its value.
    Invalid(String),
    /// Something that is understood but not offered.
    NotSupported(String),
    /// Nothing that this token may see has that id, or there is no such route.
    NotFound,
    /// No token.
    Unauthorized(&'static str),
    /// A token that does not open anything (any more).
    InvalidToken(&'static str),
    /// A DPoP proof that proves nothing, or none where the token needs one.
    BadProof(&'static str),
    /// The token's scope does not open this.
    Scope(String),
    /// The route does not take this method.
    Method(&'static str),
    /// None of the formats that the client accepts is offered.
    NotAcceptable,
    /// The body is not of a type that the route takes.
    MediaType(&'static str),
    /// A page link that is no longer good, or was never ours, or belongs to somebody else.
    Cursor,
    /// Nothing that this client may see has that name; the words are the same for all that it may not see.
    Unknown(&'static str),
    /// The client may not do this.
    Forbidden(&'static str),
    /// Offered is only what the words say.
    NotOffered(&'static str),
    /// It does not go with what is there.
    Conflict(String),
    /// It was there and has been thrown away.
    Gone(&'static str),
    /// It is larger than it may be.
    TooLarge(String),
    /// It was understood, and contradicts itself or what was announced.
    Mismatch(String),
    /// It arrived too slowly; what came is kept.
    Slow(&'static str),
    /// The client has too much under way.
    Throttled(String),
    /// Somebody asks too often, as the words say; they may again after so many seconds.
    TooOften(&'static str, i64),
    /// There is no room for it.
    NoRoom(String),
    /// We failed.
    Internal,
    /// We cannot answer now.
    Unavailable(&'static str),
}

impl Outcome {
    /// The status of it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::NotSupported(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unauthorized(_) | Self::InvalidToken(_) | Self::BadProof(_) => StatusCode::UNAUTHORIZED,
            Self::Scope(_) => StatusCode::FORBIDDEN,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Cursor | Self::Gone(_) => StatusCode::GONE,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotOffered(_) => StatusCode::NOT_ACCEPTABLE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Mismatch(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Throttled(_) | Self::TooOften(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoom(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The FHIR issue type.
    #[must_use]
    pub fn issue_type(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotSupported(_)
            | Self::Method(_)
            | Self::NotAcceptable
            | Self::NotOffered(_)
            | Self::MediaType(_) => "not-supported",
            Self::NotFound | Self::Unknown(_) => "not-found",
            Self::Forbidden(_) => "forbidden",
            Self::Conflict(_) => "conflict",
            Self::Gone(_) => "deleted",
            Self::TooLarge(_) => "too-long",
            Self::Mismatch(_) => "processing",
            Self::Slow(_) => "timeout",
            Self::Throttled(_) | Self::TooOften(..) => "throttled",
            Self::NoRoom(_) => "no-store",
            Self::Unauthorized(_) | Self::InvalidToken(_) | Self::BadProof(_) => "login",
            Self::Scope(_) => "forbidden",
            Self::Cursor => "expired",
            Self::Internal => "exception",
            Self::Unavailable(_) => "transient",
        }
    }

    fn diagnostics(&self) -> String {
        match self {
            Self::Invalid(words)
            | Self::NotSupported(words)
            | Self::Scope(words)
            | Self::Conflict(words)
            | Self::TooLarge(words)
            | Self::Mismatch(words)
            | Self::Throttled(words)
            | Self::NoRoom(words) => words.clone(),
            Self::NotFound => {
                "Nothing is here for this token. Check the resource type and the id.".to_owned()
            }
            Self::Unauthorized(words)
            | Self::InvalidToken(words)
            | Self::BadProof(words)
            | Self::MediaType(words)
            | Self::Unknown(words)
            | Self::Forbidden(words)
            | Self::NotOffered(words)
            | Self::Gone(words)
            | Self::Slow(words)
            | Self::Unavailable(words) => (*words).to_owned(),
            Self::TooOften(what, _) => format!("{what}. Retry-After says after how many seconds to go on."),
            Self::Method(allowed) => format!("This address takes {allowed}."),
            Self::NotAcceptable => "Offered are application/fhir+json and application/fhir+xml.".to_owned(),
            Self::Cursor => "This page link is no longer good. Begin the search again.".to_owned(),
            Self::Internal => {
                "The server failed. The request id in X-Request-Id helps to find out why.".to_owned()
            }
        }
    }

    /// The OperationOutcome.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        issue("error", self.issue_type(), &self.diagnostics()).to_string().into_bytes()
    }

    /// The response, in JSON.
    #[must_use]
    pub fn response(&self) -> Response {
        let mut response = Response::new(self.body().into());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/fhir+json"));
        match self {
            Self::Unauthorized(_) => challenge(headers, "Bearer realm=\"fhir\""),
            Self::InvalidToken(_) => challenge(headers, "Bearer realm=\"fhir\", error=\"invalid_token\""),
            Self::BadProof(_) => {
                challenge(headers, "DPoP realm=\"fhir\", error=\"invalid_dpop_proof\", algs=\"ES256 ES384\"");
            }
            Self::Scope(_) => challenge(headers, "Bearer realm=\"fhir\", error=\"insufficient_scope\""),
            Self::Method(allowed) => {
                headers.insert(header::ALLOW, http::HeaderValue::from_static(allowed));
            }
            Self::TooOften(_, seconds) => {
                headers.insert(header::RETRY_AFTER, (*seconds).into());
            }
            Self::Unavailable(_) | Self::Throttled(_) => {
                headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
            }
            Self::Invalid(_)
            | Self::NotSupported(_)
            | Self::NotFound
            | Self::NotAcceptable
            | Self::MediaType(_)
            | Self::Cursor
            | Self::Unknown(_)
            | Self::Forbidden(_)
            | Self::NotOffered(_)
            | Self::Conflict(_)
            | Self::Gone(_)
            | Self::TooLarge(_)
            | Self::Mismatch(_)
            | Self::Slow(_)
            | Self::NoRoom(_)
            | Self::Internal => {}
        }
        response
    }
}

/// RFC 6750 §3: client libraries refresh their token on `invalid_token`.
fn challenge(headers: &mut http::HeaderMap, words: &'static str) {
    headers.insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static(words));
}

/// An OperationOutcome with one issue.
#[must_use]
pub fn issue(severity: &str, code: &str, diagnostics: &str) -> serde_json::Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": diagnostics}]
    })
}

/// A body with a type and a status of success.
#[must_use]
pub fn found(body: Vec<u8>, content_type: &'static str) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}

/// A body that says what was made, or what is under way: where it is to be looked at, and when.
#[must_use]
pub fn made(body: Vec<u8>, content_type: &'static str) -> Response {
    let mut response = found(body, content_type);
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// A body that says what is under way.
#[must_use]
pub fn under_way(body: Vec<u8>, content_type: &'static str) -> Response {
    let mut response = found(body, content_type);
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// Nothing has changed since the client last asked.
#[must_use]
pub fn not_modified() -> Response {
    let mut response = Response::new(bytes::Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// Success without a body.
#[must_use]
pub fn no_content() -> Response {
    let mut response = Response::new(bytes::Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
