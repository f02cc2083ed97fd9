//! The extract's ways of writing times and numbers.

use jiff::civil::Time;
use record::{Comparator, Quantity};

use crate::delimited::digits;

/// A time `HHmm` of 24 hours. Junk such as `9999` is none, and midnight stands for a time that nobody knows.
pub(super) fn time(text: &str) -> Option<Time> {
    let clock = digits(text, 4)?;
    let part = |value: u32| i8::try_from(value).ok();
    let time = Time::new(part(clock / 100)?, part(clock % 100)?, 0, 0).ok()?;
    (time != Time::midnight()).then_some(time)
}

/// A number, perhaps with a sign in front that makes a bound of it.
pub(super) fn quantity(text: &str, unit: Option<&str>) -> Option<Quantity> {
    let (comparator, number) = Comparator::split(text);
    Some(Quantity { value: number.parse().ok()?, comparator, unit: unit.map(str::to_owned) })
}

/// Whether a number is nothing but zeroes.
pub(super) fn is_zero(quantity: &Quantity) -> bool {
    !quantity.value.as_str().bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_24_hours_and_junk_is_none() {
        assert_eq!(time("1345"), Some(jiff::civil::time(13, 45, 0, 0)));
        for sent in ["9999", "2400", "0000", "1260", "", "913", "01:05", "12éa"] {
            assert_eq!(time(sent), None, "{sent}");
        }
    }

    #[test]
    fn a_number_may_be_a_bound() {
        let bound = quantity("<0.30", Some("mg")).unwrap();
        assert_eq!((bound.value.as_str(), bound.comparator), ("0.30", Some(Comparator::Less)));
        assert_eq!(quantity("POSITIVE", None), None);
        assert!(is_zero(&quantity("0.00", None).unwrap()) && !is_zero(&quantity("0.01", None).unwrap()));
    }
}
