//! Names in company: a list in which one is surely a name makes the others names, and so does an age beside a word
//! that can be one.

use crate::{
    keep::Keep,
    names::Names,
    text::{Kind as Token, Text},
    word::*,
    words::words,
};

/// One of a list: the tokens of the name, and the token after all that belongs to it.
struct Member {
    begin: usize,
    end: usize,
    next: usize,
    age: Age,
    /// `and` stands before it.
    and: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    None,
    /// `Summer (10)`.
    Bracketed,
    /// `Gift 11`, `Noor, 6`.
    Bare,
}

impl Names<'_, '_> {
    /// `sons Jake, Ollie and Sam`, `Summer (10) and Sky (7)`.
    pub(crate) fn lists(&mut self) {
        if !self.text.capitals && !self.hit.contains(&true) {
            return;
        }
        let mut at = 0;
        while at < self.text.tokens.len() {
            let Some(first) = self.member(at, false) else {
                at += 1;
                continue;
            };
            if first.age != Age::Bracketed && joint(self.text, first.next).is_none() {
                at = first.next.max(at + 1);
                continue;
            }
            let mut members = vec![first];
            while let Some((next, and)) = members.last().and_then(|last| joint(self.text, last.next)) {
                let Some(member) = self.member(next, and) else { break };
                members.push(member);
            }
            at = members.last().map_or(at, |last| last.next.max(at)).max(at + 1);
            self.company(&members);
        }
        self.small_names();
    }

    /// The name that begins here, or may; small words are none.
    fn member(&self, at: usize, and: bool) -> Option<Member> {
        let text = self.text;
        let hit = |at: usize| self.hit.get(at).copied().unwrap_or(false);
        let may = text.titled(at)
            && !text.is(at, TITLE | PERSON | ROLE | DRUG | ORG)
            && (text.is(at, FIRST | FIRST_WORD) || self.unknown(at));
        if !hit(at) && !may {
            return None;
        }
        let end = match hit(at) {
            true => (at..text.tokens.len()).take_while(|at| hit(*at)).last()?,
            false => self.extent(at),
        };
        let (next, age) = aged(text, end + 1);
        let kept = self.kept(at);
        let free = hit(at)
            || kept == Keep::No && (at + 1..=end).all(|at| !hit(at))
            || kept == Keep::Thing && age != Age::None;
        free.then_some(Member { begin: at, end, next, age, and })
    }

    /// Marks the members that are names by the company that they are in.
    fn company(&mut self, members: &[Member]) {
        for one in members {
            let word = self.text.is(one.begin, FIRST_WORD) && !self.text.is(one.begin, MONTH);
            if one.age == Age::Bracketed && word && !self.hit[one.begin] {
                self.add(one.begin, one.end, "who.list", false);
            }
        }
        let sure = members.iter().any(|one| self.hit[one.begin]);
        let aged = members.iter().filter(|one| one.age != Age::None).count();
        let joined = members.iter().any(|one| one.and);
        let pair = self.words_that_act(members);
        for (n, one) in members.iter().enumerate() {
            if self.hit[one.begin] {
                continue;
            }
            // `and` makes a pair of both its neighbours.
            let and = one.and || members.get(n + 1).is_some_and(|next| next.and);
            let is = |class| self.text.is(one.begin, class);
            let word = is(FIRST_WORD);
            let named = match () {
                () if one.age != Age::None => {
                    let together = aged > 1 && (sure || members.iter().any(|one| self.is_word_name(one)));
                    together || sure && (word || is(FIRST))
                }
                () if !sure => pair && word,
                () if is(FIRST) => true,
                () if word && and => !is(MONTH | PLACE),
                () if word => joined && !is(MONTH | PLACE) && n + 1 < members.len(),
                () => and && n + 1 == members.len() && self.acts(one.next),
            };
            if named {
                self.add(one.begin, one.end, "who.list", false);
            }
        }
    }

    fn is_word_name(&self, one: &Member) -> bool {
        self.text.is(one.begin, FIRST | FIRST_WORD)
    }

    /// `Pearl and Basil visit`, `Rose & Amber both came`: two words that can be names, and people's doing.
    fn words_that_act(&self, members: &[Member]) -> bool {
        let text = self.text;
        let [.., last] = members else { return false };
        let names =
            |one: &Member| text.is(one.begin, FIRST_WORD) && !text.is(one.begin, MONTH | PLACE | EPONYM);
        members.len() > 1
            && last.and
            && members.iter().all(names)
            && (text.is(last.next, STRONG | HUMAN) || text.one_of(last.next, &words!["from", "both"]))
    }

    /// `jack and ollie`: small letters go on only over `and`.
    fn small_names(&mut self) {
        let text = self.text;
        for at in 0..text.tokens.len() {
            let ends = self.hit[at] && !self.hit.get(at + 1).copied().unwrap_or(false);
            let and = text.is(at + 1, AND) || matches!(text.sign(at + 1), Some('&' | '+'));
            let name = at + 2;
            let small = !text.titled(name) && text.is(name, FIRST) && !text.is(name, WORD);
            if ends && and && small && !self.hit[name] && self.kept(name) == Keep::No {
                let end = self.extent(name);
                self.add(name, end, "who.list", false);
            }
        }
    }
}

/// What joins one member to the next: where that begins, and whether it is `and`.
fn joint(text: &Text, at: usize) -> Option<(usize, bool)> {
    let and = |at: usize| text.is(at, AND) || matches!(text.sign(at), Some('&' | '+'));
    let comma = matches!(text.sign(at), Some(',' | '/'));
    match () {
        () if and(at) => Some((at + 1, true)),
        () if comma && and(at + 1) => Some((at + 2, true)),
        () if comma => Some((at + 1, false)),
        () => None,
    }
}

/// The token after an age that stands here; also after a bracket with one word, which is none.
fn aged(text: &Text, at: usize) -> (usize, Age) {
    let years = |at: usize| {
        let word = text.word(at);
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        text.tokens.get(at).is_some_and(|token| token.kind == Token::Number)
            && (1..=2).contains(&digits)
            && matches!(&word[digits..], "" | "y" | "yo" | "yr" | "yrs" | "m" | "mo" | "w" | "wk")
    };
    let unit = |at: usize| {
        text.one_of(at, &words!["y", "yr", "yrs", "yo", "years", "mths", "months", "weeks", "wks", "old"])
    };
    let ends = |at: usize| {
        at >= text.tokens.len()
            || matches!(text.sign(at), Some(',' | '.' | ';' | ')' | '&' | '+' | '/' | '\n'))
            || text.is(at, AND)
    };
    if text.sign(at) == Some('(') {
        let begin = at + 1 + usize::from(text.one_of(at + 1, &words!["aged", "age", "nearly", "only"]));
        let fraction = if text.sign(begin + 1) == Some('/') { begin + 3 } else { begin + 1 };
        let end = (fraction..fraction + 3).find(|at| !unit(*at)).unwrap_or(fraction);
        if years(begin) && matches!(text.sign(end), Some(')' | ',')) {
            let close = (end..end + 5).find(|at| text.sign(*at) == Some(')')).unwrap_or(end);
            return (close + 1, Age::Bracketed);
        }
        let one = text.sign(at + 2) == Some(')');
        return (at + 3 * usize::from(one), Age::None);
    }
    let said = at + usize::from(text.one_of(at, &words!["aged", "age"]));
    let begin = said + usize::from(text.sign(at) == Some(','));
    let end = (begin + 1..begin + 3).find(|at| !unit(*at)).unwrap_or(begin + 1);
    match years(begin) && ends(end) {
        true => (end, Age::Bare),
        // An age without a sign after it is passed over.
        false => (
            at + usize::from(text.tokens.get(at).is_some_and(|token| token.kind == Token::Number)),
            Age::None,
        ),
    }
}
