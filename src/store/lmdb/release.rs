//! The release: what is served. One value holds a patient's headers, one each body; both are swapped in together.
//!
//! A body lies under its own digest, so that views of a resource that are the same bytes share one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    sync::Arc,
};

use heed::{AnyTls, RoTxn, RwTxn};
use policy::{Disclosed, FeedAccess, Header, Release, Released, View};
use record::{NhsNumber, OdsCode, PatientKey};

use super::{
    Lmdb, LmdbSnapshot, key,
    packed::{self, hex_bytes},
    recent::Stamp,
};
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
        self.commit(txn)?;
        self.mapped.keep_small();
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
        self.swap_bodies(txn, &patient, before.as_ref(), &new.release)?;
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
        let bytes = packed::pack(stamp, released)?;
        Ok(self.released.put(txn, &key(practice, Some(patient), &[]), &bytes)?)
    }

    /// Puts the bodies that came, and takes away those that no view has any more. They go in the order of their keys:
    /// so they fill the engine's pages.
    pub(super) fn swap_bodies(
        &self,
        txn: &mut RwTxn<'_>,
        patient: &[u8],
        before: Option<&Released>,
        new: &Release,
    ) -> Result<(), StoreError> {
        for (at, bytes) in new_bodies(patient, new)? {
            self.body.put(txn, &at, &self.bodies.pack(bytes))?;
        }
        let Some(before) = before else { return Ok(()) };
        let stay = body_keys(patient, &new.released);
        for at in body_keys(patient, before).difference(&stay) {
            self.body.delete(txn, at)?;
        }
        Ok(())
    }

    pub(super) fn released_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        patient: &PatientKey,
    ) -> Result<Option<Released>, StoreError> {
        self.released.get(txn, &key(practice, Some(patient), &[]))?.map(packed::unpack).transpose()
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
        let stamp = packed::stamp_of(bytes)?;
        let released = match self.recent.get(&prefix, stamp) {
            Some(released) => released,
            None => {
                let released = Arc::new(packed::unpack(bytes)?);
                self.recent.put(prefix.clone(), stamp, &released);
                released
            }
        };
        Ok(Some(Box::new(LmdbSnapshot { txn, bodies: &self.bodies, body: self.body, released, prefix })))
    }
}

impl Snapshot for LmdbSnapshot<'_> {
    fn released(&self) -> &Released {
        &self.released
    }

    fn body(&self, disclosed: &Disclosed<'_>) -> Result<Vec<u8>, StoreError> {
        let at = body_key(&self.prefix, disclosed.id(), disclosed.digest());
        let bytes = self.body.get(&self.txn, &at)?.ok_or(StoreError::Damaged("body"))?;
        self.bodies.unpack(bytes)
    }
}

/// The bodies that came, by key. Two views of a resource with one digest are the same bytes, or one of them is not
/// what it is taken for.
fn new_bodies<'n>(patient: &[u8], new: &'n Release) -> Result<BTreeMap<Vec<u8>, &'n [u8]>, StoreError> {
    let headers: HashMap<&str, &Header> =
        new.released.headers.iter().map(|header| (header.id.as_str(), header)).collect();
    let mut bodies = BTreeMap::new();
    for change in &new.bodies {
        let Some(bytes) = change.bytes.as_deref() else { continue };
        // Without a header nobody could ever read it.
        let view = headers.get(change.id.as_str()).and_then(|header| header.view(change.view));
        let Some(view) = view else { continue };
        match bodies.entry(body_key(patient, &change.id, &view.digest)) {
            Entry::Vacant(free) => _ = free.insert(bytes),
            Entry::Occupied(taken) if *taken.get() == bytes => {}
            Entry::Occupied(_) => return Err(StoreError::Damaged("body")),
        }
    }
    Ok(bodies)
}

fn body_keys(patient: &[u8], released: &Released) -> BTreeSet<Vec<u8>> {
    let mut keys = BTreeSet::new();
    for header in &released.headers {
        let views = View::ALL.into_iter().filter_map(|view| header.view(view));
        keys.extend(views.map(|view| body_key(patient, &header.id, &view.digest)));
    }
    keys
}

fn body_key(patient: &[u8], id: &str, digest: &[u8; 16]) -> Vec<u8> {
    let id_bytes = hex_bytes(id);
    let id = id_bytes.as_ref().map_or(id.as_bytes(), <[u8; 16]>::as_slice);
    [patient, &[0], id, digest].concat()
}

fn number_key(practice: &OdsCode, number: &NhsNumber, patient: &PatientKey) -> Vec<u8> {
    key(practice, None, &[number.expose(), patient.expose()])
}
