//! Batches that cannot be loaded, and what an operator can do: nothing waits for ever behind one that is broken.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::json;
use store::{Deliveries, Store};

use super::{
    site::{BATCHES, Files, Server, announcement, export, message},
    wire::{Wire, answer},
};
use crate::{
    command::{
        Ran,
        export::{Cut, Export},
        run,
        site::small,
    },
    support::practice,
};

fn batches(server: &Server, arguments: &[&str]) -> Ran {
    let config = server.site.config();
    let (command, more) = arguments.split_first().unwrap();
    run(&[&["admin", "batches", command, "--config", &config], more].concat())
}

fn spooled(server: &Server, id: &str) -> PathBuf {
    server.spool().join("one").join(id).join("files")
}

/// A good message that is another batch.
fn other() -> Files {
    let (name, bytes) = message().remove(0);
    vec![(format!("other {name}"), [bytes, b" ".to_vec()].concat())]
}

/// Commits a batch whose file cannot be read, as if the disk had lost it, and one behind it.
fn with_a_broken_batch() -> (Server, String) {
    let server = Server::start();
    let files = other();
    let broken = server.one.announce("Y99999", "gp2gp", &files);
    assert_eq!(server.one.put(&broken, &files[0].0, &[], &files[0].1).status, 204);
    let file = spooled(&server, &broken).join(&files[0].0);
    fs::rename(&file, server.site.path("kept")).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(server.one.commit(&broken).status, 202);
    let behind = server.one.deliver("Y99999", "gp2gp", &message());
    assert_eq!(server.one.done(&behind)["state"], "loaded", "{}", server.said());
    let failed = server.one.done(&broken);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(failed["reason"].as_str().unwrap().contains("cannot be read"), "{failed}");
    (server, broken)
}

#[test]
fn a_batch_that_cannot_be_read_is_given_up_and_the_next_one_goes_on() {
    let (server, broken) = with_a_broken_batch();
    let report = server.one.get(&format!("{BATCHES}/{broken}/report"));
    assert_eq!(report.status, 200);
    assert!(report.text().contains("\"code\":\"load-failed\""), "{}", report.text());
    let summary = server.one.get(&format!("{BATCHES}/{broken}/summary"));
    assert_eq!(summary.json()["causes"][0]["code"], "load-failed", "{}", summary.text());
    let said = server.said();
    assert_eq!(said.matches("a batch could not be loaded").count(), 3, "it is tried three times: {said}");
    assert!(said.contains("a batch was given up"), "{said}");
    // The operator mends it, and it is loaded.
    batches(&server, &["list"]).is_good(&["failed", &broken]);
    batches(&server, &["show", "--supplier", "one", &broken])
        .is_good(&["cannot be read", "other message.xml"]);
    let file = spooled(&server, &broken).join("other message.xml");
    fs::remove_dir(&file).unwrap();
    fs::rename(server.site.path("kept"), &file).unwrap();
    batches(&server, &["retry", "--supplier", "one", &broken]).is_good(&["loaded again"]);
    assert_eq!(server.one.done(&broken)["state"], "loaded");
    batches(&server, &["retry", "--supplier", "one", &broken]).says(&["it has not failed: it is loaded"]);
}

#[test]
fn an_operator_finds_what_became_of_each_batch_by_its_own_name_and_by_that_in_the_log() {
    let server = Server::start();
    let good = server.one.deliver("Y99999", "gp2gp", &message());
    assert_eq!(server.one.done(&good)["state"], "loaded");
    let cut = vec![("cut.xml".to_owned(), b"<RCMR_IN030000UK06".to_vec())];
    let cut = server.one.deliver("Y99999", "gp2gp", &cut);
    assert_eq!(server.one.done(&cut)["state"], "refused");
    let without = batches(&server, &["list"]);
    without.is_good(&["nothing is received", "--all lists also what was loaded or refused"]);
    assert!(!without.out.contains(&good), "{}", without.out);
    let all = batches(&server, &["list", "--all"]);
    let result = "batch 1 of the practice, loaded at";
    all.is_good(&[
        &good,
        result,
        " 0 parked, 0 rejected",
        &cut,
        "refused at",
        "nothing of it was stored: cut.xml",
    ]);
    batches(&server, &["list", "--all", "--practice", "Y88888"]).is_good(&["nothing is received"]);
    // Ids of a supplier's own are not in the log: another name is.
    let named = server.one.post(
        BATCHES,
        &json!({"id": "OURS-7", "practice": "Y99999", "format": "gp2gp", "files": announcement("Y99999", "gp2gp", &other())["files"]}),
    );
    assert_eq!(named.status, 201, "{}", named.text());
    let delivery = server.site.store().delivery("one", "OURS-7").unwrap().unwrap();
    let logged = gateway::intake::log_name(&delivery);
    batches(&server, &["list"]).is_good(&["OURS-7", logged, "receiving"]);
    for (name, words) in [(&good[..], result), (&cut[..], "refused at"), (logged, "id        OURS-7")] {
        batches(&server, &["show", "--supplier", "one", name]).is_good(&[words]);
    }
    batches(&server, &["show", "--supplier", "two", &good]).says(&["two has no batch of this name"]);
    for done in [&good, &cut] {
        batches(&server, &["drop", "--supplier", "one", done]).says(&["has no files here any more"]);
    }
}

#[test]
fn a_batch_that_failed_may_be_deleted_and_sent_anew() {
    let (server, broken) = with_a_broken_batch();
    assert_eq!(server.one.ask("DELETE", &format!("{BATCHES}/{broken}"), &[], b"").status, 204);
    assert!(!spooled(&server, &broken).exists());
    let again = server.one.deliver("Y99999", "gp2gp", &other());
    assert_eq!(server.one.done(&again)["state"], "loaded");
}

#[test]
fn an_operator_lists_and_drops_what_holds_the_spool() {
    let server = Server::start();
    batches(&server, &["list"]).is_good(&["nothing is received"]);
    let stalled = server.one.announce("Y99999", "emis-csv", &export(small()));
    let (name, bytes) = &export(small())[0];
    assert_eq!(server.one.put(&stalled, name, &[], bytes).status, 204);
    let come = bytes.len().to_string();
    batches(&server, &["list"]).is_good(&[&stalled, "receiving", &come]);
    batches(&server, &["list", "--practice", "Y99998"]).is_good(&["nothing is received"]);
    batches(&server, &["drop", "--supplier", "two", &stalled]).says(&["has no batch of this name"]);
    batches(&server, &["drop", "--supplier", "one", &stalled]).is_good(&["dropped"]);
    assert_eq!(server.one.get(&format!("{BATCHES}/{stalled}")).status, 404);
    assert!(!spooled(&server, &stalled).exists());
}

#[test]
fn a_full_quota_names_what_can_be_deleted_and_holds_nobody_else_up() {
    let server = Server::start();
    let hold = || {
        let mut all = announcement("Y99999", "gp2gp", &message());
        all["files"][0]["size"] = (1_u64 << 30).into();
        server.one.post(BATCHES, &all).json()["id"].as_str().unwrap().to_owned()
    };
    let refused = |held: &str| {
        let full = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &other()));
        assert_eq!(full.status, 507, "{}", full.text());
        assert_eq!(full.json()["issue"][0]["code"], "no-store");
        let way_out = format!("(the oldest: {held} of 1073741824 bytes)");
        assert!(full.text().contains("DELETE /intake/v1/batches/"), "{}", full.text());
        assert!(full.text().contains(&way_out), "{}", full.text());
    };
    let told = || server.said().matches("quota of the spool is used up").count();
    let held = hold();
    (0..3).for_each(|_| refused(&held));
    let said = server.said();
    let line = said.lines().find(|line| line.contains("used up")).unwrap();
    assert!(line.contains(&held) && line.contains("admin batches drop"), "{line}");
    assert_eq!(told(), 1, "{said}");
    assert_eq!(server.two.post(BATCHES, &announcement("Y99998", "gp2gp", &message())).status, 201);
    // Once there was room, want of it is news again.
    assert_eq!(server.one.ask("DELETE", &format!("{BATCHES}/{held}"), &[], b"").status, 204);
    let held = hold();
    (0..2).for_each(|_| refused(&held));
    assert_eq!(told(), 2, "{}", server.said());
}

/// Nobody knows how large a message is that comes in pieces, or packed; it may not become larger than what is left.
#[test]
fn a_message_of_unknown_size_ends_where_its_suppliers_share_ends() {
    let server = Server::start();
    let mut most = announcement("Y99999", "gp2gp", &message());
    most["files"][0]["size"] = ((1_u64 << 30) - 3_000).into();
    let held = server.one.post(BATCHES, &most).json()["id"].as_str().unwrap().to_owned();
    let path = "/intake/v1/gp2gp?practice=Y99999";
    // What goes on for ever is answered as soon as it is too much.
    let mut endless = server.one.connect();
    let head = [("Content-Type", "application/xml"), ("Transfer-Encoding", "chunked")];
    let piece = format!("5dc\r\n{}\r\n", "x".repeat(0x5dc));
    let sent = Wire::head("POST", path, &head) + &piece + &piece;
    endless.write_all(sent.as_bytes()).unwrap();
    endless.flush().unwrap();
    // While it takes its room, an announcement does not get it.
    let folder = server.spool().join("one");
    while fs::read_dir(&folder).map_or(0, Iterator::count) == 0 {}
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_secs(1) && spooled_bytes(&folder) < 3_000 {}
    let beside = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &one_byte()));
    assert_eq!(beside.status, 507, "{}", beside.text());
    endless.write_all(piece.as_bytes()).unwrap();
    endless.flush().unwrap();
    let full = answer(&mut endless).unwrap();
    assert_eq!(full.status, 507, "{}", full.text());
    assert!(full.text().contains(&held), "{}", full.text());
    // What is small on the wire and large on the disk is too much as well.
    let bomb = zstd::encode_all(&vec![b'x'; 1 << 20][..], 3).unwrap();
    assert!(bomb.len() < 3_000);
    let packed = [("Content-Type", "application/xml"), ("Content-Encoding", "zstd")];
    let full = server.one.ask("POST", path, &packed, &bomb);
    assert_eq!(full.status, 507, "{}", full.text());
    // What was given back can be had.
    assert_eq!(fs::read_dir(&folder).map_or(0, Iterator::count), 0, "nothing of it is left");
    let beside = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &one_byte()));
    assert_eq!(beside.status, 201, "{}", beside.text());
}

fn one_byte() -> Files {
    vec![("one.xml".to_owned(), b"x".to_vec())]
}

fn spooled_bytes(folder: &Path) -> u64 {
    let Ok(found) = fs::metadata(folder) else { return 0 };
    if found.is_file() {
        return found.len();
    }
    fs::read_dir(folder).into_iter().flatten().flatten().map(|one| spooled_bytes(&one.path())).sum()
}

/// Begun by `ingest` and cut off, then pushed behind another batch of the practice.
#[test]
fn the_batch_that_was_begun_is_loaded_before_those_that_wait_for_it() {
    let mut server = Server::start();
    server.one.get(BATCHES);
    server.stop();
    // What `ingest` leaves when it is killed: a batch that is open, with the name of its content.
    let begun = [small().dir.clone()];
    let fingerprint =
        gateway::loader::fingerprint_of("emis-csv".parse().unwrap(), &practice(), &begun).unwrap();
    server.site.store().begin(&practice(), &fingerprint).unwrap();
    server.run();
    let behind = server.one.deliver("Y99999", "gp2gp", &message());
    let waiting =
        || server.said().contains("a batch waits: another one was begun and its files are not here");
    for _ in 0..200 {
        if waiting() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let said = server.said();
    assert!(waiting(), "{said}");
    let sum = fingerprint.rsplit(' ').next().unwrap();
    assert!(said.contains(sum) && said.contains("abandon-batch"), "{said}");
    let list = ["Y99999 has begun and not finished: emis-csv", sum, "abandon-batch"];
    batches(&server, &["list"]).is_good(&list);
    let first = server.one.deliver("Y99999", "emis-csv", &export(small()));
    assert_eq!(server.one.done(&first)["state"], "loaded", "{}", server.said());
    assert_eq!(server.one.done(&behind)["state"], "loaded", "{}", server.said());
    assert!(server.said().contains("the batch that was begun before is loaded first"), "{}", server.said());
}

/// Whoever reads the list at night must not give up what goes on by itself.
#[test]
fn a_begun_batch_that_the_service_has_is_not_said_to_be_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let cut = Cut { patients: 24, consultations: 40, observations: 60 };
    let made = Export::cut(&dir.path().join("export"), 3, cut);
    let mut server = Server::start();
    let id = server.one.deliver("Y99999", "emis-csv", &export(&made));
    server.kill();
    let fingerprint = gateway::loader::fingerprint_of(
        "emis-csv".parse().unwrap(),
        &practice(),
        std::slice::from_ref(&made.dir),
    );
    let store = server.site.store();
    if store.practice(&practice()).unwrap().open_batch.is_none() {
        store.begin(&practice(), &fingerprint.unwrap()).unwrap();
    }
    drop(store);
    let told = batches(&server, &["list"]);
    told.is_good(&["Y99999 has begun and not finished", &format!("it is {id}: the service goes on")]);
    assert!(!told.out.contains("abandon-batch"), "{}", told.out);
    server.run();
    assert_eq!(server.one.done(&id)["state"], "loaded", "{}", server.said());
}

/// A batch that ends the process each time it is loaded must not do so for ever, whatever it is in it.
#[test]
fn a_batch_that_ends_the_process_each_time_is_given_up_and_the_next_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let cut = Cut { patients: 24, consultations: 40, observations: 60 };
    let made = Export::cut(&dir.path().join("export"), 3, cut);
    let mut server = Server::start();
    let id = server.one.deliver("Y99999", "emis-csv", &export(&made));
    let tries = |server: &Server| server.site.store().delivery("one", &id).unwrap().unwrap().tries();
    let loading = |server: &Server| {
        for _ in 0..1200 {
            let now = server.one.get(&format!("{BATCHES}/{id}")).json();
            match now["state"].as_str().unwrap() {
                "loading" => return,
                "committed" => std::thread::sleep(std::time::Duration::from_millis(5)),
                other => panic!("{other}"),
            }
        }
        panic!("it is not loaded");
    };
    loading(&server);
    server.kill();
    assert_eq!(tries(&server), 1, "it was cut off");
    server.run();
    loading(&server);
    // Whoever stops the service cuts what is in progress: that says nothing of the batch.
    server.signal("-TERM");
    std::thread::sleep(std::time::Duration::from_millis(500));
    server.kill();
    let delivery = server.site.store().delivery("one", &id).unwrap().unwrap();
    assert!(delivery.tries() <= 1, "{delivery:?}");
    if delivery.tries() == 1 {
        assert!(server.site.store().tried(&delivery, 5).unwrap());
        server.run();
        let behind = server.one.deliver("Y99999", "gp2gp", &message());
        let failed = server.one.done(&id);
        assert_eq!(failed["state"], "failed", "{failed}");
        assert!(failed["reason"].as_str().unwrap().contains("the service ended each time"), "{failed}");
        assert!(server.said().contains("a batch was given up: the service ended each time"));
        batches(&server, &["show", "--supplier", "one", &id]).is_good(&["the service ended each time"]);
        // What it had begun is the practice's open batch: the others wait until an operator decides.
        let waiting = server.one.get(&format!("{BATCHES}/{behind}"));
        assert!([200, 202].contains(&waiting.status), "{}", waiting.text());
        batches(&server, &["retry", "--supplier", "one", &id]).is_good(&["loaded again"]);
        assert_eq!(server.one.done(&id)["state"], "loaded", "{}", server.said());
        assert_eq!(server.one.done(&behind)["state"], "loaded", "{}", server.said());
    }
}

/// Whoever looks at `/readyz` must see that nothing can be written, though records can be read.
#[test]
fn a_store_that_cannot_be_written_is_told_by_readyz_until_it_can() {
    let mut server = Server::start();
    assert_eq!(server.one.get(BATCHES).status, 200);
    server.stop();
    // The listener of apps, with a certificate that this client knows.
    let free = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let at = jiff::Timestamp::now();
    let committed = store::Delivery {
        supplier: "one".to_owned(),
        id: "waits".to_owned(),
        practice: practice(),
        format: "gp2gp".to_owned(),
        files: vec![],
        content: String::new(),
        created: at,
        expires: at,
        state: store::DeliveryState::Committed { at, turn: 7, tries: 0 },
    };
    server.site.store().put_delivery(&committed).unwrap();
    let config = fs::read_to_string(server.site.config()).unwrap();
    fs::write(server.site.config(), config.replacen("127.0.0.1:0", &address.to_string(), 1)).unwrap();
    fs::copy(server.site.path("intake.pem"), server.site.path("server.pem")).unwrap();
    fs::copy(server.site.path("intake.key"), server.site.path("server.key")).unwrap();
    let probe = Wire::new(address, &server.authority.root(), None);
    server.run_on_a_failing_disk();
    let failed = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &message()));
    assert_eq!(failed.status, 500, "{}", failed.text());
    let ready = probe.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(ready.text().contains("The store cannot be written"), "{}", ready.text());
    assert_eq!(probe.get("/healthz").status, 200, "the process itself is well");
    assert_eq!(server.one.get(BATCHES).status, 200, "what is there can be read");
    assert!(server.said().contains("the store failed"), "{}", server.said());
    let mut waits = server.one.get(&format!("{BATCHES}/waits"));
    for _ in 0..200 {
        if waits.json()["reason"].is_string() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        waits = server.one.get(&format!("{BATCHES}/waits"));
    }
    let why = waits.json()["reason"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("the gateway's store cannot be written"), "{}", waits.text());
    assert!(waits.json()["next_try"].as_str().is_some(), "{}", waits.text());
    for command in [&["list"][..], &["show", "--supplier", "one", "waits"]] {
        batches(&server, command).is_good(&["last try: the store's engine failed", "next try at"]);
    }
    server.kill();
    server.run();
    assert_eq!(probe.get("/readyz").status, 200);
    assert_eq!(server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &message())).status, 201);
}

#[test]
fn a_revocation_list_that_ends_soon_is_warned_of_while_the_service_runs() {
    let mut server = Server::start();
    server.stop();
    let soon = gateway::clock::Clock::today(&gateway::clock::SystemClock) + jiff::Span::new().days(3);
    fs::write(server.site.path("clients.crl"), server.authority.list_until(&[], soon)).unwrap();
    server.run();
    let told = || server.said().contains("a revocation list will be out of date soon");
    for _ in 0..600 {
        if told() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(told(), "{}", server.said());
    assert_eq!(server.one.refusal(), None, "until then everybody is let in");
}
