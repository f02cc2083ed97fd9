//! A pretend NHS login for sandboxes: a provider of its own, over TLS, whose people are invented and who signs in whoever
//! is chosen, with whatever is to go wrong. The relying party does not know that it is none. [`serve`] lets nobody from
//! another machine near it.

mod fault;
mod page;
mod tokens;

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use auth::provider::ClientKey;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use fault::Fault;
use tokens::Granted;

use super::{form::Form, reply, words};
use crate::{
    Handle, Request, Response, accept, clock::Clock, config::Limits, outcome::Outcome, shutdown::Shutdown,
};

/// How long a code is good.
const CODE: SignedDuration = SignedDuration::from_secs(60);
/// Most codes and tokens that are remembered.
const MOST: usize = 1000;

/// Somebody who can be signed in.
#[derive(Clone)]
pub struct Somebody {
    /// How the page names them.
    pub label: String,
    /// Their NHS number.
    pub nhs_number: String,
    /// Their date of birth, as in ISO 8601.
    pub birthdate: String,
}

impl std::fmt::Debug for Somebody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Somebody(..)")
    }
}

/// The one service that it signs people in for.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What it is called here.
    pub client_id: String,
    /// Where people are sent back to.
    pub redirect_uri: String,
    /// Its public keys, as a JWK Set.
    pub jwks: Value,
}

/// The pretend provider.
pub struct StandIn {
    issuer: String,
    key: ClientKey,
    /// Signs what must not be believed.
    unknown: ClientKey,
    client: Registered,
    people: Vec<Somebody>,
    clock: Arc<dyn Clock>,
    codes: Mutex<HashMap<String, (Granted, Timestamp)>>,
    opened: Mutex<HashMap<String, Granted>>,
    assertions: Mutex<Vec<String>>,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandIn(..)")
    }
}

impl StandIn {
    /// At an address, with a key of its own and another one that it does not publish.
    #[must_use]
    pub fn new(
        issuer: String,
        keys: [ClientKey; 2],
        client: Registered,
        people: Vec<Somebody>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let [key, unknown] = keys;
        let (codes, opened, assertions) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { issuer, key, unknown, client, people, clock, codes, opened, assertions }
    }

    fn answer(&self, request: &Request) -> Response {
        let gets = matches!(*request.method(), Method::GET | Method::HEAD);
        match (request.uri().path(), gets) {
            ("/.well-known/openid-configuration", true) => reply::json(&self.about()),
            ("/jwks", true) => reply::json(&self.key.jwks()),
            ("/authorize", true) => self.chooser(request),
            ("/authorize", false) if request.method() == Method::POST => self.chosen(request),
            ("/token", false) if request.method() == Method::POST => self.token(request),
            ("/userinfo", true) => self.userinfo(request),
            _ => Outcome::NotFound.response(),
        }
    }

    fn about(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/jwks"),
            "scopes_supported": ["openid", "profile"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS512"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    fn chooser(&self, request: &Request) -> Response {
        match Form::of_query(request) {
            Ok(form) => match self.asks_well(&form) {
                Ok(()) => page::choose(&self.people, &form, &self.client.redirect_uri),
                Err(why) => page::wrong(why),
            },
            Err(bad) => page::wrong(bad.words()),
        }
    }

    /// What NHS login asks of an authorization request.
    fn asks_well(&self, form: &Form) -> Result<(), &'static str> {
        let has = |name: &str, value: &str| form.get(name) == Some(value);
        let mut scopes = form.get("scope").unwrap_or_default().split(' ');
        if !has("client_id", &self.client.client_id) {
            Err("client_id is not known here")
        } else if !has("redirect_uri", &self.client.redirect_uri) {
            Err("redirect_uri is not registered")
        } else if !has("response_type", "code") {
            Err("response_type is not code")
        } else if !scopes.any(|scope| scope == "openid") {
            Err("scope is without openid")
        } else if !has("code_challenge_method", "S256") || form.get("code_challenge").is_none() {
            Err("there is no code_challenge with S256")
        } else if form.get("state").is_none() || form.get("nonce").is_none() {
            Err("state or nonce is missing")
        } else {
            Ok(())
        }
    }

    fn chosen(&self, request: &Request) -> Response {
        let Ok(form) = Form::of_body(request) else { return page::wrong("the form cannot be read") };
        if let Err(why) = self.asks_well(&form) {
            return page::wrong(why);
        }
        let fault = form.get("fault").and_then(Fault::of).unwrap_or(Fault::None);
        let state = ("state", form.get("state").unwrap_or_default());
        let issuer = if fault == Fault::MixUp { "https://other.invalid" } else { &self.issuer };
        let back = |first: (&str, &str)| {
            reply::redirect(&self.client.redirect_uri, &[first, state, ("iss", issuer)])
        };
        match fault {
            Fault::Denied => return back(("error", "access_denied")),
            Fault::Down => return back(("error", "temporarily_unavailable")),
            _ => {}
        }
        let at = form.get("person").and_then(|at| at.parse::<usize>().ok());
        let Some(person) = at.and_then(|at| self.people.get(at)) else {
            return page::wrong("nobody was chosen");
        };
        let text = |name| form.get(name).unwrap_or_default().to_owned();
        let granted = Granted {
            person: person.clone(),
            fault,
            nonce: text("nonce"),
            challenge: text("code_challenge"),
        };
        let code = random();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() >= MOST {
            codes.clear();
        }
        codes.insert(code.clone(), (granted, self.clock.now()));
        back(("code", &code))
    }
}

impl Handle for StandIn {
    fn handle(&self, request: &Request, _: SocketAddr) -> Response {
        // It stands in for a service that has no other language.
        let mut response = words::in_english(self.answer(request));
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(http::HeaderValue::from_static("no-store"));
        response
    }

    fn whom(&self) -> &'static str {
        "people of the pretend NHS login"
    }
}

/// Serves it until told to stop.
///
/// # Errors
/// If the listener can be reached from another machine, or cannot be used.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    stand_in: StandIn,
    shutdown: Shutdown,
) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() || !auth::app::is_loopback(&stand_in.client.redirect_uri) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the pretend NHS login is for this machine alone",
        ));
    }
    accept::serve(listener, tls, Limits::default(), Arc::new(stand_in), shutdown).await
}

/// 128 random bits.
fn random() -> String {
    let mut bytes = [0; 16];
    // Without randomness there is nothing to guard here: everybody is invented.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_lc_rs::{
        encoding::{AsDer, Pkcs8V1Der},
        rsa::KeySize,
        signature::RsaKeyPair,
    };

    use super::*;
    use crate::{clock::SystemClock, shutdown, tls};

    fn key() -> ClientKey {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        ClientKey::new(AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref(), None).unwrap()
    }

    /// Whether it began to serve.
    async fn serves(address: &str, redirect_uri: &str) -> bool {
        let dir = tempfile::tempdir().unwrap();
        let issued = tls::testing::issue("localhost");
        issued.write(dir.path());
        let [certificate, private] = ["certificate.pem", "key.pem"].map(|name| dir.path().join(name));
        let pair = tls::Certificates::load(&certificate, &private).unwrap();
        let client = Registered {
            client_id: "us".to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            jwks: serde_json::json!({}),
        };
        let (issuer, keys) = ("https://127.0.0.1:1".to_owned(), [key(), key()]);
        let stand_in = StandIn::new(issuer, keys, client, Vec::new(), Arc::new(SystemClock));
        let listener = TcpListener::bind(address).await.unwrap();
        let (_trigger, shutdown) = shutdown::channel();
        let serving = serve(listener, tls::server_config(pair).unwrap(), stand_in, shutdown);
        match tokio::time::timeout(Duration::from_millis(200), serving).await {
            Ok(ended) => {
                assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::InvalidInput);
                false
            }
            Err(_) => true,
        }
    }

    #[tokio::test]
    async fn it_serves_this_machine_alone_and_a_service_on_this_machine_alone() {
        let here = "https://127.0.0.1:8443/oauth/callback/x";
        assert!(serves("127.0.0.1:0", here).await);
        assert!(!serves("0.0.0.0:0", here).await);
        assert!(!serves("127.0.0.1:0", "https://records.example/oauth/callback/x").await);
    }
}
