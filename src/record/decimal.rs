//! Decimals as they were written: `1.10` stays `1.10`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number in FHIR's decimal grammar without an exponent, with every digit that the source wrote
/// (FHIR R4, data type decimal: precision is significant). At most 40 characters.
///
/// ```
/// let potassium: record::Decimal = "4.10".parse()?;
/// assert_eq!(potassium.as_str(), "4.10");
/// # Ok::<(), record::DecimalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(String);

/// The text is not a plain decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalError;

impl Decimal {
    /// The digits, sign and point.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest binary number, for comparisons only.
    #[must_use]
    pub fn approximate(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if digits.len() > 40
            || whole.len() + fraction.len() == 0
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return Err(DecimalError);
        }
        // FHIR forbids a missing whole part and leading zeros; neither changes the value or its precision.
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            rest => rest,
        };
        let sign = if negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        Ok(Self(format!("{sign}{whole}{point}{fraction}")))
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a plain decimal number")
    }
}

impl std::error::Error for DecimalError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_precision_is_kept() {
        for (sent, kept) in
            [("1.10", "1.10"), ("72", "72"), ("-0.00", "-0.00"), (".5", "0.5"), ("007.0", "7.0"), ("+3", "3")]
        {
            assert_eq!(sent.parse::<Decimal>().unwrap().as_str(), kept, "{sent}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for sent in ["", ".", "-", "1e5", "1,000", "NaN", "0x1", "1.2.3", "--1", "²"] {
            assert!(sent.parse::<Decimal>().is_err(), "{sent}");
        }
    }
}
