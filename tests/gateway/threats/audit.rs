//! Who looked: T41 to T44.

use gateway::audit::{Acting, Interaction, lines};
use jiff::civil::date;
use policy::{LegalBasis, ProxyGrant};

use crate::{
    gateway::fixture,
    support::{CLIENT, World, everything, practice, subject},
};

#[test]
fn each_answer_about_a_record_is_written_down_with_who_asked_and_all_that_was_shown() {
    let world = World::of(fixture::record());
    let p = world.logical_id("p");
    let token = world.token("p", "patient/*.rs");
    let found = world.get(&token, "Observation?_count=7");
    let hidden = world.get(&token, "Observation/nothing-there");
    let read = world.get(&token, &format!("Patient/{p}"));
    let narrow = world.token("p", "patient/Patient.rs");
    let refused = world.get(&narrow, "Immunization");
    let posted = world.ask(
        "POST",
        "/fhir/R4/Observation/_search",
        &[
            ("authorization", &format!("Bearer {token}")),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        "_count=1",
    );
    let wrong = world.get(&token, "Observation?date=yesterday");
    let rows = world.trail();
    let told: Vec<(Interaction, &str, u16)> =
        rows.iter().map(|row| (row.interaction, row.kind.as_str(), row.status)).collect();
    let status = [&found, &hidden, &read, &refused, &posted, &wrong].map(|answer| answer.status);
    assert_eq!(status, [200, 404, 200, 403, 200, 400]);
    assert_eq!(
        told,
        [
            (Interaction::Search, "Observation", 200),
            (Interaction::Read, "Observation", 404),
            (Interaction::Read, "Patient", 200),
            (Interaction::Search, "Immunization", 403),
            (Interaction::Search, "Observation", 200),
            (Interaction::Search, "Observation", 400),
        ]
    );
    for row in &rows {
        assert_eq!((row.app.as_str(), row.account.as_str(), row.acting), (CLIENT, "p", Acting::Myself));
        assert_eq!((&row.practice, row.patient.as_ref()), (&practice().to_string(), Some(&p)));
    }
    assert_eq!(rows[0].shown, found.ids());
    assert_eq!(rows[0].shown.len(), 7);
    assert_eq!((&rows[1].shown, &rows[2].shown), (&vec![], &vec![p]));
    assert_eq!(rows[4].shown.len(), 1);
    assert!(rows[0].made_with.is_some() && rows[3].made_with.is_none());
}

#[test]
fn whoever_acts_for_somebody_is_told_apart_and_who_is_not_signed_in_leaves_no_line() {
    let world = World::of(fixture::record());
    let proxy = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2026, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    world.let_in_proxy("q", &subject("p"), proxy);
    let token = world.token("q", "patient/*.rs");
    assert_eq!(world.get(&token, "Immunization").status, 200);
    assert_eq!(world.get("nonsense", "Immunization").status, 401);
    let rows = world.trail();
    let [row] = rows.as_slice() else { panic!("{} lines", rows.len()) };
    assert_eq!((row.account.as_str(), row.acting), ("q", Acting::Proxy));
    assert_eq!(row.patient, Some(world.logical_id("p")));
}

#[test]
fn nothing_that_a_record_says_is_written_down() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let all = world.get(&token, "Observation?code=27113001");
    assert!(!all.ids().is_empty());
    let mut text = String::new();
    lines(&world.dir.path().join("audit"), |line| text += &String::from_utf8_lossy(line.bytes)).unwrap();
    for word in ["27113001", "82.5", "eight"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}
