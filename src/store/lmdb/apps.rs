//! The register of apps in LMDB. A client id holds no zero byte, so that `client id 0 number` is a line of one app's
//! history. What was used once is kept twice: by what it is, and by when it may be forgotten.

use heed::RwTxn;
use jiff::Timestamp;
use policy::Decided;

use super::{Lmdb, Space};
use crate::{App, AppEvent, Apps, Pushed, StoreError, codec};

const HISTORY: &str = "app-history";
/// What may be forgotten is forgotten by whoever uses the next thing, so many at a time.
const FORGET: usize = 64;

impl Apps for Lmdb {
    fn apps(&self) -> Result<Vec<App>, StoreError> {
        let txn = self.reader()?;
        let all = self.app.iter(&txn)?;
        all.map(|item| codec::unpack_json(item?.1, "app")).collect()
    }

    fn change_app(
        &self,
        before: Option<&App>,
        after: &App,
        decided: &Decided,
    ) -> Result<Option<u64>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let id = after.client_id.as_bytes();
        let found: Option<App> = self.document_in(&txn, self.app, id, "app")?;
        if found.as_ref() != before || found.as_ref() == Some(after) {
            return Ok(None);
        }
        let number = self.app_history.prefix_iter(&txn, &line(&after.client_id, None))?.count() as u64 + 1;
        let event = AppEvent { number, app: after.clone(), decided: decided.clone() };
        self.put_document(&mut txn, self.app, id, after, "app")?;
        self.put_document(
            &mut txn,
            self.app_history,
            &line(&after.client_id, Some(number)),
            &event,
            HISTORY,
        )?;
        self.commit(txn)?;
        Ok(Some(number))
    }

    fn app_history(&self, client_id: &str) -> Result<Vec<AppEvent>, StoreError> {
        let txn = self.reader()?;
        let lines = self.app_history.prefix_iter(&txn, &line(client_id, None))?;
        lines.map(|item| codec::unpack_json(item?.1, HISTORY)).collect()
    }

    fn use_once(&self, what: &[u8; 32], now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let mut txn = self.env.write_txn()?;
        if self.used.get(&txn, what)?.is_some() {
            return Ok(false);
        }
        forget(&mut txn, self.used_until, self.used, now)?;
        self.used.put(&mut txn, what, &due(until))?;
        self.used_until.put(&mut txn, &[&due(until)[..], what].concat(), &[])?;
        self.commit(txn)?;
        Ok(true)
    }

    fn keep_pushed(&self, hash: &[u8; 32], now: Timestamp, pushed: &Pushed) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        forget(&mut txn, self.pushed_until, self.pushed, now)?;
        self.put_document(&mut txn, self.pushed, hash, pushed, "pushed")?;
        self.pushed_until.put(&mut txn, &[&due(pushed.expires)[..], hash].concat(), &[])?;
        self.commit(txn)
    }

    fn pushed(&self, hash: &[u8; 32]) -> Result<Option<Pushed>, StoreError> {
        self.document(self.pushed, hash, "pushed")
    }
}

/// Forgets what nobody would take any more: `due by` has the keys of `what` in the order in which they are due.
fn forget(txn: &mut RwTxn<'_>, due_by: Space, what: Space, now: Timestamp) -> Result<(), StoreError> {
    let first: Vec<Vec<u8>> = due_by
        .iter(txn)?
        .take(FORGET)
        .map(|item| item.map(|(key, _)| key.to_vec()))
        .collect::<Result<_, _>>()?;
    for key in first.iter().take_while(|key| key.as_slice() < due(now).as_slice()) {
        due_by.delete(txn, key)?;
        if let Some(kept) = key.get(8..) {
            what.delete(txn, kept)?;
        }
    }
    Ok(())
}

/// Seconds, in an order that LMDB keeps; nothing is due before 1970.
fn due(at: Timestamp) -> [u8; 8] {
    u64::try_from(at.as_second()).unwrap_or(0).to_be_bytes()
}

fn line(client_id: &str, number: Option<u64>) -> Vec<u8> {
    let mut key = client_id.as_bytes().to_vec();
    key.push(0);
    key.extend(number.map(u64::to_be_bytes).into_iter().flatten());
    key
}
