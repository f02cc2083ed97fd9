//! From the root of a message to the compositions: which interaction it is, whose record, sent when.

use std::io::BufRead;

use record::{Issue, IssueCode, Mark, MarksCarried, NhsNumber, OdsCode, PatientKey, Severity};

use super::{
    agents::{self, Agent},
    composition,
    head::{identifier, mark},
    node::Node,
    notes::Notes,
    other::not_an_extract,
    reading::Reading,
    rows::Rows,
    time,
    xml::{Fatal, Step, Tag, Xml},
};

const NHS_NUMBER: &str = "2.16.840.1.113883.2.1.4.1";
const ODS: &str = "1.2.826.0.1285.0.1.10";

/// Everything that one message says.
#[derive(Debug)]
pub(super) struct Extract {
    /// Whose record it is.
    pub(super) patient: PatientKey,
    /// Their NHS number, if it is one.
    pub(super) nhs_number: Option<NhsNumber>,
    /// The line on which the patient is named.
    pub(super) patient_line: u64,
    /// The line on which the extract begins.
    pub(super) line: u64,
    /// Whether the interaction can carry marks.
    pub(super) marks_carried: MarksCarried,
    /// When the extract was made, as a number that grows.
    pub(super) sequence: u64,
    /// The organisations between which it was sent.
    pub(super) between: Between,
    /// Who is named in it.
    pub(super) agents: Vec<Agent>,
    /// What is in it.
    pub(super) rows: Rows,
    /// What is worth knowing about it.
    pub(super) notes: Notes,
}

impl Extract {
    /// Looks whether the message is about a patient of the practice that it is loaded for: a record goes from the practice
    /// that had the patient to the one that has them now, and a supplier may also send what a practice would. So either of
    /// the two may be the practice; a message that was sent between two others is one of theirs. Where it does not say to
    /// whom, or has the code that test systems send to, it is taken and told.
    ///
    /// # Errors
    /// The fatal issue for which the batch is refused.
    pub(super) fn check_practice(&mut self, practice: &OdsCode) -> Result<(), Fatal> {
        let Between { from, to } = &self.between;
        let is_ours = |one: &Option<OdsCode>| one.as_ref() == Some(practice);
        if !practice.is_known() || is_ours(from) || is_ours(to) || (from.is_none() && to.is_none()) {
            return Ok(());
        }
        let detail =
            "neither who sent the message nor to whom it was sent is the practice that it is loaded for";
        if to.as_ref().is_some_and(|to| to.as_str() != TEST_DESTINATION) {
            let issue = Issue::new(Severity::Fatal, IssueCode::WrongPractice, &self.notes.place(self.line));
            return Err(Box::new(issue.field("destination").detail(detail)));
        }
        self.notes.warn(IssueCode::WrongPractice, self.line, "destination", detail);
        Ok(())
    }
}

/// To whom the national test harness sends; no organisation has this code.
const TEST_DESTINATION: &str = "121314";

/// Who sent a message, and to whom, as far as it says.
#[derive(Debug, Default)]
pub(super) struct Between {
    from: Option<OdsCode>,
    to: Option<OdsCode>,
}

/// What is known of a message before its record is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    /// When the extract was made, as a number that grows.
    pub(super) sequence: u64,
}

/// Reads a message as far as it must be to say that it is one, and how it is ordered among others.
pub(super) fn outline<R: BufRead>(source: R, file: &str) -> Result<Outline, Fatal> {
    let mut xml = Xml::new(source, file);
    let root = root(&mut xml)?;
    interaction(&xml, &root)?;
    let mut sequence = 0;
    if let Some(extract) = descend(&mut xml, &root, &mut |_, _| {})? {
        while let Some(child) = xml.child(&extract)? {
            if child.name == "availabilityTime" {
                sequence = child.get("value").and_then(time::sequence).unwrap_or(0);
                break;
            }
            if child.name == "component" {
                break;
            }
        }
        return Ok(Outline { sequence });
    }
    Err(xml.fatal(IssueCode::ElementMissing, "the message has no ControlActEvent/subject/EhrExtract"))
}

/// Reads a whole message.
pub(super) fn message<R: BufRead>(source: R, file: &str) -> Result<Extract, Fatal> {
    let mut xml = Xml::new(source, file);
    let root = root(&mut xml)?;
    let mut carried = interaction(&xml, &root)?;
    // A sender that names the older interaction inside the newer root has set no marks.
    let named = &mut |name: &str, tag: &Tag| {
        if name == "interactionId" && tag.get("extension").is_some_and(|named| named != root.name) {
            carried = MarksCarried::No;
        }
    };
    let Some(extract) = descend(&mut xml, &root, named)? else {
        return Err(
            xml.fatal(IssueCode::ElementMissing, "the message has no ControlActEvent/subject/EhrExtract")
        );
    };
    finish(record_of(xml, &extract, file, carried, None)?)
}

/// Reads a bare `EhrExtract`, as if it stood in a message of the given kind.
#[cfg(test)]
pub(super) fn fragment<R: BufRead>(source: R, file: &str, carried: MarksCarried) -> Result<Extract, Fatal> {
    let mut xml = Xml::new(source, file);
    let root = root(&mut xml)?;
    if root.name != "EhrExtract" {
        return Err(xml.fatal(IssueCode::WrongFormat, "the root element is to be EhrExtract"));
    }
    finish(record_of(xml, &root, file, carried, PatientKey::of_message("gp2gp", "fragment"))?)
}

fn root<R: BufRead>(xml: &mut Xml<R>) -> Result<Tag, Fatal> {
    match xml.step(false)? {
        Step::Open(tag) => Ok(tag),
        Step::Text(_) | Step::Close | Step::End => {
            Err(xml.fatal(IssueCode::Truncated, "there is no element"))
        }
    }
}

fn interaction<R: BufRead>(xml: &Xml<R>, root: &Tag) -> Result<MarksCarried, Fatal> {
    match root.name.as_str() {
        "RCMR_IN030000UK07" => Ok(MarksCarried::Yes),
        "RCMR_IN030000UK06" => Ok(MarksCarried::No),
        other => Err(xml.fatal(IssueCode::WrongFormat, not_an_extract(other))),
    }
}

/// Goes down to the next `EhrExtract`, showing the elements beside the way.
fn descend<R: BufRead>(
    xml: &mut Xml<R>,
    root: &Tag,
    shown: &mut dyn FnMut(&str, &Tag),
) -> Result<Option<Tag>, Fatal> {
    while let Some(event) = xml.child(root)? {
        shown(&event.name, &event);
        if event.name != "ControlActEvent" {
            continue;
        }
        while let Some(subject) = xml.child(&event)? {
            if subject.name != "subject" {
                continue;
            }
            while let Some(extract) = xml.child(&subject)? {
                if extract.name == "EhrExtract" {
                    return Ok(Some(extract));
                }
            }
        }
    }
    Ok(None)
}

/// A record that has been read, and the message behind it, which has not ended yet.
struct Record<R> {
    xml: Xml<R>,
    whose: Whose,
    line: u64,
    marks_carried: MarksCarried,
    sequence: u64,
    between: Between,
    agents: Vec<Agent>,
    rows: Rows,
    notes: Notes,
}

/// Who the patient is.
struct Whose {
    key: PatientKey,
    nhs_number: Option<NhsNumber>,
    line: u64,
}

fn record_of<R: BufRead>(
    xml: Xml<R>,
    extract: &Tag,
    file: &str,
    marks_carried: MarksCarried,
    unnamed: Option<PatientKey>,
) -> Result<Record<R>, Fatal> {
    let mut r = Reading { xml, rows: Rows::default(), notes: Notes::new(file) };
    let (mut id, mut patient, mut sequence) = (None, None, None);
    let (mut between, mut agents, mut marks) = (Between::default(), Vec::new(), Vec::new());
    while let Some(child) = r.xml.child(extract)? {
        match child.name.as_str() {
            "id" => id = identifier(&Node::read(&mut r.xml, &child)?),
            "availabilityTime" => sequence = child.get("value").and_then(time::sequence),
            "recordTarget" if patient.is_none() => patient = Some(Node::read(&mut r.xml, &child)?),
            "author" => between.from = organisation(&Node::read(&mut r.xml, &child)?).or(between.from),
            "destination" => between.to = organisation(&Node::read(&mut r.xml, &child)?).or(between.to),
            "confidentialityCode" => marks.push(mark(child.get("code"), child.line, &mut r.notes)),
            "component" => {
                while let Some(folder) = r.xml.child(&child)? {
                    if folder.name == "ehrFolder" {
                        self::folder(&mut r, &folder, &mut agents, &mut marks)?;
                    }
                }
            }
            _ => {}
        }
    }
    // The schema has no mark on an extract or a folder; one that is there concerns everything inside.
    for (_, row) in r.rows.iter_mut().filter(|(_, row)| row.composition.is_none()) {
        row.marks.extend(marks.iter().cloned());
    }
    let whose = whose(&mut r, patient.as_ref(), id.as_deref(), extract.line, unnamed)?;
    if sequence.is_none() {
        r.notes.warn(
            IssueCode::PartIgnored,
            extract.line,
            "availabilityTime",
            "when the extract was made is not known",
        );
    }
    let Reading { xml, rows, notes } = r;
    let sequence = sequence.unwrap_or(0);
    Ok(Record { xml, whose, line: extract.line, marks_carried, sequence, between, agents, rows, notes })
}

/// The organisation that a participation in the extract names.
fn organisation(node: &Node) -> Option<OdsCode> {
    let id = node.find("agentOrganizationSDS")?.child("id").filter(|id| id.get("root") == Some(ODS))?;
    id.get("extension")?.parse().ok()
}

fn folder<R: BufRead>(
    r: &mut Reading<R>,
    folder: &Tag,
    agents: &mut Vec<Agent>,
    marks: &mut Vec<Mark>,
) -> Result<(), Fatal> {
    while let Some(child) = r.xml.child(folder)? {
        match child.name.as_str() {
            "responsibleParty" => {
                while let Some(directory) = r.xml.child(&child)? {
                    if directory.name == "agentDirectory" {
                        agents.extend(agents::read(&mut r.xml, &directory)?);
                    }
                }
            }
            "confidentialityCode" => marks.push(mark(child.get("code"), child.line, &mut r.notes)),
            "component" => {
                while let Some(tag) = r.xml.child(&child)? {
                    if tag.name == "ehrComposition" {
                        composition::read(r, &tag)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The key of the patient: the NHS number, else whatever the source calls them, else the extract itself.
fn whose<R: BufRead>(
    r: &mut Reading<R>,
    target: Option<&Node>,
    extract: Option<&str>,
    line: u64,
    unnamed: Option<PatientKey>,
) -> Result<Whose, Fatal> {
    let line = target.map_or(line, |target| target.line);
    let ids: Vec<&Node> = target
        .and_then(|target| target.child("patient"))
        .into_iter()
        .flat_map(|p| p.children("id"))
        .collect();
    let number = ids.iter().filter(|id| id.get("root") == Some(NHS_NUMBER));
    let number: Option<NhsNumber> = number.filter_map(|id| id.get("extension")?.parse().ok()).next();
    if let Some(number) = number
        && let Some(key) = PatientKey::of_message("nhs", number.expose())
    {
        return Ok(Whose { key, nhs_number: Some(number), line });
    }
    r.notes.warn(
        IssueCode::NhsNumberInvalid,
        line,
        "patient/id",
        "it is no NHS number under the NHS number's root",
    );
    let named = ids.iter().find_map(|id| identifier(id));
    let key = named.as_deref().or(extract).and_then(|id| PatientKey::of_message("gp2gp", id));
    match key.or(unnamed) {
        Some(key) => Ok(Whose { key, nhs_number: None, line }),
        None => Err(r.xml.fatal(IssueCode::ElementMissing, "neither patient nor extract has an id")),
    }
}

/// Reads to the end of the message: only there is it known to be whole, and about one patient.
fn finish<R: BufRead>(mut record: Record<R>) -> Result<Extract, Fatal> {
    loop {
        match record.xml.step(false)? {
            Step::End => break,
            Step::Open(tag) if tag.name == "EhrExtract" => {
                return Err(record.xml.fatal(IssueCode::WrongFormat, "a message holds one EhrExtract"));
            }
            Step::Open(_) | Step::Text(_) | Step::Close => {}
        }
    }
    Ok(Extract {
        patient: record.whose.key,
        nhs_number: record.whose.nhs_number,
        patient_line: record.whose.line,
        line: record.line,
        marks_carried: record.marks_carried,
        sequence: record.sequence,
        between: record.between,
        agents: record.agents,
        rows: record.rows,
        notes: record.notes,
    })
}
