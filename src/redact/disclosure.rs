//! What was told in confidence, about somebody else or by somebody else; safeguarding; texts of another patient.
//! A rule looks at one sentence, and marks the whole of it.

use std::ops::Range;

use crate::{
    keep::Keep,
    secrecy::Secrecy,
    span::{Found, Kind},
    talk::*,
    text::Text,
    told::Telling,
    word::*,
    words::words,
};

/// After one of these, a sentence without a person may still be what that person told.
const TOLD: [&str; 3] = ["disclosure.informant", "disclosure.confidence", "disclosure.continued"];

pub(crate) struct Disclosures<'t> {
    pub(crate) text: &'t Text,
    pub(crate) kept: &'t [Keep],
    /// Tokens that belong to a third party's name.
    pub(crate) named: &'t [bool],
    /// Whether the patient is a man, where the record says.
    pub(crate) male: Option<bool>,
    pub(crate) found: Vec<Found>,
    /// A clinician has to decide.
    pub(crate) review: bool,
}

impl Disclosures<'_> {
    pub(crate) fn look(&mut self) {
        let text = self.text;
        let mut told = false;
        let mut before: Option<Range<usize>> = None;
        // `Wife t/c.`: somebody was in touch, and what was told follows.
        let mut contact = false;
        for sentence in &text.sentences {
            let all = sentence.clone().fold(0, |all, at| all | text.tokens[at].is);
            let someone = self.someone(sentence);
            // Most sentences name nobody, relay nothing and keep nothing from anybody.
            let cues = ANON | CONFIDENCE | SAFEGUARDING | HARM | WITHHOLD | KEPT_FROM | SPEECH;
            let screen =
                || sentence.clone().any(|at| text.one_of(at, &words!["app", "portal", "online", "visible"]));
            if all & cues == 0 && !someone && !told && before.is_none() && !screen() {
                continue;
            }
            let talk = Talk::of(text, sentence);
            let telling = self.relayed(sentence, &talk);
            let rule = self.rule(sentence, all, someone, told || before.is_some(), &talk, telling);
            let rule = rule.or_else(|| {
                let follows = contact && self.follows_contact(sentence, &talk);
                follows.then(|| ("disclosure.informant", sentence.clone()))
            });
            // `Daughter phoned. Does not want him told.`: what was told is part of it.
            let continues =
                contact || !someone || telling == Telling::Nothing && self.begins_telling(sentence, &talk);
            let same = |rule| {
                rule == "disclosure.confidence" && !someone
                    || contact
                        && matches!(
                            rule,
                            "disclosure.informant" | "disclosure.safeguarding" | "disclosure.about-other"
                        )
            };
            if let (Some((rule, _)), Some(last)) = (&rule, &before)
                && same(*rule)
                && continues
            {
                self.add(last.clone(), rule);
            }
            contact = rule.is_none() && telling == Telling::Contact;
            told = false;
            before = None;
            match rule {
                Some(_) if self.names_only_services(sentence, all, &talk) => self.review = true,
                Some((rule, part)) => {
                    told = TOLD.contains(&rule);
                    self.add(part, rule);
                }
                None if contact || (someone || all & ROLE != 0) && all & SPEECH != 0 => {
                    before = Some(sentence.clone());
                }
                None => {}
            }
            self.review |= self.held_back(sentence, all, &talk);
        }
    }

    fn add(&mut self, tokens: Range<usize>, rule: &'static str) {
        let at = self.text.tokens[tokens.start].at.start..self.text.tokens[tokens.end - 1].at.end;
        self.review = true;
        self.found.push(Found { at, kind: Kind::Disclosure, rule, relative: false });
    }

    /// `MASH ref made`, `S47 tomorrow`: what services do is a clinician's to look at, and tells nothing of anybody.
    fn names_only_services(&self, sentence: &Range<usize>, all: Classes, talk: &Talk) -> bool {
        let text = self.text;
        let other = PERSON | PRONOUN | CONDUCT | CRIME | STIGMA | SAFE_KIN | HARM | SAFEGUARDING;
        all & (SAFEGUARDING | ANON | CONFIDENCE | WITHHOLD | KEPT_FROM) == SAFEGUARDING
            && talk.has(SERVICE)
            && sentence.clone().filter(|at| !talk.is(*at, SERVICE)).all(|at| {
                !self.named[at]
                    && !talk.is(at, WHO | BODY | DEED | VIOLENCE | ALLEGE | CONCERN)
                    && !(text.is_word(at) && (text.is(at, other) || stem(text.word(at)) != 0))
            })
    }

    fn secrecy(&self) -> Secrecy<'_> {
        Secrecy { text: self.text, kept: self.kept }
    }

    /// The rule that a sentence falls under, and the part of it that must not go out.
    fn rule(
        &self,
        sentence: &Range<usize>,
        all: Classes,
        someone: bool,
        told: bool,
        talk: &Talk,
        telling: Telling,
    ) -> Option<(&'static str, Range<usize>)> {
        let text = self.text;
        let anon = all & ANON != 0 && all & (SPEECH | CONDUCT | CONFIDENCE) != 0;
        let about = || if someone { self.about(sentence, all, talk) } else { None };
        // `will stab flatmate` is what the patient means to do.
        let meant =
            self.means_harm(sentence, talk).is_some_and(|means| !self.someone(&(sentence.start..means)));
        let informs = !meant && (someone || anon) && self.informs(sentence, talk)
            || telling == Telling::Disclosure
                && !(all & KEPT_FROM != 0 && self.secrecy().untold_illness(sentence));
        let whole = |rule| Some((rule, sentence.clone()));
        // What is told here is the order to hold something back, not a third party's doing.
        let order = || {
            (all & WITHHOLD != 0 || all & KEPT_FROM != 0 && self.secrecy().untold_illness(sentence))
                && !informs
                && !self.has_source(sentence)
        };
        let secret =
            all & CONFIDENCE != 0 || all & KEPT_FROM != 0 && self.secrecy().kept_from_anybody(sentence);
        // `Teacher rang w/o pt knowledge`: a professional, too, can tell in confidence.
        let relays = || sentence.clone().any(|at| talk.is(at, SAY | RAISE | CHANNEL | NOTE));
        let behind = || all & CONFIDENCE != 0 && all & ROLE != 0 && relays();
        let nameless = || {
            all & ANON != 0
                && (all & (SPEECH | CONDUCT) != 0 || sentence.clone().any(|at| talk.is(at, NOTE | WHO)))
        };
        let kept_quiet = told && !someone && self.secrecy().kept_quiet(sentence);
        let own = || all & CONFIDENCE == 0 && !told && self.secrecy().own_secret(sentence);
        let paper =
            || !told && !informs && self.kept_from_sight(sentence, talk) && !self.has_source(sentence);
        if (secret && (someone || behind() || nameless() || told) || kept_quiet)
            && !order()
            && !own()
            && !paper()
        {
            return whole("disclosure.confidence");
        }
        let threat = || self.before_kin_does(sentence, HARM);
        if self.unless_denied(sentence, SAFEGUARDING) && !meant
            || (someone && !meant && self.unless_denied(sentence, SAFE_KIN))
            || (someone && !meant && threat())
            || self.ruled_over(sentence, talk)
            || self.coerced(sentence, talk)
            || self.attacked(sentence, talk)
        {
            return whole("disclosure.safeguarding");
        }
        if informs {
            return whole("disclosure.informant");
        }
        if let Some(part) = about() {
            let part = if all & ANON != 0 { sentence.clone() } else { part };
            return Some(("disclosure.about-other", part));
        }
        let first = sentence.clone().find(|at| text.is_word(*at))?;
        let goes_on = text.is(first, SPEECH | PRONOUN) && (all & CONDUCT != 0 || all & CONFIDENCE != 0);
        // `Mum has seen scratches.` after what mum said.
        let adds = told
            && (text.is(first, KIN) && self.adds(first, sentence, talk)
                || text.is(first, PRONOUN) && self.follows_contact(sentence, talk));
        if adds || told && goes_on { whole("disclosure.continued") } else { None }
    }

    /// `information from father`, `son asked`.
    fn has_source(&self, sentence: &Range<usize>) -> bool {
        let says = |at: usize| self.text.is(at, SPEECH) && !self.text.one_of(at, &words!["seen", "saw"]);
        sentence.clone().any(|at| {
            (self.text.is(at, PERSON) && self.text.is_word(at) || self.named[at])
                && (says(at + 1)
                    || (at.saturating_sub(2).max(sentence.start)..at)
                        .any(|at| says(at) && !self.text.one_of(at, &words!["per"])))
        })
    }

    /// Nobody else need be in it: harm, or words that say that the patient must not see it.
    fn held_back(&self, sentence: &Range<usize>, all: Classes, talk: &Talk) -> bool {
        let secrecy = self.secrecy();
        all & WITHHOLD != 0
            || self.kept_from_sight(sentence, talk)
            || self.hidden_from_view(sentence, talk)
            || self.means_harm(sentence, talk).is_some()
            || all & HARM != 0 && self.unless_denied(sentence, HARM)
            || all & KEPT_FROM != 0
                && (secrecy.kept_from_patient(sentence)
                    || secrecy.hides(sentence)
                    || all & ROLE != 0 && all & SPEECH != 0 && secrecy.kept_from_anybody(sentence))
    }

    /// Whether somebody else stands before a word of a class.
    fn before_kin_does(&self, sentence: &Range<usize>, class: Classes) -> bool {
        let who = sentence
            .clone()
            .find(|at| self.text.is(*at, PERSON) && self.text.is_word(*at) || self.named[*at]);
        let does = sentence.clone().find(|at| self.text.is(*at, class) && !self.denied(sentence, *at));
        matches!((who, does), (Some(who), Some(does)) if who < does)
    }

    pub(crate) fn own(&self, at: usize) -> bool {
        self.text.is_word(at) && self.kept.get(at) == Some(&Keep::Own)
    }

    /// Anybody but the patient.
    fn someone(&self, sentence: &Range<usize>) -> bool {
        sentence.clone().any(|at| (self.text.is(at, PERSON) && self.text.is_word(at)) || self.named[at])
    }

    pub(crate) fn denied(&self, sentence: &Range<usize>, at: usize) -> bool {
        let before = at.saturating_sub(4).max(sentence.start)..at;
        let after = at + 1..(at + 7).min(sentence.end);
        let no = |at: usize| {
            self.text.one_of(at, &words!["no", "nil", "denies", "denied", "none", "neg", "without"])
        };
        before.clone().rev().take_while(|at| self.text.sign(*at).is_none()).any(no)
            || after.clone().any(|at| {
                self.text.one_of(at, &words!["nil", "none", "training", "neg", "denies", "denied", "minimal"])
                    || self.text.one_of(at, &words!["low"]) && !self.text.is_word(at + 1)
                    || self.text.one_of(at, &words!["all"]) && self.text.one_of(at + 1, &words!["well"])
                    || (self.text.one_of(at, &words!["no"]) && self.text.word(at + 1).starts_with("concern"))
            })
    }

    fn unless_denied(&self, sentence: &Range<usize>, class: Classes) -> bool {
        sentence.clone().any(|at| self.text.is(at, class) && !self.denied(sentence, at))
    }

    /// `States will hit ex if he sees her`: a verb without a subject begins what the patient says.
    fn speaks_unnamed(&self, sentence: &Range<usize>, speaks: usize) -> bool {
        speaks == sentence.start
            && self.text.one_of(speaks, &words!["states", "stated", "says", "said", "admits", "admitted"])
            && !self.text.one_of(speaks + 1, &words!["from", "by", "to", "of", "per"])
            && !self.text.is(speaks + 1, PERSON)
            && !self.named[speaks + 1..sentence.end].first().copied().unwrap_or(false)
    }

    /// Eating and drinking as a parent reports it: `drinking ok`, `eating and drinking`.
    pub(crate) fn intake(&self, at: usize) -> bool {
        let text = self.text;
        text.one_of(at, &words!["drinking", "drinks", "drank"])
            && (text.one_of(
                at + 1,
                &words![
                    "ok",
                    "okay",
                    "well",
                    "fine",
                    "normally",
                    "less",
                    "poorly",
                    "plenty",
                    "little",
                    "sips",
                    "adequately",
                    "reasonably",
                    "some",
                    "small",
                    "and"
                ],
            ) || at > 0 && text.one_of(at - 1, &words!["and", "&", "eating", "not"]))
    }

    /// Somebody else says what the patient does.
    fn informs(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        let text = self.text;
        let well = || {
            sentence.clone().any(|at| {
                text.one_of(
                    at,
                    &words![
                        "milk", "fluids", "water", "feeds", "feed", "nappies", "wet", "juice", "bottle",
                        "formula"
                    ],
                )
            })
        };
        let speaks = sentence.clone().find(|at| text.is(*at, SPEECH));
        let who = sentence.clone().find(|at| text.is(*at, PERSON | ANON) || self.named[*at]);
        let (Some(speaks), Some(who)) = (speaks, who) else { return false };
        let does = |at: usize| {
            text.is(at, CONDUCT) && !talk.is(at, HARMLESS) && !self.denied(sentence, at) && !self.intake(at)
        };
        let told = sentence.clone().any(|at| at > who && does(at));
        // `Pt says her son …` is what the patient says; that is looked at as a fact about the son.
        let patient = (sentence.start..speaks.min(who)).any(|at| text.one_of(at, &words!["pt", "patient"]))
            || speaks < who && self.speaks_unnamed(sentence, speaks);
        let of_theirs = text.tokens[who].possessive && !text.is(who + 1, PERSON);
        told && !patient && !of_theirs && !well()
    }
}
