//! T63, T66 and T67 in every format: what no supplier sends is refused with file and line before a row of it is used, in
//! memory that does not grow with it. Lines of a gigabyte are holes in a file, which cost no disk.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use ingest::{Format, Stop};
use record::{Issue, IssueCode, Severity};
use tempfile::TempDir;

use crate::support::practice;

/// Formats whose files are tables, and the parser of rows is ours to bound.
const TABLES: [Format; 4] = [Format::EmisCsv, Format::TppCsv, Format::VisionCsv, Format::NhsVaccinationCsv];

/// A synthetic export of two patients.
fn export(format: Format) -> TempDir {
    let folder = TempDir::new().unwrap();
    let written = format.name().parse().expect("synth writes every format that is read");
    synth::write(written, &synth::Options::new(practice(), 2), folder.path(), &mut |_| {}).unwrap();
    folder
}

/// Its largest file: a table of entries, or a message.
fn largest(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|file| file.metadata().unwrap().len()).unwrap()
}

/// Why the export in a folder is refused.
fn refusal(format: Format, folder: &TempDir) -> Vec<Issue> {
    let batch = ingest::open(format, &practice(), &[folder.path().to_owned()]);
    let issues = match batch.map(|batch| batch.check(&mut |_| {})) {
        Err(issues) | Ok(Err(Stop::Refused(issues))) => issues,
        Ok(other) => panic!("{format} is read: {other:?}"),
    };
    assert!(
        issues.iter().all(|issue| issue.severity == Severity::Fatal && !issue.file.is_empty()),
        "{format}"
    );
    issues
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn t66_a_line_of_a_gigabyte_is_refused_with_its_number_in_every_format_of_tables() {
    for format in TABLES {
        let folder = export(format);
        let path = largest(folder.path());
        let lines = fs::read(&path).unwrap().iter().filter(|byte| **byte == b'\n').count() as u64;
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(path.metadata().unwrap().len() + (1 << 30)).unwrap();
        let issues = refusal(format, &folder);
        assert_eq!((issues[0].code, issues[0].file.as_str()), (IssueCode::TooLarge, name(&path)), "{format}");
        // A text may have line ends in it.
        assert!((2..=lines + 1).contains(&issues[0].line), "{format}: {} of {lines}", issues[0].line);
    }
}

#[test]
fn t66_a_million_columns_are_refused_in_every_format_of_tables() {
    for format in TABLES {
        for column in ["c,", "\"\",", "c|"] {
            let folder = export(format);
            let path = largest(folder.path());
            let rows = fs::read(&path).unwrap();
            fs::write(&path, [column.repeat(1_000_000).into_bytes(), rows].concat()).unwrap();
            let issues = refusal(format, &folder);
            assert!(issues.len() < 10, "{format}: {} issues", issues.len());
            assert_eq!((issues[0].file.as_str(), issues[0].line), (name(&path), 1), "{format}");
        }
    }
}

#[test]
fn t66_a_quote_that_is_never_closed_refuses_the_file_and_is_told_where() {
    for format in TABLES {
        let folder = export(format);
        let path = largest(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        let line = bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
        let rest = bytes.split_off(line + 1);
        assert!(rest.is_empty());
        bytes.extend_from_slice(b"\"it goes on\r\nand on");
        fs::write(&path, &bytes).unwrap();
        let issues = refusal(format, &folder);
        assert_eq!(
            (issues[0].code, issues[0].file.as_str()),
            (IssueCode::Truncated, name(&path)),
            "{format}"
        );
        assert!(issues[0].line > 1, "{format}");
    }
}

/// Archives are not opened, so that nothing in one can climb, link or unpack to more than it says.
#[test]
fn t67_an_archive_in_place_of_a_file_is_refused_unopened_in_every_format() {
    for format in Format::ALL {
        for start in [b"PK\x03\x04\x14\0".as_slice(), &[0x1f, 0x8b, 8, 0, 0], &[0x28, 0xb5, 0x2f, 0xfd]] {
            let folder = export(format);
            let path = largest(folder.path());
            fs::write(&path, [start, b"../../../tmp/climbed\0\0".as_slice()].concat()).unwrap();
            let issues = refusal(format, &folder);
            assert_eq!(issues[0].file.as_str(), name(&path), "{format}");
            assert!(issues.iter().all(|issue| !issue.to_string().contains("climbed")), "{format}");
        }
    }
}

#[test]
fn t63_a_column_that_may_hide_something_refuses_every_table_with_a_header() {
    for format in [Format::EmisCsv, Format::TppCsv, Format::NhsVaccinationCsv] {
        let folder = export(format);
        let path = largest(folder.path());
        let text = fs::read(&path).unwrap();
        let end = text.iter().position(|byte| *byte == b'\n').unwrap();
        let separator = if format == Format::NhsVaccinationCsv { '|' } else { ',' };
        let head = String::from_utf8(text[..end].to_vec()).unwrap();
        let head = format!("{}{separator}\"HideFromPatient\"", head.trim_end());
        fs::write(&path, [head.as_bytes(), &text[end..]].concat()).unwrap();
        let issues = refusal(format, &folder);
        assert_eq!((issues[0].code, issues[0].line), (IssueCode::ColumnVisibility, 1), "{format}");
        assert_eq!(issues[0].field.as_deref(), Some("HideFromPatient"), "{format}");
    }
}
