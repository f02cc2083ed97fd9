//! I1: only `policy::disclose` makes a `Disclosed`, only a `Disclosed` becomes part of a body, and a hidden resource
//! cannot be found. I3: what is withheld and what never was answer alike.

use std::{fs, path::Path};

use jiff::civil::date;
use policy::Disclosed;
use record::{Effective, Entry, EntryId, Mark, PatientKey, ResourceType};
use store::{Snapshot, StoreError};

use crate::support::{Answer, World, coded, fingerprint, ids, measured, practice, with};

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).is_dir() {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") {
            found.push((path.clone(), source(&path)));
        }
    }
    found
}

#[test]
fn i1_only_policy_disclose_makes_a_disclosed() {
    let home = source("src/policy/held.rs");
    let body = home.split_once("pub struct Disclosed<'a> {").unwrap().1.split_once('}').unwrap().0;
    assert!(!body.contains("pub"), "with private parts, no other module can make one: {body}");
    let before = home.split_once("pub struct Disclosed<'a> {").unwrap().0;
    let derive = before.lines().rfind(|line| line.starts_with("#[derive")).unwrap();
    assert!(!derive.contains("Default") && !derive.contains("Deserialize"), "{derive}");
    let mut made = Vec::new();
    for (path, text) in sources("src") {
        for (number, line) in text.lines().enumerate() {
            let constructs =
                line.contains("Disclosed {") && !line.contains("struct ") && !line.contains("impl");
            if constructs {
                made.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert_eq!(made.len(), 1, "{made:?}");
    assert!(made[0].starts_with("src/policy/held.rs:"), "{made:?}");
    let function = home.split_once("pub fn disclose(").unwrap().1.split_once("\n}").unwrap().0;
    assert!(function.contains("permit: Permit") && function.contains("Disclosed {"), "{function}");
}

#[test]
fn i1_a_body_leaves_the_store_only_for_a_disclosed() {
    // That this compiles is the test: the trait's one way to a body takes what policy disclosed.
    let body: fn(&dyn Snapshot, &Disclosed<'_>) -> Result<Vec<u8>, StoreError> =
        |snapshot, it| snapshot.body(it);
    let _ = body;
    let port = source("src/store/lib.rs");
    let snapshot = port.split_once("pub trait Snapshot").unwrap().1.split_once("\n}").unwrap().0;
    assert_eq!(snapshot.matches("fn ").count(), 2, "released and body, nothing else: {snapshot}");
    assert_eq!(port.matches("Vec<u8>").count(), 1, "bytes come out of the store in one way");
}

#[test]
fn i1_the_serving_path_sees_headers_and_bodies_in_one_place_alone() {
    let home = "src/gateway/fhir/visible.rs";
    let words = [
        ".released()",
        ".body(disclosed",
        "decide(",
        "disclose(",
        "admit(",
        "Header {",
        ".facts(",
        "LevelTable",
    ];
    for (path, text) in sources("src/gateway/fhir").into_iter().chain(sources("src/gateway/oauth")) {
        for word in words {
            assert!(path == home || !text.contains(word), "{path} has {word}, which is for {home}");
        }
    }
    let text = source(home);
    assert!(
        [".released()", ".body(disclosed", "decide(", "disclose("].iter().all(|word| text.contains(word))
    );
}

const SECRET: &str = "275441003";

/// A value, a value that is perhaps hidden and in every way different, and a value that shares its code.
fn record(marks: &[Mark]) -> Vec<Entry> {
    let mut secret = with(measured("secret", SECRET, "Peak flow", "333", "L/min"), |statement| {
        statement.effective = Some(Effective::Day(date(2011, 11, 11)));
    });
    secret.marks = marks.to_vec();
    vec![
        measured("weight", "27113001", "Body weight", "70", "kg"),
        secret,
        coded("cough", "49727002", "Cough"),
    ]
}

fn secret_id() -> String {
    let entry = EntryId::new("secret").unwrap();
    ids().resource(&practice(), &PatientKey::new("p").unwrap(), ResourceType::Observation, &entry)
}

/// Searches that would find the secret alone, whatever else there is.
fn searches() -> Vec<String> {
    let id = secret_id();
    let mut all: Vec<String> =
        ["code=275441003", "code=http://snomed.info/sct|275441003", "date=2011-11-11", "date=lt2012"]
            .map(|query| format!("Observation?{query}"))
            .into();
    all.extend([format!("Observation?_id={id}"), format!("Observation?_id={id}&code={SECRET}")]);
    all
}

#[test]
fn i1_a_hidden_resource_cannot_be_found_counted_sorted_or_paged_past() {
    for (marks, hidden) in [(vec![], false), (vec![Mark::NotForPatient], true)] {
        let world = World::of(record(&marks));
        let token = world.token("p", "patient/*.rs");
        let expected = if hidden { 2 } else { 3 };
        for search in searches() {
            let answer = world.get(&token, &search);
            assert_eq!(answer.json()["total"], if hidden { 0 } else { 1 }, "{search}");
            assert_eq!(answer.matches().len(), usize::from(!hidden), "{search}");
        }
        for search in [
            "Observation",
            "Observation?_sort=date",
            "Observation?_sort=-date&_count=1",
            "Observation?_count=1",
            "Observation?status=final",
        ] {
            let found = world.all(&token, search);
            assert_eq!(found.len(), expected, "{search}");
            assert_eq!(world.get(&token, search).json()["total"], expected, "{search}");
            assert_eq!(found.iter().any(|one| one["id"] == secret_id().as_str()), !hidden, "{search}");
        }
        assert_eq!(world.get(&token, "Observation?_summary=count").json()["total"], expected);
        let read = world.get(&token, &format!("Observation/{}", secret_id()));
        assert_eq!(read.status, if hidden { 404 } else { 200 });
    }
}

#[test]
fn i3_what_is_withheld_and_what_never_was_answer_alike() {
    let (hidden, mut without) = (record(&[Mark::Confidential]), record(&[]));
    without.retain(|entry| entry.id.as_str() != "secret");
    let (hidden, without) = (World::of(hidden), World::of(without));
    let tokens = [&hidden, &without].map(|world| format!("Bearer {}", world.token("p", "patient/*.rs")));
    let path = format!("/fhir/R4/Observation/{}", secret_id());
    let never = format!("/fhir/R4/Observation/{}", "0".repeat(32));
    let variants: [(&str, &[(&str, &str)]); 8] = [
        ("GET", &[]),
        ("HEAD", &[]),
        ("GET", &[("accept", "application/fhir+xml")]),
        ("GET", &[("if-none-match", "W/\"1\"")]),
        ("GET", &[("if-none-match", "*")]),
        ("GET", &[("if-modified-since", "Mon, 02 Nov 2026 12:00:00 GMT")]),
        ("DELETE", &[]),
        ("PUT", &[("content-type", "application/fhir+json")]),
    ];
    for (method, headers) in variants {
        let ask = |world: &World, token: &str, path: &str| -> Answer {
            let mut all = vec![("authorization", token)];
            all.extend(headers);
            world.ask(method, path, &all, "")
        };
        let here = fingerprint(&ask(&hidden, &tokens[0], &path));
        assert!(here.0 == 404 || here.0 == 405, "{method} {headers:?}: {}", here.0);
        assert_eq!(here, fingerprint(&ask(&without, &tokens[1], &path)), "{method} {headers:?}");
        assert_eq!(here, fingerprint(&ask(&hidden, &tokens[0], &never)), "{method} {headers:?}");
    }
    for search in searches().iter().map(String::as_str).chain([
        "Observation",
        "Observation?_count=1",
        "Observation?_sort=date",
    ]) {
        let pair = [(&hidden, &tokens[0]), (&without, &tokens[1])].map(|(world, token)| {
            let answer = world.ask("GET", &format!("/fhir/R4/{search}"), &[("authorization", token)], "");
            let (status, headers, _) = fingerprint(&answer);
            // A page link is sealed with a fresh nonce; all else must be the same.
            let mut bundle = answer.json();
            if let Some(links) = bundle["link"].as_array_mut() {
                links.retain(|link| link["relation"] != "next");
            }
            (status, headers.into_iter().filter(|(name, _)| name != "etag").collect::<Vec<_>>(), bundle)
        });
        assert_eq!(pair[0], pair[1], "{search}");
    }
    assert!(world_shows(&World::of(record(&[])), &path), "without the mark it is there");
}

fn world_shows(world: &World, path: &str) -> bool {
    let token = format!("Bearer {}", world.token("p", "patient/*.rs"));
    world.ask("GET", path, &[("authorization", &token)], "").status == 200
}
