//! The names of files that entries were read from. Suppliers' names are long, and each stands in thousands of entries: an
//! entry has a number instead. `practice 0 n name` is a number, `practice 0 f number` a name.

use std::collections::HashMap;

use heed::{AnyTls, RoTxn, RwTxn};
use record::OdsCode;

use super::{Lmdb, key};
use crate::StoreError;

const SPACE: &str = "file";

/// Numbers and names that one transaction has looked up.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    names: HashMap<u32, String>,
}

impl Lmdb {
    /// The number of a file, a new one if it has none yet.
    pub(super) fn number_of_file(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        name: &str,
        looked_up: &mut Names,
    ) -> Result<u32, StoreError> {
        if let Some(number) = looked_up.numbers.get(name) {
            return Ok(*number);
        }
        let at = key(practice, None, &["n", name]);
        let number = match self.file.get(txn, &at)? {
            Some(found) => number_in(found)?,
            None => self.new_file_number(txn, practice, name, &at)?,
        };
        looked_up.numbers.insert(name.to_owned(), number);
        Ok(number)
    }

    fn new_file_number(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        name: &str,
        at: &[u8],
    ) -> Result<u32, StoreError> {
        let all = key(practice, None, &["f", ""]);
        let last = self.file.rev_prefix_iter(txn, &all)?.next().transpose()?;
        let last = last.map(|(at, _)| number_in(at.get(all.len()..).unwrap_or_default())).transpose()?;
        let number = last.map_or(Some(0), |last| last.checked_add(1)).ok_or(StoreError::Full)?;
        self.file.put(txn, at, &number.to_be_bytes())?;
        self.file.put(txn, &[&all[..], &number.to_be_bytes()].concat(), name.as_bytes())?;
        Ok(number)
    }

    /// The name that a number stands for.
    pub(super) fn name_of_file(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        practice: &OdsCode,
        number: u32,
        looked_up: &mut Names,
    ) -> Result<String, StoreError> {
        if let Some(name) = looked_up.names.get(&number) {
            return Ok(name.clone());
        }
        let at = [&key(practice, None, &["f", ""])[..], &number.to_be_bytes()].concat();
        let found = self.file.get(txn, &at)?.and_then(|name| std::str::from_utf8(name).ok());
        let name = found.ok_or(StoreError::Damaged(SPACE))?.to_owned();
        looked_up.names.insert(number, name.clone());
        Ok(name)
    }
}

fn number_in(bytes: &[u8]) -> Result<u32, StoreError> {
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Damaged(SPACE))
}
