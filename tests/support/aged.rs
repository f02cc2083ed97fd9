//! Records as a version with other tables would have left them.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use policy::{BodyChange, MadeWith, Release, View};
use record::{OdsCode, PatientKey};
use store::{Lmdb, NewRelease, Store, Subject};

/// Tables that say otherwise what is shown.
pub fn other_tables() -> MadeWith {
    MadeWith { shown: [7; 16], all: [7; 16], ..MadeWith::default() }
}

/// Tables that only write otherwise.
pub fn other_writing() -> MadeWith {
    MadeWith {
        all: [7; 16],
        ..project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default())
    }
}

/// Another body than any table makes.
pub fn other_body(id: &str, view: View) -> Vec<u8> {
    format!(r#"{{"resourceType":"Observation","id":"{id}","meta":{{"tag":[]}},"status":"{}"}}"#, view.name())
        .into_bytes()
}

/// Gives every record of a practice that other origin, and other bodies to the resources of which `other` says so.
pub fn age(store: &Lmdb, practice: &OdsCode, made_with: MadeWith, other: impl Fn(&str) -> bool) {
    store.make_with(practice, &made_with).unwrap();
    let patients = store.patients(practice, None, usize::MAX).unwrap();
    assert!(!patients.is_empty());
    for patient in patients {
        let new = aged(store, practice, patient, made_with, &other);
        let as_of = store.practice(practice).unwrap().as_of();
        assert!(store.release(practice, &as_of, &[new]).unwrap());
    }
    assert_eq!(store.dirty_count(practice).unwrap(), 0);
}

fn aged(
    store: &Lmdb,
    practice: &OdsCode,
    patient: PatientKey,
    made_with: MadeWith,
    other: &dyn Fn(&str) -> bool,
) -> NewRelease {
    let subject = Subject { practice: practice.clone(), patient };
    let access = store.feed_access(&subject).unwrap();
    let mut released = store.read(&subject).unwrap().unwrap().released().clone();
    released.made_with = made_with;
    let mut bodies = Vec::new();
    for header in released.headers.iter_mut().filter(|header| other(&header.id)) {
        let views = [(View::Coded, &mut header.coded), (View::Full, &mut header.full)];
        for (view, shown) in views.into_iter().filter_map(|(view, shown)| Some((view, shown.as_mut()?))) {
            let bytes = other_body(&header.id, view);
            shown.digest.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..16]);
            bodies.push(BodyChange { id: header.id.clone(), view, bytes: Some(bytes) });
        }
    }
    let release = Release { released, access, bodies };
    NewRelease {
        patient: subject.patient,
        release,
        waiting: vec![],
        made: Timestamp::UNIX_EPOCH,
        incomplete: false,
        screened: None,
    }
}
