//! The table against the codes that a published mapper protects.

use super::*;

#[test]
fn next_of_kin_is_identifying_in_each_system_and_a_blood_pressure_is_not() {
    assert!(is_identifying(&CodeSystem::SnomedCt, "184142008"));
    assert!(is_identifying(&CodeSystem::ReadV2, "9182.00"));
    assert!(is_identifying(&CodeSystem::Ctv3, "918J."));
    assert!(!is_identifying(&CodeSystem::SnomedCt, "75367002"));
    let text = include_str!("../../../profiles/codes/identifying.csv");
    assert_eq!(TABLE.len(), text.lines().filter(|line| !line.starts_with('#')).count() - 1);
}

#[test]
fn every_code_that_the_published_mapper_protects_is_identifying() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/codes");
    let mut codes = 0;
    for (file, system) in [
        ("SubscriberProtectedCodesCTV3.csv", CodeSystem::Ctv3),
        ("SubscriberProtectedCodesRead2.csv", CodeSystem::ReadV2),
        ("SubscriberProtectedCodesSnomed.csv", CodeSystem::SnomedCt),
    ] {
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else {
            let mut err = std::io::stderr();
            std::io::Write::write_all(&mut err, b"skipped: ../shared/data/codes is not here\n").unwrap();
            return;
        };
        for code in text.lines().skip(1).filter_map(|line| line.split('"').nth(1)) {
            assert!(is_identifying(&system, code), "{file}: {code}");
            codes += 1;
        }
    }
    assert_eq!(codes, 121);
}
