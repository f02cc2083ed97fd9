//! What a name looks like: whether a word can be one beside a cue, and how far it goes.

use crate::{
    ends::Ends,
    keep::Keep,
    names::Names,
    text::{Case, Kind as Token},
    word::*,
    words::words,
};

/// How strong the neighbour is that makes a word a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cue {
    /// A word for a relative stands before it.
    Kin,
    /// `with`, `spoke to`.
    With,
}

impl Names<'_, '_> {
    /// Whether a word can be nothing that the tables know but a name.
    pub(crate) fn unknown(&self, at: usize) -> bool {
        let text = self.text;
        let known = NOT_A_NAME | EPONYM | SCALE | PLACE;
        text.is_word(at)
            && text.word(at).len() > 2
            && !text.is(at, known)
            && text.tokens[at].case != Case::Odd
            && !text.word(at).bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Whether something follows that people do.
    pub(crate) fn acts(&self, at: usize) -> bool {
        let text = self.text;
        text.is(at, STRONG | SPEECH | HUMAN | AND | PRONOUN | STATE | WITH | PLACE_PREP | PERSON)
            || at >= text.tokens.len()
            || matches!(text.sign(at), Some('.' | ',' | '(' | ')' | '+' | '-' | '\n' | ':' | ';'))
            || matches!(text.tokens.get(at).map(|token| token.kind), Some(Token::Number))
    }

    /// A word and a surname after it, or two words that no table has: `Vasanthan Selvarajah`.
    pub(crate) fn full_name(&self, at: usize) -> bool {
        let text = self.text;
        let next = at + 1;
        let ends = |at: usize| at >= text.tokens.len() || text.sign(at).is_some() || self.acts(at);
        text.titled(at)
            && text.titled(next)
            && self.kept(next) == Keep::No
            && (self.unknown(at) || text.is(at, NAME) && !text.is(at, MONTH | PERSON | ROLE | TITLE))
            && (self.unknown(next) || text.is(next, SURNAME))
            && ends(self.extent(at) + 1)
    }

    /// `Sister-in-law April had booked`, `Cousin Sunday came`: the name of a month or day that does what people do.
    pub(crate) fn day_that_acts(&self, at: usize, adjacent: bool) -> bool {
        let text = self.text;
        let verb = text.word(at + 1);
        // `Mum may come`: a bare verb, and no name.
        let strong = ["had", "was", "came", "brought", "rang", "said", "drove", "took", "told"];
        let modal = matches!(verb, "will" | "would" | "could" | "can" | "may" | "might" | "should");
        let bare = !(verb.ends_with('s') || verb.ends_with("ed") || strong.contains(&verb));
        adjacent
            && text.titled(at)
            && text.is(at, MONTH)
            && (modal || !bare && text.is(at + 1, STRONG | HUMAN | STATE | SPEECH))
    }

    /// Whether the word here is a name, given that something before it calls for one.
    pub(crate) fn called(&self, at: usize, cue: Cue) -> bool {
        let text = self.text;
        if self.initialled(at) {
            return true;
        }
        if !text.is_word(at) || text.word(at).len() < 2 {
            return false;
        }
        let class = |class| text.is(at, class);
        // `Neighbour pops in daily`.
        if text.one_of(at, &words!["pops"])
            && text.one_of(at + 1, &words!["in", "over", "round", "by", "up", "out", "to"])
        {
            return false;
        }
        if text.titled(at) {
            return match cue {
                Cue::Kin => {
                    class(FIRST | FIRST_WORD)
                        || (class(SURNAME) && !class(WORD))
                        || self.unknown(at)
                        || self.day_that_acts(at, true)
                        || (class(EPONYM) && !class(WORD))
                }
                Cue::With => {
                    class(FIRST)
                        || (class(FIRST_WORD)
                            && !class(PLACE | DRUG | ROLE | PERSON)
                            && (!class(MONTH) || self.spoken_to(at)))
                        || (class(SURNAME) && !class(EPONYM | PLACE | ORG))
                        || self.unknown(at)
                }
            };
        }
        let verb = text.is(at + 1, STRONG | SPEECH);
        if class(FIRST) && text.tokens[at].case != Case::Odd {
            return cue == Cue::Kin || !class(EPONYM | PLACE | DRUG);
        }
        if class(FIRST_WORD) && cue == Cue::Kin && text.word(at).len() > 2 {
            // `dtr sue awre`: what comes next is misspelled.
            let misspelled = self.unknown(at + 1) && !text.titled(at + 1) && !english(text.word(at + 1));
            return (verb || misspelled)
                && !class(NEGATION | STATE | SPEECH | HUMAN)
                && !text.one_of(at, &words!["will", "may", "can", "hope"]);
        }
        let upper_here = text.tokens[at].case == Case::Upper && !text.shouted;
        cue == Cue::Kin
            && !upper_here
            && self.unknown(at)
            && !english(text.word(at))
            && self.acts(at + 1)
            && !self.verb_with_object(at)
            && (text.word(at).len() > 3 || verb)
    }

    /// `spoke to June by telephone`, but not `letter from June 2023`: a month is a person where somebody is spoken to.
    pub(crate) fn spoken_to(&self, at: usize) -> bool {
        let number = self.text.tokens.get(at + 1).is_some_and(|token| token.kind == Token::Number);
        at > 0 && self.text.one_of(at - 1, &words!["to", "with", "by", "d/w"]) && !number
    }

    /// `J. Fairclough`, `P O'Dowd`: an initial and a surname.
    fn initialled(&self, at: usize) -> bool {
        let text = self.text;
        let mut name = at;
        while text.is_initial(name) && name < at + 3 * 2 {
            name += 1 + usize::from(text.sign(name + 1) == Some('.') && text.touches(name));
        }
        let surname = text.is(name, SURNAME) && !text.is(name, WORD | EPONYM | PLACE);
        name > at
            && !text.shouted
            && text.titled(name)
            && self.kept(name) == Keep::No
            && (surname || self.unknown(name))
    }

    /// `grandson grabs her`, `wife monitors his`: a small word on -s before its object is a verb.
    fn verb_with_object(&self, at: usize) -> bool {
        let text = self.text;
        let word = text.word(at);
        word.ends_with('s')
            && !word.ends_with("ss")
            && (text.one_of(at + 1, &words!["her", "him", "his", "them", "the", "a", "my", "their", "up"]))
            && !text.is(at, NAME)
    }

    /// Where a name that begins here ends: further names, initials, particles.
    pub(crate) fn extent(&self, begin: usize) -> usize {
        let text = self.text;
        let mut end = begin;
        // Initials that stand first, with or without stops.
        while self.initialled(end) {
            end += 1 + usize::from(text.sign(end + 1) == Some('.'));
        }
        let mut at = end + 1;
        while at < text.tokens.len() && at <= begin + 6 && !text.tokens[end].possessive {
            let particle = text.one_of(
                at,
                &words![
                    "de", "van", "von", "der", "den", "bin", "ibn", "bint", "al", "el", "ap", "ab", "ferch",
                    "da", "do", "dos", "la", "le", "ur", "ul", "mac", "ni", "nic"
                ],
            );
            let titled = text.titled(at) && self.loose(at) && self.joins(at);
            let own_family = self.known.is_family(text.word(at)) && !text.is(at, WORD | HUMAN);
            let lower = !text.titled(at)
                && text.tokens[at].case != Case::Odd
                && (own_family || text.is(at, SURNAME) && !text.is(at, NOT_A_NAME | FIRST_WORD));
            let suffix = text.one_of(at, &words!["jnr", "jr", "snr", "senior", "junior"]);
            // `Isla née Robertson`.
            let born = text.one_of(at, &words!["nee", "aka"]) && text.titled(at + 1);
            if titled || lower || suffix || born || (text.is_initial(at) && text.titled(end)) {
                end = at;
            } else if !(particle
                && (text.titled(at + 1) || self.known.is_family(text.word(at + 1)))
                && self.joins(at + 1))
            {
                break;
            }
            at += 1;
        }
        // An initial at the end belongs to what follows, as in `Wife Ann R knee`, unless a stop or the end comes.
        while end > begin && text.is_initial(end) && !self.acts(end + 1) {
            end -= 1;
        }
        end
    }

    /// An eponym or place without its head is a surname after a first name: `Amara Clarke`.
    pub(crate) fn loose(&self, at: usize) -> bool {
        let text = self.text;
        self.kept(at) != Keep::Thing
            || ((text.is(at, NAME) || self.known.is_family(text.word(at)))
                && text.is(at, EPONYM | PLACE | SCALE)
                && !text.is(at + 1, HEAD))
    }

    pub(crate) fn joins(&self, at: usize) -> bool {
        let text = self.text;
        let other = NOT_A_NAME & !(FILLER | HEAD | STREET | ILLNESS | WORD);
        if self.kept(at) == Keep::Professional {
            return false;
        }
        match text.is(at, NAME) {
            true => {
                !text.is(at, MONTH | DRUG | ROLE | PERSON | TITLE | SPECIALTY)
                    || self.known.is_family(text.word(at))
            }
            false => !text.is(at, other | WORD | HEAD),
        }
    }
}

/// Whether a small word that no table has ends as English words do.
pub(crate) fn english(word: &str) -> bool {
    const ENDS: Ends = Ends::of(&[
        "ing", "ed", "ly", "tion", "sion", "ous", "ful", "ness", "able", "ible", "ment", "ive", "itis",
        "osis", "aemia", "ology", "ectomy", "mycin", "pril", "statin", "zole", "ish", "ism", "ist", "ic",
        "ical", "wise", "wards", "self", "selves", "ity", "less", "oma", "pathy", "scopy", "graphy", "uria",
        "algia",
    ]);
    ENDS.end(word)
}
