//! What nobody vouches for, and the published bundles.

use std::{
    io::{BufReader, Cursor, Read},
    path::Path,
};

use proptest::prelude::*;
use record::{Content, IssueCode};
use serde_json::json;

use super::{bundle, mmr, patient, refused, try_read, weight};

#[test]
fn only_one_whole_bundle_about_one_patient_is_read() {
    let good = bundle(&[patient(), weight("a")]);
    let text = good.to_string();
    assert!(try_read(text.as_bytes()).is_ok());
    assert!(try_read(format!("\u{feff}{text}\n").as_bytes()).is_ok(), "a byte order mark does no harm");
    for end in (0..text.len()).step_by(7) {
        assert!(try_read(&text.as_bytes()[..end]).is_err(), "cut at {end}");
    }
    for (bad, code) in [
        (text.replace("collection", "transaction"), IssueCode::WrongFormat),
        (text.replace("\"Bundle\"", "\"Parameters\""), IssueCode::WrongFormat),
        (bundle(&[weight("a")]).to_string(), IssueCode::ElementMissing),
        (
            bundle(&[patient(), super::with(patient(), json!({"id": "q"}))]).to_string(),
            IssueCode::WrongFormat,
        ),
        (format!("{text}{text}"), IssueCode::JsonMalformed),
        (text.replacen('{', "{\"entry\":[],", 1), IssueCode::JsonMalformed),
        (
            text.replace("\"status\":\"final\"", "\"status\":\"final\",\"status\":\"final\""),
            IssueCode::JsonMalformed,
        ),
        ("[]".to_owned(), IssueCode::JsonMalformed),
        (String::new(), IssueCode::Truncated),
        (
            json!({"resourceType": "Bundle", "type": "collection", "entry": ["x"]}).to_string(),
            IssueCode::WrongFormat,
        ),
        (
            json!({"resourceType": "Bundle", "type": "collection", "entry": {}}).to_string(),
            IssueCode::JsonMalformed,
        ),
    ] {
        assert_eq!(refused(bad.as_bytes()), code, "{bad}");
    }
}

#[test]
fn entries_that_are_nothing_are_rejected_one_by_one() {
    let mut whole = bundle(&[
        patient(),
        json!({"id": "x"}),
        json!({"resourceType": "Observation"}),
        json!({"resourceType": "x y", "id": "x"}),
    ]);
    whole["entry"].as_array_mut().unwrap().push(json!({"fullUrl": "urn:uuid:2"}));
    let read = try_read(whole.to_string().as_bytes()).unwrap();
    assert_eq!((read.rejected.len(), read.rows()), (4, 5));
}

/// The same bytes for ever.
struct Again(&'static [u8], usize);

impl Read for Again {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(into.len())
    }
}

/// A file that never ends is refused all the same: what comes is counted.
#[test]
fn bombs_are_refused_before_they_go_off() {
    let head = r#"{"resourceType":"Bundle","type":"collection","entry":["#;
    for (start, again) in [
        ("", "["),
        ("", r#"{"a":"#),
        (r#"{"resource":""#, "a"),
        (r#"{"resource":""#, "\\n"),
        (r#"{"resource":["#, "0,"),
        ("", " "),
        ("", r#"{"resource":{"resourceType":"Basic"}},"#),
    ] {
        let source = Cursor::new(format!("{head}{start}")).chain(Again(again.as_bytes(), 0));
        let refused = super::super::bundle::read(BufReader::with_capacity(1 << 16, source), "x");
        assert_eq!(refused.unwrap_err().code, IssueCode::TooLarge, "{start}{again}");
    }
}

#[test]
fn no_issue_repeats_anything_of_the_file() {
    let text = bundle(&[patient(), weight("a"), mmr("v")]).to_string();
    for from in [
        "9990000018",
        "final",
        "27113001",
        "2024-03-01",
        "Patient/p",
        "kg",
        "NullFlavor",
        "70",
        "completed",
        "false",
    ] {
        let read = try_read(text.replace(from, "SECRET").as_bytes());
        let issues = read.map_or_else(|issues| issues, |read| [read.rejected, read.warnings].concat());
        assert!(issues.iter().all(|issue| !issue.to_string().contains("SECRET")), "{issues:?}");
    }
}

/// The bundles that the GP2GP adaptor is expected to make of the published extracts.
#[test]
fn published_bundles_are_read_without_a_rejected_row_and_every_link_leads_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gp2gp/pairs/stu3-out");
    if !folder.is_dir() {
        return eprintln!("skipped: gp2gp/pairs/stu3-out is not beside the project");
    }
    let mut statements = 0;
    for extract in ["PWTP3", "PWTP5", "PWTP6"] {
        let bytes = std::fs::read(folder.join(format!("{extract}-output.json"))).unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let read = try_read(&bytes).unwrap();
        assert!(read.rejected.is_empty(), "{extract}: {:?}", read.rejected);
        let components = read.entries.iter().filter(|entry| entry.id.as_str().contains('#')).count();
        assert_eq!(read.rows() - components, whole["entry"].as_array().unwrap().len(), "{extract}");
        for entry in &read.entries {
            for link in &entry.links {
                assert!(
                    read.entries.iter().any(|to| to.id == link.to),
                    "{extract}: {:?} leads nowhere",
                    link.role
                );
            }
            statements += usize::from(matches!(entry.content, Some(Content::Statement(_))));
        }
    }
    assert_eq!(statements, 158, "149 Observations and 9 Immunizations");
}

proptest! {
    #[test]
    fn a_bundle_with_a_damaged_byte_is_refused_or_has_as_many_rows(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = bundle(&[patient(), weight("a"), mmr("v")]).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = try_read(&bytes) {
            prop_assert_eq!(read.rows(), 3);
        }
    }
}
