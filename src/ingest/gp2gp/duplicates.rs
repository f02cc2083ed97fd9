//! Statements that repeat another one. SystmOne sends a problem's statement twice: once whole, and once with its text
//! cut short (ending in `...`) or empty (exports §4.8). The copy is kept as deleted, so that nothing is shown twice
//! and no mark is lost.

use std::collections::{BTreeMap, HashMap, HashSet};

use record::{CodeRef, Coded, Effective, FreeText, IssueCode, Statement, Subject};

use super::{
    notes::Notes,
    rows::{At, Body, Rows},
};

/// More statements of one code and time than are looked through.
const ALIKE: usize = 200;

/// Folds copies; gives each with the row that it copies, in the order of the copies.
pub(super) fn fold(rows: &mut Rows, notes: &mut Notes) -> Vec<(At, At)> {
    let found: Vec<(At, At)> = find(rows).into_iter().collect();
    for (copy, _) in &found {
        if let Some(row) = rows.get_mut(*copy) {
            row.folded = true;
            notes.warn(
                IssueCode::PartIgnored,
                row.line,
                "ObservationStatement",
                "it repeats another statement and is shown once",
            );
        }
    }
    found
}

fn find(rows: &Rows) -> BTreeMap<At, At> {
    let named: HashSet<At> = rows
        .iter()
        .filter_map(|(_, row)| match &row.body {
            Body::Problem { named: Some(id), .. } => rows.find(id),
            _ => None,
        })
        .collect();
    let mut alike: HashMap<Alike, Vec<Candidate<'_>>> = HashMap::new();
    for (at, row) in rows.iter().filter(|(_, row)| row.rejected.is_none() && row.class.is_none()) {
        if let Body::Statement(statement) = &row.body
            && let Some(code) = key(&statement.code)
        {
            let text = statement.text.iter().map(FreeText::expose).collect::<Vec<_>>().join("\n");
            let candidate = Candidate { at, composition: row.composition, statement, text };
            alike.entry((code, statement.effective)).or_default().push(candidate);
        }
    }
    let mut copies = BTreeMap::new();
    for group in alike.values().filter(|group| (2..=ALIKE).contains(&group.len())) {
        for copy in group {
            let empty = named.contains(&copy.at);
            let whole = group.iter().find(|whole| {
                copy.cut_short(whole) || (empty && !named.contains(&whole.at) && copy.empty_beside(whole))
            });
            if let Some(whole) = whole {
                copies.insert(copy.at, whole.at);
            }
        }
    }
    lead_on(&copies)
}

/// What was chosen as whole may be a copy itself: then what that one copies is meant. Texts only grow on the way.
fn lead_on(copies: &BTreeMap<At, At>) -> BTreeMap<At, At> {
    let end = |mut at: At| {
        while let Some(next) = copies.get(&at) {
            at = *next;
        }
        at
    };
    copies.iter().map(|(copy, whole)| (*copy, end(*whole))).collect()
}

/// What two statements have in common that may be copies.
type Alike = (String, Option<Effective>);

/// A statement that may be a copy, or be copied.
struct Candidate<'a> {
    at: At,
    composition: Option<At>,
    statement: &'a Statement,
    text: String,
}

fn key(code: &CodeRef) -> Option<String> {
    let CodeRef::Given(Coded { codings, original_text }, _) = code else { return None };
    let code = codings.first().map(|coding| format!("{:?} {}", coding.system, coding.code));
    // A degraded code says nothing: the words beside it are the concept.
    let words = original_text.as_ref().map(|text| text.expose()).unwrap_or_default();
    Some(format!("{} {words}", code.unwrap_or_default()))
}

impl Candidate<'_> {
    /// Whether this says only what the other says first, and breaks off.
    fn cut_short(&self, whole: &Self) -> bool {
        let Some(start) = self.text.strip_suffix("...").map(str::trim_end).filter(|start| !start.is_empty())
        else {
            return false;
        };
        let (own, other) = (&self.statement.value, &whole.statement.value);
        self.like(whole)
            && (own.is_none() || own == other)
            && whole.text.len() > self.text.len()
            && whole.text.starts_with(start)
    }

    /// Whether this says nothing beside its code, and the other, in the same consultation, does.
    fn empty_beside(&self, whole: &Self) -> bool {
        self.like(whole)
            && self.composition == whole.composition
            && self.text.is_empty()
            && self.statement.value.is_none()
            && !whole.text.is_empty()
    }

    fn like(&self, other: &Self) -> bool {
        let (one, two) = (self.statement, other.statement);
        self.at != other.at
            && one.subject == Subject::Patient
            && two.subject == Subject::Patient
            && one.status == two.status
    }
}
