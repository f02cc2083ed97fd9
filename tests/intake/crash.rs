//! I7 over the network: a batch that was committed is loaded, whenever the server is killed.
#![expect(clippy::disallowed_methods, reason = "kills are spread over the time that a load takes")]

use std::time::{Duration, Instant};

use store::{Deliveries, DeliveryState, Store};

use super::site::{BATCHES, Server, export};
use crate::{
    command::export::{Cut, Export},
    support::practice,
};

/// Enough for the load to take a while.
const CUT: Cut = Cut { patients: 24, consultations: 40, observations: 60 };

#[test]
fn t62_a_committed_batch_is_loaded_whenever_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let export_made = Export::cut(&dir.path().join("export"), 3, CUT);
    let files = export(&export_made);
    let patients = export_made.patients();
    // How long it takes, and what it comes to.
    let clean = Server::start();
    let id = clean.one.deliver("Y99999", "emis-csv", &files);
    let begun = Instant::now();
    let told = clean.one.done(&id);
    assert_eq!(told["state"], "loaded");
    let span = begun.elapsed();
    let held = |server: &Server| {
        crate::crash::held::read(&server.site.store(), &practice(), &patients)
            .into_iter()
            // Ids are made with each server's own key, so only their number can be the same.
            .map(|(key, patient)| (key, patient.facts, patient.released.unwrap().resources()))
            .collect::<Vec<_>>()
    };
    let expected = held(&clean);
    drop(clean);
    let mut cut_while_loading = 0;
    for part in 0..6 {
        let mut server = Server::start();
        let id = server.one.deliver("Y99999", "emis-csv", &files);
        for turn in 0..2 {
            std::thread::sleep(span.mul_f64(f64::from(part * 2 + turn) / 14.0));
            server.kill();
            let store = server.site.store();
            let delivery = store.delivery("one", &id).unwrap().expect("acknowledged and lost");
            let committed = matches!(delivery.state, DeliveryState::Committed { .. });
            cut_while_loading += usize::from(committed && store.practice(&practice()).unwrap().batches > 0);
            assert!(committed || matches!(delivery.state, DeliveryState::Loaded { .. }), "{delivery:?}");
            drop(store);
            server.run();
        }
        let done = server.one.done(&id);
        assert_eq!(done["state"], "loaded", "{done}");
        assert_eq!(done["totals"], told["totals"], "a kill shows in what is told of the rows");
        let report = server.one.get(&format!("{BATCHES}/{id}/report"));
        let lines = report.text().lines().filter(|line| line.contains("\"fate\"")).count() as u64;
        assert_eq!(done["totals"]["rows"].as_u64().unwrap(), lines);
        server.site.has_nothing_open();
        assert!(held(&server) == expected, "it differs from a load without any kill");
        assert!(!server.spool().join("one").join(&id).exists());
    }
    assert!(cut_while_loading >= 2, "only {cut_while_loading} kills hit a load");
}

#[test]
fn what_a_crash_left_in_the_spool_and_nobody_owns_is_swept() {
    let mut server = Server::start();
    let id = server.one.announce("Y99999", "gp2gp", &super::site::message());
    assert_eq!(server.one.put(&id, "message.xml", &[], b"x").status, 422);
    server.kill();
    let orphan = server.spool().join("one/orphan/files");
    std::fs::create_dir_all(&orphan).unwrap();
    std::fs::write(orphan.join("left.xml"), "x").unwrap();
    server.run();
    let swept = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        !server.spool().join("one/orphan").exists()
    });
    assert!(swept, "the orphan is there after ten seconds");
    assert_eq!(server.one.get(&format!("{BATCHES}/{id}")).status, 200);
}
