//! SNOMED CT identifiers by their own form (SNOMED CT release file specification, "SCTID"): 6 to 18 digits, the last a
//! Verhoeff check digit, the two before it the partition, which tells what is identified.

/// A SNOMED CT identifier with a right check digit, of a concept or a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnomedId {
    /// Of a concept.
    Concept(u64),
    /// Of a description of a concept.
    Description(u64),
}

impl SnomedId {
    /// `None` for what is no identifier, or identifies something else (a relationship, a reference set's member).
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let fits =
            (6..=18).contains(&id.len()) && !id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit());
        if !fits || check(id) != 0 {
            return None;
        }
        let number = id.parse().ok()?;
        match id.get(id.len() - 3..id.len() - 1)? {
            "00" | "10" => Some(Self::Concept(number)),
            "01" | "11" => Some(Self::Description(number)),
            _ => None,
        }
    }
}

/// Verhoeff's check, 0 where it is right: products in the dihedral group of order ten, each digit first permuted by
/// its place.
fn check(digits: &str) -> u8 {
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let turned = |digit: u8| TURN.get(usize::from(digit)).copied().unwrap_or(digit);
    digits.bytes().rev().enumerate().fold(0, |sum, (place, byte)| {
        times(sum, (0..place % 8).fold(byte.wrapping_sub(b'0'), |digit, _| turned(digit)))
    })
}

/// The group's product: 0 to 4 are rotations, 5 to 9 reflections.
fn times(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_tells_concepts_from_descriptions() {
        assert_eq!(SnomedId::parse("75367002"), Some(SnomedId::Concept(75_367_002)));
        assert_eq!(SnomedId::parse("1364731000000104"), Some(SnomedId::Concept(1_364_731_000_000_104)));
        assert_eq!(SnomedId::parse("254063019"), Some(SnomedId::Description(254_063_019)));
        assert_eq!(SnomedId::parse("2734671000000117"), Some(SnomedId::Description(2_734_671_000_000_117)));
    }

    #[test]
    fn a_wrong_check_digit_or_form_is_no_identifier() {
        for id in ["", "0", "7536700", "75367003", "075367002", "75367002x", "1234567890123456789", "١٢٣٤٥٦"]
        {
            assert_eq!(SnomedId::parse(id), None, "{id}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_wrong_digit_and_swapped_neighbours_are_always_noticed(stem in "[1-9][0-9]{4,14}", at in 0usize..15, by in 1u8..10) {
            let id = (0..10).map(|last| format!("{stem}{last}")).find(|id| check(id) == 0).unwrap();
            let mut digits = id.clone().into_bytes();
            let at = at % digits.len();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            proptest::prop_assert_ne!(check(std::str::from_utf8(&digits).unwrap()), 0);
            let mut digits = id.into_bytes();
            if at > 0 && digits[at] != digits[at - 1] {
                digits.swap(at, at - 1);
                proptest::prop_assert_ne!(check(std::str::from_utf8(&digits).unwrap()), 0);
            }
        }
    }
}
