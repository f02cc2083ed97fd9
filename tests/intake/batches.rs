//! The life of a batch: announced, sent, committed, loaded, reported; once, whatever is repeated; and nobody else's.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use store::Store;

use super::site::{BATCHES, Files, Server, announcement, export, message};
use crate::{
    command::{
        export::{line_of, place},
        site::small,
    },
    support::practice,
};

/// Each line of a report row by row.
fn rows(server: &Server, id: &str) -> Vec<Json> {
    let answer = server.one.get(&format!("{BATCHES}/{id}/report"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_batch_is_loaded_and_each_of_its_rows_is_accounted_for() {
    let server = Server::start();
    let files = export(small());
    let id = server.one.deliver("Y99999", "emis-csv", &files);
    let done = server.one.done(&id);
    assert_eq!(done["state"], "loaded", "{done}");
    let rows = rows(&server, &id);
    let mut by_fate: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        if let Some(fate) = row["fate"].as_str() {
            *by_fate.entry(fate).or_default() += 1;
            let explained = !row["issues"].as_array().is_none_or(Vec::is_empty);
            assert!(explained || matches!(fate, "stored" | "unchanged"), "{row}");
        }
    }
    let totals = &done["totals"];
    assert_eq!(totals["rows"], by_fate.values().sum::<u64>());
    for fate in ["stored", "unchanged", "parked", "rejected"] {
        assert_eq!(totals[fate], by_fate.get(fate).copied().unwrap_or(0), "{fate}");
    }
    // The rows of each file are those that were sent.
    let read: Vec<&(String, Vec<u8>)> = files
        .iter()
        .filter(|(name, _)| rows.iter().any(|row| row["file"] == name.as_str() && row["fate"] != Json::Null))
        .collect();
    assert!(read.len() >= 6);
    for (name, bytes) in read {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() - 1;
        let told =
            rows.iter().filter(|row| row["file"] == name.as_str() && row.get("fate").is_some()).count();
        assert_eq!(told, lines, "{name}");
    }
    let summary = server.one.get(&format!("{BATCHES}/{id}/summary")).json();
    assert_eq!(summary["totals"], *totals);
    assert!(summary["patients_projected"].as_u64().unwrap() >= 12);
    // What is served is what `ingest` would have made, and nothing stays in the spool.
    let held = server.site.held();
    assert!(held.values().all(|patient| patient.released.is_some()));
    assert!(!server.spool().join("one").join(&id).exists());
}

#[test]
fn whatever_is_repeated_is_done_once() {
    let server = Server::start();
    let files = message();
    let with_id = |id: &str, files: &Files| {
        let mut body = announcement("Y99999", "gp2gp", files);
        body["id"] = id.into();
        server.one.post(BATCHES, &body)
    };
    assert_eq!(with_id("mine-1", &files).status, 201);
    let again = with_id("mine-1", &files);
    assert_eq!((again.status, &again.json()["state"]), (200, &"receiving".into()));
    let (name, bytes) = &files[0];
    for _ in 0..2 {
        assert_eq!(server.one.put("mine-1", name, &[], bytes).status, 204);
    }
    assert_eq!(server.one.commit("mine-1").status, 202);
    assert!(matches!(server.one.commit("mine-1").status, 200 | 202));
    assert_eq!(server.one.done("mine-1")["state"], "loaded");
    assert_eq!(server.one.commit("mine-1").status, 200);
    // The same content under another id, or none, is the same batch.
    for answer in
        [with_id("mine-2", &files), server.one.post(BATCHES, &announcement("Y99999", "gp2gp", &files))]
    {
        assert_eq!((answer.status, &answer.json()["id"]), (200, &"mine-1".into()));
    }
    assert_eq!(server.one.get(&format!("{BATCHES}/mine-2")).status, 404);
    // The same id with other content is another batch.
    let other = vec![(name.clone(), [bytes, &b" "[..]].concat())];
    assert_eq!(with_id("mine-1", &other).status, 409);
    // After it is committed it cannot be deleted, nor sent again.
    assert_eq!(server.one.ask("DELETE", &format!("{BATCHES}/mine-1"), &[], b"").status, 409);
    assert_eq!(server.one.put("mine-1", name, &[], b"other").status, 204, "it is whole, and stays as it is");
    let list = server.one.get(BATCHES).json();
    assert_eq!(list["batches"].as_array().unwrap().len(), 1, "{list}");
}

#[test]
fn a_message_by_itself_is_one_request() {
    let server = Server::start();
    let (_, bytes) = &message()[0];
    let send =
        |path: &str, headers: &[(&str, &str)], body: &[u8]| server.one.ask("POST", path, headers, body);
    let xml = [("Content-Type", "application/xml")];
    let path = "/intake/v1/gp2gp?practice=Y99999";
    let first = send(path, &xml, bytes);
    assert_eq!(first.status, 202, "{}", first.text());
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let done = server.one.done(&id);
    assert_eq!(done["state"], "loaded", "{done}");
    assert!(rows(&server, &id).len() > 10);
    let packed = zstd::encode_all(&bytes[..], 3).unwrap();
    let again = send(path, &[xml[0], ("Content-Encoding", "zstd")], &packed);
    assert_eq!((again.status, again.json()["id"].as_str()), (200, Some(id.as_str())), "the same message");
    for (path, headers, body, status) in [
        ("/intake/v1/gp2gp", &xml[..], &bytes[..], 400),
        ("/intake/v1/gp2gp?practice=Y99998", &xml, bytes, 403),
        (path, &[("Content-Type", "application/json")], bytes, 415),
        (path, &xml, b"", 400),
        (path, &[xml[0], ("Content-Encoding", "br")], bytes, 415),
    ] {
        assert_eq!(send(path, headers, body).status, status, "{path} {headers:?}");
    }
    let bad = send(path, &xml, b"<RCMR_IN030000UK06 xmlns='urn:hl7-org:v3'>");
    let id = bad.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(server.one.done(&id)["state"], "refused");
    let spool = server.spool().join("one");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0, "nothing stays behind");
}

/// T59, and the rule that two suppliers are alone in the world.
#[test]
fn t59_a_supplier_neither_sends_for_anothers_practice_nor_sees_its_batches() {
    let server = Server::start();
    let files = message();
    let mut body = announcement("Y99999", "gp2gp", &files);
    body["id"] = "of-one".into();
    assert_eq!(server.one.post(BATCHES, &body).status, 201);

    let refused = |practice: &str| {
        let answer = server.two.post(BATCHES, &announcement(practice, "gp2gp", &files));
        assert_eq!(answer.status, 403, "{practice}");
        answer.text()
    };
    assert_eq!(refused("Y99999"), refused("Y12345"), "as if the other's practice were nobody's");
    let said = server.said();
    let line = said.lines().find(|line| line.contains("refused: a practice or format that it may not send"));
    assert!(line.is_some_and(|line| line.contains("supplier=\"two\"")), "{said}");

    let asked = |id: &str| {
        let name = &files[0].0;
        [
            server.two.get(&format!("{BATCHES}/{id}")),
            server.two.get(&format!("{BATCHES}/{id}/files/{name}")),
            server.two.get(&format!("{BATCHES}/{id}/report")),
            server.two.get(&format!("{BATCHES}/{id}/summary")),
            server.two.put(id, name, &[], &files[0].1),
            server.two.commit(id),
            server.two.ask("DELETE", &format!("{BATCHES}/{id}"), &[], b""),
        ]
        .map(|answer| (answer.status, answer.text()))
    };
    assert_eq!(asked("of-one"), asked("of-nobody"));
    assert!(asked("of-one").iter().all(|(status, _)| *status == 404));
    assert_eq!(server.two.get(BATCHES).json(), json!({"batches": []}));
    // The same id is its own, and so is the same content.
    body["practice"] = "Y99998".into();
    assert_eq!(server.two.post(BATCHES, &body).status, 201);
    assert_eq!(server.one.get(&format!("{BATCHES}/of-one")).json()["practice"], "Y99999");
    assert_eq!(server.two.get(&format!("{BATCHES}/of-one")).json()["practice"], "Y99998");
}

/// T59: rows of another organisation inside a permitted practice's batch never become that organisation's.
#[test]
fn t59_an_export_of_another_practice_is_refused_as_a_whole() {
    let server = Server::start();
    let id = server.two.deliver("Y99998", "emis-csv", &export(small()));
    let done = server.two.done(&id);
    assert_eq!(done["state"], "refused", "{done}");
    let report = server.two.get(&format!("{BATCHES}/{id}/report"));
    assert_eq!(report.status, 200);
    assert!(report.text().contains("wrong-practice"), "{}", report.text());
    assert!(server.site.held().values().all(|patient| patient.facts == 0));
    assert_eq!(server.site.store().practice(&"Y99998".parse().unwrap()).unwrap().batches, 0);
}

/// T59: one row of another's practice among thousands of the supplier's own.
#[test]
fn t59_a_batch_in_which_one_row_is_another_practices_is_refused_as_a_whole() {
    let server = Server::start();
    let good = export(small());
    let id = server.one.deliver("Y99999", "emis-csv", &good);
    assert_eq!(server.one.done(&id)["state"], "loaded");
    let before = server.site.held();
    let dir = tempfile::tempdir().unwrap();
    let mixed = small().run(2, dir.path());
    let other = "{0A0B0C0D-0000-4000-8000-0000000000FF}";
    mixed.edit("Admin_Organisation", |rows| {
        let mut row = rows[1].clone();
        (row[place(rows, "OrganisationGuid")], row[place(rows, "ODSCode")]) = (other.into(), "Y99998".into());
        rows.push(row);
    });
    let mut line = 0;
    mixed.edit("CareRecord_Observation", |rows| {
        let last = rows.len() - 1;
        let at = place(rows, "OrganisationGuid");
        rows[last][at] = other.to_owned();
        line = line_of(rows, last);
    });
    let id = server.one.deliver("Y99999", "emis-csv", &export(&mixed));
    assert_eq!(server.one.done(&id)["state"], "refused");
    let report = server.one.get(&format!("{BATCHES}/{id}/report")).text();
    let said: Json = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    assert_eq!(said["file"], mixed.name("CareRecord_Observation"), "{report}");
    assert_eq!((&said["line"], &said["issues"][0]["code"]), (&line.into(), &"other-organisation".into()));
    assert!(report.contains("OrganisationGuid") && report.contains("a batch of their own"), "{report}");
    assert!(server.said().contains("a batch was refused") && server.said().contains("other-organisation"));
    assert!(server.site.held() == before, "what was served is served");
    assert_eq!(server.site.store().practice(&"Y99998".parse().unwrap()).unwrap().batches, 0);
}

/// T62: a feed that repeats itself, is cut and comes back comes to what one clean application of it does.
#[test]
fn t62_replays_and_cut_batches_end_in_the_state_of_a_clean_feed() {
    let dir = tempfile::tempdir().unwrap();
    let runs = [1, 2, 3].map(|run| export(&small().run(run, &dir.path().join(run.to_string()))));
    let cut = |files: &Files| -> Files {
        let short = |(name, bytes): &(String, Vec<u8>)| (name.clone(), bytes[..bytes.len() * 3 / 4].to_vec());
        files.iter().map(short).collect()
    };
    let state = |feed: &[(&Files, &str)]| {
        let server = Server::start();
        for (files, ends) in feed {
            let known = server.one.post(BATCHES, &announcement("Y99999", "emis-csv", files));
            if known.status == 200 {
                assert_eq!(known.json()["state"], *ends, "a replay is the batch that it was");
                continue;
            }
            let id = server.one.deliver("Y99999", "emis-csv", files);
            assert_eq!(server.one.done(&id)["state"], *ends);
        }
        let held = server.site.held().into_iter();
        // Ids are made with each server's own key, so only their number can be the same.
        held.map(|(key, one)| (key, one.facts, one.released.map(|one| one.resources()))).collect::<Vec<_>>()
    };
    let [one, two, three] = &runs;
    let clean = state(&[(one, "loaded"), (two, "loaded"), (three, "loaded")]);
    let torn = state(&[
        (one, "loaded"),
        (&cut(two), "refused"),
        (one, "loaded"),
        (two, "loaded"),
        (two, "loaded"),
        (three, "loaded"),
        (&cut(three), "refused"),
        (one, "loaded"),
    ]);
    assert!(clean == torn && clean.iter().any(|(_, facts, _)| *facts > 5));
    let gap = state(&[(three, "loaded"), (one, "loaded"), (two, "loaded")]);
    assert!(gap == clean, "out of order, and after a gap");
}

/// T62 and T63: what is refused changes nothing, and the same again is refused again or, mended, taken.
#[test]
fn t63_a_batch_that_is_refused_leaves_what_was_served() {
    let server = Server::start();
    let good = export(small());
    let id = server.one.deliver("Y99999", "emis-csv", &good);
    assert_eq!(server.one.done(&id)["state"], "loaded");
    let before = server.site.held();
    let missing: Files = good.iter().filter(|(name, _)| !name.contains("Admin_Patient")).cloned().collect();
    let mut unknown = good.clone();
    let table = unknown.iter_mut().find(|(name, _)| name.contains("_CareRecord_Observation_")).unwrap();
    let text = String::from_utf8(table.1.clone()).unwrap();
    table.1 = text.replacen("\r\n", ",\"HideFromPatientView\"\r\n", 1).into_bytes();
    for (files, code) in [(missing, "file-missing"), (unknown, "column-visibility-unknown")] {
        for _ in 0..2 {
            let id = server.one.deliver("Y99999", "emis-csv", &files);
            assert_eq!(server.one.done(&id)["state"], "refused");
            let report = server.one.get(&format!("{BATCHES}/{id}/report")).text();
            assert!(report.contains(code), "{report}");
        }
    }
    assert!(server.site.held() == before);
    let store = server.site.store();
    assert_eq!(store.practice(&practice()).unwrap().open_batch, None);
}

/// Batches of a practice are loaded in the order of their commits: the last one is what counts.
#[test]
fn t62_batches_of_a_practice_are_loaded_in_the_order_of_their_commits() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let runs = [2, 3, 4].map(|run| small().run(run, &dir.path().join(run.to_string())));
    let ids = runs.each_ref().map(|run| {
        let files = export(run);
        let id = server.one.announce("Y99999", "emis-csv", &files);
        files.iter().for_each(|(name, bytes)| assert_eq!(server.one.put(&id, name, &[], bytes).status, 204));
        id
    });
    // Committed the last one first: it is loaded first.
    for id in ids.iter().rev() {
        assert_eq!(server.one.commit(id).status, 202);
    }
    let finished = ids.each_ref().map(|id| server.one.done(id)["finished"].as_str().unwrap().to_owned());
    assert!(finished[2] < finished[1] && finished[1] < finished[0], "{finished:?}");
    assert_eq!(server.site.store().practice(&practice()).unwrap().batches, 3);
}

#[test]
fn requests_that_are_wrong_are_told_so() {
    let server = Server::start();
    let options = server.one.ask("OPTIONS", BATCHES, &[], b"");
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    let method = server.one.ask("PATCH", BATCHES, &[], b"");
    assert_eq!((method.status, method.header("allow")), (405, Some("GET, HEAD, POST, OPTIONS")));
    let head = server.one.ask("HEAD", BATCHES, &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(server.one.ask("GET", BATCHES, &[("Accept", "text/html")], b"").status, 406);
    for accept in ["*/*", "application/json", "text/html, application/*;q=0.1", "application/fhir+json"] {
        assert_eq!(server.one.ask("GET", BATCHES, &[("Accept", accept)], b"").status, 200, "{accept}");
    }
    let form = server.one.ask("POST", BATCHES, &[("Content-Type", "text/plain")], b"{}");
    assert_eq!(form.status, 415);
    for path in ["/", "/intake/v1", "/healthz", "/fhir/R4/metadata", "/intake/v1/batches/x/y"] {
        let answer = server.one.get(path);
        assert_eq!(
            (answer.status, &answer.json()["resourceType"]),
            (404, &"OperationOutcome".into()),
            "{path}"
        );
    }
    let files = message();
    let id = server.one.announce("Y99999", "gp2gp", &files);
    let early = server.one.commit(&id);
    assert_eq!(early.status, 409);
    assert!(early.text().contains("1 of 1 files have not come"), "{}", early.text());
    assert_eq!(server.one.get(&format!("{BATCHES}/{id}/report")).status, 409);
    assert_eq!(server.one.put(&id, "other.xml", &[], b"x").status, 404);
    assert_eq!(server.one.ask("DELETE", &format!("{BATCHES}/{id}"), &[], b"").status, 204);
    assert_eq!(server.one.get(&format!("{BATCHES}/{id}")).status, 404);
    let document = server.one.get("/intake/v1/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["components"]["schemas"]["Announcement"]["properties"]["files"]["maxItems"], 50);
}

#[test]
fn a_line_in_the_log_says_whose_batch_it_is_about_and_a_refusal_why() {
    let server = Server::start();
    server.one.get(BATCHES);
    assert!(server.said().contains("listening address=127.0.0.1:"), "{}", server.said());
    assert!(server.said().contains(&format!("listening address={} whom=\"suppliers\"", server.address)));
    let files: Files =
        vec![("message.xml".to_owned(), b"<RCMR_IN030000UK06 xmlns='urn:hl7-org:v3'>".to_vec())];
    let id = server.one.deliver("Y99999", "gp2gp", &files);
    assert_eq!(server.one.done(&id)["state"], "refused");
    server.one.post(BATCHES, &announcement("Y99998", "gp2gp", &files));
    let said = server.said();
    let line =
        |words: &str| said.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{said}"));
    for (words, code) in [("a batch was committed", ""), ("a batch was refused", "code=\"truncated\"")] {
        for part in ["supplier=\"one\"", "practice=", "Y99999", &id, code] {
            assert!(line(words).contains(part), "{part}: {}", line(words));
        }
    }
    let forbidden = line("a practice or format that it may not send");
    assert!(forbidden.contains("Y99998") && forbidden.contains("code=\"forbidden\""), "{forbidden}");
}

/// I5: neither names of files nor ids, which suppliers choose, are in the log; a name may hold an NHS number.
#[test]
fn i5_no_name_of_a_file_or_batch_is_in_the_log() {
    let server = Server::start();
    let files: Files = vec![("CANARYNAME.xml".to_owned(), b"<CANARYCONTENT".to_vec())];
    let mut body = announcement("Y99999", "gp2gp", &files);
    body["id"] = "CANARYID".into();
    assert_eq!(server.one.post(BATCHES, &body).status, 201);
    assert_eq!(server.one.put("CANARYID", "CANARYNAME.xml", &[], b"wrong").status, 422);
    assert_eq!(server.one.put("CANARYID", "CANARYNAME.xml", &[], &files[0].1).status, 204);
    assert_eq!(server.one.commit("CANARYID").status, 202);
    assert_eq!(server.one.done("CANARYID")["state"], "refused");
    server.one.get(&format!("{BATCHES}/CANARYPATH/files/CANARYNAME?CANARYQUERY"));
    assert!(server.said().contains("a batch was committed"), "{}", server.said());
    assert!(!server.said().contains("CANARY"), "{}", server.said());
}

#[test]
fn a_service_that_stops_finishes_or_keeps_what_was_committed() {
    let mut server = Server::start();
    let id = server.one.deliver("Y99999", "emis-csv", &export(small()));
    assert_eq!(server.stop(), Some(0), "{}", server.said());
    server.run();
    assert_eq!(server.one.done(&id)["state"], "loaded");
    server.site.has_nothing_open();
}
