//! Worlds to test in: a store, a clock that stands still until it is told to go on, and the gateway over both.

pub mod aged;
pub mod cut;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, LazyLock, Mutex},
};

use gateway::{
    Handle, Request, Response,
    audit::{Row, Trail, lines, verify},
    clock::Clock,
    fhir::CursorKey,
    loader::{Also, Loader},
    service::{Service, Urls},
};
use jiff::{Timestamp, civil::date};
use policy::{AccessLevel, Grant, ProxyGrant};
use project::IdKey;
use record::{
    CodeRef, CodeSystem, Coded, Coding, Content, Demographics, Effective, Entry, EntryId, Fact, Gender,
    MarksCarried, NhsNumber, OdsCode, PatientKey, PersonName, Place, Quantity, Registration, Statement,
    Value,
};
use serde_json::Value as Json;
use store::{Access, Account, App, AppStatus, Lmdb, Settings, Store, Subject};

pub const BASE: &str = "https://records.example";
pub const CLIENT: &str = "app";
pub const REDIRECT: &str = "https://app.example/callback";

/// A clock that is set by hand.
pub struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().unwrap())))
    }

    pub fn forward(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = Timestamp::from_millisecond(now.as_millisecond() + seconds * 1000).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A gateway over a store.
pub struct World {
    pub store: Arc<Lmdb>,
    pub trail: Arc<Trail>,
    pub clock: Arc<HandClock>,
    pub service: Service,
    pub people: Vec<synth::Person>,
    pub dir: tempfile::TempDir,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The resources of a searchset that match.
    pub fn matches(&self) -> Vec<Json> {
        let bundle = self.json();
        assert_eq!(bundle["resourceType"], "Bundle", "{bundle}");
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .filter(|e| e["search"]["mode"] == "match")
            .map(|e| e["resource"].clone())
            .collect()
    }

    pub fn ids(&self) -> Vec<String> {
        self.matches().iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
    }

    pub fn link(&self, relation: &str) -> Option<String> {
        let bundle = self.json();
        let links = bundle["link"].as_array()?;
        links.iter().find(|l| l["relation"] == relation).map(|l| l["url"].as_str().unwrap().to_owned())
    }
}

pub fn practice() -> OdsCode {
    "Y99999".parse().unwrap()
}

pub fn ids() -> IdKey {
    IdKey::new(&[1; 32])
}

impl World {
    /// An empty store.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings { dir: dir.path().join("store"), max_gib: 4 };
        let store = Arc::new(Lmdb::open(&settings).unwrap());
        let clock = HandClock::at("2026-11-02T12:00:00Z");
        let trail = Trail::open(&dir.path().join("audit"), None, clock.now()).unwrap();
        let service = Service::new(
            store.clone(),
            trail.clone(),
            clock.clone(),
            Urls { base: BASE.to_owned() },
            CursorKey::new(&[2; 32]).unwrap(),
            false,
        );
        store.set_app(&app(CLIENT)).unwrap();
        Self { store, trail, clock, service, people: Vec::new(), dir }
    }

    /// A synthetic practice, loaded from an EMIS export as any other, everybody with full access to everything.
    /// Each person's account is `pat01`, `pat02`… in the order of the roles.
    pub fn synthetic(patients: u32) -> Self {
        let mut world = Self::empty();
        let export = world.dir.path().join("export");
        let options = synth::Options::new(practice(), patients);
        let summary = synth::write(synth::Format::EmisCsv, &options, &export, &mut |_| {}).unwrap();
        world.load(ingest::Format::EmisCsv, &export);
        world.people = summary.people;
        for (index, person) in world.people.iter().enumerate() {
            let subject = Subject { practice: practice(), patient: PatientKey::new(&person.key).unwrap() };
            world.let_in(&format!("pat{:02}", index + 1), &subject, everything());
        }
        world
    }

    /// The same synthetic practice for all tests that only read.
    pub fn shared() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(|| World::synthetic(synth::Role::ALL.len() as u32 + 1));
        &WORLD
    }

    /// One patient (key `p`, account `p`) with these entries, full access.
    pub fn of(entries: Vec<Entry>) -> Self {
        let world = Self::empty();
        world.put("p", entries);
        world.let_in("p", &subject("p"), everything());
        world
    }

    /// Loads an export.
    pub fn load(&self, format: ingest::Format, path: &std::path::Path) -> record::Report {
        let practice = practice();
        let loaded = self.loader(&practice).load(format, &[path.to_owned()]);
        loaded.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }

    pub fn loader<'a>(&'a self, practice: &'a OdsCode) -> Loader<'a> {
        static IDS: LazyLock<IdKey> = LazyLock::new(ids);
        Loader {
            store: &*self.store,
            ids: &IDS,
            clock: &*self.clock,
            practice,
            progress: &|_| {},
            also: Also::default(),
        }
    }

    /// Puts entries of a patient and releases what they change. The patient's own entry is added if it is not there.
    pub fn put(&self, who: &str, mut entries: Vec<Entry>) {
        let known = self.store.facts(&practice(), &PatientKey::new(who).unwrap()).unwrap();
        if known.entries.is_empty()
            && !entries.iter().any(|entry| matches!(entry.content, Some(Content::Patient(_))))
        {
            entries.insert(0, person(who));
        }
        let facts: Vec<Fact> = entries
            .into_iter()
            .map(|entry| Fact::Entry(PatientKey::new(who).unwrap(), Box::new(entry)))
            .collect();
        let begun = self.store.begin(&practice(), "by hand").unwrap();
        self.store.put(&practice(), begun.batch, &facts).unwrap();
        self.store.close(&practice()).unwrap();
        self.store.settle(&practice()).unwrap();
        self.release();
    }

    /// What the audit trail says, which is whole.
    pub fn trail(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let dir = self.dir.path().join("audit");
        lines(&dir, |line| rows.push(line.row.unwrap())).unwrap();
        verify(&dir, None).unwrap().unwrap();
        rows
    }

    /// Projects whoever is dirty.
    pub fn release(&self) {
        let practice = practice();
        self.loader(&practice).release(None, &mut record::Report::default()).unwrap();
    }

    /// Makes an account for the patient and grants it access.
    pub fn let_in(&self, account: &str, subject: &Subject, grant: Grant) {
        let own = Some(subject.clone());
        self.store.set_account(&Account { id: account.to_owned(), own, ..Account::default() }).unwrap();
        let mut access = self.store.access(subject).unwrap();
        access.own = Some(grant);
        self.store.set_access(subject, &access).unwrap();
    }

    /// Makes an account that acts for the patient.
    pub fn let_in_proxy(&self, account: &str, subject: &Subject, grant: ProxyGrant) {
        let acts_for = vec![subject.clone()];
        self.store.set_account(&Account { id: account.to_owned(), acts_for, ..Account::default() }).unwrap();
        let mut access: Access = self.store.access(subject).unwrap();
        access.proxies.insert(account.to_owned(), grant);
        self.store.set_access(subject, &access).unwrap();
    }

    /// An access token.
    pub fn token(&self, account: &str, scope: &str) -> String {
        let now = self.clock.now();
        auth::issue_sandbox_token(&*self.store, now, account, scope, CLIENT).unwrap().token
    }

    /// A request with any method, headers and body.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask_over(None, method, path, headers, body)
    }

    /// The same over a connection that showed a certificate.
    pub fn ask_over(
        &self,
        certificate: Option<&[u8]>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request: Request = request.body(body.to_owned().into()).unwrap();
        if let Some(der) = certificate {
            let shown = gateway::ClientCertificates(Arc::new(vec![der.to_vec().into()]));
            request.extensions_mut().insert(shown);
        }
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let response: Response = self.service.handle(&request, peer);
        let (parts, body) = response.into_parts();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_vec() }
    }

    /// `GET /fhir/R4/{path}` with a token.
    pub fn get(&self, token: &str, path: &str) -> Answer {
        let path = if path.starts_with(BASE) { path.to_owned() } else { format!("/fhir/R4/{path}") };
        self.ask("GET", &path, &[("authorization", &format!("Bearer {token}"))], "")
    }

    /// Every match of a search, over all its pages.
    pub fn all(&self, token: &str, path: &str) -> Vec<Json> {
        let mut answer = self.get(token, path);
        let mut found = answer.matches();
        while let Some(next) = answer.link("next") {
            answer = self.get(token, &next);
            assert_eq!(answer.status, 200, "{}", answer.text());
            found.extend(answer.matches());
        }
        found
    }

    /// The logical id of a patient.
    pub fn logical_id(&self, who: &str) -> String {
        self.store.read(&subject(who)).unwrap().unwrap().released().subject.clone()
    }
}

pub fn subject(who: &str) -> Subject {
    Subject { practice: practice(), patient: PatientKey::new(who).unwrap() }
}

pub fn app(client_id: &str) -> App {
    let scopes = ["launch/patient", "offline_access", "patient/*.rs", "patient/*.read"];
    App {
        client_id: client_id.to_owned(),
        name: "Test app".to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: scopes.map(str::to_owned).to_vec(),
        status: AppStatus::Approved,
        ..App::default()
    }
}

pub fn everything() -> Grant {
    level(AccessLevel::Full)
}

pub fn level(level: AccessLevel) -> Grant {
    Grant {
        effective_date: date(2000, 1, 1),
        current: level,
        historical: level,
        sections_off: BTreeSet::new(),
    }
}

/// The patient's own entry: regular, born 1980, with an NHS number of their own: that of `p` is 999 000 0018.
pub fn person(who: &str) -> Entry {
    let name = PersonName { prefix: None, given: vec!["Alex".into()], family: Some(format!("Test{who}")) };
    let demographics = Demographics {
        nhs_number: Some(number_of(who)),
        name: Some(name),
        gender: Gender::Female,
        birth_date: Some(date(1980, 5, 4)),
        ..Demographics::registered(Registration::Regular)
    };
    Entry { content: Some(Content::Patient(Box::new(demographics))), ..bare("patient") }
}

/// An NHS number of the range for tests, another one for each key.
fn number_of(who: &str) -> NhsNumber {
    let first = match who {
        "p" => 9_990_000_018,
        _ => who
            .bytes()
            .fold(9_990_100_000_u64, |sum, byte| 9_990_100_000 + (sum * 31 + u64::from(byte)) % 90_000),
    };
    (first..).find_map(|number| number.to_string().parse().ok()).unwrap()
}

/// An entry without content: marks carried, recorded on 1 March 2024.
pub fn bare(id: &str) -> Entry {
    Entry {
        marks_carried: MarksCarried::Yes,
        recorded: Some(Effective::Day(date(2024, 3, 1))),
        place: Place { file: "by-hand".into(), line: 1 },
        ..Entry::new(EntryId::new(id).unwrap(), None)
    }
}

/// A coded entry of 1 March 2024 without a value.
pub fn coded(id: &str, snomed: &str, term: &str) -> Entry {
    let coding = Coding { system: CodeSystem::SnomedCt, code: snomed.into(), display: Some(term.into()) };
    let statement = Statement {
        effective: Some(Effective::Day(date(2024, 3, 1))),
        ..Statement::of_patient(CodeRef::Given(Coded { codings: vec![coding], original_text: None }, None))
    };
    Entry { content: Some(Content::Statement(Box::new(statement))), ..bare(id) }
}

/// Changes the statement of an entry.
pub fn with(mut entry: Entry, change: impl FnOnce(&mut Statement)) -> Entry {
    match &mut entry.content {
        Some(Content::Statement(statement)) => change(statement),
        _ => panic!("no statement"),
    }
    entry
}

/// A measured entry.
pub fn measured(id: &str, snomed: &str, term: &str, value: &str, unit: &str) -> Entry {
    with(coded(id, snomed, term), |statement| {
        let quantity = Quantity { value: value.parse().unwrap(), comparator: None, unit: Some(unit.into()) };
        statement.value = Some(Value::Quantity(quantity));
    })
}

/// What a searchset shows, as far as it may differ: everything but the moment.
pub fn fingerprint(answer: &Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let headers = answer.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    let headers = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    (answer.status, headers, answer.body.clone())
}
