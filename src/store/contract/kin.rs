//! Records of one practice with one NHS number: each knows the other's entries, and each change in one is a change in
//! the other.

use policy::Decided;

use super::*;
use crate::{Change, Decisions};

const MESSAGE: &str = "nhs:9990000018";

/// The keys and the marks of what the store has for a patient of other records.
fn others(f: &Fixture, name: &str) -> Vec<(String, Vec<Mark>)> {
    let facts = f.store.facts(&practice(), &patient(name)).unwrap();
    let marks = |other: crate::OtherRecord| {
        let marks = other.entries.into_iter().flat_map(|entry| entry.marks).collect();
        (other.patient.expose().to_owned(), marks)
    };
    facts.others.into_iter().map(marks).collect()
}

fn marked() -> (String, Vec<Mark>) {
    (MESSAGE.to_owned(), vec![Mark::NotForPatient])
}

fn one_person() -> Fixture {
    let f = fixture();
    load(&f.store, &[who("p", ONE, 1), fact("p", entry("e", 1, &[])), who("q", OTHER, 1)]);
    settle(&f.store);
    load(&f.store, &[who(MESSAGE, ONE, 1), fact(MESSAGE, entry("e", 1, &[Mark::NotForPatient]))]);
    f
}

#[test]
fn each_change_in_one_record_is_one_in_every_record_with_its_number_and_in_no_other() {
    let f = one_person();
    let both = [patient(MESSAGE), patient("p")];
    assert_eq!(settle(&f.store), both);
    for (name, sequence) in [(MESSAGE, 2), ("p", 4)] {
        load(&f.store, &[fact(name, entry("new", sequence, &[Mark::Confidential]))]);
        assert_eq!(settle(&f.store), both, "{name}");
        let batch = f.store.begin(&practice(), "whole").unwrap().batch;
        f.store.retain(&practice(), batch, &[whole(name, &["patient", "e"], sequence + 1)]).unwrap();
        f.store.close(&practice()).unwrap();
        assert_eq!(settle(&f.store), both, "{name}: what is left out of a whole record");
    }
    load(&f.store, &[fact("q", entry("new", 9, &[]))]);
    assert_eq!(settle(&f.store), [patient("q")]);
}

#[test]
fn what_is_given_up_or_hidden_in_one_record_tells_the_other() {
    let f = one_person();
    settle(&f.store);
    let batch = f.store.begin(&practice(), "lost").unwrap().batch;
    f.store.put(&practice(), batch, &[fact(MESSAGE, entry("lost", 5, &[]))]).unwrap();
    f.store.abandon(&practice()).unwrap();
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")]);
    let decided = Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: "asked to".into() };
    let hide = Change::Hide { patient: patient(MESSAGE), entry: EntryId::new("e").unwrap() };
    f.store.decide(&practice(), &hide, &decided).unwrap();
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")]);
    let facts = f.store.facts(&practice(), &patient("p")).unwrap();
    assert_eq!(facts.others[0].oversight.hidden.len(), 1);
}

#[test]
fn a_record_knows_the_others_with_its_number_and_their_marks_after_their_deletion_too() {
    let f = one_person();
    assert_eq!(others(&f, "p"), [marked()]);
    assert_eq!(others(&f, "q"), []);
    settle(&f.store);
    load(&f.store, &[fact(MESSAGE, deletion("patient", 2))]);
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")]);
    assert_eq!(others(&f, "p"), [marked()], "what was marked stays marked");
    assert!(f.store.facts(&practice(), &patient("p")).unwrap().others[0].entries[0].deleted);
    load(&f.store, &[fact(MESSAGE, entry("late", 1, &[Mark::Confidential]))]);
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")], "nor is what comes late");
}

#[test]
fn a_record_that_comes_without_its_number_keeps_the_marks_of_the_others_until_it_has_one_again() {
    let f = one_person();
    settle(&f.store);
    let kin = |name: &str| {
        let others = f.store.facts(&practice(), &patient(name)).unwrap().others;
        others.into_iter().map(|other| (other.patient, other.marks_only)).collect::<Vec<_>>()
    };
    load(&f.store, &[who("p", "", 5)]);
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")]);
    assert_eq!(kin("p"), [(patient(MESSAGE), true)]);
    assert_eq!(kin(MESSAGE), [(patient("p"), true)]);
    load(&f.store, &[fact(MESSAGE, entry("new", 6, &[Mark::Confidential]))]);
    assert_eq!(settle(&f.store), [patient(MESSAGE), patient("p")], "what is marked later counts too");
    load(&f.store, &[who("p", "0000000000", 7)]);
    assert_eq!(kin("p"), [(patient(MESSAGE), true)], "still without one");
    load(&f.store, &[who("p", OTHER, 8)]);
    settle(&f.store);
    assert_eq!((kin("p"), kin(MESSAGE)), (vec![(patient("q"), false)], vec![]));
    load(&f.store, &[who("p", ONE, 9)]);
    assert_eq!((kin("p"), kin(MESSAGE)), (vec![(patient(MESSAGE), false)], vec![(patient("p"), false)]));
}

#[test]
fn a_number_that_is_corrected_makes_the_record_another_ones_in_whatever_order_that_comes() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let f = fixture();
        let facts = [who("p", ONE, 1), who("q", OTHER, 1), who(MESSAGE, ONE, 1), who(MESSAGE, OTHER, 2)];
        for at in order {
            load(&f.store, &facts[at..=at]);
        }
        assert_eq!(others(&f, "p"), [], "{order:?}");
        assert_eq!(others(&f, "q"), [(MESSAGE.to_owned(), vec![])], "{order:?}");
    }
}
