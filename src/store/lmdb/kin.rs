//! Patients of one practice with one NHS number: most often one person, of whom several feeds tell. What one feed marks
//! counts in the records of the others, so that each is projected anew when one of them changes.

use heed::{AnyTls, RoTxn, RwTxn};
use record::{Entry, Identity, NhsNumber, OdsCode, PatientKey};

use super::{
    Lmdb, key, under,
    vault::{Changes, patient_of},
};
use crate::{OtherRecord, StoreError};

/// What stands in `holder` beside a patient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// They have the number.
    Holds,
    /// They were deleted: their marks still count.
    Gone,
    /// Their record has lost its number: marks still count both ways, until it has one again.
    Lost,
}

impl State {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Holds => &[],
            Self::Gone => &[0],
            Self::Lost => &[1],
        }
    }

    fn of(bytes: &[u8]) -> Result<Self, StoreError> {
        let all = [Self::Holds, Self::Gone, Self::Lost];
        all.into_iter().find(|state| state.bytes() == bytes).ok_or(StoreError::Damaged("holder"))
    }
}

impl Lmdb {
    /// Notes who has which number after an entry of a patient changed. Whoever else has a number that somebody takes
    /// or gives up, or whose date of birth changed, is projected anew: what several have is nobody's, and what one has
    /// left may be the other's. Who is deleted keeps the number that was theirs: what they marked stays marked. So does
    /// whose record comes without one after it had one: a number that is left out lifts no mark.
    pub(super) fn hold(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        before: Option<&Entry>,
        now: &Entry,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let held = |entry: &Entry| entry.identity_said().map(|identity| (identity, entry.deleted));
        let (before, now) = (before.and_then(held), held(now));
        if before == now {
            return Ok(());
        }
        let lost = self.lost_number(txn, practice, patient)?;
        if let Some(number) = before.map(|(identity, _)| identity.nhs_number).or(lost) {
            let at = key(practice, None, &[number.expose(), patient.expose()]);
            if now.is_none() {
                self.holder.put(txn, &at, State::Lost.bytes())?;
                self.meta.put(txn, &lost_key(practice, patient), number.expose().as_bytes())?;
            } else {
                self.holder.delete(txn, &at)?;
                self.meta.delete(txn, &lost_key(practice, patient))?;
            }
            changes.dirty.extend(self.ever_held(txn, practice, &number)?);
        }
        if let Some((Identity { nhs_number, .. }, deleted)) = now {
            let at = key(practice, None, &[nhs_number.expose(), patient.expose()]);
            let state = if deleted { State::Gone } else { State::Holds };
            self.holder.put(txn, &at, state.bytes())?;
            changes.dirty.extend(self.ever_held(txn, practice, &nhs_number)?);
        }
        Ok(())
    }

    /// The number that a record had before it came without one.
    pub(super) fn lost_number(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<Option<NhsNumber>, StoreError> {
        let found = self.meta.get(txn, &lost_key(practice, patient))?;
        let number = |bytes| std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
        found.map(|bytes| number(bytes).ok_or(StoreError::Damaged("holder"))).transpose()
    }

    /// The patients of the practice who have a number.
    pub(super) fn holders(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<PatientKey>, StoreError> {
        let held = self.holding(txn, practice, number)?.into_iter();
        Ok(held.filter(|(_, state)| *state == State::Holds).map(|(patient, _)| patient).collect())
    }

    /// The same with those who were deleted or have lost it.
    fn ever_held(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<PatientKey>, StoreError> {
        Ok(self.holding(txn, practice, number)?.into_iter().map(|(patient, _)| patient).collect())
    }

    fn holding(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<(PatientKey, State)>, StoreError> {
        let prefix = key(practice, None, &[number.expose(), ""]);
        let mut patients = Vec::new();
        for item in self.holder.prefix_iter(txn, &prefix)? {
            let (at, state) = item?;
            let patient = at.get(prefix.len()..).and_then(|bytes| std::str::from_utf8(bytes).ok());
            let patient = patient.and_then(PatientKey::new).ok_or(StoreError::Damaged("holder"))?;
            patients.push((patient, State::of(state)?));
        }
        Ok(patients)
    }

    /// The other records of the practice with a patient's number, those of deleted patients too.
    pub(super) fn others(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
        number: &NhsNumber,
        lost: bool,
    ) -> Result<Vec<OtherRecord>, StoreError> {
        let mut others = Vec::new();
        for (other, state) in self.holding(txn, practice, number)? {
            if other == *patient {
                continue;
            }
            let marks_only = lost || state == State::Lost;
            let entries = self.own_entries(txn, practice, &other)?;
            let entries = entries.into_iter().map(|(entry, _)| entry).collect();
            let at = key(practice, Some(&other), &[]);
            let oversight = self.document_in(txn, self.oversight, &at, "oversight")?.unwrap_or_default();
            others.push(OtherRecord { patient: other, marks_only, entries, oversight });
        }
        Ok(others)
    }

    /// Whoever has a number with somebody who is to be projected anew is so too. Done once before projecting, not with
    /// each fact: only keys are read, and hardly any number has two patients.
    pub(super) fn tell_kin(&self, txn: &mut RwTxn<'_>, practice: &OdsCode) -> Result<(), StoreError> {
        let prefix = under(practice, None);
        let mut told = Vec::new();
        let mut same: (Vec<u8>, Vec<PatientKey>) = Default::default();
        for item in self.holder.prefix_iter(txn, &prefix)? {
            let rest = item?.0.get(prefix.len()..).unwrap_or_default();
            let mut parts = rest.splitn(2, |byte| *byte == 0);
            let (number, patient) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let patient = patient_of(practice, &[prefix.as_slice(), patient].concat(), "holder")?;
            if number != same.0 {
                self.told_with(txn, practice, &same.1, &mut told)?;
                same = (number.to_vec(), Vec::new());
            }
            same.1.push(patient);
        }
        self.told_with(txn, practice, &same.1, &mut told)?;
        for at in told {
            self.dirty.put(txn, &at, &[])?;
        }
        Ok(())
    }

    fn told_with(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        same: &[PatientKey],
        told: &mut Vec<Vec<u8>>,
    ) -> Result<(), StoreError> {
        if same.len() < 2 {
            return Ok(());
        }
        let keys: Vec<Vec<u8>> = same.iter().map(|patient| key(practice, Some(patient), &[])).collect();
        for at in &keys {
            if self.dirty.get(txn, at)?.is_some() {
                told.extend(keys);
                break;
            }
        }
        Ok(())
    }
}

/// Where the number is kept that a record has lost.
fn lost_key(practice: &OdsCode, patient: &PatientKey) -> Vec<u8> {
    [b"lost\0", key(practice, Some(patient), &[]).as_slice()].concat()
}
