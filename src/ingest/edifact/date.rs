//! `DTM`: a date with a number that says its format (UN/EDIFACT code list 2379). Clocks are London's.

use jiff::civil::{Date, DateTime};
use record::Effective;

use super::syntax::Segment;

/// The date of a `DTM`, or nothing if it has none.
///
/// # Errors
/// If it cannot be read, or its format is none of those in use.
pub(super) fn read(segment: &Segment) -> Result<Option<Effective>, ()> {
    let Some(text) = segment.get(1, 1) else { return Ok(None) };
    let format = segment.get(1, 2).ok_or(())?;
    let (length, pattern) = match format {
        "602" => (4, ""),
        "610" => (6, ""),
        "102" => (8, "%Y%m%d"),
        "203" => (12, "%Y%m%d%H%M"),
        "204" => (14, "%Y%m%d%H%M%S"),
        _ => return Err(()),
    };
    if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(());
    }
    let number =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i16>().ok()).ok_or(());
    let year = number(0, 4)?;
    let read = match length {
        4 => Effective::year(year).ok(),
        6 => Effective::month(year, i8::try_from(number(4, 6)?).map_err(|_| ())?).ok(),
        8 => Date::strptime(pattern, text).ok().map(Effective::Day),
        _ => DateTime::strptime(pattern, text).ok().and_then(Effective::local),
    };
    let read = read.filter(|_| Effective::year(year).is_ok());
    read.map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::super::syntax::Segments;
    use super::*;

    fn dtm(text: &str) -> Result<Option<String>, ()> {
        let text = format!("UNB'{text}");
        let mut segments = Segments::new(text.as_bytes(), "x");
        segments.next().unwrap();
        let segment = segments.next().unwrap().unwrap();
        read(&segment).map(|read| read.map(|at| at.to_string()))
    }

    #[test]
    fn the_format_says_how_precise_a_date_is() {
        for (text, read) in [
            ("DTM+SCO:2024:602'", "2024"),
            ("DTM+SCO:202407:610'", "2024-07"),
            ("DTM+SCO:20240701:102'", "2024-07-01"),
            ("DTM+SCO:202407010030:203'", "2024-07-01T00:30:00+01:00"),
            ("DTM+SCO:20240101003015:204'", "2024-01-01T00:30:15+00:00"),
        ] {
            assert_eq!(dtm(text), Ok(Some(read.to_owned())), "{text}");
        }
        assert_eq!(dtm("DTM+SCO'"), Ok(None));
    }

    #[test]
    fn what_is_no_date_of_its_format_is_none() {
        for text in [
            "DTM+SCO:20240701:203'",
            "DTM+SCO:20240230:102'",
            "DTM+SCO:202413:610'",
            "DTM+SCO:00000101:102'",
            "DTM+SCO:20240701'",
            "DTM+SCO:20240701:303'",
            "DTM+SCO:2024O701:102'",
            "DTM+SCO:202407012500:203'",
        ] {
            assert_eq!(dtm(text), Err(()), "{text}");
        }
    }
}
