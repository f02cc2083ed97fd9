//! Giving up a batch whose files are lost.

use std::ops::Bound;

use heed::RwTxn;
use record::{OdsCode, PatientKey};
use serde::{Serialize, de::DeserializeOwned};

use super::{Lmdb, Space, guest::KeptGuest, kept::Packed, under, vault::Changes};
use crate::{Abandoned, StoreError, codec};

impl Lmdb {
    pub(super) fn abandon_batch(&self, practice: &OdsCode) -> Result<Option<Abandoned>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        let Some(fingerprint) = settings.open_batch.take() else { return Ok(None) };
        self.put_practice(&mut txn, practice, &settings)?;
        let batch = settings.batches;
        // What was logged of it would look like the log of a whole batch.
        self.clear_log(&mut txn, practice, batch)?;
        let mut changes = Changes::default();
        let entries = self.give_up_entries(&mut txn, practice, batch, &mut changes)?
            + self.give_up_guests(&mut txn, practice, batch, &mut changes)?;
        self.mark_dirty(&mut txn, practice, &changes)?;
        self.tell_kin(&mut txn, practice)?;
        self.stop_sharing(&mut txn, practice)?;
        self.commit(txn)?;
        Ok(Some(Abandoned { fingerprint, entries }))
    }

    fn give_up_entries(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        changes: &mut Changes,
    ) -> Result<u64, StoreError> {
        let prefix = under(practice, None);
        let given_up = |kept: Packed<'static>| (kept.batch == batch).then(|| kept.given_up());
        rewrite(self.vault, txn, &prefix, "vault", given_up, |key| {
            let patient = key.get(prefix.len()..).and_then(|rest| rest.split(|byte| *byte == 0).next());
            let patient = patient.and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(PatientKey::new);
            changes.dirty.insert(patient.ok_or(StoreError::Damaged("vault"))?);
            Ok(())
        })
    }

    fn give_up_guests(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        changes: &mut Changes,
    ) -> Result<u64, StoreError> {
        let mut numbers = Vec::new();
        let given_up = |guest: KeptGuest| {
            (guest.kept.batch == batch).then(|| {
                numbers.push(guest.identity.nhs_number);
                KeptGuest { kept: guest.kept.given_up(), ..guest }
            })
        };
        let count = rewrite(self.guest, txn, &under(practice, None), "guest", given_up, |_| Ok(()))?;
        for number in numbers {
            changes.dirty.extend(self.holders(txn, practice, &number)?);
        }
        Ok(count)
    }
}

/// Values that are held in memory at a time.
const CHUNK: usize = 4_000;

/// Replaces the values under a prefix for which there is something to replace them with; calls `seen` with each of
/// their keys.
fn rewrite<T: Serialize + DeserializeOwned>(
    space: Space,
    txn: &mut RwTxn<'_>,
    prefix: &[u8],
    name: &'static str,
    mut replace: impl FnMut(T) -> Option<T>,
    mut seen: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    let (mut from, mut count) = (Bound::Included(prefix.to_vec()), 0);
    loop {
        let (mut looked_at, mut changed) = (0, Vec::new());
        let mut last = None;
        for item in space.range(txn, &(from.as_ref().map(Vec::as_slice), Bound::Unbounded))?.take(CHUNK) {
            let (key, bytes) = item?;
            if !key.starts_with(prefix) {
                break;
            }
            looked_at += 1;
            last = Some(key.to_vec());
            if let Some(value) = replace(codec::unpack(bytes, name)?) {
                seen(key)?;
                changed.push((key.to_vec(), codec::pack(&value, name)?));
            }
        }
        count += changed.len() as u64;
        for (key, bytes) in &changed {
            space.put(txn, key, bytes)?;
        }
        match last {
            Some(key) if looked_at == CHUNK => from = Bound::Excluded(key),
            Some(_) | None => return Ok(count),
        }
    }
}
