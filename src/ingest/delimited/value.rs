//! Ways of writing that several formats share. Strict: what is not exactly one of them is none.

use jiff::civil::Date;

/// What a true-or-false field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// `true`, in any case.
    True,
    /// `false`, in any case.
    False,
    /// Nothing.
    Blank,
    /// Anything else.
    Unknown,
}

impl Flag {
    /// Reads a field of words.
    pub(crate) fn of(text: &str) -> Self {
        match text.trim() {
            "" => Self::Blank,
            text if text.eq_ignore_ascii_case("true") => Self::True,
            text if text.eq_ignore_ascii_case("false") => Self::False,
            _ => Self::Unknown,
        }
    }
}

/// The number that exactly so many ASCII digits write.
pub(crate) fn digits(text: &str, count: usize) -> Option<u32> {
    let fits = text.len() == count && count <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

/// A date `yyyyMMdd` from the year 1000 on, before which FHIR could not write it to the year.
pub(crate) fn compact_date(text: &str) -> Option<Date> {
    let number = digits(text, 8)?;
    let part = |value: u32| i8::try_from(value).ok();
    let year = i16::try_from(number / 10_000).ok()?;
    if year < 1000 { None } else { Date::new(year, part(number / 100 % 100)?, part(number % 100)?).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_and_false_are_booleans() {
        assert_eq!(
            (Flag::of("TRUE"), Flag::of("False "), Flag::of(" ")),
            (Flag::True, Flag::False, Flag::Blank)
        );
        for sent in ["1", "0", "yes", "Y", "t", "null"] {
            assert_eq!(Flag::of(sent), Flag::Unknown, "{sent}");
        }
    }

    #[test]
    fn a_compact_date_has_eight_digits_and_a_year_from_1000_on() {
        assert_eq!(compact_date("20240229"), Some(jiff::civil::date(2024, 2, 29)));
        for sent in [
            "",
            "20230229",
            "2024-02-29",
            "00000000",
            "09991231",
            "2024022",
            "202402290",
            "+2024029",
            "20é24022",
        ] {
            assert_eq!(compact_date(sent), None, "{sent}");
        }
    }
}
