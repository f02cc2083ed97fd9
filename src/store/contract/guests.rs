//! Guests: whom they find, and when they wait.

use super::*;

#[test]
fn a_guest_finds_its_patient_whichever_comes_first() {
    for patient_first in [true, false] {
        let f = fixture();
        let facts = [who("p", ONE, 1), guest(ONE, entry("lab:1", 1, &[]))];
        let order = if patient_first { [0, 1] } else { [1, 0] };
        for at in order {
            assert_eq!(load(&f.store, &facts[at..=at]), [Fate::Stored]);
            let expected = if at == 1 && !patient_first { vec![] } else { vec![patient("p")] };
            assert_eq!(settle(&f.store), expected, "{at}");
        }
        assert_eq!(guests(&f.store, "p"), (vec!["lab:1".to_owned()], false));
        assert_eq!(load(&f.store, &facts), [Fate::Unchanged, Fate::Unchanged]);
        assert!(settle(&f.store).is_empty());
    }
}

#[test]
fn a_guest_is_nobodys_while_nobody_has_its_number_and_the_store_says_so() {
    let f = fixture();
    load(&f.store, &[guest(ONE, entry("lab:1", 7, &[])), who("p", OTHER, 1)]);
    assert_eq!(guests(&f.store, "p"), (vec![], false));
    let place = Place { file: "f.csv".into(), line: 7 };
    assert_eq!(f.store.unclaimed(&practice()).unwrap(), [(place, 1)]);
    assert!(f.store.unclaimed(&"Y9999".parse().unwrap()).unwrap().is_empty());
    load(&f.store, &[who("p", ONE, 2)]);
    assert!(f.store.unclaimed(&practice()).unwrap().is_empty());
    load(&f.store, &[who("p", OTHER, 3), guest(ONE, deletion("lab:1", 8))]);
    assert!(f.store.unclaimed(&practice()).unwrap().is_empty(), "a deleted guest waits for nobody");
}

#[test]
fn two_patients_with_one_number_are_told_even_if_they_come_at_once_and_each_change_tells_the_other() {
    let f = fixture();
    load(&f.store, &[guest(ONE, entry("lab:1", 1, &[])), who("p", ONE, 1), who("q", ONE, 1)]);
    for name in ["p", "q"] {
        assert!(guests(&f.store, name).1, "{name}");
    }
    settle(&f.store);
    load(&f.store, &[who("q", OTHER, 2)]);
    assert_eq!(settle(&f.store), [patient("p"), patient("q")]);
    assert_eq!(guests(&f.store, "p"), (vec!["lab:1".to_owned()], false));
    assert_eq!(guests(&f.store, "q"), (vec![], false));
    load(&f.store, &[who("q", ONE, 3)]);
    assert_eq!(settle(&f.store), [patient("p"), patient("q")]);
    assert!(guests(&f.store, "p").1);
    load(&f.store, &[fact("q", deletion("patient", 4))]);
    assert_eq!(settle(&f.store), [patient("p"), patient("q")]);
    assert!(!guests(&f.store, "p").1, "who is deleted has no number");
    load(&f.store, &[who("q", ONE, 5)]);
    assert!(guests(&f.store, "p").1);
    settle(&f.store);
    f.store.retain(&practice(), 9, &[whole("q", &[], 6)]).unwrap();
    assert_eq!(settle(&f.store), [patient("p"), patient("q")]);
    assert!(!guests(&f.store, "p").1, "nor has who is no longer sent");
}

#[test]
fn a_guest_whose_number_is_corrected_leaves_the_one_and_joins_the_other_in_whatever_order_that_comes() {
    let said = |number, sequence| guest(number, entry("lab:1", sequence, &[]));
    for (order, deleted) in
        [([0, 1, 2], false), ([1, 0, 2], false), ([2, 1, 0], false), ([3, 1, 0], true), ([0, 1, 3], true)]
    {
        let f = fixture();
        load(&f.store, &[who("p", ONE, 1), who("q", OTHER, 1)]);
        settle(&f.store);
        let facts = [said(ONE, 1), said(OTHER, 2), said(OTHER, 2), guest(ONE, deletion("lab:1", 3))];
        for at in order {
            load(&f.store, &facts[at..=at]);
        }
        assert_eq!(guests(&f.store, "p").0, Vec::<String>::new(), "{order:?}");
        assert_eq!(guests(&f.store, "q").0, ["lab:1"], "{order:?}");
        let facts = f.store.facts(&practice(), &patient("q")).unwrap();
        assert_eq!(facts.guests[0].0.entry.deleted, deleted, "{order:?}");
    }
    let f = fixture();
    load(&f.store, &[who("p", ONE, 1), who("q", OTHER, 1), said(ONE, 1)]);
    settle(&f.store);
    load(&f.store, &[said(OTHER, 2)]);
    assert_eq!(settle(&f.store), [patient("p"), patient("q")], "both are told");
}

#[test]
fn a_deletion_that_does_not_say_whose_the_guest_was_finds_it_or_is_rejected() {
    let f = fixture();
    let gone = || Fact::GuestGone(Box::new(deletion("lab:1", 3)));
    assert_eq!(load(&f.store, &[gone()]), [Fate::Rejected]);
    load(&f.store, &[who("p", ONE, 1), guest(ONE, entry("lab:1", 1, &[]))]);
    settle(&f.store);
    assert_eq!(load(&f.store, &[gone()]), [Fate::Stored]);
    assert_eq!(settle(&f.store), [patient("p")]);
    assert!(f.store.facts(&practice(), &patient("p")).unwrap().guests[0].0.entry.deleted);
    assert_eq!(load(&f.store, &[gone()]), [Fate::Unchanged]);
}

#[test]
fn a_guest_that_waits_in_its_patients_record_is_parked_when_it_comes_again() {
    let f = fixture();
    let facts = [who("p", ONE, 1), guest(ONE, entry("lab:1", 1, &[]))];
    load(&f.store, &facts);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &["lab:1"])]).unwrap();
    assert_eq!(load(&f.store, &facts[1..]), [Fate::Parked]);
}

const BORN: Option<jiff::civil::Date> = Some(date(1980, 2, 29));
const LATER: Option<jiff::civil::Date> = Some(date(1980, 3, 1));

/// Every order of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// The guests that the store has for each after these facts, whichever of them comes first, each in a batch of its own;
/// and who is projected anew after the last of each.
fn whose(facts: &[Fact; 3], names: [&str; 2]) -> [(Vec<String>, bool); 2] {
    let mut found = ORDERS.map(|order| {
        let f = fixture();
        for at in order {
            let before = names.map(|name| guests(&f.store, name));
            load(&f.store, &facts[at..=at]);
            let dirty = settle(&f.store);
            for (name, before) in names.into_iter().zip(before) {
                let changed = guests(&f.store, name) != before;
                assert!(!changed || dirty.contains(&patient(name)), "{order:?}: {name} is not told");
            }
        }
        names.map(|name| guests(&f.store, name))
    });
    let last = found[5].clone();
    assert!(found.iter_mut().all(|one| *one == last), "{found:?}");
    last
}

#[test]
fn a_message_about_a_registered_patient_makes_no_second_one_and_the_guests_are_the_registered_ones() {
    let lab = || guest(ONE, entry("lab:1", 1, &[]));
    for message in ["gpc:1", "nhs:1", "gp2gp:x"] {
        let found = whose(&[born("p", ONE, BORN, 1), born(message, ONE, BORN, 1), lab()], ["p", message]);
        assert_eq!(found, [(vec!["lab:1".to_owned()], false), (vec![], false)], "{message}");
    }
}

#[test]
fn who_is_the_same_person_is_not_guessed() {
    let lab = || guest(ONE, entry("lab:1", 1, &[]));
    let facts = [born("p", ONE, BORN, 1), born("gpc:1", ONE, LATER, 1), lab()];
    assert!(whose(&facts, ["p", "gpc:1"]).into_iter().all(|(_, shared)| shared), "none is served: they wait");
    for two in [["p", "q"], ["gpc:1", "gpc:2"]] {
        let facts = [born(two[0], ONE, BORN, 1), born(two[1], ONE, BORN, 1), lab()];
        assert!(whose(&facts, two).into_iter().all(|(_, shared)| shared), "{two:?}");
    }
}

#[test]
fn guests_are_those_of_the_one_record_that_is_served() {
    let lab = || guest(ONE, entry("lab:1", 1, &[]));
    let joins = [(vec!["lab:1".to_owned()], false), (vec![], false)];
    for (registered, message) in [(BORN, BORN), (BORN, None), (None, BORN), (None, None)] {
        let facts = [born("p", ONE, registered, 1), born("nhs:1", ONE, message, 1), lab()];
        assert_eq!(whose(&facts, ["p", "nhs:1"]), joins, "{registered:?}, {message:?}");
    }
    let facts = [born("gpc:1", ONE, BORN, 1), born("nhs:1", ONE, BORN, 1), lab()];
    assert_eq!(whose(&facts, ["gpc:1", "nhs:1"]), joins, "of two messages the first feed's by name");
}

#[test]
fn a_date_of_birth_that_is_corrected_tells_whoever_has_the_number() {
    let f = fixture();
    load(
        &f.store,
        &[born("p", ONE, BORN, 1), born("gpc:1", ONE, LATER, 1), guest(ONE, entry("lab:1", 1, &[]))],
    );
    settle(&f.store);
    assert!(guests(&f.store, "p").1);
    load(&f.store, &[born("gpc:1", ONE, BORN, 2)]);
    assert_eq!(settle(&f.store), [patient("gpc:1"), patient("p")]);
    assert!(!guests(&f.store, "p").1);
    load(&f.store, &[fact("p", deletion("patient", 3))]);
    assert_eq!(settle(&f.store), [patient("gpc:1"), patient("p")]);
    assert_eq!(guests(&f.store, "gpc:1"), (vec!["lab:1".to_owned()], false), "who is left is the only one");
}

fn replaced(within: &str, sequence: u64) -> Fact {
    Fact::GuestsReplaced(EntryId::new(within).unwrap(), sequence)
}

#[test]
fn what_a_report_that_replaces_another_leaves_out_is_gone_whichever_comes_first() {
    let first = || guest(ONE, entry("lab:REP1/a", 1, &[]));
    let left_out = || guest(ONE, entry("lab:REP1/b", 1, &[]));
    let corrected = || guest(ONE, entry("lab:REP1/a", 2, &[]));
    let other = || guest(ONE, entry("lab:REP10/a", 1, &[]));
    let original = || vec![who("p", ONE, 1), first(), left_out(), other()];
    let correction = || vec![corrected(), replaced("lab:REP1", 2)];
    for order in [[0, 1], [1, 0]] {
        let f = fixture();
        for at in order {
            load(&f.store, &if at == 0 { original() } else { correction() });
            assert!(at == 1 || settle(&f.store).contains(&patient("p")));
        }
        settle(&f.store);
        let facts = f.store.facts(&practice(), &patient("p")).unwrap();
        let there: Vec<(&str, bool)> =
            facts.guests.iter().map(|(guest, _)| (guest.entry.id.as_str(), guest.entry.deleted)).collect();
        assert_eq!(there, [("lab:REP1/a", false), ("lab:REP1/b", true), ("lab:REP10/a", false)], "{order:?}");
        assert_eq!(load(&f.store, &correction()), [Fate::Unchanged, Fate::Unchanged]);
        load(&f.store, &[guest(ONE, entry("lab:REP1/b", 3, &[]))]);
        let facts = f.store.facts(&practice(), &patient("p")).unwrap();
        assert!(!facts.guests[1].0.entry.deleted, "said again since, it is there again");
    }
}

#[test]
fn whoever_loses_a_guest_to_a_correction_is_told() {
    let f = fixture();
    load(&f.store, &[who("p", ONE, 1), guest(ONE, entry("lab:REP1/b", 1, &[]))]);
    settle(&f.store);
    load(&f.store, &[replaced("lab:REP1", 2)]);
    assert_eq!(settle(&f.store), [patient("p")]);
}
