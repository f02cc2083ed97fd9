//! A release of a terminology as it is gathered, and its compact form.

use super::{MAGIC, roots};

/// What is gathered of a release. The order of rows does not matter; of two rows of one description or one term the
/// later date counts.
#[derive(Debug, Default)]
pub struct Release {
    /// Which edition it is: what its source calls it, in one line.
    pub edition: String,
    /// Child and parent of each link of the hierarchy.
    pub links: Vec<(u64, u64)>,
    /// Description, date (yyyymmdd) and concept.
    pub descriptions: Vec<(u64, u32, u64)>,
    /// Concept, date (yyyymmdd), and where its term lies in `words`: start and length.
    pub terms: Vec<(u64, u32, u32, u32)>,
    /// The terms' words, one behind the other.
    pub words: String,
}

/// How much a terminology knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Descriptions whose concept is known.
    pub descriptions: u64,
    /// Concepts at or under one of the roots.
    pub members: u64,
    /// Concepts that have a term.
    pub terms: u64,
}

impl Release {
    /// The compact form, which [`super::Terminology::parse`] reads.
    #[must_use]
    pub fn encode(mut self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        block(&mut out, self.edition.as_bytes());
        block(&mut out, &roots::ids());
        let members = roots::members(&mut self.links);
        drop(std::mem::take(&mut self.links));
        rows(&mut out, members.len(), 12, members.iter().map(|(id, mask)| (*id, mask.to_le_bytes())));
        self.descriptions.sort_unstable();
        newest(&mut self.descriptions, |row| row.0);
        let descriptions = self.descriptions.iter().map(|(id, _, concept)| (*id, concept.to_le_bytes()));
        rows(&mut out, self.descriptions.len(), 16, descriptions);
        self.terms.sort_unstable();
        newest(&mut self.terms, |row| row.0);
        let (words, ends) = self.words();
        rows(&mut out, ends.len(), 12, ends.iter().map(|(id, end)| (*id, end.to_le_bytes())));
        block(&mut out, words.as_bytes());
        out
    }

    fn words(&self) -> (String, Vec<(u64, u32)>) {
        let mut words = String::with_capacity(self.words.len());
        let mut ends = Vec::with_capacity(self.terms.len());
        for (concept, _, start, length) in &self.terms {
            let (start, length) = (*start as usize, *length as usize);
            words.push_str(self.words.get(start..start + length).unwrap_or_default());
            ends.push((*concept, u32::try_from(words.len()).unwrap_or(u32::MAX)));
        }
        (words, ends)
    }
}

/// Of rows with one key, which stand together, keeps the last.
fn newest<T: Copy>(rows: &mut Vec<T>, key: impl Fn(&T) -> u64) {
    rows.reverse();
    rows.dedup_by_key(|row| key(row));
    rows.reverse();
}

fn block(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn rows<const N: usize>(
    out: &mut Vec<u8>,
    count: usize,
    width: usize,
    rows: impl Iterator<Item = (u64, [u8; N])>,
) {
    out.extend_from_slice(&((count * width) as u64).to_le_bytes());
    for (id, second) in rows {
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&second);
    }
}
