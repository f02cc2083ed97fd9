//! The extract's ways of writing GUIDs, dates, times and booleans. Strict: what is not exactly one of them is none.

use jiff::civil::{Date, Time};

use crate::delimited::digits;

/// A GUID without braces in lower case, or `None` where the text is none.
pub(super) fn guid(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let fits = bare.len() == 36
        && bare.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    fits.then(|| bare.to_ascii_lowercase())
}

/// Whether a normalised GUID is all zeroes, which databases write for none.
pub(super) fn is_nil(guid: &str) -> bool {
    guid.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

/// A date `yyyy-MM-dd` from the year 1000 on, before which FHIR could not write it to the year.
pub(super) fn date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year: i16 = digits(year, 4)?.try_into().ok()?;
    let (month, day) = (digits(month, 2)?.try_into().ok()?, digits(day, 2)?.try_into().ok()?);
    if year < 1000 { None } else { Date::new(year, month, day).ok() }
}

/// A time `HH:mm:ss`, also without seconds or with a fraction of them, which is dropped.
pub(super) fn time(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = whole.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    digits(fraction, fraction.len().clamp(1, 9))?;
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_the_same_with_braces_and_in_any_case() {
        let bare = "0a0b0c0d-0000-4000-8000-00000000000f";
        for sent in [
            bare.to_owned(),
            format!("{{{bare}}}"),
            bare.to_uppercase(),
            format!(" {{{}}} ", bare.to_uppercase()),
        ] {
            assert_eq!(guid(&sent).as_deref(), Some(bare), "{sent}");
        }
        for sent in ["", "{}", "0a0b0c0d", &bare[1..], &format!("{{{bare}"), &bare.replace('f', "g")] {
            assert_eq!(guid(sent), None, "{sent}");
        }
    }

    #[test]
    fn dates_and_times_are_read_in_their_one_form() {
        assert_eq!(date("2024-02-29"), Some(jiff::civil::date(2024, 2, 29)));
        for sent in [
            "",
            "2023-02-29",
            "2024-2-9",
            "20240229",
            "29/02/2024",
            "2024-02-29 00:00:00",
            "0999-01-01",
            "+024-01-01",
            "44706",
        ] {
            assert_eq!(date(sent), None, "{sent}");
        }
        assert_eq!(time("09:12:30"), Some(jiff::civil::time(9, 12, 30, 0)));
        assert_eq!(time("09:12"), Some(jiff::civil::time(9, 12, 0, 0)));
        assert_eq!(time("09:12:30.1234567"), Some(jiff::civil::time(9, 12, 30, 0)));
        for sent in ["", "9:12", "24:00:00", "09:12:60", "09:12:30.", "09:12:30.x", "0912"] {
            assert_eq!(time(sent), None, "{sent}");
        }
    }
}
