//! The responses of the authorization endpoints and their HTTP statuses: pages, redirects, JSON (RFC 6749 §4.1.2,
//! §5). None is ever kept by a cache.

use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{page::Page, words::HTML};
use crate::Response;

/// An error of the endpoints that apps use.
pub(super) struct Fault {
    pub(super) error: &'static str,
    pub(super) description: &'static str,
    status: StatusCode,
    /// Seconds after which it may work.
    later: Option<i64>,
}

impl Fault {
    /// The app did something wrong.
    pub(super) fn of_app(error: &'static str, description: &'static str) -> Self {
        Self { error, description, status: StatusCode::BAD_REQUEST, later: None }
    }

    /// The app tried to prove who it is by a header (RFC 6749 §5.2).
    pub(super) fn by_header() -> Self {
        let description = "no app has a password here: send client_id or client_assertion in the body and no Authorization header";
        Self::unproven(description)
    }

    /// The app has not proved who it is.
    pub(super) fn unproven(description: &'static str) -> Self {
        Self { error: "invalid_client", description, status: StatusCode::UNAUTHORIZED, later: None }
    }

    /// It may work in a while.
    pub(super) fn not_now(description: &'static str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { error: "temporarily_unavailable", description, status, later: Some(10) }
    }

    /// It was tried too often.
    pub(super) fn too_often(description: &'static str, wait: SignedDuration) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { error: "temporarily_unavailable", description, status, later: Some(wait.as_secs() + 1) }
    }

    /// We did.
    pub(super) fn ours() -> Self {
        let description = "the server failed";
        Self { error: "server_error", description, status: StatusCode::INTERNAL_SERVER_ERROR, later: None }
    }
}

/// A page. The address of it holds the app's `state`: it is told to nobody else. (`no-referrer` would say the same, but
/// makes browsers send `Origin: null` with our own form, as a forged one has.)
pub(super) fn page(page: &Page) -> Response {
    let mut response = Response::new(page.html.clone().into());
    *response.status_mut() = match page.kind {
        super::page::Kind::Question => StatusCode::OK,
        super::page::Kind::Refusal => StatusCode::BAD_REQUEST,
        super::page::Kind::Forgery => StatusCode::FORBIDDEN,
        super::page::Kind::TooOften => StatusCode::TOO_MANY_REQUESTS,
        super::page::Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        super::page::Kind::Failure => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, HTML),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if page.kind == super::page::Kind::TooOften {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    let policy = HeaderValue::from_str(&page.policy());
    // A page without its policy is not sent as one that a browser would run.
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static("sandbox")));
    unkept(response)
}

/// An address with these parameters besides its own.
pub(super) fn address(uri: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return uri.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let join = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{join}{query}")
}

/// Sends the person back to the app, or on to a provider, with these parameters.
pub(super) fn redirect(uri: &str, parameters: &[(&str, &str)]) -> Response {
    let Ok(location) = HeaderValue::from_str(&address(uri, parameters)) else {
        return page(&Page::failure());
    };
    let mut response = Response::default();
    // The browser must come with GET, and not post the form again to the app (RFC 9700 §4.12).
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    unkept(response)
}

/// A JSON object.
pub(super) fn json(value: &Value) -> Response {
    let mut response = Response::new(value.to_string().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    unkept(response)
}

/// FHIR in JSON, to be kept as a file.
pub(super) fn download(value: &Value) -> Response {
    let mut response = json(value);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"who-has-looked.json\""),
    );
    response
}

/// An error in JSON.
pub(super) fn fault(fault: &Fault) -> Response {
    let mut response = json(&json!({"error": fault.error, "error_description": fault.description}));
    *response.status_mut() = fault.status;
    if fault.status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Basic realm=\"oauth\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    if let Some(seconds) = fault.later {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// An error whose words are about what was sent.
pub(super) fn wrong(error: &str, description: &str) -> Response {
    let mut response = json(&json!({"error": error, "error_description": description}));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// A JSON object that says what was made.
pub(super) fn made(value: &Value) -> Response {
    let mut response = json(value);
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// Done, and nothing to say.
pub(super) fn done() -> Response {
    unkept(Response::default())
}

pub(super) fn no_content() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    unkept(response)
}

fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
