//! Small documents: practices, grants, people, apps, tokens.

use heed::{AnyTls, RoTxn, RwTxn};
use record::OdsCode;
use serde::{Serialize, de::DeserializeOwned};

use super::{Lmdb, Space};
use crate::{Account, Practice, Proven, StoreError, Subject, TokenRecord, codec};

/// LMDB takes no empty keys and none longer than this; nothing can be stored under such a key.
const LONGEST_KEY: usize = 511;

impl Lmdb {
    pub(super) fn document<T: DeserializeOwned>(
        &self,
        space: Space,
        key: &[u8],
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let txn = self.reader()?;
        self.document_in(&txn, space, key, name)
    }

    pub(super) fn document_in<T: DeserializeOwned>(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        space: Space,
        key: &[u8],
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Ok(None);
        }
        space.get(txn, key)?.map(|bytes| codec::unpack_json(bytes, name)).transpose()
    }

    pub(super) fn set_document<T: Serialize>(
        &self,
        space: Space,
        key: &[u8],
        value: &T,
        name: &'static str,
    ) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        self.put_document(&mut txn, space, key, value, name)?;
        self.commit(txn)
    }

    pub(super) fn put_document<T: Serialize>(
        &self,
        txn: &mut RwTxn<'_>,
        space: Space,
        key: &[u8],
        value: &T,
        name: &'static str,
    ) -> Result<(), StoreError> {
        Ok(space.put(txn, key, &codec::pack_json(value, name)?)?)
    }

    pub(super) fn practice_in(&self, txn: &RwTxn<'_>, practice: &OdsCode) -> Result<Practice, StoreError> {
        Ok(self
            .document_in(txn, self.practice, practice.as_str().as_bytes(), "practice")?
            .unwrap_or_default())
    }

    /// In one transaction: whoever lets the person act for somebody meanwhile is not undone.
    pub(super) fn matched(
        &self,
        id: &str,
        proven: &Proven,
        own: Option<&Subject>,
    ) -> Result<Account, StoreError> {
        let mut txn = self.env.write_txn()?;
        let known = self.document_in::<Account>(&txn, self.account, id.as_bytes(), "account")?;
        let acts_for = known.as_ref().map(|known| known.acts_for.clone()).unwrap_or_default();
        let account =
            Account { id: id.to_owned(), proven: Some(proven.clone()), own: own.cloned(), acts_for };
        if known.as_ref() != Some(&account) {
            self.put_document(&mut txn, self.account, id.as_bytes(), &account, "account")?;
        }
        let account = self.account_in(&txn, id)?.unwrap_or(account);
        self.commit(txn)?;
        Ok(account)
    }

    /// An account, with those for whom the person acts who has proven to be its owner.
    pub(super) fn account_in(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        id: &str,
    ) -> Result<Option<Account>, StoreError> {
        let at = |id: &str| self.document_in::<Account>(txn, self.account, id.as_bytes(), "account");
        let Some(mut account) = at(id)? else { return Ok(None) };
        if let Some(proven) = &account.proven {
            let named = at(&proven.name())?.map(|named| named.acts_for).unwrap_or_default();
            account.acts_for.extend(named);
        }
        Ok(Some(account))
    }

    /// The write lock makes sure that of several callers one finds the token unused.
    pub(super) fn take_once(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let Some(token) = self.document_in::<TokenRecord>(&txn, self.token, hash, "token")? else {
            return Ok(None);
        };
        if !token.used {
            let spent = TokenRecord { used: true, ..token.clone() };
            self.put_document(&mut txn, self.token, hash, &spent, "token")?;
            self.commit(txn)?;
        }
        Ok(Some(token))
    }
}
