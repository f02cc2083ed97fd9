//! A pathology report (NHS003): who it is about, which specimens, and the investigations in its segment groups. It
//! sorts segments into groups; what a segment of an investigation means is `investigation`'s.

use jiff::civil::Date;
use record::{Effective, FreeText, NhsNumber};

use super::{date, syntax::Segment};

/// A report as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The laboratory's own key of it (`RFF+SRI`).
    pub(super) id: Option<String>,
    /// What the report says of itself as a whole (`STS`).
    pub(super) status: Option<String>,
    /// When it was issued (`DTM+ISR`).
    pub(super) issued: Option<Effective>,
    /// Who it is about.
    pub(super) person: Person,
    /// The specimens.
    pub(super) specimens: Vec<Specimen>,
    /// The segments of each investigation, in the order of the message.
    pub(super) investigations: Vec<Vec<Segment>>,
    /// What is wrong with it, as the element and words: nothing of it can be used.
    pub(super) wrong: Option<(&'static str, &'static str)>,
    /// A date that cannot be read and was left out.
    pub(super) undated: bool,
}

/// The patient, by what the practice's own patient is found by. The name is not needed for that and is not read.
#[derive(Default)]
pub(super) struct Person {
    /// The NHS number, if it is one.
    pub(super) nhs_number: Option<NhsNumber>,
    /// The date of birth.
    pub(super) birth_date: Option<Date>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(..)")
    }
}

/// A specimen.
#[derive(Debug, Default)]
pub(super) struct Specimen {
    /// Its number in this message (`SEQ`).
    pub(super) number: Option<String>,
    /// When it was taken (`DTM+SCO`).
    pub(super) collected: Option<Effective>,
    /// Its date cannot be read.
    pub(super) undated: bool,
    /// What the laboratory says about it.
    pub(super) text: Vec<FreeText>,
}

/// The group that a segment stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Head,
    Report,
    Subject,
    Patient,
    Clinical,
    Specimen,
    Investigation,
}

/// Sorts the segments of a message.
pub(super) fn read(segments: &[Segment]) -> Report {
    let mut report = Report::default();
    let mut group = Group::Head;
    let (mut reports, mut subjects, mut people) = (0, 0, 0);
    for segment in segments {
        group = match (segment.tag.as_str(), group) {
            ("S02", _) => Group::Report,
            ("S06", _) => Group::Subject,
            ("S07", _) => Group::Patient,
            ("S10", _) => Group::Clinical,
            ("S16", _) => Group::Specimen,
            // The report itself has a `GIS` too.
            (
                "GIS",
                Group::Subject | Group::Patient | Group::Clinical | Group::Specimen | Group::Investigation,
            ) => Group::Investigation,
            (_, group) => group,
        };
        match segment.tag.as_str() {
            "S02" => reports += 1,
            "S06" => subjects += 1,
            "S07" => people += 1,
            "S16" => report.specimens.push(Specimen::default()),
            "GIS" if group == Group::Investigation => report.investigations.push(Vec::new()),
            _ => {}
        }
        report.take(group, segment);
    }
    if (reports, subjects, people) != (1, 1, 1) {
        report.wrong = Some(("S02", "a message is one report about one patient"));
    } else if report.id.is_none() {
        report.wrong = Some(("RFF+SRI", "the report has no key"));
    }
    report
}

impl Report {
    fn take(&mut self, group: Group, segment: &Segment) {
        match group {
            Group::Report => match segment.tag.as_str() {
                "RFF" if segment.is("RFF", "SRI") => self.id = segment.get(1, 1).map(str::to_owned),
                "STS" => self.status = segment.get(2, 0).map(str::to_uppercase),
                "DTM" if segment.is("DTM", "ISR") => match date::read(segment) {
                    Ok(issued) => self.issued = issued,
                    Err(()) => self.undated = true,
                },
                _ => {}
            },
            Group::Patient => self.person.take(segment),
            Group::Specimen => {
                if let Some(specimen) = self.specimens.last_mut() {
                    specimen.take(segment);
                }
            }
            Group::Investigation => {
                if let Some(investigation) = self.investigations.last_mut() {
                    investigation.push(segment.clone());
                }
            }
            // Whom to send it to, and why it was asked for: not the patient's results.
            Group::Head | Group::Subject | Group::Clinical => {}
        }
    }

    /// The specimen of a number; where there is one alone, it is meant whether or not it is named.
    pub(super) fn specimen(&self, number: Option<&str>) -> Option<&Specimen> {
        match (number, self.specimens.as_slice()) {
            (Some(number), all) => all.iter().find(|specimen| specimen.number.as_deref() == Some(number)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl Person {
    fn take(&mut self, segment: &Segment) {
        if segment.is("PNA", "PAT") {
            // `OPI` says that it is the NHS's number and not the hospital's.
            let number = segment.get(2, 0).filter(|_| segment.get(2, 1) == Some("OPI"));
            self.nhs_number = number.and_then(|number| number.parse().ok());
        } else if segment.is("DTM", "329")
            && let Ok(Some(Effective::Day(day))) = date::read(segment)
        {
            self.birth_date = Some(day);
        }
    }
}

impl Specimen {
    fn take(&mut self, segment: &Segment) {
        match segment.tag.as_str() {
            "SEQ" => self.number = segment.get(2, 0).map(str::to_owned),
            "DTM" if segment.is("DTM", "SCO") => match date::read(segment) {
                Ok(collected) => self.collected = collected,
                Err(()) => self.undated = true,
            },
            "FTX" => self.text.extend(free_text(segment)),
            _ => {}
        }
    }
}

/// The words of an `FTX`, its lines one below the other.
pub(super) fn free_text(segment: &Segment) -> Option<FreeText> {
    FreeText::new(&segment.components(4).join("\n"))
}
