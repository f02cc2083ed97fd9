//! The NHS number of England, Wales and the Isle of Man: ten digits, the last a Modulus 11 check digit
//! (NHS Data Dictionary, NHS NUMBER).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A checked NHS number. It never prints itself; [`NhsNumber::expose`] is the one way to its digits.
///
/// ```
/// use record::{NhsNumber, NhsNumberError};
///
/// let number: NhsNumber = "999 000 0018".parse()?;
/// assert_eq!(number.expose(), "9990000018");
/// assert_eq!(format!("{number:?}"), "NhsNumber(..)");
/// assert_eq!("9990000019".parse::<NhsNumber>(), Err(NhsNumberError::CheckDigit));
/// # Ok::<(), NhsNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NhsNumber([u8; 10]);

/// Why a text is not an NHS number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NhsNumberError {
    /// Not ten digits once spaces and hyphens are left out.
    Shape,
    /// The check digit does not fit the other nine.
    CheckDigit,
    /// Ten equal digits: suppliers write these where the number is missing.
    Placeholder,
}

impl NhsNumber {
    /// The ten digits, for an identifier in a resource, an index key or a comparison; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        // Only ASCII digits are ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the number is in the range set aside for tests, 999 000 0000 to 999 999 9999.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.0.starts_with(b"999")
    }

    /// The check digit for nine digits, or `None` where no number may begin with them (remainder 10).
    #[must_use]
    pub fn check_digit(nine: [u8; 9]) -> Option<u8> {
        let sum: u32 =
            nine.iter().zip((2..=10u32).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
        match 11 - sum % 11 {
            10 => None,
            11 => Some(0),
            digit => u8::try_from(digit).ok(),
        }
    }
}

impl FromStr for NhsNumber {
    type Err = NhsNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = [0u8; 10];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
            if !byte.is_ascii_digit() || count == 10 {
                return Err(NhsNumberError::Shape);
            }
            digits[count] = byte;
            count += 1;
        }
        if count != 10 {
            return Err(NhsNumberError::Shape);
        }
        if digits.iter().all(|digit| *digit == digits[0]) {
            return Err(NhsNumberError::Placeholder);
        }
        let mut nine = [0u8; 9];
        for (value, digit) in nine.iter_mut().zip(digits) {
            *value = digit - b'0';
        }
        if Self::check_digit(nine) == Some(digits[9] - b'0') {
            Ok(Self(digits))
        } else {
            Err(NhsNumberError::CheckDigit)
        }
    }
}

impl TryFrom<String> for NhsNumber {
    type Error = NhsNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NhsNumber> for String {
    fn from(number: NhsNumber) -> Self {
        number.expose().to_owned()
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(..)")
    }
}

impl fmt::Display for NhsNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "an NHS number is ten digits",
            Self::CheckDigit => "the check digit of the NHS number does not fit",
            Self::Placeholder => "ten equal digits stand for a missing NHS number",
        })
    }
}

impl std::error::Error for NhsNumberError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_spaces_is_the_same_number() {
        assert_eq!("999 000 0018".parse::<NhsNumber>(), "9990000018".parse());
        assert!("9990000018".parse::<NhsNumber>().is_ok());
    }

    #[test]
    fn wrong_shapes_digits_and_placeholders_are_refused() {
        assert_eq!("999000001".parse::<NhsNumber>(), Err(NhsNumberError::Shape));
        assert_eq!("99900000181".parse::<NhsNumber>(), Err(NhsNumberError::Shape));
        assert_eq!("999000001X".parse::<NhsNumber>(), Err(NhsNumberError::Shape));
        assert_eq!("9990000019".parse::<NhsNumber>(), Err(NhsNumberError::CheckDigit));
        assert_eq!("9999999999".parse::<NhsNumber>(), Err(NhsNumberError::Placeholder));
    }

    #[test]
    fn it_does_not_print_itself() {
        let number: NhsNumber = "9990000018".parse().unwrap();
        assert!(!format!("{number:?}").contains("999"));
    }

    proptest::proptest! {
        #[test]
        fn changing_one_digit_is_always_noticed(tail in 0u32..1_000_000, place in 0usize..10, by in 1u8..10) {
            let nine: Vec<u8> = format!("999{tail:06}").bytes().map(|b| b - b'0').collect();
            let nine: [u8; 9] = nine.try_into().unwrap();
            if let Some(check) = NhsNumber::check_digit(nine) {
                let mut digits: Vec<u8> = nine.to_vec();
                digits.push(check);
                digits[place] = (digits[place] + by) % 10;
                let text: String = digits.iter().map(|d| char::from(b'0' + d)).collect();
                proptest::prop_assert!(text.parse::<NhsNumber>().is_err());
            }
        }
    }
}
