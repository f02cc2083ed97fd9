//! What is withheld, or comes to an end, whatever comes in which order.

use super::*;

#[test]
fn a_message_that_cannot_carry_marks_takes_none_away_and_one_that_can_does() {
    let said = |sequence, carried, marks: &[Mark]| {
        fact("p", Entry { marks_carried: carried, ..entry("e", sequence, marks) })
    };
    let marked = said(1, MarksCarried::Yes, &[Mark::NotForPatient]);
    let silent = said(2, MarksCarried::No, &[]);
    let lifted = said(3, MarksCarried::Yes, &[]);
    let marks = |facts: &[&Fact]| {
        let f = fixture();
        facts.iter().for_each(|fact| _ = load(&f.store, std::slice::from_ref(*fact)));
        f.store.facts(&practice(), &patient("p")).unwrap().entries[0].0.marks.clone()
    };
    for order in [[&marked, &silent], [&silent, &marked]] {
        assert_eq!(marks(&order), [Mark::NotForPatient], "{order:?}");
    }
    let orders = [
        [&marked, &silent, &lifted],
        [&marked, &lifted, &silent],
        [&silent, &marked, &lifted],
        [&silent, &lifted, &marked],
        [&lifted, &marked, &silent],
        [&lifted, &silent, &marked],
    ];
    for order in orders {
        assert_eq!(marks(&order), [], "{order:?}");
    }
    let late = said(4, MarksCarried::No, &[]);
    assert_eq!(marks(&[&late, &lifted, &marked]), [], "what was lifted stays lifted");
}

#[test]
fn a_deleted_patient_takes_along_what_was_said_before_and_it_stays_gone_when_they_return() {
    let facts = [
        fact("p", entry("patient", 1, &[])),
        fact("p", entry("old", 1, &[])),
        fact("p", deletion("patient", 5)),
        fact("p", entry("patient", 7, &[])),
        fact("p", entry("new", 7, &[])),
    ];
    let living = |order: &[usize]| {
        let f = fixture();
        for at in order {
            load(&f.store, &facts[*at..=*at]);
        }
        let entries = f.store.facts(&practice(), &patient("p")).unwrap().entries;
        let living = entries.into_iter().filter(|(entry, _)| !entry.deleted);
        living.map(|(entry, _)| entry.id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(living(&[0, 1, 2]), <[&str; 0]>::default());
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 1, 4, 3], [0, 1, 3, 4, 2]] {
        assert_eq!(living(&order), ["new", "patient"], "{order:?}");
    }
    let f = fixture();
    load(&f.store, &[facts[1].clone(), facts[3].clone()]);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &[])]).unwrap();
    load(&f.store, &[facts[2].clone()]);
    assert_eq!(
        f.store.dirty(&practice(), 9).unwrap(),
        [patient("p")],
        "a deletion that comes late still counts"
    );
}

#[test]
fn what_a_batch_that_is_given_up_brought_is_withheld_until_it_is_said_again() {
    let f = fixture();
    load(
        &f.store,
        &[fact("p", entry("before", 1, &[])), fact("p", entry("changed", 1, &[Mark::Confidential]))],
    );
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &[])]).unwrap();
    assert_eq!(f.store.abandon(&practice()).unwrap(), None, "nothing is open");
    let batch = f.store.begin(&practice(), "lost").unwrap().batch;
    let brought = [
        fact("p", entry("before", 2, &[])),
        fact("p", entry("changed", 2, &[])),
        fact("q", entry("e", 2, &[])),
    ];
    f.store.put(&practice(), batch, &brought).unwrap();
    let abandoned = f.store.abandon(&practice()).unwrap().unwrap();
    assert_eq!((abandoned.fingerprint.as_str(), abandoned.entries), ("lost", 2));
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p"), patient("q")]);
    let marks = |who: &str| -> Vec<Vec<Mark>> {
        let entries = f.store.facts(&practice(), &patient(who)).unwrap().entries;
        entries.into_iter().map(|(entry, _)| entry.marks).collect()
    };
    assert_eq!(marks("p"), [vec![], vec![Mark::Unrecognised]]);
    assert_eq!(marks("q"), [[Mark::Unrecognised]]);
    load(&f.store, &[fact("q", deletion("e", 3)), fact("p", entry("changed", 1, &[]))]);
    assert_eq!(
        (marks("p").remove(1), marks("q").remove(0)),
        (vec![Mark::Unrecognised], vec![Mark::Unrecognised])
    );
    assert_eq!(
        load(&f.store, &[fact("p", entry("changed", 2, &[])), fact("q", entry("e", 4, &[]))]).len(),
        2
    );
    assert_eq!((marks("p").remove(1), marks("q").remove(0)), (vec![], vec![]));
}

#[test]
fn a_practice_shares_only_if_its_own_agreement_is_active() {
    let own = Fact::Reference(
        ReferenceKey::Organisation("o".into()),
        Box::new(Reference::Organisation { ods: Some(practice()), name: Some("Test Surgery".into()) }),
        1,
    );
    let agreement = |at: &str, active| {
        Fact::Reference(ReferenceKey::Sharing(at.into()), Box::new(Reference::Sharing { active }), 1)
    };
    let f = fixture();
    assert!(!f.store.practice(&practice()).unwrap().shares, "never loaded");
    load(&f.store, &[own.clone(), agreement("o", true)]);
    let settings = f.store.practice(&practice()).unwrap();
    assert!(settings.shares);
    assert_eq!(settings.name.as_deref(), Some("Test Surgery"));
    load(&f.store, &[agreement("o", false)]);
    assert!(!f.store.practice(&practice()).unwrap().shares);
    // An agreement that ends counts before its batch is over; one that begins does not.
    let begun = |name: &str, active| {
        let batch = f.store.begin(&practice(), name).unwrap().batch;
        let at = |active| {
            Fact::Reference(ReferenceKey::Sharing("o".into()), Box::new(Reference::Sharing { active }), batch)
        };
        f.store.put(&practice(), batch, &[at(active)]).unwrap();
        f.store.practice(&practice()).unwrap().shares
    };
    assert!(!begun("on", true));
    f.store.close(&practice()).unwrap();
    assert!(f.store.practice(&practice()).unwrap().shares);
    assert!(!begun("off", false));
    f.store.abandon(&practice()).unwrap();
    assert!(!f.store.practice(&practice()).unwrap().shares);
    assert!(!begun("on again", true));
    f.store.abandon(&practice()).unwrap();
    assert!(!f.store.practice(&practice()).unwrap().shares, "what was given up does not open");
    let f = fixture();
    load(&f.store, &[own, agreement("somebody else", true)]);
    assert!(!f.store.practice(&practice()).unwrap().shares, "no agreement of its own");
}
