//! Batch numbers of vaccines, told from words that somebody typed into their field: batch numbers are shown to the
//! patient at every level that shows the vaccination.

use std::{collections::BTreeSet, sync::LazyLock};

/// Longest batch number, and longest of letters alone.
const LONGEST: usize = 30;
const LONGEST_OF_LETTERS: usize = 20;
/// How many consonants must follow on each other before letters are no word: names have three, seldom four.
const UNSPEAKABLE: usize = 4;
/// How a typed name can begin.
const TITLES: [&str; 6] = ["MR", "MISS", "DR", "PROF", "SISTER", "NURSE"];

/// Names of people and words for relatives, in capitals. Short ones stand in any row of letters by chance, and are left
/// out but for relatives.
static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let rows = |text: &'static str, shortest: usize| {
        let words = text.lines().skip(1).filter_map(|row| row.split(',').next());
        words.filter(move |word| word.len() >= shortest).map(str::to_uppercase)
    };
    let names = [
        (include_str!("../../profiles/lexicon/first_names.csv"), 4),
        (include_str!("../../profiles/lexicon/surnames.csv"), 4),
        (include_str!("../../profiles/lexicon/nicknames.csv"), 4),
        (include_str!("../../profiles/lexicon/kinship.csv"), 3),
    ];
    names.into_iter().flat_map(|(text, shortest)| rows(text, shortest)).collect()
});

/// Whether a text is a batch number and nothing else: up to three words with a digit in each ([`is_numbered`]), or one
/// of letters alone that nobody could speak ([`is_unspeakable`]). A run of nine digits is a telephone or an NHS number.
pub(crate) fn is_lot_number(text: &str) -> bool {
    let run = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let short = (1..=LONGEST).contains(&text.len()) && run < 9 && digits < 15;
    short && (is_numbered(text) || is_unspeakable(text))
}

/// Letters, digits, `-`, `/`, `.` and `:`, with a digit in each word. A name has no digits, but a word for a relative may
/// (`flatm8`).
fn is_numbered(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | ':');
    let word = |word: &str| {
        word.chars().all(plain)
            && word.chars().any(|c| c.is_ascii_digit())
            && !NAMES.contains(&word.to_ascii_uppercase())
    };
    text.split(' ').count() <= 3 && text.split(' ').all(word)
}

/// One word of capitals in which consonants pile up as in no word, and in which no name stands.
fn is_unspeakable(text: &str) -> bool {
    let capitals = text.len() <= LONGEST_OF_LETTERS && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let consonants = || text.split(['A', 'E', 'I', 'O', 'U', 'Y']).map(str::len).max().unwrap_or(0);
    capitals
        && consonants() >= UNSPEAKABLE
        && !TITLES.iter().any(|title| text.starts_with(title))
        && !holds_a_name(text)
}

fn holds_a_name(capitals: &str) -> bool {
    let from = |start: usize| (start + 3..=capitals.len()).filter_map(move |end| capitals.get(start..end));
    (0..capitals.len()).flat_map(from).any(|part| NAMES.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_number_is_no_channel_for_names_and_telephones() {
        for lot in ["AB1234", "ab1:cd2", "z2003", "AK47-2B", "A1 B2", "123456", "RSVTEST", "XKCDVBRT"] {
            assert!(is_lot_number(lot), "{lot}");
        }
        for other in [
            "",
            "Jane",
            "JANE",
            "Mum Jane 07700900123",
            "Jane 07700900123",
            "07700900123",
            "A1 Jane",
            "12345678901",
            "ZEBEDEE",
            "ARMSTRONG",
            "WRIGHTSMITH",
            "HJKLMUMTRW",
            "MRZBDQ",
            "XKCD VBRT",
            "xkcdvbrt",
            "XKCDVBRTXKCDVBRTXKCDVBRT",
        ] {
            assert!(!is_lot_number(other), "{other}");
        }
    }

    #[test]
    fn no_name_of_the_lexicon_is_a_batch_number() {
        for name in NAMES.iter().filter(|name| name.len() >= 4) {
            assert!(!is_lot_number(name), "{name}");
        }
    }
}
