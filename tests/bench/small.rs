//! What is done for each patient of a load, and for each resource of a request, by itself and on one thread.

use std::{cell::RefCell, collections::HashMap, hint::black_box, path::Path};

use gateway::{
    clock::SystemClock,
    loader::{Also, Loader},
};
use jiff::civil::date;
use policy::{
    AccessLevel, AccessRequest, Actor, Decision, Grant, Labels, Oversight, PracticeRules, Standing,
};
use project::{IdKey, Record};
use record::{
    CodeClass, Coded, Dictionary, Entry, MarksCarried, OdsCode, PatientKey, Report, ResourceType, Section,
    Staff,
};
use store::{Lmdb, Settings, Store};

use crate::{Failure, usage::processor};

/// Patients among whom one of about a thousand entries is looked for.
const PATIENTS: u32 = 60;
const ENTRIES: usize = 1_000;

/// Projects one patient of about a thousand entries, again and again.
pub(crate) fn projection(folder: &Path) -> Result<(), Failure> {
    const TIMES: u32 = 200;
    let practice: OdsCode = "Y99999".parse()?;
    let export = folder.join("export");
    let options = synth::Options::new(practice.clone(), PATIENTS);
    synth::write(synth::Format::EmisCsv, &options, &export, &mut |_| {})?;
    let store = Lmdb::open(&Settings { dir: folder.join("store"), max_gib: 16 })?;
    let loader = Loader {
        store: &store,
        ids: &IdKey::offline(),
        clock: &SystemClock,
        practice: &practice,
        progress: &|_| {},
        also: Also::default(),
    };
    let _: (Report, u64) = loader.take(ingest::Format::EmisCsv, &[export])?;
    let (patient, entries) = middling(&store, &practice)?;
    let dictionary =
        Looked { store: &store, practice: &practice, codes: RefCell::default(), staff: RefCell::default() };
    let (oversight, rules) = (Oversight::default(), PracticeRules::default());
    let record = Record {
        practice: &practice,
        practice_name: Some("a practice"),
        patient: &patient,
        entries: &entries,
        dictionary: &dictionary,
        terminology: None,
        own: &project::OwnTables::default(),
        oversight: &oversight,
        rules: &rules,
    };
    let ids = IdKey::offline();
    let resources = project::project(&record, &ids).resources.len();
    let before = processor();
    (0..TIMES).for_each(|_| drop(black_box(project::project(&record, &ids))));
    let time = processor() - before;
    let one = time.as_secs_f64() * 1e3 / f64::from(TIMES);
    println!(
        "projection of {} entries to {resources} resources in both views: {one:.2} ms of processor, {:.2} ms for a thousand (wanted: 20)",
        entries.len(),
        one * ENTRIES as f64 / entries.len() as f64
    );
    Ok(())
}

/// The patient with most nearly a thousand entries.
fn middling(store: &Lmdb, practice: &OdsCode) -> Result<(PatientKey, Vec<Entry>), Failure> {
    let mut found: Option<(PatientKey, Vec<Entry>)> = None;
    for patient in store.dirty(practice, usize::MAX)? {
        let facts = store.facts(practice, &patient)?;
        let entries: Vec<Entry> = facts.entries.into_iter().map(|(entry, _)| entry).collect();
        let nearer = found
            .as_ref()
            .is_none_or(|(_, best)| best.len().abs_diff(ENTRIES) > entries.len().abs_diff(ENTRIES));
        if nearer {
            found = Some((patient, entries));
        }
    }
    found.ok_or_else(|| "the export has no patients".into())
}

/// The practice's code list and staff, looked up once each, as a load does it.
struct Looked<'a> {
    store: &'a Lmdb,
    practice: &'a OdsCode,
    codes: RefCell<HashMap<String, Option<(Coded, CodeClass)>>>,
    staff: RefCell<HashMap<String, Option<Staff>>>,
}

impl Dictionary for Looked<'_> {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        let mut codes = self.codes.borrow_mut();
        let find = || self.store.code(self.practice, key).ok().flatten();
        codes.entry(key.to_owned()).or_insert_with(find).clone()
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        let mut staff = self.staff.borrow_mut();
        let find = || self.store.staff(self.practice, key).ok().flatten();
        staff.entry(key.to_owned()).or_insert_with(find).clone()
    }
}

/// Decides about resources of every kind and section.
pub(crate) fn decide() -> Result<(), Failure> {
    const TIMES: u32 = 1_000_000;
    let day = date(2024, 3, 1);
    let grant = Grant {
        effective_date: date(2020, 1, 1),
        current: AccessLevel::Full,
        historical: AccessLevel::Detailed,
        sections_off: [Section::Consultations].into(),
    };
    let standing = Standing {
        birth_date: Some(date(1980, 2, 29)),
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let request = AccessRequest {
        today: date(2026, 11, 25),
        practice_shares: true,
        rules: &PracticeRules::default(),
        suppressed: false,
        standing: &standing,
        actor: Actor::Patient(Some(&grant)),
        types: &ResourceType::ALL.into_iter().collect(),
    };
    let admission = policy::admit(&request).map_err(|refusal| format!("refused: {refusal:?}"))?;
    let of = |section| {
        [MarksCarried::Yes, MarksCarried::No].map(|carried| Labels::new(section, Some(day), carried))
    };
    let labels: Vec<Labels> = Section::ALL.into_iter().flat_map(of).collect();
    let cases: Vec<(ResourceType, &Labels)> = ResourceType::ALL
        .into_iter()
        .flat_map(|kind| labels.iter().map(move |labels| (kind, labels)))
        .collect();
    let mut shown = 0_u64;
    let before = processor();
    for _ in 0..TIMES {
        for (kind, labels) in black_box(&cases) {
            let decision = policy::decide(black_box(&admission), *kind, labels);
            shown += u64::from(matches!(decision, Decision::Show(_)));
        }
    }
    let time = processor() - before;
    let decisions = f64::from(TIMES) * cases.len() as f64;
    println!(
        "a decision: {:.0} ns, over {} cases of which {} show something (wanted: 1,000)",
        time.as_secs_f64() * 1e9 / decisions,
        cases.len(),
        shown / u64::from(TIMES)
    );
    Ok(())
}
