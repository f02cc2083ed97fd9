//! A batch of the EMIS extract out of the few tables and columns that a case is about. What a case leaves out comes
//! from `emis-csv/_practice`: a table that a case has not, as it stands there; a column, from the first row there. In
//! columns of GUIDs a bare number stands for the GUID that ends in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The tables that every batch has.
pub const TABLES: [&str; 8] = [
    "Admin_Organisation",
    "Agreements_SharingOrganisation",
    "Admin_UserInRole",
    "Coding_ClinicalCode",
    "Admin_Patient",
    "CareRecord_Consultation",
    "CareRecord_Problem",
    "CareRecord_Observation",
];

pub type Rows = Vec<Vec<String>>;

/// Writes the batch of a case's folder; gives the files of the case that it read. `number` counts a case's batches.
pub fn batch(case: &Path, practice: &Path, number: usize, out: &Path) -> Vec<PathBuf> {
    let mut used = Vec::new();
    for table in TABLES {
        let usual = read(&practice.join(format!("{table}.csv")));
        let own = case.join(format!("{table}.csv"));
        let rows = if own.exists() {
            used.push(own.clone());
            filled(&read(&own), &usual, table)
        } else if table.starts_with("CareRecord_") {
            usual.into_iter().take(1).collect()
        } else {
            usual
        };
        fs::write(out.join(name(table, number)), text(&numbered(rows, number))).unwrap();
    }
    assert!(!used.is_empty(), "{}: no table of its own", case.display());
    used
}

/// The name that EMIS would give the table in a run.
pub fn name(table: &str, number: usize) -> String {
    let run = number * 1000;
    format!(
        "{}-{}_{table}_2024030112{number:02}00_0A0B0C0D-0000-4000-8000-000000000900.csv",
        run + 1,
        run + 1000
    )
}

/// A case's rows with every column that the table has.
pub fn filled(own: &Rows, usual: &Rows, table: &str) -> Rows {
    let (header, first) = (&usual[0], &usual[1]);
    let unknown: Vec<&String> = own[0].iter().filter(|column| !header.contains(column)).collect();
    let header: Vec<String> = header.iter().chain(unknown).cloned().collect();
    let mut rows = vec![header.clone()];
    for row in &own[1..] {
        assert_eq!(row.len(), own[0].len(), "{table}: {row:?}");
        let said: BTreeMap<&String, &String> = own[0].iter().zip(row).collect();
        let value = |(at, column): (usize, &String)| {
            said.get(column).map_or_else(|| first[at].clone(), |v| (*v).clone())
        };
        rows.push(header.iter().enumerate().map(value).collect());
    }
    rows
}

/// Expands GUIDs, and moves the processing ids into the run.
fn numbered(mut rows: Rows, number: usize) -> Rows {
    let header = rows[0].clone();
    for row in &mut rows[1..] {
        for (column, cell) in header.iter().zip(row) {
            let digits = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
            if column.ends_with("Guid") && digits {
                *cell = format!("{{00000000-0000-4000-8000-{cell:0>12}}}");
            } else if column == "ProcessingId" {
                *cell = (number * 1000 + cell.parse::<usize>().unwrap()).to_string();
            }
        }
    }
    rows
}

/// Rows as a file, every field in quotes.
pub fn text(rows: &Rows) -> String {
    let quoted = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        cells.join(",") + "\r\n"
    };
    rows.iter().map(quoted).collect()
}

/// Comma-separated values with quotes where they are needed.
pub fn read(path: &Path) -> Rows {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut rows, mut row, mut cell, mut quoted) = (Rows::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "{}: the last line does not end", path.display());
    rows
}
