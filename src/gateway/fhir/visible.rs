//! What one request may see: the released record of the patient in context after every decision. Search, read and
//! counting begin here; nothing in this folder can reach a resource in any other way.

use std::collections::{BTreeMap, BTreeSet};

use auth::Session;
use policy::{AccessRequest, Actor, Admission, Decision, Disclosed, Rule, admit, decide, disclose};
use record::ResourceType;
use store::{Snapshot, Store, StoreError};

use crate::{
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

/// A patient's record as one request may see it.
pub(crate) struct Visible<'s> {
    snapshot: Option<Box<dyn Snapshot + 's>>,
    admission: Option<Admission>,
}

impl<'s> Visible<'s> {
    /// Looks up grant, practice and record once. A refusal is an empty record: to the app, a patient who is not
    /// served and one who is not there are the same.
    pub(crate) fn open(
        store: &'s dyn Store,
        clock: &dyn Clock,
        session: &Session,
        types: &BTreeSet<ResourceType>,
    ) -> Result<Self, StoreError> {
        let subject = &session.subject;
        let practice = store.practice(&subject.practice)?;
        let access = store.access(subject)?;
        let snapshot = store.read(subject)?;
        let proxy = access.proxies.get(&session.account);
        let actor = match (session.actor_is_proxy, proxy) {
            (false, _) => Some(Actor::Patient(access.own.as_ref())),
            (true, Some(proxy)) => Some(Actor::Proxy(proxy)),
            (true, None) => None,
        };
        let admission = match (&snapshot, actor) {
            (Some(snapshot), Some(actor)) => admit(&AccessRequest {
                today: clock.today(),
                practice_shares: practice.shares,
                rules: &practice.rules,
                suppressed: access.suppressed.is_some(),
                standing: &snapshot.released().standing,
                actor,
                types,
            })
            .inspect_err(|refusal| tracing::info!(refusal = refusal.code(), "not admitted"))
            .ok(),
            _ => None,
        };
        Ok(Self { snapshot, admission })
    }

    /// The logical id of the patient in context.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.snapshot.as_ref().map(|snapshot| snapshot.released().subject.as_str())
    }

    /// The resources of one type that may be shown, newest first.
    pub(crate) fn of(&self, kind: ResourceType) -> Vec<Disclosed<'_>> {
        let (Some(snapshot), Some(admission)) = (&self.snapshot, &self.admission) else {
            return Vec::new();
        };
        let mut tally = Tally::default();
        let shown = snapshot
            .released()
            .of(kind)
            .filter_map(|header| match decide(admission, kind, &header.labels) {
                Decision::Show(permit) => {
                    tally.count(Decided::Released, permit.rule());
                    disclose(header, permit)
                }
                Decision::Withhold(rule) => {
                    tally.count(Decided::Withheld, rule);
                    None
                }
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
