//! Letters with which a patient signs in once.

use jiff::SignedDuration;
use policy::Decided;

use super::*;
use crate::{Account, Change, Decisions, Linkages};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn decided(by: &str) -> Decided {
    Decided { by: by.to_owned(), at: at(0), why: "a reason".to_owned() }
}

fn issue(id: &str, digest: u8) -> Change {
    Change::Linkage { patient: patient("p"), id: id.to_owned(), digest: [digest; 32], expires: at(100) }
}

fn end(who: &str, id: &str) -> Change {
    Change::EndLinkage { patient: patient(who), id: id.to_owned() }
}

fn decide(f: &Fixture, change: &Change) -> bool {
    f.store.decide(&practice(), change, &decided("Ann")).unwrap().is_some()
}

fn used(store: &dyn Store, digest: u8, seconds: i64) -> Option<Account> {
    store.use_linkage(&practice(), &[digest; 32], at(seconds)).unwrap()
}

#[test]
fn a_letter_opens_the_patients_own_record_to_one_of_many_and_after_reopening_to_nobody() {
    let f = fixture();
    assert!(decide(&f, &issue("1", 1)) && decide(&f, &issue("2", 2)));
    assert!(!decide(&f, &issue("1", 3)), "the practice has a letter of this number");
    let won: Vec<Account> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| used(&f.store, 1, 99))).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    let own = Some(Subject { practice: practice(), patient: patient("p") });
    let account = Account { id: "letter-Y99999-1".to_owned(), own, ..Account::default() };
    assert_eq!(won, std::slice::from_ref(&account));
    assert_eq!(f.store.account(&account.id).unwrap(), Some(account));
    drop(f.store);
    let again = open(&f.dir).unwrap();
    assert_eq!(used(&again, 1, 99), None);
    let used: Vec<_> =
        again.linkages(&practice()).unwrap().into_iter().map(|one| (one.id, one.used)).collect();
    assert_eq!(used, [("1".to_owned(), Some(at(99))), ("2".to_owned(), None)]);
    assert_eq!(again.linkages(&"Y9999".parse().unwrap()).unwrap(), []);
}

#[test]
fn a_letter_that_is_over_or_revoked_or_of_another_practice_opens_nothing() {
    let f = fixture();
    for (id, digest) in [("1", 1), ("2", 2)] {
        decide(&f, &issue(id, digest));
    }
    let elsewhere: OdsCode = "Y99998".parse().unwrap();
    assert_eq!(f.store.use_linkage(&elsewhere, &[1; 32], at(0)).unwrap(), None);
    assert_eq!(used(&f.store, 1, 100), None, "over");
    assert!(!decide(&f, &end("q", "1")), "another patient's");
    assert!(decide(&f, &end("p", "1")) && !decide(&f, &end("p", "1")));
    assert_eq!(used(&f.store, 1, 0), None);
    assert_eq!(f.store.account("letter-Y99999-1").unwrap(), None);
    // What was opened with it is closed.
    assert!(used(&f.store, 2, 0).is_some());
    assert!(decide(&f, &end("p", "2")));
    assert_eq!(f.store.account("letter-Y99999-2").unwrap().unwrap().own, None);
    let log = f.store.decisions(&practice(), 0, 10).unwrap();
    assert_eq!(log.len(), 4);
    let Change::Linkage { digest, .. } = log[0].change else { panic!("{:?}", log[0]) };
    assert_eq!(digest, [0; 32], "the log has nothing to try keys against");
}
