//! The results that SystmOne writes as lines of text beside a code instead of as values:
//! `Value: 130.0 mm[Hg]`, `Reference range: 4.0 - 57.0`, `Interpretation Code: Above high reference limit`.
//! A line is read whole or not at all: what reaches the coded view must not be able to carry a person's words.

use record::{Comparator, Decimal, FreeText, Interpretation, Quantity, ReferenceRange, Value};

/// What a text says of a result.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Measured {
    /// The result.
    pub(super) value: Option<Value>,
    /// What is normal.
    pub(super) range: Option<ReferenceRange>,
    /// What the source thinks of it.
    pub(super) interpretation: Option<Interpretation>,
}

/// Reads the lines of all texts of one statement. Two lines of one kind contradict each other: neither is read.
pub(super) fn measured(texts: &[FreeText]) -> Measured {
    let only = |key: &str| {
        let mut found = texts.iter().flat_map(|text| text.expose().lines()).filter_map(|line| {
            let rest = line.trim().strip_prefix(key)?.strip_prefix(':')?.trim();
            (!rest.is_empty()).then_some(rest)
        });
        let first = found.next();
        if found.next().is_some() { None } else { first }
    };
    Measured {
        value: only("Value").and_then(value),
        range: only("Reference range").and_then(range),
        interpretation: only("Interpretation Code").and_then(interpretation),
    }
}

fn value(text: &str) -> Option<Value> {
    // An approximate number has no comparator: it stays words.
    if let Some(rest) = text.strip_prefix('~') {
        return quantity(rest).and_then(|_| FreeText::new(text)).map(Value::Text);
    }
    quantity(text).map(Value::Quantity)
}

fn quantity(text: &str) -> Option<Quantity> {
    let (comparator, rest) = Comparator::split(text);
    let (number, unit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let unit = match unit.trim() {
        "" => None,
        unit if is_unit(unit) => Some(unit.to_owned()),
        _ => return None,
    };
    Some(Quantity { value: number_of(number)?, comparator, unit })
}

fn number_of(text: &str) -> Option<Decimal> {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-').then(|| text.parse().ok()).flatten()
}

/// A unit is one token with a sign that no name has, or one of these words.
pub(super) fn is_unit(text: &str) -> bool {
    const WORDS: [&str; 44] = [
        "Unk UoM", "kg", "g", "mg", "ug", "ng", "pg", "mcg", "m", "cm", "mm", "um", "nm", "s", "sec", "min",
        "h", "d", "L", "l", "dL", "mL", "ml", "fL", "U", "IU", "iu", "mU", "mol", "mmol", "umol", "nmol",
        "pmol", "cP", "mPas", "deg", "Beats", "beats", "bpm", "seizures", "kPa", "mmHg", "Hz", "ratio",
    ];
    let sign = |c: char| matches!(c, '%' | '/' | '*' | '[' | ']' | '{' | '}' | '^' | 'µ' | '°');
    let part =
        |c: char| sign(c) || c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '(' | ')' | '\'');
    WORDS.contains(&text) || (text.len() <= 30 && text.chars().all(part) && text.contains(sign))
}

/// `4.0 - 57.0`, `< 5`, `<= 5`, `> 60`, `>= 60`, perhaps with a unit after it.
fn range(text: &str) -> Option<ReferenceRange> {
    let mut read = ReferenceRange::default();
    let unit = if let (Some(comparator), rest) = Comparator::split(text) {
        let (number, unit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match comparator {
            Comparator::Less | Comparator::LessOrEqual => read.high = Some(number_of(number)?),
            Comparator::Greater | Comparator::GreaterOrEqual => read.low = Some(number_of(number)?),
        }
        unit
    } else {
        let (low, rest) = text.split_once(" - ")?;
        let (high, unit) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
        read.low = Some(number_of(low.trim())?);
        read.high = Some(number_of(high)?);
        unit
    };
    match unit.trim() {
        "" => Some(read),
        unit if is_unit(unit) => Some(ReferenceRange { unit: Some(unit.to_owned()), ..read }),
        _ => None,
    }
}

fn interpretation(text: &str) -> Option<Interpretation> {
    match text {
        "Above high reference limit" => Some(Interpretation::High),
        "Below low reference limit" => Some(Interpretation::Low),
        "Outside reference range" => Some(Interpretation::OutsideRange),
        "Potentially abnormal" => Some(Interpretation::PotentiallyAbnormal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Measured {
        measured(&[FreeText::new(text).unwrap()])
    }

    fn shown(text: &str) -> Option<String> {
        match read(text).value? {
            Value::Quantity(q) => Some(format!(
                "{}{}|{}",
                q.comparator.map_or("", Comparator::sign),
                q.value,
                q.unit.unwrap_or_default()
            )),
            Value::Text(text) => Some(format!("'{}'", text.expose())),
            Value::Range(..) | Value::Coded(_) | Value::BloodPressure(..) | Value::Unread => None,
        }
    }

    #[test]
    fn a_value_line_is_a_number_with_comparator_and_unit() {
        for (text, kept) in [
            ("Value: 130.0 mm[Hg]", "130.0|mm[Hg]"),
            ("a reading L\nValue: 90.0 mm[Hg]\nmore", "90.0|mm[Hg]"),
            ("Value: >60.0 mL/min", ">60.0|mL/min"),
            ("Value: >= 60", ">=60|"),
            ("Value: 7.1 Unk UoM", "7.1|Unk UoM"),
            ("Value: 10.0 {units}/wk", "10.0|{units}/wk"),
            ("Value: ~5", "'~5'"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(kept), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_not_all_grammar_is_not_read() {
        for text in [
            "Value:",
            "Value: high",
            "Value: 5 told by Mary",
            "Value: 5 Mary",
            "The Value: 5",
            "Value: 5\nValue: 6",
            "value: 5",
            "Value: 5..6",
            "Value: 1e5",
        ] {
            assert_eq!(read(text), Measured::default(), "{text}");
        }
    }

    #[test]
    fn ranges_and_judgements_are_read_whole() {
        let both = read(
            "Value: 58.0 g/L\nReference range: 4.0 - 57.0\nInterpretation Code: Above high reference limit",
        );
        let range = both.range.unwrap();
        assert_eq!((range.low.unwrap().as_str(), range.high.unwrap().as_str()), ("4.0", "57.0"));
        assert_eq!(both.interpretation, Some(Interpretation::High));
        let one = read("Reference range: < 5").range.unwrap();
        assert_eq!((one.low, one.high.unwrap().as_str()), (None, "5"));
        assert_eq!(read("Reference range: as Mary said"), Measured::default());
        assert_eq!(read("Interpretation Code: worse than her mother"), Measured::default());
    }
}
