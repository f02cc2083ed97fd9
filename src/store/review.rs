//! The review queue: texts that screening did not let pass, which wait for a clinician of the practice.

use policy::Queued;
use record::{OdsCode, PatientKey};

use crate::StoreError;

/// The review queues of practices. What is in a patient's follows from the last projection of their record.
pub trait ReviewQueue {
    /// What waits of each patient of a practice of whom anything does, after `after` in the order of their keys, of at
    /// most `limit` of them.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn queued(
        &self,
        practice: &OdsCode,
        after: Option<&PatientKey>,
        limit: usize,
    ) -> Result<Vec<(PatientKey, Vec<Queued>)>, StoreError>;
}
