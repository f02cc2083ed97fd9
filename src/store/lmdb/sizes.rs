//! How much of the store each kind of value takes.

use super::{Lmdb, Space};
use crate::StoreError;

/// What one keyspace takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceSize {
    /// Its name.
    pub name: &'static str,
    /// How many values it has.
    pub values: u64,
    /// The bytes of the pages that they lie on, filled or not.
    pub bytes: u64,
}

impl Lmdb {
    /// The keyspaces that grow with the records, the largest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn sizes(&self) -> Result<Vec<SpaceSize>, StoreError> {
        let spaces: [(&'static str, Space); 10] = [
            ("vault", self.vault),
            ("guest", self.guest),
            ("owner", self.owner),
            ("reference", self.reference),
            ("body", self.body),
            ("released", self.released),
            ("subject", self.subject),
            ("holder", self.holder),
            ("waiting", self.waiting),
            ("rows", self.rows),
        ];
        let txn = self.reader()?;
        let mut sizes = Vec::with_capacity(spaces.len());
        for (name, space) in spaces {
            let stat = space.stat(&txn)?;
            let pages = stat.branch_pages + stat.leaf_pages + stat.overflow_pages;
            let bytes = pages as u64 * u64::from(stat.page_size);
            sizes.push(SpaceSize { name, values: stat.entries as u64, bytes });
        }
        sizes.sort_by_key(|size| std::cmp::Reverse(size.bytes));
        Ok(sizes)
    }
}
