//! Vision extract, CSV without headers: the live columns, named as the supplier does. Only this folder knows the order of
//! its columns.

mod edges;
mod journal;
mod table;

use std::{io, path::Path};

use jiff::civil::Date;

use crate::{
    Format, Options, Person, Role, Summary,
    life::Life,
    oracle::Oracle,
    person::{Identity, Sex},
    practice::Practice,
};
use table::{File, JOURNAL, Row};

/// The files of a batch that have rows of patients.
struct Batch {
    patient: File,
    encounter: File,
    journal: File,
}

/// Writes the whole extract.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let mut summary = Summary::default();
    let mut oracle = Oracle::create(options.oracle.as_deref())?;
    let mut own = File::create("practice", &table::PRACTICE, options, out)?;
    own.row(&[("ID", "1"), ("NAME", &practice.name), ("IDENTIFIER", &practice.ods)])?;
    let mut staff = File::create("staff", &table::STAFF, options, out)?;
    for (number, member) in practice.staff.iter().enumerate() {
        let id = (number + 1).to_string();
        staff.row(&[
            ("ID", &id),
            ("HCP_TYPE", member.job_name),
            ("SURNAME", member.surname),
            ("FORENAME", member.given),
            ("TITLE", member.title),
        ])?;
    }
    let mut batch = Batch {
        patient: File::create("patient", &table::PATIENT, options, out)?,
        encounter: File::create("encounter", &table::ENCOUNTER, options, out)?,
        journal: File::create("journal", &JOURNAL, options, out)?,
    };
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        summary.people.push(record(&life, &mut batch)?);
        oracle.says(journal::meant(&life))?;
        progress(u64::from(number) + 1);
    }
    for file in [own, staff, batch.patient, batch.encounter, batch.journal] {
        summary.files.push(file.finish()?);
    }
    oracle.finish()?;
    summary.files.sort();
    Ok(summary)
}

/// Writes everything of one patient.
fn record(life: &Life, batch: &mut Batch) -> io::Result<Person> {
    let pid = (life.who.number + 1).to_string();
    patient(&life.who, &pid, &mut batch.patient)?;
    for (number, consultation) in life.consultations.iter().enumerate() {
        let id = number.to_string();
        batch.encounter.row(&[
            ("PID", &pid),
            ("ID", &id),
            ("DATE", &day(consultation.at.day)),
            ("HCP", &hcp(consultation.clinician)),
            ("TIME", &consultation.at.hour_and_minute()),
            ("ACTION", "A"),
        ])?;
    }
    let (observations, immunisations) = journal::write(life, &pid, &mut batch.journal)?;
    if life.who.role == Role::FeedOddities {
        edges::write(&pid, &mut batch.journal)?;
    }
    Ok(Person {
        name: life.who.name(),
        nhs_number: nhs_number(&life.who).to_owned(),
        key: pid,
        birth_date: life.who.birth,
        role: life.who.role.in_format(Format::VisionCsv),
        observations,
        immunisations,
    })
}

fn patient(who: &Identity, pid: &str, file: &mut File) -> io::Result<()> {
    let active = match who.role {
        Role::Temporary => "T",
        Role::Deceased => "D",
        Role::Deducted => "L",
        _ => "R",
    };
    let sex = match who.sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Unknown => "U",
        Sex::Indeterminate => "I",
    };
    let [house, street, village, town, county, postcode] = &who.address;
    let given = format!("{} {}", who.given, who.middle);
    let (born, registered) = (day(who.birth), day(who.registered));
    let (died, removed) = (who.death.map(day).unwrap_or_default(), who.deducted.map(day).unwrap_or_default());
    let row: &Row<'_> = &[
        ("PID", pid),
        ("REFERENCE", pid),
        ("DATE_OF_BIRTH", &born),
        ("SEX", sex),
        ("POSTCODE", postcode),
        ("GP_USUAL", &(who.usual_gp + 1).to_string()),
        ("ACTIVE", active),
        ("REGISTERED_DATE", &registered),
        ("REMOVED_DATE", &removed),
        ("DATE_OF_DEATH", &died),
        ("SURNAME", who.surname),
        ("FORENAME", given.trim()),
        ("TITLE", who.title),
        ("NHS_NUMBER", nhs_number(who)),
        ("ADDRESS", &who.address.join("|")),
        ("ADDRESS_1", house),
        ("ADDRESS_2", street),
        ("ADDRESS_3", village),
        ("ADDRESS_4", town),
        ("ADDRESS_5", county),
        ("PHONE_NUMBER", &who.home_phone),
        ("MOBILE_NUMBER", &who.mobile),
        ("EMAIL", &who.email),
        ("SERVICE_ID", "1"),
        ("ACTION", "A"),
    ];
    file.row(row)
}

/// The NHS number as the practice has it.
fn nhs_number(who: &Identity) -> &str {
    match who.role {
        Role::NoNhsNumber => "",
        Role::PlaceholderNhsNumber => "0000000000",
        _ => &who.nhs,
    }
}

fn day(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A member of staff as rows name them.
fn hcp(number: usize) -> String {
    format!(":STAFF:{}", number + 1)
}
