//! What GP2GP marks is withheld in the practice's own system's record of the same person too, whose export cannot carry
//! marks, in whatever order the two come; and only the system's own record is served.

use std::fs;

use policy::{Labels, Reason, Standing, View};
use proptest::prelude::*;
use record::{IssueCode, PatientKey};
use store::{Store, Subject};

use super::{
    interleaving::{Row, guid, write},
    message::{Dialect, NOPAT, code, composition, message, observation, result},
    seen::{Shelf, assert_adds_up},
};

const MESSAGE: &str = "nhs:9990000018";
const COLUMNS: &str = "ObservationGuid,EffectiveDate,CodeId,Value,NumericUnit,ConsultationGuid";

/// The practice's own system: the person, a consultation, and what was found on 1 May 2020.
#[rustfmt::skip]
const ROWS: [Row; 12] = [
    (201, "Admin_Patient", "PatientGuid", "2"),
    (202, "Admin_UserInRole", "UserInRoleGuid", "4"),
    (203, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId", "89990000006120,O/E - weight,22A,27113001"),
    (204, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId", "89990000006121,O/E - height,229,50373000"),
    (205, "Coding_ClinicalCode", "CodeId,Term,ReadTermId,SnomedCTConceptId", "89990000006122,O/E - pulse rate,242,78564009"),
    (206, "CareRecord_Consultation", "ConsultationGuid", "90"),
    // By its GUID, though the message rounds the value.
    (207, "CareRecord_Observation", COLUMNS, "10,2020-05-01,89990000006120,71.52,kg,"),
    // Under another key in the message: by code, date and value.
    (208, "CareRecord_Observation", COLUMNS, "11,2020-05-01,89990000006121,170,cm,"),
    // In the consultation that the message marks; the message does not have it.
    (209, "CareRecord_Observation", COLUMNS, "12,2020-05-01,89990000006122,72,bpm,90"),
    // Not marked: another value, another day, its own GUID unmarked.
    (210, "CareRecord_Observation", COLUMNS, "13,2020-05-01,89990000006121,171,cm,"),
    (211, "CareRecord_Observation", COLUMNS, "14,2021-05-01,89990000006121,170,cm,"),
    (212, "CareRecord_Observation", COLUMNS, "15,2020-05-01,89990000006120,71.5,kg,"),
];

/// GP2GP of the same person; with marks or before there were any.
fn gp2gp(version: &str, at: u32, mark: &str) -> String {
    let dialect = Dialect::Emis;
    let upper = |number: &str| guid(number).to_uppercase();
    let weight = |id: &str, more: &str| {
        let said = code(dialect, "22A..", "27113001", "O/E - weight");
        observation(&upper(id), &said, &format!("{more}{}", result(dialect, "71.5", "kg", "")))
    };
    let height = observation(
        "HEIGHT",
        &code(dialect, "229..", "50373000", "O/E - height"),
        &format!("{mark}{}", result(dialect, "170.0", "cm", "")),
    );
    let open = composition("C1", "", &[weight("10", mark), weight("15", ""), height].concat());
    message(version, &format!("202401{at:02}120000"), &(open + &composition(&upper("90"), mark, "")))
}

/// A delivery: some rows of the practice's system, or a message.
#[derive(Clone, Debug)]
enum Delivery {
    Rows(Vec<Row>),
    Message(String),
}

fn load(shelf: &Shelf, delivery: &Delivery) -> record::Report {
    let out = tempfile::tempdir().unwrap();
    match delivery {
        Delivery::Rows(rows) => {
            write(1, rows, out.path());
            shelf.load(ingest::Format::EmisCsv, out.path())
        }
        Delivery::Message(message) => {
            fs::write(out.path().join("in.xml"), message).unwrap();
            shelf.load(ingest::Format::Gp2gp, out.path())
        }
    }
}

/// What is released of a patient, but for versions and times.
type Released = (Standing, Vec<(Vec<String>, Labels, Vec<Option<[u8; 16]>>)>);

fn released(shelf: &Shelf, patient: &str) -> Released {
    let subject = Subject { practice: shelf.practice.clone(), patient: PatientKey::new(patient).unwrap() };
    let snapshot = shelf.store.read(&subject).unwrap().unwrap_or_else(|| panic!("no {patient}"));
    let headers = snapshot.released().headers.iter().map(|header| {
        let views = View::ALL.map(|view| header.view(view).map(|view| view.digest));
        let sources = header.sources.iter().map(|id| id.as_str().to_owned()).collect();
        (sources, header.labels.clone(), views.to_vec())
    });
    (snapshot.released().standing.clone(), headers.collect())
}

fn after(deliveries: &[Delivery]) -> [Released; 2] {
    let shelf = Shelf::new();
    deliveries.iter().for_each(|delivery| assert_adds_up(&load(&shelf, delivery)));
    [guid("2").as_str(), MESSAGE].map(|patient| released(&shelf, patient))
}

fn both() -> [Delivery; 2] {
    [Delivery::Rows(ROWS.to_vec()), Delivery::Message(gp2gp("UK07", 1, NOPAT))]
}

/// The reasons against what was made of one row.
fn reasons(record: &Released, number: &str) -> Vec<Reason> {
    let made =
        record.1.iter().find(|(sources, ..)| *sources == [guid(number)]).expect("something is made of it");
    assert_eq!(made.1.reasons.is_empty(), made.2[0].is_some(), "{number}: no bytes of what is withheld");
    made.1.reasons.iter().copied().collect()
}

#[test]
fn what_a_message_marks_is_withheld_in_the_practices_own_record_and_nothing_beside() {
    let [own, other] = after(&both());
    for number in ["10", "11", "12"] {
        assert_eq!(reasons(&own, number), [Reason::MarkedInAnotherFeed], "{number}");
    }
    for number in ["13", "14", "15"] {
        assert_eq!(reasons(&own, number), [], "{number}");
    }
    assert!(!own.0.another_record && other.0.another_record, "one person is served once");
}

#[test]
fn what_was_marked_stays_so_when_the_message_is_followed_by_one_that_cannot_carry_marks() {
    let [rows, marked] = both();
    let [own, _] = after(&[marked, rows, Delivery::Message(gp2gp("UK06", 2, ""))]);
    assert_eq!(reasons(&own, "10"), [Reason::MarkedInAnotherFeed]);
}

#[test]
fn a_mark_that_a_message_lifts_is_lifted_in_the_practices_own_record() {
    let [rows, marked] = both();
    let [own, _] = after(&[marked, rows, Delivery::Message(gp2gp("UK07", 2, ""))]);
    assert_eq!(reasons(&own, "10"), []);
}

#[test]
fn whoever_loads_the_second_feed_is_told_that_it_is_one_person() {
    for order in [[0, 1], [1, 0]] {
        let (shelf, deliveries) = (Shelf::new(), both());
        let reports = order.map(|at| load(&shelf, &deliveries[at]));
        let told = |report: &record::Report| {
            let codes = report.issues.iter().filter(|issue| issue.code == IssueCode::NhsNumberInTwoFeeds);
            codes.count()
        };
        assert_eq!(reports.each_ref().map(told), [0, 1], "{order:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i8_two_feeds_of_one_person_end_in_the_same_released_bytes_in_any_order(
        rows in Just(ROWS.to_vec()).prop_shuffle(),
        cut in 0..ROWS.len(),
        messages in Just(vec![gp2gp("UK07", 1, ""), gp2gp("UK07", 2, NOPAT), gp2gp("UK06", 3, "")]),
        order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let (first, second) = rows.split_at(cut);
        let mut all = [first, second].map(|rows| Delivery::Rows(rows.to_vec())).to_vec();
        all.extend(messages.into_iter().map(Delivery::Message));
        let shuffled: Vec<Delivery> = order.into_iter().map(|at| all[at].clone()).collect();
        let in_order = after(&all);
        prop_assert_eq!(reasons(&in_order[0], "11"), [Reason::MarkedInAnotherFeed]);
        prop_assert_eq!(after(&shuffled), in_order);
    }
}
