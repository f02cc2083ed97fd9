//! Endings that tell what a word is.

/// Endings, and the two letters that they end in: most words end in others and need no closer look.
pub(crate) struct Ends {
    all: &'static [&'static str],
    /// For each letter before the last, a bit for each last letter.
    last: [u32; 26],
}

impl Ends {
    pub(crate) const fn of(all: &'static [&'static str]) -> Self {
        let mut last = [0; 26];
        let mut at = 0;
        while at < all.len() {
            let end = all[at].as_bytes();
            assert!(end.len() > 1, "an ending of one letter");
            let (one, two) = (&end[end.len() - 2], &end[end.len() - 1]);
            assert!(one.is_ascii_lowercase() && two.is_ascii_lowercase());
            last[(*one - b'a') as usize] |= 1 << (*two - b'a');
            at += 1;
        }
        Self { all, last }
    }

    /// Whether a word ends so, with at least three letters before.
    pub(crate) fn end(&self, word: &str) -> bool {
        let [.., one, two] = word.as_bytes() else { return false };
        let last = self.last.get(usize::from(one.wrapping_sub(b'a'))).copied().unwrap_or_default();
        last >> (two.wrapping_sub(b'a') & 31) & 1 == 1
            && self.all.iter().any(|end| word.len() > end.len() + 2 && word.ends_with(end))
    }
}
