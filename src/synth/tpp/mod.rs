//! TPP SystmOne Strategic Reporting extract, CSV: one file for each table, and the manifest last. Only this folder knows the
//! names of its tables and columns.

mod columns;
mod edges;
mod file;
mod oracle;
mod practice;
mod record;

use std::{io, path::Path};

use crate::{Options, Person, Summary, life::Life, practice::Practice};
use columns::Table;
use file::File;
use oracle::Oracle;

/// Numbers from which the rows of tables count, so that equal numbers occur in several tables.
const FIRST: u64 = 1001;

/// The files of a delivery that have rows for patients.
pub struct Delivery<'a> {
    options: &'a Options,
    ods: &'a str,
    patient: File,
    registration: File,
    address: File,
    contact: File,
    relationship: File,
    event: File,
    code: File,
    immunisation: File,
    consent: File,
    services: File,
    users: File,
    notes: File,
    at_risk: File,
    oracle: Oracle,
}

/// Writes the whole delivery.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let mut files = practice::write(options, &practice, out)?;
    let open = |table: Table| File::create(table, FIRST, out);
    let mut delivery = Delivery {
        options,
        ods: options.practice.as_str(),
        patient: open(columns::PATIENT)?,
        registration: open(columns::REGISTRATION)?,
        address: open(columns::ADDRESS)?,
        contact: open(columns::CONTACT)?,
        relationship: open(columns::RELATIONSHIP)?,
        event: open(columns::EVENT)?,
        code: open(columns::CODE)?,
        immunisation: open(columns::IMMUNISATION)?,
        consent: open(columns::CONSENT)?,
        services: open(columns::SERVICES)?,
        users: open(columns::USERS)?,
        notes: open(columns::NOTES)?,
        at_risk: open(columns::AT_RISK)?,
        oracle: Oracle::create(options.oracle.as_deref())?,
    };
    let mut people = Vec::new();
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        people.push(delivery.life(&life)?);
        progress(u64::from(number) + 1);
    }
    files.extend(delivery.finish()?);
    files.push(practice::manifest(options, &files, out)?);
    files.sort();
    Ok(Summary { files, people })
}

impl Delivery<'_> {
    fn life(&mut self, life: &Life) -> io::Result<Person> {
        let patient = self.person(life)?;
        self.statements(life, patient)?;
        edges::write(self, life, patient)?;
        let (observations, immunisations) = life.counts(|_| true);
        Ok(Person {
            name: life.who.name(),
            nhs_number: record::nhs_number(&life.who).to_owned(),
            key: patient.to_string(),
            birth_date: life.who.birth,
            role: life.who.role,
            observations,
            immunisations,
        })
    }

    fn finish(self) -> io::Result<Vec<(String, u64)>> {
        self.oracle.finish()?;
        let files = [
            self.patient,
            self.registration,
            self.address,
            self.contact,
            self.relationship,
            self.event,
            self.code,
            self.immunisation,
            self.consent,
            self.services,
            self.users,
            self.notes,
            self.at_risk,
        ];
        files.into_iter().map(File::finish).collect()
    }
}
