//! The journal: a row for each statement, both readings of a blood pressure in one.

use std::io;

use super::{
    day, hcp,
    table::{File, Row},
};
use crate::{
    codes::Code,
    day::Precision,
    life::{Life, Marks, Oddity, Statement, meaning},
    oracle::Meant,
};

/// Writes a patient's rows; how many are observations, and how many are about vaccinations.
pub(super) fn write(life: &Life, pid: &str, file: &mut File) -> io::Result<(u32, u32)> {
    let (mut observations, mut immunisations) = (0, 0);
    for (number, statement) in life.statements.iter().enumerate() {
        if is_half(life, statement) {
            continue;
        }
        row(life, number, statement, pid, file)?;
        if statement.code.is_immunisation() {
            immunisations += 1;
        } else {
            observations += 1;
        }
    }
    Ok((observations, immunisations))
}

/// Whether a statement is written in the row of its blood pressure.
fn is_half(life: &Life, statement: &Statement) -> bool {
    statement.parent.is_some_and(|parent| is_blood_pressure(life, parent)) && is_reading(statement.code)
}

fn is_blood_pressure(life: &Life, number: usize) -> bool {
    life.statements.get(number).is_some_and(|statement| statement.code.key.starts_with("bp"))
}

fn is_reading(code: &Code) -> bool {
    code.key.starts_with("systolic") || code.key.starts_with("diastolic")
}

fn row(life: &Life, number: usize, statement: &Statement, pid: &str, file: &mut File) -> io::Result<()> {
    let code = statement.code;
    let reading = |name: &str| {
        let part = |part: &&Statement| part.parent == Some(number) && part.code.key.starts_with(name);
        life.statements.iter().find(part).and_then(|part| part.value.clone()).unwrap_or_default()
    };
    let (value1, value2) = if code.key.starts_with("bp") {
        (reading("systolic"), reading("diastolic"))
    } else {
        let value = statement.value.as_deref().unwrap_or_default();
        (format!("{}{value}", if value.is_empty() { "" } else { statement.operator }), String::new())
    };
    let entity = entity(code);
    let unit = if entity.is_empty() { statement.unit } else { "" };
    let problem = life.problems.iter().any(|problem| problem.statement == number);
    let date = if statement.precision == Precision::Unknown { String::new() } else { day(statement.day) };
    let links = match (statement.oddity, statement.consultation) {
        (Some(Oddity::UnknownConsultation), _) => "E999999".to_owned(),
        (_, Some(consultation)) => format!("77|E{consultation}"),
        (_, None) => String::new(),
    };
    let mut fields: Vec<(&'static str, String)> = vec![
        ("PID", pid.to_owned()),
        ("ID", (number + 1).to_string()),
        ("DATE", date),
        ("RECORDED_DATE", day(statement.entered.day)),
        ("CODE", read_code(code)),
        ("SNOMED_CODE", code.snomed.clone()),
        ("HCP", hcp(statement.clinician)),
        ("TEXT", statement.text.clone()),
        ("RUBRIC", code.term.clone()),
        ("ENTITY", entity.to_owned()),
        ("VALUE1", value1),
        ("VALUE1_UNITS", unit.to_owned()),
        ("VALUE2", value2),
        ("CONTEXT", "A".to_owned()),
        ("LINKS", links),
        ("SERVICE_ID", "1".to_owned()),
        ("ACTION", "A".to_owned()),
        ("SUBSET", subset(code, problem).to_owned()),
    ];
    if code.is_immunisation() {
        fields.extend(vaccination(statement));
    }
    let row: Vec<(&'static str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let row: &Row<'_> = &row;
    file.row(row)
}

/// What the rows mean. The format has no marks, and no dates that are known in part.
pub(super) fn meant(life: &Life) -> impl Iterator<Item = Meant> {
    let (none, patient) = (Marks::default(), (life.who.number + 1).to_string());
    let rows = life.statements.iter().enumerate();
    rows.map(move |(number, statement)| {
        let half = is_half(life, statement);
        let row = if half { statement.parent.unwrap_or(number) } else { number };
        let meant = meaning::meant(life, &none, &patient, number, statement);
        Meant {
            entry: (row + 1).to_string(),
            kind: meaning::kind(statement, &["Allergy", "Family history"]),
            hidden: statement.oddity == Some(Oddity::UnknownConsultation),
            code: if half { half_of(statement.code).to_owned() } else { meant.code },
            date: meaning::date_as(statement, whole(statement.precision)),
            ..meant
        }
    })
}

/// A row of two readings has one code: which reading is which is known by its place.
fn half_of(code: &Code) -> &'static str {
    if code.key.starts_with("systolic") { "271649006" } else { "271650006" }
}

fn whole(precision: Precision) -> Precision {
    if precision == Precision::Unknown { precision } else { Precision::Day }
}

/// What the status says, and the details of what was given.
fn vaccination(statement: &Statement) -> Vec<(&'static str, String)> {
    let key = statement.code.key.as_str();
    let status = if key.contains("declined") || key.contains("no-consent") {
        "Refusal to start or complete course"
    } else if key.contains("contra") {
        "Advised"
    } else {
        "Given"
    };
    let mut fields = vec![("IMMS_STATUS", status.to_owned())];
    if let Some(details) = &statement.vaccination {
        fields.extend([
            ("IMMS_BATCH", details.batch.clone()),
            ("IMMS_SITE", details.site.to_owned()),
            ("IMMS_METHOD", "Intramuscular".to_owned()),
            ("IMMS_SOURCE", "In practice".to_owned()),
        ]);
    }
    fields
}

/// Five characters, and the term code of the preferred term.
fn read_code(code: &Code) -> String {
    if code.read.is_empty() {
        return String::new();
    }
    let five: String = code.read.chars().take(5).collect();
    format!("{five:.<5}00")
}

fn entity(code: &Code) -> &'static str {
    match code.key.as_str() {
        "weight" => "WEIGHT",
        "pulse" => "PULSE",
        "waist" => "WAIST",
        key if key.starts_with("bp") => "BP",
        _ => "",
    }
}

fn subset(code: &Code, problem: bool) -> &'static str {
    match code.category.as_str() {
        "Immunisations" => "I",
        "Biochemistry" | "Haematology" | "Radiology" | "Diagnostics" => "T",
        category if category.starts_with("Allergy") => "L",
        _ if problem => "P",
        _ => "C",
    }
}
