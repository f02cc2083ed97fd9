//! How people talk to a practice, by `profiles/lexicon/talk.csv`: ways to get in touch, concerns, accusations, what is
//! told openly and what is not. Looked up only in sentences that name somebody or in which somebody speaks.

use std::{ops::Range, sync::LazyLock};

use crate::{
    fold::fold,
    table::Table,
    text::Text,
    word::{CONDUCT, CRIME, Classes, ILLNESS, STIGMA},
};

/// A set of parts that words play in what is told.
pub(crate) type Parts = u32;

pub(crate) const CHANNEL: Parts = 1;
pub(crate) const NOTE: Parts = 1 << 1;
pub(crate) const CONCERN: Parts = 1 << 2;
pub(crate) const RAISE: Parts = 1 << 3;
pub(crate) const SAY: Parts = 1 << 4;
pub(crate) const ALLEGE: Parts = 1 << 5;
pub(crate) const FROM: Parts = 1 << 6;
pub(crate) const PER: Parts = 1 << 7;
pub(crate) const WHO: Parts = 1 << 8;
pub(crate) const BODY: Parts = 1 << 9;
pub(crate) const DEED: Parts = 1 << 10;
pub(crate) const WORRY: Parts = 1 << 11;
pub(crate) const SYMPTOM: Parts = 1 << 12;
pub(crate) const ERRAND: Parts = 1 << 13;
pub(crate) const CONTROL: Parts = 1 << 14;
pub(crate) const BELONGING: Parts = 1 << 15;
pub(crate) const VIOLENCE: Parts = 1 << 16;
pub(crate) const INTENDS: Parts = 1 << 17;
pub(crate) const PAPER: Parts = 1 << 18;
pub(crate) const SIGHT: Parts = 1 << 19;
pub(crate) const POSSESSION: Parts = 1 << 21;
pub(crate) const MOVE: Parts = 1 << 22;
pub(crate) const RECORD: Parts = 1 << 23;
pub(crate) const HIDE: Parts = 1 << 24;
pub(crate) const VIEW: Parts = 1 << 25;
pub(crate) const ODD: Parts = 1 << 26;
pub(crate) const SERVICE: Parts = 1 << 27;
/// Inside a phrase for a symptom or an errand, whatever the word means alone: `lying flat`, `sick note`.
pub(crate) const HARMLESS: Parts = 1 << 20;

/// The part that a row of `talk.csv` names.
pub(crate) fn part(name: &str) -> Option<Parts> {
    Some(match name {
        "channel" => CHANNEL,
        "note" => NOTE,
        "concern" => CONCERN,
        "raise" => RAISE,
        "say" => SAY,
        "allege" => ALLEGE,
        "from" => FROM,
        "per" => PER,
        "who" => WHO,
        "body" => BODY,
        "deed" => DEED,
        "worry" => WORRY,
        "symptom" => SYMPTOM,
        "errand" => ERRAND,
        "control" => CONTROL,
        "belonging" => BELONGING,
        "violence" => VIOLENCE,
        "intends" => INTENDS,
        "paper" => PAPER,
        "sight" => SIGHT,
        "possession" => POSSESSION,
        "move" => MOVE,
        "record" => RECORD,
        "hide" => HIDE,
        "view" => VIEW,
        "odd" => ODD,
        "service" => SERVICE,
        "stem-deed" | "stem-grave" | "stem-crime" | "stem-illness" => 0,
        _ => return None,
    })
}

/// What the beginning of a word tells of somebody, whatever its end: `overdosed`, `miscarriages`.
pub(crate) fn stem(word: &str) -> Classes {
    let Some([first, _, _, _, _]) = word.as_bytes().first_chunk() else { return 0 };
    let fits = |(stem, _): &&(&str, Classes)| word.starts_with(stem);
    let begin = STEMS.get(usize::from(first.wrapping_sub(b'a'))).map_or(&[][..], Vec::as_slice);
    begin.iter().filter(fits).fold(0, |all, (_, class)| all | class)
}

/// By their first letters.
static STEMS: LazyLock<[Vec<(&str, Classes)>; 26]> = LazyLock::new(|| {
    let rows = TABLE.lines().skip(1).filter_map(|row| row.split_once(','));
    let class = |part: &str| match part.split(',').next() {
        Some("stem-deed") => CONDUCT,
        Some("stem-grave") => STIGMA,
        Some("stem-crime") => CRIME,
        Some("stem-illness") => ILLNESS,
        _ => 0,
    };
    let mut stems = [const { Vec::new() }; 26];
    for (stem, part) in rows {
        let first = stem.as_bytes().first().map_or(26, |first| usize::from(first.wrapping_sub(b'a')));
        if let Some(stems) = stems.get_mut(first).filter(|_| class(part) != 0) {
            stems.push((stem, class(part)));
        }
    }
    stems
});

const TABLE: &str = include_str!("../../profiles/lexicon/talk.csv");

/// Each first word and, from 1, which of the lists has the words that may follow it, with the part they play together.
type Phrases = (Table, Vec<Vec<(Vec<Box<str>>, Parts)>>);

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let (mut first_words, mut lists) = (Table::default(), Vec::new());
    for row in TABLE.lines().skip(1) {
        let mut columns = row.split(',');
        let (words, name) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let mut words = words.split(' ').map(|word| fold(word).replace(['\'', '’'], "").into_boxed_str());
        if let (Some(first), Some(part)) = (words.next(), part(name)) {
            if first_words.get(&first).is_none() {
                lists.push(Vec::new());
                first_words.add(&first, lists.len() as Classes);
            }
            let list = first_words.get(&first).and_then(|at| lists.get_mut(at as usize - 1));
            list.into_iter().for_each(|list| list.push((words.by_ref().collect(), part)));
        }
    }
    (first_words, lists)
});

/// What may follow a word, and the part that the phrase plays.
fn phrases(word: &str) -> &'static [(Vec<Box<str>>, Parts)] {
    let (first_words, lists) = &*PHRASES;
    first_words.get(word).and_then(|at| lists.get(at as usize - 1)).map_or(&[], Vec::as_slice)
}

/// The parts that the words of one sentence play.
pub(crate) struct Talk {
    begin: usize,
    parts: Vec<Parts>,
    /// What all words together play.
    all: Parts,
}

impl Talk {
    pub(crate) fn of(text: &Text, sentence: &Range<usize>) -> Self {
        let mut talk = Self { begin: sentence.start, parts: vec![0; sentence.len()], all: 0 };
        for at in sentence.clone().filter(|at| text.sign(*at).is_none()) {
            for (rest, part) in phrases(text.word(at)) {
                let end = at + 1 + rest.len();
                let here = end <= sentence.end
                    && rest.iter().zip(at + 1..).all(|(word, at)| text.word(at) == word.as_ref());
                if here {
                    let harmless = part & (SYMPTOM | ERRAND) != 0 && !rest.is_empty();
                    let all = part | if harmless { HARMLESS } else { 0 };
                    talk.all |= all;
                    talk.parts[at - talk.begin..end - talk.begin].iter_mut().for_each(|has| *has |= all);
                }
            }
        }
        talk
    }

    /// Whether any token plays one of some parts.
    pub(crate) fn has(&self, parts: Parts) -> bool {
        self.all & parts != 0
    }

    /// Whether a token plays one of some parts. None does outside the sentence.
    pub(crate) fn is(&self, at: usize, parts: Parts) -> bool {
        at.checked_sub(self.begin).and_then(|at| self.parts.get(at)).is_some_and(|has| has & parts != 0)
    }

    /// As [`Self::is`], unless the word belongs to a harmless phrase.
    pub(crate) fn means(&self, at: usize, parts: Parts) -> bool {
        self.is(at, parts) && !self.is(at, HARMLESS)
    }
}
