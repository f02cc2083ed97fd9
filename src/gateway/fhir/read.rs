//! `GET [base]/{type}/{id}`.

use auth::Session;
use http::{HeaderMap, HeaderValue, header};
use policy::Disclosed;
use record::ResourceType;

use super::{
    format::Format,
    visible::{Seen, Visible},
};
use crate::{
    Response,
    outcome::{Outcome, found, not_modified},
    service::Service,
};

/// Reads one resource. What is withheld and what is not there are answered by the same few lines.
pub(crate) fn read(
    service: &Service,
    session: &Session,
    kind: ResourceType,
    id: &str,
    headers: &HeaderMap,
    format: Format,
) -> Result<Response, Outcome> {
    if !session.scopes.may_read(kind) {
        return Err(Outcome::Scope(format!("The token's scope does not include patient/{}.r.", kind.name())));
    }
    let seen = Seen { kind, categories: session.scopes.read_in(kind), own: &service.operator.tables };
    let visible =
        Visible::open(&*service.store, &*service.clock, session, seen).map_err(|e| service.unanswered(&e))?;
    let shown = visible.of(kind);
    let disclosed = shown.iter().find(|disclosed| disclosed.id() == id).ok_or(Outcome::NotFound)?;
    let mut response = if unchanged(headers, disclosed) {
        not_modified()
    } else {
        let mut body = Vec::new();
        visible.render(disclosed, &mut body).map_err(|error| service.failed(&error))?;
        found(format.encode(body)?, format.media_type())
    };
    let etag = format!("W/\"{}\"", disclosed.version());
    let modified = disclosed.updated().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (name, value) in [(header::ETAG, etag), (header::LAST_MODIFIED, modified)] {
        response.headers_mut().insert(name, HeaderValue::try_from(value).map_err(|_| Outcome::Internal)?);
    }
    response.extensions_mut().insert(visible.seen(&[*disclosed]));
    Ok(response)
}

/// Conditional read (R4, http.html#cread): `If-None-Match` counts before `If-Modified-Since` (RFC 9110 §13.2.2).
fn unchanged(headers: &HeaderMap, disclosed: &Disclosed<'_>) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let own = format!("\"{}\"", disclosed.version());
        return tags
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == own || tag == "*");
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    since.is_some_and(|since| disclosed.updated().as_second() <= since.timestamp().as_second())
}
