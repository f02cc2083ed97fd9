//! `recordgate lexicon`: a table of first names from the statistics of births that ONS, NRS and NISRA publish, which an
//! operator downloads. The figures stay with the operator; the table has names only.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use ::redact::Lexicon;

use crate::{Failure, args::LexiconArgs};

/// What the publishers call the column of names, and the one of counts.
const NAMES: [&str; 7] =
    ["name", "first name", "firstname", "first forename", "firstforename", "forename", "baby name"];
const COUNTS: [&str; 7] =
    ["count", "n", "number", "births", "number of births", "number of babies", "frequency"];
/// Titles and notes may stand above the header.
const MOST_NOTES: usize = 40;

pub(crate) fn run(args: &LexiconArgs) -> Result<ExitCode, Failure> {
    let mut counts = BTreeMap::new();
    let mut unread = 0;
    for file in &args.files {
        let text = fs::read(file).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        unread += add(&String::from_utf8_lossy(&text), &mut counts).ok_or_else(|| no_header(file))?;
    }
    let kept: Vec<&String> =
        counts.iter().filter(|(_, count)| **count >= args.least).map(|(name, _)| name).collect();
    let exists = |error| Failure(format!("{}: {error}", args.out.display()));
    let file = OpenOptions::new().write(true).create_new(true).open(&args.out).map_err(exists)?;
    let mut out = BufWriter::new(file);
    out.write_all(table(&kept).as_bytes())?;
    out.flush()?;
    say!(
        "{} names in {}; {} rarer ones and {unread} rows without a name or a count left out",
        kept.len(),
        args.out.display(),
        counts.len() - kept.len()
    );
    Ok(ExitCode::SUCCESS)
}

fn no_header(file: &Path) -> Failure {
    Failure(format!(
        "{}: no header with a column for the name ({}) and one for the count ({})",
        file.display(),
        NAMES.join(", "),
        COUNTS.join(", ")
    ))
}

fn table(names: &[&String]) -> String {
    let lexicon = Lexicon::built_in();
    let mut table = "name,also\n".to_owned();
    for name in names {
        let word = lexicon.is_ordinary(name) || name.chars().count() < 3;
        table.push_str(&format!("{name},{}\n", if word { "word" } else { "" }));
    }
    table
}

/// Adds a file's names; how many rows had none or no count. `None` without a header.
fn add(text: &str, counts: &mut BTreeMap<String, u64>) -> Option<usize> {
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{feff}'));
    let column = |cells: &[String], known: &[&str]| {
        cells.iter().position(|cell| known.contains(&cell.trim().to_lowercase().replace('_', " ").as_str()))
    };
    let (name, count) = lines.by_ref().take(MOST_NOTES).find_map(|line| {
        let cells = cells(line);
        column(&cells, &NAMES).zip(column(&cells, &COUNTS))
    })?;
    let mut unread = 0;
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let cells = cells(line);
        match cells
            .get(name)
            .and_then(|cell| spelled(cell))
            .zip(cells.get(count).and_then(|cell| number(cell)))
        {
            Some((name, count)) => *counts.entry(name).or_default() += count,
            None => unread += 1,
        }
    }
    Some(unread)
}

/// The cells of a row, some of them in quotation marks.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.iter_mut().next_back().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    cells
}

/// `1,234`, `12.0`; suppressed figures are none.
fn number(cell: &str) -> Option<u64> {
    let digits = cell.trim().replace([',', ' '], "");
    digits.strip_suffix(".0").unwrap_or(&digits).parse().ok()
}

/// A name as names are written: the publishers have capitals throughout.
fn spelled(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let letters = cell.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | ' '));
    if cell.is_empty() || !letters || cell.chars().any(char::is_lowercase) {
        return (letters && !cell.is_empty()).then(|| cell.to_owned());
    }
    let mut begins = true;
    let letter = |c: char| {
        let small = if begins { c.to_string() } else { c.to_lowercase().collect() };
        begins = !c.is_alphabetic();
        small
    };
    Some(cell.chars().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Option<(Vec<(String, u64)>, usize)> {
        let mut counts = BTreeMap::new();
        let unread = add(text, &mut counts)?;
        Some((counts.into_iter().collect(), unread))
    }

    #[test]
    fn the_publishers_shapes_are_read_and_their_figures_added() {
        let pair = |name: &str, count| (name.to_owned(), count);
        let long = "name,sex,year,count\nZofia,F,2019,40\nZofia,F,2020,\"1,002\"\nOla,F,2020,*\n";
        assert_eq!(counted(long), Some((vec![pair("Zofia", 1042)], 1)));
        let scotland =
            "yr,sex,FirstForename,number,rank,position\n2001,B,EWAN,7,1,1\n2001,B,JEAN-LUC,3,2,2\n";
        assert_eq!(counted(scotland), Some((vec![pair("Ewan", 7), pair("Jean-Luc", 3)], 0)));
        let notes = "\u{feff}First names of babies\n\nRank,First name,Number of babies\n1,Aoife,12\n2,,3\n";
        assert_eq!(counted(notes), Some((vec![pair("Aoife", 12)], 1)));
        assert_eq!(counted("a,b\n1,2\n"), None);
    }

    #[test]
    fn a_table_marks_words_and_is_one_that_redact_takes() {
        let names: Vec<String> = ["Hope", "Xylia", "Li"].map(str::to_owned).into();
        let table = table(&names.iter().collect::<Vec<_>>());
        assert_eq!(table, "name,also\nHope,word\nXylia,\nLi,word\n");
        let lexicon = Lexicon::with_names(&table).unwrap();
        assert!(lexicon.is_first_name("Xylia") && !Lexicon::built_in().is_first_name("Xylia"));
    }
}
