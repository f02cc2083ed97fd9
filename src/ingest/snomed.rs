//! What a SNOMED CT identifier identifies, by its own form (SNOMED CT release file specification, "SCTID"): 6 to 18
//! digits, of which the last is a Verhoeff check digit and the two before it the partition.

use record::CodeSystem;

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    /// A concept.
    Concept,
    /// A description of a concept.
    Description,
    /// A concept in EMIS's own namespaces: well formed, but in no edition that anybody else has.
    EmisConcept,
}

/// EMIS's namespaces, the second one for medicines.
const EMIS_NAMESPACES: [&str; 2] = ["1000006", "1000033"];

/// What an identifier stands for, or `None` where it is none.
pub(crate) fn component(id: &str) -> Option<Component> {
    let fits = (6..=18).contains(&id.len()) && !id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit());
    if !fits || !checks(id) {
        return None;
    }
    let partition = id.len().checked_sub(3)?;
    let namespace = partition.checked_sub(7).and_then(|from| id.get(from..partition)).unwrap_or_default();
    match id.get(partition..partition + 2)? {
        "10" if EMIS_NAMESPACES.contains(&namespace) => Some(Component::EmisConcept),
        "00" | "10" => Some(Component::Concept),
        "01" | "11" => Some(Component::Description),
        _ => None,
    }
}

/// The system that a code belongs to which was sent as one of SNOMED CT: suppliers put descriptions where concepts
/// belong, and what fails its own check is kept as sent, but never passed on as SNOMED CT.
pub(crate) fn system(code: &str) -> CodeSystem {
    match component(code) {
        Some(Component::Concept | Component::EmisConcept) => CodeSystem::SnomedCt,
        Some(Component::Description) => CodeSystem::SnomedCtDescription,
        None => CodeSystem::Oid("2.16.840.1.113883.2.1.3.2.4.15".to_owned()),
    }
}

/// Verhoeff's check: products in the dihedral group of order ten, each digit first permuted by its place.
fn checks(digits: &str) -> bool {
    let check = digits
        .bytes()
        .rev()
        .enumerate()
        .fold(0, |check, (place, digit)| multiply(check, permute(place, digit.wrapping_sub(b'0'))));
    check == 0
}

/// The group's product: 0 to 4 are rotations, 5 to 9 reflections.
fn multiply(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (5 + a - b) % 5,
    }
}

/// The permutation (0 1 5 8 9 4 2 7)(3 6), as often as the place says.
fn permute(place: usize, digit: u8) -> u8 {
    const CYCLE: [u8; 8] = [0, 1, 5, 8, 9, 4, 2, 7];
    match CYCLE.iter().position(|member| *member == digit) {
        Some(at) => CYCLE.get((at + place) % 8).copied().unwrap_or(digit),
        None if place % 2 == 1 => 9 - digit,
        None => digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_tells_concepts_from_descriptions() {
        for (id, component_of) in [
            ("73211009", Some(Component::Concept)),
            ("138875005", Some(Component::Concept)),
            ("1364731000000104", Some(Component::Concept)),
            ("999004351000000109", Some(Component::Concept)),
            ("121589010", Some(Component::Description)),
            ("254063019", Some(Component::Description)),
        ] {
            assert_eq!(component(id), component_of, "{id}");
        }
    }

    #[test]
    fn concepts_of_emis_are_told_apart() {
        let id = (0..10).map(|check| format!("9123410000061{}{check}", "10")).find(|id| checks(id)).unwrap();
        // The namespace stands right before the partition.
        assert_eq!(component(&id), Some(Component::Concept), "{id}");
        let id = (0..10).map(|check| format!("99123100000610{check}")).find(|id| checks(id)).unwrap();
        assert_eq!(component(&id), Some(Component::EmisConcept), "{id}");
    }

    #[test]
    fn wrong_check_digits_shapes_and_partitions_are_none() {
        for id in
            ["", "0", "-1", "73211008", "7321100", "073211009", "73211009x", "١٢٣٤٥٦", "1234567890123456789"]
        {
            assert_eq!(component(id), None, "{id}");
        }
    }

    proptest::proptest! {
        #[test]
        fn changing_a_digit_or_swapping_neighbours_is_noticed(stem in "[1-9][0-9]{4,14}", at in 0usize..15, by in 1u8..10) {
            let id = (0..10).map(|check| format!("{stem}{check}")).find(|id| checks(id)).unwrap();
            let mut digits = id.clone().into_bytes();
            let at = at % digits.len();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            proptest::prop_assert!(!checks(std::str::from_utf8(&digits).unwrap()));
            let mut digits = id.into_bytes();
            if at > 0 && digits[at] != digits[at - 1] {
                digits.swap(at, at - 1);
                proptest::prop_assert!(!checks(std::str::from_utf8(&digits).unwrap()));
            }
        }
    }
}
