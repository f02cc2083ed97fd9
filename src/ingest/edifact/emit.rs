//! A report to facts: one for each investigation, whose keys stay the same when the report is sent again.
//!
//! **Nothing of this feed is shown to a patient.** It is what a laboratory sends to the practice, before anybody there
//! has looked: a clinician files it, comments on it, speaks with the patient. The message says how far the laboratory
//! has come (`STS`), and has no segment for what the practice did with it. So each entry carries [`Mark::NotFiled`], and
//! that mark withholds it (`not-filed`) whatever else is known; the practice sees it with its label. Nothing that comes
//! later in this feed takes the mark away, a final report least of all. A result is shown once it comes with the
//! practice's own feed, under that feed's key, as its own entry:
//! - EMIS, TPP and Vision extract rows have no column that says whether a result was filed (exports 1 to 3), and are
//!   taken as the practice's record, by that feed's own rules;
//! - GP Connect leaves results that await filing out, and says so in a warning (`data-awaiting-filing`); what is there and
//!   is not final, as a GP2GP statement that is not complete, becomes nothing.
//!
//! No result is taken for the same as one of another feed, and none files another: nothing here could tell.
//!
//! A key is made from the sender, the laboratory's key of the report, the test group and the code, not from the place in
//! the message: a report that is sent again changes nothing, and a corrected one replaces what it corrects, even if the
//! first was about the wrong patient. A corrected report is a new version of the whole report (HL7, DiagnosticReport
//! status `corrected`, `amended`): what it leaves out is gone ([`Fact::GuestsReplaced`]).

use std::collections::HashMap;

use record::{
    CodeClass, CodeRef, Content, Effective, Entry, EntryId, Fact, FreeText, Identity, Issue, IssueCode, Link,
    Mark, MarksCarried, Place, Role, Severity, Sink, SinkError, Statement, StatementStatus, Subject,
};

use super::{
    interchange::{Interchange, Message},
    investigation::{self, Investigation, Wrong},
    report::{self, Report, Specimen},
};

/// The feed's name in the keys of its entries.
const FEED: &str = "nhs003";

/// What a status says of a report, or of an investigation, that was sent before: amended, corrected.
const CORRECTED: [&str; 2] = ["AM", "CO"];
/// Cancelled, entered in error.
const WITHDRAWN: [&str; 2] = ["CA", "EN"];

/// Hands over an interchange that has proved whole.
pub(super) fn emit(interchange: &Interchange, file: &str, sink: &mut dyn Sink) -> Result<(), SinkError> {
    if interchange.beyond_charset {
        let detail = "there are characters that the declared character set has not; they are read as Windows-1252 or UTF-8";
        let place = Place { file: file.to_owned(), line: interchange.number };
        sink.warn(Issue::new(Severity::Warning, IssueCode::Encoding, &place).field("UNB").detail(detail));
    }
    for (at, message) in interchange.messages.iter().enumerate() {
        let below = u64::try_from(at).unwrap_or(u64::MAX).min(999);
        let sequence = interchange.sequence.saturating_add(below);
        Emitting::of(message, interchange, file, sequence).emit(sink)?;
    }
    Ok(())
}

/// A message that is handed over.
struct Emitting<'a> {
    report: Report,
    rows: Vec<Row>,
    sender: &'a str,
    number: u64,
    file: &'a str,
    sequence: u64,
}

/// An investigation and where it begins.
struct Row {
    number: u64,
    read: Result<Investigation, Wrong>,
    /// Its key, once known.
    key: Option<String>,
}

impl<'a> Emitting<'a> {
    fn of(message: &Message, interchange: &'a Interchange, file: &'a str, sequence: u64) -> Self {
        let report = report::read(&message.segments);
        let rows = report.investigations.iter().map(|segments| Row {
            number: segments.first().map_or(message.number, |first| first.number),
            read: investigation::read(segments, interchange.decimal),
            key: None,
        });
        let rows = rows.collect();
        let mut emitting =
            Self { report, rows, sender: &interchange.sender, number: message.number, file, sequence };
        emitting.name();
        emitting
    }

    /// Gives each investigation its key: its group's code, its own, and which of those alike it is.
    fn name(&mut self) {
        let groups: HashMap<String, String> = self.rows.iter().filter_map(Row::as_group).collect();
        let mut alike: HashMap<String, usize> = HashMap::new();
        for row in &mut self.rows {
            let Ok(read) = &row.read else { continue };
            let group = read.within.first().and_then(|number| groups.get(number));
            let kind = match group {
                Some(group) => format!("{group}/{}", code(read)),
                None => code(read).to_owned(),
            };
            let count = alike.entry(kind.clone()).or_default();
            *count += 1;
            row.key = Some(format!("{kind}~{count}"));
        }
    }

    fn emit(&self, sink: &mut dyn Sink) -> Result<(), SinkError> {
        if self.report.undated {
            let detail = "when the report was issued cannot be read";
            sink.warn(self.issue(
                Severity::Warning,
                self.number,
                (IssueCode::DateInvalid, "DTM+ISR", detail),
            ));
        }
        if self.rows.is_empty() {
            let detail = "the report has no investigations";
            sink.warn(self.issue(Severity::Warning, self.number, (IssueCode::PartIgnored, "GIS", detail)));
        }
        for row in &self.rows {
            let mut left_out = Vec::new();
            match self.guest(row, &mut left_out) {
                Ok((identity, entry)) => {
                    let place = entry.place.clone();
                    for wrong in left_out {
                        sink.warn(self.issue(Severity::Warning, row.number, wrong));
                    }
                    sink.fact(&place, Fact::Guest(identity, Box::new(entry)))?;
                }
                Err(wrong) => sink.reject(self.issue(Severity::Error, row.number, wrong)),
            }
        }
        self.replace(sink)
    }

    /// A corrected report, or a withdrawn one, stands for all that was sent under its key: what it leaves out is gone,
    /// and so is what cannot be read in it. One that says neither only adds: a laboratory may send its results as they
    /// come.
    fn replace(&self, sink: &mut dyn Sink) -> Result<(), SinkError> {
        let is = |status: &str, one_of: &[&str]| one_of.iter().any(|code| code.eq_ignore_ascii_case(status));
        let own = self.report.investigations.iter().flatten().filter(|segment| segment.tag == "STS");
        let corrects = own.filter_map(|segment| segment.get(2, 0)).any(|status| is(status, &CORRECTED));
        let whole = self.report.status.as_deref();
        let replaces = corrects || whole.is_some_and(|s| is(s, &CORRECTED) || is(s, &WITHDRAWN));
        match self.key() {
            Some(within) if replaces && self.report.wrong.is_none() => {
                let place = Place { file: self.file.to_owned(), line: self.number };
                sink.fact(&place, Fact::GuestsReplaced(within, self.sequence)).map(drop)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn guest(&self, row: &Row, left_out: &mut Vec<Wrong>) -> Result<(Identity, Entry), Wrong> {
        if let Some((field, detail)) = self.report.wrong {
            return Err((IssueCode::WrongFormat, field, detail));
        }
        let Some(nhs_number) = self.report.person.nhs_number else {
            return Err((IssueCode::PatientInvalid, "PNA+PAT", "without a valid NHS number nobody is named"));
        };
        let read = row.read.as_ref().map_err(|wrong| *wrong)?;
        left_out.extend(read.left_out.iter().copied());
        let id = self.id(row).ok_or((IssueCode::KeyInvalid, "RFF+SRI", "no key can be made of it"))?;
        let (links, complete) = self.links(read, left_out);
        let (mut status, withdrawn) = self.status(read);
        if !complete {
            status = StatementStatus::Unfiled;
        }
        let entry = Entry {
            id,
            content: Some(Content::Statement(Box::new(self.statement(read, status, left_out)?))),
            links,
            marks: vec![Mark::NotFiled],
            marks_carried: MarksCarried::No,
            recorded: self.report.issued,
            deleted: withdrawn,
            sequence: self.sequence,
            place: Place { file: self.file.to_owned(), line: row.number },
        };
        Ok((Identity { nhs_number, birth_date: self.report.person.birth_date }, entry))
    }

    fn statement(
        &self,
        read: &Investigation,
        status: StatementStatus,
        left_out: &mut Vec<Wrong>,
    ) -> Result<Statement, Wrong> {
        let specimens = self.specimens(read, left_out);
        let mut text = read.text.clone();
        // What is said about a specimen stands with the investigations that name it, not again with each of their parts.
        if read.within.is_empty() {
            text.extend(specimens.iter().flat_map(|specimen| &specimen.text).cloned());
        }
        Ok(Statement {
            code: CodeRef::Given(read.coded.clone(), Some(CodeClass::Laboratory)),
            subject: Subject::Patient,
            effective: collected(&specimens)?,
            value: read.value.clone(),
            ranges: read.ranges.clone(),
            interpretation: read.interpretation,
            text: text.into_iter().collect::<Vec<FreeText>>(),
            performer: None,
            vaccination: None,
            status,
        })
    }

    fn id(&self, row: &Row) -> Option<EntryId> {
        EntryId::new(&format!("{}/{}", self.key()?.as_str(), row.key.as_deref()?))
    }

    /// The key of the report, with which those of its investigations begin. A slash inside it would end it too early.
    fn key(&self) -> Option<EntryId> {
        let part = |text: &str| text.replace('%', "%25").replace('/', "%2F");
        EntryId::of_guest(FEED, &format!("{}/{}", part(self.sender), part(self.report.id.as_deref()?)))
    }

    /// The groups that a result is in; and whether they all are in the message.
    fn links(&self, read: &Investigation, left_out: &mut Vec<Wrong>) -> (Vec<Link>, bool) {
        let mut links = Vec::new();
        let mut complete = true;
        for number in &read.within {
            let group = self.rows.iter().find(|row| row.group() == Some(number.as_str()));
            match group.and_then(|group| self.id(group)) {
                Some(to) => links.push(Link { role: Role::Panel, to }),
                None => {
                    let detail = "it names a test group that is not in the message";
                    left_out.push((IssueCode::PartIgnored, "RFF+ARL", detail));
                    complete = false;
                }
            }
        }
        (links, complete)
    }

    /// Its own specimens, else those of the group that it is in, else the only one.
    fn specimens(&self, read: &Investigation, left_out: &mut Vec<Wrong>) -> Vec<&Specimen> {
        let of_group = || {
            let group = read.within.iter().find_map(|number| {
                self.rows.iter().find(|row| row.group() == Some(number.as_str()))?.read.as_ref().ok()
            });
            group.map(|group| group.specimens.clone()).unwrap_or_default()
        };
        let numbers = if read.specimens.is_empty() { of_group() } else { read.specimens.clone() };
        if numbers.is_empty() {
            return self.report.specimen(None).into_iter().collect();
        }
        let found: Vec<&Specimen> =
            numbers.iter().filter_map(|number| self.report.specimen(Some(number))).collect();
        if found.len() < numbers.len() {
            let detail = "it names a specimen that is not in the message";
            left_out.push((IssueCode::PartIgnored, "RFF+ASL", detail));
        }
        found
    }

    /// How far it has come, and whether it was withdrawn. Only what is final, or corrects what was, counts; what the
    /// report says of itself counts for all that is in it.
    fn status(&self, read: &Investigation) -> (StatementStatus, bool) {
        let said = [self.report.status.as_deref(), read.status.as_deref()];
        let withdrawn = said.iter().flatten().any(|status| WITHDRAWN.contains(status));
        // `UN`, unspecified, is all that the standard lets a report say of itself.
        let report = matches!(said[0], None | Some("UN" | "FI" | "CO"));
        let own = matches!(said[1], None | Some("FI" | "CO"));
        (if report && own { StatementStatus::Final } else { StatementStatus::Unfiled }, withdrawn)
    }

    fn issue(&self, severity: Severity, number: u64, (code, field, detail): Wrong) -> Issue {
        let place = Place { file: self.file.to_owned(), line: number };
        Issue::new(severity, code, &place).field(field).detail(detail)
    }
}

impl Row {
    /// The number that its results name it by.
    fn group(&self) -> Option<&str> {
        self.read.as_ref().ok()?.group.as_deref()
    }

    fn as_group(&self) -> Option<(String, String)> {
        let read = self.read.as_ref().ok()?;
        Some((read.group.clone()?, code(read).to_owned()))
    }
}

/// The code that stands in a key; what has none is counted with its like.
fn code(read: &Investigation) -> &str {
    read.coded.codings.first().map_or("text", |coding| coding.code.as_str())
}

/// When the specimens were taken, if that is one time.
fn collected(specimens: &[&Specimen]) -> Result<Option<Effective>, Wrong> {
    if specimens.iter().any(|specimen| specimen.undated) {
        return Err((IssueCode::DateInvalid, "DTM+SCO", "when the specimen was taken cannot be read"));
    }
    let first = specimens.first().and_then(|specimen| specimen.collected);
    let one = specimens.iter().all(|specimen| specimen.collected == first);
    Ok(first.filter(|_| one))
}
