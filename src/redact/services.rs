//! Organisations and who works there: names that a service, or what was done, makes those of professionals.

use crate::{
    keep::{Keep, Keeper},
    word::*,
    words::words,
};

impl Keeper<'_> {
    /// `Talking Therapies, Gwen Mottram.`, `Phoned the ward, spoke to Debra`: who works there.
    pub(crate) fn answers_for(&mut self, service: usize) {
        let text = self.text;
        let before = service.saturating_sub(4)..service;
        if before.into_iter().any(|at| text.is(at, PERSON | PRONOUN | POSSESSIVE)) {
            return;
        }
        let asked = text.one_of(service + 1, &words!["ref", "referral", "team", "appt", "review", "clinic"]);
        let after = service + 1 + usize::from(asked);
        let sign = matches!(text.sign(after), Some(',' | ':' | '–' | '-'));
        let begin = after + usize::from(sign);
        let name = |at: usize| text.titled(at) && text.is(at, NAME) && !text.is(at, MONTH | PLACE | ORG);
        let spoke = text.one_of(begin, &words!["spoke", "spoken", "d/w", "dw", "s/w"]);
        let from = (begin..begin + 3).find(|at| !text.is(*at, WITH)).unwrap_or(begin);
        let full = name(from) && name(from + 1) && text.is(from, FIRST | FIRST_WORD);
        let ends =
            matches!(text.sign(from + 2), Some('.' | ';' | ')' | ',')) || from + 2 >= text.tokens.len();
        if full && (spoke && from > begin || sign && from == begin && ends) {
            self.keep(from, from + 1, Keep::Professional);
        }
    }

    /// `excluded by Mr Obi`: what only those do who treat.
    pub(crate) fn done_by(&self, title: usize) -> bool {
        let text = self.text;
        title > 1
            && text.one_of(title - 1, &words!["by"])
            && (text.is(title - 2, CLINICAL)
                || text.one_of(title - 2, &words!["excluded", "inserted", "replaced", "plated", "listed"]))
    }

    /// `Podiatry Janet Stubbs:`, a service and who answered for it.
    pub(crate) fn after_service(&mut self, at: usize) {
        let text = self.text;
        let begins = at == 0 || matches!(text.sign(at - 1), Some('.' | ',' | '\n' | ';' | ':'));
        let named = |at: usize| text.titled(at) && text.is(at, NAME);
        if begins && text.titled(at) && named(at + 1) && named(at + 2) && text.is(at + 1, FIRST | FIRST_WORD)
        {
            self.keep(at + 1, at + 2, Keep::Professional);
        }
    }

    /// The practice's staff, by their names.
    pub(crate) fn staff(&mut self) {
        let (text, known) = (self.text, self.known);
        if known.staff.is_empty() {
            return;
        }
        for at in 0..text.tokens.len() {
            let called = known.staff_called(text.word(at));
            let whole = |name: &&Vec<String>| (0..name.len()).all(|n| text.word(at + n) == name[n]);
            if let Some(name) = called.iter().filter(whole).max_by_key(|name| name.len()) {
                self.keep(at, at + name.len() - 1, Keep::Professional);
            } else if !called.is_empty()
                && (text.titled(at) || text.shouted)
                && !text.titled(at + 1)
                && !text.is(at, DRUG)
            {
                self.keep(at, at, Keep::Professional);
            }
        }
    }

    /// Words with capitals that end in a word for an institution.
    pub(crate) fn organisations(&mut self) {
        let text = self.text;
        for at in 0..text.tokens.len() {
            if !text.is(at, ORG_HEAD) || at == 0 || (text.is(at, STREET) && !text.titled(at)) {
                if text.is(at, ORG) && (text.titled(at) || text.shouted || text.is(at, PHRASE)) {
                    self.keep(at, at, Keep::Thing);
                }
                continue;
            }
            let joins = |at: usize| {
                text.titled(at) && !text.is(at, PERSON | TITLE | ROLE)
                    || text.is_initial(at)
                    || (text.one_of(at, &words!["of", "and", "the"])
                        || matches!(text.sign(at), Some('&' | '.' | '\'')))
                        && text.titled(at + 1)
                        && at > 0
                        && text.titled(at - 1)
            };
            if let Some(begin) = (at.saturating_sub(4)..at).rev().take_while(|at| joins(*at)).last() {
                self.keep(begin, at, Keep::Thing);
            }
        }
    }
}
