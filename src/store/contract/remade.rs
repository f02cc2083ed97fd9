//! What records are made with beside facts: the key of their ids, tables and terminology; and the list of who has any.

use policy::{Reading, Screening, ThirdParties};

use super::*;

const STRICT: Screening = Screening { reading: Reading::Strict, third_parties: ThirdParties::Withhold };
const NOTHING: MadeWith = MadeWith { shown: [0; 16], all: [0; 16], screening: STRICT };
const FIRST: MadeWith = MadeWith { shown: [0; 16], all: [1; 16], screening: STRICT };
const SECOND: MadeWith = MadeWith { shown: [2; 16], all: [2; 16], screening: STRICT };

fn made(who: &str, made_with: MadeWith) -> NewRelease {
    let mut new = release(who, who, Some(b"{}"), &[]);
    new.release.released.made_with = made_with;
    new
}

fn three() -> Fixture {
    let f = fixture();
    for who in ["p", "q", "r"] {
        load(&f.store, &[fact(who, entry("e", 1, &[]))]);
        f.store.release(&practice(), &as_of(&f.store), &[made(who, NOTHING)]).unwrap();
    }
    f
}

#[test]
fn what_records_are_made_with_changes_and_whose_was_made_with_something_else_is_projected_anew() {
    let f = three();
    assert!(!f.store.make_with(&practice(), &NOTHING).unwrap(), "a new practice is made with nothing");
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    assert!(f.store.make_with(&practice(), &FIRST).unwrap());
    assert_eq!(f.store.dirty_count(&practice()).unwrap(), 3);
    f.store.release(&practice(), &as_of(&f.store), &[made("q", FIRST)]).unwrap();
    assert!(!f.store.make_with(&practice(), &FIRST).unwrap());
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p"), patient("r")]);
    let other: OdsCode = "Y99998".parse().unwrap();
    f.store.make_with(&other, &FIRST).unwrap();
    assert_eq!(f.store.dirty_count(&other).unwrap(), 0);
    f.store.release(&practice(), &as_of(&f.store), &[made("p", FIRST), made("r", FIRST)]).unwrap();
    assert!(f.store.make_with(&practice(), &NOTHING).unwrap());
    assert_eq!(f.store.dirty_count(&practice()).unwrap(), 3);
    assert_eq!(f.store.practice(&practice()).unwrap().made_with, NOTHING);
}

#[test]
fn whoever_was_made_with_the_tables_that_count_again_stays_as_they_are() {
    let f = three();
    f.store.make_with(&practice(), &FIRST).unwrap();
    f.store.release(&practice(), &as_of(&f.store), &[made("q", FIRST)]).unwrap();
    settle_as(&f.store, NOTHING);
    f.store.make_with(&practice(), &SECOND).unwrap();
    settle_as(&f.store, SECOND);
    f.store.release(&practice(), &as_of(&f.store), &[made("p", FIRST)]).unwrap();
    assert!(f.store.make_with(&practice(), &FIRST).unwrap());
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("q"), patient("r")]);
}

/// Releases whoever is dirty as made with something.
fn settle_as(store: &dyn Store, made_with: MadeWith) {
    for name in store.dirty(&practice(), 9).unwrap() {
        store.release(&practice(), &as_of(store), &[made(name.expose(), made_with)]).unwrap();
    }
}

#[test]
fn looking_through_every_record_finds_whoever_was_made_with_something_else() {
    let f = three();
    assert_eq!(f.store.make_anew(&practice(), &NOTHING).unwrap(), 0);
    f.store.release(&practice(), &as_of(&f.store), &[made("q", SECOND)]).unwrap();
    assert!(!f.store.make_with(&practice(), &NOTHING).unwrap(), "nothing changed for the practice");
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    assert_eq!(f.store.make_anew(&practice(), &NOTHING).unwrap(), 1);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("q")]);
    assert_eq!(f.store.make_anew(&practice(), &FIRST).unwrap(), 3);
    assert_eq!(f.store.practice(&practice()).unwrap().made_with, FIRST);
}

#[test]
fn every_practice_is_known_by_what_was_kept_of_it() {
    let f = fixture();
    assert_eq!(f.store.practices().unwrap(), []);
    let others: [OdsCode; 2] = ["Y99998", "A12345"].map(|code| code.parse().unwrap());
    f.store.set_rules(&others[0], &policy::PracticeRules::default()).unwrap();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    f.store.begin(&others[1], "open").unwrap();
    assert_eq!(f.store.practices().unwrap(), [others[1].clone(), others[0].clone(), practice()]);
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
