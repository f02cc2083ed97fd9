//! Existence and withheld words: T20 to T29.

use jiff::civil::date;
use policy::AccessLevel;
use record::{Effective, FreeText, Mark};
use store::Decisions;

use super::{CANARY, Stage, UNKNOWN, everything, hidden_ids, observation, vaccination};
use crate::{
    gateway::fixture::{self, later, marked, noted, on, weight},
    support::{World, coded, fingerprint, level, person, practice, subject},
};

#[test]
fn t20_a_hidden_entry_is_read_as_one_that_never_was() {
    let stage = Stage::shared();
    for id in hidden_ids("p") {
        for kind in ["Observation", "Immunization"] {
            stage.alike((&format!("{kind}/{id}"), &id), (&format!("{kind}/{UNKNOWN}"), UNKNOWN));
            assert_eq!(stage.get(&format!("{kind}/{id}")).status, 404);
        }
    }
}

#[test]
fn t21_nor_does_it_show_to_conditions_methods_or_formats() {
    let stage = Stage::shared();
    let h = observation("p", "h");
    for header in [
        ("if-none-match", "W/\"1\""),
        ("if-none-match", "*"),
        ("if-match", "W/\"1\""),
        ("if-modified-since", "Sat, 01 Jan 2050 00:00:00 GMT"),
        ("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT"),
        ("range", "bytes=0-10"),
        ("accept", "application/fhir+xml"),
        ("prefer", "return=minimal"),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            for query in ["", "?_format=xml", "?_format=nonsense", "?_elements=id"] {
                let ask = |id: &str| {
                    fingerprint(&stage.ask(method, &format!("Observation/{id}{query}"), &[header], ""))
                };
                assert_eq!(ask(&h), ask(UNKNOWN), "{method} {header:?} {query}");
            }
        }
    }
}

#[test]
fn t22_a_hidden_part_hides_the_whole_and_nothing_refers_to_it() {
    let stage = Stage::shared();
    let status = |entry: &str| stage.get(&format!("Observation/{}", observation("p", entry))).status;
    assert_eq!((status("half"), status("half-systolic"), status("half-diastolic")), (404, 404, 404));
    assert_eq!((status("panel"), status("panel-platelets")), (404, 404), "nor is a panel with a hole");
    assert_eq!(status("panel-haemoglobin"), 200, "the visible result stays, alone");
    assert_eq!((status("bp"), status("fbc")), (200, 200));
    for answer in everything(&stage.world, &stage.token) {
        let text = answer.text();
        assert!(hidden_ids("p").iter().all(|id| !text.contains(id)), "{text}");
    }
}

#[test]
fn t23_what_becomes_hidden_is_gone_at_once_for_who_holds_its_id_and_a_link() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let stage = Stage { world, token };
    let id = observation("p", "weight-day");
    let path = format!("Observation/{id}");
    let etag = stage.get(&path).header("etag").unwrap().to_owned();
    let first = stage.get("Observation?_count=2&_sort=date");
    let before = stage.world.all(&stage.token, "Observation?_sort=date");
    let next = first.link("next").unwrap();
    let mut entry = weight("weight-day", "82.5");
    entry.sequence = 2;
    stage.world.put("p", vec![marked(entry, Mark::NotForPatient)]);

    stage.alike((&path, &id), (&format!("Observation/{UNKNOWN}"), UNKNOWN));
    let held = stage.ask("GET", &path, &[("if-none-match", &etag)], "");
    assert_eq!(held.status, 404);
    let mut found = first.ids();
    let mut answer = stage.get(&next);
    loop {
        found.extend(answer.ids());
        match answer.link("next") {
            Some(next) => answer = stage.get(&next),
            None => break,
        }
    }
    assert!(!found.contains(&id));
    assert_eq!(found.len(), before.len() - 1, "nothing else is missed");
}

#[test]
fn t23_what_the_practice_hides_is_gone_at_once_even_while_a_batch_comes_in_and_so_is_a_suppressed_record() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let stage = Stage { world, token };
    let ids = ["weight-day", "bp", "bp-systolic", "bp-diastolic"].map(|name| observation("p", name));
    let unknown = format!("Observation/{UNKNOWN}");
    let patient = subject("p").patient;
    let decide = |change: store::Change| {
        let decided = policy::Decided {
            by: "Dr A".to_owned(),
            at: gateway::clock::Clock::now(&*stage.world.clock),
            why: "asked to".to_owned(),
        };
        assert!(stage.world.store.decide(&practice(), &change, &decided).unwrap().is_some());
    };
    let entry = |name: &str| record::EntryId::new(name).unwrap();
    let is_there = |id: &String| stage.get(&format!("Observation/{id}")).status == 200;
    assert!(is_there(&ids[0]) && is_there(&ids[1]));
    store::Store::begin(&*stage.world.store, &practice(), "next").unwrap();
    decide(store::Change::Hide { patient: patient.clone(), entry: entry("weight-day") });
    decide(store::Change::Hide { patient: patient.clone(), entry: entry("bp-diastolic") });
    for id in &ids {
        stage.alike((&format!("Observation/{id}"), id), (&unknown, UNKNOWN));
        assert!(!is_there(id));
    }
    let found = stage.world.all(&stage.token, "Observation");
    assert!(ids.iter().all(|id| found.iter().all(|resource| resource["id"] != **id)));
    store::Store::close(&*stage.world.store, &practice()).unwrap();
    decide(store::Change::Unhide { patient: patient.clone(), entry: entry("weight-day") });
    assert!(!is_there(&ids[0]), "not before the record was made anew");
    stage.world.release();
    assert!(is_there(&ids[0]) && !is_there(&ids[1]));

    decide(store::Change::Suppress { patient: patient.clone() });
    stage.alike((&format!("Observation/{}", ids[0]), &ids[0]), (&unknown, UNKNOWN));
    assert!(stage.get("Patient").ids().is_empty() && stage.get("Observation").ids().is_empty());
    decide(store::Change::Unsuppress { patient });
    assert!(is_there(&ids[0]));
}

#[test]
fn t24_what_is_shown_again_is_new_to_who_synchronises() {
    let world = World::of(vec![weight("w", "80"), marked(weight("h", "81"), Mark::NotForPatient)]);
    let token = world.token("p", "patient/*.rs");
    let now = |world: &World| gateway::clock::Clock::now(&*world.clock).to_string();
    world.clock.forward(600);
    let since = now(&world);
    let changed = |since: &str| world.get(&token, &format!("Observation?_lastUpdated=ge{since}")).ids();
    assert!(changed(&since).is_empty());
    world.put("p", vec![later(weight("h", "81"))]);
    assert_eq!(changed(&since), [observation("p", "h")]);
    world.clock.forward(600);
    let since = now(&world);
    world.put("p", vec![later(later(marked(weight("h", "81"), Mark::Confidential)))]);
    world.clock.forward(600);
    world.put("p", vec![later(later(later(weight("h", "81"))))]);
    assert_eq!(changed(&since), [observation("p", "h")], "the same words as before, and yet new");
}

#[test]
fn t25_one_resource_is_the_same_by_every_way() {
    let stage = Stage::shared();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for entry in ["x", "x-weight", "bp", "fbc", "weight-day"] {
        let id = observation("p", entry);
        let read = stage.get(&format!("Observation/{id}")).json();
        let by = |path: &str| stage.get(path).matches().into_iter().find(|r| r["id"] == id.as_str());
        assert_eq!(by(&format!("Observation?_id={id}")).as_ref(), Some(&read));
        assert_eq!(by("Observation?_count=200").as_ref(), Some(&read));
        assert_eq!(
            stage.ask("POST", "Observation/_search", &form, &format!("_id={id}")).matches(),
            std::slice::from_ref(&read)
        );
        for count in [1, 2, 7] {
            let walked = stage.world.all(&stage.token, &format!("Observation?_count={count}"));
            assert!(walked.contains(&read), "{entry} {count}");
        }
    }
}

#[test]
fn t26_nothing_is_told_around_the_codes() {
    let stage = Stage::shared();
    for kind in ["Patient", "Observation", "Immunization"] {
        for resource in stage.world.all(&stage.token, &format!("{kind}?_count=200")) {
            assert!(resource.get("text").is_none() && resource.get("contained").is_none(), "{resource}");
            assert!(resource["meta"].get("security").is_none() && resource["meta"].get("tag").is_none());
            assert!(resource.get("note").is_none() && resource.get("valueString").is_none());
            assert!(!resource.to_string().contains(CANARY), "{resource}");
        }
    }
    let x = stage.get(&format!("Observation/{}", observation("p", "x"))).json();
    assert_eq!(x["code"]["coding"][0]["code"], "271737000", "the coded part is there");
    let jab = stage.get(&format!("Immunization/{}", vaccination("p", "x-mmr"))).json();
    assert_eq!(jab["vaccineCode"]["coding"][0]["code"], "38598009");
}

#[test]
fn t27_a_word_planted_in_everything_hidden_comes_out_nowhere() {
    let stage = Stage::shared();
    let answers = everything(&stage.world, &stage.token);
    assert!(answers.len() > 500 && answers.iter().filter(|answer| answer.status == 200).count() > 50);
    for answer in answers {
        let text = answer.text().to_lowercase();
        // The client's own words may be told back to it; here none of them is a planted one.
        assert!(!text.contains(&CANARY.to_lowercase()), "{text}");
        for (name, value) in &answer.headers {
            assert!(!value.to_str().unwrap().contains(CANARY), "{name}");
        }
    }
}

#[test]
fn t28_a_lower_level_counts_from_the_next_request_on() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let path = format!("Observation/{}", observation("p", "weight-day"));
    let next = world.get(&token, "Observation?_count=2").link("next").unwrap();
    let etag = world.get(&token, &path).header("etag").unwrap().to_owned();
    for (now, patient, shown) in [
        (AccessLevel::Full, 1, true),
        (AccessLevel::Summary, 1, false),
        (AccessLevel::Detailed, 1, true),
        (AccessLevel::None, 0, false),
        (AccessLevel::Full, 1, true),
    ] {
        world.let_in("p", &subject("p"), level(now));
        assert_eq!(world.get(&token, "Patient").ids().len(), patient, "{now:?}");
        let held = [("authorization", format!("Bearer {token}")), ("if-none-match", etag.clone())];
        let held: Vec<(&str, &str)> = held.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = world.ask("GET", &format!("/fhir/R4/{path}"), &held, "");
        assert_eq!(answer.status, if shown { 304 } else { 404 }, "{now:?}");
        assert_eq!(world.get(&token, &next).ids().is_empty(), !shown, "{now:?}");
    }
    let mut access = store::Store::access(&*world.store, &subject("p")).unwrap();
    access.own = None;
    store::Store::set_access(&*world.store, &subject("p"), &access).unwrap();
    assert_eq!(world.get(&token, &path).status, 404);
    assert!(world.get(&token, "Patient").ids().is_empty());
}

/// `q` is `p`'s sister. Neither that she is a patient here, nor what `p`'s notes say of her, shows in `p`'s record.
#[test]
fn t29_what_a_relative_who_is_a_patient_too_has_in_the_words_stays_back() {
    let about_her = [
        "sister Zofia Lis has the same rash",
        "form for 999 000 0026 left at the desk",
        "ring Zofia Lis on 07700 900123",
        "moved in with Zofia at 4 Mill Lane, ZX99 5RH",
        "her sister is HIV positive, she does not know that we know",
    ];
    let of = |words: Option<&str>, she_is_there: bool| {
        let entry = on(coded("rash", "271807003", "Rash"), Effective::Day(date(2024, 3, 1)));
        let world = World::of(vec![words.map_or(entry.clone(), |words| noted(entry, words))]);
        if she_is_there {
            let mut sister = person("q");
            let Some(record::Content::Patient(her)) = &mut sister.content else { panic!("no patient") };
            her.nhs_number = "9990000026".parse().ok();
            her.name = Some(record::PersonName {
                prefix: None,
                given: vec!["Zofia".into()],
                family: Some("Lis".into()),
            });
            her.mobile_phone = FreeText::new("07700 900123");
            world.put("q", vec![sister, coded("hers", "86406008", "HIV infection")]);
        }
        let token = world.token("p", "patient/*.rs");
        let asks = ["Patient", "Observation", "Observation?code=86406008", "Observation?_summary=count"];
        asks.map(|ask| fingerprint(&world.get(&token, ask)))
    };
    let nothing = of(None, false);
    assert_eq!(of(None, true), nothing);
    for words in about_her {
        assert_eq!(of(Some(words), true), nothing, "{words}");
    }
    assert_ne!(
        of(Some("Chest clear, review in two weeks."), true),
        nothing,
        "words that are nobody's go out"
    );
}
