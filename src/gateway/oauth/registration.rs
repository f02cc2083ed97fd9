//! `POST /oauth/register` (RFC 7591): an app describes itself and is proposed. Nothing follows from that but a line for
//! whoever decides about apps; so it is bounded by how often an address may do it and by how many may wait.

use std::net::IpAddr;

use auth::{
    rate::{Limiter, Rate},
    registration::{Unregistered, register},
};
use http::header;
use jiff::SignedDuration;

use super::{
    OAuth, log,
    reply::{self, Fault},
};
use crate::{Request, Response};

/// How often an address may propose an app.
const RATE: Rate = Rate { burst: 10, per: SignedDuration::from_hours(1) };

impl OAuth {
    pub(super) fn register(&self, request: &Request, limiter: &Limiter<IpAddr>, address: IpAddr) -> Response {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = kind
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            let words = "the body must be application/json";
            return reply::fault(&Fault::of_app("invalid_client_metadata", words));
        }
        if let Err(wait) = limiter.allow(address, RATE, self.now()) {
            return reply::fault(&Fault::too_often("too many apps were registered from here", wait));
        }
        match register(&*self.store, self.now(), request.body()) {
            Ok(told) => reply::made(&told),
            Err(Unregistered::RedirectUri(bad)) => reply::wrong("invalid_redirect_uri", &bad.to_string()),
            Err(Unregistered::Metadata(words)) => reply::wrong("invalid_client_metadata", &words),
            Err(Unregistered::Full) => {
                let words = "too many apps wait for somebody to look at them";
                reply::fault(&Fault::too_often(words, SignedDuration::from_hours(1)))
            }
            Err(Unregistered::Failure(failure)) => {
                log(&failure);
                reply::fault(&Fault::ours())
            }
        }
    }
}
