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
