//! Entries whose key is unique in the whole practice, and removals that name nothing but the key. Whichever comes first,
//! the entry ends with the patient for whom it came last, and removed if that was said later still.

use heed::RwTxn;
use record::{Entry, EntryId, Fate, OdsCode, PatientKey, Place};
use serde::{Deserialize, Serialize};

use super::{Lmdb, key, vault::Changes};
use crate::{StoreError, codec};

/// What is known of a key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// For whom the entry came last, and in which sequence.
    patient: Option<(PatientKey, u64)>,
    /// The sequence in which it was last removed.
    removed: Option<u64>,
}

impl Lmdb {
    pub(super) fn put_keyed(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        patient: &PatientKey,
        new: &Entry,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = key(practice, None, &[new.id.as_str()]);
        let before = self.owner(txn, &at)?;
        let mut now = before.clone();
        let mut fate = self.put_entry(txn, practice, batch, patient, new, changes)?;
        let mut gone = |txn: &mut RwTxn<'_>, whose: &PatientKey, sequence: u64| {
            let deletion = deletion(&new.id, sequence, &new.place);
            self.put_entry(txn, practice, batch, whose, &deletion, changes)
        };
        match &before.patient {
            // It came for somebody else later than for this patient.
            Some((other, since)) if other != patient && *since > new.sequence => {
                gone(txn, patient, *since)?;
            }
            Some((other, _)) if other != patient => {
                gone(txn, other, new.sequence)?;
                now.patient = Some((patient.clone(), new.sequence));
            }
            Some((_, since)) if *since >= new.sequence => {}
            Some(_) | None => now.patient = Some((patient.clone(), new.sequence)),
        }
        if let Some(sequence) = before.removed
            && gone(txn, patient, sequence)? == Fate::Stored
        {
            fate = Fate::Stored;
        }
        if now != before {
            self.owner.put(txn, &at, &codec::pack(&now, "owner")?)?;
        }
        Ok(fate)
    }

    /// Removes whatever has the key. If nothing has it yet, that is kept until it comes.
    pub(super) fn put_removal(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        (id, sequence, place): (&EntryId, u64, &Place),
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = key(practice, None, &[id.as_str()]);
        let mut owner = self.owner(txn, &at)?;
        if owner.removed < Some(sequence) {
            owner.removed = Some(sequence);
            self.owner.put(txn, &at, &codec::pack(&owner, "owner")?)?;
        }
        match &owner.patient {
            Some((patient, _)) => {
                let deletion = deletion(id, sequence, place);
                self.put_entry(txn, practice, batch, patient, &deletion, changes)
            }
            None => Ok(Fate::Parked),
        }
    }

    fn owner(&self, txn: &RwTxn<'_>, at: &[u8]) -> Result<Owner, StoreError> {
        let found = self.owner.get(txn, at)?;
        found.map_or(Ok(Owner::default()), |bytes| codec::unpack(bytes, "owner"))
    }
}

fn deletion(id: &EntryId, sequence: u64, place: &Place) -> Entry {
    Entry { deleted: true, sequence, place: place.clone(), ..Entry::new(id.clone(), None) }
}
