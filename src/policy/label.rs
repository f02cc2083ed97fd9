//! Labels: what speaks against showing a resource, gathered over everything it was made from and all that contains
//! those things. Labels only grow; each keeps its reason.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use record::{Content, Entry, EntryId, Mark, MarksCarried, Role, Section};
use serde::{Deserialize, Serialize};

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
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::NotForPatient,
        Self::Confidential,
        Self::SensitivePatient,
        Self::UnrecognisedMark,
        Self::Awaited,
        Self::IdentifyingCode,
        Self::NotFiled,
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
    /// The sections that it belongs to: all must be open.
    pub sections: BTreeSet<Section>,
    /// The earliest and the latest day on which a part of it was recorded, over the parts that have such a day.
    pub recorded: Option<(Date, Date)>,
    /// A part of it has no recorded date, which makes it historical.
    pub undated: bool,
    /// Whether every part came from a feed that carries marks.
    pub marks_carried: MarksCarried,
}

impl Labels {
    /// Labels of one thing in a section, recorded on a day.
    #[must_use]
    pub fn new(section: Section, recorded: Option<Date>, marks_carried: MarksCarried) -> Self {
        Self {
            reasons: BTreeSet::new(),
            sections: BTreeSet::from([section]),
            recorded: recorded.map(|day| (day, day)),
            undated: recorded.is_none(),
            marks_carried,
        }
    }

    /// Takes in the labels of a part.
    pub fn join(&mut self, part: &Self) {
        self.reasons.extend(&part.reasons);
        self.sections.extend(&part.sections);
        self.recorded = match (self.recorded, part.recorded) {
            (Some(mine), Some(its)) => Some((mine.0.min(its.0), mine.1.max(its.1))),
            (mine, its) => mine.or(its),
        };
        self.undated |= part.undated;
        self.marks_carried = self.marks_carried.max(part.marks_carried);
    }
}

/// A patient's entries, ready to be walked along their links.
#[derive(Debug)]
pub struct Walk<'a> {
    entries: HashMap<&'a EntryId, &'a Entry>,
    about: HashMap<&'a EntryId, Vec<&'a Entry>>,
}

impl<'a> Walk<'a> {
    /// Over all entries of one patient.
    #[must_use]
    pub fn new(entries: &'a [Entry]) -> Self {
        let mut about: HashMap<&EntryId, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            for link in entry.links.iter().filter(|link| link.role == Role::About) {
                about.entry(&link.to).or_default().push(entry);
            }
        }
        Self { entries: entries.iter().map(|entry| (&entry.id, entry)).collect(), about }
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
) -> Labels {
    let mut labels: Option<Labels> = None;
    for id in parts {
        let part = match walk.entry(id) {
            Some(entry) => {
                let recorded = entry.recorded.map(|at| at.first_day());
                let mut part = Labels::new(section, recorded, entry.marks_carried);
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
    use record::{CodeRef, Coded, Container, Link, Place, Statement, StatementStatus, Subject};

    use super::*;

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
            assert_eq!(Walk::new(&entries).reasons(&id("leaf")), [Reason::NotForPatient].into(), "{role:?}");
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
        assert_eq!(Walk::new(&entries).reasons(&id("half")), [Reason::NotForPatient].into());
        let entries = [
            comment("topic"),
            entry("topic", Content::Container(Container::Heading), &[], &[]),
            entry("leaf", statement(), &[(Role::Heading, "topic")], &[]),
        ];
        assert_eq!(Walk::new(&entries).reasons(&id("leaf")), BTreeSet::new());
    }

    #[test]
    fn a_comment_on_several_results_is_as_hidden_as_any_and_hides_none_beside() {
        let entries = [
            entry("comment", statement(), &[(Role::About, "one"), (Role::About, "two")], &[]),
            entry("one", statement(), &[], &[Mark::NotForPatient]),
            entry("two", statement(), &[], &[]),
        ];
        let walk = Walk::new(&entries);
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
        assert_eq!(Walk::new(&entries).reasons(&id("one")), [Reason::Confidential].into());
    }

    #[test]
    fn what_has_not_come_yet_withholds_and_loops_end() {
        let entries = [entry("a", statement(), &[(Role::Consultation, "missing")], &[])];
        assert_eq!(Walk::new(&entries).reasons(&id("a")), [Reason::Awaited].into());
        let entries = [
            entry("a", statement(), &[(Role::Problem, "b")], &[]),
            entry("b", statement(), &[(Role::Problem, "a")], &[Mark::Confidential]),
        ];
        assert_eq!(Walk::new(&entries).reasons(&id("a")), [Reason::Confidential].into());
    }

    #[test]
    fn a_sibling_in_a_panel_is_not_withheld_by_a_members_mark_but_the_panel_is() {
        let entries = [
            entry("panel", statement(), &[], &[]),
            entry("one", statement(), &[(Role::Panel, "panel")], &[Mark::NotForPatient]),
            entry("two", statement(), &[(Role::Panel, "panel")], &[]),
        ];
        let walk = Walk::new(&entries);
        assert!(walk.reasons(&id("two")).is_empty());
        let parts = [id("panel"), id("one"), id("two")];
        let labels = label(&walk, Section::TestResults, parts.iter(), false);
        assert_eq!(labels.reasons, [Reason::NotForPatient].into());
    }

    #[test]
    fn nothing_known_is_withheld() {
        let labels = label(&Walk::new(&[]), Section::Consultations, [id("x")].iter(), false);
        assert!(labels.reasons.contains(&Reason::Awaited));
        assert!(
            label(&Walk::new(&[]), Section::Consultations, [].iter(), false)
                .reasons
                .contains(&Reason::Awaited)
        );
    }
}
