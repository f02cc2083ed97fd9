//! Who is let in: T58, T60, T61 and T71. Who is not is refused in the handshake, before a byte of HTTP.

use std::io::Write;

use rcgen::{DnType, ExtendedKeyUsagePurpose, date_time_ymd};

use super::{
    site::{Authority, BATCHES, ONE, Server, THREE, client, two},
    wire::{Wire, answer},
};

#[test]
fn t58_who_shows_no_good_certificate_gets_no_answer() {
    let server = Server::start();
    let root = server.authority.root();
    assert_eq!(server.one.refusal(), None);
    assert_eq!(server.two.refusal(), None);
    let refused = |what: &str, wire: &Wire, why: &str| {
        let said = wire.refusal().unwrap_or_else(|| panic!("{what} was let in"));
        assert!(said.contains(why), "{what}: {said}");
    };
    refused("no certificate", &Wire::new(server.address, &root, None), "CertificateRequired");

    let changed = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        let mut params = client(ONE, 10);
        change(&mut params);
        server.wire(&params)
    };
    let ended = changed(&|params| params.not_after = date_time_ymd(2026, 1, 1));
    refused("one that has ended", &ended, "CertificateExpired");
    let early = changed(&|params| params.not_before = date_time_ymd(2039, 1, 1));
    refused("one that has not begun", &early, "");
    let for_servers =
        changed(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    refused("one for servers", &for_servers, "");

    let other = Authority::new();
    let stranger = Wire::new(server.address, &root, Some(other.issue(&client(ONE, 1))));
    refused("one of another authority", &stranger, "");
    for (what, params) in [
        ("an unknown name", client("spiffe://nhs.example/someone", 11)),
        ("a name that is longer", client(&format!("{ONE}/more"), 12)),
        ("a key that is not the pinned one", client(THREE, 13)),
    ] {
        refused(what, &server.wire(&params), "AccessDenied");
    }
    let mut both = client(ONE, 14);
    both.subject_alt_names.extend(client("spiffe://nhs.example/two", 0).subject_alt_names);
    refused("two names at once", &server.wire(&both), "AccessDenied");
    let mut more = two();
    more.distinguished_name.push(DnType::OrganizationalUnitName, "Two");
    refused("a subject with more in it", &server.wire(&more), "AccessDenied");

    // Ten authorities in a chain are more than are followed.
    let (mut above, mut chain) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let (next, certificate) = above.last().unwrap_or(&server.authority).intermediate();
        above.push(next);
        chain.insert(0, certificate);
    }
    let (own, key) = above.last().unwrap().issue(&client(ONE, 15));
    let deep = Wire::new(server.address, &root, Some(([own, chain].concat(), key)));
    refused("a chain of ten", &deep, "");
    let (own, key) = server.authority.issue(&client(ONE, 16));
    let wide = [own.clone(), std::iter::repeat_n(own[0].clone(), 200).collect()].concat();
    refused("a chain of 64 KB", &Wire::new(server.address, &root, Some((wide, key))), "");
    assert_eq!(server.one.refusal(), None, "and everybody else is served");
    assert!(!server.said().contains("panic"), "{}", server.said());
}

#[test]
fn t58_who_is_revoked_is_refused_from_the_next_request_on() {
    let server = Server::start();
    let mut open = server.one.connect();
    let head = |connection: &str| Wire::head("GET", BATCHES, &[]).replace("close", connection);
    open.write_all(head("keep-alive").as_bytes()).unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"{\"batches\":[]}") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut open, &mut byte).unwrap();
        first.push(byte[0]);
    }
    assert!(first.starts_with(b"HTTP/1.1 200"));

    let list = server.site.path("clients.crl");
    std::fs::write(&list, "nonsense").unwrap();
    server.signal("-HUP");
    wait_for(&server, "not read again: the suppliers'");
    assert_eq!(server.one.refusal(), None, "a bad list leaves the old one in use");

    std::fs::write(&list, server.authority.list(&[1], 2040)).unwrap();
    server.signal("-HUP");
    wait_for(&server, " read again: the suppliers' authorities and revocation lists\n");
    let said = server.one.refusal().expect("revoked and let in");
    assert!(said.contains("CertificateRevoked"), "{said}");
    assert_eq!(server.two.refusal(), None);
    // The connection from before is no way round it.
    open.write_all(head("close").as_bytes()).unwrap();
    let rest = answer(&mut open).unwrap();
    assert_eq!(rest.status, 403, "{}", rest.text());

    // A list that is out of date says nothing any more: nobody is let in.
    std::fs::write(&list, server.authority.list(&[], 2022)).unwrap();
    server.signal("-HUP");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(server.two.refusal().is_some());
}

fn wait_for(server: &Server, words: &str) {
    for _ in 0..400 {
        if server.said().contains(words) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{words:?} is not in: {}", server.said());
}

#[test]
fn t60_no_header_names_anybody() {
    let server = Server::start();
    let id = server.one.announce("Y99999", "gp2gp", &super::site::message());
    let (_, of_one) = (server.one.refusal(), server.authority.issue(&client(ONE, 1)));
    let certificate = super::site::pem("CERTIFICATE", &of_one.0[0]).replace('\n', "%0A");
    let path = format!("{BATCHES}/{id}");
    for header in [
        ("X-Client-Cert", certificate.as_str()),
        ("X-SSL-Client-Cert", certificate.as_str()),
        ("X-Forwarded-Client-Cert", "URI=spiffe://nhs.example/one"),
        ("Client-Cert", ":MIIB:"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("Forwarded", "for=10.0.0.1;host=localhost"),
    ] {
        let answer = server.two.ask("GET", &path, &[header], b"");
        assert_eq!(answer.status, 404, "{}", header.0);
    }
}

#[test]
fn t61_another_host_than_the_one_of_the_session_is_misdirected() {
    let server = Server::start();
    for host in ["other.example", "localhost.other.example", "127.0.0.1"] {
        let mut tls = server.one.connect();
        let head = Wire::head("GET", BATCHES, &[]).replace("Host: localhost", &format!("Host: {host}"));
        tls.write_all(head.as_bytes()).unwrap();
        assert_eq!(answer(&mut tls).unwrap().status, 421, "{host}");
    }
}

#[test]
fn t71_a_session_is_not_resumed() {
    let server = Server::start();
    for _ in 0..3 {
        let mut tls = server.one.connect();
        tls.write_all(Wire::head("GET", BATCHES, &[]).as_bytes()).unwrap();
        assert_eq!(answer(&mut tls).unwrap().status, 200);
        assert_eq!(tls.conn.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}
