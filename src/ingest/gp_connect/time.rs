//! FHIR's dates and times (STU3, datatypes): as precise as they were written.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};
use record::Effective;

/// Reads `yyyy`, `yyyy-MM`, `yyyy-MM-dd` or `yyyy-MM-ddThh:mm:ss[.sss](Z|±hh:mm)`.
pub(super) fn read(text: &str) -> Option<Effective> {
    let digits = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let year = digits(0, 4).filter(|_| text.bytes().take(4).all(|byte| byte.is_ascii_digit()))?;
    match text.len() {
        4 => Effective::year(year).ok(),
        7 => {
            let month = text.get(4..)?.strip_prefix('-')?;
            let plain = month.bytes().all(|byte| byte.is_ascii_digit());
            Effective::month(year, month.parse().ok().filter(|_| plain)?).ok()
        }
        10 => day(text).map(Effective::Day),
        _ => instant(text),
    }
}

/// A whole day.
pub(super) fn day(text: &str) -> Option<Date> {
    let day = Date::strptime("%Y-%m-%d", text).ok().filter(|_| text.len() == 10)?;
    Effective::year(day.year()).ok().map(|_| day)
}

fn instant(text: &str) -> Option<Effective> {
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, Offset::UTC),
        None => {
            let at = text.len().checked_sub(6)?;
            let (local, offset) = (text.get(..at)?, text.get(at..)?);
            let (sign, rest) = offset.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let seconds = number(hours)? * 3600 + number(minutes).filter(|minutes| *minutes < 60)? * 60;
            let seconds = if sign == "-" { -seconds } else { seconds };
            if !matches!(sign, "+" | "-") || seconds.abs() > 14 * 3600 {
                return None;
            }
            (local, Offset::from_seconds(seconds).ok()?)
        }
    };
    let at: DateTime = if local.get(10..11) == Some("T") { local.parse().ok()? } else { return None };
    day(local.get(..10)?)?;
    let at: Timestamp = offset.to_timestamp(at).ok()?;
    Some(Effective::Instant(at, offset.seconds()))
}

fn number(text: &str) -> Option<i32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A number that grows with the time, for the order of what was sent: milliseconds since 1970.
pub(super) fn sequence(text: &str) -> Option<u64> {
    match read(text)? {
        Effective::Instant(at, _) => u64::try_from(at.as_millisecond()).ok(),
        Effective::Year(_) | Effective::Month(..) | Effective::Day(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_precise_as_it_was_written() {
        for text in
            ["2010", "2010-05", "2010-05-01", "2010-06-30T04:59:00+01:00", "2010-06-30T04:59:00.250-05:30"]
        {
            assert_eq!(read(text).map(|at| at.to_string()).as_deref(), Some(text), "{text}");
        }
        assert_eq!(
            read("2010-01-01T00:00:00Z").map(|at| at.to_string()).as_deref(),
            Some("2010-01-01T00:00:00+00:00")
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "20",
            "+201",
            "2010-13",
            "2010-1",
            "2010-02-30",
            "2010-02-03T",
            "2010-02-03T10:00:00",
            "2010-02-03 10:00:00Z",
            "2010-02-03T10:00:00+1:00",
            "2010-02-03T25:00:00Z",
            "2010-02-03T10:00:00+15:00",
            "0000",
            "0000-01-01",
            "2010-02-03T10:00:00+01:75",
            "2010-+2",
            "١٢٣٤",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
