//! Which entries another feed's marks are taken over to, and which not.

use jiff::civil::date;
use policy::{Another, Oversight, with_marks_of_others, with_words_of_others};
use record::{CodeClass, Content, Effective, Entry, FreeText, Mark, PatientKey};

use super::{Empty, statement};

const ONE: &str = "00000000-0000-4000-8000-00000000000a";
const TWO: &str = "00000000-0000-4000-8000-00000000000b";

fn weight(id: &str, kilograms: &str) -> Entry {
    statement(id, "27113001", CodeClass::Measurement, Some(kilograms), None)
}

fn at(mut entry: Entry, effective: Option<Effective>) -> Entry {
    if let Some(Content::Statement(said)) = &mut entry.content {
        said.effective = effective;
    }
    entry
}

fn marked(entry: Entry) -> Entry {
    Entry { marks: vec![Mark::NotForPatient], ..entry }
}

/// Which of our entries the other feed marks.
fn taken_over(ours: &[Entry], theirs: &[Entry]) -> Vec<bool> {
    let oversight = Oversight::default();
    let patient = PatientKey::new("nhs:1").unwrap();
    let others = [Another { patient: &patient, entries: theirs, oversight: &oversight }];
    let after = with_marks_of_others(ours.to_vec(), ours.len(), &oversight, &others, &Empty);
    assert!(after.iter().zip(ours).all(|(after, ours)| after.id == ours.id), "the order stays");
    after.iter().map(|entry| entry.marks.contains(&Mark::InAnotherFeed)).collect()
}

#[test]
fn an_entry_with_the_guid_of_a_marked_one_is_marked_however_the_guid_is_written() {
    let theirs = [marked(weight(&format!("{{{}}}", ONE.to_uppercase()), "70"))];
    let ours = [weight(ONE, "99"), weight(&format!("consultation/{ONE}"), "98"), weight(TWO, "97")];
    assert_eq!(taken_over(&ours, &theirs), [true, true, false]);
}

#[test]
fn without_its_guid_it_is_marked_if_code_date_and_value_may_be_the_same() {
    let theirs = [marked(weight("2", "70.0"))];
    let day = |day| Some(Effective::Day(date(2024, 3, day)));
    let ours = [
        weight("1", "70"),
        weight("1", "71"),
        statement("1", "27113001", CodeClass::Measurement, None, None),
        statement("1", "50373000", CodeClass::Measurement, Some("70"), None),
        at(weight("1", "70"), day(2)),
        at(weight("1", "70"), Some(Effective::Month(2024, 3))),
        at(weight("1", "70"), None),
        at(weight("1", "70"), Effective::local(date(2024, 3, 1).at(9, 12, 0, 0))),
    ];
    assert_eq!(taken_over(&ours, &theirs), [true, false, true, false, false, true, true, true]);
}

#[test]
fn what_the_marking_feed_has_unmarked_under_the_same_guid_is_not_taken_for_its_marked_twin() {
    let ours = [weight(ONE, "70"), weight(TWO, "70")];
    assert_eq!(taken_over(&ours, &[marked(weight(ONE, "70")), weight(TWO, "70")]), [true, false]);
    assert_eq!(taken_over(&ours, &[marked(weight(ONE, "70"))]), [true, true], "nothing speaks for the other");
}

#[test]
fn what_stands_in_something_marked_is_marked_and_so_is_what_was_deleted_since() {
    let part = statement(ONE, "27113001", CodeClass::Measurement, Some("70"), Some("panel"));
    let panel = marked(statement("panel", "386053000", CodeClass::Other, None, None));
    assert_eq!(taken_over(&[weight(ONE, "70")], &[part, panel]), [true]);
    let gone = Entry { deleted: true, ..marked(weight(ONE, "70")) };
    assert_eq!(taken_over(&[weight(ONE, "70")], &[gone]), [true]);
}

#[test]
fn what_is_awaited_or_not_filed_in_one_feed_is_not_marked_in_the_other() {
    let waits = statement(ONE, "27113001", CodeClass::Measurement, Some("70"), Some("nowhere"));
    let unfiled = Entry { marks: vec![Mark::NotFiled], ..weight(TWO, "71") };
    assert_eq!(taken_over(&[weight(ONE, "70"), weight(TWO, "71")], &[waits, unfiled]), [false, false]);
}

#[test]
fn a_guest_that_is_the_same_as_a_marked_entry_is_marked_but_no_twin_in_the_same_feed() {
    let entries =
        vec![marked(weight("1", "70")), weight("2", "70"), weight("lab:1", "70"), weight("lab:2", "71")];
    let after = with_marks_of_others(entries, 2, &Oversight::default(), &[], &Empty);
    let found: Vec<bool> = after.iter().map(|entry| entry.marks.contains(&Mark::InAnotherFeed)).collect();
    assert_eq!(found, [false, false, true, false]);
}

#[test]
fn the_practices_own_hiding_counts_like_a_mark() {
    let decided = policy::Decided { by: "Dr A".into(), at: jiff::Timestamp::UNIX_EPOCH, why: "asked".into() };
    let theirs = [weight(ONE, "70")];
    let oversight = Oversight { hidden: [(theirs[0].id.clone(), decided)].into(), ..Oversight::default() };
    let patient = PatientKey::new("nhs:1").unwrap();
    let others = [Another { patient: &patient, entries: &theirs, oversight: &oversight }];
    let after = with_marks_of_others(vec![weight(ONE, "70")], 1, &Oversight::default(), &others, &Empty);
    assert_eq!(after[0].marks, [Mark::InAnotherFeed]);
}

#[test]
fn words_that_are_withheld_in_one_feed_are_so_in_the_other_and_only_while_they_are_those_words() {
    let worded = |id: &str, words: &str| {
        let mut entry = weight(id, "70");
        if let Some(Content::Statement(said)) = &mut entry.content {
            said.text = FreeText::new(words).into_iter().collect();
        }
        entry
    };
    let decided = policy::Decided { by: "Dr A".into(), at: jiff::Timestamp::UNIX_EPOCH, why: "asked".into() };
    let ours = [worded(ONE, "Told us so."), worded(TWO, "Told us so.")];
    let patient = PatientKey::new("nhs:1").unwrap();
    for (release, now, found) in
        [(false, "Told us so", 1), (false, "Other words", 0), (true, "Told us so", 0)]
    {
        let theirs = [worded(&ONE.to_uppercase(), now), worded(TWO, "Told us so.")];
        let words = policy::words(&worded(ONE, "Told us so")).unwrap();
        let review = policy::Review { release, words, decided: decided.clone() };
        let oversight =
            Oversight { reviewed: [(theirs[0].id.clone(), review)].into(), ..Oversight::default() };
        let others = [Another { patient: &patient, entries: &theirs, oversight: &oversight }];
        let after = with_words_of_others(&ours, 2, &Oversight::default(), &others, &Empty);
        assert_eq!(after.withheld_elsewhere.len(), found, "{release} {now}");
        assert!(after.withheld_elsewhere.iter().all(|id| id.as_str() == ONE));
    }
}
