//! What a practice decides while a batch is open counts at the next request, in whichever of a person's records it was
//! decided; and the projection that follows finds nothing left to take away.

use policy::Decided;
use record::{Entry, EntryId, Mark, MarksCarried, PatientKey};
use serde_json::Value as Json;
use store::{Change, Decisions, Store};

use super::fixture::{marked, noted, weight};
use crate::support::{World, everything, measured, person, practice, subject};

const MESSAGE: &str = "nhs:9990000018";
const BUNDLE: &str = "gpc:9990000018";
const GUID: &str = "00000000-0000-4000-8000-00000000000a";
const WORDS: &str = "Slept badly all week.";

fn id(name: &str) -> EntryId {
    EntryId::new(name).unwrap()
}

fn decide(world: &World, change: &Change) {
    let decided =
        Decided { by: "Dr A".into(), at: gateway::clock::Clock::now(&*world.clock), why: "asked to".into() };
    assert!(world.store.decide(&practice(), change, &decided).unwrap().is_some());
}

fn hide(world: &World, who: &str, entry: &str) {
    decide(world, &Change::Hide { patient: PatientKey::new(who).unwrap(), entry: id(entry) });
}

fn withhold(world: &World, who: &str, entry: &Entry) {
    let (patient, words) = (PatientKey::new(who).unwrap(), policy::words(entry).unwrap());
    decide(world, &Change::Review { patient, entry: entry.id.clone(), words, release: false });
}

/// One person in three feeds, of whom the practice's own record is served.
fn in_three_feeds() -> World {
    let world = World::empty();
    let message =
        [person("p"), noted(weight(&GUID.to_uppercase(), "82.5"), WORDS), weight("message-only", "60")];
    let bundle = [person("p"), noted(weight(&format!("Observation/{GUID}"), "82.5"), WORDS)];
    world.put("p", vec![noted(weight(GUID, "82.5"), WORDS), weight("other", "70")]);
    world.put(MESSAGE, message.to_vec());
    world.put(BUNDLE, bundle.to_vec());
    world.let_in("p", &subject("p"), everything());
    world
}

fn batch_begins(world: &World) {
    world.store.begin(&practice(), "by hand").unwrap();
}

fn batch_ends(world: &World) {
    world.store.close(&practice()).unwrap();
    world.store.settle(&practice()).unwrap();
    world.clock.forward(60);
    world.release();
}

/// What the app gets of everything, by value; and the whole answer as text.
fn got(world: &World) -> (Vec<Json>, String) {
    let answer = world.get(&world.token("p", "patient/*.rs"), "Observation");
    assert_eq!(answer.status, 200);
    (answer.matches(), answer.text())
}

fn values(world: &World) -> Vec<String> {
    let mut found: Vec<String> =
        got(world).0.iter().map(|one| one["valueQuantity"]["value"].to_string()).collect();
    found.sort();
    found
}

#[test]
fn words_that_a_clinician_withholds_while_a_batch_is_open_are_gone_at_the_next_request() {
    let entry = noted(weight("noted", "82.5"), WORDS);
    let world = World::of(vec![entry.clone(), weight("other", "70")]);
    assert!(got(&world).1.contains(WORDS));
    let token = world.token("p", "patient/*.rs");
    let one = got(&world).0.into_iter().find(|one| one["note"].is_array()).unwrap();
    let path = format!("Observation/{}", one["id"].as_str().unwrap());
    let before = world.get(&token, &path);
    batch_begins(&world);
    world.clock.forward(60);
    withhold(&world, "p", &entry);
    assert!(!got(&world).1.contains(WORDS));
    let after = world.get(&token, &path);
    assert_eq!(
        (after.json()["note"].clone(), after.json()["valueQuantity"]["value"].to_string()),
        (Json::Null, "82.5".into())
    );
    assert_ne!(after.header("etag"), before.header("etag"));
    assert_ne!(after.header("last-modified"), before.header("last-modified"));
    batch_ends(&world);
    let whole = world.get(&token, &path);
    assert_eq!((whole.body.clone(), whole.header("etag")), (after.body.clone(), after.header("etag")));
    // Nothing in the store has the words ready to be served any more.
    let held = crate::crash::held::read(&world.store, &practice(), &["p".to_owned()]);
    let bodies = held["p"].released.as_ref().unwrap().bodies().clone();
    assert!(bodies.values().all(|body| !String::from_utf8_lossy(body).contains(WORDS)));
}

#[test]
fn what_is_hidden_in_a_record_that_is_not_served_is_gone_from_the_one_that_is_at_the_next_request() {
    for which in [MESSAGE, BUNDLE] {
        let world = in_three_feeds();
        assert_eq!(values(&world), ["70", "82.5"]);
        batch_begins(&world);
        let entry = if which == MESSAGE { GUID.to_uppercase() } else { format!("Observation/{GUID}") };
        hide(&world, which, &entry);
        assert_eq!(values(&world), ["70"], "{which}");
        batch_ends(&world);
        assert_eq!(values(&world), ["70"], "{which}");
    }
}

#[test]
fn words_withheld_in_a_record_that_is_not_served_are_gone_from_the_one_that_is() {
    for which in [MESSAGE, BUNDLE] {
        let world = in_three_feeds();
        assert!(got(&world).1.contains(WORDS));
        batch_begins(&world);
        let name = if which == MESSAGE { GUID.to_uppercase() } else { format!("Observation/{GUID}") };
        withhold(&world, which, &noted(weight(&name, "82.5"), WORDS));
        let at_once = got(&world);
        assert!(!at_once.1.contains(WORDS), "{which}");
        assert_eq!(values(&world), ["70", "82.5"], "the rest of the entry stays");
        batch_ends(&world);
        assert_eq!(got(&world).0, at_once.0, "{which}");
    }
}

#[test]
fn the_patient_hidden_in_one_record_closes_the_other_at_once() {
    let world = in_three_feeds();
    batch_begins(&world);
    hide(&world, MESSAGE, "patient");
    let closed = |world: &World| {
        let answer = world.get(&world.token("p", "patient/*.rs"), "Observation");
        answer.status >= 400 || answer.ids().is_empty()
    };
    assert!(closed(&world));
    batch_ends(&world);
    assert!(closed(&world));
}

/// Which of three feeds marks, and which of them the entry is compared by its GUID with.
#[test]
fn a_mark_in_any_of_three_feeds_hides_the_entry_in_whatever_order_they_come() {
    let in_feed = |which: usize, mark: bool| {
        let name = [GUID.to_owned(), GUID.to_uppercase(), "Observation/17".to_owned()][which].clone();
        let entry = weight(&name, "82.5");
        if mark { marked(entry, Mark::NotForPatient) } else { entry }
    };
    let keys = ["p", MESSAGE, BUNDLE];
    for marking in 0..3 {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
            let world = World::empty();
            world.let_in("p", &subject("p"), everything());
            for which in order {
                let mut entries = vec![person("p"), in_feed(which, which == marking)];
                if which == 0 {
                    entries.push(measured("height", "50373000", "Body height", "170", "cm"));
                }
                let unmarking = |entry| Entry { marks_carried: MarksCarried::No, ..entry };
                world.put(keys[which], entries.into_iter().map(unmarking).collect());
            }
            assert_eq!(values(&world), ["170"], "marked in {}, order {order:?}", keys[marking]);
        }
    }
}
