//! GP2GP EHR extracts, `RCMR_IN030000UK07`: one message for each patient, elements in the order of the published
//! schema (`RCMR_MT030101UK05`), values and vaccinations in the words of one supplier's dialect.

mod compose;
mod meant;
mod message;
mod statement;
mod xml;

use std::{fs, io, path::Path};

use crate::{
    Format, Options, Person, Summary,
    dice::{Dice, Purpose},
    life::Life,
    oracle::Oracle,
    practice::Practice,
};

/// Writes a message for each patient. File names say nothing about them.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let mut summary = Summary::default();
    let mut oracle = Oracle::create(options.oracle.as_deref())?;
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        let mut dice = Dice::new(options.seed, options.practice.as_str(), number, Purpose::Message);
        let name = format!("{:05}-{}.xml", number + 1, dice.guid().lower());
        let (text, written) = message::write(&life, options, &practice, dice);
        fs::write(out.join(&name), text)?;
        oracle.says(written.meant(&life))?;
        summary.files.push((name, u64::try_from(life.statements.len()).unwrap_or_default()));
        summary.people.push(person(&life));
        progress(u64::from(number) + 1);
    }
    oracle.finish()?;
    Ok(summary)
}

fn person(life: &Life) -> Person {
    let (observations, immunisations) = life.counts(|_| true);
    Person {
        name: life.who.name(),
        nhs_number: life.who.nhs.clone(),
        key: format!("nhs:{}", life.who.nhs),
        birth_date: life.who.birth,
        role: life.who.role.in_format(Format::Gp2gp),
        observations,
        immunisations,
    }
}
