//! Room in the spool. Each supplier has a share of its own, so that what one announces and abandons holds nobody else up;
//! the log is told once when a share or the disk is used up, and again only after there was room.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use store::{Delivery, DeliveryState};

use super::{BASE, Intake, log_name};
use crate::{config::Supplier, outcome::Outcome};

/// How many batches an answer or a line of the log names.
const NAMED: usize = 3;

/// What is taken beside batches, and of what the log has been told.
#[derive(Default)]
pub(super) struct Room(Mutex<State>);

#[derive(Default)]
struct State {
    /// Bytes that are no batch's yet, by supplier.
    loose: BTreeMap<String, u64>,
    /// Suppliers who had no room when they asked last.
    full: BTreeSet<String>,
    /// There was none on the disk at the last write.
    disk_full: bool,
}

impl Room {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was written.
    pub(super) fn written(&self) {
        self.state().disk_full = false;
    }
}

/// Room for what arrives before it is known how much it is; given back when this is dropped.
pub(super) struct Loose<'a> {
    room: &'a Room,
    supplier: &'a str,
    /// How much of the supplier's share batches have left.
    left: u64,
    held: u64,
}

impl Loose<'_> {
    /// Takes so much more, unless all that the supplier sends in this way would then be more than is left.
    pub(super) fn take(&mut self, more: u64) -> bool {
        let mut state = self.room.state();
        let all = state.loose.entry(self.supplier.to_owned()).or_default();
        let fits = all.saturating_add(more) <= self.left;
        if fits {
            *all += more;
            self.held += more;
        }
        fits
    }
}

impl Drop for Loose<'_> {
    fn drop(&mut self) {
        let mut state = self.room.state();
        if let Some(all) = state.loose.get_mut(self.supplier) {
            *all = all.saturating_sub(self.held);
        }
        state.loose.retain(|_, held| *held > 0);
    }
}

impl Intake {
    /// Whether a supplier may have so much more under way.
    pub(super) fn has_room(&self, supplier: &Supplier, size: u64) -> Result<(), Outcome> {
        let own = self.under_way(supplier)?;
        let loose = self.room.state().loose.get(&supplier.name).copied().unwrap_or(0);
        if sum(&own).saturating_add(loose).saturating_add(size) > self.settings.quota(supplier) {
            return Err(self.used_up(supplier, &own));
        }
        self.room.state().full.remove(&supplier.name);
        Ok(())
    }

    /// Room for something of a supplier that says how large it is only by ending.
    pub(super) fn loose<'a>(&'a self, supplier: &'a Supplier) -> Result<Loose<'a>, Outcome> {
        let left = self.settings.quota(supplier).saturating_sub(sum(&self.under_way(supplier)?));
        Ok(Loose { room: &self.room, supplier: &supplier.name, left, held: 0 })
    }

    /// The same words when something turned out to be too much while it arrived.
    pub(super) fn no_more_room(&self, supplier: &Supplier) -> Outcome {
        self.under_way(supplier).map_or_else(|outcome| outcome, |own| self.used_up(supplier, &own))
    }

    /// The supplier's batches that hold room, the oldest first, if there may be one more.
    fn under_way(&self, supplier: &Supplier) -> Result<Vec<Delivery>, Outcome> {
        let mut own = self.stored(self.store.open_deliveries())?;
        own.retain(|delivery| delivery.supplier == supplier.name);
        if own.len() >= self.settings.open_batches {
            return Err(Outcome::Throttled(format!(
                "{} batches are unfinished or wait to be loaded. Commit or DELETE those that are being received, and \
                 wait for the others.",
                self.settings.open_batches
            )));
        }
        own.sort_by_key(|delivery| delivery.created);
        Ok(own)
    }

    fn used_up(&self, supplier: &Supplier, own: &[Delivery]) -> Outcome {
        let (taken, quota) = (sum(own), self.settings.quota(supplier));
        let idle: Vec<&Delivery> = own.iter().filter(|delivery| can_be_deleted(delivery)).collect();
        if self.room.state().full.insert(supplier.name.clone()) {
            let names: Vec<&str> = idle.iter().take(NAMED).map(|delivery| log_name(delivery)).collect();
            tracing::warn!(
                code = "no-room",
                taken,
                quota,
                unfinished = names.join(" "),
                "refused: the supplier's quota of the spool is used up; it can DELETE what it has abandoned, and so can \
                 `recordgate admin batches drop`; not said again until there was room"
            );
        }
        let named: Vec<String> = idle
            .iter()
            .take(NAMED)
            .map(|delivery| format!("{} of {} bytes", delivery.id, delivery.size()))
            .collect();
        let oldest =
            if named.is_empty() { String::new() } else { format!(" (the oldest: {})", named.join(", ")) };
        Outcome::NoRoom(format!(
            "You have {taken} bytes of {quota} under way. DELETE {BASE}/batches/… gives back the room of a batch that will \
             not be committed{oldest}, loading that of one that was. Send this one again then."
        ))
    }

    /// What the client is told when the spool failed.
    pub(super) fn on_disk(&self, error: &io::Error) -> Outcome {
        if !is_full(error) {
            tracing::error!(kind = ?error.kind(), code = error.raw_os_error(), "the spool failed");
            return Outcome::Internal;
        }
        if !std::mem::replace(&mut self.room.state().disk_full, true) {
            tracing::error!(
                code = "disk-full",
                "the disk of the spool is full: make room on it; `recordgate admin batches list` says what lies there, and \
                 `drop` deletes what nobody will finish; not said again until something could be written"
            );
        }
        no_room()
    }
}

pub(super) fn no_room() -> Outcome {
    Outcome::NoRoom("The disk is full. What was acknowledged is safe; try again later.".to_owned())
}

fn sum(deliveries: &[Delivery]) -> u64 {
    deliveries.iter().fold(0, |sum, delivery| sum.saturating_add(delivery.size()))
}

/// Whether its supplier may delete it.
pub(super) fn can_be_deleted(delivery: &Delivery) -> bool {
    matches!(delivery.state, DeliveryState::Receiving | DeliveryState::Failed { .. })
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
