//! Free text over the wire: at full access only, only if it is clean, masked where the practice chose that, or shared by
//! a clinician; and never a trace of the rest.

use jiff::Timestamp;
use policy::{AccessLevel, Decided, PracticeRules, Screening, ThirdParties};
use record::{Entry, EntryId, Fact, MarksCarried, PersonName, Reference, ReferenceKey, Related, Staff};
use serde_json::Value as Json;
use store::{ReviewQueue, Store};

use crate::{
    gateway::fixture::{later, noted, recorded},
    support::{World, coded, everything, level, person, practice, subject},
};

const CLEAN: &str = "Chest clear, review in two weeks.";
const THIRD: &str = "Cough kept wife Zofia awake, she rang.";
const REVIEW: &str = "Neighbour told us in confidence that she smokes; please do not tell her.";

fn cough(words: &str) -> Entry {
    noted(coded("cough", "49727002", "Cough"), words)
}

fn token(world: &World) -> String {
    world.token("p", "launch/patient patient/*.rs")
}

/// The only Observation that the app gets.
fn observation(world: &World) -> Json {
    let mut found = world.get(&token(world), "Observation").matches();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// The note that the app gets. The coded part is there whatever becomes of the words.
fn note(world: &World) -> Option<String> {
    let found = observation(world);
    assert_eq!(found["code"]["coding"][0]["code"], "49727002");
    found["note"][0]["text"].as_str().map(str::to_owned)
}

fn decided() -> Decided {
    Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: "read with the patient".into() }
}

fn decide(world: &World, share: bool) {
    let (practice, who) = (practice(), subject("p").patient);
    let entry = EntryId::new("cough").unwrap();
    let about = world.loader(&practice).decide_words(&who, &entry, share, &decided()).unwrap();
    assert_eq!(about, 1);
}

fn set(world: &World, rules: PracticeRules) {
    world.store.set_rules(&practice(), &rules).unwrap();
    world.release();
}

fn mask() -> PracticeRules {
    let screening = Screening { third_parties: ThirdParties::Mask, ..Screening::default() };
    PracticeRules { screening, ..PracticeRules::default() }
}

fn waiting(world: &World) -> Vec<(String, Option<bool>)> {
    let queue = world.store.queued(&practice(), None, 9).unwrap();
    let of_all = queue.into_iter().flat_map(|(_, queued)| queued);
    of_all.map(|queued| (queued.found.verdict.code().to_owned(), queued.found.decided)).collect()
}

#[test]
fn a_clean_note_is_served_at_full_access_and_at_no_lower_level() {
    let world = World::of(vec![cough(CLEAN)]);
    assert_eq!(note(&world).as_deref(), Some(CLEAN));
    assert!(waiting(&world).is_empty());
    for lower in [AccessLevel::Detailed, AccessLevel::Documents] {
        world.let_in("p", &subject("p"), level(lower));
        assert_eq!(note(&world), None);
    }
}

#[test]
fn a_note_about_somebody_else_is_withheld_as_if_it_never_was() {
    let (with, without) =
        (World::of(vec![cough(THIRD)]), World::of(vec![coded("cough", "49727002", "Cough")]));
    assert_eq!(observation(&with), observation(&without));
    assert_eq!(waiting(&with), [("third-party".to_owned(), None)]);
}

#[test]
fn a_practice_that_masks_lets_out_the_rest_of_a_note_and_nothing_that_a_clinician_must_decide() {
    let world = World::of(vec![cough(THIRD)]);
    assert_eq!(note(&world), None);
    set(&world, mask());
    let masked = note(&world).unwrap();
    assert!(
        masked.contains("[third party]") && masked.contains("awake") && !masked.contains("Zofia"),
        "{masked}"
    );
    set(&world, PracticeRules::default());
    assert_eq!(note(&world), None, "the choice is taken back");
    let world = World::of(vec![cough(REVIEW)]);
    set(&world, mask());
    assert_eq!(note(&world), None);
}

#[test]
fn what_a_clinician_shared_goes_out_until_its_words_change() {
    let world = World::of(vec![cough(REVIEW)]);
    assert_eq!((note(&world), waiting(&world)), (None, vec![("review".to_owned(), None)]));
    decide(&world, true);
    assert_eq!(note(&world).as_deref(), Some(REVIEW));
    assert_eq!(waiting(&world), [("review".to_owned(), Some(true))]);
    // It survives that the record is made anew.
    world.put("p", vec![coded("other", "195967001", "Asthma")]);
    let shown = world.get(&token(&world), "Observation?code=49727002").matches();
    assert_eq!(shown[0]["note"][0]["text"], REVIEW);
    world.put("p", vec![later(cough(&REVIEW.replace("smokes", "drinks")))]);
    let shown = world.get(&token(&world), "Observation?code=49727002").matches();
    assert!(shown[0]["note"].is_null());
    assert_eq!(waiting(&world), [("review".to_owned(), None)]);
}

#[test]
fn what_a_clinician_withheld_stays_however_clean() {
    let world = World::of(vec![cough(CLEAN)]);
    decide(&world, false);
    assert_eq!(note(&world), None);
    decide(&world, true);
    assert_eq!(note(&world).as_deref(), Some(CLEAN));
}

#[test]
fn a_text_waits_since_it_first_did_and_other_words_since_they_came() {
    let world = World::of(vec![cough(REVIEW)]);
    let since = || world.store.queued(&practice(), None, 9).unwrap()[0].1[0].since;
    let first = since();
    world.clock.forward(3600);
    world.put("p", vec![coded("other", "195967001", "Asthma")]);
    assert_eq!(since(), first);
    world.clock.forward(3600);
    world.put("p", vec![later(cough(&REVIEW.replace("smokes", "drinks")))]);
    assert!(since() > first);
}

#[test]
fn whoever_joins_the_staff_later_counts_for_texts_that_were_read_before() {
    let world = World::of(vec![cough("Seen by Imogen Harbottle, chest clear")]);
    assert_eq!(note(&world), None);
    let name = PersonName { prefix: None, given: vec!["Imogen".into()], family: Some("Harbottle".into()) };
    let staff = Reference::Staff(Staff { name, role: None });
    let fact = Fact::Reference(ReferenceKey::Staff("s".into()), Box::new(staff), 1);
    let begun = world.store.begin(&practice(), "staff").unwrap();
    world.store.put(&practice(), begun.batch, &[fact]).unwrap();
    world.store.close(&practice()).unwrap();
    world.release();
    assert!(note(&world).is_some());
}

#[test]
fn a_carer_of_the_feeds_own_is_known_in_notes_and_in_nothing_else() {
    let mut who = person("p");
    let Some(record::Content::Patient(demographics)) = &mut who.content else { panic!("no patient") };
    let name = record::FreeText::new("Bramble Tock").unwrap();
    demographics.for_redaction.related = vec![Related { name, relation: None, address: None }];
    let world = World::of(vec![who, cough("Form left at desk for Bramble Tock.")]);
    assert_eq!(note(&world), None);
    let patient = world.get(&token(&world), &format!("Patient/{}", world.logical_id("p")));
    assert!(patient.status == 200 && !patient.text().contains("Tock"), "{}", patient.text());
}

#[test]
fn a_feed_without_marks_gives_words_only_once_reviewed_or_from_the_day_that_the_practice_set() {
    let unmarked = |words| Entry { marks_carried: MarksCarried::No, ..cough(words) };
    let world = World::of(vec![unmarked(CLEAN)]);
    assert_eq!(note(&world), None);
    decide(&world, true);
    assert_eq!(note(&world).as_deref(), Some(CLEAN));
    let day = |text: &str| PracticeRules { free_text_from: text.parse().ok(), ..PracticeRules::default() };
    for (words, from, shown) in
        [(CLEAN, "2024-03-01", true), (CLEAN, "2024-03-02", false), (THIRD, "2024-03-01", false)]
    {
        let world = World::of(vec![unmarked(words)]);
        set(&world, day(from));
        assert_eq!(note(&world).is_some(), shown, "{words} from {from}");
    }
    let old = recorded(unmarked(CLEAN), "2020-01-01".parse().unwrap());
    let world = World::of(vec![old]);
    set(&world, day("2024-03-01"));
    assert_eq!(note(&world), None);
}

#[test]
fn the_queue_is_gone_with_the_entry() {
    let world = World::of(vec![cough(REVIEW)]);
    let gone = Entry { deleted: true, ..later(cough(REVIEW)) };
    world.put("p", vec![gone]);
    assert!(waiting(&world).is_empty());
    world.let_in("p", &subject("p"), everything());
}
