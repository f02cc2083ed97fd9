//! The vault: facts as they came, the marks of what must be projected anew, and the practice's dictionary.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use heed::RwTxn;
use record::{
    CodeClass, Coded, Entry, EntryId, Fact, Fate, IssueCode, OdsCode, PatientKey, Reference, ReferenceKey,
    Staff,
};
use serde::{Deserialize, Serialize};

use super::{Lmdb, key, under};
use crate::{Begun, PatientFacts, Practice, StoreError, codec};

/// An entry as it lies in the vault.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The batch that last changed it.
    pub(super) batch: u64,
    /// The sequence of what it says: older than the entry's own where it was deleted since. None while nothing but
    /// its deletion has come.
    pub(super) said: Option<u64>,
    pub(super) entry: Entry,
}

/// A practice's fact as it lies in the vault.
#[derive(Serialize, Deserialize)]
struct KeptReference {
    sequence: u64,
    reference: Reference,
}

/// What waits in one patient's record.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) entries: Vec<EntryId>,
}

/// What one call of `put` has changed so far.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) dirty: BTreeSet<PatientKey>,
    dictionary_grew: bool,
    dictionary_changed: bool,
    waiting: BTreeMap<PatientKey, BTreeSet<EntryId>>,
}

impl Lmdb {
    pub(super) fn begin_batch(&self, practice: &OdsCode, fingerprint: &str) -> Result<Begun, StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        let resumed = match &settings.open_batch {
            Some(open) if open == fingerprint => true,
            Some(open) => return Err(StoreError::BatchOpen { fingerprint: open.clone() }),
            None => {
                settings.batches += 1;
                settings.open_batch = Some(fingerprint.to_owned());
                false
            }
        };
        self.put_practice(&mut txn, practice, &settings)?;
        self.begin_log(&mut txn, practice, settings.batches)?;
        txn.commit()?;
        Ok(Begun { batch: settings.batches, resumed })
    }

    pub(super) fn close_batch(&self, practice: &OdsCode) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        settings.open_batch = None;
        let (name, shares) = self.own_organisation(&txn, practice)?;
        settings.name = name.or(settings.name);
        settings.shares = shares;
        self.put_practice(&mut txn, practice, &settings)?;
        Ok(txn.commit()?)
    }

    fn put_practice(
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
        let mut changes = Changes::default();
        let mut fates = Vec::with_capacity(facts.len());
        for fact in facts {
            fates.push(match fact {
                Fact::Entry(patient, entry) => {
                    self.put_entry(&mut txn, practice, batch, patient, entry, &mut changes)?
                }
                Fact::Guest(identity, entry) => {
                    self.put_guest(&mut txn, practice, batch, *identity, entry, &mut changes)?
                }
                Fact::Reference(at, reference, sequence) => {
                    self.put_reference(&mut txn, practice, at, reference, *sequence, &mut changes)?
                }
                Fact::Whole(_) => Fate::Unchanged,
            });
        }
        self.mark_dirty(&mut txn, practice, &changes)?;
        txn.commit()?;
        Ok(fates)
    }

    fn put_entry(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        patient: &PatientKey,
        new: &Entry,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = key(practice, Some(patient), &[new.id.as_str()]);
        let old: Option<Kept> =
            self.vault.get(txn, &at)?.map(|bytes| codec::unpack(bytes, "vault")).transpose()?;
        let mut next = succeed(old.as_ref(), new, batch);
        // A whole record of a later sequence did not have it: it had been deleted by then.
        let whole = self.whole(txn, practice, patient)?;
        if !next.entry.deleted && next.entry.sequence < whole {
            (next.entry.deleted, next.entry.sequence) = (true, whole);
        }
        if let Some(old) = &old
            && next.entry.same_as(&old.entry)
        {
            if (next.entry.sequence, next.said) != (old.entry.sequence, old.said) {
                let same = Kept { batch: old.batch, ..next };
                self.vault.put(txn, &at, &codec::pack(&same, "vault")?)?;
            }
            let waits = self.waits(txn, practice, patient, &new.id, changes)?;
            return Ok(if waits { Fate::Parked } else { Fate::Unchanged });
        }
        self.vault.put(txn, &at, &codec::pack(&next, "vault")?)?;
        self.hold(txn, practice, patient, old.as_ref().map(|old| &old.entry), &next.entry, changes)?;
        changes.dirty.insert(patient.clone());
        Ok(Fate::Stored)
    }

    pub(super) fn waits(
        &self,
        txn: &RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        entry: &EntryId,
        changes: &mut Changes,
    ) -> Result<bool, StoreError> {
        if !changes.waiting.contains_key(patient) {
            let found = self.waiting.get(txn, &key(practice, Some(patient), &[]))?;
            let waiting: Waiting =
                found.map(|bytes| codec::unpack(bytes, "waiting")).transpose()?.unwrap_or_default();
            changes.waiting.insert(patient.clone(), waiting.entries.into_iter().collect());
        }
        Ok(changes.waiting.get(patient).is_some_and(|entries| entries.contains(entry)))
    }

    fn put_reference(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        at: &ReferenceKey,
        new: &Reference,
        sequence: u64,
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let at = reference_key(practice, at);
        let old: Option<KeptReference> =
            self.reference.get(txn, &at)?.map(|bytes| codec::unpack(bytes, "reference")).transpose()?;
        match &old {
            Some(old) if old.sequence > sequence => return Ok(Fate::Unchanged),
            Some(old) if old.reference == *new && old.sequence == sequence => return Ok(Fate::Unchanged),
            // Said again, later: what was said in between and comes after this must not replace it.
            Some(old) if old.reference == *new => {}
            Some(_) => changes.dictionary_changed = true,
            None => changes.dictionary_grew = true,
        }
        let same = old.is_some_and(|old| old.reference == *new);
        let kept = KeptReference { sequence, reference: new.clone() };
        self.reference.put(txn, &at, &codec::pack(&kept, "reference")?)?;
        Ok(if same { Fate::Unchanged } else { Fate::Stored })
    }

    /// A code or member of staff that changed may show in any record of the practice; one that is new can only show
    /// in records where something was missing.
    fn mark_dirty(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        changes: &Changes,
    ) -> Result<(), StoreError> {
        let mut keys: BTreeSet<Vec<u8>> = changes.dirty.iter().map(|p| key(practice, Some(p), &[])).collect();
        let spaces = [(changes.dictionary_changed, self.released), (changes.dictionary_grew, self.waiting)];
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

    /// The latest sequence of which a whole record of the patient has come.
    fn whole(&self, txn: &RwTxn<'_>, practice: &OdsCode, patient: &PatientKey) -> Result<u64, StoreError> {
        let found = self.meta.get(txn, &whole_key(practice, patient))?;
        found.map_or(Ok(0), |bytes| {
            bytes.try_into().map(u64::from_le_bytes).map_err(|_| StoreError::Damaged("whole"))
        })
    }

    pub(super) fn retain_entries(
        &self,
        practice: &OdsCode,
        batch: u64,
        patient: &PatientKey,
        keep: &BTreeSet<EntryId>,
        sequence: u64,
    ) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let whole = self.whole(&txn, practice, patient)?.max(sequence);
        self.meta.put(&mut txn, &whole_key(practice, patient), &whole.to_le_bytes())?;
        let (mut leave, mut changes) = (Vec::new(), Changes::default());
        for item in self.vault.prefix_iter(&txn, &under(practice, Some(patient)))? {
            let (key, bytes) = item?;
            let kept: Kept = codec::unpack(bytes, "vault")?;
            let stays = keep.contains(&kept.entry.id) || kept.entry.deleted || kept.entry.sequence > sequence;
            if !stays {
                let entry = Entry { deleted: true, sequence, ..kept.entry.clone() };
                leave.push((key.to_vec(), kept.entry, Kept { batch, said: kept.said, entry }));
            }
        }
        for (key, before, kept) in &leave {
            self.vault.put(&mut txn, key, &codec::pack(kept, "vault")?)?;
            self.hold(&mut txn, practice, patient, Some(before), &kept.entry, &mut changes)?;
            changes.dirty.insert(patient.clone());
        }
        self.mark_dirty(&mut txn, practice, &changes)?;
        Ok(txn.commit()?)
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

    /// What records are made with: what it was, and the marks of who must be projected anew, in one transaction.
    pub(super) fn make_records_with(&self, practice: &OdsCode, what: &str) -> Result<bool, StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        if settings.made_with == what {
            return Ok(false);
        }
        what.clone_into(&mut settings.made_with);
        self.put_practice(&mut txn, practice, &settings)?;
        let mut keys = Vec::new();
        for item in self.released.prefix_iter(&txn, &under(practice, None))? {
            keys.push(item?.0.to_vec());
        }
        for key in keys {
            self.dirty.put(&mut txn, &key, &[])?;
        }
        txn.commit()?;
        Ok(true)
    }

    pub(super) fn patient_facts(
        &self,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<PatientFacts, StoreError> {
        let txn = self.reader()?;
        let mut entries = Vec::new();
        for item in self.vault.prefix_iter(&txn, &under(practice, Some(patient)))? {
            let kept: Kept = codec::unpack(item?.1, "vault")?;
            entries.push((kept.entry, kept.batch));
        }
        let number = entries.iter().find_map(|(entry, _): &(Entry, u64)| entry.nhs_number());
        let (guests, number_shared) = match number {
            Some(number) => {
                let shared = self.holders(&txn, practice, &number)?.len() > 1;
                (self.guests_of(&txn, practice, &number)?, shared)
            }
            None => (Vec::new(), false),
        };
        let released = self.released_in(&txn, practice, patient)?.map(std::sync::Arc::new);
        Ok(PatientFacts { entries, guests, number_shared, released })
    }

    fn find_reference(&self, practice: &OdsCode, at: &ReferenceKey) -> Result<Option<Reference>, StoreError> {
        let txn = self.reader()?;
        let found = self.reference.get(&txn, &reference_key(practice, at))?;
        Ok(found
            .map(|bytes| codec::unpack::<KeptReference>(bytes, "reference"))
            .transpose()?
            .map(|kept| kept.reference))
    }

    pub(super) fn find_code(
        &self,
        practice: &OdsCode,
        at: &str,
    ) -> Result<Option<(Coded, CodeClass)>, StoreError> {
        Ok(match self.find_reference(practice, &ReferenceKey::Code(at.to_owned()))? {
            Some(Reference::Code(coded, class)) => Some((coded, class)),
            Some(Reference::Staff(_) | Reference::Organisation { .. } | Reference::Sharing { .. }) | None => {
                None
            }
        })
    }

    pub(super) fn find_staff(&self, practice: &OdsCode, at: &str) -> Result<Option<Staff>, StoreError> {
        Ok(match self.find_reference(practice, &ReferenceKey::Staff(at.to_owned()))? {
            Some(Reference::Staff(staff)) => Some(staff),
            Some(Reference::Code(..) | Reference::Organisation { .. } | Reference::Sharing { .. }) | None => {
                None
            }
        })
    }

    /// The practice's name, and whether its sharing agreement is in force. A feed without agreements (GP2GP) is sent
    /// only where there is one; with agreements, the practice's own must be there and active.
    fn own_organisation(
        &self,
        txn: &RwTxn<'_>,
        practice: &OdsCode,
    ) -> Result<(Option<String>, bool), StoreError> {
        let mut own = BTreeSet::new();
        let mut agreements = BTreeMap::new();
        let mut own_name = None;
        for item in self.reference.prefix_iter(txn, &key(practice, None, &["o", ""]))? {
            let (at, bytes) = item?;
            let kept: KeptReference = codec::unpack(bytes, "reference")?;
            if let Reference::Organisation { ods, name } = kept.reference
                && ods.as_ref() == Some(practice)
            {
                own.insert(last_part(at));
                own_name = name;
            }
        }
        for item in self.reference.prefix_iter(txn, &key(practice, None, &["a", ""]))? {
            let (at, bytes) = item?;
            if let Reference::Sharing { active } =
                codec::unpack::<KeptReference>(bytes, "reference")?.reference
            {
                agreements.insert(last_part(at), active);
            }
        }
        let mine = own.iter().filter_map(|id| agreements.get(id));
        let shares =
            agreements.is_empty() || (mine.clone().count() > 0 && mine.clone().all(|active| *active));
        Ok((own_name, shares))
    }
}

/// What lies in the vault after a new fact came upon what was known, in whatever order they come: what the entry says
/// is what was said last, and whether it is deleted is what was told last. So a deletion keeps what the entry said,
/// its marks above all, even if that comes after the deletion.
pub(super) fn succeed(old: Option<&Kept>, new: &Entry, batch: u64) -> Kept {
    let says = has_the_word(old, new);
    let Some(old) = old else {
        return Kept { batch, said: says.then_some(new.sequence), entry: new.clone() };
    };
    let last = old.entry.sequence <= new.sequence;
    let words = if says { new } else { &old.entry };
    let state = if last { new } else { &old.entry };
    let entry = Entry {
        deleted: state.deleted,
        sequence: state.sequence,
        place: if says || last { new.place.clone() } else { old.entry.place.clone() },
        ..words.clone()
    };
    Kept { batch, said: if says { Some(new.sequence) } else { old.said }, entry }
}

/// Whether what a new fact says counts: it is no mere deletion, and nothing later has been said.
pub(super) fn has_the_word(old: Option<&Kept>, new: &Entry) -> bool {
    let mere_deletion = new.deleted && new.content.is_none();
    !mere_deletion && old.is_none_or(|old| old.said <= Some(new.sequence))
}

fn reference_key(practice: &OdsCode, at: &ReferenceKey) -> Vec<u8> {
    let (kind, id) = match at {
        ReferenceKey::Code(id) => ("c", id),
        ReferenceKey::Staff(id) => ("s", id),
        ReferenceKey::Organisation(id) => ("o", id),
        ReferenceKey::Sharing(id) => ("a", id),
    };
    key(practice, None, &[kind, id])
}

fn patient_of(practice: &OdsCode, at: &[u8], space: &'static str) -> Result<PatientKey, StoreError> {
    let name = at.get(under(practice, None).len()..).and_then(|name| std::str::from_utf8(name).ok());
    name.and_then(PatientKey::new).ok_or(StoreError::Damaged(space))
}

fn whole_key(practice: &OdsCode, patient: &PatientKey) -> Vec<u8> {
    [b"whole\0", key(practice, Some(patient), &[]).as_slice()].concat()
}

fn last_part(key: &[u8]) -> Vec<u8> {
    key.rsplit(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

/// Entries that wait, as they are kept.
pub(super) fn waiting_of(waiting: &[(EntryId, IssueCode)]) -> Waiting {
    Waiting { entries: waiting.iter().map(|(entry, _)| entry.clone()).collect() }
}
