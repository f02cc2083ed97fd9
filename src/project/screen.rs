//! Free text before it may go out: read by redaction, all texts of a resource together, because an entry's words are
//! shared or withheld as a whole. What does not pass waits for a clinician.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use policy::{FoundText, Passed, Reading, Screening, SpanFound, ThirdParties, Verdict};
use record::{Dictionary, Entry};
use redact::{Lexicon, Mode, Redaction, Redactor};

use crate::people::people;

/// Reads the texts of one record. The record's people are looked up once, when its first text is read.
pub(crate) struct Screener<'r> {
    screening: Screening,
    entries: &'r [Entry],
    dictionary: &'r dyn Dictionary,
    lexicon: &'r Lexicon,
    redactor: OnceCell<Redactor<'r>>,
}

/// What a clinician of the practice decided about the words of a resource.
#[derive(Default)]
pub(crate) enum Ruling {
    /// Nothing, or not about all the words that it has now.
    #[default]
    None,
    /// These words may go out.
    Share(BTreeSet<String>),
    /// None may.
    Withhold,
}

impl Ruling {
    /// Whether this text is shared by it.
    fn shares(&self, text: &str) -> bool {
        matches!(self, Self::Share(words) if words.contains(text))
    }

    /// The decision, for the queue.
    fn decided(&self) -> Option<bool> {
        match self {
            Self::None => None,
            Self::Share(_) => Some(true),
            Self::Withhold => Some(false),
        }
    }
}

/// What screening makes of the texts of one resource.
#[derive(Default)]
pub(crate) struct Screened {
    passes: BTreeMap<String, Passed>,
    /// Every text with its spans, the worst verdict and what was decided, unless all are clean.
    pub(crate) found: Option<(Verdict, Vec<FoundText>, Option<bool>)>,
}

impl Screened {
    /// What goes out of a text. One that was not read does not.
    pub(crate) fn passes(&self, text: &str) -> Passed {
        self.passes.get(text).cloned().unwrap_or(Passed::Nothing)
    }

    /// Whether anything of any text goes out.
    pub(crate) fn lets_out(&self) -> bool {
        self.passes.values().any(|passed| *passed != Passed::Nothing)
    }
}

impl<'r> Screener<'r> {
    /// Over the entries of one patient, with their lists in place.
    pub(crate) fn new(
        screening: Screening,
        entries: &'r [Entry],
        dictionary: &'r dyn Dictionary,
        lexicon: &'r Lexicon,
    ) -> Self {
        Self { screening, entries, dictionary, lexicon, redactor: OnceCell::new() }
    }

    /// Whether any text was read.
    pub(crate) fn was_used(&self) -> bool {
        self.redactor.get().is_some()
    }

    /// Reads the texts of one resource. What a clinician shared goes out whatever was found in it; what a clinician
    /// did not see is judged as ever.
    pub(crate) fn screen(&self, mut texts: Vec<String>, ruling: &Ruling) -> Screened {
        texts.sort_unstable();
        texts.dedup();
        let redactor = self.redactor.get_or_init(|| {
            let mode = match self.screening.reading {
                Reading::Strict => Mode::Strict,
                Reading::Standard => Mode::Standard,
            };
            Redactor::new(self.lexicon, &people(self.entries, self.dictionary), mode)
        });
        let read: Vec<(String, Redaction)> = texts
            .into_iter()
            .map(|text| {
                let redaction = redactor.read(&text);
                (text, redaction)
            })
            .collect();
        let worst = read.iter().filter_map(|(_, redaction)| verdict(redaction)).max();
        let found = worst.map(|worst| (worst, read.iter().map(found_text).collect(), ruling.decided()));
        let undecided = read.iter().filter(|(text, _)| !ruling.shares(text));
        let against = undecided.filter_map(|(_, redaction)| verdict(redaction)).max();
        let pass = |(text, redaction): (String, Redaction)| {
            let passed = self.passed(&text, redaction, against, ruling);
            (text, passed)
        };
        Screened { passes: read.into_iter().map(pass).collect(), found }
    }

    /// What goes out of a text. `against` is the worst that was found in any of the resource's texts that no clinician
    /// shared.
    fn passed(&self, text: &str, redaction: Redaction, against: Option<Verdict>, ruling: &Ruling) -> Passed {
        match (ruling, against, self.screening.third_parties) {
            (Ruling::Withhold, _, _) => Passed::Nothing,
            (Ruling::Share(_), _, _) if ruling.shares(text) => Passed::Whole,
            (_, None, _) => Passed::Whole,
            (_, Some(Verdict::ThirdParty), ThirdParties::Mask) => match verdict(&redaction) {
                None => Passed::Whole,
                Some(_) => Passed::Masked(redaction.text),
            },
            (_, Some(_), _) => Passed::Nothing,
        }
    }
}

/// What is against a text.
fn verdict(redaction: &Redaction) -> Option<Verdict> {
    match redaction.verdict {
        redact::Verdict::Clean => None,
        redact::Verdict::ThirdParty => Some(Verdict::ThirdParty),
        redact::Verdict::Review => Some(Verdict::Review),
        redact::Verdict::Unread => Some(Verdict::Unread),
    }
}

fn found_text((text, redaction): &(String, Redaction)) -> FoundText {
    let spans = redaction.spans.iter().map(|span| SpanFound {
        start: span.start,
        end: span.end,
        kind: span.kind.to_string(),
        rule: span.rule.to_owned(),
    });
    FoundText { text: text.clone(), spans: spans.collect() }
}
