//! Statements that repeat another one. SystmOne sends a problem's statement twice: once whole, and once with its text
//! cut short (ending in `...`) or empty (exports §4.8). The copy is kept as deleted, so that nothing is shown twice
//! and no mark is lost.

use std::collections::{BTreeMap, HashMap, HashSet};

use record::{CodeRef, Coded, Effective, IssueCode, Statement, Subject};

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
            notes.warn(IssueCode::PartIgnored, row.line, "ObservationStatement", "it repeats another statement and is shown once");
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
    let mut alike: HashMap<(String, Option<Effective>), Vec<(At, &Statement)>> = HashMap::new();
    for (at, row) in rows.iter().filter(|(_, row)| row.rejected.is_none() && row.class.is_none()) {
        if let Body::Statement(statement) = &row.body
            && let Some(code) = key(&statement.code)
        {
            alike.entry((code, statement.effective)).or_default().push((at, statement));
        }
    }
    let mut copies = BTreeMap::new();
    for group in alike.values().filter(|group| (2..=ALIKE).contains(&group.len())) {
        for (copy, statement) in group {
            let whole = group.iter().find(|(at, other)| {
                *at != *copy
                    && !copies.contains_key(at)
                    && (cut_short(statement, other)
                        || (named.contains(copy)
                            && !named.contains(at)
                            && same_composition(rows, *copy, *at)
                            && empty_beside(statement, other)))
            });
            if let Some((whole, _)) = whole {
                copies.insert(*copy, *whole);
            }
        }
    }
    // Whatever was chosen as whole and then turned out to be a copy itself leads on to what that one copies.
    let chosen = copies.clone();
    copies.retain(|_, whole| !chosen.contains_key(whole));
    copies
}

fn key(code: &CodeRef) -> Option<String> {
    let CodeRef::Given(Coded { codings, original_text }, _) = code else { return None };
    let code = codings.first().map(|coding| format!("{:?} {}", coding.system, coding.code));
    // A degraded code says nothing: the words beside it are the concept.
    let words = original_text.as_ref().map(|text| text.expose()).unwrap_or_default();
    Some(format!("{} {words}", code.unwrap_or_default()))
}

fn same_composition(rows: &Rows, one: At, other: At) -> bool {
    let of = |at| rows.get(at).and_then(|row| row.composition);
    of(one) == of(other)
}

fn text(statement: &Statement) -> String {
    statement.text.iter().map(record::FreeText::expose).collect::<Vec<_>>().join("\n")
}

/// Whether one says only what the other says first, and breaks off.
fn cut_short(copy: &Statement, whole: &Statement) -> bool {
    let own = text(copy);
    let Some(start) = own.strip_suffix("...").map(str::trim_end).filter(|start| !start.is_empty()) else {
        return false;
    };
    let other = text(whole);
    about_the_same(copy, whole)
        && (copy.value.is_none() || copy.value == whole.value)
        && other.len() > own.len().saturating_sub(3)
        && other != own
        && other.starts_with(start)
}

fn empty_beside(copy: &Statement, whole: &Statement) -> bool {
    about_the_same(copy, whole) && copy.text.is_empty() && copy.value.is_none() && !whole.text.is_empty()
}

fn about_the_same(one: &Statement, other: &Statement) -> bool {
    one.subject == Subject::Patient && other.subject == Subject::Patient && one.status == other.status
}
