//! Names, headers, encodings, and files that are broken.

use record::{CodeRef, Given, IssueCode};

use super::{COLUMNS, Folder, NAME, header, read, row};

fn codes(refused: Result<super::Batch, Vec<record::Issue>>) -> Vec<IssueCode> {
    refused.unwrap_err().iter().map(|issue| issue.code).collect()
}

#[test]
fn a_file_whose_name_does_not_say_when_it_was_made_is_refused() {
    let folder = Folder::with(&[("batch.csv", header().into_bytes())]);
    assert_eq!(codes(folder.open()), [IssueCode::WrongFormat]);
    assert_eq!(codes(Folder::with(&[]).open()), [IssueCode::FileMissing]);
}

#[test]
fn files_are_read_in_the_order_in_which_they_were_made() {
    let file = |id: &str| (header() + &row(&[("UNIQUE_ID", id)])).into_bytes();
    let folder = Folder::with(&[
        ("A_Vaccinations_v5_X26_20250731T09000001.csv", file("late")),
        ("Z_Vaccinations_v5_X26_20250731T09000000.csv", file("early")),
    ]);
    let ids: Vec<String> = folder.read().facts.iter().map(|(_, fact)| format!("{fact:?}")).collect();
    assert!(ids[0].contains("#early") && ids[1].contains("#late"));
}

#[test]
fn utf_8_and_windows_1252_give_the_same_words() {
    let text = header() + &row(&[("VACCINATION_PROCEDURE_CODE", ""), ("VACCINATION_PROCEDURE_TERM", "Séré")]);
    let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_ne!(western, text.as_bytes());
    for bytes in [text.into_bytes(), western] {
        let log = Folder::with(&[(NAME, bytes)]).read();
        let CodeRef::Given(code, _) = &log.statement().code else { panic!("not given in place") };
        assert_eq!(code.original_text.as_ref().unwrap().expose(), "Séré");
    }
}

#[test]
fn a_character_that_a_buffers_end_cuts_is_still_utf_8() {
    let rows: String = (0..3000).map(|at| row(&[("UNIQUE_ID", &format!("é{at}"))])).collect();
    for pad in ["", "x", "xy"] {
        let text = header() + &row(&[("UNIQUE_ID", &format!("first{pad}"))]) + &rows;
        let log = Folder::with(&[(NAME, text.into_bytes())]).read();
        assert!(format!("{:?}", log.facts[2999]).contains("#é2998"), "{pad}");
    }
}

#[test]
fn the_older_header_says_what_was_not_given_and_why() {
    let header = format!("{}|NOT_GIVEN|REASON_NOT_GIVEN_CODE|REASON_NOT_GIVEN_TERM\n", COLUMNS.join("|"));
    for (says, given) in
        [("TRUE", Given::No), ("false", Given::Yes), ("", Given::Yes), ("perhaps", Given::Unclear)]
    {
        let row =
            row(&[]).trim_end().to_owned() + &format!("|\"{says}\"|\"591000119102\"|\"Vaccine refused\"\n");
        let log = Folder::with(&[(NAME, (header.clone() + &row).into_bytes())]).read();
        assert_eq!(log.vaccination().given, Some(given), "{says}");
        let reason = log.vaccination().reason.as_ref().unwrap().snomed();
        assert_eq!(reason, Some(if given == Given::Yes { "443684005" } else { "591000119102" }), "{says}");
    }
}

#[test]
fn a_missing_column_or_one_that_may_carry_visibility_refuses_the_batch() {
    let without: Vec<&str> = COLUMNS.into_iter().filter(|column| *column != "ACTION_FLAG").collect();
    let folder = Folder::with(&[(NAME, (without.join("|") + "\n").into_bytes())]);
    assert_eq!(codes(folder.open()), [IssueCode::ColumnMissing]);
    let more = format!("{}|HIDE_FROM_PATIENT\n", COLUMNS.join("|"));
    assert_eq!(codes(Folder::with(&[(NAME, more.into_bytes())]).open()), [IssueCode::ColumnVisibility]);
    let commas = COLUMNS.join(",") + "\n";
    assert_eq!(codes(Folder::with(&[(NAME, commas.into_bytes())]).open()), [IssueCode::WrongFormat]);
    assert_eq!(codes(Folder::with(&[(NAME, vec![])]).open()), [IssueCode::WrongFormat]);
}

#[test]
fn broken_rows_are_told_and_the_file_goes_on() {
    let log =
        read(&["\"a\"|\"b\"\n".to_owned(), row(&[("UNIQUE_ID", "a\0b")]), row(&[("UNIQUE_ID", "good")])]);
    let codes: Vec<IssueCode> = log.rejected.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, [IssueCode::FieldCount, IssueCode::Encoding]);
    assert_eq!((log.facts.len(), log.facts[0].0), (1, 4));
}

#[test]
fn a_file_that_ends_in_the_middle_refuses_the_batch() {
    let text = header() + &row(&[]) + row(&[]).get(..200).unwrap();
    let issues = Folder::with(&[(NAME, text.into_bytes())]).stop();
    assert_eq!(issues[0].code, IssueCode::Truncated);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]
    #[test]
    fn any_bytes_after_the_header_end_in_facts_rejections_or_a_refusal(bytes in proptest::collection::vec(0u8..=255, 0..400)) {
        let folder = Folder::with(&[(NAME, [header().as_bytes(), &bytes].concat())]);
        if let Ok(batch) = folder.open() {
            let mut log = super::Log::default();
            let _ = crate::Batch::read(&batch, &mut log);
            proptest::prop_assert!(log.facts.len() + log.rejected.len() <= bytes.len() + 1);
        }
    }
}
