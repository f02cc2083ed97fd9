//! Codes, staff, organisations and sharing agreements.

use record::{CodeClass, CodeSystem, Coded, IssueCode, Reference, ReferenceKey};

use super::*;

fn code(fields: &[(&str, &str)]) -> (Coded, CodeClass, Log) {
    let log = Export::new().row(CODE, fields).read();
    match log.reference() {
        Reference::Code(coded, class) => (coded.clone(), *class, log),
        other => panic!("no code: {other:?}"),
    }
}

#[test]
fn a_code_has_a_concept_a_read_code_and_its_own_id_all_with_its_term() {
    let (coded, class, log) = code(&[]);
    let codings: Vec<_> =
        coded.codings.iter().map(|coding| (coding.system.clone(), coding.code.as_str())).collect();
    let expected =
        [(CodeSystem::SnomedCt, "27113001"), (CodeSystem::ReadV2, "22A.."), (CodeSystem::Egton, "254063019")];
    assert_eq!(codings, expected);
    assert!(coded.codings.iter().all(|coding| coding.display.as_deref() == Some("Body weight")));
    assert_eq!(class, CodeClass::Measurement);
    assert!(
        matches!(&log.facts.last().unwrap().1, Fact::Reference(ReferenceKey::Code(key), _, 120) if key == "254063019")
    );
}

#[test]
fn only_a_concept_is_called_one() {
    let systems = |id: &str| {
        let (coded, _, log) = code(&[("SnomedCTConceptId", id), ("ReadTermId", "")]);
        (coded.codings.into_iter().map(|coding| coding.system).collect::<Vec<_>>(), log.warned.len())
    };
    assert_eq!(systems("27113001"), (vec![CodeSystem::SnomedCt, CodeSystem::Egton], 0));
    assert_eq!(systems("254063019"), (vec![CodeSystem::SnomedCtDescription, CodeSystem::Egton], 0));
    for none in ["", "0", "-1"] {
        assert_eq!(systems(none), (vec![CodeSystem::Egton], 0));
    }
    for wrong in ["27113002", "X1", "12"] {
        assert_eq!(systems(wrong), (vec![CodeSystem::Egton], 1));
    }
}

#[test]
fn local_codes_are_the_suppliers_own() {
    let (coded, _, _) = code(&[("ReadTermId", "EMISNQAB12")]);
    assert_eq!(coded.in_system(&CodeSystem::ReadV2), None);
    assert_eq!(coded.in_system(&CodeSystem::Egton), Some("EMISNQAB12"));
}

#[test]
fn the_class_is_the_categorys_and_sexual_health_codes_are_known_by_either() {
    for (category, read, class) in [
        ("Immunisations", "65B", CodeClass::Immunisation),
        ("Family history", "12C", CodeClass::FamilyHistory),
        ("KC60", "", CodeClass::SexualHealth),
        ("Immunisations", "SHHAPTP1", CodeClass::SexualHealth),
        ("Anything new", "", CodeClass::Other),
    ] {
        assert_eq!(code(&[("EmisCodeCategoryDescription", category), ("ReadTermId", read)]).1, class);
    }
}

#[test]
fn the_parent_of_a_code_may_be_spelt_as_in_either_version() {
    for column in ["ParentCodeId", "ParentCodeID"] {
        let log = Export::new().with(CODE, column).row(CODE, &[(column, "1")]).read();
        assert_eq!(log.warned, []);
    }
}

#[test]
fn a_code_without_a_key_is_rejected() {
    for key in ["", "0", "12a", "007"] {
        let log = Export::new().row(CODE, &[("CodeId", key)]).read();
        assert_eq!(log.rejections(), [(IssueCode::KeyInvalid, Some("CodeId"))], "{key}");
    }
}

#[test]
fn staff_have_a_name_and_a_job() {
    let log = Export::new().row(STAFF, &[("Title", "Dr"), ("GivenName", "Bo"), ("Surname", "Test")]).read();
    let Reference::Staff(staff) = log.reference() else { panic!("no staff") };
    assert_eq!((staff.name.prefix.as_deref(), staff.name.given.join(" ").as_str()), (Some("Dr"), "Bo"));
    assert_eq!(staff.role.as_deref(), Some("General Medical Practitioner"));
}

#[test]
fn an_organisation_without_a_valid_ods_code_is_kept_without() {
    let log = Export::new().row(ORGANISATION, &[("OrganisationGuid", &braced(9)), ("ODSCode", "n/a")]).read();
    assert!(
        matches!(log.reference(), Reference::Organisation { ods: None, name: Some(name) } if name == "The Surgery")
    );
    assert_eq!(log.warnings(), [(IssueCode::PartIgnored, Some("ODSCode"))]);
}

#[test]
fn an_agreement_is_active_only_if_all_three_columns_say_so() {
    for (activated, disabled, deleted, expected, warned) in [
        ("true", "false", "false", true, 0),
        ("TRUE", "FALSE", "False", true, 0),
        ("false", "false", "false", false, 0),
        ("true", "true", "false", false, 0),
        ("true", "false", "true", false, 0),
        ("1", "false", "false", false, 1),
        ("true", "", "false", false, 1),
        ("true", "false", "no", false, 1),
    ] {
        let fields = [("IsActivated", activated), ("Disabled", disabled), ("Deleted", deleted)];
        let log = Export::new().row(SHARING, &fields).read();
        assert_eq!(log.reference(), &Reference::Sharing { active: expected }, "{fields:?}");
        assert_eq!(codes(&log.warned), vec![IssueCode::BooleanInvalid; warned]);
        assert!(
            matches!(&log.facts.last().unwrap().1, Fact::Reference(ReferenceKey::Sharing(key), _, 200) if *key == guid(HERE))
        );
    }
}

#[test]
fn what_others_refer_to_is_read_first() {
    let mut export = Export::new();
    for table in [OBSERVATION, PROBLEM, CONSULTATION, PATIENT, CODE, STAFF, SHARING] {
        export = export.row(table, &[]);
    }
    let log = export.read();
    let tables: Vec<_> =
        log.facts.iter().map(|(place, _)| place.file.split('_').nth(2).unwrap().to_owned()).collect();
    let order = [
        "Organisation",
        "SharingOrganisation",
        "UserInRole",
        "ClinicalCode",
        "Patient",
        "Consultation",
        "Problem",
        "Observation",
    ];
    assert_eq!(tables, order);
}
