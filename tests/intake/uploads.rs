//! Files on their way: broken off and gone on with, compressed, wrong, slow, hostile. T67, and what DESIGN promises.

use std::{fs, io::Write, time::Duration};

use super::{
    site::{BATCHES, Files, Server, announcement, message, sha256},
    wire::{Wire, answer},
};

/// A file that compresses a little and is the same each time.
fn text(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&(state >> 33).to_string().into_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn one_file(bytes: Vec<u8>) -> Files {
    vec![("a file (1).csv".to_owned(), bytes)]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Sends the beginning of a body and then hangs up, or waits for the answer.
fn half(
    server: &Server,
    id: &str,
    name: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    wait: bool,
) -> Option<u16> {
    let path = format!("{BATCHES}/{id}/files/{}", super::site::encoded(name));
    let length = (body.len() * 2).to_string();
    let mut tls = server.one.connect();
    let head = Wire::head("PUT", &path, &[headers, &[("Content-Length", &length)]].concat());
    tls.write_all(head.as_bytes()).unwrap();
    tls.write_all(body).unwrap();
    tls.flush().unwrap();
    wait.then(|| answer(&mut tls).unwrap().status)
}

/// How much has come, once it is so much.
fn offset(server: &Server, id: &str, name: &str, expected: usize) -> String {
    let path = format!("{BATCHES}/{id}/files/{}", super::site::encoded(name));
    let mut last = String::new();
    for _ in 0..200 {
        let head = server.one.ask("HEAD", &path, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        last = head.header("upload-offset").unwrap().to_owned();
        if last == expected.to_string() {
            return last;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{last} bytes have come, not {expected}");
}

#[test]
fn a_file_goes_on_where_it_was_broken_off_compressed_or_not() {
    let server = Server::start();
    let bytes = text(600_000);
    for (packed, headers) in [
        (bytes.clone(), &[][..]),
        (gzip(&bytes), &[("Content-Encoding", "gzip")]),
        (zstd::encode_all(&bytes[..], 3).unwrap(), &[("Content-Encoding", "zstd")]),
    ] {
        let files = one_file(bytes.clone());
        let id = server.one.announce("Y99999", "emis-csv", &files);
        let name = &files[0].0;
        let cut = packed.len() / 3;
        half(&server, &id, name, headers, &packed[..cut], false);
        offset(&server, &id, name, cut);
        // From another place it would be another file.
        let total = packed.len();
        let range = |from: usize, to: usize| format!("bytes {from}-{}/{total}", to - 1);
        let part = |from: usize, to: usize| {
            let range = range(from, to);
            let headers = [headers, &[("Content-Range", range.as_str())]].concat();
            server.one.put(&id, name, &headers, &packed[from..to])
        };
        for from in [cut - 1, cut + 1] {
            let wrong = part(from, total);
            assert_eq!((wrong.status, wrong.header("upload-offset")), (409, Some(cut.to_string().as_str())));
        }
        let middle = part(cut, cut * 2);
        assert_eq!((middle.status, middle.header("upload-complete")), (204, Some("?0")), "{}", middle.text());
        // Killed in between, it still has what it acknowledged.
        let last = part(cut * 2, total);
        assert_eq!((last.status, last.header("upload-complete")), (204, Some("?1")), "{}", last.text());
        let kept = fs::read(server.spool().join("one").join(&id).join("files").join(name)).unwrap();
        assert!(kept == bytes);
        assert_eq!(server.one.ask("DELETE", &format!("{BATCHES}/{id}"), &[], b"").status, 204);
        assert!(!server.spool().join("one").join(&id).exists());
    }
}

#[test]
fn t62_half_an_upload_survives_a_crash_of_the_server() {
    let mut server = Server::start();
    let files = one_file(text(300_000));
    let (name, bytes) = &files[0];
    let id = server.one.announce("Y99999", "emis-csv", &files);
    half(&server, &id, name, &[], &bytes[..100_000], false);
    offset(&server, &id, name, 100_000);
    server.kill();
    server.run();
    offset(&server, &id, name, 100_000);
    let range = format!("bytes 100000-{}/{}", bytes.len() - 1, bytes.len());
    let rest = server.one.put(&id, name, &[("Content-Range", &range)], &bytes[100_000..]);
    assert_eq!((rest.status, rest.header("upload-complete")), (204, Some("?1")), "{}", rest.text());
}

#[test]
fn t62_a_file_that_is_not_what_was_announced_is_thrown_away() {
    let server = Server::start();
    let files = one_file(text(50_000));
    let (name, bytes) = &files[0];
    let id = server.one.announce("Y99999", "emis-csv", &files);
    let mut changed = bytes.clone();
    changed[77] ^= 1;
    let packed = gzip(bytes);
    let (cut, more) = (&packed[..packed.len() - 9], [&packed[..], b"rubbish"].concat());
    for (what, headers, body, status) in [
        ("another hash", &[][..], &changed[..], 422),
        ("shorter", &[], &bytes[..49_999], 422),
        ("longer", &[], &[bytes, &b"x"[..]].concat()[..], 413),
        ("a cut archive", &[("Content-Encoding", "gzip")], cut, 422),
        ("an archive and more", &[("Content-Encoding", "gzip")], &more, 422),
        ("no archive", &[("Content-Encoding", "zstd")], bytes, 422),
        ("two codings", &[("Content-Encoding", "gzip, gzip")], &packed, 415),
        ("an unknown coding", &[("Content-Encoding", "br")], bytes, 415),
        ("nothing", &[], b"", 422),
    ] {
        let answer = server.one.put(&id, name, headers, body);
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        offset(&server, &id, name, 0);
    }
    assert_eq!(server.one.commit(&id).status, 409);
    assert_eq!(server.one.put(&id, name, &[("Content-Encoding", "gzip")], &packed).status, 204);
}

/// T67: what unpacks to more than was announced is stopped there.
#[test]
fn t67_a_bomb_is_stopped_at_the_announced_size() {
    let server = Server::start();
    let files = one_file(text(10_000));
    let name = &files[0].0;
    let id = server.one.announce("Y99999", "emis-csv", &files);
    let before = server.most_memory();
    let zeroes = vec![0; 64 << 20];
    let frame = gzip(&zeroes);
    let mut bomb = Vec::new();
    zstd::stream::copy_encode(std::io::repeat(0).take_bytes(1 << 30), &mut bomb, 1).unwrap();
    // A frame that asks for a window of 128 MiB.
    let mut wide = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(27).unwrap();
    wide.include_contentsize(false).unwrap();
    wide.write_all(&zeroes).unwrap();
    let wide = wide.finish().unwrap();
    for (what, coding, body) in
        [("gzip", "gzip", &frame), ("zstd", "zstd", &bomb), ("a wide window", "zstd", &wide)]
    {
        let answer =
            server.one.put(&id, name, &[("Content-Encoding", coding)], &body[..body.len().min(70_000)]);
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        let long = server.one.put(
            &id,
            name,
            &[("Content-Encoding", coding)],
            &[&body[..], &zeroes[..200_000]].concat(),
        );
        assert!(matches!(long.status, 413 | 422), "{what}: {}", long.text());
    }
    assert!(server.most_memory() < before + 40 * 1024, "{} kB, then {} kB", before, server.most_memory());
    let folder = server.spool().join("one").join(&id);
    assert_eq!(size_of(&folder), 0, "and nothing stays on disk");
}

fn size_of(folder: &std::path::Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap())
        .map(
            |entry| {
                if entry.path().is_dir() { size_of(&entry.path()) } else { entry.metadata().unwrap().len() }
            },
        )
        .sum()
}

trait TakeBytes: std::io::Read + Sized {
    fn take_bytes(self, count: u64) -> std::io::Take<Self> {
        std::io::Read::take(self, count)
    }
}

impl TakeBytes for std::io::Repeat {}

/// T67: names that climb, hide or break lines are refused when they are announced, and in addresses they name nothing.
#[test]
fn t67_no_name_leaves_the_spool() {
    let server = Server::start();
    for name in
        ["../../store/data.mdb", "/etc/passwd", "a/b", "..", ".x", "a\\b", "a\r\nX: y", "a\u{0}", "a\u{202e}"]
    {
        let files = vec![(name.to_owned(), b"x".to_vec())];
        let answer = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &files));
        assert_eq!(answer.status, 400, "{name:?}");
        assert!(!answer.text().contains("passwd") && answer.header("x").is_none());
    }
    let id = server.one.announce("Y99999", "gp2gp", &message());
    for name in [
        "..%2F..%2F..%2Fstore%2Fdata.mdb",
        "%2e%2e",
        "message.xml%00",
        "message.xml%0d%0aX:%20y",
        "%2Fetc%2Fpasswd",
    ] {
        for method in ["PUT", "GET", "HEAD"] {
            let answer = server.one.ask(method, &format!("{BATCHES}/{id}/files/{name}"), &[], b"x");
            assert_eq!(answer.status, 404, "{method} {name}");
        }
    }
    for id in ["..", "..%2Ftwo", "%2e%2e%2f%2e%2e", "a%00"] {
        assert_eq!(server.one.get(&format!("{BATCHES}/{id}")).status, 404, "{id}");
        let mut body = announcement("Y99999", "gp2gp", &message());
        body["id"] = id.into();
        assert_eq!(server.one.post(BATCHES, &body).status, 400, "{id}");
    }
}

#[test]
fn a_slow_upload_is_ended_and_keeps_what_came() {
    let server = Server::start();
    let files = one_file(text(100_000));
    let (name, bytes) = &files[0];
    let id = server.one.announce("Y99999", "emis-csv", &files);
    let status = half(&server, &id, name, &[], &bytes[..40_000], true);
    assert_eq!(status, Some(408));
    offset(&server, &id, name, 40_000);
}

#[test]
fn a_file_arrives_once_at_a_time() {
    let server = Server::start();
    let files = one_file(text(100_000));
    let (name, bytes) = &files[0];
    let id = server.one.announce("Y99999", "emis-csv", &files);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| half(&server, &id, name, &[], &bytes[..40_000], true));
        offset(&server, &id, name, 40_000);
        let other = server.one.put(&id, name, &[], bytes);
        assert_eq!(other.status, 429, "{}", other.text());
        assert!(other.header("retry-after").is_some());
        let deleted = server.one.ask("DELETE", &format!("{BATCHES}/{id}"), &[], b"");
        assert_eq!(deleted.status, 409);
        assert_eq!(slow.join().unwrap(), Some(408));
    });
    assert_eq!(server.one.put(&id, name, &[], bytes).status, 204);
}

/// Announced sizes are what quotas count: giants cost nothing but words.
#[test]
fn giant_sizes_and_many_unfinished_batches_are_refused_before_they_cost_anything() {
    let server = Server::start();
    let announced = |size: u64, number: usize| {
        let mut body = announcement("Y99999", "gp2gp", &message());
        body["files"][0]["size"] = size.into();
        body["files"][0]["name"] = format!("{number}.xml").into();
        server.one.post(BATCHES, &body)
    };
    assert_eq!(announced(u64::MAX, 0).status, 413);
    assert_eq!(announced((1 << 30) + 1, 0).status, 413);
    let all = announced(1 << 30, 0);
    assert_eq!(all.status, 201);
    let full = announced(1, 1);
    assert_eq!(full.status, 507);
    assert!(full.text().contains("DELETE"), "{}", full.text());
    let two = server.two.post(BATCHES, &announcement("Y99998", "gp2gp", &message()));
    assert_eq!(two.status, 201, "another supplier's quota is its own");
    let path = format!("{BATCHES}/{}", all.json()["id"].as_str().unwrap());
    assert_eq!(server.one.ask("DELETE", &path, &[], b"").status, 204);
    let statuses: Vec<u16> = (0..20).map(|number| announced(1, number).status).collect();
    assert_eq!(statuses, [[201; 8].as_slice(), &[429; 12]].concat());
    let many: Files = (0..51).map(|number| (format!("{number}.xml"), b"x".to_vec())).collect();
    assert_eq!(server.two.post(BATCHES, &announcement("Y99998", "gp2gp", &many)).status, 413);
    let list = server.one.get(BATCHES).json();
    assert_eq!(list["batches"].as_array().unwrap().len(), 8);
}

/// The device that is always full stands for a full disk.
#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let server = Server::start();
    let files = one_file(text(100_000));
    let (name, bytes) = &files[0];
    let id = server.one.announce("Y99999", "emis-csv", &files);
    let parts = server.spool().join("one").join(&id).join("parts/gzip");
    fs::create_dir_all(&parts).unwrap();
    let packed = gzip(bytes);
    // What is begun anew is written anew; what goes on goes on into the file that is there.
    half(&server, &id, name, &[("Content-Encoding", "gzip")], &packed[..20_000], false);
    offset(&server, &id, name, 20_000);
    let unpacked = server.spool().join("one").join(&id).join("parts/unpacked");
    fs::create_dir_all(&unpacked).unwrap();
    std::os::unix::fs::symlink("/dev/full", unpacked.join(name)).unwrap();
    let range = format!("bytes 20000-{}/{}", packed.len() - 1, packed.len());
    let headers = [("Content-Encoding", "gzip"), ("Content-Range", range.as_str())];
    let full = server.one.put(&id, name, &headers, &packed[20_000..]);
    assert_eq!(full.status, 507, "{}", full.text());
    assert!(full.text().contains("What was acknowledged is safe"));
    let said = server.said();
    assert!(said.contains("the disk of the spool is full") && said.contains("admin batches list"), "{said}");
    fs::remove_file(unpacked.join(name)).unwrap();
    let again = server.one.put(&id, name, &[("Content-Encoding", "gzip")], &packed);
    assert_eq!((again.status, again.header("upload-complete")), (204, Some("?1")), "{}", again.text());
    assert_eq!(
        sha256(&fs::read(server.spool().join("one").join(&id).join("files").join(name)).unwrap()),
        sha256(bytes)
    );
}
