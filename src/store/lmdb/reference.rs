//! The practice's dictionary as it lies in the vault: codes, staff, people with online accounts, organisations and sharing
//! agreements.

use std::collections::{BTreeMap, BTreeSet};

use heed::RwTxn;
use record::{CodeClass, Coded, Fate, OdsCode, OnlineUser, Reference, ReferenceKey, Staff};
use serde::{Deserialize, Serialize};

use super::{Lmdb, key, vault::Changes};
use crate::{StoreError, codec};

/// A practice's fact as it lies in the vault.
#[derive(Serialize, Deserialize)]
struct KeptReference {
    /// The batch that last changed it.
    batch: u64,
    sequence: u64,
    reference: Reference,
}

impl Lmdb {
    pub(super) fn put_reference(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
        (at, new, sequence): (&ReferenceKey, &Reference, u64),
        changes: &mut Changes,
    ) -> Result<Fate, StoreError> {
        let is_staff = matches!(at, ReferenceKey::Staff(_));
        let at = reference_key(practice, at);
        let old: Option<KeptReference> =
            self.reference.get(txn, &at)?.map(|bytes| codec::unpack(bytes, "reference")).transpose()?;
        match &old {
            Some(old) if old.sequence > sequence => return Ok(changes.fate_of_known(old.batch)),
            Some(old) if old.reference == *new && old.sequence == sequence => {
                return Ok(changes.fate_of_known(old.batch));
            }
            // Said again, later: what was said in between and comes after this must not replace it.
            Some(old) if old.reference == *new => {}
            // Whether a practice shares is asked at each request and shows in no record.
            Some(_) | None if matches!(new, Reference::Sharing { .. }) => {}
            Some(_) => changes.dictionary_changed = true,
            None => {
                changes.dictionary_grew = true;
                changes.staff_grew |= is_staff;
            }
        }
        let known = old.filter(|old| old.reference == *new).map(|old| old.batch);
        let kept = KeptReference { batch: known.unwrap_or(batch), sequence, reference: new.clone() };
        self.reference.put(txn, &at, &codec::pack(&kept, "reference")?)?;
        Ok(known.map_or(Fate::Stored, |changed_in| changes.fate_of_known(changed_in)))
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
            Some(_) | None => None,
        })
    }

    pub(super) fn find_staff(&self, practice: &OdsCode, at: &str) -> Result<Option<Staff>, StoreError> {
        Ok(match self.find_reference(practice, &ReferenceKey::Staff(at.to_owned()))? {
            Some(Reference::Staff(staff)) => Some(staff),
            Some(_) | None => None,
        })
    }

    pub(super) fn list_staff(&self, practice: &OdsCode) -> Result<Vec<Staff>, StoreError> {
        let txn = self.reader()?;
        let mut staff = Vec::new();
        for item in self.reference.prefix_iter(&txn, &key(practice, None, &["s", ""]))? {
            let kept: KeptReference = codec::unpack(item?.1, "reference")?;
            if let Reference::Staff(member) = kept.reference {
                staff.push(member);
            }
        }
        Ok(staff)
    }

    pub(super) fn find_online_user(
        &self,
        practice: &OdsCode,
        at: &str,
    ) -> Result<Option<OnlineUser>, StoreError> {
        Ok(match self.find_reference(practice, &ReferenceKey::OnlineUser(at.to_owned()))? {
            Some(Reference::OnlineUser(user)) => Some(user),
            Some(_) | None => None,
        })
    }

    pub(super) fn list_organisations(
        &self,
        practice: &OdsCode,
    ) -> Result<Vec<(String, OdsCode)>, StoreError> {
        let txn = self.reader()?;
        let mut organisations = Vec::new();
        for item in self.reference.prefix_iter(&txn, &key(practice, None, &["o", ""]))? {
            let (at, bytes) = item?;
            let kept: KeptReference = codec::unpack(bytes, "reference")?;
            if let Reference::Organisation { ods: Some(ods), .. } = kept.reference {
                let id = String::from_utf8(last_part(at)).map_err(|_| StoreError::Damaged("reference"))?;
                organisations.push((id, ods));
            }
        }
        Ok(organisations)
    }

    /// The practice's name, and whether its sharing agreement is in force. A feed without agreements (GP2GP) is sent
    /// only where there is one; with agreements, the practice's own must be there and active.
    pub(super) fn own_organisation(
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

fn reference_key(practice: &OdsCode, at: &ReferenceKey) -> Vec<u8> {
    let (kind, id) = match at {
        ReferenceKey::Code(id) => ("c", id),
        ReferenceKey::Staff(id) => ("s", id),
        ReferenceKey::Organisation(id) => ("o", id),
        ReferenceKey::Sharing(id) => ("a", id),
        ReferenceKey::OnlineUser(id) => ("u", id),
    };
    key(practice, None, &[kind, id])
}

fn last_part(key: &[u8]) -> Vec<u8> {
    key.rsplit(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}
