//! An app's request that a person let it see their record: which requests are good, and whether what is wrong with
//! one may be told to the app or only to the person (RFC 6749 §4.1.2.1: never redirect to where is not known).

use std::{collections::BTreeSet, fmt};

use record::ResourceType;
use store::{App, AppStatus, Store};

use crate::{Failure, ScopeError, Scopes, app, secret};

/// What the app sent. An empty parameter is an absent one (RFC 6749 §3.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `client_id`
    pub client_id: Option<&'a str>,
    /// `redirect_uri`
    pub redirect_uri: Option<&'a str>,
    /// `response_type`
    pub response_type: Option<&'a str>,
    /// `scope`
    pub scope: Option<&'a str>,
    /// `state`
    pub state: Option<&'a str>,
    /// `aud`: the FHIR server that the token is meant for.
    pub aud: Option<&'a str>,
    /// `code_challenge`
    pub code_challenge: Option<&'a str>,
    /// `code_challenge_method`
    pub code_challenge_method: Option<&'a str>,
    /// `nonce`: comes back in the ID token.
    pub nonce: Option<&'a str>,
    /// `dpop_jkt`: the thumbprint of the key that the code is bound to (RFC 9449 §10).
    pub dpop_jkt: Option<&'a str>,
    /// `response_mode`
    pub response_mode: Option<&'a str>,
    /// `prompt`
    pub prompt: Option<&'a str>,
    /// `request`: the same once more, as a signed object (RFC 9101).
    pub request: Option<&'a str>,
}

/// The server that is asked.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// The base URL of its FHIR side.
    pub fhir_base: &'a str,
    /// Apps on trial are served.
    pub sandbox: bool,
    /// It can say in ID tokens who signed in.
    pub identity: bool,
}

/// A good request: what the person is asked to approve.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// Who asks.
    pub app: App,
    /// One of the app's own.
    pub redirect_uri: String,
    /// To be sent back as it came.
    pub state: String,
    /// What is granted if the person approves.
    pub scopes: Scopes,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    /// The thumbprint of the key with which alone the code can be redeemed.
    pub(crate) key: Option<String>,
}

/// Why a request is not good.
#[derive(Debug)]
pub enum Refused {
    /// To be told to the person, on a page.
    Page(Untrusted),
    /// To be told to the app, at its redirect URI.
    Redirect(Told),
    /// Not the request's fault.
    Failure(Failure),
}

/// Why nobody may be sent back to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// The request does not say which app it comes from.
    NoClient,
    /// No app has this client id.
    UnknownClient,
    /// The app may not be used here: proposed, stopped, or for a sandbox only.
    NotServed {
        /// What people know it by.
        name: String,
        /// It is only proposed, and this is a sandbox, where its developer can have it let in.
        can_be_tried: bool,
    },
    /// The redirect URI is none of the app's.
    WrongRedirect {
        /// What came.
        sent: Option<String>,
        /// The app's own.
        registered: Vec<String>,
    },
}

/// An error for the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where to.
    pub redirect_uri: String,
    /// The app's own state, if it sent one.
    pub state: Option<String>,
    /// RFC 6749 §4.1.2.1.
    pub error: ErrorCode,
    /// For the app's developer.
    pub description: &'static str,
}

/// Error codes of an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Something is missing or malformed.
    InvalidRequest,
    /// Another response type than `code`.
    UnsupportedResponseType,
    /// Nothing of what is asked for can be granted.
    InvalidScope,
    /// The person said no.
    AccessDenied,
    /// Nobody may be shown a page, and nobody is known without one.
    LoginRequired,
    /// A request as an object is not read.
    RequestNotSupported,
}

impl ErrorCode {
    /// As it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
        }
    }
}

impl Authorization {
    /// The same where the person lets the app see these types alone, and says whether it may come back by itself.
    #[must_use]
    pub fn keeping(self, kinds: &BTreeSet<ResourceType>, come_back: bool) -> Self {
        Self { scopes: self.scopes.keep(kinds, come_back), ..self }
    }

    /// What the app is told when the person says no.
    #[must_use]
    pub fn denied(&self) -> Told {
        Told {
            redirect_uri: self.redirect_uri.clone(),
            state: Some(self.state.clone()),
            error: ErrorCode::AccessDenied,
            description: "the person did not approve",
        }
    }
}

/// Judges a request. It is judged again when the person's answer comes: the form carries it there and back, and
/// nothing that a browser held is believed.
///
/// # Errors
/// [`Refused`], and to whom it may be told.
pub fn judge(store: &dyn Store, server: Server<'_>, asked: &Asked<'_>) -> Result<Authorization, Refused> {
    let app = known_app(store, server.sandbox, asked)?;
    let redirect_uri = own_redirect(&app, asked)?;
    let told = |(error, description)| {
        let (redirect_uri, state) = (redirect_uri.clone(), asked.state.map(str::to_owned));
        Refused::Redirect(Told { redirect_uri, state, error, description })
    };
    let state = state(asked).map_err(told)?;
    is_in_a_way_that_is_offered(asked).map_err(told)?;
    is_code_for(asked, server.fhir_base).map_err(told)?;
    let challenge = challenge(asked).map_err(told)?;
    let nonce = nonce(asked).map_err(told)?;
    let key = key(asked).map_err(told)?;
    let scopes = scopes(&app, server.identity, asked).map_err(told)?;
    let (state, challenge) = (state.to_owned(), challenge.to_owned());
    Ok(Authorization { scopes, redirect_uri, state, challenge, nonce, key, app })
}

type Fault = (ErrorCode, &'static str);

fn invalid(description: &'static str) -> Fault {
    (ErrorCode::InvalidRequest, description)
}

fn known_app(store: &dyn Store, sandbox: bool, asked: &Asked<'_>) -> Result<App, Refused> {
    let id = asked.client_id.ok_or(Refused::Page(Untrusted::NoClient))?;
    let app = store.app(id).map_err(|error| Refused::Failure(error.into()))?;
    let app = app.ok_or(Refused::Page(Untrusted::UnknownClient))?;
    if !app::may_serve(&app, sandbox) {
        let can_be_tried = sandbox && app.status == AppStatus::Proposed;
        return Err(Refused::Page(Untrusted::NotServed { name: app.name, can_be_tried }));
    }
    Ok(app)
}

/// Compared character by character (RFC 9700 §4.1.3), and safe to be sent to however it came to be registered.
fn own_redirect(app: &App, asked: &Asked<'_>) -> Result<String, Refused> {
    let own = app.redirect_uris.iter().find(|uri| Some(uri.as_str()) == asked.redirect_uri);
    own.filter(|uri| app::is_redirect_uri(uri)).cloned().ok_or_else(|| {
        let sent = asked.redirect_uri.map(str::to_owned);
        Refused::Page(Untrusted::WrongRedirect { sent, registered: app.redirect_uris.clone() })
    })
}

/// RFC 6749 A.5. What is not in its grammar would not come through a form unchanged.
fn state<'a>(asked: &Asked<'a>) -> Result<&'a str, Fault> {
    let state = asked.state.ok_or(invalid("state is missing"))?;
    let visible = state.bytes().all(|b| matches!(b, 0x20..=0x7e));
    if visible { Ok(state) } else { Err(invalid("state must be visible ASCII characters")) }
}

/// What an app must not be answered as if it had not asked for it (OpenID Connect Core §3.1.2.1, §3.1.2.6, §6.1).
fn is_in_a_way_that_is_offered(asked: &Asked<'_>) -> Result<(), Fault> {
    if asked.request.is_some() {
        let words = "request is not supported: send its parameters as they are, or push them";
        return Err((ErrorCode::RequestNotSupported, words));
    }
    if asked.response_mode.is_some_and(|mode| mode != "query") {
        return Err(invalid("response_mode must be query"));
    }
    if asked.prompt.is_some_and(|prompt| prompt.split(' ').any(|one| one == "none")) {
        return Err((ErrorCode::LoginRequired, "prompt=none: people sign in each time"));
    }
    Ok(())
}

fn is_code_for(asked: &Asked<'_>, fhir_base: &str) -> Result<(), Fault> {
    match asked.response_type {
        Some("code") => {}
        Some(_) => return Err((ErrorCode::UnsupportedResponseType, "response_type must be code")),
        None => return Err(invalid("response_type is missing")),
    }
    let bare = |url: &str| url.strip_suffix('/').unwrap_or(url).to_owned();
    match asked.aud {
        Some(aud) if bare(aud) == bare(fhir_base) => Ok(()),
        Some(_) => Err(invalid("aud is not the base URL of this FHIR server")),
        None => Err(invalid("aud is missing: it is the base URL of this FHIR server")),
    }
}

fn challenge<'a>(asked: &Asked<'a>) -> Result<&'a str, Fault> {
    let challenge =
        asked.code_challenge.ok_or(invalid("code_challenge is missing: PKCE with S256 is required"))?;
    // An absent method means `plain` (RFC 7636 §4.3), which is not supported.
    if asked.code_challenge_method != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    if !secret::is_challenge(challenge) {
        return Err(invalid("code_challenge must be a SHA-256 in base64url without padding: 43 characters"));
    }
    Ok(challenge)
}

/// It is signed as it came; what is longer or not visible is somebody's mistake.
fn nonce(asked: &Asked<'_>) -> Result<Option<String>, Fault> {
    let fits = |nonce: &str| nonce.len() <= 512 && nonce.bytes().all(|b| matches!(b, 0x20..=0x7e));
    match asked.nonce {
        Some(nonce) if !fits(nonce) => Err(invalid("nonce must be at most 512 visible ASCII characters")),
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

/// A thumbprint has the shape of a challenge: a SHA-256 in base64url.
fn key(asked: &Asked<'_>) -> Result<Option<String>, Fault> {
    match asked.dpop_jkt {
        Some(jkt) if !secret::is_challenge(jkt) => {
            Err(invalid("dpop_jkt must be a SHA-256 in base64url without padding: 43 characters"))
        }
        jkt => Ok(jkt.map(str::to_owned)),
    }
}

fn scopes(app: &App, identity: bool, asked: &Asked<'_>) -> Result<Scopes, Fault> {
    let asked = asked.scope.ok_or(invalid("scope is missing"))?;
    let granted = Scopes::grant(asked, &app.scopes);
    match granted.map(|scopes| if identity { scopes } else { scopes.without_identity() }) {
        Ok(scopes) if !scopes.is_empty() => Ok(scopes),
        Ok(_) => Err((ErrorCode::InvalidScope, "none of these scopes can be granted to this app")),
        Err(ScopeError::Malformed | ScopeError::Wider) => {
            Err((ErrorCode::InvalidScope, "scope is malformed"))
        }
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoClient => "the request does not say which app it comes from",
            Self::UnknownClient => "no app with this client id is known",
            Self::NotServed { .. } => "this app may not be used here",
            Self::WrongRedirect { .. } => "the redirect URI is not registered for this app",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{CALLBACK, FHIR, Fixture, asked, server};

    fn told(fixture: &Fixture, asked: &Asked<'_>) -> Told {
        match judge(&*fixture.store, server(true), asked).unwrap_err() {
            Refused::Redirect(told) => told,
            other => panic!("{other:?}"),
        }
    }

    fn page(fixture: &Fixture, asked: &Asked<'_>) -> Untrusted {
        match judge(&*fixture.store, server(false), asked).unwrap_err() {
            Refused::Page(page) => page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_request_is_narrowed_to_what_can_be_granted() {
        let fixture = Fixture::new();
        let good = judge(&*fixture.store, server(false), &asked()).unwrap();
        assert_eq!(good.scopes.to_string(), "launch/patient patient/*.rs offline_access");
        assert_eq!(good.state, "s1");
        let slash = format!("{FHIR}/");
        assert!(judge(&*fixture.store, server(false), &Asked { aud: Some(&slash), ..asked() }).is_ok());
    }

    #[test]
    fn a_redirect_uri_that_differs_in_anything_is_shown_and_never_followed() {
        let fixture = Fixture::new();
        for sent in [
            "https://app.example/callbacK",
            "https://app.example/callback/",
            "https://app.example/callback?",
            "https://app.example/callback#",
            "https://app.example:443/callback",
            "https://APP.example/callback",
            "http://app.example/callback",
            "https://app.example/callback/../evil",
            " https://app.example/callback",
        ] {
            let wrong = page(&fixture, &Asked { redirect_uri: Some(sent), ..asked() });
            let registered = vec![CALLBACK.to_owned()];
            assert_eq!(wrong, Untrusted::WrongRedirect { sent: Some(sent.to_owned()), registered });
        }
        assert!(matches!(
            page(&fixture, &Asked { redirect_uri: None, ..asked() }),
            Untrusted::WrongRedirect { sent: None, .. }
        ));
    }

    #[test]
    fn a_redirect_uri_that_was_registered_although_dangerous_is_not_followed() {
        let fixture = Fixture::new();
        let mut app = fixture.store.app("app").unwrap().unwrap();
        app.redirect_uris = vec!["javascript:alert(1)".to_owned()];
        fixture.store.set_app(&app).unwrap();
        let asked = Asked { redirect_uri: Some("javascript:alert(1)"), ..asked() };
        assert!(matches!(page(&fixture, &asked), Untrusted::WrongRedirect { .. }));
    }

    #[test]
    fn apps_that_are_unknown_or_not_served_get_a_page() {
        let fixture = Fixture::new();
        assert_eq!(page(&fixture, &Asked { client_id: None, ..asked() }), Untrusted::NoClient);
        assert_eq!(page(&fixture, &Asked { client_id: Some("nobody"), ..asked() }), Untrusted::UnknownClient);
        for status in [AppStatus::Proposed, AppStatus::Sandbox, AppStatus::Suspended, AppStatus::Retired] {
            fixture.set_status(status);
            assert_eq!(
                page(&fixture, &asked()),
                Untrusted::NotServed { name: "An app".to_owned(), can_be_tried: false }
            );
            let on_trial = judge(&*fixture.store, server(true), &asked());
            assert_eq!(on_trial.is_ok(), status == AppStatus::Sandbox);
            let told =
                matches!(&on_trial, Err(Refused::Page(Untrusted::NotServed { can_be_tried: true, .. })));
            assert_eq!(told, status == AppStatus::Proposed);
        }
    }

    #[test]
    fn pkce_is_s256_or_nothing() {
        let fixture = Fixture::new();
        let without = Asked { code_challenge: None, ..asked() };
        let plain = Asked { code_challenge_method: Some("plain"), ..asked() };
        let unsaid = Asked { code_challenge_method: None, ..asked() };
        let short = Asked { code_challenge: Some("abc"), ..asked() };
        let padded =
            Asked { code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="), ..asked() };
        for wrong in [without, plain, unsaid, short, padded] {
            assert_eq!(told(&fixture, &wrong).error, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn what_is_asked_for_in_a_way_that_is_not_offered_is_answered_as_such() {
        use ErrorCode::{InvalidRequest, LoginRequired, RequestNotSupported};
        let fixture = Fixture::new();
        let silent = |prompt| Asked { prompt: Some(prompt), ..asked() };
        let mode = |mode| Asked { response_mode: Some(mode), ..asked() };
        for (wrong, error) in [
            (silent("none"), LoginRequired),
            (silent("none login"), LoginRequired),
            (Asked { request: Some("e30.e30."), ..asked() }, RequestNotSupported),
            (mode("fragment"), InvalidRequest),
            (mode("form_post"), InvalidRequest),
        ] {
            assert_eq!(told(&fixture, &wrong).error, error, "{wrong:?}");
        }
        for good in [silent("login"), silent("consent"), silent("select_account"), mode("query")] {
            assert!(judge(&*fixture.store, server(false), &good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_token_for_another_server_is_not_asked_for_here() {
        let fixture = Fixture::new();
        for aud in [
            None,
            Some("https://other.example/fhir/R4"),
            Some("https://127.0.0.1:8443/fhir/R4//"),
            Some("https://127.0.0.1:8443/fhir/R4/Patient"),
        ] {
            assert_eq!(told(&fixture, &Asked { aud, ..asked() }).error, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn what_may_be_told_to_the_app_carries_its_state() {
        let fixture = Fixture::new();
        let implicit = told(&fixture, &Asked { response_type: Some("token"), ..asked() });
        assert_eq!(implicit.error, ErrorCode::UnsupportedResponseType);
        assert_eq!((implicit.redirect_uri.as_str(), implicit.state.as_deref()), (CALLBACK, Some("s1")));
        assert_eq!(
            told(&fixture, &Asked { response_type: None, ..asked() }).error,
            ErrorCode::InvalidRequest
        );
        assert_eq!(told(&fixture, &Asked { state: None, ..asked() }).state, None);
        assert_eq!(
            told(&fixture, &Asked { state: Some("a\nb"), ..asked() }).error,
            ErrorCode::InvalidRequest
        );
        assert_eq!(
            told(&fixture, &Asked { scope: Some("openid user/*.rs"), ..asked() }).error,
            ErrorCode::InvalidScope
        );
        assert_eq!(
            told(&fixture, &Asked { scope: Some("patient/*.rs\n"), ..asked() }).error,
            ErrorCode::InvalidScope
        );
        assert_eq!(told(&fixture, &Asked { scope: None, ..asked() }).error, ErrorCode::InvalidRequest);
    }
}
