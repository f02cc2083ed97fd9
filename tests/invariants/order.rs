//! I8: the same facts in any order and in any pieces end in the same released bodies.

use jiff::civil::date;
use policy::{Header, Labels, View};
use proptest::prelude::*;
use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Container, Content, Entry, EntryId, Fact, Identity, Index,
    Link, Mark, PatientKey, Reference, ReferenceKey, Role, Staff,
};
use store::Store;

use crate::support::{World, bare, coded, measured, person, practice, subject, with};

fn linked(mut entry: Entry, role: Role, to: &str) -> Entry {
    entry.links.push(Link { role, to: EntryId::new(to).unwrap() });
    entry
}

fn at(sequence: u64, entry: Entry) -> Fact {
    Fact::Entry(PatientKey::new("p").unwrap(), Box::new(Entry { sequence, ..entry }))
}

/// An entry of whoever has a number and the birth date of [`person`].
fn guest(number: &str, sequence: u64, entry: Entry) -> Fact {
    let identity = Identity { nhs_number: number.parse().unwrap(), birth_date: Some(date(1980, 5, 4)) };
    Fact::Guest(identity, Box::new(Entry { sequence, ..entry }))
}

/// Somebody else, who for a time has the same number as [`person`].
fn other(number: &str, sequence: u64) -> Fact {
    let mut entry = person("q");
    if let Some(Content::Patient(person)) = &mut entry.content {
        person.nhs_number = number.parse().ok();
    }
    Fact::Entry(PatientKey::new("q").unwrap(), Box::new(Entry { sequence, ..entry }))
}

fn marked(mut entry: Entry, mark: Mark) -> Entry {
    entry.marks.push(mark);
    entry
}

fn consultation(id: &str) -> Entry {
    Entry { content: Some(Content::Container(Container::Consultation)), ..bare(id) }
}

fn code(key: &str, snomed: &str, term: &str, sequence: u64) -> Fact {
    let coding = Coding { system: CodeSystem::SnomedCt, code: snomed.into(), display: Some(term.into()) };
    let coded = Coded { codings: vec![coding], original_text: None };
    Fact::Reference(
        ReferenceKey::Code(key.into()),
        Box::new(Reference::Code(coded, CodeClass::Finding)),
        sequence,
    )
}

fn local(id: &str, key: &str) -> Entry {
    with(coded(id, "1", "replaced"), |statement| statement.code = CodeRef::Local(key.into()))
}

fn keyed(who: &str, sequence: u64, entry: Entry) -> Fact {
    Fact::Keyed(PatientKey::new(who).unwrap(), Box::new(Entry { sequence, ..entry }))
}

fn removal(id: &str, sequence: u64) -> Fact {
    Fact::Removed(EntryId::new(id).unwrap(), sequence, record::Place::default())
}

fn deletion(id: &str) -> Entry {
    Entry { content: None, deleted: true, recorded: None, ..bare(id) }
}

/// A small record with everything whose order could matter: parents and codes that come late, marks that come late on
/// what came early, corrections, deletions, a deletion taken back, what is said again, and guests whose number or whose
/// patient's number is corrected.
fn facts() -> Vec<Fact> {
    let doctor = Reference::Staff(Staff {
        name: record::PersonName {
            prefix: Some("Dr".into()),
            given: vec!["Sam".into()],
            family: Some("Testdoctor".into()),
        },
        role: None,
    });
    vec![
        at(1, person("p")),
        at(1, consultation("open")),
        at(1, consultation("hidden")),
        at(2, marked(consultation("hidden"), Mark::NotForPatient)),
        at(1, linked(coded("in-open", "49727002", "Cough"), Role::Consultation, "open")),
        at(1, linked(coded("in-hidden", "25064002", "Headache"), Role::Consultation, "hidden")),
        at(1, local("late-code", "k1")),
        code("k1", "386661006", "Fever", 1),
        at(1, with(local("changed-code", "k2"), |statement| statement.performer = Some("doctor".into()))),
        code("k2", "422587007", "Nausea", 1),
        code("k2", "422400008", "Vomiting", 2),
        Fact::Reference(ReferenceKey::Staff("doctor".into()), Box::new(doctor), 1),
        at(1, coded("bp", "75367002", "Blood pressure")),
        at(1, linked(measured("systolic", "72313002", "Systolic", "120", "mm[Hg]"), Role::Panel, "bp")),
        at(
            1,
            linked(measured("diastolic", "1091811000000102", "Diastolic", "80", "mm[Hg]"), Role::Panel, "bp"),
        ),
        at(
            3,
            linked(measured("diastolic", "1091811000000102", "Diastolic", "85", "mm[Hg]"), Role::Panel, "bp"),
        ),
        at(1, measured("weight", "27113001", "Body weight", "70", "kg")),
        at(2, measured("weight", "27113001", "Body weight", "71", "kg")),
        at(3, measured("weight", "27113001", "Body weight", "70", "kg")),
        at(1, measured("gone", "50373000", "Body height", "170", "cm")),
        at(2, deletion("gone")),
        at(1, measured("back", "50373000", "Body height", "171", "cm")),
        at(2, deletion("back")),
        at(3, measured("back", "50373000", "Body height", "172", "cm")),
        at(1, consultation("deleted-parent")),
        at(2, marked(consultation("deleted-parent"), Mark::Confidential)),
        at(3, deletion("deleted-parent")),
        at(1, linked(coded("orphan", "84229001", "Fatigue"), Role::Consultation, "deleted-parent")),
        at(1, linked(coded("waits", "22253000", "Pain"), Role::Consultation, "never-comes")),
        keyed("p", 1, coded("key/removed", "62315008", "Diarrhoea")),
        removal("key/removed", 2),
        keyed("p", 1, coded("key/again", "14760008", "Constipation")),
        removal("key/again", 2),
        keyed("p", 3, coded("key/again", "14760008", "Constipation")),
        keyed("p", 1, coded("key/moved-away", "162397003", "Sore throat")),
        keyed("q", 2, coded("key/moved-away", "162397003", "Sore throat")),
        keyed("q", 1, coded("key/moved-here", "271807003", "Rash")),
        keyed("p", 2, coded("key/moved-here", "271807003", "Rash")),
        removal("key/never-comes", 1),
        other("9990000018", 1),
        other("9990000026", 2),
        guest("9990000018", 1, coded("lab:mine", "271737000", "Anaemia")),
        guest("9990000026", 1, coded("lab:moves-here", "56018004", "Wheezing")),
        guest("9990000018", 2, coded("lab:moves-here", "56018004", "Wheezing")),
        guest("9990000018", 1, coded("lab:moves-away", "267036007", "Breathlessness")),
        guest("9990000026", 2, coded("lab:moves-away", "267036007", "Breathlessness")),
    ]
}

/// What is released, but for versions and times, which tell how often something changed on the way.
type Shown = (String, Labels, Vec<Option<([u8; 16], Index)>>);

fn released(world: &World) -> Vec<Shown> {
    let snapshot = world.store.read(&subject("p")).unwrap().unwrap();
    let body = |header: &Header, view| header.view(view).map(|view| (view.digest, view.index.clone()));
    let of = |header: &Header| {
        (
            header.id.clone(),
            header.labels.clone(),
            View::ALL.into_iter().map(|view| body(header, view)).collect(),
        )
    };
    snapshot.released().headers.iter().map(of).collect()
}

/// Loads the facts in pieces, releasing after each piece as a load does.
fn loaded(facts: &[Fact], pieces: &[usize]) -> World {
    let world = World::empty();
    let mut rest = facts;
    for (number, size) in pieces.iter().copied().chain([usize::MAX]).enumerate() {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        let begun = world.store.begin(&practice(), &format!("piece {number}")).unwrap();
        world.store.put(&practice(), begun.batch, piece).unwrap();
        world.store.close(&practice()).unwrap();
        world.release();
        rest = later;
    }
    world
}

/// Of one entry two facts of the same sequence would contradict each other; there are none here.
fn in_order() -> Vec<Shown> {
    let mut facts = facts();
    facts.sort_by_key(|fact| match fact {
        Fact::Entry(_, entry) | Fact::Keyed(_, entry) | Fact::Guest(_, entry) | Fact::GuestGone(entry) => {
            entry.sequence
        }
        Fact::Removed(_, sequence, _) | Fact::GuestsReplaced(_, sequence) => *sequence,
        Fact::Reference(_, _, sequence) => *sequence,
        Fact::Whole(_) => u64::MAX,
    });
    released(&loaded(&facts, &[]))
}

#[test]
fn i8_the_record_in_order_shows_what_it_should() {
    let shown = in_order();
    let visible =
        shown.iter().filter(|(_, labels, views)| labels.reasons.is_empty() && views[0].is_some()).count();
    // Patient, in-open, late-code, changed-code, blood pressure, weight, back, and two guests; of the keyed, again and moved-here.
    assert_eq!(visible, 11, "{shown:#?}");
    let withheld = shown.iter().filter(|(_, labels, _)| !labels.reasons.is_empty()).count();
    assert_eq!(withheld, 3, "in-hidden, orphan, waits: {shown:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i8_the_same_facts_in_any_order_and_any_pieces_end_in_the_same_bodies(
        facts in Just(facts()).prop_shuffle(),
        pieces in prop::collection::vec(0usize..9, 0..6),
    ) {
        prop_assert_eq!(released(&loaded(&facts, &pieces)), in_order());
    }

    #[test]
    fn i8_facts_that_come_twice_change_nothing(
        facts in Just(facts()).prop_shuffle(),
        again in prop::collection::vec(0usize..46, 0..20),
    ) {
        let mut twice = facts.clone();
        twice.extend(again.iter().map(|at| facts[*at].clone()));
        prop_assert_eq!(released(&loaded(&twice, &[facts.len()])), in_order());
    }
}

#[test]
fn i8_an_export_in_pieces_of_any_size_ends_as_the_export_in_one() {
    let dir = tempfile::tempdir().unwrap();
    let export = super::export::Export::synthetic(1, dir.path());
    let facts = super::levels::read(&export.folder);
    let patient = facts.iter().find_map(|fact| match fact {
        Fact::Entry(patient, _) => Some(patient.clone()),
        _ => None,
    });
    let of = store::Subject { practice: practice(), patient: patient.unwrap() };
    let digests = |pieces: &[usize], facts: &[Fact]| {
        let world = loaded(facts, pieces);
        let snapshot = world.store.read(&of).unwrap().unwrap();
        let headers = snapshot.released().headers.iter();
        headers
            .map(|header| (header.id.clone(), header.coded.as_ref().map(|view| view.digest)))
            .collect::<Vec<_>>()
    };
    let whole = digests(&[], &facts);
    assert!(whole.len() > 100, "{}", whole.len());
    let mut backwards = facts.clone();
    backwards.reverse();
    assert!(digests(&[300, 300, 300], &backwards) == whole, "backwards and in pieces");
    assert!(digests(&[50, 200, 500], &facts) == whole, "in pieces");
}
