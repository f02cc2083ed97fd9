//! What opens a letter, and everything that does not.

use jiff::civil::date;
use policy::Decided;
use proptest::prelude::*;
use record::PatientKey;
use store::{Change, Decisions, Linkages};

use super::*;
use crate::fixture::{Fixture, now, subject};

const SURNAME: &str = "O'Néill-Test Patient";

fn at(seconds: i64) -> Timestamp {
    until(now(), SignedDuration::from_secs(seconds))
}

fn decide(fixture: &Fixture, change: &Change) {
    let decided = Decided { by: "Ann".to_owned(), at: now(), why: "asked at the desk".to_owned() };
    assert!(fixture.store.decide(&subject("adult").practice, change, &decided).unwrap().is_some());
}

fn patient() -> PatientKey {
    subject("adult").patient
}

fn issued(fixture: &Fixture) -> Letter {
    let letter = draw(&subject("adult").practice, SURNAME, date(1980, 5, 4)).unwrap();
    let (id, digest, expires) = (letter.id.clone(), letter.digest, until(now(), LIFETIME));
    decide(fixture, &Change::Linkage { patient: patient(), id, digest, expires });
    letter
}

fn right(letter: &Letter) -> Typed<'_> {
    Typed { practice: "Y99999", id: &letter.id, key: &letter.key, surname: SURNAME, born: ["4", "5", "1980"] }
}

fn tried(fixture: &Fixture, now: Timestamp, typed: &Typed<'_>) -> Tried {
    attempt(&*fixture.store, now, typed).unwrap()
}

fn fits(fixture: &Fixture, now: Timestamp, typed: &Typed<'_>) -> bool {
    matches!(tried(fixture, now, typed), Tried::Fits(_))
}

#[test]
fn what_stands_in_the_letter_signs_in_once_to_the_patients_own_record() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let Tried::Fits(fitting) = tried(&fixture, now(), &right(&letter)) else { panic!("it does not fit") };
    assert_eq!(fitting.subject(), subject("adult"));
    let account = fitting.sign_in(&*fixture.store, now()).unwrap().unwrap();
    assert_eq!(account, fitting.account());
    assert_eq!((account.own, account.acts_for.len()), (Some(subject("adult")), 0));
    assert_eq!(fitting.sign_in(&*fixture.store, now()).unwrap(), None);
    assert!(!fits(&fixture, now(), &right(&letter)), "it was used");
}

#[test]
fn people_need_not_type_as_a_printer_prints() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let (id, key) = (&letter.id, letter.key.to_lowercase());
    let groups = |text: &str, by: &str| {
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|from| &text[from..from + 4]).collect();
        groups.join(by)
    };
    let (spaced, dashed) = (groups(id, " "), groups(&key, "-"));
    let misread = dashed.replace('0', "o").replace('1', "l");
    for (practice, id, key, surname, born) in [
        (" y99999 ", spaced.as_str(), dashed.as_str(), "O\u{2019}NÉILL TESTPATIENT", ["04", " 05 ", "1980"]),
        ("Y99999", id, misread.as_str(), "o'néill-test patient", ["4", "5", "1980"]),
    ] {
        assert!(fits(&fixture, now(), &Typed { practice, id, key, surname, born }), "{surname}");
    }
}

#[test]
fn whatever_is_wrong_nothing_fits() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let other = issued(&fixture);
    let right = right(&letter);
    let wrong = [
        Typed { practice: "Y99998", ..right },
        Typed { practice: "", ..right },
        Typed { practice: "no such code", ..right },
        Typed { id: &other.id, ..right },
        Typed { id: "", ..right },
        Typed { key: &other.key, ..right },
        Typed { key: &letter.key[1..], ..right },
        Typed { key: "", ..right },
        Typed { surname: "O'Neill-Test Patient", ..right },
        Typed { surname: "", ..right },
        Typed { born: ["5", "4", "1980"], ..right },
        Typed { born: ["4", "5", "80"], ..right },
        Typed { born: ["4", "5", ""], ..right },
        Typed::default(),
    ];
    for (hour, typed) in wrong.iter().enumerate() {
        let later = i64::try_from(hour).unwrap() * 3600;
        assert!(matches!(tried(&fixture, at(later), typed), Tried::Wrong), "{hour}");
    }
    assert!(fits(&fixture, at(20 * 3600), &right));
    let lifetime = LIFETIME.as_secs();
    assert!(!fits(&fixture, at(lifetime), &right), "it is over");
    assert!(fits(&fixture, at(lifetime - 1), &right));
    decide(&fixture, &Change::EndLinkage { patient: patient(), id: letter.id.clone() });
    assert!(!fits(&fixture, now(), &right), "it was revoked");
}

#[test]
fn tries_for_an_account_id_are_counted_whether_anybody_has_it_or_not() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let right = right(&letter);
    let unknown = Typed { id: "00000000", ..right };
    let spelt = Typed { practice: " y99999", id: &format!(" {}", letter.id), key: "x", ..right };
    for typed in [spelt, unknown] {
        for _ in 0..TRIES {
            assert!(matches!(tried(&fixture, now(), &typed), Tried::Wrong));
        }
    }
    // The fixture's clock stands on the hour.
    for typed in [right, unknown] {
        let Tried::Locked(wait) = tried(&fixture, at(600), &typed) else { panic!("not locked") };
        assert_eq!(wait, SignedDuration::from_secs(3000));
    }
    assert!(fits(&fixture, at(3600), &right), "the next hour");
    // A try that has failed to be counted is not looked at; the others have accounts of their own.
    assert!(matches!(tried(&fixture, at(0), &Typed { id: "11111111", ..right }), Tried::Wrong));
}

#[test]
fn of_many_who_sign_in_at_once_one_does() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let Tried::Fits(fitting) = tried(&fixture, now(), &right(&letter)) else { panic!("it does not fit") };
    let won = std::thread::scope(|scope| {
        let one = || fitting.sign_in(&*fixture.store, now()).unwrap().is_some();
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(won, 1);
}

#[test]
fn neither_the_key_nor_the_name_is_kept() {
    let fixture = Fixture::new();
    let letter = issued(&fixture);
    let kept = fixture.store.linkages(&subject("adult").practice).unwrap();
    let log = fixture.store.decisions(&subject("adult").practice, 0, 9).unwrap();
    let text = format!("{kept:?}{}", serde_json::to_string(&log).unwrap());
    for secret in [letter.key.as_str(), "ill-Test", "illtest", "1980-05-04"] {
        assert!(!text.contains(secret), "{text}");
    }
}

proptest! {
    /// No two different letters have the digest of one, however their parts are cut.
    #[test]
    fn parts_are_not_read_as_one_another(id in "[0-9 \n]{0,6}", key in "[0-9A-H \n]{0,6}", surname in "[a-c0-9 \n]{0,6}") {
        let one = Typed { practice: "Y99999", id: &id, key: &key, surname: &surname, born: ["4", "5", "1980"] };
        let joined = format!("{id}{key}");
        let other = Typed { id: &joined, key: "", ..one };
        prop_assert_eq!(digest(&one) == digest(&other), bare(&key).is_empty());
        let moved = Typed { key: &surname, surname: &key, ..one };
        let same = self::key(&surname) == self::key(&key) && self::surname(&surname) == self::surname(&key);
        prop_assert_eq!(digest(&one) == digest(&moved), same);
    }
}
