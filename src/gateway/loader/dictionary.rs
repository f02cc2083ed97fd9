//! A practice's codes, staff and online users as a projection sees them: from the store, each looked up once.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashMap,
};

use record::{CodeClass, Coded, Dictionary, OdsCode, OnlineUser, PersonName, Staff};
use store::{Store, StoreError};

/// The practice's dictionary, each word looked up once. A failure of the store is kept for the caller.
pub(super) struct Cached<'a> {
    store: &'a dyn Store,
    practice: &'a OdsCode,
    codes: RefCell<HashMap<String, Option<(Coded, CodeClass)>>>,
    staff: RefCell<HashMap<String, Option<Staff>>>,
    users: RefCell<HashMap<String, Option<OnlineUser>>>,
    everybody: OnceCell<Vec<String>>,
    failed: Cell<Option<StoreError>>,
}

impl<'a> Cached<'a> {
    pub(super) fn new(store: &'a dyn Store, practice: &'a OdsCode) -> Self {
        let (codes, staff, users) = (RefCell::default(), RefCell::default(), RefCell::default());
        let everybody = OnceCell::new();
        Self { store, practice, codes, staff, users, everybody, failed: Cell::new(None) }
    }

    /// The failure that made a word seem unknown, if there was one.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.failed.take()
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

    fn staff_names(&self) -> &[String] {
        self.everybody.get_or_init(|| {
            let everybody = self.store.all_staff(self.practice).unwrap_or_else(|error| {
                self.failed.set(Some(error));
                Vec::new()
            });
            everybody.iter().filter_map(|member| in_words(&member.name)).collect()
        })
    }

    fn online_user(&self, key: &str) -> Option<OnlineUser> {
        self.look_up(&self.users, key, || self.store.online_user(self.practice, key))
    }
}

fn in_words(name: &PersonName) -> Option<String> {
    let parts: Vec<&str> =
        name.prefix.iter().chain(&name.given).chain(&name.family).map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
