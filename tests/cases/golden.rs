//! Golden cases: `<format>/<resource>/<condition>/` holds an input, `rule.toml` (written by hand: what the case is
//! about, and what must be withheld, shown, left out and never said) and what came out, checked in and compared text
//! for text. `RECORDGATE_UPDATE_GOLDEN=1` writes the latter anew; `rule.toml` is checked all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use record::ResourceType;
use serde_json::{Value as Json, json};

use super::{
    emis, flat,
    seen::{Decisions, Patient, Seen, Shelf, assert_adds_up},
    tpp,
};

const FORMATS: [ingest::Format; 7] = ingest::Format::ALL;
/// What came out.
const GOLDEN: [&str; 3] = ["out.json", "shown.json", "issues.txt"];
/// What every EMIS case starts from; no case itself.
const PRACTICE: &str = "_practice";

/// What a case must hold to whatever its golden files say.
#[derive(Debug)]
struct Rule {
    /// Entries whose resource a patient with full access must not see.
    withheld: Vec<String>,
    /// Entries whose resource they see.
    shown: Vec<String>,
    /// Entries whose resource nothing speaks against, but which says nothing without its words.
    wordless: Vec<String>,
    /// Entries that nothing is made of, and why.
    unmapped: BTreeMap<String, String>,
    /// Entries that wait, and for what.
    waiting: BTreeMap<String, String>,
    /// Words that nothing says that came out, not even on the practice's side.
    never: Vec<String>,
    /// Words that the practice's side has and the patient's has not.
    practice_only: Vec<String>,
    /// Words that the patient's side has.
    said: Vec<String>,
    /// Why nothing of the patient is served, if so.
    refused: Option<String>,
    /// What the feed grants, if that is what the case is about.
    granted: Option<Vec<String>>,
    /// What the practice decides before anything is looked at.
    practice: Decisions,
}

impl Rule {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut table: toml::Table =
            text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut words = |key: &str| -> Vec<String> {
            let list = table.remove(key).map(|value| value.try_into().unwrap());
            list.unwrap_or_default()
        };
        let (withheld, shown, never) = (words("withheld"), words("shown"), words("never"));
        let (practice_only, said, wordless) = (words("practice_only"), words("said"), words("wordless"));
        let unmapped = table.remove("unmapped").map(|value| value.try_into().unwrap()).unwrap_or_default();
        let waiting = table.remove("waiting").map(|value| value.try_into().unwrap()).unwrap_or_default();
        let refused = table.remove("refused").map(|value| value.try_into().unwrap());
        let granted = table.remove("granted").map(|value| value.try_into().unwrap());
        let practice = Decisions::read(&mut table);
        let says: String = table.remove("says").expect("says what the case is about").try_into().unwrap();
        assert!(!says.is_empty() && table.is_empty(), "{}: {table:?}", path.display());
        Self {
            withheld,
            shown,
            wordless,
            unmapped,
            waiting,
            never,
            practice_only,
            said,
            refused,
            granted,
            practice,
        }
    }

    /// What the outcome breaks.
    fn check(&self, seen: &Seen) -> Vec<String> {
        let [patient] = seen.patients.as_slice() else {
            return vec![format!("{} patients", seen.patients.len())];
        };
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                wrong.push(what);
            }
        };
        for id in &self.withheld {
            let made = patient.of(id);
            let hidden = made.is_some_and(|made| made.body().is_none());
            must(hidden, format!("{id} is shown, or nothing is made of it"));
            let labelled = made.is_some_and(|made| !made.reasons.is_empty()) || patient.refusal.is_some();
            must(labelled, format!("{id} has no label"));
        }
        for id in &self.shown {
            let shown = patient.of(id).is_some_and(|made| made.body().is_some());
            must(shown, format!("{id} is withheld, or nothing is made of it"));
        }
        for id in &self.wordless {
            let silent = patient.of(id).is_some_and(|made| made.reasons.is_empty() && made.coded.is_none());
            must(silent, format!("{id} has a label, a view without words, or nothing is made of it"));
        }
        for (id, why) in &self.unmapped {
            let said = patient.why_not(id).filter(|_| patient.of(id).is_none());
            must(said == Some(why), format!("{id}: {said:?}, not {why}"));
        }
        for (id, what) in &self.waiting {
            let said = patient.waiting.iter().any(|(waits, code)| waits == id && code == what);
            must(said, format!("{id} does not wait: {what}"));
        }
        let whole: String = patient.resources.iter().map(|made| made.whole.to_string()).collect();
        let shown: String =
            patient.resources.iter().filter_map(|made| made.body()).map(Json::to_string).collect();
        for words in &self.never {
            must(!whole.contains(words), format!("it says {words:?}"));
        }
        for words in &self.practice_only {
            must(whole.contains(words), format!("the practice's side does not say {words:?}"));
            must(!shown.contains(words), format!("the patient's side says {words:?}"));
        }
        for words in &self.said {
            must(shown.contains(words), format!("the patient's side does not say {words:?}"));
        }
        let refused = patient.refusal.map(|refusal| refusal.code());
        must(refused == self.refused.as_deref(), format!("refused: {refused:?}"));
        if let Some(granted) = &self.granted {
            must(patient.granted == *granted, format!("granted: {:?}", patient.granted));
        }
        let asks = self.withheld.len() + self.shown.len() + self.unmapped.len() + self.waiting.len();
        let asks = asks + usize::from(self.refused.is_some());
        must(asks > 0, "the rule says nothing that could be broken".to_owned());
        wrong
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Every file below a folder.
fn files(path: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { _ = found.insert(path) }
    }
    found
}

/// Loads a case's batches or messages one after another and looks at the last. Gives the files that it read.
fn see(format: ingest::Format, case: &Path, practice: Decisions) -> (Seen, Vec<PathBuf>) {
    let shelf = Shelf::of(practice);
    match format {
        ingest::Format::Gp2gp => {
            let inside = folders(case);
            let messages = if inside.is_empty() { vec![case.to_owned()] } else { inside };
            let messages: Vec<PathBuf> = messages.iter().map(|folder| folder.join("in.xml")).collect();
            let (last, before) = messages.split_last().expect("there is a message");
            before.iter().for_each(|message| _ = shelf.load(format, message));
            (shelf.look(format, last), messages)
        }
        ingest::Format::VisionCsv => {
            flat::vision(&shelf, case, &root().join("vision-csv").join(PRACTICE), &folders(case))
        }
        ingest::Format::NhsVaccinationCsv => {
            flat::vaccinations(&shelf, case, &root().join("emis-csv").join(PRACTICE))
        }
        ingest::Format::Nhs003Edifact => {
            let practice = root().join("emis-csv").join(PRACTICE);
            let (only_patient, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let patients = "Admin_Patient.csv";
            fs::copy(practice.join(patients), only_patient.path().join(patients)).unwrap();
            emis::batch(only_patient.path(), &practice, 1, out.path());
            shelf.take(ingest::Format::EmisCsv, out.path());
            messages(&shelf, format, case, "in.edi")
        }
        ingest::Format::GpConnectStu3 => messages(&shelf, format, case, "in.json"),
        ingest::Format::EmisCsv | ingest::Format::TppCsv => {
            let practice = root().join(format.name()).join(PRACTICE);
            let inside = folders(case);
            let batches = if inside.is_empty() { vec![case.to_owned()] } else { inside };
            let mut used = Vec::new();
            for (at, batch) in batches.iter().enumerate() {
                let out = tempfile::tempdir().unwrap();
                // Batches are loaded in the order of their names; a number in the name is that of the run.
                let number = file_name(batch).trim_start_matches(|c: char| c.is_ascii_lowercase()).parse();
                let number = number.unwrap_or(at + 1);
                used.extend(match format {
                    ingest::Format::TppCsv => tpp::batch(batch, &practice, number, out.path()),
                    _ => emis::batch(batch, &practice, at + 1, out.path()),
                });
                if at + 1 == batches.len() {
                    return (shelf.look(format, out.path()), used);
                }
                shelf.load(format, out.path());
            }
            unreachable!("there is a batch")
        }
    }
}

/// The tables from which cases of a format take what they leave out.
fn usual_tables(format: ingest::Format) -> &'static [&'static str] {
    match format {
        ingest::Format::EmisCsv => &emis::TABLES,
        ingest::Format::VisionCsv => &flat::VISION_TABLES,
        ingest::Format::TppCsv => &tpp::TABLES,
        ingest::Format::Gp2gp
        | ingest::Format::NhsVaccinationCsv
        | ingest::Format::Nhs003Edifact
        | ingest::Format::GpConnectStu3 => &[],
    }
}

/// A case's one file, or those of the folders inside it one after another; looks at the last.
fn messages(shelf: &Shelf, format: ingest::Format, case: &Path, file: &str) -> (Seen, Vec<PathBuf>) {
    let inside = folders(case);
    let deliveries = if inside.is_empty() { vec![case.to_owned()] } else { inside };
    let used: Vec<PathBuf> = deliveries.iter().map(|folder| folder.join(file)).collect();
    let (last, earlier) = used.split_last().expect("a case has a file");
    earlier.iter().for_each(|path| shelf.take(format, path));
    (shelf.look(format, last), used)
}

fn out(about_patients: bool, seen: &Seen) -> BTreeMap<&'static str, String> {
    assert_adds_up(&seen.report);
    let wanted = |kind| kind != ResourceType::Patient || about_patients;
    let resources: Vec<&Json> = seen
        .patients
        .iter()
        .flat_map(|p| &p.resources)
        .filter(|r| wanted(r.kind))
        .map(|r| &r.whole)
        .collect();
    let shown: Vec<Json> = seen.patients.iter().map(|patient| shown(patient, about_patients)).collect();
    let pretty = |value: &Json| serde_json::to_string_pretty(value).unwrap() + "\n";
    BTreeMap::from([
        ("out.json", pretty(&json!(resources))),
        ("shown.json", pretty(&json!(shown))),
        ("issues.txt", issues(seen)),
    ])
}

/// What a patient gets to see who has full access to everything, and by which rule.
fn shown(patient: &Patient, about_patients: bool) -> Json {
    let mut resources = Vec::new();
    for made in patient.resources.iter().filter(|made| made.kind != ResourceType::Patient || about_patients) {
        let full = if made.full == made.coded { json!("as coded") } else { json!(made.full) };
        resources.push(json!({
            "resource": format!("{}/{}", made.kind.name(), made.whole["id"].as_str().unwrap()),
            "made_from": made.sources,
            "withheld": made.reasons,
            "at_full_access": match made.shown.0 {
                Some(view) => format!("{} view ({})", view.name(), made.shown.1),
                None => format!("nothing ({})", made.shown.1),
            },
            "coded": made.coded,
            "full": full,
        }));
    }
    let pairs = |pairs: &[(String, &str)]| -> Json {
        pairs.iter().map(|(id, why)| (id.clone(), json!(why))).collect::<serde_json::Map<_, _>>().into()
    };
    let mut shown = json!({
        "patient": patient.refusal.map_or("served".to_owned(), |refusal| format!("not served: {}", refusal.code())),
        "resources": resources,
        "not_mapped": pairs(&patient.unmapped),
        "waiting": pairs(&patient.waiting),
    });
    if !patient.granted.is_empty() {
        shown["the_feed_grants"] = json!(patient.granted);
    }
    shown
}

fn issues(seen: &Seen) -> String {
    let mut text = String::new();
    for (name, file) in seen.report.files.iter().filter(|(_, file)| file.rows > 0 || !file.codes.is_empty()) {
        writeln!(
            text,
            "{}: {} rows = {} stored + {} unchanged + {} parked + {} rejected",
            table(name),
            file.rows,
            file.stored,
            file.unchanged,
            file.parked,
            file.rejected
        )
        .unwrap();
    }
    for issue in &seen.report.issues {
        let issue_text = issue.to_string().replace(&issue.file, &table(&issue.file));
        writeln!(text, "{:?}: {issue_text}", issue.severity).unwrap();
    }
    text
}

/// `1001-2000_Admin_Patient_…csv` as `Admin_Patient`; another name as it is.
fn table(name: &str) -> String {
    emis::TABLES.into_iter().find(|table| name.contains(&format!("_{table}_"))).unwrap_or(name).to_owned()
}

/// Compares with what is checked in, or writes it. Gives the first difference.
fn compare(path: &Path, now: &str, update: bool) -> Option<String> {
    if update {
        fs::write(path, now).unwrap();
        return None;
    }
    let Ok(golden) = fs::read_to_string(path) else {
        return Some(format!("{} is not there; RECORDGATE_UPDATE_GOLDEN=1 writes it", path.display()));
    };
    let mut lines = golden.lines().zip(now.lines()).enumerate();
    let at = lines.find(|(_, (one, other))| one != other).map(|(at, _)| at);
    let at = at.or_else(|| (golden != now).then(|| golden.lines().count().min(now.lines().count())))?;
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    Some(format!("{}:{}\n  golden: {}\n  now:    {}", path.display(), at + 1, line(&golden), line(now)))
}

#[expect(clippy::disallowed_methods, reason = "only a person at a shell may rewrite golden files")]
fn updating() -> bool {
    std::env::var_os("RECORDGATE_UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

#[test]
fn every_case_comes_out_as_its_golden_files_say_and_every_file_belongs_to_a_case() {
    let update = updating();
    let (mut cases, mut wrong) = (0, Vec::new());
    for format in FORMATS {
        let base = root().join(format.name());
        let mut left = files(&base);
        for table in usual_tables(format) {
            assert!(left.remove(&base.join(PRACTICE).join(format!("{table}.csv"))), "{table}");
        }
        let resources = folders(&base).into_iter().filter(|path| file_name(path) != PRACTICE);
        for (resource, case) in
            resources.flat_map(|r| folders(&r).into_iter().map(move |c| (file_name(&r), c)))
        {
            let name = format!("{}/{resource}/{}", format.name(), file_name(&case));
            let rule = Rule::read(&case.join("rule.toml"));
            let (seen, used) = see(format, &case, rule.practice.clone());
            wrong.extend(rule.check(&seen).into_iter().map(|what| format!("{name}: {what}")));
            let now = out(resource == "patient", &seen);
            assert_eq!(now.keys().copied().collect::<BTreeSet<_>>(), GOLDEN.into());
            for (file, text) in &now {
                wrong.extend(compare(&case.join(file), text, update));
                left.remove(&case.join(file));
            }
            left.remove(&case.join("rule.toml"));
            used.iter().for_each(|path| _ = left.remove(path));
            cases += 1;
        }
        assert!(left.is_empty(), "no case reads these: {left:#?}");
    }
    assert!(cases >= 50, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{} differences in {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}
