//! NHS003 pathology reports, EDIFACT: one file for each patient who has any, a message for each report. The laboratory
//! names the patient by NHS number, name and date of birth, so the same practice has to be there from another feed.

mod report;
mod segment;

use std::{fs, io, path::Path};

use crate::{
    Options, Person, Summary,
    dice::{Dice, Purpose},
    life::Life,
    oracle::Oracle,
    practice::Practice,
};

/// Writes the reports of every patient.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let (mut summary, mut oracle) = (Summary::default(), Oracle::create(options.oracle.as_deref())?);
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        let mut dice = Dice::new(options.seed, options.practice.as_str(), number, Purpose::Message);
        let name = format!("{:05}-{}.edi", number + 1, dice.guid().lower());
        let reports = report::reports(&life);
        if !reports.is_empty() {
            fs::write(out.join(&name), report::interchange(&life, &reports, options))?;
            let investigations: usize = reports.iter().map(|report| 1 + report.parts.len()).sum();
            summary.files.push((name, u64::try_from(investigations).unwrap_or_default()));
            oracle.says(reports.iter().flat_map(|report| report::meant(&life, report)))?;
            summary.people.push(Person {
                name: life.who.name(),
                nhs_number: life.who.nhs.clone(),
                key: life.who.id.lower(),
                birth_date: life.who.birth,
                role: life.who.role,
                observations: u32::try_from(investigations).unwrap_or_default(),
                immunisations: 0,
            });
        }
        progress(u64::from(number) + 1);
    }
    oracle.finish()?;
    Ok(summary)
}
