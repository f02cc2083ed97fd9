//! Who the person is, and whose record they may open for an app. In a sandbox a name is enough; everywhere else an
//! identity provider says who somebody is (`provider`), or nobody can sign in.

use store::{Account, App, Store, StoreError, Subject};

use crate::app;

/// How people sign in without an identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// A synthetic person's name, without a secret.
    Sandbox,
    /// Not at all.
    Unavailable,
}

impl SignIn {
    /// A name alone opens a record only in a sandbox, and only where nobody but this machine's own user gets to.
    #[must_use]
    pub fn of(sandbox: bool, public_url: &str) -> Self {
        if sandbox && app::is_loopback(public_url) { Self::Sandbox } else { Self::Unavailable }
    }
}

/// In which role a person opens a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is their own.
    Patient,
    /// They act for the patient.
    Proxy,
}

/// A record that somebody may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whose it is.
    pub subject: Subject,
    /// In which role.
    pub role: Role,
    /// The patient's logical id, which the app is told.
    pub patient: String,
}

/// In which role a person opens this record, if they may at all. A record that is their own is never opened as
/// somebody else's.
#[must_use]
pub fn role(account: &Account, subject: &Subject) -> Option<Role> {
    if account.own.as_ref() == Some(subject) {
        Some(Role::Patient)
    } else {
        account.acts_for.contains(subject).then_some(Role::Proxy)
    }
}

/// The records that a person may choose from: their own and those of people for whom they act, as far as they are
/// here and the app may serve patients of their practice. Whether a grant is in force is decided on each request, since it may end while a token lives.
///
/// # Errors
/// If the store cannot be read.
pub fn choices(store: &dyn Store, app: &App, account: &Account) -> Result<Vec<Choice>, StoreError> {
    let mut choices = Vec::new();
    for choice in records(store, account)? {
        if app::reaches(store, app, &choice.subject.practice)? {
            choices.push(choice);
        }
    }
    Ok(choices)
}

/// A person's own record and those of people for whom they act, as far as they are here.
///
/// # Errors
/// If the store cannot be read.
pub fn records(store: &dyn Store, account: &Account) -> Result<Vec<Choice>, StoreError> {
    let mut choices: Vec<Choice> = Vec::new();
    for subject in account.own.iter().chain(&account.acts_for) {
        let Some(role) = role(account, subject) else { continue };
        if choices.iter().any(|choice| choice.subject == *subject) {
            continue;
        }
        if let Some(patient) = logical_id(store, subject)? {
            choices.push(Choice { subject: subject.clone(), role, patient });
        }
    }
    Ok(choices)
}

/// The logical id of a patient, while their record is here.
pub(crate) fn logical_id(store: &dyn Store, subject: &Subject) -> Result<Option<String>, StoreError> {
    Ok(store.read(subject)?.map(|snapshot| snapshot.released().subject.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, subject};

    #[test]
    fn a_name_alone_is_enough_only_in_a_sandbox_on_this_machine() {
        assert_eq!(SignIn::of(true, "https://127.0.0.1:8443"), SignIn::Sandbox);
        assert_eq!(SignIn::of(true, "https://localhost"), SignIn::Sandbox);
        assert_eq!(SignIn::of(true, "https://gateway.example"), SignIn::Unavailable);
        assert_eq!(SignIn::of(true, "https://localhost.gateway.example"), SignIn::Unavailable);
        assert_eq!(SignIn::of(false, "https://127.0.0.1:8443"), SignIn::Unavailable);
    }

    #[test]
    fn a_person_chooses_among_their_own_and_those_they_act_for_as_far_as_they_are_here() {
        let fixture = Fixture::new();
        let mut parent = fixture.store.account("parent").unwrap().unwrap();
        parent.acts_for.push(subject("never-loaded"));
        parent.acts_for.push(subject("adult"));
        let app = fixture.store.app("app").unwrap().unwrap();
        let got = choices(&*fixture.store, &app, &parent).unwrap();
        let roles: Vec<_> = got.iter().map(|choice| (choice.patient.as_str(), choice.role)).collect();
        assert_eq!(roles, [("id-adult", Role::Patient), ("id-child", Role::Proxy)]);
    }
}
