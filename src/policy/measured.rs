//! Results in words that are no free text: a sign, a number and perhaps a unit, as `~5 mg/L`, which FHIR's quantities
//! have no comparator for. Nothing else can be said in them.

use std::{collections::BTreeSet, sync::LazyLock};

/// The signs that results are sent with.
const SIGNS: [&str; 9] = ["<=", "=<", ">=", "=>", "<", ">", "~", "\u{2248}", "="];
/// More digits than a result has, and as many as telephone and NHS numbers have.
const DIGITS: usize = 7;

/// Every unit as it is sent and as it is shown (`profiles/codes/units.csv`).
static UNITS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../profiles/codes/units.csv").lines();
    let rows = lines.skip_while(|line| line.starts_with('#')).skip(1);
    // A field with a comma would have quotes, and is left out.
    let fields = rows.flat_map(|row| row.split(',').take(3));
    fields.filter(|field| !field.is_empty() && !field.starts_with('"')).collect()
});

/// Whether a text is a sign, a number and perhaps a known unit, and nothing else.
pub(crate) fn is_measured(text: &str) -> bool {
    let Some(rest) = SIGNS.iter().find_map(|sign| text.strip_prefix(sign)) else { return false };
    let (number, unit) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = digits(whole) && digits(fraction) && whole.len() + fraction.len() <= DIGITS;
    fits && (unit.is_empty() || UNITS.contains(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_a_number_and_a_known_unit_are_measured_and_nothing_more_is() {
        for text in ["~5", "~ 5", "~5 mg/L", "\u{2248}0.30 mmol/L", "=5", "<5 mL"] {
            assert!(is_measured(text), "{text}");
        }
        for text in [
            "5",
            "~",
            "~5 Jane",
            "~5 mg/L Jane",
            "~Jane",
            "Jane ~5",
            "~07700900123",
            "~9990000018",
            "~5.",
            "~-5",
            "~5\nmg/L",
        ] {
            assert!(!is_measured(text), "{text}");
        }
    }
}
