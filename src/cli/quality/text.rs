//! A data-quality report for a terminal.

use std::fmt::Write as _;

use project::quality::{CodeRow, Counted, Summary, UnitRow};

use super::sheet::{Sheet, age, shared, why, withheld};
use crate::report::shortened;

/// Rows of each list.
const LISTED: usize = 20;

/// The whole report.
pub(crate) fn whole(sheet: &Sheet) -> String {
    let mut out = String::new();
    let quality = &sheet.quality;
    let _ = writeln!(out, "Data quality of {}: {}, {}", sheet.practice, sheet.of_what(), sheet.day());
    if let Some([rows, stored, unchanged, parked, rejected]) = sheet.totals() {
        let _ = writeln!(
            out,
            "{rows} rows: {stored} stored, {unchanged} unchanged, {parked} parked, {rejected} rejected"
        );
    }
    let _ = writeln!(
        out,
        "{} patients, {} entries, {} deleted by their source",
        quality.patients, quality.entries, quality.deleted
    );
    heading(&mut out, "What was told of rows", sheet.told.len());
    for row in sheet.told.iter().take(LISTED) {
        let field = row.field.as_deref().unwrap_or("");
        let _ = writeln!(
            out,
            "{:>9}  {:<24} {:<26} {}",
            row.count,
            row.code.code(),
            field,
            shortened(&row.file, 60)
        );
    }
    people(quality, &mut out);
    waiting(quality, &mut out);
    out.push_str(&not_understood(quality, LISTED));
    became(quality, &mut out);
    heading(&mut out, "Units, as sent and as UCUM", quality.units.len());
    quality.units.iter().take(LISTED).for_each(|row| unit(row, &mut out));
    heading(&mut out, "The most frequent codes, and what they became", quality.codes.len());
    quality.codes.iter().take(LISTED).for_each(|row| code(row, &mut out));
    if quality.not_named > 0 {
        let _ = writeln!(out, "\n{} more units, codes and files are counted together", quality.not_named);
    }
    out
}

/// The lists of what is not understood.
pub(crate) fn not_understood(quality: &Summary, most: usize) -> String {
    let mut out = String::new();
    heading(&mut out, "Units without a UCUM code (served as words)", quality.unknown_units.len());
    quality.unknown_units.iter().take(most).for_each(|row| unit(row, &mut out));
    other(&mut out, &quality.other_units, "whose unit does not look like one, and is not shown here");
    heading(&mut out, "Codes without a SNOMED CT concept", quality.codes_without_concept.len());
    quality.codes_without_concept.iter().take(most).for_each(|row| code(row, &mut out));
    other(&mut out, &quality.other_codes, "whose code does not look like one, and is not shown here");
    other(&mut out, &quality.without_code, "without a code, or whose code has not come yet");
    out
}

fn people(quality: &Summary, out: &mut String) {
    heading(out, "Warning: records of people whose NHS number another record has too", quality.shared.len());
    for row in &quality.shared {
        let _ = writeln!(out, "{:>9}  {}{}", row.counted.count, shared(row), place(&row.counted));
    }
}

fn waiting(quality: &Summary, out: &mut String) {
    heading(out, "What waits, the oldest first", quality.waiting.len());
    for row in &quality.waiting {
        let _ =
            writeln!(out, "{:>9}  {:<24} {}{}", row.counted.count, row.code, age(row), place(&row.counted));
    }
}

fn became(quality: &Summary, out: &mut String) {
    heading(out, "What entries became", quality.became.len());
    for (name, count) in &quality.became {
        let _ = writeln!(out, "{count:>9}  {name}");
    }
    for (code, count) in &quality.not_mapped {
        let _ = writeln!(out, "{count:>9}  no resource: {}", why(code));
    }
    heading(out, "Resources that are withheld", quality.withheld.len());
    for (code, count) in &quality.withheld {
        let _ = writeln!(out, "{count:>9}  {:<24} {}", code, withheld(code));
    }
}

fn heading(out: &mut String, words: &str, rows: usize) {
    if rows > 0 {
        let _ = writeln!(out, "\n{words}");
    }
}

fn unit(row: &UnitRow, out: &mut String) {
    let ucum = match row.ucum {
        Some(ucum) if project::ucum(&row.sent).is_some() => format!("= {ucum}"),
        Some(ucum) => format!("did you mean {ucum}? A row in units.csv decides{}", place(&row.counted)),
        None => place(&row.counted).trim_start().to_owned(),
    };
    let _ = writeln!(out, "{:>9}  {:<24} {ucum}", row.counted.count, row.sent);
}

fn code(row: &CodeRow, out: &mut String) {
    let term = row.term.as_deref().map_or(String::new(), |term| format!(" {}", shortened(term, 40)));
    let became: Vec<String> = row
        .became
        .iter()
        .map(|(what, count)| if row.became.len() > 1 { format!("{what} {count}") } else { what.clone() })
        .collect();
    let name = format!("{} {}{term}", row.system, row.code);
    let _ = writeln!(out, "{:>9}  {name:<60} {}", row.counted.count, became.join(", "));
}

fn other(out: &mut String, counted: &Counted, words: &str) {
    if counted.count > 0 {
        let _ = writeln!(out, "{:>9}  {words}{}", counted.count, place(counted));
    }
}

fn place(counted: &Counted) -> String {
    counted.example.as_ref().map_or(String::new(), |at| format!("  such as {}:{}", at.file, at.line))
}
