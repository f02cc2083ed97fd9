//! What one row says.

use jiff::civil::date;
use record::{CodeRef, CodeSystem, DoseSequence, Fact, Given, IssueCode, Mark, MarksCarried};

use super::{read, read_one, row};

#[test]
fn a_row_is_a_guests_entry_with_all_that_it_tells() {
    let log = read_one(&[]);
    assert_eq!(log.told(), []);
    let (identity, entry) = log.one();
    assert_eq!((identity.nhs_number.expose(), identity.birth_date), ("9990000018", Some(date(1980, 2, 29))));
    assert_eq!(entry.id.as_str(), "nhs-vaccination:https://supplier.example/#one");
    assert_eq!((entry.marks_carried, entry.deleted), (MarksCarried::No, false));
    assert_eq!(entry.recorded.unwrap().to_string(), "2025-07-30");
    let statement = log.statement();
    assert_eq!(statement.effective.unwrap().to_string(), "2025-07-30T11:52:50+00:00");
    let CodeRef::Given(code, _) = &statement.code else { panic!("not given in place") };
    assert_eq!((code.snomed(), code.display()), (Some("38598009"), Some("MMR vaccination")));
    let told = log.vaccination();
    assert_eq!(told.given, Some(Given::Yes));
    assert_eq!(told.product.as_ref().unwrap().in_system(&CodeSystem::Dmd), Some("34925111000001104"));
    assert_eq!(told.reason.as_ref().unwrap().snomed(), Some("443684005"));
    assert_eq!(told.site.as_ref().unwrap().display(), Some("Right arm"));
    assert_eq!(told.route.as_ref().unwrap().snomed(), Some("78421000"));
    assert_eq!((&told.sequence, told.primary_source), (&Some(DoseSequence::Number(1)), Some(true)));
    assert_eq!(told.lot_number.as_deref(), Some("AB1234"));
    assert_eq!(told.expires_on, Some(date(2026, 5, 19)));
    let dose = told.dose.as_ref().unwrap();
    assert_eq!((dose.value.as_str(), dose.unit.as_deref()), ("0.5", Some("Milliliter")));
}

#[test]
fn a_row_without_a_valid_nhs_number_is_nobodys() {
    for number in ["", "0", "9990000019", "0000000000", "99900000181"] {
        let log = read_one(&[("NHS_NUMBER", number)]);
        assert!(log.facts.is_empty(), "{number}");
        assert_eq!(log.told(), [(IssueCode::PatientInvalid, "NHS_NUMBER")]);
    }
}

#[test]
fn a_correction_or_deletion_without_a_valid_number_takes_back_what_was_sent() {
    for action in ["update", "DELETE", "Delete", "amend"] {
        let log = read_one(&[("NHS_NUMBER", ""), ("ACTION_FLAG", action)]);
        let [(_, Fact::GuestGone(entry))] = log.facts.as_slice() else { panic!("{action}") };
        assert!(entry.deleted && entry.content.is_none(), "{action}");
    }
}

#[test]
fn a_birth_date_that_cannot_be_read_leaves_the_row_without_one() {
    for born in ["", "29/02/1980", "19800231", "1980"] {
        let log = read_one(&[("PERSON_DOB", born)]);
        assert_eq!(log.one().0.birth_date, None, "{born}");
        assert_eq!(log.told(), [(IssueCode::DateInvalid, "PERSON_DOB")]);
    }
}

#[test]
fn a_deletion_needs_nothing_but_its_key_and_comes_after_what_the_same_file_says() {
    let blank =
        [("DATE_AND_TIME", ""), ("VACCINATION_PROCEDURE_CODE", ""), ("VACCINATION_PROCEDURE_TERM", "")];
    let deletion = row(&[&blank[..], &[("ACTION_FLAG", "DELETE")]].concat());
    let log = read(&[deletion, row(&[("ACTION_FLAG", "UPDATE")]), row(&[])]);
    let of = |at: usize| match &log.facts[at].1 {
        Fact::Guest(_, entry) => entry.clone(),
        other => panic!("{other:?}"),
    };
    let (deletion, update, new) = (of(0), of(1), of(2));
    assert!(deletion.deleted && deletion.content.is_none());
    assert!(new.sequence < update.sequence && update.sequence < deletion.sequence);
    assert_eq!(log.told(), []);
}

#[test]
fn what_a_row_does_is_known_or_the_entry_is_withheld() {
    for action in ["", "reinstate", "N"] {
        let log = read_one(&[("ACTION_FLAG", action)]);
        assert_eq!(log.one().1.marks, [Mark::Unrecognised], "{action}");
        assert_eq!(log.told(), [(IssueCode::MarkUnknown, "ACTION_FLAG")]);
    }
}

#[test]
fn a_row_without_key_date_or_code_is_rejected() {
    for (column, code) in [
        ("UNIQUE_ID", IssueCode::KeyInvalid),
        ("UNIQUE_ID_URI", IssueCode::KeyInvalid),
        ("DATE_AND_TIME", IssueCode::DateInvalid),
    ] {
        let log = read_one(&[(column, "")]);
        assert!(log.facts.is_empty());
        assert_eq!(log.told(), [(code, column)]);
    }
    let long = "x".repeat(120);
    assert_eq!(read_one(&[("UNIQUE_ID", &long)]).told(), [(IssueCode::KeyInvalid, "UNIQUE_ID")]);
    let neither = read_one(&[("VACCINATION_PROCEDURE_CODE", ""), ("VACCINATION_PROCEDURE_TERM", "")]);
    assert_eq!(neither.told(), [(IssueCode::ValueMissing, "VACCINATION_PROCEDURE_CODE")]);
}

#[test]
fn what_has_not_the_form_of_its_kind_is_left_out_and_told_without_its_value() {
    for (column, value) in [
        ("BATCH_NUMBER", "see mother"),
        ("VACCINE_MANUFACTURER", "ring 01632960000"),
        ("DOSE_SEQUENCE", "the second, her sister had three"),
        ("EXPIRY_DATE", "05/2026"),
        ("PRIMARY_SOURCE", "aunt"),
        ("DOSE_AMOUNT", "half"),
        ("INDICATION_CODE", "Test"),
        ("RECORDED_DATE", "yesterday"),
    ] {
        let log = read_one(&[(column, value)]);
        assert_eq!(log.told(), [(IssueCode::PartIgnored, column)], "{column}");
        assert!(!format!("{:?}", log.warnings).contains(value), "{column}");
    }
}

#[test]
fn a_code_that_fails_its_check_digit_leaves_the_words() {
    let log = read_one(&[("VACCINATION_PROCEDURE_CODE", "38598008"), ("VACCINE_PRODUCT_CODE", "1")]);
    let CodeRef::Given(code, _) = &log.statement().code else { panic!("not given in place") };
    assert!(code.codings.is_empty());
    assert_eq!(code.original_text.as_ref().unwrap().expose(), "MMR vaccination");
    assert!(log.vaccination().product.as_ref().unwrap().codings.is_empty());
    assert_eq!(log.told().len(), 2);
}

#[test]
fn an_action_in_doubt_with_a_row_that_cannot_be_read_withdraws_what_was_sent() {
    for action in ["", "DELET", "?"] {
        let log = read_one(&[("ACTION_FLAG", action), ("DATE_AND_TIME", "")]);
        let (_, entry) = log.one();
        assert!(entry.deleted && entry.content.is_none(), "{action}");
    }
    assert!(read_one(&[("DATE_AND_TIME", "")]).facts.is_empty());
}
