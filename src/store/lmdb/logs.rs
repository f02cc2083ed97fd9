//! Which logs of rows there are: `practice 0 batch`, with how many rows and since when. A log gets its date when it is
//! first swept, since the writers of rows know no time.

use std::collections::BTreeMap;

use heed::RwTxn;
use jiff::{SignedDuration, Timestamp};
use record::OdsCode;
use serde::{Deserialize, Serialize};

use super::{Lmdb, rows::of_batch};
use crate::{KeepRows, StoreError, Swept, codec};

const SPACE: &str = "logs";

/// What is known of a log as a whole.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct KeptLog {
    /// Seconds since 1970, once it has been swept.
    since: Option<i64>,
    rows: u64,
}

/// The logs of one practice, the oldest first.
type Logs = BTreeMap<u64, KeptLog>;

impl Lmdb {
    /// Counts rows that a log got.
    pub(super) fn count_logged(&self, txn: &mut RwTxn<'_>, at: &[u8], rows: u64) -> Result<(), StoreError> {
        let found = self.logs.get(txn, at)?.map(|bytes| codec::unpack(bytes, SPACE)).transpose()?;
        let known: KeptLog = found.unwrap_or_default();
        let grown = KeptLog { rows: known.rows.saturating_add(rows), ..known };
        Ok(self.logs.put(txn, at, &codec::pack(&grown, SPACE)?)?)
    }

    /// Each log goes in a transaction of its own, so that loads wait for none of them long.
    pub(super) fn sweep_logs(&self, now: Timestamp, keep: &KeepRows) -> Result<Vec<Swept>, StoreError> {
        let mut swept = Vec::new();
        for (practice, logs) in self.all_logs()? {
            self.date(&practice, &logs, now)?;
            let (mut by_age, mut for_room) = (0, 0);
            for (batch, of_age) in doomed(&logs, now, keep) {
                let mut txn = self.env.write_txn()?;
                self.clear_log(&mut txn, &practice, batch)?;
                self.commit(txn)?;
                *(if of_age { &mut by_age } else { &mut for_room }) += 1;
            }
            if by_age + for_room > 0 {
                swept.push(Swept { practice, by_age, for_room });
            }
        }
        Ok(swept)
    }

    /// The batches of a practice that have a log, the oldest first.
    pub(super) fn logged_batches(&self, practice: &OdsCode) -> Result<Vec<u64>, StoreError> {
        let txn = self.reader()?;
        let prefix = [practice.as_str().as_bytes(), &[0]].concat();
        let mut batches = Vec::new();
        for item in self.logs.prefix_iter(&txn, &prefix)? {
            let number = item?.0.get(prefix.len()..).and_then(|number| number.try_into().ok());
            batches.push(u64::from_be_bytes(number.ok_or(StoreError::Damaged(SPACE))?));
        }
        Ok(batches)
    }

    fn all_logs(&self) -> Result<BTreeMap<OdsCode, Logs>, StoreError> {
        let txn = self.reader()?;
        let mut all: BTreeMap<OdsCode, Logs> = BTreeMap::new();
        for item in self.logs.iter(&txn)? {
            let (key, bytes) = item?;
            let damaged = StoreError::Damaged(SPACE);
            let Some((practice, [0, number @ ..])) = key.split_at_checked(key.len().saturating_sub(9)) else {
                return Err(damaged);
            };
            let practice = std::str::from_utf8(practice).ok().and_then(|code| code.parse().ok());
            let (Some(practice), Ok(number)) = (practice, number.try_into()) else { return Err(damaged) };
            let log = codec::unpack(bytes, SPACE)?;
            all.entry(practice).or_default().insert(u64::from_be_bytes(number), log);
        }
        Ok(all)
    }

    fn date(&self, practice: &OdsCode, logs: &Logs, now: Timestamp) -> Result<(), StoreError> {
        let new: Vec<u64> =
            logs.iter().filter(|(_, log)| log.since.is_none()).map(|(batch, _)| *batch).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut txn = self.env.write_txn()?;
        for batch in new {
            let at = of_batch(practice, batch);
            // It may have grown, or gone, since it was read.
            let Some(bytes) = self.logs.get(&txn, &at)? else { continue };
            let log = KeptLog { since: Some(now.as_second()), ..codec::unpack(bytes, SPACE)? };
            self.logs.put(&mut txn, &at, &codec::pack(&log, SPACE)?)?;
        }
        self.commit(txn)
    }
}

/// The logs that go, and whether it is for their age: those that are older than they may be, and the oldest of those
/// that together have more rows than there may be. The newest never goes for want of room.
fn doomed(logs: &Logs, now: Timestamp, keep: &KeepRows) -> Vec<(u64, bool)> {
    let age = SignedDuration::try_from(keep.age).unwrap_or(SignedDuration::MAX);
    let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN).as_second();
    let mut rows: u64 = 0;
    let mut doomed = Vec::new();
    for (at, (batch, log)) in logs.iter().rev().enumerate() {
        rows = rows.saturating_add(log.rows);
        let of_age = log.since.is_some_and(|since| since < oldest);
        if of_age || (at > 0 && rows > keep.rows) {
            doomed.push((*batch, of_age));
        }
    }
    doomed
}
