//! The log of rows in LMDB: `practice 0 batch` and then `f name` (a file's number), `n number` (its name) or
//! `r number block` (the rows of 64 lines, so that a row costs a few bytes and files come back in their order).

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    ops::Bound,
};

use heed::{AnyTls, RoTxn, RwTxn};
use jiff::Timestamp;
use record::{Fate, Issue, IssueCode, OdsCode, Place, Row, RowEntry, Severity};
use serde::{Deserialize, Serialize};

use super::Lmdb;
use crate::{KeepRows, RowLog, RowPage, StoreError, Swept, codec};

/// Lines that are kept in one value.
const LINES: u64 = 64;
/// Rows after which a page ends.
const PAGE: usize = 1_000;
const SPACE: &str = "rows";

#[derive(Serialize, Deserialize)]
struct KeptRow {
    line: u64,
    fate: Option<Fate>,
    issues: Vec<KeptIssue>,
    entry: Option<RowEntry>,
}

#[derive(Serialize, Deserialize)]
struct KeptIssue {
    severity: Severity,
    code: IssueCode,
    field: Option<String>,
    detail: Option<String>,
}

type Blocks = BTreeMap<(u32, u64), Vec<KeptRow>>;

/// The beginning of all keys of a batch.
pub(super) fn of_batch(practice: &OdsCode, batch: u64) -> Vec<u8> {
    let mut key = practice.as_str().as_bytes().to_vec();
    key.push(0);
    key.extend(batch.to_be_bytes());
    key
}

fn block_key(prefix: &[u8], file: u32, block: u64) -> Vec<u8> {
    [prefix, b"r", &file.to_be_bytes(), &block.to_be_bytes()].concat()
}

impl Lmdb {
    /// Throws the log of a batch away: one that is begun again begins its log again.
    pub(super) fn clear_log(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        batch: u64,
    ) -> Result<(), StoreError> {
        let (from, to) = (of_batch(practice, batch), of_batch(practice, batch + 1));
        let range = (Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice()));
        self.rows.delete_range(txn, &range)?;
        self.logs.delete(txn, &from)?;
        Ok(())
    }

    fn file_number(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        prefix: &[u8],
        name: &str,
    ) -> Result<Option<u32>, StoreError> {
        let found = self.rows.get(txn, &[prefix, b"f", name.as_bytes()].concat())?;
        found
            .map(|bytes| bytes.try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Damaged(SPACE)))
            .transpose()
    }

    fn new_file(&self, txn: &mut RwTxn<'_>, prefix: &[u8], name: &str) -> Result<u32, StoreError> {
        let names = [prefix, b"n"].concat();
        let number = u32::try_from(self.rows.prefix_iter(txn, &names)?.count()).unwrap_or(u32::MAX);
        self.rows.put(txn, &[prefix, b"f", name.as_bytes()].concat(), &number.to_be_bytes())?;
        self.rows.put(txn, &[&names[..], &number.to_be_bytes()].concat(), name.as_bytes())?;
        Ok(number)
    }

    fn block(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        prefix: &[u8],
        at: (u32, u64),
    ) -> Result<Vec<KeptRow>, StoreError> {
        let found = self.rows.get(txn, &block_key(prefix, at.0, at.1))?;
        Ok(found.map(|bytes| codec::unpack(bytes, SPACE)).transpose()?.unwrap_or_default())
    }

    /// A block among those that are being changed.
    fn in_hand<'b>(
        &self,
        txn: &RoTxn<'_, AnyTls>,
        prefix: &[u8],
        at: (u32, u64),
        blocks: &'b mut Blocks,
    ) -> Result<&'b mut Vec<KeptRow>, StoreError> {
        Ok(match blocks.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.block(txn, prefix, at)?),
        })
    }

    fn put_blocks(&self, txn: &mut RwTxn<'_>, prefix: &[u8], blocks: Blocks) -> Result<(), StoreError> {
        for ((file, block), rows) in blocks {
            self.rows.put(txn, &block_key(prefix, file, block), &codec::pack(&rows, SPACE)?)?;
        }
        Ok(())
    }

    fn log_all(&self, practice: &OdsCode, batch: u64, rows: &[Row]) -> Result<(), StoreError> {
        let prefix = of_batch(practice, batch);
        let mut txn = self.env.write_txn()?;
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut blocks = Blocks::new();
        for row in rows {
            let name = row.place.file.as_str();
            let number = match numbers.get(name) {
                Some(number) => *number,
                None => match self.file_number(&txn, &prefix, name)? {
                    Some(number) => number,
                    None => self.new_file(&mut txn, &prefix, name)?,
                },
            };
            numbers.insert(name, number);
            let at = (number, row.place.line / LINES);
            self.in_hand(&txn, &prefix, at, &mut blocks)?.push(kept(row));
        }
        let blocks = blocks.into_iter().map(|(at, rows)| (at, joined(rows))).collect();
        self.put_blocks(&mut txn, &prefix, blocks)?;
        self.count_logged(&mut txn, &prefix, rows.len() as u64)?;
        self.commit(txn)
    }
}

impl RowLog for Lmdb {
    fn log_rows(&self, practice: &OdsCode, batch: u64, rows: &[Row]) -> Result<(), StoreError> {
        self.noted(self.log_all(practice, batch, rows))
    }

    fn park_rows(
        &self,
        practice: &OdsCode,
        batch: u64,
        waiting: &[(Place, IssueCode, bool)],
    ) -> Result<Vec<bool>, StoreError> {
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = of_batch(practice, batch);
        let mut txn = self.env.write_txn()?;
        let mut blocks = Blocks::new();
        let mut parked = Vec::with_capacity(waiting.len());
        for (place, code, was_stored) in waiting {
            let Some(number) = self.file_number(&txn, &prefix, &place.file)? else {
                parked.push(false);
                continue;
            };
            let at = (number, place.line / LINES);
            let was = if *was_stored { Fate::Stored } else { Fate::Unchanged };
            let rows = self.in_hand(&txn, &prefix, at, &mut blocks)?;
            let row = rows.iter_mut().find(|row| row.line == place.line && row.fate == Some(was));
            parked.push(row.is_some());
            if let Some(row) = row {
                row.fate = Some(Fate::Parked);
                let issue = KeptIssue { severity: Severity::Warning, code: *code, field: None, detail: None };
                row.issues.push(issue);
            }
        }
        self.put_blocks(&mut txn, &prefix, blocks)?;
        self.commit(txn)?;
        Ok(parked)
    }

    fn rows(&self, practice: &OdsCode, batch: u64, after: &[u8]) -> Result<Option<RowPage>, StoreError> {
        let prefix = of_batch(practice, batch);
        let all = [&prefix[..], b"r"].concat();
        let end = [&prefix[..], b"s"].concat();
        let from = if after.is_empty() { &all[..] } else { after };
        let txn = self.reader()?;
        let mut page = RowPage { rows: Vec::new(), next: Vec::new() };
        let mut file: Option<(u32, String)> = None;
        for item in self.rows.range(&txn, &(Bound::Excluded(from), Bound::Excluded(&end[..])))? {
            let (key, bytes) = item?;
            let number = key.get(all.len()..all.len() + 4).and_then(|bytes| bytes.try_into().ok());
            let number = u32::from_be_bytes(number.ok_or(StoreError::Damaged(SPACE))?);
            let name = match file.take() {
                Some((last, name)) if last == number => name,
                Some(_) | None => {
                    let found = self.rows.get(&txn, &[&prefix[..], b"n", &number.to_be_bytes()].concat())?;
                    let name = found.and_then(|name| std::str::from_utf8(name).ok());
                    name.ok_or(StoreError::Damaged(SPACE))?.to_owned()
                }
            };
            let rows: Vec<KeptRow> = codec::unpack(bytes, SPACE)?;
            page.rows.extend(rows.into_iter().map(|row| given(row, &name)));
            page.next = key.to_vec();
            file = Some((number, name));
            if page.rows.len() >= PAGE {
                break;
            }
        }
        Ok(Some(page).filter(|page| !page.next.is_empty()))
    }

    fn logged(&self, practice: &OdsCode) -> Result<Vec<u64>, StoreError> {
        self.logged_batches(practice)
    }

    fn rows_at(&self, practice: &OdsCode, batch: u64, place: &Place) -> Result<Vec<Row>, StoreError> {
        let prefix = of_batch(practice, batch);
        let txn = self.reader()?;
        let Some(number) = self.file_number(&txn, &prefix, &place.file)? else { return Ok(Vec::new()) };
        let rows = self.block(&txn, &prefix, (number, place.line / LINES))?;
        let of_line = rows.into_iter().filter(|row| row.line == place.line);
        Ok(of_line.map(|row| given(row, &place.file)).collect())
    }

    fn forget_rows(&self, practice: &OdsCode, batch: u64) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        self.clear_log(&mut txn, practice, batch)?;
        self.commit(txn)
    }

    fn sweep_rows(&self, now: Timestamp, keep: &KeepRows) -> Result<Vec<Swept>, StoreError> {
        self.sweep_logs(now, keep)
    }
}

fn kept(row: &Row) -> KeptRow {
    let issues = row.issues.iter().map(|issue| KeptIssue {
        severity: issue.severity,
        code: issue.code,
        field: issue.field.clone(),
        detail: issue.detail.clone(),
    });
    KeptRow { line: row.place.line, fate: row.fate, issues: issues.collect(), entry: row.entry.clone() }
}

fn given(row: KeptRow, file: &str) -> Row {
    let issues = row.issues.into_iter().map(|issue| Issue {
        severity: issue.severity,
        code: issue.code,
        file: file.to_owned(),
        line: row.line,
        field: issue.field,
        detail: issue.detail,
    });
    let issues = issues.collect();
    Row { place: Place { file: file.to_owned(), line: row.line }, fate: row.fate, issues, entry: row.entry }
}

/// In the order of lines. What is said of a line joins the next row of it, or else the last one.
fn joined(mut rows: Vec<KeptRow>) -> Vec<KeptRow> {
    rows.sort_by_key(|row| row.line);
    let mut out: Vec<KeptRow> = Vec::with_capacity(rows.len());
    for mut row in rows {
        match out.last_mut() {
            Some(last) if last.line == row.line && last.fate.is_none() => {
                last.issues.append(&mut row.issues);
                last.fate = row.fate;
                last.entry = row.entry;
            }
            Some(last) if last.line == row.line && row.fate.is_none() => last.issues.append(&mut row.issues),
            Some(_) | None => out.push(row),
        }
    }
    out
}
