//! Patients of one practice with one NHS number: most often one person, of whom several feeds tell. What one feed marks
//! counts in the records of the others, so that each is projected anew when one of them changes.

use heed::{AnyTls, RoTxn, RwTxn};
use record::{Entry, Identity, NhsNumber, OdsCode, PatientKey};

use super::{
    Lmdb, key, under,
    vault::{Changes, patient_of},
};
use crate::{OtherRecord, StoreError};

/// What stands in `holder` beside a patient who was deleted: their marks still count.
const GONE: &[u8] = &[0];

impl Lmdb {
    /// Notes who has which number after an entry of a patient changed. Whoever else has a number that somebody takes
    /// or gives up, or whose date of birth changed, is projected anew: what several have is nobody's, and what one has
    /// left may be the other's. Who is deleted keeps the number that was theirs: what they marked stays marked.
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
        if let Some((Identity { nhs_number, .. }, _)) = before {
            self.holder.delete(txn, &key(practice, None, &[nhs_number.expose(), patient.expose()]))?;
            changes.dirty.extend(self.ever_held(txn, practice, &nhs_number)?);
        }
        if let Some((Identity { nhs_number, .. }, deleted)) = now {
            let at = key(practice, None, &[nhs_number.expose(), patient.expose()]);
            self.holder.put(txn, &at, if deleted { GONE } else { &[] })?;
            changes.dirty.extend(self.ever_held(txn, practice, &nhs_number)?);
        }
        Ok(())
    }

    /// The patients of the practice who have a number.
    pub(super) fn holders(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<PatientKey>, StoreError> {
        self.holding(txn, practice, number, |gone| !gone)
    }

    /// The same with those who were deleted.
    fn ever_held(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<PatientKey>, StoreError> {
        self.holding(txn, practice, number, |_| true)
    }

    fn holding(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: &NhsNumber,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<Vec<PatientKey>, StoreError> {
        let prefix = key(practice, None, &[number.expose(), ""]);
        let mut patients = Vec::new();
        for item in self.holder.prefix_iter(txn, &prefix)? {
            let (at, state) = item?;
            if wanted(state == GONE) {
                let patient = at.get(prefix.len()..).and_then(|bytes| std::str::from_utf8(bytes).ok());
                patients.push(patient.and_then(PatientKey::new).ok_or(StoreError::Damaged("holder"))?);
            }
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
    ) -> Result<Vec<OtherRecord>, StoreError> {
        let mut others = Vec::new();
        for other in self.ever_held(txn, practice, number)? {
            if other == *patient {
                continue;
            }
            let entries = self.own_entries(txn, practice, &other)?;
            let entries = entries.into_iter().map(|(entry, _)| entry).collect();
            let at = key(practice, Some(&other), &[]);
            let oversight = self.document_in(txn, self.oversight, &at, "oversight")?.unwrap_or_default();
            others.push(OtherRecord { patient: other, entries, oversight });
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
