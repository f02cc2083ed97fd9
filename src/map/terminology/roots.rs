//! The roots of SNOMED CT hierarchies that mean something here (`hierarchies.csv`), and what lies under them.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use crate::table;

/// What it means that a code lies under a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A vaccine was given.
    Given,
    /// A vaccine was not given, or something else about vaccination.
    NotGiven,
    /// An illness of a relative.
    FamilyHistory,
    /// Something about somebody else.
    SomebodyElse,
    /// What it is under is a sensitive code, and so is it: of which class is a matter of those codes.
    Sensitive,
}

static ROOTS: LazyLock<Vec<(u64, Meaning)>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../../profiles/codes/hierarchies.csv"));
    let root = |row: Vec<&'static str>| {
        let meaning = match *row.get(1)? {
            "given" => Meaning::Given,
            "not-given" => Meaning::NotGiven,
            "family-history" => Meaning::FamilyHistory,
            "somebody-else" => Meaning::SomebodyElse,
            "sensitive" => Meaning::Sensitive,
            _ => return None,
        };
        Some((row.first()?.parse().ok()?, meaning))
    };
    // One bit for each.
    rows.into_iter().filter_map(root).take(32).collect()
});

/// The roots in the order of the table, with their meanings, as bytes: what a compact form was made for.
pub(super) fn ids() -> Vec<u8> {
    let bytes = |(id, meaning): &(u64, Meaning)| id.to_le_bytes().into_iter().chain([*meaning as u8]);
    ROOTS.iter().flat_map(bytes).collect()
}

/// The bits of the roots that mean this.
pub(super) fn mask(meaning: Meaning) -> u64 {
    let bits = ROOTS.iter().enumerate().filter(|(_, (_, of))| *of == meaning);
    bits.fold(0, |mask, (bit, _)| mask | 1 << bit)
}

/// The roots that mean this among those of a concept's bits.
pub(super) fn of(meaning: Meaning, mask: u64) -> impl Iterator<Item = u64> {
    let wanted = mask & self::mask(meaning);
    ROOTS.iter().enumerate().filter(move |(bit, _)| wanted >> bit & 1 == 1).map(|(_, (root, _))| *root)
}

/// Every concept at or under a root, sorted, with the bits of its roots. `links` are (child, parent) pairs, in any
/// order, with or without cycles.
pub(super) fn members(links: &mut [(u64, u64)]) -> Vec<(u64, u32)> {
    links.sort_unstable_by_key(|(_, parent)| *parent);
    let children = |parent: u64| {
        let from = links.partition_point(|(_, of)| *of < parent);
        links
            .get(from..)
            .into_iter()
            .flatten()
            .take_while(move |(_, of)| *of == parent)
            .map(|(child, _)| *child)
    };
    let mut masks: HashMap<u64, u32> = HashMap::new();
    for (bit, (root, _)) in ROOTS.iter().enumerate() {
        let (mut seen, mut open) = (HashSet::from([*root]), vec![*root]);
        while let Some(concept) = open.pop() {
            *masks.entry(concept).or_default() |= 1 << bit;
            open.extend(children(concept).filter(|child| seen.insert(*child)));
        }
    }
    let mut members: Vec<(u64, u32)> = masks.into_iter().collect();
    members.sort_unstable();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_root() {
        let rows = table::rows(include_str!("../../../profiles/codes/hierarchies.csv"));
        assert_eq!(ROOTS.len(), rows.len());
        for meaning in [Meaning::Given, Meaning::NotGiven, Meaning::FamilyHistory] {
            assert_ne!(mask(meaning), 0);
        }
    }

    #[test]
    fn the_sensitive_roots_are_the_snomed_codes_of_the_table_of_sensitive_codes() {
        let codes: Vec<u64> = table::rows(include_str!("../../../profiles/codes/sensitive.csv"))
            .into_iter()
            .filter(|row| row[0] == "snomed")
            .map(|row| row[1].parse().unwrap())
            .collect();
        let roots: Vec<u64> = of(Meaning::Sensitive, u64::MAX).collect();
        assert!(!codes.is_empty());
        assert!(
            codes.iter().all(|code| roots.contains(code)) && roots.iter().all(|root| codes.contains(root))
        );
    }

    #[test]
    fn what_lies_under_a_root_is_found_over_several_ways_and_cycles_end() {
        let root = 713_404_003;
        let found = members(&mut [(5, 4), (4, root), (5, root), (4, 5), (9, 8)]);
        let under: Vec<u64> = found
            .iter()
            .filter(|(_, mask)| u64::from(*mask) & mask_of(root) != 0)
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(under, [4, 5, root]);
        assert!(found.iter().all(|(id, _)| ![8, 9].contains(id)));
    }

    fn mask_of(root: u64) -> u64 {
        1 << ROOTS.iter().position(|(id, _)| *id == root).unwrap()
    }
}
