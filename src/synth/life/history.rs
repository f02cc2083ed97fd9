//! What was summarised from paper when the practice's computers came: old operations and illnesses with vague dates.

use super::{build::Draft, notes};
use crate::{
    day::{Precision, age, plus},
    person::Sex,
};

/// Writes the summary of the time before the computer.
pub(super) fn write(draft: &mut Draft<'_>) {
    let (birth, start) = (draft.life.who.birth, draft.start());
    let years = age(birth, start);
    if years < 5 {
        return;
    }
    draft.outside(plus(start, 60));
    let count = draft.dice.range(1, 3 + years / 12);
    for _ in 0..count {
        let number = match draft.dice.below(10) {
            0..3 => operation(draft, years),
            3..7 => draft.any("acute"),
            _ => draft.any("chronic"),
        };
        vague(draft, number, years);
        notes::perhaps(draft, number, 120);
    }
}

fn operation(draft: &mut Draft<'_>, years: i64) -> usize {
    let group = match (draft.life.who.sex, draft.dice.below(4)) {
        _ if years >= 60 && draft.dice.chance(200) => "old-operation",
        (Sex::Female, 0) if years > 20 => "female-operation",
        (Sex::Male, 0) if years > 30 => "male-operation",
        _ => "operation",
    };
    draft.any(group)
}

/// Moves a statement into the past, with as much of its date as anybody remembers.
fn vague(draft: &mut Draft<'_>, number: usize, years: i64) {
    let birth = draft.life.who.birth;
    let day = plus(birth, draft.dice.range(400, (years * 365).max(500)));
    let precision = match draft.dice.below(10) {
        0..4 => Precision::Year,
        4..7 => Precision::Month,
        7 => Precision::Unknown,
        _ => Precision::Day,
    };
    draft.change(number, |s| {
        s.day = day;
        s.precision = precision;
    });
}
