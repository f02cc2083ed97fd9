//! The release: what is served. One value holds a patient's headers, one each body; both are swapped in together.

use std::sync::Arc;

use heed::{AnyTls, RoTxn, RwTxn};
use policy::{Disclosed, FeedAccess, Released, View};
use record::{NhsNumber, OdsCode, PatientKey};

use serde::{Deserialize, Serialize};

use super::{Lmdb, LmdbSnapshot, key, recent::Stamp};
use crate::{AsOf, NewRelease, Snapshot, StoreError, Subject, codec};

impl Lmdb {
    pub(super) fn swap_in(
        &self,
        practice: &OdsCode,
        as_of: &AsOf,
        releases: &[NewRelease],
    ) -> Result<bool, StoreError> {
        let mut txn = self.env.write_txn()?;
        let settings = self.practice_in(&txn, practice)?;
        if settings.open_batch.is_some() || settings.as_of() != *as_of {
            return Ok(false);
        }
        for new in releases {
            self.swap_one(&mut txn, practice, new)?;
        }
        txn.commit()?;
        Ok(true)
    }

    fn next_stamp(&self, txn: &mut RwTxn<'_>) -> Result<Stamp, StoreError> {
        const AT: &[u8] = b"stamp";
        let last =
            self.meta.get(txn, AT)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, Stamp::from_le_bytes);
        let next = last.wrapping_add(1);
        self.meta.put(txn, AT, &next.to_le_bytes())?;
        Ok(next)
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
        self.put_released(txn, practice, &new.patient, released)?;
        if new.release.access == FeedAccess::default() {
            self.feed_access.delete(txn, &patient)?;
        } else {
            self.put_document(txn, self.feed_access, &patient, &new.release.access, "feed-access")?;
        }
        let subject = Subject { practice: practice.clone(), patient: new.patient.clone() };
        self.put_document(txn, self.subject, released.subject.as_bytes(), &subject, "subject")?;
        let number_before = before.and_then(|before| before.nhs_number);
        if number_before != released.nhs_number
            && let Some(number) = number_before
        {
            self.nhs_number.delete(txn, &number_key(practice, &number, &new.patient))?;
        }
        if let Some(number) = &released.nhs_number {
            self.nhs_number.put(txn, &number_key(practice, number, &new.patient), &[])?;
        }
        if new.waiting.is_empty() && !new.incomplete {
            self.waiting.delete(txn, &patient)?;
        } else {
            let waiting = self.waiting_in(txn, &patient)?.after(&new.waiting, new.made);
            self.waiting.put(txn, &patient, &codec::pack(&waiting, "waiting")?)?;
        }
        self.put_queued(txn, &patient, new.screened.as_deref())?;
        self.dirty.delete(txn, &patient)?;
        Ok(())
    }

    /// Every record that is put gets a stamp of its own, so that whoever keeps decoded ones knows it for another.
    pub(super) fn put_released(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        released: &Released,
    ) -> Result<(), StoreError> {
        let stamp = self.next_stamp(txn)?;
        let bytes = codec::pack(&(Stamped(stamp.to_le_bytes()), released), "release")?;
        Ok(self.released.put(txn, &key(practice, Some(patient), &[]), &bytes)?)
    }

    pub(super) fn released_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<Option<Released>, StoreError> {
        let found = self.released.get(txn, &key(practice, Some(patient), &[]))?;
        Ok(found
            .map(|bytes| codec::unpack::<(Stamped, Released)>(bytes, "release"))
            .transpose()?
            .map(|found| found.1))
    }

    pub(super) fn by_nhs_number(
        &self,
        practice: &OdsCode,
        number: &NhsNumber,
    ) -> Result<Vec<Subject>, StoreError> {
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

    pub(super) fn snapshot<'s>(
        &'s self,
        subject: &Subject,
    ) -> Result<Option<Box<dyn Snapshot + 's>>, StoreError> {
        let txn = self.reader()?;
        let prefix = key(&subject.practice, Some(&subject.patient), &[]);
        let Some(bytes) = self.released.get(&txn, &prefix)? else {
            return Ok(None);
        };
        let stamp = stamp_of(bytes).ok_or(StoreError::Damaged("release"))?;
        let released = match self.recent.get(&prefix, stamp) {
            Some(released) => released,
            None => {
                let (_, released) = codec::unpack::<(Stamped, Released)>(bytes, "release")?;
                let released = Arc::new(released);
                self.recent.put(prefix.clone(), stamp, &released);
                released
            }
        };
        Ok(Some(Box::new(LmdbSnapshot { txn, body: self.body, released, prefix })))
    }
}

/// A stamp as it stands in front of a record: always eight bytes, so that it can be read without decoding the rest.
#[derive(Serialize, Deserialize)]
struct Stamped([u8; 8]);

/// The stamp of a stored record: behind the checksum.
fn stamp_of(bytes: &[u8]) -> Option<Stamp> {
    bytes.get(4..12)?.try_into().ok().map(Stamp::from_le_bytes)
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
