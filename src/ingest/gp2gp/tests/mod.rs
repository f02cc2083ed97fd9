//! What is expected of the reader, on small messages made here and on samples that may stand beside the project.
#![cfg_attr(test, allow(clippy::print_stderr, reason = "a skipped test says so"))]

mod dates_and_people;
mod hostile;
mod results;
mod samples;
mod visibility;

use std::{collections::HashSet, path::PathBuf};

use record::{
    Content, Entry, Fact, Fate, Issue, IssueCode, Mark, MarksCarried, Place, Reference, ReferenceKey, Role,
    Sink, SinkError, Staff, Statement,
};

use super::{emit, extract};

/// Test numbers are from the range that is set aside for them.
pub(super) const NHS_NUMBER: &str = "9990000018";

/// Everything that was handed over.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) entries: Vec<Entry>,
    pub(super) keys: Vec<String>,
    pub(super) staff: Vec<(String, Staff)>,
    pub(super) whole: usize,
    pub(super) rejected: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
    pub(super) bytes: u64,
}

impl Sink for Collected {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        match fact {
            Fact::Entry(key, entry) => {
                self.keys.push(key.expose().to_owned());
                self.entries.push(*entry);
            }
            Fact::Reference(ReferenceKey::Staff(key), reference, _) => {
                if let Reference::Staff(staff) = *reference {
                    self.staff.push((key, staff));
                }
            }
            Fact::Reference(..) => panic!("only staff is told"),
            Fact::Whole(_) => self.whole += 1,
            Fact::Keyed(..)
            | Fact::Removed(..)
            | Fact::Guest(..)
            | Fact::GuestGone(_)
            | Fact::GuestsReplaced(..) => {
                panic!("an extract names its own patient")
            }
        }
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.rejected.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.warnings.push(issue);
    }

    fn progress(&mut self, bytes: u64) {
        self.bytes = bytes;
    }
}

impl Collected {
    pub(super) fn entry(&self, id: &str) -> &Entry {
        self.entries.iter().find(|entry| entry.id.as_str() == id).unwrap_or_else(|| panic!("no entry {id}"))
    }

    pub(super) fn statement(&self, id: &str) -> &Statement {
        match &self.entry(id).content {
            Some(Content::Statement(statement)) => statement,
            other => panic!("{id} is {other:?}"),
        }
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.content, Some(Content::Statement(_))))
    }

    pub(super) fn linked(&self, from: &str, role: Role, to: &str) -> bool {
        self.entry(from).links.iter().any(|link| link.role == role && link.to.as_str() == to)
    }

    /// The marks that come down to an entry: along its links, and from what is said about a statement on the way.
    pub(super) fn marks(&self, id: &str) -> HashSet<Mark> {
        // Each with whether it was come to as something that is said about another.
        let (mut seen, mut open, mut marks) = (HashSet::new(), vec![(id.to_owned(), false)], HashSet::new());
        while let Some((id, said)) = open.pop() {
            if !seen.insert((id.clone(), said)) {
                continue;
            }
            let entry = self.entry(&id);
            marks.extend(entry.marks.iter().cloned());
            let links = entry.links.iter().filter(|link| !(said && link.role == Role::About));
            open.extend(links.map(|link| (link.to.as_str().to_owned(), false)));
            if matches!(entry.content, Some(Content::Statement(_))) {
                let about = |other: &&Entry| {
                    other.links.iter().any(|link| link.role == Role::About && link.to.as_str() == id)
                };
                open.extend(
                    self.entries.iter().filter(about).map(|other| (other.id.as_str().to_owned(), true)),
                );
            }
        }
        marks
    }

    pub(super) fn hidden(&self, id: &str) -> bool {
        !self.marks(id).is_empty()
    }

    /// No link may lead nowhere: the extract is whole, so what is not there will never come.
    pub(super) fn check_links(&self) {
        let ids: HashSet<&str> = self.entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.len(), self.entries.len(), "each key once");
        for entry in &self.entries {
            for link in &entry.links {
                assert!(ids.contains(link.to.as_str()), "{:?} leads nowhere", link.role);
            }
        }
    }

    pub(super) fn warned(&self, code: IssueCode) -> usize {
        self.warnings.iter().filter(|issue| issue.code == code).count()
    }
}

/// A message with this in its folder.
pub(super) fn message(version: &str, folder: &str) -> String {
    let root = format!("RCMR_IN030000{version}");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<interactionId root="2.16.840.1.113883.2.1.3.2.4.12" extension="{root}"/>
<ControlActEvent classCode="CACT"><subject typeCode="SUBJ"><EhrExtract classCode="EXTRACT">
<id root="E0"/><statusCode code="COMPLETE"/><availabilityTime value="20240301120000"/>
<recordTarget><patient><id root="2.16.840.1.113883.2.1.4.1" extension="{NHS_NUMBER}"/></patient></recordTarget>
<component typeCode="COMP"><ehrFolder classCode="FOLDER">{folder}</ehrFolder></component>
</EhrExtract></subject></ControlActEvent></{root}>"#
    )
}

/// A composition `c` of 2 May 2020 with these components.
pub(super) fn composition(components: &str) -> String {
    marked_composition("", components)
}

pub(super) fn marked_composition(mark: &str, components: &str) -> String {
    format!(
        r#"<component><ehrComposition classCode="COMPOSITION"><id root="C"/>
<code code="196401000000100" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/><statusCode code="COMPLETE"/>
<effectiveTime><center value="20200501"/></effectiveTime><availabilityTime value="20200501"/>{mark}
<author typeCode="AUT"><time value="20200502101112"/><agentRef><id root="A1"/></agentRef></author>{components}
</ehrComposition></component>"#
    )
}

/// An observation with this beside its code and date.
pub(super) fn observation(id: &str, more: &str) -> String {
    coded_observation(id, r#"code="163020007" displayName="Reading""#, more)
}

pub(super) fn coded_observation(id: &str, code: &str, more: &str) -> String {
    format!(
        r#"<component><ObservationStatement classCode="OBS"><id root="{id}"/>
<code {code} codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/><statusCode code="COMPLETE"/>
<effectiveTime><center value="20200501"/></effectiveTime><availabilityTime value="20200501"/>{more}
</ObservationStatement></component>"#
    )
}

pub(super) fn note(text: &str) -> String {
    format!(
        "<pertinentInformation><sequenceNumber value=\"+1\"/><pertinentAnnotation><text>{text}</text></pertinentAnnotation></pertinentInformation>"
    )
}

pub(super) fn compound(class: &str, id: &str, code: &str, more: &str) -> String {
    format!(
        r#"<component><CompoundStatement classCode="{class}"><id root="{id}"/>{code}<statusCode code="COMPLETE"/>
<effectiveTime><center nullFlavor="NI"/></effectiveTime><availabilityTime value="20200501"/>{more}
</CompoundStatement></component>"#
    )
}

pub(super) const NOPAT: &str =
    r#"<confidentialityCode code="NOPAT" codeSystem="2.16.840.1.113883.4.642.3.47"/>"#;
pub(super) const BLOOD_PRESSURE: &str =
    r#"<code code="75367002" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Blood pressure"/>"#;
pub(super) const NO_CODE: &str = r#"<code nullFlavor="UNK"><originalText>words</originalText></code>"#;

/// What a message says, which is expected to be readable.
pub(super) fn read(xml: &str) -> Collected {
    let extract = extract::message(xml.as_bytes(), "extract.xml").unwrap_or_else(|issue| panic!("{issue}"));
    collect(extract)
}

/// What one UK07 composition with these components says.
pub(super) fn read_in_composition(components: &str) -> Collected {
    read(&message("UK07", &composition(components)))
}

pub(super) fn collect(extract: extract::Extract) -> Collected {
    let mut collected = Collected::default();
    emit::emit(extract, &mut collected).unwrap();
    collected.check_links();
    collected
}

/// Why a message is refused.
pub(super) fn refused(xml: &[u8]) -> Issue {
    match extract::message(xml, "extract.xml") {
        Ok(_) => panic!("it was read"),
        Err(issue) => *issue,
    }
}

/// A folder of samples beside the project, if it is there.
pub(super) fn samples(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gp2gp").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no samples beside the project");
    None
}

pub(super) fn all_carry(collected: &Collected, carried: MarksCarried) -> bool {
    collected.entries.iter().all(|entry| entry.marks_carried == carried)
}
