//! Released records that were read lately, decoded. Decoding some hundreds of headers costs more than everything else
//! in a search, and a patient's app asks several times in a row.
//!
//! Every change gives a record a new stamp, in the same transaction. A decoded record is used only if its stamp is the
//! one that lies in the store in the reader's own transaction, so that it can never be older than what it stands for.

use std::sync::Arc;

use policy::Released;
use quick_cache::{Weighter, sync::Cache};

/// Headers kept decoded, over all patients: about a kilobyte each.
const HEADERS: u64 = 65_536;
/// A guess for the cache's first size: patients with an app open at a time.
const PATIENTS: usize = 256;

/// A change of a record, never given twice.
pub(super) type Stamp = u64;

#[derive(Clone)]
struct ByHeaders;

impl Weighter<Vec<u8>, (Stamp, Arc<Released>)> for ByHeaders {
    fn weight(&self, _: &Vec<u8>, (_, released): &(Stamp, Arc<Released>)) -> u64 {
        released.headers.len() as u64 + 1
    }
}

/// The decoded records.
pub(super) struct Recent(Cache<Vec<u8>, (Stamp, Arc<Released>), ByHeaders>);

impl Default for Recent {
    fn default() -> Self {
        Self(Cache::with_weighter(PATIENTS, HEADERS, ByHeaders))
    }
}

impl Recent {
    /// The record of a key, if it is the one with this stamp.
    pub(super) fn get(&self, key: &[u8], stamp: Stamp) -> Option<Arc<Released>> {
        self.0.get(key).filter(|(kept, _)| *kept == stamp).map(|(_, released)| released)
    }

    /// Keeps a decoded record.
    pub(super) fn put(&self, key: Vec<u8>, stamp: Stamp, released: &Arc<Released>) {
        self.0.insert(key, (stamp, Arc::clone(released)));
    }
}
