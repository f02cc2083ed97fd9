//! An export looked at as `recordgate map` does: through a store of its own, into projections. It knows nothing of
//! golden files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Mutex,
};

use gateway::{
    clock::Clock,
    loader::{Also, Loader, Progress},
};
use jiff::civil::date;
use policy::{
    AccessRequest, Actor, Decided, Decision, PracticeRules, Reading, Refusal, ThirdParties, View, admit,
    decide,
};
use project::{IdKey, Projected, Projection};
use record::{OdsCode, PatientKey, Report, ResourceType, Section};
use serde_json::Value as Json;
use store::{Change, Decisions as _, Lmdb, Settings, Store};

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
    /// The resource that an entry is part of: a clinical one, if the patient's demographics were read from it too.
    pub fn of(&self, entry: &str) -> Option<&Resource> {
        let made_of_it = |made: &&Resource| made.sources.iter().any(|source| source == entry);
        let clinical = |made: &&Resource| made.kind != ResourceType::Patient && made_of_it(made);
        self.resources.iter().find(clinical).or_else(|| self.resources.iter().find(made_of_it))
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

/// What a practice decides, as a case says it.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// How text is screened, and from when text of feeds without marks may go out.
    pub rules: PracticeRules,
    /// Entries whose words a clinician decides about once the first batch is there, and whether they share them.
    pub words: BTreeMap<String, bool>,
}

impl Decisions {
    /// `screening`, `free_text_from` and `decided` of a table.
    pub fn read(table: &mut toml::Table) -> Self {
        let mut rules = PracticeRules::default();
        for word in table.remove("screening").iter().flat_map(|value| value.as_str().unwrap().split(' ')) {
            match word {
                "mask" => rules.screening.third_parties = ThirdParties::Mask,
                "standard" => rules.screening.reading = Reading::Standard,
                _ => panic!("screening: {word}"),
            }
        }
        let from = table.remove("free_text_from");
        rules.free_text_from = from.map(|day| day.as_str().unwrap().parse().unwrap());
        let decided: BTreeMap<String, String> =
            table.remove("decided").map(|value| value.try_into().unwrap()).unwrap_or_default();
        let words = decided.into_iter().map(|(entry, what)| match what.as_str() {
            "share" => (entry, true),
            "withhold" => (entry, false),
            _ => panic!("decided: {what}"),
        });
        Self { rules, words: words.collect() }
    }
}

/// A store to load into, one export after another.
pub struct Shelf {
    decisions: Mutex<BTreeMap<String, bool>>,
    rules: PracticeRules,
    pub store: Lmdb,
    pub clock: std::sync::Arc<HandClock>,
    pub practice: OdsCode,
    _dir: tempfile::TempDir,
}

static IDS: std::sync::LazyLock<IdKey> = std::sync::LazyLock::new(IdKey::offline);
const QUIET: &dyn Fn(Progress) = &|_| {};

impl Shelf {
    pub fn new() -> Self {
        Self::of(Decisions::default())
    }

    /// Of a practice that decides something.
    pub fn of(Decisions { rules, words }: Decisions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Lmdb::open(&Settings { dir: dir.path().to_owned(), max_gib: 2 }).unwrap();
        store.set_rules(&practice(), &rules).unwrap();
        let clock = HandClock::at("2026-11-02T12:00:00Z");
        Self { decisions: words.into(), rules, store, clock, practice: practice(), _dir: dir }
    }

    /// The practice decides about words that have come.
    fn decide(&self) {
        let decided = Decided { by: "Dr A".into(), at: self.clock.now(), why: "a case says so".into() };
        for patient in self.store.dirty(&self.practice, usize::MAX).unwrap() {
            let facts = self.store.facts(&self.practice, &patient).unwrap();
            for (entry, _) in &facts.entries {
                let Some(release) = self.decisions.lock().unwrap().remove(entry.id.as_str()) else {
                    continue;
                };
                let words = policy::words(entry).expect("there are words to decide about");
                let (patient, entry) = (patient.clone(), entry.id.clone());
                let review = Change::Review { patient, entry, words, release };
                self.store.decide(&self.practice, &review, &decided).unwrap();
            }
        }
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
        let (mut report, batch) = self
            .loader()
            .take(format, &[path.to_owned()])
            .unwrap_or_else(|error| panic!("{}: {error}: {error:?}", path.display()));
        self.decide();
        self.loader().release(Some(batch), &mut report).unwrap();
        self.store.settle(&self.practice).unwrap();
        report
    }

    /// Loads without releasing.
    pub fn take(&self, format: ingest::Format, path: &Path) {
        self.loader()
            .take(format, &[path.to_owned()])
            .unwrap_or_else(|error| panic!("{}: {error}: {error:?}", path.display()));
        self.store.settle(&self.practice).unwrap();
        self.decide();
    }

    /// Loads and looks, without releasing.
    pub fn look(&self, format: ingest::Format, path: &Path) -> Seen {
        let loader = self.loader();
        let (mut report, batch) = loader
            .take(format, &[path.to_owned()])
            .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        self.decide();
        let mut patients = Vec::new();
        let see = &mut |projection: &Projection| {
            patients.push(patient(projection, &self.rules));
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

fn patient(projection: &Projection, rules: &PracticeRules) -> Patient {
    let everything = everything();
    let types: BTreeSet<ResourceType> = ResourceType::ALL.into_iter().collect();
    let admission = admit(&AccessRequest {
        today: date(2026, 11, 2),
        practice_shares: true,
        rules,
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
