//! I8, from files on: a practice's rows in any batches, in any order, sent again or not, end in the same released
//! record; so do a patient's GP2GP messages.

use std::{collections::BTreeMap, fs, path::Path};

use policy::{Labels, View};
use proptest::prelude::*;
use record::PatientKey;
use store::{Store, Subject};

use super::{
    emis,
    message::{Dialect, NOPAT, code, composition, message, observation, problem, result},
    seen::Shelf,
};

/// A row: its table, the columns that it is about, their values. The processing id stands in front.
pub(super) type Row = (u32, &'static str, &'static str, &'static str);

/// Everything whose order could matter. No two rows of one entry have the same processing id.
#[rustfmt::skip]
const ROWS: [Row; 36] = [
    (101, "Admin_Patient", "PatientGuid", "2"),
    (140, "Admin_Patient", "PatientGuid,Surname", "2,Changed"),
    (102, "Admin_Patient", "PatientGuid,NhsNumber", "5,9990000026"),
    (150, "Admin_Patient", "PatientGuid,OrganisationGuid,NhsNumber,Surname,Deleted", "5,,,,true"),
    (160, "Admin_Patient", "PatientGuid,NhsNumber,Surname", "5,9990000026,Returned"),
    (103, "Admin_UserInRole", "UserInRoleGuid", "4"),
    (104, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId,EmisCodeCategoryDescription", "89990000006110,Never smoked tobacco,1371,266919005,Personal Health and Social"),
    (105, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId,EmisCodeCategoryDescription", "89990000006111,Cough,171,49727002,Symptoms and Findings"),
    (145, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId,EmisCodeCategoryDescription", "89990000006111,Dry cough,1712,11833005,Symptoms and Findings"),
    (106, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId,EmisCodeCategoryDescription", "89990000006112,White British,9i00,494131000000105,Ethnicity"),
    (107, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId,EmisCodeCategoryDescription", "89990000006113,Pakistani,,92461000000105,Ethnicity"),
    (108, "CareRecord_Consultation", "ConsultationGuid", "90"),
    (130, "CareRecord_Consultation", "ConsultationGuid,IsConfidential", "90,true"),
    (109, "CareRecord_Consultation", "ConsultationGuid", "91"),
    (131, "CareRecord_Consultation", "ConsultationGuid,IsConfidential", "92,true"),
    (148, "CareRecord_Consultation", "ConsultationGuid,OrganisationGuid,EnteredDate,EnteredTime,Complete,Deleted,IsConfidential", "92,,,,,true,"),
    (110, "CareRecord_Problem", "ObservationGuid", "20"),
    (111, "CareRecord_Observation", "ObservationGuid,CodeId,ConsultationGuid", "10,89990000006110,90"),
    (112, "CareRecord_Observation", "ObservationGuid,CodeId,ConsultationGuid", "11,89990000006111,91"),
    (113, "CareRecord_Observation", "ObservationGuid,CodeId,ConsultationGuid", "12,89990000006110,92"),
    (114, "CareRecord_Observation", "ObservationGuid,CodeId,ProblemGuid", "13,89990000006110,20"),
    (132, "CareRecord_Observation", "ObservationGuid,CodeId,IsConfidential", "20,89990000006111,true"),
    (115, "CareRecord_Observation", "ObservationGuid,CodeId", "14,81011000006117"),
    (116, "CareRecord_Observation", "ObservationGuid,CodeId,ParentObservationGuid,Value,NumericUnit", "15,81041000006118,14,84,mmHg"),
    (117, "CareRecord_Observation", "ObservationGuid,CodeId,ParentObservationGuid,Value,NumericUnit", "16,81031000006111,14,136,mmHg"),
    (141, "CareRecord_Observation", "ObservationGuid,CodeId,ParentObservationGuid,Value,NumericUnit", "16,81031000006111,14,138,mmHg"),
    (118, "CareRecord_Observation", "ObservationGuid,CodeId", "17,89990000006110"),
    (142, "CareRecord_Observation", "ObservationGuid,OrganisationGuid,EffectiveDate,EffectiveDatePrecision,EnteredDate,CodeId,Deleted,IsConfidential", "17,,,,,,true,"),
    (119, "CareRecord_Observation", "ObservationGuid,CodeId", "18,89990000006110"),
    (143, "CareRecord_Observation", "ObservationGuid,CodeId,Deleted", "18,,true"),
    (144, "CareRecord_Observation", "ObservationGuid,CodeId,EffectiveDate", "18,89990000006110,2024-02-01"),
    (120, "CareRecord_Observation", "ObservationGuid,CodeId,EffectiveDate", "30,89990000006112,2001-01-01"),
    (121, "CareRecord_Observation", "ObservationGuid,CodeId,EffectiveDate", "31,89990000006113,2011-01-01"),
    (146, "CareRecord_Observation", "ObservationGuid,CodeId,EffectiveDate,IsConfidential", "31,89990000006113,2011-01-01,true"),
    (122, "CareRecord_Observation", "ObservationGuid,PatientGuid,CodeId", "40,5,89990000006110"),
    (161, "CareRecord_Observation", "ObservationGuid,PatientGuid,CodeId", "41,5,89990000006111"),
];

/// Writes a batch of these rows, each with its own processing id, whatever the batch's are.
pub(super) fn write(number: usize, rows: &[Row], out: &Path) {
    let practice = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/emis-csv/_practice");
    for table in emis::TABLES {
        let usual = emis::read(&practice.join(format!("{table}.csv")));
        let (header, first) = (&usual[0], &usual[1]);
        // Organisation and agreement are in every batch, and the codes of the usual practice.
        let every =
            matches!(table, "Admin_Organisation" | "Agreements_SharingOrganisation" | "Coding_ClinicalCode");
        let mut file = if every { usual.clone() } else { vec![header.clone()] };
        for (id, _, columns, values) in rows.iter().filter(|(_, of, ..)| *of == table) {
            let said: BTreeMap<&str, &str> = columns.split(',').zip(values.split(',')).collect();
            assert_eq!(columns.split(',').count(), values.split(',').count(), "{columns}: {values}");
            let id = id.to_string();
            let value = |(at, column): (usize, &String)| match column.as_str() {
                "ProcessingId" => id.clone(),
                column => said.get(column).map_or_else(|| first[at].clone(), |value| (*value).to_owned()),
            };
            file.push(header.iter().enumerate().map(value).collect());
        }
        for row in &mut file[1..] {
            for (column, cell) in header.iter().zip(row) {
                if column.ends_with("Guid") && !cell.is_empty() {
                    *cell = guid(cell);
                }
            }
        }
        fs::write(out.join(emis::name(table, number)), emis::text(&file)).unwrap();
    }
}

pub(super) fn guid(number: &str) -> String {
    format!("00000000-0000-4000-8000-{number:0>12}")
}

/// What is released of a patient, but for versions and times.
type Released = Vec<(String, Labels, Vec<Option<[u8; 16]>>)>;

fn released(shelf: &Shelf, patient: &str) -> Released {
    let subject = Subject { practice: shelf.practice.clone(), patient: PatientKey::new(patient).unwrap() };
    let snapshot = shelf.store.read(&subject).unwrap().unwrap();
    let headers = snapshot.released().headers.iter();
    headers
        .map(|header| {
            let views = View::ALL.map(|view| header.view(view).map(|view| view.digest));
            (header.id.clone(), header.labels.clone(), views.to_vec())
        })
        .collect()
}

fn loaded(batches: &[Vec<Row>]) -> [Released; 2] {
    let shelf = Shelf::new();
    for (at, rows) in batches.iter().enumerate() {
        let out = tempfile::tempdir().unwrap();
        write(at + 1, rows, out.path());
        shelf.load(ingest::Format::EmisCsv, out.path());
    }
    ["2", "5"].map(|patient| released(&shelf, &guid(patient)))
}

/// The rows in the order of their processing ids, in one batch.
fn in_order() -> [Released; 2] {
    let mut rows = ROWS.to_vec();
    rows.sort_by_key(|row| row.0);
    loaded(&[rows])
}

#[test]
fn i8_the_rows_in_order_show_what_they_should() {
    let [one, other] = in_order();
    let shown = |record: &Released| record.iter().filter(|(_, labels, _)| labels.reasons.is_empty()).count();
    // Patient, cough, blood pressure, what was deleted and taken back.
    assert_eq!(shown(&one), 4, "{one:#?}");
    // The patient who returned, and what was sent then.
    assert_eq!((shown(&other), other.len()), (2, 2), "{other:#?}");
}

/// Versions of one record: a mark that comes, a statement that goes, a message that cannot carry marks, a mark that is
/// lifted, and one that holds nothing.
fn messages() -> Vec<String> {
    let made = |version: &str, at: u32, weight: &str, height: Option<&str>, composition_mark: &str| {
        let dialect = Dialect::Emis;
        let weighed = code(dialect, "22A..", "27113001", "O/E - weight");
        let measured = code(dialect, "229..", "50373000", "O/E - height");
        let asthma = code(dialect, "H33..", "195967001", "Asthma");
        let weight =
            observation("WEIGHT", &weighed, &format!("{weight}{}", result(dialect, "71.5", "kg", "")));
        let height = height.map(|mark| {
            observation("HEIGHT", &measured, &format!("{mark}{}", result(dialect, "170", "cm", "")))
        });
        let named = observation("ASTHMA", &asthma, "");
        let inside =
            [weight, height.unwrap_or_default(), named, problem("P", "", "ASTHMA", &["WEIGHT"])].concat();
        let smoking =
            observation("SMOKING", &code(dialect, "1371.", "266919005", "Never smoked tobacco"), "");
        let two = composition("C1", "", &inside) + &composition("C2", composition_mark, &smoking);
        message(version, &format!("202401{at:02}120000"), &two)
    };
    vec![
        made("UK07", 1, "", Some(NOPAT), ""),
        made("UK07", 2, NOPAT, Some(""), NOPAT),
        made("UK07", 3, "", None, NOPAT),
        made("UK06", 4, "", Some(""), ""),
        // The skeleton of a large message: it takes nothing away.
        message("UK07", "20240105120000", ""),
    ]
}

/// Loads groups of messages, each group as one batch.
fn received(groups: &[Vec<String>]) -> Released {
    let shelf = Shelf::new();
    for group in groups.iter().filter(|group| !group.is_empty()) {
        let out = tempfile::tempdir().unwrap();
        for (at, message) in group.iter().enumerate() {
            fs::write(out.path().join(format!("{at}.xml")), message).unwrap();
        }
        shelf.load(ingest::Format::Gp2gp, out.path());
    }
    released(&shelf, "nhs:9990000018")
}

#[test]
fn i8_the_messages_in_order_show_what_they_should() {
    let record = received(&messages().into_iter().map(|message| vec![message]).collect::<Vec<_>>());
    let shown = record.iter().filter(|(_, labels, _)| labels.reasons.is_empty()).count();
    // Patient, weight, height, asthma. What the third message hid with its composition, the fourth could not show.
    assert_eq!((shown, record.len()), (4, 5), "{record:#?}");
}

/// Cuts a list into pieces of these sizes and a rest.
fn cut<T: Clone>(all: &[T], sizes: &[usize]) -> Vec<Vec<T>> {
    let mut rest = all;
    let mut pieces = Vec::new();
    for size in sizes.iter().copied().chain([all.len()]) {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        pieces.push(piece.to_vec());
        rest = later;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i8_any_interleaving_of_a_practices_batches_ends_in_the_same_released_bytes(
        rows in Just(ROWS.to_vec()).prop_shuffle(),
        sizes in prop::collection::vec(0usize..12, 0..5),
        again in prop::collection::vec(0usize..6, 0..3),
    ) {
        let mut batches = cut(&rows, &sizes);
        for at in again {
            let batch = batches[at % batches.len()].clone();
            batches.push(batch);
        }
        prop_assert_eq!(loaded(&batches), in_order());
    }

    #[test]
    fn i8_any_order_of_a_patients_messages_ends_in_the_same_released_bytes(
        order in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle(),
        again in prop::collection::vec(0usize..5, 0..3),
        sizes in prop::collection::vec(1usize..3, 0..4),
    ) {
        let all = messages();
        let sent: Vec<String> = order.into_iter().chain(again).map(|at| all[at].clone()).collect();
        let in_order: Vec<Vec<String>> = all.into_iter().map(|message| vec![message]).collect();
        prop_assert_eq!(received(&cut(&sent, &sizes)), received(&in_order));
    }
}
