//! What became of each row, and what was wrong with it. Nothing here holds a value of a patient's.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{EntryId, Place};

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It changed what is stored.
    Stored,
    /// It says what is already stored, or is older than that.
    Unchanged,
    /// It is kept, but waits for something that it names and that has not come yet.
    Parked,
    /// It could not be used.
    Rejected,
}

/// How bad an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing was read: the file or the batch is refused.
    Fatal,
    /// The row was rejected.
    Error,
    /// The row was kept; something about it is worth knowing.
    Warning,
}

macro_rules! issue_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $advice:literal;)+) => {
        /// The closed list of what can be wrong, each with a stable code for machines and advice for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IssueCode { $($(#[doc = $doc])+ $name,)+ }

        impl IssueCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)+ } }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> &'static str { match self { $(Self::$name => $advice,)+ } }
        }
    };
}

issue_codes! {
    /// The file cannot be opened or read.
    FileUnreadable = "file-unreadable", "check that the path exists and may be read";
    /// A file that every batch of this format has is not there.
    FileMissing = "file-missing", "send the whole batch: an extract has a file for each table, if only with its header; a message has all its parts";
    /// The file is not of this format.
    WrongFormat = "wrong-format", "check --format, and that this file belongs to it";
    /// The file's name or content belongs to another practice.
    WrongPractice = "wrong-practice", "check --practice, and the organisation that the file names";
    /// A column that the format requires is not in the header.
    ColumnMissing = "column-missing", "export the table with all columns of the published specification";
    /// A column that this version does not know is in the header.
    ColumnUnknown = "column-unknown", "it is ignored; tell us if it carries something that patients need";
    /// A column that this version does not know, whose name speaks of visibility, is in the header.
    ColumnVisibility = "column-visibility-unknown", "the file is refused, because the column may mark what patients must not see; upgrade recordgate, or ask the supplier what it means";
    /// A column stands twice in the header.
    ColumnDuplicate = "column-duplicate", "each column may stand once";
    /// The file or the message ends before it should.
    Truncated = "truncated", "send the file again; it ended in the middle";
    /// The text is not in the format's encoding.
    Encoding = "encoding", "the text is not in the encoding that the format has; export it again, and do not convert it on the way";
    /// A row has more or fewer fields than the header.
    FieldCount = "field-count", "the row has not as many fields as the header; look for an unescaped quote before it";
    /// A row, field, element or document is larger than any real one.
    TooLarge = "too-large", "no real row is this long; look for a missing quote or line end";
    /// The XML is not well formed.
    XmlMalformed = "xml-malformed", "the message is not well-formed XML";
    /// The XML has a document type or entities.
    XmlDtd = "xml-dtd", "document types and entities are never accepted; send the message without";
    /// The JSON is not well formed.
    JsonMalformed = "json-malformed", "the file is not well-formed JSON";
    /// An element that the format requires is not there.
    ElementMissing = "element-missing", "the message lacks an element that the format requires";
    /// A key is blank, too long or malformed.
    KeyInvalid = "key-invalid", "the row's own key must be a GUID";
    /// The row names a patient by a blank or malformed key.
    PatientInvalid = "patient-invalid", "the row must name its patient, in the column or element that is named before";
    /// The row belongs to another organisation than the practice that is being loaded.
    OtherOrganisation = "other-organisation", "divide the export: the rows of each practice are a batch of their own";
    /// The row is another organisation's part of a record that is shared with the practice.
    SharedRecord = "shared-record", "it is not this practice's to show; that organisation shows it to the patient, if anybody does";
    /// A value that the row cannot do without is blank.
    ValueMissing = "value-missing", "the field may not be blank";
    /// A date or time cannot be read.
    DateInvalid = "date-invalid", "dates are yyyy-MM-dd and times HH:mm:ss";
    /// A date's precision is none of the format's.
    PrecisionUnknown = "precision-unknown", "the precision is one of U, Y, YM, YMD, YMDT";
    /// A number cannot be read.
    NumberInvalid = "number-invalid", "numbers are plain decimals";
    /// The operator beside a number is none that FHIR has; number and operator are kept together, as words.
    OperatorUnknown = "operator-unknown", "the result is kept as the words that were sent, because the number alone would read as exact";
    /// A date that databases write where they have none.
    DatePlaceholder = "date-placeholder", "the date is left out, because it stands for none";
    /// A date that lies in the future.
    DateFuture = "date-future", "the date is kept as it was sent; correct it at the source if nothing was planned for that day";
    /// A true-or-false field has another value.
    BooleanInvalid = "boolean-invalid", "the field is true or false";
    /// A field that says whether an entry may be seen has an unknown value; the entry is withheld.
    MarkUnknown = "mark-unknown", "the entry is kept and withheld, because its visibility mark is not understood";
    /// A code system that this version does not know.
    CodeSystemUnknown = "code-system-unknown", "the code is kept under its OID and is not interpreted";
    /// The NHS number is malformed or its check digit is wrong; the patient is kept without it.
    NhsNumberInvalid = "nhs-number-invalid", "the patient is kept without an NHS number";
    /// The row names a code that has not come yet.
    CodeAwaited = "code-awaited", "the entry waits until the code list has this code";
    /// The row names a patient that has not come yet.
    PatientAwaited = "patient-awaited", "the entry waits until the patient comes";
    /// The NHS number is a patient's of the practice, and the date of birth is not theirs or one of the two is unknown.
    IdentityMismatch = "identity-mismatch", "the entry waits, and nobody is shown it, until the NHS number and the date of birth are both those of one patient";
    /// The NHS number is that of several patients of the practice.
    NhsNumberShared = "nhs-number-shared", "the entry waits, and nobody is shown it, while several patients of the practice have its NHS number and no record of them is served: of two in the practice's own systems (it has changed its system?) one must be deducted, or deleted by the old system's last export; else correct number or date of birth at the source";
    /// Another feed of the practice has a patient with this NHS number.
    NhsNumberInTwoFeeds = "nhs-number-in-two-feeds", "another feed of the practice tells of a patient with this NHS number: only one of the records is served, that of the practice's own system if it has one, and what either marks is hidden in both";
    /// Several patients of the practice have the NHS number, and it is open whose it is.
    NhsNumberDisputed = "nhs-number-disputed", "two patients of one feed have this NHS number, or feeds differ on the date of birth that belongs to it: none of the records is served. Of two in the practice's own systems (it has changed its system?) the old one's must be deducted, or deleted by its last export; else correct number or date of birth at the source";
    /// The row is inside or filed under an entry that has not come yet.
    ParentAwaited = "parent-awaited", "the entry waits until the entry that it belongs to comes";
    /// The row removes an entry that has not come.
    RemovalAwaited = "removal-awaited", "should the entry come, it stays removed";
    /// The row changes nothing, and waits as before for what it names.
    StillAwaited = "still-awaited", "the entry waits on; an earlier report, or `recordgate trace`, says for what";
    /// The file is in the export and is not among those that are read.
    FileNotRead = "file-not-read", "the file is not used, and its rows are not counted";
    /// The gateway itself could not load a batch that it had taken.
    LoadFailed = "load-failed", "the batch is not loaded and its files are kept: tell the operator, or DELETE it and send its content anew";
    /// Part of the row could not be used and was left out.
    PartIgnored = "part-ignored", "the rest of the row is used";
}

impl fmt::Display for IssueCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for IssueCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for IssueCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        let known = Self::ALL.iter().find(|known| known.code() == text);
        known.copied().ok_or_else(|| serde::de::Error::custom("unknown issue code"))
    }
}

/// Something wrong, and where. `field` is a column or element name, `detail` the format's own words: neither ever
/// holds a value from the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// What.
    pub code: IssueCode,
    /// The file, without folders.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The column or element.
    pub field: Option<String>,
    /// More, in words, without any value from the file.
    pub detail: Option<String>,
}

impl Issue {
    /// An issue at a place.
    #[must_use]
    pub fn new(severity: Severity, code: IssueCode, place: &Place) -> Self {
        Self { severity, code, file: place.file.clone(), line: place.line, field: None, detail: None }
    }

    /// The same, about a column or element.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The same, with more words.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// `results.csv:77 unit: number-invalid (…): …`: one line for a person.
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(field) = &self.field {
            write!(f, " {field}")?;
        }
        write!(f, ": {}", self.code)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        write!(f, ": {}", self.code.advice())
    }
}

/// One row of a file and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// What became of it; `None` for what is said of a file or line that is no row, such as its header.
    pub fate: Option<Fate>,
    /// Why it was rejected or waits, and what else is worth knowing about it.
    pub issues: Vec<Issue>,
    /// The entry that it says something of, if it could be read so far.
    pub entry: Option<RowEntry>,
}

/// Which entry a row says something of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowEntry {
    /// This one; kept for formats in which many rows share a line.
    Id(EntryId),
    /// The one with this [`EntryId::short`].
    Short(u64),
}

impl RowEntry {
    /// Its [`EntryId::short`].
    #[must_use]
    pub fn short(&self) -> u64 {
        match self {
            Self::Id(id) => id.short(),
            Self::Short(short) => *short,
        }
    }

    /// Whether it is this entry; that another one has the same number is as good as impossible.
    #[must_use]
    pub fn is(&self, id: &EntryId) -> bool {
        match self {
            Self::Id(known) => known == id,
            Self::Short(short) => *short == id.short(),
        }
    }
}

/// What became of the rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// Rows read (without the header).
    pub rows: u64,
    /// Rows that changed what is stored.
    pub stored: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows that are kept and wait.
    pub parked: u64,
    /// Rows that could not be used.
    pub rejected: u64,
    /// How often each code occurred, rejections and warnings alike.
    pub codes: BTreeMap<IssueCode, u64>,
}

impl FileReport {
    /// I6: every row is accounted for.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows == self.stored + self.unchanged + self.parked + self.rejected
    }

    /// Counts one row.
    pub fn count(&mut self, fate: Fate) {
        self.rows += 1;
        match fate {
            Fate::Stored => self.stored += 1,
            Fate::Unchanged => self.unchanged += 1,
            Fate::Parked => self.parked += 1,
            Fate::Rejected => self.rejected += 1,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// By file name.
    pub files: BTreeMap<String, FileReport>,
    /// Every fatal issue, up to 100,000 rejected rows, and up to 1,000 warnings. The log of rows has them all.
    pub issues: Vec<Issue>,
    /// Warnings beyond those listed.
    pub warnings_not_listed: u64,
    /// Rejected rows beyond those listed.
    #[serde(default, skip_serializing_if = "none")]
    pub rejections_not_listed: u64,
    /// Patients whose released record was made anew.
    pub patients_projected: u64,
    /// Resources that came out new or changed.
    pub resources_changed: u64,
}

impl Report {
    /// Counts a row of a file.
    pub fn count(&mut self, file: &str, fate: Fate) {
        self.file(file).count(fate);
    }

    /// Takes an issue in.
    pub fn issue(&mut self, issue: Issue) {
        const WARNINGS_LISTED: usize = 1_000;
        const LISTED: usize = 100_000;
        *self.file(&issue.file).codes.entry(issue.code).or_default() += 1;
        match issue.severity {
            Severity::Warning if self.issues.len() >= WARNINGS_LISTED => self.warnings_not_listed += 1,
            Severity::Error if self.issues.len() >= LISTED => self.rejections_not_listed += 1,
            Severity::Fatal | Severity::Error | Severity::Warning => self.issues.push(issue),
        }
    }

    /// The file's own report, begun if need be.
    pub fn file(&mut self, file: &str) -> &mut FileReport {
        if !self.files.contains_key(file) {
            self.files.insert(file.to_owned(), FileReport::default());
        }
        self.files.entry(file.to_owned()).or_default()
    }

    /// Whether anything was refused as a whole.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.issues.iter().any(|issue| issue.severity == Severity::Fatal)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn none(count: &u64) -> bool {
    *count == 0
}
