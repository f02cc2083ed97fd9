//! The cookie of somebody who has signed in to look at their own account. Only `/account` reads it: neither the FHIR side,
//! which pages of any origin may ask, nor the consent of an app.

use http::{HeaderMap, HeaderValue};

use crate::oauth::cookie;

/// As [`super::super::signing_in`]'s: of this host alone, over TLS.
const NAME: &str = "__Host-present";

/// The secret, if there is exactly one of the right shape.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    cookie::one(headers, NAME).filter(|value| auth::presence::is_secret(value))
}

/// The header that sets it. `Lax`: it must come along when the person returns from a provider's site.
pub(super) fn set(secret: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{NAME}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax")).ok()
}

/// The header that takes it away.
pub(super) fn gone() -> HeaderValue {
    HeaderValue::from_static("__Host-present=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}
