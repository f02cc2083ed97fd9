//! What an app may do by its registration: whether it may be served, where its people may be sent, which web pages
//! are its own.

use record::OdsCode;
use store::{App, AppStatus, Store, StoreError};

/// Whether an app gets anything: approved ones do, and in a sandbox those that are being tried there.
#[must_use]
pub fn may_serve(app: &App, sandbox: bool) -> bool {
    match app.status {
        AppStatus::Approved => true,
        AppStatus::Sandbox => sandbox,
        AppStatus::Proposed | AppStatus::Suspended | AppStatus::Retired => false,
    }
}

/// The app of a client id, if it may be served.
pub(crate) fn serving(store: &dyn Store, client_id: &str, sandbox: bool) -> Result<Option<App>, StoreError> {
    Ok(store.app(client_id)?.filter(|app| may_serve(app, sandbox)))
}

/// Whether an app may serve patients of a practice: it was registered for it, and the practice does not block it.
pub(crate) fn reaches(store: &dyn Store, app: &App, practice: &OdsCode) -> Result<bool, StoreError> {
    let registered = app.practices.as_ref().is_none_or(|practices| practices.contains(practice));
    Ok(registered && !store.practice(practice)?.blocked_apps.contains(&app.client_id))
}

/// Whether people may be sent to a URI with a code: `https` anywhere, `http` only to the same machine, or a private
/// scheme that names its owner's domain (RFC 8252 §7). Never a fragment, never what a browser would run.
#[must_use]
pub fn is_redirect_uri(uri: &str) -> bool {
    let plain = |b: u8| {
        b.is_ascii_graphic() && !matches!(b, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{'..=b'}')
    };
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    uri.len() <= 1024
        && uri.bytes().all(plain)
        && match scheme {
            "https" => origin(uri).is_some(),
            "http" => origin(uri).is_some_and(|origin| is_loopback(&origin)),
            private => private.contains('.') && is_scheme(private) && !rest.is_empty(),
        }
}

/// The origin of an `http` or `https` URI as a browser writes it: lower case, without the scheme's own port.
#[must_use]
pub fn origin(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if authority.is_empty() || !authority.bytes().all(fits) {
        return None;
    }
    Some(format!("{scheme}://{}", authority.strip_suffix(port).unwrap_or(&authority)))
}

/// Whether a URL stays on this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let Some(origin) = origin(url) else { return false };
    let host = origin.split_once("://").map_or("", |(_, authority)| authority);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// Whether a web page of this origin belongs to the app: one of its redirect URIs is there.
#[must_use]
pub fn owns_origin(app: &App, asking: &str) -> bool {
    app.redirect_uris.iter().filter_map(|uri| origin(uri)).any(|own| own == asking)
}

/// Where the browser goes after the form, as a content security policy names it. Its grammar has no IPv6 hosts and no
/// private schemes with a path, so that there the scheme must do.
#[must_use]
pub fn policy_source(redirect_uri: &str) -> Option<String> {
    if let Some(origin) = origin(redirect_uri).filter(|origin| !origin.contains('[')) {
        return Some(origin);
    }
    let (scheme, _) = redirect_uri.split_once(':')?;
    is_scheme(scheme).then(|| format!("{scheme}:"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_only_to_where_nobody_else_listens() {
        for good in [
            "https://app.example/callback?x=1",
            "http://127.0.0.1:9000/cb",
            "http://localhost:3000/",
            "http://[::1]:3000/",
            "uk.example.app:/callback",
            "uk.example.app://callback",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://app.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "https://app.example/cb#x",
            "https://app.example/c b",
            "https://app.example/\r\nSet-Cookie:x",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp://callback",
            "uk.example.app:",
            "HTTPS://app.example/cb",
            "/callback",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert_eq!(origin("https://App.Example:443/cb").as_deref(), Some("https://app.example"));
        assert_eq!(origin("http://localhost:3000?x").as_deref(), Some("http://localhost:3000"));
        assert_eq!(origin("uk.example.app:/cb"), None);
        assert_eq!(origin("https://a;script-src *"), None);
        assert_eq!(policy_source("uk.example.app:/cb").as_deref(), Some("uk.example.app:"));
        assert_eq!(policy_source("http://[::1]:3000/").as_deref(), Some("http:"));
        assert!(!is_loopback("https://gateway.example"));
    }
}
