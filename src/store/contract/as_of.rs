//! A record that was read before a batch is not swapped in once that batch has begun.

use super::*;

#[test]
fn what_was_read_before_a_batch_is_not_swapped_in_while_or_after_it_comes() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    let before = as_of(&f.store);
    let swap = |as_of: &crate::AsOf| {
        f.store.release(&practice(), as_of, &[release("p", "s", Some(b"{}"), &[])]).unwrap()
    };
    let batch = f.store.begin(&practice(), "next").unwrap().batch;
    assert!(!swap(&before), "begun");
    assert!(!swap(&as_of(&f.store)), "read while it was open");
    f.store.put(&practice(), batch, &[fact("p", entry("e", 2, &[Mark::NotForPatient]))]).unwrap();
    assert!(!swap(&before), "half of it has come");
    f.store.close(&practice()).unwrap();
    assert!(!swap(&before), "it is closed");
    let subject = Subject { practice: practice(), patient: patient("p") };
    assert!(f.store.read(&subject).unwrap().is_none());
    assert_eq!(
        f.store.dirty(&practice(), 9).unwrap(),
        [patient("p")],
        "who is to be projected anew still is"
    );
    assert!(swap(&as_of(&f.store)));
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
}

#[test]
fn what_was_made_with_other_tables_is_not_swapped_in() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    let before = as_of(&f.store);
    f.store.make_with(&practice(), &MadeWith { all: [1; 16], ..MadeWith::default() }).unwrap();
    assert!(!f.store.release(&practice(), &before, &[release("p", "s", None, &[])]).unwrap());
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
}
