//! What all kinds of statements have in common: identifiers, code, status, times, marks, participants and references
//! to other statements (RCMR_MT030101UK05; UK04 is the same without marks).

use std::io::BufRead;

use record::{CodeClass, CodeRef, Effective, FreeText, IssueCode, Mark, Statement, StatementStatus, Subject};

use super::{
    code,
    node::Node,
    notes::Notes,
    time,
    xml::{Fatal, Tag, Xml},
};

/// The common parts, as far as they have been read.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Identifiers in their normal form; those that are not somebody else's register come first.
    pub(super) ids: Vec<String>,
    /// What is stated.
    pub(super) code: Option<Node>,
    /// What was said about visibility.
    pub(super) marks: Vec<Mark>,
    /// Keys of statements that it follows or is justified by.
    pub(super) priors: Vec<String>,
    /// When it was entered, where the statement has an author of its own.
    pub(super) recorded: Option<Effective>,
    status: Option<String>,
    uncertain: bool,
    effective: Option<Node>,
    available: Option<Node>,
    participants: Vec<(String, String)>,
}

/// The normal form of an instance identifier: lower case, the extension (if any) after the root.
pub(super) fn identifier(id: &Node) -> Option<String> {
    let root = id.get("root")?;
    let whole = match id.get("extension") {
        Some(extension) => format!("{root}:{extension}"),
        None => root.to_owned(),
    };
    Some(whole.to_lowercase())
}

/// The mark that a `confidentialityCode` stands for. Whatever is not understood withholds.
pub(super) fn mark(code: Option<&str>, line: u64, notes: &mut Notes) -> Mark {
    if code.is_some_and(|code| code.eq_ignore_ascii_case("NOPAT")) {
        return Mark::NotForPatient;
    }
    notes.warn(IssueCode::MarkUnknown, line, "confidentialityCode", "the only code that is known is NOPAT");
    Mark::Unrecognised
}

/// The key of the agent that a participation names.
pub(super) fn agent(node: &Node) -> Option<String> {
    node.find("agentRef")?.child("id").and_then(identifier)
}

/// Whether a qualifier turns what the code says into its opposite or a guess: shown without it, the code would lie.
/// Others (first, ongoing, significant, left) only add to it.
fn turns_meaning(qualifier: &Node) -> bool {
    const TURNS: [&str; 13] = [
        "absent",
        "excluded",
        "negat",
        "not ",
        "no evidence",
        "suspect",
        "possib",
        "probab",
        "unlikely",
        "query",
        "?",
        "refut",
        "doubt",
    ];
    let parts = ["name", "value"].into_iter().flat_map(|part| qualifier.children(part));
    let words = parts.flat_map(|part| {
        [
            part.get("displayName").map(str::to_owned),
            part.child("originalText").and_then(Node::words).map(str::to_owned),
        ]
    });
    words
        .flatten()
        .map(|words| words.to_lowercase())
        .any(|words| TURNS.iter().any(|turns| words.contains(turns)))
}

impl Head {
    /// Reads a child if it is one of the common parts; whatever is not known is looked through for marks.
    pub(super) fn take<R: BufRead>(
        &mut self,
        xml: &mut Xml<R>,
        child: &Tag,
        notes: &mut Notes,
    ) -> Result<(), Fatal> {
        match child.name.as_str() {
            "id" => {
                let id = Node::read(xml, child)?;
                let foreign = id.get("extension").is_some();
                if let Some(id) = identifier(&id) {
                    if foreign { self.ids.push(id) } else { self.ids.insert(0, id) }
                }
            }
            "code" => {
                let code = Node::read(xml, child)?;
                if code.children("qualifier").any(turns_meaning) {
                    self.uncertain = true;
                    let detail = "it says that this is absent or not certain, so it is kept but not served";
                    notes.warn(IssueCode::PartIgnored, child.line, "qualifier", detail);
                }
                self.code = Some(code);
            }
            "statusCode" => self.status = Node::read(xml, child)?.get("code").map(str::to_ascii_uppercase),
            "effectiveTime" => self.effective = Some(Node::read(xml, child)?),
            "availabilityTime" => self.available = Some(Node::read(xml, child)?),
            "Participant" | "participant" | "Participant2" => {
                let node = Node::read(xml, child)?;
                if let (Some(kind), Some(agent)) = (node.get("typeCode"), agent(&node)) {
                    self.participants.push((kind.to_ascii_uppercase(), agent));
                }
            }
            "author" => self.author(&Node::read(xml, child)?, notes),
            "sequelTo" | "reason" => self.prior(&Node::read(xml, child)?),
            "uncertaintyCode" => {
                self.uncertain = true;
                Node::read(xml, child)?;
                let detail = "the source was not certain, so it is kept but not served";
                notes.warn(IssueCode::PartIgnored, child.line, "uncertaintyCode", detail);
            }
            _ => self.look_through(xml, child, notes)?,
        }
        Ok(())
    }

    /// Passes over an element; a mark anywhere in it counts for the statement.
    fn look_through<R: BufRead>(
        &mut self,
        xml: &mut Xml<R>,
        tag: &Tag,
        notes: &mut Notes,
    ) -> Result<(), Fatal> {
        let marks = &mut self.marks;
        let mut see = |tag: &Tag| {
            if tag.name == "confidentialityCode" {
                marks.push(mark(tag.get("code"), tag.line, notes));
            }
        };
        see(tag);
        xml.pass(tag, see)
    }

    fn author(&mut self, author: &Node, notes: &mut Notes) {
        if let Some(agent) = agent(author) {
            self.participants.push(("AUT".to_owned(), agent));
        }
        if let Some(text) = author.child("time").and_then(|time| time.get("value")) {
            self.recorded = time::point(text);
            if self.recorded.is_none() {
                notes.warn(
                    IssueCode::PartIgnored,
                    author.line,
                    "author/time",
                    "when it was entered cannot be read",
                );
            }
        }
    }

    fn prior(&mut self, node: &Node) {
        for name in ["priorStatementRef", "justifyingStatementRef"] {
            for found in node.children(name) {
                self.priors.extend(found.child("id").and_then(identifier));
            }
        }
    }

    /// The participant of the kind that comes first in this list.
    pub(super) fn participant(&self, kinds: &[&str]) -> Option<&str> {
        let of =
            |kind: &&str| self.participants.iter().find(|(k, _)| k == *kind).map(|(_, agent)| agent.as_str());
        kinds.iter().find_map(of)
    }

    /// When it was true: its own time, else when it became available.
    ///
    /// # Errors
    /// The element whose content is no time.
    pub(super) fn when(&self) -> Result<Option<Effective>, &'static str> {
        let own = self.effective.as_ref().map_or(Ok(None), time::interval).map_err(|()| "effectiveTime")?;
        match own {
            Some(at) => Ok(Some(at)),
            None => self.availability(),
        }
    }

    /// When it became available.
    ///
    /// # Errors
    /// The element whose content is no time.
    pub(super) fn availability(&self) -> Result<Option<Effective>, &'static str> {
        self.available.as_ref().map_or(Ok(None), time::interval).map_err(|()| "availabilityTime")
    }

    /// Whether it is filed. Requests, problems and medication may be active; what is stated of a patient is complete.
    fn status(&self, notes: &mut Notes, line: u64) -> StatementStatus {
        match self.status.as_deref() {
            _ if self.uncertain => StatementStatus::Unfiled,
            Some("COMPLETE" | "COMPLETED") | None => StatementStatus::Final,
            Some(_) => {
                notes.warn(
                    IssueCode::PartIgnored,
                    line,
                    "statusCode",
                    "it is not complete, so it is kept but not served",
                );
                StatementStatus::Unfiled
            }
        }
    }

    /// The statement that these parts make, or the issue for which there is none.
    pub(super) fn statement(
        &self,
        hint: Option<CodeClass>,
        line: u64,
        notes: &mut Notes,
    ) -> Result<Statement, Box<record::Issue>> {
        let coded = self.code.as_ref().map(|code| code::coded(code, notes)).unwrap_or_default();
        if coded.codings.is_empty() && coded.original_text.is_none() {
            return Err(Box::new(notes.error(
                IssueCode::ValueMissing,
                line,
                "code",
                "it neither has a code nor words",
            )));
        }
        let when = self.when().map_err(|field| {
            Box::new(notes.error(IssueCode::DateInvalid, line, field, "HL7 dates are yyyy to yyyyMMddHHmmss"))
        });
        Ok(Statement {
            code: CodeRef::Given(coded, hint),
            subject: Subject::Patient,
            effective: when?,
            value: None,
            ranges: Vec::new(),
            interpretation: None,
            text: Vec::<FreeText>::new(),
            performer: self.participant(&["PPRF", "PRF", "AUT"]).map(str::to_owned),
            vaccination: None,
            status: self.status(notes, line),
        })
    }
}
