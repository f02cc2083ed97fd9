//! Typed text: clinical notes, notes that name other people, and notes that only a clinician may release.

use super::build::Draft;
use crate::{names, person::Sex};

/// Words that name nobody.
const PLAIN: &[&str] = &[
    "Improving. Advised to return if worse.",
    "Discussed options, happy to watch and wait.",
    "Chest clear, no wheeze. Safety net given.",
    "Since last week, worse at night.",
    "Tolerating tablets well, no side effects.",
    "Repeat in three months.",
    "Patient requested a copy of the result.",
    "Right side only, no numbness.",
    "Worse on stairs, better with rest.",
    "Non-fasting sample.",
    "Seen with interpreter on the telephone.",
    "Tinel's and Phalen's negative.",
    "Haemolysed sample, potassium may be falsely raised.",
    "Advised fluids, paracetamol and rest.",
    "Diet and exercise discussed, leaflet given.",
    "No red flags. Review if not settled in 2/52.",
    "Works in Preston, sits all day.",
    "Home readings average 134/82.",
    "Wound clean and dry, dressing changed.",
    "Pt anxious about results, reassured.",
    "Full range of movement, tender over joint line.",
    "Result normal, no action.",
    "Bell's palsy resolved.",
    "Zimmer frame supplied by OT.",
    "Low risk on QRISK; discussed statin, declined for now.",
    "Bowels open daily, no blood.",
    "Sleeping six hours, up from four.",
    "Inhaler technique checked.",
    "Weight steady; trying to walk more.",
    "Takes tablets with food.",
    "Left arm used because of lymphoedema on right.",
    "Two weeks of symptoms, no travel.",
];

/// `{rel}` is a relative, `{name}` somebody else's given name, `{last}` their surname, `{tel}` a telephone number.
const OTHERS: &[&str] = &[
    "{rel} {name} rang, worried about weight loss.",
    "Collected by {rel} {name} {last}, {tel}.",
    "NOK {rel} {name} {last} {tel}.",
    "Attended with {rel} {name}, who did most of the talking.",
    "{name} next door has the spare key.",
    "Lives with {rel} {name}, who had a stroke last year.",
    "Stress at home: {rel} {name} drinking again.",
    "{rel} ({name}) has the same rash and was seen here on Monday.",
    "Call {name} {last} on {tel} with results, not the patient.",
    "Friend {name} drove them in.",
    "{rel} {name}'s number is {tel}.",
    "Split from partner {name}, moving out next month.",
    "Mrs {last} (landlady) phoned, has not seen patient since Friday.",
    "{rel} {name} is HIV positive, patient aware.",
];

/// What a clinician has to decide about.
const REVIEW: &[&str] = &[
    "{rel} {name} told us in confidence that tablets are not being taken; asked us not to say.",
    "Safeguarding: referral made by school, source not to be disclosed to family.",
    "Police report {name} {last} released from prison, address not to be shared.",
    "{rel} does not want patient to know about the diagnosis.",
];

/// Of the patient's own: safe to show.
const OWN: &[&str] = &[
    "{own} attends alone. Mobile {mobile}.",
    "Spoke to {own} by telephone, happy with plan.",
    "Letter to {title} {surname} sent.",
    "Reviewed by Dr {doctor}, agrees with plan.",
    "Discussed with Dr {doctor}; repeat bloods in a month.",
];

/// What kind of text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names nobody.
    Plain,
    /// Names other people.
    Others,
    /// For a clinician to decide about.
    Review,
    /// Names the patient or the staff.
    Own,
}

/// Gives a statement text of a kind.
pub(super) fn write(draft: &mut Draft<'_>, statement: usize, kind: Kind) {
    let template = draft.dice.pick(match kind {
        Kind::Plain => PLAIN,
        Kind::Others => OTHERS,
        Kind::Review => REVIEW,
        Kind::Own => OWN,
    });
    let text = fill(draft, template);
    draft.change(statement, |s| s.text = text);
}

/// Gives a share of the statements text, most of it plain.
pub(super) fn perhaps(draft: &mut Draft<'_>, statement: usize, per_mille: usize) {
    if !draft.dice.chance(per_mille) {
        return;
    }
    let kind = match draft.dice.below(1000) {
        0..780 => Kind::Plain,
        780..900 => Kind::Own,
        900..985 => Kind::Others,
        _ => Kind::Review,
    };
    write(draft, statement, kind);
}

fn fill(draft: &mut Draft<'_>, template: &str) -> String {
    if !template.contains('{') {
        return template.to_owned();
    }
    let woman = draft.dice.chance(500);
    let relative = if woman {
        draft.dice.pick(&["Wife", "Mother", "Daughter", "Sister", "Aunt", "Mum"])
    } else {
        draft.dice.pick(&["Husband", "Father", "Son", "Brother", "Uncle", "Dad"])
    };
    let name = draft.dice.pick(if woman { names::WOMEN } else { names::MEN });
    let last = draft.dice.pick(names::SURNAMES);
    let telephone = format!("07700 900{:03}", draft.dice.range(0, 999));
    let who = &draft.life.who;
    let doctor = draft.practice.member(who.usual_gp).surname;
    let title = match who.sex {
        Sex::Male => "Mr",
        Sex::Female => "Ms",
        Sex::Unknown | Sex::Indeterminate => "Mx",
    };
    let mobile = if who.mobile.is_empty() { "not given" } else { &who.mobile };
    template
        .replace("{rel}", relative)
        .replace("{name}", name)
        .replace("{last}", last)
        .replace("{tel}", &telephone)
        .replace("{own}", who.given)
        .replace("{surname}", who.surname)
        .replace("{mobile}", mobile)
        .replace("{title}", title)
        .replace("{doctor}", doctor)
}
