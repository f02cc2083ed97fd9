//! GP Connect bundles, FHIR STU3, as Access Record: Structured answers: one JSON file for each patient, elements as the
//! published profiles name them, marks at every place where one can stand.

mod clinical;
mod person;
mod tree;

use std::{fs, io, path::Path};

use crate::{
    Format, Options, Person, Summary,
    dice::{Dice, Purpose},
    life::Life,
    oracle::Oracle,
    practice::Practice,
};

/// Writes a bundle for each patient. File names say nothing about them.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let (mut summary, mut oracle) = (Summary::default(), Oracle::create(options.oracle.as_deref())?);
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        let mut dice = Dice::new(options.seed, options.practice.as_str(), number, Purpose::Message);
        let name = format!("{:05}-{}.json", number + 1, dice.guid().lower());
        let mut resources = person::resources(&life, &practice);
        resources.extend(clinical::resources(&life, &practice));
        let count = u64::try_from(resources.len()).unwrap_or_default();
        fs::write(out.join(&name), tree::bundle(options, resources))?;
        summary.files.push((name, count));
        let key = format!("gpc:{}", life.who.nhs);
        oracle.says(clinical::meant(&life, &key))?;
        let (observations, immunisations) = life.counts(clinical::is_served);
        summary.people.push(Person {
            name: life.who.name(),
            nhs_number: life.who.nhs.clone(),
            key,
            birth_date: life.who.birth,
            role: life.who.role.in_format(Format::GpConnectStu3),
            observations,
            immunisations,
        });
        progress(u64::from(number) + 1);
    }
    oracle.finish()?;
    Ok(summary)
}
