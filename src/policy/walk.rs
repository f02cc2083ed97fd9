//! The walk from an entry along its links to everything that speaks against showing it.

use std::collections::{BTreeSet, HashMap, HashSet};

use record::{Content, Entry, EntryId, Mark, Role};

use crate::{Oversight, Reason, oversight::words};

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

    /// Whether the words of an entry may go out or may not, if the practice decided that about the words that it has now.
    /// What is withheld in any feed's record of the person stays back in all.
    #[must_use]
    pub fn lets_words_out(&self, entry: &Entry) -> Option<bool> {
        if self.oversight.withheld_elsewhere.contains(&entry.id) {
            return Some(false);
        }
        // Of most entries nothing was decided, and their words need not be looked at.
        self.oversight.reviewed.get(&entry.id)?;
        self.oversight.review(&entry.id, words(entry)?).map(|review| review.release)
    }

    /// An entry by its key.
    #[must_use]
    pub fn entry(&self, id: &EntryId) -> Option<&'a Entry> {
        self.entries.get(id).copied()
    }

    /// The reasons against showing an entry: see [`Walk::grounds`].
    #[must_use]
    pub fn reasons(&self, of: &EntryId) -> BTreeSet<Reason> {
        self.grounds(of).into_iter().map(|(reason, _)| reason).collect()
    }

    /// What speaks against showing an entry, and on which entry it stands: its own, that of everything that contains
    /// it, and that of what is said about it or about a statement that contains it (a comment, a problem). What else
    /// such a comment is about does not matter: one hidden result does not hide those beside it.
    #[must_use]
    pub fn grounds<'w>(&'w self, of: &'w EntryId) -> BTreeSet<(Reason, &'w EntryId)> {
        let mut grounds = BTreeSet::new();
        self.around(of, &mut |id, entry| {
            let Some(entry) = entry else {
                grounds.insert((Reason::Awaited, id));
                return;
            };
            grounds.extend(entry.marks.iter().map(|mark| (reason(mark), id)));
            if self.oversight.hidden.contains_key(id) {
                grounds.insert((Reason::HiddenByPractice, id));
            }
            // A deletion that came before the entry itself says nothing about the entry's marks.
            if entry.content.is_none() {
                grounds.insert((Reason::Awaited, id));
            }
        });
        grounds
    }

    /// Shows an entry and everything around it that speaks for it, as [`Walk::grounds`] says: by its key alone where it
    /// has not come.
    pub fn around<'w>(&'w self, of: &'w EntryId, see: &mut dyn FnMut(&'w EntryId, Option<&'a Entry>)) {
        let mut seen: HashSet<(&EntryId, bool)> = HashSet::new();
        // Each with whether it was come to as something that is said about another.
        let mut open: Vec<(&EntryId, bool)> = vec![(of, false)];
        while let Some((id, said)) = open.pop() {
            let Some(entry) = self.entry(id) else {
                see(id, None);
                continue;
            };
            if !seen.insert((id, said)) {
                continue;
            }
            see(id, Some(entry));
            let links = entry.links.iter().filter(|link| !(said && link.role == Role::About));
            open.extend(links.map(|link| (&link.to, false)));
            // What is said about a heading concerns the heading; what is said about a statement concerns it whole.
            if matches!(entry.content, Some(Content::Statement(_) | Content::WithLists(_))) {
                open.extend(self.about.get(id).into_iter().flatten().map(|about| (&about.id, true)));
            }
        }
    }
}

fn reason(mark: &Mark) -> Reason {
    match mark {
        Mark::NotForPatient => Reason::NotForPatient,
        Mark::Confidential => Reason::Confidential,
        Mark::SensitivePatient => Reason::SensitivePatient,
        Mark::Unrecognised => Reason::UnrecognisedMark,
        Mark::NotFiled => Reason::NotFiled,
        Mark::InAnotherFeed => Reason::MarkedInAnotherFeed,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jiff::Timestamp;
    use record::{CodeRef, Coded, Container, FreeText, Link, Place, Statement};

    use record::{MarksCarried, Section};

    use super::*;
    use crate::{Decided, Review, label};

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
        Content::Statement(Box::new(Statement::of_patient(CodeRef::Given(Coded::default(), None))))
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
    fn a_ground_names_the_entry_that_it_stands_on() {
        let entries = [
            entry("visit", Content::Container(Container::Consultation), &[], &[Mark::Confidential]),
            entry("one", statement(), &[(Role::Consultation, "visit"), (Role::Problem, "missing")], &[]),
        ];
        let labels = label(&walk(&entries), Section::Consultations, [id("one")].iter(), true, [].into());
        let grounds = [
            (Reason::Confidential, id("visit")),
            (Reason::Awaited, id("missing")),
            (Reason::IdentifyingCode, id("one")),
        ];
        assert_eq!(labels.grounds, grounds.into());
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
