//! What one request may see: the released record of the patient in context after every decision. Search, read and
//! counting begin here; nothing in this folder can reach a resource in any other way.

use std::collections::{BTreeMap, BTreeSet};

use auth::Session;
use jiff::civil::Date;
use policy::{
    AccessRequest, Actor, Admission, Decision, Disclosed, Header, Refusal, Released, Rule, ScopeCategories,
    View, admit, decide, disclose, within,
};
use project::OwnTables;
use record::ResourceType;
use store::{Snapshot, Store, StoreError, Subject};

use crate::{
    audit,
    clock::Clock,
    telemetry::{self, Decided},
};

/// How often each rule decided in one request.
#[derive(Default)]
struct Tally(BTreeMap<(bool, Rule), u64>);

impl Tally {
    fn count(&mut self, decided: Decided, rule: Rule) {
        *self.0.entry((decided == Decided::Released, rule)).or_default() += 1;
    }

    fn tell(self, kind: ResourceType) {
        for ((released, rule), count) in self.0 {
            let decided = if released { Decided::Released } else { Decided::Withheld };
            telemetry::disclosures(decided, kind, rule, count);
        }
    }
}

/// Who asks for whose record: what a session comes down to here.
#[derive(Clone)]
pub(crate) struct Asking<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) account: &'a str,
    pub(crate) as_proxy: bool,
    /// The types that the app's scopes open.
    pub(crate) types: &'a BTreeSet<ResourceType>,
    /// The categories of Observations that they open; none if all.
    pub(crate) categories: Option<ScopeCategories>,
}

/// What a request is about.
pub(crate) struct Seen<'a> {
    /// The type.
    pub(crate) kind: ResourceType,
    /// The categories of it that the app's scopes open; none if all.
    pub(crate) categories: Option<ScopeCategories>,
    /// The tables that an operator has added.
    pub(crate) own: &'a OwnTables,
}

/// Why nothing of a patient is shown in a request. To an app, all of them are a record in which there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nothing was ever released of this patient.
    NoRecord,
    /// By their account they act for the patient, but the practice has granted them nothing.
    NoProxy,
    /// A rule refuses it.
    Refused(Refusal),
}

/// Why a resource is not shown in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Nothing of the patient is.
    Closed(Closed),
    /// This rule withholds it.
    Withheld(Rule),
    /// This rule would show it, in a view that it has not got.
    NoView(Rule, View),
}

/// Why a request cannot be answered.
pub(crate) enum Unanswered {
    /// The store failed.
    Store(StoreError),
    /// The record was made when other tables said what may be shown.
    OtherTables,
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A patient's record as one request may see it.
pub(crate) struct Visible<'s> {
    snapshot: Option<Box<dyn Snapshot + 's>>,
    admission: Result<Admission, Closed>,
    /// Categories of Observations that the app's scopes open; none if all.
    categories: Option<ScopeCategories>,
    /// The record was made with what counts now, as far as that says what is shown.
    current: bool,
}

impl<'s> Visible<'s> {
    /// Opens a record for a request. A refusal is an empty record: to the app, a patient who is not served and one who
    /// is not there are the same. Whoever is admitted to a record that was made with other tables gets no answer: what
    /// its bodies hold may be more than today's tables would show, and only a projection can tell.
    pub(crate) fn open(
        store: &'s dyn Store,
        clock: &dyn Clock,
        session: &Session,
        seen: Seen<'_>,
    ) -> Result<Self, Unanswered> {
        let types = &[seen.kind].into();
        let (subject, account) = (&session.subject, session.account.as_str());
        let Seen { categories, own, .. } = seen;
        let asking = Asking { subject, account, as_proxy: session.actor_is_proxy, types, categories };
        let visible = Self::look(store, clock.today(), &asking, own)?;
        match &visible.admission {
            Err(Closed::Refused(refusal)) => tracing::info!(refusal = refusal.code(), "not admitted"),
            Ok(_) if !visible.is_current() => {
                tracing::error!(
                    practice = %subject.practice,
                    "a record was made with other tables and is not served: run `recordgate admin reproject`"
                );
                return Err(Unanswered::OtherTables);
            }
            Ok(_) | Err(_) => {}
        }
        Ok(visible)
    }

    /// Looks up grant, practice and record once, and decides whether anything may be seen.
    pub(crate) fn look(
        store: &'s dyn Store,
        today: Date,
        asking: &Asking<'_>,
        own: &OwnTables,
    ) -> Result<Self, StoreError> {
        let subject = asking.subject;
        let practice = store.practice(&subject.practice)?;
        let access = store.access(subject)?;
        let snapshot = store.read(subject)?;
        let account = asking.as_proxy.then(|| store.account(asking.account)).transpose()?.flatten();
        let actor = match (asking.as_proxy, account.and_then(|account| access.proxy(&account))) {
            (false, _) => Ok(Actor::Patient(access.own.as_ref())),
            (true, Some(proxy)) => Ok(Actor::Proxy(proxy)),
            (true, None) => Err(Closed::NoProxy),
        };
        let admission = match &snapshot {
            None => Err(Closed::NoRecord),
            Some(snapshot) => actor.and_then(|actor| {
                admit(&AccessRequest {
                    today,
                    practice_shares: practice.shares,
                    rules: &practice.rules,
                    suppressed: access.suppressed.is_some(),
                    standing: &snapshot.released().standing,
                    actor,
                    types: asking.types,
                })
                .map_err(Closed::Refused)
            }),
        };
        let current = snapshot
            .as_deref()
            .is_none_or(|snapshot| project::may_serve(&snapshot.released().made_with, &practice.rules, own));
        Ok(Self { snapshot, admission, categories: asking.categories.clone(), current })
    }

    /// What is released, for whoever explains it on the practice's side.
    pub(crate) fn released(&self) -> Option<&Released> {
        self.snapshot.as_ref().map(|snapshot| snapshot.released())
    }

    /// Whether anything may be seen at all.
    pub(crate) fn admission(&self) -> Result<&Admission, Closed> {
        self.admission.as_ref().map_err(|closed| *closed)
    }

    /// Whether the record was made with the tables and rules that count now, as far as they say what is shown.
    pub(crate) fn is_current(&self) -> bool {
        self.current
    }

    /// What the record was made with, as text: page links are good for that alone.
    pub(crate) fn made_with(&self) -> String {
        let made_with = self.released().map(|released| released.made_with.all);
        made_with.iter().flatten().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The logical id of the patient in context.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.released().map(|released| released.subject.as_str())
    }

    /// What an answer with these shows, for the audit trail.
    pub(crate) fn seen(&self, shown: &[Disclosed<'_>]) -> audit::Seen {
        audit::Seen {
            patient: self.subject().map(str::to_owned),
            shown: shown.iter().map(|disclosed| disclosed.id().to_owned()).collect(),
            made_with: Some(self.made_with()),
        }
    }

    /// The one decision on a resource.
    pub(crate) fn judge<'v>(&'v self, header: &'v Header) -> Result<Disclosed<'v>, Hidden> {
        let admission = self.admission().map_err(Hidden::Closed)?;
        match decide(admission, header.kind, &header.labels) {
            Decision::Show(permit) => {
                let disclosed =
                    disclose(header, permit).ok_or(Hidden::NoView(permit.rule(), permit.view()))?;
                let categories =
                    self.categories.as_ref().filter(|_| header.kind == ResourceType::Observation);
                within(disclosed, categories).map_err(Hidden::Withheld)
            }
            Decision::Withhold(rule) => Err(Hidden::Withheld(rule)),
        }
    }

    /// The resources of one type that may be shown, newest first.
    pub(crate) fn of(&self, kind: ResourceType) -> Vec<Disclosed<'_>> {
        let Some(released) = self.released() else { return Vec::new() };
        let mut tally = Tally::default();
        let shown = released
            .of(kind)
            .filter_map(|header| match self.judge(header) {
                Ok(disclosed) => {
                    tally.count(Decided::Released, disclosed.permit().rule());
                    Some(disclosed)
                }
                Err(Hidden::NoView(rule, _)) => {
                    tally.count(Decided::Released, rule);
                    None
                }
                Err(Hidden::Withheld(rule)) => {
                    tally.count(Decided::Withheld, rule);
                    None
                }
                Err(Hidden::Closed(_)) => None,
            })
            .collect();
        tally.tell(kind);
        shown
    }

    /// Appends the JSON of a resource that may be shown.
    pub(crate) fn render(&self, disclosed: &Disclosed<'_>, out: &mut Vec<u8>) -> Result<(), StoreError> {
        if let Some(snapshot) = &self.snapshot {
            project::render(disclosed, &snapshot.body(disclosed)?, out);
        }
        Ok(())
    }
}
