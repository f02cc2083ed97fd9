//! A text as words, numbers and signs, each with its place and what the lexicon says of it.

use std::ops::Range;

use crate::{
    fold,
    lexicon::Lexicon,
    word::*,
    words::{Words, mark, words},
};

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
    pub(crate) folded: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) case: Case,
    /// Ended in an apostrophe and s, which are not part of the folded word.
    pub(crate) possessive: bool,
    /// Written as a name is, where capitals tell anything.
    pub(crate) titled: bool,
    /// Has a digit in it.
    pub(crate) digit: bool,
    /// See [`mark`].
    pub(crate) mark: u8,
    pub(crate) is: Classes,
}

#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) tokens: Vec<Token>,
    pub(crate) folds: String,
    /// What each token is by itself, whatever phrase it stands in.
    pub(crate) alone: Vec<Classes>,
    /// Each sentence, as tokens.
    pub(crate) sentences: Vec<Range<usize>>,
    /// What all tokens together are.
    pub(crate) all: Classes,
    /// Whether a digit stands in it.
    pub(crate) digits: bool,
    /// Whether any word is written as a name is.
    pub(crate) capitals: bool,
    /// No word tells by its capital what it is: all are capitals, or none has one.
    pub(crate) shouted: bool,
}

impl Text {
    pub(crate) fn read(text: &str, lexicon: &Lexicon) -> Self {
        let mut read = Self::with_room(text.len(), text.len() / 3 + 4);
        read.take_until(text, 0, text.len());
        (0..read.tokens.len()).for_each(|at| read.look_up(at, lexicon));
        read.finish(lexicon);
        read
    }

    pub(crate) fn with_room(bytes: usize, tokens: usize) -> Self {
        Self {
            folds: String::with_capacity(bytes),
            tokens: Vec::with_capacity(tokens),
            alone: Vec::with_capacity(tokens),
            ..Self::default()
        }
    }

    /// Reads the tokens that begin in a part of a text; where the last of them ends.
    pub(crate) fn take_until(&mut self, text: &str, from: usize, to: usize) -> usize {
        let mut at = from;
        while let Some(byte) = text.as_bytes().get(at).filter(|_| at < to) {
            at = match byte {
                b' ' => at + 1,
                byte if byte.is_ascii_alphanumeric() => {
                    self.take_plain(text, at).unwrap_or_else(|| self.take(text, at))
                }
                _ => self.take(text, at),
            };
        }
        at
    }

    /// What the lexicon says of the next token by itself.
    pub(crate) fn look_up(&mut self, at: usize, lexicon: &Lexicon) {
        let mut is = lexicon.classes(self.word(at));
        let mark = mark(self.word(at));
        let token = &self.tokens[at];
        if is == 0 && token.kind == Kind::Word {
            is = lexicon.slip_of_relative(self.word(at));
        }
        // `Ms` is a title; the disease is written in capitals.
        if is & TITLE != 0 && token.case == Case::Title {
            is &= !(STIGMA | ILLNESS | HERITABLE);
        }
        // `Maggie's` is a charity, `Maggie` a person.
        if is & ORG != 0 && is & FIRST != 0 && !token.possessive {
            is &= !ORG;
        }
        (self.tokens[at].is, self.tokens[at].mark) = (is, mark);
        self.alone.push(is);
    }

    /// What is known of the tokens together.
    pub(crate) fn finish(&mut self, lexicon: &Lexicon) {
        lexicon.phrases(self);
        for at in 0..self.tokens.len() {
            if self.is(at, KIN) && self.is_machine(at) {
                self.tokens[at].is = WORD;
            }
        }
        self.shouted = self.is_shouted();
        for token in &mut self.tokens {
            token.titled = !self.shouted && token.kind == Kind::Word && token.case == Case::Title;
            self.all |= token.is;
            self.digits |= token.digit || token.kind == Kind::Number;
            self.capitals |= token.titled;
        }
        self.split();
    }

    /// `Brother DCP-L2540 label printer`: who makes it, no relative.
    fn is_machine(&self, at: usize) -> bool {
        let machines = &words!["printer", "scanner", "labeller", "copier", "toner", "fax", "cartridge"];
        self.one_of(at, &words!["brother"])
            && self.tokens[at].case != Case::Lower
            && (at + 1..at + 4)
                .take_while(|at| self.is_word(*at) && !self.is(*at, STATE | HUMAN | SPEECH | POSSESSIVE))
                .any(|at| self.one_of(at, machines))
    }

    /// The token at a place, folded.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.folds[token.folded.clone()])
    }

    /// Whether a folded token is one of a few words.
    #[inline]
    pub(crate) fn one_of(&self, at: usize, words: &Words) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| words.may_have(token.mark) && words.have(&self.folds[token.folded.clone()]))
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

    /// How many bytes a folded token has.
    pub(crate) fn length(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.folded.len())
    }

    /// Whether a word is written as a name is, where capitals tell anything.
    pub(crate) fn titled(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.titled)
    }

    /// Whether nothing stands between two neighbours.
    pub(crate) fn touches(&self, at: usize) -> bool {
        match (self.tokens.get(at), self.tokens.get(at + 1)) {
            (Some(one), Some(next)) => one.at.end == next.at.start,
            _ => false,
        }
    }

    /// What nearly every word is: plain letters and digits, and then a space or a stop.
    fn take_plain(&mut self, text: &str, at: usize) -> Option<usize> {
        let (length, case, digit) = plain_word(&text.as_bytes()[at..])?;
        let begin = self.folds.len();
        self.folds.push_str(&text[at..at + length]);
        if case != Case::Lower {
            self.folds[begin..].make_ascii_lowercase();
        }
        let kind = if text.as_bytes()[at].is_ascii_digit() { Kind::Number } else { Kind::Word };
        self.tokens.push(Token { digit, ..token(at..at + length, begin..self.folds.len(), kind, case) });
        Some(at + length)
    }

    fn take(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return text.len() };
        if c.is_whitespace() && c != '\n' {
            return at + c.len_utf8();
        }
        if c == '[' && rest.starts_with(MASK) {
            return self.push_mask(at);
        }
        let begin = self.folds.len();
        let (kind, end) = if c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric()) {
            let end = at + word_end(rest);
            (if c.is_numeric() { Kind::Number } else { Kind::Word }, end)
        } else {
            fold::push(c, &mut self.folds);
            let end = at + c.len_utf8();
            self.tokens.push(token(at..end, begin..self.folds.len(), Kind::Sign(c), Case::Odd));
            return end;
        };
        let spelled = &text[at..end];
        let bare = spelled.strip_suffix("'s").or_else(|| spelled.strip_suffix("’s"));
        let bare = bare.or_else(|| spelled.strip_suffix("'S")).filter(|_| kind == Kind::Word);
        let written = bare.unwrap_or(spelled);
        if written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.folds.push_str(written);
            self.folds[begin..].make_ascii_lowercase();
        } else {
            written
                .chars()
                .filter(|c| !matches!(c, '\'' | '’' | '`'))
                .for_each(|c| fold::push(c, &mut self.folds));
        }
        self.tokens.push(Token {
            bare_end: at + written.len(),
            possessive: bare.is_some(),
            digit: self.folds.as_bytes()[begin..].iter().any(u8::is_ascii_digit),
            ..token(at..end, begin..self.folds.len(), kind, case(written))
        });
        end
    }

    /// Adds a mask; where it ends.
    pub(crate) fn push_mask(&mut self, at: usize) -> usize {
        let (begin, end) = (self.folds.len(), at + MASK.len());
        self.folds.push_str(MASK);
        self.tokens.push(token(at..end, begin..self.folds.len(), Kind::Mask, Case::Lower));
        end
    }

    fn is_shouted(&self) -> bool {
        let (mut lower, mut title, mut upper) = (0_usize, 0_usize, 0_usize);
        for token in self.tokens.iter().filter(|token| token.kind == Kind::Word && token.folded.len() > 1) {
            lower += usize::from(token.case == Case::Lower);
            title += usize::from(token.case == Case::Title);
            upper += usize::from(token.case == Case::Upper);
        }
        lower == 0 && title <= upper / 4 && upper > 1
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

    /// `hep B`, `vitamin D`: a letter that is no initial.
    fn lettered(&self, at: usize) -> bool {
        at > 0
            && self.one_of(
                at - 1,
                &words![
                    "hep",
                    "hepatitis",
                    "vit",
                    "vitamin",
                    "type",
                    "group",
                    "strep",
                    "flu",
                    "factor",
                    "men"
                ],
            )
    }

    fn abbreviates(&self, stop: usize) -> bool {
        stop > 0
            && self.touches(stop - 1)
            && (self.is(stop - 1, TITLE) || self.is_initial(stop - 1) && !self.lettered(stop - 1) || {
                self.one_of(stop - 1, &words!["dr", "prof", "no", "tel", "st", "sr", "w"])
            })
    }
}

/// What a byte adds to a plain word: a digit, a capital or a small letter. Zero ends it.
const DIGIT: u8 = 1;
const CAPITAL: u8 = 2;
const SMALL: u8 = 4;
const BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut n = 0;
    while n < 26 {
        bytes[b'A' as usize + n] = CAPITAL;
        bytes[b'a' as usize + n] = SMALL;
        if n < 10 {
            bytes[b'0' as usize + n] = DIGIT;
        }
        n += 1;
    }
    bytes
};

fn token(at: Range<usize>, folded: Range<usize>, kind: Kind, case: Case) -> Token {
    Token {
        bare_end: at.end,
        at,
        folded,
        kind,
        case,
        possessive: false,
        titled: false,
        digit: false,
        mark: 0,
        is: 0,
    }
}

/// How long a plain word is, its case, and whether it has a digit; none if something else than a space or a stop comes after it.
fn plain_word(rest: &[u8]) -> Option<(usize, Case, bool)> {
    let (mut length, mut all, mut after_first) = (0, 0, 0);
    for byte in rest {
        let kind = BYTES[usize::from(*byte)];
        if kind == 0 {
            break;
        }
        after_first |= if length > 0 { kind } else { 0 };
        all |= kind;
        length += 1;
    }
    if length == 0 || !matches!(rest.get(length), None | Some(b' ' | b',' | b'.' | b'\n' | b')' | b':')) {
        return None;
    }
    let case = match all & (CAPITAL | SMALL) {
        0 => Case::Odd,
        SMALL => Case::Lower,
        CAPITAL => Case::Upper,
        _ if after_first & CAPITAL == 0 => Case::Title,
        _ => case(std::str::from_utf8(&rest[..length]).ok()?),
    };
    Some((length, case, all & DIGIT != 0))
}

/// Where a word ends: letters and digits, with an apostrophe or hyphen inside; and the shorthand `w/`, `c/o`, `T&O`.
fn word_end(rest: &str) -> usize {
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
