//! Everything that touches the world: listeners, TLS, routes, FHIR search and bundles, telemetry, configuration.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

pub mod accept;
pub mod clock;
pub mod config;
pub mod fhir;
pub mod loader;
pub mod oauth;
pub mod outcome;
pub mod service;
pub mod shutdown;
pub mod telemetry;
pub mod terminology;
pub mod tls;

use std::net::SocketAddr;

use bytes::Bytes;

/// A request whose body has been read, within its limit.
pub type Request = http::Request<Bytes>;
/// A response that is ready to be sent.
pub type Response = http::Response<Bytes>;

/// What answers requests. It is called on a worker thread for GET and HEAD, which only read mapped memory, and on a
/// thread that may block for everything else.
pub trait Handle: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: &Request, peer: SocketAddr) -> Response;
}
