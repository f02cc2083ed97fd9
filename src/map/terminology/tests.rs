//! A small release of our own making: a hierarchy under the published roots, with ids of a namespace that nobody has.

use proptest::prelude::*;
use record::{CodeClass, ResourceType};

use super::*;
use crate::{
    WhyNot,
    testing::{Made, body, coded, find, id, map_with, patient, snomed},
};

/// A valid id of our own: number, namespace 9999999 (set aside by nobody), partition, check digit.
pub(crate) fn own(number: u64, partition: &str) -> String {
    let stem = format!("{number}9999999{partition}");
    (0..10).map(|last| format!("{stem}{last}")).find(|id| SnomedId::parse(id).is_some()).unwrap()
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

/// A vaccination two steps under its root, one that was not done under both, and an illness of a relative.
fn release() -> Release {
    let [given, between, not_done, relative, other] = [1, 2, 3, 4, 5].map(|n| number(&own(n, "10")));
    let description = |n| number(&own(n, "11"));
    let words = "Giving an invented vaccineAn invented finding".to_owned();
    let first = u32::try_from("Giving an invented vaccine".len()).unwrap();
    Release {
        edition: "invented 20260101".to_owned(),
        links: vec![
            (between, 127_785_005),
            (given, between),
            (not_done, given),
            (not_done, 90_351_000_119_108),
            (relative, 57_177_007),
        ],
        descriptions: vec![
            (description(10), 20_200_101, other),
            (description(10), 20_250_101, given),
            (description(12), 20_250_101, other),
        ],
        terms: vec![(given, 20_250_101, 0, first), (other, 20_250_101, first, 19)],
        words,
    }
}

fn terminology() -> Terminology {
    Terminology::parse(&release().encode()).unwrap()
}

fn mapped(made: Made) -> crate::Mapping {
    map_with(&[patient(), made.0], Some(&terminology()))
}

#[test]
fn what_was_gathered_is_found_again() {
    let known = terminology();
    assert_eq!(known.edition(), "invented 20260101");
    assert_eq!(known.concept(&own(10, "11")), Some(own(1, "10")), "of two rows the later counts");
    assert_eq!(known.concept(&own(11, "11")), None);
    assert_eq!(known.concept(&own(1, "10")), None, "a concept is no description");
    assert_eq!(known.term(&own(1, "10")), Some("Giving an invented vaccine"));
    assert_eq!(known.term(&own(5, "10")), Some("An invented finding"));
    assert_eq!(known.term(&own(2, "10")), None);
    assert_eq!(known.counts(), Counts { descriptions: 2, members: 9 + 11 + 4, terms: 2 });
}

#[test]
fn a_code_under_a_root_of_giving_is_a_vaccination_only_with_the_terminology() {
    let made = || Made::snomed("a", &own(1, "10"), "A procedure");
    assert_eq!(find(&mapped(made()), "a").kind, ResourceType::Immunization);
    assert_eq!(find(&map_with(&[patient(), made().0], None), "a").kind, ResourceType::Observation);
}

#[test]
fn not_done_wins_over_given() {
    let mapping = mapped(Made::snomed("a", &own(3, "10"), "A procedure"));
    assert_eq!(find(&mapping, "a").kind, ResourceType::Observation);
    assert_eq!(find(&mapping, "a").section, record::Section::Immunisations);
}

#[test]
fn words_that_speak_against_giving_win_over_the_hierarchy() {
    let mapping = mapped(Made::snomed("a", &own(1, "10"), "Invented vaccination declined"));
    assert_eq!(find(&mapping, "a").kind, ResourceType::Observation);
}

#[test]
fn a_code_under_family_history_is_never_the_patients_own() {
    let mapping = mapped(Made::snomed("a", &own(4, "10"), "Something"));
    assert_eq!(mapping.unmapped[0].why, WhyNot::FamilyHistory);
}

#[test]
fn a_description_becomes_its_concept_and_is_noted_on_it() {
    for system in [CodeSystem::SnomedCt, CodeSystem::SnomedCtDescription] {
        let coding = Coding { system, code: own(12, "11"), display: Some("As the source says".into()) };
        let mapping = mapped(Made::new("a", vec![coding]));
        let coding = body(find(&mapping, "a"))["code"]["coding"][0].clone();
        assert_eq!(coding["code"], own(5, "10").as_str());
        assert_eq!(coding["display"], "As the source says");
        assert_eq!(coding["extension"][0]["valueId"], own(12, "11").as_str());
        let concept = (CodeSystem::SnomedCt, own(5, "10"));
        assert!(find(&mapping, "a").concepts.contains(&concept), "it is labelled by the concept too");
    }
}

#[test]
fn a_vaccination_that_was_sent_by_description_is_one() {
    let made = Made::snomed("a", &own(10, "11"), "Something").class(CodeClass::Other);
    assert_eq!(find(&mapped(made), "a").kind, ResourceType::Immunization);
}

#[test]
fn a_concept_that_the_source_chose_is_not_added_to_and_its_term_stays() {
    let code = coded(vec![snomed(&own(2, "10"), "Its own"), snomed(&own(12, "11"), "A description")]);
    assert_eq!(terminology().complete_code(&code), None);
}

#[test]
fn a_term_is_put_only_where_the_source_has_none() {
    let without = Coding { system: CodeSystem::SnomedCt, code: own(5, "10"), display: None };
    let done = terminology().complete_code(&coded(vec![without])).unwrap();
    assert_eq!(done.display(), Some("An invented finding"));
    assert_eq!(terminology().complete_code(&coded(vec![snomed(&own(5, "10"), "Mine")])), None);
}

#[test]
fn codes_of_the_practices_own_list_are_completed_too() {
    struct One;
    impl Dictionary for One {
        fn code(&self, _: &str) -> Option<(Coded, CodeClass)> {
            Some((coded(vec![snomed(&own(12, "11"), "Listed")]), CodeClass::Finding))
        }
        fn staff(&self, _: &str) -> Option<Staff> {
            None
        }
    }
    let known = terminology();
    let (code, class) = Completed { inner: &One, terminology: &known }.code("x").unwrap();
    assert_eq!((code.snomed(), class), (Some(own(5, "10").as_str()), CodeClass::Finding));
}

#[test]
fn what_lies_under_a_sensitive_code_is_labelled_like_that_code() {
    let [under, between] = [6, 7].map(|n| number(&own(n, "10")));
    let release = Release { links: vec![(under, between), (between, 8_098_009)], ..release() };
    let known = Terminology::parse(&release.encode()).unwrap();
    let root = (CodeSystem::SnomedCt, "8098009".to_owned());
    let labelled = |code: &str| {
        let entries = [patient(), Made::snomed("a", code, "Something").0];
        find(&map_with(&entries, Some(&known)), "a").concepts.contains(&root)
    };
    assert!(labelled(&own(6, "10")) && labelled(&own(7, "10")));
    assert!(!labelled(&own(5, "10")) && !labelled("27113001"));
}

#[test]
fn what_the_terminology_does_not_know_is_mapped_as_without_it() {
    let entries = [patient(), Made::snomed("a", "27113001", "Body weight").value("70", "kg").0];
    assert_eq!(map_with(&entries, Some(&terminology())), map_with(&entries, None));
    assert!(find(&map_with(&entries, None), "a").sources == [id("a")]);
}

#[test]
fn any_damage_is_refused_or_harmless_and_never_a_panic() {
    let whole = release().encode();
    for length in 0..whole.len() {
        assert!(Terminology::parse(&whole[..length]).is_err(), "{length}");
    }
    assert!(Terminology::parse(&[&whole[..], b"x"].concat()).is_err());
    let mut other = whole.clone();
    let roots = 8 + 8 + "invented 20260101".len() + 8;
    other[roots] ^= 1;
    assert_eq!(Terminology::parse(&other).unwrap_err(), TerminologyError::OtherRoots);
}

proptest! {
    #[test]
    fn a_flipped_byte_never_panics(at in 0usize..400, with in 1u8..) {
        let mut bytes = release().encode();
        let at = at % bytes.len();
        bytes[at] ^= with;
        if let Ok(known) = Terminology::parse(&bytes) {
            for n in 1..13 {
                let _ = (known.concept(&own(n, "11")), known.term(&own(n, "10")));
            }
        }
    }
}
