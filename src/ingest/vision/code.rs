//! The code of a journal row: SNOMED CT where there is one, and Read version 2, five characters and two of term code.
//! Local codes of the supplier look like Read codes and cannot be told apart.

use record::{CodeSystem, Coded, Coding, FreeText};

use crate::snomed::{Component, component};

/// What a row's two code fields and its rubric come to, and whether each field could be used. Rubrics can be typed, so
/// they are words of the record, not the codes' own terms.
pub(super) fn coded(snomed: &str, read: &str, rubric: &str) -> (Coded, [bool; 2]) {
    let concept = snomed_coding(snomed);
    let code = read_code(read).map(|code| coding(CodeSystem::ReadV2, code));
    let usable = [snomed.is_empty() || concept.is_some(), read.is_empty() || code.is_some()];
    // What stands where a code should, but is none, is the only name that the thing has if there is no other.
    let words = if rubric.is_empty() && concept.is_none() && code.is_none() { read } else { rubric };
    let codings = concept.into_iter().chain(code).collect();
    (Coded { codings, original_text: FreeText::new(words) }, usable)
}

fn coding(system: CodeSystem, code: String) -> Coding {
    Coding { system, code, display: None }
}

fn snomed_coding(id: &str) -> Option<Coding> {
    let system = match component(id)? {
        Component::Concept => CodeSystem::SnomedCt,
        Component::Description => CodeSystem::SnomedCtDescription,
        Component::EmisConcept => return None,
    };
    Some(coding(system, id.to_owned()))
}

/// A Read code of five characters, or seven with its term code: letters and digits, then dots, and not only letters, as
/// a word would have. Anything of another length is none, however much it looks like one.
pub(super) fn read_code(text: &str) -> Option<String> {
    let (code, term) = match text.len() {
        5 => (text, ""),
        7 => text.split_at_checked(5)?,
        _ => return None,
    };
    let significant = code.trim_end_matches('.');
    let fits = code.is_ascii()
        && !significant.is_empty()
        && significant.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().any(|byte| byte.is_ascii_digit() || byte == b'.')
        && term.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_codes_have_five_characters_or_seven() {
        for code in ["246..00", "65M1.00", "1371.11", "22A..", "H33..00", "Eu32z11"] {
            assert_eq!(read_code(code).as_deref(), Some(code));
        }
        // Seen in feeds (endeavourhealth/Transforms, SD-186, SD-190, SD-192, SD-358).
        for junk in [
            "", "DNA", "asthma", "cough", "13m1.0", "9V0.00", "9mb.00", "#9V0..", "246", ".....", "24.6.00",
            "24é..",
        ] {
            assert_eq!(read_code(junk), None, "{junk}");
        }
    }

    #[test]
    fn a_snomed_id_must_be_one() {
        let codings = |snomed| coded(snomed, "", "rubric").0.codings;
        assert_eq!(codings("27113001")[0].system, CodeSystem::SnomedCt);
        for junk in ["27113002", "9223372036854775808", "99999999999999999999", "-1", "0", "weight"] {
            assert!(codings(junk).is_empty(), "{junk}");
        }
    }

    #[test]
    fn what_is_no_code_is_words() {
        let (made, usable) = coded("", "DNA", "");
        assert_eq!(made.original_text.unwrap().expose(), "DNA");
        assert_eq!(usable, [true, false]);
        let (made, _) = coded("", "asthma", "Asthma review");
        assert_eq!(made.original_text.unwrap().expose(), "Asthma review");
    }
}
