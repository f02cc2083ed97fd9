//! Which files make a batch, and what refuses one.

use std::fs;

use record::{IssueCode, Severity};

use super::*;

#[test]
fn a_batch_of_headers_is_read_and_says_nothing() {
    let log = Export::header_only().read();
    assert!(log.facts.is_empty() && log.rejected.is_empty() && log.warned.is_empty());
}

#[test]
fn files_may_be_given_one_by_one_or_as_their_folder() {
    let export = Export::new().row(PATIENT, &[]).write();
    let one_by_one = open(&files(export.folder.path())).unwrap();
    let folder = open(&[export.folder.path().to_owned()]).unwrap();
    assert_eq!(one_by_one.total_bytes(), folder.total_bytes());
    let size: usize = TABLES.iter().map(|table| export.bytes(table).len()).sum();
    assert_eq!(folder.total_bytes(), size as u64);
}

#[test]
fn each_missing_table_refuses_the_batch_and_is_named() {
    for table in TABLES {
        let export = Export::new().write();
        fs::remove_file(export.path(table)).unwrap();
        let issues = open(&[export.folder.path().to_owned()]).unwrap_err();
        assert_eq!(codes(&issues), [IssueCode::FileMissing]);
        assert_eq!(issues[0].file, table);
    }
}

#[test]
fn a_folder_without_any_file_of_the_extract_is_refused_once() {
    let folder = tempfile::tempdir().unwrap();
    let issues = open(&[folder.path().to_owned()]).unwrap_err();
    assert_eq!(codes(&issues), [IssueCode::FileMissing]);
    let issues = open(&[folder.path().join("nowhere")]).unwrap_err();
    assert_eq!(codes(&issues), [IssueCode::FileUnreadable]);
}

#[test]
fn files_of_two_batches_are_refused_together() {
    let export = Export::new().write();
    let name = export.name(PATIENT).replace("100-200", "201-300");
    fs::write(export.folder.path().join(&name), "").unwrap();
    let issues = open(&[export.folder.path().to_owned()]).unwrap_err();
    assert_eq!(codes(&issues), [IssueCode::WrongFormat]);
    assert_eq!(issues[0].file, name);
}

#[test]
fn two_files_of_one_table_are_refused() {
    let export = Export::new().write();
    let again = export.folder.path().join(export.name(PATIENT).to_lowercase());
    fs::write(again, "").unwrap();
    assert_eq!(codes(&open(&[export.folder.path().to_owned()]).unwrap_err()), [IssueCode::WrongFormat]);
}

#[test]
fn tables_that_are_not_read_are_accepted_and_unknown_files_are_told() {
    let export = Export::new().write();
    for table in ["Appointment_Slot", "Prescribing_IssueRecord", "Coding_DrugCode", "Audit_PatientAudit"] {
        fs::write(export.path(table), "\"Private\"\r\n").unwrap();
    }
    fs::write(export.path("CareRecord_Novelty"), "x").unwrap();
    fs::write(export.folder.path().join("notes.txt"), "x").unwrap();
    fs::write(export.folder.path().join(".hidden"), "<x").unwrap();
    let mut log = Log::default();
    open(&[export.folder.path().to_owned()]).unwrap().read(&mut log).unwrap();
    let told: Vec<_> = log.warned.iter().map(|issue| issue.file.clone()).collect();
    assert_eq!(told, [export.name("CareRecord_Novelty"), "notes.txt".to_owned()]);
    assert!(log.warned.iter().all(|issue| issue.severity == Severity::Warning));
}

#[test]
fn files_of_another_format_are_refused_with_advice() {
    for (name, content) in [
        ("record.xml", b"\xef\xbb\xbf <?xml version=\"1.0\"?>".as_slice()),
        ("SRPatient.csv", b"\"RowIdentifier\""),
        ("letter.zip", b"PK\x03\x04"),
    ] {
        let export = Export::new().write();
        fs::write(export.folder.path().join(name), content).unwrap();
        let issues = open(&[export.folder.path().to_owned()]).unwrap_err();
        assert_eq!(codes(&issues), [IssueCode::WrongFormat], "{name}");
        assert!(issues[0].detail.is_some());
    }
    let export = Export::new().write();
    fs::rename(export.path(PATIENT), export.folder.path().join(export.name(PATIENT) + ".gpg")).unwrap();
    let issues = open(&[export.folder.path().to_owned()]).unwrap_err();
    assert_eq!(codes(&issues), [IssueCode::WrongFormat, IssueCode::FileMissing]);
}

#[test]
fn a_file_of_the_right_name_with_something_else_in_it_is_refused() {
    for content in [b"".as_slice(), b"<a/>", b"\xff\xfeP\0", b"\"{0A}\",\"Jane\"\r\n", b"PatientGuid;Sex\r\n"]
    {
        let issues = Export::new().raw(PATIENT, content).refused();
        assert_eq!(codes(&issues), [IssueCode::WrongFormat], "{content:?}");
    }
}

#[test]
fn without_a_column_that_carries_marks_the_batch_is_refused() {
    for (table, column) in [
        (PATIENT, "SpineSensitive"),
        (PATIENT, "IsConfidential"),
        (CONSULTATION, "IsConfidential"),
        (OBSERVATION, "IsConfidential"),
        (OBSERVATION, "Deleted"),
        (OBSERVATION, "ConsultationGuid"),
    ] {
        let issues = Export::new().without(table, column).refused();
        assert_eq!(codes(&issues), [IssueCode::ColumnMissing], "{table}");
        assert_eq!(issues[0].field.as_deref(), Some(column));
    }
}

#[test]
fn an_unknown_column_is_told_and_one_that_speaks_of_visibility_refuses() {
    let log = Export::new().with(OBSERVATION, "Mood").row(OBSERVATION, &[("Mood", "calm")]).read();
    assert_eq!(log.warnings(), [(IssueCode::ColumnUnknown, Some("Mood"))]);
    assert_eq!(log.entries().len(), 1);
    for table in TABLES {
        let issues = Export::new().with(table, "OnlineVisibility").refused();
        assert_eq!(codes(&issues), [IssueCode::ColumnVisibility], "{table}");
    }
    // The table of problems has no such column in any version.
    let issues = Export::new().with(PROBLEM, "IsConfidential").refused();
    assert_eq!(codes(&issues), [IssueCode::ColumnVisibility]);
}

#[test]
fn a_repeated_column_refuses() {
    let issues = Export::new().with(OBSERVATION, "isconfidential").refused();
    assert_eq!(codes(&issues), [IssueCode::ColumnDuplicate]);
}

#[test]
fn columns_of_older_and_newer_versions_may_be_absent() {
    let mut export = Export::new();
    for column in
        ["AssociatedText", "NumericOperator", "Qualifiers", "Abnormal", "AbnormalReason", "ObservationType"]
    {
        export = export.without(OBSERVATION, column);
    }
    let export = export.without(PATIENT, "ContactComments").without(PROBLEM, "Deleted");
    let log = export.row(OBSERVATION, &[("Value", "72")]).row(PATIENT, &[]).row(PROBLEM, &[]).read();
    assert_eq!((log.entries().len(), log.rejected.len()), (3, 0));
    // Without the column of the sign, ">90" cannot be told from "90": that is worth a word, once for the file.
    let told: Vec<_> = log.warned.iter().map(|issue| (issue.code, issue.field.as_deref())).collect();
    assert_eq!(told, [(IssueCode::ColumnMissing, Some("NumericOperator"))]);
}

#[test]
fn columns_may_be_spelt_in_another_case() {
    let mut export = Export::new();
    export.headers.get_mut(PATIENT).unwrap().iter_mut().for_each(|name| *name = name.to_uppercase());
    let bytes = String::from_utf8(export.bytes(PATIENT)).unwrap();
    let row = Export::new().row(PATIENT, &[]).bytes(PATIENT);
    let row = String::from_utf8(row).unwrap().lines().nth(1).unwrap().to_owned();
    let log = Export::new().raw(PATIENT, format!("{bytes}{row}\r\n").as_bytes()).read();
    assert_eq!(log.entries().len(), 1);
}

#[test]
fn a_file_cut_off_inside_a_field_refuses_the_batch() {
    let mut bytes = Export::new().row(OBSERVATION, &[]).row(OBSERVATION, &[]).bytes(OBSERVATION);
    bytes.truncate(bytes.len() - 6);
    let issues = Export::new().raw(OBSERVATION, &bytes).refused();
    assert_eq!(codes(&issues), [IssueCode::Truncated]);
    assert_eq!(issues[0].line, 3);
}

#[test]
fn a_missing_quote_that_swallows_a_mebibyte_refuses_the_batch_where_it_begins() {
    let mut bytes = Export::new().row(OBSERVATION, &[]).bytes(OBSERVATION);
    bytes.extend(b"\"open");
    bytes.extend(vec![b'x'; 3 * 1024 * 1024]);
    let issues = Export::new().raw(OBSERVATION, &bytes).refused();
    assert_eq!(codes(&issues), [IssueCode::TooLarge]);
    assert_eq!(issues[0].severity, Severity::Fatal);
    assert_eq!(issues[0].line, 3);
}

#[test]
fn rows_with_too_many_or_too_few_fields_or_in_another_encoding_are_rejected_and_the_file_goes_on() {
    let mut bytes = Export::new().row(PROBLEM, &[]).bytes(PROBLEM);
    bytes.extend(b"\"1\",\"2\"\r\n");
    bytes.extend(b"\"\xff\",\"\",\"\",\"\",\"\",\"\"\r\n");
    bytes.extend(b"1,2,3,4,5,6,7,8,9\r\n");
    let good = Export::new().row(PROBLEM, &[]).bytes(PROBLEM);
    let header = Export::new().bytes(PROBLEM).len();
    bytes.extend(&good[header..]);
    let log = Export::new().raw(PROBLEM, &bytes).read();
    let rejected: Vec<_> = log.rejected.iter().map(|issue| (issue.line, issue.code)).collect();
    assert_eq!(rejected, [(3, IssueCode::FieldCount), (4, IssueCode::Encoding), (5, IssueCode::FieldCount)]);
    let lines: Vec<_> = log.entries().iter().map(|entry| entry.place.line).collect();
    assert_eq!(lines, [2, 6]);
}

#[test]
fn a_row_that_says_who_somebody_is_in_another_encoding_refuses_the_batch_and_names_the_likely_one() {
    for table in [PATIENT, ORGANISATION, STAFF] {
        let mut bytes = Export::new().row(table, &[]).bytes(table);
        let line = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        // Rene with an accent, as Windows-1252 has it.
        bytes.extend(b"\"Ren\xe9\",\"\"\r\n");
        let issues = Export::new().raw(table, &bytes).refused();
        assert_eq!(codes(&issues), [IssueCode::Encoding], "{table}");
        assert_eq!(issues[0].line, line as u64, "{table}");
        let detail = issues[0].detail.as_deref().unwrap();
        assert_eq!(
            detail, "the row is not UTF-8 (it looks like Windows-1252): export it as UTF-8",
            "{table}"
        );
    }
}

#[test]
fn a_folder_of_folders_is_told_which_of_them_has_the_export_and_a_missing_path_is_named() {
    let export = Export::new().write();
    let above = tempfile::tempdir().unwrap();
    let inside = above.path().join("monday");
    fs::create_dir(&inside).unwrap();
    for file in files(export.folder.path()) {
        fs::copy(&file, inside.join(file.file_name().unwrap())).unwrap();
    }
    let issues = open(&[above.path().to_owned()]).unwrap_err();
    let detail = issues[0].detail.as_deref().unwrap();
    assert!(detail.ends_with("; its subfolder monday has such files"), "{detail}");
    let none = above.path().join("tuesday");
    let issues = open(std::slice::from_ref(&none)).unwrap_err();
    let words = format!("no such file or folder: {}", none.display());
    assert_eq!(issues[0].detail.as_deref(), Some(words.as_str()));
}

#[test]
fn a_line_that_can_hold_no_row_is_told_by_the_name_of_its_file() {
    let at = |file: &str, line| crate::no_row(&record::Place { file: file.to_owned(), line });
    let (never, header) = (Some("files of this name are not read"), Some("line 1 is the header"));
    assert_eq!((at("SRManifest.csv", 2), at("SRVisit.csv", 9)), (never, never));
    assert_eq!((at("SRCode.csv", 1), at("SRCode.csv", 2)), (header, None));
    let of = |table: &str| format!("291_{table}_20200101093000_11111111-2222-3333-4444-555555555555.csv");
    assert_eq!(at(&of("Appointment_Slot"), 2), never);
    assert_eq!((at(&of("Admin_Patient"), 1), at(&of("Admin_Patient"), 2)), (header, None));
    let given = "MMR_Vaccinations_v5_X26_20250801T090000.csv";
    assert_eq!((at(given, 1), at(given, 2), at("in.xml", 1)), (header, None, None));
}
