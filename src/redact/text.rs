//! A text as words, numbers and signs, each with its place and what the lexicon says of it.

use std::ops::Range;

use crate::{fold, lexicon::Lexicon, word::*};

/// What a place is masked with.
pub(crate) const MASK: &str = "[third party]";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Begins with a letter.
    Word,
    /// Begins with a digit.
    Number,
    /// Any other sign.
    Sign(char),
    /// Something that was masked before.
    Mask,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    /// As names are: `Siân`, `O'Leary`, `McKay`, `Crohn-Hughes`.
    Title,
    Upper,
    /// `IgA`, `pH`.
    Odd,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// Bytes.
    pub(crate) at: Range<usize>,
    /// Where the word ends without an apostrophe and s.
    pub(crate) bare_end: usize,
    folded: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) case: Case,
    /// Ended in an apostrophe and s, which are not part of the folded word.
    pub(crate) possessive: bool,
    pub(crate) is: Classes,
}

#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) tokens: Vec<Token>,
    folds: String,
    /// Each sentence, as tokens.
    pub(crate) sentences: Vec<Range<usize>>,
    /// No word tells by its capital what it is: all are capitals, or none has one.
    pub(crate) shouted: bool,
}

impl Text {
    pub(crate) fn read(text: &str, lexicon: &Lexicon) -> Self {
        let mut read = Self {
            folds: String::with_capacity(text.len()),
            tokens: Vec::with_capacity(text.len() / 4 + 1),
            ..Self::default()
        };
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            at = if c.is_whitespace() && c != '\n' { at + c.len_utf8() } else { read.take(text, at, c) };
        }
        for at in 0..read.tokens.len() {
            let mut is = lexicon.classes(read.word(at));
            if is == 0 && read.tokens[at].kind == Kind::Word {
                is = lexicon.slip_of_relative(read.word(at));
            }
            // `Ms` is a title; the disease is written in capitals.
            if is & TITLE != 0 && read.tokens[at].case == Case::Title {
                is &= !(STIGMA | ILLNESS | HERITABLE);
            }
            read.tokens[at].is |= is;
        }
        lexicon.phrases(&mut read);
        read.shouted = read.is_shouted();
        read.split();
        read
    }

    /// The token at a place, folded.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.folds[token.folded.clone()])
    }

    pub(crate) fn is(&self, at: usize, classes: Classes) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is & classes != 0)
    }

    pub(crate) fn sign(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Sign(c) => Some(c),
            Kind::Word | Kind::Number | Kind::Mask => None,
        }
    }

    pub(crate) fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word)
    }

    /// A single letter, as in an initial.
    pub(crate) fn is_initial(&self, at: usize) -> bool {
        self.is_word(at) && self.word(at).len() == 1 && self.tokens[at].case != Case::Lower
    }

    /// Whether a word is written as a name is, where capitals tell anything.
    pub(crate) fn titled(&self, at: usize) -> bool {
        !self.shouted && self.is_word(at) && self.tokens[at].case == Case::Title
    }

    /// Whether nothing stands between two neighbours.
    pub(crate) fn touches(&self, at: usize) -> bool {
        match (self.tokens.get(at), self.tokens.get(at + 1)) {
            (Some(one), Some(next)) => one.at.end == next.at.start,
            _ => false,
        }
    }

    fn take(&mut self, text: &str, at: usize, c: char) -> usize {
        let begin = self.folds.len();
        let rest = &text[at..];
        let (kind, end) = if rest.starts_with(MASK) {
            (Kind::Mask, at + MASK.len())
        } else if c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric()) {
            let end = at + word_end(rest);
            (if c.is_numeric() { Kind::Number } else { Kind::Word }, end)
        } else {
            (Kind::Sign(c), at + c.len_utf8())
        };
        if let Kind::Sign(c) = kind {
            fold::push(c, &mut self.folds);
            let folded = begin..self.folds.len();
            self.tokens.push(Token {
                at: at..end,
                bare_end: end,
                folded,
                kind,
                case: Case::Odd,
                possessive: false,
                is: 0,
            });
            return end;
        }
        let spelled = &text[at..end];
        let bare = spelled.strip_suffix("'s").or_else(|| spelled.strip_suffix("’s"));
        let bare = bare.or_else(|| spelled.strip_suffix("'S")).filter(|_| kind == Kind::Word);
        let written = bare.unwrap_or(spelled);
        if written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.folds.extend(written.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            written
                .chars()
                .filter(|c| !matches!(c, '\'' | '’' | '`'))
                .for_each(|c| fold::push(c, &mut self.folds));
        }
        self.tokens.push(Token {
            at: at..end,
            bare_end: at + written.len(),
            folded: begin..self.folds.len(),
            kind,
            case: case(written),
            possessive: bare.is_some(),
            is: 0,
        });
        end
    }

    fn is_shouted(&self) -> bool {
        let words = || self.tokens.iter().filter(|token| token.kind == Kind::Word && token.folded.len() > 1);
        let of = |case: Case| words().filter(|token| token.case == case).count();
        of(Case::Lower) == 0 && of(Case::Title) <= of(Case::Upper) / 4 && of(Case::Upper) > 1
    }

    /// A sentence ends with a line, with a sign of its own, or with a full stop that is not part of an abbreviation.
    fn split(&mut self) {
        let mut begin = 0;
        for at in 0..self.tokens.len() {
            let ends = match self.sign(at) {
                Some('!' | '?' | '\n' | ';') => true,
                Some('.') => !self.touches(at) && !self.abbreviates(at),
                _ => false,
            };
            if ends || at + 1 == self.tokens.len() {
                self.sentences.push(begin..at + 1);
                begin = at + 1;
            }
        }
    }

    fn abbreviates(&self, stop: usize) -> bool {
        stop > 0
            && self.touches(stop - 1)
            && (self.is(stop - 1, TITLE) || self.is_initial(stop - 1) || {
                matches!(self.word(stop - 1), "dr" | "prof" | "no" | "tel" | "st" | "sr")
            })
    }
}

/// Where a word ends: letters and digits, with an apostrophe or hyphen inside; and the shorthand `w/`, `c/o`, `T&O`.
fn word_end(rest: &str) -> usize {
    // Nearly every word is plain letters, and then a space or a stop.
    let plain = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if plain > 0
        && matches!(rest.as_bytes().get(plain), None | Some(b' ' | b',' | b'.' | b'\n' | b')' | b':'))
    {
        return plain;
    }
    let mut end = 0;
    let mut letters = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let joins = next.is_some_and(char::is_alphabetic);
        match c {
            _ if c.is_alphanumeric() || fold::is_mark(c) => letters += 1,
            '\'' | '’' | '-' | '`' if joins && letters > 0 => {}
            '/' | '&'
                if (1..=2).contains(&letters)
                    && at == letters
                    && rest.as_bytes()[0].is_ascii_alphabetic() =>
            {
                let after = rest[at + 1..].chars().take_while(|c| c.is_alphanumeric()).count();
                return match (c, after) {
                    ('/', 0) | ('/', 3..) => at + usize::from(&rest[..at] == "w" || &rest[..at] == "W"),
                    (_, 1..=2) => {
                        at + 1 + rest[at + 1..].chars().take(after).map(char::len_utf8).sum::<usize>()
                    }
                    _ => at,
                };
            }
            _ => break,
        }
        end = at + c.len_utf8();
    }
    end
}

fn case(word: &str) -> Case {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Case::Lower;
    }
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else { return Case::Odd };
    let (upper, lower) = letters.fold((0, 0), |(upper, lower), c| match c.is_uppercase() {
        true => (upper + 1, lower),
        false => (upper, lower + 1),
    });
    match (first.is_uppercase(), upper, lower) {
        (false, 0, _) => Case::Lower,
        (true, _, 0) => Case::Upper,
        (true, 0, _) => Case::Title,
        (true, 1..=3, 2..) if joined(word) => Case::Title,
        _ => Case::Odd,
    }
}

/// A capital inside is no surprise after `Mc`, `Mac`, an apostrophe or a hyphen.
fn joined(word: &str) -> bool {
    word.starts_with("Mc") || word.starts_with("Mac") || word.contains(['\'', '’', '-'])
}
