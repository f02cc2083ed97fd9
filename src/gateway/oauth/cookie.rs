//! Cookies as browsers send them.

use http::{HeaderMap, header};

/// The value of a cookie, if there is exactly one of the name: of two, nobody knows which is meant.
pub(super) fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut own = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('=').filter(|(known, _)| *known == name))
        .map(|(_, value)| value);
    let first = own.next()?;
    own.next().is_none().then(|| first.to_owned())
}
