//! What people of a practice decide about entries and records.

use super::*;

#[test]
fn what_is_decided_about_entries_is_kept_and_the_patient_is_projected_anew() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("patient", 1, &[]))]);
    settle(&f.store);
    let subject = Subject { practice: practice(), patient: patient("p") };
    assert_eq!(f.store.oversight(&subject).unwrap(), policy::Oversight::default());
    let decided =
        policy::Decided { by: "Dr A".into(), at: jiff::Timestamp::UNIX_EPOCH, why: "asked to".into() };
    let oversight = policy::Oversight {
        hidden: [(EntryId::new("x").unwrap(), decided)].into(),
        ..policy::Oversight::default()
    };
    f.store.set_oversight(&subject, &oversight).unwrap();
    assert_eq!(f.store.oversight(&subject).unwrap(), oversight);
    assert_eq!(f.store.facts(&practice(), &patient("p")).unwrap().oversight, oversight);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
}
