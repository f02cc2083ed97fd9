//! Entries: the supplier-neutral facts of one patient's record, and what the source said about who may see them.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    CodeRef, Coded, Demographics, Detail, Effective, FreeText, Identity, Interpretation, NhsNumber,
    OnlineAccess, Quantity, ReferenceRange, Value, WithLists,
};

/// The source's own key of an entry, unique within one patient of one practice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryId(String);

impl EntryId {
    /// A key of 1 to 120 bytes without control characters.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let fits = (1..=120).contains(&id.len()) && !id.chars().any(char::is_control);
        fits.then(|| Self(id.to_owned()))
    }

    /// The key of an entry that is somebody's guest ([`crate::Fact::Guest`]): unique within the practice, and by the
    /// feed's name in front of it never that of an entry of the patient's own feed. Likewise 1 to 120 bytes in all.
    #[must_use]
    pub fn of_guest(feed: &str, id: &str) -> Option<Self> {
        if feed.is_empty() || id.is_empty() { None } else { Self::new(&format!("{feed}:{id}")) }
    }

    /// The key of the patient's own entry, in every feed. Its deletion deletes all that was said of the patient before.
    #[must_use]
    pub fn of_patient() -> Self {
        Self("patient".to_owned())
    }

    /// A number of eight bytes for it, the same for ever (FNV-1a), for where the key itself would be too long.
    #[must_use]
    pub fn short(&self) -> u64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        self.0.bytes().fold(OFFSET, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(PRIME))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One fact of a patient's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The source's key.
    pub id: EntryId,
    /// What it says. `None` for a deletion that came before the entry itself.
    pub content: Option<Content>,
    /// What contains it, or must be as visible as it: marks come down these links.
    pub links: Vec<Link>,
    /// What the source said about its visibility. Empty means: said nothing against showing it.
    pub marks: Vec<Mark>,
    /// Whether the feed could have said.
    pub marks_carried: MarksCarried,
    /// When it was entered or filed.
    pub recorded: Option<Effective>,
    /// The source deleted it. Its marks stay.
    pub deleted: bool,
    /// The source's own order: an entry never replaces one of a later sequence.
    pub sequence: u64,
    /// Where it was read.
    pub place: Place,
}

impl Entry {
    /// An entry of which only this is known: the first of its sequence, without links, marks or dates, of a feed that
    /// could not have marked it.
    #[must_use]
    pub fn new(id: EntryId, content: Option<Content>) -> Self {
        Self {
            id,
            content,
            links: Vec::new(),
            marks: Vec::new(),
            marks_carried: MarksCarried::No,
            recorded: None,
            deleted: false,
            sequence: 1,
            place: Place::default(),
        }
    }

    /// Whether two entries say the same, wherever they were read and in whatever sequence.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.content == other.content
            && self.links == other.links
            && self.marks == other.marks
            && self.marks_carried == other.marks_carried
            && self.recorded == other.recorded
            && self.deleted == other.deleted
    }

    /// The NHS number that the entry gives its patient, if it is a living entry about who they are.
    #[must_use]
    pub fn nhs_number(&self) -> Option<NhsNumber> {
        Some(self.identity()?.nhs_number)
    }

    /// The NHS number and date of birth, if this says who the patient is and has a number.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        if self.deleted { None } else { self.identity_said() }
    }

    /// The same of one that may have been deleted since.
    #[must_use]
    pub fn identity_said(&self) -> Option<Identity> {
        match &self.content {
            Some(Content::Patient(person)) => {
                Some(Identity { nhs_number: person.nhs_number?, birth_date: person.birth_date })
            }
            Some(_) | None => None,
        }
    }
}

/// Whether a feed carries per-entry marks of what may not be shown to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MarksCarried {
    /// It does: no mark means that nobody objected.
    Yes,
    /// It does not (every known CSV, GP2GP UK06): no mark means nothing, so free text stays back.
    No,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// The patient.
    Patient(Box<Demographics>),
    /// Something that holds other entries and has marks of its own, but is not served.
    Container(Container),
    /// A coded statement.
    Statement(Box<Statement>),
    /// A part of who the patient is that the source keeps in a list.
    Detail(Box<Detail>),
    /// A coded statement with values of the practice's lists.
    WithLists(Box<WithLists>),
    /// Access to the record that somebody was given.
    OnlineAccess(Box<OnlineAccess>),
}

/// Kinds of things that hold entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Container {
    /// A consultation or encounter.
    Consultation,
    /// A topic, category or report heading inside one.
    Heading,
    /// A problem that links statements.
    Problem,
    /// A request that results answer.
    Request,
    /// A comment that belongs to another entry and can carry a mark for it.
    Comment,
}

/// A link from an entry to one that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What the other one is to it.
    pub role: Role,
    /// The other one's key.
    pub to: EntryId,
}

/// What a linked entry is to the one that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The consultation or composition that it was recorded in.
    Consultation,
    /// A heading, topic, report or cluster around it.
    Heading,
    /// The panel, battery or parent statement that it is a part of.
    Panel,
    /// The problem that it is filed under.
    Problem,
    /// The request that it answers.
    Request,
    /// The statement that this container describes (a problem's own statement, a comment's subject).
    About,
}

/// What a source says against showing an entry. Any of them withholds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mark {
    /// `NOPAT`: no disclosure to the patient without the attending provider's authorization.
    NotForPatient,
    /// A confidentiality policy on the entry.
    Confidential,
    /// The whole patient is sensitive (on the Spine or in the practice).
    SensitivePatient,
    /// The source said something about visibility that this version does not know.
    Unrecognised,
    /// It has reached the practice, and nobody there has filed it yet.
    NotFiled,
    /// Another feed of the practice says one of these of the same entry. No source says it itself.
    InAnotherFeed,
}

/// Where a fact was read, for reports and explanations.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Place {
    /// The file's name, without folders.
    pub file: String,
    /// The line (or, in XML, the line of the statement's start tag), from 1.
    pub line: u64,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A coded statement about somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What is stated.
    pub code: CodeRef,
    /// About whom.
    pub subject: Subject,
    /// When it was true or done.
    pub effective: Option<Effective>,
    /// The result, if it has one.
    pub value: Option<Value>,
    /// What is normal.
    pub ranges: Vec<ReferenceRange>,
    /// What the source thinks of the result.
    pub interpretation: Option<Interpretation>,
    /// Words with it: associated text, annotations, comments.
    pub text: Vec<FreeText>,
    /// Key of the clinician in the feed's staff list.
    pub performer: Option<String>,
    /// What is known beyond the code if it is a vaccination.
    pub vaccination: Option<Vaccination>,
    /// Whether the statement is final.
    pub status: StatementStatus,
}

impl Statement {
    /// A final statement about the patient of which only the code is known.
    #[must_use]
    pub fn of_patient(code: CodeRef) -> Self {
        Self {
            code,
            subject: Subject::Patient,
            effective: None,
            value: None,
            ranges: Vec::new(),
            interpretation: None,
            text: Vec::new(),
            performer: None,
            vaccination: None,
            status: StatementStatus::Final,
        }
    }
}

/// Whom a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// The patient.
    Patient,
    /// Somebody else (a relative): never served as the patient's own.
    SomebodyElse,
}

/// How far a statement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementStatus {
    /// Filed, complete.
    Final,
    /// Not yet filed, active or unknown: not served.
    Unfiled,
}

/// What a source tells of a vaccination beside its code and date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vaccination {
    /// Whether it was given, where the source has a field for that beside the code. A statement is only ever a
    /// completed vaccination if nothing says that it was not given.
    pub given: Option<Given>,
    /// Why it was given or not given.
    pub reason: Option<Coded>,
    /// The product: a dm+d code, or the name of a brand.
    pub product: Option<Coded>,
    /// Whether whoever gave it says so (`false`: the patient, a parent or another system told it).
    pub primary_source: Option<bool>,
    /// Which dose of its course.
    pub sequence: Option<DoseSequence>,
    /// The maker.
    pub manufacturer: Option<String>,
    /// The batch.
    pub lot_number: Option<String>,
    /// To the day.
    pub expires_on: Option<Date>,
    /// Where on the body: coded, or in words.
    pub site: Option<Coded>,
    /// By which way, likewise.
    pub route: Option<Coded>,
    /// How much.
    pub dose: Option<Quantity>,
}

/// Whether a vaccine was given, as a field of the source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// It was.
    Yes,
    /// It was not: refused, contraindicated, withdrawn.
    No,
    /// The field holds something that this version does not know.
    Unclear,
}

/// Which dose of a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoseSequence {
    /// The first is 1.
    Number(u32),
    /// In words of a list, such as `Booster`: never typed by a person.
    Named(String),
}
