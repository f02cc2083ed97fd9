//! Records that were made with other tables: what is served of them meanwhile, and what making them anew changes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use gateway::{
    loader::{Loader, Remade, Remake},
    operator::Operator,
};
use jiff::civil::date;
use policy::{AccessLevel, LegalBasis, MadeWith, PracticeRules, ProxyGrant, Screening, ThirdParties};
use project::OwnTables;
use record::{Entry, Fact, PatientKey};
use serde_json::Value as Json;
use store::{NewRelease, Store};

use super::fixture::{later, marked, record};
use crate::support::{
    World,
    aged::{age, other_tables, other_writing},
    everything, fingerprint, level, measured, practice, subject,
};

const SEARCH: &str = "Observation?_count=200";

fn remade(world: &World, remake: Remake) -> Option<Remade> {
    world.clock.forward(60);
    world.loader(&practice()).remake(remake).unwrap()
}

/// Id to version and time.
fn versions(world: &World, token: &str) -> BTreeMap<String, (String, String)> {
    let text = |resource: &Json, name: &str| resource["meta"][name].as_str().unwrap().to_owned();
    let found = ["Patient", "Observation?_count=200", "Immunization?_count=200"]
        .into_iter()
        .flat_map(|search| world.all(token, search));
    found
        .map(|one| {
            let id = one["id"].as_str().unwrap().to_owned();
            (id, (text(&one, "versionId"), text(&one, "lastUpdated")))
        })
        .collect()
}

/// An operator who holds that one more code is sensitive: asthma's.
fn operator() -> Arc<Operator> {
    let codes = "system,code,class,what it is\nsnomed,195967001,domestic-abuse,x\n";
    let tables = OwnTables::parse(Some(codes), None).unwrap();
    Arc::new(Operator { tables, ..Operator::default() })
}

#[test]
fn with_an_operators_own_tables_no_record_is_served_until_it_was_made_with_them_and_so_without_them_again() {
    let mut world = World::of(record());
    let proxy = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    world.let_in_proxy("carer", &subject("p"), proxy);
    let search = |world: &World, who: &str| {
        let answer = world.get(&world.token(who, "patient/*.rs"), "Observation?code=195967001");
        (answer.status, if answer.status == 200 { answer.ids().len() } else { 0 })
    };
    assert_eq!((search(&world, "p"), search(&world, "carer")), ((200, 1), (200, 1)));
    let before = versions(&world, &world.token("p", "patient/*.rs"));
    let operator = operator();
    world.service = world.service.with_operator(Arc::clone(&operator));
    assert_eq!((search(&world, "p"), search(&world, "carer")), ((503, 0), (503, 0)));
    world.clock.forward(60);
    let practice = practice();
    let remade =
        Loader { also: operator.also(), ..world.loader(&practice) }.remake(Remake::Begin).unwrap().unwrap();
    assert_eq!((remade.others, remade.changed, remade.left), (Some(1), 0, 0), "no byte moves");
    assert_eq!((search(&world, "p"), search(&world, "carer")), ((200, 1), (200, 0)));
    assert_eq!(versions(&world, &world.token("p", "patient/*.rs")), before);
    world.service = world.service.with_operator(Arc::default());
    assert_eq!(
        (search(&world, "p"), search(&world, "carer")),
        ((503, 0), (503, 0)),
        "nor what was made with them"
    );
}

#[test]
fn a_record_for_which_other_tables_said_what_is_shown_is_not_served_until_it_is_made_anew() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let requests: Vec<String> =
        ["Patient", "Observation", "Observation?_summary=count", "Immunization?date=ge2000"]
            .into_iter()
            .map(str::to_owned)
            .chain(world.get(&token, SEARCH).ids().iter().map(|id| format!("Observation/{id}")))
            .chain(["Observation/none".to_owned(), format!("Patient/{}", world.logical_id("p"))])
            .collect();
    let answers = |world: &World| -> Vec<_> {
        requests.iter().map(|request| fingerprint(&world.get(&token, request))).collect()
    };
    let before = answers(&world);
    let ids = world.get(&token, SEARCH).ids();
    age(&world.store, &practice(), other_tables(), |_| false);
    for request in &requests {
        let answer = world.get(&token, request);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{request}");
        assert_eq!(answer.json()["issue"][0]["code"], "transient");
        assert!(ids.iter().all(|id| !answer.text().contains(id)));
    }
    assert_eq!(
        world.get(&token, "Observation?_page=x").status,
        503,
        "before anything is read of the request"
    );
    let done = remade(&world, Remake::Begin).unwrap();
    assert_eq!((done.others, done.patients, done.changed, done.left), (Some(1), 1, 0, 0));
    assert!(answers(&world) == before, "status, headers and bytes are what they were");
}

#[test]
fn a_record_is_not_served_from_when_the_practice_holds_back_more_words_until_it_is_made_anew() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let status = || world.get(&token, "Observation").status;
    let screened = |third_parties| {
        let screening = Screening { third_parties, ..Screening::default() };
        let rules = PracticeRules { screening, ..PracticeRules::default() };
        world.store.set_rules(&practice(), &rules).unwrap();
    };
    screened(ThirdParties::Mask);
    assert_eq!(status(), 200, "what was made to hold back more is safe");
    world.release();
    assert_eq!(status(), 200);
    screened(ThirdParties::Withhold);
    assert_eq!(status(), 503);
    world.release();
    assert_eq!(status(), 200);
}

#[test]
fn whoever_is_not_admitted_cannot_tell_that_a_record_waits() {
    let world = World::of(record());
    world.let_in("nobody", &subject("p"), level(AccessLevel::None));
    let token = world.token("nobody", "patient/*.rs");
    let ask = |request: &str| fingerprint(&world.get(&token, request));
    let requests = ["Patient", "Observation", "Observation?_summary=count", "Observation/none"];
    let before = requests.map(ask);
    age(&world.store, &practice(), other_tables(), |_| false);
    assert!(requests.map(ask) == before);
}

#[test]
fn a_record_that_was_only_written_otherwise_is_served_and_made_anew() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let before = versions(&world, &token);
    age(&world.store, &practice(), other_writing(), |_| false);
    assert_eq!(versions(&world, &token), before);
    let done = remade(&world, Remake::Begin).unwrap();
    assert_eq!((done.others, done.patients, done.changed), (Some(1), 1, 0));
    assert_eq!(versions(&world, &token), before);
    let done = remade(&world, Remake::Begin).unwrap();
    assert_eq!((done.others, done.patients), (Some(0), 0), "nobody is left");
}

#[test]
fn versions_move_only_where_bytes_moved() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let before = versions(&world, &token);
    let moved: Vec<&String> = before.keys().step_by(3).collect();
    age(&world.store, &practice(), other_tables(), |id| moved.iter().any(|one| *one == id));
    let done = remade(&world, Remake::Begin).unwrap();
    assert_eq!(done.changed, moved.len() as u64);
    let after = versions(&world, &token);
    assert!(moved.len() > 4 && after.len() == before.len());
    for (id, (version, updated)) in &before {
        let (now, updated_now) = &after[id];
        let expected = if moved.contains(&id) { "2" } else { version.as_str() };
        assert_eq!(now, expected, "{id}");
        assert_eq!(updated == updated_now, !moved.contains(&id), "{id}");
    }
}

#[test]
fn an_open_batch_keeps_records_as_they_are_and_its_end_makes_them_anew() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    age(&world.store, &practice(), other_tables(), |_| false);
    let batch = world.store.begin(&practice(), "open").unwrap().batch;
    let done = remade(&world, Remake::Begin).unwrap();
    assert_eq!((done.patients, done.left, done.batch_open), (0, 1, true));
    assert_eq!(world.get(&token, "Observation").status, 503);
    world.store.put(&practice(), batch, &[]).unwrap();
    world.store.close(&practice()).unwrap();
    world.release();
    assert_eq!(world.get(&token, "Observation").status, 200);
}

#[test]
fn only_a_run_for_the_tables_of_today_can_be_gone_on_with() {
    let world = World::of(record());
    age(&world.store, &practice(), other_tables(), |_| false);
    assert_eq!(remade(&world, Remake::Resume), None);
    // As an interrupted run leaves it: listed, and nobody done.
    world
        .store
        .make_anew(
            &practice(),
            &project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default()),
        )
        .unwrap();
    let done = remade(&world, Remake::Resume).unwrap();
    assert_eq!((done.others, done.patients, done.left), (None, 1, 0));
}

#[test]
fn the_next_load_makes_records_anew_too() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    age(&world.store, &practice(), other_tables(), |_| false);
    world.release();
    assert_eq!(world.get(&token, "Observation").status, 200);
}

fn weights(value: &str) -> Vec<Entry> {
    let one = |n: usize| measured(&format!("weight-{n}"), "27113001", "Body weight", value, "kg");
    (0..40).map(one).collect()
}

/// The record that the patient's entries come to now, as made with something.
fn whole(world: &World, made_with: MadeWith) -> NewRelease {
    let patient = PatientKey::new("p").unwrap();
    let looked = world.loader(&practice()).look_at(&patient).unwrap();
    let now = gateway::clock::Clock::now(&*world.clock);
    let (release, _) = project::release(None, looked.projection, made_with, now);
    NewRelease { patient, release, waiting: vec![], made: now, incomplete: false, screened: None }
}

/// The record with one value throughout, and with another: the second made with something.
fn two_worlds(made_with: MadeWith) -> (World, [NewRelease; 2]) {
    let world = World::of(weights("71"));
    let first = whole(
        &world,
        project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default()),
    );
    let facts = weights("82").into_iter().map(later);
    let patient = PatientKey::new("p").unwrap();
    let facts: Vec<Fact> = facts.map(|entry| Fact::Entry(patient.clone(), Box::new(entry))).collect();
    let batch = world.store.begin(&practice(), "second").unwrap().batch;
    world.store.put(&practice(), batch, &facts).unwrap();
    world.store.close(&practice()).unwrap();
    let second = whole(&world, made_with);
    (world, [first, second])
}

/// Swaps the two records in in turn while several ask, and tells every answer: the values that it showed, if it was one.
fn asked_while_swapped(world: &World, records: &[NewRelease; 2]) -> BTreeMap<Option<Vec<String>>, usize> {
    let token = world.token("p", "patient/*.rs");
    let over = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let ask = || {
            let mut seen: BTreeMap<Option<Vec<String>>, usize> = BTreeMap::new();
            while !over.load(Ordering::Relaxed) {
                let answer = world.get(&token, SEARCH);
                let values = (answer.status == 200).then(|| {
                    let found = answer.matches();
                    assert_eq!(found.len(), 40);
                    let mut values: Vec<String> =
                        found.iter().map(|one| one["valueQuantity"]["value"].to_string()).collect();
                    values.dedup();
                    values
                });
                assert!(values.is_some() || answer.status == 503, "{}", answer.status);
                *seen.entry(values).or_default() += 1;
            }
            seen
        };
        let asking = [0, 1].map(|_| scope.spawn(ask));
        for _ in 0..150 {
            for record in records {
                let as_of = world.store.practice(&practice()).unwrap().as_of();
                assert!(world.store.release(&practice(), &as_of, std::slice::from_ref(record)).unwrap());
            }
        }
        over.store(true, Ordering::Relaxed);
        asking.map(|one| one.join().unwrap())
    });
    answers.into_iter().fold(BTreeMap::new(), |mut all, seen| {
        seen.into_iter().for_each(|(values, count)| *all.entry(values).or_default() += count);
        all
    })
}

#[test]
fn an_answer_is_never_of_two_records() {
    let (world, records) = two_worlds(MadeWith {
        all: [9; 16],
        ..project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default())
    });
    let seen = asked_while_swapped(&world, &records);
    let only = |value: &str| seen.get(&Some(vec![value.to_owned()])).copied().unwrap_or(0);
    assert!(only("71") > 0 && only("82") > 0, "{seen:?}");
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn a_record_of_other_tables_is_never_served_however_it_comes_and_goes() {
    let (world, records) = two_worlds(other_tables());
    let seen = asked_while_swapped(&world, &records);
    assert!(seen.contains_key(&None) && seen.contains_key(&Some(vec!["71".to_owned()])), "{seen:?}");
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn the_pages_of_a_search_are_of_one_set_of_tables() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let link = |world: &World| world.get(&token, "Observation?_count=4").link("next").unwrap();
    let old = {
        age(&world.store, &practice(), other_writing(), |_| false);
        link(&world)
    };
    assert_eq!(world.get(&token, &old).status, 200);
    remade(&world, Remake::Begin).unwrap();
    let answer = world.get(&token, &old);
    assert_eq!((answer.status, answer.json()["issue"][0]["code"].as_str()), (410, Some("expired")));
    assert_eq!(world.get(&token, &link(&world)).status, 200);
}

#[test]
fn the_pages_of_a_search_go_on_over_what_the_record_is_now() {
    let world = World::of(record());
    let token = world.token("p", "patient/*.rs");
    let all: Vec<String> = world.get(&token, SEARCH).ids();
    let first = world.get(&token, "Observation?_count=4");
    // One of a later page is hidden meanwhile.
    let hidden = [marked(entry("weight-year"), record::Mark::NotForPatient)];
    world.put("p", hidden.into_iter().map(later).collect());
    let mut seen = first.ids();
    let mut next = first.link("next");
    while let Some(link) = next {
        let page = world.get(&token, &link);
        assert_eq!(page.status, 200, "a change of facts ends no search");
        seen.extend(page.ids());
        next = page.link("next");
    }
    let left = world.get(&token, SEARCH).ids();
    assert_eq!(left.len() + 1, all.len());
    assert_eq!(seen, left, "each that is there throughout exactly once, in its order");
}

fn entry(id: &str) -> Entry {
    record().into_iter().find(|entry| entry.id.as_str() == id).unwrap()
}
