//! Whether writes succeed. Some that fail twice are counted twice; that none did is certain.

use std::sync::{Mutex, PoisonError};

use crate::StoreError;

/// Writes that failed for want of the disk, not for what was to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many, since the store was opened.
    pub count: u64,
    /// [`StoreError::cause`] of the last one.
    pub cause: &'static str,
}

/// What is remembered of writes that failed.
#[derive(Default)]
pub(crate) struct Health(Mutex<Failures>);

impl Health {
    pub(crate) fn failures(&self) -> Failures {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, error: &StoreError) {
        match error {
            StoreError::NoSpace { .. } | StoreError::Full | StoreError::Engine(_) | StoreError::Io(_) => {
                let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                *failures = Failures { count: failures.count + 1, cause: error.cause() };
            }
            StoreError::Damaged(_)
            | StoreError::Format { .. }
            | StoreError::BatchOpen { .. }
            | StoreError::OtherKey => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_disk_is_to_blame_for_counts() {
        let health = Health::default();
        health.note(&StoreError::BatchOpen { fingerprint: String::new() });
        assert_eq!(health.failures(), Failures::default());
        health.note(&StoreError::Full);
        health.note(&StoreError::NoSpace { at: None });
        health.note(&StoreError::OtherKey);
        assert_eq!(health.failures(), Failures { count: 2, cause: "disk-full" });
    }
}
