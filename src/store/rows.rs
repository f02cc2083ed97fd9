//! The log of rows: what became of each row of a batch, for its report and for whoever follows one row.

use std::time::Duration;

use jiff::Timestamp;
use record::{IssueCode, OdsCode, Place, Row};

use crate::StoreError;

/// Some rows of a batch's log, and where to go on.
#[derive(Debug)]
pub struct RowPage {
    /// In the order of the files and of their lines.
    pub rows: Vec<Row>,
    /// Give it to [`RowLog::rows`] for the rows that follow.
    pub next: Vec<u8>,
}

/// How long logs of rows are kept: each for a time, however many come; and, so that no feed can fill the disk with them,
/// so many rows of one practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepRows {
    /// How old a log may become.
    pub age: Duration,
    /// How many rows all logs of one practice may have together.
    pub rows: u64,
}

/// How many logs of a practice were thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Whose.
    pub practice: OdsCode,
    /// Because they were as old as they may become.
    pub by_age: u64,
    /// Because the practice had more rows than it may, though they were not that old.
    pub for_room: u64,
}

/// Logs of rows. That of a batch is complete once the batch has been released: one that was interrupted is begun anew
/// with its batch. They stay until [`RowLog::sweep_rows`] finds them too old.
pub trait RowLog {
    /// Adds rows to the log of a batch that has been begun. Issues of a line that is no row join the row of that line.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn log_rows(&self, practice: &OdsCode, batch: u64, rows: &[Row]) -> Result<(), StoreError>;

    /// Notes that rows turned out to wait, for each whether it had been stored (rather than unchanged). Says of each
    /// whether the log has such a row, which is parked now.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn park_rows(
        &self,
        practice: &OdsCode,
        batch: u64,
        waiting: &[(Place, IssueCode, bool)],
    ) -> Result<Vec<bool>, StoreError>;

    /// The rows of a batch that follow a page, at first those of the beginning (`&[]`). None after the last.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn rows(&self, practice: &OdsCode, batch: u64, after: &[u8]) -> Result<Option<RowPage>, StoreError>;

    /// The batches of a practice that have a log, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn logged(&self, practice: &OdsCode) -> Result<Vec<u64>, StoreError>;

    /// The rows of one line (in XML there may be several). It costs the same however long the log is.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn rows_at(&self, practice: &OdsCode, batch: u64, place: &Place) -> Result<Vec<Row>, StoreError>;

    /// Throws the log of a batch away.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn forget_rows(&self, practice: &OdsCode, batch: u64) -> Result<(), StoreError>;

    /// Throws away the logs that are over their time, and the oldest of practices that have too many rows. A log's time
    /// begins when it is there at a sweep for the first time. Says of whom it threw away any.
    ///
    /// # Errors
    /// If the store failed; what was thrown away before is not told then.
    fn sweep_rows(&self, now: Timestamp, keep: &KeepRows) -> Result<Vec<Swept>, StoreError>;
}
