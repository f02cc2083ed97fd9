//! What was told in confidence, about somebody else or by somebody else; safeguarding; texts of another patient.
//! A rule looks at one sentence, and marks the whole of it.

use std::ops::Range;

use crate::{
    span::{Found, Kind},
    text::Text,
    word::*,
};

pub(crate) struct Disclosures<'t> {
    pub(crate) text: &'t Text,
    /// Tokens that belong to a third party's name.
    pub(crate) named: &'t [bool],
    pub(crate) found: Vec<Found>,
    /// A clinician has to decide.
    pub(crate) review: bool,
}

impl Disclosures<'_> {
    pub(crate) fn look(&mut self) {
        let text = self.text;
        let mut told = false;
        let mut before: Option<Range<usize>> = None;
        for sentence in &text.sentences {
            let all = sentence.clone().fold(0, |all, at| all | text.tokens[at].is);
            let rule = self.rule(sentence, all, told);
            // `Daughter phoned. Does not want him told.`: what was told is part of it.
            if let (Some("disclosure.confidence"), Some(last)) = (rule, &before)
                && !self.someone(sentence)
            {
                self.add(last.clone(), "disclosure.confidence");
            }
            told = false;
            before = None;
            match rule {
                Some(rule) => {
                    told = matches!(
                        rule,
                        "disclosure.informant" | "disclosure.confidence" | "disclosure.continued"
                    );
                    let from = if rule == "disclosure.about-other" {
                        self.about(sentence, all).unwrap_or(sentence.start)
                    } else {
                        sentence.start
                    };
                    let to = if rule == "disclosure.about-other" {
                        self.tail(from, sentence.end)
                    } else {
                        sentence.end
                    };
                    self.add(from..to, rule);
                }
                None if self.someone(sentence) && all & SPEECH != 0 => before = Some(sentence.clone()),
                None => {}
            }
        }
    }

    fn add(&mut self, tokens: Range<usize>, rule: &'static str) {
        let at = self.text.tokens[tokens.start].at.start..self.text.tokens[tokens.end - 1].at.end;
        self.review = true;
        self.found.push(Found { at, kind: Kind::Disclosure, rule, relative: false });
    }

    fn rule(&self, sentence: &Range<usize>, all: Classes, told: bool) -> Option<&'static str> {
        let someone = self.someone(sentence);
        let text = self.text;
        let anon = all & ANON != 0 && all & (SPEECH | CONDUCT | CONFIDENCE) != 0;
        if self.unless_denied(sentence, CONFIDENCE)
            && (someone || anon || all & ANON != 0 || (all & SPEECH != 0 && told))
        {
            return Some("disclosure.confidence");
        }
        if self.unless_denied(sentence, SAFEGUARDING)
            || (someone && self.unless_denied(sentence, SAFE_KIN | HARM))
        {
            return Some("disclosure.safeguarding");
        }
        if (someone || anon) && self.informs(sentence) {
            return Some("disclosure.informant");
        }
        if self.about(sentence, all).is_some() {
            return Some("disclosure.about-other");
        }
        let first = sentence.clone().find(|at| text.is_word(*at))?;
        let goes_on = text.is(first, SPEECH | PRONOUN) && (all & CONDUCT != 0 || all & CONFIDENCE != 0);
        (told && goes_on).then_some("disclosure.continued")
    }

    /// Anybody but the patient.
    fn someone(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().any(|at| (self.text.is(at, PERSON) && self.text.is_word(at)) || self.named[at])
    }

    fn denied(&self, sentence: &Range<usize>, at: usize) -> bool {
        let before = at.saturating_sub(4).max(sentence.start)..at;
        let after = at + 1..(at + 7).min(sentence.end);
        let no = |at: usize| {
            matches!(self.text.word(at), "no" | "nil" | "denies" | "denied" | "none" | "neg" | "without")
        };
        before.clone().rev().take_while(|at| self.text.sign(*at).is_none()).any(no)
            || after.clone().any(|at| {
                matches!(self.text.word(at), "nil" | "none" | "training" | "neg" | "denies" | "denied")
                    || (self.text.word(at) == "no" && self.text.word(at + 1).starts_with("concern"))
            })
    }

    fn unless_denied(&self, sentence: &Range<usize>, class: Classes) -> bool {
        sentence
            .clone()
            .any(|at| self.text.is(at, class) && (class == CONFIDENCE || !self.denied(sentence, at)))
    }

    /// Somebody else says what the patient does.
    fn informs(&self, sentence: &Range<usize>) -> bool {
        let text = self.text;
        let well = sentence.clone().any(|at| {
            matches!(
                text.word(at),
                "milk"
                    | "fluids"
                    | "water"
                    | "feeds"
                    | "feed"
                    | "nappies"
                    | "wet"
                    | "juice"
                    | "bottle"
                    | "formula"
            )
        });
        let speaks = sentence.clone().find(|at| text.is(*at, SPEECH));
        let who = sentence.clone().find(|at| text.is(*at, PERSON | ANON) || self.named[*at]);
        let (Some(speaks), Some(who)) = (speaks, who) else { return false };
        let told = sentence
            .clone()
            .any(|at| at > who.min(speaks) && text.is(at, CONDUCT) && !self.denied(sentence, at));
        // `Pt says her son …` is what the patient says; that is looked at as a fact about the son.
        let patient = (sentence.start..speaks.min(who)).any(|at| matches!(text.word(at), "pt" | "patient"));
        let of_theirs = text.tokens[who].possessive && !text.is(who + 1, PERSON);
        told && !well && !patient && !of_theirs
    }

    /// Somebody else's health, conduct or money: where the part of the sentence begins that tells it.
    fn about(&self, sentence: &Range<usize>, all: Classes) -> Option<usize> {
        if all & (CRIME | STIGMA | ILLNESS | HERITABLE) == 0 {
            return None;
        }
        let text = self.text;
        sentence
            .clone()
            .filter(|at| text.is(*at, PERSON) && text.is_word(*at) && !text.is(*at, GENERIC_CHILD))
            .find_map(|kin| {
                let begin = self.subject(sentence, kin)?;
                self.tells(sentence, kin, all).then_some(begin)
            })
    }

    /// Where a clause begins whose subject stands at a token; none if it is only an object: `here with wife`.
    fn subject(&self, sentence: &Range<usize>, kin: usize) -> Option<usize> {
        let text = self.text;
        let mut at = kin;
        while at > sentence.start {
            let before = at - 1;
            let clause = matches!(text.sign(before), Some(',' | ':' | '-' | '–' | '(' | '.'))
                || matches!(
                    text.word(before),
                    "and"
                        | "since"
                        | "as"
                        | "because"
                        | "that"
                        | "after"
                        | "cos"
                        | "re"
                        | "when"
                        | "but"
                        | "says"
                        | "due"
                        | "whose"
                        | "&"
                );
            let joined = text.is(before, POSSESSIVE | PERSON)
                || matches!(
                    text.word(before),
                    "the" | "late" | "older" | "younger" | "elder" | "pt" | "both" | "new" | "a"
                );
            match (clause, joined) {
                (true, _) => return Some(at),
                (_, true) => at -= 1,
                _ => return None,
            }
        }
        Some(at)
    }

    fn tells(&self, sentence: &Range<usize>, kin: usize, all: Classes) -> bool {
        let text = self.text;
        let blood = text.is(kin, BLOOD);
        let mut at = kin + 1;
        while at < sentence.end
            && (self.named[at]
                || matches!(text.sign(at), Some('(' | ')' | ',' | '-' | '–' | ':'))
                || text.is(at, PERSON) && text.is(kin, PERSON) && at == kin + 1)
        {
            at += 1;
        }
        let history = all & FAMILY_HISTORY != 0 || self.aged(sentence);
        let rest = at..sentence.end.min(at + 12);
        let clause = |class: Classes| rest.clone().any(|at| text.is(at, class) && !self.denied(sentence, at));
        let possessive = text.tokens[kin].possessive;
        let speaks = text.is(at, SPEECH) && !text.is(at, STATE)
            || text.is(at + 1, SPEECH) && text.is(at, WORD | STATE) && !text.is(at, STIGMA | ILLNESS);
        if clause(CRIME) && !speaks {
            return true;
        }
        if speaks && !possessive || self.helps(at) {
            return false;
        }
        let near = at..sentence.end.min(at + 6);
        let fact = |class: Classes| {
            near.clone().any(|at| text.is(at, class) && !text.is(at, SPEECH) && !self.denied(sentence, at))
        };
        let of_patient = near.clone().any(|at| matches!(text.word(at), "pt" | "patient" | "pts"));
        let heritable = fact(HERITABLE);
        let burden = clause(BURDEN);
        let state = text.is(at, STATE | ILLNESS | STIGMA | HERITABLE) || possessive || fact(STIGMA);
        match () {
            () if of_patient && !possessive => false,
            () if blood && history => false,
            () if blood && heritable => burden,
            () if blood => state && (fact(STIGMA) || (fact(ILLNESS) && (burden || text.is(at, STATE)))),
            () => state && (fact(STIGMA | ILLNESS) || heritable) && !(history && all & FAMILY_HISTORY != 0),
        }
    }

    /// What follows a comma and neither speaks of a person nor of an illness is about the patient again.
    fn tail(&self, from: usize, end: usize) -> usize {
        let text = self.text;
        let Some(comma) = (from..end).rev().find(|at| matches!(text.sign(*at), Some(',' | '-' | '–')))
        else {
            return end;
        };
        let facts = PERSON | CRIME | STIGMA | ILLNESS | HERITABLE | STATE;
        let of_other = (comma + 1..end).any(|at| {
            text.is(at, facts)
                || self.named[at]
                || matches!(text.word(at), "he" | "she" | "they" | "has" | "who")
        });
        if of_other || comma < from + 2 { end } else { comma }
    }

    /// The relative does something for the patient: `wife drives him to dialysis`.
    fn helps(&self, at: usize) -> bool {
        self.text.is(at, HUMAN) && !self.text.is(at, STATE | ILLNESS | STIGMA)
    }

    /// An age beside the illness, as family histories have: `MI 58`, `at 50`, `aged 44`, `50s`.
    fn aged(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().any(|at| {
            let word = self.text.word(at);
            let digits = word.strip_suffix('s').unwrap_or(word);
            let before = at.checked_sub(1).map_or("", |at| self.text.word(at));
            let weeks = matches!(self.text.sign(at + 1), Some('/'))
                || (at > 0 && self.text.sign(at - 1) == Some('/'));
            digits.len() == 2
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !weeks
                && (matches!(
                    before,
                    "at" | "aged" | "age" | "@" | "in" | "early" | "late" | "mid" | "his" | "her"
                ) || at > 0 && self.text.is(at - 1, HERITABLE | ILLNESS | STIGMA | BLOOD | AND | MONTH))
        })
    }
}
