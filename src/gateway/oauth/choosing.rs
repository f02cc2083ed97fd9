//! Whose record somebody may choose, and by what they know it.

use std::collections::BTreeSet;

use auth::sign_in::{self, Choice, Role};
use jiff::civil::Date;
use project::OwnTables;
use record::ResourceType;
use serde_json::Value;
use store::{Account, App, Store, StoreError};

use super::OAuth;
use crate::{
    audit::Row,
    fhir::{Asking, Visible},
};

/// A record that may be chosen, and by what the person knows it.
pub(super) struct Record {
    pub(super) choice: Choice,
    /// What the practice is called.
    pub(super) practice: Option<String>,
    /// The name of the patient, where it tells one from another.
    pub(super) name: Option<String>,
    /// The person acts for nobody else.
    pub(super) alone: bool,
}

impl OAuth {
    /// By what a person knows these records. Only who acts for several people is shown names: nobody else needs them.
    pub(super) fn known(&self, account: &str, choices: Vec<Choice>) -> Result<Vec<Record>, StoreError> {
        let several = choices.iter().filter(|choice| choice.role == Role::Proxy).count() > 1;
        let mut records = Vec::new();
        for choice in choices {
            let practice = self.store.practice(&choice.subject.practice)?.name;
            let named = several && choice.role == Role::Proxy;
            let name = if named { self.name_shown(account, &choice)? } else { None };
            records.push(Record { choice, practice, name, alone: !several });
        }
        let names: Vec<Option<String>> = records.iter().map(|record| record.name.clone()).collect();
        for record in &mut records {
            // A name that two people have tells neither from the other.
            record.name.take_if(|name| names.iter().flatten().filter(|other| *other == name).count() > 1);
        }
        Ok(records)
    }

    /// The name of somebody for whom a person acts, as a read of the Patient would show it to them now; none where that
    /// would show nothing. It is written down as a read is, and not shown where it cannot be.
    fn name_shown(&self, account: &str, choice: &Choice) -> Result<Option<String>, StoreError> {
        let types = [ResourceType::Patient].into();
        let asking =
            Asking { subject: &choice.subject, account, as_proxy: true, types: &types, categories: None };
        let visible = Visible::look(&*self.store, self.clock.today(), &asking, &self.operator.tables)?;
        if visible.admission().is_err() || !visible.is_current() {
            return Ok(None);
        }
        let shown = visible.of(ResourceType::Patient);
        let Some(patient) = shown.iter().find(|one| one.id() == choice.patient) else { return Ok(None) };
        let mut body = Vec::new();
        visible.render(patient, &mut body)?;
        let Some(name) = name(&body) else { return Ok(None) };
        let row = Row::on_own_page(self.now(), account, &choice.subject, visible.seen(&[*patient]));
        Ok(self.trail.write(row).is_ok().then_some(name))
    }
}

/// The name in the JSON of a Patient.
fn name(body: &[u8]) -> Option<String> {
    let patient: Value = serde_json::from_slice(body).ok()?;
    patient.pointer("/name/0/text")?.as_str().map(str::to_owned)
}

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
