//! What may be in a file that was sent in good order: T64, T65, T66. It is refused, or its rows are, in bounded time and
//! memory; what was served is served on.

use store::Store;

use super::site::{BATCHES, Files, Server, export, message};
use crate::{command::site::small, support::practice};

/// Kilobytes on top of what the process, built without optimisation, holds anyway.
const MOST: u64 = 300 * 1024;

/// Packed on its way, since the wire is not what is tested.
fn deliver(server: &Server, format: &str, files: &Files) -> serde_json::Value {
    let id = server.one.announce("Y99999", format, files);
    for (name, bytes) in files {
        let packed = zstd::encode_all(&bytes[..], 1).unwrap();
        let answer = server.one.put(&id, name, &[("Content-Encoding", "zstd")], &packed);
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
    assert_eq!(server.one.commit(&id).status, 202);
    server.one.done(&id)
}

/// Delivers files that must be refused with one of these codes, in bounded time; the report names the file.
fn refused(server: &Server, format: &str, what: &str, name: &str, bytes: Vec<u8>, codes: &[&str]) {
    let before = server.processor_seconds();
    let done = deliver(server, format, &vec![(name.to_owned(), bytes)]);
    assert_eq!(done["state"], "refused", "{what}: {done}");
    // Without optimisation, and with what it takes to unpack and to hash the file.
    let took = server.processor_seconds() - before;
    assert!(took < 5.0, "{what}: {took} s");
    let report = server.one.get(&format!("{BATCHES}/{}/report", done["id"].as_str().unwrap())).text();
    let said: serde_json::Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    assert_eq!((&said["file"], &said["issues"][0]["severity"]), (&name.into(), &"fatal".into()), "{report}");
    let code = said["issues"][0]["code"].as_str().unwrap();
    assert!(codes.contains(&code), "{what}: {report}");
    assert!(report.len() < 2_000 && !report.contains("root:"), "{what}: {report}");
}

#[test]
fn t64_hostile_messages_are_refused_and_what_was_served_stays() {
    let server = Server::start();
    assert_eq!(deliver(&server, "gp2gp", &message())["state"], "loaded");
    let list = server.one.get(BATCHES).json();
    let served = server.site.store().patients(&practice(), None, 9).unwrap();
    assert_eq!(served.len(), 1);
    let facts = || format!("{:?}", server.site.store().facts(&practice(), &served[0]).unwrap().released);
    let (as_served, most) = (facts(), server.most_memory());
    let good = String::from_utf8(message().remove(0).1).unwrap();
    let (before, after) = good.split_once("</EhrExtract>").unwrap();
    let body = good.find("<RCMR").map_or(good.as_str(), |at| &good[at..]);
    let utf16 = |mark: [u8; 2], order: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), good.encode_utf16().flat_map(order).collect()].concat()
    };
    let inside = |what: String| format!("{before}{what}</EhrExtract>{after}").into_bytes();
    let with_type = |what: &str| format!("<!DOCTYPE x {what}>{body}").into_bytes();
    let lol: String =
        (1..20).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1)).collect::<Vec<_>>().concat();
    let quadratic = format!("[<!ENTITY q \"{}\">]><x>{}</x", "q".repeat(100_000), "&q;".repeat(100_000));
    let attributes = |name: &str| -> String { (0..1_000_000).map(|n| format!(" {name}{n}=\"\"")).collect() };
    for (what, bytes, code) in [
        ("a document type", with_type(""), "xml-dtd"),
        ("laughs", with_type(&format!("[<!ENTITY l0 \"ha\">{lol}]")), "xml-dtd"),
        ("a quadratic laugh", with_type(&quadratic), "xml-dtd"),
        ("a file of the server", with_type("[<!ENTITY f SYSTEM \"file:///etc/passwd\">]"), "xml-dtd"),
        ("a type from elsewhere", with_type("SYSTEM \"http://127.0.0.1/x.dtd\""), "xml-dtd"),
        ("an entity without a type", inside("<x>&f;</x>".to_owned()), "xml-dtd"),
        ("deep", inside("<a>".repeat(100_000) + &"</a>".repeat(100_000)), "too-large"),
        ("a million attributes", inside(format!("<x{}/>", attributes("a"))), "too-large"),
        ("a million namespaces", inside(format!("<x{}/>", attributes("xmlns:n"))), "too-large"),
        ("UTF-16, little end first", utf16([0xff, 0xfe], u16::to_le_bytes), "encoding"),
        ("UTF-16, big end first", utf16([0xfe, 0xff], u16::to_be_bytes), "encoding"),
        ("UTF-7", format!("+ADw-?xml version=\"1.0\"?+AD4-{body}").into_bytes(), "xml-malformed"),
        ("declared UTF-7", good.replacen("UTF-8", "UTF-7", 1).into_bytes(), "encoding"),
        ("a NUL", inside("\0".to_owned()), "xml-malformed"),
        ("cut", before.as_bytes().to_vec(), "truncated"),
        ("empty", Vec::new(), "truncated"),
    ] {
        refused(&server, "gp2gp", what, "x.xml", bytes, &[code]);
    }
    assert!(server.most_memory() < most + MOST, "{most} kB, then {} kB", server.most_memory());
    assert_eq!(facts(), as_served);
    let loaded = &list["batches"][0];
    let again = server.one.get(&format!("{BATCHES}/{}", loaded["id"].as_str().unwrap())).json();
    assert_eq!(again["state"], "loaded");
    assert!(!server.said().contains("panic"), "{}", server.said());
}

#[test]
fn t65_hostile_bundles_are_refused() {
    let server = Server::start();
    let most = server.most_memory();
    let head = r#"{"resourceType":"Bundle","type":"collection","entry":["#;
    let patient = r#"{"resource":{"resourceType":"Patient","id":"p""#;
    let of = |more: &str| format!("{head}{patient}{more}}}}}]}}");
    let many: Vec<String> = (0..1_000_000).map(|n| format!(",\"k{n}\":1")).collect();
    for (what, text) in [
        ("deep", format!("{head}{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("deep objects", format!("{head}{}", "{\"a\":".repeat(100_000))),
        ("a million members", of(&many.concat())),
        ("a member twice", of(",\"id\":\"q\"")),
        ("half a character", of(",\"x\":\"\\ud800\"")),
        ("ten megabytes of text", of(&format!(",\"x\":\"{}\"", "x".repeat(10 << 20)))),
        ("more after the end", of("") + "{}"),
        ("cut", of("").replacen("]}", "", 1)),
        ("empty", String::new()),
    ] {
        let codes = ["json-malformed", "too-large", "truncated"];
        refused(&server, "gp-connect-stu3", what, "x.json", text.into_bytes(), &codes);
    }
    let latin = of(",\"x\":\"?\"").replace('?', "\u{e9}").chars().map(|c| c as u8).collect();
    refused(&server, "gp-connect-stu3", "Latin-1", "x.json", latin, &["encoding", "json-malformed"]);
    assert!(server.most_memory() < most + MOST, "{most} kB, then {} kB", server.most_memory());
}

#[test]
fn t65_hostile_announcements_are_refused() {
    let server = Server::start();
    let json = [("Content-Type", "application/json")];
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = format!("{{{}}}", (0..200_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    for body in [
        deep.as_str(),
        &many,
        "{\"practice\":\"Y99999\",\"practice\":\"Y99998\"}",
        "{\"files\":[{\"size\":1e999}]}",
        "{\"id\":\"\\ud800\"}",
        &format!("{{\"id\":\"{}\"}}", "x".repeat(3 << 20)),
        "{} {}",
        "null",
        "",
        "\u{feff}{}",
    ] {
        let answer = server.one.ask("POST", BATCHES, &json, body.as_bytes());
        assert_eq!(answer.status, 400, "{}", &body[..body.len().min(80)]);
        assert!(answer.text().contains("line "), "it says where: {}", answer.text());
        assert!(answer.body.len() < 1000);
    }
    let large = vec![b' '; 5 << 20];
    assert_eq!(server.one.ask("POST", BATCHES, &json, &large).status, 413);
}

#[test]
fn t66_hostile_tables_are_refused_or_their_rows_are() {
    let server = Server::start();
    let good = export(small());
    assert_eq!(deliver(&server, "emis-csv", &good)["state"], "loaded");
    let served = server.site.held();
    let before = server.most_memory();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = good.clone();
        let table = files.iter_mut().find(|(name, _)| name.contains("_CareRecord_Observation_")).unwrap();
        change(&mut table.1);
        files
    };
    let state = |files: &Files| {
        let done = deliver(&server, "emis-csv", files);
        (done["state"].as_str().unwrap().to_owned(), done)
    };
    let (long, _) = state(&with(&|table| table.extend(std::iter::repeat_n(b'x', 200 << 20))));
    assert_eq!(long, "refused", "a line of two hundred megabytes");
    let (wide, _) = state(&with(&|table| {
        let columns = "\"c\",".repeat(1_000_000);
        table.splice(0..0, columns.bytes());
    }));
    assert_eq!(wide, "refused", "a million columns");
    assert!(server.site.held() == served);
    let rows = |bytes: &'static [u8]| with(&move |table| table.extend_from_slice(bytes));
    for files in [rows(b"\"=cmd|' /C calc'!A0\",\"x\"\r\n"), rows(b"\0\0\0\r\n"), rows(b"\xff\xfe,\"x\"\r\n")]
    {
        let (state, done) = state(&files);
        let rejected = done["totals"]["rejected"].as_u64().unwrap();
        assert!(state == "refused" || (state == "loaded" && rejected >= 1), "{done}");
    }
    assert!(server.most_memory() < before + MOST, "{} kB, then {} kB", before, server.most_memory());
}
