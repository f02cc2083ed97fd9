//! Who must not know: `does not want her to know`, `pt not to be told`, `Dad unaware`. A negation, then a word of
//! telling or knowing, and near them the one who is kept from it.

use std::ops::Range;

use crate::{keep::Keep, text::Text, word::*, words::words};

/// How far a negation reaches, in tokens.
const REACH: usize = 6;

pub(crate) struct Secrecy<'t> {
    pub(crate) text: &'t Text,
    pub(crate) kept: &'t [Keep],
}

impl Secrecy<'_> {
    /// Whether a sentence says that somebody must not be told, or does not know.
    pub(crate) fn kept_from_anybody(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().any(|at| {
            self.if_known(at, sentence)
                || self.negates(at)
                    && self
                        .reach(at, sentence)
                        .any(|verb| self.tells(at, verb) || self.knows(at, verb, sentence))
        })
    }

    /// Whether a sentence says so of the patient by name or as `pt`: nobody else need be in it.
    pub(crate) fn kept_from_patient(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().filter(|at| self.negates(*at)).any(|at| {
            let before = at.saturating_sub(5).max(sentence.start)..at;
            let near = |range: Range<usize>| range.into_iter().any(|at| self.patient(at));
            self.reach(at, sentence).any(|verb| {
                let after = verb + 1..(verb + 4).min(sentence.end);
                let news = (verb + 1..(verb + 6).min(sentence.end)).any(|at| self.news(at));
                let told = self.text.one_of(verb, &words!["told", "informed"]);
                match () {
                    () if told
                        && self.illness_after(verb, sentence)
                        && before.clone().any(|at| self.one_of_us(at)) =>
                    {
                        true
                    }
                    () if told => {
                        near(before.clone()) && (news || self.last(verb, sentence)) || near(after.clone())
                    }
                    () if self.tells(at, verb) => near(after.clone()) || near(before.clone()),
                    () => {
                        self.knows(at, verb, sentence)
                            && near(before.clone())
                            && (news
                                || self.last(verb, sentence) && !self.text.one_of(verb, &words!["unaware"]))
                    }
                }
            })
        })
    }

    /// `Not discussed with pt.` after what somebody told.
    pub(crate) fn kept_quiet(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().filter(|at| self.text.is(*at, KEPT_FROM)).any(|at| {
            let told = |at: usize| {
                self.text.one_of(
                    at,
                    &words![
                        "discussed",
                        "mentioned",
                        "raised",
                        "told",
                        "informed",
                        "aware",
                        "unaware",
                        "shared",
                        "know",
                        "want",
                        "wish",
                        "present",
                        "consent",
                        "consented",
                        "challenged",
                        "confronted",
                        "asked"
                    ],
                )
            };
            let near = at.saturating_sub(3).max(sentence.start)..sentence.end.min(at + 8);
            near.clone().any(told)
                && near.clone().any(|at| {
                    self.patient(at)
                        || self.text.is_initial(at)
                        || self.text.one_of(at, &words!["him", "her", "he", "she"])
                })
        })
    }

    /// `does not want parents informed`: what the patient keeps from others is the patient's own.
    pub(crate) fn own_secret(&self, sentence: &Range<usize>) -> bool {
        let text = self.text;
        let speaks = |at: usize| text.is(at, PERSON | ROLE) && text.is_word(at);
        sentence.clone().filter(|at| self.negates(*at)).all(|at| {
            let after = || at..sentence.end.min(at + 7);
            let other =
                after().any(|at| text.is(at, PERSON) && text.is_word(at) && !text.tokens[at].possessive);
            let him = after().any(|at| {
                self.patient(at) || text.one_of(at, &words!["he", "him", "she", "her", "who", "we"])
            });
            other && !him && !(sentence.start..at).any(speaks)
        })
    }

    /// `pt unaware of diagnosis`: what is kept back is the patient's own illness, whoever asked for it.
    pub(crate) fn untold_illness(&self, sentence: &Range<usize>) -> bool {
        self.kept_from_patient(sentence) && sentence.clone().any(|at| self.illness(at))
    }

    /// `would be livid if he found out`.
    fn if_known(&self, at: usize, sentence: &Range<usize>) -> bool {
        self.text.one_of(at, &words!["if"])
            && (at + 1..sentence.end.min(at + 3)).any(|at| self.one_of_us(at))
            && (at + 2..sentence.end.min(at + 5)).any(|at| {
                self.text
                    .one_of(at, &words!["knew", "knows", "found", "finds", "hears", "heard", "discovers"])
                    && (!self.text.one_of(at, &words!["found", "finds"])
                        || self.text.one_of(at + 1, &words!["out"]))
            })
    }

    fn negates(&self, at: usize) -> bool {
        self.text.is(at, KEPT_FROM)
            && !self.text.one_of(at, &words!["if"])
            && (!self.text.one_of(at, &words!["no"]) || self.text.one_of(at + 1, &words!["one", "idea"]))
    }

    /// `do not make visible on NHS App`.
    pub(crate) fn hides(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().any(|at| {
            let order = self.text.one_of(at, &words!["not", "dont"])
                && at > sentence.start
                && self.text.one_of(at - 1, &words!["do", "must", "should", "please", "pls", "to"])
                || self.text.one_of(at, &words!["dont"]);
            order && self.reach(at, sentence).any(|at| self.text.one_of(at, &words!["visible", "viewable"]))
        })
    }

    /// The tokens that a negation reaches, itself among them (`unaware`).
    fn reach(&self, at: usize, sentence: &Range<usize>) -> impl Iterator<Item = usize> {
        let text = self.text;
        (at..(at + 1 + REACH).min(sentence.end))
            .take_while(move |at| !matches!(text.sign(*at), Some(',' | ':' | '-' | '–' | '.')))
    }

    /// `not to tell`, `do not mention`, `not be told`, `not let on`.
    fn tells(&self, no: usize, verb: usize) -> bool {
        let telling = match self.text.word(verb) {
            "tell" | "telling" | "mention" | "mentioning" | "mentioned" | "disclose" | "disclosed"
            | "reveal" | "revealed" | "divulge" | "divulged" | "repeat" | "repeated" | "quote" | "quoted"
            | "relay" | "attribute" | "attributed" | "inform" | "named" | "identified" | "leaked" => true,
            "shown" | "given" | "copied" => {
                let passive = no > 0 && self.text.one_of(no - 1, &words!["is", "be"])
                    || self.text.one_of(no + 1, &words!["be"]);
                passive && (no.saturating_sub(4)..verb).any(|at| self.one_of_us(at))
            }
            "say" | "discuss" | "share" | "shared" | "raise" | "pass" | "show" | "copy" => (verb + 1
                ..verb + 5)
                .any(|at| self.one_of_us(at) || self.text.one_of(at, &words!["i", "me", "us", "where"])),
            "see" | "read" | "view" | "hear" => {
                (no..verb).any(|at| {
                    self.text.one_of(
                        at,
                        &words!["want", "wants", "wanted", "wish", "wishes", "like", "let", "allow", "must"],
                    )
                }) && (no..verb).any(|at| self.one_of_us(at))
            }
            "raised" | "discussed" | "brought" | "passed" => {
                no > 0 && self.text.one_of(no - 1, &words!["is", "be", "are", "it"]) && verb == no + 1
            }
            "told" | "informed" => (no..verb)
                .any(|at| self.text.one_of(at, &words!["be", "being", "yet", "want", "wants", "wanted"])),
            "let" => (verb + 1..verb + 4).any(|at| self.text.one_of(at, &words!["on", "know", "slip"])),
            _ => false,
        };
        // `not mentioned in letter`: said of the past, it hides nothing.
        let past = self.text.word(verb).ends_with("ed")
            && !(no > 0 && self.text.one_of(no - 1, &words!["is", "be", "are"]))
            && !(no..verb).any(|at| self.text.one_of(at, &words!["be", "being", "want", "wants", "as"]));
        telling && !past && verb - no <= 5 && !self.text.one_of(verb + 1, &words!["apart", "difference"])
    }

    /// `does not know`, `want him to find out`, `pt unaware`; not `does not know what day it is`.
    fn knows(&self, no: usize, verb: usize, sentence: &Range<usize>) -> bool {
        let text = self.text;
        let knowing = text.one_of(
            verb,
            &words![
                "know",
                "knowing",
                "known",
                "aware",
                "unaware",
                "realise",
                "oblivious",
                "unbeknown",
                "discover",
                "hear",
                "learn",
                "involved"
            ],
        ) || text.one_of(verb, &words!["find", "finding", "finds"])
            && text.one_of(verb + 1, &words!["out"])
            || text.one_of(verb, &words!["idea"]);
        let else_known = text.one_of(
            verb + 1,
            &words![
                "what", "where", "when", "which", "how", "why", "if", "whether", "name", "names", "dose",
                "doses", "lmp", "his", "her", "cause", "day", "date", "time"
            ],
        ) || text.one_of(verb + 1, &words!["of"])
            && text.one_of(verb + 2, &words!["any", "his", "her", "date", "time", "risks", "how"]);
        let from = no.saturating_sub(4).max(sentence.start);
        let whom = (from..(verb + 3).min(sentence.end)).any(|at| self.one_of_us(at));
        knowing && !else_known && whom
    }

    /// The patient, or whoever else may be meant to be kept from it.
    fn one_of_us(&self, at: usize) -> bool {
        self.patient(at)
            || self.text.is(at, PERSON)
            || self.text.one_of(
                at,
                &words![
                    "he", "she", "him", "her", "they", "them", "anyone", "anybody", "anything", "who", "we"
                ],
            )
    }

    fn patient(&self, at: usize) -> bool {
        self.text.one_of(at, &words!["pt", "pts", "patient", "ptn"])
            || self.text.is_word(at) && self.kept.get(at) == Some(&Keep::Own)
    }

    fn last(&self, verb: usize, sentence: &Range<usize>) -> bool {
        !(verb + 1..sentence.end).any(|at| self.text.is_word(at))
            || matches!(self.text.sign(verb + 1), Some('-' | '–' | ',' | '.' | ';'))
            || self.text.one_of(verb + 1, &words!["yet", "until", "unless", "that", "about"])
    }

    /// What a patient may not have been told.
    fn news(&self, at: usize) -> bool {
        self.illness(at)
            || self.text.one_of(
                at,
                &words![
                    "this",
                    "letter",
                    "status",
                    "alert",
                    "flag",
                    "entry",
                    "concerns",
                    "concern",
                    "referral",
                    "allegation",
                    "conversation",
                    "call",
                    "contact",
                    "enquiry",
                    "plan"
                ],
            )
    }

    fn illness_after(&self, verb: usize, sentence: &Range<usize>) -> bool {
        (verb + 1..(verb + 5).min(sentence.end)).any(|at| self.illness(at))
    }

    fn illness(&self, at: usize) -> bool {
        self.text.one_of(
            at,
            &words![
                "diagnosis",
                "result",
                "results",
                "prognosis",
                "findings",
                "finding",
                "report",
                "cancer",
                "malignancy",
                "scan",
                "biopsy",
                "tumour"
            ],
        )
    }
}
