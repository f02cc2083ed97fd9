//! Apps that people have let into records: documents by `account 0 family`.

use jiff::Timestamp;

use super::Lmdb;
use crate::{Connection, StoreError, codec};

const SPACE: &str = "connection";

fn of(account: &str) -> Vec<u8> {
    [account.as_bytes(), b"\0"].concat()
}

impl Lmdb {
    pub(super) fn keep_connection(&self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let prefix = of(&connection.account);
        let mut over = Vec::new();
        for item in self.connection.prefix_iter(&txn, &prefix)? {
            let (key, bytes) = item?;
            let known: Connection = codec::unpack_json(bytes, SPACE)?;
            if known.until <= now {
                over.push(key.to_vec());
            }
        }
        for key in over {
            self.connection.delete(&mut txn, &key)?;
        }
        let key = [&prefix, connection.family.as_bytes()].concat();
        self.put_document(&mut txn, self.connection, &key, connection, SPACE)?;
        self.commit(txn)
    }

    pub(super) fn connections_of(&self, account: &str) -> Result<Vec<Connection>, StoreError> {
        let txn = self.reader()?;
        let items = self.connection.prefix_iter(&txn, &of(account))?;
        items.map(|item| codec::unpack_json(item?.1, SPACE)).collect()
    }
}
