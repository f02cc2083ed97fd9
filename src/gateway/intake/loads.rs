//! What is being loaded, what waits and for how long, and what has failed how often.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use record::OdsCode;
use store::{Delivery, DeliveryState, StoreError};
use tokio::sync::Notify;

use super::waits::Wait;
use crate::loader::Progress;

/// How often it is looked whether something is to be done that nobody told of.
const LOOK: Duration = Duration::from_secs(5);
/// How long a practice waits after a load that could not be done now for a reason that is not the batch's.
const AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// How long after a load that failed by itself; after the last of these it is given up.
const AFTER_FAILURE: [SignedDuration; 2] = [SignedDuration::from_secs(2), SignedDuration::from_secs(8)];

/// Why a batch was not loaded.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Not by its own fault: it is tried again until it can be done.
    Waits(&'static str),
    /// The store failed: what a supplier is told of it, and what an operator is told.
    Store(&'static str, String),
    /// By its own fault, or by one of ours that comes with it: it is tried some times.
    Fails(&'static str),
    /// The practice has begun another batch, which is queued with this turn.
    Behind(u64),
}

impl Trouble {
    /// Where the store is, and what is wrong with it, is for the operator alone.
    pub(super) fn of_store(error: &StoreError) -> Self {
        let words = match error {
            StoreError::NoSpace { .. } => {
                "waits: there is no space left on the disk of the gateway's store; its operator must make room"
            }
            StoreError::Full => "waits: the gateway's store is full; its operator must raise store.max_gib",
            _ => "waits: the gateway's store cannot be written; its operator must look",
        };
        Self::Store(words, error.to_string())
    }
}

/// What is being loaded.
#[derive(Default)]
pub(super) struct Loads {
    news: Notify,
    state: Mutex<State>,
}

/// Why a practice waits, and until when.
struct Waiting {
    until: Timestamp,
    words: &'static str,
    /// What an operator is told instead.
    inside: Option<String>,
}

#[derive(Default)]
struct State {
    busy: BTreeSet<OdsCode>,
    /// By turn.
    progress: BTreeMap<u64, Progress>,
    /// Practices that wait until a time, and for what.
    waiting: BTreeMap<OdsCode, Waiting>,
    /// The turn of the batch that a practice must load before any other.
    first: BTreeMap<OdsCode, u64>,
    /// What identifies the content of queued batches, by turn, where it had to be found out.
    fingerprints: BTreeMap<u64, String>,
    cleaned: Option<Timestamp>,
    warned: Option<Timestamp>,
}

impl Loads {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was committed.
    pub(super) fn wake(&self) {
        self.news.notify_one();
    }

    /// Until something was committed.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// How long it may be until somebody's wait is over.
    pub(super) fn pause(&self, now: Timestamp) -> Duration {
        let state = self.state();
        let soonest = state.waiting.values().map(|one| one.until).min();
        let left = soonest.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
        left.unwrap_or(LOOK).clamp(Duration::from_millis(100), LOOK)
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

    /// The load of this turn has come so far.
    pub(super) fn tell(&self, turn: u64, progress: Progress) {
        self.state().progress.insert(turn, progress);
    }

    /// What a practice waits for, and until when.
    pub(super) fn waits(&self, practice: &OdsCode) -> Option<(&'static str, Timestamp)> {
        self.state().waiting.get(practice).map(|one| (one.words, one.until))
    }

    /// What each practice waits for, as an operator is told.
    pub(super) fn all_waits(&self) -> Vec<Wait> {
        let state = self.state();
        let waits = state.waiting.iter().map(|(practice, one)| Wait {
            practice: practice.clone(),
            until: one.until,
            words: one.inside.clone().unwrap_or_else(|| one.words.to_owned()),
        });
        waits.collect()
    }

    /// Chooses what is loaded now of what was committed: of each practice that is neither busy nor waiting its begun
    /// batch, or else the first that was committed.
    pub(super) fn choose(&self, mut queued: Vec<Delivery>, now: Timestamp, mut free: usize) -> Vec<Delivery> {
        queued.sort_by_key(turn);
        let turns: BTreeSet<u64> = queued.iter().map(turn).collect();
        let mut state = self.state();
        state.waiting.retain(|_, one| one.until > now);
        state.first.retain(|_, first| turns.contains(first));
        state.fingerprints.retain(|one, _| turns.contains(one));
        let mut chosen = Vec::new();
        for delivery in queued {
            let practice = &delivery.practice;
            let behind = state.first.get(practice).is_some_and(|first| *first != turn(&delivery));
            if free > 0
                && !behind
                && !state.waiting.contains_key(practice)
                && state.busy.insert(practice.clone())
            {
                free -= 1;
                state.progress.insert(turn(&delivery), Progress::Checking(0, delivery.size()));
                chosen.push(delivery);
            }
        }
        chosen
    }

    /// A load has ended; its delivery counts this try. If that was one too many, why it is to be given up.
    pub(super) fn ended(
        &self,
        delivery: &Delivery,
        result: Result<(), Trouble>,
        now: Timestamp,
    ) -> Option<&'static str> {
        let (turn, practice) = (turn(delivery), delivery.practice.clone());
        let mut state = self.state();
        state.progress.remove(&turn);
        let wait = match result {
            Ok(()) => None,
            Err(Trouble::Waits(words)) => Some((AGAIN, words, None)),
            Err(Trouble::Store(words, inside)) => Some((AGAIN, words, Some(inside))),
            Err(Trouble::Behind(first)) => {
                state.first.insert(practice.clone(), first);
                None
            }
            Err(Trouble::Fails(words)) => {
                let before = usize::try_from(delivery.tries().saturating_sub(1)).unwrap_or(usize::MAX);
                match AFTER_FAILURE.get(before) {
                    Some(pause) => Some((*pause, words, None)),
                    // The practice stays busy until this is kept.
                    None => return Some(words),
                }
            }
        };
        state.busy.remove(&practice);
        if let Some((pause, words, inside)) = wait {
            state.waiting.insert(practice, Waiting { until: now + pause, words, inside });
        }
        None
    }

    /// A practice's load was given up, or could not be even that.
    pub(super) fn given_up(&self, practice: &OdsCode, kept: bool, now: Timestamp) {
        let mut state = self.state();
        state.busy.remove(practice);
        if !kept {
            let words = "waits: its result could not be kept";
            let wait = Waiting { until: now + AGAIN, words, inside: None };
            state.waiting.insert(practice.clone(), wait);
        }
    }

    /// What identifies the content of a queued batch, found out once.
    pub(super) fn fingerprint(&self, turn: u64, find: impl FnOnce() -> Option<String>) -> Option<String> {
        let known = self.state().fingerprints.get(&turn).cloned();
        known.or_else(|| {
            let found = find()?;
            self.state().fingerprints.insert(turn, found.clone());
            Some(found)
        })
    }

    /// Whether it is so long ago that it was cleaned up; it is being done now, then.
    pub(super) fn is_time_to_clean(&self, now: Timestamp, every: SignedDuration) -> bool {
        is_time(&mut self.state().cleaned, now, every)
    }

    /// Whether it is so long ago that a list was warned of; it is being done now, then.
    pub(super) fn is_time_to_warn(&self, now: Timestamp, every: SignedDuration) -> bool {
        is_time(&mut self.state().warned, now, every)
    }
}

fn is_time(last: &mut Option<Timestamp>, now: Timestamp, every: SignedDuration) -> bool {
    let is_time = last.is_none_or(|last| now.duration_since(last) >= every);
    if is_time {
        *last = Some(now);
    }
    is_time
}

/// The turn of a batch that was committed.
pub(super) fn turn(delivery: &Delivery) -> u64 {
    match delivery.state {
        DeliveryState::Committed { turn, .. } | DeliveryState::Failed { turn, .. } => turn,
        DeliveryState::Receiving | DeliveryState::Loaded { .. } | DeliveryState::Refused { .. } => 0,
    }
}
