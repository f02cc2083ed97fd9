//! The vault: facts as they came, and the marks of what must be projected anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use heed::{AnyTls, RoTxn, RwTxn};
use record::{Entry, EntryId, Fact, Fate, OdsCode, PatientKey, ReferenceKey};

use super::{
    Lmdb,
    files::Names,
    kept::{Kept, Packed, succeed},
    key, under,
};
use crate::{Begun, PatientFacts, Practice, StoreError, Whole, codec};

/// What one call of `put` has changed so far.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) dirty: BTreeSet<PatientKey>,
    pub(super) dictionary_grew: bool,
    pub(super) dictionary_changed: bool,
    pub(super) staff_grew: bool,
    pub(super) waiting: BTreeMap<PatientKey, BTreeSet<EntryId>>,
    names: Names,
    /// The batch, if it was interrupted and is read once more.
    again: Option<u64>,
}

impl Changes {
    /// Whether what this batch changed before it was interrupted is told once more.
    pub(super) fn is_again(&self, changed_in: u64) -> bool {
        self.again == Some(changed_in)
    }

    /// What became of a row that says what is known already, by the batch that changed that last: before an
    /// interruption it was this row.
    pub(super) fn fate_of_known(&self, changed_in: u64) -> Fate {
        if self.is_again(changed_in) { Fate::Stored } else { Fate::Unchanged }
    }
}

impl Lmdb {
    pub(super) fn begin_batch(&self, practice: &OdsCode, fingerprint: &str) -> Result<Begun, StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        let was_open = settings.open_batch.is_some();
        if let Some(open) = settings.open_batch.take().filter(|open| open != fingerprint) {
            return Err(StoreError::BatchOpen { fingerprint: open });
        }
        settings.begun_again = was_open || settings.untold_batch.take().as_deref() == Some(fingerprint);
        settings.batches += u64::from(!settings.begun_again);
        settings.open_batch = Some(fingerprint.to_owned());
        self.put_practice(&mut txn, practice, &settings)?;
        self.clear_log(&mut txn, practice, settings.batches)?;
        self.commit(txn)?;
        Ok(Begun { batch: settings.batches, resumed: settings.begun_again })
    }

    pub(super) fn close_batch(&self, practice: &OdsCode) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        settings.untold_batch = settings.open_batch.take();
        self.tell_kin(&mut txn, practice)?;
        let (name, shares) = self.own_organisation(&txn, practice)?;
        settings.name = name.or(settings.name);
        settings.shares = shares;
        self.put_practice(&mut txn, practice, &settings)?;
        self.commit(txn)
    }

    pub(super) fn settle_batch(&self, practice: &OdsCode) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        if settings.untold_batch.take().is_some() {
            self.put_practice(&mut txn, practice, &settings)?;
        }
        self.commit(txn)
    }

    /// Closes the practice's record if its agreement has ended, in the midst of a batch too: that does not wait for the
    /// batch's end. To open it does.
    pub(super) fn stop_sharing(&self, txn: &mut RwTxn<'_>, practice: &OdsCode) -> Result<(), StoreError> {
        let mut settings = self.practice_in(txn, practice)?;
        if settings.shares && !self.own_organisation(txn, practice)?.1 {
            settings.shares = false;
            self.put_practice(txn, practice, &settings)?;
        }
        Ok(())
    }

    pub(super) fn put_practice(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        settings: &Practice,
    ) -> Result<(), StoreError> {
        self.put_document(txn, self.practice, practice.as_str().as_bytes(), settings, "practice")
    }

    pub(super) fn put_facts(
        &self,
        practice: &OdsCode,
        batch: u64,
        facts: &[Fact],
    ) -> Result<Vec<Fate>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let again = self.practice_in(&txn, practice)?.begun_again.then_some(batch);
        let mut changes = Changes { again, ..Changes::default() };
        let mut fates = Vec::with_capacity(facts.len());
        for fact in facts {
            fates.push(match fact {
                Fact::Entry(patient, entry) => {
                    self.put_entry(&mut txn, practice, batch, patient, entry, &mut changes)?
                }
                Fact::Keyed(patient, entry) => {
                    self.put_keyed(&mut txn, practice, batch, patient, entry, &mut changes)?
                }
                Fact::Removed(id, sequence, place) => {
                    self.put_removal(&mut txn, practice, batch, (id, *sequence, place), &mut changes)?
                }
                Fact::Guest(identity, entry) => {
                    self.put_guest(&mut txn, practice, batch, *identity, entry, &mut changes)?
                }
                Fact::GuestGone(entry) => {
                    self.put_guest_gone(&mut txn, practice, batch, entry, &mut changes)?
                }
                Fact::Reference(at, reference, sequence) => {
                    self.put_reference(&mut txn, practice, batch, (at, reference, *sequence), &mut changes)?
                }
                Fact::GuestsReplaced(within, sequence) => {
                    self.replace_guests(&mut txn, practice, batch, (within, *sequence), &mut changes)?
                }
                Fact::Whole(_) => Fate::Unchanged,
            });
        }
        self.mark_dirty(&mut txn, practice, &changes)?;
        if facts.iter().any(tells_of_sharing) {
            self.stop_sharing(&mut txn, practice)?;
        }
        self.commit(txn)?;
        self.mapped.keep_small();
        Ok(fates)
    }

    pub(super) fn put_entry(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        patient: &PatientKey,
        new: &Entry,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = key(practice, Some(patient), &[new.id.as_str()]);
        let old = self.kept_in(txn, practice, patient, &new.id, &mut changes.names)?;
        let mut next = succeed(old.as_ref(), new, batch);
        // A whole record of a later sequence did not have it: it had been deleted by then.
        let whole = self.sequence_at(txn, &whole_key(practice, patient))?;
        if !next.entry.deleted && next.entry.sequence < whole {
            next = next.deleted(whole);
        }
        if is_patient(new) && new.deleted && self.raise(txn, &gone_key(practice, patient), new.sequence)? {
            changes.dirty.insert(patient.clone());
        }
        if let Some(old) = &old
            && next.shown().same_as(&old.shown())
        {
            let same = Kept { batch: old.batch, ..next };
            if same != *old {
                self.put_kept(txn, practice, &at, &same, changes)?;
            }
            let waits = self.waits_now(txn, practice, patient, (&new.id, old.batch), changes)?;
            return Ok(if waits { Fate::Parked } else { changes.fate_of_known(old.batch) });
        }
        self.put_kept(txn, practice, &at, &next, changes)?;
        self.hold(txn, practice, patient, old.as_ref().map(|old| &old.entry), &next.entry, changes)?;
        changes.dirty.insert(patient.clone());
        Ok(Fate::Stored)
    }

    /// An entry as it lies in the vault.
    pub(super) fn kept_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
        id: &EntryId,
        names: &mut Names,
    ) -> Result<Option<Kept>, StoreError> {
        let found = self.vault.get(txn, &key(practice, Some(patient), &[id.as_str()]))?;
        let packed = found.map(|bytes| codec::unpack(bytes, "vault")).transpose()?;
        packed.map(|packed| self.unpacked(txn, practice, id.clone(), packed, names)).transpose()
    }

    fn put_kept(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        at: &[u8],
        kept: &Kept,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let file = self.number_of_file(txn, practice, &kept.entry.place.file, &mut changes.names)?;
        Ok(self.vault.put(txn, at, &codec::pack(&kept.packed(file), "vault")?)?)
    }

    fn unpacked(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        id: EntryId,
        packed: Packed<'_>,
        names: &mut Names,
    ) -> Result<Kept, StoreError> {
        let file = self.name_of_file(txn, practice, packed.file, names)?;
        Ok(packed.kept(id, file))
    }

    /// A code or member of staff that changed may show in any record of the practice; one that is new can only show
    /// in records where something was missing, and a member of staff in those whose text was screened.
    pub(super) fn mark_dirty(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        changes: &Changes,
    ) -> Result<(), StoreError> {
        let mut keys: BTreeSet<Vec<u8>> = changes.dirty.iter().map(|p| key(practice, Some(p), &[])).collect();
        let spaces = [
            (changes.dictionary_changed, self.released),
            (changes.dictionary_grew, self.waiting),
            (changes.staff_grew, self.review),
        ];
        for (_, space) in spaces.into_iter().filter(|(concerned, _)| *concerned) {
            for item in space.prefix_iter(txn, &under(practice, None))? {
                keys.insert(item?.0.to_vec());
            }
        }
        for key in keys {
            self.dirty.put(txn, &key, &[])?;
        }
        Ok(())
    }

    /// A sequence that is kept beside a patient's entries; 0 if none was.
    pub(super) fn sequence_at(&self, txn: &RoTxn<'_, AnyTls>, at: &[u8]) -> Result<u64, StoreError> {
        self.meta.get(txn, at)?.map_or(Ok(0), |bytes| {
            bytes.try_into().map(u64::from_le_bytes).map_err(|_| StoreError::Damaged("sequence"))
        })
    }

    /// Raises such a sequence; says whether it was lower.
    pub(super) fn raise(&self, txn: &mut RwTxn<'_>, at: &[u8], sequence: u64) -> Result<bool, StoreError> {
        let higher = self.sequence_at(txn, at)? < sequence;
        if higher {
            self.meta.put(txn, at, &sequence.to_le_bytes())?;
        }
        Ok(higher)
    }

    pub(super) fn retain_entries(
        &self,
        practice: &OdsCode,
        batch: u64,
        wholes: &[Whole],
    ) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut changes = Changes::default();
        for whole in wholes {
            self.retain_of_one(&mut txn, practice, batch, whole, &mut changes)?;
        }
        self.mark_dirty(&mut txn, practice, &changes)?;
        self.commit(txn)
    }

    fn retain_of_one(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        Whole { patient, keep, sequence }: &Whole,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        self.raise(txn, &whole_key(practice, patient), *sequence)?;
        let prefix = under(practice, Some(patient));
        let keep: BTreeSet<&[u8]> = keep.iter().map(|id| id.as_str().as_bytes()).collect();
        let mut leave = Vec::new();
        for item in self.vault.prefix_iter(txn, &prefix)? {
            let (key, bytes) = item?;
            // Most stay, and need not be read for that.
            if key.get(prefix.len()..).is_some_and(|id| keep.contains(id)) {
                continue;
            }
            let packed = codec::unpack(bytes, "vault")?;
            let kept = self.unpacked(txn, practice, id_of(&prefix, key)?, packed, &mut changes.names)?;
            if !(kept.entry.deleted || kept.entry.sequence > *sequence) {
                let before = kept.entry.clone();
                leave.push((key.to_vec(), before, Kept { batch, ..kept.deleted(*sequence) }));
            }
        }
        for (key, before, kept) in &leave {
            self.put_kept(txn, practice, key, kept, changes)?;
            self.hold(txn, practice, patient, Some(before), &kept.entry, changes)?;
            changes.dirty.insert(patient.clone());
        }
        Ok(())
    }

    pub(super) fn dirty_patients(
        &self,
        practice: &OdsCode,
        limit: usize,
    ) -> Result<Vec<PatientKey>, StoreError> {
        let txn = self.reader()?;
        let settings: Option<Practice> =
            self.document_in(&txn, self.practice, practice.as_str().as_bytes(), "practice")?;
        if settings.is_some_and(|settings| settings.open_batch.is_some()) {
            return Ok(Vec::new());
        }
        let keys = self.dirty.prefix_iter(&txn, &under(practice, None))?.take(limit);
        keys.map(|item| patient_of(practice, item?.0, "dirty")).collect()
    }

    pub(super) fn released_patients(
        &self,
        practice: &OdsCode,
        after: Option<&PatientKey>,
        limit: usize,
    ) -> Result<Vec<PatientKey>, StoreError> {
        let txn = self.reader()?;
        let all = under(practice, None);
        let first = key(practice, after, &[]);
        // A patient's own key is passed over; the practice's alone belongs to nobody.
        let from = (Bound::Excluded(first.as_slice()), Bound::Unbounded);
        let keys = self.released.range(&txn, &from)?;
        let mut patients = Vec::new();
        for item in keys.take(limit) {
            let at = item?.0;
            if !at.starts_with(&all) {
                break;
            }
            patients.push(patient_of(practice, at, "release")?);
        }
        Ok(patients)
    }

    pub(super) fn patient_facts(
        &self,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<PatientFacts, StoreError> {
        self.patient_facts_in(&*self.reader()?, practice, patient)
    }

    pub(super) fn patient_facts_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<PatientFacts, StoreError> {
        let entries = self.own_entries(txn, practice, patient)?;
        let identity = entries.iter().find_map(|(entry, _): &(Entry, u64)| entry.identity());
        let said = entries.iter().find_map(|(entry, _)| entry.identity_said());
        let others = match said {
            Some(said) => self.others(txn, practice, patient, &said.nhs_number, false)?,
            None => match self.lost_number(txn, practice, patient)? {
                Some(lost) => self.others(txn, practice, patient, &lost, true)?,
                None => Vec::new(),
            },
        };
        let (guests, number_shared) = match identity {
            Some(identity) => {
                self.guests_for(txn, practice, patient, &identity.nhs_number, &entries, &others)?
            }
            None => (Vec::new(), false),
        };
        let released = self.released_in(txn, practice, patient)?.map(std::sync::Arc::new);
        let at = key(practice, Some(patient), &[]);
        let oversight = self.document_in(txn, self.oversight, &at, "oversight")?.unwrap_or_default();
        let waiting_since = self.waiting_in(txn, &at)?.since()?;
        Ok(PatientFacts { entries, guests, number_shared, others, oversight, released, waiting_since })
    }

    /// Every entry of a patient's own with the batch that last changed it.
    pub(super) fn own_entries(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<Vec<(Entry, u64)>, StoreError> {
        let gone = self.sequence_at(txn, &gone_key(practice, patient))?;
        let (mut entries, mut names, prefix) = (Vec::new(), Names::default(), under(practice, Some(patient)));
        for item in self.vault.prefix_iter(txn, &prefix)? {
            let (key, bytes) = item?;
            let packed = codec::unpack(bytes, "vault")?;
            let kept = self.unpacked(txn, practice, id_of(&prefix, key)?, packed, &mut names)?;
            let mut entry = kept.shown();
            // A patient who is deleted takes along all that had been said of them, and it stays gone if they return.
            entry.deleted |= !is_patient(&entry) && entry.sequence < gone;
            entries.push((entry, kept.batch));
        }
        Ok(entries)
    }
}

fn tells_of_sharing(fact: &Fact) -> bool {
    matches!(fact, Fact::Reference(ReferenceKey::Sharing(_) | ReferenceKey::Organisation(_), ..))
}

pub(super) fn patient_of(
    practice: &OdsCode,
    at: &[u8],
    space: &'static str,
) -> Result<PatientKey, StoreError> {
    let name = at.get(under(practice, None).len()..).and_then(|name| std::str::from_utf8(name).ok());
    name.and_then(PatientKey::new).ok_or(StoreError::Damaged(space))
}

/// The entry's own key, which is the end of the engine's.
fn id_of(prefix: &[u8], at: &[u8]) -> Result<EntryId, StoreError> {
    let id = at.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
    id.and_then(EntryId::new).ok_or(StoreError::Damaged("vault"))
}

fn whole_key(practice: &OdsCode, patient: &PatientKey) -> Vec<u8> {
    [b"whole\0", key(practice, Some(patient), &[]).as_slice()].concat()
}

/// Where the sequence of a patient's last deletion is kept.
fn gone_key(practice: &OdsCode, patient: &PatientKey) -> Vec<u8> {
    [b"gone\0", key(practice, Some(patient), &[]).as_slice()].concat()
}

fn is_patient(entry: &Entry) -> bool {
    entry.id == EntryId::of_patient()
}
