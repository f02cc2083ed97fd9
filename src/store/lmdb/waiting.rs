//! What waits in a patient's record, and since when. It lies beside the release, and changes with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use heed::{AnyTls, RoTxn, RwTxn};
use jiff::Timestamp;
use record::{EntryId, IssueCode, OdsCode, PatientKey};
use serde::{Deserialize, Serialize};

use super::{Lmdb, key, vault::Changes};
use crate::{StoreError, codec};

/// What waits in one patient's record.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Each with the second since which it waits.
    pub(super) entries: Vec<(EntryId, i64)>,
}

impl Waiting {
    /// What waits now, as it is kept: what waited before does so since then.
    pub(super) fn after(self, waiting: &[(EntryId, IssueCode)], made: Timestamp) -> Self {
        let before: HashMap<EntryId, i64> = self.entries.into_iter().collect();
        let since = |entry: &EntryId| before.get(entry).copied().unwrap_or(made.as_second());
        let entries: BTreeSet<&EntryId> = waiting.iter().map(|(entry, _)| entry).collect();
        Self { entries: entries.into_iter().map(|entry| (entry.clone(), since(entry))).collect() }
    }

    /// Since when what waits does so.
    pub(super) fn since(self) -> Result<BTreeMap<EntryId, Timestamp>, StoreError> {
        let at = |second| Timestamp::from_second(second).map_err(|_| StoreError::Damaged("waiting"));
        self.entries.into_iter().map(|(entry, second)| Ok((entry, at(second)?))).collect()
    }
}

impl Lmdb {
    /// What of a patient waits.
    pub(super) fn waiting_in(&self, txn: &RoTxn<'_, AnyTls>, patient: &[u8]) -> Result<Waiting, StoreError> {
        let found = self.waiting.get(txn, patient)?;
        Ok(found.map(|bytes| codec::unpack(bytes, "waiting")).transpose()?.unwrap_or_default())
    }

    /// Whether an entry waits that was last changed in a batch. A record that a batch has changed and not released yet
    /// tells only what waited before that batch.
    pub(super) fn waits_now(
        &self,
        txn: &RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        (entry, changed_in): (&EntryId, u64),
        changes: &mut Changes,
    ) -> Result<bool, StoreError> {
        if changes.is_again(changed_in) && self.dirty.get(txn, &key(practice, Some(patient), &[]))?.is_some()
        {
            return Ok(false);
        }
        self.waits(txn, practice, patient, entry, changes)
    }

    fn waits(
        &self,
        txn: &RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        entry: &EntryId,
        changes: &mut Changes,
    ) -> Result<bool, StoreError> {
        if !changes.waiting.contains_key(patient) {
            let waiting = self.waiting_in(txn, &key(practice, Some(patient), &[]))?;
            let entries = waiting.entries.into_iter().map(|(entry, _)| entry);
            changes.waiting.insert(patient.clone(), entries.collect());
        }
        Ok(changes.waiting.get(patient).is_some_and(|entries| entries.contains(entry)))
    }
}
