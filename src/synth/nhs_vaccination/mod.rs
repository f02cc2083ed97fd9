//! NHS vaccination batches, version 5: three files of one practice's patients, as a vaccination centre would send them:
//! what is new, what is corrected, what is deleted. Only this folder knows the names of the columns.

mod columns;

use std::{fs, io, path::Path};

use jiff::civil::Date;
use record::Effective;

use crate::{
    Format, Options, Person, Role, Summary,
    day::plus,
    life::{Life, Marks, Statement, Vaccination, meaning},
    oracle::{Meant, Oracle},
    person::Identity,
    practice::Practice,
};
use columns::COLUMNS;

/// One vaccination in so many of a patient is corrected later, and one in so many deleted.
const CORRECTED: usize = 5;
const DELETED: usize = 7;

/// Writes the batches.
pub fn write(options: &Options, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Summary> {
    let practice = Practice::new(options);
    let mut files = [String::new(), String::new(), String::new()];
    let mut summary = Summary::default();
    let mut rows = [0; 3];
    let mut oracle = Oracle::create(options.oracle.as_deref())?;
    for number in 0..options.patients {
        let life = Life::new(options, &practice, number);
        let person = vaccinations(&life, options, &mut files, &mut rows);
        summary.people.push(person);
        oracle.says(meant(&life, options))?;
        progress(u64::from(number) + 1);
    }
    for (at, (text, rows)) in files.iter().zip(rows).enumerate() {
        let made = plus(options.today, i64::try_from(at).unwrap_or_default());
        let name = format!("COVID_Vaccinations_v5_X26_{}T06000000.csv", made.strftime("%Y%m%d"));
        let text = format!("{}\n{text}", COLUMNS.join("|"));
        // The corrections come in Windows-1252, as some senders' do.
        let bytes = if at == 1 { western(&text) } else { text.into_bytes() };
        fs::write(out.join(&name), bytes)?;
        summary.files.push((name, rows));
    }
    oracle.finish()?;
    Ok(summary)
}

/// Whose rows find their patient: who has a number, in the practice's own feed too.
fn is_known(life: &Life) -> bool {
    !matches!(life.who.role, Role::NoNhsNumber | Role::PlaceholderNhsNumber)
}

/// Whether a row has a date of birth that is not its patient's: it must wait.
fn is_strange(life: &Life, options: &Options, number: usize) -> bool {
    options.edge_cases && life.who.role == Role::FeedOddities && number == 0
}

/// What the batches mean once all three were read. A centre sends no marks.
fn meant(life: &Life, options: &Options) -> Vec<Meant> {
    let (none, patient) = (Marks::default(), life.who.id.lower());
    let one = |(number, (statement, _)): (usize, (&Statement, &Vaccination))| {
        let meant = meaning::meant(life, &none, &patient, 0, statement);
        let kind =
            match (is_known(life) && !is_strange(life, options, number), number % DELETED == DELETED - 1) {
                (false, _) => "waits",
                (true, true) => "not-served",
                (true, false) => "immunization",
            };
        let entry = format!("nhs-vaccination:{URI}#{}", meant.entry);
        let at = statement.day.at(11, 0, 0, 0);
        let date = Effective::local(at).map(|at| at.to_string()).unwrap_or_default();
        Meant { entry, kind, date, ..meant }
    };
    given(life).enumerate().map(one).collect()
}

/// Writes a patient's rows. What the summary counts is what they ought to see once all three files were read.
fn vaccinations(life: &Life, options: &Options, files: &mut [String; 3], rows: &mut [u64; 3]) -> Person {
    let [new, corrected, deleted] = files;
    let [new_rows, corrected_rows, deleted_rows] = rows;
    let mut seen = 0;
    for (number, (statement, details)) in given(life).enumerate() {
        let row = Row { who: &life.who, statement, details };
        let strange = is_strange(life, options, number);
        let born = if strange { plus(life.who.birth, 1) } else { life.who.birth };
        *new += &row.text("NEW", born, &details.batch, details.manufacturer);
        *new_rows += 1;
        if number % CORRECTED == CORRECTED - 1 {
            *corrected += &row.text("Update", born, &format!("{}X9", details.batch), "Laboratoires Séréna");
            *corrected_rows += 1;
        }
        if number % DELETED == DELETED - 1 {
            *deleted += &row.deletion(born);
            *deleted_rows += 1;
        } else if is_known(life) && !strange {
            seen += 1;
        }
    }
    Person {
        name: life.who.name(),
        nhs_number: life.who.nhs.clone(),
        key: life.who.id.lower(),
        birth_date: life.who.birth,
        role: life.who.role.in_format(Format::NhsVaccinationCsv),
        observations: 0,
        immunisations: seen,
    }
}

/// What was given, with what is known of it.
fn given(life: &Life) -> impl Iterator<Item = (&Statement, &Vaccination)> {
    let given = life.statements.iter().filter(|statement| statement.code.is_immunisation());
    given.filter_map(|statement| Some((statement, statement.vaccination.as_ref()?)))
}

struct Row<'a> {
    who: &'a Identity,
    statement: &'a Statement,
    details: &'a Vaccination,
}

impl Row<'_> {
    fn text(&self, action: &str, born: Date, batch: &str, maker: &str) -> String {
        let (site, site_term) = match self.details.site {
            site if site.starts_with("Left") => ("368208006", "Left upper arm structure"),
            "" => ("", ""),
            _ => ("368209003", "Right upper arm structure"),
        };
        let day = |day: Date| day.strftime("%Y%m%d").to_string();
        line(|column| match column {
            "NHS_NUMBER" => self.who.nhs.clone(),
            "PERSON_FORENAME" => self.who.given.to_uppercase(),
            "PERSON_SURNAME" => self.who.surname.to_uppercase(),
            "PERSON_DOB" => day(born),
            "PERSON_GENDER_CODE" => "0".to_owned(),
            "PERSON_POSTCODE" => self.who.address.last().cloned().unwrap_or_default(),
            "DATE_AND_TIME" => format!("{}T110000", day(self.statement.day)),
            "UNIQUE_ID" => self.statement.id.lower(),
            "UNIQUE_ID_URI" => URI.to_owned(),
            "ACTION_FLAG" => action.to_owned(),
            "RECORDED_DATE" => day(self.statement.entered.day),
            "PRIMARY_SOURCE" => "TRUE".to_owned(),
            "VACCINATION_PROCEDURE_CODE" => self.statement.code.snomed.clone(),
            "VACCINATION_PROCEDURE_TERM" => self.statement.code.term.clone(),
            "DOSE_SEQUENCE" => "1".to_owned(),
            "VACCINE_MANUFACTURER" => maker.to_owned(),
            "BATCH_NUMBER" => batch.to_owned(),
            "EXPIRY_DATE" => day(self.details.expires),
            "SITE_OF_VACCINATION_CODE" => site.to_owned(),
            "SITE_OF_VACCINATION_TERM" => site_term.to_owned(),
            "ROUTE_OF_VACCINATION_CODE" => "78421000".to_owned(),
            "ROUTE_OF_VACCINATION_TERM" => "Intramuscular route".to_owned(),
            "DOSE_AMOUNT" => "0.5".to_owned(),
            "DOSE_UNIT_TERM" => "Milliliter (qualifier value)".to_owned(),
            "SITE_CODE" => "X26".to_owned(),
            "SITE_CODE_TYPE_URI" | "LOCATION_CODE_TYPE_URI" => {
                "https://fhir.nhs.uk/Id/ods-organization-code".to_owned()
            }
            "LOCATION_CODE" => "X99999".to_owned(),
            _ => String::new(),
        })
    }

    /// A deletion names the row and the patient, and says nothing.
    fn deletion(&self, born: Date) -> String {
        line(|column| match column {
            "NHS_NUMBER" => self.who.nhs.clone(),
            "PERSON_DOB" => born.strftime("%Y%m%d").to_string(),
            "UNIQUE_ID" => self.statement.id.lower(),
            "UNIQUE_ID_URI" => URI.to_owned(),
            "ACTION_FLAG" => "DELETE".to_owned(),
            _ => String::new(),
        })
    }
}

/// Whose keys the rows' are.
const URI: &str = "https://vaccinations.example/";

fn line(value: impl Fn(&str) -> String) -> String {
    let cell = |column: &&str| format!("\"{}\"", value(column).replace('"', "\"\""));
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join("|") + "\n"
}

/// Windows-1252, of which nothing here leaves the part that is also Latin-1.
fn western(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
