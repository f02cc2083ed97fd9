//! The extract's ways of writing dates, times and numbers.

use jiff::civil::{Date, Time};
use record::{Comparator, Quantity};

/// A date `yyyyMMdd` from the year 1000 on.
pub(super) fn date(text: &str) -> Option<Date> {
    if text.len() != 8 {
        return None;
    }
    let year = i16::try_from(digits(text.get(..4)?)?).ok()?;
    let (month, day) = (digits(text.get(4..6)?)?, digits(text.get(6..)?)?);
    if year < 1000 { None } else { Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok() }
}

/// A time `HHmm` of 24 hours. Junk such as `9999` is none, and midnight stands for a time that nobody knows.
pub(super) fn time(text: &str) -> Option<Time> {
    if text.len() != 4 {
        return None;
    }
    let (hour, minute) = (digits(text.get(..2)?)?, digits(text.get(2..)?)?);
    let time = Time::new(hour.try_into().ok()?, minute.try_into().ok()?, 0, 0).ok()?;
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

fn digits(text: &str) -> Option<u32> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
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
        assert_eq!(date("20240229"), Some(jiff::civil::date(2024, 2, 29)));
        for sent in ["20230229", "2024-02-29", "00000000", "2024022", "20é24022"] {
            assert_eq!(date(sent), None, "{sent}");
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
