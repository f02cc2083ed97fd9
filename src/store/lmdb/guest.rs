//! Guests: entries of feeds that name their patient by NHS number. They lie apart from every patient, under the
//! practice and their own id; whose record they may join is found anew whenever they or a patient's number change.
//!
//! `holder` says which patients have a number *in the vault*, released or not: were it read from what is released, two
//! patients with one number who come in one batch would each be taken for the only one.

use heed::{AnyTls, RoTxn, RwTxn};
use policy::{Another, Oversight};
use record::{Entry, EntryId, Fate, Identity, NhsNumber, OdsCode, PatientKey, Place};
use serde::{Deserialize, Serialize};

use super::{
    Lmdb,
    kept::{Kept, has_the_word, succeed},
    key,
    vault::Changes,
};
use crate::{Guest, OtherRecord, StoreError, codec};

/// A guest as it lies in the store.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptGuest {
    pub(super) identity: Identity,
    pub(super) kept: Kept,
}

impl Lmdb {
    pub(super) fn put_guest(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        identity: Identity,
        new: &Entry,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = key(practice, None, &[new.id.as_str()]);
        let old = self.guest_at(txn, &at)?;
        let old_kept = old.as_ref().map(|old| &old.kept);
        // Whom it is about is part of what it says: a deletion, or what was said before, does not change it.
        let identity = match &old {
            Some(old) if !has_the_word(Some(&old.kept), new) => old.identity,
            Some(_) | None => identity,
        };
        let mut kept = succeed(old_kept, new, batch);
        // A report that replaced this one did not have it: it had been taken back by then.
        let replaced = self.replaced(txn, practice, &new.id)?;
        if !kept.entry.deleted && kept.entry.sequence < replaced {
            kept = kept.deleted(replaced);
        }
        if let Some(old) = &old
            && kept.shown().same_as(&old.kept.shown())
            && identity == old.identity
        {
            let kept = Kept { batch: old.kept.batch, ..kept };
            let changed_in = kept.batch;
            if kept != old.kept {
                let same = KeptGuest { identity, kept };
                self.guest.put(txn, &at, &codec::pack(&same, "guest")?)?;
            }
            return self.guest_again(txn, practice, &identity, (&new.id, changed_in), changes);
        }
        if let Some(old) = &old {
            self.guest_number.delete(txn, &number_key(practice, &old.identity, new))?;
            changes.dirty.extend(self.holders(txn, practice, &old.identity.nhs_number)?);
        }
        self.guest_number.put(txn, &number_key(practice, &identity, new), &[])?;
        changes.dirty.extend(self.holders(txn, practice, &identity.nhs_number)?);
        self.guest.put(txn, &at, &codec::pack(&KeptGuest { identity, kept }, "guest")?)?;
        Ok(Fate::Stored)
    }

    /// Deletes a guest of whoever it is.
    pub(super) fn put_guest_gone(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        deletion: &Entry,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        match self.guest_at(txn, &key(practice, None, &[deletion.id.as_str()]))? {
            Some(old) => self.put_guest(txn, practice, batch, old.identity, deletion, changes),
            None => Ok(Fate::Rejected),
        }
    }

    /// Takes back what was said earlier under keys that begin like this ([`record::Fact::GuestsReplaced`]).
    pub(super) fn replace_guests(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        (within, sequence): (&EntryId, u64),
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        if !self.raise(txn, &replaced_key(practice, within.as_str()), sequence)? {
            return Ok(Fate::Unchanged);
        }
        let mut gone = Vec::new();
        let prefix = guest_key(practice, [within.as_str(), WITHIN].concat().as_bytes());
        for item in self.guest.prefix_iter(txn, &prefix)? {
            let (at, bytes) = item?;
            let found: KeptGuest = codec::unpack(bytes, "guest")?;
            if !found.kept.entry.deleted && found.kept.entry.sequence < sequence {
                let kept = Kept { batch, ..found.kept.deleted(sequence) };
                gone.push((at.to_vec(), KeptGuest { kept, ..found }));
            }
        }
        for (at, guest) in gone {
            self.guest.put(txn, &at, &codec::pack(&guest, "guest")?)?;
            changes.dirty.extend(self.holders(txn, practice, &guest.identity.nhs_number)?);
        }
        Ok(Fate::Stored)
    }

    /// The sequence of the last report that replaced what a guest is a part of; 0 if none did.
    fn replaced(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        guest: &EntryId,
    ) -> Result<u64, StoreError> {
        let mut last = 0;
        for (end, _) in guest.as_str().match_indices(WITHIN) {
            let within = guest.as_str().get(..end).unwrap_or_default();
            last = last.max(self.sequence_at(txn, &replaced_key(practice, within))?);
        }
        Ok(last)
    }

    /// What becomes of a guest that says nothing new: it waits on if it does so in the record of whoever has its number.
    fn guest_again(
        &self,
        txn: &RwTxn<'_>,
        practice: &OdsCode,
        identity: &Identity,
        (guest, changed_in): (&EntryId, u64),
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        for patient in self.holders(txn, practice, &identity.nhs_number)? {
            if self.waits_now(txn, practice, &patient, (guest, changed_in), changes)? {
                return Ok(Fate::Parked);
            }
        }
        Ok(changes.fate_of_known(changed_in))
    }

    /// The guests that a patient's record may have, and whether it is open whose they are: more than one patient has the
    /// number and none of their records is served. Where one is, messages about the person (GP2GP, GP Connect) make no
    /// second one of them; the guests are then those of that record, and of no other.
    pub(super) fn guests_for(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
        number: &NhsNumber,
        entries: &[(Entry, u64)],
        others: &[OtherRecord],
    ) -> Result<(Vec<(Guest, u64)>, bool), StoreError> {
        let others: Vec<&OtherRecord> = others.iter().filter(|other| !other.marks_only).collect();
        if !others.iter().any(|other| policy::is_living(&other.entries)) {
            return Ok((self.guests_of(txn, practice, number)?, false));
        }
        let own: Vec<Entry> = entries.iter().map(|(entry, _)| entry.clone()).collect();
        let nothing = Oversight::default();
        let mut all = vec![Another { patient, entries: &own, oversight: &nothing }];
        all.extend(others.into_iter().map(OtherRecord::seen));
        match policy::served(&all) {
            Some(served) if served != patient => Ok((Vec::new(), false)),
            served => Ok((self.guests_of(txn, practice, number)?, served.is_none())),
        }
    }

    /// The guests with a number, each with the batch that last changed it.
    fn guests_of(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<(Guest, u64)>, StoreError> {
        let prefix = key(practice, None, &[number.expose(), ""]);
        let mut guests = Vec::new();
        for item in self.guest_number.prefix_iter(txn, &prefix)? {
            let id = item?.0.get(prefix.len()..).unwrap_or_default();
            let found = self.guest_at(txn, &guest_key(practice, id))?.ok_or(StoreError::Damaged("guest"))?;
            let guest = Guest { identity: found.identity, entry: found.kept.shown() };
            guests.push((guest, found.kept.batch));
        }
        Ok(guests)
    }

    pub(super) fn unclaimed_guests(&self, practice: &OdsCode) -> Result<Vec<(Place, u64)>, StoreError> {
        let txn = self.reader()?;
        let mut unclaimed = Vec::new();
        for item in self.guest.prefix_iter(&txn, &key(practice, None, &[""]))? {
            let found: KeptGuest = codec::unpack(item?.1, "guest")?;
            let number = &found.identity.nhs_number;
            if !found.kept.entry.deleted && self.holders(&txn, practice, number)?.is_empty() {
                unclaimed.push((found.kept.entry.place, found.kept.batch));
            }
        }
        Ok(unclaimed)
    }

    fn guest_at(&self, txn: &RoTxn<'_, AnyTls>, at: &[u8]) -> Result<Option<KeptGuest>, StoreError> {
        self.guest.get(txn, at)?.map(|bytes| codec::unpack(bytes, "guest")).transpose()
    }
}

fn number_key(practice: &OdsCode, identity: &Identity, guest: &Entry) -> Vec<u8> {
    key(practice, None, &[identity.nhs_number.expose(), guest.id.as_str()])
}

/// What ends a key that others begin with.
const WITHIN: &str = "/";

/// Where the sequence of the last replacement is kept.
fn replaced_key(practice: &OdsCode, within: &str) -> Vec<u8> {
    [b"replaced\0", key(practice, None, &[within]).as_slice()].concat()
}

fn guest_key(practice: &OdsCode, id: &[u8]) -> Vec<u8> {
    [key(practice, None, &[""]).as_slice(), id].concat()
}
