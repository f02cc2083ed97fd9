//! Where somebody lives, works or learns.

use std::ops::Range;

use crate::{
    contact::is_own,
    people::Known,
    span::{Found, Kind},
    text::{Kind as Token, Text},
    word::*,
    words::words,
};

pub(crate) struct Addresses<'t> {
    pub(crate) source: &'t str,
    pub(crate) text: &'t Text,
    pub(crate) known: &'t Known,
    pub(crate) found: Vec<Found>,
    /// The patient's own, in bytes: a street may be called after somebody.
    pub(crate) own: Vec<Range<usize>>,
    /// The text says that it is somebody else's.
    pub(crate) misfiled: bool,
}

impl Addresses<'_> {
    pub(crate) fn look(&mut self) {
        if self.text.digits || self.text.capitals {
            self.everywhere();
        }
        self.of_record();
    }

    fn everywhere(&mut self) {
        let mut at = 0;
        while at < self.text.tokens.len() {
            let end = self
                .street(at)
                .or_else(|| self.flat(at))
                .or_else(|| self.place(at))
                .or_else(|| self.room(at))
                .or_else(|| self.before_postcode(at))
                .or_else(|| self.house(at))
                .or_else(|| self.numbered(at))
                .or_else(|| self.firm(at))
                .or_else(|| self.school(at));
            at = end.unwrap_or(at).max(at) + 1;
        }
    }

    pub(crate) fn spelled(&self, from: usize, to: usize) -> &str {
        &self.source[self.text.tokens[from].at.start..self.text.tokens[to].at.end]
    }

    pub(crate) fn add(&mut self, from: usize, to: usize, rule: &'static str) -> Option<usize> {
        let at = self.text.tokens[from].at.start..self.text.tokens[to].at.end;
        self.found.push(Found { at, kind: Kind::Contact, rule, relative: false });
        Some(to)
    }

    fn is_house_number(&self, at: usize) -> bool {
        if self.text.tokens.get(at).is_none_or(|token| token.kind != Token::Number) {
            return false;
        }
        let word = self.text.word(at);
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        (1..=4).contains(&digits) && word.len() - digits <= 1
    }

    /// A house number, one to three words, and a word for a street; `Flat 4,` may come before.
    fn street(&mut self, at: usize) -> Option<usize> {
        if !self.is_house_number(at) {
            return None;
        }
        let text = self.text;
        let cased = |at: usize| text.titled(at) || (text.shouted && text.is_word(at));
        let end = if text.is(at + 1, STREET)
            && cased(at + 1)
            && text.one_of(at + 1, &words!["heol", "ffordd", "rhodfa", "stryd", "maes", "clos", "rue", "via"])
        {
            let joins = &words!["y", "yr", "de", "des", "du", "la", "le", "del", "della"];
            (at + 2..at + 6).take_while(|at| cased(*at) || text.one_of(*at, joins)).last()?
        } else {
            (at + 2..=at + 4)
                .take_while(|end| (at + 1..*end).all(|word| cased(word) || text.one_of(word, &words!["st"])))
                .filter(|end| text.is(*end, STREET) && cased(*end) && !text.tokens[*end].possessive)
                .last()?
        };
        let clinical = (at + 1..end).all(|at| text.is(at, WORD | HEAD) && !text.is(at, NAME | PLACE));
        let said = (at.saturating_sub(4)..at).any(|at| text.is(at, PLACE_PREP | FLAT | HUMAN | PERSON));
        if clinical && (!said || text.shouted) {
            return None;
        }
        let (from, to) = (self.flat_before(at), self.town_after(end));
        if is_own(self.known, self.spelled(at, end)) {
            self.own.push(text.tokens[at].at.start..text.tokens[end].at.end);
            return Some(end);
        }
        self.add(from, to, "contact.address")
    }

    /// `, Otley` and `, Leeds,` before a postcode belong to the address.
    fn town_after(&self, end: usize) -> usize {
        let text = self.text;
        if text.sign(end + 1) != Some(',') || !text.titled(end + 2) {
            return end;
        }
        let second = usize::from(text.titled(end + 3) && !text.is(end + 3, PERSON | TITLE | ROLE));
        let last = end + 2 + second;
        let after = last + 1 + usize::from(text.sign(last + 1) == Some(','));
        let postcode = text.word(after).len() <= 4
            && text.word(after).bytes().any(|byte| byte.is_ascii_digit())
            && text.word(after).bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        match () {
            () if postcode => last,
            () if text.is(end + 2, PLACE) && !text.is(end + 2, PERSON | FIRST) => end + 2,
            () => end,
        }
    }

    /// `Flat 12B, Cedar House`.
    fn flat(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        if !text.is(at, FLAT) || !text.titled(at) || !self.is_house_number(at + 1) {
            return None;
        }
        let begin = at + 2 + usize::from(text.sign(at + 2) == Some(','));
        let end = (begin + 1..begin + 4)
            .take_while(|end| (begin..*end).all(|at| text.titled(at)))
            .filter(|end| text.is(*end, STREET) && text.titled(*end))
            .last()?;
        let own = is_own(self.known, self.spelled(at, end)) || is_own(self.known, self.spelled(begin, end));
        if own { Some(end) } else { self.add(at, self.town_after(end), "contact.address") }
    }

    fn flat_before(&self, at: usize) -> usize {
        let text = self.text;
        let comma = usize::from(at > 0 && text.sign(at - 1) == Some(','));
        let flat = |at: usize| text.is(at, FLAT) && self.is_house_number(at + 1);
        match at.checked_sub(2 + comma) {
            Some(from) if flat(from) => from,
            _ => at,
        }
    }

    /// `works at`, `attends`, `lives at` and a name with capitals, said of somebody else.
    fn place(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let at_home = text.is(at, TRAVEL)
            && text.one_of(at, &words!["lives", "living", "live"])
            && text.one_of(at + 1, &words!["at"]);
        let cue = text.is(at, AT_WORK)
            || at_home
            || (text.one_of(at, &words!["at"]) && at > 0 && text.is(at - 1, PERSON));
        if !cue || text.is(at + 1, AT_WORK) && !text.one_of(at + 1, &words!["at"]) && !text.titled(at + 1) {
            return None;
        }
        let begin = if text.titled(at + 1) { at + 1 } else { at + 2 };
        if begin == at + 2 && !text.one_of(at + 1, &words!["at", "for", "to", "the"]) {
            return None;
        }
        if let Some(end) = self.before_postcode(begin) {
            return Some(end);
        }
        // `Glenys works at`, where it is not the patient.
        let called = |at: usize| {
            let own = self.known.is_given(text.word(at)) || self.known.is_family(text.word(at));
            text.titled(at) && text.is(at, FIRST) && !text.is(at, TITLE | ROLE) && !own
        };
        let whose = (at.saturating_sub(3)..at)
            .rev()
            .take_while(|at| text.is_word(*at))
            .any(|at| text.is(at, PERSON) || called(at));
        let joins = |at: usize| {
            matches!(text.sign(at), Some('&'))
                || text.one_of(at, &words!["of", "and", "the"]) && text.titled(at + 1)
        };
        let end = (begin..text.tokens.len().min(begin + 6))
            .take_while(|at| {
                text.titled(*at) || joins(*at) || text.one_of(*at, &words!["rc", "ce", "cofe", "va"])
            })
            .last()?;
        let clinical = (begin..=end).any(|at| {
            text.is(at, SPECIALTY | ORG | ROLE | MONTH)
                || (text.is(at, ORG_HEAD) && !text.is(at, SCHOOL) && !at_home)
        });
        let only_place = begin == end && text.is(begin, PLACE);
        if !whose
            || clinical
            || only_place
            || !text.titled(begin)
            || is_own(self.known, self.spelled(begin, end))
        {
            return None;
        }
        self.add(begin, end, "contact.place-of-work-or-school")
    }

    /// A room or cell of somebody else.
    fn room(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        if !text.is(at, ROOM) || text.is(at, KIN) {
            return None;
        }
        let short =
            text.word(at + 1).len() <= 4 && text.word(at + 1).bytes().any(|byte| byte.is_ascii_digit());
        let after = (at + 2..at + 8).take_while(|at| text.sign(*at).is_none());
        let whose = (at.saturating_sub(6)..at).chain(after).any(|at| text.is(at, PERSON));
        let room = text.one_of(at, &words!["room", "rm", "cell", "dorm", "flat", "apt"])
            && !(text.is(at, FLAT)
                && is_own(self.known, self.spelled(at, (at + 1).min(text.tokens.len() - 1))));
        (room && short && whose).then(|| self.add(at, self.building(at + 1), "contact.room")).flatten()
    }

    /// `room 12, Balmoral Hotel`: the building belongs to the room.
    fn building(&self, room: usize) -> usize {
        let text = self.text;
        let begin = room + 1 + usize::from(text.sign(room + 1) == Some(','));
        let begin = begin + usize::from(text.one_of(begin, &words!["at", "in"]));
        let named = (begin..begin + 4).take_while(|at| text.titled(*at));
        named
            .filter(|at| {
                text.is(*at, STREET)
                    || text.one_of(*at, &words!["hotel", "hostel", "inn", "halls", "lodge", "motel", "b&b"])
            })
            .last()
            .unwrap_or(room)
    }

    /// The addresses of the record's other people, by number and street.
    fn of_record(&mut self) {
        let lines: Vec<Vec<String>> =
            self.known.people.iter().flat_map(|person| person.addresses.clone()).collect();
        for line in lines.iter().filter(|line| line.len() > 1) {
            let heads = line.first().is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
            let length = line.len().min(if heads { 3 } else { 2 });
            for at in 0..self.text.tokens.len().saturating_sub(length - 1) {
                let same = (0..length).all(|n| self.text.word(at + n) == line[n]);
                if same && !is_own(self.known, self.spelled(at, at + length - 1)) {
                    self.add(at, at + length - 1, "record.address");
                }
            }
        }
    }
}
