//! Extracts and fragments beside the project, if they are there: read, never copied.

use std::{fs, path::Path};

use record::{Content, MarksCarried};

use super::*;
use crate::{Batch as _, gp2gp::Batch};

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(xml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn whole_extracts_are_read_without_a_rejected_statement() {
    let Some(folder) = samples("pairs/in") else { return };
    for path in xml_files(&folder) {
        let xml = fs::read_to_string(&path).unwrap();
        let mut read = Collected::default();
        Batch::open(&record::OdsCode::unknown(), std::slice::from_ref(&path))
            .unwrap()
            .read(&mut read)
            .unwrap();
        read.check_links();
        let name = path.display();
        assert!(read.rejected.is_empty(), "{name}: {:?}", read.rejected);
        let count = |element: &str| xml.matches(&format!("<{element} ")).count();
        let rows = [
            "ehrComposition",
            "CompoundStatement",
            "ObservationStatement",
            "NarrativeStatement",
            "LinkSet",
            "RequestStatement",
            "PlanStatement",
            "RegistrationStatement",
        ]
        .map(count)
        .iter()
        .sum::<usize>();
        assert_eq!(read.entries.len(), rows + 1, "{name}: each row and the patient");
        let lines: Vec<&str> = xml.lines().collect();
        let at = |entry: &Entry, element: &str| {
            lines[usize::try_from(entry.place.line).unwrap() - 1].contains(element)
        };
        let observations = read.statements().filter(|entry| at(entry, "<ObservationStatement ")).count();
        assert_eq!(observations, count("ObservationStatement"), "{name}: lines are those of start tags");
        let values = read
            .statements()
            .filter(|e| matches!(&e.content, Some(Content::Statement(s)) if s.value.is_some()));
        assert_eq!(values.count(), count("value"), "{name}: every value is read");
        eprintln!(
            "{name}: {rows} rows, {} warnings, {} deleted",
            read.warnings.len(),
            read.entries.iter().filter(|e| e.deleted).count()
        );
    }
}

#[test]
fn every_fragment_can_be_fed_to_the_reader() {
    let Some(folder) = samples("unit") else { return };
    let mut read = 0;
    for path in xml_files(&folder) {
        let bytes = fs::read(&path).unwrap();
        for carried in [MarksCarried::Yes, MarksCarried::No] {
            if let Ok(extract) = extract::fragment(bytes.as_slice(), "fragment.xml", carried) {
                collect(extract);
                read += 1;
            }
        }
    }
    assert!(read > 150, "{read}");
}

#[test]
fn marks_in_fragments_reach_what_they_hide() {
    let Some(folder) = samples("unit") else { return };
    let mut seen = 0;
    for path in xml_files(&folder) {
        let xml = fs::read_to_string(&path).unwrap();
        let Ok(extract) = extract::fragment(xml.as_bytes(), "fragment.xml", MarksCarried::Yes) else {
            continue;
        };
        let collected = collect(extract);
        let marked = xml.contains("<confidentialityCode");
        let hidden = collected.entries.iter().filter(|entry| collected.hidden(entry.id.as_str())).count();
        assert_eq!(marked, hidden > 0, "{}", path.display());
        seen += usize::from(marked);
        if xml.contains("NOPAT") && path.display().to_string().contains("ompositi") {
            let all = collected.statements().all(|entry| collected.hidden(entry.id.as_str()));
            assert!(all, "{}", path.display());
        }
    }
    assert!(seen > 5, "{seen}");
}
