//! What every export that is written here must be.

mod emis;
mod gp2gp;
mod table;

use std::{collections::BTreeMap, fs, path::Path};

use record::NhsNumber;
use tempfile::TempDir;

use crate::{Format, Options, Role, Summary, dice::fold, write};

fn options(patients: u32) -> Options {
    Options::new("Y99999".parse().unwrap(), patients)
}

fn written(format: Format, options: &Options) -> (TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let summary = write(format, options, folder.path(), &mut |_| {}).unwrap();
    (folder, summary)
}

/// Name and hash of every file.
fn fingerprint(folder: &Path) -> BTreeMap<String, u64> {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    files
        .map(|file| {
            let bytes = fs::read(file.path()).unwrap();
            (file.file_name().into_string().unwrap(), fold(&String::from_utf8_lossy(&bytes)))
        })
        .collect()
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    for format in Format::ALL {
        let (first, again) = (written(format, &options(12)), written(format, &options(12)));
        assert_eq!(fingerprint(first.0.path()), fingerprint(again.0.path()), "{format}");
        let other = written(format, &Options { seed: 2, ..options(12) });
        assert_ne!(fingerprint(first.0.path()), fingerprint(other.0.path()), "{format}");
    }
}

#[test]
fn a_patient_does_not_depend_on_how_many_there_are() {
    let (few, many) = (written(Format::Gp2gp, &options(3)), written(Format::Gp2gp, &options(6)));
    let (few, many) = (fingerprint(few.0.path()), fingerprint(many.0.path()));
    assert!(few.iter().all(|file| many.get(file.0) == Some(file.1)));
}

#[test]
fn nothing_is_written_into_a_folder_that_holds_something() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "keep").unwrap();
    let error = write(Format::EmisCsv, &options(1), folder.path(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert!(error.to_string().contains("not empty"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn progress_hears_of_every_patient() {
    let folder = tempfile::tempdir().unwrap();
    let mut heard = Vec::new();
    write(Format::EmisCsv, &options(4), folder.path(), &mut |done| heard.push(done)).unwrap();
    assert_eq!(heard, [1, 2, 3, 4]);
}

#[test]
fn the_first_patients_have_their_roles_however_many_there_are_and_whatever_the_seed() {
    let count = u32::try_from(Role::ALL.len()).unwrap();
    for options in [options(count), Options { seed: 77, edge_cases: false, ..options(count + 5) }] {
        let (_folder, summary) = written(Format::EmisCsv, &options);
        let roles: Vec<Role> =
            summary.people.iter().map(|person| person.role).take(Role::ALL.len()).collect();
        assert_eq!(roles, Role::ALL);
    }
    let names: std::collections::BTreeSet<_> = Role::ALL.iter().map(|role| role.name()).collect();
    assert_eq!(names.len(), Role::ALL.len());
}

#[test]
fn nhs_numbers_are_valid_of_the_test_range_and_unique() {
    for (format, patients) in [(Format::EmisCsv, 80), (Format::Gp2gp, 30)] {
        let (_folder, summary) = written(format, &options(patients));
        let mut seen = std::collections::BTreeSet::new();
        for person in &summary.people {
            if [Role::NoNhsNumber, Role::PlaceholderNhsNumber].contains(&person.role) {
                assert!(person.nhs_number.parse::<NhsNumber>().is_err());
                continue;
            }
            let number: NhsNumber = person.nhs_number.parse().unwrap();
            assert!(number.is_test());
            assert!(seen.insert(number));
        }
    }
}

#[test]
fn children_have_the_age_of_their_role() {
    let (_folder, summary) = written(Format::EmisCsv, &options(10));
    for (role, years) in [(Role::Child10, 10), (Role::Child13, 13), (Role::Teen15, 15), (Role::Teen16, 16)] {
        let person = summary.people.iter().find(|person| person.role == role).unwrap();
        assert_eq!(crate::day::age(person.birth_date, options(1).today), years);
    }
}
