//! Which app asks, and how that is known: a public app says so, and nobody can check it; a confidential one signs an
//! assertion with one of its keys, a new one each time. Only [`authenticate`] makes a [`Client`].

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use store::{App, AppKeys, Store};

use crate::{
    Failure, app,
    assertion::{Assertion, BadAssertion, Expected, TYPE},
    jwk::KeySet,
    secret,
};

/// What an app sent about itself.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `client_id`
    pub client_id: Option<&'a str>,
    /// `client_assertion_type`
    pub assertion_type: Option<&'a str>,
    /// `client_assertion`
    pub assertion: Option<&'a str>,
}

/// An app that has proved who it is, as far as an app of its kind can.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    app: App,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.app.client_id)
    }
}

impl Client {
    /// Its client id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.app.client_id
    }

    /// Whether it has keys and has used one.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.app.keys.is_some()
    }

    pub(crate) fn serving(&self, sandbox: bool) -> Option<&App> {
        app::may_serve(&self.app, sandbox).then_some(&self.app)
    }
}

/// Where keys come from that apps publish themselves.
pub trait Published {
    /// The keys behind a URL that was registered, in which the one of this name is looked for.
    ///
    /// # Errors
    /// If they cannot be had now.
    fn keys(&self, url: &str, key_id: &str) -> Result<Arc<KeySet>, NotNow>;
}

/// Keys cannot be had at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow;

/// Why it is not known which app asks.
#[derive(Debug)]
pub enum Unauthenticated {
    /// The request does not say which app it is from.
    Unnamed,
    /// No app has this client id.
    Unknown,
    /// The app has keys, and sent nothing signed with one; or it has none, and did.
    Missing,
    /// The app is named twice, differently.
    Differs,
    /// What it signed proves nothing.
    Assertion(BadAssertion),
    /// Its keys cannot be had at the moment.
    NotNow,
    /// Not the app's fault.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Unauthenticated {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<BadAssertion> for Unauthenticated {
    fn from(error: BadAssertion) -> Self {
        Self::Assertion(error)
    }
}

/// Finds out which app asks. An app that has been stopped is still known, so that it can revoke; what it may do is
/// another question.
///
/// # Errors
/// [`Unauthenticated`].
pub fn authenticate(
    store: &dyn Store,
    published: &dyn Published,
    audiences: &[&str],
    (now, sandbox): (Timestamp, bool),
    sent: &Credentials<'_>,
) -> Result<Client, Unauthenticated> {
    let Some(text) = sent.assertion else {
        let app = named(store, sent.client_id.ok_or(Unauthenticated::Unnamed)?)?;
        let public = app.keys.is_none() && sent.assertion_type.is_none();
        return if public { Ok(Client { app }) } else { Err(Unauthenticated::Missing) };
    };
    if sent.assertion_type != Some(TYPE) {
        return Err(Unauthenticated::Missing);
    }
    let assertion = Assertion::parse(text)?;
    let id = assertion.client_id()?;
    if sent.client_id.is_some_and(|named| named != id) {
        return Err(Unauthenticated::Differs);
    }
    let app = named(store, id)?;
    let (keys, keys_at) = match app.keys.as_ref().ok_or(Unauthenticated::Missing)? {
        AppKeys::Inline { jwks } => (
            KeySet::parse(jwks.as_bytes())
                .map_or(Err(BadAssertion::UnknownKey), |keys| Ok(Arc::new(keys)))?,
            None,
        ),
        // Nothing is fetched for an app that nobody has looked at, or that was stopped: its URL may lead anywhere.
        AppKeys::Url { url } if app::may_serve(&app, sandbox) => {
            let keys = published.keys(url, assertion.key_id());
            (keys.map_err(|NotNow| Unauthenticated::NotNow)?, Some(url.as_str()))
        }
        AppKeys::Url { .. } => return Err(Unauthenticated::Unknown),
    };
    let proven = assertion.prove(&keys, &Expected { audiences, keys_at, now })?;
    let once = secret::sha256(format!("{}\0{}", app.client_id, proven.id).as_bytes());
    if !store.use_once(&once, now, proven.remember)? {
        return Err(BadAssertion::Replayed.into());
    }
    Ok(Client { app })
}

fn named(store: &dyn Store, id: &str) -> Result<App, Unauthenticated> {
    store.app(id)?.ok_or(Unauthenticated::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, NoKeys, P384_ASSERTION, P384_SET, RSA_ASSERTION, RSA_SET, now};
    use jiff::SignedDuration;
    use store::AppStatus;

    const TOKEN: &str = "https://127.0.0.1:8443/oauth/token";

    fn with_keys(fixture: &Fixture, keys: AppKeys) {
        let app = fixture.store.app("app").unwrap().unwrap();
        fixture.store.set_app(&App { keys: Some(keys), ..app }).unwrap();
    }

    fn inline(set: &str) -> AppKeys {
        AppKeys::Inline { jwks: set.to_owned() }
    }

    fn sent(assertion: &str) -> Credentials<'_> {
        Credentials { client_id: None, assertion_type: Some(TYPE), assertion: Some(assertion) }
    }

    fn ask(fixture: &Fixture, sent: &Credentials<'_>) -> Result<Client, String> {
        ask_at(fixture, now(), sent)
    }

    fn ask_at(fixture: &Fixture, now: Timestamp, sent: &Credentials<'_>) -> Result<Client, String> {
        let known = authenticate(&*fixture.store, &NoKeys, &[TOKEN], (now, false), sent);
        known.map_err(|error| match error {
            Unauthenticated::Assertion(bad) => format!("{bad:?}"),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn assertions_that_another_library_made_are_taken_once() {
        for (set, assertion) in [(RSA_SET, RSA_ASSERTION), (P384_SET, P384_ASSERTION)] {
            let fixture = Fixture::new();
            with_keys(&fixture, inline(set));
            let client = ask(&fixture, &sent(assertion)).unwrap();
            assert_eq!((client.id(), client.is_confidential()), ("app", true));
            assert_eq!(ask(&fixture, &sent(assertion)), Err("Replayed".to_owned()));
        }
    }

    #[test]
    fn an_assertion_ends_with_its_time_and_the_clocks_may_be_a_minute_apart() {
        let fixture = Fixture::new();
        with_keys(&fixture, inline(P384_SET));
        let at = |seconds: i64| {
            let now = now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
            ask_at(&fixture, now, &sent(P384_ASSERTION))
        };
        // Made at 0, ends at 240; at -120 it would end six minutes ahead.
        for wrong in [-121, -3600, 300, 3600] {
            assert_eq!(at(wrong), Err("Time".to_owned()), "{wrong}");
        }
        assert!(at(299).is_ok(), "what was refused was not used up");
        assert_eq!(at(-60), Err("Replayed".to_owned()));
    }

    #[test]
    fn who_signs_with_anothers_key_or_is_named_as_another_is_nobody() {
        let fixture = Fixture::new();
        with_keys(&fixture, inline(RSA_SET));
        assert_eq!(ask(&fixture, &sent(P384_ASSERTION)), Err("UnknownKey".to_owned()));
        let renamed = RSA_SET.replace("\"rsa\"", "\"p384\"");
        with_keys(&fixture, inline(&renamed));
        assert_eq!(ask(&fixture, &sent(P384_ASSERTION)), Err("UnknownKey".to_owned()), "of another kind");
        with_keys(&fixture, inline(P384_SET));
        let other = Credentials { client_id: Some("other"), ..sent(P384_ASSERTION) };
        assert_eq!(ask(&fixture, &other), Err("Differs".to_owned()));
        let bent = P384_ASSERTION.replace("eyJpc3Mi", "eyJpc3Mj");
        assert!(ask(&fixture, &sent(&bent)).is_err());
        let flipped = format!("{}A", &P384_ASSERTION[..P384_ASSERTION.len() - 1]);
        let flipped = if flipped == P384_ASSERTION { flipped.replace('A', "B") } else { flipped };
        assert!(ask(&fixture, &sent(&flipped)).is_err());
        assert!(ask(&fixture, &sent(P384_ASSERTION)).is_ok());
    }

    #[test]
    fn an_app_with_keys_must_use_one_and_an_app_without_cannot() {
        let fixture = Fixture::new();
        let named = Credentials { client_id: Some("app"), ..Credentials::default() };
        assert!(!ask(&fixture, &named).unwrap().is_confidential());
        assert_eq!(ask(&fixture, &sent(P384_ASSERTION)), Err("Missing".to_owned()), "a public app");
        let only_type = Credentials { assertion_type: Some(TYPE), ..named };
        assert_eq!(ask(&fixture, &only_type), Err("Missing".to_owned()));
        with_keys(&fixture, inline(P384_SET));
        assert_eq!(ask(&fixture, &named), Err("Missing".to_owned()));
        let other_type = Credentials { assertion_type: Some("x"), ..sent(P384_ASSERTION) };
        assert_eq!(ask(&fixture, &other_type), Err("Missing".to_owned()));
        assert_eq!(ask(&fixture, &Credentials::default()), Err("Unnamed".to_owned()));
    }

    /// Says which URL was asked, and has keys.
    struct Asked(std::sync::Mutex<Vec<String>>);

    impl Published for Asked {
        fn keys(&self, url: &str, _: &str) -> Result<Arc<KeySet>, NotNow> {
            self.0.lock().unwrap().push(url.to_owned());
            Ok(Arc::new(KeySet::parse(P384_SET.as_bytes()).unwrap()))
        }
    }

    #[test]
    fn keys_are_fetched_only_for_apps_that_are_served() {
        let fixture = Fixture::new();
        with_keys(&fixture, AppKeys::Url { url: "https://app.example/jwks".to_owned() });
        let asked = Asked(std::sync::Mutex::default());
        let ask = || authenticate(&*fixture.store, &asked, &[TOKEN], (now(), false), &sent(P384_ASSERTION));
        for status in [AppStatus::Proposed, AppStatus::Sandbox, AppStatus::Suspended, AppStatus::Retired] {
            fixture.set_status(status);
            assert!(matches!(ask(), Err(Unauthenticated::Unknown)));
        }
        assert!(asked.0.lock().unwrap().is_empty());
        fixture.set_status(AppStatus::Approved);
        assert!(ask().is_ok());
        assert_eq!(*asked.0.lock().unwrap(), ["https://app.example/jwks"]);
    }
}
