//! The disclosure matrix: who may see what, as tables that a reviewer can read, made by the product's own code. Who
//! changes a rule sees the rule change here; `RECORDGATE_UPDATE_GOLDEN=1` writes the tables anew.
//!
//! What has one answer over a whole group of cases is one line; the line says how many cases it stands for, and falls
//! apart into its cases as soon as one of them differs.

mod access;
mod actors;
mod elements;
mod practice;

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

/// Compares a table with the one that is checked in, or writes it.
fn golden(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix").join(name);
    if std::env::var("RECORDGATE_UPDATE_GOLDEN").as_deref() == Ok("1") {
        fs::write(&path, made).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (kept, made): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), made.lines().collect());
    let differ =
        kept.iter().zip(&made).position(|(kept, made)| kept != made).unwrap_or(kept.len().min(made.len()));
    assert!(
        kept == made,
        "{name} changes at line {}:\n- {}\n+ {}\nRead the whole change after RECORDGATE_UPDATE_GOLDEN=1.",
        differ + 1,
        kept.get(differ).unwrap_or(&"(end)"),
        made.get(differ).unwrap_or(&"(end)"),
    );
}

/// A table of text, its columns as wide as they must be.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().collect();
        assert_eq!(row.len(), self.rows[0].len());
        self.rows.push(row);
    }

    fn write(&self, out: &mut String) {
        let widths: Vec<usize> = (0..self.rows[0].len())
            .map(|at| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap())
            .collect();
        for row in &self.rows {
            let line: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(out, "{}", line.join(" | ").trim_end()).unwrap();
        }
    }
}

/// Writes a group of cases: one line if all have the same answer, otherwise a line for each.
fn group(out: &mut String, title: &str, cases: &[(String, String)]) {
    let answers: BTreeSet<&str> = cases.iter().map(|(_, answer)| answer.as_str()).collect();
    assert!(!cases.is_empty(), "{title}");
    if answers.len() == 1 {
        writeln!(out, "{title}: {} (all {} cases)", cases[0].1, cases.len()).unwrap();
        return;
    }
    writeln!(out, "{title}:").unwrap();
    for (case, answer) in cases {
        writeln!(out, "    {case}: {answer}").unwrap();
    }
}

#[test]
fn a_group_falls_apart_as_soon_as_one_case_differs() {
    let case = |name: &str, answer: &str| (name.to_owned(), answer.to_owned());
    let mut out = String::new();
    group(&mut out, "g", &[case("a", "x"), case("b", "x")]);
    group(&mut out, "h", &[case("a", "x"), case("b", "y")]);
    assert_eq!(out, "g: x (all 2 cases)\nh:\n    a: x\n    b: y\n");
}
