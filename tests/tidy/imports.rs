//! Who may import whom. What is not listed is forbidden.

use std::collections::BTreeSet;

use toml::Table;

use crate::tree::{FILES, none, product};

/// Each crate of ours and those of ours that it may name.
const MAY: [(&str, &[&str]); 12] = [
    ("record", &[]),
    ("fhir", &[]),
    ("redact", &["record"]),
    ("policy", &["record"]),
    ("map", &["fhir", "record"]),
    ("project", &["map", "policy", "record", "redact"]),
    ("ingest", &["record"]),
    ("store", &["policy", "record"]),
    ("auth", &["record", "store"]),
    ("gateway", &["auth", "ingest", "policy", "project", "record", "store"]),
    ("synth", &["record"]),
    (
        "cli",
        &[
            "auth", "fhir", "gateway", "ingest", "map", "policy", "project", "record", "redact", "store",
            "synth",
        ],
    ),
];

/// What a crate's own tests may name beside that.
const TESTS_MAY: [(&str, &[&str]); 1] = [("auth", &["policy"])];

/// Crates of others, by the beginning of their names, and the only ones of ours that may name them.
const ONLY: [(&str, &[&str]); 18] = [
    ("fhirbolt", &["fhir"]),
    ("quick-xml", &["ingest"]),
    ("csv", &["ingest", "synth"]),
    ("encoding_rs", &["ingest", "synth"]),
    ("heed", &["store"]),
    ("libc", &["store"]),
    ("lz4_flex", &["store"]),
    ("tokio", &["gateway", "cli"]),
    ("hyper", &["gateway"]),
    ("h2", &["gateway"]),
    ("rustls", &["gateway"]),
    ("opentelemetry", &["gateway"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("rcgen", &["cli"]),
    ("flate2", &["gateway"]),
    ("zstd", &["gateway"]),
    ("mimalloc", &["gateway"]),
];

fn manifest(path: &str) -> Table {
    FILES[path].parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn names(manifest: &Table, table: &str) -> BTreeSet<String> {
    manifest
        .get(table)
        .and_then(|table| table.as_table())
        .into_iter()
        .flat_map(Table::keys)
        .cloned()
        .collect()
}

#[test]
fn each_crate_imports_only_what_it_may() {
    let ours: BTreeSet<&str> = MAY.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for (name, may) in MAY {
        let path = format!("src/{name}/Cargo.toml");
        let manifest = manifest(&path);
        assert_eq!(manifest["package"]["name"].as_str(), Some(name), "the folder is the crate");
        for other in ["build-dependencies", "target"] {
            assert!(!manifest.contains_key(other), "{path} has {other}, which this test does not read");
        }
        let tests_may = TESTS_MAY.iter().filter(|(of, _)| *of == name).flat_map(|(_, may)| *may);
        let in_tests: BTreeSet<&str> = may.iter().chain(tests_may).copied().collect();
        let named = names(&manifest, "dependencies");
        found.extend(
            named
                .iter()
                .filter(|other| ours.contains(other.as_str()) && !may.contains(&other.as_str()))
                .map(|other| format!("{path}: {other}")),
        );
        found.extend(
            names(&manifest, "dev-dependencies")
                .iter()
                .filter(|other| ours.contains(other.as_str()) && !in_tests.contains(other.as_str()))
                .map(|other| format!("{path}: {other} for its tests")),
        );
        for (theirs, only) in ONLY {
            let those = named.iter().filter(|other| other.starts_with(theirs) && !only.contains(&name));
            found.extend(those.map(|other| format!("{path}: {other} is only for {}", only.join(" and "))));
        }
    }
    none(&found, "a crate imports what it may not (README, architecture)");
}

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let crates: BTreeSet<&str> =
        FILES.keys().filter_map(|path| path.strip_prefix("src/")?.strip_suffix("/Cargo.toml")).collect();
    assert_eq!(crates, MAY.iter().map(|(name, _)| *name).collect());
    let root = manifest("Cargo.toml");
    assert_eq!(names(&root, "dependencies"), ["cli".to_owned()].into(), "the binary calls one function");
    for (theirs, only) in ONLY {
        let named = |name: &&&str| {
            let manifest = manifest(&format!("src/{name}/Cargo.toml"));
            names(&manifest, "dependencies").iter().any(|other| other.starts_with(theirs))
        };
        assert!(
            only.iter().any(|name| named(&name)),
            "{theirs}: nobody imports it any more; take the row away"
        );
    }
}

#[test]
fn what_a_crate_declares_it_uses_and_by_its_own_name() {
    let mut found = Vec::new();
    for (name, _) in MAY {
        let all: Vec<String> = product(&format!("src/{name}/")).into_iter().map(|(_, text)| text).collect();
        for other in names(&manifest(&format!("src/{name}/Cargo.toml")), "dependencies") {
            let spelled = other.replace('-', "_");
            let paths = [format!("{spelled}::"), format!("use {spelled};"), format!("#[{spelled}")];
            let uses = |text: &String| paths.iter().any(|path| text.contains(path));
            // Three are named for their version or features alone (see the root manifest).
            let known =
                matches!((name, other.as_str()), ("gateway", "h2" | "rustls-webpki") | ("cli", "time"));
            if !known && !all.iter().any(uses) {
                found.push(format!("src/{name}: {other}"));
            }
        }
    }
    none(&found, "a dependency that no source names");
    let text = &FILES["Cargo.toml"];
    assert!(!text.contains("package = \""), "a renamed dependency would hide from these tests");
}

#[test]
fn only_the_wall_names_fhirbolt_encoders() {
    let words = [["fhirbolt::", "json"].concat(), ["fhirbolt::", "xml"].concat()];
    let names = |text: &str| words.iter().any(|word| text.contains(word.as_str()));
    let found: Vec<String> = FILES
        .iter()
        .filter(|(path, text)| path.ends_with(".rs") && !path.starts_with("src/fhir/") && names(text))
        .map(|(path, _)| path.clone())
        .collect();
    none(&found, "each crate that calls fhirbolt's encoder compiles all of R4 again");
    assert!(product("src/fhir/").iter().any(|(_, text)| names(text)));
}
