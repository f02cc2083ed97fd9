//! Everything that touches the world: listeners, TLS, routes, FHIR search and bundles, telemetry, configuration.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

pub mod accept;
pub mod audit;
mod binding;
pub mod client;
pub mod clock;
pub mod config;
pub mod demo;
pub mod explain;
pub mod fetch;
pub mod fhir;
pub mod intake;
pub mod loader;
pub mod oauth;
pub mod operator;
pub mod outcome;
pub mod rates;
mod readiness;
pub mod service;
pub mod shutdown;
pub mod telemetry;
pub mod terminology;
pub mod tls;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use rustls::pki_types::CertificateDer;

pub use accept::{Arriving, Broken};

/// Loading makes and drops many small values, often on another thread than it made them on. This allocator takes half
/// the time of the system's over that, in every program that this crate is in.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A request whose body has been read, within its limit.
pub type Request = http::Request<Bytes>;
/// A response that is ready to be sent.
pub type Response = http::Response<Bytes>;

/// What answers requests. It is called on a worker thread for GET and HEAD, which only read mapped memory, and on a
/// thread that may block for everything else.
pub trait Handle: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: &Request, peer: SocketAddr) -> Response;

    /// For whom it answers, as the log has it.
    fn whom(&self) -> &'static str {
        "apps"
    }

    /// Whether a GET or HEAD may take long, and is answered on a thread that may block.
    fn waits(&self, _: &http::request::Parts) -> bool {
        false
    }

    /// Whether the body of a request goes to [`Handle::receive`] as it arrives, rather than whole to
    /// [`Handle::handle`].
    fn streams(&self, _: &http::request::Parts) -> bool {
        false
    }

    /// Answers a request whose body is still arriving, on a thread that may block.
    fn receive(&self, _: &http::Request<()>, _: &mut Arriving, _: SocketAddr) -> Response {
        outcome::Outcome::NotFound.response()
    }
}

/// The certificates of the client, its own first; in the extensions of a request on a listener that asks for them.
/// They were good when the connection was opened.
#[derive(Clone, Debug)]
pub struct ClientCertificates(pub Arc<Vec<CertificateDer<'static>>>);

type Pieces = dyn FnMut() -> io::Result<Option<Bytes>> + Send;

/// What follows a response's body, for bodies that are never whole in memory. The handler puts it into the extensions
/// of its response; it is asked for the next piece when there is room for it.
#[derive(Clone)]
pub struct Rest(Arc<Mutex<Box<Pieces>>>);

impl Rest {
    /// Pieces until there is none; an error cuts the response off.
    pub fn new(next: impl FnMut() -> io::Result<Option<Bytes>> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(next))))
    }

    /// The next piece.
    ///
    /// # Errors
    /// If it cannot be had.
    pub fn next(&self) -> io::Result<Option<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)()
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest(..)")
    }
}
