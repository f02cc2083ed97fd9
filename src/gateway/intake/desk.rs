//! What an operator does with batches by hand, while the service runs or does not.

use std::{io, path::PathBuf};

use record::OdsCode;
use store::{Delivery, DeliveryState, Store, StoreError};

use crate::{
    config::{self, Supplier},
    loader,
};

use super::{
    log_name,
    spool::{Received, Spool},
    waits::{self, Wait},
};

/// Batches in the spool, for an operator.
pub struct Desk<'a> {
    store: &'a dyn Store,
    suppliers: &'a [Supplier],
    spool: Spool,
    waits: Vec<Wait>,
}

impl<'a> Desk<'a> {
    /// Over a store and the spool beside it.
    ///
    /// # Errors
    /// If the spool cannot be used.
    pub fn open(store: &'a dyn Store, intake: &'a config::Intake) -> io::Result<Self> {
        let (suppliers, spool) = (&intake.suppliers, &intake.spool);
        Ok(Self { store, suppliers, waits: waits::kept(spool), spool: Spool::open(spool)? })
    }

    /// Every batch that is received, waits, is loaded or has failed; of one practice or of all, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn batches(&self, practice: Option<&OdsCode>) -> Result<Vec<Delivery>, StoreError> {
        let mut open = self.store.open_deliveries()?;
        open.retain(|delivery| practice.is_none_or(|practice| *practice == delivery.practice));
        open.sort_by_key(|delivery| delivery.created);
        Ok(open)
    }

    /// Every batch that was loaded or refused and whose result is still kept, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn done(&self, practice: Option<&OdsCode>) -> Result<Vec<Delivery>, StoreError> {
        let mut done = Vec::new();
        for supplier in self.suppliers {
            let all = self.store.deliveries(&supplier.name, "", usize::MAX)?.into_iter();
            done.extend(
                all.filter(|one| !one.is_open() && practice.is_none_or(|practice| *practice == one.practice)),
            );
        }
        done.sort_by_key(|delivery| delivery.created);
        Ok(done)
    }

    /// The batch of a supplier with this id, or that logs call so; of several of those the newest.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn find(&self, supplier: &str, name: &str) -> Result<Option<Delivery>, StoreError> {
        if let Some(found) = self.store.delivery(supplier, name)? {
            return Ok(Some(found));
        }
        let all = self.store.deliveries(supplier, "", usize::MAX)?.into_iter();
        Ok(all.filter(|one| log_name(one) == name).max_by_key(|one| one.created))
    }

    /// Why a batch that was committed was not loaded when that was tried last, as far as the service has written it down.
    #[must_use]
    pub fn waits(&self, delivery: &Delivery) -> Option<&Wait> {
        let waits = matches!(delivery.state, DeliveryState::Committed { .. });
        self.waits.iter().find(|one| waits && one.practice == delivery.practice)
    }

    /// How many of a batch's bytes have come, as they were sent, and how many of its files are whole.
    #[must_use]
    pub fn received(&self, delivery: &Delivery) -> (u64, usize) {
        if delivery.state != DeliveryState::Receiving {
            return (delivery.size(), delivery.files.len());
        }
        delivery.files.iter().fold((0, 0), |(bytes, whole), file| {
            match self.spool.received(delivery, &file.name) {
                Received::Whole => (bytes + file.size, whole + 1),
                Received::Part(_, length) => (bytes + length, whole),
            }
        })
    }

    /// Which committed batch is the one of its practice that was begun and not finished: the service goes on with it by
    /// itself.
    #[must_use]
    pub fn goes_on<'d>(
        &self,
        practice: &OdsCode,
        begun: &str,
        batches: &'d [Delivery],
    ) -> Option<&'d Delivery> {
        batches.iter().find(|delivery| {
            let paths: Vec<PathBuf> =
                delivery.files.iter().map(|file| self.spool.file(delivery, &file.name)).collect();
            let fingerprint = || loader::fingerprint_of(delivery.format.parse().ok()?, practice, &paths);
            delivery.practice == *practice
                && matches!(delivery.state, DeliveryState::Committed { .. })
                && fingerprint().is_some_and(|its| its == begun)
        })
    }

    /// Forgets a batch and deletes its files: state first, since files without a batch are swept.
    ///
    /// # Errors
    /// If the store or the spool failed.
    pub fn drop_batch(&self, delivery: &Delivery) -> Result<(), StoreError> {
        self.store.forget_delivery(delivery)?;
        Ok(self.spool.remove(delivery)?)
    }

    /// Puts a batch that failed back into the queue, where it was; says whether it had failed.
    ///
    /// # Errors
    /// If the store failed.
    pub fn retry(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        let DeliveryState::Failed { at, turn, .. } = delivery.state else { return Ok(false) };
        let state = DeliveryState::Committed { at, turn, tries: 0 };
        self.store.put_delivery(&Delivery { state, ..delivery.clone() })?;
        Ok(true)
    }
}
