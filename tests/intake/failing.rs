//! Batches that cannot be loaded, and what an operator can do: nothing waits for ever behind one that is broken.

use std::{fs, path::PathBuf};

use store::Store;

use super::site::{BATCHES, Files, Server, announcement, export, message};
use crate::{
    command::{Ran, run, site::small},
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
    batches(&server, &["retry", "--supplier", "one", &broken]).says(&["no such batch"]);
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
    batches(&server, &["drop", "--supplier", "two", &stalled]).says(&["no such batch"]);
    batches(&server, &["drop", "--supplier", "one", &stalled]).is_good(&["dropped"]);
    assert_eq!(server.one.get(&format!("{BATCHES}/{stalled}")).status, 404);
    assert!(!spooled(&server, &stalled).exists());
}

#[test]
fn a_full_quota_names_what_can_be_deleted_and_holds_nobody_else_up() {
    let server = Server::start();
    let mut one = announcement("Y99999", "gp2gp", &message());
    one["files"][0]["size"] = (1_u64 << 30).into();
    let held = server.one.post(BATCHES, &one).json()["id"].as_str().unwrap().to_owned();
    let full = server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &other()));
    assert_eq!(full.status, 507, "{}", full.text());
    assert!(full.text().contains(&format!("the oldest: {held}")), "{}", full.text());
    assert!(server.said().contains("quota of the spool is used up"), "{}", server.said());
    assert_eq!(server.two.post(BATCHES, &announcement("Y99998", "gp2gp", &message())).status, 201);
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
    batches(&server, &["list"]).is_good(&["Y99999 has begun and not finished: emis-csv", sum]);
    let first = server.one.deliver("Y99999", "emis-csv", &export(small()));
    assert_eq!(server.one.done(&first)["state"], "loaded", "{}", server.said());
    assert_eq!(server.one.done(&behind)["state"], "loaded", "{}", server.said());
    assert!(server.said().contains("the batch that was begun before is loaded first"), "{}", server.said());
}
