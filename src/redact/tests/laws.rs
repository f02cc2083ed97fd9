//! Laws: of any text that people can type, and of many that they cannot.

use proptest::prelude::*;

use super::lines::{Line, lines};
use crate::{Lexicon, MOST_BYTES, Mode, Patient, Person, Record, Redactor, Verdict};

fn pieces() -> Vec<String> {
    let files = ["conformance/redaction/develop.jsonl", "conformance/redaction/held_out.jsonl"];
    let all: Vec<Line> = files.iter().flat_map(|file| lines(file).unwrap()).collect();
    let mut words: Vec<String> =
        all.iter().flat_map(|line| line.text.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    words.sort();
    words.dedup();
    words.extend(
        ["[third party]", "\n", ". ", "(", ")", "/", "@", "+44", "0", "'s", "é", "[third", "party]"]
            .map(str::to_owned),
    );
    words
}

fn john() -> Record {
    Record {
        patient: Patient {
            given: "John".into(),
            family: "Osei-Smith".into(),
            sex: "male".into(),
            dob: "1951-04-12".into(),
            phones: vec!["07700 900301".into()],
            addresses: vec!["14 Alder Row, Leeds LS98 4QT".into()],
            ..Patient::default()
        },
        ..Record::default()
    }
}

/// Texts of the words that the lines have, in any order, and some of any characters.
fn text() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(pieces());
    prop_oneof![
        8 => proptest::collection::vec(words, 0..14).prop_map(|words| words.join(" ")),
        1 => ".{0,60}",
    ]
}

fn covered(redactor: &Redactor<'_>, text: &str) -> Vec<bool> {
    let mut covered = vec![false; text.chars().count()];
    redactor.read(text).spans.iter().for_each(|span| covered[span.start..span.end].fill(true));
    covered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn redacting_twice_is_redacting_once(text in text()) {
        let record = john();
        let redactor = Redactor::new(Lexicon::built_in(), &record, Mode::Strict);
        let once = redactor.read(&text).text;
        prop_assert_eq!(&redactor.read(&once).text, &once);
    }

    #[test]
    fn spans_are_inside_the_text_and_what_they_cover_is_gone_from_it(text in text()) {
        let record = john();
        let redaction = Redactor::new(Lexicon::built_in(), &record, Mode::Strict).read(&text);
        let length = text.chars().count();
        prop_assert!(redaction.spans.iter().all(|span| span.start <= span.end && span.end <= length));
        prop_assert!(redaction.spans.is_sorted_by_key(|span| span.start));
        prop_assert!(redaction.verdict != Verdict::Clean || (redaction.spans.is_empty() && redaction.text == text));
        // What is left is what no span covers, in order: masking never brings words.
        let mut gone = vec![false; length];
        redaction.spans.iter().for_each(|span| gone[span.start..span.end].fill(true));
        let left: String = text.chars().zip(gone).filter(|(_, gone)| !gone).map(|(c, _)| c).collect();
        let unmasked = redaction.text.replace("[third party]", "");
        prop_assert!(redaction.verdict == Verdict::Unread || unmasked == left.replace("[third party]", "") || text.contains('['));
    }

    #[test]
    fn knowing_more_people_never_brings_anybody_back(text in text(), name in proptest::sample::select(vec!["Zofia Lis", "Hope Bell", "Mark Osei-Smith", "Rose", "Jack Hill"])) {
        let less = john();
        let more = Record { people: vec![Person { name: name.into(), relationship: "sister".into(), ..Person::default() }], ..john() };
        let [less, more] = [&less, &more].map(|record| covered(&Redactor::new(Lexicon::built_in(), record, Mode::Strict), &text));
        prop_assert!(less.iter().zip(&more).all(|(less, more)| !less || *more));
    }

    #[test]
    fn strict_holds_back_what_standard_does(text in text()) {
        let record = john();
        let [strict, standard] = [Mode::Strict, Mode::Standard].map(|mode| covered(&Redactor::new(Lexicon::built_in(), &record, mode), &text));
        prop_assert!(standard.iter().zip(&strict).all(|(standard, strict)| !standard || *strict));
    }
}

#[test]
fn a_title_is_not_the_disease_that_is_spelled_like_it() {
    let record = john();
    let read = |text| Redactor::new(Lexicon::built_in(), &record, Mode::Strict).read(text).verdict;
    assert_eq!(read("Friend Ms Derek"), Verdict::ThirdParty);
    assert_eq!(read("Friend has MS"), Verdict::Review);
}

#[test]
fn what_cannot_be_read_is_withheld_whole() {
    let record = Record::default();
    let redactor = Redactor::new(Lexicon::built_in(), &record, Mode::Strict);
    let long = "BP ok. ".repeat(MOST_BYTES / 7 + 1);
    for text in ["Wife М\u{430}ry rang", "Wife Ma\u{200b}ry", "\u{202e}yraM", "李 rang", "a\0b", &long] {
        let redaction = redactor.read(text);
        assert_eq!((redaction.verdict, redaction.text.as_str()), (Verdict::Unread, "[third party]"));
        assert_eq!((redaction.spans[0].start, redaction.spans[0].end), (0, text.chars().count()));
    }
    assert_eq!(redactor.read("").verdict, Verdict::Clean);
}

#[test]
fn offsets_are_code_points() {
    let record = Record::default();
    let redaction = Redactor::new(Lexicon::built_in(), &record, Mode::Strict).read("≥38°, é: wife Siân rang");
    let span = &redaction.spans[0];
    assert_eq!((span.start, span.end, span.rule), (14, 18, "who.after-relation"));
}

#[test]
fn standard_leaves_relatives_by_name_but_nobody_else() {
    let record = john();
    let redactor = Redactor::new(Lexicon::built_in(), &record, Mode::Standard);
    assert_eq!(redactor.read("Wife Zofia here").verdict, Verdict::Clean);
    assert_eq!(redactor.read("Neighbour Zofia here").verdict, Verdict::ThirdParty);
    assert_eq!(redactor.read("Wife Zofia 07700 900444").text, "Wife Zofia [third party]");
    assert_eq!(redactor.read("Wife Zofia says in confidence he drinks").verdict, Verdict::Review);
}

#[test]
fn what_a_mask_brings_to_light_is_not_found_where_relatives_stay() {
    let record = john();
    let text = "child Baker's Aarav Hargreaves, AAA,";
    let [strict, standard] = [Mode::Strict, Mode::Standard]
        .map(|mode| covered(&Redactor::new(Lexicon::built_in(), &record, mode), text));
    assert!(standard.iter().zip(&strict).all(|(standard, strict)| !standard || *strict));
}

#[test]
fn of_numbers_side_by_side_each_is_read_for_itself() {
    let record = john();
    for mode in [Mode::Strict, Mode::Standard] {
        let redactor = Redactor::new(Lexicon::built_in(), &record, mode);
        let read = |text: &str| redactor.read(text).text;
        for (text, left) in [
            ("tel 07700 900456 07700 900457", "tel [third party] [third party]"),
            ("07700 900301 07700 900456", "07700 900301 [third party]"),
            ("07700900456 07700 900301 07700900457", "[third party] 07700 900301 [third party]"),
            ("447700900456 447700900457", "[third party] [third party]"),
            ("7700900456 7700900457", "[third party] [third party]"),
            ("+44 (0)7700 9004 56 +44 (0)7700 900457", "[third party] [third party]"),
            ("+44 (0)7700 9004 56 07700 900457", "[third party] [third party]"),
            ("0047 12345678 07700 900456", "[third party] [third party]"),
            ("+33 612345678 07700 900456", "[third party] [third party]"),
            ("0113 496 0123 0113 496 0124 113", "[third party] [third party] 113"),
            ("rang 07700 900456 2 weeks ago", "rang [third party] 2 weeks ago"),
        ] {
            assert_eq!(read(text), left, "{mode:?}");
        }
    }
}

#[test]
fn a_mobile_number_after_a_specialty_is_not_an_offices() {
    let record = john();
    let redactor = Redactor::new(Lexicon::built_in(), &record, Mode::Standard);
    let read = |text: &str| redactor.read(text).text;
    for number in ["07700 900456", "+44 7700 900456", "0044 7700 900456"] {
        assert_eq!(read(&format!("chest clear {number}")), "chest clear [third party]");
    }
    for text in ["chest clinic 0113 496 0123", "physio 07700 900456", "Dr Harbottle mobile 07700 900456"] {
        assert_eq!(read(text), text);
    }
}
