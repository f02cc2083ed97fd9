//! Somebody else's health, conduct or money: who is spoken of, whether something is told, and how far it goes.

use std::ops::Range;

use crate::{disclosure::Disclosures, talk::*, text::Kind as Token, word::*, words::words};

impl Disclosures<'_> {
    /// The part of a sentence that tells something of somebody else.
    pub(crate) fn about(&self, sentence: &Range<usize>, all: Classes, talk: &Talk) -> Option<Range<usize>> {
        let text = self.text;
        let maybe = STATE | CRIME | STIGMA | ILLNESS | HERITABLE | CONDUCT;
        let whose = |at: usize| text.tokens[at].possessive && text.is(at, PERSON);
        let hint = |at: usize| talk.is(at, DEED | ODD) || whose(at) || self.medical(at) || self.stem(at) != 0;
        if all & maybe == 0 && !sentence.clone().any(hint) {
            return None;
        }
        let history = all & FAMILY_HISTORY != 0 || self.aged(sentence);
        sentence.clone().filter(|at| self.somebody(*at)).find_map(|who| {
            // `Mother's mother dementia`: who is spoken of follows.
            if text.tokens[who].possessive && text.is(who + 1, PERSON) {
                return None;
            }
            let begin = self.subject(sentence, who);
            let fact = match begin {
                Some(_) => self.told_of(sentence, who, history, all & FAMILY_HISTORY != 0),
                None => self.beside(sentence, who, history),
            }?;
            Some(begin.unwrap_or(sentence.start)..self.tail(who, fact, sentence.end))
                .filter(|_| !text.is(who, GENERIC_CHILD) || text.is(who.wrapping_sub(1), POSSESSIVE | PERSON))
        })
    }

    /// A word for somebody, or the last word of a name.
    fn somebody(&self, at: usize) -> bool {
        self.text.is(at, PERSON) && self.text.is_word(at)
            || self.named[at] && !self.named.get(at + 1).copied().unwrap_or(false)
    }

    /// Where a clause begins whose subject stands at a token; none if it is only an object: `here with wife`.
    fn subject(&self, sentence: &Range<usize>, who: usize) -> Option<usize> {
        let text = self.text;
        let mut at = who;
        while at > sentence.start && who - at < 8 {
            let before = at - 1;
            let joined = text.is(before, POSSESSIVE | PERSON | TITLE)
                || self.named[before]
                || text.one_of(
                    before,
                    &words![
                        "the",
                        "late",
                        "older",
                        "younger",
                        "elder",
                        "eldest",
                        "youngest",
                        "both",
                        "new",
                        "a",
                        "an",
                        "only",
                        "own",
                        "other",
                        "business",
                        "best",
                        "old",
                        "twin",
                        "room",
                        "close",
                        "good",
                        "young",
                        "little",
                        "big",
                        "former",
                        "estranged",
                        "current",
                        "pregnant",
                        "teenage",
                        "adult",
                        "elderly"
                    ],
                );
            if !joined {
                break;
            }
            at = before;
        }
        let Some(before) = at.checked_sub(1).filter(|before| *before >= sentence.start) else {
            return Some(at);
        };
        let clause = matches!(text.sign(before), Some(',' | ':' | '-' | '–' | '(' | '.' | '/'))
            || text.one_of(
                before,
                &words![
                    "and", "since", "as", "because", "that", "after", "cos", "coz", "re", "when", "but",
                    "says", "due", "whose", "&", "while", "though", "although", "if", "now", "also",
                    "whilst", "until"
                ],
            );
        if clause {
            return Some(at);
        }
        // `Told her parents about pregnancy`: the patient's own news.
        if text.one_of(before, &words!["told", "informed", "tell", "telling", "asked"])
            && text.one_of(who + 1, &words!["about", "of", "re", "that", "and", "she", "he"])
        {
            return None;
        }
        // `Second wife has COPD`: what else stands first describes the relative.
        let describes = |at: usize| {
            text.is_word(at)
                && text.is(at, WORD)
                && !text.is(
                    at,
                    SPEECH | HUMAN | STATE | SELF | CLINICAL | WITH | PLACE_PREP | NEGATION | FAMILY_HISTORY,
                )
                && !text.one_of(at, &words!["to", "for", "of", "by", "than", "per", "like", "as"])
        };
        if who - sentence.start < 3 && (sentence.start..at).all(describes) {
            return Some(sentence.start);
        }
        // `Told midwife husband locks her in`: whoever is told stands before.
        let told = text.is(before, SPEECH | ROLE)
            && !text.one_of(before, &words!["phone", "call", "calling", "per", "saw", "heard", "seen"]);
        told.then_some(sentence.start)
    }

    /// Not the subject, but the fact stands right beside: `caring for husband with dementia`, `wife, who has MS`.
    fn beside(&self, sentence: &Range<usize>, who: usize, history: bool) -> Option<usize> {
        let text = self.text;
        let at = self.past_names(sentence, who);
        let cares = (who.saturating_sub(5).max(sentence.start)..who).any(|at| {
            text.one_of(
                at,
                &words![
                    "caring",
                    "cares",
                    "carer",
                    "looking",
                    "looks",
                    "supports",
                    "supporting",
                    "visits",
                    "visiting",
                    "worried",
                    "anxious",
                    "concerned",
                    "stressed",
                    "upset",
                    "about",
                    "married"
                ],
            )
        });
        // `cares for wife, MS`
        if cares && !history && matches!(text.sign(who + 1), Some(',' | '(')) {
            return self.first_fact(at..sentence.end.min(at + 2), sentence, STIGMA | CRIME | ILLNESS);
        }
        // `worried about son's gambling`; what runs in the family may be the patient's own fear.
        if cares && !history && text.tokens[who].possessive {
            let class = STIGMA | CRIME | if text.is(who, BLOOD) { 0 } else { ILLNESS };
            return self.first_fact(at..sentence.end.min(at + 3), sentence, class);
        }
        let relates = text.one_of(at, &words!["who", "whose", "whos"]);
        if history
            || !(relates
                || cares && text.one_of(at, &words!["with", "has", "having", "in", "on", "through", "after"]))
        {
            return None;
        }
        self.first_fact(at + 1..sentence.end.min(at + 7), sentence, STIGMA | CRIME | ILLNESS)
    }

    /// Over the name, brackets and further relatives after a word for somebody.
    fn past_names(&self, sentence: &Range<usize>, who: usize) -> usize {
        let text = self.text;
        let mut at = who + 1;
        while at < sentence.end
            && (self.named[at]
                || text.tokens[at].kind == Token::Mask
                || matches!(text.sign(at), Some('(' | ')' | ',' | '-' | '–' | ':'))
                || text.is(at, PERSON) && (at == who + 1 || text.sign(at - 1) == Some(':')))
        {
            at += 1;
        }
        // `neighbour he cares for`
        let relative =
            text.one_of(at, &words!["he", "she", "pt"]) && text.one_of(at + 2, &words!["for", "with"]);
        if relative && at + 3 < sentence.end { at + 3 } else { at }
    }

    /// What a table says of a word, or of its stem: `miscarriages`, `overdosed`.
    pub(crate) fn is_fact(&self, at: usize, class: Classes) -> bool {
        self.text.is(at, class) || class & self.stem(at) != 0
    }

    pub(crate) fn stem(&self, at: usize) -> Classes {
        let known = self.text.is(at, STIGMA | ILLNESS | HERITABLE | CRIME | CONDUCT | NAME);
        if known || !self.text.is_word(at) { 0 } else { stem(self.text.word(at)) }
    }

    fn first_fact(&self, mut range: Range<usize>, sentence: &Range<usize>, class: Classes) -> Option<usize> {
        range.find(|at| self.is_fact(*at, class) && !self.denied(sentence, *at))
    }

    /// The fact that is told of the subject.
    fn told_of(&self, sentence: &Range<usize>, who: usize, history: bool, family: bool) -> Option<usize> {
        let text = self.text;
        let (blood, possessive) = (text.is(who, BLOOD), text.tokens[who].possessive);
        let at = self.past_names(sentence, who);
        // `was with him when he collapsed` tells of the patient.
        let end = (at..sentence.end.min(at + 12))
            .find(|at| {
                text.one_of(*at, &words!["when", "while", "whilst", "before"]) || self.after_death(*at)
            })
            .unwrap_or(sentence.end);
        let rest = at..end.min(at + 12);
        let speaks = text.is(at, SPEECH) && !text.is(at, STATE)
            || text.is(at + 1, SPEECH) && text.is(at, WORD | STATE) && !text.is(at, STIGMA | ILLNESS);
        if !speaks && let Some(crime) = self.first_fact(rest.clone(), sentence, CRIME) {
            return Some(crime);
        }
        if !speaks && let Some(deed) = self.against_somebody(at, sentence) {
            return Some(deed);
        }
        if possessive
            && !history
            && !(sentence.start..who).any(|at| text.is(at, SPEECH))
            && let Some(part) = self.part_of(who, sentence)
        {
            return Some(part);
        }
        let other = text.is(who, PERSON) && !possessive;
        if other && let Some(deed) = self.does_oddly(at, sentence) {
            return Some(deed);
        }
        if speaks && !possessive {
            return None;
        }
        if self.helps(at) {
            return None;
        }
        let near = at..self.before_patient(at..end.min(at + 7));
        let fact = |class: Classes| {
            near.clone().find(|at| {
                self.is_fact(*at, class)
                    && (!text.is(*at, SPEECH) || text.is(*at, CRIME))
                    && !self.denied(sentence, *at)
            })
        };
        let of_patient = near.clone().any(|at| text.one_of(at, &words!["pt", "patient", "pts"]));
        // `Mum attended, warts`: what follows a visit is the patient's.
        let came = |at: usize| {
            text.one_of(at, &words!["attended", "attends", "attending", "present", "here", "brought"])
        };
        let visit = |fact: &usize| !(at..*fact).any(came);
        let (stigma, illness) = (fact(STIGMA).filter(visit), fact(ILLNESS).filter(visit));
        // What runs in families is told of others only as theirs: `has lupus`, `Wife HTN`.
        let heritable = fact(HERITABLE).filter(|fact| blood || possessive || *fact <= at + 2);
        let burden = self.first_fact(rest, sentence, BURDEN).is_some();
        let state = text.is(at, STATE)
            || self.is_fact(at, ILLNESS | STIGMA | HERITABLE)
            || possessive
            || stigma.is_some();
        // After a bare name the fact must follow at once.
        let named = !text.is(who, PERSON);
        if named && !possessive && !text.is(who + 1, STATE | ILLNESS | STIGMA | HERITABLE) {
            return None;
        }
        let unlisted = || self.unlisted(at, sentence).filter(|_| !text.is(who, BLOOD | CHILD) && !family);
        match () {
            () if of_patient && !possessive => None,
            // `Mother's mother dementia` is a family history.
            () if blood && who > 0 && text.is(who - 1, BLOOD) && !text.is(at, STATE) => None,
            () if blood && history => None,
            () if blood && heritable.is_some() => heritable.filter(|_| burden),
            () if !state => None,
            () if blood => stigma.or(illness.filter(|_| burden || text.is(at, STATE))),
            () if history && family => None,
            () => stigma.or(illness).or(heritable).or_else(unlisted),
        }
    }

    /// `overdosed, pt did CPR`: what follows a comma is told of the patient.
    fn before_patient(&self, near: Range<usize>) -> usize {
        let of_patient = |at: usize| self.text.one_of(at, &words!["pt", "patient", "pts"]) || self.own(at);
        let sign = |at: &usize| matches!(self.text.sign(*at), Some(',' | '-' | '–')) && of_patient(*at + 1);
        near.clone().find(sign).unwrap_or(near.end)
    }

    /// A sign that ends `died Aug`: what follows it is how the patient bears it.
    fn after_death(&self, sign: usize) -> bool {
        matches!(self.text.sign(sign), Some(',' | '-' | '–'))
            && (sign.saturating_sub(3)..sign)
                .any(|at| self.text.one_of(at, &words!["died", "dies", "deceased", "rip", "funeral"]))
    }

    /// `hit toddler`, `has been biting his brother`: a deed, and whom it is done to.
    fn against_somebody(&self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let text = self.text;
        let deed = (at..sentence.end.min(at + 4)).find(|at| {
            text.is(*at, CONDUCT) && !text.is(*at, HUMAN | STATE) && !self.denied(sentence, *at)
        })?;
        let whom = (deed + 1..sentence.end.min(deed + 4)).any(|at| {
            text.is(at, PERSON) && text.is_word(at)
                || self.named[at]
                || text.one_of(at, &words!["him", "them", "me", "staff"])
                || text.one_of(at, &words!["her"]) && !text.is_word(at + 1)
        });
        whom.then_some(deed)
    }

    /// `he`, if it cannot be the relative that is spoken of.
    fn pronoun_of_patient(&self, who: usize) -> Option<&'static str> {
        let woman = self.text.one_of(
            who,
            &words![
                "wife",
                "mother",
                "mum",
                "mam",
                "mom",
                "mummy",
                "sister",
                "daughter",
                "girlfriend",
                "fiancee",
                "gran",
                "nan",
                "grandmother",
                "aunt",
                "auntie",
                "niece",
                "granddaughter",
                "stepmother"
            ],
        );
        let man = self.text.one_of(
            who,
            &words![
                "husband",
                "hubby",
                "father",
                "dad",
                "daddy",
                "brother",
                "son",
                "boyfriend",
                "fiance",
                "grandad",
                "grandfather",
                "uncle",
                "nephew",
                "grandson",
                "stepfather",
                "stepdad"
            ],
        );
        match self.male? {
            true => woman.then_some("he"),
            false => man.then_some("she"),
        }
    }

    /// `bankrupt, panic attacks`: after another's troubles, what ails the patient.
    fn only_symptoms(&self, part: Range<usize>) -> bool {
        let text = self.text;
        let talk = Talk::of(text, &part);
        let other = PERSON | CRIME | CONDUCT | STATE | HUMAN | PRONOUN;
        talk.has(SYMPTOM) && part.clone().all(|at| !text.is(at, other) && !self.named[at])
    }

    /// What follows a comma and speaks of the patient again is not part of it.
    fn tail(&self, who: usize, fact: usize, end: usize) -> usize {
        let text = self.text;
        let pronoun = self.pronoun_of_patient(who);
        let signs = (fact + 1..end).filter(|at| matches!(text.sign(*at), Some(',' | '-' | '–' | ':')));
        for sign in signs {
            if self.is_fact(fact, CRIME) && self.only_symptoms(sign + 1..end) {
                return sign;
            }
            let next = sign
                + 1
                + usize::from(text.one_of(sign + 1, &words!["v", "very", "so", "now", "is", "feels", "and"]));
            let other = (sign + 1..end.min(sign + 4))
                .any(|at| text.is(at, PERSON | CRIME | STIGMA | ILLNESS) || self.named[at]);
            let he = pronoun.is_some_and(|he| he == text.word(next));
            let of_patient = he || text.is(next, SELF | DRUG) || text.is(next + 1, SELF) || self.own(next);
            if of_patient && !other {
                return sign;
            }
        }
        end
    }

    /// The relative does something for the patient: `wife drives him to dialysis`.
    pub(crate) fn helps(&self, at: usize) -> bool {
        let for_self = self.text.one_of(at, &words!["took", "takes", "taking", "used", "uses", "using"]);
        self.text.is(at, HUMAN) && !self.text.is(at, STATE | ILLNESS | STIGMA) && !for_self
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
