//! The measures of the annotation rules: how much leaks, how much is erased that should stay.
#![expect(clippy::print_stderr, reason = "scores and skipped files are told")]

use std::{collections::BTreeMap, fs, ops::Range, path::Path, process::Command};

use super::lines::{Gold, Line, lines};
use crate::{Lexicon, Mode, Redaction, Redactor, Verdict};

const TITLES: [&str; 11] = ["mr", "mrs", "ms", "miss", "dr", "sr", "snr", "jr", "prof", "mx", "the"];
const QUIET: [&str; 5] = ["clean", "eponym", "drug", "place", "decoy_word"];

/// Counts of what was right, of what.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Part(usize, usize);

impl Part {
    fn count(&mut self, right: bool) {
        self.0 += usize::from(right);
        self.1 += 1;
    }

    fn rate(self) -> f64 {
        if self.1 == 0 { 1.0 } else { self.0 as f64 / self.1 as f64 }
    }
}

#[derive(Debug, Default)]
struct Score {
    identifiers: Part,
    tokens: Part,
    precise: Part,
    kept: Part,
    disclosed: Part,
    sensitive: Part,
    flagged: Part,
    reviewed: Part,
    review_precise: Part,
    quiet: Part,
    wrong: BTreeMap<String, Vec<String>>,
}

/// Words in the sense of the annotation rules, as code points, without titles.
fn tokens(text: &[char]) -> Vec<Range<usize>> {
    let is = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = at + text[at..].iter().take_while(|c| is(c)).count();
        if end > at {
            let word: String = text[at..end].iter().collect::<String>().to_lowercase();
            if !TITLES.contains(&word.as_str()) && word != "and" {
                found.push(at..end);
            }
        }
        at = end.max(at + 1);
    }
    found
}

fn inside(token: &Range<usize>, span: &Gold) -> bool {
    span.start <= token.start && token.end <= span.end
}

impl Score {
    fn of(all: &[Line], read: impl Fn(&Line) -> Redaction) -> Self {
        let mut score = Self::default();
        all.iter().for_each(|line| score.add(line, &read(line)));
        score
    }

    fn add(&mut self, line: &Line, redaction: &Redaction) {
        let text: Vec<char> = line.text.chars().collect();
        let mut covered = vec![false; text.len()];
        for span in &redaction.spans {
            covered[span.start..span.end].fill(true);
        }
        let tokens = tokens(&text);
        let spelled = |at: &Range<usize>| text[at.clone()].iter().collect::<String>();
        let hit = |at: &Range<usize>| covered[at.clone()].iter().all(|c| *c);
        let any = |at: &Range<usize>| covered[at.clone()].iter().any(|c| *c);
        let of = |span: &Gold| -> Vec<Range<usize>> {
            let own: Vec<_> = tokens.iter().filter(|token| inside(token, span)).cloned().collect();
            if own.is_empty() { std::iter::once(span.start..span.end).collect() } else { own }
        };
        let disclosure = |span: &&Gold| span.kind == "disclosure";
        let identifies = |span: &&Gold| span.third_party && span.kind != "disclosure";
        let mut wrong = Vec::new();
        for span in line.gold.iter().filter(identifies) {
            let right = of(span).iter().all(hit);
            self.identifiers.count(right);
            if !right {
                wrong.push(format!("LEAK {:?}", spelled(&(span.start..span.end))));
            }
        }
        for token in &tokens {
            let within =
                |test: &dyn Fn(&&Gold) -> bool| line.gold.iter().filter(test).any(|span| inside(token, span));
            let is_identifier = within(&|span| identifies(span));
            if is_identifier {
                self.tokens.count(hit(token));
                if hit(token) {
                    self.precise.count(true);
                }
            } else if any(token) && !within(&|span| disclosure(span) || span.kind == "ambiguous") {
                self.precise.count(false);
                wrong.push(format!("ERASED {:?}", spelled(token)));
            }
        }
        for span in line.gold.iter().filter(disclosure) {
            let parts: Vec<_> = all_tokens(&text).into_iter().filter(|token| inside(token, span)).collect();
            let share = parts.iter().filter(|part| any(part)).count() as f64 / parts.len() as f64;
            self.disclosed.count(share >= 0.8);
            if share < 0.8 {
                wrong.push("NOT COVERED".to_owned());
            }
        }
        for span in line.gold.iter().filter(|span| !span.third_party && span.kind != "ambiguous") {
            let nested =
                line.gold.iter().filter(disclosure).any(|d| d.start <= span.start && span.end <= d.end);
            if !nested {
                let right = !of(span).iter().any(any);
                self.kept.count(right);
                if !right {
                    wrong.push(format!("NOT KEPT {} {:?}", span.kind, spelled(&(span.start..span.end))));
                }
            }
        }
        if QUIET.contains(&line.category.as_str()) {
            self.quiet.count(covered.contains(&true));
        }
        let review = redaction.verdict == Verdict::Review;
        let found = !redaction.spans.is_empty() || review;
        if line.gold.iter().any(|span| span.third_party) || line.review {
            self.sensitive.count(found);
        } else {
            self.flagged.count(found);
        }
        if line.review {
            self.reviewed.count(review);
        }
        if review {
            self.review_precise.count(line.review);
        }
        if review != line.review {
            wrong.push(format!("REVIEW {review}"));
        }
        if !wrong.is_empty() {
            let rules: Vec<_> = redaction.spans.iter().map(|span| span.rule).collect();
            self.wrong.insert(
                format!("{} {} {}", line.id, line.category, line.text),
                [wrong, vec![format!("{rules:?}")]].concat(),
            );
        }
    }

    fn table(&self) -> String {
        let rows = [
            ("leak-free recall", self.identifiers),
            ("token recall", self.tokens),
            ("token precision", self.precise),
            ("must-keep kept", self.kept),
            ("disclosures", self.disclosed),
            ("entry sensitivity", self.sensitive),
            ("clean flagged", self.flagged),
            ("review recall", self.reviewed),
            ("review precision", self.review_precise),
            ("quiet touched", self.quiet),
        ];
        rows.map(|(name, part)| format!("{name:20} {:.3} {}/{}", part.rate(), part.0, part.1)).join("\n")
    }
}

fn all_tokens(text: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = at + text[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
        if end > at {
            found.push(at..end);
        }
        at = end.max(at + 1);
    }
    found
}

fn read(line: &Line) -> Redaction {
    Redactor::new(Lexicon::built_in(), &line.record, Mode::Strict).read(&line.text)
}

/// The score of a file, printed with what was wrong.
fn scored(path: &str) -> Option<Score> {
    let Some(all) = lines(path) else {
        eprintln!("skipped: {path} is not there");
        return None;
    };
    let score = Score::of(&all, read);
    for (line, wrong) in &score.wrong {
        eprintln!("{line}\n    {}", wrong.join(" · "));
    }
    eprintln!("{path}\n{}\n", score.table());
    Some(score)
}

/// The least that is asked of lines nobody tuned to; the project's own lines must do as well.
fn passes(score: &Score) {
    assert!(score.identifiers.rate() >= 0.95, "leak-free recall");
    assert!(score.precise.rate() >= 0.90, "token precision");
    assert!(score.kept.rate() >= 0.96, "must-keep kept");
    assert!(score.disclosed.rate() >= 0.85, "disclosures");
    assert!(score.sensitive.rate() >= 0.97, "entry sensitivity");
    assert!(score.flagged.rate() <= 0.10, "clean entries flagged");
    assert!(score.reviewed.rate() >= 0.95, "review recall");
}

#[test]
fn lines_to_develop_on_are_redacted_well() {
    let score = scored("conformance/redaction/develop.jsonl").unwrap();
    passes(&score);
}

#[test]
fn lines_held_out_are_redacted_well() {
    let score = scored("conformance/redaction/held_out.jsonl").unwrap();
    passes(&score);
}

#[test]
fn lines_written_blind_in_the_first_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_1.jsonl").unwrap());
}

#[test]
fn lines_written_blind_in_the_second_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_2.jsonl").unwrap());
}

#[test]
fn lines_written_blind_in_the_third_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_3.jsonl").unwrap());
}

#[test]
fn lines_written_blind_in_the_fourth_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_4.jsonl").unwrap());
}

#[test]
fn lines_written_blind_in_the_fifth_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_5.jsonl").unwrap());
}

#[test]
fn lines_written_blind_in_the_sixth_round_are_redacted_well() {
    passes(&scored("conformance/redaction/blind_6.jsonl").unwrap());
}

#[test]
fn lines_varied_by_construction_are_redacted_well() {
    passes(&scored("conformance/redaction/constructed_1.jsonl").unwrap());
}

#[test]
fn lines_varied_again_are_redacted_well() {
    passes(&scored("conformance/redaction/constructed_2.jsonl").unwrap());
}

#[test]
fn lines_varied_a_third_time_are_redacted_well() {
    passes(&scored("conformance/redaction/constructed_3.jsonl").unwrap());
}

#[test]
fn lines_varied_a_fourth_time_are_redacted_well() {
    passes(&scored("conformance/redaction/constructed_4.jsonl").unwrap());
}

#[test]
fn shared_lines_are_redacted_well() {
    if let Some(score) = scored("../shared/data/third-party/dev.jsonl") {
        passes(&score);
    }
}

/// Every category that a clinician would ask for is there, with lines enough.
#[test]
fn lines_of_names_numbers_and_homes_and_of_what_looks_like_them_are_redacted_well() {
    passes(&scored("conformance/redaction/names.jsonl").unwrap());
}

#[test]
fn the_lines_are_many_and_of_every_category() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for file in [
        "develop",
        "held_out",
        "blind_1",
        "blind_2",
        "blind_3",
        "blind_4",
        "blind_5",
        "blind_6",
        "constructed_1",
        "constructed_2",
        "constructed_3",
        "constructed_4",
        "names",
    ] {
        for line in lines(&format!("conformance/redaction/{file}.jsonl")).unwrap() {
            *count.entry(line.category).or_default() += 1;
            let length = line.text.chars().count();
            assert!(line.gold.iter().all(|span| span.start < span.end && span.end <= length), "{}", line.id);
            let told = line.gold.iter().any(|span| span.kind == "disclosure");
            assert!(!told || line.review, "{}: what was told is for a clinician", line.id);
        }
    }
    assert!(count.values().sum::<usize>() >= 400, "{count:?}");
    assert!(
        count.len() >= 20 && count.iter().all(|(category, n)| *n >= 10 || category == "record"),
        "{count:?}"
    );
}

/// The shared measure, where it is there, says the same as this one.
#[test]
fn this_score_is_the_shared_one() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let script = top.join("../shared/data/third-party/score.py");
    if !script.exists() {
        eprintln!("skipped: score.py is not there");
        return;
    }
    let gold = top.join("conformance/redaction/develop.jsonl");
    let all = lines("conformance/redaction/develop.jsonl").unwrap();
    let answer = |line: &Line| {
        let redaction = read(line);
        let spans: Vec<_> = redaction
            .spans
            .iter()
            .map(|span| serde_json::json!({ "start": span.start, "end": span.end }))
            .collect();
        let review = redaction.verdict == Verdict::Review;
        serde_json::json!({ "id": line.id, "spans": spans, "review": review }).to_string()
    };
    let answers: Vec<String> = all.iter().map(answer).collect();
    let made = top.join("target/redaction-predictions.jsonl");
    fs::write(&made, answers.join("\n")).unwrap();
    let Ok(ran) = Command::new("python3").arg(&script).args([&gold, &made]).arg("--json").output() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let theirs: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let ours = Score::of(&all, read);
    for (name, part) in [
        ("leak_free_recall", ours.identifiers),
        ("token_recall", ours.tokens),
        ("token_precision", ours.precise),
        ("keep_rate", ours.kept),
        ("entry_sens", ours.sensitive),
        ("entry_flagged_clean", ours.flagged),
    ] {
        let same = (theirs[name].as_f64().unwrap() - part.rate()).abs() < 1e-9;
        assert!(same, "{name}: {} here, {} there", part.rate(), theirs[name]);
    }
    assert_eq!(theirs["disclosure_ge80"], ours.disclosed.0);
    assert_eq!(theirs["review"]["tp"], ours.reviewed.0);
}
