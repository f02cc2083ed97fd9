//! `/oauth/…`: the HTTP side of the authorization server. What is decided is decided in `auth`; here are forms, pages,
//! redirects and the headers that keep them safe. Nothing that was sent or issued is logged.

mod account;
mod authorize;
mod choosing;
mod cookie;
mod cors;
mod discovery;
mod form;
mod identity;
mod keys;
mod page;
mod pushing;
mod registration;
mod reply;
mod signing_in;
pub mod stand_in;
#[cfg(test)]
mod tests;
mod token;
mod words;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use auth::{Failure, SignIn, identity::IdentityKeys, rate::Limiter};
use http::Method;
use jiff::Timestamp;
use store::Store;

pub use discovery::{authorization_server, openid_configuration, smart_configuration};
use keys::PublishedKeys;
pub use keys::{FetchKeys, Fetched};
pub use signing_in::{Answered, AskProvider, Heard, How, Provider};

use crate::{
    Request, Response, accept::subscriber, audit::Trail, clock::Clock, operator::Operator, service::Urls,
};

/// Addresses that are remembered for what they have done lately.
const MOST_ADDRESSES: usize = 10_000;

/// The authorization endpoints.
pub struct OAuth {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    urls: Urls,
    sandbox: bool,
    sign_in: SignIn,
    keys: PublishedKeys,
    identity: Option<Arc<IdentityKeys>>,
    registering: Option<Limiter<IpAddr>>,
    pushing: Limiter<IpAddr>,
    providers: Vec<Arc<Provider>>,
    signing_in: Limiter<IpAddr>,
    letters: Option<Limiter<IpAddr>>,
    trail: Arc<Trail>,
    looking: Limiter<String>,
    operator: Arc<Operator>,
}

/// What an authorization server offers beyond what each one does.
#[derive(Clone, Default)]
pub struct Offer {
    /// How keys that apps publish are fetched; without it, only apps whose keys were registered can use them.
    pub fetch: Option<Arc<dyn FetchKeys>>,
    /// Apps may propose themselves (RFC 7591).
    pub registration: bool,
    /// Keys of ID tokens; without them nobody is told who signed in.
    pub identity: Option<Arc<IdentityKeys>>,
    /// With whom people can sign in.
    pub providers: Vec<Arc<Provider>>,
    /// People can sign in with what their practice has given them in a letter.
    pub letters: bool,
    /// Connections may show a certificate, to which tokens can be bound (RFC 8705).
    pub certificates: bool,
}

impl Offer {
    /// What of it discovery tells.
    #[must_use]
    pub fn offered(&self) -> Offered {
        Offered {
            registration: self.registration,
            identity: self.identity.is_some(),
            sign_in: self.letters || !self.providers.is_empty(),
            certificates: self.certificates,
        }
    }
}

/// What an authorization server offers, for those who are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// Apps may propose themselves.
    pub registration: bool,
    /// Apps may be told who signed in.
    pub identity: bool,
    /// People can sign in.
    pub sign_in: bool,
    /// Tokens can be bound to the certificate of a connection.
    pub certificates: bool,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer(..)")
    }
}

impl OAuth {
    /// Over a store and the trail of who looked, at an address. In a sandbox, apps on trial are served too, and a name is enough to sign in as
    /// long as the address is this machine's own.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        trail: Arc<Trail>,
        urls: Urls,
        sandbox: bool,
        offer: Offer,
    ) -> Self {
        let sign_in = SignIn::of(sandbox, &urls.base);
        let keys = PublishedKeys::new(offer.fetch, Arc::clone(&clock));
        let pushing = Limiter::new(MOST_ADDRESSES);
        let registering = offer.registration.then(|| Limiter::new(MOST_ADDRESSES));
        let signing_in = Limiter::new(MOST_ADDRESSES);
        let letters = offer.letters.then(|| Limiter::new(MOST_ADDRESSES));
        let (identity, providers) = (offer.identity, offer.providers);
        Self {
            store,
            clock,
            urls,
            sandbox,
            sign_in,
            keys,
            identity,
            registering,
            pushing,
            providers,
            signing_in,
            letters,
            trail,
            looking: Limiter::new(MOST_ADDRESSES),
            operator: Arc::default(),
        }
    }

    /// With what an operator has configured: names are taken only from records that were made with those tables.
    #[must_use]
    pub fn with_operator(self, operator: Arc<Operator>) -> Self {
        Self { operator, ..self }
    }

    /// Answers what is under `/oauth/` and `/account`; nothing else.
    #[must_use]
    pub fn handle(&self, request: &Request, peer: SocketAddr) -> Option<Response> {
        self.answered_by(request, peer).map(|response| words::rendered(request, response))
    }

    fn answered_by(&self, request: &Request, peer: SocketAddr) -> Option<Response> {
        if let Some(path) = request.uri().path().strip_prefix("/account") {
            return self.account(request, path, subscriber(peer.ip()));
        }
        let path = request.uri().path().strip_prefix("/oauth/")?;
        let method = request.method();
        if let Some((step, provider)) = path.split_once('/') {
            return match (step, method) {
                ("sign-in", &Method::GET) => self.go(request, provider, subscriber(peer.ip())),
                ("callback", &Method::GET) => self.back(request, provider),
                _ => None,
            };
        }
        match path {
            "answer" => Some(match *method {
                Method::GET | Method::HEAD => self.asked_with_ticket(request),
                Method::POST => self.answered_with_ticket(request),
                _ => reply::method_not_allowed("GET, HEAD, POST"),
            }),
            "letter" => self.letters.as_ref().map(|limiter| match *method {
                Method::GET | Method::HEAD => self.letter_asked(request),
                Method::POST => self.letter_typed(request, limiter, subscriber(peer.ip())),
                _ => reply::method_not_allowed("GET, HEAD, POST"),
            }),
            "authorize" => Some(match *method {
                Method::GET | Method::HEAD => self.ask(request),
                Method::POST => self.posted(request),
                _ => reply::method_not_allowed("GET, HEAD, POST"),
            }),
            "token" | "revoke" | "introspect" | "par" => Some(match *method {
                Method::OPTIONS => cors::preflight(request.headers()),
                Method::POST if path == "token" => self.token(request),
                Method::POST if path == "revoke" => self.revoke(request),
                Method::POST if path == "par" => self.push(request, subscriber(peer.ip())),
                Method::POST => self.introspect(request),
                _ => reply::method_not_allowed("POST, OPTIONS"),
            }),
            "jwks" if matches!(*method, Method::GET | Method::HEAD) => self.jwks(),
            "jwks" => self.identity.as_ref().map(|_| reply::method_not_allowed("GET, HEAD")),
            "register" => self.registering.as_ref().map(|limiter| match *method {
                Method::POST => self.register(request, limiter, subscriber(peer.ip())),
                _ => reply::method_not_allowed("POST"),
            }),
            _ => None,
        }
    }

    /// Whether it may take long to answer, although it is a GET.
    #[must_use]
    pub fn waits(path: &str) -> bool {
        ["/oauth/sign-in/", "/oauth/callback/", "/account"].iter().any(|slow| path.starts_with(slow))
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The log is told what failed; nobody else is.
fn log(failure: &Failure) {
    tracing::error!(error = failure as &dyn std::error::Error, "the authorization server failed");
}
