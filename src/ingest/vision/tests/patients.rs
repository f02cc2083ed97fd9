//! Patients, staff, practices and encounters.

use record::{Container, Content, Fact, Gender, IssueCode, Mark, Reference, Registration};

use super::{Folder, Log, name, read, row};
use crate::vision::layout::Version;

fn patient(version: Version, values: &[(&str, &str)]) -> String {
    let usual = [
        ("PID", "1"),
        ("DATE_OF_BIRTH", "19800229"),
        ("SEX", "F"),
        ("ACTIVE", "R"),
        ("REGISTERED_DATE", "20010101"),
        ("SURNAME", "Sample"),
        ("FORENAME", "Ada Mary"),
        ("TITLE", "Mrs"),
        ("NHS_NUMBER", "9990000018"),
        ("ADDRESS_1", "The Mill"),
        ("ADDRESS_2", "3 Mill Lane"),
        ("ADDRESS_4", "Thornbeck"),
        ("POSTCODE", "ZZ99 3AA"),
        ("ETHNIC", "British or mix"),
        ("ACTION", "A"),
    ];
    let mut all: Vec<(&str, &str)> = values.to_vec();
    all.extend(usual.into_iter().filter(|(name, _)| values.iter().all(|(own, _)| own != name)));
    row("patient", version, &all)
}

fn read_one(values: &[(&str, &str)]) -> Log {
    read("patient", &patient(Version::Live, values))
}

#[test]
fn a_patient_is_read_in_both_versions() {
    for version in [Version::Live, Version::TestPack] {
        let log = read("patient", &patient(version, &[]));
        let person = log.person();
        assert_eq!(person.nhs_number.unwrap().expose(), "9990000018");
        assert_eq!((person.gender, &person.registration), (Gender::Female, &Registration::Regular));
        let name = person.name.as_ref().unwrap();
        assert_eq!((name.given.join("|"), name.family.as_deref()), ("Ada|Mary".into(), Some("Sample")));
        let address = person.address.as_ref().unwrap();
        assert_eq!(
            (address.lines.join("|"), address.city.as_deref()),
            ("The Mill|3 Mill Lane".into(), Some("Thornbeck"))
        );
        assert_eq!(log.told(), []);
    }
}

#[test]
fn only_the_letter_r_is_a_regular_patient() {
    for letter in ["T", "P", "S", "D", "L", "X", ""] {
        assert_ne!(read_one(&[("ACTIVE", letter)]).person().registration, Registration::Regular, "{letter}");
    }
}

#[test]
fn a_date_that_decides_and_cannot_be_read_withholds_the_patient() {
    for column in ["DATE_OF_BIRTH", "DATE_OF_DEATH", "REMOVED_DATE"] {
        let log = read_one(&[(column, "soon")]);
        assert_eq!(log.one().marks, [Mark::Unrecognised], "{column}");
        assert_eq!(log.told(), [(IssueCode::DateInvalid, column)]);
    }
    assert!(read_one(&[("REGISTERED_DATE", "soon")]).one().marks.is_empty());
}

#[test]
fn a_patient_that_is_deleted_may_be_blank() {
    let log = read("patient", &row("patient", Version::Live, &[("PID", "1"), ("ACTION", "D")]));
    assert!(log.one().deleted && log.one().content.is_none());
}

#[test]
fn the_columns_of_staff_are_those_of_the_batchs_version() {
    let member =
        [("ID", "7"), ("SURNAME", "Example"), ("FORENAME", "Ann"), ("TITLE", "Dr"), ("HCP_TYPE", "GP")];
    for version in [Version::Live, Version::TestPack] {
        let folder = Folder::with(&[
            (name("patient"), patient(version, &[]).into()),
            (name("staff"), row("staff", version, &member).into()),
        ]);
        let log = folder.try_read().unwrap();
        let Fact::Reference(_, reference, _) = &log.facts[0].1 else { panic!("no staff") };
        let Reference::Staff(staff) = reference.as_ref() else { panic!("no staff") };
        assert_eq!(
            (staff.name.family.as_deref(), staff.role.as_deref()),
            (Some("Example"), Some("GP")),
            "{version:?}"
        );
    }
}

#[test]
fn a_practice_and_an_encounter_are_read() {
    let practice = [("ID", "8"), ("NAME", "The Example Surgery"), ("IDENTIFIER", "Y99999")];
    let log = read("practice", &row("practice", Version::Live, &practice));
    let Fact::Reference(_, reference, _) = &log.facts[0].1 else { panic!("no practice") };
    assert!(
        matches!(reference.as_ref(), Reference::Organisation { ods: Some(ods), .. } if ods.as_str() == "Y99999")
    );
    let encounter = [("PID", "1"), ("ID", "5"), ("DATE", "20240301"), ("ACTION", "A")];
    let log = read("encounter", &row("encounter", Version::Live, &encounter));
    assert_eq!(log.one().id.as_str(), "encounter/5");
    assert_eq!(log.one().content, Some(Content::Container(Container::Consultation)));
}
