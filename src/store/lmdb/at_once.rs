//! What a decision withholds counts in the transaction that writes it down, whether or not a batch is open: in the record
//! that it is about and in those that other feeds of the practice have of the person, of which only one is served.
//!
//! A projection withholds no more than this and perhaps less; until then it is what is released that is made to show less.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use heed::RwTxn;
use jiff::Timestamp;
use policy::{
    Another, FeedAccess, Oversight, Reason, Release, Released, with_marks_of_others, with_words_of_others,
    withheld_by,
};
use record::{CodeClass, Coded, Dictionary, Entry, EntryId, OdsCode, OnlineUser, PatientKey, Staff};

use super::{Lmdb, key};
use crate::{Change, PatientFacts, StoreError};

/// What is to be withheld of a record.
#[derive(Default)]
struct Less {
    /// Entries that a reason speaks against, with the reason.
    entries: BTreeMap<EntryId, Reason>,
    /// Entries whose words stay back.
    words: BTreeSet<EntryId>,
    /// The whole record is marked as sensitive.
    all: bool,
}

impl Lmdb {
    /// Withholds what a decision about an entry withholds. The decision must have been put before.
    pub(super) fn withhold_at_once(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !matches!(change, Change::Hide { .. } | Change::Review { release: false, .. }) {
            return Ok(());
        }
        let facts = self.patient_facts_in(txn, practice, patient)?;
        let others: Vec<PatientKey> = facts.others.iter().map(|other| other.patient.clone()).collect();
        self.show_less(txn, practice, patient, &own(facts, change), now)?;
        for other in others {
            let facts = self.patient_facts_in(txn, practice, &other)?;
            let dictionary = Codes { store: self, practice, failed: Cell::new(None) };
            let less = in_another_feed(facts, &dictionary);
            dictionary.failed.take().map_or(Ok(()), Err)?;
            self.show_less(txn, practice, &other, &less, now)?;
        }
        Ok(())
    }

    /// Labels everything that is released of what is withheld, and takes words away; no body of it is given out any more.
    fn show_less(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        less: &Less,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(before) = self.released_in(txn, practice, patient)? else { return Ok(()) };
        let mut released: Released = before.without_words_of(&less.words, now);
        released.standing.sensitive |= less.all;
        for header in &mut released.headers {
            let sources = header.sources.iter().filter_map(|id| less.entries.get_key_value(id));
            sources.for_each(|(id, reason)| header.labels.add(*reason, id));
        }
        if released == before {
            return Ok(());
        }
        let release = Release { released, access: FeedAccess::default(), bodies: Vec::new() };
        self.swap_bodies(txn, &key(practice, Some(patient), &[]), Some(&before), &release)?;
        self.put_released(txn, practice, patient, &release.released)
    }
}

/// What is withheld of the record that the decision is about.
fn own(facts: PatientFacts, change: &Change) -> Less {
    let mut less = Less::default();
    match change {
        Change::Review { entry, .. } => _ = less.words.insert(entry.clone()),
        _ => {
            let oversight = &facts.oversight;
            let guests = facts.guests.into_iter().map(|(guest, _)| guest.entry);
            let entries: Vec<Entry> =
                facts.entries.into_iter().map(|(entry, _)| entry).chain(guests).collect();
            let reason = Reason::HiddenByPractice;
            let mut hidden = withheld_by(reason, &entries, oversight);
            // One that has not come, or not in this shape, may still be what something was made from.
            hidden.extend(oversight.hidden.keys().cloned());
            less.entries = hidden.into_iter().map(|id| (id, reason)).collect();
        }
    }
    less
}

/// What is withheld of another feed's record, by all that is marked and decided in the others.
fn in_another_feed(facts: PatientFacts, dictionary: &dyn Dictionary) -> Less {
    let of_own = facts.entries.len();
    let guests = facts.guests.into_iter().map(|(guest, _)| guest.entry);
    let entries: Vec<Entry> = facts.entries.into_iter().map(|(entry, _)| entry).chain(guests).collect();
    let others = facts.others.iter();
    let others: Vec<Another<'_>> = others
        .map(|other| Another {
            patient: &other.patient,
            entries: &other.entries,
            oversight: &other.oversight,
        })
        .collect();
    let entries = with_marks_of_others(entries, of_own, &facts.oversight, &others, dictionary);
    let oversight: Oversight = with_words_of_others(&entries, of_own, &facts.oversight, &others, dictionary);
    let reason = Reason::MarkedInAnotherFeed;
    let marked = withheld_by(reason, &entries, &oversight);
    Less {
        all: marked.contains(&EntryId::of_patient()),
        entries: marked.into_iter().map(|id| (id, reason)).collect(),
        words: oversight.withheld_elsewhere,
    }
}

/// The practice's codes, as far as entries are compared by them.
struct Codes<'a> {
    store: &'a Lmdb,
    practice: &'a OdsCode,
    failed: Cell<Option<StoreError>>,
}

impl Dictionary for Codes<'_> {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        self.store.find_code(self.practice, key).unwrap_or_else(|error| {
            self.failed.set(Some(error));
            None
        })
    }

    fn staff(&self, _: &str) -> Option<Staff> {
        None
    }

    fn online_user(&self, _: &str) -> Option<OnlineUser> {
        None
    }
}
