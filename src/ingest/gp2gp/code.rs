//! Concept descriptors: the code that was recorded, its translations, and the words that were shown.

use record::{CodeSystem, Coded, Coding, FreeText, IssueCode};

use super::{node::Node, notes::Notes};

const SNOMED: &str = "2.16.840.1.113883.2.1.3.2.4.15";

/// Reads `code`, `value` or another element of the type CD and those derived from it.
pub(super) fn coded(node: &Node, notes: &mut Notes) -> Coded {
    let mut codings: Vec<Coding> = Vec::new();
    for part in std::iter::once(node).chain(node.children("translation")) {
        if let Some(coding) = coding(part, notes)
            && !codings.iter().any(|other| other.system == coding.system && other.code == coding.code)
        {
            codings.push(coding);
        }
    }
    // A display name that no code stands behind comes from no code list: it counts as typed.
    let typed = || codings.is_empty().then(|| node.get("displayName")).flatten();
    let words = node.child("originalText").and_then(Node::words).or_else(typed);
    let shown =
        |words: &str| codings.iter().filter_map(|coding| coding.display.as_deref()).any(|d| same(d, words));
    let original_text = words.filter(|words| !shown(words)).and_then(FreeText::new);
    Coded { codings, original_text }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn coding(node: &Node, notes: &mut Notes) -> Option<Coding> {
    let code = node.get("code")?;
    let Some(oid) = node.get("codeSystem").filter(|oid| is_oid(oid)) else {
        notes.warn(IssueCode::PartIgnored, node.line, "code", "the code names no code system");
        return None;
    };
    if code.len() > 200 || code.contains(char::is_control) {
        notes.warn(IssueCode::PartIgnored, node.line, "code", "no code of any system looks like this");
        return None;
    }
    let system = system(oid, code);
    if let CodeSystem::Oid(oid) = &system {
        notes.unknown_system(oid, node.line);
    }
    Some(Coding { system, code: code.to_owned(), display: node.get("displayName").map(str::to_owned) })
}

fn is_oid(text: &str) -> bool {
    text.len() <= 100 && text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn system(oid: &str, code: &str) -> CodeSystem {
    match oid {
        SNOMED => match snomed(code) {
            Some(system) => system,
            // Kept as sent, but never passed on as SNOMED CT: its check digit says that it is not.
            None => CodeSystem::Oid(oid.to_owned()),
        },
        "2.16.840.1.113883.2.1.6.2" => CodeSystem::ReadV2,
        "2.16.840.1.113883.2.1.3.2.4.14" => CodeSystem::Ctv3,
        "2.16.840.1.113883.2.1.6.3" => CodeSystem::Egton,
        _ => CodeSystem::Oid(oid.to_owned()),
    }
}

/// What a SNOMED CT identifier identifies, by its partition (SNOMED CT Release File Specifications, SCTID).
fn snomed(id: &str) -> Option<CodeSystem> {
    let fits = (6..=18).contains(&id.len()) && !id.starts_with('0') && verhoeff(id);
    let partition = fits.then(|| id.get(id.len() - 3..id.len() - 1)).flatten()?;
    match partition {
        "00" | "10" => Some(CodeSystem::SnomedCt),
        "01" | "11" => Some(CodeSystem::SnomedCtDescription),
        _ => None,
    }
}

/// Whether the last digit is the check digit of the others in the dihedral group of the pentagon.
fn verhoeff(digits: &str) -> bool {
    let times = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    const STEP: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permuted = |digit: u8, place: usize| {
        (0..place % 8).fold(digit, |digit, _| STEP.get(usize::from(digit)).copied().unwrap_or_default())
    };
    let mut check = 0;
    for (place, byte) in digits.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        check = times(check, permuted(byte - b'0', place));
    }
    check == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snomed_identifier_tells_concept_from_description_by_its_partition() {
        for (id, kind) in [
            ("163020007", Some(CodeSystem::SnomedCt)),
            ("1091811000000102", Some(CodeSystem::SnomedCt)),
            ("196411000000103", Some(CodeSystem::SnomedCt)),
            ("360300017", Some(CodeSystem::SnomedCtDescription)),
            ("163020008", None),
            ("7536700", None),
            ("2469.00", None),
            ("0", None),
            ("1234567890123456789012", None),
        ] {
            assert_eq!(snomed(id), kind, "{id}");
        }
    }
}
