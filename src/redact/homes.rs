//! Homes without a number in the street, and firms: what stands before a postcode, `Rook Cottage, Thirsk`, `her work,
//! Halliwell Joinery`.

use crate::{
    address::Addresses,
    contact::{is_inward, is_outward, is_own},
    text::{Case, Kind as Token},
    word::*,
    words::words,
};

impl Addresses<'_> {
    /// `Larch Cottage, Bellingham NE98 2QQ`: what leads up to a postcode.
    pub(crate) fn before_postcode(&mut self, begin: usize) -> Option<usize> {
        let text = self.text;
        let starts = text.titled(begin) && !begin.checked_sub(1).is_some_and(|at| text.titled(at));
        if !starts || begin.checked_sub(1).is_some_and(|at| text.is(at, ROLE | TITLE)) {
            return None;
        }
        let stranger = TITLE | PERSON | ROLE | ORG | SPECIALTY | DRUG | STATE;
        let part = |at: usize| {
            text.titled(at) && !text.is(at, stranger)
                || text.sign(at) == Some(',')
                || text.one_of(at, &words!["y", "yr", "the", "of", "near", "nr", "on", "upon", "by"])
        };
        let end = (begin..begin + 12).find(|at| !part(*at))?;
        let last = (begin..end).rev().find(|at| text.titled(*at))?;
        let upper = text.tokens.get(end)?.case != Case::Lower;
        let postcode = upper && is_outward(text.word(end)) && is_inward(text.word(end + 1));
        let several = (begin..=last).filter(|at| text.titled(*at)).count() > 1;
        if !postcode || !several {
            return None;
        }
        let institution = (begin..=last).any(|at| {
            text.is(at, ORG_HEAD)
                && !text.is(at, STREET)
                && !text.one_of(at, &words!["lodge", "castle", "island"])
        });
        let code = format!("{}{}", text.word(end), text.word(end + 1));
        let own = self.known.addresses.iter().any(|address| address.concat().contains(&code))
            || is_own(self.known, self.spelled(begin, last));
        if institution || own {
            return None;
        }
        self.add(begin, last, "contact.address")
    }

    /// `The Old Forge, Lymm`, `Rook Cottage`: a house with a name, in a text of somebody else or where one lives.
    pub(crate) fn house(&mut self, begin: usize) -> Option<usize> {
        let text = self.text;
        if !text.titled(begin) || begin.checked_sub(1).is_some_and(|at| text.titled(at)) {
            return None;
        }
        let end = (begin + 1..begin + 4).take_while(|at| text.titled(*at)).find(|at| {
            text.one_of(
                *at,
                &words![
                    "cottage",
                    "cottages",
                    "farm",
                    "farmhouse",
                    "lodge",
                    "barn",
                    "forge",
                    "mill",
                    "villa",
                    "manor",
                    "rectory",
                    "vicarage",
                    "manse",
                    "grange",
                    "croft",
                    "bungalow",
                    "house",
                    "bothy",
                    "steading",
                    "annexe",
                    "stables",
                    "chapel"
                ],
            )
        })?;
        let lives = self.somebody_lives(begin);
        let institution = (end + 1..end + 3).any(|at| text.is(at, ORG_HEAD | SPECIALTY) && text.titled(at));
        if !(self.misfiled || lives) || institution || is_own(self.known, self.spelled(begin, end)) {
            return None;
        }
        let town = text.sign(end + 1) == Some(',')
            && text.titled(end + 2)
            && !text.is(end + 2, PERSON | TITLE | ROLE);
        self.add(begin, if town { end + 2 } else { end }, "contact.address")
    }

    /// `(daughter), 4 Mill Race, Corbridge`: a number and words with capitals, where somebody was named.
    pub(crate) fn numbered(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let number = text.tokens.get(at).is_some_and(|token| token.kind == Token::Number)
            && text.word(at).len() <= 3
            && text.word(at).bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let before = at.checked_sub(1)?;
        let opens = matches!(text.sign(before), Some(',' | '(' | ':' | '–'))
            || text.one_of(before, &words!["at", "of"]);
        if !number || !opens {
            return None;
        }
        let word = |at: usize| {
            text.titled(at)
                && !text.is(at, DRUG | MONTH | ROLE | PERSON | TITLE | SPECIALTY | ILLNESS | HERITABLE)
        };
        let end = (at + 1..at + 4).take_while(|at| word(*at)).last().filter(|end| *end > at + 1)?;
        let town = text.sign(end + 1) == Some(',') && word(end + 2);
        let whose = (at.saturating_sub(6)..at).any(|at| text.is(at, PERSON | TITLE) && text.is_word(at));
        if !town || !(whose || self.misfiled) || is_own(self.known, self.spelled(at, end)) {
            return None;
        }
        self.add(at, end + 2, "contact.address")
    }

    /// `daughter at work – Hepworth's Bakery`, `Son's company, Pennine Roofing`.
    pub(crate) fn firm(&mut self, cue: usize) -> Option<usize> {
        let text = self.text;
        let work = text.one_of(
            cue,
            &words![
                "work",
                "company",
                "firm",
                "employer",
                "employers",
                "office",
                "shop",
                "business",
                "workplace",
                "restaurant",
                "salon",
                "school",
                "college",
                "nursery"
            ],
        );
        let begin = cue + 2;
        let sign = matches!(text.sign(cue + 1), Some(',' | '–' | '-' | ':' | '(' | '='));
        if !work || !sign || !text.titled(begin) || text.is(begin, PERSON | TITLE | ROLE | ORG) {
            return None;
        }
        let close = (cue.saturating_sub(4)..cue).any(|at| text.is(at, PERSON) && text.is_word(at));
        let whose = text.is(cue.wrapping_sub(1), POSSESSIVE)
            && (cue.saturating_sub(12)..cue).any(|at| text.is(at, PERSON) && text.is_word(at));
        let joins = |at: usize| {
            text.titled(at)
                || (text.sign(at) == Some('&') || text.one_of(at, &words!["and", "of"]))
                    && text.titled(at + 1)
        };
        let end = (begin..text.tokens.len().min(begin + 6)).take_while(|at| joins(*at)).last()?;
        let clinical = (begin..=end).any(|at| text.is(at, SPECIALTY | ROLE | MONTH));
        if end == begin || clinical || !(close || whose) {
            return None;
        }
        self.add(begin, end, "contact.place-of-work-or-school")
    }

    /// `Summer (10) and Sky (7) … from St Bede's Primary`: a school in a sentence that tells ages; a firm in one that
    /// tells where somebody works.
    pub(crate) fn school(&mut self, begin: usize) -> Option<usize> {
        let text = self.text;
        let from = begin.checked_sub(1).is_some_and(|at| text.one_of(at, &words!["from", "at", "to"]));
        if !from || !text.titled(begin) {
            return None;
        }
        let end = (begin + 1..begin + 5).take_while(|at| text.titled(*at)).find(|at| text.is(*at, SCHOOL))?;
        let age = |at: usize| {
            text.sign(at) == Some('(')
                && text.tokens.get(at + 1).is_some_and(|token| token.kind == Token::Number)
                && text.sign(at + 2) == Some(')')
        };
        let clause = || (begin.saturating_sub(16)..begin).rev().take_while(|at| text.sign(*at) != Some('.'));
        let works = clause().any(|at| text.one_of(at, &words!["works", "working", "job", "employed"]))
            && clause().any(|at| text.is(at, PERSON) && text.is_word(at));
        let told = works || clause().any(age);
        told.then(|| self.add(begin, end, "contact.place-of-work-or-school")).flatten()
    }

    /// `mother now at`, `lives at`, `of` after somebody.
    fn somebody_lives(&self, begin: usize) -> bool {
        let text = self.text;
        let Some(before) = begin.checked_sub(1) else { return false };
        text.one_of(before, &words!["at", "of", "in"])
            && (before.saturating_sub(7)..before)
                .rev()
                .take_while(|at| !matches!(text.sign(*at), Some('.' | ';' | '\n')))
                .any(|at| text.is(at, PERSON) && text.is_word(at))
            && !(before.saturating_sub(7)..before)
                .any(|at| text.one_of(at, &words!["pt", "patient", "admitted"]))
    }
}
