//! The sandbox's demo app: a handful of files over plain HTTP, on this machine alone. `recordgate serve` has no way
//! here. It is a web page of somebody else as far as the service is concerned: nothing that it may do is decided here.

use std::{borrow::Cow, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Response,
    outcome::{Outcome, found},
    shutdown::{Phase, Shutdown},
};

/// A browser needs six.
const CONNECTIONS: usize = 64;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A connection ends after this long, whatever it is at; the browser opens another.
const LIFETIME: Duration = Duration::from_secs(120);
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// A file of the app.
#[derive(Clone, Debug)]
pub struct File {
    /// Its paths on the site, each with a slash in front.
    pub paths: Vec<&'static str>,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub body: Cow<'static, str>,
}

/// The files, and what a browser that shows them may do.
#[derive(Clone, Debug)]
pub struct Site {
    files: Vec<File>,
    policy: HeaderValue,
}

impl Site {
    /// Its pages run only what is in these files, and talk to `server` alone, which is an origin. `None` if `server`
    /// cannot be named in a content security policy.
    #[must_use]
    pub fn new(files: Vec<File>, server: &str) -> Option<Self> {
        let is_origin = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'.' | b'-');
        if !server.bytes().all(is_origin) {
            return None;
        }
        // Trusted types: no script of the pages can turn a text into markup, even by mistake.
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {server}; \
             form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'"
        );
        Some(Self { files, policy: HeaderValue::from_str(&policy).ok()? })
    }

    /// Answers a request for a path, sent to a host.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        let mut response = match self.file(path).filter(|_| is_here(headers)) {
            None => plain(Outcome::NotFound.response(), "There is no such page here.\n"),
            Some(_) if !matches!(*method, Method::GET | Method::HEAD) => {
                plain(Outcome::Method("GET, HEAD").response(), "This address takes GET.\n")
            }
            Some(file) => found(file.body.as_bytes().to_vec(), file.media_type),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            // The address that the person comes back to has an authorization code in it (RFC 9700 §4.2.4).
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.paths.contains(&path))
    }
}

/// Whether this machine was asked by one of its own names: a page of another name that points here gets nothing.
fn is_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1")
}

fn plain(mut response: Response, words: &'static str) -> Response {
    *response.body_mut() = Bytes::from_static(words.as_bytes());
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Serves the files until told to stop.
///
/// # Errors
/// If the listener can be reached from another machine, or cannot be used.
pub async fn serve(listener: TcpListener, site: Site, shutdown: Shutdown) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the demo app is served to this machine alone",
        ));
    }
    let (site, places) = (Arc::new(site), Arc::new(Semaphore::new(CONNECTIONS)));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.reached(Phase::Draining) => break,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            (Ok(place), Ok((stream, _))) => {
                let site = Arc::clone(&site);
                connections.spawn(async move {
                    // Nobody waits for what a cut connection did not get.
                    let _ = timeout(LIFETIME, connection(stream, site)).await;
                    drop(place);
                });
            }
            _ => sleep(AFTER_REFUSAL).await,
        }
    }
    connections.shutdown().await;
    Ok(())
}

async fn connection(stream: TcpStream, site: Arc<Site>) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let response = site.answer(request.method(), request.uri().path(), request.headers());
        async move { Ok::<_, std::convert::Infallible>(response.map(Full::new)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    if served.await.is_err() {
        tracing::debug!("connection to the demo app ended early");
    }
}

/// Where a browser finds a site that listens here. `localhost`, since that is what apps in development register.
#[must_use]
pub fn url(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn site() -> Site {
        let page = File { paths: vec!["/", "/callback"], media_type: "text/html", body: "<p>".into() };
        Site::new(vec![page], "https://127.0.0.1:8443").unwrap()
    }

    fn ask(method: &Method, path: &str, host: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        site().answer(method, path, &headers)
    }

    #[test]
    fn its_pages_may_run_and_ask_only_what_the_policy_names() {
        let response = ask(&Method::GET, "/callback", "localhost:8000");
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b"<p>"[..]));
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("connect-src 'self' https://127.0.0.1:8443;"), "{policy}");
        for never in ["unsafe-inline", "unsafe-eval", "data:", "*"] {
            assert!(!policy.contains(never), "{policy}");
        }
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        assert!(Site::new(Vec::new(), "https://a; script-src *").is_none());
    }

    #[test]
    fn what_is_not_there_is_not_found_and_nothing_is_taken() {
        for (path, host) in
            [("/../Cargo.toml", "localhost:8000"), ("/", "evil.example:8000"), ("/", "localhost.evil")]
        {
            let response = ask(&Method::GET, path, host);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path} {host}");
            assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        }
        assert_eq!(ask(&Method::POST, "/", "127.0.0.1:8000").status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn it_is_not_served_to_other_machines() {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let (_trigger, shutdown) = crate::shutdown::channel();
        assert!(serve(listener, site(), shutdown).await.is_err());
    }
}
