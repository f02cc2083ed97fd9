//! The EHR extracts: well formed, valid to the schema where a validator is at hand, and marked at every level.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use quick_xml::{Reader, events::Event};

use super::{options, written};
use crate::{Format, Options, Role};

/// The names of the elements around each element with a name, outermost first. Panics if the XML is not well formed.
fn ancestors(text: &str, wanted: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                let class = start.try_get_attribute("classCode").unwrap();
                let class = class.map(|class| class.value.into_owned()).unwrap_or_default();
                if name == wanted {
                    found.push(path.clone());
                }
                path.push(if name == "CompoundStatement" { class } else { name });
            }
            Event::Empty(start) => {
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                if start.name().as_ref() == wanted {
                    found.push(path.clone());
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty());
    found
}

fn texts(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn each_patient_is_one_well_formed_message_under_a_name_that_says_nothing() {
    let (folder, summary) = written(Format::Gp2gp, &options(25));
    assert_eq!(summary.files.len(), 25);
    for (text, (person, (name, rows))) in
        texts(folder.path()).iter().zip(summary.people.iter().zip(&summary.files))
    {
        assert_eq!(ancestors(text, "EhrExtract").len(), 1);
        assert_eq!(person.key, format!("nhs:{}", person.nhs_number));
        assert!(text.contains(&format!("extension=\"{}\"", person.nhs_number)));
        assert!(!name.contains(&person.nhs_number));
        let statements = ancestors(text, "ObservationStatement").len()
            + ancestors(text, "RequestStatement").len()
            + text.matches("classCode=\"BATTERY\"").count();
        assert_eq!(statements as u64, *rows, "every statement of the record is in the message once");
    }
}

#[test]
fn marks_stand_at_every_level_and_none_on_the_first_patient() {
    let (folder, _summary) = written(Format::Gp2gp, &options(40));
    let texts = texts(folder.path());
    assert!(!texts[0].contains("NOPAT"));
    let mut levels = BTreeSet::new();
    for text in &texts {
        levels.extend(
            ancestors(text, "confidentialityCode").into_iter().filter_map(|path| path.last().cloned()),
        );
    }
    let expected = [
        "BATTERY",
        "CATEGORY",
        "CLUSTER",
        "LinkSet",
        "NarrativeStatement",
        "ObservationStatement",
        "RequestStatement",
        "TOPIC",
        "ehrComposition",
    ];
    assert_eq!(levels.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn relatives_bounds_partial_dates_and_vaccination_details_are_there() {
    let (folder, _summary) = written(Format::Gp2gp, &options(12));
    let all = texts(folder.path()).concat();
    for wanted in [
        "<personalRelationship",
        "xsi:type=\"IVL_PQ\"",
        "<low value=\"90\" unit=\"1\" inclusive=\"false\">",
        "[Manufacturer: ",
        "[Batch Number: ",
        "Injection site: ",
        "CommentType:LABORATORY RESULT COMMENT(E141)",
        "code=\"HI\"",
        "code=\"LO\"",
        "<center nullFlavor=\"UNK\"/>",
        "<center nullFlavor=\"NI\"/>",
        "<EhrEmpty",
        "classCode=\"TOPIC\"",
        "<namedStatementRef",
        "<agentDirectory",
    ] {
        assert!(all.contains(wanted), "{wanted}");
    }
    for digits in [4, 6, 8] {
        let center = format!("<center value=\"{}\"/>", "9".repeat(digits));
        let shape: String = all.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert!(shape.contains(&center), "{digits}");
    }
}

#[test]
fn roles_that_an_extract_cannot_express_are_everyday() {
    let (_folder, summary) = written(Format::Gp2gp, &options(21));
    assert!(
        summary.people.iter().all(|person| person.role != Role::Dummy && person.role != Role::NoNhsNumber)
    );
    assert_eq!(summary.people[4].role, Role::ConfidentialBloodPressureHalf);
}

#[test]
fn messages_are_valid_to_the_published_schema() {
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/gp2gp/schema/schema/RCMR_IN030000UK07.xsd"
    );
    if !Path::new(schema).exists() || Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: needs xmllint and ../shared/data/gp2gp/schema");
        return;
    }
    for edge_cases in [false, true] {
        let (folder, _summary) = written(Format::Gp2gp, &Options { edge_cases, ..options(25) });
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let run =
                Command::new("xmllint").args(["--noout", "--schema", schema]).arg(&path).output().unwrap();
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        }
    }
}
