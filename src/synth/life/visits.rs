//! The years at the practice: who comes how often, and what is written down when they do.

use jiff::civil::Date;

use super::{build::Draft, labs, measures, notes, vaccines};
use crate::{
    day::{age, before, between, plus},
    dice::fixed,
    person::Sex,
    practice::Practice,
};

/// Places where consultations are held, and their share in a hundred.
const PLACES: [(&str, usize); 6] = [
    ("GP Surgery", 62),
    ("Telephone call to a patient", 80),
    ("Home visit", 85),
    ("Telephone consultation", 92),
    ("eConsultation via online application", 97),
    ("Nursing home visit", 100),
];

/// Writes every year.
pub(super) fn write(draft: &mut Draft<'_>) {
    let (start, end) = (draft.start(), draft.end());
    let mut year_start = start;
    while year_start < end {
        let year_end = before(year_start, -1, 0).min(end);
        year(draft, year_start, year_end);
        year_start = year_end;
    }
}

/// Consultations in a year of life, times a hundred.
fn rate(years: i64) -> i64 {
    match years {
        0..2 => 520,
        2..5 => 380,
        5..16 => 200,
        16..45 => 290,
        45..65 => 390,
        65..75 => 560,
        _ => 680,
    }
}

fn year(draft: &mut Draft<'_>, from: Date, to: Date) {
    let length = between(from, to);
    if length < 1 {
        return;
    }
    let years = age(draft.life.who.birth, from);
    // Practices recorded less in the first decade of their computers.
    let habit = if from.year() < 2003 { 85 } else { 155 };
    let expected = rate(years) * draft.burden / 100 * habit / 100 * length / 365;
    let count = expected / 100 + i64::from(draft.dice.range(0, 99) < expected % 100);
    for _ in 0..count {
        let day = plus(from, draft.dice.range(0, length - 1));
        visit(draft, day);
    }
}

fn visit(draft: &mut Draft<'_>, day: Date) {
    if draft.dice.chance(120) {
        return paperwork(draft, day);
    }
    let draw = draft.dice.below(100);
    let place = PLACES.iter().find(|(_, share)| draw < *share).map_or("GP Surgery", |(place, _)| place);
    let clinician = Practice::clinician(&mut draft.dice);
    draft.consult(day, place, clinician);
    if draft.age() < 2 && draft.dice.chance(400) {
        measures::growth(draft);
    }
    match draft.dice.below(100) {
        0..42 => brief(draft),
        42..70 => illness(draft),
        70..81 => check(draft),
        81..91 => review(draft),
        _ => minor(draft),
    }
    hide_some(draft);
}

/// Letters, results and reminders: written down outside any consultation.
fn paperwork(draft: &mut Draft<'_>, day: Date) {
    draft.outside(day);
    match draft.dice.below(10) {
        0..4 => {
            labs::panel(draft, labs::Panel::Kidney);
        }
        4..6 => {
            let number = draft.any("imaging");
            notes::perhaps(draft, number, 300);
        }
        _ => {
            let number = draft.any("admin");
            notes::perhaps(draft, number, 150);
        }
    }
}

/// A question, a follow-up, a form: one code and often a line of text.
fn brief(draft: &mut Draft<'_>) {
    let group = draft.dice.pick(&["symptom", "symptom", "symptom", "admin", "acute"]);
    let number = draft.any(group);
    notes::perhaps(draft, number, 500);
}

fn illness(draft: &mut Draft<'_>) {
    let years = draft.age();
    for _ in 0..=draft.dice.below(2) {
        let number = draft.any("symptom");
        notes::perhaps(draft, number, 420);
    }
    if draft.dice.chance(450) {
        let child = years < 12 && draft.dice.chance(400);
        let number = draft.any(if child { "child-acute" } else { "acute" });
        if draft.dice.chance(350) {
            let ended = plus(draft.now.day, draft.dice.range(7, 60));
            draft.make_problem(number, Some(ended), false);
        }
        notes::perhaps(draft, number, 300);
    }
    if draft.dice.chance(350) {
        measures::observations(draft);
    }
    if years >= 18 && draft.dice.chance(250) {
        measures::some_blood_pressure(draft);
    }
    if years >= 12 && draft.dice.chance(100) {
        labs::bloods(draft);
    }
    onward(draft);
}

fn onward(draft: &mut Draft<'_>) {
    match draft.dice.below(100) {
        0..6 => {
            let number = draft.any("referral");
            notes::perhaps(draft, number, 300);
        }
        6..9 => {
            draft.any("request");
        }
        9..12 => {
            draft.any("diagnostic");
        }
        12..14 if draft.age() > 10 => {
            draft.say("msu");
        }
        _ => {}
    }
}

fn check(draft: &mut Draft<'_>) {
    if draft.age() < 16 {
        measures::weight(draft);
        return;
    }
    measures::some_blood_pressure(draft);
    if draft.dice.chance(550) {
        measures::weight(draft);
    }
    if draft.dice.chance(500) {
        habits(draft);
    }
    if draft.dice.chance(330) {
        labs::bloods(draft);
    }
}

/// Smoking and drinking.
pub(super) fn habits(draft: &mut Draft<'_>) {
    match draft.life.who.number % 5 {
        0..3 => {
            draft.say("never-smoked");
        }
        3 => {
            draft.say("ex-smoker");
        }
        _ => {
            let per_day = draft.dice.range(1, 25);
            draft.say("smoker");
            draft.result("cigarettes", per_day.to_string(), "Cigarettes/day");
            draft.any("advice");
        }
    }
    if draft.dice.chance(600) {
        let units = draft.dice.range(0, 28);
        let unit = if draft.dice.chance(800) { "U/week" } else { "units/week" };
        draft.result("alcohol-units", units.to_string(), unit);
        draft.say(if units == 0 {
            "teetotal"
        } else if units < 15 {
            "light-drinker"
        } else {
            "alcohol"
        });
    }
}

/// The yearly review of a long-term condition, or its first diagnosis.
fn review(draft: &mut Draft<'_>) {
    let years = draft.age();
    if years < 16 {
        if draft.dice.chance(500) {
            asthma(draft);
        } else {
            illness(draft);
        }
        return;
    }
    condition(draft, years);
    if draft.dice.chance(700) {
        measures::some_blood_pressure(draft);
    }
    match draft.dice.below(4) {
        0 => asthma(draft),
        1 => diabetes(draft),
        2 => mood(draft),
        _ => labs::bloods(draft),
    }
    if draft.dice.chance(600) {
        draft.say("medication-review");
    }
}

/// A known condition again, or a new one; what follows is filed under it.
fn condition(draft: &mut Draft<'_>, years: i64) {
    let choice = draft.dice.below(draft.life.problems.len());
    let known = draft
        .life
        .problems
        .get(choice)
        .filter(|problem| problem.significant)
        .map(|problem| problem.statement);
    if let Some((number, statement)) = known.and_then(|n| Some((n, draft.life.statements.get(n)?))) {
        let code = statement.code;
        draft.problem = Some(number);
        let again = draft.note(code);
        draft.change(again, |s| s.episode = "Review");
        notes::perhaps(draft, again, 350);
        return;
    }
    let group = match draft.life.who.sex {
        _ if years > 72 && draft.dice.chance(250) => "old-chronic",
        Sex::Female if years < 55 && draft.dice.chance(150) => "female-chronic",
        Sex::Male if years > 50 && draft.dice.chance(150) => "male-chronic",
        _ => "chronic",
    };
    let number = draft.any(group);
    notes::perhaps(draft, number, 350);
    draft.make_problem(number, None, true);
}

fn asthma(draft: &mut Draft<'_>) {
    measures::peak_flow(draft);
    for _ in 0..2 {
        draft.any("asthma-review");
    }
    if draft.dice.chance(400) {
        let score = draft.dice.range(11, 25);
        draft.result("act", score.to_string(), "");
    }
}

fn diabetes(draft: &mut Draft<'_>) {
    labs::panel(draft, labs::Panel::Sugar);
    labs::panel(draft, labs::Panel::Lipids);
    draft.any("diabetes-review");
    measures::weight(draft);
}

fn mood(draft: &mut Draft<'_>) {
    let score = draft.dice.range(0, 24);
    let key = draft.dice.pick(&["phq9", "gad7"]);
    let number = draft.result(key, score.to_string(), "");
    notes::perhaps(draft, number, 500);
}

fn minor(draft: &mut Draft<'_>) {
    let number = draft.any("minor");
    notes::perhaps(draft, number, 300);
    if draft.age() > 15 && draft.dice.chance(300) {
        labs::single(draft);
    }
    if draft.life.who.sex == Sex::Female && (18..42).contains(&draft.age()) && draft.dice.chance(40) {
        vaccines::give(draft, "pertussis-pregnancy");
    }
    if draft.dice.chance(30) {
        let home = draft.dice.around(1340, 90);
        draft.result("average-systolic", fixed(home, 1), "mmHg");
    }
}

/// A small share of what is written down is kept from the patient: whole consultations, problems, single entries.
fn hide_some(draft: &mut Draft<'_>) {
    if draft.life.who.number == 0 {
        return;
    }
    match draft.dice.below(1000) {
        0..9 => {
            if let Some(consultation) = draft.life.consultations.last_mut() {
                consultation.confidential = true;
            }
        }
        9..30 => {
            let key = draft.dice.pick(&["hiv-test", "tired", "low-mood", "stress"]);
            let number = draft.say(key);
            draft.change(number, |s| s.confidential = true);
        }
        30..36 => {
            if let Some(problem) = draft.life.problems.last_mut() {
                problem.confidential = true;
                let statement = problem.statement;
                draft.change(statement, |s| s.confidential = true);
            }
        }
        _ => {}
    }
}
