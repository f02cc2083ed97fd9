//! What looks and changes nothing: `check` of an export, `quality`, `trace`. Each says what a supplier's engineer needs,
//! and nothing that a person wrote.

use std::{fs, path::Path, sync::LazyLock};

use serde_json::Value as Json;
use store::Store;
use tempfile::TempDir;

use super::{
    Ran,
    export::{Cut, Export, line_of, place},
    run,
    site::{PRACTICE, Site, folder_with, message, small},
};

/// Words that a person could have typed, in each place that is looked at.
const TYPED: [&str; 3] = ["Jane Invented", "rang about her brother", "Jane Smith"];

/// A spelling of a unit that the table does not know.
const UNKNOWN: &str = "Mmol / Litre";

/// What is said of it.
fn unknown(json: &Json) -> Option<Json> {
    let rows = json["quality"]["unknown_units"].as_array().unwrap();
    rows.iter().find(|row| row["sent"] == UNKNOWN).cloned()
}

/// Twelve patients with enough rows that some of them are measurements.
fn measured() -> &'static Export {
    static EXPORT: LazyLock<(TempDir, Export)> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let cut = Cut { patients: 12, consultations: 40, observations: 80 };
        let export = Export::cut(&dir.path().join("measured"), 1, cut);
        (dir, export)
    });
    &EXPORT.1
}

/// The export with units that are not understood, a row that is rejected, one that waits, and words.
fn odd(site: &Site) -> (Export, Odd) {
    let export = measured().copy(&site.path("export"));
    let mut lines = Odd::default();
    export.edit("CareRecord_Observation", |rows| {
        let at = |rows: &Vec<Vec<String>>, name: &str| place(rows, name);
        let (unit, value, date) = (at(rows, "NumericUnit"), at(rows, "Value"), at(rows, "EffectiveDate"));
        let (code, text) = (at(rows, "CodeId"), at(rows, "AssociatedText"));
        let measured: Vec<usize> = (1..rows.len())
            .filter(|row| !rows[*row][value].is_empty() && !rows[*row][unit].is_empty())
            .take(4)
            .collect();
        rows[measured[0]][unit] = UNKNOWN.to_owned();
        rows[measured[1]][unit] = TYPED[2].to_owned();
        rows[measured[1]][text] = TYPED[1].to_owned();
        rows[measured[2]][date] = "32/13/2020".to_owned();
        rows[measured[3]][code] = "123456".to_owned();
        lines = Odd([0, 1, 2, 3].map(|which| line_of(rows, measured[which])));
    });
    export.edit("Admin_Patient", |rows| {
        let at = place(rows, "GivenName");
        rows[1][at] = TYPED[0].to_owned();
    });
    (export, lines)
}

/// The lines of the unknown unit, of the unit that is none, of the rejected row and of the one that waits.
#[derive(Default)]
struct Odd([u64; 4]);

fn loaded_odd() -> (Site, Export, Odd) {
    let site = Site::new();
    let (export, lines) = odd(&site);
    assert_eq!(site.ingest(&export.dir).code, Some(0));
    (site, export, lines)
}

fn check(site: &Site, paths: &[&str]) -> Ran {
    let ran = run(&[&["check", "--format", "emis-csv", "--practice", PRACTICE], paths].concat());
    assert!(!site.path("store").exists(), "check stored something");
    ran
}

fn says_nothing_typed(text: &str) {
    for typed in TYPED {
        assert!(!text.contains(typed), "{typed:?} in {text}");
    }
}

#[test]
fn a_good_export_is_good_and_nothing_is_stored() {
    let site = Site::new();
    let ran = check(&site, &[measured().dir.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("would be loaded; nothing was stored") && ran.out.contains("_Admin_Patient_"));
}

#[test]
fn check_says_of_each_row_what_ingest_would_and_ends_with_1_if_any_is_rejected() {
    let site = Site::new();
    let (export, Odd([unit, _, rejected, waits])) = odd(&site);
    let ran = check(&site, &[export.dir.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    let file = export.name("CareRecord_Observation");
    for words in [
        format!("{file}:{rejected} EffectiveDate: date-invalid"),
        format!("{file}:{waits}: code-awaited"),
        format!("{UNKNOWN}             did you mean mmol/L?"),
        format!("{file}:{unit}"),
        "loaded without the row that is rejected; nothing was stored".to_owned(),
    ] {
        assert!(ran.out.contains(&words), "{words:?} is not in: {}", ran.out);
    }
    says_nothing_typed(&ran.out);

    let ran = check(&site, &["--json", export.dir.to_str().unwrap()]);
    let json: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &json["good"], &json["loaded"]), (Some(1), &false.into(), &true.into()));
    assert_eq!(json["report"]["files"][&file]["rejected"], 1);
    assert_eq!(json["report"]["files"][&file]["parked"], 1);
    assert_eq!(unknown(&json).unwrap()["ucum"], "mmol/L");
    assert_eq!(json["quality"]["other_units"]["count"], 1);
    says_nothing_typed(&ran.out);

    // What check said is what ingest says.
    let to = site.path("report.json");
    let config = site.config();
    let arguments = Site::arguments(&config, "emis-csv", export.dir.to_str().unwrap());
    run(&[&arguments[..], &["--report", to.to_str().unwrap()]].concat());
    let loaded: Json = serde_json::from_slice(&fs::read(to).unwrap()).unwrap();
    assert_eq!(loaded["files"], json["report"]["files"]);
    assert_eq!(loaded["issues"], json["report"]["issues"]);
}

#[test]
fn check_of_a_refused_export_says_why() {
    let site = Site::new();
    let export = measured().copy(&site.path("export"));
    fs::remove_file(export.file("CareRecord_Problem")).unwrap();
    let ran = check(&site, &[export.dir.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("CareRecord_Problem: file-missing") && ran.out.contains("refused as a whole"));
    let file = folder_with(&site, "one.xml", message().as_bytes());
    let ran = run(&["check", "--format", "gp2gp", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let both = ["check", "--config", &site.config(), "--format", "gp2gp", file.to_str().unwrap()];
    assert!(run(&both).out.contains(" is good\n"));
}

#[test]
fn a_loads_quality_is_written_as_text_json_and_a_page_that_loads_nothing() {
    let site = Site::new();
    let (export, Odd([unit, ..])) = odd(&site);
    let folder = site.path("quality");
    let config = site.config();
    let arguments = Site::arguments(&config, "emis-csv", export.dir.to_str().unwrap());
    let ran = run(&[&arguments[..], &["--quality", folder.to_str().unwrap()]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let json: Json = serde_json::from_str(&read("quality.json")).unwrap();
    let rows = measured().rows("CareRecord_Observation").len() as u64 - 1;
    let file = export.name("CareRecord_Observation");
    assert_eq!(json["rows"][&file]["rows"], rows);
    assert_eq!(json["quality"]["patients"], 12);
    let told = json["told"].as_array().unwrap();
    let rejected = told.iter().find(|row| row["code"] == "date-invalid").unwrap();
    assert_eq!((&rejected["field"], &rejected["count"]), (&"EffectiveDate".into(), &1.into()));
    assert_eq!(unknown(&json).unwrap()["example"]["line"], unit);
    let waiting = &json["quality"]["waiting"][0];
    assert_eq!(
        (&waiting["age"], &waiting["days"], &waiting["batches_since"]),
        (&"day".into(), &0.into(), &0.into())
    );
    let page = read("quality.html");
    for part in
        ["<html lang=\"en-GB\">", "<title>Data quality of Y99999", "<caption>", "scope=\"col\"", UNKNOWN]
    {
        assert!(page.contains(part), "{part}");
    }
    for never in ["<script", "http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(never), "{never}");
    }
    for text in [page, read("quality.txt"), json.to_string(), ran.err] {
        says_nothing_typed(&text);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
}

#[test]
fn quality_of_a_practice_changes_nothing_and_tells_all_batches() {
    let (site, export, _) = loaded_odd();
    let second = measured().run(2, &site.path("second"));
    assert_eq!(site.ingest(&second.dir).code, Some(0));
    let before = site.held();
    let config = site.config();
    let ran = run(&["quality", "--config", &config, "--practice", PRACTICE, "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let json: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["batches"], &json["batch"]), (&2.into(), &Json::Null));
    let told = json["told"].as_array().unwrap();
    let first = export.name("CareRecord_Observation");
    assert!(
        told.iter().any(|row| row["file"] == first.as_str() && row["code"] == "date-invalid"),
        "{told:?}"
    );
    assert!(unknown(&json).is_none(), "the second batch mended the unit");
    assert_eq!(json["quality"]["patients"], 12);
    says_nothing_typed(&ran.out);
    let text = run(&["quality", "--config", &config, "--practice", PRACTICE]).out;
    assert!(
        text.contains("the whole practice after batch 2") && text.contains("What entries became"),
        "{text}"
    );
    assert_eq!(site.held(), before);
    run(&["quality", "--config", &config, "--practice", "Y99998"]).says(&["was ever loaded", "--practice"]);
}

fn trace(site: &Site, row: &str, more: &[&str]) -> Ran {
    let config = site.config();
    run(&[&["trace", "--config", &config, "--practice", PRACTICE, "--row", row], more].concat())
}

fn has(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(ran.out.contains(word), "{word:?} is not in: {}", ran.out);
    }
    says_nothing_typed(&ran.out);
}

#[test]
fn a_row_is_followed_to_the_resource_that_an_app_gets() {
    let (site, export, Odd([unit, none, ..])) = loaded_odd();
    let file = export.name("CareRecord_Observation");
    let ran = trace(&site, &format!("{file}:{unit}"), &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    has(
        &ran,
        &[
            "batch 1 of 1: stored",
            "a statement",
            "became    Observation/",
            "address   https://localhost/fhir/R4/",
        ],
    );
    has(
        &ran,
        &[
            "at level detailed   gets the coded view, version 1",
            "at level summary    gets nothing (level:summary)",
        ],
    );
    has(&ran, &["no access was granted to this patient yet", "one that units.csv does not know"]);
    // The id is the one that is served.
    let id = ran.out.split("Observation/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(store::Store::subject(&site.store(), &id).unwrap().is_none(), "an Observation is no subject");
    let held: Vec<String> = site.held().values().map(|patient| format!("{patient:?}")).collect();
    assert!(held.iter().any(|patient| patient.contains(&id)), "{id}");
    // The folder in front of the name does not matter.
    let same = trace(&site, &format!("{}/{file}:{unit}", export.dir.display()), &[]);
    assert_eq!(same.out, ran.out);

    let row = format!("{file}:{none}");
    has(&trace(&site, &row, &[]), &["there is free text; --show-text prints it"]);
    let shown = trace(&site, &row, &["--show-text"]).out;
    assert!(shown.contains(TYPED[1]) && shown.contains(TYPED[2]), "{shown}");
}

#[test]
fn a_row_that_came_to_nothing_is_told_why() {
    let (site, export, Odd([unit, _, rejected, waits])) = loaded_odd();
    let file = export.name("CareRecord_Observation");
    let ran = trace(&site, &format!("{file}:{rejected}"), &[]);
    assert_eq!(ran.code, Some(0));
    has(
        &ran,
        &[
            "rejected: it could not be used",
            "EffectiveDate: date-invalid",
            "a row that was rejected is not kept",
        ],
    );
    has(
        &trace(&site, &format!("{file}:{waits}"), &[]),
        &["parked", "code-awaited", "an app    gets nothing of it"],
    );
    let code = trace(&site, &format!("{}:2", export.name("Coding_ClinicalCode")), &[]);
    has(&code, &["stored", "one of the practice's own lists"]);
    let unknown = trace(&site, "nosuch.csv:3", &[]);
    assert_eq!(unknown.code, Some(1));
    has(&unknown, &["not in the log of any batch", "no entry was last read in a file of this name"]);
    for wrong in ["nosuch.csv", "x.csv:0", ":7", "x.csv:y"] {
        let ran = trace(&site, wrong, &[]);
        assert_eq!(ran.code, Some(2), "{wrong}");
        assert!(ran.err.contains("observations.csv:77"), "{}", ran.err);
    }
    // Said again by a later file: that one's place counts.
    let again = export.run(2, &site.path("again"));
    assert_eq!(site.ingest(&again.dir).code, Some(0));
    has(&trace(&site, &format!("{file}:{unit}"), &[]), &["batch 1 of 2: stored"]);
    let row = format!("{}:{unit}", again.name("CareRecord_Observation"));
    has(&trace(&site, &row, &[]), &["batch 2 of 2: unchanged"]);
}

#[test]
fn a_row_that_another_one_superseded_names_that_one() {
    let (site, export, Odd([unit, ..])) = loaded_odd();
    let again = export.run(2, &site.path("again"));
    again.edit("CareRecord_Observation", |rows| {
        let at = place(rows, "Value");
        rows.iter_mut().skip(1).for_each(|row| row[at] = "17".to_owned());
    });
    assert_eq!(site.ingest(&again.dir).code, Some(0));
    let row = format!("{}:{unit}", export.name("CareRecord_Observation"));
    let now = format!("{}:{unit}", again.name("CareRecord_Observation"));
    let ran = trace(&site, &row, &[]);
    has(
        &ran,
        &["batch 1 of 2: stored", "another row said it anew", &now, "batch 2 was the last to change it"],
    );
}

/// A message that came twice, under two names, and a row of the practice's own with the id of one of its statements. Gives
/// the line of the statement and its id.
fn one_thing_three_times(site: &Site) -> (u64, String) {
    let load = |format: &str, path: &Path| assert_eq!(site.ingest_as(format, path).code, Some(0));
    for (name, end) in [("one.xml", ""), ("two.xml", " ")] {
        fs::write(site.path(name), format!("{}{end}", message())).unwrap();
        load("gp2gp", &site.path(name));
    }
    let store = site.store();
    let practice = PRACTICE.parse().unwrap();
    let patient = store.patients(&practice, None, 1).unwrap().remove(0);
    let facts = store.facts(&practice, &patient).unwrap();
    drop(store);
    let is_statement = |entry: &&record::Entry| matches!(entry.content, Some(record::Content::Statement(_)));
    let statement = facts.entries.iter().map(|(entry, _)| entry).find(is_statement).unwrap().clone();
    assert_eq!(statement.place.file, "two.xml");
    let id = statement.id.as_str().to_owned();
    let own = small().copy(&site.path("own"));
    own.edit("CareRecord_Observation", |rows| {
        let at = place(rows, "ObservationGuid");
        rows[1][at] = format!("{{{}}}", id.to_uppercase());
    });
    load("emis-csv", &own.dir);
    (statement.place.line, id)
}

#[test]
fn a_message_that_came_again_by_another_name_is_named_before_other_feeds_rows_of_the_same_id() {
    let site = Site::new();
    let (line, id) = one_thing_three_times(&site);
    let ran = trace(&site, &format!("one.xml:{line}"), &[]);
    let at = |words: &str| ran.out.find(words).unwrap_or_else(|| panic!("{words}: {}", ran.out));
    let (message, own) = (format!("--row 'two.xml:{line}'"), "of the practice's own system");
    assert!(at("of GP2GP messages") < at(&message) && at(&message) < at(own), "{}", ran.out);
    let config = site.config();
    let both = run(&["trace", "--config", &config, "--practice", PRACTICE, "--entry", &id]);
    assert_eq!(both.out.matches("\nrow ").count() + 1, 2, "{}", both.out);
    has(&both, &[&format!("two.xml:{line} of"), "_CareRecord_Observation_"]);
}

#[test]
fn of_a_line_that_holds_a_whole_message_each_entry_is_traced_by_its_id() {
    let site = Site::new();
    let minified: String = message().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let file = site.path("one.xml");
    fs::write(&file, minified).unwrap();
    let config = site.config();
    let (file, gp2gp) = (file.to_str().unwrap(), ["--practice", PRACTICE, "--format", "gp2gp"]);
    let ran = run(&[&["ingest", "--config", &config], &gp2gp[..], &[file]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let log = store::RowLog::rows(&site.store(), &PRACTICE.parse().unwrap(), 1, &[]).unwrap().unwrap();
    let name = log.rows[0].place.file.clone();
    let whole = trace(&site, &format!("{name}:1"), &[]);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    has(&whole, &["of the rows of this line stored", "choose one of them: trace --entry ID"]);
    assert!(whole.out.lines().count() < 60, "{}", whole.out);
    let id = whole.out.lines().find_map(|line| line.trim().split_once("  a statement")).unwrap().0;
    let one = run(&["trace", "--config", &config, "--practice", PRACTICE, "--entry", id]);
    assert_eq!(one.code, Some(0), "{one:?}");
    has(&one, &[&format!("entry     {id}: a statement"), "batch 1 of 1: stored", "became    "]);
    assert_eq!(one.out.matches("entry     ").count(), 1, "{}", one.out);
    let none = run(&["trace", "--config", &config, "--practice", PRACTICE, "--entry", "nosuch"]);
    none.says(&["has no entry with this id"]);
}

#[test]
fn a_file_that_is_not_read_is_named_by_every_report() {
    let site = Site::new();
    let export = measured().copy(&site.path("export"));
    fs::write(export.dir.join("291_Admin_Nowhere.csv"), "\"A\"\r\n\"1\"\r\n").unwrap();
    let ran = site.ingest(&export.dir);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said = format!("{}{}", ran.out, ran.err);
    let line = said.lines().find(|line| line.starts_with("291_Admin_Nowhere.csv"));
    assert!(line.is_some_and(|line| line.contains("not read; its rows are not counted")), "{said}");
    let ran = trace(&site, "291_Admin_Nowhere.csv:2", &[]);
    has(&ran, &["not read: batch 1 had a file of this name"]);
}

#[test]
fn a_row_inside_something_confidential_is_told_so() {
    let site = Site::new();
    let export = measured().copy(&site.path("export"));
    let mut line = 0;
    let mut consultation = String::new();
    export.edit("CareRecord_Observation", |rows| {
        let at = place(rows, "ConsultationGuid");
        let value = place(rows, "Value");
        let row =
            (1..rows.len()).find(|row| !rows[*row][at].is_empty() && !rows[*row][value].is_empty()).unwrap();
        consultation = rows[row][at].clone();
        line = line_of(rows, row);
    });
    export.edit("CareRecord_Consultation", |rows| {
        let (id, mark) = (place(rows, "ConsultationGuid"), place(rows, "IsConfidential"));
        rows.iter_mut().filter(|row| row[id] == consultation).for_each(|row| row[mark] = "true".to_owned());
    });
    assert_eq!(site.ingest(&export.dir).code, Some(0));
    let ran = trace(&site, &format!("{}:{line}", export.name("CareRecord_Observation")), &[]);
    has(
        &ran,
        &[
            "marked confidential",
            "label     confidential",
            "views     none",
            "gets nothing (label:confidential)",
        ],
    );
}
