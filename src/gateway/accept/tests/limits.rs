//! What one client may use up, and how long it may take.

use super::*;

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
