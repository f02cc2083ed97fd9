//! An export looked at as `recordgate map` does: through a store of its own, into projections. It knows nothing of
//! golden files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use gateway::loader::{Also, Loader, Progress};
use jiff::civil::date;
use policy::{AccessRequest, Actor, Decision, Refusal, View, admit, decide};
use project::{IdKey, Projected, Projection};
use record::{OdsCode, PatientKey, Report, ResourceType, Section};
use serde_json::Value as Json;
use store::{Lmdb, Settings};

use crate::support::{HandClock, everything, practice};

/// What an export comes to.
#[derive(Debug)]
pub struct Seen {
    /// What became of its rows.
    pub report: Report,
    /// Whom it changed.
    pub patients: Vec<Patient>,
}

/// One patient.
#[derive(Debug)]
pub struct Patient {
    /// Their logical id.
    pub subject: String,
    /// Why nothing of them is served, whatever the grant.
    pub refusal: Option<Refusal>,
    /// What was made of them.
    pub resources: Vec<Resource>,
    /// Entries that nothing was made of, and why.
    pub unmapped: Vec<(String, &'static str)>,
    /// Entries that wait, and for what.
    pub waiting: Vec<(String, &'static str)>,
    /// Who may see them by the feed's own word, in words.
    pub granted: Vec<String>,
}

/// One resource.
#[derive(Debug)]
pub struct Resource {
    pub kind: ResourceType,
    /// Keys of the entries that it was made from.
    pub sources: Vec<String>,
    /// The part of the record that it belongs to.
    pub section: Section,
    /// As the practice sees it.
    pub whole: Json,
    /// What speaks against showing it.
    pub reasons: Vec<&'static str>,
    /// What a patient with full access to everything gets, and by which rule; the rule alone if nothing.
    pub shown: (Option<View>, String),
    pub coded: Option<Json>,
    pub full: Option<Json>,
}

impl Patient {
    /// The resource that an entry is part of.
    pub fn of(&self, entry: &str) -> Option<&Resource> {
        self.resources.iter().find(|made| made.sources.iter().any(|source| source == entry))
    }

    /// Why nothing was made of an entry.
    pub fn why_not(&self, entry: &str) -> Option<&'static str> {
        self.unmapped.iter().find(|(id, _)| id == entry).map(|(_, why)| *why)
    }
}

impl Resource {
    /// The body that a patient with full access gets.
    pub fn body(&self) -> Option<&Json> {
        match self.shown.0? {
            View::Coded => self.coded.as_ref(),
            View::Full => self.full.as_ref(),
        }
    }
}

/// A store to load into, one export after another.
pub struct Shelf {
    pub store: Lmdb,
    pub clock: std::sync::Arc<HandClock>,
    pub practice: OdsCode,
    _dir: tempfile::TempDir,
}

static IDS: std::sync::LazyLock<IdKey> = std::sync::LazyLock::new(IdKey::offline);
const QUIET: &dyn Fn(Progress) = &|_| {};

impl Shelf {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Lmdb::open(&Settings { dir: dir.path().to_owned(), max_gib: 2 }).unwrap();
        Self { store, clock: HandClock::at("2026-11-02T12:00:00Z"), practice: practice(), _dir: dir }
    }

    pub fn loader(&self) -> Loader<'_> {
        Loader {
            store: &self.store,
            ids: &IDS,
            clock: &*self.clock,
            practice: &self.practice,
            progress: QUIET,
            also: Also::default(),
        }
    }

    /// Loads and releases.
    pub fn load(&self, format: ingest::Format, path: &Path) -> Report {
        let paths: Vec<PathBuf> = vec![path.to_owned()];
        self.loader()
            .load(format, &paths)
            .unwrap_or_else(|error| panic!("{}: {error}: {error:?}", path.display()))
    }

    /// Loads without releasing.
    pub fn take(&self, format: ingest::Format, path: &Path) {
        self.loader()
            .take(format, &[path.to_owned()])
            .unwrap_or_else(|error| panic!("{}: {error}: {error:?}", path.display()));
    }

    /// Loads and looks, without releasing.
    pub fn look(&self, format: ingest::Format, path: &Path) -> Seen {
        let loader = self.loader();
        let (mut report, batch) = loader
            .take(format, &[path.to_owned()])
            .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        let mut patients = Vec::new();
        let see = &mut |projection: &Projection| {
            patients.push(patient(projection));
            Ok(())
        };
        loader.look(batch, &mut report, see).unwrap();
        Seen { report, patients }
    }
}

/// The logical id that a patient gets here.
pub fn subject_of(key: &str) -> String {
    IDS.subject(&practice(), &PatientKey::new(key).unwrap())
}

/// One export in a store of its own.
pub fn look(format: ingest::Format, path: &Path) -> Seen {
    Shelf::new().look(format, path)
}

/// I6: each row of each file is stored, unchanged, parked or rejected.
pub fn assert_adds_up(report: &Report) {
    assert!(report.files.values().any(|file| file.rows > 0), "nothing was read");
    for (name, file) in &report.files {
        assert!(file.adds_up(), "{name}: {file:?}");
    }
}

fn patient(projection: &Projection) -> Patient {
    let everything = everything();
    let types: BTreeSet<ResourceType> = ResourceType::ALL.into_iter().collect();
    let admission = admit(&AccessRequest {
        today: date(2026, 11, 2),
        practice_shares: true,
        rules: &policy::PracticeRules::default(),
        suppressed: false,
        standing: &projection.standing,
        actor: Actor::Patient(Some(&everything)),
        types: &types,
    });
    let resource = |made: &Projected| {
        let mut whole = Vec::new();
        project::practice_side(&made.labels, &made.mapped.json, &mut whole);
        let json = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).unwrap();
        let shown = match &admission {
            Err(refusal) => (None, refusal.code().to_owned()),
            Ok(admission) => match decide(admission, made.mapped.kind, &made.labels) {
                Decision::Show(permit) => (Some(permit.view()), permit.rule().code()),
                Decision::Withhold(rule) => (None, rule.code()),
            },
        };
        Resource {
            kind: made.mapped.kind,
            sources: made.mapped.sources.iter().map(|id| id.as_str().to_owned()).collect(),
            section: made.mapped.section,
            whole: json(&whole),
            reasons: made.labels.reasons.iter().map(|reason| reason.code()).collect(),
            shown,
            coded: made.views.coded.as_ref().map(|body| json(&body.bytes)),
            full: made.views.full.as_ref().map(|body| json(&body.bytes)),
        }
    };
    Patient {
        subject: projection.subject.clone(),
        refusal: admission.as_ref().err().copied(),
        resources: projection.resources.iter().map(resource).collect(),
        unmapped: projection
            .unmapped
            .iter()
            .map(|left| (left.entry.as_str().to_owned(), left.why.code()))
            .collect(),
        waiting: projection
            .waiting
            .iter()
            .map(|one| (one.entry.as_str().to_owned(), one.code.code()))
            .collect(),
        granted: granted(&projection.access),
    }
}

fn granted(access: &policy::FeedAccess) -> Vec<String> {
    let of = |grant: &policy::Grant| {
        let (current, historical) = (grant.current.name(), grant.historical.name());
        format!("{current} since {}, before that {historical}", grant.effective_date)
    };
    let own = access.own.iter().map(|grant| format!("own: {}", of(grant)));
    let proxies = access.proxies.iter().map(|(key, proxy)| {
        assert_eq!(proxy.grant.legal_basis, policy::LegalBasis::Unstated);
        assert!(proxy.person.nhs_number.is_some() && proxy.grant.ends.is_none());
        format!("proxy {key}: {}; basis not stated", of(&proxy.grant.grant))
    });
    own.chain(proxies).collect()
}
