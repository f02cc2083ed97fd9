//! The listener from outside: real sockets, real TLS, a service of a few lines.

mod canary;
mod ending;
mod limits;

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, pki_types::ServerName, version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;
use crate::{
    Request, Response,
    shutdown::{Trigger, channel},
    telemetry::RouteLabel,
    tls::testing::{Issued, issue},
};

const HOST: &str = "records.example";
const WAIT: Duration = Duration::from_secs(10);

/// Says what it was asked.
struct Echo;

impl Handle for Echo {
    fn handle(&self, request: &Request, _: SocketAddr) -> Response {
        if request.uri().path() == "/panic" {
            panic!("canary in a panic: {}", request.uri());
        }
        match request.uri().path() {
            "/slow" => thread::sleep(Duration::from_millis(700)),
            "/stuck" => thread::sleep(Duration::from_millis(2000)),
            _ => {}
        }
        if request.uri().path() == "/large" {
            return Response::new(Bytes::from(vec![b'x'; 8 << 20]));
        }
        let said = format!("{} {} {}", request.method(), request.uri().path(), request.body().len());
        let mut response = Response::new(Bytes::from(said));
        response.extensions_mut().insert(RouteLabel("/echo/{anything}"));
        response
    }
}

struct Running {
    address: SocketAddr,
    issued: Issued,
    trigger: Trigger,
    task: JoinHandle<io::Result<()>>,
}

async fn running(limits: Limits) -> Running {
    let issued = issue(HOST);
    let (_dir, certificates) = issued.certificates();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = channel();
    let tls = tls::server_config(certificates).unwrap();
    let task = tokio::spawn(serve(listener, tls, limits, Arc::new(Echo), shutdown));
    Running { address, issued, trigger, task }
}

fn get(path: &str) -> http::Request<Full<Bytes>> {
    with_body("GET", path, "")
}

fn with_body(method: &str, path: &str, body: impl Into<Bytes>) -> http::Request<Full<Bytes>> {
    let uri = format!("https://{HOST}{path}");
    let request = http::Request::builder().method(method).uri(uri).header("host", HOST);
    request.body(Full::new(body.into())).unwrap()
}

type Answer = http::Response<Bytes>;

async fn whole(response: http::Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    Answer::from_parts(head, body.collect().await.unwrap().to_bytes())
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(answer.body()).unwrap()
}

impl Running {
    async fn connect(
        &self,
        host: &str,
        protocols: &[&[u8]],
        versions: &[&'static SupportedProtocolVersion],
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issued.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn raw(&self) -> TlsStream<TcpStream> {
        self.connect(HOST, &[b"http/1.1"], &[&version::TLS13]).await.unwrap()
    }

    async fn http1(
        &self,
        version: &'static SupportedProtocolVersion,
    ) -> hyper::client::conn::http1::SendRequest<Full<Bytes>> {
        let stream = self.connect(HOST, &[b"http/1.1"], &[version]).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn http2(
        &self,
        version: &'static SupportedProtocolVersion,
    ) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let stream = self.connect(HOST, &[b"h2", b"http/1.1"], &[version]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let io = TokioIo::new(stream);
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// One request over HTTP/1.1 on a connection of its own.
    async fn ask(&self, request: http::Request<Full<Bytes>>) -> Answer {
        whole(self.http1(&version::TLS13).await.send_request(request).await.unwrap()).await
    }

    /// What comes back for bytes as they are, until the server closes.
    async fn ask_raw(&self, bytes: &str) -> String {
        let mut stream = self.raw().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(WAIT, stream.read_to_end(&mut answer)).await.expect("the server did not close");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_1_2_and_1_3_answer_over_http_1_and_2() {
    let server = running(Limits::default()).await;
    for version in [&version::TLS12, &version::TLS13] {
        let first = whole(server.http1(version).await.send_request(get("/a")).await.unwrap()).await;
        let second = whole(server.http2(version).await.send_request(get("/a")).await.unwrap()).await;
        for answer in [first, second] {
            assert_eq!((answer.status(), text(&answer)), (StatusCode::OK, "GET /a 0"));
            let headers = answer.headers();
            assert_eq!(headers["strict-transport-security"], "max-age=31536000");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["x-request-id"].len(), 32);
            assert_eq!(headers["content-length"], "8");
            assert!(headers.contains_key("date"));
            assert!(!headers.contains_key("traceparent"), "the caller sent none");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_1_1_is_refused_by_an_alert() {
    let server = running(Limits::default()).await;
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]); // random
    hello.push(0); // session id
    hello.extend([0, 4, 0xc0, 0x13, 0x00, 0x2f]); // two CBC suites
    hello.extend([1, 0]); // no compression
    hello.extend([0, 16]); // two extensions
    hello.extend([0, 10, 0, 4, 0, 2, 0, 23]); // one curve
    hello.extend([0, 13, 0, 4, 0, 2, 4, 3]); // one kind of signature
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    timeout(WAIT, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer.first(), Some(&0x15), "an alert: {answer:02x?}");
    assert_eq!(answer.last(), Some(&70), "protocol_version: {answer:02x?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_offers_no_protocol_of_ours_gets_no_session() {
    let server = running(Limits::default()).await;
    assert!(server.connect(HOST, &[b"smtp"], &[&version::TLS13]).await.is_err());
    assert!(server.connect(HOST, &[], &[&version::TLS13]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_is_not_answered() {
    let server = running(Limits::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: records.example\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(WAIT, stream.read_to_end(&mut answer)).await.expect("the server did not close");
    assert!(!answer.starts_with(b"HTTP"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_its_host_once_and_the_one_of_its_session() {
    let server = running(Limits::default()).await;
    for (hosts, status) in [
        ("host: Records.example:8443\r\n", "200"),
        ("", "400"),
        ("host: records.example\r\nhost: other.example\r\n", "400"),
        ("host: a b\r\n", "400"),
        ("host: other.example\r\n", "421"),
    ] {
        let answer = server.ask_raw(&format!("GET / HTTP/1.1\r\nconnection: close\r\n{hosts}\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
    }
    let mut other = get("/");
    *other.uri_mut() = "https://other.example/".parse().unwrap();
    let answer = server.http2(&version::TLS13).await.send_request(other).await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = running(Limits::default()).await;
    let get_length = server.ask(get("/a")).await.headers()[header::CONTENT_LENGTH].clone();
    let first = server.ask(with_body("HEAD", "/a", "")).await;
    let second = server.http2(&version::TLS13).await.send_request(with_body("HEAD", "/a", "")).await.unwrap();
    for answer in [first, whole(second).await] {
        assert!(answer.body().is_empty());
        // The service says "HEAD /a 0", one byte longer than "GET /a 0".
        assert_eq!(get_length, "8");
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], "9");
    }
    // Nothing is left on the wire that would be read as the next answer.
    let two = format!(
        "HEAD /a HTTP/1.1\r\nhost: {HOST}\r\n\r\nGET /b HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n"
    );
    let answer = server.ask_raw(&two).await;
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && rest.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_uuid_goes_back_as_correlation_id_and_nothing_else_does() {
    let server = running(Limits::default()).await;
    let uuid = "60E0B220-8136-4CA5-AE46-1D97EF59D068";
    for (sent, back) in
        [(uuid, Some(uuid)), ("canary", None), ("60e0b220-8136-4ca5-ae46-1d97ef59d068x", None)]
    {
        let mut request = get("/a");
        request.headers_mut().insert("x-request-id", HeaderValue::from_static(sent));
        let answer = server.ask(request).await;
        assert_ne!(answer.headers()["x-request-id"], sent);
        assert_eq!(answer.headers().get("x-correlation-id").map(|id| id.to_str().unwrap()), back);
    }
}
