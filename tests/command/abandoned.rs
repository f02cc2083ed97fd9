//! A batch that was interrupted and whose files are lost.

use record::{Fact, MarksCarried, PatientKey};
use store::Store;

use super::{
    run,
    site::{PRACTICE, Site, small},
};
use crate::support::practice;

fn abandon(site: &Site) -> super::Ran {
    run(&["admin", "abandon-batch", "--config", &site.config(), "--practice", PRACTICE])
}

#[test]
fn a_lost_batch_holds_up_the_next_until_it_is_given_up() {
    let site = Site::loaded();
    site.store().begin(&practice(), "emis-csv, lost.csv and 7 more, 0123").unwrap();
    site.ingest(&small().dir).says(&["lost.csv and 7 more", "admin abandon-batch"]);
    let ran = abandon(&site);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran:?}");
    for words in ["lost.csv", "0 entries", "full export"] {
        assert!(ran.err.contains(words), "{words:?} is not in: {}", ran.err);
    }
    assert_eq!(site.ingest(&small().dir).code, Some(0));
    abandon(&site).says(&["has no batch that was begun and not finished"]);
}

#[test]
fn what_a_lost_batch_brought_is_shown_to_nobody_until_it_is_sent_again() {
    let site = Site::loaded();
    let shown = || {
        let held = site.held();
        held.values().filter_map(|patient| patient.released.as_ref()).map(|r| r.bodies().len()).sum::<usize>()
    };
    let before = shown();
    assert!(before > 10, "{before}");
    {
        let store = site.store();
        let mut facts = Vec::new();
        for key in small().patients() {
            let patient = PatientKey::new(&key).unwrap();
            for (mut entry, _) in store.facts(&practice(), &patient).unwrap().entries {
                // Each says something else than it did.
                entry.marks.clear();
                entry.marks_carried = MarksCarried::Yes;
                entry.sequence += 1_000_000;
                facts.push(Fact::Entry(patient.clone(), Box::new(entry)));
            }
        }
        let batch = store.begin(&practice(), "lost").unwrap().batch;
        store.put(&practice(), batch, &facts).unwrap();
    }
    assert_eq!(shown(), before, "what was released is served until it is decided");
    assert_eq!(abandon(&site).code, Some(0));
    assert_eq!(shown(), 0);
}
