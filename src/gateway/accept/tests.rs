//! The listener from outside: real sockets, real TLS, a service of a few lines.

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
    telemetry::{RouteLabel, tests::watch},
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
        if request.uri().path() == "/slow" {
            thread::sleep(Duration::from_millis(400));
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
async fn a_body_over_the_limit_is_413_and_one_at_the_limit_is_taken() {
    let server = running(Limits { request_body_bytes: 10_000, ..Limits::default() }).await;
    let fits = server.ask(with_body("POST", "/a", vec![b'x'; 10_000])).await;
    assert_eq!(text(&fits), "POST /a 10000");
    for size in [10_001, 100_000] {
        let answer = server.ask(with_body("POST", "/a", vec![b'x'; size])).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/fhir+json");
        assert!(text(&answer).starts_with(r#"{"resourceType":"OperationOutcome""#));
        assert!(serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok());
    }
    let body = vec![b'x'; 100_000];
    let second =
        server.http2(&version::TLS13).await.send_request(with_body("POST", "/a", body)).await.unwrap();
    assert_eq!(second.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let chunked =
        format!("POST / HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let answer = server.ask_raw(&format!("{chunked}{chunk}{chunk}0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_long_an_address_is_414_and_too_many_headers_are_431() {
    let server = running(Limits { uri_bytes: 300, ..Limits::default() }).await;
    let long = format!("/{}", "a".repeat(300));
    assert_eq!(server.ask(get(&long)).await.status(), StatusCode::URI_TOO_LONG);
    let mut http2 = server.http2(&version::TLS13).await;
    assert_eq!(http2.send_request(get(&long)).await.unwrap().status(), StatusCode::URI_TOO_LONG);

    let start = format!("GET / HTTP/1.1\r\nhost: {HOST}\r\n");
    let many = "a: b\r\n".repeat(200);
    assert!(server.ask_raw(&format!("{start}{many}\r\n")).await.starts_with("HTTP/1.1 431 "));
    let large = format!("a: {}\r\n", "b".repeat(20_000));
    assert!(server.ask_raw(&format!("{start}{large}\r\n")).await.starts_with("HTTP/1.1 431 "));
    let mut request = get("/");
    request.headers_mut().insert("a", HeaderValue::try_from("b".repeat(20_000)).unwrap());
    let answer = http2.send_request(request).await.map(|answer| answer.status());
    assert!(!matches!(answer, Ok(status) if status.is_success()), "{answer:?}");
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
async fn requests_that_two_servers_could_read_differently_end_the_connection() {
    let server = running(Limits::default()).await;
    let start = format!("POST /a HTTP/1.1\r\nhost: {HOST}\r\n");
    let both =
        "content-length: 30\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n";
    let answer = server.ask_raw(&format!("{start}{both}")).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    for bad in
        ["content-length: 1\r\ncontent-length: 2\r\n\r\nab", "a: b\r\n folded\r\n\r\n", "a : b\r\n\r\n"]
    {
        let answer = server.ask_raw(&format!("{start}{bad}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{bad:?}: {answer}");
    }
}

/// CVE-2023-44487: streams opened and reset at once cost the client nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rapid_resets_end_an_http_2_connection() {
    let server = running(Limits::default()).await;
    let mut stream = server.connect(HOST, &[b"h2"], &[&version::TLS13]).await.unwrap();
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for id in (1u32..2000).step_by(2) {
        let length = u8::try_from(5 + HOST.len()).unwrap();
        sent.extend([0, 0, length, 1, 0b101]); // HEADERS, its end and the stream's
        sent.extend(id.to_be_bytes());
        sent.extend([0x82, 0x87, 0x84, 0x41, length - 5]); // GET https / and the authority
        sent.extend(HOST.as_bytes());
        sent.extend([0, 0, 4, 3, 0]); // RST_STREAM
        sent.extend(id.to_be_bytes());
        sent.extend(8u32.to_be_bytes());
    }
    let _ = stream.write_all(&sent).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.expect("it goes on");
    let calm = [0u8, 0, 0, 11];
    assert!(answer.windows(4).any(|code| code == calm), "no GOAWAY with ENHANCE_YOUR_CALM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_handshakes_headers_and_bodies_and_idle_connections_are_ended() {
    let short = Duration::from_millis(150);
    let limits = Limits {
        handshake: short,
        header: short,
        body: short,
        idle: short,
        request: WAIT,
        ..Limits::default()
    };
    let server = running(limits).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(timeout(WAIT, silent.read(&mut [0; 16])).await.expect("handshake").unwrap_or(0), 0);

    assert_eq!(server.ask_raw("GET / HTTP/1.1\r\nhost: rec").await, "");
    let slow = format!("POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 5\r\n\r\nab");
    assert!(server.ask_raw(&slow).await.starts_with("HTTP/1.1 408 "));

    let mut idle = server.connect(HOST, &[b"h2"], &[&version::TLS13]).await.unwrap();
    idle.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let _ = timeout(WAIT, idle.read_to_end(&mut Vec::new())).await.expect("idle HTTP/2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_take_its_answer_is_cut() {
    let limits = Limits { request: Duration::from_millis(300), ..Limits::default() };
    let server = running(limits).await;
    let mut sender = server.http2(&version::TLS13).await;
    // Its window is smaller than the answer, and nobody reads.
    let stuck = sender.send_request(get("/large")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let closed = async {
        while !sender.is_closed() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(WAIT, closed).await.expect("the connection lives on");
    assert!(stuck.into_body().collect().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_take_every_connection() {
    let server = running(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let kept = [server.raw().await, server.raw().await];
    assert!(server.connect(HOST, &[], &[&version::TLS13]).await.is_err());
    drop(kept);
    let again = async {
        while server.connect(HOST, &[], &[&version::TLS13]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(WAIT, again).await.expect("what was closed still counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_over_the_limit_wait_for_their_turn() {
    let server = running(Limits { connections: 1, ..Limits::default() }).await;
    let first = server.raw().await;
    let versions = [&version::TLS13];
    let waiting = server.connect(HOST, &[], &versions);
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(100), &mut waiting).await.is_err());
    drop(first);
    assert!(timeout(WAIT, waiting).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_500_and_the_next_request_works() {
    let server = running(Limits::default()).await;
    let mut http2 = server.http2(&version::TLS13).await;
    for method in ["GET", "POST"] {
        let answer = whole(http2.send_request(with_body(method, "/panic", "")).await.unwrap()).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(text(&answer).contains(r#""code":"exception""#) && !text(&answer).contains("canary"));
        let answer = whole(http2.send_request(with_body(method, "/a", "")).await.unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_end_finishes_what_was_asked_and_takes_nothing_new() {
    for is_http2 in [false, true] {
        let server = running(Limits::default()).await;
        let _idle = server.raw().await;
        let slow = with_body("POST", "/slow", "");
        let asked = if is_http2 {
            let mut sender = server.http2(&version::TLS13).await;
            tokio::spawn(async move { whole(sender.send_request(slow).await.unwrap()).await })
        } else {
            let mut sender = server.http1(&version::TLS13).await;
            tokio::spawn(async move { whole(sender.send_request(slow).await.unwrap()).await })
        };
        tokio::time::sleep(Duration::from_millis(150)).await;
        server.trigger.ask();
        assert_eq!(text(&asked.await.unwrap()), "POST /slow 0");
        timeout(Duration::from_secs(3), server.task).await.expect("it does not end").unwrap().unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_drain_limit_and_a_second_request_to_stop_cut_what_is_left() {
    for second in [false, true] {
        let drain = if second { WAIT } else { Duration::from_millis(50) };
        let server = running(Limits { drain, ..Limits::default() }).await;
        let mut sender = server.http1(&version::TLS13).await;
        let asked =
            tokio::spawn(async move { sender.send_request(with_body("POST", "/slow", "")).await.is_ok() });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        server.trigger.ask();
        if second {
            server.trigger.ask();
        }
        timeout(WAIT, server.task).await.unwrap().unwrap().unwrap();
        assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
        assert!(!asked.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_serves_new_connections_while_old_ones_go_on() {
    let (first, second) = (issue(HOST), issue(HOST));
    let (dir, certificates) = first.certificates();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = channel();
    let tls = tls::server_config(Arc::clone(&certificates)).unwrap();
    let task = tokio::spawn(serve(listener, tls, Limits::default(), Arc::new(Echo), shutdown));
    let mut server = Running { address, issued: first, trigger, task };
    let mut old = server.http1(&version::TLS13).await;
    second.write(dir.path());
    certificates.reload("2030-01-01T00:00:00Z".parse().unwrap()).unwrap();
    assert!(server.connect(HOST, &[], &[&version::TLS13]).await.is_err(), "the old one is still shown");
    server.issued = second;
    assert_eq!(server.ask(get("/a")).await.status(), StatusCode::OK);
    assert_eq!(old.send_request(get("/a")).await.unwrap().status(), StatusCode::OK);
}

/// I5: whatever a client puts into a request, and wherever, leaves no trace in logs, spans or metrics.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_client_sent_is_logged_or_exported() {
    let watched = watch();
    let server = running(Limits::default()).await;
    let words = |method: &str, path: &str| {
        let mut request = with_body(method, &format!("{path}?canary-query=canary"), "canary body");
        for name in
            ["authorization", "canary-name", "tracestate", "user-agent", "x-request-id", "x-forwarded-for"]
        {
            request.headers_mut().insert(name, HeaderValue::from_static("canary"));
        }
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        request.headers_mut().insert("traceparent", HeaderValue::from_static(parent));
        request
    };
    for (method, path) in [
        ("GET", "/Patient/canary"),
        ("POST", "/canary"),
        ("CANARY", "/canary"),
        ("GET", "/panic"),
        ("POST", "/panic"),
    ] {
        let first = server.ask(words(method, path)).await;
        let second =
            whole(server.http2(&version::TLS12).await.send_request(words(method, path)).await.unwrap()).await;
        for answer in [first, second] {
            let parent = answer.headers()["traceparent"].to_str().unwrap();
            assert!(
                parent.starts_with("00-0af7651916cd43dd8448eb211c80319c-")
                    && !parent.contains("b7ad6b7169203331")
            );
        }
    }
    server.ask_raw("GET /canary HTTP/9.9\r\ncanary: canary\r\n\r\n").await;
    server.ask_raw("GET / HTTP/1.1\r\nhost: canary.example\r\nconnection: close\r\n\r\n").await;
    assert!(server.connect("canary.example", &[b"canary"], &[&version::TLS13]).await.is_err());
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET /canary HTTP/1.1\r\n\r\n").await.unwrap();
    let _ = plain.read_to_end(&mut Vec::new()).await;
    server.trigger.ask();
    server.task.await.unwrap().unwrap();

    let (lines, spans, metrics) = (watched.lines.text(), watched.spans(), watched.metrics());
    for (place, text) in [("log", &lines), ("spans", &spans), ("metrics", &metrics)] {
        let lower = text.to_ascii_lowercase();
        assert!(!lower.contains("canary"), "in {place}: {}", excerpt(&lower));
        assert!(!text.contains("127.0.0.1"), "an address is in {place}");
    }
    // And it was not silence that kept the secret.
    assert!(lines.contains("answered") && lines.contains("handshake failed"), "{lines}");
    for word in ["GET /echo/{anything}", "0af7651916cd43dd8448eb211c80319c", "_OTHER /echo/{anything}"] {
        assert!(spans.contains(word), "{word}: {spans}");
    }
    for word in
        ["http.server.request.duration", "/echo/{anything}", "recordgate.connections", "_OTHER", "500"]
    {
        assert!(metrics.contains(word), "{word}");
    }
}

fn excerpt(text: &str) -> &str {
    let at = text.find("canary").unwrap_or_default();
    text.get(at.saturating_sub(300)..(at + 100).min(text.len())).unwrap_or("")
}
