//! Failing, stopping and renewing without broken answers.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_a_panic_is_500_and_the_next_request_works() {
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
        tokio::time::sleep(Duration::from_millis(300)).await;
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
            tokio::spawn(async move { sender.send_request(with_body("POST", "/stuck", "")).await.is_ok() });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        server.trigger.ask();
        if second {
            server.trigger.ask();
        }
        timeout(WAIT, server.task).await.unwrap().unwrap().unwrap();
        assert!(began.elapsed() < Duration::from_millis(1000), "{:?}", began.elapsed());
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
