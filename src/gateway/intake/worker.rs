//! Loads what was committed: of each practice one after the other, of different practices some at a time. What a
//! crash interrupted is begun again.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use record::{Fate, OdsCode, Report, Severity};
use store::{Delivery, DeliveryState, StoreError};
use tokio::{sync::Notify, task::JoinSet, time::sleep};

use super::Intake;
use crate::{
    loader::{Also, LoadError, Loader, Progress},
    shutdown::{Phase, Shutdown},
    telemetry,
};

/// How often it is looked whether something is to be done that nobody told of.
const LOOK: Duration = Duration::from_secs(5);
/// How long a practice waits after a load that could not be done now.
const AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// How often what is over its time is looked for.
const CLEAN: SignedDuration = SignedDuration::from_mins(10);
/// Issues of a refusal that are kept.
const ISSUES: usize = 1_000;

/// What is being loaded.
#[derive(Default)]
pub(super) struct Loads {
    news: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    busy: BTreeSet<OdsCode>,
    /// By turn.
    progress: BTreeMap<u64, Progress>,
    /// Practices that wait until a time, and for what.
    waiting: BTreeMap<OdsCode, (Timestamp, &'static str)>,
    cleaned: Option<Timestamp>,
}

impl Loads {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was committed.
    pub(super) fn wake(&self) {
        self.news.notify_one();
    }

    /// How far the load of this turn has come, if it has begun.
    pub(super) fn told(&self, turn: u64) -> Option<String> {
        let share = |done: u64, of: u64| done.saturating_mul(100).checked_div(of).unwrap_or(100);
        Some(match self.state().progress.get(&turn)? {
            Progress::Checking(done, of) => format!("checking, {} %", share(*done, *of)),
            Progress::Storing(done, of) => format!("storing, {} %", share(*done, *of)),
            Progress::Releasing(done, of) => format!("releasing, {done} of {of} patients"),
            Progress::Looking(done) => format!("looking at {done} patients"),
        })
    }

    /// What a practice waits for.
    pub(super) fn waits(&self, practice: &OdsCode) -> Option<&'static str> {
        self.state().waiting.get(practice).map(|(_, words)| *words)
    }
}

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
                () = self.loads.news.notified() => {}
                Some(_) = running.join_next() => {}
                () = sleep(LOOK) => {
                    let intake = Arc::clone(&self);
                    let _ = tokio::task::spawn_blocking(move || intake.clean()).await;
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// What may be loaded now: of each practice that is not busy the first that was committed.
    fn ready(&self, running: usize) -> Vec<Delivery> {
        let mut open = match self.store.open_deliveries() {
            Ok(open) => open,
            Err(error) => {
                tracing::error!(%error, "the batches to be loaded cannot be read");
                return Vec::new();
            }
        };
        open.retain(|delivery| matches!(delivery.state, DeliveryState::Committed { .. }));
        open.sort_by_key(turn);
        let now = self.clock.now();
        let mut state = self.loads.state();
        state.waiting.retain(|_, (until, _)| *until > now);
        let mut free = self.settings.loads.saturating_sub(running);
        let mut ready = Vec::new();
        for delivery in open {
            let practice = &delivery.practice;
            if free > 0 && !state.waiting.contains_key(practice) && state.busy.insert(practice.clone()) {
                free -= 1;
                state.progress.insert(turn(&delivery), Progress::Checking(0, delivery.size()));
                ready.push(delivery);
            }
        }
        ready
    }

    fn load(&self, delivery: &Delivery) {
        // A reader that falls over must not hold its practice up without a word.
        let attempt = catch_unwind(AssertUnwindSafe(|| self.try_load(delivery)));
        let result = attempt.unwrap_or(Err("waits: reading it failed; the operator must look"));
        let mut state = self.loads.state();
        state.progress.remove(&turn(delivery));
        state.busy.remove(&delivery.practice);
        if let Err(words) = result {
            state.waiting.insert(delivery.practice.clone(), (self.clock.now() + AGAIN, words));
        }
    }

    /// The error is why it must be tried again.
    fn try_load(&self, delivery: &Delivery) -> Result<(), &'static str> {
        let format = delivery.format.parse().map_err(|_| "waits: this version does not know its format")?;
        let paths: Vec<_> = delivery.files.iter().map(|file| self.spool.file(delivery, &file.name)).collect();
        let turn = turn(delivery);
        let loader = Loader {
            store: &*self.store,
            ids: &self.ids,
            clock: &*self.clock,
            practice: &delivery.practice,
            progress: &|progress| {
                self.loads.state().progress.insert(turn, progress);
            },
            also: Also { terminology: self.terminology.as_ref(), ..Also::default() },
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
            Err(LoadError::Refused(mut report)) => {
                report.issues.retain(|issue| issue.severity == Severity::Fatal);
                report.issues.truncate(ISSUES);
                DeliveryState::Refused { at: self.clock.now(), report: *report }
            }
            Err(error) => return Err(self.postponed(delivery, &error)),
        };
        self.done(delivery, state)
    }

    fn done(&self, delivery: &Delivery, state: DeliveryState) -> Result<(), &'static str> {
        let loaded = matches!(state, DeliveryState::Loaded { .. });
        telemetry::delivery(if loaded { "loaded" } else { "refused" });
        tracing::info!(supplier = delivery.supplier, practice = %delivery.practice, loaded, "a batch is done");
        if let DeliveryState::Refused { report, .. } = &state {
            let why: BTreeSet<&str> = report.issues.iter().map(|issue| issue.code.code()).collect();
            tracing::warn!(supplier = delivery.supplier, practice = %delivery.practice, ?why, "a batch was refused");
        }
        self.store.put_delivery(&Delivery { state, ..delivery.clone() }).map_err(|error| {
            tracing::error!(%error, "the result of a batch could not be kept");
            "waits: its result could not be kept"
        })?;
        if let Err(error) = self.spool.remove(delivery) {
            tracing::warn!(kind = ?error.kind(), "files of a batch that is done could not be deleted");
        }
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn postponed(&self, delivery: &Delivery, error: &LoadError) -> &'static str {
        match error {
            LoadError::Store(StoreError::BatchOpen { .. }) => {
                tracing::warn!(practice = %delivery.practice, "a batch waits: another one has been begun");
                "waits: another batch of this practice was begun and has not been finished"
            }
            // The paths of files are the sender's words.
            LoadError::File(_, error) => {
                tracing::error!(practice = %delivery.practice, kind = ?error.kind(), "a file in the spool cannot be read");
                "waits: a file cannot be read; the operator must look"
            }
            error => {
                tracing::error!(practice = %delivery.practice, %error, "a batch could not be loaded");
                "waits: it could not be loaded now; it will be tried again"
            }
        }
    }

    /// Deletes batches that nobody finished in time, and results that were kept for long enough.
    fn clean(&self) {
        let now = self.clock.now();
        if self.loads.state().cleaned.is_some_and(|last| now.duration_since(last) < CLEAN) {
            return;
        }
        self.loads.state().cleaned = Some(now);
        if let Err(error) = self.forget_overdue(now) {
            tracing::error!(%error, "what is over its time could not be deleted");
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
                self.store.forget_delivery(&delivery)?;
                self.spool.remove(&delivery)?;
            }
        }
        let oldest = now - super::signed(self.settings.keep);
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

fn turn(delivery: &Delivery) -> u64 {
    match delivery.state {
        DeliveryState::Committed { turn, .. } => turn,
        DeliveryState::Receiving | DeliveryState::Loaded { .. } | DeliveryState::Refused { .. } => 0,
    }
}

fn counted(report: &Report) {
    for file in report.files.values() {
        telemetry::ingest_rows(Fate::Stored, file.stored);
        telemetry::ingest_rows(Fate::Unchanged, file.unchanged);
        telemetry::ingest_rows(Fate::Parked, file.parked);
        telemetry::ingest_rows(Fate::Rejected, file.rejected);
    }
}
