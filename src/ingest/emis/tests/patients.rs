//! What becomes of a patient's fields.

use record::{Content, Demographics, Gender, IssueCode, Listed, Mark, Registration};

use super::*;

fn patient(fields: &[(&str, &str)]) -> (Demographics, Log) {
    let log = Export::new().row(PATIENT, fields).read();
    match &log.entry().content {
        Some(Content::Patient(demographics)) => ((**demographics).clone(), log),
        other => panic!("no patient: {other:?}"),
    }
}

#[test]
fn a_patient_is_read_whole() {
    let (read, log) = patient(&[
        ("MiddleNames", "Bea  Cleo"),
        ("DateOfRegistration", "2001-02-03"),
        ("HouseNameFlatNumber", "12"),
        ("NumberAndStreet", "High Street"),
        ("Village", "Littleton"),
        ("Town", "Leeds"),
        ("County", "West Yorkshire"),
        ("Postcode", "LS11AA"),
        ("EmailAddress", "ada@example.org"),
        ("HomePhone", "01632 960001"),
        ("MobilePhone", "07700 900001"),
        ("DateOfDeactivation", "2020-01-01"),
        ("DateOfDeath", "2021-01-01"),
    ]);
    let name = read.name.unwrap();
    assert_eq!((name.prefix.as_deref(), name.family.as_deref()), (Some("Mrs"), Some("Sample")));
    assert_eq!(name.given, ["Ada", "Bea", "Cleo"]);
    assert_eq!(read.nhs_number.unwrap().expose(), "9990000018");
    assert_eq!((read.gender, read.birth_date), (Gender::Female, Some(jiff::civil::date(1980, 5, 17))));
    assert_eq!(read.registration, Registration::Regular);
    assert_eq!(read.registered_on, Some(jiff::civil::date(2001, 2, 3)));
    assert_eq!(read.deducted_on, Some(jiff::civil::date(2020, 1, 1)));
    assert_eq!(read.death_date, Some(jiff::civil::date(2021, 1, 1)));
    assert_eq!(read.usual_gp, Some(guid(CLINICIAN)));
    assert!(!read.dummy);
    let address = read.address.unwrap();
    assert_eq!(address.lines, ["12 High Street", "Littleton"]);
    assert_eq!(
        (address.city.as_deref(), address.district.as_deref()),
        (Some("Leeds"), Some("West Yorkshire"))
    );
    assert_eq!((address.postcode.as_deref(), address.temporary), (Some("LS1 1AA"), false));
    assert_eq!(read.email.unwrap().expose(), "ada@example.org");
    assert_eq!(read.home_phone.unwrap().expose(), "01632 960001");
    assert_eq!(read.mobile_phone.unwrap().expose(), "07700 900001");
    assert_eq!(log.warned, []);
}

#[test]
fn the_date_of_deactivation_may_be_spelt_as_in_version_8() {
    let export = Export::new().without(PATIENT, "DateOfDeactivation").with(PATIENT, "DateofDeactivation");
    let log = export.row(PATIENT, &[("DateofDeactivation", "2020-01-01")]).read();
    let Some(Content::Patient(read)) = &log.entry().content else { panic!("no patient") };
    assert_eq!(read.deducted_on, Some(jiff::civil::date(2020, 1, 1)));
    assert_eq!(log.warned, []);
}

#[test]
fn placeholders_for_nhs_numbers_are_silence_and_wrong_ones_are_told() {
    for blank in ["", "0000000000", "9999999999"] {
        let (read, log) = patient(&[("NhsNumber", blank)]);
        assert_eq!((read.nhs_number, log.warned.len()), (None, 0));
    }
    for wrong in ["9990000019", "999", "none"] {
        let (read, log) = patient(&[("NhsNumber", wrong)]);
        assert_eq!(read.nhs_number, None);
        assert_eq!(log.warnings(), [(IssueCode::NhsNumberInvalid, Some("NhsNumber"))]);
    }
}

#[test]
fn one_nhs_number_may_be_two_patients() {
    let log = Export::new().row(PATIENT, &[]).row(PATIENT, &[("PatientGuid", &braced(77))]).read();
    assert_eq!((log.entries().len(), log.rejected.len()), (2, 0));
}

#[test]
fn sex_is_one_of_four() {
    for (sent, gender) in [
        ("M", Gender::Male),
        ("f", Gender::Female),
        ("I", Gender::Other),
        ("U", Gender::Unknown),
        ("", Gender::Unknown),
    ] {
        let (read, log) = patient(&[("Sex", sent)]);
        assert_eq!((read.gender, log.warned.len()), (gender, 0));
    }
    assert_eq!(patient(&[("Sex", "X")]).1.warnings(), [(IssueCode::PartIgnored, Some("Sex"))]);
}

#[test]
fn a_carer_is_kept_for_redaction_alone_and_a_comment_on_contacts_drops_them() {
    let log = Export::new()
        .row(
            PATIENT,
            &[
                ("CarerName", "Mary Carer"),
                ("CarerRelation", "Mother"),
                ("ContactComments", "mobile is her mother's"),
                ("HomePhone", "01632 960001"),
                ("MobilePhone", "07700 900001"),
                ("EmailAddress", "m@example.org"),
            ],
        )
        .read();
    let Some(Content::Patient(read)) = &log.entry().content else { panic!("no patient") };
    assert!(read.home_phone.is_none() && read.mobile_phone.is_none() && read.email.is_none());
    assert!(read.name.is_some());
    let [carer] = read.for_redaction.related.as_slice() else { panic!("no carer") };
    assert_eq!(carer.name.expose(), "Mary Carer");
    assert_eq!(carer.relation, Some(Listed::Words("Mother".into())));
    assert_eq!(log.warned, []);
}

#[test]
fn without_a_carers_name_nobody_is_related() {
    assert!(patient(&[("CarerName", " "), ("CarerRelation", "Mother")]).0.for_redaction.related.is_empty());
}

#[test]
fn only_a_regular_patient_is_regular() {
    for (sent, registration) in [
        ("Regular", Registration::Regular),
        ("  Regular ", Registration::Regular),
        ("REGULAR", Registration::Regular),
        ("Sexual Health", Registration::Other("Sexual Health".into())),
        ("Irregular", Registration::Other("Irregular".into())),
        ("", Registration::Unknown),
    ] {
        assert_eq!(patient(&[("PatientTypeDescription", sent)]).0.registration, registration);
    }
}

#[test]
fn a_temporary_patient_has_a_temporary_address() {
    let (read, _) = patient(&[("PatientTypeDescription", " Temporary"), ("Town", "Leeds")]);
    assert!(read.address.unwrap().temporary);
    assert_eq!(patient(&[]).0.address, None);
}

#[test]
fn a_named_house_has_a_line_of_its_own() {
    let (read, _) = patient(&[("HouseNameFlatNumber", "Rose Cottage"), ("NumberAndStreet", "3 Mill Lane")]);
    assert_eq!(read.address.unwrap().lines, ["Rose Cottage", "3 Mill Lane"]);
}

#[test]
fn dummies_are_known_by_flag_kind_or_name_and_in_doubt() {
    for fields in [
        [("DummyType", "true")],
        [("DummyType", "1")],
        [("PatientTypeDescription", "Dummy")],
        [("Surname", "XXTESTPATIENT-A")],
    ] {
        assert!(patient(&fields).0.dummy, "{fields:?}");
    }
    assert!(!patient(&[("DummyType", "")]).0.dummy);
    assert_eq!(patient(&[("DummyType", "1")]).1.warnings(), [(IssueCode::BooleanInvalid, Some("DummyType"))]);
}

#[test]
fn a_date_that_decides_who_is_served_and_cannot_be_read_withholds_the_patient() {
    for column in ["DateOfBirth", "DateOfDeath", "DateOfDeactivation"] {
        let log = Export::new().row(PATIENT, &[(column, "soon")]).read();
        assert_eq!(log.entry().marks, [Mark::Unrecognised], "{column}");
        assert_eq!(log.warnings(), [(IssueCode::DateInvalid, Some(column))]);
    }
    let log = Export::new().row(PATIENT, &[("DateOfRegistration", "soon")]).read();
    assert_eq!(log.entry().marks, []);
    assert_eq!(log.warnings(), [(IssueCode::DateInvalid, Some("DateOfRegistration"))]);
}

#[test]
fn a_patient_without_a_name_is_kept() {
    let (read, _) = patient(&[("Title", "Mr"), ("GivenName", ""), ("Surname", " ")]);
    assert_eq!(read.name, None);
}
