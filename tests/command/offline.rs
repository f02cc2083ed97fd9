//! `map` and `synth`: what needs no configuration.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use serde_json::Value as Json;

use super::{
    command, run,
    site::{PRACTICE, Site, message, small},
};

#[test]
fn map_prints_one_resource_a_line_and_its_report_beside() {
    let dir = small().dir.to_str().unwrap();
    let ran = run(&["map", "--format", "emis-csv", "--practice", PRACTICE, dir]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let resources: Vec<Json> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    resources
        .iter()
        .for_each(|resource| *kinds.entry(resource["resourceType"].as_str().unwrap()).or_default() += 1);
    assert_eq!(kinds.get("Patient"), Some(&12), "{kinds:?}");
    assert!(kinds["Observation"] > 20, "{kinds:?}");
    assert!(kinds.keys().all(|kind| ["Patient", "Observation", "Immunization"].contains(kind)), "{kinds:?}");
    assert!(
        ran.err.contains("12 patients projected") && ran.err.contains("_CareRecord_Observation_"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("resourceType"));
    let again = run(&["map", "--format", "emis-csv", "--practice", PRACTICE, dir]);
    assert_eq!(again.out, ran.out, "offline ids do not change from run to run");
}

#[test]
fn map_of_a_message_needs_no_practice_and_refuses_what_ingest_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.xml");
    fs::write(&file, message()).unwrap();
    let ran = run(&["map", "--format", "gp2gp", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.lines().count() > 10);
    fs::write(&file, &message()[..3000]).unwrap();
    let ran = run(&["map", "--format", "gp2gp", file.to_str().unwrap()]);
    ran.says(&["one.xml:", "truncated", "nothing of it was stored"]);
    assert!(ran.out.is_empty());
}

#[test]
fn map_ends_quietly_when_nobody_reads_on() {
    let args = ["map", "--format", "emis-csv", "--practice", PRACTICE, small().dir.to_str().unwrap()];
    let mut child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("resourceType"));
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(!err.contains("panicked") && !err.contains("rror"), "{err}");
}

#[test]
fn words_that_nobody_reads_are_no_failure() {
    let site = Site::new();
    let config = site.config();
    let arguments = Site::arguments(&config, "emis-csv", small().dir.to_str().unwrap());
    let mut child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(site.held().values().all(|patient| patient.released.is_some()));
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_nothing_is_ever_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let synth = |format: &str, seed: &str, to: &str| {
        let to = dir.path().join(to);
        run(&["synth", "--format", format, "--patients", "12", "--seed", seed, to.to_str().unwrap()])
    };
    for format in ["emis-csv", "gp2gp"] {
        let names = [format!("{format}-1"), format!("{format}-2"), format!("{format}-3")];
        for (name, seed) in names.iter().zip(["7", "7", "8"]) {
            let ran = synth(format, seed, name);
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{format}");
            assert!(ran.out.contains("12 patients of Y99999 in "), "{}", ran.out);
        }
        let [one, same, other] = names.each_ref().map(|name| bytes(&dir.path().join(name)));
        assert!(one.values().map(Vec::len).sum::<usize>() > 100_000);
        assert_eq!(one, same);
        assert_ne!(one, other);
        let ran = synth(format, "8", &names[0]);
        ran.says(&[&names[0], "is not empty", "nothing is overwritten"]);
        assert_eq!(bytes(&dir.path().join(&names[0])), one);
    }
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}
