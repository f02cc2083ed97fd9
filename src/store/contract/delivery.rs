//! Deliveries.

use record::Report;

use super::*;
use crate::{Deliveries, Delivery, DeliveryState};

fn delivery(supplier: &str, id: &str, content: &str) -> Delivery {
    let now = Timestamp::UNIX_EPOCH;
    Delivery {
        supplier: supplier.into(),
        id: id.into(),
        practice: practice(),
        format: "emis-csv".into(),
        files: vec![],
        content: content.into(),
        created: now,
        expires: now,
        state: DeliveryState::Receiving,
    }
}

fn loaded(delivery: &Delivery) -> Delivery {
    let at = Timestamp::UNIX_EPOCH;
    Delivery { state: DeliveryState::Loaded { at, batch: 1, report: Report::default() }, ..delivery.clone() }
}

#[test]
fn suppliers_do_not_see_each_others_deliveries() {
    let Fixture { store, dir: _dir } = fixture();
    for supplier in ["a", "a1", "b"] {
        for id in ["1", "2", "3"] {
            store.put_delivery(&delivery(supplier, id, "same")).unwrap();
        }
    }
    store.commit_delivery(&delivery("b", "2", "same"), Timestamp::UNIX_EPOCH).unwrap();
    let ids = |below: &str, limit| {
        let found = store.deliveries("a", below, limit).unwrap();
        assert!(found.iter().all(|one| one.supplier == "a"));
        found.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(
        (ids("", 9), ids("3", 9), ids("", 1)),
        (vec!["3".into(), "2".into(), "1".into()], vec!["2".into(), "1".into()], vec!["3".into()])
    );
    assert_eq!(store.delivery("c", "1").unwrap(), None);
    assert_eq!(store.delivery_of("a", "same").unwrap(), None);
    assert_eq!(store.delivery_of("b", "same").unwrap().unwrap().id, "2");
}

#[test]
fn turns_are_given_in_the_order_of_commits_and_survive_reopening() {
    let Fixture { store, dir } = fixture();
    let turn = |store: &Lmdb, id: &str| match store
        .commit_delivery(&delivery("a", id, id), Timestamp::UNIX_EPOCH)
        .unwrap()
        .state
    {
        DeliveryState::Committed { turn, .. } => turn,
        other => panic!("{other:?}"),
    };
    let first = turn(&store, "z");
    assert_eq!(turn(&store, "y"), first + 1);
    drop(store);
    let store = open(&dir).unwrap();
    assert_eq!(turn(&store, "x"), first + 2);
    assert_eq!(store.open_deliveries().unwrap().len(), 3);
}

#[test]
fn what_is_loaded_is_no_longer_open_and_is_found_by_content_until_it_is_forgotten() {
    let Fixture { store, dir: _dir } = fixture();
    let one = store.commit_delivery(&delivery("a", "1", "c"), Timestamp::UNIX_EPOCH).unwrap();
    let done = loaded(&one);
    store.put_delivery(&done).unwrap();
    assert_eq!(store.open_deliveries().unwrap(), []);
    assert_eq!(store.delivery_of("a", "c").unwrap().as_ref(), Some(&done));
    store.put_delivery(&delivery("a", "2", "c")).unwrap();
    assert_eq!(
        store.delivery_of("a", "c").unwrap().as_ref(),
        Some(&done),
        "one that is received hides nothing"
    );
    store.forget_delivery(&done).unwrap();
    assert_eq!((store.delivery("a", "1").unwrap(), store.delivery_of("a", "c").unwrap()), (None, None));
}

#[test]
fn what_was_refused_may_be_sent_again() {
    let Fixture { store, dir: _dir } = fixture();
    let one = store.commit_delivery(&delivery("a", "1", "c"), Timestamp::UNIX_EPOCH).unwrap();
    let state = DeliveryState::Refused { at: Timestamp::UNIX_EPOCH, report: Report::default() };
    store.put_delivery(&Delivery { state, ..one }).unwrap();
    assert_eq!(store.delivery_of("a", "c").unwrap(), None);
    assert_eq!(store.open_deliveries().unwrap(), []);
}

#[test]
fn tries_are_counted_on_disk_and_only_of_what_still_waits_in_its_turn() {
    let Fixture { store, dir } = fixture();
    let committed = store.commit_delivery(&delivery("a", "1", "c"), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(committed.tries(), 0);
    assert!(store.tried(&committed, 2).unwrap());
    drop(store);
    let store = open(&dir).unwrap();
    let known = || store.delivery("a", "1").unwrap();
    assert_eq!(known().unwrap().tries(), 2);
    assert_eq!(store.delivery_of("a", "c").unwrap(), known(), "it is found by its content as before");
    let again = store.commit_delivery(&delivery("a", "1", "c"), Timestamp::UNIX_EPOCH).unwrap();
    assert!(!store.tried(&committed, 3).unwrap(), "it has another turn");
    assert_eq!(known().unwrap(), again);
    store.put_delivery(&loaded(&again)).unwrap();
    assert!(!store.tried(&again, 3).unwrap(), "it is loaded");
    assert_eq!(known().unwrap(), loaded(&again));
    store.forget_delivery(&again).unwrap();
    assert!(!store.tried(&again, 3).unwrap(), "it was dropped");
    assert_eq!(known(), None);
}
