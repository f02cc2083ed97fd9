//! A mark reaches everything that it must hide, and nothing beside it.

use record::{Content, IssueCode, Mark, MarksCarried, Role};

use super::*;

fn narrative(id: &str, mark: &str) -> String {
    format!(
        r#"<component><NarrativeStatement><id root="{id}"/><text>t</text>{mark}</NarrativeStatement></component>"#
    )
}

fn problem(mark: &str, named: &str, members: &[&str]) -> String {
    let members: String = members
        .iter()
        .map(|id| format!("<component><statementRef><id root=\"{id}\"/></statementRef></component>"))
        .collect();
    format!(
        r#"<component><LinkSet><id root="L"/>{mark}{members}<conditionNamed><namedStatementRef><id root="{named}"/></namedStatementRef></conditionNamed></LinkSet></component>"#
    )
}

/// A blood pressure under headings, an observation elsewhere, and one mark at a time.
fn everywhere(at: usize) -> String {
    let mark = |place: usize| if place == at { NOPAT } else { "" };
    let pair = observation("S", mark(4)) + &observation("D", mark(5)) + &narrative("N", mark(6));
    let battery = compound("BATTERY", "B", BLOOD_PRESSURE, &format!("{}{pair}", mark(3)));
    let category = compound("CATEGORY", "K", NO_CODE, &format!("{}{battery}", mark(2)));
    let topic = compound("TOPIC", "T", NO_CODE, &format!("{}{category}", mark(1)));
    let rows = topic + &observation("NAME", mark(8)) + &problem(mark(7), "NAME", &["B", "S", "D"]);
    let beside = composition(&observation("BESIDE", "")).replace(r#"root="C""#, r#"root="C2""#);
    marked_composition(mark(0), &rows) + &beside
}

#[test]
fn a_mark_hides_all_that_it_contains_or_is_said_about_and_nothing_beside() {
    for version in ["UK06", "UK07"] {
        for at in 0..=9 {
            let read = read(&message(version, &everywhere(at)));
            let hidden: Vec<&str> =
                ["b", "s", "d", "name", "beside"].into_iter().filter(|id| read.hidden(id)).collect();
            let expected: &[&str] = match at {
                0 | 7 | 8 => &["b", "s", "d", "name"],
                1..=3 | 6 => &["b", "s", "d"],
                4 => &["s"],
                5 => &["d"],
                _ => &[],
            };
            assert_eq!(hidden, expected, "{version}, mark {at}");
            let carried = if version == "UK07" { MarksCarried::Yes } else { MarksCarried::No };
            assert!(
                all_carry(&read, carried),
                "marks are honoured; what was not marked is still not reviewed"
            );
        }
    }
}

#[test]
fn the_second_of_two_compounds_is_hidden_without_the_first_and_the_other_way_round() {
    for (one, two) in [(NOPAT, ""), ("", NOPAT)] {
        let rows = compound("CLUSTER", "K1", NO_CODE, &format!("{one}{}", observation("O1", "")))
            + &compound("CLUSTER", "K2", NO_CODE, &format!("{two}{}", observation("O2", "")));
        let read = read_in_composition(&rows);
        assert_eq!((read.hidden("o1"), read.hidden("o2")), (!one.is_empty(), !two.is_empty()));
    }
}

#[test]
fn any_spelling_of_nopat_counts_and_any_other_value_withholds() {
    for (mark, kept) in [
        (r#"code="nopat""#, Mark::NotForPatient),
        (r#"code=" NoPat " codeSystem="1.2.3""#, Mark::NotForPatient),
        (r#"code="NOSCRUB""#, Mark::Unrecognised),
        (r#"nullFlavor="UNK""#, Mark::Unrecognised),
        ("", Mark::Unrecognised),
    ] {
        let read = read_in_composition(&observation("O", &format!("<confidentialityCode {mark}/>")));
        assert_eq!(read.entry("o").marks, std::slice::from_ref(&kept), "{mark}");
        assert_eq!(read.warned(IssueCode::MarkUnknown), usize::from(kept == Mark::Unrecognised));
    }
}

#[test]
fn every_class_that_can_carry_a_mark_does() {
    let of = |name: &str| {
        format!(
            r#"<component><{name}><id root="X"/><code code="1" codeSystem="2.16.840.1.113883.2.1.6.3"/>{NOPAT}</{name}></component>"#
        )
    };
    for name in [
        "ObservationStatement",
        "CompoundStatement",
        "NarrativeStatement",
        "LinkSet",
        "RequestStatement",
        "PlanStatement",
        "RegistrationStatement",
    ] {
        assert_eq!(read_in_composition(&of(name)).entry("x").marks, [Mark::NotForPatient], "{name}");
    }
    let document = format!(
        "<reference><referredToExternalDocument><id root=\"D\"/>{NOPAT}</referredToExternalDocument></reference>"
    );
    assert!(read_in_composition(&narrative("N", &document)).hidden("n"));
    assert!(read_in_composition(&observation("O", &document)).hidden("o"));
}

#[test]
fn a_mark_where_the_schema_has_none_still_hides() {
    let plain = message("UK07", &composition(&observation("O", "")));
    for (before, name) in [
        ("<component><ehrComposition", "folder"),
        ("<recordTarget>", "extract"),
        ("<ObservationStatement", "component"),
    ] {
        let marked = plain.replacen(before, &format!("{NOPAT}{before}"), 1);
        let marked = if name == "folder" {
            plain.replacen(
                r#"<ehrFolder classCode="FOLDER">"#,
                &format!(r#"<ehrFolder classCode="FOLDER">{NOPAT}"#),
                1,
            )
        } else {
            marked
        };
        assert!(read(&marked).hidden("o"), "{name}");
    }
    assert!(
        read_in_composition(&observation("O", &format!("<unheardOf><of>{NOPAT}</of></unheardOf>")))
            .hidden("o")
    );
}

#[test]
fn a_filing_comment_hides_the_result_that_it_is_about_and_a_note_under_a_heading_only_itself() {
    let rows = |class| compound(class, "K", NO_CODE, &(observation("O", "") + &narrative("N", NOPAT)));
    let filing = read_in_composition(&rows("CLUSTER"));
    assert!(filing.linked("n", Role::About, "o") && filing.hidden("o"));
    assert!(
        matches!(filing.entry("n").content, Some(Content::Statement(_))),
        "it is a comment note of its own"
    );
    let heading = read_in_composition(&rows("CATEGORY"));
    assert!(heading.hidden("n") && !heading.hidden("o"));
}

#[test]
fn a_comment_beside_very_many_results_hides_them_all() {
    let many: String = (0..40).map(|i| observation(&format!("O{i}"), "")).collect();
    let read = read_in_composition(&compound("CLUSTER", "K", NO_CODE, &(many + &narrative("N", NOPAT))));
    assert!(read.hidden("o0") && read.hidden("o39"));
}

#[test]
fn results_inherit_from_the_request_that_they_answer() {
    let request =
        format!(r#"<component><RequestStatement><id root="R"/>{NOPAT}</RequestStatement></component>"#);
    let follows = r#"<sequelTo><priorStatementRef><id root="R"/></priorStatementRef></sequelTo>"#;
    let other = r#"<sequelTo><priorStatementRef><id root="HID"/></priorStatementRef></sequelTo>"#;
    let rows = observation("O", follows) + &observation("P", other) + &observation("HID", NOPAT) + &request;
    let read = read_in_composition(&rows);
    assert!(read.linked("o", Role::Request, "r") && read.hidden("o"));
    assert!(!read.hidden("p"), "to follow another statement is not to answer it");
    let inside =
        read_in_composition(&compound("BATTERY", "B", BLOOD_PRESSURE, &(request + &observation("O", ""))));
    assert!(inside.hidden("o") && inside.hidden("b"));
}

#[test]
fn a_problem_named_by_hidden_medication_or_by_a_hidden_statement_that_was_rejected_stays_hidden() {
    let medication =
        format!(r#"<component><MedicationStatement><id root="M"/>{NOPAT}</MedicationStatement></component>"#);
    let read = read_in_composition(&(medication + &observation("O", "") + &problem("", "M", &["O"])));
    assert!(read.hidden("o"));
    let bad = observation("BAD", NOPAT).replace(r#"<center value="20200501"/>"#, r#"<center value="x"/>"#);
    let rows = bad.clone() + &observation("O", "") + &problem("", "BAD", &["O"]);
    assert!(super::read_in_composition(&rows).hidden("o"));
    let half = read_in_composition(&compound("BATTERY", "B", BLOOD_PRESSURE, &(bad + &observation("O", ""))));
    assert!(half.hidden("b") && half.hidden("o"));
}

#[test]
fn two_statements_of_one_key_and_a_folded_copy_share_their_marks() {
    let twins =
        read_in_composition(&(observation("O", "") + &observation("O", &format!("{NOPAT}{}", note("x")))));
    assert!(twins.statements().all(|entry| twins.hidden(entry.id.as_str())));
    let rows = observation("WHOLE", &note("a long story"))
        + &observation("CUT", &format!("{NOPAT}{}", note("a lo...")));
    assert!(read_in_composition(&rows).hidden("whole"));
}

#[test]
fn a_compound_whose_date_cannot_be_read_still_hides_what_is_in_it() {
    let battery = compound("BATTERY", "B", BLOOD_PRESSURE, &format!("{NOPAT}{}", observation("O", "")));
    let read =
        read_in_composition(&battery.replace(r#"<center nullFlavor="NI"/>"#, r#"<center value="x"/>"#));
    assert!(matches!(read.entry("b").content, Some(Content::Container(_))) && read.hidden("o"));
    let unnamed = read_in_composition(&battery.replace(r#"<id root="B"/>"#, ""));
    assert!(unnamed.hidden("o"));
}
