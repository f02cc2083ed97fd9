//! Makers of vaccines, told from words that somebody typed into their field: makers are shown to the patient at every
//! level that shows the vaccination.

use std::{collections::BTreeSet, sync::LazyLock};

/// Longest name of a maker in bytes and in words.
const LONGEST: usize = 60;
const WORDS: usize = 8;
/// Words that companies have behind their names.
const FORMS: [&str; 39] = [
    "ab",
    "ag",
    "as",
    "bhd",
    "biologicals",
    "biologics",
    "biopharma",
    "biotech",
    "bv",
    "co",
    "company",
    "corp",
    "gmbh",
    "healthcare",
    "inc",
    "international",
    "kg",
    "labs",
    "laboratoires",
    "laboratories",
    "laboratory",
    "limited",
    "llc",
    "ltd",
    "nv",
    "oy",
    "pharma",
    "pharmaceutical",
    "pharmaceuticals",
    "plc",
    "pte",
    "pty",
    "sa",
    "sas",
    "sl",
    "spa",
    "srl",
    "vaccine",
    "vaccines",
];
/// Where a company says that it is.
const COUNTRIES: [&str; 8] =
    ["uk", "europe", "ireland", "belgium", "france", "germany", "denmark", "netherlands"];

/// The words of each maker of `profiles/makers.csv`.
static MAKERS: LazyLock<BTreeSet<Vec<String>>> = LazyLock::new(|| {
    let rows = include_str!("../../profiles/makers.csv").lines();
    let rows = rows.skip_while(|row| row.starts_with('#')).skip(1);
    rows.filter_map(|row| row.split(',').next()).map(words).collect()
});

/// Names of people, relatives and staff, and words of the language, in small letters.
static PEOPLE: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let texts = [
        include_str!("../../profiles/lexicon/first_names.csv"),
        include_str!("../../profiles/lexicon/nicknames.csv"),
        include_str!("../../profiles/lexicon/kinship.csv"),
        include_str!("../../profiles/lexicon/roles.csv"),
    ];
    first_fields(&texts)
});
static OTHER_WORDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    first_fields(&[
        include_str!("../../profiles/lexicon/surnames.csv"),
        include_str!("../../profiles/lexicon/ordinary_words.csv"),
    ])
});

fn first_fields(texts: &[&str]) -> BTreeSet<String> {
    let rows = texts.iter().flat_map(|text| text.lines().skip(1));
    rows.filter_map(|row| row.split(',').next()).map(str::to_lowercase).collect()
}

/// Whether a text is a maker's name and nothing else: one of the table, a name that ends as a company's does, or one
/// word that is neither a name nor a word of the language.
pub(crate) fn is_maker(text: &str) -> bool {
    let plain = |c: char| {
        c.is_alphabetic() || matches!(c, ' ' | '.' | ',' | '&' | '-' | '\'' | '(' | ')' | '/' | '0'..='9')
    };
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if !(1..=LONGEST).contains(&text.len()) || !text.chars().all(plain) || digits > 2 {
        return false;
    }
    let words = words(text);
    if words.len() > WORDS {
        return false;
    }
    let ends = |word: &String| FORMS.contains(&word.as_str()) || COUNTRIES.contains(&word.as_str());
    let (end, name) = words.iter().rev().fold((true, Vec::new()), |(end, mut name), word| {
        let end = end && ends(word);
        if !end {
            name.insert(0, word.clone());
        }
        (end, name)
    });
    if end {
        // Nothing but `Ltd`.
        return false;
    }
    let of_people = |word: &String| PEOPLE.contains(word);
    let is_company = (words.last().is_some_and(ends)
        || words.first().is_some_and(|first| FORMS.contains(&first.as_str())))
        && words.iter().any(|word| FORMS.contains(&word.as_str()));
    MAKERS.contains(&name)
        || MAKERS.contains(&words)
        || (is_company && !name.iter().any(of_people))
        || matches!(name.as_slice(), [one] if words.len() == 1 && !of_people(one) && !OTHER_WORDS.contains(one))
}

/// The words in small letters, without the signs between them.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '(' | ')'));
    parts.map(|part| part.replace('.', "").to_lowercase()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_and_companies_are_kept_however_long_their_names_are() {
        for maker in [
            "Merck Sharp & Dohme (UK) Ltd",
            "GlaxoSmithKline UK Ltd",
            "Pfizer",
            "PFIZER LTD",
            "Pfizer/BioNTech",
            "Sanofi Pasteur MSD Limited",
            "A. H. Shaw and Partners Ltd",
            "Northmoor Biologics",
            "Laboratoires Caf\u{e9} SA",
            "Bexwell",
        ] {
            assert!(is_maker(maker), "{maker}");
        }
    }

    #[test]
    fn a_makers_field_is_no_channel_for_names_and_telephones() {
        for other in [
            "",
            "Ltd",
            "Jane",
            "SMITH",
            "Mum",
            "Zebedee Quirk",
            "her brother told me so",
            "mum works for Pfizer Ltd",
            "Jane of Pfizer Ltd",
            "07700900123",
            "Pfizer 07700900123",
            "Pfizer; ask Jane",
        ] {
            assert!(!is_maker(other), "{other}");
        }
    }
}
