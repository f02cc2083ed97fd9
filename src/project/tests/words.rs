//! Free text in the full view: what goes out of it, and who counts as whom.

use policy::{Passed, Reading, Screening, ThirdParties, Verdict};
use proptest::prelude::*;
use record::{
    Address, Detail, FreeText, Listed, NhsNumber, OnlineAccess, OnlineServices, OnlineUser, PersonName,
    Related,
};
use redact::Lexicon;
use serde_json::Value as Json;

use super::*;
use crate::screen::{Ruling, Screener};

const THIRD: &str = "Cough kept wife Zofia awake.";
const REVIEW: &str = "Neighbour told us in confidence that he smokes; please do not tell him.";
const CLEAN: &str = "Chest clear, review in two weeks.";
const MASK: Screening = Screening { reading: Reading::Strict, third_parties: ThirdParties::Mask };

#[derive(Default)]
struct People {
    staff: Vec<String>,
    user: Option<OnlineUser>,
}

impl Dictionary for People {
    fn code(&self, _: &str) -> Option<(Coded, CodeClass)> {
        None
    }

    fn staff(&self, _: &str) -> Option<Staff> {
        None
    }

    fn staff_names(&self) -> &[String] {
        &self.staff
    }

    fn online_user(&self, _: &str) -> Option<OnlineUser> {
        self.user.clone()
    }
}

fn name(given: &str, family: &str) -> PersonName {
    PersonName { prefix: None, given: vec![given.into()], family: Some(family.into()) }
}

/// John Larkwell, formerly Penhallow, of 4 Alder Row.
fn john() -> Entry {
    let Some(Content::Patient(mut person)) = patient().content else { panic!("no patient") };
    person.name = Some(name("John", "Larkwell"));
    person.gender = Gender::Male;
    person.birth_date = Some(date(1951, 4, 12));
    person.nhs_number = "9990000018".parse().ok();
    person.mobile_phone = FreeText::new("07700 900311");
    person.address = Some(Address {
        lines: vec!["4 Alder Row".into()],
        city: Some("Testby".into()),
        district: None,
        postcode: Some("TS1 1ZZ".into()),
        temporary: false,
    });
    person.for_redaction.other_names = vec![name("John", "Penhallow")];
    Entry { content: Some(Content::Patient(person)), ..patient() }
}

fn said(id: &str, notes: &[&str]) -> Entry {
    let mut made = statement(id, "49727002", CodeClass::Other, None, None);
    if let Some(Content::Statement(statement)) = &mut made.content {
        statement.text = notes.iter().filter_map(|note| FreeText::new(note)).collect();
    }
    made
}

fn project_with(entries: &[Entry], people: &People, screening: Screening) -> Projection {
    let record = Record {
        practice: &"Y99999".parse().unwrap(),
        practice_name: None,
        patient: &PatientKey::new("p").unwrap(),
        entries,
        dictionary: people,
        terminology: None,
        own: &OwnTables::default(),
        oversight: &policy::Oversight::default(),
        rules: &policy::PracticeRules { screening, ..policy::PracticeRules::default() },
    };
    project(&record, &IdKey::offline())
}

fn full(projection: &Projection, id: &str) -> Json {
    serde_json::from_slice(&of(projection, id).views.full.as_ref().unwrap().bytes).unwrap()
}

/// The notes of an entry in the full view; in the coded one there are none.
fn notes(projection: &Projection, id: &str) -> Vec<String> {
    let coded = of(projection, id).views.coded.as_ref().unwrap();
    assert!(!String::from_utf8_lossy(&coded.bytes).contains("note"));
    let shown = full(projection, id);
    let notes = shown["note"].as_array().cloned().unwrap_or_default();
    notes.iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect()
}

/// What the full view shows of a note in John's record.
fn shown(note: &str, people: &People, more: &[Entry]) -> bool {
    let entries = [&[john(), said("a", &[note])], more].concat();
    !notes(&project_with(&entries, people, Screening::default()), "a").is_empty()
}

fn related(name: &str, relation: Option<&str>) -> Entry {
    let related = Related {
        name: FreeText::new(name).unwrap(),
        relation: relation.map(|words| Listed::Words(words.into())),
        address: None,
    };
    entry("relationship/1", Content::Detail(Box::new(Detail::Related(related))))
}

#[test]
fn a_clean_text_goes_out_in_the_full_view_and_any_other_stays_with_what_was_found_in_it() {
    let entries = [john(), said("clean", &[CLEAN]), said("third", &[THIRD]), said("review", &[REVIEW])];
    let projection = project_with(&entries, &People::default(), Screening::default());
    assert_eq!(notes(&projection, "clean"), [CLEAN]);
    assert_eq!(of(&projection, "clean").found, None);
    for (id, verdict, text) in [("third", Verdict::ThirdParty, THIRD), ("review", Verdict::Review, REVIEW)] {
        assert!(notes(&projection, id).is_empty());
        assert_eq!(full(&projection, id)["code"]["coding"][0]["code"], "49727002", "the coded part stays");
        let found = of(&projection, id).found.clone().unwrap();
        assert_eq!((found.entry.as_str(), found.verdict, found.decided), (id, verdict, None));
        assert_eq!(found.texts[0].text, text);
        assert!(!found.rules().is_empty() && found.texts[0].spans.iter().all(|span| span.start < span.end));
    }
    let queued = projection.queued(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(queued.len(), 2);
}

#[test]
fn the_words_of_an_entry_are_shared_or_withheld_together() {
    let entries = [john(), said("a", &[CLEAN, THIRD]), said("b", &[THIRD, REVIEW])];
    let projection = project_with(&entries, &People::default(), Screening::default());
    assert!(notes(&projection, "a").is_empty() && notes(&projection, "b").is_empty());
    assert_eq!(of(&projection, "b").found.as_ref().unwrap().verdict, Verdict::Review);
    let projection = project_with(&entries, &People::default(), MASK);
    let shown = notes(&projection, "a");
    assert!(
        shown[0] == CLEAN && shown[1].contains("[third party]") && !shown[1].contains("Zofia"),
        "{shown:?}"
    );
    assert!(notes(&projection, "b").is_empty(), "no mask lets out what a clinician must decide");
}

#[test]
fn a_text_that_cannot_be_read_stays() {
    let long = "Chest clear. ".repeat(redact::MOST_BYTES / 13 + 2);
    for text in ["Wife Ma\u{200b}ry", "\u{202e}yraM", long.as_str()] {
        let entries = [john(), said("a", &[text])];
        for screening in [Screening::default(), MASK] {
            let projection = project_with(&entries, &People::default(), screening);
            let start: String = text.chars().take(20).collect();
            assert!(notes(&projection, "a").is_empty(), "{start:?}");
            assert_eq!(of(&projection, "a").found.as_ref().unwrap().verdict, Verdict::Unread, "{start:?}");
        }
    }
}

#[test]
fn texts_of_a_feed_without_marks_are_not_even_read() {
    let unmarked = Entry { marks_carried: MarksCarried::No, ..said("a", &[CLEAN]) };
    let projection = project_with(&[john(), unmarked], &People::default(), Screening::default());
    assert!(notes(&projection, "a").is_empty() && !projection.screened);
    assert_eq!(projection.queued(Timestamp::UNIX_EPOCH), None);
}

#[test]
fn what_a_label_withholds_is_in_no_queue() {
    let marked = Entry { marks: vec![Mark::NotForPatient], ..said("a", &[THIRD]) };
    let projection = project_with(&[john(), marked], &People::default(), Screening::default());
    assert!(of(&projection, "a").views.full.is_none() && of(&projection, "a").found.is_none());
}

#[test]
fn the_patients_own_names_number_and_address_are_nobody_elses() {
    let nobody = People::default();
    for own in [
        "John Larkwell seen, chest clear",
        "Mr Penhallow changed his name to Larkwell",
        "Ring him on 07700 900311",
        "Lives at 4 Alder Row, TS1 1ZZ",
        "NHS number 999 000 0018 checked",
    ] {
        assert!(shown(own, &nobody, &[]), "{own}");
    }
    for other in [
        "Brother Peter Larkwell came",
        "Mrs Larkwell rang",
        "Ring 07700 900456",
        "Lives at 9 Quarry Row, TS1 9ZZ",
    ] {
        assert!(!shown(other, &nobody, &[]), "{other}");
    }
}

#[test]
fn whom_the_record_names_beside_the_patient_is_a_third_party_without_any_cue() {
    let note = "Form left at desk for Bramble Tock.";
    let nobody = People::default();
    let known = related("Bramble Tock", Some("Daughter"));
    assert!(!shown(note, &nobody, std::slice::from_ref(&known)));
    assert!(!shown(note, &nobody, &[related("Bramble Tock", None)]));
    let Some(Content::Patient(mut person)) = john().content else { panic!("no patient") };
    let Some(Content::Detail(detail)) = known.content else { panic!("no detail") };
    let Detail::Related(related) = *detail else { panic!("nobody related") };
    person.for_redaction.related = vec![related];
    let with_carer = Entry { content: Some(Content::Patient(person)), ..john() };
    let projection =
        project_with(&[with_carer, said("a", &[note])], &People::default(), Screening::default());
    assert!(notes(&projection, "a").is_empty());
    let bodies = projection.resources.iter().flat_map(|made| {
        let views = [&made.views.coded, &made.views.full];
        views.into_iter().flatten().map(|body| body.bytes.clone()).chain([made.mapped.json.clone()])
    });
    let patient =
        bodies.map(|bytes| String::from_utf8(bytes).unwrap()).find(|body| body.contains("\"Patient\""));
    assert!(!patient.unwrap().contains("Tock"), "a carer is in no resource");
}

#[test]
fn who_else_has_an_online_account_is_a_third_party_and_the_patient_is_not() {
    let note = "Bramble Tock emailed.";
    let access = OnlineAccess {
        user: Some("1".into()),
        services: OnlineServices::default(),
        from: None,
        ended: false,
    };
    let account = entry("online/1", Content::OnlineAccess(Box::new(access)));
    let user = |number: &str, given: &str, family: &str| People {
        user: Some(OnlineUser {
            name: Some(name(given, family)),
            nhs_number: number.parse::<NhsNumber>().ok(),
            birth_date: None,
        }),
        ..People::default()
    };
    assert!(!shown(note, &user("9990000026", "Bramble", "Tock"), std::slice::from_ref(&account)));
    let own = user("9990000018", "John", "Larkwell");
    assert!(shown("John Larkwell emailed", &own, std::slice::from_ref(&account)));
}

#[test]
fn who_works_at_the_practice_may_be_named() {
    let note = "Seen by Imogen Harbottle, chest clear";
    assert!(!shown(note, &People::default(), &[]), "a name that nobody knows");
    let people = People { staff: vec!["Ms Imogen Harbottle".into()], ..People::default() };
    assert!(shown(note, &people, &[]));
}

#[test]
fn a_unit_in_words_is_text_and_is_never_masked() {
    let mut measured = statement("a", "27113001", CodeClass::Other, Some("80"), None);
    if let Some(Content::Statement(statement)) = &mut measured.content
        && let Some(Value::Quantity(quantity)) = &mut statement.value
    {
        quantity.unit = Some("kg on wife Zofia's scales".into());
    }
    for screening in [Screening::default(), MASK] {
        let projection = project_with(&[john(), measured.clone()], &People::default(), screening);
        assert!(full(&projection, "a")["valueQuantity"].is_null());
    }
}

#[test]
fn an_operators_first_names_count_in_the_reading() {
    let text = "Spoke to xylia about the rash.";
    let (entries, people) = ([john()], People::default());
    let passed = |own: &crate::OwnTables| {
        let screener = Screener::new(Screening::default(), &entries, &people, own.lexicon());
        screener.screen(vec![text.to_owned()], &Ruling::None).passes(text)
    };
    assert!(passed(&crate::OwnTables::default()) == Passed::Whole);
    assert!(passed(&crate::OwnTables::parse(None, Some("name,also\nXylia,\n")).unwrap()) == Passed::Nothing);
}

#[test]
fn what_a_clinician_decided_is_about_the_words_that_were_read() {
    let entries = [john()];
    let people = People::default();
    let screener = Screener::new(Screening::default(), &entries, &people, Lexicon::built_in());
    let texts = || vec![REVIEW.to_owned(), THIRD.to_owned(), CLEAN.to_owned()];
    let passed = |ruling: &Ruling, text: &str| screener.screen(texts(), ruling).passes(text);
    let share = Ruling::Share([REVIEW.to_owned()].into());
    assert!(passed(&share, REVIEW) == Passed::Whole);
    assert!(passed(&share, THIRD) == Passed::Nothing && passed(&share, CLEAN) == Passed::Nothing);
    let all = Ruling::Share(texts().into_iter().collect());
    assert!(texts().iter().all(|text| passed(&all, text) == Passed::Whole));
    assert!(texts().iter().all(|text| passed(&Ruling::Withhold, text) == Passed::Nothing));
    assert!(screener.screen(vec![CLEAN.to_owned()], &Ruling::Withhold).passes(CLEAN) == Passed::Nothing);
    assert!(screener.screen(texts(), &all).passes("other words") == Passed::Nothing);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is typed: to withhold shows a part of what to mask shows, strict a part of what standard shows, and
    /// what the strict reading masked passes as it is when it is screened again.
    #[test]
    fn screening_is_monotone_and_screening_twice_is_screening_once(
        picked in prop::collection::vec(prop::sample::select(vec![
            "wife Zofia", "rang", "chest clear", "in confidence", "07700 900456", "John Larkwell", "Brother Peter",
            "smokes", "please do not tell him", "Dr Harbottle", "seen", ".", "\n", "4 Alder Row", "MARAC", "[third party]",
        ]), 1..8),
    ) {
        let text = picked.join(" ");
        let (entries, people) = ([john()], People::default());
        let pass = |reading, third_parties, text: &str| {
            let screener = Screener::new(Screening { reading, third_parties }, &entries, &people, Lexicon::built_in());
            screener.screen(vec![text.to_owned()], &Ruling::None).passes(text)
        };
        for reading in [Reading::Strict, Reading::Standard] {
            let withheld = pass(reading, ThirdParties::Withhold, &text);
            let masked = pass(reading, ThirdParties::Mask, &text);
            prop_assert!(!matches!(withheld, Passed::Masked(_)));
            prop_assert!(withheld != Passed::Whole || masked == Passed::Whole);
            if let (Passed::Masked(masked), Reading::Strict) = (masked, reading) {
                let again = pass(reading, ThirdParties::Mask, &masked);
                let same = match again {
                    Passed::Whole | Passed::Nothing => true,
                    Passed::Masked(again) => again == masked,
                };
                prop_assert!(same);
            }
        }
        let strict = pass(Reading::Strict, ThirdParties::Withhold, &text);
        let standard = pass(Reading::Standard, ThirdParties::Withhold, &text);
        prop_assert!(strict != Passed::Whole || standard == Passed::Whole);
    }
}
