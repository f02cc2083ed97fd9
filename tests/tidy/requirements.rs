//! Each requirement of a guide names the test that shows it, or says why it is not met.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::tree::{FILES, none, rust};

/// The names of all test functions: a `#[test]` (also inside `proptest!`) and its `fn`.
fn tests() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for (_, text) in rust("") {
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if marked && !line.starts_with('#') && !line.starts_with("//") {
                let name = line.split_once("fn ").and_then(|(_, rest)| rest.split('(').next());
                names.extend(name);
                marked = false;
            }
        }
    }
    names
}

fn requirements() -> Vec<(&'static str, Table)> {
    let mut all = Vec::new();
    for (path, text) in
        FILES.iter().filter(|(path, _)| path.starts_with("conformance/") && path.ends_with(".toml"))
    {
        let file: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        for part in ["guide", "version"] {
            assert!(file.get(part).and_then(Value::as_str).is_some(), "{path} has no {part}");
        }
        let rows =
            file.get("requirement").and_then(Value::as_array).unwrap_or_else(|| panic!("{path} is empty"));
        all.extend(rows.iter().map(|row| (path.as_str(), row.as_table().unwrap().clone())));
    }
    assert!(all.len() > 100, "only {} requirements", all.len());
    all
}

#[test]
fn every_requirement_names_a_test_that_exists_or_says_why_it_is_not_met() {
    let tests = tests();
    assert!(tests.len() > 200, "only {} tests were found", tests.len());
    let mut found = Vec::new();
    for (path, row) in requirements() {
        let text =
            |part: &str| row.get(part).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let id = text("id").unwrap_or("(without id)");
        if text("id").is_none() || text("clause").is_none() {
            found.push(format!("{path} {id}: id or clause is missing"));
        }
        if !text("strength")
            .is_some_and(|word| ["SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY"].contains(&word))
        {
            found.push(format!("{path} {id}: strength"));
        }
        match (text("test"), text("not_met")) {
            (Some(test), None) if test.contains('/') => {
                found.extend(
                    (!FILES.contains_key(test)).then(|| format!("{path} {id}: there is no script {test}")),
                );
            }
            (Some(test), None) => {
                found
                    .extend((!tests.contains(test)).then(|| format!("{path} {id}: there is no test {test}")));
            }
            (None, Some(_)) => {}
            _ => found.push(format!("{path} {id}: exactly one of test and not_met")),
        }
    }
    none(&found, "requirements without their test");
}

#[test]
fn every_requirement_has_an_id_of_its_own() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (_, row) in requirements() {
        *count.entry(row["id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let twice: Vec<String> = count.into_iter().filter(|(_, times)| *times > 1).map(|(id, _)| id).collect();
    none(&twice, "used twice");
}

/// Each threat from T01 to T57 stands in `threats.toml`, once and in order, and the test that it names has its number, so
/// that whoever looks for a number finds it. A threat that is not met has no such test.
#[test]
fn every_threat_is_listed_with_the_test_of_its_number() {
    let (tests, mut found) = (tests(), Vec::new());
    let rows: Vec<Table> = requirements()
        .into_iter()
        .filter(|(path, _)| *path == "conformance/threats.toml")
        .map(|(_, row)| row)
        .collect();
    let listed: Vec<&str> = rows.iter().filter_map(|row| row.get("id").and_then(Value::as_str)).collect();
    let expected: Vec<String> = (1..=57).map(|number| format!("T{number:02}")).collect();
    assert_eq!(listed, expected);
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        let numbered = format!("{}_", id.to_lowercase());
        match row.get("test").and_then(Value::as_str) {
            Some(test) if !test.starts_with(&numbered) => {
                found.push(format!("{id}: {test} has another number"))
            }
            Some(_) => {}
            None => found.extend(
                tests
                    .iter()
                    .filter(|test| test.starts_with(&numbered))
                    .map(|test| format!("{id} is said not to be met, and there is a test {test}")),
            ),
        }
    }
    none(&found, "threats without their test");
}
