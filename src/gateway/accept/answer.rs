//! One request: limits, the call of the service, and the headers that every response has.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::{
    Server,
    activity::{Activity, Sent},
    arriving::{self, Arriving},
    refusal::Refusal,
};
use crate::{
    ClientCertificates, Handle, Request, Response, Rest,
    audit::RequestId,
    telemetry::{RequestSpan, RouteLabel},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How many times the limit is read and thrown away of a body that is too large, so that its sender gets to see the
/// answer and not a broken connection.
const PATIENCE: usize = 16;

/// Who is at the other end of a connection.
pub(super) struct Client {
    pub(super) server: Arc<Server>,
    pub(super) peer: SocketAddr,
    /// The host that the TLS session was opened for.
    pub(super) named: Option<String>,
    pub(super) certificates: Option<ClientCertificates>,
    pub(super) activity: Arc<Activity>,
}

impl Client {
    pub(super) async fn answer(&self, mut request: http::Request<Incoming>) -> http::Response<Sent> {
        let busy = self.activity.begin();
        let id = request_id();
        let span = RequestSpan::begin(request.method(), request.version(), request.headers(), &id);
        request.extensions_mut().insert(RequestId(id.clone()));
        let correlation = correlation(request.headers());
        let head_only = request.method() == Method::HEAD;
        let mut response = match self.respond(request, &span).await {
            Ok(response) => response,
            Err(refusal) => refusal.response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, A_YEAR);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(correlation) = correlation {
            headers.insert(CORRELATION_ID, correlation);
        }
        if let Some(traceparent) = span.traceparent() {
            headers.insert(TRACEPARENT, traceparent);
        }
        if head_only {
            without_body(&mut response);
        }
        span.end(response.extensions().get::<RouteLabel>().copied(), response.status());
        let rest = response.extensions_mut().remove::<Rest>().filter(|_| !head_only);
        response.map(|body| Sent::new(body, rest, busy))
    }

    async fn respond(
        &self,
        request: http::Request<Incoming>,
        span: &RequestSpan,
    ) -> Result<Response, Refusal> {
        let limits = &self.server.limits;
        if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > limits.uri_bytes) {
            return Err(Refusal::Uri);
        }
        self.check_host(&request)?;
        let (mut head, body) = request.into_parts();
        if let Some(certificates) = &self.certificates {
            head.extensions.insert(certificates.clone());
        }
        if self.server.handler.streams(&head) {
            return self.stream(http::Request::from_parts(head, ()), body, span).await;
        }
        let body = if body.is_end_stream() {
            Bytes::new()
        } else {
            let whole = timeout(limits.body, read(body, limits.request_body_bytes));
            whole.await.unwrap_or(Err(Refusal::Slow))?
        };
        let waits = !matches!(head.method, Method::GET | Method::HEAD) || self.server.handler.waits(&head);
        self.call(Request::from_parts(head, body), waits, span).await
    }

    /// RFC 9112 §3.2 and RFC 9110 §7.4: one host, and the one that the certificate was shown for.
    fn check_host(&self, request: &http::Request<Incoming>) -> Result<(), Refusal> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let written = match (hosts.next(), hosts.next()) {
            (Some(host), None) => {
                Some(http::uri::Authority::try_from(host.as_bytes()).map_err(|_| Refusal::Host)?)
            }
            (None, _) => None,
            (Some(_), Some(_)) => return Err(Refusal::Host),
        };
        let Some(authority) = request.uri().authority().cloned().or(written) else {
            return if request.version() == Version::HTTP_10 { Ok(()) } else { Err(Refusal::Host) };
        };
        match &self.named {
            Some(named) if !named.eq_ignore_ascii_case(authority.host()) => Err(Refusal::Misdirected),
            _ => Ok(()),
        }
    }

    async fn call(&self, request: Request, waits: bool, span: &RequestSpan) -> Result<Response, Refusal> {
        if !waits {
            return span.span().in_scope(|| guarded(&*self.server.handler, &request, self.peer));
        }
        let (handler, peer, span) = (Arc::clone(&self.server.handler), self.peer, span.span().clone());
        let work = tokio::task::spawn_blocking(move || span.in_scope(|| guarded(&*handler, &request, peer)));
        work.await.unwrap_or(Err(Refusal::Failed))
    }
}

impl Client {
    /// Hands a body over as it arrives. What the handler did not want of it is read for a moment and thrown away, so
    /// that its sender gets to see the answer.
    async fn stream(
        &self,
        request: http::Request<()>,
        mut body: Incoming,
        span: &RequestSpan,
    ) -> Result<Response, Refusal> {
        let limits = &self.server.limits;
        let (handler, peer, span) = (Arc::clone(&self.server.handler), self.peer, span.span().clone());
        let (sender, mut arriving) = Arriving::channel();
        let mut work = tokio::task::spawn_blocking(move || {
            let answer = || handler.receive(&request, &mut arriving, peer);
            span.in_scope(|| catch_unwind(AssertUnwindSafe(answer)).map_err(|_| Refusal::Failed))
        });
        let answer = tokio::select! {
            answer = &mut work => answer,
            () = arriving::pump(&mut body, sender, limits.body) => work.await,
        };
        if !body.is_end_stream() {
            let _ = timeout(limits.body, discard(&mut body, 0, limits.request_body_bytes)).await;
        }
        answer.unwrap_or(Err(Refusal::Failed))
    }
}

/// A bug in answering one request must not end the others'. What the panic says is not looked at.
fn guarded(handler: &dyn Handle, request: &Request, peer: SocketAddr) -> Result<Response, Refusal> {
    catch_unwind(AssertUnwindSafe(|| handler.handle(request, peer))).map_err(|_| Refusal::Failed)
}

async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        discard(&mut body, declared, limit).await;
        return Err(Refusal::TooLarge);
    }
    match Limited::new(&mut body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(&mut body, 0, limit).await;
            Err(Refusal::TooLarge)
        }
        Err(_) => Err(Refusal::CutShort),
    }
}

async fn discard(body: &mut Incoming, declared: u64, limit: usize) {
    let mut left = limit.saturating_mul(PATIENCE);
    if declared > left as u64 {
        return;
    }
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// RFC 9110 §9.3.2: HEAD is answered with the headers of GET, its length among them.
fn without_body(response: &mut Response) {
    let length = response.body().len();
    let has_one = !matches!(response.status().as_u16(), 100..=199 | 204 | 304);
    if has_one && !response.headers().contains_key(header::CONTENT_LENGTH) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = Bytes::new();
}

/// 128 random bits. It is always ours, since it is also in the log.
fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without random bytes an id would only be less useful.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// FHIR R4 http.html, Custom Headers: a client's own request id goes back as `X-Correlation-Id`. Only a UUID does, in
/// either header; other words of a client's are not repeated.
fn correlation(headers: &HeaderMap) -> Option<HeaderValue> {
    let sent = headers.get(&CORRELATION_ID).or_else(|| headers.get(&REQUEST_ID))?;
    is_uuid(sent.as_bytes()).then(|| sent.clone())
}

fn is_uuid(text: &[u8]) -> bool {
    let in_place = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.iter().enumerate().all(in_place)
}
