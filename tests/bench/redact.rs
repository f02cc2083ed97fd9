//! How fast free text is redacted on one core, by what stands in it; and beside it the least that a look into a
//! lexicon costs: every word in lower case and looked up once.
//!
//! ```text
//! cargo run --release -p bench -- redact
//! ```

use std::{collections::HashSet, fs, path::Path, time::Duration};

use ::redact::{Lexicon, Mode, Patient, Record, Redactor};
use serde_json::Value;

use crate::{Failure, usage::processor};

/// How long each mix is measured, five times; the best counts.
const ROUND: Duration = Duration::from_millis(300);
const ROUNDS: usize = 5;

/// A line and whose it is.
struct Line {
    text: String,
    record: Record,
    names_somebody: bool,
}

/// Measures every mix and prints it.
pub(crate) fn run() -> Result<(), Failure> {
    let lines = lines()?;
    let (named, quiet): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.names_somebody);
    let few: Vec<&Line> = quiet
        .chunks(4)
        .zip(named.iter().cycle())
        .flat_map(|(quiet, named)| quiet.iter().chain([named]).copied())
        .collect();
    let all: Vec<&Line> = lines.iter().collect();
    println!("{:42} {:>8} {:>14}", "", "MB/s", "of a look-up");
    for (mix, lines) in [
        ("lines that name nobody", &quiet),
        ("one line in five names somebody", &few),
        ("the benchmark's own lines", &all),
        ("every line names somebody", &named),
    ] {
        let texts: Vec<(&str, &Record)> =
            lines.iter().map(|line| (line.text.as_str(), &line.record)).collect();
        tell(mix, &texts);
    }
    let long = |lines: &[&Line]| {
        lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n").repeat(8)
    };
    let record = Record::default();
    for (mix, lines) in [("long text, nobody named", &quiet), ("long text, somebody in every line", &named)] {
        let long = long(lines);
        let end = (0..=::redact::MOST_BYTES.min(long.len())).rev().find(|at| long.is_char_boundary(*at));
        tell(mix, &[(&long[..end.unwrap_or(0)], &record)]);
    }
    Ok(())
}

fn tell(mix: &str, texts: &[(&str, &Record)]) {
    let redactors: Vec<_> =
        texts.iter().map(|(_, record)| Redactor::new(Lexicon::built_in(), record, Mode::Strict)).collect();
    let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
    let ours = best(bytes, || {
        texts.iter().zip(&redactors).map(|((text, _), redactor)| redactor.read(text).spans.len()).sum()
    });
    let words: HashSet<String> = texts
        .iter()
        .flat_map(|(text, _)| text.split_whitespace().step_by(2).map(str::to_lowercase))
        .collect();
    let least = best(bytes, || {
        let known = |word: &&str| words.contains(&word.to_lowercase());
        texts.iter().map(|(text, _)| text.split_whitespace().filter(known).count()).sum()
    });
    println!("{mix:42} {ours:8.1} {:14.2}", ours / least);
}

/// The most megabytes in a second of processor time over all rounds: other work on the machine does not count.
fn best(bytes: usize, mut work: impl FnMut() -> usize) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let begun = processor();
        let (mut times, mut found) = (0, 0);
        while processor() - begun < ROUND {
            found += std::hint::black_box(work());
            times += 1;
        }
        std::hint::black_box(found);
        best = best.max((bytes * times) as f64 / 1e6 / (processor() - begun).as_secs_f64());
    }
    best
}

fn lines() -> Result<Vec<Line>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/redaction");
    let mut lines = Vec::new();
    for file in ["develop", "held_out", "blind_1", "blind_2", "blind_3", "blind_4", "blind_5"] {
        for line in fs::read_to_string(folder.join(format!("{file}.jsonl")))?.lines() {
            lines.push(line_of(&serde_json::from_str(line)?));
        }
    }
    Ok(lines)
}

fn line_of(row: &Value) -> Line {
    let of = |name: &str| row["patient"][name].as_str().unwrap_or_default().to_owned();
    let spans = row["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    Line {
        text: row["text"].as_str().unwrap_or_default().to_owned(),
        record: Record {
            patient: Patient {
                given: of("given"),
                family: of("family"),
                known_as: of("known_as"),
                sex: of("sex"),
                dob: of("dob"),
                phones: vec![of("phone")],
                addresses: vec![of("address")],
                emails: vec![of("email")],
                nhs: of("nhs"),
            },
            ..Record::default()
        },
        names_somebody: spans.iter().any(|span| span["third_party"] == true),
    }
}
