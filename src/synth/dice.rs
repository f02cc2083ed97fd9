//! Repeatable chance. Every draw is integer arithmetic on ChaCha8, so the same seed gives the same bytes on any
//! machine; nothing here may depend on the order of a hash map, a clock or a floating point number.

use std::fmt;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// What a stream of chance is for. Streams do not influence each other.
#[derive(Clone, Copy)]
pub enum Purpose {
    /// Who a patient is.
    Identity,
    /// What is in a patient's record.
    Record,
    /// What only a GP2GP message says.
    Message,
    /// The practice, its staff and places.
    Practice,
}

/// A stream of chance.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one purpose, one practice and one patient.
    pub fn new(seed: u64, practice: &str, patient: u32, purpose: Purpose) -> Self {
        let mut key = [0u8; 32];
        let parts = [seed, fold(practice), u64::from(patient), purpose as u64];
        for (slot, part) in key.chunks_exact_mut(8).zip(parts) {
            slot.copy_from_slice(&part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(0);
        usize::try_from((u64::from(self.0.next_u32()) * bound) >> 32).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).unwrap_or(0);
        low + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// A number around `middle`, hardly ever further away than `spread`, more often near than far.
    pub fn around(&mut self, middle: i64, spread: i64) -> i64 {
        let sum: i64 = (0..4).map(|_| self.range(-spread, spread)).sum();
        middle + sum / 3
    }

    /// True so many times in a thousand.
    pub fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several; the list is never empty.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// A new identifier.
    pub fn guid(&mut self) -> Guid {
        let mut bytes = [0u8; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Guid(bytes)
    }
}

/// FNV-1a over a text.
pub fn fold(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A globally unique identifier (RFC 9562 version 4). It displays in upper case, without braces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Guid([u8; 16]);

impl Guid {
    /// As the CSV extract writes it.
    pub fn braced(self) -> String {
        format!("{{{self}}}")
    }

    /// As keys are compared.
    pub fn lower(self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = u128::from_be_bytes(self.0);
        write!(
            f,
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            n >> 96,
            (n >> 80) & 0xffff,
            (n >> 64) & 0xffff,
            (n >> 48) & 0xffff,
            n & 0xffff_ffff_ffff
        )
    }
}

/// A scaled integer as a plain decimal: `fixed(1234, 2)` is `12.34`.
pub fn fixed(value: i64, places: u32) -> String {
    if places == 0 {
        return value.to_string();
    }
    let scale = 10u64.pow(places);
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:0width$}", size / scale, size % scale, width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_differs_by_each_part_of_its_name() {
        let first = |seed, practice, patient, purpose| Dice::new(seed, practice, patient, purpose).guid();
        let base = first(1, "Y99999", 0, Purpose::Identity);
        assert_eq!(base, first(1, "Y99999", 0, Purpose::Identity));
        assert_ne!(base, first(2, "Y99999", 0, Purpose::Identity));
        assert_ne!(base, first(1, "Y99998", 0, Purpose::Identity));
        assert_ne!(base, first(1, "Y99999", 1, Purpose::Identity));
        assert_ne!(base, first(1, "Y99999", 0, Purpose::Record));
    }

    #[test]
    fn decimals_keep_their_places() {
        let shown: Vec<String> =
            [(1234, 2), (5, 1), (-5, 1), (-1205, 2), (7, 0)].map(|(v, p)| fixed(v, p)).to_vec();
        assert_eq!(shown, ["12.34", "0.5", "-0.5", "-12.05", "7"]);
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut dice = Dice::new(9, "Y99999", 3, Purpose::Record);
        assert!((0..2000).all(|_| (3..=9).contains(&dice.range(3, 9))));
        assert!((0..2000).all(|_| (60..=100).contains(&dice.around(80, 15))));
    }
}
