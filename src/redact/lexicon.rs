//! The tables of `profiles/lexicon/` in memory, and bigger tables of names that an operator gives.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use crate::{
    fold::fold,
    own_name::one_slip,
    table::{Table, pair},
    text::Text,
    word::*,
};

/// Multiplies and turns, eight bytes at a time: short keys of our own tables, and the same on every run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Turning(u64);

impl Turning {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Turning {
    fn finish(&self) -> u64 {
        // The high bits are the mixed ones, and the table uses the low ones too.
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }

    fn write_u8(&mut self, byte: u8) {
        // A text's end, which the length of its last piece says already.
        let _ = byte;
    }
}

/// Titles and words of respect that are titles only where they have a capital.
pub(crate) const RARE_TITLES: [&str; 24] = [
    "rev", "revd", "sir", "dame", "cllr", "pan", "pani", "frau", "herr", "mme", "mlle", "madame", "monsieur",
    "senora", "senor", "umm", "haji", "hajji", "hajja", "alhaji", "alhaja", "sheikh", "smt", "shri",
];

type Class = fn(&str) -> Option<Classes>;
type Map<V> = HashMap<Box<str>, V, BuildHasherDefault<Turning>>;

/// The words of a phrase, and what they are together.
type Phrase = (Vec<Box<str>>, Classes);

/// What is known of words and phrases.
#[derive(Clone, Default)]
pub struct Lexicon {
    words: Table,
    /// By their first two words: all words, and what the phrase is.
    phrases: HashMap<u64, Vec<Phrase>, BuildHasherDefault<Turning>>,
    nicknames: Map<Box<str>>,
}

impl fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lexicon({} words, {} phrases)", self.words.len(), self.phrases.len())
    }
}

/// A table of names that cannot be used: the line, from 1, and why. Never what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// From 1, the header counted.
    pub line: usize,
    /// In words.
    pub why: &'static str,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadRow {}

static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

impl Lexicon {
    /// The project's own tables.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    fn build() -> Self {
        let mut lexicon = Self::default();
        let known: [(&str, Class); 7] = [
            (include_str!("../../profiles/lexicon/kinship.csv"), relation),
            (include_str!("../../profiles/lexicon/roles.csv"), |_| Some(ROLE)),
            (include_str!("../../profiles/lexicon/protected.csv"), kept),
            (include_str!("../../profiles/lexicon/cues.csv"), cue),
            (include_str!("../../profiles/lexicon/facts.csv"), fact),
            (include_str!("../../profiles/lexicon/review.csv"), reason),
            (include_str!("../../profiles/lexicon/ordinary_words.csv"), |_| Some(WORD)),
        ];
        for (table, class) in known {
            for row in table.lines().skip(1) {
                let (words, kind) = row.split_once(',').unwrap_or((row, ""));
                lexicon.add(words, class(kind).unwrap_or_default());
            }
        }
        ["mr", "mrs", "ms", "miss", "mx", "master", "messrs"]
            .iter()
            .chain(&RARE_TITLES)
            .for_each(|title| lexicon.add(title, TITLE));
        lexicon.names(include_str!("../../profiles/lexicon/surnames.csv"), SURNAME, SURNAME_WORD);
        lexicon.names(include_str!("../../profiles/lexicon/first_names.csv"), FIRST, FIRST_WORD);
        for row in include_str!("../../profiles/lexicon/nicknames.csv").lines().skip(1) {
            if let Some((nickname, name)) = row.split_once(',') {
                lexicon.nicknames.insert(fold(nickname).into(), fold(name).into());
            }
        }
        lexicon
    }

    /// The project's tables and more first names: a CSV with the header `name,also` whose second column says what
    /// else the word is (empty if nothing). Names are only added; nothing that was known is forgotten.
    ///
    /// # Errors
    ///
    /// The first row that is not of this shape.
    pub fn with_names(table: &str) -> Result<Self, BadRow> {
        let mut rows = table.lines().enumerate();
        if rows.next().is_none_or(|(_, header)| header.trim_start_matches('\u{feff}').trim() != "name,also") {
            return Err(BadRow { line: 1, why: "the header is not name,also" });
        }
        let mut lexicon = Self::built_in().clone();
        for (at, row) in rows.filter(|(_, row)| !row.trim().is_empty()) {
            let bad = |why| BadRow { line: at + 1, why };
            let (name, also) = row.split_once(',').ok_or(bad("not two columns"))?;
            if name.is_empty()
                || !name.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | ' '))
            {
                return Err(bad("not a name"));
            }
            let also = if lexicon.classes(&fold(name)) & NOT_A_NAME != 0 { "word" } else { also.trim() };
            lexicon.add_name(name, also, FIRST, FIRST_WORD);
        }
        Ok(lexicon)
    }

    /// Whether a word is an ordinary one, or anything else that the tables know beside names.
    #[must_use]
    pub fn is_ordinary(&self, word: &str) -> bool {
        self.classes(&fold(word)) & (NOT_A_NAME | EPONYM | SCALE | PLACE) != 0
    }

    /// Whether the table of first names has it.
    #[must_use]
    pub fn is_first_name(&self, name: &str) -> bool {
        self.classes(&fold(name)) & (FIRST | FIRST_WORD) != 0
    }

    fn names(&mut self, table: &str, sure: Classes, ambiguous: Classes) {
        for row in table.lines().skip(1) {
            let mut columns = row.split(',');
            let (name, also) = (columns.next().unwrap_or_default(), columns.nth(1).unwrap_or_default());
            self.add_name(name, also, sure, ambiguous);
        }
    }

    fn add_name(&mut self, name: &str, also: &str, sure: Classes, ambiguous: Classes) {
        let name: String = fold(name).chars().filter(|c| !matches!(c, '\'' | '’')).collect();
        self.words.add(&name, if also.is_empty() { sure } else { ambiguous });
    }

    fn add(&mut self, words: &str, class: Classes) {
        // The tables are read by the reader of texts, so that both agree on what a word is.
        let read = Text::read(words, &Self::default());
        let parts: Vec<Box<str>> = (0..read.tokens.len()).map(|at| read.word(at).into()).collect();
        match parts.as_slice() {
            [] => {}
            [one] => self.words.add(one, class),
            [first, second, ..] => {
                self.words.add(first, PHRASE);
                self.phrases.entry(pair(first, second)).or_default().push((parts, class));
            }
        }
    }

    /// What is known of a folded word; of a compound, by its parts.
    pub(crate) fn classes(&self, word: &str) -> Classes {
        if let Some(classes) = self.words.get(word) {
            return classes;
        }
        // Gujarati names take a word of respect at the end.
        let bare = match word.as_bytes() {
            [] | [_] => return 0,
            [.., b'a', b'i'] | [.., b'e', b'n'] => {
                ["bhai", "bhen", "ben"].iter().find_map(|end| word.strip_suffix(end))
            }
            _ => None,
        };
        if bare
            .and_then(|bare| self.words.get(bare))
            .is_some_and(|classes| classes & (FIRST | FIRST_WORD) != 0)
        {
            return FIRST;
        }
        let Some((head, tail)) = word.split_once('-') else { return 0 };
        let of = |part: &str| self.words.get(part).unwrap_or_default();
        let (first, last) = (of(head), of(tail.rsplit('-').next().unwrap_or_default()));
        if last & PERSON != 0
            && matches!(head, "ex" | "step" | "half" | "foster" | "grand" | "great" | "late" | "co")
        {
            return last;
        }
        match (first & NAME != 0, last & NAME != 0) {
            (true, true) if (first | last) & FIRST != 0 => FIRST,
            (true, true) => SURNAME,
            _ if (first | last) & (WORD | HEAD | HUMAN | STATE | NEGATION) != 0 => WORD,
            _ => 0,
        }
    }

    /// A word that no table has and that differs from a common word for a relative by one slip: `brther`, `wfe`.
    pub(crate) fn slip_of_relative(&self, word: &str) -> Classes {
        const COMMON: [&str; 20] = [
            "wife",
            "husband",
            "mother",
            "father",
            "brother",
            "sister",
            "daughter",
            "partner",
            "neighbour",
            "friend",
            "nephew",
            "niece",
            "cousin",
            "boyfriend",
            "girlfriend",
            "grandson",
            "granddaughter",
            "uncle",
            "auntie",
            "fiance",
        ];
        if !word.starts_with(['w', 'h', 'm', 'f', 'b', 's', 'd', 'p', 'n', 'c', 'g', 'u', 'a']) {
            return 0;
        }
        let slip = |common: &&str| {
            common.as_bytes().first() == word.as_bytes().first() && word.len() > 2 && one_slip(common, word)
        };
        COMMON.iter().find(|common| slip(common)).map_or(0, |common| self.classes(common))
    }

    /// The name that a nickname is short for.
    pub(crate) fn full_name(&self, nickname: &str) -> Option<&str> {
        self.nicknames.get(nickname).map(Box::as_ref)
    }

    /// The nicknames of a name.
    pub(crate) fn short_for(&self, name: &str) -> impl Iterator<Item = String> {
        self.nicknames
            .iter()
            .filter(move |(_, full)| full.as_ref() == name)
            .map(|(nickname, _)| nickname.to_string())
    }

    /// Marks the words of phrases with what the phrase is.
    pub(crate) fn phrases(&self, text: &mut Text) {
        for at in 0..text.tokens.len().saturating_sub(1) {
            if !text.is(at, PHRASE) {
                continue;
            }
            let begun = self.phrases.get(&pair(text.word(at), text.word(at + 1)));
            for (words, class) in begun.map(Vec::as_slice).unwrap_or_default() {
                if words.iter().enumerate().all(|(n, word)| text.word(at + n) == word.as_ref()) {
                    let phrase = &mut text.tokens[at..at + words.len()];
                    phrase.iter_mut().for_each(|token| match *class {
                        THING => token.is = WORD,
                        _ => token.is |= class,
                    });
                }
            }
        }
    }
}
