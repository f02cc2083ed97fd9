//! I4: no clock, randomness, environment or I/O in `record`, `map`, `redact`, `policy` and `project`.

use std::{collections::BTreeSet, fs, path::Path};

const PURE: [&str; 5] = ["record", "map", "redact", "policy", "project"];

/// What they may import from others: each crate here can be used without clock, randomness, environment and I/O, and
/// the words below watch that it is.
const MAY: [&str; 12] = [
    "aws-lc-rs",
    "fhir",
    "jiff",
    "map",
    "policy",
    "record",
    "redact",
    "serde",
    "serde_json",
    "toml",
    "unicode-normalization",
    "aho-corasick",
];

/// Parts of the standard library that are none of theirs.
const STD: [&str; 10] = ["time", "env", "fs", "net", "io", "process", "thread", "os", "random", "path"];

const WORDS: [&str; 14] = [
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "rand::",
    "getrandom",
    "SystemRandom",
    "thread_rng",
    "println!",
    "eprintln!",
    "print!",
    "option_env!",
    "include_bytes!(env",
];

/// The sources of a crate, without those that are only tests.
fn files(krate: &str) -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(krate);
    let mut found = Vec::new();
    let mut open = vec![top];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.extend((!path.ends_with("tests")).then_some(path));
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{krate}");
    found
}

/// The modules of `std` that a source names: `std::fs` and `use std::{…, fs::File}`.
fn std_modules(text: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("std::") {
        let rest = &text[at + 5..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut first = true;
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => first = true,
                _ if depth == 1 && first && !character.is_whitespace() => {
                    found.insert(word(&group[at..]));
                    first = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn i4_pure_crates_name_no_clock_randomness_environment_or_io() {
    let mut modules = BTreeSet::new();
    for krate in PURE {
        for (path, text) in files(krate) {
            let named = std_modules(&text);
            for forbidden in STD {
                assert!(!named.contains(forbidden), "{path} names std::{forbidden}");
            }
            for word in WORDS {
                assert!(!text.contains(word), "{path} has {word}");
            }
            modules.extend(named);
        }
    }
    assert!(
        modules.contains("collections") && modules.contains("fmt") && modules.contains("sync"),
        "{modules:?}"
    );
    assert_eq!(
        std_modules("use std::{\n  fmt, fs::{self, File},\n  io};\nstd::env::var()"),
        ["env", "fmt", "fs", "io"].map(str::to_owned).into()
    );
}

#[test]
fn i4_pure_crates_import_nothing_that_could() {
    for krate in PURE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(krate).join("Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        for name in manifest["dependencies"].as_table().unwrap().keys() {
            assert!(MAY.contains(&name.as_str()), "{krate} imports {name}");
        }
        for other in ["build-dependencies", "target"] {
            assert!(!manifest.contains_key(other), "{krate} has {other}");
        }
    }
    // Time zones are compiled in; nothing of the machine is asked.
    let root: toml::Table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let jiff = &root["workspace"]["dependencies"]["jiff"];
    assert_eq!(jiff["default-features"].as_bool(), Some(false));
    let features: Vec<&str> =
        jiff["features"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    assert!(!features.iter().any(|one| one.starts_with("tz") || *one == "js"), "{features:?}");
}
