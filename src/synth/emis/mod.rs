//! EMIS Web bulk extract, CSV: one file for each table, named and quoted as the supplier does. Only this folder knows
//! the names of its tables and columns.

mod columns;
mod file;
mod meant;
mod rows;

use std::{io, path::Path};

pub use columns::Columns;

use crate::{
    Options, Person, Role, Summary, codes,
    life::{Life, Oddity},
    oracle::Oracle,
    person::Identity,
    practice::Practice,
};
use columns::TABLES;
use file::File;
use rows::Rows;

/// The files of a batch that have rows.
struct Batch {
    patient: File,
    consultation: File,
    observation: File,
    problem: File,
}

/// Writes the whole batch.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let open = |table: &str| File::create(table, options, &practice, out);
    let rows = Rows::new(options, &practice);
    let mut files = Vec::new();
    for table in TABLES.iter().filter(|table| !table.columns(options.columns).is_empty()) {
        let Some(fixed) = rows.fixed(table.name) else { continue };
        let mut file = open(table.name)?;
        fixed.iter().try_for_each(|row| file.row(row))?;
        files.push(file.finish()?);
    }
    let mut batch = Batch {
        patient: open("Admin_Patient")?,
        consultation: open("CareRecord_Consultation")?,
        observation: open("CareRecord_Observation")?,
        problem: open("CareRecord_Problem")?,
    };
    let mut people = Vec::new();
    let mut oracle = Oracle::create(options.oracle.as_deref())?;
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        rows.life(&life, &mut batch)?;
        oracle.says(meant::of(&life))?;
        people.push(person(&life));
        progress(u64::from(number) + 1);
    }
    for file in [batch.patient, batch.consultation, batch.observation, batch.problem] {
        files.push(file.finish()?);
    }
    oracle.finish()?;
    files.sort();
    Ok(Summary { files, people })
}

fn person(life: &Life) -> Person {
    let (observations, immunisations) = life.counts(|s| s.oddity != Some(Oddity::ProblemWithoutStatement));
    Person {
        name: life.who.name(),
        nhs_number: nhs_number(&life.who).to_owned(),
        key: life.who.id.lower(),
        birth_date: life.who.birth,
        role: life.who.role,
        observations,
        immunisations,
    }
}

/// The NHS number as the practice has it.
fn nhs_number(who: &Identity) -> &str {
    match who.role {
        Role::NoNhsNumber => "",
        Role::PlaceholderNhsNumber => "0000000000",
        _ => &who.nhs,
    }
}

/// The code list of the batch.
fn code_list() -> &'static [codes::Code] {
    codes::all()
}
