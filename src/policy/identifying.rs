//! Codes that exist to hold somebody's identifying data: next of kin, key holder, door code, the patient's own number or
//! name (`profiles/codes/identifying.csv`). An entry with one is withheld at every level.

use std::{collections::BTreeSet, sync::LazyLock};

use record::CodeSystem;

static TABLE: LazyLock<BTreeSet<(&str, &str)>> = LazyLock::new(|| {
    let text = include_str!("../../profiles/codes/identifying.csv");
    text.lines()
        .skip_while(|line| line.starts_with('#'))
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .filter_map(|(system, rest)| rest.split_once(',').map(|(code, _)| (system, code)))
        .collect()
});

/// Whether a coding is one of them. Read codes are compared by their five characters, without the term code.
#[must_use]
pub fn is_identifying(system: &CodeSystem, code: &str) -> bool {
    match system {
        CodeSystem::SnomedCt => TABLE.contains(&("snomed", code)),
        CodeSystem::ReadV2 => TABLE.contains(&("readv2", code.get(..5).unwrap_or(code))),
        // CTV3 began as a copy of Read: what hides a code in one hides its twin in the other.
        CodeSystem::Ctv3 => {
            ["ctv3", "readv2"].iter().any(|of| TABLE.contains(&(of, code.get(..5).unwrap_or(code))))
        }
        CodeSystem::SnomedCtDescription
        | CodeSystem::Egton
        | CodeSystem::Dmd
        | CodeSystem::Oid(_)
        | CodeSystem::Listed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_of_kin_is_identifying_in_each_system_and_a_blood_pressure_is_not() {
        assert!(is_identifying(&CodeSystem::SnomedCt, "184142008"));
        assert!(is_identifying(&CodeSystem::ReadV2, "9182.00"));
        assert!(is_identifying(&CodeSystem::Ctv3, "918J."));
        assert!(is_identifying(&CodeSystem::Ctv3, "918J.00"), "with a term code");
        assert!(!is_identifying(&CodeSystem::SnomedCt, "75367002"));
        let text = include_str!("../../profiles/codes/identifying.csv");
        assert_eq!(TABLE.len(), text.lines().filter(|line| !line.starts_with('#')).count() - 1);
    }
}
