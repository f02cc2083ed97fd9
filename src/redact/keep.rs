//! What must stay: the patient's own name as a whole match, professionals, eponyms, drugs, organisations, places.
//! A word that is kept can still become a name by a cue beside it (`names`), never the other way round.

use crate::{
    people::Known,
    text::{Case, Text},
    word::*,
    words::words,
};

/// Why a token stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    No,
    Own,
    Professional,
    Thing,
}

pub(crate) struct Keeper<'t> {
    pub(crate) text: &'t Text,
    pub(crate) known: &'t Known,
    pub(crate) kept: Vec<Keep>,
    pub(crate) misfiled: bool,
}

impl Keeper<'_> {
    pub(crate) fn look(&mut self) {
        let all = self.text.all;
        if all & (ORG_HEAD | ORG) != 0 {
            self.organisations();
        }
        self.things();
        self.professionals();
        self.staff();
        if self.text.capitals || self.text.shouted {
            self.own_home();
        }
        self.own();
    }

    pub(crate) fn keep(&mut self, from: usize, to: usize, why: Keep) {
        for kept in &mut self.kept[from..=to] {
            if *kept != Keep::Own {
                *kept = why;
            }
        }
    }

    /// Whether a word may be part of a name beside a title or a role.
    pub(crate) fn named(&self, at: usize) -> bool {
        let text = self.text;
        if !text.is_word(at) || text.word(at).len() < 2 {
            return false;
        }
        let plain = !text.is(at, NOT_A_NAME & !(FILLER | MONTH));
        match text.titled(at) {
            true => {
                text.is(at, NAME)
                    || plain
                    || (text.is(at, WORD) && !text.is(at, HUMAN | ROLE | PERSON | SPECIALTY))
            }
            false => {
                text.tokens[at].case != Case::Odd
                    && (text.is(at, FIRST | SURNAME) && !text.is(at, WORD | MONTH | HUMAN | ROLE | PERSON)
                        || (plain
                            && text.word(at).len() > 2
                            && !text.is(at, EPONYM | PLACE | SCALE)
                            && (text.shouted || text.tokens[at].case == Case::Lower)))
            }
        }
    }

    /// The name that begins at a token: initials, then words. The last token of it.
    pub(crate) fn name_from(&self, begin: usize) -> Option<usize> {
        let text = self.text;
        let mut at = begin;
        while text.is_initial(at) {
            at += 1 + usize::from(text.sign(at + 1) == Some('.'));
        }
        if !self.named(at) {
            return None;
        }
        let mut end = at;
        for at in at + 1..=at + 2 {
            let joins = !text.tokens[at - 1].possessive
                && text.titled(at)
                && !text.is(at, ROLE | PERSON | HEAD | SPECIALTY | ORG_HEAD | DRUG)
                && (text.is(at, NAME) || !text.is(at, NOT_A_NAME));
            let lower = !text.titled(at)
                && text.is(at, SURNAME)
                && !text.is(at, WORD | HUMAN)
                && !text.titled(at - 1);
            if !joins && !lower {
                break;
            }
            end = at;
        }
        Some(end)
    }

    /// `Dr X`, `Nurse X`, `X (HCA)`, `Mr X, ENT`.
    fn professionals(&mut self) {
        let text = self.text;
        for at in 0..text.tokens.len() {
            if text.is(at, ROLE) && text.is_word(at) && (!text.is(at, KIN) || self.physician_associate(at)) {
                self.after_role(at);
                self.before_role(at);
            } else if text.is(at, SPECIALTY) {
                self.after_service(at);
            } else if text.one_of(at, &words!["sister", "matron"]) && self.on_ward(at)
                || text.is(at, TITLE) && !self.misfiled && self.clinical(at)
            {
                self.after_role(at);
            }
            if text.is(at, SPECIALTY | ORG | ORG_HEAD) {
                self.answers_for(at);
            }
        }
    }

    /// `PA` in capitals is a physician associate, `pa` a father.
    fn physician_associate(&self, at: usize) -> bool {
        !self.text.shouted && self.text.one_of(at, &words!["pa"]) && self.text.tokens[at].case == Case::Upper
    }

    fn after_role(&mut self, role: usize) {
        let text = self.text;
        let mut at = role + 1;
        while text.is(at, ROLE | TITLE) || matches!(text.sign(at), Some('.' | ':' | '-' | '/' | '(')) {
            at += 1;
        }
        // Several names after a plural or a list of doctors.
        if let Some(end) = self.name_from(at).filter(|_| at <= role + 5) {
            let lone = text.is(at, STRONG | SPEECH | HUMAN) && !text.is(at, NAME);
            if !lone {
                self.keep(at, end, Keep::Professional);
            }
            let several =
                text.one_of(role, &words!["crew", "drs", "nurses", "midwives", "paramedics", "hvs"]);
            let next = end + 2;
            if several && text.is(end + 1, AND) && text.titled(next) && text.is(next, NAME) {
                self.keep(next, next, Keep::Professional);
            }
        }
    }

    fn before_role(&mut self, role: usize) {
        let text = self.text;
        let mut end = role;
        while end > 0
            && (matches!(text.sign(end - 1), Some('(' | ',' | '-' | '–'))
                || text.one_of(
                    end - 1,
                    &words![
                        "practice",
                        "the",
                        "our",
                        "community",
                        "district",
                        "clinical",
                        "ward",
                        "specialist"
                    ],
                ))
        {
            end -= 1;
        }
        if end == 0 || text.is(end - 1, PERSON) {
            return;
        }
        let begin = (end.saturating_sub(3)..end)
            .rev()
            .take_while(|at| {
                text.titled(*at) && text.is(*at, NAME)
                    || text.is_initial(*at)
                    || text.sign(*at) == Some('.') && *at > 0 && text.is_initial(*at - 1)
                    || (text.titled(*at) && !text.is(*at, NOT_A_NAME))
            })
            .last();
        // `sister Rowan, HV Tania Frith`: who was named before a sign is a relative.
        let relative =
            |begin: usize| begin > 0 && text.is(begin - 1, PERSON) && end < role && text.titled(role + 1);
        if let Some(begin) = begin.filter(|begin| !relative(*begin)) {
            self.keep(begin, end - 1, Keep::Professional);
        }
    }

    fn on_ward(&self, at: usize) -> bool {
        let wards = &words!["ward", "icu", "itu", "hospital", "clinic", "unit", "hospice"];
        // `Rang the ward, spoke to Sister Amoah`.
        let rung =
            || self.text.titled(at) && (at.saturating_sub(6)..at).any(|at| self.text.one_of(at, wards));
        (at + 1..at + 6).any(|at| self.text.one_of(at, wards))
            || (at > 0
                && (self.text.one_of(at - 1, &words!["ward", "charge", "theatre"]) || self.nurse(at - 1)))
            || rung()
    }

    /// `DN Sister Maguire`
    fn nurse(&self, role: usize) -> bool {
        self.text.is(role, ROLE) && !self.text.is(role, PERSON) && self.text.titled(role + 1)
    }

    /// A title whose neighbours are those of a consultant.
    fn clinical(&self, at: usize) -> bool {
        let text = self.text;
        let stop = |at: usize| {
            matches!(text.sign(at), Some('\n' | ';' | '.' | '!')) && !text.is_initial(at.saturating_sub(1))
        };
        let after = (at + 1..at + 7).take_while(|at| !stop(*at));
        let before = (at.saturating_sub(3)..at).rev().take_while(|at| !stop(*at));
        let subject = at > 0 && text.one_of(at - 1, &words!["re", "about", "for", "regarding", "concerning"]);
        let kin = subject || before.clone().any(|at| text.is(at, PERSON));
        if self.done_by(at) {
            return true;
        }
        // `Mrs Oakes at school`
        if !kin && self.teaches(at) {
            return true;
        }
        // `cc Dr Obi, Miss Reid`: letters are copied to those who treat.
        if !kin && (self.copied(at) || self.treats(at)) {
            return true;
        }
        !kin && (after.clone().any(|at| text.is(at, SPECIALTY | ROLE))
            || before.clone().any(|at| text.is(at, LETTER | ROLE)))
            && !after.clone().any(|at| text.is(at, PERSON))
    }

    /// `Miss Rao suggests`, `Mr Obi operated`: what only those do who treat.
    fn treats(&self, title: usize) -> bool {
        let text = self.text;
        (title + 2..title + 5)
            .find(|at| !(text.titled(*at) || text.is_initial(*at) || text.sign(*at) == Some('.')))
            .is_some_and(|verb| {
                let of_others = text.is(verb + 1, PRONOUN | PERSON) || text.one_of(verb + 1, &words!["that"]);
                let own = (title + 1..verb).any(|at| self.known.is_family(text.word(at)));
                let to = text.one_of(verb, &words!["to"]) && text.is(verb + 1, CLINICAL);
                (text.is(verb, CLINICAL) || to) && !of_others && !own
            })
    }

    /// Who is named by title and works with children.
    fn teaches(&self, title: usize) -> bool {
        let text = self.text;
        let at = title + 1 + usize::from(text.sign(title + 1) == Some('.'));
        self.named(at)
            && text.one_of(at + 1, &words!["at", "from"])
            && text.one_of(at + 2, &words!["school", "nursery", "college", "preschool"])
    }

    fn copied(&self, at: usize) -> bool {
        let from = at.saturating_sub(12);
        (from..at)
            .rev()
            .take_while(|at| !matches!(self.text.sign(*at), Some('\n' | ';')) && !self.text.is(*at, PERSON))
            .any(|at| self.text.one_of(at, &words!["cc"]) && self.text.is(at + 1, ROLE | TITLE))
    }

    fn things(&mut self) {
        let text = self.text;
        for at in 0..text.tokens.len() {
            let is = |class| text.is(at, class);
            // Most words are small and in no table of things.
            if text.tokens[at].case == Case::Lower && !is(DRUG | MONTH | EPONYM | SCALE) {
                continue;
            }
            if is(DRUG) && !self.pill_is_person(at)
                || is(MONTH) && !is(FIRST)
                || self.eponym(at)
                || self.place(at)
                || self.saint(at)
            {
                self.keep(at, at, Keep::Thing);
            }
        }
    }

    fn pill_is_person(&self, at: usize) -> bool {
        let text = self.text;
        text.is(at, FIRST | FIRST_WORD) && text.is(at + 1, STRONG) && text.is(at + 1, SPEECH)
    }

    fn eponym(&self, at: usize) -> bool {
        let text = self.text;
        if !text.is(at, EPONYM | SCALE) && !text.titled(at) {
            return false;
        }
        let head = text.is(at + 1, HEAD)
            || matches!(text.sign(at + 1), Some('+' | '-'))
            || (matches!(text.sign(at + 1), Some('\'' | '’')) && text.is(at + 2, HEAD));
        let named = text.is(at, FIRST);
        if text.is(at, EPONYM)
            && (text.is(at + 1, EPONYM) && text.is_word(at + 1) || at > 0 && text.is(at - 1, EPONYM))
        {
            return true;
        }
        if text.is(at, EPONYM | SCALE) {
            let nearby = (at + 2..at + 4).any(|at| text.is(at, HEAD) && !text.is(at, STATE));
            let score = text.tokens.get(at + 1).is_some_and(|next| next.kind == crate::text::Kind::Number);
            return !named
                || head
                || (nearby && !text.is(at + 1, SPEECH | HUMAN))
                || (text.is(at, SCALE) && (score || text.is(at + 1, SCALE) && text.is(at, PHRASE)));
        }
        let disease = text.one_of(
            at + 1,
            &words![
                "disease",
                "syndrome",
                "palsy",
                "contracture",
                "phenomenon",
                "sign",
                "lymphoma",
                "neuroma"
            ],
        );
        text.titled(at) && disease && (text.tokens[at].possessive || !named)
    }

    /// `St Luke's`, `Queen Alexandra` are places of worship, schools or wards; nobody's name.
    fn saint(&self, at: usize) -> bool {
        let text = self.text;
        if !text.titled(at) {
            return false;
        }
        let stop = usize::from(at > 1 && text.sign(at - 1) == Some('.'));
        at > stop
            && text
                .one_of(at - 1 - stop, &words!["st", "saint", "queen", "king", "prince", "princess", "lady"])
            && text.titled(at - 1 - stop)
    }

    fn place(&self, at: usize) -> bool {
        let text = self.text;
        if at == 0 || !text.is_word(at) || text.tokens[at].case == Case::Lower {
            return false;
        }
        let before = text.word(at - 1);
        let listed = matches!(before, "and" | "via" | "then" | "or")
            || matches!(text.sign(at - 1), Some(',' | '/' | '&'));
        let after_place = listed
            && (at > 1 && self.kept[at - 2] == Keep::Thing && text.is(at - 2, PLACE)
                || at > 2 && self.kept[at - 2] == Keep::Thing
                || at > 2 && text.sign(at - 2) == Some(',') && self.kept[at - 3] == Keep::Thing);
        let travels = (at.saturating_sub(6)..at).any(|at| text.is(at, TRAVEL));
        match text.is(at, PLACE) {
            true if matches!(before, "in" | "near" | "nr" | "around" | "via" | "outside" | "at") => true,
            true if matches!(before, "to" | "from" | "into" | "of") => {
                travels
                    || !text.is(at, FIRST)
                    || at > 1 && self.kept[at - 2] == Keep::Thing && text.is(at - 2, PLACE)
            }
            // `Works Beverley, commutes`, `Drives Douglas to Ramsey`.
            true if matches!(before, "works" | "drives" | "commutes" | "flies" | "lives" | "trip")
                && (text.one_of(at + 1, &words!["to", "from", "by"]) || text.sign(at + 1) == Some(',')) =>
            {
                true
            }
            true => after_place || (!text.is(at, FIRST) && !text.is(at + 1, STRONG)),
            false => text.titled(at) && text.is(at, FIRST) && matches!(before, "in" | "near") && travels,
        }
    }
}
