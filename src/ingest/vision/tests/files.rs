//! Names, arity, containers, encodings, and files that are broken.

use record::{CodeRef, IssueCode};

use super::{Folder, journal, name, read, row};
use crate::vision::layout::Version;

#[test]
fn a_container_is_refused_politely() {
    let folder = Folder::with(&[("FULL_CLINICAL_Y99999.zip".into(), b"PK\x03\x04rest".to_vec())]);
    let issues = folder.open().unwrap_err();
    assert_eq!(issues[0].code, IssueCode::WrongFormat);
    assert!(issues[0].detail.as_ref().unwrap().contains("unpack"));
}

#[test]
fn a_number_of_fields_that_no_version_has_refuses_the_batch() {
    let more = journal(&[]).trim_end().to_owned() + ",HIDDEN\n";
    assert_eq!(Folder::with(&[(name("journal"), more.into())]).refusal(), [IssueCode::WrongFormat]);
}

#[test]
fn versions_cannot_be_mixed() {
    let old = row("patient", Version::TestPack, &[("PID", "1"), ("ACTION", "A")]);
    let folder = Folder::with(&[(name("patient"), old.into()), (name("journal"), journal(&[]).into())]);
    assert_eq!(folder.refusal(), [IssueCode::WrongFormat]);
}

#[test]
fn another_practice_two_files_of_a_table_or_none_refuse_the_batch() {
    let other = name("journal").replace("Y99999", "A81001");
    assert_eq!(Folder::with(&[(other, journal(&[]).into())]).refusal(), [IssueCode::WrongPractice]);
    let later = name("journal").replace("010500", "020500");
    let twice = [(name("journal"), journal(&[]).into()), (later, journal(&[]).into())];
    assert_eq!(Folder::with(&twice).refusal(), [IssueCode::WrongFormat]);
    assert_eq!(Folder::with(&[("notes.txt".into(), vec![])]).refusal(), [IssueCode::FileMissing]);
}

#[test]
fn files_of_other_tables_are_told_of_and_referrals_are_known() {
    let folder = Folder::with(&[
        (name("journal"), journal(&[]).into()),
        (name("referral"), b"1,2\n".to_vec()),
        (name("appointment"), b"1,2\n".to_vec()),
    ]);
    let log = folder.try_read().unwrap();
    assert_eq!((log.facts.len(), log.warnings.len()), (1, 1));
    assert!(log.warnings[0].file.contains("appointment"));
}

#[test]
fn an_empty_file_is_an_extract_in_which_nothing_changed() {
    let log = read("journal", "");
    assert!(log.facts.is_empty() && log.rejected.is_empty());
}

#[test]
fn broken_rows_are_told_and_the_file_goes_on() {
    let log = read(
        "journal",
        &(journal(&[]) + "1,2,3\n" + &journal(&[("TEXT", "a\0b")]) + &journal(&[("ID", "11")])),
    );
    let codes: Vec<IssueCode> = log.rejected.iter().map(|issue| issue.code).collect();
    assert_eq!(codes, [IssueCode::FieldCount, IssueCode::Encoding]);
    assert_eq!(log.facts.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn a_file_that_ends_in_the_middle_refuses_the_batch() {
    let cut = journal(&[]) + journal(&[]).get(..20).unwrap();
    assert_eq!(Folder::with(&[(name("journal"), cut.into())]).refusal(), [IssueCode::Truncated]);
}

#[test]
fn windows_1252_is_read() {
    let western: Vec<u8> =
        journal(&[("RUBRIC", "Séré")]).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let log = Folder::with(&[(name("journal"), western)]).try_read().unwrap();
    let CodeRef::Given(code, _) = &log.statement().code else { panic!("not given in place") };
    assert_eq!(code.original_text.as_ref().unwrap().expose(), "Séré");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]
    #[test]
    fn any_bytes_after_a_row_end_in_facts_rejections_or_a_refusal(bytes in proptest::collection::vec(0u8..=255, 0..400)) {
        let folder = Folder::with(&[(name("journal"), [journal(&[]).as_bytes(), &bytes].concat())]);
        if let Ok(log) = folder.try_read() {
            proptest::prop_assert!(log.facts.len() + log.rejected.len() <= bytes.len() + 1);
        }
    }
}
