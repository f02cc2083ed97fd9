//! `recordgate redact`: free text as JSON lines through redaction, offline. A line that cannot be read is answered by
//! one with an error, and nothing of it is repeated.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write},
    process::ExitCode,
};

use ::redact::{Lexicon, MOST_BYTES, Mode, Redaction, Redactor, Verdict};
use gateway::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::{Failure, args::RedactArgs, people};

/// The longest line: a text, and what is known of its people.
const MOST_LINE: u64 = 4 * MOST_BYTES as u64;

pub(crate) fn run(args: &RedactArgs) -> Result<ExitCode, Failure> {
    let mode = if args.mode == "standard" { Mode::Standard } else { Mode::Strict };
    let bigger = match &args.lexicon {
        None => None,
        Some(path) => {
            let unusable = |why: String| Failure(format!("{}: {why}", path.display()));
            let table = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
            Some(Lexicon::with_names(&table).map_err(|bad| unusable(bad.to_string()))?)
        }
    };
    let lexicon = bigger.as_ref().unwrap_or_else(|| Lexicon::built_in());
    let input: Box<dyn Read> = match &args.input {
        None => Box::new(std::io::stdin().lock()),
        Some(path) => {
            Box::new(File::open(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?)
        }
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = answer(BufReader::new(input), &mut out, lexicon, mode);
    match result.and_then(|bad| out.flush().map(|()| bad)) {
        Ok(0) => Ok(ExitCode::SUCCESS),
        Ok(bad) => {
            Err(Failure(format!("{bad} of the lines could not be read; each is answered by an error")))
        }
        // Whoever reads has enough (`| head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}

/// Answers every line, in order; how many could not be read.
fn answer(
    mut input: impl BufRead,
    out: &mut impl Write,
    lexicon: &Lexicon,
    mode: Mode,
) -> std::io::Result<usize> {
    let (mut line, mut number, mut bad) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let read = input.by_ref().take(MOST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(bad);
        }
        number += 1;
        let whole = line.ends_with(b"\n") || (read as u64) < MOST_LINE;
        if !whole {
            skip(&mut input)?;
        }
        if whole && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = if whole { one(&line, lexicon, mode) } else { Err((None, "the line is too long")) };
        let answer = answer.unwrap_or_else(|(id, why)| {
            bad += 1;
            json!({ "id": id, "line": number, "error": why, "verdict": "review", "review": true })
        });
        serde_json::to_writer(&mut *out, &answer)?;
        out.write_all(b"\n")?;
    }
}

/// Reads on to the end of a line that is too long.
fn skip(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (done, used) = (end.is_some() || buffer.is_empty(), end.map_or(buffer.len(), |end| end + 1));
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn one(line: &[u8], lexicon: &Lexicon, mode: Mode) -> Result<Value, (Option<Value>, &'static str)> {
    let line: Value = serde_json::from_slice(line).map_err(|_| (None, "this is not JSON"))?;
    let id = line["id"].clone();
    if !id.is_string() && !id.is_number() {
        return Err((None, "id is missing, or neither words nor a number"));
    }
    let Some(text) = line["text"].as_str() else { return Err((Some(id), "text is missing, or no words")) };
    let record = people::record(&line).map_err(|why| (Some(id.clone()), why))?;
    let begun = SystemClock.now();
    let redaction = Redactor::new(lexicon, &record, mode).read(text);
    let micros = SystemClock.now().duration_since(begun).as_micros();
    Ok(shown(&id, &redaction, micros.clamp(0, i128::from(i64::MAX)) as i64))
}

fn shown(id: &Value, redaction: &Redaction, micros: i64) -> Value {
    let spans = redaction.spans.iter().map(
        |span| json!({ "start": span.start, "end": span.end, "kind": span.kind.to_string(), "rule": span.rule }),
    );
    let review = matches!(redaction.verdict, Verdict::Review | Verdict::Unread);
    let verdict = match redaction.verdict {
        Verdict::Clean => "clean",
        Verdict::ThirdParty => "third_party",
        Verdict::Review | Verdict::Unread => "review",
    };
    json!({
        "id": id, "verdict": verdict, "text": redaction.text, "review": review, "us": micros,
        "spans": spans.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &str) -> (Vec<Value>, usize) {
        let mut out = Vec::new();
        let bad = answer(input.as_bytes(), &mut out, Lexicon::built_in(), Mode::Strict).unwrap();
        (
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            bad,
        )
    }

    #[test]
    fn every_line_is_answered_and_a_bad_one_says_nothing_of_itself() {
        let good = r#"{"id":"a","text":"Seen with wife Zofia.","patient":{"given":"Jan","family":"Lis","sex":"male"}}"#;
        let input = format!(
            "{good}\nno JSON Zofia\n\n{{\"id\":3,\"text\":5}}\n{{\"id\":4,\"text\":\"x\"}}\n{{\"text\":\"\"}}\n{good}"
        );
        let (answers, bad) = answers(&input);
        assert_eq!((answers.len(), bad), (6, 4));
        assert_eq!(answers[0]["text"], "Seen with wife [third party].");
        assert_eq!(answers[0]["verdict"], "third_party");
        assert_eq!(answers[0]["spans"][0]["start"], 15);
        assert_eq!((&answers[1]["line"], &answers[2]["id"]), (&json!(2), &json!(3)));
        assert!(!answers[1].to_string().contains("Zofia"));
        assert_eq!(answers[5]["spans"], answers[0]["spans"]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory_and_the_next_is_read() {
        let long = "x".repeat(MOST_LINE as usize + 10);
        let (answers, bad) = answers(&format!("{long}\n{{\"id\":1,\"text\":\"ok\",\"patient\":{{}}}}\n"));
        assert_eq!((answers.len(), bad), (2, 1));
        assert_eq!(
            (&answers[0]["error"], &answers[1]["verdict"]),
            (&json!("the line is too long"), &json!("clean"))
        );
    }
}
