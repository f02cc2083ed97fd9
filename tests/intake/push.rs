//! `recordgate push` as a supplier's engineer runs it.

use std::{fs, path::Path};

use super::site::{Authority, ONE, Server, client, pem};
use crate::command::{
    Ran, run,
    site::{message, small},
};

/// The files that `push` is given.
fn prepare(server: &Server) {
    let (chain, key) = server.authority.issue(&client(ONE, 1));
    fs::write(server.site.path("push.pem"), pem("CERTIFICATE", &chain[0])).unwrap();
    fs::write(server.site.path("push.key"), pem("PRIVATE KEY", key.secret_der())).unwrap();
}

fn push(server: &Server, practice: &str, format: &str, more: &[&str], export: &Path) -> Ran {
    push_to(server, server.address.port(), practice, format, more, export)
}

fn push_to(server: &Server, port: u16, practice: &str, format: &str, more: &[&str], export: &Path) -> Ran {
    let url = format!("https://localhost:{port}");
    let path = |name: &str| server.site.path(name).to_str().unwrap().to_owned();
    let [cert, key, ca] = ["push.pem", "push.key", "clients.pem"].map(path);
    let args = [
        "push",
        "--url",
        &url,
        "--cert",
        &cert,
        "--key",
        &key,
        "--ca",
        &ca,
        "--practice",
        practice,
        "--format",
        format,
        export.to_str().unwrap(),
    ];
    run(&[&args[..], more].concat())
}

#[test]
fn an_export_is_pushed_once_however_often_and_however_it_is_compressed() {
    let server = Server::start();
    prepare(&server);
    let report = server.site.path("report.ndjson");
    let first = push(&server, "Y99999", "emis-csv", &["--report", report.to_str().unwrap()], &small().dir);
    assert_eq!(first.code, Some(0), "{first:?}");
    for words in ["committed; it is on the server's disk", ": loaded: ", " rows, ", " stored, 0 unchanged, "]
    {
        assert!(first.out.contains(words), "{words}: {}", first.out);
    }
    let rows = fs::read_to_string(&report).unwrap();
    assert!(rows.lines().filter(|line| line.contains("\"fate\":\"stored\"")).count() > 50);
    for compress in ["none", "gzip", "zstd"] {
        let again = push(&server, "Y99999", "emis-csv", &["--compress", compress], &small().dir);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.out.contains("the server has this content already"), "{}", again.out);
    }
    for (run, compress) in [(2, "none"), (3, "gzip")] {
        let next = small().run(run, &server.site.path(compress));
        let pushed = push(&server, "Y99999", "emis-csv", &["--compress", compress, "--no-wait"], &next.dir);
        assert_eq!(pushed.code, Some(0), "{pushed:?}");
        assert!(pushed.out.contains("committed") && !pushed.out.contains("loaded"), "{}", pushed.out);
    }
}

#[test]
fn what_is_refused_ends_with_1_and_says_why() {
    let server = Server::start();
    prepare(&server);
    push(&server, "Y99998", "emis-csv", &[], &small().dir)
        .says(&["403", "may not send this format for this practice"]);
    let folder = server.site.path("empty");
    fs::create_dir(&folder).unwrap();
    push(&server, "Y99999", "emis-csv", &[], &folder).says(&["nothing was sent"]);
    let bad = server.site.path("bad.xml");
    fs::write(&bad, "<RCMR_IN030000UK06 xmlns='urn:hl7-org:v3'>").unwrap();
    push(&server, "Y99999", "gp2gp", &[], &bad).says(&["truncated", "nothing was sent"]);
    let (begun, _) = message().split_once("</EhrExtract>").unwrap();
    fs::write(&bad, begun).unwrap();
    let refused = push(&server, "Y99999", "gp2gp", &[], &bad);
    refused.says(&["the batch was refused, and nothing of it was stored"]);
    assert!(refused.out.contains("truncated") && refused.out.contains(" in bad.xml"), "{}", refused.out);
    let unusable = |name: &str| {
        fs::write(server.site.path(name), "nonsense").unwrap();
        push(&server, "Y99999", "emis-csv", &[], &small().dir).says(&[name]);
        prepare(&server);
    };
    ["push.pem", "push.key"].into_iter().for_each(unusable);
}

#[test]
fn what_will_not_pass_ends_a_push_at_once_and_says_what_to_check() {
    let server = Server::start();
    prepare(&server);
    let attempt = |words: &[&str]| {
        let ran = push(&server, "Y99999", "emis-csv", &[], &small().dir);
        ran.says(words);
        assert!(!ran.err.contains("trying again"), "{}", ran.err);
    };
    let show = |shown: super::wire::Shown| {
        fs::write(server.site.path("push.pem"), pem("CERTIFICATE", &shown.0[0])).unwrap();
        fs::write(server.site.path("push.key"), pem("PRIVATE KEY", shown.1.secret_der())).unwrap();
    };
    show(Authority::named("another").issue(&client(ONE, 1)));
    attempt(&["its authority is not known there", "intake.client_ca"]);
    show(server.authority.issue(&client("spiffe://nhs.example/nobody", 1)));
    attempt(&["no supplier is registered"]);
    let mut old = client(ONE, 1);
    old.not_after = rcgen::date_time_ymd(2021, 1, 1);
    show(server.authority.issue(&old));
    attempt(&["out of date"]);
    prepare(&server);
    fs::write(server.site.path("clients.pem"), Authority::named("another").pem()).unwrap();
    attempt(&["the server's certificate is not good", "--ca"]);
    fs::write(server.site.path("clients.pem"), server.authority.pem()).unwrap();
    // A port where something else answers.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = other.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let ran = push_to(&server, port, "Y99999", "emis-csv", &[], &small().dir);
    ran.says(&["does not speak TLS", "--url"]);
    thread.join().unwrap();
}

/// The server dies while files are sent, and comes back: the push goes on where it was.
#[test]
fn a_push_outlives_the_server() {
    let mut server = Server::start();
    prepare(&server);
    let dir = small().dir.clone();
    let url = format!("https://localhost:{}", server.address.port());
    let path = |name: &str| server.site.path(name).to_str().unwrap().to_owned();
    let [cert, key, ca] = ["push.pem", "push.key", "clients.pem"].map(path);
    let args = [
        "push",
        "--url",
        &url,
        "--cert",
        &cert,
        "--key",
        &key,
        "--ca",
        &ca,
        "--practice",
        "Y99999",
        "--format",
        "emis-csv",
        dir.to_str().unwrap(),
    ];
    server.kill();
    let child = crate::command::command(&args)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    server.run();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("trying again"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(": loaded: "));
}
