//! What records are made with: what it is now, and who has a record that was made with something else.

use policy::MadeWith;
use record::OdsCode;

use super::{Lmdb, under};
use crate::{StoreError, codec};

/// Where it stands in a released record: behind the checksum and the stamp, as its first field.
const AT: usize = 4 + 8;

impl Lmdb {
    /// What is made from now on, and the marks of who must be projected anew, in one transaction.
    pub(super) fn make_records_with(&self, practice: &OdsCode, what: &MadeWith) -> Result<u64, StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        if settings.made_with != *what {
            settings.made_with = *what;
            self.put_practice(&mut txn, practice, &settings)?;
        }
        let mut others = Vec::new();
        for item in self.released.prefix_iter(&txn, &under(practice, None))? {
            let (key, bytes) = item?;
            // One that is damaged is not what it should be either.
            if read(bytes) != Some(*what) {
                others.push(key.to_vec());
            }
        }
        for key in &others {
            self.dirty.put(&mut txn, key, &[])?;
        }
        self.commit(txn)?;
        Ok(others.len() as u64)
    }

    pub(super) fn known_practices(&self) -> Result<Vec<OdsCode>, StoreError> {
        let txn = self.reader()?;
        let codes = self.practice.iter(&txn)?.map(|item| {
            let code = std::str::from_utf8(item?.0).ok().and_then(|code| code.parse().ok());
            code.ok_or(StoreError::Damaged("practice"))
        });
        codes.collect()
    }
}

/// What a stored record was made with, without decoding the rest of it.
fn read(bytes: &[u8]) -> Option<MadeWith> {
    codec::open(bytes, "release").ok()?;
    codec::beginning(bytes.get(AT..)?)
}
