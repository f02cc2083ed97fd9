//! What may be in a file that was sent in good order: T64, T65, T66. It is refused, or its rows are, in bounded time and
//! memory; what was served is served on.

use std::time::Duration;

use super::site::{BATCHES, Files, Server, export, message};
use crate::command::site::small;

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

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is the point")]
fn t64_hostile_messages_are_refused_and_what_was_served_stays() {
    let server = Server::start();
    assert_eq!(deliver(&server, "gp2gp", &message())["state"], "loaded");
    let list = server.one.get(BATCHES).json();
    let good = String::from_utf8(message().remove(0).1).unwrap();
    let (before, after) = good.split_once("</EhrExtract>").unwrap();
    let body = good.find("<RCMR").map_or(good.as_str(), |at| &good[at..]);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(good.encode_utf16().flat_map(u16::to_le_bytes));
    let lol: String =
        (1..20).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1)).collect::<Vec<_>>().concat();
    for (what, bytes) in [
        ("a document type", format!("<!DOCTYPE x>{body}").into_bytes()),
        ("laughs", format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{lol}]>{body}").into_bytes()),
        (
            "a file of the server",
            format!("<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{body}").into_bytes(),
        ),
        (
            "deep",
            format!("{before}{}{}</EhrExtract>{after}", "<a>".repeat(100_000), "</a>".repeat(100_000))
                .into_bytes(),
        ),
        ("UTF-16", utf16),
        ("cut", before.as_bytes().to_vec()),
        ("empty", Vec::new()),
    ] {
        let begun = std::time::Instant::now();
        let done = deliver(&server, "gp2gp", &vec![("x.xml".to_owned(), bytes)]);
        assert_eq!(done["state"], "refused", "{what}: {done}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        let report = server.one.get(&format!("{BATCHES}/{}/report", done["id"].as_str().unwrap()));
        assert!(report.text().contains("\"severity\":\"fatal\""), "{what}: {}", report.text());
        assert!(!report.text().contains("root:"), "{what}");
    }
    let loaded = &list["batches"][0];
    let again = server.one.get(&format!("{BATCHES}/{}", loaded["id"].as_str().unwrap())).json();
    assert_eq!(again["state"], "loaded");
    assert!(!server.said().contains("panic"), "{}", server.said());
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
