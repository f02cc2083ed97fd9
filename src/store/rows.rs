//! The log of rows: what became of each row of a batch, for its report and for whoever follows one row.

use record::{IssueCode, OdsCode, Place, Row};

use crate::StoreError;

/// How many batches of a practice keep their log: the newest.
pub const LOGGED_BATCHES: u64 = 100;

/// Some rows of a batch's log, and where to go on.
#[derive(Debug)]
pub struct RowPage {
    /// In the order of the files and of their lines.
    pub rows: Vec<Row>,
    /// Give it to [`RowLog::rows`] for the rows that follow.
    pub next: Vec<u8>,
}

/// Logs of rows. That of a batch is complete once the batch has been released: one that was interrupted is begun anew
/// with its batch. The newest hundred batches of a practice keep theirs.
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
}
