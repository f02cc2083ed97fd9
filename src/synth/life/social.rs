//! Ethnic group, relatives' illnesses, allergies, and who is to be called: the parts of a record that hold other
//! people's data by design.

use super::{Relative, build::Draft, notes};
use crate::{
    day::{Precision, plus},
    names,
};

const RELATIVES: [Relative; 5] = [
    Relative { snomed: "72705000", term: "Mother" },
    Relative { snomed: "66839005", term: "Father" },
    Relative { snomed: "38048003", term: "Uncle" },
    Relative { snomed: "27733009", term: "Sister" },
    Relative { snomed: "70924004", term: "Brother" },
];

/// Writes what is asked of a new patient.
pub(super) fn write(draft: &mut Draft<'_>) {
    let day = plus(draft.life.who.registered, 3).max(draft.start()).min(draft.end());
    draft.consult(day, "GP Surgery", 6);
    draft.any("ethnicity");
    family(draft);
    allergies(draft);
    if draft.age() >= 16 {
        draft.any("social");
        next_of_kin(draft);
    } else if draft.dice.chance(300) {
        let key = draft.dice.pick(&["father-smokes", "mother-smokes"]);
        draft.say(key);
    }
    if draft.dice.chance(500) {
        draft.say("sharing-consent");
    }
}

fn family(draft: &mut Draft<'_>) {
    for _ in 0..draft.dice.below(4) {
        let relative = RELATIVES[draft.dice.below(RELATIVES.len())];
        let number = draft.any("family");
        draft.change(number, |s| s.relative = Some(relative));
        if draft.dice.chance(200) {
            notes::write(draft, number, notes::Kind::Others);
        }
    }
    if draft.dice.chance(100) {
        draft.say("fh-none");
    }
}

fn allergies(draft: &mut Draft<'_>) {
    if draft.dice.chance(250) {
        let number = draft.any("allergy");
        draft.change(number, |s| s.precision = Precision::Month);
        notes::perhaps(draft, number, 300);
    } else {
        draft.say("no-allergies");
    }
}

/// Codes whose whole purpose is to hold somebody else's name or number.
fn next_of_kin(draft: &mut Draft<'_>) {
    if draft.dice.chance(350) {
        let number = draft.say("next-of-kin");
        let text = format!(
            "{} {} ({}) 07700 900{:03}",
            draft.dice.pick(names::WOMEN),
            draft.dice.pick(names::SURNAMES),
            draft.dice.pick(&["wife", "daughter", "friend", "mother"]),
            draft.dice.range(0, 999)
        );
        draft.change(number, |s| s.text = text);
    }
    if draft.life.who.carer.is_some() {
        let number = draft.say("carer-phone");
        let text = format!("01632 960{:03}", draft.dice.range(0, 999));
        draft.change(number, |s| s.text = text);
    }
}
