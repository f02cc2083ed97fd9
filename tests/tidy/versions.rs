//! What Cargo.lock may hold: no version with a known hole, and one of each where two would not talk to each other.

use toml::{Table, Value};

use crate::tree::FILES;

/// The least versions, and why.
const LEAST: [(&str, [u64; 3], &str); 8] = [
    ("h2", [0, 4, 16], "floods of resets and empty frames"),
    ("quick-xml", [0, 41, 0], "the reader of what comes from outside"),
    ("rustls", [0, 23, 18], "a panic on a client's greeting"),
    ("rustls-webpki", [0, 103, 13], "revocation lists and name constraints"),
    ("time", [0, 3, 47], "an endless stack"),
    ("jsonwebtoken", [10, 3, 0], "confusion of types of claims"),
    ("hyper", [1, 12, 0], "what the limits were measured with"),
    ("aws-lc-rs", [1, 19, 0], "the one crypto provider"),
];

/// Global state or types that must be the same everywhere.
const ONE: [&str; 8] =
    ["tracing", "tracing-core", "opentelemetry", "opentelemetry_sdk", "rustls", "hyper", "http", "aws-lc-rs"];

/// There is one crypto provider, aws-lc-rs.
const NEVER: [&str; 4] = ["openssl", "openssl-sys", "native-tls", "chrono"];

fn packages() -> Vec<Table> {
    let lock: Table = FILES["Cargo.lock"].parse().unwrap();
    lock["package"].as_array().unwrap().iter().map(|one| one.as_table().unwrap().clone()).collect()
}

fn text<'t>(package: &'t Table, part: &str) -> &'t str {
    package.get(part).and_then(Value::as_str).unwrap_or_default()
}

fn number(version: &str) -> [u64; 3] {
    let numbers = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    let mut version = [0; 3];
    version.iter_mut().zip(numbers).for_each(|(place, number)| *place = number);
    version
}

/// Whether a package depends on another, in any version or in this one.
fn needs(package: &Table, name: &str, version: &str) -> bool {
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    let of = |one: &str| one == name || one == format!("{name} {version}");
    dependencies.is_some_and(|all| all.iter().filter_map(Value::as_str).any(of))
}

#[test]
fn nothing_is_older_than_its_last_known_hole() {
    let packages = packages();
    for (name, least, why) in LEAST {
        for package in packages.iter().filter(|package| text(package, "name") == name) {
            let version = text(package, "version");
            let users: Vec<&str> = packages
                .iter()
                .filter(|user| needs(user, name, version))
                .map(|user| text(user, "name"))
                .collect();
            // fhirbolt's own old quick-xml only ever reads bytes that we made.
            let known = name == "quick-xml" && users == ["fhirbolt-serde"];
            assert!(known || number(version) >= least, "{name} {version} for {users:?}: {why}");
        }
    }
    let there = |name: &str| packages.iter().any(|package| text(package, "name") == name);
    let missing: Vec<&str> = LEAST.iter().map(|(name, ..)| *name).filter(|name| !there(name)).collect();
    assert!(
        missing == ["jsonwebtoken"] || missing.is_empty(),
        "{missing:?} are no longer used; take the rows away"
    );
}

#[test]
fn there_is_one_of_each_that_must_be_shared_and_one_crypto_provider() {
    let packages = packages();
    for name in ONE {
        let versions = packages.iter().filter(|package| text(package, "name") == name).count();
        assert_eq!(versions, 1, "{name}");
    }
    for package in &packages {
        let name = text(package, "name");
        assert!(!NEVER.contains(&name), "{name}");
        // rustls-webpki lists ring as an option, which nobody switches on.
        assert!(name == "rustls-webpki" || !needs(package, "ring", "0"), "{name} uses ring");
    }
}

#[test]
fn every_package_comes_from_the_registry_with_its_checksum() {
    for package in packages() {
        let (name, source) = (text(&package, "name"), text(&package, "source"));
        let here = |folder: &str| FILES.contains_key(&format!("{folder}/{name}/Cargo.toml"));
        let ours = here("src") || here("tests") || name == "recordgate";
        assert_eq!(source.is_empty(), ours, "{name}: {source}");
        if !ours {
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            assert_eq!(text(&package, "checksum").len(), 64, "{name}");
        }
    }
}
