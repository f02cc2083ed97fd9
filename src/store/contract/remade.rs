//! What records are made with beside facts: the key of their ids, a terminology; and the list of who has any.

use super::*;

#[test]
fn what_records_are_made_with_changes_and_everybody_is_projected_anew() {
    let f = fixture();
    for who in ["p", "q", "r"] {
        load(&f.store, &[fact(who, entry("e", 1, &[]))]);
        f.store.release(&practice(), &as_of(&f.store), &[release(who, who, Some(b"{}"), &[])]).unwrap();
    }
    assert!(!f.store.make_with(&practice(), "").unwrap(), "a new practice is made with nothing");
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    assert!(f.store.make_with(&practice(), "edition 1").unwrap());
    assert_eq!(f.store.dirty_count(&practice()).unwrap(), 3);
    f.store.release(&practice(), &as_of(&f.store), &[release("q", "q", Some(b"{}"), &[])]).unwrap();
    assert!(!f.store.make_with(&practice(), "edition 1").unwrap());
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p"), patient("r")]);
    let other: OdsCode = "Y99998".parse().unwrap();
    f.store.make_with(&other, "edition 1").unwrap();
    assert_eq!(f.store.dirty_count(&other).unwrap(), 0);
    assert!(f.store.make_with(&practice(), "").unwrap());
    assert_eq!(f.store.dirty_count(&practice()).unwrap(), 3);
}

#[test]
fn the_patients_of_a_practice_are_listed_piece_by_piece() {
    let f = fixture();
    let all = ["p", "p1", "pp", "q"];
    for who in all {
        f.store.release(&practice(), &as_of(&f.store), &[release(who, who, Some(b"{}"), &[])]).unwrap();
    }
    let mut found = Vec::new();
    loop {
        let piece = f.store.patients(&practice(), found.last(), 2).unwrap();
        assert!(piece.len() <= 2);
        if piece.is_empty() {
            break;
        }
        found.extend(piece);
    }
    assert_eq!(found, all.map(patient));
    for other in ["Y9999", "Y999990", "Y99998"] {
        assert!(f.store.patients(&other.parse().unwrap(), None, 9).unwrap().is_empty(), "{other}");
    }
}

#[test]
fn a_store_is_bound_to_the_first_key_for_ids_that_it_met() {
    let Fixture { store, dir } = fixture();
    store.bind(&[1; 8]).unwrap();
    store.bind(&[1; 8]).unwrap();
    drop(store);
    assert!(matches!(open(&dir).unwrap().bind(&[2; 8]), Err(StoreError::OtherKey)));
}

#[test]
fn what_waits_does_so_since_it_was_first_found_to() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("a", 1, &[])), fact("p", entry("b", 1, &[]))]);
    let waits = |second: i64, waiting: &[&str]| {
        let made = Timestamp::from_second(second).unwrap();
        let new = NewRelease { made, ..release("p", "p", None, waiting) };
        f.store.release(&practice(), &as_of(&f.store), &[new]).unwrap();
        let since = f.store.facts(&practice(), &patient("p")).unwrap().waiting_since;
        since.iter().map(|(id, at)| (id.as_str().to_owned(), at.as_second())).collect::<Vec<_>>()
    };
    let since = |id: &str, second: i64| (id.to_owned(), second);
    assert_eq!(waits(10, &["a", "a"]), [since("a", 10)], "for two things, and once");
    assert_eq!(waits(20, &["b", "a"]), [since("a", 10), since("b", 20)]);
    assert_eq!(waits(30, &["b"]), [since("b", 20)]);
    assert_eq!(waits(40, &["a", "b"]), [since("a", 40), since("b", 20)], "it had come in between");
    assert_eq!(waits(50, &[]), []);
}
