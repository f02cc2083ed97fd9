//! Deliveries written to a temporary folder: what makes a whole delivery untrustworthy, and what only needs to be told.

use std::{fs, path::Path};

use record::{Fact, Fate, Issue, IssueCode, OdsCode, Place, Severity, Sink, SinkError};
use tempfile::TempDir;

use super::Batch;
use crate::{Batch as _, Stop};

const MANIFEST: &str = "FileName,IsDelta,IsReference,DateExtractFrom,DateExtractTo\n\
    SRStaffMember,Y,N,20240301_0000,20240301_0500\nSRSpecialNotes.csv,N,N,20240301_0000,20240301_0500\n";
const STAFF: &str = "RowIdentifier,StaffName,StaffUserName,NationalIdType,IDNational,IDSmartCard,Obsolete,RemovedData\n\
    4,Dr Sam Example,,,,,FALSE,0\n";

fn practice() -> OdsCode {
    "Y99999".parse().unwrap()
}

/// A delivery of one table, changed.
fn delivery(change: impl FnOnce(&Path)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("SRManifest.csv"), MANIFEST).unwrap();
    fs::write(folder.path().join("SRStaffMember.csv"), STAFF).unwrap();
    change(folder.path());
    folder
}

fn refused(change: impl FnOnce(&Path)) -> Vec<IssueCode> {
    let folder = delivery(change);
    let issues = Batch::open(&practice(), &[folder.path().to_owned()]).unwrap_err();
    assert!(issues.iter().all(|issue| issue.severity == Severity::Fatal));
    issues.into_iter().map(|issue| issue.code).collect()
}

#[derive(Default)]
struct Log {
    facts: Vec<Fact>,
    rejected: Vec<Issue>,
    warned: Vec<Issue>,
}

impl Sink for Log {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.facts.push(fact);
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.rejected.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.warned.push(issue);
    }

    fn progress(&mut self, _: u64) {}
}

fn read(change: impl FnOnce(&Path)) -> (Log, Result<(), Stop>) {
    let folder = delivery(change);
    let batch = Batch::open(&practice(), &[folder.path().to_owned()]).unwrap();
    let mut log = Log::default();
    let end = batch.read(&mut log);
    (log, end)
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn without_its_manifest_a_delivery_is_not_complete() {
    assert_eq!(
        refused(|folder| fs::remove_file(folder.join("SRManifest.csv")).unwrap()),
        [IssueCode::FileMissing]
    );
}

#[test]
fn a_file_that_the_manifest_names_must_be_there_and_one_that_is_there_must_be_named() {
    assert_eq!(
        refused(|folder| fs::remove_file(folder.join("SRStaffMember.csv")).unwrap())[0],
        IssueCode::FileMissing
    );
    let unnamed = refused(|folder| put(folder, "SRMapping.csv", "RowIdentifier,IdMappingGroup,Mapping\n"));
    assert_eq!(unnamed, [IssueCode::WrongFormat]);
}

#[test]
fn a_manifest_that_cannot_be_read_vouches_for_nothing() {
    let first = MANIFEST.lines().next().unwrap();
    for (bad, code) in [
        (format!("{first}\n"), IssueCode::ValueMissing),
        (format!("{first}\nSRStaffMember,Y,N,,2024-03-01\n"), IssueCode::DateInvalid),
        (format!("{first}\nSRStaffMember,Y\n"), IssueCode::FieldCount),
        (format!("{first}\nSRStaffMember.txt,Y,N,,20240301_0500\n"), IssueCode::KeyInvalid),
        (format!("{MANIFEST}SRStaffMember,Y,N,,20240302_0500\n"), IssueCode::WrongFormat),
        (MANIFEST.replace("DateExtractTo", "Until"), IssueCode::ColumnMissing),
        (String::new(), IssueCode::WrongFormat),
    ] {
        assert_eq!(refused(|folder| put(folder, "SRManifest.csv", &bad)), [code], "{bad}");
    }
}

#[test]
fn what_is_packed_of_another_format_or_there_twice_is_refused() {
    assert_eq!(refused(|folder| put(folder, "SRExtract.zip", "PK")), [IssueCode::WrongFormat]);
    assert_eq!(refused(|folder| put(folder, "in.xml", "<RCMR_IN030000UK06/>")), [IssueCode::WrongFormat]);
    assert_eq!(refused(|folder| put(folder, "srstaffmember.CSV", STAFF)), [IssueCode::WrongFormat]);
}

#[test]
fn a_column_that_may_speak_of_visibility_refuses_and_another_is_told() {
    let with = |name: &str| STAFF.replace("Obsolete", &format!("{name},Obsolete")).replace("FALSE", ",FALSE");
    let bad = with("HiddenOnline");
    assert_eq!(refused(|folder| put(folder, "SRStaffMember.csv", &bad)), [IssueCode::ColumnVisibility]);
    let good = with("Something");
    let (log, end) = read(|folder| put(folder, "SRStaffMember.csv", &good));
    assert!(end.is_ok() && log.facts.len() == 1);
    assert_eq!(log.warned[0].code, IssueCode::ColumnUnknown);
    let lacking = STAFF.replace("StaffName", "Other");
    assert_eq!(refused(|folder| put(folder, "SRStaffMember.csv", &lacking)), [IssueCode::ColumnMissing]);
}

#[test]
fn a_table_that_is_not_known_is_told_and_one_that_is_not_read_is_not() {
    let (log, _) = read(|folder| {
        put(folder, "SRSomethingNew.csv", "A,B\n");
        put(folder, "SRPatientGroups.csv", "A,B\n1,2\n");
        put(folder, ".hidden", "");
    });
    assert_eq!(log.warned.len(), 1);
    assert_eq!((log.warned[0].file.as_str(), log.facts.len()), ("SRSomethingNew.csv", 1));
}

#[test]
fn a_byte_order_mark_says_that_a_file_is_utf_8_and_without_one_it_is_windows_1252() {
    let head = STAFF.lines().next().unwrap();
    let name = |mark: &[u8], name: &[u8]| {
        let text = [mark, head.as_bytes(), b"\n4,", name, b",,,,,FALSE,0\n"].concat();
        let (log, _) = read(|folder| fs::write(folder.join("SRStaffMember.csv"), text).unwrap());
        match log.facts.into_iter().next() {
            Some(Fact::Reference(_, staff, _)) => match *staff {
                record::Reference::Staff(staff) => staff.name.family,
                _ => None,
            },
            _ => None,
        }
    };
    let mark = "\u{feff}".as_bytes();
    assert_eq!(name(mark, "Zo\u{eb}".as_bytes()).as_deref(), Some("Zo\u{eb}"));
    assert_eq!(name(mark, b"Zo\xeb"), None, "the row is rejected");
    assert_eq!(name(b"", b"Zo\xeb \x80").as_deref(), Some("Zo\u{eb} \u{20ac}"));
}

const USERS: &str = "RowIdentifier,IDOrganisationVisibleTo,Title,FirstName,MiddleNames,Surname,NHSNumber,DateBirth,Gender,\
    EmailAddress,RemovedData\n";

fn with_users(rows: &str) -> (Log, Result<(), Stop>) {
    read(|folder| {
        put(folder, "SROnlineUsers.csv", &format!("{USERS}{rows}"));
        put(folder, "SRManifest.csv", &format!("{MANIFEST}SROnlineUsers,Y,N,,20240301_0500\n"));
    })
}

#[test]
fn a_delivery_with_rows_for_others_only_is_anothers() {
    let (log, end) = with_users("1,Y88888,,A,,B,,,,,0\n2,Y88888,,A,,B,,,,,0\n");
    assert_eq!(log.rejected.len(), 2);
    let Err(Stop::Refused(issues)) = end else { panic!("it was read") };
    assert_eq!(issues[0].code, IssueCode::WrongPractice);
}

#[test]
fn t59_one_row_for_another_refuses_the_whole_delivery() {
    for rows in
        ["1,Y88888,,A,,B,,,,,0\n2,Y99999,,A,,B,,,,,0\n", "2,Y99999,,A,,B,,,,,0\n1,Y88888,,A,,B,,,,,0\n"]
    {
        let (_, end) = with_users(rows);
        let Err(Stop::Refused(issues)) = end else { panic!("it was read") };
        let line = if rows.starts_with('1') { 2 } else { 3 };
        assert_eq!((issues[0].code, issues[0].line), (IssueCode::OtherOrganisation, line));
        assert_eq!(issues[0].severity, record::Severity::Fatal);
    }
    for broken in ["?", "-1", "Y9"] {
        let (log, end) = with_users(&format!("1,{broken},,A,,B,,,,,0\n2,Y99999,,A,,B,,,,,0\n"));
        assert!(end.is_ok(), "{broken} names nobody");
        assert_eq!((log.rejected.len(), log.rejected[0].code), (1, IssueCode::OtherOrganisation));
    }
}

#[test]
fn nothing_of_a_row_is_in_an_issue() {
    let (log, _) = with_users(
        "x,Y99999,,Quentin,,Zebedee,123,soon,,,maybe\n2,Y99999,,Quentin,,Zebedee,123,soon,,,0\n,,\n",
    );
    assert_eq!(log.rejected.len(), 2);
    let told = format!("{:?} {:?}", log.rejected, log.warned);
    for word in ["Quentin", "Zebedee", "soon", "maybe", "123"] {
        assert!(!told.contains(word), "{word}");
    }
}

/// What the rows of an `SREvent` come to.
fn events(rows: &str) -> Log {
    const HEADER: &str = "RowIdentifier,IDOrganisationVisibleTo,DateEventRecorded,EventIncomplete,IDPatient,\
        IDOrganisation,IDOrganisationRegisteredAt,RemovedData\n";
    let manifest = format!("{MANIFEST}SREvent,Y,N,20240301_0000,20240301_0500\n");
    let (log, end) = read(|folder| {
        put(folder, "SRManifest.csv", &manifest);
        put(folder, "SREvent.csv", &format!("{HEADER}{rows}"));
    });
    assert!(end.is_ok());
    log
}

#[test]
fn a_row_that_may_have_been_removed_is_withheld_and_one_of_which_no_more_is_left_is_withdrawn() {
    for flag in ["", "?", "2", "yes"] {
        let log = events(&format!("17,,,,,,,{flag}\n"));
        assert!(log.rejected.is_empty(), "{flag}");
        let gone = |fact: &Fact| matches!(fact, Fact::Removed(id, ..) if id.as_str() == "event/17");
        assert!(log.facts.iter().any(gone), "{flag}");
        let log = events(&format!("17,Y99999,01 Mar 2024 09:00:00,FALSE,5,Y99999,,{flag}\n"));
        let marked = |fact: &Fact| matches!(fact, Fact::Keyed(_, entry) if entry.marks == [record::Mark::Unrecognised]);
        assert!(log.facts.iter().any(marked), "{flag}");
    }
    assert_eq!(events("17,,,,,,,0\n").rejected.len(), 1, "that it stands is clear");
    let others = events("17,Y99999,01 Mar 2024 09:00:00,FALSE,5,B99999,,?\n");
    assert!(
        others.facts.iter().all(|fact| !matches!(fact, Fact::Removed(..))),
        "another's numbers are not ours"
    );
}
