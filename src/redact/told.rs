//! Who tells the practice what. A source (a relative, a neighbour, an employer, nobody by name), a way of telling
//! (`rang`, `voicemail from`, `concerns raised by`, `according to`, `alleges`), and what is told. An accusation counts
//! whatever it says; what was told out of the patient's hearing unless it is a symptom or an errand; what is said
//! openly only if it is nothing that one says of somebody to his face.

use std::ops::Range;

use crate::{disclosure::Disclosures, keep::Keep, talk::*, word::*, words::words};

/// What a sentence makes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    Nothing,
    /// Somebody was in touch; what was told may follow.
    Contact,
    /// Told so that a clinician has to look at it.
    Disclosure,
}

/// How it was told, the weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Openly,
    Uneasily,
    Apart,
    Accusing,
}

/// What a sentence tells besides who tells it.
#[derive(Default)]
struct Content {
    deed: bool,
    worry: bool,
    symptom: bool,
    errand: bool,
    /// Somebody is its subject: the patient, or a relative beside the source.
    about: bool,
    /// The patient or a relative beside the source is in it.
    named: bool,
    /// Its subject is a relative beside the source.
    other: bool,
    words: usize,
}

/// How far from a source what it tells is looked at, in tokens.
const REACH: usize = 40;

impl Disclosures<'_> {
    /// Whether a sentence relays what somebody told.
    pub(crate) fn relayed(&self, sentence: &Range<usize>, talk: &Talk) -> Telling {
        let sources = sentence.clone().filter(|at| self.source(*at, sentence, talk));
        sources.map(|who| self.relayed_by(who, sentence, talk)).max().unwrap_or(Telling::Nothing)
    }

    /// What follows `Wife t/c.`, without a source of its own.
    pub(crate) fn follows_contact(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        let begin = sentence.start..sentence.end.min(sentence.start + REACH);
        let content = self.content(sentence, begin.clone(), talk);
        let uneasy = begin.clone().any(|at| talk.means(at, CONCERN));
        let benign = content.symptom || content.errand;
        let goes_on = content.about && content.words > 3 && self.begins_telling(sentence, talk);
        content.deed || uneasy && content.about || !benign && (content.worry || uneasy || goes_on)
    }

    /// `Mum has seen scratches.`: whoever told before tells more, and no symptom or errand.
    pub(crate) fn adds(&self, who: usize, sentence: &Range<usize>, talk: &Talk) -> bool {
        let content = self.content(sentence, who + 1..sentence.end.min(who + REACH), talk);
        let says = (who + 1..sentence.end.min(who + 4)).any(|at| talk.is(at, SAY | CONCERN | CHANNEL));
        says && content.words > 2 && !content.symptom && !content.errand
    }

    /// `Says he …`, `Worried that …`, `He is …`: whoever was named before tells.
    pub(crate) fn begins_telling(&self, sentence: &Range<usize>, talk: &Talk) -> bool {
        let first = sentence.clone().find(|at| self.text.is_word(*at)).unwrap_or(sentence.start);
        talk.is(first, SAY | CONCERN | CHANNEL | ALLEGE) || self.text.is(first, PRONOUN)
    }

    /// A token that may tell: somebody else, nobody by name, or an institution; the last word of it.
    fn source(&self, at: usize, sentence: &Range<usize>, talk: &Talk) -> bool {
        let text = self.text;
        let caller =
            at + 1 < sentence.end && at < sentence.start + 3 && self.rings(at + 1) && self.anybody(at);
        let person = text.is(at, PERSON | ANON) && text.is_word(at) || self.named[at] || caller;
        let last = at + 1 >= sentence.end || !self.named[at] || !self.named[at + 1];
        let other = talk.means(at, WHO | BODY) && !talk.is(at + 1, WHO | BODY);
        let whose = text.tokens[at].possessive;
        let professional = self.kept.get(at + 1) == Some(&Keep::Professional);
        (person && last || other) && !whose && !professional && !self.own(at) && !talk.is(at, HARMLESS)
    }

    /// `Harbour master rang`: whoever it is, if neither the patient nor a professional.
    fn anybody(&self, at: usize) -> bool {
        let text = self.text;
        let known =
            ROLE | SPECIALTY | ORG | ORG_HEAD | DRUG | PRONOUN | SPEECH | STATE | SELF | WITH | NEGATION;
        text.is_word(at) && !text.is(at, known) && self.kept[at] == Keep::No && text.word(at).len() > 3
    }

    fn rings(&self, at: usize) -> bool {
        self.text.one_of(
            at,
            &words!["rang", "phoned", "emailed", "messaged", "wrote", "texted", "contacted", "telephoned"],
        )
    }

    fn relayed_by(&self, who: usize, sentence: &Range<usize>, talk: &Talk) -> Telling {
        let text = self.text;
        let begin = self.phrase_begin(who, sentence, talk);
        let nominal = self.sent_by(begin, sentence, talk);
        if nominal.is_none() && self.patient_tells(begin, sentence, talk) {
            return Telling::Nothing;
        }
        // `Telephone encounter with third party.`
        let met = begin > sentence.start
            && text.one_of(begin - 1, &words!["with"])
            && (begin.saturating_sub(4).max(sentence.start)..begin).any(|at| talk.means(at, NOTE));
        if met
            && nominal.is_none()
            && self.content(sentence, who + 1..sentence.end.min(who + 4), talk).words < 2
        {
            return Telling::Contact;
        }
        let Some((how, uneasy)) = nominal.max(self.tells_after(who, begin, sentence, talk)) else {
            return Telling::Nothing;
        };
        let near = who.saturating_sub(REACH).max(sentence.start)..sentence.end.min(who + REACH);
        let rest = if nominal.is_some() { near } else { who + 1..near.end };
        let content = self.content(sentence, rest, talk);
        let benign = content.symptom || content.errand;
        let raised = nominal.is_some() && uneasy;
        let disclosed = match how {
            How::Accusing => content.words > 1,
            How::Apart | How::Uneasily if content.deed => true,
            How::Apart if content.worry => !content.symptom || uneasy,
            How::Apart => {
                !benign
                    && (raised || content.words > 4 && content.named || content.about && content.words > 2)
            }
            How::Uneasily => {
                !benign
                    && (content.worry || raised || content.words > 5 || content.about && content.words > 3)
            }
            How::Openly => content.deed || (content.other || content.about) && !benign && content.words > 3,
        };
        match () {
            () if disclosed => Telling::Disclosure,
            () if how >= How::Uneasily && content.words < 2 => Telling::Contact,
            // `Note left at desk by pt's wife, see scanned.`
            () if how == How::Apart && nominal.is_some() && !benign => Telling::Contact,
            () => Telling::Nothing,
        }
    }

    /// Where the phrase for a source begins: `his elder [brother]`, `a lady from the [flat] below`.
    fn phrase_begin(&self, who: usize, sentence: &Range<usize>, talk: &Talk) -> usize {
        let text = self.text;
        let joins = |at: usize| {
            text.is(at, POSSESSIVE | PERSON | TITLE | ANON) && text.is_word(at)
                || talk.is(at, WHO | BODY)
                || self.named[at]
                || text.tokens[at].possessive
                || text.one_of(
                    at,
                    &words![
                        "the",
                        "a",
                        "an",
                        "another",
                        "some",
                        "one",
                        "own",
                        "concerned",
                        "worried",
                        "elder",
                        "eldest",
                        "older",
                        "younger",
                        "youngest",
                        "other",
                        "late",
                        "his",
                        "her",
                        "their",
                        "estranged",
                        "former",
                        "current",
                        "new",
                        "anonymous",
                        "downstairs",
                        "upstairs",
                        "close",
                        "old",
                        "adult",
                        "several",
                        "two",
                        "both"
                    ],
                )
        };
        (who.saturating_sub(8).max(sentence.start)..who)
            .rev()
            .take_while(|at| joins(*at))
            .last()
            .unwrap_or(who)
    }

    /// `Pt says her son …`, `Told wife …`, `Letter to employer`: the patient or the practice tells, not the source.
    fn patient_tells(&self, begin: usize, sentence: &Range<usize>, talk: &Talk) -> bool {
        let text = self.text;
        let patient = |at: usize| text.one_of(at, &words!["pt", "patient", "pts"]) || self.own(at);
        let before = begin.saturating_sub(REACH).max(sentence.start)..begin;
        let named = before.clone().any(patient);
        let speaks =
            before.clone().any(|at| talk.means(at, SAY | CONCERN) && (at == sentence.start || named));
        let outward = before.last().is_some_and(|at| text.one_of(at, &words!["to", "for", "of", "at", "in"]));
        speaks || outward
    }

    /// `voicemail from`, `concerns raised by`, `according to`, `t/c`: what stands before a source.
    fn sent_by(&self, begin: usize, sentence: &Range<usize>, talk: &Talk) -> Option<(How, bool)> {
        let text = self.text;
        let before = begin.checked_sub(1).filter(|at| *at >= sentence.start)?;
        let back = |from: usize, far: usize| from.saturating_sub(far).max(sentence.start)..from;
        if talk.is(before, PER) {
            return Some((How::Apart, false));
        }
        if !talk.is(before, FROM) {
            let call = text.one_of(before, &words!["tc", "t/c", "vm", "v/m", "voicemail"]);
            return call.then_some((How::Apart, false));
        }
        let seen = back(before, 6).filter(|at| !talk.is(*at, HARMLESS)).collect::<Vec<_>>();
        let any = |parts: Parts| seen.iter().any(|at| talk.is(*at, parts));
        let uneasy = any(CONCERN);
        // `informed by mate`: it was the practice that was told.
        let us = before > sentence.start
            && text.one_of(before, &words!["by"])
            && text.one_of(
                before - 1,
                &words![
                    "told",
                    "informed",
                    "advised",
                    "reported",
                    "alerted",
                    "notified",
                    "contacted",
                    "approached",
                    "stated",
                    "disclosed",
                    "mentioned",
                    "said",
                    "flagged",
                    "raised",
                    "rung",
                    "phoned"
                ],
            );
        match () {
            () if any(ALLEGE) => Some((How::Accusing, uneasy)),
            () if us
                || any(CHANNEL | NOTE)
                || uneasy && (any(RAISE) || text.one_of(before, &words!["from"])) =>
            {
                Some((How::Apart, uneasy))
            }
            () if any(SAY | RAISE) => Some((How::Openly, uneasy)),
            () => None,
        }
    }

    /// `rang`, `left a voicemail`, `is worried`, `alleges`: what stands after a source, before the patient is named.
    fn tells_after(
        &self,
        who: usize,
        begin: usize,
        sentence: &Range<usize>,
        talk: &Talk,
    ) -> Option<(How, bool)> {
        let text = self.text;
        let patient = |at: usize| text.one_of(at, &words!["pt", "patient", "pts"]) || self.own(at);
        let bracket = |at: usize| {
            matches!(text.sign(who + 1), Some('('))
                && (who + 1..at).all(|at| !matches!(text.sign(at), Some(')')))
        };
        let end = (who + 1..sentence.end.min(who + 9))
            .find(|at| {
                let he = text.one_of(*at, &words!["he", "she", "hes", "shes"]) && !talk.is(*at - 1, SAY);
                (patient(*at) || he || talk.is(*at, BODY)) && !bracket(*at) || text.sign(*at) == Some('.')
            })
            .unwrap_or(sentence.end.min(who + 9));
        let asked = |at: usize| {
            text.one_of(
                at - 1,
                &words![
                    "to", "will", "can", "could", "must", "should", "please", "pls", "not", "may", "a", "if",
                    "was", "were", "be", "been"
                ],
            ) && !talk.is(at, CONCERN | NOTE)
        };
        let told = |parts: Parts, far: usize| {
            (who + 1..end.min(who + 1 + far)).any(|at| talk.means(at, parts) && !asked(at))
        };
        let uneasy = told(CONCERN, 7);
        let colon = begin == sentence.start && matches!(text.sign(who + 1), Some(':' | '-' | '–'));
        match () {
            () if told(ALLEGE, 5) => Some((How::Accusing, uneasy)),
            () if told(CHANNEL, 10) || told(NOTE, 5) && told(RAISE | CHANNEL | SAY, 4) => {
                Some((How::Apart, uneasy))
            }
            () if told(NOTE, 5) && (who + 1..end).any(|at| self.hands_over(at)) => Some((How::Apart, uneasy)),
            () if uneasy => Some((How::Uneasily, true)),
            () if told(SAY, 4) || colon => Some((How::Openly, false)),
            () => None,
        }
    }

    /// `he is`, `pt has`, `mum gives`: somebody of whom something is said.
    fn subject_of_clause(&self, at: usize, begin: usize) -> bool {
        let text = self.text;
        let patient = text.one_of(at, &words!["he", "she", "pt", "patient", "they"])
            || self.own(at) && !text.tokens[at].possessive;
        let is = text.is(at, PRONOUN) && text.tokens[at].possessive;
        text.one_of(at, &words!["hes", "shes"])
            || patient && (is || self.verb(at + 1))
            || self.another_is_subject(at, begin)
    }

    fn another_is_subject(&self, at: usize, begin: usize) -> bool {
        let kin = self.text.is(at, PERSON) && self.text.is_word(at) && !self.text.tokens[at].possessive;
        kin && at > begin + 1 && !self.text.is(at + 1, HUMAN) && self.verb(at + 1)
    }

    /// Whether a word is, by its form, what somebody does.
    fn verb(&self, at: usize) -> bool {
        let word = self.text.word(at);
        let form = word.len() > 3
            && (word.ends_with("ing")
                || word.ends_with("ed")
                || word.ends_with('s') && !word.ends_with("ss"));
        self.text.is_word(at)
            && (self.text.is(at, STATE)
                || form
                || matches!(
                    word,
                    "isnt"
                        | "hasnt"
                        | "wasnt"
                        | "doesnt"
                        | "didnt"
                        | "never"
                        | "keeps"
                        | "gets"
                        | "took"
                        | "put"
                        | "gave"
                        | "went"
                        | "made"
                        | "let"
                        | "lets"
                        | "left"
                        | "kept"
                        | "told"
                        | "threw"
                        | "bit"
                        | "drank"
                        | "drove"
                        | "ran"
                        | "came"
                        | "bought"
                        | "sold"
                        | "lost"
                        | "spent"
                        | "stole"
                        | "broke"
                        | "hit"
                        | "beat"
                        | "will"
                        | "wont"
                        | "cant"
                        | "cannot"
                        | "may"
                        | "might"
                ))
    }

    fn hands_over(&self, at: usize) -> bool {
        self.text.one_of(
            at,
            &words![
                "left", "dropped", "sent", "gave", "handed", "posted", "passed", "put", "slipped", "leaves",
                "sends", "drops", "hands", "passes", "brought", "pushed"
            ],
        )
    }

    /// What is told in a part of a sentence.
    fn content(&self, sentence: &Range<usize>, part: Range<usize>, talk: &Talk) -> Content {
        let text = self.text;
        let mut content = Content::default();
        let cue = CHANNEL | NOTE | CONCERN | RAISE | FROM | PER;
        for at in part.clone().filter(|at| text.sign(*at).is_none()) {
            let denied = || self.denied(sentence, at);
            let deed = (text.is(at, CONDUCT) || stem(text.word(at)) & CONDUCT != 0)
                && !text.is(at, SPEECH | HUMAN)
                && !self.intake(at);
            content.deed |= (deed || talk.is(at, DEED)) && !talk.is(at, HARMLESS) && !denied();
            content.worry |= talk.is(at, WORRY) && !talk.is(at, HARMLESS) && !denied();
            content.symptom |= talk.is(at, SYMPTOM) || text.is(at, ILLNESS | HERITABLE | EPONYM);
            content.errand |= talk.is(at, ERRAND);
            content.about |= self.subject_of_clause(at, part.start);
            content.named |= self.own(at) && !self.own(at + 1) && !text.tokens[at].possessive
                || at > part.start + 1 && text.is(at, KIN) && text.is_word(at);
            content.other |= self.another_is_subject(at, part.start);
            content.words += usize::from(text.is_word(at) && !talk.is(at, cue) && !self.named[at]);
        }
        content
    }
}
