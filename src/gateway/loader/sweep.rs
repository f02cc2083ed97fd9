//! Throws away logs of rows that are over their time.

use jiff::Timestamp;
use store::{KeepRows, Store, StoreError};

use crate::telemetry;

/// Throws away the logs of rows that are over their time, and says in the log whose had to go before it.
///
/// # Errors
/// If the store failed.
pub fn sweep_rows(store: &dyn Store, now: Timestamp, keep: &KeepRows) -> Result<(), StoreError> {
    for swept in store.sweep_rows(now, keep)? {
        let practice = &swept.practice;
        if swept.for_room > 0 {
            let batches = swept.for_room;
            tracing::warn!(
                %practice,
                batches,
                "reports row by row were deleted before their time: the practice has more rows than store.report_rows"
            );
        }
        if swept.by_age > 0 {
            tracing::info!(%practice, batches = swept.by_age, "reports row by row were deleted, being old enough");
        }
        telemetry::reports_deleted("age", swept.by_age);
        telemetry::reports_deleted("room", swept.for_room);
    }
    Ok(())
}
