//! What ails somebody else, or what somebody else does, in words that no table of facts has.

use std::ops::Range;

use crate::{disclosure::Disclosures, ends::Ends, talk::*, word::*, words::words};

impl Disclosures<'_> {
    /// A disease or medicine that no table has, told as one: `has sarcoidosis`, `on tofacitinib`.
    pub(crate) fn unlisted(&self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let verb = self.text.one_of(
            at,
            &words![
                "has",
                "had",
                "got",
                "have",
                "with",
                "on",
                "takes",
                "under",
                "diagnosed",
                "having",
                "started",
                "is",
                "for"
            ],
        );
        let has = self
            .text
            .one_of(at, &words!["has", "had", "got", "having", "awaiting", "needs", "needing", "waiting"]);
        (at + 1..sentence.end.min(at + 5))
            .find(|at| verb && self.medical(*at))
            .or_else(|| self.some_ailment(at, sentence).filter(|_| has))
    }

    /// `has a heart valve`, `awaiting a bone scan`: something that one has, and not as one has a car.
    pub(crate) fn some_ailment(&self, has: usize, sentence: &Range<usize>) -> Option<usize> {
        let text = self.text;
        let near = has..sentence.end.min(has + 6);
        let talk = Talk::of(text, &near);
        let article = (has + 1..near.end.min(has + 3)).find(|at| {
            text.one_of(*at, &words!["a", "an", "bad", "severe", "chronic", "recurrent", "major", "for"])
        })?;
        let what = article + 1;
        let plain = (what..near.end).take_while(|at| text.is_word(*at)).any(|at| {
            talk.is(at, POSSESSION)
                || text.is(at, PERSON | ORG_HEAD | ROLE | SPEECH | PHONE | VEHICLE | STREET)
        });
        (what < near.end && text.is_word(what) && !plain).then_some(what)
    }

    /// `Hubby's PSA is 60`, `sister's memory is going`: a part or test of somebody, and how it does.
    pub(crate) fn part_of(&self, who: usize, sentence: &Range<usize>) -> Option<usize> {
        let text = self.text;
        let near = who + 1..sentence.end.min(who + 5);
        let talk = Talk::of(text, &near);
        let test = |at: usize| {
            text.one_of(
                at,
                &words!["psa", "hba1c", "op", "health", "kidneys", "liver", "lungs", "nerves", "condition"],
            )
        };
        let part = near.clone().find(|at| talk.is(*at, SYMPTOM) || test(*at))?;
        let does = (part + 1..sentence.end.min(part + 3)).any(|at| {
            text.one_of(
                at,
                &words![
                    "is", "are", "was", "has", "got", "getting", "went", "going", "gone", "bad", "failing"
                ],
            )
        });
        does.then_some(part)
    }

    /// Whether a word ends as those for diseases, operations and medicines do, or is a disease that somebody described.
    pub(crate) fn medical(&self, at: usize) -> bool {
        const ENDS: Ends = Ends::of(&[
            "itis",
            "osis",
            "aemia",
            "emia",
            "oma",
            "opathy",
            "ectomy",
            "plasty",
            "ostomy",
            "algia",
            "plegia",
            "paresis",
            "sclerosis",
            "trophy",
            "uria",
            "oscopy",
            "cillin",
            "mycin",
            "statin",
            "prazole",
            "olol",
            "pril",
            "sartan",
            "azepam",
            "mab",
            "tinib",
            "triptyline",
            "codone",
            "gliptin",
            "oxetine",
            "emesis",
        ]);
        self.text.is_word(at)
            && (ENDS.end(self.text.word(at))
                || self.text.is(at, EPONYM)
                    && (self.text.tokens[at].possessive || self.text.is(at + 1, HEAD)))
    }

    /// `has been sending letters`, `refused to let us in`, `keeps ringing her`: what a relative does, if it is neither
    /// help nor errand nor illness.
    pub(crate) fn does_oddly(&self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let text = self.text;
        let near = at..sentence.end.min(at + 14);
        let talk = Talk::of(text, &near);
        let odd = near.clone().take(9).find(|at| {
            let next = text.word(at + 1);
            let goes_on = text.one_of(*at, &words!["keeps", "been", "is", "was", "started", "starts"])
                && next.ends_with("ing")
                && next.len() > 4
                && !text.is(at + 1, HUMAN | STATE | SPEECH);
            goes_on || talk.means(*at, ODD | DEED) && !self.denied(sentence, *at)
        })?;
        if talk.means(odd, DEED) {
            return Some(odd);
        }
        let content =
            near.clone().filter(|at| text.is_word(*at) && !text.is(*at, PRONOUN | STATE | NEGATION)).count();
        let plain = near.clone().any(|at| {
            talk.is(at, SYMPTOM | ERRAND)
                || text.is(at, SELF | SPECIALTY | ORG_HEAD | ILLNESS)
                || text.one_of(at, &words!["better", "well", "home", "here", "away", "abroad"])
        });
        (content > 2 && !plain).then_some(odd)
    }
}
