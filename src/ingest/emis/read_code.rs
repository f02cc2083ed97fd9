//! `ReadTermId`: a Read v2 code without its padding, or a local code of EMIS.
//!
//! A synonym's number follows a hyphen (`G30-1`). It is cut off: the five characters identify the concept, the row's
//! own term is kept beside them, and how the number maps to Read's two-character term codes is nowhere published.

use record::CodeSystem;

/// What local codes begin with, perhaps after a caret.
const LOCAL: [&str; 9] = ["EMIS", "ESCT", "EGTON", "ALLERGY", "FUNDHC", "JHCC", "RAFME", "KC60", "SHHAPT"];

/// The code and its system, or `None` where the field is blank.
pub(super) fn read_code(text: &str) -> Option<(CodeSystem, String)> {
    if text.is_empty() || text.len() > 100 || text.chars().any(char::is_control) {
        return None;
    }
    let local = LOCAL.iter().any(|prefix| text.trim_start_matches('^').starts_with(prefix));
    let padded = if local { None } else { padded(text) };
    Some(padded.map_or_else(|| (CodeSystem::Egton, text.to_owned()), |code| (CodeSystem::ReadV2, code)))
}

/// Whether the code is of one of the families of sexual health statistics.
pub(super) fn is_sexual_health(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    upper.contains("KC60") || upper.contains("SHHAPT")
}

/// The five characters of a Read v2 code: letters and digits, then dots. Case matters.
fn padded(text: &str) -> Option<String> {
    let code = match text.split_once('-') {
        Some((code, synonym)) if synonym.bytes().all(|b| b.is_ascii_alphanumeric()) && synonym.len() <= 2 => {
            code
        }
        Some(_) => return None,
        None => text,
    };
    let significant = code.trim_end_matches('.');
    let fits = (1..=5).contains(&code.len())
        && !significant.is_empty()
        && significant.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| format!("{significant:.<5}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_codes_are_padded_and_synonyms_cut_off() {
        for (sent, code) in [
            ("A2", "A2..."),
            ("G30-1", "G30.."),
            ("G20..", "G20.."),
            ("g20", "g20.."),
            ("246A", "246A."),
            ("65B-11", "65B.."),
            ("XaBVJ", "XaBVJ"),
        ] {
            assert_eq!(read_code(sent), Some((CodeSystem::ReadV2, code.to_owned())), "{sent}");
        }
    }

    #[test]
    fn local_codes_are_not_read_codes() {
        for sent in [
            "EMISNQAB12",
            "EMIS1",
            "ESCT1",
            "^ESCTAB123456",
            "EGTON",
            "ALLERGY12",
            "FUNDHC3",
            "JHCC1",
            "RAFME",
            "EMISREQ|5",
            "TOOLONG1",
            "A.2",
            "A2-",
            "A2-b.c",
        ] {
            let expected = if sent == "A2-" { CodeSystem::ReadV2 } else { CodeSystem::Egton };
            assert_eq!(read_code(sent).unwrap().0, expected, "{sent}");
        }
        assert_eq!(read_code(""), None);
    }
}
