//! The sandbox's people who can sign in: one account for each synthetic patient, at different levels, and proxies.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use policy::{AccessLevel, Grant, LegalBasis, ProxyGrant};
use record::{OdsCode, PatientKey};
use serde::{Deserialize, Serialize};
use store::{Access, Account, Store, StoreError, Subject};
use synth::{Person, Role};

/// One row of what the sandbox tells about its users.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    /// The name at sign-in.
    pub(crate) user: String,
    /// Logical id of the patient in context.
    pub(crate) patient: String,
    /// Their NHS number, if they have one.
    pub(crate) nhs_number: Option<String>,
    /// The access level.
    pub(crate) level: String,
    /// What is interesting about them.
    pub(crate) about: String,
}

/// Makes the accounts and grants.
pub(crate) fn make(
    store: &dyn Store,
    practice: &OdsCode,
    people: &[Person],
    today: Date,
) -> Result<Vec<User>, StoreError> {
    let mut users = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let Some(patient) = PatientKey::new(&person.key) else { continue };
        let subject = Subject { practice: practice.clone(), patient };
        let Some(logical_id) = store.read(&subject)?.map(|snapshot| snapshot.released().subject.clone())
        else {
            continue;
        };
        let grant = grant(person, index.checked_sub(Role::ALL.len()));
        let id = format!("pat{:02}", index + 1);
        store.set_account(&Account { id: id.clone(), own: Some(subject.clone()), ..Account::default() })?;
        let row = |user: String, grant: &Grant, about: String| User {
            user,
            patient: logical_id.clone(),
            nhs_number: (!person.nhs_number.is_empty()).then(|| person.nhs_number.clone()),
            level: level(grant),
            about,
        };
        users.push(row(id.clone(), &grant, person.role.about().to_owned()));
        let mut access = Access { own: Some(grant), ..Access::default() };
        if let Some((proxy, legal_basis, relationship)) = proxy(person.role) {
            let user = format!("{proxy}-of-{id}");
            let grant = all(AccessLevel::Detailed);
            users.push(row(user.clone(), &grant, format!("acts for {id}")));
            let starts = person.birth_date.min(today);
            access.proxies.insert(
                user.clone(),
                ProxyGrant {
                    grant,
                    legal_basis,
                    relationship: Some(relationship),
                    starts,
                    ends: None,
                    reviewed_since_eleven: false,
                },
            );
            store.set_account(&Account {
                id: user,
                acts_for: vec![subject.clone()],
                ..Account::default()
            })?;
        }
        store.set_access(&subject, &access)?;
    }
    Ok(users)
}

/// One level for each of four patients with a role; everybody else with a role sees all. Of those whom chance made,
/// the first five have each lower level and a date since when they see what is recorded.
fn grant(person: &Person, by_chance: Option<usize>) -> Grant {
    let since_2022 =
        Grant { effective_date: date(2022, 1, 1), historical: AccessLevel::None, ..all(AccessLevel::Full) };
    match (person.role, by_chance) {
        (Role::Teen15, _) | (_, Some(0)) => all(AccessLevel::Detailed),
        (Role::Teen16, _) | (_, Some(1)) => all(AccessLevel::Documents),
        (Role::CaredFor, _) | (_, Some(2)) => all(AccessLevel::Summary),
        (Role::Child13, _) | (_, Some(3)) => all(AccessLevel::None),
        (_, Some(4)) => since_2022,
        _ => all(AccessLevel::Full),
    }
}

fn all(level: AccessLevel) -> Grant {
    Grant {
        effective_date: date(2000, 1, 1),
        current: level,
        historical: level,
        sections_off: BTreeSet::new(),
    }
}

fn level(grant: &Grant) -> String {
    grant.current.name().to_owned()
}

fn proxy(role: Role) -> Option<(&'static str, LegalBasis, String)> {
    let parent = ("parent", LegalBasis::ParentalResponsibility, "PRN".to_owned());
    match role {
        Role::Child10 | Role::Child13 => Some(parent),
        Role::CaredFor => Some(("carer", LegalBasis::Consent, "PROXY".to_owned())),
        _ => None,
    }
}
