//! Oddities that a valid batch may hold, thinly spread over all patients, and one of each for one of them.

use super::{Oddity, build::Draft, measures, vaccines};
use crate::{
    Role,
    day::{Precision, plus},
};

/// Everything that this file can do to a record.
const ALL: [fn(&mut Draft<'_>); 17] = [
    future_date,
    before_birth,
    zero,
    negative,
    nine_decimals,
    only_low,
    only_high,
    odd_unit,
    three_children,
    lines_and_quotes,
    vaccination_with_value,
    cut_qualifiers,
    unknown_code,
    unknown_consultation,
    unknown_parent,
    unknown_problem,
    problem_without_statement,
];

/// Adds oddities: all of them for their own patient, one for every ninth.
pub(super) fn write(draft: &mut Draft<'_>) {
    if draft.life.who.number == 0 {
        return;
    }
    let day = plus(draft.end(), -draft.dice.range(10, 200)).max(draft.start());
    let doctor = draft.life.who.usual_gp;
    if draft.life.who.role == Role::FeedOddities {
        draft.consult(day, "GP Surgery", doctor);
        ALL.iter().for_each(|oddity| oddity(draft));
    } else if draft.dice.chance(110) {
        draft.consult(day, "GP Surgery", doctor);
        let choice = draft.dice.below(ALL.len());
        if let Some(oddity) = ALL.get(choice) {
            oddity(draft);
        }
    }
}

fn future_date(draft: &mut Draft<'_>) {
    let number = draft.say("medication-review");
    let day = plus(draft.options.today, 90);
    draft.change(number, |s| s.day = day);
}

fn before_birth(draft: &mut Draft<'_>) {
    let number = draft.say("measles");
    let day = plus(draft.life.who.birth, -500);
    draft.change(number, |s| s.day = day);
}

fn zero(draft: &mut Draft<'_>) {
    draft.result("crp", "0".to_owned(), "mg/L");
}

fn negative(draft: &mut Draft<'_>) {
    draft.result("temperature", "-1.5".to_owned(), "degrees C");
}

fn nine_decimals(draft: &mut Draft<'_>) {
    draft.result("bmi", "24.691358025".to_owned(), "kg/m2");
}

fn only_low(draft: &mut Draft<'_>) {
    let number = draft.result("egfr", "55".to_owned(), "mL/min");
    draft.change(number, |s| {
        s.low = Some("60".to_owned());
        s.abnormal = "LO";
    });
}

fn only_high(draft: &mut Draft<'_>) {
    let number = draft.result("alt", "98".to_owned(), "IU/L 37C");
    draft.change(number, |s| {
        s.high = Some("41".to_owned());
        s.abnormal = "HI";
    });
}

fn odd_unit(draft: &mut Draft<'_>) {
    draft.result("tsh", "2.4".to_owned(), "Banana");
}

fn three_children(draft: &mut Draft<'_>) {
    measures::blood_pressure(draft, measures::Shape::WithPulse);
}

fn lines_and_quotes(draft: &mut Draft<'_>) {
    let number = draft.say("headache");
    let text =
        "Says \"like a band\", worse at night;\r\n- no vomiting\r\n- <5 days, 3 > 2, R&D\ttab, £4, 37°C";
    draft.change(number, |s| s.text = text.to_owned());
}

fn vaccination_with_value(draft: &mut Draft<'_>) {
    let number = vaccines::give(draft, "tetanus-booster");
    draft.change(number, |s| s.value = Some("1".to_owned()));
}

fn cut_qualifiers(draft: &mut Draft<'_>) {
    let number = vaccines::give(draft, "ppv");
    let details = vaccines::details(draft, "ppv");
    draft.change(number, |s| {
        s.vaccination = Some(details);
        s.oddity = Some(Oddity::CutQualifiers);
    });
}

fn odd(draft: &mut Draft<'_>, key: &str, oddity: Oddity) {
    let number = draft.say(key);
    draft.change(number, |s| {
        s.oddity = Some(oddity);
        s.precision = Precision::Time;
    });
}

fn unknown_code(draft: &mut Draft<'_>) {
    odd(draft, "cough", Oddity::UnknownCode);
}

fn unknown_consultation(draft: &mut Draft<'_>) {
    odd(draft, "rash", Oddity::UnknownConsultation);
}

fn unknown_parent(draft: &mut Draft<'_>) {
    odd(draft, "sodium", Oddity::UnknownParent);
}

fn unknown_problem(draft: &mut Draft<'_>) {
    odd(draft, "nausea", Oddity::UnknownProblem);
}

fn problem_without_statement(draft: &mut Draft<'_>) {
    odd(draft, "gord", Oddity::ProblemWithoutStatement);
}
