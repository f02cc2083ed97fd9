//! The extract's ways of writing ids, dates and booleans, and of writing nothing: `-1`, `0`, `0.0`, `01 Jan 1900`. Strict:
//! what is not exactly one of them is none.

use jiff::civil::{Date, DateTime, Time};
use record::Effective;

use crate::delimited::{Flag, digits};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a text in a column of ids, codes or numbers stands for nothing.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "0" | "0.0" | "-1" | "-1.0")
}

/// What a column of ids says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'t> {
    /// This id: digits.
    Id(&'t str),
    /// Nothing.
    Nothing,
    /// Something else.
    Malformed,
}

impl<'t> Named<'t> {
    /// Reads a field.
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.trim();
        let fits = (1..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        match text {
            _ if is_nothing(text) => Self::Nothing,
            _ if fits => Self::Id(text),
            _ => Self::Malformed,
        }
    }
}

/// What a field of a date says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A day, and the time unless it is midnight, which the extract writes where it knows none.
    At(Date, Option<Time>),
    /// Nothing.
    Nothing,
    /// Something else.
    Malformed,
}

impl When {
    /// Reads `dd MMM yyyy`, `dd MMM yyyy HH:mm` or `dd MMM yyyy HH:mm:ss`. Before 1000 FHIR has no year, and 1 January 1900
    /// and 31 December 9999 are what databases write for none.
    pub(super) fn of(text: &str) -> Self {
        match text.trim() {
            text if is_nothing(text) => Self::Nothing,
            text => moment(text).unwrap_or(Self::Malformed),
        }
    }

    /// As precisely as it is known, in London's time.
    pub(super) fn effective(self) -> Option<Effective> {
        match self {
            Self::At(day, Some(time)) => {
                Effective::local(DateTime::from_parts(day, time)).or(Some(Effective::Day(day)))
            }
            Self::At(day, None) => Some(Effective::Day(day)),
            Self::Nothing | Self::Malformed => None,
        }
    }
}

fn moment(text: &str) -> Option<When> {
    let mut parts = text.split(' ');
    let day = digits(parts.next()?, 2)?;
    let name = parts.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|month| *month == name)? + 1;
    let year = digits(parts.next()?, 4)?;
    let time = parts.next().map_or(Some(Time::midnight()), clock)?;
    if parts.next().is_some() || year < 1000 {
        return None;
    }
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let stands_for_none = date == jiff::civil::date(1900, 1, 1) || date == jiff::civil::date(9999, 12, 31);
    let time = (time != Time::midnight()).then_some(time);
    Some(if stands_for_none { When::Nothing } else { When::At(date, time) })
}

fn clock(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()
}

/// The manifest's `yyyyMMdd_HHmm` as a number that is the larger the later: `202611010500`.
pub(super) fn extracted(text: &str) -> Option<u64> {
    let (day, time) = text.trim().split_once('_')?;
    let (date, minute) = (digits(day, 8)?, digits(time, 4)?);
    let part = |value: u32| i8::try_from(value).ok();
    Date::new(i16::try_from(date / 10_000).ok()?, part(date / 100 % 100)?, part(date % 100)?).ok()?;
    Time::new(part(minute / 100)?, part(minute % 100)?, 0, 0).ok()?;
    Some(u64::from(date) * 10_000 + u64::from(minute))
}

/// A true-or-false field: `TRUE`, `1` or `Y`, and the like. Nothing is told apart from `FALSE`.
pub(super) fn flag(text: &str) -> Flag {
    match text.trim() {
        "1" | "Y" | "y" => Flag::True,
        "0" | "N" | "n" => Flag::False,
        text => Flag::of(text),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn every_placeholder_is_nothing_and_not_a_value() {
        for sent in ["", " ", "0", "0.0", "-1", "-1.0"] {
            assert_eq!(Named::of(sent), Named::Nothing, "{sent}");
            assert_eq!(When::of(sent), When::Nothing, "{sent}");
        }
        assert_eq!(When::of("01 Jan 1900"), When::Nothing);
        assert_eq!(When::of("01 Jan 1900 00:00:00"), When::Nothing);
        assert_eq!(Named::of(" 12 "), Named::Id("12"));
        for sent in ["-2", "1.5", "abc", "1e5", "0x1", "²"] {
            assert_eq!(Named::of(sent), Named::Malformed, "{sent}");
        }
    }

    #[test]
    fn a_date_is_read_in_its_three_forms_and_midnight_is_no_time() {
        let day = date(2024, 2, 29);
        assert_eq!(When::of("29 Feb 2024"), When::At(day, None));
        assert_eq!(When::of("29 FEB 2024 00:00:00"), When::At(day, None));
        assert_eq!(When::of("29 Feb 2024 00:00"), When::At(day, None));
        assert_eq!(When::of("29 Feb 2024 09:12"), When::At(day, Some(time(9, 12, 0, 0))));
        assert_eq!(When::of("29 Feb 2024 09:12:30"), When::At(day, Some(time(9, 12, 30, 0))));
        for sent in [
            "29 Feb 2023",
            "2024-02-29",
            "29/02/2024",
            "9 Feb 2024",
            "29 Feb 24",
            "29 Feb 2024 24:00:00",
            "x",
        ] {
            assert_eq!(When::of(sent), When::Malformed, "{sent}");
        }
        let summer = When::of("01 Jul 2024 00:30:00").effective();
        assert_eq!(summer.unwrap().to_string(), "2024-07-01T00:30:00+01:00");
    }

    #[test]
    fn the_moment_of_an_extract_is_a_number_that_grows_with_it() {
        assert_eq!(extracted("20261101_0500"), Some(202_611_010_500));
        assert!(extracted("20261231_2359") < extracted("20270101_0000"));
        for sent in ["", "20261101", "20261301_0500", "20261101_2500", "20261101-0500", "2026110_10500"] {
            assert_eq!(extracted(sent), None, "{sent}");
        }
    }

    #[test]
    fn booleans_are_words_digits_or_letters() {
        assert_eq!([flag("TRUE"), flag("1"), flag("y")], [Flag::True; 3]);
        assert_eq!([flag("False"), flag("0"), flag("N")], [Flag::False; 3]);
        assert_eq!((flag(" "), flag("-1"), flag("yes")), (Flag::Blank, Flag::Unknown, Flag::Unknown));
    }
}
