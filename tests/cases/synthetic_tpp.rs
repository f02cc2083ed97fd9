//! A synthetic TPP delivery: what its writer meant is what comes out; and once, twice, split and out of order it ends in
//! the same bytes (I6, I8).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use record::{PatientKey, Report};
use serde_json::Value as Json;
use store::{Store, Subject};

use super::{
    emis::{Rows, read, text},
    seen::{Resource, Seen, Shelf, assert_adds_up, look, subject_of},
    tpp::windows_1252,
};
use crate::support::practice;

const PATIENTS: u32 = 23;
const FORMAT: ingest::Format = ingest::Format::TppCsv;

struct Export {
    folder: PathBuf,
    oracle: Vec<BTreeMap<String, String>>,
    _dir: tempfile::TempDir,
}

static EXPORT: LazyLock<Export> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let (folder, oracle) = (dir.path().join("export"), dir.path().join("oracle.csv"));
    let options =
        synth::Options { oracle: Some(oracle.clone()), ..synth::Options::new(practice(), PATIENTS) };
    synth::write(synth::Format::TppCsv, &options, &folder, &mut |_| {}).unwrap();
    let rows = read(&oracle);
    let named = |row: &Vec<String>| rows[0].iter().cloned().zip(row.iter().cloned()).collect();
    let oracle = rows[1..].iter().map(named).collect();
    Export { folder, oracle, _dir: dir }
});

static SEEN: LazyLock<Seen> = LazyLock::new(|| look(FORMAT, &EXPORT.folder));

fn total(report: &Report, count: impl Fn(&record::FileReport) -> u64) -> u64 {
    report.files.values().map(count).sum()
}

/// What a resource says in the terms of the oracle: kind, code, value, date.
fn said(made: &Resource, part: Option<&str>) -> [String; 4] {
    let whole = &made.whole;
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let concept = if made.kind.name() == "Immunization" {
        &whole["extension"][0]["valueCodeableConcept"]
    } else {
        &whole["code"]
    };
    let codings: Vec<&Json> = concept["coding"].as_array().into_iter().flatten().collect();
    let of = |system: &str| codings.iter().find(|coding| coding["system"] == system);
    let code = of("http://snomed.info/sct").or_else(|| of("http://read.info/ctv3"));
    let code = code.map_or_else(|| text(&concept["text"]), |coding| text(&coding["code"]));
    let quantity = match (part, whole["component"].as_array()) {
        (Some(entry), Some(parts)) => {
            let at = made.sources.iter().position(|source| source == entry).unwrap();
            &parts[at]["valueQuantity"]
        }
        _ => &whole["valueQuantity"],
    };
    let value = match &quantity["value"] {
        Json::Null => String::new(),
        value => format!("{}{value}", text(&quantity["comparator"])),
    };
    let date = [&whole["effectiveDateTime"], &whole["occurrenceDateTime"]].map(text).concat();
    [made.kind.name().to_owned(), code, value, date.chars().take(16).collect()]
}

#[test]
fn what_the_writer_meant_is_what_comes_out() {
    let export = &*EXPORT;
    let seen = &*SEEN;
    assert_adds_up(&seen.report);
    let mut left: BTreeSet<(String, String)> = BTreeSet::new();
    for patient in &seen.patients {
        let clinical = patient.resources.iter().filter(|made| made.kind.name() != "Patient");
        left.extend(clinical.map(|made| (patient.subject.clone(), made.sources[0].clone())));
    }
    let mut wrong = Vec::new();
    let mut compared = BTreeMap::new();
    for line in &export.oracle {
        let subject = subject_of(&line["patient"]);
        let patient = seen.patients.iter().find(|one| one.subject == subject).unwrap();
        let (entry, becomes) = (line["entry"].as_str(), line["becomes"].as_str());
        *compared.entry(becomes).or_insert(0_u32) += 1;
        let made = patient.of(entry);
        left.remove(&(subject.clone(), entry.to_owned()));
        let holds = match (entry, becomes) {
            ("patient", _) => {
                let who = made.unwrap();
                let refusal = patient.refusal.map_or("served", |refusal| refusal.code());
                let number = &who.whole["identifier"][0]["value"];
                (line["code"].is_empty() || *number == line["code"])
                    && refusal == becomes
                    && who.whole["birthDate"] == line["date"]
                    && who.whole["name"][0]["family"] == line["value"]
            }
            ("address" | "telephone", _) => {
                patient.of("patient").unwrap().whole.to_string().contains(&line["code"])
            }
            (_, "none" | "summary" | "detailed") => {
                let grants = format!("{becomes} since {}, before that none", line["date"]);
                let who = if entry == "access/own" {
                    "own: ".to_owned()
                } else {
                    entry.replace("access/", "proxy ")
                };
                patient.granted.iter().any(|said| said.starts_with(&who) && said.contains(&grants))
            }
            ("access/own", "nothing") => !patient.granted.iter().any(|said| said.starts_with("own")),
            (_, "nothing") => made.is_none(),
            (_, "withheld") => made.is_some_and(|made| !made.reasons.is_empty() && made.coded.is_none()),
            (_, "part") => {
                let whole = made.filter(|made| made.sources[0] == line["code"]);
                whole.is_some_and(|made| said(made, Some(entry))[2..] == [&*line["value"], &*line["date"]])
            }
            _ => {
                let meant = ["becomes", "code", "value", "date"].map(|column| line[column].clone());
                made.is_some_and(|made| said(made, Some(entry)) == meant && made.reasons.is_empty())
            }
        };
        if !holds {
            wrong.push(format!(
                "{line:?}: {:?} {:?}",
                made.map(|made| said(made, Some(entry))),
                patient.granted
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} lines:\n{}",
        wrong.len(),
        export.oracle.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
    assert!(left.is_empty(), "nobody meant these: {left:#?}");
    for becomes in
        ["Observation", "Immunization", "part", "withheld", "nothing", "detailed", "summary", "served"]
    {
        assert!(compared.get(becomes) > Some(&0), "{becomes}: {compared:?}");
    }
    assert!(compared["Observation"] > 2_000 && compared["part"] > 100, "{compared:?}");
}

#[test]
fn of_other_people_and_of_the_online_users_nothing_comes_out() {
    let seen = &*SEEN;
    let whole: String =
        seen.patients.iter().flat_map(|p| &p.resources).map(|made| made.whole.to_string()).collect();
    for words in ["hirdparty", "must not know", "07700 900999", "RX999", "Former Road", "01632 960777"] {
        assert!(!whole.contains(words), "{words}");
    }
    let relatives = fs::read(EXPORT.folder.join("SRPatientRelationship.csv")).unwrap();
    assert!(
        String::from_utf8_lossy(&relatives).contains("Thirdparty Cottage"),
        "there is nothing to keep out"
    );
}

#[test]
fn only_other_organisations_parts_of_a_shared_record_are_rejected_and_every_row_is_accounted_for() {
    let report = &SEEN.report;
    assert_adds_up(report);
    let rejected: Vec<_> =
        report.issues.iter().filter(|issue| issue.severity == record::Severity::Error).collect();
    let codes: BTreeSet<&str> = rejected.iter().map(|issue| issue.code.code()).collect();
    assert_eq!(codes, ["shared-record"].into());
    assert_eq!(rejected.len(), 2);
    for (name, file) in &report.files {
        if file.rows > 0 {
            let rows = csv_rows(&EXPORT.folder.join(name)).len() as u64 - 1;
            assert_eq!(file.rows, rows, "{name}");
        }
    }
}

/// A table of the delivery; what is not ASCII is read as Windows-1252.
fn csv_rows(path: &Path) -> Rows {
    let decode = |byte: u8| match byte {
        0x92 => '\u{2019}',
        0x80 => '\u{20ac}',
        byte => char::from(byte),
    };
    let text: String = fs::read(path).unwrap().into_iter().map(decode).collect();
    let copy = tempfile::NamedTempFile::new().unwrap();
    fs::write(copy.path(), text).unwrap();
    read(copy.path())
}

/// Patients with all kinds of rows; the last has the oddities.
const FEW: [&str; 3] = ["100007", "100011", "100021"];

/// What is released of these, but for versions and times, and what the feed grants.
fn released(shelf: &Shelf) -> Vec<String> {
    let mut all = Vec::new();
    for patient in FEW {
        let subject = Subject { practice: practice(), patient: PatientKey::new(patient).unwrap() };
        let snapshot = shelf.store.read(&subject).unwrap().unwrap();
        let released = snapshot.released();
        all.push(format!("{:?} {:?}", released.standing, shelf.store.feed_access(&subject).unwrap()));
        for header in &released.headers {
            let views = [&header.coded, &header.full].map(|view| view.as_ref().map(|view| view.digest));
            all.push(format!("{} {:?} {views:?}", header.id, header.labels));
        }
    }
    assert!(all.len() > 500, "{}", all.len());
    all
}

fn loaded(folders: &[&Path]) -> (Shelf, Vec<Report>) {
    let shelf = Shelf::new();
    let reports = folders.iter().map(|folder| shelf.load(FORMAT, folder)).collect();
    (shelf, reports)
}

#[test]
fn the_same_delivery_twice_stores_nothing_and_changes_nothing() {
    let few = part(|_, _| true, false);
    let folder = few.path();
    let (shelf, reports) = loaded(&[folder]);
    let before = released(&shelf);
    let again = shelf.load(FORMAT, folder);
    assert_adds_up(&again);
    assert_eq!(total(&again, |file| file.stored), 0);
    assert_eq!((again.patients_projected, again.resources_changed), (0, 0));
    assert_eq!(total(&again, |file| file.parked), total(&reports[0], |file| file.parked));
    assert_eq!(released(&shelf), before);
}

/// A copy of the delivery with the rows of a few patients, and of those the ones that `keep` says.
fn part(keep: impl Fn(&str, usize) -> bool, backwards: bool) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(&EXPORT.folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let rows = csv_rows(&path);
        let header = rows[0].clone();
        let column = if name == "SRPatient.csv" { "RowIdentifier" } else { "IDPatient" };
        let whose = header.iter().position(|name| name == column);
        let theirs =
            |row: &&Vec<String>| whose.is_none_or(|at| row[at].is_empty() || FEW.contains(&row[at].as_str()));
        let kept = |(at, _): &(usize, &Vec<String>)| name == "SRManifest.csv" || keep(&name, *at);
        let theirs = rows[1..].iter().filter(theirs).enumerate();
        let mut rows: Rows = theirs.filter(kept).map(|(_, row)| row.clone()).collect();
        if backwards {
            rows.reverse();
        }
        rows.insert(0, header);
        fs::write(out.path().join(&name), windows_1252(&text(&rows))).unwrap();
    }
    out
}

#[test]
fn in_pieces_in_any_order_and_backwards_it_ends_the_same() {
    let all = part(|_, _| true, false);
    let (shelf, _) = loaded(&[all.path()]);
    let whole = released(&shelf);
    // Lists, users, patients and events come after what names them, and removals before what they remove.
    let late = |name: &str| {
        ["SRStaff", "SRMapping", "SRImmunisationContent", "SROnlineUsers", "SRPatient", "SREvent"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let first = part(|name, _| !late(name), true);
    let second = part(|name, _| late(name), false);
    let (shelf, reports) = loaded(&[first.path(), second.path()]);
    assert_eq!(released(&shelf), whole, "what others name comes last, rows backwards");
    assert!(total(&reports[0], |file| file.parked) > 300, "nothing had to wait");
    let thirds: Vec<_> = (0..3).map(|third| part(move |_, at| at % 3 == third, third == 1)).collect();
    for order in [[0, 1, 2], [2, 0, 1]] {
        let (shelf, _) = loaded(&order.map(|at: usize| thirds[at].path()));
        assert_eq!(released(&shelf), whole, "{order:?}");
    }
}
