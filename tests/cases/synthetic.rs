//! Synthetic practices, loaded once, twice, changed and shuffled (I6, I8).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use policy::{AccessRequest, Actor, Decision, Header, Released, View, ViewHeader, admit, decide, disclose};
use record::{PatientKey, Report, ResourceType, Section};
use store::{Store, Subject};

use super::{
    emis as batch,
    seen::{Seen, Shelf, assert_adds_up, look, subject_of},
};
use crate::support::{everything, practice};

const PATIENTS: u32 = 12;
const WEIGHT: &str = "81081000006112";

/// A synthetic export that has been looked at.
pub struct Export {
    pub folder: PathBuf,
    pub seen: Seen,
    pub people: Vec<synth::Person>,
    _dir: tempfile::TempDir,
}

fn export(format: synth::Format, reader: ingest::Format) -> Export {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("export");
    let options = synth::Options::new(practice(), PATIENTS);
    let people = synth::write(format, &options, &folder, &mut |_| {}).unwrap().people;
    let seen = look(reader, &folder);
    Export { folder, seen, people, _dir: dir }
}

pub fn emis() -> &'static Export {
    static EXPORT: LazyLock<Export> =
        LazyLock::new(|| export(synth::Format::EmisCsv, ingest::Format::EmisCsv));
    &EXPORT
}

pub fn gp2gp() -> &'static Export {
    static EXPORT: LazyLock<Export> = LazyLock::new(|| export(synth::Format::Gp2gp, ingest::Format::Gp2gp));
    &EXPORT
}

pub fn vision() -> &'static Export {
    static EXPORT: LazyLock<Export> =
        LazyLock::new(|| export(synth::Format::VisionCsv, ingest::Format::VisionCsv));
    &EXPORT
}

/// A practice that has been loaded and released. Whoever changes it has one of their own.
struct Loaded {
    shelf: Shelf,
    before: Shown,
}

fn loaded(export: &'static Export, format: ingest::Format) -> Loaded {
    let shelf = Shelf::new();
    shelf.load(format, &export.folder);
    let before = shown(&shelf, &export.people);
    Loaded { shelf, before }
}

/// The EMIS one, loaded once for tests that leave it as it is.
fn kept() -> &'static Loaded {
    static LOADED: LazyLock<Loaded> = LazyLock::new(|| loaded(emis(), ingest::Format::EmisCsv));
    &LOADED
}

/// Those whose exports bring their patients along.
fn all() -> [(&'static Export, ingest::Format); 3] {
    [
        (emis(), ingest::Format::EmisCsv),
        (gp2gp(), ingest::Format::Gp2gp),
        (vision(), ingest::Format::VisionCsv),
    ]
}

/// All that is released of a practice: by patient, the headers, and the bodies that full access opens.
#[derive(Debug, PartialEq)]
pub struct Shown(BTreeMap<String, (Released, Vec<Vec<u8>>)>);

impl Shown {
    /// The bodies alone, whatever their versions.
    pub fn bodies(&self) -> BTreeMap<&str, &[Vec<u8>]> {
        self.0.iter().map(|(key, (_, bodies))| (key.as_str(), bodies.as_slice())).collect()
    }
}

pub fn shown(shelf: &Shelf, people: &[synth::Person]) -> Shown {
    let everything = everything();
    let types: BTreeSet<ResourceType> = ResourceType::ALL.into_iter().collect();
    let mut shown = BTreeMap::new();
    for person in people {
        let subject = Subject { practice: practice(), patient: PatientKey::new(&person.key).unwrap() };
        let Some(snapshot) = shelf.store.read(&subject).unwrap() else { continue };
        let released = snapshot.released().clone();
        let mut bodies = Vec::new();
        let admission = admit(&AccessRequest {
            today: jiff::civil::date(2026, 11, 2),
            practice_shares: true,
            rules: &policy::PracticeRules::default(),
            suppressed: false,
            standing: &released.standing,
            actor: Actor::Patient(Some(&everything)),
            types: &types,
        });
        for header in released.headers.iter().filter(|_| admission.is_ok()) {
            if let Decision::Show(permit) = decide(admission.as_ref().unwrap(), header.kind, &header.labels)
                && let Some(disclosed) = disclose(header, permit)
            {
                bodies.push(snapshot.body(&disclosed).unwrap());
            }
        }
        shown.insert(person.key.clone(), (released, bodies));
    }
    assert!(
        shown.values().map(|(_, bodies)| bodies.len()).sum::<usize>() > 200,
        "hardly anything is released"
    );
    Shown(shown)
}

pub fn total(report: &Report, count: impl Fn(&record::FileReport) -> u64) -> u64 {
    report.files.values().map(count).sum()
}

#[test]
fn a_synthetic_practice_is_read_without_a_rejected_row_and_every_row_is_accounted_for() {
    for (export, format) in all() {
        let report = &export.seen.report;
        assert_adds_up(report);
        assert_eq!(total(report, |file| file.rejected), 0, "{format}: {:#?}", report.issues);
        assert!(total(report, |file| file.stored) > 500, "{format}");
        assert_eq!(export.seen.patients.len(), PATIENTS as usize, "{format}");
    }
}

#[test]
fn as_many_entries_are_about_vaccinations_as_were_written() {
    for (export, format) in all() {
        let mut given = 0;
        for person in &export.people {
            let subject = subject_of(&person.key);
            let patient = export.seen.patients.iter().find(|patient| patient.subject == subject).unwrap();
            let about = patient.resources.iter().filter(|made| made.section == Section::Immunisations);
            assert_eq!(about.count(), person.immunisations as usize, "{format}: {:?}", person.role);
            given += patient.resources.iter().filter(|made| made.kind == ResourceType::Immunization).count();
        }
        assert!(given > 20, "{format}: {given}");
    }
}

fn load_again(export: &Export, format: ingest::Format, Loaded { shelf, before }: &Loaded) {
    shelf.clock.forward(3600);
    let again = shelf.load(format, &export.folder);
    assert_adds_up(&again);
    assert_eq!(total(&again, |file| file.stored), 0, "{format}");
    assert_eq!((again.patients_projected, again.resources_changed), (0, 0), "{format}");
    assert_eq!(shown(shelf, &export.people), *before, "{format}");
}

#[test]
fn the_same_emis_export_twice_stores_nothing_and_changes_no_version_and_no_byte() {
    load_again(emis(), ingest::Format::EmisCsv, kept());
}

#[test]
fn the_same_messages_twice_store_nothing_and_change_no_version_and_no_byte() {
    load_again(gp2gp(), ingest::Format::Gp2gp, &loaded(gp2gp(), ingest::Format::Gp2gp));
}

#[test]
fn the_same_vision_extract_twice_stores_nothing_and_changes_no_version_and_no_byte() {
    load_again(vision(), ingest::Format::VisionCsv, &loaded(vision(), ingest::Format::VisionCsv));
}

#[test]
fn a_vision_extract_in_pieces_and_in_another_order_ends_as_the_extract_in_one() {
    let export = vision();
    let whole = loaded(export, ingest::Format::VisionCsv);
    let pieces = Shelf::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(&export.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // The journal first, each half of it by itself and its rows turned round; then all that it refers to.
    files.sort_by_key(|file| !file.to_string_lossy().contains("_journal_"));
    for file in &files {
        let rows = batch::read(file);
        for piece in rows.chunks(rows.len().div_ceil(2).max(1)) {
            let folder = tempfile::tempdir().unwrap();
            let turned: batch::Rows = piece.iter().rev().cloned().collect();
            fs::write(folder.path().join(file.file_name().unwrap()), batch::text(&turned)).unwrap();
            assert_adds_up(&pieces.load(ingest::Format::VisionCsv, folder.path()));
        }
    }
    assert_eq!(said(&shown(&pieces, &export.people)), said(&whole.before));
}

/// What is shown, whatever it took to get there: without versions and times.
fn said(shown: &Shown) -> BTreeMap<&String, &Vec<Vec<u8>>> {
    shown.0.iter().map(|(key, (_, bodies))| (key, bodies)).collect()
}

/// The vaccination batches of the EMIS practice's patients.
fn vaccinations() -> &'static (PathBuf, Vec<synth::Person>, tempfile::TempDir) {
    static BATCHES: LazyLock<(PathBuf, Vec<synth::Person>, tempfile::TempDir)> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("batches");
        let options = synth::Options::new(practice(), PATIENTS);
        let written = synth::write(synth::Format::NhsVaccinationCsv, &options, &folder, &mut |_| {});
        (folder, written.unwrap().people, dir)
    });
    &BATCHES
}

/// How many of a patient's released resources came from a vaccination batch.
fn guests(shelf: &Shelf, key: &str) -> usize {
    let subject = Subject { practice: practice(), patient: PatientKey::new(key).unwrap() };
    let snapshot = shelf.store.read(&subject).unwrap().unwrap();
    let guest = |header: &&Header| {
        let theirs = header.sources.iter().any(|source| source.as_str().starts_with("nhs-vaccination:"));
        theirs && header.kind == ResourceType::Immunization
    };
    snapshot.released().headers.iter().filter(guest).count()
}

#[test]
fn vaccination_batches_reach_their_patients_and_only_them_whichever_comes_first() {
    let (folder, people, _) = vaccinations();
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let in_order = Shelf::new();
    in_order.load(ingest::Format::EmisCsv, &emis().folder);
    let report = in_order.load(ingest::Format::NhsVaccinationCsv, folder);
    assert_adds_up(&report);
    assert_eq!(total(&report, |file| file.rejected), 0, "{:#?}", report.issues);
    let mut meant = 0;
    for person in people {
        assert_eq!(guests(&in_order, &person.key), person.immunisations as usize, "{:?}", person.role);
        meant += person.immunisations;
    }
    assert!(meant > 40, "{meant}");
    let again = in_order.load(ingest::Format::NhsVaccinationCsv, folder);
    assert_adds_up(&again);
    assert_eq!((total(&again, |file| file.stored), again.resources_changed), (0, 0));
    let before = shown(&in_order, people);
    files.reverse();
    let turned = Shelf::new();
    for file in &files {
        assert_adds_up(&turned.load(ingest::Format::NhsVaccinationCsv, file));
    }
    turned.load(ingest::Format::EmisCsv, &emis().folder);
    assert_eq!(said(&shown(&turned, people)), said(&before));
}

/// A copy of an EMIS export with its rows changed, table by table.
fn copied(export: &Path, change: impl Fn(&str, &mut batch::Rows)) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(export).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut rows = batch::read(&path);
        change(name, &mut rows);
        fs::write(copy.path().join(name), batch::text(&rows)).unwrap();
    }
    copy
}

#[test]
fn a_changed_entry_gives_a_new_version_to_its_own_resource_alone() {
    let export = emis();
    let Loaded { shelf, before } = loaded(export, ingest::Format::EmisCsv);
    let changed = copied(&export.folder, |name, rows| {
        if !name.contains("CareRecord_Observation_") {
            return;
        }
        let at = |column: &str| rows[0].iter().position(|name| name == column).unwrap();
        let (code, value, sequence, patient) =
            (at("CodeId"), at("Value"), at("ProcessingId"), at("PatientGuid"));
        let served = |guid: &str| {
            let key = guid.trim_matches(['{', '}']).to_lowercase();
            let subject = subject_of(&key);
            export.seen.patients.iter().any(|one| one.subject == subject && one.refusal.is_none())
        };
        let row = rows
            .iter_mut()
            .find(|row| row[code] == WEIGHT && !row[value].is_empty() && served(&row[patient]))
            .unwrap();
        row[value] = "123.4".to_owned();
        row[sequence] = (row[sequence].parse::<u64>().unwrap() + 1).to_string();
    });
    shelf.clock.forward(3600);
    let report = shelf.load(ingest::Format::EmisCsv, changed.path());
    assert_eq!((total(&report, |file| file.stored), report.resources_changed), (1, 1));
    let after = shown(&shelf, &export.people);
    let mut different = Vec::new();
    for (key, (old, _)) in &before.0 {
        let (new, _) = &after.0[key];
        assert_eq!(old.headers.len(), new.headers.len());
        let pairs = new.headers.iter().map(|header| (old.header(header.kind, &header.id).unwrap(), header));
        different.extend(pairs.filter(|(old, new)| old != new).map(|(old, new)| (old.clone(), new.clone())));
    }
    let [(old, new)] = different.as_slice() else { panic!("{different:#?}") };
    for view in View::ALL {
        let (old, new): (&ViewHeader, &ViewHeader) = (old.view(view).unwrap(), new.view(view).unwrap());
        assert_eq!((old.version, new.version), (1, 2));
        assert!(new.updated > old.updated && new.digest != old.digest);
    }
}

#[test]
fn the_order_of_rows_makes_no_difference() {
    let export = emis();
    let other = Shelf::new();
    let turned = copied(&export.folder, |_, rows| rows[1..].reverse());
    let report = other.load(ingest::Format::EmisCsv, turned.path());
    assert_adds_up(&report);
    let (one, other) = (&kept().before, &shown(&other, &export.people));
    let headers =
        |shown: &Shown| -> Vec<Header> { shown.0.values().flat_map(|(r, _)| r.headers.clone()).collect() };
    let bodies = |shown: &Shown| -> Vec<Vec<u8>> { shown.0.values().flat_map(|(_, b)| b.clone()).collect() };
    assert_eq!(headers(one), headers(other));
    assert_eq!(bodies(one), bodies(other));
}
