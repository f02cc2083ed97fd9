//! Several feeds of one practice about one person: the practice's own system (EMIS), a message about the person (GP
//! Connect) and a feed that names them by number and date of birth (vaccinations). In whatever order they come, the
//! vaccination is the registered patient's and nobody else's.

use std::{fs, path::Path};

use policy::Labels;
use record::{PatientKey, ResourceType};
use store::{Store, Subject};

use super::{emis, seen::Shelf};

const OWN: &str = "00000000-0000-4000-8000-000000000002";
const MESSAGE: &str = "gpc:9990000018";

/// Loads one of the three. The message names the person with this date of birth.
fn load(shelf: &Shelf, which: usize, born: &str) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let out = tempfile::tempdir().unwrap();
    match which {
        0 => {
            let (case, practice) = (tempfile::tempdir().unwrap(), cases.join("emis-csv/_practice"));
            let patients = "Admin_Patient.csv";
            fs::copy(practice.join(patients), case.path().join(patients)).unwrap();
            emis::batch(case.path(), &practice, 1, out.path());
            shelf.load(ingest::Format::EmisCsv, out.path());
        }
        1 => {
            let number = r#"{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}"#;
            let person = format!(
                r#"{{"resourceType": "Patient", "id": "p", "identifier": [{number}], "birthDate": "{born}"}}"#
            );
            let bundle = format!(
                r#"{{"resourceType": "Bundle", "type": "collection", "entry": [{{"resource": {person}}}]}}"#
            );
            let path = out.path().join("in.json");
            fs::write(&path, bundle).unwrap();
            shelf.load(ingest::Format::GpConnectStu3, &path);
        }
        _ => {
            let name = "MMR_Vaccinations_v5_X26_20250801T090000.csv";
            let case = cases.join("nhs-vaccination-csv/immunization/given/1.csv");
            fs::copy(case, out.path().join(name)).unwrap();
            shelf.load(ingest::Format::NhsVaccinationCsv, out.path());
        }
    }
}

/// What is released of a patient: kinds, ids and labels.
fn released(shelf: &Shelf, patient: &str) -> Vec<(ResourceType, String, Labels)> {
    let subject = Subject { practice: shelf.practice.clone(), patient: PatientKey::new(patient).unwrap() };
    let snapshot = shelf.store.read(&subject).unwrap().unwrap_or_else(|| panic!("no {patient}"));
    let headers = snapshot.released().headers.iter();
    headers.map(|header| (header.kind, header.id.clone(), header.labels.clone())).collect()
}

fn vaccinations(released: &[(ResourceType, String, Labels)]) -> usize {
    released.iter().filter(|(kind, ..)| *kind == ResourceType::Immunization).count()
}

/// What both are released as, in each order in which the three can come.
fn in_every_order(born: &str) -> [Vec<(ResourceType, String, Labels)>; 2] {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut ends = orders.map(|order| {
        let shelf = Shelf::new();
        order.iter().for_each(|which| load(&shelf, *which, born));
        [OWN, MESSAGE].map(|patient| released(&shelf, patient))
    });
    let last = ends[5].clone();
    for (order, end) in orders.iter().zip(&mut ends) {
        assert_eq!(*end, last, "{order:?}");
    }
    last
}

#[test]
fn i8_a_vaccination_is_the_registered_patients_though_a_message_is_about_the_same_person() {
    let [own, message] = in_every_order("1980-05-17");
    assert!(vaccinations(&own) > 0);
    assert_eq!(vaccinations(&message), 0);
}

#[test]
fn i8_it_waits_while_the_message_says_that_somebody_else_has_the_number() {
    let [own, message] = in_every_order("1981-05-17");
    assert_eq!((vaccinations(&own), vaccinations(&message)), (0, 0));
}

/// A GP2GP message says of the patient the NHS number alone.
#[test]
fn i8_a_report_is_the_registered_patients_though_a_gp2gp_message_is_about_the_same_person() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut ends = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]].map(|order| {
        let shelf = Shelf::new();
        for which in order {
            match which {
                0 => load(&shelf, 0, ""),
                1 => drop(
                    shelf.load(ingest::Format::Gp2gp, &cases.join("gp2gp/observation/comparators/in.xml")),
                ),
                _ => {
                    let report = cases.join("nhs003-edifact/observation/test-group/in.edi");
                    drop(shelf.load(ingest::Format::Nhs003Edifact, &report));
                }
            }
        }
        released(&shelf, OWN)
    });
    let last = ends[3].clone();
    assert!(last.iter().any(|(kind, ..)| *kind == ResourceType::Observation), "{last:?}");
    assert!(ends.iter_mut().all(|end| *end == last), "{ends:?}");
}
