//! Letters in LMDB: documents by `practice 0 digest`.

use heed::{AnyTls, RoTxn, RwTxn};
use jiff::Timestamp;
use policy::Decided;
use record::OdsCode;

use super::{Lmdb, under};
use crate::{
    Account, Change, StoreError, Subject, codec,
    linkage::{Linkage, Linkages, account},
};

const SPACE: &str = "linkage";

fn at(practice: &OdsCode, digest: &[u8; 32]) -> Vec<u8> {
    [&under(practice, None), &digest[..]].concat()
}

impl Linkages for Lmdb {
    fn linkage(&self, practice: &OdsCode, digest: &[u8; 32]) -> Result<Option<Linkage>, StoreError> {
        self.document(self.linkage, &at(practice, digest), SPACE)
    }

    fn linkages(&self, practice: &OdsCode) -> Result<Vec<Linkage>, StoreError> {
        let txn = self.reader()?;
        let all = self.linkages_in(&txn, practice)?;
        Ok(all.into_iter().map(|(_, linkage)| linkage).collect())
    }

    fn use_linkage(
        &self,
        practice: &OdsCode,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let key = at(practice, digest);
        let found = self.document_in::<Linkage>(&txn, self.linkage, &key, SPACE)?;
        let Some(linkage) = found.filter(|linkage| linkage.is_open(now)) else { return Ok(None) };
        let own = Subject { practice: practice.clone(), patient: linkage.patient.clone() };
        let account = Account { id: linkage.account(practice), own: Some(own), ..Account::default() };
        self.put_document(&mut txn, self.linkage, &key, &Linkage { used: Some(now), ..linkage }, SPACE)?;
        self.put_document(&mut txn, self.account, account.id.as_bytes(), &account, "account")?;
        self.commit(txn)?;
        Ok(Some(account))
    }
}

impl Lmdb {
    fn linkages_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
    ) -> Result<Vec<(Vec<u8>, Linkage)>, StoreError> {
        let items = self.linkage.prefix_iter(txn, &under(practice, None))?;
        items
            .map(|item| item.map(|(key, bytes)| Ok((key.to_vec(), codec::unpack_json(bytes, SPACE)?)))?)
            .collect()
    }

    /// A letter is issued, or counts no longer.
    pub(super) fn change_linkage(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        change: &Change,
        decided: &Decided,
    ) -> Result<bool, StoreError> {
        let all = self.linkages_in(txn, practice)?;
        match change {
            Change::Linkage { patient, id, digest, expires } => {
                if all.iter().any(|(_, known)| known.id == *id) {
                    return Ok(false);
                }
                let linkage = Linkage {
                    id: id.clone(),
                    patient: patient.clone(),
                    issued: decided.clone(),
                    expires: *expires,
                    used: None,
                    revoked: None,
                };
                self.put_document(txn, self.linkage, &at(practice, digest), &linkage, SPACE)?;
                Ok(true)
            }
            Change::EndLinkage { patient, id } => {
                let is_it = |known: &Linkage| known.id == *id && known.patient == *patient;
                let found = all.into_iter().find(|(_, known)| is_it(known) && known.revoked.is_none());
                let Some((key, known)) = found else { return Ok(false) };
                let linkage = Linkage { revoked: Some(decided.clone()), ..known };
                self.put_document(txn, self.linkage, &key, &linkage, SPACE)?;
                self.close_account(txn, &account(practice, id))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// An account that opens nothing from now on, if it is there.
    fn close_account(&self, txn: &mut RwTxn<'_>, id: &str) -> Result<(), StoreError> {
        if self.document_in::<Account>(txn, self.account, id.as_bytes(), "account")?.is_none() {
            return Ok(());
        }
        let closed = Account { id: id.to_owned(), ..Account::default() };
        self.put_document(txn, self.account, id.as_bytes(), &closed, "account")
    }
}
