//! What the patients with a fixed role have for certain, whatever chance gave them.

use jiff::civil::Date;

use super::{build::Draft, labs, labs::Panel, measures, measures::Shape, notes, vaccines, visits};
use crate::{
    Role,
    day::{Precision, plus},
    dice::fixed,
};

/// Writes what the patient's role asks for.
pub(super) fn write(draft: &mut Draft<'_>) {
    match draft.life.who.role {
        Role::Everyday if draft.life.who.number == 0 => everyday(draft),
        Role::MustSupport => must_support(draft),
        Role::ConfidentialConsultation => confidential_consultation(draft),
        Role::ConfidentialItem => confidential_item(draft),
        Role::ConfidentialBloodPressureHalf => confidential_half(draft),
        Role::ThirdParties => third_parties(draft),
        // A code that a proxy may be denied, with no mark of its own.
        Role::Teen15 | Role::Teen16 => {
            open(draft, 70);
            draft.say("hiv-test");
        }
        Role::EnhancedReview => {
            open(draft, 90);
            draft.say("enhanced-review");
        }
        _ => {}
    }
}

/// A consultation so many days before the end of the record.
fn open(draft: &mut Draft<'_>, days: i64) -> Date {
    let day = plus(draft.end(), -days);
    let doctor = draft.life.who.usual_gp;
    draft.consult(day, "GP Surgery", doctor);
    day
}

/// Five years of yearly checks: blood pressures, panels, weights, habits, vaccinations.
fn everyday(draft: &mut Draft<'_>) {
    for year in 0..6 {
        open(draft, 45 + year * 365);
        measures::blood_pressure(draft, if year == 2 { Shape::DiastolicFirst } else { Shape::Usual });
        measures::weight(draft);
        visits::habits(draft);
        let number = draft.say("backache");
        notes::write(draft, number, notes::Kind::Plain);
        for panel in [Panel::BloodCount, Panel::Kidney, Panel::Lipids, Panel::Sugar] {
            labs::panel(draft, panel);
        }
        vaccines::give(draft, "flu-seasonal");
    }
}

/// One of each thing that a must-support element needs to be seen at least once.
fn must_support(draft: &mut Draft<'_>) {
    everyday(draft);
    open(draft, 30);
    measures::blood_pressure(draft, Shape::OnlySystolic);
    measures::blood_pressure(draft, Shape::WithPulse);
    measures::blood_pressure(draft, Shape::Sitting);
    measures::observations(draft);
    measures::peak_flow(draft);
    labs::panel(draft, Panel::Liver);
    labs::panel(draft, Panel::Thyroid);
    // Measured, but without a result: data-absent-reason.
    draft.say("weight");
    draft.result("phq9", "7".to_owned(), "");
    for group in
        ["imaging", "diagnostic", "minor", "operation", "referral", "request", "admin", "advice", "allergy"]
    {
        draft.any(group);
    }
    vaccines::refuse(draft, plus(draft.end(), -20), "flu-declined");
    for (precision, key) in
        [(Precision::Year, "td-ipv"), (Precision::Month, "yellow-fever"), (Precision::Unknown, "hepb-1")]
    {
        let number = vaccines::give(draft, key);
        draft.change(number, |s| s.precision = precision);
    }
    let number = draft.say("asthma");
    draft.change(number, |s| s.precision = Precision::Year);
    draft.make_problem(number, None, true);
}

fn confidential_consultation(draft: &mut Draft<'_>) {
    open(draft, 200);
    if let Some(consultation) = draft.life.consultations.last_mut() {
        consultation.confidential = true;
    }
    let number = draft.say("low-mood");
    notes::write(draft, number, notes::Kind::Review);
    measures::blood_pressure(draft, Shape::Usual);
    labs::panel(draft, Panel::Thyroid);
    vaccines::give(draft, "hepb-2");
}

fn confidential_item(draft: &mut Draft<'_>) {
    open(draft, 150);
    let weight = draft.result("weight", fixed(913, 1), "kg");
    let test = draft.say("hiv-test");
    let panel = labs::panel(draft, Panel::Liver);
    let vaccination = vaccines::give(draft, "hepb-3");
    let referral = draft.say("ref-physio");
    for number in [weight, test, panel + 1, vaccination, referral] {
        draft.change(number, |s| s.confidential = true);
    }
}

fn confidential_half(draft: &mut Draft<'_>) {
    open(draft, 120);
    let header = measures::blood_pressure(draft, Shape::Usual);
    draft.change(header + 2, |s| s.confidential = true);
    open(draft, 60);
    measures::blood_pressure(draft, Shape::Usual);
}

fn third_parties(draft: &mut Draft<'_>) {
    for (days, kind) in [
        (400, notes::Kind::Plain),
        (330, notes::Kind::Others),
        (270, notes::Kind::Own),
        (210, notes::Kind::Review),
        (150, notes::Kind::Others),
        (90, notes::Kind::Others),
        (30, notes::Kind::Plain),
    ] {
        open(draft, days);
        let number = draft.any("symptom");
        notes::write(draft, number, kind);
        let number = draft.result("weight", fixed(704, 1), "kg");
        notes::write(draft, number, kind);
    }
}
