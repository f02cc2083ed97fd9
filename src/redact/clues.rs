//! What beside a word makes it a name, where no relative stands before it: whose company, whose doing, whose surname.

use crate::{keep::Keep, name_shape::english, names::Names, word::*, words::words};

impl Names<'_, '_> {
    /// `lives with Heather`: a name that is a place or plant too, where only a person can be.
    pub(crate) fn in_company(&self, with: usize, at: usize) -> bool {
        let text = self.text;
        let begin = (0..=with).rev().find(|at| !text.is(*at, WITH)).unwrap_or(0);
        text.one_of(with, &words!["with", "w", "w/"])
            && text.one_of(
                begin,
                &words![
                    "lives", "living", "stays", "staying", "stayed", "came", "here", "attended", "moved",
                    "went"
                ],
            )
            && text.titled(at)
            && text.is(at, FIRST | FIRST_WORD)
            && !text.is(at, DRUG | ORG | MONTH | EPONYM)
    }

    /// `a girl they have called Seren`, `a friend named Tsegaye`: somebody is given a name.
    pub(crate) fn naming(&self, verb: usize) -> bool {
        self.text.one_of(verb, &words!["named", "called"])
            && (verb.saturating_sub(5)..verb).any(|at| {
                self.text.is(at, PERSON) && self.text.is_word(at)
                    || self.text.one_of(at, &words!["girl", "boy", "man", "woman", "lady", "somebody"])
            })
    }

    /// `Nguyen Thi Hoa`, `Ka Yan`: a surname, or half of a name that no table has, may stand first.
    pub(crate) fn family_first(&self, at: usize) -> bool {
        let text = self.text;
        let inside = |at: usize| {
            at > 0
                && text.is_word(at - 1)
                && text.is(at - 1, WORD | WITH | POSSESSIVE | PERSON | SPEECH | PLACE_PREP)
        };
        let half = |at: usize| {
            text.tokens[at].is & !PHRASE == 0
                && !english(text.word(at))
                && inside(at)
                && text.word(at).len() <= 6
        };
        at > 0
            && text.titled(at)
            && text.titled(at - 1)
            && (text.is(at - 1, SURNAME) || half(at - 1))
            && !text.is(at - 1, WORD | EPONYM | PLACE | DRUG | ORG | SCALE | TITLE | PERSON | ROLE)
            && !text.tokens[at - 1].possessive
            && !self.hit[at - 1]
            && self.kept(at - 1) == Keep::No
    }

    /// Whether a word has its capital of its own, not because a sentence begins.
    pub(crate) fn inside_sentence(&self, at: usize) -> bool {
        let text = self.text;
        let first = |at: usize| text.sentences.binary_search_by_key(&at, |sentence| sentence.start).is_ok();
        at > 0
            && text.is_word(at - 1)
            && (!text.titled(at - 1) || first(at - 1) && !text.is(at - 1, NAME | EPONYM | ORG))
            && !text.is(at - 1, MONTH | PLACE_PREP | TITLE | ROLE)
    }

    /// `asked if Rose could`, `visitor Hope left`: what a sentence has somebody do.
    pub(crate) fn is_subject(&self, at: usize) -> bool {
        let text = self.text;
        let verb = text.word(at + 1);
        !text.is(at, MONTH | PLACE | EPONYM | DRUG)
            && !text.tokens[at].possessive
            && (text.is(at + 1, HUMAN) && !text.is(at + 1, HEAD) && self.sayable(at)
                || matches!(verb, "could" | "would" | "can" | "cannot" | "has" | "had" | "was"))
    }

    /// `same as Selorm, who ate it`, `Cerith – 07700 …`: somebody, whom no table has.
    pub(crate) fn is_told_of(&self, at: usize) -> bool {
        let text = self.text;
        let sign = matches!(text.sign(at + 1), Some(',' | '(' | '-' | '–'));
        sign && text.one_of(at + 2, &words!["who", "whose"]) && !english(text.word(at))
    }

    /// `K. Asante snr`, `B. Okafor` of patient Okafor: the patient's surname, and that it is not the patient.
    pub(crate) fn of_own_family(&self, at: usize) -> bool {
        let text = self.text;
        let elder = text.one_of(at + 1, &words!["snr", "senior", "jnr", "jr", "junior"]);
        self.known.is_family(text.word(at)) && elder && at > 0 && !text.is(at - 1, TITLE)
    }

    /// `Hope's mum`, `Star's neighbour`.
    pub(crate) fn a_persons(&self, at: usize) -> bool {
        let text = self.text;
        text.tokens[at].possessive
            && text.is(at + 1, PERSON)
            && text.is_word(at + 1)
            && !text.is(at, MONTH | PLACE | EPONYM)
    }

    /// `Venkataraghavan thatha`, `Lakshmi akka`: in many languages the relation follows the name.
    pub(crate) fn before_honorific(&self, at: usize) -> bool {
        let text = self.text;
        text.titled(at)
            && (self.unknown(at) && !english(text.word(at)) || text.is(at, FIRST | FIRST_WORD))
            && text.one_of(
                at + 1,
                &words![
                    "akka", "thatha", "paati", "amma", "appa", "annan", "thambi", "chacha", "chachi", "mama",
                    "mami", "masi", "bua", "khala", "phupho", "kaka", "kaki", "foi", "didi", "bhaiya",
                    "bhabhi", "baji", "aapa", "dada", "dadi", "nani", "abla", "teyze", "amca", "dayi",
                    "hala", "saheb", "sahib"
                ],
            )
            && !text.titled(at + 1)
    }
}
