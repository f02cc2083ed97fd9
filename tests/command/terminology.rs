//! `terminology load`, and what a loaded terminology changes.

use std::{collections::BTreeSet, fs};

use serde_json::Value as Json;

use super::{
    Ran, run,
    site::{PRACTICE, Site, small},
};

/// A SNOMED CT id with a right check digit that nobody has.
fn own(number: u64, partition: &str) -> String {
    let stem = format!("{number}9999999{partition}");
    (0..10).map(|last| format!("{stem}{last}")).find(|id| record::SnomedId::parse(id).is_some()).unwrap()
}

fn load(site: &Site, name: &str, table: &str) -> Ran {
    let (csv, to) = (site.path(&format!("{name}.csv")), site.path(&format!("{name}.terms")));
    fs::write(&csv, table).unwrap();
    run(&["terminology", "load", "--to", to.to_str().unwrap(), csv.to_str().unwrap()])
}

fn map(more: &[&str]) -> Vec<Json> {
    let dir = small().dir.to_str().unwrap();
    let ran = run(&[&["map", "--format", "emis-csv", "--practice", PRACTICE, dir], more].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn concepts(resources: &[Json]) -> BTreeSet<String> {
    let codings =
        resources.iter().flat_map(|resource| resource["code"]["coding"].as_array().into_iter().flatten());
    let snomed = codings.filter(|coding| coding["system"] == "http://snomed.info/sct");
    snomed.filter_map(|coding| coding["code"].as_str()).map(str::to_owned).collect()
}

/// Sets the configuration's terminology, or takes it away.
fn configure(site: &Site, file: Option<&str>) {
    let text = fs::read_to_string(site.config()).unwrap();
    let text = text.split("[terminology]").next().unwrap();
    let more = file.map_or(String::new(), |file| format!("[terminology]\nfile = \"{file}\"\n"));
    fs::write(site.config(), format!("{text}{more}")).unwrap();
}

#[test]
fn a_code_that_a_terminology_puts_under_family_history_is_served_no_more_and_comes_back_without_it() {
    let site = Site::new();
    let plain = map(&[]);
    let code = concepts(&plain).into_iter().next().unwrap();
    let ran = load(&site, "one", &format!("child,parent\n{code},57177007\n"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("21 concepts at or under the roots") && ran.out.contains("[terminology]"),
        "{}",
        ran.out
    );
    let file = site.path("one.terms");
    let with = map(&["--terminology", file.to_str().unwrap()]);
    assert!(!concepts(&with).contains(&code) && with.len() < plain.len());

    // The same export again and again: only the terminology differs, and each change makes every record anew.
    let dir = &small().dir;
    let mut released = Vec::new();
    for (file, projected) in [
        (None, "12 patients projected"),
        (None, "0 patients projected"),
        (Some("one.terms"), "12 patients projected"),
        (Some("one.terms"), "0 patients projected, 0 resources"),
        (None, "12 patients projected"),
    ] {
        configure(&site, file);
        let ran = site.ingest(dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.err.contains(projected), "{file:?}: {}", ran.err);
        let ids =
            site.held().values().map(|patient| patient.released.as_ref().unwrap().resources()).sum::<usize>();
        released.push(ids);
    }
    assert!(released[2] < released[0], "{released:?}");
    assert_eq!((released[0], released[2]), (released[4], released[3]), "{released:?}");
}

#[test]
fn a_terminology_that_cannot_be_used_stops_a_load_before_anything_is_stored() {
    let site = Site::new();
    configure(&site, Some("none.terms"));
    site.ingest(&small().dir).says(&["none.terms", "cannot read"]);
    fs::write(site.path("none.terms"), "something else").unwrap();
    site.ingest(&small().dir).says(&["none.terms", "load it again"]);
    let ran = run(&["check", "--config", &site.config()]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("error: terminology.file: "), "{}", ran.out);
    run(&["serve", "--config", &site.config()]).says(&["nothing was started"]);
    site.is_empty();
}

#[test]
fn what_is_no_release_is_refused_in_words_and_leaves_an_earlier_file_as_it_was() {
    let site = Site::new();
    let good = format!("description,concept\n{},{}\n", own(1, "11"), own(2, "10"));
    assert_eq!(load(&site, "one", &good).code, Some(0));
    let before = fs::read(site.path("one.terms")).unwrap();
    load(&site, "one", "a,b\n1,2\n").says(&["one.csv:1", "neither", "nothing was written"]);
    load(&site, "one", &format!("child,parent\n{},7\n", own(2, "10")))
        .says(&["one.csv:2", "nothing was written"]);
    let zip = site.path("release.zip");
    fs::write(&zip, b"PK\x03\x04").unwrap();
    let to = site.path("one.terms");
    run(&["terminology", "load", "--to", to.to_str().unwrap(), zip.to_str().unwrap()])
        .says(&["release.zip is packed", "unzip"]);
    assert_eq!(fs::read(site.path("one.terms")).unwrap(), before);
}
