//! Whose record somebody may choose.

use std::collections::BTreeSet;

use auth::sign_in::{self, Choice, Role};
use jiff::civil::Date;
use project::OwnTables;
use store::{Account, App, Store, StoreError};

use crate::fhir::{Asking, Visible};

/// The records that a person may choose from on a day: their own, and those of people for whom they may act on that day,
/// by the practice's grant and the ages of 11 and 16. That is decided again on each request, since it may end while a
/// token lives.
///
/// # Errors
/// If the store cannot be read.
pub(super) fn choices(
    store: &dyn Store,
    today: Date,
    app: &App,
    account: &Account,
) -> Result<Vec<Choice>, StoreError> {
    let (own_tables, types) = (OwnTables::default(), BTreeSet::new());
    let mut current = Vec::new();
    for choice in sign_in::choices(store, app, account)? {
        let as_proxy = choice.role == Role::Proxy;
        let (subject, account) = (&choice.subject, account.id.as_str());
        let asking = Asking { subject, account, as_proxy, types: &types, categories: None };
        if !as_proxy || Visible::look(store, today, &asking, &own_tables)?.admission().is_ok() {
            current.push(choice);
        }
    }
    Ok(current)
}
