//! Entries whose key is the practice's, and removals that name only the key; and what a feed grants.

use policy::{AccessLevel, FeedAccess, Grant};

use super::*;
use crate::Access;

fn keyed(who: &str, id: &str, sequence: u64) -> Fact {
    Fact::Keyed(patient(who), Box::new(entry(id, sequence, &[])))
}

fn removal(id: &str, sequence: u64) -> Fact {
    Fact::Removed(EntryId::new(id).unwrap(), sequence, Place { file: "f.csv".into(), line: sequence })
}

/// Who has the entry, living.
fn holders(store: &dyn Store, id: &str) -> Vec<&'static str> {
    let has = |who: &&str| {
        let facts = store.facts(&practice(), &patient(who)).unwrap();
        facts.entries.iter().any(|(entry, _)| entry.id.as_str() == id && !entry.deleted)
    };
    ["p", "q", "r"].into_iter().filter(has).collect()
}

#[test]
fn a_removal_without_a_patient_finds_the_entry_whichever_comes_first() {
    let f = fixture();
    assert_eq!(load(&f.store, &[keyed("p", "e", 1)]), [Fate::Stored]);
    assert_eq!(load(&f.store, &[removal("e", 2)]), [Fate::Stored]);
    assert_eq!(holders(&f.store, "e"), [""; 0]);
    assert_eq!(load(&f.store, &[removal("e", 2), keyed("p", "e", 1)]), [Fate::Unchanged; 2]);
    assert_eq!(load(&f.store, &[removal("later", 2)]), [Fate::Parked]);
    assert_eq!(load(&f.store, &[keyed("q", "later", 1)]), [Fate::Stored]);
    assert_eq!(holders(&f.store, "later"), [""; 0]);
    load(&f.store, &[keyed("q", "later", 3)]);
    assert_eq!(holders(&f.store, "later"), ["q"], "it was sent again after its removal");
}

/// Every order of these.
fn orders(facts: &[Fact]) -> Vec<Vec<Fact>> {
    let Some((first, rest)) = facts.split_first() else { return vec![vec![]] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, first.clone());
            all.push(order);
        }
    }
    all
}

#[test]
fn an_entry_is_the_patients_for_whom_it_came_last_in_whatever_order_it_came() {
    let moves = [keyed("p", "e", 1), keyed("q", "e", 2), keyed("r", "e", 3), removal("e", 4)];
    let back = [keyed("p", "e", 1), keyed("q", "e", 2), keyed("p", "e", 3)];
    let again = [keyed("p", "e", 1), removal("e", 2), keyed("q", "e", 3)];
    for (facts, holder) in [
        (&moves[..2], vec!["q"]),
        (&moves[..3], vec!["r"]),
        (&moves[..], vec![]),
        (&back[..], vec!["p"]),
        (&again[..], vec!["q"]),
    ] {
        for order in orders(facts) {
            let f = fixture();
            order.iter().for_each(|fact| _ = load(&f.store, std::slice::from_ref(fact)));
            assert_eq!(holders(&f.store, "e"), holder, "{order:?}");
            order.iter().for_each(|fact| _ = load(&f.store, std::slice::from_ref(fact)));
            assert_eq!(holders(&f.store, "e"), holder, "and again: {order:?}");
        }
    }
}

fn feed(level: AccessLevel) -> FeedAccess {
    let grant = Grant {
        effective_date: jiff::civil::date(2024, 3, 1),
        current: level,
        historical: AccessLevel::None,
        sections_off: BTreeSet::new(),
    };
    FeedAccess { own: Some(grant), ..FeedAccess::default() }
}

#[test]
fn what_the_practice_decided_wins_over_the_feed_even_if_it_is_nothing() {
    let f = fixture();
    let subject = Subject { practice: practice(), patient: patient("p") };
    let swap = |access: FeedAccess| {
        let mut new = release("p", "s", None, &[]);
        new.release.access = access;
        f.store.release(&practice(), &as_of(&f.store), &[new]).unwrap();
    };
    assert_eq!(f.store.access(&subject).unwrap(), Access::default());
    swap(feed(AccessLevel::Detailed));
    assert_eq!(f.store.access(&subject).unwrap().own, feed(AccessLevel::Detailed).own);
    swap(feed(AccessLevel::Summary));
    assert_eq!(f.store.access(&subject).unwrap().own, feed(AccessLevel::Summary).own);
    f.store.set_access(&subject, &Access::default()).unwrap();
    assert_eq!(f.store.access(&subject).unwrap(), Access::default());
    assert_eq!(f.store.feed_access(&subject).unwrap(), feed(AccessLevel::Summary));
    swap(FeedAccess::default());
    assert_eq!(f.store.feed_access(&subject).unwrap(), FeedAccess::default());
}
