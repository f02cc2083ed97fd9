//! Reports: each laboratory test of a record with its parts, and what they mean.

use record::Effective;

use super::segment::Segments;
use crate::{
    Options,
    life::{Life, Statement},
    oracle::Meant,
};

const SENDER: &str = "000000009900001";

/// A report: a test group and its results, or one result alone.
pub struct Report<'a> {
    /// The group or the result.
    pub header: &'a Statement,
    /// The group's results.
    pub parts: Vec<&'a Statement>,
}

/// The laboratory's reports in a record.
pub fn reports(life: &Life) -> Vec<Report<'_>> {
    let of_laboratory = |statement: &Statement| {
        ["Haematology", "Biochemistry"].contains(&statement.code.category.as_str())
            && statement.oddity.is_none()
    };
    let numbered = life.statements.iter().enumerate();
    let headers = numbered.filter(|(_, header)| header.parent.is_none() && of_laboratory(header));
    let with_parts = headers.map(|(number, header)| {
        let parts = life.statements.iter().filter(|part| part.parent == Some(number) && of_laboratory(part));
        Report { header, parts: parts.collect() }
    });
    with_parts.filter(|report| report.header.value.is_some() || !report.parts.is_empty()).collect()
}

/// The key that the laboratory gives a report.
fn key(report: &Report<'_>) -> String {
    report.header.id.lower().chars().filter(|c| *c != '-').collect()
}

/// An interchange of all reports of a patient.
pub fn interchange(life: &Life, reports: &[Report<'_>], options: &Options) -> String {
    let control = format!("{:08}", life.who.number + 1);
    let made = options.today.strftime("%y%m%d").to_string();
    let mut head = Segments::default();
    // Now and then a sender has service characters of its own to announce; they are the usual ones.
    let announced = if life.who.number.is_multiple_of(2) { "UNA:+.? '\r\n" } else { "" };
    head.add(&[
        &["UNB"],
        &["UNOB", "1"],
        &[SENDER, "80"],
        &[options.practice.as_str(), "80"],
        &[&made, "0105"],
        &[&control],
        &[],
        &["MEDRPT"],
    ]);
    let messages =
        reports.iter().enumerate().map(|(at, report)| message(life, report, &format!("{:08}", at + 1)));
    let messages: String = messages.collect();
    let mut tail = Segments::default();
    tail.add(&[&["UNZ"], &[&reports.len().to_string()], &[&control]]);
    format!("{announced}{}{messages}{}", head.text(), tail.text())
}

fn message(life: &Life, report: &Report<'_>, reference: &str) -> String {
    let mut segments = Segments::default();
    let who = &life.who;
    let minute = |at: crate::day::Moment| at.hl7().chars().take(12).collect::<String>();
    let day = |day: jiff::civil::Date| day.strftime("%Y%m%d").to_string();
    segments.add(&[&["UNH"], &[reference], &["MEDRPT", "0", "1", "RT", "NHS003"]]);
    segments.add(&[&["BGM"], &["LSR"]]);
    segments.add(&[&["DTM"], &["137", &minute(report.header.entered), "203"]]);
    segments.add(&[&["S01"], &["01"]]);
    segments.add(&[&["NAD"], &["SLA"], &[], &[], &["ST JAMES'S: PATHOLOGY + MORE?"]]);
    segments.add(&[&["S02"], &["02"]]);
    segments.add(&[&["GIS"], &["N"]]);
    segments.add(&[&["RFF"], &["SRI", &key(report)]]);
    segments.add(&[&["STS"], &[], &["UN"]]);
    segments.add(&[&["DTM"], &["ISR", &minute(report.header.entered), "203"]]);
    segments.add(&[&["S06"], &["06"]]);
    segments.add(&[&["S07"], &["07"]]);
    segments.add(&[
        &["PNA"],
        &["PAT"],
        &[&who.nhs, "OPI"],
        &[],
        &[],
        &["SU", &who.surname.to_uppercase()],
        &["FO", &who.given.to_uppercase()],
    ]);
    segments.add(&[&["DTM"], &["329", &day(who.birth), "102"]]);
    segments.add(&[&["S16"], &["16"]]);
    segments.add(&[&["SEQ"], &[], &["1"]]);
    segments.add(&[&["SPC"], &["TSP"], &["", "", "", "BLOOD"]]);
    segments.add(&[&["DTM"], &["SCO", &day(report.header.day), "102"]]);
    investigation(&mut segments, report.header, !report.parts.is_empty(), false);
    for part in &report.parts {
        investigation(&mut segments, part, false, true);
    }
    segments.message(reference)
}

fn investigation(segments: &mut Segments, of: &Statement, is_group: bool, is_part: bool) {
    segments.add(&[&["GIS"], &["N"]]);
    let (code, list) = coded(of);
    segments.add(&[&["INV"], &["MQ"], &[&code, list, "", &of.code.term]]);
    if is_group {
        segments.add(&[&["SEQ"], &[], &["9"]]);
    }
    if let Some(value) = &of.value {
        let sign = match of.operator {
            "<" => "7",
            ">" => "6",
            _ => "",
        };
        segments.add(&[&["RSL"], &["NV"], &[value, sign], &[], &["", "", "", of.unit], &[of.abnormal]]);
    }
    if !of.text.is_empty() {
        segments.add(&[&["FTX"], &["SPC"], &[], &[], &[&of.text]]);
    }
    segments.add(&[&["RFF"], if is_part { &["ARL", "9"] } else { &["ASL", "1"] }]);
    if of.low.is_some() || of.high.is_some() {
        segments.add(&[&["S20"], &["20"]]);
        let bound = |bound: &Option<String>| bound.clone().unwrap_or_default();
        segments.add(&[&["RND"], &["U"], &[&bound(&of.low)], &[&bound(&of.high)]]);
    }
}

/// The code that a laboratory would send, and which list it is of.
fn coded(of: &Statement) -> (String, &'static str) {
    if of.code.read.is_empty() {
        (of.code.snomed.clone(), "921")
    } else {
        (format!("{:.<5}", of.code.read), "911")
    }
}

/// What a report means: none of it is shown before the practice has filed it.
pub fn meant(life: &Life, report: &Report<'_>) -> Vec<Meant> {
    let group = coded(report.header).0;
    let one = |of: &Statement, key: String| Meant {
        patient: life.who.id.lower(),
        entry: key,
        kind: "observation",
        code: coded(of).0,
        value: of.value.clone().unwrap_or_default(),
        operator: of.operator,
        unit: of.unit,
        date: Effective::Day(report.header.day).to_string(),
        hidden: true,
    };
    let base = format!("nhs003:{SENDER}/{}", key(report));
    let mut meant = vec![one(report.header, format!("{base}/{group}~1"))];
    for (at, part) in report.parts.iter().enumerate() {
        let code = coded(part).0;
        let before = report.parts.iter().take(at).filter(|other| coded(other).0 == code).count();
        meant.push(one(part, format!("{base}/{group}/{code}~{}", before + 1)));
    }
    meant
}
