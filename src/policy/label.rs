//! Labels: what speaks against showing a resource, gathered over everything it was made from and all that contains
//! those things. Labels only grow; each keeps its reason.

use std::collections::BTreeSet;

use jiff::civil::Date;
use record::{EntryId, MarksCarried, Section};
use serde::{Deserialize, Serialize};

use crate::{Sensitivity, Walk};

/// Why a resource is withheld, whatever the grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// `NOPAT` on it, on what it is made from or on what contains it.
    NotForPatient,
    /// A confidentiality policy, likewise.
    Confidential,
    /// The whole patient is sensitive.
    SensitivePatient,
    /// A visibility mark that is not understood, likewise.
    UnrecognisedMark,
    /// It names something that contains it which has not come yet, so that its marks are not known.
    Awaited,
    /// Its code exists to hold somebody's identifying data (`profiles/codes/identifying.csv`).
    IdentifyingCode,
    /// Nobody at the practice has filed it yet: it, what it is made from or what contains it.
    NotFiled,
    /// The practice has hidden it, what it is made from or what contains it.
    HiddenByPractice,
    /// Another feed of the practice marks the same entry, or one that contains it; or the practice has hidden it there.
    MarkedInAnotherFeed,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotForPatient,
        Self::Confidential,
        Self::SensitivePatient,
        Self::UnrecognisedMark,
        Self::Awaited,
        Self::IdentifyingCode,
        Self::NotFiled,
        Self::HiddenByPractice,
        Self::MarkedInAnotherFeed,
    ];

    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotForPatient => "not-for-patient",
            Self::Confidential => "confidential",
            Self::SensitivePatient => "sensitive-patient",
            Self::UnrecognisedMark => "unrecognised-mark",
            Self::Awaited => "awaited",
            Self::IdentifyingCode => "identifying-code",
            Self::NotFiled => "not-filed",
            Self::HiddenByPractice => "hidden-by-practice",
            Self::MarkedInAnotherFeed => "marked-in-another-feed",
        }
    }

    /// What people of a practice read beside the code.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotForPatient => "it, a part of it or what it stands in is marked as not for the patient",
            Self::Confidential => "it, a part of it or what it stands in is marked as confidential",
            Self::SensitivePatient => "the whole record is marked as sensitive",
            Self::UnrecognisedMark => {
                "it, a part of it or what it stands in has a mark that is not understood"
            }
            Self::Awaited => {
                "it stands in something, or has a part, that has not come yet, so that marks may be missing"
            }
            Self::IdentifyingCode => {
                "its code exists to hold somebody's identifying data, such as a next of kin"
            }
            Self::NotFiled => "nobody at the practice has filed it yet",
            Self::HiddenByPractice => "the practice has hidden it, a part of it or what it stands in",
            Self::MarkedInAnotherFeed => {
                "another feed of the practice marks it, a part of it or what it stands in, or it is hidden there"
            }
        }
    }
}

/// The labels of a resource. They form a lattice: to join labels never shows more.
///
/// ```
/// use policy::{Labels, Reason};
/// use record::{MarksCarried, Section};
///
/// let mut panel = Labels::new(Section::TestResults, None, MarksCarried::Yes);
/// let mut part = panel.clone();
/// part.reasons.insert(Reason::NotForPatient);
/// panel.join(&part);
/// assert!(panel.reasons.contains(&Reason::NotForPatient));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Any of these withholds it.
    pub reasons: BTreeSet<Reason>,
    /// On which entry each of the reasons stands: itself, what it is made from, what contains it or what is awaited.
    pub grounds: BTreeSet<(Reason, EntryId)>,
    /// Classes of sensitive entries that it is in: who is not shown one of them is not shown it.
    pub sensitive: BTreeSet<Sensitivity>,
    /// The sections that it belongs to: all must be open.
    pub sections: BTreeSet<Section>,
    /// The earliest and the latest day on which a part of it was recorded, over the parts that have such a day.
    pub recorded: Option<(Date, Date)>,
    /// A part of it has no recorded date, which makes it historical.
    pub undated: bool,
    /// Whether every part came from a feed that carries marks, or was reviewed in the practice.
    pub marks_carried: MarksCarried,
}

impl Labels {
    /// Labels of one thing in a section, recorded on a day.
    #[must_use]
    pub fn new(section: Section, recorded: Option<Date>, marks_carried: MarksCarried) -> Self {
        Self {
            reasons: BTreeSet::new(),
            grounds: BTreeSet::new(),
            sensitive: BTreeSet::new(),
            sections: BTreeSet::from([section]),
            recorded: recorded.map(|day| (day, day)),
            undated: recorded.is_none(),
            marks_carried,
        }
    }

    /// Something on an entry speaks against showing it.
    pub fn add(&mut self, reason: Reason, on: &EntryId) {
        self.reasons.insert(reason);
        self.grounds.insert((reason, on.clone()));
    }

    /// Takes in the labels of a part.
    pub fn join(&mut self, part: &Self) {
        self.reasons.extend(&part.reasons);
        self.grounds.extend(part.grounds.iter().cloned());
        self.sensitive.extend(&part.sensitive);
        self.sections.extend(&part.sections);
        self.recorded = match (self.recorded, part.recorded) {
            (Some(mine), Some(its)) => Some((mine.0.min(its.0), mine.1.max(its.1))),
            (mine, its) => mine.or(its),
        };
        self.undated |= part.undated;
        self.marks_carried = self.marks_carried.max(part.marks_carried);
    }
}

/// The labels of a resource that was made from `sources`, of which `identifying` is one with a protected code.
#[must_use]
pub fn label<'a>(
    walk: &Walk<'_>,
    section: Section,
    sources: impl Iterator<Item = &'a EntryId>,
    identifying: bool,
    sensitive: BTreeSet<Sensitivity>,
) -> Labels {
    let mut labels: Option<Labels> = None;
    for id in sources {
        let mut part = of_entry(walk, section, id);
        if identifying {
            part.add(Reason::IdentifyingCode, id);
        }
        match &mut labels {
            Some(labels) => labels.join(&part),
            None => labels = Some(part),
        }
    }
    // What was made from nothing known has nothing that speaks for it.
    let mut labels = labels.unwrap_or_else(|| {
        let mut nothing = Labels::new(section, None, MarksCarried::No);
        nothing.reasons.insert(Reason::Awaited);
        nothing
    });
    labels.sensitive.extend(sensitive);
    labels
}

/// The labels of one entry. A clinician who read its words and let them go out stands in for the marks of a feed that
/// cannot carry any.
fn of_entry(walk: &Walk<'_>, section: Section, id: &EntryId) -> Labels {
    let mut labels = match walk.entry(id) {
        Some(entry) => {
            let carried = if walk.lets_words_out(entry) == Some(true) {
                MarksCarried::Yes
            } else {
                entry.marks_carried
            };
            Labels::new(section, entry.recorded.map(|at| at.first_day()), carried)
        }
        None => Labels::new(section, None, MarksCarried::No),
    };
    walk.grounds(id).into_iter().for_each(|(reason, on)| labels.add(reason, on));
    labels
}
