//! Guests that wait.

use super::*;

#[test]
fn a_guest_that_waits_in_its_patients_record_is_parked_when_it_comes_again() {
    let f = fixture();
    let facts = [who("p", ONE, 1), guest(ONE, entry("lab:1", 1, &[]))];
    load(&f.store, &facts);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &["lab:1"])]).unwrap();
    assert_eq!(load(&f.store, &facts[1..]), [Fate::Parked]);
}
