//! The published GP2GP fragments beside the project: one construct each, wrapped here into a whole message. Nothing
//! panics, rows add up, and what is marked is withheld.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    published::shared,
    seen::{Seen, assert_adds_up, look},
};

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

/// The name of the outermost element.
fn root(xml: &str) -> &str {
    let starts = xml.match_indices('<').map(|(at, _)| &xml[at + 1..]);
    let tag = starts.into_iter().find(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())).unwrap();
    tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap()
}

/// A fragment that names no patient, with one.
fn with_patient(extract: &str) -> String {
    const PATIENT: &str = r#"<recordTarget><patient><id root="2.16.840.1.113883.2.1.4.1" extension="9990000018"/></patient></recordTarget>"#;
    let end = extract.find('>').unwrap() + 1;
    let (tag, rest) = extract.split_at(end);
    if extract.contains("<recordTarget") { extract.to_owned() } else { format!("{tag}{PATIENT}{rest}") }
}

/// The fragment in a whole UK07 message, as deep as it belongs. `None` for parts of statements, which have no place.
fn wrapped(xml: &str) -> Option<String> {
    let start = xml.find(&format!("<{}", root(xml)))?;
    let inside = xml[start..].to_owned();
    let extract = match root(xml) {
        "EhrExtract" => with_patient(&inside),
        "ObservationStatement" | "CompoundStatement" | "NarrativeStatement" => with_patient(&format!(
            r#"<EhrExtract><id root="E1"/><availabilityTime value="20240301"/><component><ehrFolder><component>
<ehrComposition><id root="C1"/><availabilityTime value="20240301"/><component>{inside}</component></ehrComposition>
</component></ehrFolder></component></EhrExtract>"#
        )),
        "value" => {
            let statement = format!(
                r#"<ObservationStatement><id root="V1"/><code code="27113001" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>{inside}</ObservationStatement>"#
            );
            return wrapped(&statement);
        }
        "RCMR_IN030000UK06" | "RCMR_IN030000UK07" => return Some(inside),
        _ => return None,
    };
    Some(format!(
        r#"<RCMR_IN030000UK07 xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<interactionId root="2.16.840.1.113883.2.1.3.2.4.12" extension="RCMR_IN030000UK07"/>
<ControlActEvent><subject>{extract}</subject></ControlActEvent></RCMR_IN030000UK07>"#
    ))
}

/// The message as if it had been sent to the practice that it is loaded for.
fn sent_to_us(xml: &str) -> String {
    let Some((before, after)) = xml.split_once("<destination") else { return xml.to_owned() };
    let (whose, rest) = after.split_once("extension=\"").unwrap();
    let (_, rest) = rest.split_once('"').unwrap();
    format!("{before}<destination{whose}extension=\"Y99999\"{rest}")
}

fn load(xml: &str, folder: &Path) -> Seen {
    let path = folder.join("in.xml");
    fs::write(&path, sent_to_us(xml)).unwrap();
    look(ingest::Format::Gp2gp, &path)
}

/// The keys of the statements in a piece of XML.
fn statements(xml: &str) -> Vec<String> {
    let ids = xml.split("<ObservationStatement").skip(1);
    let id = |statement: &str| statement.split("root=\"").nth(1)?.split('"').next().map(str::to_lowercase);
    ids.filter_map(id).collect()
}

/// The innermost of these elements around each place where `NOPAT` stands: from its start tag to its end tag.
fn marked(xml: &str) -> Vec<&str> {
    const KINDS: [&str; 5] =
        ["ehrComposition", "CompoundStatement", "ObservationStatement", "NarrativeStatement", "LinkSet"];
    let around = |at: usize| {
        let open = KINDS.iter().filter_map(|kind| {
            let mut starts: Vec<usize> =
                xml[..at].match_indices(&format!("<{kind}")).map(|(at, _)| at).collect();
            for (close, _) in xml[..at].match_indices(&format!("</{kind}>")) {
                let opened = starts.iter().rposition(|start| *start < close).unwrap();
                starts.remove(opened);
            }
            starts.last().map(|start| (*start, *kind))
        });
        let (start, kind) = open.max().unwrap();
        let (mut depth, mut end) = (0, start);
        loop {
            let rest = &xml[end + 1..];
            let close = rest.find(&format!("</{kind}>")).unwrap();
            match rest.find(&format!("<{kind}")).filter(|open| *open < close) {
                Some(open) => (depth, end) = (depth + 1, end + 1 + open),
                None if depth == 0 => return &xml[start..end + 1 + close],
                None => (depth, end) = (depth - 1, end + 1 + close),
            }
        }
    };
    xml.match_indices("code=\"NOPAT\"").map(|(at, _)| around(at)).collect()
}

#[test]
fn every_published_fragment_is_read_and_its_rows_add_up() {
    let Some(folder) = shared("gp2gp/unit") else { return };
    let out = tempfile::tempdir().unwrap();
    let (mut read, mut parts) = (0, 0);
    for path in xml_files(&folder) {
        let xml = fs::read_to_string(&path).unwrap();
        match wrapped(&xml) {
            Some(message) => {
                let seen = load(&message, out.path());
                assert_adds_up(&seen.report);
                assert_eq!(seen.patients.len(), 1, "{}", path.display());
                if root(&xml) == "value" {
                    let whole = &seen.patients[0].of("v1").unwrap().whole;
                    assert!(whole.get("valueQuantity").is_some(), "{}: {whole}", path.display());
                }
                read += 1;
            }
            None => parts += 1,
        }
    }
    assert!(read > 100 && parts < 5, "{read} read, {parts} are parts of statements");
}

#[test]
fn what_a_published_fragment_marks_is_withheld() {
    let Some(folder) = shared("gp2gp/unit") else { return };
    let out = tempfile::tempdir().unwrap();
    let (mut files, mut hidden) = (0, 0);
    for path in xml_files(&folder) {
        let xml = fs::read_to_string(&path).unwrap();
        let Some(message) = wrapped(&xml).filter(|message| message.contains("code=\"NOPAT\"")) else {
            continue;
        };
        let seen = load(&message, out.path());
        let patient = &seen.patients[0];
        files += 1;
        for id in marked(&message).into_iter().flat_map(statements) {
            let Some(made) = patient.of(&id) else {
                assert!(patient.why_not(&id).is_some(), "{}: {id} vanished", path.display());
                continue;
            };
            assert!(
                made.reasons.contains(&"not-for-patient"),
                "{}: {id}: {:?}",
                path.display(),
                made.reasons
            );
            assert!(made.body().is_none(), "{}: {id} is shown", path.display());
            hidden += 1;
        }
    }
    assert!(files >= 8 && hidden >= 8, "{files} files, {hidden} statements");
}

/// Each published fragment that is about marks, and the keys of the statements that it hides. The two encounters hold no
/// statement; `NOSCRUB` is a mark that is not known.
const HIDES: [(&str, &[&str]); 11] = [
    ("BloodPressure/battery_compound_statement_containing_confidentiality_code.xml", BLOOD_PRESSURE),
    ("BloodPressure/diastolic_observation_containing_confidentiality_code.xml", BLOOD_PRESSURE),
    ("BloodPressure/ehr_composition_containing_confidentiality_code.xml", BLOOD_PRESSURE),
    ("BloodPressure/systolic_observation_containing_confidentiality_code.xml", BLOOD_PRESSURE),
    ("Encounter/encounter_with_nopat_confidentiality_code_within_ehr_composition.xml", &[]),
    ("Encounter/encounter_with_noscrub_confidentiality_code_within_ehr_composition.xml", &[]),
    (
        "Immunization/full_valid_immunization_with_no_translation.xml",
        &["5279e8e3-94d4-4328-9084-28c657c0ae34"],
    ),
    ("Immunization/immunization_with_ehrComposition_nopat_confidentiality_code.xml", IMMUNIZATION),
    ("Immunization/immunization_with_observation_nopat_confidentiality_code.xml", IMMUNIZATION),
    ("Observation/different_compound_statements_with_observations.xml", OBSERVATIONS),
    ("Observation/nopat_compound_statement_with_observation.xml", OBSERVATIONS),
];
const BLOOD_PRESSURE: &[&str] =
    &["38324dde-7abe-4039-bf78-8e9d334fca8f", "041e16c5-cb96-4a2c-a8d8-bf6cd904671e"];
const IMMUNIZATION: &[&str] = &["82a39454-299f-432e-993e-5a6232b4e099"];
const OBSERVATIONS: &[&str] =
    &["4976ca1e-693c-11ee-9d98-00155d78c707", "4976ca1f-693c-11ee-9d98-00155d78c707"];

/// The fragment without its marks.
fn without_marks(xml: &str) -> String {
    let mut parts = xml.split("<confidentialityCode");
    let first = parts.next().unwrap().to_owned();
    first + &parts.map(|part| part.split_once("/>").unwrap().1).collect::<String>()
}

#[test]
fn each_published_fragment_about_marks_hides_what_it_marks_and_shows_it_without() {
    let Some(folder) = shared("gp2gp/unit") else { return };
    let out = tempfile::tempdir().unwrap();
    for (file, hides) in HIDES {
        let xml = fs::read_to_string(folder.join(file)).unwrap();
        let patients = |xml: &str| load(&wrapped(xml).unwrap(), out.path()).patients;
        let (marked, unmarked) = (patients(&xml), patients(&without_marks(&xml)));
        for id in hides {
            let made = marked[0].of(id).unwrap_or_else(|| panic!("{file}: nothing is made of {id}"));
            assert!(
                made.reasons.contains(&"not-for-patient") && made.body().is_none(),
                "{file}: {id} is shown"
            );
            let reasons = &unmarked[0].of(id).unwrap().reasons;
            assert!(reasons.is_empty(), "{file}: {id} is hidden by something else: {reasons:?}");
        }
        let shown = marked[0].resources.iter().filter(|made| made.body().is_some()).count();
        assert_eq!(shown, 1, "{file}: the patient alone is shown");
    }
    let named: Vec<PathBuf> = xml_files(&folder)
        .into_iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains("<confidentialityCode"))
        .collect();
    for path in named {
        assert!(HIDES.iter().any(|(file, _)| path.ends_with(file)), "{} is not in the table", path.display());
    }
}
