//! Laboratory panels: a header row and a row for each result, with unit, range and the laboratory's judgement.

use super::build::Draft;
use crate::{dice::fixed, person::Sex};

/// A result that a panel has: middle and spread in units of the last decimal place.
struct Test {
    key: &'static str,
    middle: i64,
    spread: i64,
    places: u32,
    unit: &'static str,
    low: Option<i64>,
    high: Option<i64>,
}

const fn test(
    key: &'static str,
    (middle, spread, places): (i64, i64, u32),
    unit: &'static str,
    low: Option<i64>,
    high: Option<i64>,
) -> Test {
    Test { key, middle, spread, places, unit, low, high }
}

/// A panel of tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    /// Full blood count.
    BloodCount,
    /// Urea and electrolytes.
    Kidney,
    /// Liver function.
    Liver,
    /// Lipids.
    Lipids,
    /// HbA1c.
    Sugar,
    /// Thyroid function.
    Thyroid,
}

const BLOOD_COUNT: &[Test] = &[
    test("hb", (139, 18, 0), "g/L", Some(120), Some(160)),
    test("wcc", (70, 25, 1), "10*9/L", Some(40), Some(110)),
    test("platelets", (260, 80, 0), "10*9/L", Some(150), Some(400)),
    test("rbc", (462, 55, 2), "10*12/L", Some(380), Some(550)),
    test("hct", (418, 45, 3), "L/L", Some(360), Some(500)),
    test("mcv", (905, 65, 1), "fL", Some(800), Some(1000)),
    test("mch", (302, 26, 1), "pg", Some(270), Some(330)),
    test("neutrophils", (41, 17, 1), "10*9/L", Some(20), Some(75)),
    test("lymphocytes", (20, 9, 1), "10*9/L", Some(10), Some(40)),
    test("monocytes", (5, 2, 1), "10*9/L", Some(2), Some(10)),
    test("eosinophils", (2, 1, 1), "10*9/L", None, Some(5)),
    test("basophils", (4, 3, 2), "10*9/L", None, Some(10)),
];
const KIDNEY: &[Test] = &[
    test("sodium", (140, 4, 0), "mmol/L", Some(133), Some(146)),
    test("potassium", (43, 6, 1), "mmol/L", Some(35), Some(53)),
    test("urea", (56, 21, 1), "mmol/L", Some(25), Some(78)),
    test("creatinine", (78, 24, 0), "umol/L", Some(45), Some(104)),
    test("egfr", (84, 24, 0), "mL/min/1.73m2", Some(60), None),
];
const LIVER: &[Test] = &[
    test("bilirubin", (9, 6, 0), "umol/L", None, Some(21)),
    test("alt", (26, 17, 0), "iu/L", None, Some(41)),
    test("alp", (78, 32, 0), "iu/L", Some(30), Some(130)),
    test("albumin", (43, 5, 0), "g/L", Some(35), Some(50)),
    test("protein", (71, 6, 0), "g/L", Some(60), Some(80)),
    test("globulin", (28, 5, 0), "g/L", Some(18), Some(36)),
];
const LIPIDS: &[Test] = &[
    test("cholesterol", (49, 13, 1), "mmol/L", None, Some(50)),
    test("hdl", (14, 4, 1), "mmol/L", Some(10), None),
    test("ldl", (28, 11, 1), "mmol/L", None, Some(30)),
    test("triglycerides", (15, 8, 1), "mmol/L", None, Some(23)),
    test("chol-ratio", (36, 12, 1), "", None, None),
    test("non-hdl", (35, 11, 1), "mmol/L", None, Some(40)),
];
const SUGAR: &[Test] = &[test("hba1c", (42, 11, 0), "mmol/mol", Some(20), Some(41))];
const THYROID: &[Test] = &[
    test("tsh", (21, 16, 1), "mU/L", Some(3), Some(42)),
    test("ft4", (145, 30, 1), "pmol/L", Some(90), Some(190)),
];
const SINGLES: &[Test] = &[
    test("crp", (6, 6, 0), "mg/L", None, Some(5)),
    test("esr", (12, 10, 0), "mm/h", None, Some(20)),
    test("ferritin", (95, 75, 0), "ug/L", Some(15), Some(200)),
    test("calcium", (237, 13, 2), "mmol/L", Some(220), Some(260)),
    test("phosphate", (112, 22, 2), "mmol/L", Some(80), Some(150)),
    test("serum-calcium", (234, 13, 2), "mmol/L", Some(220), Some(260)),
    test("glucose", (54, 14, 1), "mmol/L", Some(30), Some(78)),
    test("glucose-fasting", (51, 10, 1), "mmol/L", Some(30), Some(60)),
    test("inr", (24, 7, 1), "", Some(20), Some(30)),
    test("acr", (18, 16, 1), "mg/mmol", None, Some(30)),
    test("psa", (18, 15, 1), "ug/L", None, Some(40)),
];

impl Panel {
    fn parts(self) -> (&'static str, &'static [Test]) {
        match self {
            Self::BloodCount => ("fbc", BLOOD_COUNT),
            Self::Kidney => ("ue", KIDNEY),
            Self::Liver => ("lft", LIVER),
            Self::Lipids => ("lipids", LIPIDS),
            Self::Sugar => ("hba1c-panel", SUGAR),
            Self::Thyroid => ("tft", THYROID),
        }
    }
}

/// A panel; the number of its header.
pub(super) fn panel(draft: &mut Draft<'_>, panel: Panel) -> usize {
    let (header, tests) = panel.parts();
    let parent = draft.say(header);
    for test in tests {
        let part = result(draft, test);
        draft.change(part, |s| s.parent = Some(parent));
    }
    parent
}

/// A blood sample's worth of panels.
pub(super) fn bloods(draft: &mut Draft<'_>) {
    if draft.dice.chance(500) {
        draft.say("blood-taken");
    }
    if draft.dice.chance(650) {
        panel(draft, Panel::BloodCount);
    }
    if draft.dice.chance(700) {
        panel(draft, Panel::Kidney);
    }
    for (chosen, often) in
        [(Panel::Liver, 450), (Panel::Lipids, 300), (Panel::Sugar, 350), (Panel::Thyroid, 250)]
    {
        if draft.dice.chance(often) {
            panel(draft, chosen);
        }
    }
    for _ in 0..draft.dice.below(3) {
        single(draft);
    }
}

/// A result by itself.
pub(super) fn single(draft: &mut Draft<'_>) {
    // The last is for men only.
    let choice = draft.dice.below(SINGLES.len() - usize::from(draft.life.who.sex != Sex::Male));
    if let Some(test) = SINGLES.get(choice) {
        result(draft, test);
    }
}

fn result(draft: &mut Draft<'_>, test: &Test) -> usize {
    let drawn = draft.dice.around(test.middle, test.spread * 3 / 2).max(0);
    // Laboratories report beyond their method's limits as a bound, and the number is then the limit.
    let (value, operator) = match test.key {
        "egfr" if drawn > 90 => (90, ">"),
        "crp" if drawn < 5 => (5, "<"),
        "ferritin" if drawn < 8 => (8, "<"),
        _ => (drawn, ""),
    };
    let abnormal = match (test.low, test.high) {
        _ if !operator.is_empty() => "",
        (Some(low), _) if value < low => "LO",
        (_, Some(high)) if value > high => "HI",
        _ => "",
    };
    let unit = spelling(draft, test.unit);
    let number = draft.result(test.key, fixed(value, test.places), unit);
    let show = |bound: Option<i64>| bound.map(|bound| fixed(bound, test.places));
    draft.change(number, |s| {
        s.operator = operator;
        s.low = show(test.low);
        s.high = show(test.high);
        s.abnormal = abnormal;
    });
    number
}

/// With edge cases, the same unit is spelt in several ways.
fn spelling(draft: &mut Draft<'_>, unit: &'static str) -> &'static str {
    if !draft.options.edge_cases || !draft.dice.chance(25) {
        return unit;
    }
    match unit {
        "iu/L" => draft.dice.pick(&["IU/L", "U/L", "IU/L 37C"]),
        "10*9/L" => draft.dice.pick(&["10^9/L", "x10*9/L"]),
        "umol/L" => "umol/l",
        "mU/L" => "miu/L",
        "mmol/L" => "MMOL/L",
        other => other,
    }
}
