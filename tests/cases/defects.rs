//! What published adaptors got wrong and what exports set traps with, each with the case that shows that we do not.

use std::{collections::BTreeSet, fs, path::Path};

fn listed(file: &str) -> Vec<toml::Table> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(file);
    let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    table["requirement"].as_array().unwrap().iter().map(|row| row.as_table().unwrap().clone()).collect()
}

fn ids(rows: &[toml::Table]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// A golden case says which defect it is about.
fn cites(row: &toml::Table, section: &str) -> bool {
    let Some(case) = row.get("test").and_then(toml::Value::as_str).filter(|test| test.ends_with("rule.toml"))
    else {
        return true;
    };
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(case));
    text.is_ok_and(|text| text.contains(section))
}

#[test]
fn each_published_defect_of_the_gp2gp_adaptors_has_its_case_or_cannot_apply() {
    let rows = listed("gp2gp-adaptor-defects.toml");
    let open = (1..=10).map(|number| format!("OPEN-{number}"));
    let fixed = (1..=16).map(|number| format!("FIXED-{number}"));
    assert_eq!(ids(&rows), open.chain(fixed).collect());
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        let section = if id.starts_with("OPEN") { "4.7" } else { "4.8" };
        assert!(cites(row, section), "the case of {id} does not cite {section}");
    }
}

#[test]
fn each_trap_of_the_export_formats_has_its_case() {
    let rows = listed("export-traps.toml");
    assert_eq!(ids(&rows), (1..=17).map(|number| format!("TRAP-{number}")).collect());
}
