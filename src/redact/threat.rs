//! Harm that somebody means to do, somebody who rules over the patient, and orders to keep a paper from the patient.

use std::ops::Range;

use crate::{disclosure::Disclosures, talk::*, word::*, words::words};

impl Disclosures<'_> {
    /// `has emptied her account`, `listens in on all her calls`: somebody else, a deed, and what is the patient's.
    pub(crate) fn ruled_over(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        if !talk.has(CONTROL) || !talk.has(BELONGING) {
            return false;
        }
        let text = self.text;
        let theirs = |at: usize| {
            text.one_of(at, &words!["her", "his", "their", "pts", "patients"])
                || text.tokens[at].possessive && (self.own(at) || text.one_of(at, &words!["pt", "patient"]))
        };
        let who = |at: usize| {
            text.is(at, PERSON) && text.is_word(at)
                || self.named[at]
                || talk.is(at, WHO) && !text.is(at, HUMAN)
        };
        sentence.clone().filter(|at| who(*at)).any(|who| {
            (who + 1..sentence.end.min(who + 6))
                .filter(|at| talk.means(*at, CONTROL) && !self.denied(sentence, *at))
                .any(|deed| {
                    (deed + 1..sentence.end.min(deed + 5)).filter(|at| theirs(*at)).any(|whose| {
                        (whose + 1..sentence.end.min(whose + 4)).any(|at| talk.is(at, BELONGING))
                    })
                })
        })
    }

    /// `making him sign cheques`, `won't let her see friends`: somebody else decides what the patient does.
    pub(crate) fn coerced(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        let text = self.text;
        let them = |at: usize| {
            text.one_of(at, &words!["her", "him", "them", "pt", "patient", "us", "anyone"]) || self.own(at)
        };
        let harmless = |at: usize| {
            talk.is(at, SYMPTOM | ERRAND)
                || text.is(at, ILLNESS)
                || text.one_of(
                    at,
                    &words![
                        "feel",
                        "feels",
                        "laugh",
                        "cough",
                        "happy",
                        "comfortable",
                        "an",
                        "a",
                        "more",
                        "very",
                        "worse"
                    ],
                )
        };
        sentence.clone().filter(|at| self.ruler(*at, talk)).any(|who| {
            (who + 1..sentence.end.min(who + 10)).any(|at| {
                let makes = text.one_of(
                    at,
                    &words![
                        "makes",
                        "making",
                        "made",
                        "forces",
                        "forcing",
                        "forced",
                        "pressures",
                        "pressuring"
                    ],
                );
                let lets = text.one_of(at, &words!["let", "letting", "lets", "allow", "allows", "allowing"])
                    && text.one_of(at - 1, &words!["wont", "not", "doesnt", "never", "didnt", "refuses"]);
                let stops =
                    text.one_of(at, &words!["stops", "stopping", "prevents", "preventing", "forbids"]);
                (makes || lets || stops)
                    && them(at + 1)
                    && text.is_word(at + 2)
                    && !harmless(at + 2)
                    && (lets || !harmless(at + 3))
            })
        })
    }

    /// `he put his hands round her throat` of a woman: the other pronoun, and a deed done to the patient.
    pub(crate) fn attacked(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        let text = self.text;
        let (he, her) = match self.male {
            Some(true) => ("she", "him"),
            Some(false) => ("he", "her"),
            None => return false,
        };
        sentence.clone().filter(|at| text.word(*at) == he).any(|who| {
            let near = || who + 1..sentence.end.min(who + 8);
            let deed = |at: usize| {
                talk.means(at, DEED | VIOLENCE) || text.is(at, CONDUCT) || stem(text.word(at)) & CONDUCT != 0
            };
            near()
                .any(|at| text.word(at) == her || text.one_of(at, &words!["me", "baby", "kids", "children"]))
                && near().any(|at| deed(at) && !self.denied(sentence, at))
        })
    }

    /// Somebody else who may do so: by relation, by name, or by the other pronoun.
    fn ruler(&self, at: usize, talk: &Talk) -> bool {
        let text = self.text;
        let other = match self.male {
            Some(true) => "she",
            Some(false) => "he",
            None => "",
        };
        text.is(at, PERSON) && text.is_word(at)
            || self.named[at]
            || talk.is(at, WHO) && !text.is(at, HUMAN)
            || !other.is_empty() && text.word(at) == other
    }

    /// `Hide from app`: an order about what the patient reads.
    pub(crate) fn hidden_from_view(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        if !talk.has(HIDE) || !talk.has(VIEW) {
            return false;
        }
        let text = self.text;
        let order = |at: usize| {
            at == sentence.start
                || text.one_of(at - 1, &words!["please", "pls", "to", "be", "plz", "must", "should", "and"])
        };
        sentence.clone().filter(|at| talk.is(*at, HIDE) && order(*at)).any(|at| {
            let near = || at + 1..sentence.end.min(at + 8);
            let from = near().any(|at| text.one_of(at, &words!["from", "off", "not", "for", "out"]));
            from && near().any(|at| talk.is(at, VIEW))
        })
    }

    /// `will put a brick through his supervisor's head`, `thoughts of stabbing her`.
    pub(crate) fn means_harm(&self, sentence: &Range<usize>, talk: &Talk) -> Option<usize> {
        if !talk.has(INTENDS) || !talk.has(VIOLENCE) {
            return None;
        }
        let text = self.text;
        let whom = |at: usize| {
            text.is(at, PERSON) && text.is_word(at)
                || self.named[at]
                || text.one_of(
                    at,
                    &words!["him", "them", "someone", "somebody", "people", "staff", "everyone", "anyone"],
                )
                || text.one_of(at, &words!["her"]) && !text.is_word(at + 1)
        };
        sentence.clone().filter(|at| talk.is(*at, INTENDS)).find(|means| {
            let means = *means;
            (means + 1..sentence.end.min(means + 7))
                .filter(|at| talk.means(*at, VIOLENCE) && !self.denied(sentence, *at))
                .any(|deed| {
                    let near = means + 1..sentence.end.min(deed + 6);
                    !near.clone().any(|at| text.one_of(at, &words!["himself", "herself", "self"]))
                        && near.clone().any(whom)
                })
        })
    }

    /// `must not have sight of this report`, `not for disclosure to parents`.
    pub(crate) fn kept_from_sight(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        if !talk.has(SIGHT) {
            return false;
        }
        let text = self.text;
        let orders = &words!["dont", "mustnt", "shouldnt", "never", "no", "non", "not"];
        let order = |at: usize| match text.word(at) {
            "dont" | "mustnt" | "shouldnt" | "never" => true,
            "no" | "non" => text.word(at + 1).starts_with("disclos"),
            "not" => {
                text.one_of(at + 1, &words!["for", "be"])
                    || text.one_of(at + 1, &words!["to"])
                    || at > sentence.start
                        && text
                            .one_of(at - 1, &words!["do", "must", "should", "please", "pls", "may", "shall"])
            }
            _ => false,
        };
        sentence.clone().filter(|at| text.one_of(*at, orders) && order(*at)).any(|no| {
            (no + 1..sentence.end.min(no + 6)).filter(|at| talk.means(*at, SIGHT)).any(|sees| {
                let near = no.saturating_sub(4).max(sentence.start)..sentence.end.min(sees + 7);
                let whom = near.clone().any(|at| {
                    text.one_of(
                        at,
                        &words![
                            "pt", "pts", "patient", "online", "app", "portal", "parents", "family", "him",
                            "her"
                        ],
                    ) || self.own(at)
                });
                whom && (near.clone().any(|at| talk.is(at, PAPER)) || text.word(sees).starts_with("disclos"))
            })
        })
    }
}
