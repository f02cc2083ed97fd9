//! The register of apps: what an app must be like to be in it, and by which steps it comes to serve patients and stops
//! doing so. Pure: who takes a step, when and why is written down by the store.

use std::{collections::BTreeSet, fmt};

use store::{App, AppKeys, AppStatus, Evidence};

use crate::{
    app,
    grammar::Scope,
    jwk::{BadKeys, KeySet},
};

/// Most redirect URIs of an app.
const MOST_URIS: usize = 10;
/// Most scopes of an app.
const MOST_SCOPES: usize = 50;

/// What is wrong with an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadApp {
    /// Not 1 to 64 letters, digits, `-`, `.`, `_`.
    ClientId,
    /// Not 1 to 100 characters on one line.
    Name,
    /// None, or too many, or one twice.
    RedirectUris,
    /// One that nobody should be sent to.
    RedirectUri(String),
    /// None, or too many.
    Scopes,
    /// One that means nothing here.
    Scope(String),
    /// Keys that cannot be used.
    Keys(BadKeys),
    /// Keys at something else than a URL of `https`.
    KeysUrl,
    /// Not 1 to 200 characters on one line.
    Contact,
    /// Not 1 to 500 characters on one line.
    Evidence,
    /// No request at all a minute, or more than a million.
    PerMinute,
}

impl fmt::Display for BadApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientId => {
                f.write_str("a client id has 1 to 64 letters, digits, hyphens, dots or underscores")
            }
            Self::Name => f.write_str("a name has 1 to 100 characters on one line"),
            Self::RedirectUris => write!(f, "an app has 1 to {MOST_URIS} redirect URIs, each once"),
            Self::RedirectUri(uri) => write!(
                f,
                "{uri:?} cannot be a redirect URI: https, http to this machine, or a scheme with a domain in it, at most \
                 1024 visible ASCII characters, no fragment"
            ),
            Self::Scopes => write!(f, "an app has 1 to {MOST_SCOPES} scopes, one of which opens something"),
            Self::Scope(scope) => write!(f, "{scope:?} is no scope of this server"),
            Self::Keys(bad) => bad.fmt(f),
            Self::KeysUrl => f.write_str(
                "keys are published at a URL of https without a user name, at most 1024 characters",
            ),
            Self::Contact => f.write_str("a contact has 1 to 200 characters on one line"),
            Self::Evidence => f.write_str("a reference to evidence has 1 to 500 characters on one line"),
            Self::PerMinute => f.write_str("an app may make 1 to 1000000 requests a minute"),
        }
    }
}

impl std::error::Error for BadApp {}

/// Whether an app may stand in the register.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(app: &App) -> Result<(), BadApp> {
    let id_fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    ensure((1..=64).contains(&app.client_id.len()) && app.client_id.bytes().all(id_fits), BadApp::ClientId)?;
    ensure(is_line(&app.name, 100), BadApp::Name)?;
    let uris: BTreeSet<&String> = app.redirect_uris.iter().collect();
    ensure(!uris.is_empty() && uris.len() <= MOST_URIS, BadApp::RedirectUris)?;
    ensure(uris.len() == app.redirect_uris.len(), BadApp::RedirectUris)?;
    if let Some(uri) = app.redirect_uris.iter().find(|uri| !app::is_redirect_uri(uri)) {
        return Err(BadApp::RedirectUri(uri.chars().take(200).collect()));
    }
    if let Some(scope) = app.scopes.iter().find(|scope| Scope::parse(scope).is_none()) {
        return Err(BadApp::Scope(scope.chars().take(200).collect()));
    }
    let opens = app.scopes.iter().filter_map(|scope| Scope::parse(scope)).any(|scope| scope.opens());
    ensure(opens && app.scopes.len() <= MOST_SCOPES, BadApp::Scopes)?;
    match &app.keys {
        None => {}
        Some(AppKeys::Inline { jwks }) => drop(KeySet::parse(jwks.as_bytes()).map_err(BadApp::Keys)?),
        Some(AppKeys::Url { url }) => ensure(is_keys_url(url), BadApp::KeysUrl)?,
    }
    ensure(app.contact.as_ref().is_none_or(|contact| is_line(contact, 200)), BadApp::Contact)?;
    ensure(app.evidence.values().all(|reference| is_line(reference, 500)), BadApp::Evidence)?;
    ensure(app.per_minute.is_none_or(|rate| (1..=1_000_000).contains(&rate)), BadApp::PerMinute)
}

fn ensure(holds: bool, otherwise: BadApp) -> Result<(), BadApp> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn is_keys_url(url: &str) -> bool {
    url.len() <= 1024 && url.starts_with("https://") && app::is_redirect_uri(url)
}

/// A step of an app on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It may be tried in a sandbox.
    Try,
    /// It may serve patients.
    Approve,
    /// It is stopped for now.
    Suspend,
    /// It goes on as before it was suspended.
    Reinstate,
    /// It is stopped for good.
    Retire,
}

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadStep {
    /// Not from where the app is.
    From(AppStatus),
    /// Something is wrong with the app.
    App(BadApp),
    /// Evidence is missing.
    Evidence(Evidence),
    /// Nobody is known to whom one could write about it.
    NoContact,
}

impl fmt::Display for BadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(status) => write!(f, "this cannot be done with an app that is {}", status.name()),
            Self::App(bad) => bad.fmt(f),
            Self::Evidence(kind) => {
                write!(f, "there is no evidence of its {}: add where it is kept", kind.name())
            }
            Self::NoContact => f.write_str("it has no contact: add whom to write to about it"),
        }
    }
}

impl std::error::Error for BadStep {}

/// The app after a step. Before patients get an app, there is evidence of every kind and a contact; nothing is needed
/// to stop one. What is retired stays retired.
///
/// # Errors
/// [`BadStep`].
pub fn take(app: &App, step: Step) -> Result<App, BadStep> {
    use AppStatus::{Approved, Proposed, Retired, Sandbox, Suspended};
    let status = match (step, app.status) {
        (Step::Try, Proposed) => Sandbox,
        (Step::Approve, Proposed | Sandbox) | (Step::Reinstate, Suspended) => Approved,
        (Step::Suspend, Sandbox | Approved) => Suspended,
        (Step::Retire, Proposed | Sandbox | Approved | Suspended) => Retired,
        (Step::Try | Step::Approve | Step::Suspend | Step::Reinstate | Step::Retire, from) => {
            return Err(BadStep::From(from));
        }
    };
    if matches!(status, Sandbox | Approved) {
        check(app).map_err(BadStep::App)?;
    }
    if status == Approved {
        let missing = Evidence::ALL.into_iter().find(|kind| !app.evidence.contains_key(kind));
        missing.map_or(Ok(()), |kind| Err(BadStep::Evidence(kind)))?;
        app.contact.as_ref().map(drop).ok_or(BadStep::NoContact)?;
    }
    Ok(App { status, ..app.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{P384_SET, good_app};

    fn complete() -> App {
        let evidence = Evidence::ALL.map(|kind| (kind, "DOC-1".to_owned())).into();
        App { evidence, contact: Some("maker@app.example".to_owned()), ..good_app() }
    }

    fn at(status: AppStatus) -> App {
        App { status, ..complete() }
    }

    #[test]
    fn an_app_takes_each_step_only_from_where_it_can() {
        use AppStatus::{Approved, Proposed, Retired, Sandbox, Suspended};
        let all = [Proposed, Sandbox, Approved, Suspended, Retired];
        for (step, ends) in [
            (Step::Try, [Some(Sandbox), None, None, None, None]),
            (Step::Approve, [Some(Approved), Some(Approved), None, None, None]),
            (Step::Suspend, [None, Some(Suspended), Some(Suspended), None, None]),
            (Step::Reinstate, [None, None, None, Some(Approved), None]),
            (Step::Retire, [Some(Retired), Some(Retired), Some(Retired), Some(Retired), None]),
        ] {
            for (from, to) in all.into_iter().zip(ends) {
                let taken = take(&at(from), step).map(|app| app.status);
                assert_eq!(taken, to.ok_or(BadStep::From(from)), "{step:?}");
            }
        }
    }

    #[test]
    fn nobody_is_approved_without_evidence_and_a_contact_and_anybody_can_be_stopped() {
        for kind in Evidence::ALL {
            for (step, status) in
                [(Step::Approve, AppStatus::Sandbox), (Step::Reinstate, AppStatus::Suspended)]
            {
                let mut app = at(status);
                app.evidence.remove(&kind);
                assert_eq!(take(&app, step), Err(BadStep::Evidence(kind)));
            }
        }
        let nobody = App { contact: None, ..at(AppStatus::Proposed) };
        assert_eq!(take(&nobody, Step::Approve), Err(BadStep::NoContact));
        let broken = App { redirect_uris: vec![], ..at(AppStatus::Approved) };
        assert!(take(&broken, Step::Suspend).is_ok() && take(&broken, Step::Retire).is_ok());
    }

    #[test]
    fn what_is_wrong_with_an_app_is_said() {
        let long = |count| "a".repeat(count);
        let uris = |uris: &[&str]| App {
            redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            ..good_app()
        };
        let scopes =
            |scopes: &[&str]| App { scopes: scopes.iter().map(|&s| s.to_owned()).collect(), ..good_app() };
        let keys = |jwks: &str| App { keys: Some(AppKeys::Inline { jwks: jwks.to_owned() }), ..good_app() };
        let url = |url: &str| App { keys: Some(AppKeys::Url { url: url.to_owned() }), ..good_app() };
        for id in ["", "a b", "a\0b", "é", &long(65)] {
            assert_eq!(check(&App { client_id: id.to_owned(), ..good_app() }), Err(BadApp::ClientId));
        }
        for name in ["", " ", "a\nb", &long(101)] {
            assert_eq!(check(&App { name: name.to_owned(), ..good_app() }), Err(BadApp::Name));
        }
        for bad in [
            uris(&[]),
            uris(&["https://a.example/", "https://a.example/"]),
            uris(&["https://a.example/"; 11]),
        ] {
            assert_eq!(check(&bad), Err(BadApp::RedirectUris));
        }
        assert!(matches!(check(&uris(&["javascript:alert(1)"])), Err(BadApp::RedirectUri(_))));
        assert_eq!(check(&scopes(&["openid-connect"])), Err(BadApp::Scope("openid-connect".to_owned())));
        for bad in [scopes(&[]), scopes(&["offline_access"]), scopes(&["patient/*.rs"; 51])] {
            assert_eq!(check(&bad), Err(BadApp::Scopes));
        }
        assert_eq!(check(&keys("x")), Err(BadApp::Keys(BadKeys::NotASet)));
        assert_eq!(check(&keys(P384_SET)), Ok(()));
        for bad in
            ["http://127.0.0.1/jwks", "https://", "https://user@app.example/jwks", "file:///etc/passwd"]
        {
            assert_eq!(check(&url(bad)), Err(BadApp::KeysUrl), "{bad}");
        }
        assert_eq!(check(&url("https://app.example/jwks.json?v=1")), Ok(()));
        assert_eq!(check(&App { contact: Some(String::new()), ..good_app() }), Err(BadApp::Contact));
        assert_eq!(check(&App { per_minute: Some(0), ..good_app() }), Err(BadApp::PerMinute));
        assert_eq!(check(&complete()), Ok(()));
    }
}
