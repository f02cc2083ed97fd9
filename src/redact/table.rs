//! Words and what is known of each: one look into memory for a word, without following a pointer to its letters.

use std::collections::HashMap;

use crate::{lexicon::Turning, word::Classes};

/// The longest word that a slot holds, in bytes; nearly all are shorter.
const MOST: usize = 16;

/// A word of at most [`MOST`] bytes: its first and its last eight, which overlap, and how many there are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Key {
    head: u64,
    tail: u64,
    length: u64,
}

impl Key {
    fn of(word: &str) -> Option<Self> {
        let bytes = word.as_bytes();
        let length = bytes.len() as u64;
        let four = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
        let (head, tail) = match bytes {
            [] => return None,
            [one] => (u64::from(*one), 0),
            [one, two] => (u64::from(*one) | u64::from(*two) << 8, 0),
            [one, two, three] => (u64::from(*one) | u64::from(*two) << 8 | u64::from(*three) << 16, 0),
            _ if bytes.len() < 8 => (four(bytes.first_chunk()?), four(bytes.last_chunk()?)),
            _ if bytes.len() <= MOST => {
                (u64::from_le_bytes(*bytes.first_chunk()?), u64::from_le_bytes(*bytes.last_chunk()?))
            }
            _ => return None,
        };
        Some(Self { head, tail, length })
    }

    /// Multiplied and turned: the same on every run, and the keys are our own.
    fn hash(self) -> u64 {
        const ODD: u64 = 0x517c_c1b7_2722_0a95;
        let mixed = (self.head.wrapping_mul(ODD).rotate_left(29) ^ self.tail ^ self.length << 56)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    }
}

/// Within one line of the cache.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct Slot {
    key: Key,
    classes: Classes,
}

/// The words of a lexicon. At most half of the slots are taken.
#[derive(Clone, Default)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    taken: usize,
    longer: HashMap<Box<str>, Classes, std::hash::BuildHasherDefault<Turning>>,
}

/// Of two words that stand beside each other, in this order; words that are too long for a slot count as one.
pub(crate) fn pair(one: &str, next: &str) -> u64 {
    let hash = |word: &str| Key::of(word).map_or(0, Key::hash);
    hash(one).rotate_left(1) ^ hash(next)
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.taken + self.longer.len()
    }

    /// What is known of a word; none if it is in no table.
    pub(crate) fn get(&self, word: &str) -> Option<Classes> {
        match Key::of(word) {
            Some(key) => {
                let slot = self.slots.get(self.place(key))?;
                (slot.key == key).then_some(slot.classes)
            }
            None if self.longer.is_empty() => None,
            None => self.longer.get(word).copied(),
        }
    }

    /// Adds to what is known of a word.
    pub(crate) fn add(&mut self, word: &str, classes: Classes) {
        let Some(key) = Key::of(word) else {
            *self.longer.entry(word.into()).or_default() |= classes;
            return;
        };
        if self.taken * 2 >= self.slots.len() {
            self.grow();
        }
        let place = self.place(key);
        let slot = &mut self.slots[place];
        self.taken += usize::from(slot.key.length == 0);
        *slot = Slot { key, classes: slot.classes | classes };
    }

    /// The slot that has a key, or else the empty one where it belongs. The number of slots is a power of two.
    fn place(&self, key: Key) -> usize {
        let last = self.slots.len().wrapping_sub(1);
        let mut at = key.hash() as usize & last;
        while self.slots.get(at).is_some_and(|slot| slot.key != key && slot.key.length > 0) {
            at = (at + 1) & last;
        }
        at
    }

    fn grow(&mut self) {
        let slots = vec![Slot::default(); (self.slots.len() * 2).max(64)];
        for slot in std::mem::replace(&mut self.slots, slots).into_iter().filter(|slot| slot.key.length > 0) {
            let place = self.place(slot.key);
            self.slots[place] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of every length, those that differ only in their middle or in how often a letter stands, and long ones.
    #[test]
    fn a_table_knows_each_of_its_words_and_no_other() {
        let word = |n: usize| match n % 3 {
            0 => "a".repeat(n / 3 + 1),
            1 => format!("ab{n:x}ba"),
            _ => format!("{n:05}"),
        };
        let mut table = Table::default();
        for n in 0..3_000 {
            assert_eq!(table.get(&word(n)), None, "{n}");
            table.add(&word(n), 1);
            table.add(&word(n), n as Classes * 2);
        }
        for n in 0..3_000 {
            assert_eq!(table.get(&word(n)), Some((n as Classes * 2) | 1), "{n}");
        }
        assert_eq!(table.len(), 3_000);
        assert_eq!([table.get(""), table.get("ab1ab"), table.get("b")], [None; 3]);
    }
}
