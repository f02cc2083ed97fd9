//! Deletes what is over its time: batches that nobody finished, results, reports row by row.

use jiff::{SignedDuration, Timestamp};
use store::{DeliveryState, StoreError};

use super::{Intake, loads::Loads, log_name, signed};
use crate::{config::WARN_OF_LIST, loader::sweep_rows, telemetry};

/// How often a warning is repeated.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How often what is over its time is looked for.
const CLEAN: SignedDuration = SignedDuration::from_mins(10);

/// The end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is over.
    Was,
    /// It is near.
    WillBe,
}

/// What the log is to be told of a list with this end, if it is time to tell of it.
fn list_to_tell_of(loads: &Loads, ends: Timestamp, now: Timestamp) -> Option<End> {
    let near = ends.duration_since(now) < WARN_OF_LIST;
    (near && loads.is_time_to_warn(now, DAY)).then(|| if ends <= now { End::Was } else { End::WillBe })
}

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
        match list_to_tell_of(&self.loads, ends, now) {
            Some(End::Was) => {
                tracing::error!(%ends, "a revocation list is out of date: every supplier is refused until there is a new one and a SIGHUP");
            }
            Some(End::WillBe) => {
                tracing::warn!(%ends, "a revocation list will be out of date soon, and then every supplier is refused");
            }
            None => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_ends_soon_is_told_of_once_a_day_until_it_is_renewed() {
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let ends = start + SignedDuration::from_hours(10 * 24);
        let loads = Loads::default();
        let told_on = |ends: Timestamp, days: std::ops::Range<i64>| {
            let mut told = Vec::new();
            for tick in days.start * 144..days.end * 144 {
                let now = start + CLEAN * i32::try_from(tick).unwrap();
                told.extend(list_to_tell_of(&loads, ends, now).map(|end| (tick / 144, end)));
            }
            told
        };
        let warned = (3..10).map(|day| (day, End::WillBe));
        let late = (10..13).map(|day| (day, End::Was));
        assert_eq!(told_on(ends, 0..13), warned.chain(late).collect::<Vec<_>>());
        assert_eq!(told_on(ends + SignedDuration::from_hours(30 * 24), 13..16), []);
    }
}
