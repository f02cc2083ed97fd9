//! Which web pages may read what the token endpoints answer: those of the app that asks, known by the origins of its
//! redirect URIs.

use http::{HeaderMap, HeaderValue, header};
use store::Store;

use super::reply;
use crate::Response;

/// The answer before the request. It cannot know the app yet and opens nothing by itself: the request that follows
/// carries no cookie, and its answer stays closed to pages that are not the app's.
pub(super) fn preflight(headers: &HeaderMap) -> Response {
    let mut response = reply::no_content();
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, authorization, accept, dpop"),
    );
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = headers.get(header::ORIGIN) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response
}

/// Opens an answer to the app's own pages.
pub(super) fn open_to_app(
    store: &dyn Store,
    asking: &HeaderMap,
    client_id: Option<&str>,
    response: &mut Response,
) {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = asking.get(header::ORIGIN) else { return };
    let app = client_id.and_then(|id| store.app(id).ok().flatten());
    let own = app.zip(origin.to_str().ok()).is_some_and(|(app, origin)| auth::app::owns_origin(&app, origin));
    if own {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}
