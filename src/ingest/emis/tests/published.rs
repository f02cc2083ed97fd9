//! The published column lists, where the shared data are at hand: every version's header is accepted.

use std::{fs, io::Write, path::Path};

use super::*;

/// The columns of a table in a version, from a line-by-line list of strings or objects with a name.
fn columns(json: &str, version: &str, table: &str) -> Vec<String> {
    let section = json.split_once(&format!("\n\"{version}\": {{")).map(|(_, rest)| rest).unwrap();
    let (_, list) = section.split_once(&format!("\n\"{table}\": [")).unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    let quoted = |line: &str| line.split('"').map(str::to_owned).collect::<Vec<_>>();
    let of_objects = list.contains("\"name\"");
    let lines = list.lines().map(str::trim).filter(|line| !of_objects || line.starts_with("\"name\""));
    let name = |line: &str| quoted(line).get(if of_objects { 3 } else { 1 }).cloned();
    lines.filter_map(name).collect()
}

#[test]
fn the_headers_of_every_published_version_are_accepted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/emis-csv/columns.json");
    let Ok(json) = fs::read_to_string(&path) else {
        writeln!(std::io::stderr(), "skipped: ../shared/data/emis-csv/columns.json is not here").unwrap();
        return;
    };
    for version in ["v5.4", "v8.0", "v8.2"] {
        let mut export = Export::header_only();
        for table in TABLES {
            let columns = columns(&json, version, table);
            assert!(columns.len() >= 5, "{version} {table}: {columns:?}");
            export.headers.insert(table.to_owned(), columns);
        }
        let mut export = export.row(ORGANISATION, &[]);
        for table in [SHARING, STAFF, CODE, PATIENT, CONSULTATION, PROBLEM, OBSERVATION] {
            export = export.row(table, &[]);
        }
        let log = export.read();
        assert_eq!((log.facts.len(), &log.rejected[..]), (8, &[][..]), "{version}");
        // No published version has the column of the sign in front of a number.
        let told: Vec<_> = log.warned.iter().map(|issue| issue.field.as_deref()).collect();
        assert_eq!(told, [Some("NumericOperator")], "{version}");
    }
}
