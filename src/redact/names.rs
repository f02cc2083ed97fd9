//! Names of people who are not the patient: beside a word for a relative, after a title, beside a verb of speech, or
//! because the word is a first name and nothing else.

use crate::{
    keep::{Keep, Keeper},
    lexicon::RARE_TITLES,
    name_shape::{Cue, english},
    own_name::one_slip,
    people::Known,
    span::{Found, Kind},
    text::{Case, Kind as Token, Text},
    word::*,
    words::words,
};

pub(crate) struct Names<'k, 't> {
    pub(crate) text: &'t Text,
    pub(crate) known: &'t Known,
    pub(crate) keeper: &'k Keeper<'t>,
    pub(crate) found: Vec<Found>,
    /// Tokens that belong to a name.
    pub(crate) hit: Vec<bool>,
}

impl Names<'_, '_> {
    pub(crate) fn look(&mut self) {
        if self.text.all & (PERSON | TITLE | WITH) != 0 {
            self.by_cues();
        }
        if self.text.capitals || self.text.all & FIRST != 0 {
            for at in 0..self.text.tokens.len() {
                if !self.hit[at] && self.kept(at) == Keep::No {
                    self.alone(at);
                }
            }
        }
        self.lists();
        self.of_record();
    }

    fn by_cues(&mut self) {
        for at in 0..self.text.tokens.len() {
            if !self.text.is(at, PERSON | TITLE | WITH) {
                continue;
            }
            if self.text.is(at, PERSON) && self.text.is_word(at) {
                self.before_kin(at);
                self.after_kin(at);
            }
            let rare = || RARE_TITLES.contains(&self.text.word(at)) && !self.text.titled(at);
            if self.text.is(at, TITLE) && self.text.is_word(at) && !rare() {
                self.titled(at);
            }
            if self.text.is(at, WITH) && !self.text.is(at + 1, WITH) {
                self.after_with(at);
            }
        }
    }

    pub(crate) fn kept(&self, at: usize) -> Keep {
        self.keeper.kept.get(at).copied().unwrap_or(Keep::No)
    }

    pub(crate) fn add(&mut self, from: usize, to: usize, rule: &'static str, relative: bool) {
        let at = self.text.tokens[from].at.start..self.text.tokens[to].bare_end;
        self.hit[from..=to].iter_mut().for_each(|hit| *hit = true);
        self.found.push(Found { at, kind: Kind::Who, rule, relative });
    }

    /// Over the signs and small words between a relative and a name.
    fn slot(&self, kin: usize) -> usize {
        let text = self.text;
        let mut at = kin + 1;
        let mut own_clause = true;
        while at <= kin + 5 {
            let sign = matches!(text.sign(at), Some('(' | ':' | '-' | '–' | '=' | ',' | '"' | '“' | '.'));
            let comma = matches!(text.sign(at), Some(',' | '.'));
            let small = text.is(at, FILLER | PERSON | TITLE | POSSESSIVE | STATE)
                && text.is_word(at)
                && (text.one_of(
                    at,
                    &words![
                        "is", "name", "named", "called", "ji", "cu", "aka", "who", "late", "elder",
                        "younger", "eldest", "youngest", "mr", "mrs", "ms", "miss", "also", "saheb", "sahib"
                    ],
                ) || text.is(at, KIN) && !text.is(at, FIRST | FIRST_WORD));
            if !sign && !small {
                break;
            }
            let set_off = text.titled(at + 1)
                && text.is(at + 1, FIRST_WORD)
                && !text.is(at + 1, MONTH)
                && text.sign(at + 2) == Some(',');
            own_clause &=
                !comma || set_off || !text.is(at + 1, STATE | WORD) || text.one_of(at + 1, &words!["also"]);
            at += 1;
        }
        if own_clause { at } else { kin + 1 }
    }

    fn after_kin(&mut self, kin: usize) {
        let text = self.text;
        let role = self.kept(kin + 1) == Keep::Professional
            && text.is(kin, ROLE)
            && text.tokens[kin].case == Case::Upper;
        // `care home manager Lorraine`: a role by its phrase, not the patient's manager.
        let office = text.is(kin, ROLE) && !text.is(kin, KIN);
        if self.kept(kin) == Keep::Thing || role || office && self.kept(kin + 1) == Keep::Professional {
            return;
        }
        let at = self.slot(kin);
        // `Melody her granddaughter sings`: named already, so a small word is what she does.
        let named = (kin.saturating_sub(3)..kin).any(|at| self.hit[at]) && !text.titled(at);
        if named && !text.shouted && !text.is(at, FIRST) {
            return;
        }
        let adjacent = at == kin + 1 || text.is(at - 1, KIN | FILLER | TITLE);
        let comma = (kin + 1..at).any(|at| matches!(text.sign(at), Some(',' | '.' | ':')));
        let possessive = text.tokens[kin].possessive
            && !(kin + 1..at).any(|at| text.one_of(at, &words!["name", "called", "is"]) || text.is(at, KIN));
        if possessive || (text.is(at, TITLE) && text.is_word(at)) {
            return;
        }
        let sister = self.kept(at) == Keep::Professional
            && (text.one_of(kin, &words!["sister", "carer", "carers"]) || !adjacent || text.is(at - 1, ROLE));
        let also = (kin + 1..at).any(|at| text.one_of(at, &words!["also"]));
        let own = self.kept(at) == Keep::Own && (!adjacent || comma) && !also;
        // After a comma or colon only a word that is a name by itself: `Mum, Rash worse`.
        let weak = comma
            && !text.is(at, FIRST | FIRST_WORD)
            && !(text.titled(at)
                && self.unknown(at)
                && self.acts(at + 1)
                && matches!(text.sign(at - 1), Some(':' | ','))
                && (text.is(at + 1, STRONG | KIN | PERSON)
                    || matches!(text.sign(at + 1), Some('.' | ',' | '('))))
            && !self.full_name(at);
        let month = text.is(at, MONTH) && !text.is(at + 1, STRONG) && !self.day_that_acts(at, adjacent);
        let stop = (kin + 1..at).any(|at| text.sign(at) == Some('.')) && !text.is(at, FIRST);
        let drug = text.is(at, DRUG) && !adjacent;
        if sister || own || weak || month || stop || drug || !self.called(at, Cue::Kin) {
            return;
        }
        if comma && text.is(at, FIRST_WORD) && !text.is(at, FIRST) && !text.titled(at) {
            return;
        }
        let end = self.extent(at);
        self.add(at, end, "who.after-relation", text.is(kin, KIN));
    }

    /// `Holly (granddaughter)`, `Peter, his son,`, `Jake her brother`, `Sam is the son`.
    fn before_kin(&mut self, kin: usize) {
        let text = self.text;
        let mut at = kin;
        let (mut sign, mut whose) = (None, false);
        while at > 0 && kin - at < 4 {
            match text.sign(at - 1) {
                Some(found @ ('(' | ',' | '-' | '–' | '/' | '=' | '[')) if sign.is_none() => {
                    sign = Some(found)
                }
                _ if text.is(at - 1, POSSESSIVE) && text.is_word(at - 1) => whose = true,
                _ if text.one_of(
                    at - 1,
                    &words!["the", "a", "an", "is", "older", "younger", "elder", "eldest", "late"],
                ) => {}
                _ => break,
            }
            at -= 1;
        }
        let Some(last) = at.checked_sub(1).filter(|at| text.is_word(*at) && !text.tokens[*at].possessive)
        else {
            return;
        };
        let bracket = matches!(sign, Some('(' | '['));
        // `leon partner`, without a sign between.
        let small =
            at == kin && !text.titled(last) && text.is(last, FIRST) && text.tokens[last].case != Case::Odd;
        if small
            && !text.is(last, NOT_A_NAME | EPONYM | PLACE)
            && !self.hit[last]
            && self.kept(last) == Keep::No
        {
            self.add(last, last, "who.before-relation", text.is(kin, KIN));
        }
        let near = bracket || whose || matches!(sign, Some(',' | '-' | '–' | '/' | '='));
        // `Hope, daughter, 14,`: set off on both sides.
        let set_off = sign == Some(',') && matches!(text.sign(kin + 1), Some(',' | '.' | ')' | ';'));
        if !near
            || self.hit[last]
            || (self.kept(last) == Keep::Thing && !(bracket && text.is(last, FIRST | FIRST_WORD)))
            || self.kept(last) == Keep::Professional
            || (self.kept(last) == Keep::Own && !bracket)
        {
            return;
        }
        let one = |at: usize| {
            text.titled(at)
                && !text.is(at, TITLE | PERSON | ROLE | PRONOUN | NEGATION | STATE)
                && (text.is(at, FIRST | SURNAME)
                    || text.is(at, FIRST_WORD | SURNAME_WORD)
                        && (bracket || whose || set_off || matches!(sign, Some('-' | '–')))
                    || (self.unknown(at) && (bracket || whose)))
        };
        let lower = bracket && text.is(last, FIRST) && !text.titled(last);
        let Some(begin) =
            (last.saturating_sub(3)..=last).rev().take_while(|at| one(*at)).last().or(lower.then_some(last))
        else {
            return;
        };
        let begin = if begin > 0 && text.is(begin - 1, TITLE) { begin - 1 } else { begin };
        if bracket && self.kept(last) == Keep::Own && !text.is(begin, TITLE) {
            return;
        }
        self.add(begin, last, "who.before-relation", text.is(kin, KIN));
    }

    /// `Mrs Kaur`, unless it is the patient or a professional.
    fn titled(&mut self, title: usize) {
        let text = self.text;
        let at = title + 1 + usize::from(text.sign(title + 1) == Some('.'));
        let joint = matches!(text.sign(at), Some('&' | '+' | '/')) || text.one_of(at, &words!["and"]);
        if joint {
            return;
        }
        let related = title > 0
            && (text.is(title - 1, PERSON)
                || (title > 1
                    && text.is(title - 2, PERSON)
                    && matches!(text.sign(title - 1), Some('(' | ',' | ':'))));
        let kin_after = (at + 1..at + 4).any(|at| match text.sign(at) {
            Some('(') => text.is(at + 1, KIN),
            Some(',') => text.is(at + 1, POSSESSIVE) && text.is(at + 2, KIN),
            _ => false,
        });
        if !related && !kin_after && matches!(self.kept(at), Keep::Own | Keep::Professional) {
            return;
        }
        if let Some(end) = self.keeper.name_from(at).filter(|end| !(at..=*end).all(|at| text.is(at, ROLE))) {
            let end = end.max(self.extent(end));
            self.add(title, end, "who.title", related || kin_after);
        }
    }

    fn after_with(&mut self, with: usize) {
        let text = self.text;
        let mut at = with + 1;
        while text.one_of(at, &words!["the", "from", "to", "with", "is", "by", "only"])
            || text.is(at, POSSESSIVE) && text.is_word(at)
            || matches!(text.sign(at), Some('=' | ':'))
            || at == with + 1
                && text.one_of(with, &words!["w"])
                && text.sign(at) == Some('.')
                && text.touches(with)
        {
            at += 1;
        }
        let month = text.is(at, MONTH) && text.titled(at) && self.called(at, Cue::With) && self.acts(at + 1);
        let place = self.kept(at) == Keep::Thing && (month || self.in_company(with, at));
        if at > with + 3
            || self.hit.get(at).copied().unwrap_or(true)
            || self.kept(at) != Keep::No && !place
            || !(place || self.called(at, Cue::With))
        {
            return;
        }
        let weak = self.unknown(at) && !text.is(at, NAME);
        let vague = text.one_of(
            with,
            &words![
                "from", "d/w", "dw", "letter", "call", "ring", "phone", "rang", "phoned", "tel", "of", "c/o",
                "called", "baby", "named", "to", "texted"
            ],
        ) || text.is(with, LETTER | SPECIALTY);
        let vague = vague && !self.naming(with);
        if weak && (vague || text.is(at + 1, HEAD | SPECIALTY | ORG_HEAD)) {
            return;
        }
        let end = self.extent(at);
        self.add(at, end, "who.after-with", false);
    }

    /// A word that is a first name, or does what only people do.
    fn alone(&mut self, at: usize) {
        let text = self.text;
        if !text.titled(at) && !text.is(at, FIRST) {
            return;
        }
        if !text.is_word(at) || text.is(at, TITLE | PERSON | ROLE | DRUG | ORG) || text.length(at) < 2 {
            return;
        }
        let number = |at: usize| text.tokens.get(at).is_some_and(|token| token.kind == Token::Number);
        // `Jun 12`, `3 Jan`.
        let dated = number(at + 1) || at > 0 && number(at - 1);
        if dated && text.one_of(at, &words!["jan", "jun", "avril"]) {
            return;
        }
        let says = text.is(at + 1, STRONG);
        let listed = text.is(at, PLACE | EPONYM | SCALE);
        let case = text.tokens[at].case;
        let rule = if text.titled(at) {
            let sure = text.is(at, FIRST)
                && (!text.is(at, EPONYM) || !text.tokens[at].possessive || text.is(at + 1, KIN))
                && text.word(at).len() > 2;
            let surname = text.titled(at + 1)
                && (text.is(at + 1, SURNAME) && !text.is(at + 1, WORD)
                    || self.known.is_family(text.word(at + 1)));
            match () {
                () if sure && !text.is(at, WORD) => "who.first-name",
                () if text.is(at, FIRST_WORD) && says && self.sayable(at) => "who.word-that-acts",
                () if text.is(at, FIRST_WORD) && surname && !listed => "who.word-and-surname",
                () if text.is(at, FIRST_WORD) && self.a_persons(at) => "who.word-of-relation",
                () if text.is(at, FIRST_WORD) && self.inside_sentence(at) && self.is_subject(at) => {
                    "who.word-that-acts"
                }
                () if self.unknown(at) && self.inside_sentence(at) && self.is_told_of(at) => {
                    "who.unknown-person"
                }
                () if self.before_honorific(at) => "who.before-relation",
                () if self.of_own_family(at) => "who.own-family",
                () if self.unknown(at)
                    && text.is(at + 1, STRONG)
                    && text.is(at + 1, SPEECH)
                    && !english(text.word(at)) =>
                {
                    "who.unknown-that-speaks"
                }
                () => return,
            }
        } else if text.is(at, FIRST)
            && !listed
            && !text.is(at, NOT_A_NAME)
            && text.word(at).len() > 2
            && case != Case::Odd
        {
            let shouted = text.shouted || (case == Case::Upper && text.word(at).len() > 3);
            match () {
                () if shouted => "who.first-name-in-capitals",
                () if (says || at > 0 && text.is(at - 1, SPEECH)) && text.word(at).len() > 3 => {
                    "who.small-first-name-that-acts"
                }
                () => return,
            }
        } else {
            return;
        };
        let end = self.extent(at);
        let stop = usize::from(at > 1 && text.sign(at - 1) == Some('.'));
        let initial = usize::from(at > stop && text.is_initial(at - 1 - stop) && rule == "who.own-family");
        let begin = at - usize::from(self.family_first(at)) - initial * (1 + stop);
        self.add(begin, end, rule, false);
    }

    /// `Will` and `May` before a bare verb are no people.
    pub(crate) fn sayable(&self, at: usize) -> bool {
        let text = self.text;
        let verb = text.word(at + 1);
        let modal = text.one_of(at, &words!["will", "may", "can", "hope", "mark", "pat"]);
        let bare = matches!(
            verb,
            "call"
                | "ring"
                | "visit"
                | "phone"
                | "present"
                | "to"
                | "put"
                | "collect"
                | "here"
                | "found"
                | "with"
                | "who"
        );
        let month = text.is(at, MONTH) && !text.is(at + 1, SPEECH);
        !(month || modal && bare)
    }

    /// The people of the record, in full, by given name, or by initial and surname.
    fn of_record(&mut self) {
        let text = self.text;
        let known = self.known;
        for person in &known.people {
            let Some((given, family)) = person.name.first().zip(person.name.last()) else { continue };
            for at in 0..text.tokens.len() {
                let word = text.word(at);
                let full = person.name.len() > 1
                    && (0..person.name.len()).all(|n| text.word(at + n) == person.name[n]);
                let turned = word == family
                    && person.name.len() > 1
                    && (text.word(at + 1) == given
                        || (text.sign(at + 1) == Some(',') && text.word(at + 2) == given));
                let initial = text.is_initial(at)
                    && given.starts_with(word)
                    && (text.word(at + 1) == family
                        || text.word(at + 2) == family && text.sign(at + 1) == Some('.'));
                let clear = text.titled(at)
                    || (text.tokens[at].case == Case::Upper && word.len() > 2)
                    || !text.is(at, WORD | HUMAN | NOT_A_NAME);
                let near =
                    |name: &str| name == word || (name.len() >= 6 && text.titled(at) && one_slip(name, word));
                let first = text.is_word(at) && near(given) && clear && !self.keeper.known.is_given(given);
                let last = text.is_word(at)
                    && near(family)
                    && clear
                    && person.name.len() > 1
                    && !known.is_family(family);
                let end = match () {
                    () if full => at + person.name.len() - 1,
                    () if turned => at + 1 + usize::from(text.sign(at + 1) == Some(',')),
                    () if initial => at + 1 + usize::from(text.sign(at + 1) == Some('.')),
                    () if first || last => at,
                    () => continue,
                };
                let own = (at..=end).all(|at| self.kept(at) == Keep::Own) && !full;
                if !own && self.kept(at) != Keep::Thing || full {
                    self.add(at, end, "record.name", person.related);
                }
            }
        }
    }
}
