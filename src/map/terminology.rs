//! What a loaded SNOMED CT says beyond our own tables: which concept a description describes, what lies under the roots
//! of `hierarchies.csv`, and terms for concepts that came without one. A pure lookup over bytes that somebody else read;
//! without one everything works by the tables alone.

mod release;
mod roots;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use record::{CodeSystem, Coded, Coding, Content, Dictionary, Entry, SnomedId, Staff, Statement, Value};

use crate::coding::is_description;

pub use release::{Counts, Release};
pub(crate) use roots::Meaning;

/// What the compact form begins with; the number counts its versions.
const MAGIC: &[u8; 8] = b"rgterm01";

/// Bytes that are not a terminology that this version can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminologyError {
    /// They are no terminology in this version's form, or were damaged.
    Damaged,
    /// They were made for another table of roots.
    OtherRoots,
}

impl fmt::Display for TerminologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => {
                "it is not a terminology that this version reads, or it is damaged; load it again"
            }
            Self::OtherRoots => {
                "it was made for another table of hierarchies; load it again with this version"
            }
        })
    }
}

impl std::error::Error for TerminologyError {}

/// A terminology, ready to be asked. Numbers in it are little-endian, lists are sorted by their first column.
pub struct Terminology {
    edition: String,
    /// Concept, and one bit for each row of the table of roots.
    members: Columns,
    /// Description, concept.
    descriptions: Columns,
    /// Concept, where its term ends; a term begins where the one before it ends.
    terms: Columns,
    words: String,
}

impl Terminology {
    /// Reads the compact form that [`Release::encode`] makes.
    ///
    /// # Errors
    /// [`TerminologyError`]; nothing of it is used then.
    pub fn parse(bytes: &[u8]) -> Result<Self, TerminologyError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(TerminologyError::Damaged)?;
        let edition = text(block(&mut rest)?)?.to_owned();
        if block(&mut rest)? != roots::ids().as_slice() {
            return Err(TerminologyError::OtherRoots);
        }
        let members = Columns::new(block(&mut rest)?, 4)?;
        let descriptions = Columns::new(block(&mut rest)?, 8)?;
        let terms = Columns::new(block(&mut rest)?, 4)?;
        let words = text(block(&mut rest)?)?.to_owned();
        if !rest.is_empty() || !terms.ends_in(&words) {
            return Err(TerminologyError::Damaged);
        }
        Ok(Self { edition, members, descriptions, terms, words })
    }

    /// Which edition it is, in the words of its source.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// How much is in it.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            descriptions: self.descriptions.len() as u64,
            members: self.members.len() as u64,
            terms: self.terms.len() as u64,
        }
    }

    /// The concept that a description describes.
    #[must_use]
    pub fn concept(&self, description: &str) -> Option<String> {
        let SnomedId::Description(id) = SnomedId::parse(description)? else { return None };
        let at = self.descriptions.find(id)?;
        Some(self.descriptions.second(at)?.to_string())
    }

    /// A term for a concept.
    #[must_use]
    pub fn term(&self, concept: &str) -> Option<&str> {
        let SnomedId::Concept(id) = SnomedId::parse(concept)? else { return None };
        let at = self.terms.find(id)?;
        let from = at.checked_sub(1).map_or(Some(0), |before| self.terms.second(before))?;
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(self.terms.second(at)?).ok()?);
        self.words.get(from..to)
    }

    /// What the codings of a concept mean by the roots that they lie under.
    pub(crate) fn means(&self, coded: &Coded, meaning: Meaning) -> bool {
        coded.codings.iter().any(|coding| self.coding_means(coding, meaning))
    }

    fn coding_means(&self, coding: &Coding, meaning: Meaning) -> bool {
        let concept = match (&coding.system, SnomedId::parse(&coding.code)) {
            (CodeSystem::SnomedCt, Some(SnomedId::Concept(id))) => Some(id),
            _ => None,
        };
        let mask = concept.and_then(|id| self.members.second(self.members.find(id)?));
        mask.is_some_and(|mask| mask & roots::mask(meaning) != 0)
    }

    /// The sensitive codes that these lie under, so that they are labelled like those.
    pub(crate) fn sensitive_roots(&self, concepts: &[(CodeSystem, String)]) -> Vec<(CodeSystem, String)> {
        let mask = |code: &String| match SnomedId::parse(code) {
            Some(SnomedId::Concept(id)) => self.members.second(self.members.find(id)?),
            _ => None,
        };
        let snomed = concepts.iter().filter(|(system, _)| *system == CodeSystem::SnomedCt);
        let masks = snomed.filter_map(|(_, code)| mask(code));
        let roots = masks.flat_map(|mask| roots::of(Meaning::Sensitive, mask));
        roots.map(|root| (CodeSystem::SnomedCt, root.to_string())).collect()
    }

    /// An entry whose descriptions stand beside their concepts, and whose concepts have terms. `None` where that
    /// changes nothing.
    pub(crate) fn complete(&self, entry: &Entry) -> Option<Entry> {
        let Some(Content::Statement(statement)) = &entry.content else { return None };
        let mut statement: Statement = statement.as_ref().clone();
        let mut changed = false;
        for coded in codes(&mut statement) {
            if let Some(complete) = self.complete_code(coded) {
                *coded = complete;
                changed = true;
            }
        }
        changed.then(|| Entry { content: Some(Content::Statement(Box::new(statement))), ..entry.clone() })
    }

    /// The same of one concept. Where the source gave a concept, it is not added to: what a person chose counts.
    pub(crate) fn complete_code(&self, coded: &Coded) -> Option<Coded> {
        let is_concept = |coding: &Coding| coding.system == CodeSystem::SnomedCt && !is_description(coding);
        let has_concept = coded.codings.iter().any(is_concept);
        let mut codings: Vec<Coding> = Vec::with_capacity(coded.codings.len() + 1);
        for coding in &coded.codings {
            let concept = self.concept(&coding.code).filter(|_| !has_concept && is_description(coding));
            if let Some(code) = concept {
                let display = coding.display.clone().or_else(|| self.term(&code).map(str::to_owned));
                codings.push(Coding { system: CodeSystem::SnomedCt, code, display });
            }
            let mut coding = coding.clone();
            if is_concept(&coding) && coding.display.is_none() {
                coding.display = self.term(&coding.code).map(str::to_owned);
            }
            codings.push(coding);
        }
        (codings != coded.codings).then(|| Coded { codings, original_text: coded.original_text.clone() })
    }
}

impl fmt::Debug for Terminology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Terminology({})", self.edition)
    }
}

/// Every concept in a statement.
fn codes(statement: &mut Statement) -> impl Iterator<Item = &mut Coded> {
    let code = match &mut statement.code {
        record::CodeRef::Given(coded, _) => Some(coded),
        record::CodeRef::Local(_) => None,
    };
    let value = match &mut statement.value {
        Some(Value::Coded(coded)) => Some(coded),
        _ => None,
    };
    let told = statement.vaccination.as_mut().into_iter().flat_map(|told| {
        [&mut told.reason, &mut told.product, &mut told.site, &mut told.route].into_iter().flatten()
    });
    code.into_iter().chain(value).chain(told)
}

/// A practice's dictionary whose codes are completed.
pub(crate) struct Completed<'a> {
    pub(crate) inner: &'a dyn Dictionary,
    pub(crate) terminology: &'a Terminology,
}

impl Dictionary for Completed<'_> {
    fn code(&self, key: &str) -> Option<(Coded, record::CodeClass)> {
        let (coded, class) = self.inner.code(key)?;
        Some((self.terminology.complete_code(&coded).unwrap_or(coded), class))
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        self.inner.staff(key)
    }
}

/// Takes a length and as many bytes from the front.
fn block<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], TerminologyError> {
    let (length, after) = rest.split_first_chunk::<8>().ok_or(TerminologyError::Damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| TerminologyError::Damaged)?;
    let (block, after) = after.split_at_checked(length).ok_or(TerminologyError::Damaged)?;
    *rest = after;
    Ok(block)
}

fn text(bytes: &[u8]) -> Result<&str, TerminologyError> {
    std::str::from_utf8(bytes).map_err(|_| TerminologyError::Damaged)
}

/// A sorted list of numbers, and a second number for each.
struct Columns {
    ids: Vec<u64>,
    seconds: Seconds,
}

enum Seconds {
    Short(Vec<u32>),
    Long(Vec<u64>),
}

impl Columns {
    /// From rows of eight bytes and then `width` (4 or 8) bytes.
    fn new(bytes: &[u8], width: usize) -> Result<Self, TerminologyError> {
        let rows = bytes.chunks_exact(8 + width);
        if !rows.remainder().is_empty() {
            return Err(TerminologyError::Damaged);
        }
        let first = |row: &[u8]| row.first_chunk::<8>().copied().map(u64::from_le_bytes).unwrap_or_default();
        let ids: Vec<u64> = rows.clone().map(first).collect();
        if !ids.is_sorted_by(|a, b| a < b) {
            return Err(TerminologyError::Damaged);
        }
        let seconds = if width == 4 {
            let short =
                |row: &[u8]| row.last_chunk::<4>().copied().map(u32::from_le_bytes).unwrap_or_default();
            Seconds::Short(rows.map(short).collect())
        } else {
            let long =
                |row: &[u8]| row.last_chunk::<8>().copied().map(u64::from_le_bytes).unwrap_or_default();
            Seconds::Long(rows.map(long).collect())
        };
        Ok(Self { ids, seconds })
    }

    fn len(&self) -> usize {
        self.ids.len()
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    fn second(&self, at: usize) -> Option<u64> {
        match &self.seconds {
            Seconds::Short(numbers) => numbers.get(at).copied().map(u64::from),
            Seconds::Long(numbers) => numbers.get(at).copied(),
        }
    }

    /// Whether the second numbers cut these words into whole pieces.
    fn ends_in(&self, words: &str) -> bool {
        let Seconds::Short(ends) = &self.seconds else { return false };
        let cuts = ends.iter().all(|end| words.is_char_boundary(usize::try_from(*end).unwrap_or(usize::MAX)));
        let last = ends.last().copied().unwrap_or(0);
        cuts && ends.is_sorted() && usize::try_from(last).is_ok_and(|last| last == words.len())
    }
}
