//! The practice's code list and staff list while patients are projected.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use record::{CodeClass, Coded, Dictionary, OdsCode, Staff};
use store::{Store, StoreError};

/// The practice's dictionary, each word looked up once. A failure of the store is kept for the caller.
pub(super) struct Cached<'a> {
    store: &'a dyn Store,
    practice: &'a OdsCode,
    codes: RefCell<HashMap<String, Option<(Coded, CodeClass)>>>,
    staff: RefCell<HashMap<String, Option<Staff>>>,
    pub(super) failed: Cell<Option<StoreError>>,
}

impl<'a> Cached<'a> {
    pub(super) fn new(store: &'a dyn Store, practice: &'a OdsCode) -> Self {
        let (codes, staff) = (RefCell::default(), RefCell::default());
        Self { store, practice, codes, staff, failed: Cell::new(None) }
    }

    fn look_up<T: Clone>(
        &self,
        words: &RefCell<HashMap<String, Option<T>>>,
        key: &str,
        find: impl FnOnce() -> Result<Option<T>, StoreError>,
    ) -> Option<T> {
        if let Some(found) = words.borrow().get(key) {
            return found.clone();
        }
        let found = find().unwrap_or_else(|error| {
            self.failed.set(Some(error));
            None
        });
        words.borrow_mut().insert(key.to_owned(), found.clone());
        found
    }
}

impl Dictionary for Cached<'_> {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        self.look_up(&self.codes, key, || self.store.code(self.practice, key))
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        self.look_up(&self.staff, key, || self.store.staff(self.practice, key))
    }
}
