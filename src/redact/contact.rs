//! What leads to a person: phone, e-mail, postcode, NHS number, date of birth, vehicle, the number of a paper. Whatever
//! is the patient's own stays. A number need not be valid: unassigned ranges and wrong check digits lead to people too.

use crate::{
    people::{Known, words},
    span::{Found, Kind},
    text::{Case, Kind as Token, Text},
    word::*,
    words::words,
};

/// Finds them all. `sees` gets each as a range of tokens with its rule.
pub(crate) struct Contacts<'t> {
    pub(crate) source: &'t str,
    pub(crate) text: &'t Text,
    pub(crate) known: &'t Known,
    pub(crate) found: Vec<Found>,
    /// The text says that it is somebody else's.
    pub(crate) misfiled: bool,
}

impl Contacts<'_> {
    pub(crate) fn look(&mut self) {
        // Without a digit only a mailbox can be there: `ann@example`, `ann (at) example`.
        let mail = |byte: u8| matches!(byte, b'@' | b'[' | b'(' | b'{');
        if !self.text.digits && !self.source.bytes().any(mail) {
            return;
        }
        let mut at = 0;
        while at < self.text.tokens.len() {
            let token = &self.text.tokens[at];
            let end = match token.kind {
                Token::Number => self.number(at),
                Token::Sign('+' | '(') => self.phone(at),
                Token::Sign('@') => self.email(at),
                Token::Word => self.letters(at),
                Token::Sign(_) | Token::Mask => None,
            };
            at = end.unwrap_or(at).max(at) + 1;
        }
        for at in 0..self.text.tokens.len() {
            if self.text.is(at, NUMBER) && !self.text.is(at + 1, NUMBER) {
                self.of_paper(at);
            }
        }
    }

    /// `husband's passport no 533380006`, `hosp no RX440213`: the number that a paper or register has for somebody
    /// else.
    fn of_paper(&mut self, cue: usize) {
        let text = self.text;
        let link = |at: usize| {
            matches!(text.sign(at), Some('.' | ':' | '-' | '=' | '#' | '–'))
                || text.one_of(at, &words!["no", "number", "ref", "is", "was", "of", "reads"])
        };
        let Some(begin) = (cue + 1..cue + 5).find(|at| !link(*at)) else { return };
        let part = |at: usize| {
            text.tokens.get(at).is_some_and(|token| match token.kind {
                Token::Number => true,
                Token::Word => {
                    token.case != Case::Lower
                        && (text.word(at).len() <= 4
                            || text.word(at).bytes().any(|byte| byte.is_ascii_digit()))
                        && !text.titled(at)
                        && !text.is(at, DOB | NUMBER | MONTH)
                }
                Token::Sign(sign) => matches!(sign, '-' | '/') && text.touches(at - 1) && text.touches(at),
                Token::Mask => false,
            })
        };
        let Some(end) = (begin..begin + 7).take_while(|at| part(*at)).last() else { return };
        let digits = |at: usize| text.word(at).bytes().filter(u8::is_ascii_digit).count();
        let end = (begin..=end).rev().find(|at| digits(*at) > 0).unwrap_or(begin);
        let squeezed: String = (begin..=end).map(|at| text.word(at)).collect();
        let own = !self.known.nhs.is_empty() && squeezed == self.known.nhs;
        let another = |at: usize| {
            text.is(at, PERSON | TITLE) && text.is_word(at)
                || text.titled(at) && text.is(at, FIRST) && !self.known.is_given(text.word(at))
        };
        let clause = (cue.saturating_sub(10)..cue)
            .rev()
            .take_while(|at| !matches!(text.sign(*at), Some('.' | ';' | '\n') if !text.touches(*at)));
        let whose = self.misfiled || clause.into_iter().any(another);
        if !own && whose && (begin..=end).map(digits).sum::<usize>() >= 4 {
            self.add(begin, end, "contact.number-of-paper");
        }
    }

    fn add(&mut self, from: usize, to: usize, rule: &'static str) -> Option<usize> {
        let at = self.text.tokens[from].at.start..self.text.tokens[to].at.end;
        self.found.push(Found { at, kind: Kind::Contact, rule, relative: false });
        Some(to)
    }

    /// Whether a class stands in the few tokens before, in the same clause.
    fn before(&self, at: usize, most: usize, class: Classes) -> bool {
        (at.saturating_sub(most)..at)
            .rev()
            .take_while(|at| {
                let stop = matches!(self.text.sign(*at), Some('\n' | ';' | '.')) && !self.text.touches(*at);
                // The last stop of `D.O.B.` ends nothing.
                !stop || class == DOB && *at > 0 && self.text.is(*at - 1, DOB)
            })
            .any(|at| self.text.is(at, class))
    }

    fn number(&mut self, at: usize) -> Option<usize> {
        self.birth(at).or_else(|| self.nhs(at)).or_else(|| self.phone(at))
    }

    /// Digits from a token on, over the signs that stand in numbers; where it ends. Of two numbers side by side, the
    /// first.
    fn digits(&self, from: usize) -> (String, usize) {
        let text = self.text;
        let mut digits = String::new();
        let (mut at, mut end, mut signs) = (from, from, 0);
        let plus = text.sign(from) == Some('+');
        let mut whole = None;
        while at < text.tokens.len() && digits.len() < 17 && signs < 4 {
            match text.tokens[at].kind {
                Token::Number if text.word(at).bytes().all(|byte| byte.is_ascii_digit()) => {
                    digits.push_str(text.word(at));
                    (end, signs) = (at, 0);
                    if complete(&digits, plus).is_some_and(|form| form.contains(&digits.len())) {
                        whole = Some((digits.len(), end));
                    }
                }
                Token::Sign('+') if at == from => {}
                Token::Sign('-' | '(' | ')' | '.' | '–') => signs += 1,
                _ => break,
            }
            if text.sign(at) == Some('.') && !text.touches(at) {
                break;
            }
            at += 1;
        }
        let too_long = complete(&digits, plus).is_some_and(|form| digits.len() > *form.end());
        if let Some((length, first)) = whole.filter(|_| too_long) {
            digits.truncate(length);
            end = first;
        }
        (digits, end)
    }

    fn phone(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let (digits, end) = self.digits(at);
        let plus =
            text.sign(at) == Some('+') || (text.sign(at) == Some('(') && text.sign(at + 1) == Some('+'));
        let cued = self.before(at, 4, PHONE);
        let abroad = plus || digits.starts_with("00");
        let groups = text.tokens[at..=end].iter().filter(|token| token.kind == Token::Number).count();
        let grouped = groups < if abroad { 9 } else { 6 };
        let possible = match digits.as_bytes() {
            [b'0', b'0', ..] | [b'4', b'4', ..] if digits.len() > 10 => digits.len() <= 15,
            [b'0', ..] => {
                (10..=11).contains(&digits.len())
                    || ((cued || self.before(at, 4, PERSON)) && matches!(digits.len(), 9 | 12))
            }
            [b'7', ..] if digits.len() == 10 => true,
            _ if plus => (9..=15).contains(&digits.len()),
            _ => {
                // A short number is as likely that of a paper.
                cued && !self.before(at, 8, NUMBER) && (5..=8).contains(&digits.len()) && end - at <= 2
            }
        };
        // A date, a pressure or a dose has another sign beside it.
        let apart =
            !matches!(text.sign(end + 1), Some('/' | '%')) && (at == 0 || text.sign(at - 1) != Some('/'));
        if !possible || !grouped || !(apart || digits.len() > 9) {
            return None;
        }
        let last = |digits: &str| digits[digits.len().saturating_sub(10)..].to_owned();
        if self.known.phones.iter().any(|own| !own.is_empty() && last(own).ends_with(&last(&digits))) {
            return Some(end);
        }
        let service =
            ["0800", "0808", "0300", "0303", "0330", "0333", "0345", "0845", "0844", "0870", "0871"]
                .iter()
                .any(|prefix| digits.starts_with(prefix));
        // `chest 07700 900456` is nobody's office: a mobile needs somebody who answers it.
        let desks = ORG_PHONE | ORG_HEAD | ROLE | if mobile(&digits) { 0 } else { SPECIALTY };
        if (service || self.before(at, 5, desks)) && !self.before(at, 6, PERSON) {
            return Some(end);
        }
        self.add(at, end, "contact.phone")
    }

    fn nhs(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let parts = [0, 1, 2, 3, 4].map(|n| text.word(at + n));
        let all = |word: &str, length| word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit());
        let (digits, end) = match parts {
            [one, ..] if all(one, 10) => (one.to_owned(), at),
            [one, two, three, ..] if all(one, 3) && all(two, 3) && all(three, 4) => {
                ([one, two, three].concat(), at + 2)
            }
            [one, "-", two, "-", three] if all(one, 3) && all(two, 3) && all(three, 4) => {
                ([one, two, three].concat(), at + 4)
            }
            _ => return None,
        };
        if digits.starts_with('0') || (digits.starts_with('7') && self.before(at, 4, PHONE) && end == at) {
            return None;
        }
        if digits == self.known.nhs {
            return Some(end);
        }
        self.add(at, end, "contact.nhs-number")
    }

    /// A date after `dob` or `born`, unless it is the patient's.
    fn birth(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let separated = |at: usize| matches!(text.sign(at), Some('/' | '.' | '-'));
        let (end, day, month, year) = if separated(at + 1) && separated(at + 3) {
            (at + 4, text.word(at), text.word(at + 2), text.word(at + 4))
        } else if text.is(at + 1, MONTH) && text.word(at + 2).len() >= 2 {
            (at + 2, text.word(at), text.word(at + 1), text.word(at + 2))
        } else {
            return None;
        };
        let numbers = [day, month, year].map(|part| part.parse::<u32>().unwrap_or_default());
        if text.tokens.get(end)?.kind != Token::Number {
            return None;
        }
        let own = match (self.known.dob.as_slice(), numbers) {
            (&[y, m, d], [day, month, year]) => {
                (day == d && (month == m || month == 0) && year % 100 == y % 100)
                    || (day == y && month == m && year == d)
            }
            _ => false,
        };
        if own {
            return Some(end);
        }
        self.before(at, 6, DOB).then(|| self.add(at, end, "contact.date-of-birth")).flatten()
    }

    fn email(&mut self, at: usize) -> Option<usize> {
        if at == 0 {
            return None;
        }
        self.mailbox(at, at)
    }

    /// From the sign between both parts outwards.
    fn mailbox(&mut self, left: usize, right: usize) -> Option<usize> {
        let text = self.text;
        let part = |at: usize| {
            matches!(text.tokens.get(at).map(|token| token.kind), Some(Token::Word | Token::Number))
                || matches!(text.sign(at), Some('.' | '-' | '_' | '+'))
        };
        let (mut from, mut to) = (left.checked_sub(1)?, right + 1);
        if !part(from) || !part(to) {
            return None;
        }
        while from > 0 && text.touches(from - 1) && part(from - 1) {
            from -= 1;
        }
        while text.touches(to) && part(to + 1) {
            to += 1;
        }
        if text.sign(to) == Some('.') {
            to -= 1;
        }
        // `Ca @58` is an age.
        if to == right + 1 && text.tokens[to].kind == Token::Number {
            return None;
        }
        let spelled = &self.source[text.tokens[from].at.start..text.tokens[to].at.end];
        let own = crate::fold::fold(spelled);
        if self.known.emails.contains(&own) {
            return Some(to);
        }
        self.add(from, to, "contact.email")
    }

    fn letters(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        // Most words are longer than those without a digit that matter here.
        if !text.tokens[at].digit && text.length(at) > 2 {
            return None;
        }
        if text.one_of(at, &words!["at"]) && at > 1 && matches!(text.sign(at - 1), Some('[' | '(' | '{')) {
            return self.mailbox(at - 1, at + 1);
        }
        let word = text.word(at).as_bytes();
        let pair = word.len() == 2 && text.word(at + 1).starts_with(|c: char| c.is_ascii_digit());
        if text.tokens[at].digit || (word.len() == 1 && text.touches(at)) || pair {
            return self
                .postcode(at)
                .or_else(|| self.vehicle(at))
                .or_else(|| self.prison(at))
                .or_else(|| self.insurance(at));
        }
        None
    }

    fn upper(&self, from: usize, to: usize) -> bool {
        let spelled = &self.source[self.text.tokens[from].at.start..self.text.tokens[to].at.end];
        !spelled.bytes().any(|byte| byte.is_ascii_lowercase())
    }

    fn postcode(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let word = text.word(at);
        let (outward, inward, end) = if word.len() > 4 && word.is_ascii() {
            (&word[..word.len() - 3], &word[word.len() - 3..], at)
        } else {
            (word, text.word(at + 1), at + 1)
        };
        if !is_outward(outward) || !is_inward(inward) {
            return None;
        }
        let lives = PLACE_PREP | STREET | FLAT | PERSON | HUMAN;
        if !self.upper(at, end) && !self.before(at, 6, lives) {
            return None;
        }
        let own = |address: &Vec<String>| address.join("").contains(&[outward, inward].concat());
        if self.known.addresses.iter().any(own) {
            return Some(end);
        }
        self.add(at, end, "contact.postcode")
    }

    fn vehicle(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let squeezed = [text.word(at), text.word(at + 1)];
        let plate = |head: &str, tail: &str| shaped(head, "aa00") && shaped(tail, "aaa");
        let end = if plate(squeezed[0], squeezed[1]) {
            at + 1
        } else if squeezed[0].len() == 7
            && squeezed[0].is_ascii()
            && plate(&squeezed[0][..4], &squeezed[0][4..])
        {
            at
        } else {
            return None;
        };
        (self.upper(at, end) || self.before(at, 5, VEHICLE))
            .then(|| self.add(at, end, "contact.vehicle"))
            .flatten()
    }

    fn prison(&mut self, at: usize) -> Option<usize> {
        shaped(self.text.word(at), "a0000aa").then(|| self.add(at, at, "contact.prison-number")).flatten()
    }

    fn insurance(&mut self, at: usize) -> Option<usize> {
        // `QQ123456C`, or in pairs with spaces.
        if !self.text.word(at).as_bytes().get(..2).is_some_and(|head| head.iter().all(u8::is_ascii_lowercase))
        {
            return None;
        }
        let is = |shapes: &[&str]| (at..).zip(shapes).all(|(at, shape)| shaped(self.text.word(at), shape));
        let end = match () {
            () if is(&["aa000000a"]) => at,
            () if is(&["aa", "000000", "a"]) || is(&["aa", "000000a", "a"]) => at + 2,
            () if is(&["aa", "000000a"]) => at + 1,
            () if is(&["aa", "00", "00", "00", "a"]) => at + 4,
            () if is(&["aa", "00", "00", "00a"]) => at + 3,
            () => return None,
        };
        (self.upper(at, end) && end < self.text.tokens.len())
            .then(|| self.add(at, end, "contact.insurance-number"))
            .flatten()
    }
}

/// With how many digits a telephone number is complete, by how it begins.
fn complete(digits: &str, plus: bool) -> Option<std::ops::RangeInclusive<usize>> {
    Some(match digits.as_bytes() {
        [b'0', b'0', ..] => 11..=15,
        [b'0', ..] => 10..=11,
        // `+44 (0)7700 900456` keeps the nought of the number at home.
        [b'4', b'4', b'0', ..] => 12..=13,
        [b'4', b'4', ..] => 11..=12,
        _ if plus => 9..=15,
        [b'7', ..] => 10..=10,
        _ => return None,
    })
}

/// 071 to 075 and 077 to 079: Ofcom's National Telephone Numbering Plan, B4.
fn mobile(digits: &str) -> bool {
    let national = digits.trim_start_matches('0').trim_start_matches("44").trim_start_matches('0');
    national.starts_with('7') && !national.starts_with("70") && !national.starts_with("76")
}

/// Whether a word has a shape: letters as `a`, digits as `0`.
fn shaped(word: &str, shape: &str) -> bool {
    word.chars().map(|c| if c.is_ascii_digit() { '0' } else { 'a' }).eq(shape.chars())
}

pub(crate) fn is_outward(word: &str) -> bool {
    ["a0", "a00", "aa0", "aa00", "a0a", "aa0a"].iter().any(|shape| shaped(word, shape))
}

pub(crate) fn is_inward(word: &str) -> bool {
    shaped(word, "0aa") && !word.contains(['c', 'i', 'k', 'm', 'o', 'v'])
}

/// Whether an address of the record has this number and the word after it.
pub(crate) fn is_own(known: &Known, spelled: &str) -> bool {
    let parts = words(spelled);
    let holds = |address: &Vec<String>| address.windows(parts.len().max(1)).any(|window| window == parts);
    !parts.is_empty() && known.addresses.iter().any(holds)
}
