//! Loads what was committed: of each practice one after the other, of different practices some at a time. What a
//! crash interrupted is begun again.

use std::sync::Arc;

use record::{Fate, IssueCode, Report, Severity};
use store::{DeliveredFile, Delivery, DeliveryState, StoreError};
use tokio::{task::JoinSet, time::sleep};

use super::{
    Intake,
    loads::{Trouble, turn},
    log_name,
};
use crate::{
    loader::{self, LoadError, Loader},
    shutdown::{Phase, Shutdown},
    telemetry,
};

/// Issues of a refusal that are kept.
const ISSUES: usize = 1_000;

const UNREADABLE: &str = "a file of it cannot be read from the spool";

impl Intake {
    /// Loads until the service stops; then no load is begun any more, and it returns when those in progress are
    /// done. To cut them does no harm.
    pub async fn work(self: Arc<Self>, shutdown: Shutdown) {
        let mut running = JoinSet::new();
        while shutdown.phase() == Phase::Running {
            for delivery in self.ready(running.len()) {
                let intake = Arc::clone(&self);
                running.spawn_blocking(move || intake.load(&delivery));
            }
            tokio::select! {
                () = shutdown.reached(Phase::Draining) => {}
                () = self.loads.news() => {}
                Some(_) = running.join_next() => {}
                () = sleep(self.loads.pause(self.clock.now())) => {
                    let intake = Arc::clone(&self);
                    let _ = tokio::task::spawn_blocking(move || intake.clean()).await;
                }
            }
        }
        let intake = Arc::clone(&self);
        let _ = tokio::task::spawn_blocking(move || intake.forgive()).await;
        while running.join_next().await.is_some() {}
    }

    /// What may be loaded now.
    fn ready(&self, running: usize) -> Vec<Delivery> {
        let mut open = match self.store.open_deliveries() {
            Ok(open) => open,
            Err(error) => {
                tracing::error!(%error, "the batches to be loaded cannot be read");
                return Vec::new();
            }
        };
        open.retain(|delivery| matches!(delivery.state, DeliveryState::Committed { .. }));
        let now = self.clock.now();
        let chosen = self.loads.choose(open, now, self.settings.loads.saturating_sub(running));
        self.waits.keep(&self.loads.all_waits());
        chosen
    }

    pub(super) fn try_load(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let unknown = |_| Trouble::Fails("this version does not know its format");
        let format = delivery.format.parse().map_err(unknown)?;
        let paths = self.paths(delivery);
        let is_there = |(path, file): (&std::path::PathBuf, &DeliveredFile)| {
            path.metadata().is_ok_and(|found| found.is_file() && found.len() == file.size)
        };
        // They were there, whole, when they came.
        if !paths.iter().zip(&delivery.files).all(is_there) {
            return Err(self.failed(delivery, UNREADABLE));
        }
        let turn = turn(delivery);
        let loader = Loader {
            store: &*self.store,
            ids: &self.ids,
            clock: &*self.clock,
            practice: &delivery.practice,
            progress: &|progress| self.loads.tell(turn, progress),
            also: self.operator.also(),
        };
        let loaded = loader.take(format, &paths).and_then(|(mut report, batch)| {
            loader.release(Some(batch), &mut report)?;
            Ok((report, batch))
        });
        let state = match loaded {
            Ok((mut report, batch)) => {
                counted(&report);
                report.issues.clear();
                DeliveryState::Loaded { at: self.clock.now(), batch, report }
            }
            // They were read when they came: that they cannot be now says nothing about the batch.
            Err(LoadError::Refused(report)) if is_unreadable(&report) => {
                return Err(self.failed(delivery, UNREADABLE));
            }
            Err(LoadError::Refused(mut report)) => {
                report.issues.retain(|issue| issue.severity == Severity::Fatal);
                report.issues.truncate(ISSUES);
                DeliveryState::Refused { at: self.clock.now(), report: *report }
            }
            Err(error) => return Err(self.postponed(delivery, &error)),
        };
        self.done(delivery, state)
    }

    /// Where its files are.
    fn paths(&self, delivery: &Delivery) -> Vec<std::path::PathBuf> {
        delivery.files.iter().map(|file| self.spool.file(delivery, &file.name)).collect()
    }

    fn done(&self, delivery: &Delivery, state: DeliveryState) -> Result<(), Trouble> {
        let (supplier, practice, batch) = (&delivery.supplier, &delivery.practice, log_name(delivery));
        match &state {
            DeliveryState::Refused { report, .. } => {
                telemetry::delivery("refused");
                let code = report.issues.first().map(|issue| issue.code.code());
                tracing::warn!(supplier, %practice, batch, code, "a batch was refused");
            }
            _ => {
                telemetry::delivery("loaded");
                tracing::info!(supplier, %practice, batch, "a batch is loaded");
            }
        }
        self.store.put_delivery(&Delivery { state, ..delivery.clone() }).map_err(|error| {
            tracing::error!(supplier, %practice, batch, %error, "the result of a batch could not be kept");
            Trouble::of_store(&error)
        })?;
        // Were this missing, the same content sent anew would be told as this batch.
        if let Err(error) = self.store.settle(practice) {
            tracing::error!(supplier, %practice, batch, %error, "that a batch is done could not be kept");
        }
        if let Err(error) = self.spool.remove(delivery) {
            let kind = error.kind();
            tracing::warn!(supplier, %practice, batch, ?kind, "files of a batch that is done could not be deleted");
        }
        Ok(())
    }

    fn failed(&self, delivery: &Delivery, why: &'static str) -> Trouble {
        let (supplier, practice, batch) = (&delivery.supplier, &delivery.practice, log_name(delivery));
        tracing::error!(supplier, %practice, batch, "a batch could not be loaded: {why}");
        Trouble::Fails(why)
    }

    /// Keeps that a batch was given up. Others of its practice go on, unless this one had been begun.
    pub(super) fn give_up(&self, delivery: &Delivery, why: &'static str) -> bool {
        let (supplier, practice, batch) = (&delivery.supplier, &delivery.practice, log_name(delivery));
        telemetry::delivery("failed");
        tracing::error!(
            supplier,
            %practice,
            batch,
            "a batch was given up: {why}; `recordgate admin batches` retries or drops it"
        );
        let state = DeliveryState::Failed { at: self.clock.now(), turn: turn(delivery), why: why.to_owned() };
        let kept = self.store.put_delivery(&Delivery { state, ..delivery.clone() });
        if let Err(error) = &kept {
            tracing::error!(supplier, %practice, batch, %error, "the result of a batch could not be kept");
        }
        kept.is_ok()
    }

    fn postponed(&self, delivery: &Delivery, error: &LoadError) -> Trouble {
        let (supplier, practice, batch) = (&delivery.supplier, &delivery.practice, log_name(delivery));
        match error {
            LoadError::Store(StoreError::BatchOpen { fingerprint }) => {
                if let Some(first) = self.queued(delivery, fingerprint) {
                    tracing::info!(supplier, %practice, batch, "the batch that was begun before is loaded first");
                    return Trouble::Behind(first);
                }
                // Its words may be a sender's; the sum at their end is ours.
                let begun = fingerprint.rsplit(' ').next().unwrap_or_default();
                tracing::warn!(
                    supplier,
                    %practice,
                    batch,
                    begun,
                    "a batch waits: another one was begun and its files are not here; load those again (`recordgate admin \
                     batches list` names them), or give them up with `recordgate admin abandon-batch`"
                );
                Trouble::Waits("waits: another batch of this practice was begun and has not been finished")
            }
            LoadError::File(..) => self.failed(delivery, UNREADABLE),
            LoadError::Changed(_) => self.failed(delivery, "its files changed in the spool"),
            LoadError::Store(StoreError::Damaged(_)) => {
                self.failed(delivery, "a value in the store is damaged")
            }
            LoadError::Store(error) => {
                telemetry::store_failed(error.cause());
                tracing::error!(supplier, %practice, batch, %error, "a batch could not be loaded now");
                Trouble::of_store(error)
            }
            error => {
                tracing::error!(supplier, %practice, batch, %error, "a batch could not be loaded now");
                Trouble::Waits("waits: it could not be loaded now; it will be tried again")
            }
        }
    }

    /// The turn of the batch of the same practice that is queued with the content of one that was begun.
    fn queued(&self, delivery: &Delivery, begun: &str) -> Option<u64> {
        let open = self.store.open_deliveries().ok()?;
        let others = open.into_iter().filter(|other| {
            matches!(other.state, DeliveryState::Committed { .. })
                && other.practice == delivery.practice
                && turn(other) != turn(delivery)
                && begun.starts_with(&other.format)
        });
        others.into_iter().map(|other| (turn(&other), other)).find_map(|(turn, other)| {
            let find = || {
                let format = other.format.parse().ok()?;
                loader::fingerprint_of(format, &other.practice, &self.paths(&other))
            };
            (self.loads.fingerprint(turn, find)? == begun).then_some(turn)
        })
    }
}

fn is_unreadable(report: &Report) -> bool {
    report.issues.iter().any(|issue| issue.code == IssueCode::FileUnreadable)
}

fn counted(report: &Report) {
    for file in report.files.values() {
        telemetry::ingest_rows(Fate::Stored, file.stored);
        telemetry::ingest_rows(Fate::Unchanged, file.unchanged);
        telemetry::ingest_rows(Fate::Parked, file.parked);
        telemetry::ingest_rows(Fate::Rejected, file.rejected);
    }
}
