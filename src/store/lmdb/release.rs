//! The release: what is served. One value holds a patient's headers, one each body; both are swapped in together.

use heed::{AnyTls, RoTxn, RwTxn};
use policy::{Disclosed, Released, View};
use record::{NhsNumber, OdsCode, PatientKey};

use super::{Lmdb, LmdbSnapshot, key, vault};
use crate::{NewRelease, Snapshot, StoreError, Subject, codec};

impl Lmdb {
    pub(super) fn swap_in(&self, practice: &OdsCode, releases: &[NewRelease]) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        for new in releases {
            self.swap_one(&mut txn, practice, new)?;
        }
        Ok(txn.commit()?)
    }

    fn swap_one(&self, txn: &mut RwTxn<'_>, practice: &OdsCode, new: &NewRelease) -> Result<(), StoreError> {
        let patient = key(practice, Some(&new.patient), &[]);
        let released = &new.release.released;
        let before = self.released_in(txn, practice, &new.patient)?;
        for change in &new.release.bodies {
            let at = body_key(&patient, &change.id, change.view);
            match &change.bytes {
                Some(bytes) => self.body.put(txn, &at, &codec::pack_raw(bytes))?,
                None => drop(self.body.delete(txn, &at)?),
            }
        }
        self.released.put(txn, &patient, &codec::pack(released, "release")?)?;
        let subject = Subject { practice: practice.clone(), patient: new.patient.clone() };
        self.put_document(txn, self.subject, released.subject.as_bytes(), &subject, "subject")?;
        let number_before = before.and_then(|before| before.nhs_number);
        if number_before != released.nhs_number {
            if let Some(number) = number_before {
                self.nhs_number.delete(txn, &number_key(practice, &number, &new.patient))?;
            }
        }
        if let Some(number) = &released.nhs_number {
            self.nhs_number.put(txn, &number_key(practice, number, &new.patient), &[])?;
        }
        if new.waiting.is_empty() && !new.incomplete {
            self.waiting.delete(txn, &patient)?;
        } else {
            self.waiting.put(txn, &patient, &codec::pack(&vault::waiting_of(&new.waiting), "waiting")?)?;
        }
        self.dirty.delete(txn, &patient)?;
        Ok(())
    }

    pub(super) fn released_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<Option<Released>, StoreError> {
        let found = self.released.get(txn, &key(practice, Some(patient), &[]))?;
        found.map(|bytes| codec::unpack(bytes, "release")).transpose()
    }

    pub(super) fn by_nhs_number(&self, practice: &OdsCode, number: &NhsNumber) -> Result<Vec<Subject>, StoreError> {
        let txn = self.reader()?;
        let prefix = key(practice, None, &[number.expose(), ""]);
        let mut subjects = Vec::new();
        for item in self.nhs_number.prefix_iter(&txn, &prefix)? {
            let patient = item?.0.get(prefix.len()..).and_then(|bytes| std::str::from_utf8(bytes).ok());
            let patient = patient.and_then(PatientKey::new).ok_or(StoreError::Damaged("nhs-number"))?;
            subjects.push(Subject { practice: practice.clone(), patient });
        }
        Ok(subjects)
    }

    pub(super) fn snapshot<'s>(&'s self, subject: &Subject) -> Result<Option<Box<dyn Snapshot + 's>>, StoreError> {
        let txn = self.reader()?;
        let Some(released) = self.released_in(&txn, &subject.practice, &subject.patient)? else {
            return Ok(None);
        };
        let prefix = key(&subject.practice, Some(&subject.patient), &[]);
        Ok(Some(Box::new(LmdbSnapshot { txn, body: self.body, released, prefix })))
    }
}

impl Snapshot for LmdbSnapshot<'_> {
    fn released(&self) -> &Released {
        &self.released
    }

    fn body(&self, disclosed: &Disclosed<'_>) -> Result<Vec<u8>, StoreError> {
        let at = body_key(&self.prefix, disclosed.id(), disclosed.view());
        let bytes = self.body.get(&self.txn, &at)?.ok_or(StoreError::Damaged("body"))?;
        codec::open(bytes, "body").map(<[u8]>::to_vec)
    }
}

fn body_key(patient: &[u8], id: &str, view: View) -> Vec<u8> {
    let mut key = patient.to_vec();
    key.push(0);
    key.extend_from_slice(id.as_bytes());
    key.push(match view {
        View::Coded => b'c',
        View::Full => b'f',
    });
    key
}

fn number_key(practice: &OdsCode, number: &NhsNumber, patient: &PatientKey) -> Vec<u8> {
    key(practice, None, &[number.expose(), patient.expose()])
}
