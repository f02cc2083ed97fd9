//! Texts that say that they belong to somebody else: whoever is named there is a third party.

use crate::{
    keep::Keep,
    people::Known,
    span::{Found, Kind},
    talk::*,
    text::{Kind as Token, Text},
    word::*,
    words::words,
};

/// Whether a text says so: plainly, or in weaker words beside a full name, a date of birth or an NHS number.
pub(crate) fn is(text: &Text, known: &Known) -> bool {
    if text.all & MISFILED != 0 {
        return true;
    }
    let named = |at: usize| text.titled(at) && !text.is(at, NOT_A_NAME);
    // `ECG is not Dean's`.
    let own = |at: usize| known.is_given(text.word(at)) || known.is_family(text.word(at));
    // `not the patient's`, `not Mr Lis's`, but not `with results, not the patient`.
    let not_own = || {
        (1..text.tokens.len()).any(|at| {
            let small = text.is(at - 1, TITLE) || text.one_of(at - 1, &words!["the", "this"]);
            let from = at - usize::from(small);
            text.tokens[at].possessive
                && (own(at) || text.one_of(at, &words!["pt", "patient"]))
                && from > 0
                && text.one_of(from - 1, &words!["not"])
        })
    };
    if moved(text, known) {
        return true;
    }
    let paper = &words![
        "letter",
        "result",
        "results",
        "report",
        "scanned",
        "entry",
        "ecg",
        "notes",
        "filed",
        "document",
        "bloods",
        "disregard",
        "scan",
        "above",
        "ignore",
        "note",
        "attached",
        "consultation",
        "record",
        "entered",
        "clinic",
    ];
    (text.all & MISFILED_WEAK != 0 || not_own())
        && (0..text.tokens.len()).any(|at| text.one_of(at, paper))
        && text.tokens.iter().enumerate().any(|(at, _)| {
            named(at) && named(at + 1)
                || text.is(at, FIRST) && text.titled(at) && text.titled(at + 1) && text.is(at + 1, NAME)
                || text.is(at, DOB)
                || text.is(at, TITLE) && named(at + 1)
                || text.is(at, PERSON) && named(at + 1)
                || text.is_initial(at)
                    && named(after_initials(text, at))
                    && (text.is(after_initials(text, at), NAME) || text.sign(at + 1) == Some('.'))
        })
}

/// `Wrong Mr Zaman`, `please move to Harriet Lowe's record`, `should read in notes of`: another person's paper.
fn moved(text: &Text, known: &Known) -> bool {
    let own = |at: usize| known.is_given(text.word(at)) || known.is_family(text.word(at));
    let wrong = |at: usize| {
        text.one_of(at, &words!["wrong", "incorrect", "different"]) && (text.is(at + 1, TITLE) || own(at + 1))
    };
    // `Last consultation was for her daughter Imogen`
    let meant = |at: usize| {
        text.one_of(at, &words!["consultation", "entry", "note", "result", "results", "encounter", "contact"])
            && text.one_of(at + 1, &words!["was", "is", "were", "are"])
            && text.one_of(at + 2, &words!["for", "about", "meant", "intended", "re"])
            && (at + 3..at + 6)
                .any(|at| text.is(at, KIN) || text.titled(at) && text.is(at, FIRST) && !own(at))
    };
    if (0..text.tokens.len()).any(|at| wrong(at) || meant(at)) {
        return true;
    }
    if (0..text.tokens.len()).any(|at| lies_here(text, at, &own)) {
        return true;
    }
    let maybe = |at: usize| text.one_of(at, &words!["record", "records", "notes", "file", "chart", "folder"]);
    if !(0..text.tokens.len()).any(maybe) {
        return false;
    }
    text.sentences.iter().any(|sentence| {
        let talk = Talk::of(text, sentence);
        sentence.clone().filter(|at| talk.is(*at, MOVE)).any(|at| {
            let end = sentence.end.min(at + 9);
            (at + 1..end).filter(|at| talk.is(*at, RECORD)).any(|place| {
                let whose = (at + 1..place).any(|at| {
                    let whole = own(at) && !(text.titled(at - 1) && text.is(at - 1, NAME) && !own(at - 1));
                    text.tokens[at].possessive && (text.titled(at) || text.is(at, PERSON | FIRST)) && !whole
                });
                let of = text.one_of(place + 1, &words!["of"]) && text.titled(place + 2) && !own(place + 2);
                whose || of
            })
        })
    })
}

/// `Letter for Garth Lowe scanned here`: a paper, for somebody of another name, and that it lies in this record.
fn lies_here(text: &Text, at: usize, own: &impl Fn(usize) -> bool) -> bool {
    let paper = |at: usize| {
        text.one_of(
            at,
            &words![
                "letter", "letters", "result", "results", "report", "ecg", "scan", "form", "bloods",
                "summary", "document", "photo", "xray", "referral", "echo", "mri", "ct"
            ],
        )
    };
    let put = |at: usize| {
        text.one_of(
            at,
            &words!["scanned", "filed", "attached", "saved", "uploaded", "entered", "added", "coded"],
        )
    };
    let here = |at: usize| put(at) && text.one_of(at + 1, &words!["here", "in", "under", "into", "on", "to"]);
    at > 0
        && text.one_of(at, &words!["for", "of", "re", "about", "on"])
        && paper(at - 1)
        && text.titled(at + 1)
        && (text.is(at + 1, NAME) || !text.is(at + 1, NOT_A_NAME))
        && !own(at + 1)
        && text.titled(at + 2)
        && (at + 2..at + 6).any(here)
}

/// Names and dates of birth in such a text, that no other rule found.
pub(crate) fn look(text: &Text, kept: &[Keep], hit: &[bool], found: &mut Vec<Found>) {
    let name = |at: usize| {
        !hit[at]
            && kept[at] == Keep::No
            && text.titled(at)
            && !text.is(at, NOT_A_NAME)
            && (text.is(at, NAME) || text.word(at).len() > 2)
            || (!hit[at]
                && kept[at] != Keep::Own
                && kept[at] != Keep::Professional
                && text.titled(at)
                && text.is(at, NAME)
                && at > 0
                && text.is(at - 1, NAME)
                && text.titled(at - 1))
    };
    let mut at = 0;
    while at < text.tokens.len() {
        let begin = after_initials(text, at);
        let initial = begin > at && begin < text.tokens.len() && name(begin);
        if initial || name(at) {
            let end = (begin + usize::from(!initial)..text.tokens.len()).take_while(|at| name(*at)).last();
            let end = end.unwrap_or(at);
            if initial || end > at || text.is(at, NAME) || !first_of_sentence(text, at) {
                let bytes = text.tokens[at].at.start..text.tokens[end].bare_end;
                found.push(Found { at: bytes, kind: Kind::Who, rule: "misfiled.name", relative: false });
            }
            at = end;
        } else if let Some(end) = date(text, at) {
            let bytes = text.tokens[at].at.start..text.tokens[end].at.end;
            let after_name = at > 1 && (at - 2..at).any(|at| hit[at] || text.titled(at) && text.is(at, NAME));
            if after_name {
                found.push(Found {
                    at: bytes,
                    kind: Kind::Contact,
                    rule: "misfiled.date-of-birth",
                    relative: false,
                });
            }
            at = end;
        }
        at += 1;
    }
}

/// Over `S.` or `A. N.`.
fn after_initials(text: &Text, begin: usize) -> usize {
    let mut at = begin;
    while text.is_initial(at) && at < begin + 6 {
        at += 1 + usize::from(text.sign(at + 1) == Some('.'));
    }
    at
}

fn first_of_sentence(text: &Text, at: usize) -> bool {
    text.sentences.binary_search_by_key(&at, |sentence| sentence.start).is_ok()
}

fn date(text: &Text, at: usize) -> Option<usize> {
    let number = |at: usize| text.tokens.get(at).is_some_and(|token| token.kind == Token::Number);
    let sign = |at: usize| matches!(text.sign(at), Some('/' | '.' | '-'));
    (number(at) && sign(at + 1) && number(at + 2) && sign(at + 3) && number(at + 4)).then_some(at + 4)
}
