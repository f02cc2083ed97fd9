//! Counting by name in bounded memory.

use std::{cmp::Reverse, collections::BTreeMap};

use record::Place;
use serde::Serialize;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
}

/// How often something occurred, and one place where it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// How often.
    pub count: u64,
    /// A place, so that a person can look.
    pub example: Option<Example>,
}

impl Counted {
    /// Once, here.
    pub(super) fn one(place: &Place) -> Self {
        let mut counted = Self::default();
        counted.add(place);
        counted
    }

    pub(super) fn add(&mut self, place: &Place) {
        self.count += 1;
        let _ = self.example.get_or_insert_with(|| Example { file: place.file.clone(), line: place.line });
    }
}

/// Counts by name, up to a number of names.
pub(super) struct Bounded<K, V> {
    most: usize,
    counts: BTreeMap<K, V>,
    /// Occurrences of names for which there was no room.
    pub(super) beyond: u64,
}

impl<K: Ord, V: Default> Bounded<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, counts: BTreeMap::new(), beyond: 0 }
    }

    /// The count of a name; `None`, and counted as beyond, where it would be one too many.
    pub(super) fn entry(&mut self, name: K) -> Option<&mut V> {
        if self.counts.len() >= self.most && !self.counts.contains_key(&name) {
            self.beyond += 1;
            return None;
        }
        Some(self.counts.entry(name).or_default())
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.counts.into_iter()
    }
}

/// The rows of the highest rank, those of one rank in their own order.
pub(super) fn top<T>(mut rows: Vec<T>, most: usize, rank: impl Fn(&T) -> u64) -> Vec<T> {
    rows.sort_by_key(|row| Reverse(rank(row)));
    rows.truncate(most);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let mut counts: Bounded<u32, u64> = Bounded::new(2);
        for name in [1, 2, 3, 1, 3] {
            if let Some(count) = counts.entry(name) {
                *count += 1;
            }
        }
        assert_eq!(counts.beyond, 2);
        assert_eq!(top(counts.into_iter().collect(), 1, |(_, count)| *count), [(1, 2)]);
    }
}
