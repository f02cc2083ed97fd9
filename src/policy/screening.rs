//! How a practice has its free text screened, and what waits for one of its clinicians because of that.

use std::fmt;

use jiff::Timestamp;
use record::{EntryId, Place};
use serde::{Deserialize, Serialize};

/// How free text is screened before a patient sees it. The default holds back the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Screening {
    /// What counts as a third party.
    pub reading: Reading,
    /// What becomes of a text in which there is one.
    pub third_parties: ThirdParties,
}

impl Screening {
    /// Whether no text that this lets out would be held back by another.
    #[must_use]
    pub fn holds_back_as_much_as(self, other: Self) -> bool {
        self.reading <= other.reading && self.third_parties <= other.third_parties
    }

    /// A stable name of the choice; nothing for the default.
    #[must_use]
    pub fn code(self) -> String {
        let reading = match self.reading {
            Reading::Strict => None,
            Reading::Standard => Some("standard"),
        };
        let third_parties = match self.third_parties {
            ThirdParties::Withhold => None,
            ThirdParties::Mask => Some("mask"),
        };
        reading.into_iter().chain(third_parties).collect::<Vec<_>>().join(" ")
    }
}

/// What counts as a third party. What holds back more stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reading {
    /// Whatever leads to anybody but the patient and professionals.
    #[default]
    Strict,
    /// Relatives' names may stay, unless something was told in confidence.
    Standard,
}

/// What becomes of a text that names a third party. What holds back more stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThirdParties {
    /// It is withheld whole, with all other text of its entry: words inside an entry are not edited out.
    #[default]
    Withhold,
    /// What leads to the third party is masked.
    Mask,
}

/// What screening thinks of the text of an entry that it did not find clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It leads to a third party.
    ThirdParty,
    /// Confidence, safeguarding, harm or another patient's: a clinician decides.
    Review,
    /// It could not be read: too long, or in characters that nobody knows.
    Unread,
}

impl Verdict {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ThirdParty => "third-party",
            Self::Review => "review",
            Self::Unread => "unread",
        }
    }
}

/// What was found in the text of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The entry that the resource is named after.
    pub entry: EntryId,
    /// Where that was read.
    pub place: Place,
    /// The worst of its texts.
    pub verdict: Verdict,
    /// All texts of it, clean ones too: they are shared or withheld together.
    pub texts: Vec<FoundText>,
    /// What a clinician decided about these very words: whether they may go out.
    pub decided: Option<bool>,
}

impl Found {
    /// The rules that found something, each once, in the order of the texts.
    #[must_use]
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for span in self.texts.iter().flat_map(|text| &text.spans) {
            if !rules.contains(&span.rule.as_str()) {
                rules.push(&span.rule);
            }
        }
        rules
    }
}

/// A text and what was found in it. Patient data: it does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundText {
    /// The text.
    pub text: String,
    /// In order of their beginning; they may nest.
    pub spans: Vec<SpanFound>,
}

impl fmt::Debug for FoundText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FoundText(..)")
    }
}

/// A part of a text, in code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanFound {
    /// The first.
    pub start: usize,
    /// After the last.
    pub end: usize,
    /// `who`, `contact` or `disclosure`.
    pub kind: String,
    /// The rule that found it.
    pub rule: String,
}

/// What waits in a practice's review queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// What was found.
    pub found: Found,
    /// Since when this very text waits.
    pub since: Timestamp,
}
