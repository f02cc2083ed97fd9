//! Date parameters: a prefix and a date whose precision makes it a range (R4, search.html#date).

use jiff::{Timestamp, civil::Date};
use record::Effective;

/// How the target lies to the searched range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
}

/// A parsed date parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateMatch {
    prefix: Prefix,
    from: Timestamp,
    to: Timestamp,
}

impl DateMatch {
    /// Parses `ge2020-01`, `2020-01-01T10:00:00+01:00` and the like. A time without an offset is London's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = match text.get(..2)? {
            "eq" => (Prefix::Eq, &text[2..]),
            "ne" => (Prefix::Ne, &text[2..]),
            "gt" => (Prefix::Gt, &text[2..]),
            "lt" => (Prefix::Lt, &text[2..]),
            "ge" => (Prefix::Ge, &text[2..]),
            "le" => (Prefix::Le, &text[2..]),
            "sa" => (Prefix::Sa, &text[2..]),
            "eb" => (Prefix::Eb, &text[2..]),
            _ => (Prefix::Eq, text),
        };
        let (from, to) = range(rest)?;
        Some(Self { prefix, from, to })
    }

    /// Whether a target that may be anywhere in `from..to` matches.
    pub(crate) fn matches(&self, (from, to): (Timestamp, Timestamp)) -> bool {
        let contained = self.from <= from && to <= self.to;
        match self.prefix {
            Prefix::Eq => contained,
            Prefix::Ne => !contained,
            Prefix::Gt => to > self.to,
            Prefix::Lt => from < self.from,
            Prefix::Ge => contained || to > self.to,
            Prefix::Le => contained || from < self.from,
            Prefix::Sa => from >= self.to,
            Prefix::Eb => to <= self.from,
        }
    }
}

fn range(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Some((day, _)) = text.split_once('T') {
        day.parse::<Date>().ok().filter(|_| day.len() == 10)?;
        return time(text);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let effective = match text.len() {
        _ if !digits => return None,
        4 => Effective::year(text.parse().ok()?).ok()?,
        7 => Effective::month(text.get(..4)?.parse().ok()?, text.get(5..)?.parse().ok()?).ok()?,
        10 => Effective::Day(text.parse().ok()?),
        _ => return None,
    };
    Some(effective.span())
}

/// A time to the minute, the second or a part of one.
fn time(text: &str) -> Option<(Timestamp, Timestamp)> {
    // An unescaped plus sign of an offset arrives as a space.
    let text = text.replace(' ', "+");
    let clock = text.split_once('T')?.1;
    let bare = clock.trim_end_matches('Z').split(['+', '-']).next()?;
    let seconds = match bare.len() {
        5 => 60_000,
        8 => 1_000,
        9.. => 1,
        _ => return None,
    };
    let from = if text.ends_with('Z') || clock.contains(['+', '-']) {
        text.parse::<Timestamp>().ok()?
    } else {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        local.to_zoned(record::london()).ok()?.timestamp()
    };
    Some((from, from.checked_add(jiff::SignedDuration::from_millis(seconds)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(search: &str, target: &str) -> bool {
        let day = match target.len() {
            4 => Effective::year(target.parse().unwrap()).unwrap(),
            7 => Effective::month(target[..4].parse().unwrap(), target[5..].parse().unwrap()).unwrap(),
            _ => Effective::Day(target.parse().unwrap()),
        };
        DateMatch::parse(search).unwrap().matches(day.span())
    }

    #[test]
    fn both_sides_are_ranges() {
        for (search, target, expected) in [
            ("2020", "2020-05-01", true),
            ("2020-05-01", "2020", false),
            ("ge2020", "2020-01-01", true),
            ("ge2020-06-01", "2020", true),
            ("gt2020", "2020-12-31", false),
            ("gt2020", "2021-01-01", true),
            ("lt2020-01-02", "2020-01-01", true),
            ("le2020-01-01", "2020-01-01", true),
            ("le2019", "2020-01-01", false),
            ("sa2019", "2020-01-01", true),
            ("eb2020-01-02", "2020-01-01", true),
            ("ne2020", "2020-05-01", false),
            ("ne2020", "2021", true),
            ("2020-05-01T00:00:00+01:00", "2020-05-01", false),
            ("ge2020-05-01T00:00:00 01:00", "2020-05-01", true),
        ] {
            assert_eq!(hit(search, target), expected, "{search} {target}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "x",
            "20",
            "2020-13",
            "2020-02-30",
            "ap2020",
            "2020-1-1",
            "2020-01-01T",
            "2020-01-01T25:00:00Z",
            "ge",
            "−2020",
            "²²²²",
        ] {
            assert_eq!(DateMatch::parse(text), None, "{text}");
        }
    }
}
