//! Results: quantities, comparators, ranges and what the source thought of them.

use serde::{Deserialize, Serialize};

use crate::{Coded, Decimal, FreeText};

/// A result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A measured number.
    Quantity(Quantity),
    /// Both bounds of an interval result.
    Range(Quantity, Quantity),
    /// A coded result.
    Coded(Coded),
    /// A result in words.
    Text(FreeText),
    /// Both readings of a blood pressure in one row: systolic, and diastolic if it was taken.
    BloodPressure(Quantity, Option<Quantity>),
    /// There is one, and it could not be read: not the same as none.
    Unread,
}

/// A number with its unit as the source wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// `<`, `<=`, `>=` or `>`, where the number is a bound.
    pub comparator: Option<Comparator>,
    /// The unit's text, as sent.
    pub unit: Option<String>,
}

/// How the true value lies to the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Comparator {
    /// The comparator at the start of a text (`>= 60`, `<0.3`), and what follows it. `=<` is how some write `<=`, and
    /// `=>` how they write `>=`.
    #[must_use]
    pub fn split(text: &str) -> (Option<Self>, &str) {
        let text = text.trim_start();
        for (sign, comparator) in [
            ("<=", Self::LessOrEqual),
            ("=<", Self::LessOrEqual),
            (">=", Self::GreaterOrEqual),
            ("=>", Self::GreaterOrEqual),
            ("<", Self::Less),
            (">", Self::Greater),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                return (Some(comparator), rest.trim_start());
            }
        }
        (None, text)
    }

    /// The sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }
}

/// The bounds between which the source calls a result normal; both are included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRange {
    /// The lower bound.
    pub low: Option<Decimal>,
    /// The upper bound.
    pub high: Option<Decimal>,
    /// The unit's text of the bounds, where the source gives one of its own.
    pub unit: Option<String>,
    /// Words about the range.
    pub text: Option<FreeText>,
}

/// The source's own judgement of a result. None is ever derived here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interpretation {
    /// `HI`: above the high reference limit.
    High,
    /// `LO`: below the low reference limit.
    Low,
    /// `OR`: outside the reference range.
    OutsideRange,
    /// `PA`: potentially abnormal.
    PotentiallyAbnormal,
    /// Flagged abnormal without a direction.
    Abnormal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_read_whichever_sign_comes_first() {
        for (text, comparator, rest) in [
            ("<= 5", Some(Comparator::LessOrEqual), "5"),
            ("=<5", Some(Comparator::LessOrEqual), "5"),
            ("=> 60", Some(Comparator::GreaterOrEqual), "60"),
            (">=", Some(Comparator::GreaterOrEqual), ""),
            ("<0.3", Some(Comparator::Less), "0.3"),
            ("= 5", None, "= 5"),
            ("~5", None, "~5"),
        ] {
            assert_eq!(Comparator::split(text), (comparator, rest), "{text}");
        }
    }
}
