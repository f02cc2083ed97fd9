//! Feeds that stop and start: a practice that ends its agreement is not served from that moment, whatever is released of
//! it, and is served again when it begins a new one.

use std::{fs, path::Path};

use record::Report;
use store::Store;

use super::{emis, seen::Shelf};

/// Loads a batch of one table and the usual others.
fn load(shelf: &Shelf, number: usize, table: &str, rows: &str) -> Report {
    let (case, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(case.path().join(format!("{table}.csv")), rows).unwrap();
    let practice = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/emis-csv/_practice");
    emis::batch(case.path(), &practice, number, out.path());
    shelf.load(ingest::Format::EmisCsv, out.path())
}

const AGREEMENT: &str = "OrganisationGuid,IsActivated,Disabled,Deleted\n";

#[test]
fn a_practice_whose_agreement_ends_is_not_served_at_once_and_is_again_when_it_returns() {
    let shelf = Shelf::new();
    let shares = || shelf.store.practice(&shelf.practice).unwrap().shares;
    load(&shelf, 1, "CareRecord_Observation", "ObservationGuid,CodeId\n10,81181000006113\n");
    assert!(shares());
    for (number, ended) in
        [(2, "1,true,true,false\n"), (4, "1,false,false,false\n"), (6, "1,true,false,true\n")]
    {
        let report = load(&shelf, number, "Agreements_SharingOrganisation", &format!("{AGREEMENT}{ended}"));
        assert!(!shares(), "{ended}");
        assert_eq!(report.patients_projected, 0, "nobody need be projected for it: {ended}");
        let report = load(
            &shelf,
            number + 1,
            "Agreements_SharingOrganisation",
            &format!("{AGREEMENT}1,true,false,false\n"),
        );
        assert!(shares(), "after {ended}");
        assert_eq!(report.resources_changed, 0, "what had been released is as it was");
    }
}

#[test]
fn empty_files_while_a_practice_is_disabled_change_nothing_and_do_not_open_it() {
    let shelf = Shelf::new();
    let shares = || shelf.store.practice(&shelf.practice).unwrap().shares;
    load(&shelf, 1, "CareRecord_Observation", "ObservationGuid,CodeId\n10,81181000006113\n");
    load(&shelf, 2, "Agreements_SharingOrganisation", &format!("{AGREEMENT}1,true,true,false\n"));
    let report = load(&shelf, 3, "Agreements_SharingOrganisation", AGREEMENT);
    assert!(!shares());
    assert_eq!((report.patients_projected, report.resources_changed), (0, 0));
}

#[test]
fn an_agreement_that_comes_out_of_order_does_not_open_a_practice_again() {
    let shelf = Shelf::new();
    load(&shelf, 1, "CareRecord_Observation", "ObservationGuid,CodeId\n10,81181000006113\n");
    load(&shelf, 5, "Agreements_SharingOrganisation", &format!("{AGREEMENT}1,true,true,false\n"));
    load(&shelf, 4, "Agreements_SharingOrganisation", &format!("{AGREEMENT}1,true,false,false\n"));
    assert!(!shelf.store.practice(&shelf.practice).unwrap().shares);
}
