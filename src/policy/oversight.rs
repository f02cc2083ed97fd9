//! What people of a practice have decided about single entries of a patient's record: to hide them, or that their
//! free text may or may not go out. These are facts like those of a feed: a projection takes them in.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use record::{CodeRef, Coded, Content, Entry, EntryId, FreeText, Role, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::{Reason, Walk};

/// Who decided something, when and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who: a member of the practice's staff, in the practice's own words.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in words; they may speak of the patient, so they are not for a log.
    pub why: String,
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decided(..)")
    }
}

/// A fingerprint of all the words of an entry, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsDigest(pub [u8; 16]);

/// What a clinician decided about the words of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// They may go out.
    pub release: bool,
    /// Of the words that were decided about: other words are not.
    pub words: WordsDigest,
    /// Who, when, why.
    pub decided: Decided,
}

/// The decisions about one patient's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Oversight {
    /// Entries that are hidden, and with each all that it contains.
    pub hidden: BTreeMap<EntryId, Decided>,
    /// Entries whose words were reviewed.
    pub reviewed: BTreeMap<EntryId, Review>,
    /// Entries whose words are withheld in the record that another feed has of the person. Never kept: it is worked out
    /// from what was decided there ([`crate::with_words_of_others`]).
    #[serde(skip)]
    pub withheld_elsewhere: BTreeSet<EntryId>,
}

impl Oversight {
    /// The decision about the words of an entry, if it was made about these very words.
    #[must_use]
    pub fn review(&self, entry: &EntryId, words: WordsDigest) -> Option<&Review> {
        self.reviewed.get(entry).filter(|review| review.words == words)
    }

    /// Every entry that something was decided about.
    #[must_use]
    pub fn entries(&self) -> BTreeSet<&EntryId> {
        self.hidden.keys().chain(self.reviewed.keys()).collect()
    }
}

/// The entries against which a reason speaks, with all that is hidden by that before the record is projected anew: what
/// each contains, and whatever stands in one panel with any of those, which may be the other half of a blood pressure.
/// A projection hides no more than this and perhaps less.
#[must_use]
pub fn withheld_by(reason: Reason, entries: &[Entry], oversight: &Oversight) -> BTreeSet<EntryId> {
    let walk = Walk::new(entries, oversight);
    let mut hidden: BTreeSet<&EntryId> =
        entries.iter().map(|entry| &entry.id).filter(|id| walk.reasons(id).contains(&reason)).collect();
    loop {
        let before = hidden.len();
        for entry in entries {
            let panels = entry.links.iter().filter(|link| link.role == Role::Panel).map(|link| &link.to);
            for panel in panels {
                if hidden.contains(&entry.id) || hidden.contains(panel) {
                    hidden.extend([&entry.id, panel]);
                }
            }
        }
        if hidden.len() == before {
            return hidden.into_iter().cloned().collect();
        }
    }
}

/// The fingerprint of an entry's words; none where it has no words.
#[must_use]
pub fn words(entry: &Entry) -> Option<WordsDigest> {
    let statement = match &entry.content {
        Some(Content::Statement(statement)) => Cow::Borrowed(statement.as_ref()),
        Some(Content::WithLists(parts)) => Cow::Owned(parts.typed()),
        _ => return None,
    };
    let words = words_of(&statement);
    if words.is_empty() {
        return None;
    }
    let mut sum = Context::new(&SHA256);
    for text in words {
        sum.update(&(text.len() as u64).to_le_bytes());
        sum.update(text.as_bytes());
    }
    sum.finish().as_ref().first_chunk::<16>().copied().map(WordsDigest)
}

/// Everything in a statement that a person may have typed: what a clinician reads who decides about it.
#[must_use]
pub fn words_of(statement: &Statement) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    if let CodeRef::Given(coded, _) = &statement.code {
        words.extend(rubric(coded));
    }
    match &statement.value {
        Some(Value::Text(text)) => words.push(text.expose()),
        Some(Value::Coded(coded)) => words.extend(rubric(coded)),
        Some(Value::Quantity(one)) => words.extend(one.unit.as_deref()),
        Some(Value::Range(low, high)) => {
            words.extend([&low.unit, &high.unit].into_iter().flatten().map(String::as_str))
        }
        Some(Value::BloodPressure(one, other)) => {
            let units = [Some(one), other.as_ref()].into_iter().flatten();
            words.extend(units.filter_map(|reading| reading.unit.as_deref()));
        }
        Some(Value::Unread) | None => {}
    }
    for range in &statement.ranges {
        words.extend(range.unit.as_deref());
        words.extend(range.text.as_ref().map(FreeText::expose));
    }
    words.extend(statement.text.iter().map(FreeText::expose));
    if let Some(told) = &statement.vaccination {
        words.extend(told.manufacturer.as_deref());
        let coded = [&told.reason, &told.product, &told.site, &told.route];
        words.extend(coded.into_iter().flatten().filter_map(rubric));
    }
    words
}

fn rubric(coded: &Coded) -> Option<&str> {
    coded.original_text.as_ref().map(FreeText::expose)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(texts: &[&str]) -> Entry {
        let statement = Statement {
            text: texts.iter().filter_map(|text| FreeText::new(text)).collect(),
            ..Statement::of_patient(CodeRef::Local("1".to_owned()))
        };
        Entry {
            sequence: 0,
            ..Entry::new(EntryId::new("a").unwrap(), Some(Content::Statement(Box::new(statement))))
        }
    }

    #[test]
    fn a_review_is_of_the_very_words_and_of_no_others() {
        let decided = Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: String::new() };
        let before = words(&entry(&["seen with her sister"])).unwrap();
        let review = Review { release: true, words: before, decided };
        let id = EntryId::new("a").unwrap();
        let oversight = Oversight { reviewed: [(id.clone(), review)].into(), ..Oversight::default() };
        assert!(oversight.review(&id, before).is_some());
        for other in
            [&["seen with her brother"][..], &["seen with", "her sister"], &["seen with her sister", "x"]]
        {
            assert!(oversight.review(&id, words(&entry(other)).unwrap()).is_none(), "{other:?}");
        }
        assert_eq!(words(&entry(&[])), None);
    }
}
