//! Two feeds of one practice about one person, as apps meet them.

use jiff::civil::date;
use record::{Content, Effective, Entry, Mark, MarksCarried};

use super::fixture::{on, weight};
use crate::support::{World, everything, fingerprint, person, subject};

const MESSAGE: &str = "nhs:9990000018";
const GUID: &str = "00000000-0000-4000-8000-00000000000a";

/// What the practice's own system says, which cannot mark anything.
fn own() -> Vec<Entry> {
    let shown = on(weight("shown", "80"), Effective::Day(date(2023, 3, 1)));
    let hidden = on(weight(GUID, "82.5"), Effective::Day(date(2024, 3, 1)));
    [shown, hidden].map(|entry| Entry { marks_carried: MarksCarried::No, ..entry }).to_vec()
}

/// What a message says of the same person.
fn message() -> Vec<Entry> {
    let mut patient = person("p");
    if let Some(Content::Patient(person)) = &mut patient.content {
        person.birth_date = None;
    }
    let hidden = on(weight(&GUID.to_uppercase(), "82.5"), Effective::Day(date(2024, 3, 1)));
    vec![patient, Entry { marks: vec![Mark::NotForPatient], ..hidden }]
}

fn loaded(message_first: bool) -> World {
    let world = World::empty();
    for message_now in [message_first, !message_first] {
        if message_now { world.put(MESSAGE, message()) } else { world.put("p", own()) }
    }
    world.let_in("p", &subject("p"), everything());
    world.let_in("m", &subject(MESSAGE), everything());
    world
}

#[test]
fn what_a_message_marks_is_as_if_it_never_was_in_the_practices_own_record() {
    let without = World::empty();
    without.put("p", own()[..1].to_vec());
    without.let_in("p", &subject("p"), everything());
    for message_first in [true, false] {
        let world = loaded(message_first);
        let answers = |world: &World| {
            let token = world.token("p", "patient/*.rs");
            let paths = [
                "Observation",
                "Observation?_summary=count",
                "Observation?date=2024-03-01",
                "Observation?code=27113001",
            ];
            paths.map(|path| {
                let answer = world.get(&token, path);
                (answer.status, answer.json()["total"].clone(), answer.ids())
            })
        };
        assert_eq!(answers(&world), answers(&without), "message first: {message_first}");
        assert_eq!(answers(&world)[0].2.len(), 1);
    }
}

#[test]
fn what_a_message_marks_stays_hidden_when_the_practices_system_leaves_the_number_out() {
    let world = loaded(false);
    let shown = |world: &World| world.get(&world.token("p", "patient/*.rs"), "Observation").ids().len();
    assert_eq!(shown(&world), 1);
    let mut patient = Entry { sequence: 2, ..person("p") };
    if let Some(Content::Patient(person)) = &mut patient.content {
        person.nhs_number = None;
    }
    world.put("p", vec![patient]);
    assert_eq!(shown(&world), 1);
}

#[test]
fn the_record_of_the_message_answers_as_if_unknown_whatever_was_granted() {
    for message_first in [true, false] {
        let world = loaded(message_first);
        let token = world.token("m", "patient/*.rs");
        for path in
            ["Observation".to_owned(), "Patient".to_owned(), format!("Patient/{}", world.logical_id(MESSAGE))]
        {
            let answer = world.get(&token, &path);
            assert!(answer.status >= 400 || answer.ids().is_empty(), "{path}: {}", answer.text());
            assert!(!answer.text().contains("82.5"));
        }
        let token = world.token("p", "patient/*.rs");
        let theirs = world.get(&token, &format!("Patient/{}", world.logical_id(MESSAGE)));
        let nobodys = world.get(&token, "Patient/00000000000000000000000000000000");
        assert_eq!(fingerprint(&theirs), fingerprint(&nobodys));
        assert_eq!(theirs.status, 404);
    }
}

#[test]
fn none_is_served_while_two_of_one_feed_have_the_number() {
    let world = World::of(own());
    assert_eq!(world.get(&world.token("p", "patient/*.rs"), "Observation").ids().len(), 2);
    world.put("twin", vec![person("p")]);
    let answer = world.get(&world.token("p", "patient/*.rs"), "Observation");
    assert!(answer.status >= 400 || answer.ids().is_empty(), "{}", answer.text());
}
