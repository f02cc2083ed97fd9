//! Vaccinations: the schedule of the patient's birth year, the yearly and the one-off campaigns, travel, and refusals.

use jiff::civil::{Date, date};

use super::{Vaccination, build::Draft, notes};
use crate::{
    codes,
    day::{Precision, age, before, plus},
    practice::Practice,
};

/// Who makes vaccines here: nobody real.
const MAKERS: &[&str] = &["Bexwell", "Northmoor Biologics", "Acme Vaccines", "Halden Pharma", "Pelham Labs"];
const SITES: &[&str] = &["Left arm", "Right arm", "Left deltoid", "Right deltoid"];
const THIGHS: &[&str] = &["Left thigh", "Right thigh"];

/// A dose: code, age in days, first and last birth year for which it is on the schedule.
type Dose = (&'static str, i64, i16, i16);

/// The routine schedule, roughly as it changed over the years.
const ROUTINE: &[Dose] = &[
    ("6in1-1", 56, 2017, 2100),
    ("rota-1", 56, 2013, 2100),
    ("menb-1", 56, 2015, 2100),
    ("6in1-2", 84, 2017, 2100),
    ("rota-2", 84, 2013, 2100),
    ("pcv-1", 84, 2006, 2100),
    ("6in1-3", 112, 2017, 2100),
    ("menb-2", 112, 2015, 2100),
    ("5in1-1", 56, 2004, 2016),
    ("5in1-2", 84, 2004, 2016),
    ("5in1-3", 112, 2004, 2016),
    ("pcv-2", 112, 2006, 2019),
    ("menc-1", 84, 1999, 2015),
    ("menc-2", 112, 1999, 2015),
    ("hibmenc", 375, 2006, 2024),
    ("mmr-1", 380, 1987, 2100),
    ("menb-b", 385, 2015, 2100),
    ("pcv13", 390, 2010, 2100),
    ("dtp-1", 90, 1960, 2003),
    ("dtp-2", 150, 1960, 2003),
    ("dtp-3", 240, 1960, 2003),
    ("polio", 240, 1958, 2003),
    ("mmr-2", 1240, 1993, 2100),
    ("4in1", 1260, 2001, 2100),
    ("hpv-1", 4600, 1997, 2100),
    ("hpv-2", 4800, 1997, 2011),
    ("td-ipv-2", 5200, 1980, 2100),
    ("meningitis-acwy", 5205, 2000, 2100),
];

/// Writes all vaccinations.
pub(super) fn write(draft: &mut Draft<'_>) {
    routine(draft);
    influenza(draft);
    coronavirus(draft);
    later_life(draft);
    if draft.dice.chance(220) && age(draft.life.who.birth, draft.end()) >= 17 {
        travel(draft);
    }
}

fn routine(draft: &mut Draft<'_>) {
    let birth = draft.life.who.birth;
    let keeps = if draft.dice.chance(60) { 350 } else { 960 };
    for (key, days, first, last) in ROUTINE {
        let day = plus(birth, days + draft.dice.range(0, 25));
        if !(*first..=*last).contains(&birth.year()) || day > draft.end() || !draft.dice.chance(keeps) {
            continue;
        }
        sitting(draft, day);
        let number = give(draft, key);
        if day < draft.start() {
            summarised(draft, number, day);
        }
    }
    if draft.dice.chance(20) && birth.year() > 1995 {
        let key = draft.dice.pick(&["mmr-declined", "rota-declined"]);
        refuse(draft, plus(birth, 400).min(draft.end()), key);
    }
}

/// A dose from before the computer: no details, and as much of its date as is on the card.
fn summarised(draft: &mut Draft<'_>, number: usize, day: Date) {
    let precision = draft.dice.pick(&[&Precision::Month, &Precision::Year, &Precision::Day]);
    draft.change(number, |s| {
        s.day = day;
        s.precision = *precision;
        s.vaccination = None;
    });
}

/// A visit for a vaccination: on the same day as the last one, the same visit.
fn sitting(draft: &mut Draft<'_>, day: Date) {
    if draft.open.is_some() && draft.now.day == day {
        return;
    }
    if day < draft.start() || draft.dice.chance(150) {
        draft.outside(day.max(draft.start()));
    } else {
        let nurse = Practice::nurse(&mut draft.dice);
        draft.consult(day, "GP Surgery", nurse);
    }
}

/// Records a vaccination as given, mostly with what the supplier's template asks for; its number.
pub(super) fn give(draft: &mut Draft<'_>, key: &str) -> usize {
    let number = draft.say(key);
    let details = details(draft, key);
    if draft.dice.chance(820) {
        draft.change(number, |s| s.vaccination = Some(details));
    }
    notes::perhaps(draft, number, 40);
    number
}

/// What a vaccination's template asks for.
pub(super) fn details(draft: &mut Draft<'_>, key: &str) -> Vaccination {
    let site = match draft.age() {
        _ if key.starts_with("rota") || key == "flu-nasal" => "",
        ..2 => draft.dice.pick(THIGHS),
        _ => draft.dice.pick(SITES),
    };
    let letters = draft.dice.pick(&["AB", "KX", "T", "FLU", "CV", "M"]);
    Vaccination {
        manufacturer: draft.dice.pick(MAKERS),
        batch: format!("{letters}{}", draft.dice.range(1000, 99_999)),
        expires: plus(draft.now.day, draft.dice.range(60, 700)),
        site,
    }
}

/// Records that a vaccination was not given.
pub(super) fn refuse(draft: &mut Draft<'_>, day: Date, key: &str) -> usize {
    let clinician = Practice::clinician(&mut draft.dice);
    draft.consult(day, "Telephone call to a patient", clinician);
    draft.say(key)
}

fn influenza(draft: &mut Draft<'_>) {
    let birth = draft.life.who.birth;
    for year in 2002..=draft.end().year() {
        let day = plus(date(year, 9, 25), draft.dice.range(0, 70));
        let years = age(birth, day);
        let often = match years {
            ..2 => 0,
            2..12 if year >= 2014 => 620,
            2..50 => 70,
            50..65 => 330,
            _ => 800,
        };
        if day > draft.end() || day < draft.start() || !draft.dice.chance(often) {
            continue;
        }
        if draft.dice.chance(45) {
            let key = draft.dice.pick(&["flu-declined", "flu-declined", "flu-contra", "flu-no-consent"]);
            refuse(draft, day, key);
            continue;
        }
        sitting(draft, day);
        give(
            draft,
            if years < 16 {
                "flu-nasal"
            } else if year < 2012 {
                "flu"
            } else {
                "flu-seasonal"
            },
        );
    }
}

fn coronavirus(draft: &mut Draft<'_>) {
    let birth = draft.life.who.birth;
    let first = plus(date(2021, 1, 10), (70 - age(birth, date(2021, 1, 1))).clamp(0, 60) * 4);
    if age(birth, first) < 12 || first > draft.end() || first < draft.start() {
        return;
    }
    if draft.dice.chance(90) {
        refuse(draft, first, "covid-declined");
        return;
    }
    sitting(draft, first);
    give(draft, "covid-1");
    let second = plus(first, draft.dice.range(56, 90));
    if second <= draft.end() {
        sitting(draft, second);
        give(draft, "covid-2");
    }
}

fn later_life(draft: &mut Draft<'_>) {
    let birth = draft.life.who.birth;
    for (key, years, from, often) in [
        ("ppv23", 65, 2003, 720),
        ("zoster", 70, 2013, 560),
        ("shingles-1", 66, 2023, 600),
        ("tetanus-booster", 31, 1990, 250),
    ] {
        let day = plus(before(birth, -years, 0), draft.dice.range(5, 300));
        if day.year() >= from && day <= draft.end() && day >= draft.start() && draft.dice.chance(often) {
            sitting(draft, day);
            give(draft, key);
        }
    }
}

fn travel(draft: &mut Draft<'_>) {
    let span = crate::day::between(draft.start(), draft.end()).max(1);
    let day = plus(draft.start(), draft.dice.range(span / 3, span));
    sitting(draft, day);
    for _ in 0..=draft.dice.below(3) {
        let draw = draft.dice.below(1000);
        give(draft, &codes::of_group("travel", draw).key);
    }
}
