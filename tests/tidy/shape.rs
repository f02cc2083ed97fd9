//! The shape of the tree: what stands at the top, how long files are, that tables are sorted and golden files used.

use std::collections::BTreeSet;

use crate::tree::{FILES, none, rust};

const TOP: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "CHANGELOG.md",
    "rustfmt.toml",
    "clippy.toml",
    "src",
    "profiles",
    "conformance",
    "tests",
    "deploy",
    "LICENSE",
    "LICENSE-*",
];
const MOST_LINES: usize = 500;
/// Longer files, their exact length and why. The length may only fall.
const LONGER: [(&str, usize, &str); 0] = [];

#[test]
fn the_top_level_holds_nothing_but_the_house() {
    let top: BTreeSet<&str> = FILES.keys().filter_map(|path| path.split('/').next()).collect();
    let known = |name: &&str| name.starts_with('.') || name.starts_with("LICENSE") || TOP.contains(name);
    let found: Vec<String> = top.iter().filter(|name| !known(name)).map(|name| (*name).to_owned()).collect();
    none(&found, "stands at the top level and does not belong there");
    let loose = FILES.keys().filter(|path| path.starts_with("src/") && path.matches('/').count() == 1);
    assert_eq!(loose.collect::<Vec<_>>(), ["src/main.rs"], "the only loose file under src is main.rs");
}

#[test]
fn no_source_file_is_longer_than_one_can_take_in() {
    let mut found = Vec::new();
    for (path, text) in rust("") {
        let lines = text.lines().count();
        match LONGER.iter().find(|(longer, ..)| *longer == path) {
            None if lines > MOST_LINES => found.push(format!("{path}: {lines} lines")),
            Some((_, was, _)) if lines > *was => {
                found.push(format!("{path}: has grown from {was} to {lines} lines"))
            }
            Some(_) if lines <= MOST_LINES => {
                found.push(format!("{path}: is short now; take it off the list"))
            }
            Some((_, was, _)) if lines < *was => found.push(format!("{path}: has shrunk; list {lines}")),
            None | Some(_) => {}
        }
    }
    found.extend(
        LONGER
            .iter()
            .filter(|(path, ..)| !FILES.contains_key(*path))
            .map(|(path, ..)| format!("{path}: is gone")),
    );
    none(&found, "files of more than 500 lines are to be split");
}

#[test]
fn every_source_file_says_what_it_is() {
    let begins = |text: &str| text.starts_with("//!");
    let found: Vec<String> =
        rust("").filter(|(_, text)| !begins(text)).map(|(path, _)| path.to_owned()).collect();
    none(&found, "a Rust file begins with //! and what it is");
}

#[test]
fn every_code_table_is_sorted_and_holds_no_row_twice() {
    let mut tables = 0;
    for (path, text) in FILES.iter().filter(|(path, _)| path.starts_with("profiles/codes/")) {
        // Lines with # say what the table is; then comes the header.
        let rows: Vec<&str> = text.lines().skip_while(|line| line.starts_with('#')).skip(1).collect();
        let keys: Vec<&str> = rows.iter().filter_map(|row| row.split(',').next()).collect();
        assert!(text.starts_with("# "), "{path} does not say what it is and where more can be had");
        assert!(!rows.is_empty() && keys.is_sorted(), "{path} is empty or not sorted by its first column");
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "{path} holds a row twice");
        tables += 1;
    }
    assert!(tables >= 9, "{tables}");
}

#[test]
fn every_golden_file_is_named_by_a_test() {
    let tests: String = rust("tests/").map(|(_, text)| text).collect();
    let is_golden = |path: &&String| {
        (path.starts_with("tests/cases/") || path.starts_with("tests/matrix/")) && !path.ends_with(".rs")
    };
    let mut found = Vec::new();
    for path in FILES.keys().filter(is_golden) {
        let name = path.rsplit('/').next().unwrap();
        let stem = name.split('.').next().unwrap();
        // `raw-<table>.csv` stands for a table as it is (tests/cases/flat.rs).
        let (name, stem) = (name.trim_start_matches("raw-"), stem.trim_start_matches("raw-"));
        // A test names the file, or its own name without the kind of file, which it adds.
        let named = [name, stem]
            .iter()
            .any(|name| tests.contains(&format!("{name}\"")) || tests.contains(&format!("/{name}")));
        found.extend((!named).then(|| path.clone()));
    }
    none(&found, "golden files that no test compares with anything");
}
