//! How long redaction takes. In a debug build only that time grows with length alone; in a release build how fast it is.
#![expect(clippy::print_stderr, reason = "the speed is told")]
#![expect(clippy::disallowed_methods, reason = "the time that a test takes is what it tests")]

use std::time::{Duration, Instant};

use super::lines::{Line, lines};
use crate::{Lexicon, Mode, Redactor, Verdict};

/// Megabytes of text a second. A text in which something is found is read twice (what is masked is read again), and
/// of the lines here most are such, so that notes as they are typed take about half as long.
fn megabytes_a_second(wanted: fn(&Line) -> bool) -> f64 {
    let all: Vec<Line> =
        lines("conformance/redaction/develop.jsonl").unwrap().into_iter().filter(wanted).collect();
    let redactors: Vec<_> =
        all.iter().map(|line| Redactor::new(Lexicon::built_in(), &line.record, Mode::Strict)).collect();
    let bytes: usize = all.iter().map(|line| line.text.len()).sum();
    let mut clean = 0;
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_millis(400) {
        for (line, redactor) in all.iter().zip(&redactors) {
            clean += usize::from(redactor.read(&line.text).verdict == Verdict::Clean);
        }
        rounds += 1;
    }
    assert!(clean > 0);
    (bytes * rounds) as f64 / 1e6 / begun.elapsed().as_secs_f64()
}

#[test]
fn speed_is_told_and_in_a_release_build_asked_for() {
    let (all, quiet) = (
        megabytes_a_second(|_| true),
        megabytes_a_second(|line| line.gold.iter().all(|span| !span.third_party)),
    );
    eprintln!("{all:.1} MB/s of all lines, {quiet:.1} MB/s of those that name nobody");
    assert!(cfg!(debug_assertions) || all > 1.0, "{all:.1} MB/s");
}

#[test]
fn time_grows_with_length_alone() {
    let record = crate::Record::default();
    let redactor = Redactor::new(Lexicon::built_in(), &record, Mode::Strict);
    let took = |text: &str| {
        let begun = Instant::now();
        assert!(redactor.read(text).text.len() < 1_000_000);
        begun.elapsed().as_secs_f64()
    };
    for piece in [
        "wife ",
        "Jack and ",
        "0 ",
        "Mr A. ",
        "a@b.",
        "07700-",
        "w/",
        "Flat 1, ",
        "Zoe ",
        ",",
        "in St. ",
        "wife has ",
        "wife, ",
        "not to tell him ",
        "son hit Zoe ",
        "son says he drinks ",
        "wrong patient Zoe Lis. ",
        "cc Dr Obi, Mr Lis ",
        "if he found out ",
        "wife Zoe (",
    ] {
        let [short, long] = [2_000, 32_000].map(|bytes| piece.repeat(bytes / piece.len()));
        let (short, long) = (took(&short), took(&long));
        assert!(long < short * 16.0 * 6.0 + 0.2, "{piece:?}: {short} s, {long} s");
    }
}
