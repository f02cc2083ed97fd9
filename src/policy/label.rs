//! Labels: what speaks against showing a resource, gathered over everything it was made from and all that contains
//! those things. Labels only grow; each keeps its reason.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use record::{Content, Entry, EntryId, Mark, MarksCarried, Role, Section};
use serde::{Deserialize, Serialize};

use crate::{Oversight, Review, Sensitivity, oversight::words};

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
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::NotForPatient,
        Self::Confidential,
        Self::SensitivePatient,
        Self::UnrecognisedMark,
        Self::Awaited,
        Self::IdentifyingCode,
        Self::NotFiled,
        Self::HiddenByPractice,
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
            sensitive: BTreeSet::new(),
            sections: BTreeSet::from([section]),
            recorded: recorded.map(|day| (day, day)),
            undated: recorded.is_none(),
            marks_carried,
        }
    }

    /// Takes in the labels of a part.
    pub fn join(&mut self, part: &Self) {
        self.reasons.extend(&part.reasons);
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

/// A patient's entries, ready to be walked along their links, and what the practice decided about them.
#[derive(Debug)]
pub struct Walk<'a> {
    oversight: &'a Oversight,
    entries: HashMap<&'a EntryId, &'a Entry>,
    about: HashMap<&'a EntryId, Vec<&'a Entry>>,
}

impl<'a> Walk<'a> {
    /// Over all entries of one patient.
    #[must_use]
    pub fn new(entries: &'a [Entry], oversight: &'a Oversight) -> Self {
        let mut about: HashMap<&EntryId, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            for link in entry.links.iter().filter(|link| link.role == Role::About) {
                about.entry(&link.to).or_default().push(entry);
            }
        }
        Self { oversight, entries: entries.iter().map(|entry| (&entry.id, entry)).collect(), about }
    }

    /// What the practice decided about the words of an entry, if it did so about the words that it has now.
    #[must_use]
    pub fn review(&self, entry: &Entry) -> Option<&'a Review> {
        self.oversight.review(&entry.id, words(entry)?)
    }

    /// An entry by its key.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&'a Entry> {
        self.entries.get(id).copied()
    }

    /// The reasons against showing an entry: its own, those of everything that contains it, and those of what is
    /// said about it or about a statement that contains it (a comment, a problem). What else such a comment is about
    /// does not matter: one hidden result does not hide those beside it.
    #[must_use]
    pub fn reasons(&self, of: &EntryId) -> BTreeSet<Reason> {
        let mut reasons = BTreeSet::new();
        let mut seen: HashSet<(&EntryId, bool)> = HashSet::new();
        // Each with whether it was come to as something that is said about another.
        let mut open: Vec<(&EntryId, bool)> = vec![(of, false)];
        while let Some((id, said)) = open.pop() {
            let Some(entry) = self.entries.get(id) else {
                reasons.insert(Reason::Awaited);
                continue;
            };
            if !seen.insert((&entry.id, said)) {
                continue;
            }
            reasons.extend(entry.marks.iter().map(reason));
            if self.oversight.hidden.contains_key(&entry.id) {
                reasons.insert(Reason::HiddenByPractice);
            }
            // A deletion that came before the entry itself says nothing about the entry's marks.
            if entry.content.is_none() {
                reasons.insert(Reason::Awaited);
            }
            let links = entry.links.iter().filter(|link| !(said && link.role == Role::About));
            open.extend(links.map(|link| (&link.to, false)));
            // What is said about a heading concerns the heading; what is said about a statement concerns it whole.
            if matches!(entry.content, Some(Content::Statement(_))) {
                open.extend(self.about.get(&entry.id).into_iter().flatten().map(|about| (&about.id, true)));
            }
        }
        reasons
    }
}

/// The labels of a resource that was made from `sources` and refers to `members` as parts.
#[must_use]
pub fn label<'a>(
    walk: &Walk<'_>,
    section: Section,
    parts: impl Iterator<Item = &'a EntryId>,
    identifying: bool,
    sensitive: BTreeSet<Sensitivity>,
) -> Labels {
    let mut labels: Option<Labels> = None;
    for id in parts {
        let part = match walk.entry(id) {
            Some(entry) => {
                let recorded = entry.recorded.map(|at| at.first_day());
                let released = walk.review(entry).is_some_and(|review| review.release);
                let carried = if released { MarksCarried::Yes } else { entry.marks_carried };
                let mut part = Labels::new(section, recorded, carried);
                part.reasons = walk.reasons(id);
                part
            }
            None => {
                let mut part = Labels::new(section, None, MarksCarried::No);
                part.reasons.insert(Reason::Awaited);
                part
            }
        };
        match &mut labels {
            Some(labels) => labels.join(&part),
            None => labels = Some(part),
        }
    }
    let mut labels = labels.unwrap_or_else(|| {
        let mut nothing = Labels::new(section, None, MarksCarried::No);
        nothing.reasons.insert(Reason::Awaited);
        nothing
    });
    if identifying {
        labels.reasons.insert(Reason::IdentifyingCode);
    }
    labels.sensitive.extend(sensitive);
    labels
}

fn reason(mark: &Mark) -> Reason {
    match mark {
        Mark::NotForPatient => Reason::NotForPatient,
        Mark::Confidential => Reason::Confidential,
        Mark::SensitivePatient => Reason::SensitivePatient,
        Mark::Unrecognised => Reason::UnrecognisedMark,
        Mark::NotFiled => Reason::NotFiled,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jiff::Timestamp;
    use record::{CodeRef, Coded, Container, FreeText, Link, Place, Statement, StatementStatus, Subject};

    use super::*;
    use crate::Decided;

    fn id(name: &str) -> EntryId {
        EntryId::new(name).unwrap()
    }

    fn entry(name: &str, content: Content, links: &[(Role, &str)], marks: &[Mark]) -> Entry {
        Entry {
            id: id(name),
            content: Some(content),
            links: links.iter().map(|(role, to)| Link { role: *role, to: id(to) }).collect(),
            marks: marks.to_vec(),
            marks_carried: MarksCarried::Yes,
            recorded: None,
            deleted: false,
            sequence: 0,
            place: Place::default(),
        }
    }

    fn walk(entries: &[Entry]) -> Walk<'_> {
        static NOTHING: LazyLock<Oversight> = LazyLock::new(Oversight::default);
        Walk::new(entries, &NOTHING)
    }

    fn statement() -> Content {
        Content::Statement(Box::new(Statement {
            code: CodeRef::Given(Coded::default(), None),
            subject: Subject::Patient,
            effective: None,
            value: None,
            ranges: vec![],
            interpretation: None,
            text: vec![],
            performer: None,
            vaccination: None,
            status: StatementStatus::Final,
        }))
    }

    #[test]
    fn a_mark_comes_down_every_chain_of_links() {
        for role in [Role::Consultation, Role::Heading, Role::Panel, Role::Problem, Role::Request] {
            let entries = [
                entry("top", Content::Container(Container::Consultation), &[], &[Mark::NotForPatient]),
                entry("middle", statement(), &[(role, "top")], &[]),
                entry("leaf", statement(), &[(role, "middle")], &[]),
            ];
            assert_eq!(walk(&entries).reasons(&id("leaf")), [Reason::NotForPatient].into(), "{role:?}");
        }
    }

    #[test]
    fn a_comment_marks_the_battery_it_is_about_but_not_a_whole_heading() {
        let comment = |to| {
            entry("c", Content::Container(Container::Comment), &[(Role::About, to)], &[Mark::NotForPatient])
        };
        let entries = [
            comment("battery"),
            entry("battery", statement(), &[], &[]),
            entry("half", statement(), &[(Role::Panel, "battery")], &[]),
        ];
        assert_eq!(walk(&entries).reasons(&id("half")), [Reason::NotForPatient].into());
        let entries = [
            comment("topic"),
            entry("topic", Content::Container(Container::Heading), &[], &[]),
            entry("leaf", statement(), &[(Role::Heading, "topic")], &[]),
        ];
        assert_eq!(walk(&entries).reasons(&id("leaf")), BTreeSet::new());
    }

    #[test]
    fn a_comment_on_several_results_is_as_hidden_as_any_and_hides_none_beside() {
        let entries = [
            entry("comment", statement(), &[(Role::About, "one"), (Role::About, "two")], &[]),
            entry("one", statement(), &[], &[Mark::NotForPatient]),
            entry("two", statement(), &[], &[]),
        ];
        let walk = walk(&entries);
        assert_eq!(walk.reasons(&id("comment")), [Reason::NotForPatient].into());
        assert!(walk.reasons(&id("two")).is_empty());
    }

    #[test]
    fn what_contains_a_comment_hides_what_the_comment_is_about() {
        let entries = [
            entry("consultation", Content::Container(Container::Consultation), &[], &[Mark::Confidential]),
            entry("comment", statement(), &[(Role::Consultation, "consultation"), (Role::About, "one")], &[]),
            entry("one", statement(), &[], &[]),
        ];
        assert_eq!(walk(&entries).reasons(&id("one")), [Reason::Confidential].into());
    }

    #[test]
    fn what_has_not_come_yet_withholds_and_loops_end() {
        let entries = [entry("a", statement(), &[(Role::Consultation, "missing")], &[])];
        assert_eq!(walk(&entries).reasons(&id("a")), [Reason::Awaited].into());
        let entries = [
            entry("a", statement(), &[(Role::Problem, "b")], &[]),
            entry("b", statement(), &[(Role::Problem, "a")], &[Mark::Confidential]),
        ];
        assert_eq!(walk(&entries).reasons(&id("a")), [Reason::Confidential].into());
    }

    #[test]
    fn a_sibling_in_a_panel_is_not_withheld_by_a_members_mark_but_the_panel_is() {
        let entries = [
            entry("panel", statement(), &[], &[]),
            entry("one", statement(), &[(Role::Panel, "panel")], &[Mark::NotForPatient]),
            entry("two", statement(), &[(Role::Panel, "panel")], &[]),
        ];
        let walk = walk(&entries);
        assert!(walk.reasons(&id("two")).is_empty());
        let parts = [id("panel"), id("one"), id("two")];
        let labels = label(&walk, Section::TestResults, parts.iter(), false, [].into());
        assert_eq!(labels.reasons, [Reason::NotForPatient].into());
    }

    fn decided() -> Decided {
        Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: "asked to".into() }
    }

    #[test]
    fn what_the_practice_hides_is_hidden_with_all_that_it_contains_and_nothing_beside() {
        let entries = [
            entry("consultation", Content::Container(Container::Consultation), &[], &[]),
            entry("one", statement(), &[(Role::Consultation, "consultation")], &[]),
            entry("beside", statement(), &[], &[]),
        ];
        let oversight =
            Oversight { hidden: [(id("consultation"), decided())].into(), ..Oversight::default() };
        let walk = Walk::new(&entries, &oversight);
        assert_eq!(walk.reasons(&id("one")), [Reason::HiddenByPractice].into());
        assert!(walk.reasons(&id("beside")).is_empty());
    }

    #[test]
    fn a_reviewed_entry_counts_as_marked_until_its_words_change() {
        let with = |text: &str| {
            let Content::Statement(mut said) = statement() else { unreachable!() };
            said.text = FreeText::new(text).into_iter().collect();
            [Entry { marks_carried: MarksCarried::No, ..entry("a", Content::Statement(said), &[], &[]) }]
        };
        let reviewed = with("well today");
        let carried = |entries: &[Entry; 1], release: bool| {
            let words = words(&reviewed[0]).unwrap();
            let review = Review { release, words, decided: decided() };
            let oversight = Oversight { reviewed: [(id("a"), review)].into(), ..Oversight::default() };
            let walk = Walk::new(entries, &oversight);
            label(&walk, Section::Consultations, [id("a")].iter(), false, [].into()).marks_carried
        };
        assert_eq!(carried(&reviewed, true), MarksCarried::Yes);
        assert_eq!(carried(&reviewed, false), MarksCarried::No);
        assert_eq!(carried(&with("well today, wife says"), true), MarksCarried::No);
    }

    #[test]
    fn nothing_known_is_withheld() {
        let labels = label(&walk(&[]), Section::Consultations, [id("x")].iter(), false, [].into());
        assert!(labels.reasons.contains(&Reason::Awaited));
        assert!(
            label(&walk(&[]), Section::Consultations, [].iter(), false, [].into())
                .reasons
                .contains(&Reason::Awaited)
        );
    }
}
