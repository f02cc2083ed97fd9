//! The tables of `profiles/lexicon/` have the shape that a reader expects.
#![expect(clippy::print_stderr, reason = "coverage and skipped files are told")]

use std::collections::BTreeSet;

use crate::{
    fold::fold,
    talk::part,
    word::{cue, fact, kept, reason, relation},
};

const TABLES: [(&str, &str, usize, &str); 11] = [
    ("cues", "words,cue", 1400, include_str!("../../../profiles/lexicon/cues.csv")),
    ("facts", "words,fact", 2000, include_str!("../../../profiles/lexicon/facts.csv")),
    ("first_names", "name,from,also", 7000, include_str!("../../../profiles/lexicon/first_names.csv")),
    ("kinship", "word,relation", 350, include_str!("../../../profiles/lexicon/kinship.csv")),
    ("nicknames", "nickname,name", 100, include_str!("../../../profiles/lexicon/nicknames.csv")),
    ("ordinary_words", "word", 3000, include_str!("../../../profiles/lexicon/ordinary_words.csv")),
    ("protected", "words,kind", 1500, include_str!("../../../profiles/lexicon/protected.csv")),
    ("review", "words,reason", 800, include_str!("../../../profiles/lexicon/review.csv")),
    ("roles", "word,profession", 120, include_str!("../../../profiles/lexicon/roles.csv")),
    ("surnames", "name,from,also", 3500, include_str!("../../../profiles/lexicon/surnames.csv")),
    ("talk", "words,part,why", 2000, include_str!("../../../profiles/lexicon/talk.csv")),
];

fn rows(name: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let (.., text) = TABLES.iter().find(|(table, ..)| *table == name).unwrap();
    text.lines().skip(1).map(|row| row.split(',').collect())
}

#[test]
fn every_table_has_its_header_is_in_order_and_holds_no_row_twice() {
    for (name, header, least, text) in TABLES {
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(header), "{name}");
        let all: Vec<&str> = lines.collect();
        assert!(all.len() >= least, "{name}: {}", all.len());
        let columns = header.split(',').count();
        assert!(all.iter().all(|row| row.split(',').count() == columns && row.trim() == *row), "{name}");
        let first = |row: &&str| fold(row.split(',').next().unwrap()).replace('\'', "");
        assert!(
            all.iter().map(first).is_sorted(),
            "{name} is in the order of its first column without marks"
        );
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{name} holds a row twice");
        if header.starts_with("name,") || header.starts_with("word") && columns == 1 {
            assert_eq!(
                all.iter().map(first).collect::<BTreeSet<_>>().len(),
                all.len(),
                "{name} holds a word twice"
            );
        }
    }
}

#[test]
fn every_class_that_a_table_names_is_one_that_the_engine_knows() {
    let tables = [
        ("cues", cue as fn(&str) -> _),
        ("facts", fact),
        ("kinship", relation),
        ("protected", kept),
        ("review", reason),
        ("talk", |name| part(name).map(u64::from)),
    ];
    for (table, class) in tables {
        for row in rows(table) {
            assert!(class(row[1]).is_some(), "{table}: {}", row[1]);
        }
    }
    for table in ["first_names", "surnames"] {
        for row in rows(table) {
            assert!(["", "word", "place", "medical"].contains(&row[2]), "{table}: {row:?}");
        }
    }
}

#[test]
fn a_name_that_is_an_ordinary_word_says_so() {
    let ordinary: BTreeSet<String> = rows("ordinary_words").map(|row| fold(row[0])).collect();
    for table in ["first_names", "surnames"] {
        for row in rows(table) {
            assert!(!row[2].is_empty() || !ordinary.contains(&fold(row[0])), "{table}: {}", row[0]);
        }
    }
}

/// How many of those born in the UK have a first name of the table, by the published counts.
#[test]
fn most_people_born_here_have_a_name_of_the_table() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/names/uk-birth-names.csv");
    let Ok(births) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the counts of births are not there");
        return;
    };
    let known: BTreeSet<String> = rows("first_names").map(|row| fold(row[0]).replace('\'', "")).collect();
    let (mut all, mut covered) = (0.0, 0.0);
    for row in births.lines().skip(1) {
        let (name, count) = row.rsplit_once(',').unwrap();
        let count: f64 = count.parse().unwrap();
        all += count;
        covered += if known.contains(&fold(name).replace('\'', "")) { count } else { 0.0 };
    }
    eprintln!("births with a name of the table: {:.3}", covered / all);
    assert!(covered / all >= 0.90, "{}", covered / all);
}
