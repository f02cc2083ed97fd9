//! Secrets in every part of a request, and what leaves the process by telemetry.

use super::*;
use crate::telemetry::tests::watch;

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
        // Where it listens is the operator's own.
        let told = |line: &str| line.contains("127.0.0.1") && !line.contains("listening");
        assert!(!text.lines().any(told), "an address is in {place}");
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
