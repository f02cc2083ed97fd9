//! The review queue. A patient whose texts were screened has a value here even if nothing waits: it then counts for the
//! record who is on the practice's staff.

use std::ops::Bound;

use heed::RwTxn;
use policy::{Found, Queued};
use record::{OdsCode, PatientKey};

use super::{Lmdb, key, under, vault::patient_of};
use crate::{ReviewQueue, StoreError, codec};

impl ReviewQueue for Lmdb {
    fn queued(
        &self,
        practice: &OdsCode,
        after: Option<&PatientKey>,
        limit: usize,
    ) -> Result<Vec<(PatientKey, Vec<Queued>)>, StoreError> {
        let txn = self.reader()?;
        let all = under(practice, None);
        let first = key(practice, after, &[]);
        let from = (Bound::Excluded(first.as_slice()), Bound::Unbounded);
        let mut found = Vec::new();
        for item in self.review.range(&txn, &from)? {
            let (at, bytes) = item?;
            if found.len() == limit || !at.starts_with(&all) {
                break;
            }
            let queued: Vec<Queued> = codec::unpack(bytes, "review")?;
            if !queued.is_empty() {
                found.push((patient_of(practice, at, "review")?, queued));
            }
        }
        Ok(found)
    }
}

impl Lmdb {
    /// Replaces what waits of a patient. A text that waited before has waited since then.
    pub(super) fn put_queued(
        &self,
        txn: &mut RwTxn<'_>,
        patient: &[u8],
        screened: Option<&[Queued]>,
    ) -> Result<(), StoreError> {
        let Some(queued) = screened else {
            self.review.delete(txn, patient)?;
            return Ok(());
        };
        let before = self.review.get(txn, patient)?;
        let before: Vec<Queued> =
            before.map(|bytes| codec::unpack(bytes, "review")).transpose()?.unwrap_or_default();
        let since = |new: &Queued| {
            let same = before.iter().find(|old| same_words(&old.found, &new.found));
            Queued { since: same.map_or(new.since, |old| old.since), ..new.clone() }
        };
        let queued: Vec<Queued> = queued.iter().map(since).collect();
        Ok(self.review.put(txn, patient, &codec::pack(&queued, "review")?)?)
    }
}

fn same_words(one: &Found, other: &Found) -> bool {
    let words = |found: &Found| found.texts.iter().map(|text| text.text.clone()).collect::<Vec<_>>();
    one.entry == other.entry && words(one) == words(other)
}
