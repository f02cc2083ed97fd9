//! One patient's facts to what may be released of them: map, label, cut into views. A pure function of the entries,
//! the practice's dictionary and the built-in tables; nothing else ever makes a released resource.
//!
//! [`release`] then compares with what was released before, so that only what changed gets a new version.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod access;
mod gather;
mod guests;
mod ids;
mod own;
mod people;
pub mod quality;
mod release;
mod render;
mod screen;
mod tables;
#[cfg(test)]
mod tests;
mod together;
mod views;

use std::{
    cell::Cell,
    collections::{BTreeSet, HashSet},
};

use jiff::Timestamp;
use map::Mapped;
use policy::{Found, Labels, Oversight, PracticeRules, Queued, Sensitivity, Standing, View, Walk};
use record::{
    CodeClass, Coded, Content, Demographics, Dictionary, Entry, EntryId, IssueCode, NhsNumber, OdsCode,
    OnlineUser, PatientKey, Place, ResourceType, Staff,
};

pub use guests::with_guests;
pub use ids::IdKey;
pub use map::{
    Counts as TerminologyCounts, Release as TerminologyRelease, Terminology, TerminologyError,
    fold as folded, profiles, ucum, xml,
};
pub use own::{OwnTableError, OwnTables};
pub use policy::Holder;
pub use release::release;
pub use render::{practice_side, render};
pub use tables::{made_with, may_serve};
pub use views::{Body, Views};

use screen::Screener;

/// All that is known of one patient of one practice.
pub struct Record<'a> {
    /// The practice.
    pub practice: &'a OdsCode,
    /// Its name, if known.
    pub practice_name: Option<&'a str>,
    /// The patient's key there.
    pub patient: &'a PatientKey,
    /// Every entry, deleted ones too.
    pub entries: &'a [Entry],
    /// The practice's codes and staff.
    pub dictionary: &'a dyn Dictionary,
    /// What SNOMED CT says beyond our own tables, if an operator has loaded it.
    pub terminology: Option<&'a Terminology>,
    /// The operator's own tables.
    pub own: &'a OwnTables,
    /// What people of the practice have decided about entries.
    pub oversight: &'a Oversight,
    /// What the practice has decided for all its patients.
    pub rules: &'a PracticeRules,
}

/// What a patient's record comes to.
#[derive(Debug)]
pub struct Projection {
    /// The logical id of the patient.
    pub subject: String,
    /// Whether and how far they are served.
    pub standing: Standing,
    /// The NHS number.
    pub nhs_number: Option<NhsNumber>,
    /// What the feed says about who may see the record.
    pub access: policy::FeedAccess,
    /// The resources, withheld ones too.
    pub resources: Vec<Projected>,
    /// Entries that wait for something, and for what.
    pub waiting: Vec<Waiting>,
    /// A code or a member of staff that some entry names has not come: when it does, project again.
    pub incomplete: bool,
    /// Entries that no resource is made from, and why.
    pub unmapped: Vec<map::Unmapped>,
    /// Free text was screened, so that it counts who is on the practice's staff.
    pub screened: bool,
}

impl Projection {
    /// What waits for a clinician from now on; `None` where no text was screened.
    #[must_use]
    pub fn queued(&self, now: Timestamp) -> Option<Vec<Queued>> {
        let found = self.resources.iter().filter_map(|made| made.found.clone());
        self.screened.then(|| found.map(|found| Queued { found, since: now }).collect())
    }
}

/// One resource with its labels, before any request.
#[derive(Debug)]
pub struct Projected {
    /// What mapping made of the entries: the practice's own side of it.
    pub mapped: Mapped,
    /// What speaks against showing it.
    pub labels: Labels,
    /// Its views, none of which exist where a label withholds it.
    pub views: Views,
    /// What was found in its texts, unless they are clean or were not read because they could not go out anyway.
    pub found: Option<Found>,
}

/// An entry that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub entry: EntryId,
    /// Where it was read.
    pub place: Place,
    /// For what.
    pub code: IssueCode,
}

/// Projects one patient.
#[must_use]
pub fn project(record: &Record<'_>, ids: &IdKey) -> Projection {
    let id = |kind: ResourceType, entry: &EntryId| ids.resource(record.practice, record.patient, kind, entry);
    let subject = ids.subject(record.practice, record.patient);
    let dictionary = Watched { inner: record.dictionary, missed: Cell::new(false) };
    let gathered = gather::gathered(record.entries, &dictionary);
    let entries: &[Entry] = &gathered;
    let walk = Walk::new(entries, record.oversight);
    let (patient, demographics) = find_patient(entries);
    let mut projection = Projection {
        standing: standing(patient, demographics),
        nhs_number: demographics.and_then(|person| person.nhs_number),
        subject,
        access: policy::FeedAccess::default(),
        resources: Vec::new(),
        waiting: Vec::new(),
        incomplete: false,
        unmapped: Vec::new(),
        screened: false,
    };
    if patient.is_some_and(|patient| patient.deleted) {
        return projection;
    }
    if demographics.is_none() {
        projection.waiting = all_wait(entries);
        return projection;
    }
    let may_tell = |entry: &EntryId| walk.reasons(entry).is_empty();
    projection.access = access::granted(entries, projection.nhs_number, &dictionary);
    let context = map::Context {
        dictionary: &dictionary,
        practice: record.practice,
        practice_name: record.practice_name,
        terminology: record.terminology,
        id: &id,
        may_tell: &may_tell,
    };
    let mapping = map::map(entries, &context);
    projection.waiting = waiting(entries, &walk, &mapping.unmapped);
    projection.unmapped = mapping.unmapped;
    let screener = Screener::new(record.rules.screening, entries, &dictionary, record.own.lexicon());
    let sensitive_around = |entry: &Entry| {
        let Some(Content::Statement(statement)) = &entry.content else { return BTreeSet::new() };
        match map::labelled_by(statement, &dictionary, record.terminology) {
            Some((concepts, class)) => record.own.sensitive().classes(&concepts, class.as_slice()),
            // It may be any.
            None => Sensitivity::ALL.into(),
        }
    };
    let with = together::With {
        walk: &walk,
        rules: record.rules,
        screener: &screener,
        sensitive: record.own.sensitive(),
        around: &sensitive_around,
    };
    projection.resources = together::labelled(mapping.resources, &projection.unmapped, entries, &with);
    projection.screened = screener.was_used();
    projection.incomplete = dictionary.missed.get();
    withdraw_dangling(&mut projection.resources, &id);
    projection
}

/// A panel that refers to something without a view of its own would say that there is something.
fn withdraw_dangling(resources: &mut [Projected], id: &dyn Fn(ResourceType, &EntryId) -> String) {
    let view = |view: View, made: &Projected| match view {
        View::Coded => made.views.coded.is_some(),
        View::Full => made.views.full.is_some(),
    };
    for which in View::ALL {
        // A panel that is withdrawn may itself be a part of one.
        loop {
            let present: HashSet<String> = resources
                .iter()
                .filter(|made| view(which, made))
                .map(|made| made.mapped.id.clone())
                .collect();
            let dangling = |made: &Projected| {
                made.mapped.members.iter().any(|part| !present.contains(&id(ResourceType::Observation, part)))
            };
            let mut changed = false;
            for made in resources.iter_mut().filter(|made| view(which, made) && dangling(made)) {
                changed = true;
                match which {
                    View::Coded => made.views.coded = None,
                    View::Full => made.views.full = None,
                }
            }
            if !changed {
                break;
            }
        }
    }
}

fn find_patient(entries: &[Entry]) -> (Option<&Entry>, Option<&Demographics>) {
    for entry in entries {
        if let Some(Content::Patient(demographics)) = &entry.content {
            return (Some(entry), Some(demographics));
        }
    }
    (None, None)
}

fn standing(patient: Option<&Entry>, demographics: Option<&Demographics>) -> Standing {
    let (Some(patient), Some(person)) = (patient, demographics) else {
        // Nobody knows who this is: nothing is served.
        return Standing {
            birth_date: None,
            regular: false,
            dummy: false,
            sensitive: true,
            deceased: false,
            deducted_on: None,
            another_record: false,
        };
    };
    Standing {
        birth_date: person.birth_date,
        regular: policy::is_served(&person.registration) && !patient.deleted,
        dummy: person.dummy,
        sensitive: !patient.marks.is_empty(),
        deceased: person.death_date.is_some(),
        deducted_on: person.deducted_on,
        another_record: false,
    }
}

fn all_wait(entries: &[Entry]) -> Vec<Waiting> {
    let living = entries.iter().filter(|entry| !entry.deleted);
    living
        .map(|entry| Waiting {
            entry: entry.id.clone(),
            place: entry.place.clone(),
            code: IssueCode::PatientAwaited,
        })
        .collect()
}

fn waiting(entries: &[Entry], walk: &Walk<'_>, unmapped: &[map::Unmapped]) -> Vec<Waiting> {
    let mut without_code: HashSet<&EntryId> = HashSet::new();
    without_code
        .extend(unmapped.iter().filter(|left| left.why == map::WhyNot::CodeAwaited).map(|left| &left.entry));
    let mut waiting = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.deleted) {
        let known = |to: &EntryId| walk.entry(to).is_some_and(|there| there.content.is_some());
        let code = if without_code.contains(&entry.id) {
            IssueCode::CodeAwaited
        } else if !entry.links.iter().all(|link| known(&link.to)) {
            IssueCode::ParentAwaited
        } else {
            continue;
        };
        waiting.push(Waiting { entry: entry.id.clone(), place: entry.place.clone(), code });
    }
    waiting
}

/// A dictionary that remembers whether something was asked for in vain.
struct Watched<'a> {
    inner: &'a dyn Dictionary,
    missed: Cell<bool>,
}

impl Dictionary for Watched<'_> {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        let found = self.inner.code(key);
        self.missed.set(self.missed.get() || found.is_none());
        found
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        let found = self.inner.staff(key);
        self.missed.set(self.missed.get() || found.is_none());
        found
    }

    fn staff_names(&self) -> &[String] {
        self.inner.staff_names()
    }

    fn online_user(&self, key: &str) -> Option<OnlineUser> {
        let found = self.inner.online_user(key);
        self.missed.set(self.missed.get() || found.is_none());
        found
    }
}

/// What is wrong with the tables that decide what is shown. A table that cannot be read shows nothing, so that this
/// is about service, not about safety.
#[must_use]
pub fn check_tables() -> Vec<String> {
    let disclosure = ResourceType::ALL.into_iter().filter_map(|kind| {
        let table = policy::DisclosureTable::parse(kind, policy::DisclosureTable::source(kind));
        table.err().map(|error| format!("disclosure of {}: {error}", kind.name()))
    });
    let levels = policy::LevelTable::check().err().map(|error| format!("access levels: {error}"));
    let kinds = policy::check_registrations().err().map(|error| format!("registration types: {error}"));
    let online = policy::OnlineTable::check().err().map(|error| format!("online services: {error}"));
    let sensitive = policy::SensitiveCodes::check().err().map(|error| format!("sensitivity: {error}"));
    disclosure.chain(levels).chain(kinds).chain(online).chain(sensitive).collect()
}
