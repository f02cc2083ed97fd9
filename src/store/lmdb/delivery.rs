//! Deliveries in LMDB: documents by `supplier 0 id`, the keys of the open ones, and an index by content.

use std::ops::Bound;

use heed::RwTxn;
use jiff::Timestamp;

use super::Lmdb;
use crate::{Deliveries, Delivery, DeliveryState, StoreError};

const SPACE: &str = "delivery";
const TURN: &[u8] = b"turn";

fn at(supplier: &str, id: &str) -> Vec<u8> {
    [supplier.as_bytes(), b"\0", id.as_bytes()].concat()
}

impl Lmdb {
    fn put_delivery_in(&self, txn: &mut RwTxn<'_>, delivery: &Delivery) -> Result<(), StoreError> {
        let key = at(&delivery.supplier, &delivery.id);
        self.put_document(txn, self.delivery, &key, delivery, SPACE)?;
        if delivery.is_open() {
            self.delivery_open.put(txn, &key, &[])?;
        } else {
            self.delivery_open.delete(txn, &key)?;
        }
        let by_content = at(&delivery.supplier, &delivery.content);
        match delivery.state {
            DeliveryState::Committed { .. } | DeliveryState::Loaded { .. } => {
                self.delivery_content.put(txn, &by_content, delivery.id.as_bytes())?;
            }
            DeliveryState::Receiving | DeliveryState::Failed { .. } | DeliveryState::Refused { .. } => {
                self.unindex(txn, delivery)?;
            }
        }
        Ok(())
    }

    /// Takes a delivery out of the index by content, if it is the one that the index has.
    fn unindex(&self, txn: &mut RwTxn<'_>, delivery: &Delivery) -> Result<(), StoreError> {
        let by_content = at(&delivery.supplier, &delivery.content);
        if self.delivery_content.get(txn, &by_content)? == Some(delivery.id.as_bytes()) {
            self.delivery_content.delete(txn, &by_content)?;
        }
        Ok(())
    }
}

impl Deliveries for Lmdb {
    fn delivery(&self, supplier: &str, id: &str) -> Result<Option<Delivery>, StoreError> {
        self.document(self.delivery, &at(supplier, id), SPACE)
    }

    fn deliveries(&self, supplier: &str, below: &str, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let (first, last) = (at(supplier, ""), [supplier.as_bytes(), b"\x01"].concat());
        let end = if below.is_empty() { last } else { at(supplier, below) };
        let txn = self.reader()?;
        let range = (Bound::Included(&first[..]), Bound::Excluded(&end[..]));
        let mut found = Vec::new();
        for item in self.delivery.rev_range(&txn, &range)?.take(limit) {
            found.extend(self.document_in(&txn, self.delivery, item?.0, SPACE)?);
        }
        Ok(found)
    }

    fn delivery_of(&self, supplier: &str, content: &str) -> Result<Option<Delivery>, StoreError> {
        let txn = self.reader()?;
        let Some(id) = self.delivery_content.get(&txn, &at(supplier, content))? else { return Ok(None) };
        let id = std::str::from_utf8(id).map_err(|_| StoreError::Damaged(SPACE))?;
        self.document_in(&txn, self.delivery, &at(supplier, id), SPACE)
    }

    fn open_deliveries(&self) -> Result<Vec<Delivery>, StoreError> {
        let txn = self.reader()?;
        let mut found = Vec::new();
        for item in self.delivery_open.iter(&txn)? {
            found.extend(self.document_in(&txn, self.delivery, item?.0, SPACE)?);
        }
        Ok(found)
    }

    fn put_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        self.put_delivery_in(&mut txn, delivery)?;
        self.commit(txn)
    }

    fn commit_delivery(&self, delivery: &Delivery, now: Timestamp) -> Result<Delivery, StoreError> {
        let mut txn = self.env.write_txn()?;
        let last = self.meta.get(&txn, TURN)?.map(TryInto::try_into).transpose();
        let turn = last.map_err(|_| StoreError::Damaged(SPACE))?.map_or(0, u64::from_le_bytes) + 1;
        self.meta.put(&mut txn, TURN, &turn.to_le_bytes())?;
        let state = DeliveryState::Committed { at: now, turn, tries: 0 };
        let committed = Delivery { state, ..delivery.clone() };
        self.put_delivery_in(&mut txn, &committed)?;
        self.commit(txn)?;
        Ok(committed)
    }

    fn tried(&self, delivery: &Delivery, tries: u32) -> Result<bool, StoreError> {
        let mut txn = self.env.write_txn()?;
        let key = at(&delivery.supplier, &delivery.id);
        let Some(now) = self.document_in::<Delivery>(&txn, self.delivery, &key, SPACE)? else {
            return Ok(false);
        };
        match (&now.state, &delivery.state) {
            (DeliveryState::Committed { at, turn, .. }, DeliveryState::Committed { turn: of_theirs, .. })
                if turn == of_theirs =>
            {
                let state = DeliveryState::Committed { at: *at, turn: *turn, tries };
                self.put_document(&mut txn, self.delivery, &key, &Delivery { state, ..now.clone() }, SPACE)?;
                self.commit(txn)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn forget_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let key = at(&delivery.supplier, &delivery.id);
        self.unindex(&mut txn, delivery)?;
        self.delivery_open.delete(&mut txn, &key)?;
        self.delivery.delete(&mut txn, &key)?;
        self.commit(txn)
    }
}
