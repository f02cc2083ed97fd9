//! HL7 v3 points in time and intervals: precision is the length of the digits, and a time without an offset is
//! London's.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::Offset,
};
use record::Effective;

use super::node::Node;

/// Reads `yyyy`, `yyyyMM`, `yyyyMMdd`, `yyyyMMddHH[mm[ss[.SSS]]]`, each perhaps with `±HH[mm]`.
pub(super) fn point(text: &str) -> Option<Effective> {
    let (digits, offset) = match text.find(['+', '-']) {
        Some(at) => (text.get(..at)?, Some(offset(text.get(at..)?)?)),
        None => (text, None),
    };
    let (digits, fraction) = match digits.split_once('.') {
        Some((digits, fraction)) if digits.len() == 14 => (digits, nanoseconds(fraction)?),
        Some(_) => return None,
        None => (digits, 0),
    };
    if !matches!(digits.len(), 4 | 6 | 8 | 10 | 12 | 14) {
        return None;
    }
    let year = number(digits, 0, 4)?;
    if digits.len() == 4 {
        return Effective::year(year).ok();
    }
    let month = i8::try_from(number(digits, 4, 6)?).ok()?;
    if digits.len() == 6 {
        return Effective::month(year, month).ok();
    }
    Effective::year(year).ok()?;
    let day = Date::new(year, month, i8::try_from(number(digits, 6, 8)?).ok()?).ok()?;
    if digits.len() == 8 {
        return Some(Effective::Day(day));
    }
    let part = |from: usize| {
        if digits.len() > from { i8::try_from(number(digits, from, from + 2)?).ok() } else { Some(0) }
    };
    instant(day.to_datetime(Time::new(part(8)?, part(10)?, part(12)?, fraction).ok()?), offset)
}

fn instant(at: DateTime, offset: Option<Offset>) -> Option<Effective> {
    match offset {
        None => Effective::local(at),
        Some(offset) => Some(Effective::Instant(offset.to_timestamp(at).ok()?, offset.seconds())),
    }
}

fn number(digits: &str, from: usize, to: usize) -> Option<i16> {
    let part = digits.get(from..to)?;
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{fraction:0<9}").parse().ok()).flatten()
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let hours = i32::from(number(digits, 0, 2)?);
    let minutes = match digits.len() {
        2 => 0,
        4 => i32::from(number(digits, 2, 4)?),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

/// When something was true: the centre of its interval, else the start, else the end, else the point itself.
/// `Ok(None)` where the source does not know.
///
/// # Errors
/// If what the source says is no time.
pub(super) fn interval(node: &Node) -> Result<Option<Effective>, ()> {
    let bound = |name| node.child(name).and_then(|child| child.get("value"));
    match bound("center").or_else(|| bound("low")).or_else(|| bound("high")).or_else(|| node.get("value")) {
        Some(text) => point(text).map(Some).ok_or(()),
        None => Ok(None),
    }
}

/// The source's order of extracts: the digits of a point in time to the second, as one number.
pub(super) fn sequence(text: &str) -> Option<u64> {
    point(text)?;
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    format!("{digits:0<14}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        point(text).map(|at| at.to_string())
    }

    #[test]
    fn precision_is_the_length_of_the_digits() {
        for (sent, kept) in [
            ("2010", "2010"),
            ("201005", "2010-05"),
            ("20100501", "2010-05-01"),
            ("20100501+0100", "2010-05-01"),
            ("2010050109", "2010-05-01T09:00:00+01:00"),
            ("201001010912", "2010-01-01T09:12:00+00:00"),
            ("20100701091230", "2010-07-01T09:12:30+01:00"),
            ("20100701091230.250", "2010-07-01T09:12:30.250+01:00"),
            ("20100701091230+0000", "2010-07-01T09:12:30+00:00"),
            ("20100701091230-05", "2010-07-01T09:12:30-05:00"),
        ] {
            assert_eq!(shown(sent).as_deref(), Some(kept), "{sent}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for sent in [
            "",
            "0",
            "0999",
            "201013",
            "20100230",
            "201002",
            "20100501T09",
            "2010050125",
            "20100501091",
            "abcd",
            "20100501091230.",
            "2010050109.5",
            "20100501091230+99",
            "20100501091230+0",
            "２０１０",
            "+0100",
        ] {
            if sent != "201002" {
                assert_eq!(shown(sent), None, "{sent}");
            }
        }
    }
}
