//! `redact` and `lexicon`, as an operator runs them.

use std::{fs, io::Write, process::Stdio};

use serde_json::Value as Json;

use super::{command, run};

const LINE: &str = r#"{"id":"a","text":"Seen with Xyliana, BP ok","patient":{"given":"Jan","family":"Lis"}}"#;

#[test]
fn redact_reads_standard_input_line_by_line_and_ends_with_1_after_a_bad_one() {
    let mut child = command(&["redact", "--mode", "standard"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = "{\"id\":1,\"text\":\"wife Zofia rang\",\"patient\":{}}\nnot JSON\n{\"id\":2,\"text\":\"BP ok\",\"patient\":{}}\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers: Vec<Json> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(answers.len(), 3);
    assert_eq!((&answers[0]["verdict"], &answers[2]["verdict"]), (&"clean".into(), &"clean".into()));
    assert_eq!((&answers[1]["line"], &answers[1]["verdict"]), (&2.into(), &"review".into()));
    assert!(answers[2]["us"].is_number());
}

#[test]
fn a_lexicon_of_an_operator_makes_redact_know_more_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let [births, table, lines] = ["births.csv", "names.csv", "lines.jsonl"].map(path);
    fs::write(&births, "name,sex,year,count\nXyliana,F,2020,30\nQuorra,F,2020,2\n").unwrap();
    fs::write(&lines, LINE).unwrap();
    let ran = run(&["lexicon", "--out", &table, &births]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("1 names in") && ran.out.contains("1 rarer"), "{}", ran.out);
    assert_eq!(fs::read_to_string(&table).unwrap(), "name,also\nXyliana,\n");
    let ran = run(&["redact", "--lexicon", &table, &lines]);
    assert!(ran.out.contains("Seen with [third party], BP ok"), "{}", ran.out);
    run(&["lexicon", "--out", &table, &births]).says(&["names.csv", "exists"]);
    fs::write(&births, "a,b\n").unwrap();
    run(&["lexicon", "--out", &path("other.csv"), &births]).says(&["births.csv", "no header"]);
    run(&["redact", "--lexicon", &births, &lines]).says(&["births.csv", "line 1"]);
    run(&["redact", &path("none.jsonl")]).says(&["none.jsonl"]);
}
