//! The patient's own name: it stays where the whole of what is written fits it, and nowhere else.

use crate::{
    keep::{Keep, Keeper},
    word::*,
    words::words,
};

impl Keeper<'_> {
    /// The patient's own name, where the whole of what is written fits it.
    pub(crate) fn own(&mut self) {
        let text = self.text;
        let mut at = 0;
        while at < text.tokens.len() {
            let may = text.is(at, TITLE) || text.is_word(at) && self.known.may_begin(text.word(at));
            at = match may.then(|| self.own_from(at)).flatten() {
                Some((end, true)) => {
                    self.kept[at..=end].fill(Keep::Own);
                    end + 1
                }
                // `Pauline Ellison, Oscar`: what follows a sign may be the patient again.
                Some((end, false)) => (at..end).find(|at| text.sign(*at) == Some(',')).unwrap_or(end) + 1,
                None => at + 1,
            };
        }
    }

    /// From a token on: where a run of own names ends, and whether as a whole it is the patient.
    fn own_from(&self, begin: usize) -> Option<(usize, bool)> {
        let text = self.text;
        let title = text.is(begin, TITLE) && text.is_word(begin);
        let mut at = begin + usize::from(title);
        at += usize::from(title && text.sign(at) == Some('.'));
        let from = at;
        let (mut given, mut family, mut initials, mut end) = (0, 0, 0, None);
        while at < text.tokens.len() && at < from + 7 {
            let word = text.word(at);
            if text.is_initial(at)
                && self.known.given.iter().any(|given| given.starts_with(word))
                && !self.known.given.is_empty()
            {
                initials += 1;
            } else if self.own_word(at, false) {
                given += 1;
                end = Some(at);
            } else if self.own_word(at, true) {
                family += 1;
                end = Some(at);
            } else if !self.goes_on(at, initials > 0 && end.is_none(), end.is_some() && given + family == 1) {
                break;
            }
            if text.tokens[at].possessive {
                break;
            }
            at += 1;
        }
        let end = end?;
        let cased = (from..=end).any(|at| text.titled(at) && !text.is(at, WORD));
        // A single small word that happens to be a name is no mention of anybody.
        if given + family == 1
            && !title
            && !cased
            && text.is(from, WORD | HUMAN | MONTH)
            && !text.titled(from)
        {
            return None;
        }
        Some((end, self.fits(begin, from, end, title, family > 0, given + initials > 0)))
    }

    /// Whether a sign stands inside a name: after an initial, or between two of the patient's own names.
    fn goes_on(&self, at: usize, after_initial: bool, after_name: bool) -> bool {
        after_initial && self.text.sign(at) == Some('.') || after_name && self.joined_own(at)
    }

    /// A stop or comma between two of the patient's own names: `Nair, Arjun`.
    fn joined_own(&self, at: usize) -> bool {
        let own = self.own_word(at + 1, true) || self.own_word(at + 1, false);
        own && matches!(self.text.sign(at), Some('.' | ','))
    }

    fn own_word(&self, at: usize, family: bool) -> bool {
        let text = self.text;
        let word = text.word(at);
        if !text.is_word(at) || word.len() < 2 {
            return false;
        }
        let exact = if family { self.known.is_family(word) } else { self.known.is_given(word) };
        let names = if family { &self.known.family } else { &self.known.given };
        let slip = || names.iter().any(|name| name.len() > 4 && one_slip(name, word));
        exact || (!self.misfiled && text.titled(at) && !text.is(at, NAME | NOT_A_NAME) && slip())
    }

    fn fits(&self, begin: usize, from: usize, end: usize, title: bool, family: bool, given: bool) -> bool {
        let text = self.text;
        let sexed = match (title.then(|| text.word(begin)), self.known.male) {
            (Some("mr" | "master"), Some(male)) => male,
            (Some("mrs" | "ms" | "miss"), Some(male)) => !male,
            _ => true,
        };
        let foreign = |at: usize| {
            text.titled(at) && text.is(at, NAME) && !text.is(at, WORD | PERSON | ROLE | TITLE | HUMAN | MONTH)
        };
        // `Bob Woods` of patient Karen Woods: a name that is a word too, but no verb before a surname.
        let word = |at: usize| {
            text.titled(at)
                && text.is(at, FIRST_WORD)
                && !text.is(at, PERSON | ROLE | TITLE | MONTH)
                && !text.one_of(at, &words!["will", "may", "can", "mark", "pat"])
        };
        let before = !title
            && from > 0
            && (foreign(from - 1) || !given && word(from - 1))
            && !text.tokens[from - 1].possessive
            && self.kept[from - 1] != Keep::Own;
        let stranger = self.misfiled && text.titled(end + 1) && !text.is(end + 1, NOT_A_NAME);
        let after = !family
            && (foreign(end + 1) || stranger)
            && !text.tokens[end].possessive
            && !text.is(end + 1, DRUG | PLACE | EPONYM);
        // `E. K. Asante` of patient Kwabena Asante.
        let stop = from > 1 && text.sign(from - 1) == Some('.');
        let initial = !title && from > usize::from(stop) && text.is_initial(from - 1 - usize::from(stop));
        let initial = initial && (!given || text.is_initial(from));
        let wrong_initial = title && !given && text.is_initial(from);
        let junior = text.one_of(end + 1, &words!["jnr", "jr", "junior", "snr", "senior"]);
        // `D. Winstanley (Dorothy)` of patient Doreen Winstanley.
        let other = text.sign(end + 1) == Some('(')
            && text.titled(end + 2)
            && text.is(end + 2, FIRST)
            && !self.known.is_given(text.word(end + 2))
            && text.sign(end + 3) == Some(')');
        let namesake =
            begin > 0 && (text.one_of(begin - 1, &words!["other", "another", "different", "namesake"]));
        sexed
            && !before
            && !after
            && !initial
            && !wrong_initial
            && !junior
            && !namesake
            && !(other && self.misfiled)
    }
}

/// Whether two words differ by one letter put in, left out or exchanged.
pub(crate) fn one_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let skip = usize::from(short.len() == long.len());
    short[(same + skip).min(short.len())..] == long[(same + 1).min(long.len())..]
        || (skip == 1
            && same + 2 <= short.len()
            && short[same] == long[same + 1]
            && short[same + 1] == long[same]
            && short[same + 2..] == long[same + 2..])
}
