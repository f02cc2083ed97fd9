//! One patient's rows while the message is read: marks and references may come after what they concern, so nothing
//! is handed over before the end. Bounded by [`ROWS`]. Knows nothing of XML.

use std::collections::HashMap;

use record::{Container, Effective, EntryId, Issue, Link, Mark, Statement};

/// More statements than any patient has.
pub(super) const ROWS: usize = 200_000;

/// The place of a row in [`Rows`].
pub(super) type At = usize;

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    /// Its key; until it has been claimed, and for a row without one, made from its place.
    pub(super) id: String,
    /// The line of its start tag.
    pub(super) line: u64,
    /// The composition that it is in; none for a composition.
    pub(super) composition: Option<At>,
    /// The compound that it is directly in.
    pub(super) parent: Option<At>,
    /// What it says.
    pub(super) body: Body,
    /// Its class, if it is a compound.
    pub(super) class: Option<Class>,
    /// What was said about its visibility.
    pub(super) marks: Vec<Mark>,
    /// When it was entered.
    pub(super) recorded: Option<Effective>,
    /// Keys of statements that it follows or is justified by.
    pub(super) priors: Vec<String>,
    /// An earlier row with the same key.
    pub(super) twin: Option<At>,
    /// Why it cannot be used.
    pub(super) rejected: Option<Box<Issue>>,
    /// It repeats another row.
    pub(super) folded: bool,
    /// The links, once they are known.
    pub(super) links: Vec<Link>,
}

/// What a row says.
#[derive(Debug)]
pub(super) enum Body {
    /// Something that is not served.
    Container(Container),
    /// A compound, which becomes a heading or a statement once its children are known.
    Compound(Box<Compound>),
    /// A coded statement.
    Statement(Box<Statement>),
    /// Words of their own, about something else or nothing; what they say, if that is known.
    Comment(Option<Box<Statement>>),
    /// A problem, with the key of the statement that names it and the keys of those filed under it.
    Problem {
        /// The statement that names it.
        named: Option<String>,
        /// The statements under it.
        members: Vec<String>,
    },
}

/// A compound while its children are not known.
#[derive(Debug)]
pub(super) struct Compound {
    /// Its class.
    pub(super) class: Class,
    /// It has a specimen of its own, or is one.
    pub(super) specimen: bool,
    /// It says that it is a laboratory report.
    pub(super) report: bool,
    /// It says that what is in it are allergies.
    pub(super) allergies: bool,
    /// What it becomes if it turns out to head a panel; `None` if it has no code, or no date that can be read.
    pub(super) header: Option<Statement>,
}

/// The classes of compounds that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `BATTERY`: a test group, a blood pressure.
    Battery,
    /// `CLUSTER`: a report, a specimen, a result with its comments, a template.
    Cluster,
    /// `TOPIC`, `CATEGORY` and whatever else there may be.
    Other,
}

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    all: Vec<Row>,
    /// The first row of each key, whichever of its identifiers it is.
    keys: HashMap<String, At>,
    /// Marks on things that are no rows (medication, documents), by key.
    elsewhere: HashMap<String, Vec<Mark>>,
}

impl Rows {
    /// Makes room for a row that has just begun. `None` if there are too many.
    pub(super) fn begin(&mut self, line: u64, composition: Option<At>, parent: Option<At>) -> Option<At> {
        let at = self.all.len();
        (at < ROWS).then(|| {
            self.all.push(Row {
                id: format!("unnamed~{at}"),
                line,
                composition,
                parent,
                body: Body::Comment(None),
                class: None,
                marks: Vec::new(),
                recorded: None,
                priors: Vec::new(),
                twin: None,
                rejected: None,
                folded: false,
                links: Vec::new(),
            });
            at
        })
    }

    /// Gives a row its key, the first of its identifiers that can be one. Says whether it has one. A key that is
    /// taken is made unique, and the row remembers its twin: a mark on either concerns both.
    pub(super) fn claim(&mut self, at: At, ids: &[String]) -> bool {
        // A tilde is ours: no statement may take a key that was made up for another.
        let usable = |id: &&String| {
            EntryId::new(id).is_some() && id.len() <= 100 && !id.contains('~') && *id != PATIENT
        };
        let Some(id) = ids.iter().find(usable) else { return false };
        let twin = self.keys.get(id).copied();
        if let Some(row) = self.all.get_mut(at) {
            row.id = if twin.is_some() { format!("{id}~{at}") } else { id.clone() };
            row.twin = twin;
        }
        for id in ids {
            self.keys.entry(id.clone()).or_insert(at);
        }
        true
    }

    /// Remembers the marks of something that is no row.
    pub(super) fn mark_elsewhere(&mut self, ids: &[String], marks: &[Mark]) {
        for id in ids {
            self.elsewhere.entry(id.clone()).or_default().extend(marks.iter().cloned());
        }
    }

    /// The marks of something that is no row.
    pub(super) fn marks_elsewhere(&self, id: &str) -> &[Mark] {
        self.elsewhere.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first row with a key.
    pub(super) fn find(&self, id: &str) -> Option<At> {
        self.keys.get(id).copied()
    }

    /// A row.
    pub(super) fn get(&self, at: At) -> Option<&Row> {
        self.all.get(at)
    }

    /// A row, to be changed.
    pub(super) fn get_mut(&mut self, at: At) -> Option<&mut Row> {
        self.all.get_mut(at)
    }

    /// Every row in the order of the message: a compound before what is in it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (At, &Row)> {
        self.all.iter().enumerate()
    }

    /// Every row, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (At, &mut Row)> {
        self.all.iter_mut().enumerate()
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The rows themselves.
    pub(super) fn into_all(self) -> Vec<Row> {
        self.all
    }
}

/// The key of the entry that is the patient; no statement may take it.
pub(super) const PATIENT: &str = "patient";
