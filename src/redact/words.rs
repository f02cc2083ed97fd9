//! The few words that a rule asks for by themselves, and the quickest way to see that a word is none of them.

/// Words, and a bit for each of their marks: most words of a text have another mark and need no closer look.
pub(crate) struct Words {
    all: &'static [&'static str],
    marks: u64,
}

/// The words of a rule: `words!["at", "of"]`.
macro_rules! words {
    ($($word:literal),+ $(,)?) => {
        const { $crate::words::Words::of(&[$($word),+]) }
    };
}
pub(crate) use words;

impl Words {
    pub(crate) const fn of(all: &'static [&'static str]) -> Self {
        let (mut marks, mut at) = (0, 0);
        while at < all.len() {
            marks |= 1 << mark(all[at]);
            at += 1;
        }
        Self { all, marks }
    }

    /// Whether a word with this mark may be one of these.
    pub(crate) const fn may_have(&self, mark: u8) -> bool {
        self.marks >> (mark & 63) & 1 == 1
    }

    pub(crate) fn have(&self, word: &str) -> bool {
        self.all.contains(&word)
    }
}

/// One of 64 numbers, by a word's length and its first, second and last letter.
pub(crate) const fn mark(word: &str) -> u8 {
    let bytes = word.as_bytes();
    let length = bytes.len();
    if length == 0 {
        return 0;
    }
    let second = if length > 1 { bytes[1] } else { 0 };
    let mixed = bytes[0] as u32 * 0x9e37 + second as u32 * 0x6d2b + bytes[length - 1] as u32 * 0x85eb;
    ((mixed + length as u32 * 0xc2b3) >> 8 & 63) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_words_and_no_other() {
        const FEW: Words = words!["w/", "&", "patient", "½", "neighbour"];
        let is = |word: &str| FEW.may_have(mark(word)) && FEW.have(word);
        assert!(["w/", "&", "patient", "½", "neighbour"].into_iter().all(is));
        assert!(!["", "w", "patients", "neighbuor", "pt"].into_iter().any(is));
    }
}
