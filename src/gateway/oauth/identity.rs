//! `GET /oauth/jwks`: the keys with which ID tokens can be checked. Any page may read them.

use auth::identity::IdentityKeys;
use http::{HeaderValue, header};

use super::{OAuth, reply};
use crate::Response;

impl OAuth {
    /// The keys with which apps are told who signed in, if they are told.
    pub(crate) fn identity_keys(&self) -> Option<&IdentityKeys> {
        self.identity.as_deref()
    }

    pub(super) fn jwks(&self) -> Option<Response> {
        let mut response = reply::json(&self.identity.as_ref()?.jwks());
        let headers = response.headers_mut();
        headers.remove(header::PRAGMA);
        // A new key is published for longer than this before it signs.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        Some(response)
    }
}
