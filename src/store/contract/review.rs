//! The review queue, and who must be projected anew because of the staff.

use policy::{Found, FoundText, Queued, Verdict};
use record::{PersonName, Staff};

use super::*;
use crate::ReviewQueue as _;

fn queued(id: &str, text: &str, since: i64) -> Queued {
    let text = FoundText { text: text.into(), spans: vec![] };
    let found = Found {
        entry: EntryId::new(id).unwrap(),
        place: Place::default(),
        verdict: Verdict::Review,
        texts: vec![text],
        decided: None,
    };
    Queued { found, since: Timestamp::from_second(since).unwrap() }
}

fn screened(store: &dyn Store, who: &str, queue: Option<Vec<Queued>>) {
    let new = NewRelease { screened: queue, ..release(who, who, Some(b"{}"), &[]) };
    assert!(store.release(&practice(), &as_of(store), &[new]).unwrap());
}

fn staff(key: &str, family: &str, sequence: u64) -> Fact {
    let name = PersonName { prefix: None, given: vec![], family: Some(family.into()) };
    let staff = Reference::Staff(Staff { name, role: None });
    Fact::Reference(ReferenceKey::Staff(key.into()), Box::new(staff), sequence)
}

fn names(store: &dyn Store) -> Vec<String> {
    store.all_staff(&practice()).unwrap().into_iter().filter_map(|member| member.name.family).collect()
}

#[test]
fn what_waits_is_listed_by_patient_piece_by_piece_and_replaced_with_the_record() {
    let f = fixture();
    for who in ["p", "p1", "q"] {
        screened(&f.store, who, Some(vec![queued("a", who, 1)]));
    }
    screened(&f.store, "nobody", Some(vec![]));
    screened(&f.store, "unread", None);
    let first = f.store.queued(&practice(), None, 2).unwrap();
    assert_eq!(first.iter().map(|(who, _)| who.clone()).collect::<Vec<_>>(), [patient("p"), patient("p1")]);
    assert_eq!(first[0].1, [queued("a", "p", 1)]);
    let rest = f.store.queued(&practice(), Some(&patient("p1")), 2).unwrap();
    assert_eq!(rest, [(patient("q"), vec![queued("a", "q", 1)])]);
    screened(&f.store, "q", None);
    assert!(f.store.queued(&practice(), Some(&patient("p1")), 2).unwrap().is_empty());
    for other in ["Y9999", "Y999990", "Y99998"] {
        assert!(f.store.queued(&other.parse().unwrap(), None, 9).unwrap().is_empty(), "{other}");
    }
}

#[test]
fn a_text_waits_since_it_first_did_and_other_words_since_they_came() {
    let f = fixture();
    screened(&f.store, "p", Some(vec![queued("a", "one", 10), queued("b", "two", 10)]));
    screened(
        &f.store,
        "p",
        Some(vec![queued("a", "one", 20), queued("b", "other", 20), queued("c", "one", 20)]),
    );
    let (_, queue) = f.store.queued(&practice(), None, 9).unwrap().remove(0);
    assert_eq!(queue, [queued("a", "one", 10), queued("b", "other", 20), queued("c", "one", 20)]);
}

#[test]
fn a_new_member_of_staff_counts_for_whoever_had_text_screened() {
    let f = fixture();
    for who in ["screened", "clean", "unread"] {
        load(&f.store, &[fact(who, entry("e", 1, &[]))]);
    }
    screened(&f.store, "screened", Some(vec![queued("e", "x", 1)]));
    screened(&f.store, "clean", Some(vec![]));
    screened(&f.store, "unread", None);
    load(&f.store, &[staff("1", "One", 1)]);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("clean"), patient("screened")]);
    load(&f.store, &[staff("2", "Two", 1), staff("1", "Changed", 2)]);
    assert_eq!(f.store.dirty_count(&practice()).unwrap(), 3, "a name that changed may show in any record");
    assert_eq!(names(&f.store), ["Changed", "Two"]);
    let gone = Fact::Reference(ReferenceKey::Staff("2".into()), Box::new(Reference::Removed), 3);
    load(&f.store, &[gone]);
    assert_eq!(names(&f.store), ["Changed"]);
    assert!(f.store.all_staff(&"Y99998".parse().unwrap()).unwrap().is_empty());
}
