//! Deletes what is over its time: batches that nobody finished, results, reports row by row.

use jiff::{SignedDuration, Timestamp};
use store::{DeliveryState, StoreError};

use super::{Intake, log_name, signed};
use crate::{config::WARN_OF_LIST, loader::sweep_rows, telemetry};

/// How often a warning is repeated.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How often what is over its time is looked for.
const CLEAN: SignedDuration = SignedDuration::from_mins(10);

impl Intake {
    /// Deletes batches that nobody finished in time, and results that were kept for long enough.
    pub(super) fn clean(&self) {
        let now = self.clock.now();
        if !self.loads.is_time_to_clean(now, CLEAN) {
            return;
        }
        self.look_at_lists(now);
        let swept = sweep_rows(&*self.store, now, &self.keep_rows);
        if let Err(error) = swept.and_then(|()| self.forget_overdue(now)) {
            tracing::error!(%error, "what is over its time could not be deleted");
        }
    }

    /// Says once a day if a revocation list is out of date, or will be soon.
    fn look_at_lists(&self, now: Timestamp) {
        let ends = self.clients.lists_end();
        let Some(ends) = ends else { return };
        telemetry::list_ends_in(ends.duration_since(now).as_secs());
        let soon = ends.duration_since(now) < WARN_OF_LIST;
        if !soon || !self.loads.is_time_to_warn(now, DAY) {
            return;
        }
        if ends <= now {
            tracing::error!(%ends, "a revocation list is out of date: every supplier is refused until there is a new one and a SIGHUP");
        } else {
            tracing::warn!(%ends, "a revocation list will be out of date soon, and then every supplier is refused");
        }
    }

    /// Deletes what is over its time now.
    ///
    /// # Errors
    /// If the store or the spool failed.
    pub fn forget_overdue(&self, now: Timestamp) -> Result<(), StoreError> {
        let _changing = self.changing();
        for delivery in self.store.open_deliveries()? {
            let overdue = delivery.state == DeliveryState::Receiving && delivery.expires <= now;
            if overdue && !self.is_arriving(&delivery) {
                telemetry::delivery("expired");
                let (supplier, practice) = (&delivery.supplier, &delivery.practice);
                tracing::info!(supplier, %practice, batch = log_name(&delivery), "a batch that was not committed is over its time");
                self.store.forget_delivery(&delivery)?;
                self.spool.remove(&delivery)?;
            }
        }
        let oldest = now - signed(self.settings.keep);
        for supplier in &self.settings.suppliers {
            for delivery in self.store.deliveries(&supplier.name, "", usize::MAX)? {
                let (DeliveryState::Loaded { at, .. } | DeliveryState::Refused { at, .. }) = &delivery.state
                else {
                    continue;
                };
                if *at < oldest {
                    self.store.forget_delivery(&delivery)?;
                }
            }
        }
        Ok(())
    }
}
