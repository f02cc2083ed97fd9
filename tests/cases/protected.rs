//! The published list of codes that hold identifying data, against ours.

use std::{fs, path::Path};

use record::CodeSystem;

#[test]
fn every_code_that_the_published_mapper_protects_is_identifying() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/codes");
    let mut codes = 0;
    for (file, system) in [
        ("SubscriberProtectedCodesCTV3.csv", CodeSystem::Ctv3),
        ("SubscriberProtectedCodesRead2.csv", CodeSystem::ReadV2),
        ("SubscriberProtectedCodesSnomed.csv", CodeSystem::SnomedCt),
    ] {
        let Ok(text) = fs::read_to_string(folder.join(file)) else {
            eprintln!("skipped: ../shared/data/codes is not here");
            return;
        };
        for code in text.lines().skip(1).filter_map(|line| line.split('"').nth(1)) {
            assert!(policy::is_identifying(&system, code), "{file}: {code}");
            codes += 1;
        }
    }
    assert_eq!(codes, 121);
}
