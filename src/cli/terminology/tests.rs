//! A small RF2 release of our own making, with ids of a namespace that nobody has, and what is wrong with bad ones.

use std::{fs, path::Path};

use record::SnomedId;

use super::*;

/// A valid id: number, namespace 9999999, partition, check digit.
fn own(number: u64, partition: &str) -> String {
    let stem = format!("{number}9999999{partition}");
    (0..10).map(|last| format!("{stem}{last}")).find(|id| SnomedId::parse(id).is_some()).unwrap()
}

fn concept(number: u64) -> String {
    own(number, "10")
}

fn described(number: u64) -> String {
    own(number, "11")
}

const MODULE: &str = "999000011000000103";

/// Writes the three snapshots: a vaccination by an inactive link, and a finding.
fn release(folder: &Path) {
    let terminology = folder.join("SnomedCT_Invented_20260401/Snapshot/Terminology");
    fs::create_dir_all(&terminology).unwrap();
    let write = |name: &str, header: &str, rows: &[String]| {
        let text = format!("{header}\r\n{}\r\n", rows.join("\r\n"));
        fs::write(terminology.join(name), text).unwrap();
    };
    let row = |cells: &[&str]| cells.join("\t");
    write(
        "sct2_Concept_Snapshot_XX9999999_20260401.txt",
        "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId",
        &[
            row(&[&concept(1), "20250101", "0", MODULE, "900000000000074008"]),
            row(&[&concept(2), "20260401", "1", MODULE, "900000000000074008"]),
        ],
    );
    let (fsn, synonym) = ("900000000000003001", "900000000000013009");
    let described_row = |id: u64, of: u64, active: &str, kind: &str, term: &str| {
        row(&[
            &described(id),
            "20250101",
            active,
            MODULE,
            &concept(of),
            "en",
            kind,
            term,
            "900000000000448009",
        ])
    };
    write(
        "sct2_Description_Snapshot-en_XX9999999_20260401.txt",
        "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId",
        &[
            described_row(11, 1, "1", fsn, "Giving an invented vaccine (procedure)"),
            described_row(12, 1, "0", synonym, "Invented \"jab\""),
            described_row(13, 2, "1", fsn, "Invented finding (of sorts) (finding)"),
            described_row(14, 3, "1", fsn, "Of a concept that is not here (finding)"),
        ],
    );
    let link = |child: &str, parent: &str, active: &str, kind: &str| {
        row(&[
            "909999999123",
            "20250101",
            active,
            MODULE,
            child,
            parent,
            "0",
            kind,
            "900000000000011006",
            "900000000000451002",
        ])
    };
    write(
        "sct2_Relationship_Snapshot_XX9999999_20260401.txt",
        "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId",
        &[link(&concept(1), "127785005", "0", "116680003"), link(&concept(2), "127785005", "1", "363698007")],
    );
    // What else a release holds is left alone.
    fs::write(terminology.join("sct2_StatedRelationship_Snapshot_XX_20260401.txt"), "nonsense").unwrap();
    fs::write(terminology.join("sct2_Concept_Full_XX_20260401.txt"), "nonsense").unwrap();
}

fn gathered(paths: &[PathBuf]) -> Result<map::Release, String> {
    gather::gather(paths, &mut |_| {}).map_err(|failure| failure.to_string())
}

fn refused(paths: &[PathBuf], words: &[&str]) {
    let said = gathered(paths).unwrap_err();
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

#[test]
fn a_snapshot_is_found_in_its_folders_and_its_rows_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    let to = dir.path().join("snomed.terms");
    load(&to, &[dir.path().join("SnomedCT_Invented_20260401")]).unwrap();
    let loaded = terminology::read(&to).unwrap();
    assert!(loaded.identity.starts_with("XX9999999 20260401 "), "{}", loaded.identity);
    let known = &loaded.terminology;
    for description in [11, 12] {
        assert_eq!(known.concept(&described(description)), Some(concept(1)));
    }
    assert_eq!(known.concept(&described(14)), None, "its concept is not in the release");
    assert_eq!(known.term(&concept(1)), Some("Giving an invented vaccine"));
    assert_eq!(known.term(&concept(2)), Some("Invented finding (of sorts)"));
    // Twenty roots, and the one that lies under a root by a link that is no longer active.
    assert_eq!(known.counts().members, 21);
}

#[test]
fn the_same_release_is_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    let folder = [dir.path().to_owned()];
    assert_eq!(gathered(&folder).unwrap().encode(), gathered(&folder).unwrap().encode());
}

#[test]
fn tables_of_two_columns_are_taken_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let (links, names) = (dir.path().join("links.csv"), dir.path().join("names.csv"));
    fs::write(&links, format!("\u{feff}Child,Parent\n{},713404003\n\n", concept(1))).unwrap();
    fs::write(&names, format!("description,concept\r\n\"{}\",\"{}\"\r\n", described(11), concept(1)))
        .unwrap();
    let to = dir.path().join("out.terms");
    load(&to, &[links, names]).unwrap();
    let loaded = terminology::read(&to).unwrap();
    assert!(loaded.identity.starts_with("links.csv+names.csv "));
    assert_eq!(loaded.terminology.concept(&described(11)), Some(concept(1)));
    assert_eq!(loaded.terminology.counts().members, 21);
}

#[test]
fn a_packed_release_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("uk_sct2cl_42.0.0_20260401000001Z.zip");
    fs::write(&zip, b"PK\x03\x04and so on").unwrap();
    refused(std::slice::from_ref(&zip), &["is packed", "unzip", "nothing was written"]);
    refused(&[dir.path().to_owned()], &["is packed", "unzip"]);
    let disguised = dir.path().join("terms.csv");
    fs::rename(&zip, &disguised).unwrap();
    refused(&[disguised], &["is packed"]);
}

#[test]
fn a_part_of_a_release_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    release(dir.path());
    let folder = dir.path().join("SnomedCT_Invented_20260401/Snapshot/Terminology");
    fs::remove_file(folder.join("sct2_Relationship_Snapshot_XX9999999_20260401.txt")).unwrap();
    refused(&[dir.path().to_owned()], &["no snapshot of Relationship"]);
    let empty = tempfile::tempdir().unwrap();
    refused(&[empty.path().to_owned()], &["no SNOMED CT snapshot"]);
}

#[test]
fn a_bad_row_refuses_the_whole_with_file_and_line() {
    let bad = |name: &str, from: &str, to: &[u8], words: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        release(dir.path());
        let file = dir.path().join("SnomedCT_Invented_20260401/Snapshot/Terminology").join(name);
        let text = fs::read(&file).unwrap();
        let at = text.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        fs::write(&file, [&text[..at], to, &text[at + from.len()..]].concat()).unwrap();
        refused(&[dir.path().to_owned()], words);
        let out = dir.path().join("out.terms");
        assert!(load(&out, &[dir.path().to_owned()]).is_err() && !out.exists());
    };
    let concepts = "sct2_Concept_Snapshot_XX9999999_20260401.txt";
    let descriptions = "sct2_Description_Snapshot-en_XX9999999_20260401.txt";
    let links = "sct2_Relationship_Snapshot_XX9999999_20260401.txt";
    let mut wrong_check = concept(2);
    let last = wrong_check.pop().unwrap();
    wrong_check.push(if last == '9' { '0' } else { '9' });
    bad(concepts, &concept(2), wrong_check.as_bytes(), &[concepts, ":3:", "concept", "nothing was written"]);
    bad(concepts, "effectiveTime", b"effectivetime", &[":1:", "header"]);
    bad(concepts, "20250101", b"2025-01-01", &[":2:", "date"]);
    bad(descriptions, "\ten\t", b"\ten\ten\t", &[":2:", "10 fields"]);
    bad(descriptions, "finding", b"\xff\xfe", &["UTF-8"]);
    bad(descriptions, "Invented finding", &vec![b'x'; 70_000], &["long a line"]);
    bad(links, "127785005", b"12778500", &[":2:", "concept"]);
}

#[test]
fn a_table_with_another_header_or_another_kind_of_id_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.csv");
    for (text, words) in [
        ("a,b\n1,2\n".to_owned(), "neither"),
        (format!("child,parent\n{},x\n", concept(1)), ":2:"),
        (format!("description,concept\n{},{}\n", concept(1), concept(2)), "description"),
        ("child,parent\n".to_owned(), "nothing in these files"),
        (String::new(), "empty"),
    ] {
        fs::write(&file, text).unwrap();
        refused(std::slice::from_ref(&file), &[words, "nothing was written"]);
    }
}
