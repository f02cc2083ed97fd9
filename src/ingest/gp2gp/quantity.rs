//! Results and their ranges: measured numbers, bounds, codes and words.

use record::{Comparator, Decimal, FreeText, Interpretation, IssueCode, Quantity, ReferenceRange, Value};

use super::{code, node::Node, notes::Notes};

/// Reads `value`, whichever type it has; where it names none, what it holds tells.
pub(super) fn value(node: &Node, notes: &mut Notes) -> Option<Value> {
    let kind = node.xsi_type().or_else(|| {
        let holds = |name| node.child(name).is_some();
        match () {
            () if holds("low") || holds("high") || holds("center") => Some("IVL_PQ"),
            () if node.get("value").is_some() || holds("translation") && node.get("code").is_none() => {
                Some("PQ")
            }
            () if node.get("code").is_some() || holds("originalText") => Some("CD"),
            () if node.words().is_some() => Some("ST"),
            () => None,
        }
    })?;
    match kind {
        "PQ" | "INT" | "REAL" => quantity(node, notes).map(Value::Quantity),
        "IVL_PQ" => interval(node, notes),
        "CD" | "CE" | "CV" | "CS" => {
            let coded = code::coded(node, notes);
            (!coded.codings.is_empty() || coded.original_text.is_some()).then_some(Value::Coded(coded))
        }
        "ST" | "ED" => node.words().and_then(FreeText::new).map(Value::Text),
        _ => {
            notes.warn(IssueCode::PartIgnored, node.line, "value", "results of this type are not read");
            None
        }
    }
}

/// What a `value` is that none could be read from: nothing, if it says nothing.
pub(super) fn unread(node: &Node) -> Option<Value> {
    let said = node.xsi_type().is_some() || node.get("value").is_some() || node.words().is_some();
    said.then_some(Value::Unread)
}

/// A number with its unit. EMIS writes `unit="1"` and puts the unit that was measured in, with the number in that
/// unit, into a translation.
fn quantity(node: &Node, notes: &mut Notes) -> Option<Quantity> {
    let translation = node.child("translation");
    let words = |node: &Node| node.child("originalText").and_then(Node::words).map(str::to_owned);
    let (number, unit) = match (node.get("unit"), translation) {
        (None | Some("1"), Some(translation)) => {
            let named =
                || translation.get("displayName").or_else(|| translation.get("code")).map(str::to_owned);
            (translation.get("value").or_else(|| node.get("value")), words(translation).or_else(named))
        }
        (None | Some("1"), None) => (node.get("value"), None),
        (Some(unit), _) => (node.get("value"), Some(unit.to_owned())),
    };
    let value = number_of(number?, node.line, notes)?;
    Some(Quantity { value, comparator: None, unit })
}

fn number_of(text: &str, line: u64, notes: &mut Notes) -> Option<Decimal> {
    let number = text.parse().ok();
    if number.is_none() {
        notes.warn(IssueCode::NumberInvalid, line, "value", "a number cannot be read and was left out");
    }
    number
}

/// One bound of an interval, with the sign that it stands for. HL7 counts a bound in unless it says otherwise.
fn bound(node: &Node, name: &str, notes: &mut Notes) -> Option<Quantity> {
    let bound = node.child(name)?;
    let inclusive = bound.get("inclusive") != Some("false");
    let comparator = match (name, inclusive) {
        ("low", true) => Comparator::GreaterOrEqual,
        ("low", false) => Comparator::Greater,
        (_, true) => Comparator::LessOrEqual,
        (_, false) => Comparator::Less,
    };
    Some(Quantity { comparator: Some(comparator), ..quantity(bound, notes)? })
}

/// An interval as a result: both bounds are a range, one is a comparison.
fn interval(node: &Node, notes: &mut Notes) -> Option<Value> {
    let plain = |quantity: Quantity| Quantity { comparator: None, ..quantity };
    let closed = |quantity: Quantity| match quantity.comparator {
        Some(Comparator::LessOrEqual | Comparator::GreaterOrEqual) => plain(quantity),
        _ => quantity,
    };
    let said = |name| node.child(name).is_some_and(|bound| bound.get("value").is_some());
    let (low, high) = (bound(node, "low", notes), bound(node, "high", notes));
    // A bound that cannot be read must not turn a range into a comparison.
    if (said("low") && low.is_none()) || (said("high") && high.is_none()) {
        return None;
    }
    match (low, high) {
        (Some(low), Some(high)) if low.value == high.value && low.unit == high.unit => {
            Some(Value::Quantity(plain(low)))
        }
        // An open end keeps its sign: without it the interval would say that the bound belongs to it.
        (Some(low), Some(high)) => Some(Value::Range(closed(low), closed(high))),
        (Some(one), None) | (None, Some(one)) => Some(Value::Quantity(one)),
        (None, None) => quantity(node.child("center").unwrap_or(node), notes).map(Value::Quantity),
    }
}

/// Reads `referenceRange`.
pub(super) fn range(node: &Node, notes: &mut Notes) -> Option<ReferenceRange> {
    let range = node.child("referenceInterpretationRange")?;
    let text = range.child("text").and_then(Node::words).and_then(FreeText::new);
    let mut read = ReferenceRange { text, ..ReferenceRange::default() };
    if let Some(value) = range.child("value") {
        let (low, high) = (bound(value, "low", notes), bound(value, "high", notes));
        read.unit = low.iter().chain(&high).find_map(|bound| bound.unit.clone());
        read.low = low.map(|bound| bound.value);
        read.high = high.map(|bound| bound.value);
    }
    (read != ReferenceRange::default()).then_some(read)
}

/// Reads `interpretationCode`: the four judgements that GP2GP has.
pub(super) fn interpretation(node: &Node, notes: &mut Notes) -> Option<Interpretation> {
    let read = match node.get("code")?.to_ascii_uppercase().as_str() {
        "HI" => Some(Interpretation::High),
        "LO" => Some(Interpretation::Low),
        "OR" => Some(Interpretation::OutsideRange),
        "PA" => Some(Interpretation::PotentiallyAbnormal),
        _ => None,
    };
    if read.is_none() {
        notes.warn(
            IssueCode::PartIgnored,
            node.line,
            "interpretationCode",
            "the judgement is none of HI, LO, OR, PA",
        );
    }
    read
}
