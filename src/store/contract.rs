//! What every engine must keep to. Each test is a rule; each engine runs all of them.

mod apps;
mod as_of;
mod bodies;
mod delivery;
mod entries;
mod guests;
mod keyed;
mod kin;
mod linkage;
mod oversight;
mod remade;
mod review;
mod rows;

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::date};
use policy::{BodyChange, Labels, MadeWith, Release, Released, Standing, View, ViewHeader};
use record::{
    CodeClass, CodeSystem, Coded, Coding, Container, Content, Demographics, Entry, EntryId, Fact, Fate,
    Identity, Index, Link, Mark, MarksCarried, OdsCode, PatientKey, Place, Reference, ReferenceKey,
    Registration, ResourceType, Role, Section,
};

use crate::{Begun, Lmdb, NewRelease, Settings, Store, StoreError, Subject, TokenKind, TokenRecord, Whole};

mod withheld;

struct Fixture {
    store: Lmdb,
    dir: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).unwrap();
    Fixture { store, dir }
}

fn open(dir: &tempfile::TempDir) -> Result<Lmdb, StoreError> {
    Lmdb::open(&Settings { dir: dir.path().join("store"), max_gib: 1 })
}

fn practice() -> OdsCode {
    "Y99999".parse().unwrap()
}

fn patient(name: &str) -> PatientKey {
    PatientKey::new(name).unwrap()
}

fn entry(id: &str, sequence: u64, marks: &[Mark]) -> Entry {
    Entry {
        id: EntryId::new(id).unwrap(),
        content: Some(Content::Container(Container::Consultation)),
        links: vec![Link { role: Role::Consultation, to: EntryId::new("c").unwrap() }],
        marks: marks.to_vec(),
        marks_carried: MarksCarried::No,
        recorded: None,
        deleted: false,
        sequence,
        place: Place { file: "f.csv".into(), line: sequence },
    }
}

fn fact(who: &str, entry: Entry) -> Fact {
    Fact::Entry(patient(who), Box::new(entry))
}

/// A patient's own entry with a number.
fn who(name: &str, number: &str, sequence: u64) -> Fact {
    born(name, number, None, sequence)
}

/// The same with a date of birth.
fn born(name: &str, number: &str, birth_date: Option<jiff::civil::Date>, sequence: u64) -> Fact {
    let person = Demographics {
        nhs_number: number.parse().ok(),
        birth_date,
        ..Demographics::registered(Registration::Regular)
    };
    let content = Some(Content::Patient(Box::new(person)));
    fact(name, Entry { content, links: vec![], ..entry("patient", sequence, &[]) })
}

fn guest(number: &str, entry: Entry) -> Fact {
    let birth_date = Some(date(1980, 2, 29));
    Fact::Guest(Identity { nhs_number: number.parse().unwrap(), birth_date }, Box::new(entry))
}

/// The ids of the guests that the store has for a patient, and whether somebody else has the patient's number.
fn guests(store: &dyn Store, name: &str) -> (Vec<String>, bool) {
    let facts = store.facts(&practice(), &patient(name)).unwrap();
    let ids = facts.guests.iter().map(|(guest, _)| guest.entry.id.as_str().to_owned());
    (ids.collect(), facts.number_shared)
}

/// Releases whoever is dirty, with nothing in it, and says who that was.
fn as_of(store: &dyn Store) -> crate::AsOf {
    store.practice(&practice()).unwrap().as_of()
}

fn settle(store: &dyn Store) -> Vec<PatientKey> {
    let dirty = store.dirty(&practice(), 99).unwrap();
    for name in &dirty {
        store
            .release(&practice(), &as_of(store), &[release(name.expose(), name.expose(), None, &[])])
            .unwrap();
    }
    dirty
}

fn deletion(id: &str, sequence: u64) -> Entry {
    Entry { content: None, links: vec![], marks: vec![], deleted: true, ..entry(id, sequence, &[]) }
}

fn load(store: &dyn Store, facts: &[Fact]) -> Vec<Fate> {
    let batch = store.begin(&practice(), "batch").unwrap().batch;
    let fates = store.put(&practice(), batch, facts).unwrap();
    store.close(&practice()).unwrap();
    store.settle(&practice()).unwrap();
    fates
}

fn whole(who: &str, ids: &[&str], sequence: u64) -> Whole {
    let keep = ids.iter().map(|id| EntryId::new(id).unwrap()).collect();
    Whole { patient: patient(who), keep, sequence }
}

fn release(who: &str, subject: &str, body: Option<&[u8]>, waiting: &[&str]) -> NewRelease {
    let view =
        ViewHeader { version: 1, updated: Timestamp::UNIX_EPOCH, digest: [0; 16], index: Index::default() };
    let header = policy::Header {
        id: "r1".into(),
        kind: ResourceType::Observation,
        labels: Labels::new(Section::Consultations, None, MarksCarried::Yes),
        coded: body.map(|_| view),
        full: None,
        last_version: 1,
        sources: vec![],
    };
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    NewRelease {
        patient: patient(who),
        release: Release {
            access: policy::FeedAccess::default(),
            released: Released {
                made_with: MadeWith::default(),
                subject: subject.into(),
                standing,
                nhs_number: "9990000018".parse().ok(),
                headers: vec![header],
                gone: vec![],
            },
            bodies: vec![BodyChange { id: "r1".into(), view: View::Coded, bytes: body.map(<[u8]>::to_vec) }],
        },
        waiting: waiting
            .iter()
            .map(|id| (EntryId::new(id).unwrap(), record::IssueCode::CodeAwaited))
            .collect(),
        made: Timestamp::UNIX_EPOCH,
        incomplete: false,
        screened: None,
    }
}

#[test]
fn the_same_fact_twice_changes_nothing_and_leaves_nobody_dirty() {
    let f = fixture();
    assert_eq!(load(&f.store, &[fact("p", entry("e", 1, &[]))]), [Fate::Stored]);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &[])]).unwrap();
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    assert_eq!(load(&f.store, &[fact("p", entry("e", 2, &[]))]), [Fate::Unchanged]);
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
}

#[test]
fn an_older_sequence_never_replaces_a_newer_one() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 5, &[Mark::Confidential]))]);
    assert_eq!(load(&f.store, &[fact("p", entry("e", 4, &[]))]), [Fate::Unchanged]);
    assert_eq!(f.store.facts(&practice(), &patient("p")).unwrap().entries[0].0.marks, [Mark::Confidential]);
}

#[test]
fn a_deletion_keeps_what_the_entry_said_and_its_marks() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[Mark::Confidential]))]);
    assert_eq!(load(&f.store, &[fact("p", deletion("e", 2))]), [Fate::Stored]);
    let kept = f.store.facts(&practice(), &patient("p")).unwrap().entries.remove(0).0;
    assert!(kept.deleted && kept.content.is_some());
    assert_eq!(kept.marks, [Mark::Confidential]);
    assert_eq!(load(&f.store, &[fact("p", deletion("e", 3))]), [Fate::Unchanged]);
}

#[test]
fn nothing_is_dirty_while_a_batch_is_open_and_another_batch_must_wait() {
    let f = fixture();
    let batch = f.store.begin(&practice(), "one").unwrap();
    f.store.put(&practice(), batch.batch, &[fact("p", entry("e", 1, &[]))]).unwrap();
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    assert!(matches!(f.store.begin(&practice(), "two"), Err(StoreError::BatchOpen { .. })));
    assert!(f.store.begin(&practice(), "one").unwrap().resumed);
    f.store.close(&practice()).unwrap();
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
    assert!(!f.store.begin(&practice(), "two").unwrap().resumed);
}

#[test]
fn a_batch_that_was_cut_off_tells_its_rows_as_if_it_had_not_been() {
    let f = fixture();
    let known = fact("p", entry("known", 1, &[]));
    load(&f.store, std::slice::from_ref(&known));
    let code = Reference::Code(Coded::default(), CodeClass::Other);
    let code = Fact::Reference(ReferenceKey::Code("1".into()), Box::new(code), 1);
    let guest = guest("9990000018", entry("g", 1, &[]));
    let rows = [known, code, fact("p", entry("e", 1, &[])), guest];
    let told = [Fate::Unchanged, Fate::Stored, Fate::Stored, Fate::Stored];
    let read = || {
        let begun = f.store.begin(&practice(), "one").unwrap();
        (begun, f.store.put(&practice(), begun.batch, &rows).unwrap())
    };
    let begun = |resumed| Begun { batch: 2, resumed };
    assert_eq!(read(), (begun(false), told.to_vec()));
    // Cut off while it was read, and again before anybody was told of it.
    assert_eq!(read(), (begun(true), told.to_vec()));
    f.store.close(&practice()).unwrap();
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &["known", "e"])]).unwrap();
    let waiting = [Fate::Parked, Fate::Stored, Fate::Parked, Fate::Stored];
    assert_eq!(read(), (begun(true), waiting.to_vec()), "of a record that was released it tells what waits");
    f.store.close(&practice()).unwrap();
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s", None, &[])]).unwrap();
    f.store.settle(&practice()).unwrap();
    assert_eq!(read(), (Begun { batch: 3, resumed: false }, vec![Fate::Unchanged; 4]));
}

#[test]
fn a_new_code_makes_those_dirty_who_wait_and_a_changed_one_everybody() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[])), fact("q", entry("e", 1, &[]))]);
    f.store
        .release(
            &practice(),
            &as_of(&f.store),
            &[release("p", "s1", None, &["e"]), release("q", "s2", None, &[])],
        )
        .unwrap();
    assert_eq!(load(&f.store, &[fact("p", entry("e", 1, &[]))]), [Fate::Parked]);
    let code = |class| {
        Fact::Reference(ReferenceKey::Code("1".into()), Box::new(Reference::Code(Coded::default(), class)), 1)
    };
    load(&f.store, &[code(CodeClass::Other)]);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "s1", None, &[])]).unwrap();
    load(&f.store, &[code(CodeClass::Other)]);
    assert!(f.store.dirty(&practice(), 9).unwrap().is_empty());
    load(&f.store, &[code(CodeClass::Laboratory)]);
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p"), patient("q")]);
    assert_eq!(f.store.code(&practice(), "1").unwrap().map(|found| found.1), Some(CodeClass::Laboratory));
}

#[test]
fn what_an_entry_says_and_whether_it_is_deleted_do_not_depend_on_the_order_in_which_they_come() {
    let said = |sequence, marks: &[Mark]| fact("p", entry("e", sequence, marks));
    let facts = [said(1, &[]), said(2, &[Mark::NotForPatient]), fact("p", deletion("e", 3))];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let f = fixture();
        for at in order {
            load(&f.store, &facts[at..=at]);
        }
        let kept = &f.store.facts(&practice(), &patient("p")).unwrap().entries[0].0;
        assert!(kept.deleted && kept.content.is_some(), "{order:?}");
        assert_eq!((&kept.marks[..], kept.sequence), (&[Mark::NotForPatient][..], 3), "{order:?}");
    }
}

#[test]
fn what_is_said_again_later_is_not_replaced_by_what_was_said_in_between() {
    let f = fixture();
    let (quiet, marked) =
        (|sequence| fact("p", entry("e", sequence, &[])), fact("p", entry("e", 2, &[Mark::Confidential])));
    load(&f.store, &[quiet(1)]);
    load(&f.store, &[quiet(3)]);
    assert_eq!(load(&f.store, &[marked]), [Fate::Unchanged]);
    let code = |term: &str, sequence| {
        let coding = Coding { system: CodeSystem::Egton, code: "c".into(), display: Some(term.into()) };
        let coded = Coded { codings: vec![coding], original_text: None };
        Fact::Reference(
            ReferenceKey::Code("c".into()),
            Box::new(Reference::Code(coded, CodeClass::Other)),
            sequence,
        )
    };
    load(&f.store, &[code("first", 1)]);
    assert_eq!(load(&f.store, &[code("first", 3)]), [Fate::Unchanged]);
    assert_eq!(load(&f.store, &[code("between", 2)]), [Fate::Unchanged]);
    assert_eq!(f.store.code(&practice(), "c").unwrap().unwrap().0.display(), Some("first"));
}

#[test]
fn what_a_whole_record_no_longer_has_is_deleted() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("a", 1, &[])), fact("p", entry("b", 1, &[]))]);
    f.store.retain(&practice(), 2, &[whole("p", &["a"], 1)]).unwrap();
    let entries = f.store.facts(&practice(), &patient("p")).unwrap().entries;
    assert_eq!(entries.iter().map(|(entry, _)| entry.deleted).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn an_older_whole_record_that_comes_late_brings_nothing_back() {
    let older = [fact("p", entry("a", 10, &[])), fact("p", entry("b", 10, &[]))];
    let newer = [fact("p", entry("a", 20, &[]))];
    for in_order in [true, false] {
        let f = fixture();
        let send_older = || {
            load(&f.store, &older);
            f.store.retain(&practice(), 1, &[whole("p", &["a", "b"], 10)]).unwrap();
        };
        let send_newer = || {
            load(&f.store, &newer);
            f.store.retain(&practice(), 2, &[whole("p", &["a"], 20)]).unwrap();
        };
        if in_order {
            send_older();
            send_newer();
        } else {
            send_newer();
            send_older();
        }
        let entries = f.store.facts(&practice(), &patient("p")).unwrap().entries;
        let living: Vec<&str> =
            entries.iter().filter(|(entry, _)| !entry.deleted).map(|(entry, _)| entry.id.as_str()).collect();
        assert_eq!(living, ["a"], "in order: {in_order}");
        load(&f.store, &[fact("p", entry("b", 30, &[]))]);
        assert!(
            f.store
                .facts(&practice(), &patient("p"))
                .unwrap()
                .entries
                .iter()
                .all(|(entry, _)| !entry.deleted)
        );
    }
}

#[test]
fn practices_and_patients_do_not_see_each_other() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[])), fact("pp", entry("e", 1, &[]))]);
    assert_eq!(f.store.facts(&practice(), &patient("p")).unwrap().entries.len(), 1);
    let other: OdsCode = "Y9999".parse().unwrap();
    assert!(f.store.facts(&other, &patient("p")).unwrap().entries.is_empty());
    assert!(f.store.dirty(&other, 9).unwrap().is_empty());
}

#[test]
fn a_release_is_found_by_subject_and_number_and_gives_bodies_only_for_what_is_disclosed() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "subject-1", Some(b"{}"), &[])]).unwrap();
    let subject = Subject { practice: practice(), patient: patient("p") };
    assert_eq!(f.store.subject("subject-1").unwrap(), Some(subject.clone()));
    assert_eq!(f.store.subject("").unwrap(), None);
    assert_eq!(
        f.store.with_nhs_number(&practice(), &"9990000018".parse().unwrap()).unwrap(),
        std::slice::from_ref(&subject)
    );
    let snapshot = f.store.read(&subject).unwrap().unwrap();
    assert_eq!(snapshot.released().headers.len(), 1);
    f.store.release(&practice(), &as_of(&f.store), &[release("p", "subject-1", None, &[])]).unwrap();
    assert!(snapshot.released().headers[0].coded.is_some(), "a snapshot does not change under its reader");
}

#[test]
fn a_code_is_taken_once_by_one_of_many() {
    let f = fixture();
    let token = TokenRecord {
        kind: TokenKind::Refresh,
        client_id: "c".into(),
        account: "a".into(),
        subject: Subject { practice: practice(), patient: patient("p") },
        scope: String::new(),
        expires: Timestamp::MAX,
        family: "f".into(),
        signed_in: None,
        used: false,
        bound: None,
    };
    f.store.set_token(&[1; 32], &token).unwrap();
    let wins = std::thread::scope(|scope| {
        let takes: Vec<_> =
            (0..8).map(|_| scope.spawn(|| f.store.take_token(&[1; 32]).unwrap().unwrap().used)).collect();
        takes.into_iter().map(|take| take.join().unwrap()).filter(|used| !used).count()
    });
    assert_eq!(wins, 1);
    assert!(!f.store.is_revoked("f").unwrap());
    f.store.revoke_family("f").unwrap();
    assert!(f.store.is_revoked("f").unwrap());
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let Fixture { store, dir } = fixture();
    load(&store, &[fact("p", entry("e", 1, &[]))]);
    drop(store);
    let again = open(&dir).unwrap();
    assert_eq!(again.facts(&practice(), &patient("p")).unwrap().entries.len(), 1);
}

#[test]
fn who_reads_after_a_release_sees_it_however_often_they_read_before() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    let subject = Subject { practice: practice(), patient: patient("p") };
    for round in 0..3u32 {
        let mut new = release("p", "subject-1", Some(b"{}"), &[]);
        new.release.released.headers[0].last_version = round;
        f.store.release(&practice(), &as_of(&f.store), &[new]).unwrap();
        for _ in 0..2 {
            let seen = f.store.read(&subject).unwrap().unwrap().released().headers[0].last_version;
            assert_eq!(seen, round);
        }
    }
}

const ONE: &str = "9990000018";
const OTHER: &str = "9990000026";
