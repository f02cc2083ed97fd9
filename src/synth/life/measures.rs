//! What is measured of a body: blood pressure, weight and the like.

use super::build::Draft;
use crate::{dice::fixed, person::Sex};

/// How a blood pressure is written down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A header, systolic, diastolic.
    Usual,
    /// A header, diastolic, systolic.
    DiastolicFirst,
    /// A header, systolic, diastolic and pulse.
    WithPulse,
    /// A header and the systolic half alone.
    OnlySystolic,
    /// Sitting.
    Sitting,
}

/// A blood pressure; the number of its header.
pub(super) fn blood_pressure(draft: &mut Draft<'_>, shape: Shape) -> usize {
    let raised = (draft.age() - 30).clamp(0, 50) / 2;
    let systolic = draft.dice.around(118 + raised, 16);
    let diastolic = draft.dice.around(72 + raised / 4, 9).min(systolic - 20);
    let (header, upper, lower) = match shape {
        Shape::Sitting => ("bp-sitting", "systolic-sitting", "diastolic-sitting"),
        _ => ("bp", "systolic", "diastolic"),
    };
    let parent = draft.say(header);
    let unit = match draft.dice.below(40) {
        0 if draft.options.edge_cases => "mm Hg",
        _ => "mmHg",
    };
    let half = |draft: &mut Draft<'_>, key: &str, value: i64, unit: &'static str| {
        let part = draft.result(key, value.to_string(), unit);
        draft.change(part, |s| s.parent = Some(parent));
    };
    match shape {
        Shape::DiastolicFirst => {
            half(draft, lower, diastolic, unit);
            half(draft, upper, systolic, unit);
        }
        Shape::OnlySystolic => half(draft, upper, systolic, unit),
        Shape::Usual | Shape::Sitting | Shape::WithPulse => {
            half(draft, upper, systolic, unit);
            half(draft, lower, diastolic, unit);
        }
    }
    if shape == Shape::WithPulse {
        let pulse = draft.dice.around(74, 12);
        half(draft, "pulse", pulse, "bpm");
    }
    parent
}

/// A blood pressure in whatever shape.
pub(super) fn some_blood_pressure(draft: &mut Draft<'_>) {
    let shape = match draft.dice.below(100) {
        0..62 => Shape::Usual,
        62..84 => Shape::DiastolicFirst,
        84..92 => Shape::Sitting,
        92..97 => Shape::WithPulse,
        _ => Shape::OnlySystolic,
    };
    blood_pressure(draft, shape);
}

/// Height in centimetres by age.
fn height(draft: &mut Draft<'_>) -> i64 {
    let grown = if draft.life.who.sex == Sex::Male { 176 } else { 163 };
    let middle = match draft.age() {
        years @ 0..18 => 52 + (grown - 52) * years.min(17) / 17,
        _ => grown,
    };
    // The same person's height hardly changes: the spread comes from the number, not from the dice.
    middle + i64::from(draft.life.who.number) * 7 % 15 - 7
}

/// Weight, and for many height and body mass index.
pub(super) fn weight(draft: &mut Draft<'_>) {
    let centimetres = height(draft);
    let index = draft.dice.around(if draft.age() < 16 { 180 } else { 258 }, 30) + draft.burden / 4 - 25;
    let tenths = index * centimetres * centimetres / 10_000;
    draft.result("weight", fixed(tenths, 1), "kg");
    if draft.dice.chance(600) {
        draft.result("height", centimetres.to_string(), "cm");
        draft.result("bmi", fixed(index, 1), "kg/m2");
    }
    if draft.age() >= 40 && draft.dice.chance(120) {
        let waist = draft.dice.around(94, 14);
        draft.result("waist", waist.to_string(), "cm");
    }
}

/// What is taken of somebody who has a fever or a cough.
pub(super) fn observations(draft: &mut Draft<'_>) {
    let temperature = draft.dice.around(371, 9);
    draft.result("temperature", fixed(temperature, 1), "degrees C");
    let pulse = draft.dice.around(if draft.age() < 6 { 110 } else { 78 }, 16);
    let unit = if draft.dice.chance(700) { "bpm" } else { "/min" };
    draft.result("pulse", pulse.to_string(), unit);
    let saturation = (98 - draft.dice.range(0, 3)).min(99);
    draft.result("sats", saturation.to_string(), "%");
    if draft.dice.chance(600) {
        let rate = draft.dice.around(if draft.age() < 6 { 26 } else { 16 }, 4);
        draft.result("resps", rate.to_string(), "/min");
    }
    if draft.dice.chance(60) && draft.now.day.year() >= 2018 {
        let score = draft.dice.range(0, 4);
        draft.result("news2", score.to_string(), "");
    }
}

/// Peak flow.
pub(super) fn peak_flow(draft: &mut Draft<'_>) {
    let flow = draft.dice.around(430, 90);
    draft.result("peak-flow", flow.to_string(), "L/min");
    if draft.dice.chance(300) {
        draft.result("peak-flow-best", (flow + 30).to_string(), "L/min");
        draft.result("peak-flow-predicted", (flow + 55).to_string(), "L/min");
    }
}

/// A child's growth.
pub(super) fn growth(draft: &mut Draft<'_>) {
    weight(draft);
    let head = draft.dice.around(380 + draft.age() * 35, 12);
    draft.result("head", fixed(head, 1), "cm");
}
