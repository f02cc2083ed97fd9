//! Which element is shown in which view. Each row of the tables is tried on a small resource that holds that element,
//! so that what stands here is what the code does.

use std::{collections::BTreeMap, fmt::Write};

use policy::{DisclosureTable, Passed, View};
use record::ResourceType;
use serde_json::{Value, json};

use super::{Table, golden};
use crate::support::cut::cut;

/// What stands at a path, what stands beside it, and what redaction says of it.
#[derive(Clone, Copy)]
enum Told {
    /// Words in which somebody is found.
    Found,
    /// Words in which nobody is found.
    Clean,
    /// Words that are the display of a coding beside them, in which somebody is found.
    Term,
    /// A sign, a number and a known unit, in which somebody is found.
    Measured,
}

/// A resource with words at a path.
fn probe(path: &str, told: Told) -> Value {
    let parts: Vec<&str> = path.split('.').skip(1).collect();
    let words = if matches!(told, Told::Measured) { "~5 mg/L" } else { "words" };
    let mut value = json!(words);
    for (at, part) in parts.iter().enumerate().rev() {
        let coding = json!([{"display": words}]);
        value = match part.strip_prefix("extension:") {
            Some(name) => {
                let mut extension = if value.is_object() {
                    value
                } else {
                    json!({"valueCodeableConcept": {"coding": coding}})
                };
                extension["url"] = json!(format!("https://example.org/{name}"));
                json!({"extension": [extension]})
            }
            // An extension's address is shown only with what it stands for.
            None if *part == "url" => json!({"url": value, "valueCodeableConcept": {"coding": coding}}),
            None if matches!(told, Told::Term) && at + 1 == parts.len() => {
                json!({*part: value, "coding": coding})
            }
            None => json!({*part: value}),
        };
    }
    value
}

/// Whether something is left at the path.
fn shows(view: View, kind: ResourceType, path: &str, told: Told) -> bool {
    let screen = |_: &str| if matches!(told, Told::Clean) { Passed::Whole } else { Passed::Nothing };
    let shown = cut(kind, view, &probe(path, told), &screen);
    let mut at = &shown;
    for part in path.split('.').skip(1) {
        at = if part.starts_with("extension:") { &at["extension"][0] } else { &at[part] };
    }
    !at.is_null()
}

/// How an element is shown, as found by trying: in the table's own word and in a reader's.
fn found(kind: ResourceType, path: &str) -> (&'static str, &'static str) {
    let told = [Told::Found, Told::Clean, Told::Term, Told::Measured];
    let [coded, full] = [View::Coded, View::Full].map(|view| told.map(|told| shows(view, kind, path, told)));
    match (coded, full) {
        ([true, true, true, true], [true, true, true, true]) => ("coded", "coded and full"),
        ([false, false, true, false], [false, true, true, false]) => {
            ("coded-if-term", "coded and full if it is the term; else full if clean")
        }
        ([false, false, false, true], [false, true, false, true]) => (
            "coded-if-measured",
            "coded and full if it is a sign, a number and a known unit; else full if clean",
        ),
        ([false, false, false, false], [false, true, false, false]) => ("screened", "full if clean"),
        ([false, false, false, false], [false, false, false, false]) => ("never", "never"),
        other => panic!("{path} is shown in a way that has no name: {other:?}"),
    }
}

fn rows(kind: ResourceType) -> BTreeMap<String, toml::Table> {
    toml::from_str(DisclosureTable::source(kind)).unwrap()
}

#[test]
fn the_element_matrix_is_as_checked_in_and_does_what_the_tables_say() {
    let mut out = String::from(
        "# In which view each element is shown, and why. An element that is not here is shown in none.\n\
         # Made by tests/matrix.rs by trying each row of profiles/disclosure/*.toml.\n",
    );
    for kind in ResourceType::ALL {
        let rows = rows(kind);
        assert!(rows.len() > 20, "{}", kind.name());
        writeln!(out, "\n## {}\n", kind.name()).unwrap();
        let mut table = Table::new(&["element", "shown in", "why"]);
        for (path, row) in &rows {
            let (word, shown) = found(kind, path);
            assert_eq!(row["show"].as_str(), Some(word), "{path}");
            table.row([path.clone(), shown.to_owned(), row["why"].as_str().unwrap().to_owned()]);
        }
        table.write(&mut out);
    }
    golden("elements.txt", &out);
}

#[test]
fn an_element_beside_every_row_is_shown_in_no_view() {
    let mut tried = 0;
    for kind in ResourceType::ALL {
        for path in rows(kind).keys() {
            let (parent, _) = path.rsplit_once('.').unwrap();
            let unknown = format!("{parent}.notInAnyTable");
            // What is shown with all that is in it shows what it may hold one day, too; no parent of a row is that.
            assert!(!shows(View::Full, kind, &unknown, Told::Clean), "{unknown}");
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}
