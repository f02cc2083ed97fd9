//! I8: however many threads load an export, what is stored and released is what one thread makes of it, fact by fact
//! and patient by patient.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use ingest::Format;
use record::{CodeClass, Coded, Dictionary, Fact, Fate, Issue, PatientKey, Place, Sink, SinkError, Staff};
use store::{NewRelease, Store, Whole};

use crate::{
    crash::held,
    support::{World, ids, practice},
};

/// Keeps everything that a reader says.
#[derive(Default)]
struct Kept {
    facts: Vec<Fact>,
    said: u64,
}

impl Sink for Kept {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.facts.push(fact);
        Ok(Fate::Stored)
    }

    fn reject(&mut self, _: Issue) {
        self.said += 1;
    }

    fn warn(&mut self, _: Issue) {
        self.said += 1;
    }

    fn progress(&mut self, _: u64) {}
}

/// The practice's words, looked up each time.
struct Words<'a>(&'a World);

impl Dictionary for Words<'_> {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        self.0.store.code(&practice(), key).unwrap()
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        self.0.store.staff(&practice(), key).unwrap()
    }
}

/// Loads an export on this thread, without the loader. The value is how often the reader said that something is wrong.
fn by_hand(world: &World, format: Format, export: &Path) -> u64 {
    let batch = ingest::open(format, &practice(), &[export.to_owned()]).unwrap();
    let mut kept = Kept::default();
    batch.read(&mut kept).unwrap();
    let number = world.store.begin(&practice(), "by hand").unwrap().batch;
    let mut sent: BTreeMap<PatientKey, Whole> = BTreeMap::new();
    for fact in &kept.facts {
        match fact {
            Fact::Entry(patient, entry) => {
                let nothing = Whole { patient: patient.clone(), keep: BTreeSet::new(), sequence: 0 };
                let sent = sent.entry(patient.clone()).or_insert(nothing);
                sent.keep.insert(entry.id.clone());
                sent.sequence = sent.sequence.max(entry.sequence);
            }
            Fact::Whole(patient) => {
                let whole = sent.remove(patient).unwrap();
                let before: Vec<Fact> = kept.facts.iter().filter(|fact| of(fact, patient)).cloned().collect();
                world.store.put(&practice(), number, &before).unwrap();
                world.store.retain(&practice(), number, &[whole]).unwrap();
            }
            _ => {}
        }
    }
    world.store.put(&practice(), number, &kept.facts).unwrap();
    world.store.close(&practice()).unwrap();
    release_by_hand(world);
    kept.said
}

fn of(fact: &Fact, patient: &PatientKey) -> bool {
    matches!(fact, Fact::Entry(of, _) if of == patient)
}

fn release_by_hand(world: &World) {
    let name = world.store.practice(&practice()).unwrap().name;
    for patient in world.store.dirty(&practice(), usize::MAX).unwrap() {
        let facts = world.store.facts(&practice(), &patient).unwrap();
        let entries: Vec<_> = facts.entries.into_iter().map(|(entry, _)| entry).collect();
        let record = project::Record {
            practice: &practice(),
            practice_name: name.as_deref(),
            patient: &patient,
            entries: &entries,
            dictionary: &Words(world),
            terminology: None,
            own: &project::OwnTables::default(),
            oversight: &policy::Oversight::default(),
            rules: &policy::PracticeRules::default(),
        };
        let projection = project::project(&record, &ids());
        let waiting = projection.waiting.iter().map(|one| (one.entry.clone(), one.code)).collect();
        let incomplete = projection.incomplete;
        let now = gateway::clock::Clock::now(&*world.clock);
        let screened = projection.queued(now);
        let made_with =
            project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default());
        let (release, _) = project::release(facts.released.as_deref(), projection, made_with, now);
        let as_of = world.store.practice(&practice()).unwrap().as_of();
        let new = NewRelease { patient, release, waiting, made: now, incomplete, screened };
        assert!(world.store.release(&practice(), &as_of, &[new]).unwrap());
    }
}

#[test]
fn i8_a_load_on_many_threads_stores_and_releases_what_one_thread_does() {
    for (written, format) in
        [(synth::Format::EmisCsv, Format::EmisCsv), (synth::Format::Gp2gp, Format::Gp2gp)]
    {
        let (many, one) = (World::empty(), World::empty());
        let export = many.dir.path().join("export");
        let options = synth::Options::new(practice(), 9);
        let people = synth::write(written, &options, &export, &mut |_| {}).unwrap().people;
        let report = many.load(format, &export);
        let said = by_hand(&one, format, &export);
        let keys: Vec<String> = people.into_iter().map(|person| person.key).collect();
        let [many, one] = [&many, &one].map(|world| held::read(&world.store, &practice(), &keys));
        let released = |held: &held::Patient| held.released.as_ref().map_or(0, held::Record::resources);
        assert!(one.values().map(released).sum::<usize>() > 500, "{format}: hardly anything was released");
        assert_eq!(many, one, "{format}");
        let told: u64 = report.files.values().flat_map(|file| file.codes.values()).sum();
        assert!(told >= said, "{format}: nothing that the reader said is lost: {told}, {said}");
    }
}
