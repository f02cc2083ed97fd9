//! Who is let in: T58, T60, T61 and T71. Who is not is refused in the handshake, before a byte of HTTP.

use std::io::Write;

use rcgen::{DnType, ExtendedKeyUsagePurpose, GeneralSubtree, NameConstraints, SanType, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::{
    site::{Authority, BATCHES, ONE, Server, THREE, client, two},
    wire::{Wire, answer},
};

/// Asserts that somebody is refused with this alert, and that the log says why.
fn refused(server: &Server, what: &str, wire: &Wire, alert: &str, why: &str) {
    let before = server.said().len();
    let said = wire.refusal().unwrap_or_else(|| panic!("{what} was let in"));
    assert!(said.contains(alert), "{what}: {said}");
    told(server, what, before, why);
}

/// Waits until the log says, after so many bytes of it, for which of the closed reasons a certificate was refused.
fn told(server: &Server, what: &str, before: usize, why: &str) {
    for _ in 0..400 {
        let said = server.said();
        if said[before..].contains(&format!("why=\"{why}\"")) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{what} is not {why}: {}", &server.said()[before..]);
}

#[test]
fn t58_who_shows_no_good_certificate_gets_no_answer_and_the_log_says_why() {
    let server = Server::start();
    let root = server.authority.root();
    assert_eq!(server.one.refusal(), None);
    assert_eq!(server.two.refusal(), None);
    let refused = |what: &str, wire: &Wire, alert: &str, why: &str| refused(&server, what, wire, alert, why);
    let nothing = Wire::new(server.address, &root, None);
    refused("no certificate", &nothing, "CertificateRequired", "no_client_certificate");

    let changed = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        let mut params = client(ONE, 10);
        change(&mut params);
        server.wire(&params)
    };
    let ended = changed(&|params| params.not_after = date_time_ymd(2026, 1, 1));
    refused("one that has ended", &ended, "CertificateExpired", "ended");
    let early = changed(&|params| params.not_before = date_time_ymd(2039, 1, 1));
    refused("one that has not begun", &early, "", "not-begun");
    let for_servers =
        changed(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    refused("one for servers", &for_servers, "", "not-for-clients");

    for (name, why) in [("another authority", "unknown-issuer"), ("test authority", "bad-signature")] {
        let stranger = Authority::named(name).issue(&client(ONE, 1));
        let stranger = Wire::new(server.address, &root, Some(stranger));
        refused("one of another authority, by its own name or this one's", &stranger, "", why);
    }
    let itself = Wire::new(server.address, &root, Some(Authority::named("self-signed").own()));
    refused("one that is signed by itself", &itself, "", "authority-certificate");
    for (what, params, why) in [
        ("an unknown name", client("spiffe://nhs.example/someone", 11), "unknown-name"),
        ("a name that is longer", client(&format!("{ONE}/more"), 12), "unknown-name"),
        ("a key that is not the pinned one", client(THREE, 13), "unknown-key"),
    ] {
        refused(what, &server.wire(&params), "AccessDenied", why);
    }
    assert!(server.said().contains("supplier=\"three\""), "whose key it is not: {}", server.said());
    let mut both = client(ONE, 14);
    both.subject_alt_names.extend(client("spiffe://nhs.example/two", 0).subject_alt_names);
    refused("two names at once", &server.wire(&both), "AccessDenied", "unknown-name");
    let mut more = two();
    more.distinguished_name.push(DnType::OrganizationalUnitName, "Two");
    refused("a subject with more in it", &server.wire(&more), "AccessDenied", "unknown-name");

    let (own, key) = server.authority.issue(&client(ONE, 16));
    let wide = [own.clone(), std::iter::repeat_n(own[0].clone(), 200).collect()].concat();
    let wide = Wire::new(server.address, &root, Some((wide, key)));
    assert!(wide.refusal().is_some(), "a chain of 64 KB was let in");
    assert_eq!(server.one.refusal(), None, "and everybody else is served");
    assert!(!server.said().contains("panic") && !server.said().contains("spiffe:"), "{}", server.said());
}

/// Chains by authorities of which each has a revocation list, so that nothing else speaks against them.
#[test]
fn t58_a_chain_is_followed_so_far_and_within_its_constraints() {
    let server = Server::start();
    assert_eq!(server.one.refusal(), None);
    let root = server.authority.root();
    let (mut above, mut chain) = (Vec::new(), Vec::new());
    for number in 0..10 {
        let issuer = above.last().unwrap_or(&server.authority);
        let (next, certificate) = issuer.intermediate(&format!("between {number}"));
        above.push(next);
        chain.insert(0, certificate);
    }
    let elsewhere = NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".to_owned())],
        excluded_subtrees: Vec::new(),
    };
    let (constrained, its) = server.authority.intermediate_within("constrained", Some(elsewhere));
    let unlisted = server.authority.intermediate("unlisted");
    let listed = above.iter().chain([&server.authority, &constrained]);
    let lists: Vec<String> = listed.map(|authority| authority.list(&[], 2040)).collect();
    std::fs::write(server.site.path("clients.crl"), lists.concat()).unwrap();
    server.signal("-HUP");
    wait_for(&server, " read again: the suppliers' authorities and revocation lists\n");

    let by = |authority: &Authority, chain: &[CertificateDer<'static>], params: &rcgen::CertificateParams| {
        let (own, key) = authority.issue(params);
        Wire::new(server.address, &root, Some(([own, chain.to_vec()].concat(), key)))
    };
    assert_eq!(by(&above[1], &chain[8..], &client(ONE, 20)).refusal(), None, "two authorities between");
    refused(&server, "a chain of ten", &by(&above[9], &chain, &client(ONE, 21)), "", "malformed");
    let mut wild = client(ONE, 22);
    wild.subject_alt_names.push(SanType::DnsName("*.one.example".try_into().unwrap()));
    let wild = by(&constrained, &[its], &wild);
    refused(&server, "a wildcard outside its authority's names", &wild, "", "malformed");
    let unlisted = by(&unlisted.0, &[unlisted.1], &client(ONE, 23));
    refused(&server, "one of an authority without a list", &unlisted, "", "no-revocation-list");
    assert_eq!(server.one.refusal(), None, "and everybody else is served");
}

/// What no library of ours would make: a certificate signed with SHA-1, one with an RSA key of 1,024 bits. `openssl`
/// makes them, and shows the second one, which our own client would not.
#[test]
fn t58_sha_1_and_short_keys_are_refused() {
    if command("openssl", &["version"]).is_none() {
        return eprintln!("skipped: there is no openssl here to make weak certificates with");
    }
    let server = Server::start();
    let root = server.authority.root();
    let path = |name: &str| server.site.path(name).to_str().unwrap().to_owned();
    std::fs::write(path("ca.pem"), server.authority.pem()).unwrap();
    std::fs::write(path("ca.key"), server.authority.key_pem()).unwrap();
    let usual = format!("extendedKeyUsage=clientAuth\nsubjectAltName=URI:{ONE}\n");
    std::fs::write(path("usual.ext"), usual).unwrap();
    let made = |name: &str, key: &[&str], digest: &str| {
        let [key_file, request, certificate] =
            ["key", "csr", "pem"].map(|end| path(&format!("{name}.{end}")));
        let asked = [&["req", "-new", "-nodes", "-subj", "/CN=push", "-keyout", &key_file], key].concat();
        command("openssl", &[&asked[..], &["-out", &request]].concat()).expect("a request");
        let (ca, ca_key, ext) = (path("ca.pem"), path("ca.key"), path("usual.ext"));
        let signed = ["x509", "-req", "-in", &request, digest, "-CA", &ca, "-CAkey", &ca_key];
        let more = ["-set_serial", "77", "-days", "3000", "-extfile", &ext, "-out", &certificate];
        command("openssl", &[&signed[..], &more].concat()).expect("a certificate");
        (certificate, key_file)
    };
    let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    let shown = |(certificate, key): &(String, String)| {
        let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
        Wire::new(server.address, &root, Some((chain, PrivateKeyDer::from_pem_file(key).unwrap())))
    };
    let good = shown(&made("good", &elliptic, "-sha256"));
    assert_eq!(good.refusal(), None, "what openssl makes is let in but for its weakness");
    let sha1 = shown(&made("sha1", &elliptic, "-sha1"));
    refused(&server, "one signed with SHA-1", &sha1, "", "weak-signature");

    let (certificate, key) = made("short", &["-newkey", "rsa:1024"], "-sha256");
    let before = server.said().len();
    let address = server.address.to_string();
    let client = ["s_client", "-connect", &address, "-cert", &certificate, "-key", &key, "-quiet"];
    let old = ["-cipher", "DEFAULT:@SECLEVEL=0", "-servername", "localhost", "-ign_eof"];
    let request = Wire::head("GET", BATCHES, &[]);
    let answer = asked("openssl", &[&client[..], &old].concat(), request.as_bytes());
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    told(&server, "one with a short key", before, "short-key");
    assert_eq!(server.one.refusal(), None, "and everybody else is served");
}

/// What a program says, if it is there and ends well.
fn command(program: &str, arguments: &[&str]) -> Option<()> {
    let output = std::process::Command::new(program).args(arguments).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    Some(())
}

/// What a program says on both of its ways out to what it is told.
fn asked(program: &str, arguments: &[&str], input: &[u8]) -> String {
    use std::process::{Command, Stdio};
    let piped = || Stdio::piped();
    let mut child =
        Command::new(program).args(arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
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
    refused(&server, "one that is revoked", &server.one, "CertificateRevoked", "revoked");
    assert_eq!(server.two.refusal(), None);
    // The connection from before is no way round it.
    open.write_all(head("close").as_bytes()).unwrap();
    let rest = answer(&mut open).unwrap();
    assert_eq!(rest.status, 403, "{}", rest.text());

    // A list that is out of date says nothing any more: nobody is let in.
    std::fs::write(&list, server.authority.list(&[], 2022)).unwrap();
    server.signal("-HUP");
    std::thread::sleep(std::time::Duration::from_millis(500));
    refused(&server, "anybody", &server.two, "", "old-revocation-list");
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
