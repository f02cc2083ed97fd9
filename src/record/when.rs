//! Dates as GP systems know them: to the year, the month, the day or the second, in London's time.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

/// When something happened or was written down, with the precision that the source had.
///
/// ```
/// use jiff::civil::date;
/// use record::Effective;
///
/// assert_eq!(Effective::month(2010, 5)?.to_string(), "2010-05");
/// let noon = date(2024, 7, 1).at(12, 0, 0, 0);
/// assert_eq!(Effective::local(noon).unwrap().to_string(), "2024-07-01T12:00:00+01:00");
/// # Ok::<(), record::EffectiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Effective {
    /// Only the year is known.
    Year(i16),
    /// Year and month (1 to 12) are known.
    Month(i16, i8),
    /// The day is known. A day is never turned into an instant: it would shift by summer time.
    Day(#[serde(with = "crate::numbers::day")] Date),
    /// A point in time, and the offset in seconds east of UTC in which the source expressed it.
    Instant(#[serde(with = "crate::numbers::instant")] Timestamp, i32),
}

/// The text or the numbers are no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveError;

/// The time zone of every GP practice in England; its rules are compiled in.
#[must_use]
pub fn london() -> TimeZone {
    const LONDON: TimeZone = jiff::tz::get!("Europe/London");
    LONDON
}

impl Effective {
    /// A London wall-clock time. In the repeated hour of autumn the earlier reading is taken, and a time in the
    /// skipped hour of spring moves forward by it.
    #[must_use]
    pub fn local(at: DateTime) -> Option<Self> {
        let zoned = at.to_zoned(london()).ok()?;
        Some(Self::Instant(zoned.timestamp(), zoned.offset().seconds()))
    }

    /// A point in time, shown in London's time.
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        Self::Instant(instant, london().to_offset(instant).seconds())
    }

    /// A year, checked.
    ///
    /// # Errors
    /// If the year is not between 1000 and 9999 (FHIR writes four digits).
    pub fn year(year: i16) -> Result<Self, EffectiveError> {
        if (1000..=9999).contains(&year) { Ok(Self::Year(year)) } else { Err(EffectiveError) }
    }

    /// A year and a month, checked.
    ///
    /// # Errors
    /// If either is out of range.
    pub fn month(year: i16, month: i8) -> Result<Self, EffectiveError> {
        Self::year(year)?;
        if (1..=12).contains(&month) { Ok(Self::Month(year, month)) } else { Err(EffectiveError) }
    }

    /// The first day that it can mean, in London.
    #[must_use]
    pub fn first_day(&self) -> Date {
        match *self {
            Self::Year(year) => jiff::civil::date(year, 1, 1),
            Self::Month(year, month) => jiff::civil::date(year, month, 1),
            Self::Day(day) => day,
            Self::Instant(at, _) => london().to_datetime(at).date(),
        }
    }

    /// The instants from which (included) to which (excluded) it can mean: what FHIR date search compares
    /// (R4, search.html#date). Dates without a time are London's.
    #[must_use]
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let start_of = |day: Date| {
            let start = day.to_datetime(jiff::civil::Time::midnight()).to_zoned(london());
            start.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
        };
        match *self {
            Self::Year(year) => (start_of(jiff::civil::date(year, 1, 1)), start_of(next(year, 12))),
            Self::Month(year, month) => {
                (start_of(jiff::civil::date(year, month, 1)), start_of(next(year, month)))
            }
            Self::Day(day) => (start_of(day), day.tomorrow().map_or(Timestamp::MAX, start_of)),
            Self::Instant(at, _) => {
                (at, at.checked_add(jiff::SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX))
            }
        }
    }
}

/// The first day of the month after this one.
fn next(year: i16, month: i8) -> Date {
    if month < 12 {
        jiff::civil::date(year, month + 1, 1)
    } else {
        Date::new(year + 1, 1, 1).unwrap_or(Date::MAX)
    }
}

/// As FHIR writes a `dateTime`: `2010`, `2010-05`, `2010-05-01` or `2010-05-01T09:12:00+01:00`.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Instant(at, offset) => {
                let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
                let shown = offset.to_datetime(at);
                let sign = if offset.seconds() < 0 { '-' } else { '+' };
                let minutes = offset.seconds().abs() / 60;
                write!(f, "{}", shown.strftime("%Y-%m-%dT%H:%M:%S"))?;
                if shown.subsec_nanosecond() != 0 {
                    write!(f, ".{:03}", shown.subsec_nanosecond() / 1_000_000)?;
                }
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl fmt::Display for EffectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date")
    }
}

impl std::error::Error for EffectiveError {}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    #[test]
    fn a_summer_time_is_written_with_its_offset_and_a_day_has_none() {
        let summer = Effective::local(datetime(2024, 7, 1, 0, 30, 0, 0)).unwrap();
        assert_eq!(summer.to_string(), "2024-07-01T00:30:00+01:00");
        assert_eq!(summer.first_day(), date(2024, 7, 1));
        let winter = Effective::local(datetime(2024, 1, 1, 9, 0, 0, 0)).unwrap();
        assert_eq!(winter.to_string(), "2024-01-01T09:00:00+00:00");
        assert_eq!(Effective::Day(date(2024, 7, 1)).to_string(), "2024-07-01");
        assert_eq!(Effective::Month(2010, 5).to_string(), "2010-05");
        assert_eq!(Effective::Year(2010).to_string(), "2010");
    }

    #[test]
    fn a_day_spans_londons_midnights() {
        let (from, to) = Effective::Day(date(2024, 7, 1)).span();
        assert_eq!(from.to_string(), "2024-06-30T23:00:00Z");
        assert_eq!(to.to_string(), "2024-07-01T23:00:00Z");
        let (from, to) = Effective::Year(2023).span();
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2023-01-01T00:00:00Z".into(), "2024-01-01T00:00:00Z".into())
        );
    }
}
