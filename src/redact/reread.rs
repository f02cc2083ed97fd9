//! A text after some of it was masked: what stands beside the masks has been read before.

use std::ops::Range;

use crate::{
    lexicon::Lexicon,
    text::{MASK, Text, Token},
};

impl Text {
    /// The same as reading the masked text anew. `parts` are, in order, where a mask stands in it and which bytes of
    /// this text it stands for.
    pub(crate) fn masked(&self, masked: &str, parts: &[(usize, Range<usize>)], lexicon: &Lexicon) -> Self {
        self.beside_masks(masked, parts, lexicon).unwrap_or_else(|| Self::read(masked, lexicon))
    }

    /// None where a mask begins inside a token, or where the rest of one does not end with it.
    fn beside_masks(&self, masked: &str, parts: &[(usize, Range<usize>)], lexicon: &Lexicon) -> Option<Self> {
        let mut reread = Self::with_room(masked.len(), self.tokens.len() + parts.len());
        let (mut next, mut from, mut to) = (0, 0, 0);
        for (mask_at, part) in parts {
            let begin = next + self.tokens[next..].partition_point(|token| token.at.start < part.start);
            if begin > 0 && self.tokens[begin - 1].at.end > part.start {
                return None;
            }
            self.copy(next..begin, from, to, &mut reread);
            reread.push_mask(*mask_at);
            reread.look_up(reread.tokens.len() - 1, lexicon);
            next = begin + self.tokens[begin..].partition_point(|token| token.at.end <= part.end);
            (from, to) = (part.end, mask_at + MASK.len());
            // A find ends before an apostrophe and s: they are read as what they are by themselves.
            if let Some(token) = self.tokens.get(next).filter(|token| token.at.start < part.end) {
                let (new, end) = (reread.tokens.len(), to + (token.at.end - from));
                if reread.take_until(masked, to, end) != end {
                    return None;
                }
                (new..reread.tokens.len()).for_each(|at| reread.look_up(at, lexicon));
                next += 1;
            }
        }
        self.copy(next..self.tokens.len(), from, to, &mut reread);
        reread.finish(lexicon);
        Some(reread)
    }

    /// Copies tokens, of which one at `from` goes to `to`.
    fn copy(&self, tokens: Range<usize>, from: usize, to: usize, reread: &mut Self) {
        for (token, alone) in self.tokens[tokens.clone()].iter().zip(&self.alone[tokens]) {
            let begin = reread.folds.len();
            reread.folds.push_str(&self.folds[token.folded.clone()]);
            let at = token.at.start - from + to..token.at.end - from + to;
            let folded = begin..reread.folds.len();
            let bare_end = token.bare_end - from + to;
            reread.tokens.push(Token { at, bare_end, folded, titled: false, is: *alone, ..*token });
            reread.alone.push(*alone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::lines::lines;

    /// Every token of a text, and every run of three, masked up to its apostrophe and s; and one more behind it.
    #[test]
    fn a_masked_text_is_read_as_if_it_were_new() {
        let lexicon = Lexicon::built_in();
        let odd = [
            "Zoe's mum's w/Ann",
            "x-ray [third party]'s [third party",
            "c/o Bo\u{308} é’s ½/½.",
            "T&O w/ B&B",
        ];
        let texts = lines("conformance/redaction/develop.jsonl").unwrap().into_iter().map(|line| line.text);
        let mut masked_texts = 0;
        for text in texts.chain(odd.map(str::to_owned)) {
            let read = Text::read(&text, lexicon);
            for (at, length) in (0..read.tokens.len()).flat_map(|at| [(at, 1), (at, 3)]) {
                let part = |from: usize, to: usize| {
                    let to = to.min(read.tokens.len()) - 1;
                    (from <= to).then(|| read.tokens[from].at.start..read.tokens[to].bare_end)
                };
                let parts = [part(at, at + length), part(at + length + 1, at + length + 2)];
                let (mut masked, mut places, mut from) = (String::new(), Vec::new(), 0);
                for part in parts.into_iter().flatten() {
                    masked.push_str(&text[from..part.start]);
                    places.push((masked.len(), part.clone()));
                    masked.push_str(MASK);
                    from = part.end;
                }
                masked.push_str(&text[from..]);
                let reread = read.beside_masks(&masked, &places, lexicon).unwrap();
                assert_eq!(
                    format!("{reread:?}"),
                    format!("{:?}", Text::read(&masked, lexicon)),
                    "{masked:?}"
                );
                masked_texts += 1;
            }
        }
        assert!(masked_texts > 1_000);
    }
}
