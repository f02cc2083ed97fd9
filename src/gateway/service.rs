//! The routes: which request is answered by what. Everything here is synchronous and works on mapped memory.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use auth::{
    Presented, Session,
    binding::Shown,
    dpop::{BadProof, Expected, Proven, prove},
};
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use record::ResourceType;
use serde_json::Value;
use store::{Store, StoreError, Subject};

use crate::{
    Handle, Request, Response,
    accept::subscriber,
    audit::{Interaction, Recording, RequestId, Row, Trail},
    binding::{Used, proof, thumbprint},
    clock::Clock,
    fhir::{self, CursorKey, Format, Query, Unanswered, capability_statement},
    oauth::{OAuth, Offer, Offered, authorization_server, openid_configuration, smart_configuration},
    operator::Operator,
    outcome::{Outcome, found, no_content},
    rates::{PerMinute, Rates},
    readiness::Readiness,
    telemetry::{self, RouteLabel},
};

/// Where this server is, as apps see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// `https://host[:port]`, without a slash at its end.
    pub base: String,
}

impl Urls {
    /// The FHIR base.
    #[must_use]
    pub fn fhir(&self) -> String {
        format!("{}{FHIR}", self.base)
    }

    /// The authorization endpoint.
    #[must_use]
    pub fn authorize(&self) -> String {
        format!("{}/oauth/authorize", self.base)
    }

    /// The token endpoint.
    #[must_use]
    pub fn token(&self) -> String {
        format!("{}/oauth/token", self.base)
    }

    /// Where apps push authorization requests.
    #[must_use]
    pub fn pushed(&self) -> String {
        format!("{}/oauth/par", self.base)
    }

    /// The introspection endpoint.
    #[must_use]
    pub fn introspect(&self) -> String {
        format!("{}/oauth/introspect", self.base)
    }

    /// Where apps propose themselves.
    #[must_use]
    pub fn register(&self) -> String {
        format!("{}/oauth/register", self.base)
    }

    /// The keys of ID tokens.
    #[must_use]
    pub fn jwks(&self) -> String {
        format!("{}/oauth/jwks", self.base)
    }

    /// The revocation endpoint.
    #[must_use]
    pub fn revoke(&self) -> String {
        format!("{}/oauth/revoke", self.base)
    }
}

const FHIR: &str = "/fhir/R4";

/// The gateway's answers.
pub struct Service {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cursors: CursorKey,
    urls: Urls,
    sandbox: bool,
    oauth: OAuth,
    offered: Offered,
    rates: Rates,
    used: Used,
    readiness: Mutex<Readiness>,
    trail: Arc<Trail>,
    pub(crate) operator: Arc<Operator>,
}

impl Service {
    /// Over a store, at an address; who looks is written to the trail.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        trail: Arc<Trail>,
        clock: Arc<dyn Clock>,
        urls: Urls,
        cursors: CursorKey,
        sandbox: bool,
    ) -> Self {
        let offer = Offer::default();
        let oauth = OAuth::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&trail),
            urls.clone(),
            sandbox,
            offer,
        );
        let (offered, readiness, operator) = (Offered::default(), Mutex::default(), Arc::default());
        let (rates, used) = (Rates::new(PerMinute::default()), Used::since(clock.now()));
        Self { store, trail, clock, cursors, urls, sandbox, oauth, offered, rates, used, readiness, operator }
    }

    /// With what an operator has configured: only records that were made with those tables are served.
    #[must_use]
    pub fn with_operator(self, operator: Arc<Operator>) -> Self {
        let oauth = self.oauth.with_operator(Arc::clone(&operator));
        Self { oauth, operator, ..self }
    }

    /// With limits on how often requests are answered.
    #[must_use]
    pub fn limited(self, limits: PerMinute) -> Self {
        Self { rates: Rates::new(limits), ..self }
    }

    /// The same, and what its authorization server offers beyond what each one does.
    #[must_use]
    pub fn offering(self, offer: Offer) -> Self {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let offered = offer.offered();
        let oauth = OAuth::new(store, clock, Arc::clone(&self.trail), self.urls.clone(), self.sandbox, offer);
        let oauth = oauth.with_operator(Arc::clone(&self.operator));
        Self { oauth, offered, ..self }
    }

    pub(crate) fn fhir_base(&self) -> String {
        self.urls.fhir()
    }

    /// What the client is told when the store failed; the log is told what failed.
    #[expect(clippy::unused_self, reason = "reads as what the service does")]
    pub(crate) fn failed(&self, error: &StoreError) -> Outcome {
        telemetry::store_failed(error.cause());
        tracing::error!(%error, "the store failed");
        Outcome::Internal
    }

    /// What the client is told when its request cannot be answered.
    pub(crate) fn unanswered(&self, why: &Unanswered) -> Outcome {
        match why {
            Unanswered::Store(error) => self.failed(error),
            Unanswered::OtherTables => Outcome::Unavailable(
                "This record is being made anew, because rules have changed. Try again in a while.",
            ),
        }
    }

    fn route(&self, request: &Request, peer: SocketAddr) -> (&'static str, Response) {
        let path = request.uri().path();
        if let Some(rest) = path.strip_prefix(FHIR) {
            let (label, answer) = self.fhir(request, rest);
            let mut response = answer.unwrap_or_else(|outcome| told(request, &outcome));
            open_to_browsers(response.headers_mut());
            return (label, response);
        }
        if let Some(response) = self.oauth.handle(request, peer) {
            let label = if path.starts_with("/account") { "/account/{page}" } else { "/oauth/{endpoint}" };
            return (label, response);
        }
        match path {
            "/healthz" => ("/healthz", found(b"ok\n".to_vec(), "text/plain; charset=utf-8")),
            "/readyz" => ("/readyz", self.ready()),
            "/.well-known/oauth-authorization-server" => {
                well_known(request, Some(authorization_server(&self.urls, self.offered)))
            }
            "/.well-known/openid-configuration" => {
                well_known(request, openid_configuration(&self.urls, self.offered))
            }
            _ => ("other", Outcome::NotFound.response()),
        }
    }

    fn ready(&self) -> Response {
        let failures = self.store.failures();
        let mut readiness = self.readiness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = readiness.doubt(failures, self.clock.now()) {
            tracing::warn!(cause = failures.cause, "not ready: writes fail");
            return Outcome::Unavailable(words).response();
        }
        if self.trail.is_failing() {
            return Outcome::Unavailable("The audit trail cannot be written: nothing is shown.").response();
        }
        match self.store.app("readiness") {
            Ok(_) => found(b"ready\n".to_vec(), "text/plain; charset=utf-8"),
            Err(error) => {
                tracing::error!(%error, "not ready");
                Outcome::Unavailable("The store cannot be read.").response()
            }
        }
    }

    fn fhir(&self, request: &Request, path: &str) -> (&'static str, Result<Response, Outcome>) {
        if request.method() == Method::OPTIONS {
            return ("/fhir/R4/{any}", Ok(preflight()));
        }
        let mut parts = path.strip_prefix('/').unwrap_or_default().split('/');
        let parts = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let keys = self.oauth.identity_keys();
        let query = Query::parse(request.uri().query().unwrap_or_default());
        match parts {
            ("metadata", None, None) => {
                ("/fhir/R4/metadata", only_get(request).and_then(|()| self.metadata(request, &query)))
            }
            (".well-known", Some("smart-configuration"), None) => (
                "/fhir/R4/.well-known/smart-configuration",
                only_get(request).map(|()| {
                    let body = smart_configuration(&self.urls, self.sandbox, self.offered).to_string();
                    found(body.into_bytes(), "application/json")
                }),
            ),
            (fhir::RELATED_PERSON, Some(id), None) if keys.is_some() => {
                ("/fhir/R4/{type}/{id}", self.read_related_person(request, id, &query))
            }
            (kind, second, None) => match (ResourceType::from_name(kind), second) {
                (Some(kind), None) => ("/fhir/R4/{type}", self.get_search(request, kind, &query)),
                (Some(kind), Some("_search")) => {
                    ("/fhir/R4/{type}/_search", self.post_search(request, kind, query))
                }
                (Some(kind), Some(id)) => ("/fhir/R4/{type}/{id}", self.read(request, kind, id, &query)),
                (None, _) => ("/fhir/R4/{any}", Err(Outcome::NotFound)),
            },
            _ => ("/fhir/R4/{any}", Err(Outcome::NotFound)),
        }
    }

    fn metadata(&self, request: &Request, query: &Query) -> Result<Response, Outcome> {
        let format = fhir::negotiate(request.headers(), query.last("_format"))?;
        let body = capability_statement(&self.urls, self.offered).to_string().into_bytes();
        Ok(found(format.encode(body)?, format.media_type()))
    }

    fn read(
        &self,
        request: &Request,
        kind: ResourceType,
        id: &str,
        query: &Query,
    ) -> Result<Response, Outcome> {
        only_get(request)?;
        self.recorded(request, Interaction::Read, kind.name(), |session| {
            let format = fhir::negotiate(request.headers(), query.last("_format"))?;
            fhir::read(self, session, kind, id, request.headers(), format)
        })
    }

    fn read_related_person(&self, request: &Request, id: &str, query: &Query) -> Result<Response, Outcome> {
        only_get(request)?;
        let keys = self.oauth.identity_keys().ok_or(Outcome::NotFound)?;
        self.recorded(request, Interaction::Read, fhir::RELATED_PERSON, |session| {
            let format = fhir::negotiate(request.headers(), query.last("_format"))?;
            fhir::read_related_person(self, session, keys, id, format)
        })
    }

    fn get_search(&self, request: &Request, kind: ResourceType, query: &Query) -> Result<Response, Outcome> {
        only_get(request)?;
        self.search(request, kind, query)
    }

    fn post_search(&self, request: &Request, kind: ResourceType, query: Query) -> Result<Response, Outcome> {
        const FORM: &str = "application/x-www-form-urlencoded";
        if request.method() != Method::POST {
            return Err(Outcome::Method("POST"));
        }
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form =
            media_type.is_some_and(|value| value.split(';').next().unwrap_or_default().trim() == FORM);
        if !is_form && !request.body().is_empty() {
            return Err(Outcome::MediaType(
                "A search by POST has a body of application/x-www-form-urlencoded.",
            ));
        }
        let body = std::str::from_utf8(request.body())
            .map_err(|_| Outcome::Invalid("The body is not UTF-8.".to_owned()))?;
        self.search(request, kind, &query.and(Query::parse(body)))
    }

    fn search(&self, request: &Request, kind: ResourceType, query: &Query) -> Result<Response, Outcome> {
        self.recorded(request, Interaction::Search, kind.name(), |session| {
            let format = fhir::negotiate(request.headers(), query.last("_format"))?;
            fhir::search(self, session, kind, query, request.headers(), format)
        })
    }

    /// Answers whoever is signed in, and writes down what was asked and what came of it; an app that asks too often has
    /// seen nothing and is only counted.
    fn recorded(
        &self,
        request: &Request,
        interaction: Interaction,
        kind: &str,
        answer: impl FnOnce(&Session) -> Result<Response, Outcome>,
    ) -> Result<Response, Outcome> {
        let session = self.session(request)?;
        let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        let row = Row { request: id, ..Row::asked(self.clock.now(), &session, interaction, kind) };
        let recording = Recording::begin(&self.trail, row);
        recording.end(answer(&session), || self.logical_id(&session.subject))
    }

    /// The logical id of a patient; none if nothing was ever released of them.
    fn logical_id(&self, subject: &Subject) -> Option<String> {
        let snapshot = self.store.read(subject).ok().flatten()?;
        Some(snapshot.released().subject.clone())
    }

    /// The key that the app proves to have for this request and this token (RFC 9449 §7).
    fn proved(&self, request: &Request, token: &str, now: Timestamp) -> Result<Proven, Outcome> {
        let bad = |bad: BadProof| Outcome::BadProof(bad.words());
        let missing =
            Outcome::BadProof("There is no DPoP proof: each request with Authorization: DPoP brings one.");
        let proof = proof(request.headers()).map_err(bad)?.ok_or(missing)?;
        let url = format!("{}{}", self.urls.base, request.uri().path());
        let expected = Expected { method: request.method().as_str(), url: &url, token: Some(token), now };
        prove(proof, &expected).map_err(bad)
    }

    fn session(&self, request: &Request) -> Result<Session, Outcome> {
        let missing = if self.sandbox {
            "There is no access token. Sign in with a SMART app, or run: recordgate sandbox token --dir DIR --user USER"
        } else {
            "There is no access token. Send Authorization: Bearer with one from the token endpoint."
        };
        let value = request.headers().get(header::AUTHORIZATION).ok_or(Outcome::Unauthorized(missing))?;
        let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
        let now = self.clock.now();
        let proven = match Scheme::of(scheme) {
            Some(Scheme::Bearer) => None,
            Some(Scheme::Dpop) => Some(self.proved(request, token.trim(), now)?),
            None => return Err(Outcome::Unauthorized("The Authorization header is not a bearer token.")),
        };
        let certificate = thumbprint(request);
        let shown = Shown {
            key: proven.as_ref().map(|proven| proven.key.as_str()),
            certificate: certificate.as_deref(),
        };
        let presented = Presented { token: token.trim(), shown };
        let found = auth::bearer(&*self.store, now, self.sandbox, presented);
        let session = found.map_err(|error| match error {
            auth::AuthError::Store(error) => self.failed(&error),
            auth::AuthError::Unbound => Outcome::InvalidToken(
                "The access token is bound to a key or a certificate, and that did not come with it: send Authorization: DPoP \
                 with a DPoP proof, or connect with the certificate.",
            ),
            auth::AuthError::Unknown
            | auth::AuthError::Expired
            | auth::AuthError::Revoked
            | auth::AuthError::AppNotServed
            | auth::AuthError::NotEntitled => {
                Outcome::InvalidToken("The access token is not good (any more). Get a new one.")
            }
        })?;
        if let Some(proven) = &proven {
            self.used.take(proven, now)?;
        }
        self.rates.session(&session, now)?;
        Ok(session)
    }
}

/// How a token is sent.
enum Scheme {
    Bearer,
    Dpop,
}

impl Scheme {
    fn of(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("bearer") { Some(Self::Bearer) } else { is("dpop").then_some(Self::Dpop) }
    }
}

impl Handle for Service {
    /// Whoever signs in with a provider waits for it.
    fn waits(&self, head: &http::request::Parts) -> bool {
        OAuth::waits(head.uri.path())
    }

    fn handle(&self, request: &Request, peer: SocketAddr) -> Response {
        let (label, mut response) = match self.rates.address(subscriber(peer.ip()), self.clock.now()) {
            Ok(()) => self.route(request, peer),
            Err(outcome) => {
                let mut response = told(request, &outcome);
                open_to_browsers(response.headers_mut());
                ("throttled", response)
            }
        };
        response.extensions_mut().insert(RouteLabel(label));
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }
}

/// What went wrong, in the format that the client asked for, as far as that can be understood (R4, http.html#mime-type).
fn told(request: &Request, outcome: &Outcome) -> Response {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let mut response = outcome.response();
    if fhir::negotiate(request.headers(), query.last("_format")) == Ok(Format::Xml)
        && let Ok(xml) = Format::Xml.encode(outcome.body())
    {
        *response.body_mut() = xml.into();
        let kind = HeaderValue::from_static(Format::Xml.media_type());
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// What this server says of itself beside its FHIR side; not there where it has nothing to say.
fn well_known(request: &Request, told: Option<Value>) -> (&'static str, Response) {
    let told = told.ok_or(Outcome::NotFound).and_then(|told| only_get(request).map(|()| told));
    let told = told.map(|told| found(told.to_string().into(), "application/json"));
    let mut response = told.unwrap_or_else(|outcome| outcome.response());
    open_to_browsers(response.headers_mut());
    ("/.well-known/{any}", response)
}

fn only_get(request: &Request) -> Result<(), Outcome> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        Ok(())
    } else {
        Err(Outcome::Method("GET, HEAD"))
    }
}

fn preflight() -> Response {
    let mut response = no_content();
    let headers = response.headers_mut();
    headers
        .insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, dpop, content-type, accept, prefer, if-none-match, if-modified-since, traceparent, tracestate"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}

/// Browser apps of any origin may ask: a request is authorised by its bearer token alone, never by a cookie, so that
/// no origin gains anything from another's visitor (SMART App Launch 2.2, conformance: CORS).
fn open_to_browsers(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("etag, last-modified, www-authenticate, retry-after, x-request-id"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, Accept, Prefer"));
}
