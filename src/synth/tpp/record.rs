//! The rows of a patient: who they are, their events, codes and vaccinations.

use std::{collections::BTreeMap, io};

use jiff::civil::Date;

use super::{
    Delivery,
    file::{Field, writable},
    oracle::Meant,
    practice::{
        BRANDS, FIRST_DOSE, FIRST_OF_STAFF, HOME_ADDRESS, HOME_PHONE, INTRAMUSCULAR, LEFT_ARM, MOBILE,
    },
};
use crate::{
    Role,
    codes::Code,
    day::{Moment, Precision},
    life::{Life, Oddity, Statement},
    person::{Identity, Sex},
};

/// An event that no delivery has.
const NOWHERE: &str = "999999999";
/// Codes that hold other people's data, and such as are about other people.
const IDENTIFYING: [&str; 2] = ["184142008", "408400006"];
const ABOUT_OTHERS: [&str; 2] = ["161077003", "161078008"];

/// `01 Nov 2026`.
pub fn day(value: Option<Date>) -> String {
    value.map_or(String::new(), |day| day.strftime("%d %b %Y").to_string())
}

/// `01 Nov 2026 09:12:00`.
pub fn moment(value: Moment) -> String {
    format!("{} {}", day(Some(value.day)), value.time())
}

/// `TRUE` or `FALSE`.
pub fn flag(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// The NHS number as the practice has it.
pub fn nhs_number(who: &Identity) -> &str {
    match who.role {
        Role::NoNhsNumber => "",
        Role::PlaceholderNhsNumber => "0000000000",
        _ => &who.nhs,
    }
}

/// A code's five characters in CTV3: those that it took over from Read, or one of the system's own.
fn ctv3(code: &Code) -> String {
    let read: String = code.read.chars().take(5).collect();
    if read.is_empty() {
        let own = code.id.bytes().fold(7u32, |sum, byte| (sum * 31 + u32::from(byte)) % 10_000);
        return format!("Y{own:04}");
    }
    format!("{read:.<5}")
}

/// When a statement was true, as the table writes it and as it is meant.
fn when(statement: &Statement) -> (String, String) {
    let timed = statement.day == statement.entered.day && statement.entered.minute > 0;
    let first = |month: i8| Date::new(statement.day.year(), month, 1).ok();
    let known = match statement.precision {
        Precision::Unknown => return (String::new(), String::new()),
        Precision::Year => first(1),
        Precision::Month => first(statement.day.month()),
        Precision::Day | Precision::Time if timed => {
            let at = moment(statement.entered);
            return (at, format!("{}T{}", statement.day, &statement.entered.time()[..5]));
        }
        Precision::Day | Precision::Time => Some(statement.day),
    };
    let meant = known.map(|day| day.to_string()).unwrap_or_default();
    (format!("{} 00:00:00", day(known)), meant)
}

impl Delivery<'_> {
    /// Columns that name the practice, and the patient.
    pub fn owned(&self, patient: u64) -> Vec<Field> {
        vec![
            ("IDOrganisationVisibleTo", self.ods.to_owned()),
            ("IDOrganisation", self.ods.to_owned()),
            ("IDOrganisationRegisteredAt", self.ods.to_owned()),
            ("IDPatient", patient.to_string()),
        ]
    }

    /// Who the patient is; gives their number.
    pub fn person(&mut self, life: &Life) -> io::Result<u64> {
        let who = &life.who;
        let gender = match who.sex {
            Sex::Female => "f",
            Sex::Male => "m",
            Sex::Unknown => "u",
            Sex::Indeterminate => "i",
        };
        let patient = self.patient.row(&[
            ("RowIdentifier", (100_001 + u64::from(who.number)).to_string()),
            ("IDOrganisationVisibleTo", self.ods.to_owned()),
            ("Title", who.title.to_owned()),
            ("FirstName", who.given.to_owned()),
            ("MiddleNames", who.middle.clone()),
            ("Surname", who.surname.to_owned()),
            ("NHSNumber", nhs_number(who).to_owned()),
            ("DateBirth", format!("{} 00:00", day(Some(who.birth)))),
            ("DateDeath", day(who.death)),
            ("Gender", gender.to_owned()),
            ("EmailAddress", who.email.clone()),
            ("TestPatient", flag(who.role == Role::Dummy)),
            ("SpineMatched", flag(who.number % 7 != 3)),
        ])?;
        self.registered(who, patient)?;
        self.reached(who, patient)?;
        let becomes = match who.role {
            Role::Dummy => "dummy-patient",
            Role::Temporary => "not-regular",
            Role::Deceased => "deceased",
            Role::Deducted => "deducted",
            _ => "served",
        };
        let (entry, birth) = ("patient", who.birth.to_string());
        let code = nhs_number(who).trim_start_matches("0000000000");
        let value = &writable(who.surname);
        self.oracle.says(&Meant { patient, entry, becomes, code, value, date: &birth })?;
        Ok(patient)
    }

    fn registered(&mut self, who: &Identity, patient: u64) -> io::Result<()> {
        let status = match who.role {
            Role::Temporary => "Temporary",
            _ if who.number % 5 == 1 => "GMS,Contraception",
            _ => "GMS",
        };
        let mut row = self.owned(patient);
        row.extend([
            ("DateEventRecorded", day(Some(who.registered))),
            ("DateRegistration", day(Some(who.registered))),
            ("DateDeRegistration", day(who.deducted)),
            ("RegistrationStatus", status.to_owned()),
        ]);
        self.registration.row(&row).map(|_| ())
    }

    fn reached(&mut self, who: &Identity, patient: u64) -> io::Result<()> {
        let [house, street, village, town, county, postcode] = &who.address;
        let (number, road) = street.split_once(' ').unwrap_or(("", street));
        let since = day(Some(who.registered));
        let mut row = self.owned(patient);
        row.extend([
            ("DateEventRecorded", since.clone()),
            ("DateEvent", since.clone()),
            ("NameOfBuilding", house.clone()),
            ("NumberOfBuilding", number.to_owned()),
            ("NameOfRoad", road.to_owned()),
            ("NameOfLocality", village.clone()),
            ("NameOfTown", town.clone()),
            ("NameOfCounty", county.clone()),
            ("FullPostCode", postcode.clone()),
            ("AddressType", HOME_ADDRESS.to_string()),
        ]);
        self.address.row(&row)?;
        for (kind, number) in [(HOME_PHONE, &who.home_phone), (MOBILE, &who.mobile)] {
            if !number.is_empty() {
                let mut row = self.owned(patient);
                row.extend([
                    ("DateEventRecorded", since.clone()),
                    ("DateEvent", since.clone()),
                    ("ContactType", kind.to_string()),
                    ("ContactNumber", number.clone()),
                ]);
                self.contact.row(&row)?;
            }
        }
        Ok(())
    }

    /// Everything clinical.
    pub fn statements(&mut self, life: &Life, patient: u64) -> io::Result<()> {
        let mut events = Vec::new();
        for consultation in &life.consultations {
            let mut row = self.owned(patient);
            row.extend([
                ("DateEventRecorded", moment(consultation.at)),
                ("DateEvent", moment(consultation.at)),
                ("IDDoneBy", staff(consultation.clinician)),
                ("EventIncomplete", flag(false)),
                ("ClinicalEvent", flag(true)),
            ]);
            events.push(self.event.row(&row)?);
        }
        let mut written: Vec<Coded> = Vec::new();
        for (at, statement) in life.statements.iter().enumerate() {
            let event = match (statement.oddity, statement.consultation) {
                (Some(Oddity::UnknownConsultation), _) => NOWHERE.to_owned(),
                (_, Some(number)) => events.get(number).map(u64::to_string).unwrap_or_default(),
                (_, None) => "-1".to_owned(),
            };
            match kind(life, at) {
                Kind::Left => {}
                Kind::Vaccination => self.vaccination(statement, patient, &event)?,
                Kind::Code => written.push(self.coded(statement, patient, event)?),
            }
        }
        self.meant(patient, &written)
    }

    /// Columns that every clinical row has.
    pub fn clinical(&self, statement: &Statement, patient: u64, event: &str) -> Vec<Field> {
        let mut row = self.owned(patient);
        row.extend([
            ("DateEventRecorded", moment(statement.entered)),
            ("DateEvent", when(statement).0),
            ("IDDoneBy", staff(statement.clinician)),
            ("IDProfileEnteredBy", staff(statement.clinician)),
            ("IDEvent", event.to_owned()),
        ]);
        row
    }

    fn coded<'s>(&mut self, statement: &'s Statement, patient: u64, event: String) -> io::Result<Coded<'s>> {
        let is_numeric = statement.value.is_some();
        let mut row = self.clinical(statement, patient, &event);
        row.extend([
            ("CTV3Code", ctv3(statement.code)),
            ("CTV3Text", statement.code.term.clone()),
            ("SNOMEDCode", statement.code.snomed.clone()),
            ("SNOMEDText", statement.code.term.clone()),
            ("NumericComparator", statement.operator.to_owned()),
            ("IsNumeric", flag(is_numeric)),
            ("NumericValue", statement.value.clone().unwrap_or_else(|| "0.0".to_owned())),
            ("NumericUnit", statement.unit.to_owned()),
        ]);
        Ok(Coded { statement, event, number: self.code.row(&row)? })
    }

    fn vaccination(&mut self, statement: &Statement, patient: u64, event: &str) -> io::Result<()> {
        let mut row = self.clinical(statement, patient, event);
        let brand = BRANDS[statement.clinician % BRANDS.len()].0;
        row.extend([
            ("IDImmunisationContent", brand.to_string()),
            ("ImmsReadCode", ctv3(statement.code)),
            ("ImmsSNOMEDCode", statement.code.snomed.clone()),
            ("Dose", "0.5ml".to_owned()),
            ("VaccPart", FIRST_DOSE.to_string()),
        ]);
        if let Some(told) = &statement.vaccination {
            let site = match told.site {
                "" => "-1".to_owned(),
                site => (LEFT_ARM + u64::from(site.starts_with('R'))).to_string(),
            };
            row.extend([
                ("Location", site),
                ("Method", INTRAMUSCULAR.to_string()),
                ("DateExpiry", day(Some(told.expires))),
                ("VaccBatchNumber", told.batch.clone()),
            ]);
        }
        let number = self.immunisation.row(&row)?;
        let becomes = if event == NOWHERE { "withheld" } else { "Immunization" };
        self.oracle.says(&Meant {
            patient,
            entry: &format!("immunisation/{number}"),
            becomes,
            code: &statement.code.snomed,
            value: "",
            date: &when(statement).1,
        })
    }

    /// What codes are to become. Two readings of one event, minute and clinician are one blood pressure.
    fn meant(&mut self, patient: u64, written: &[Coded]) -> io::Result<()> {
        let mut readings: BTreeMap<_, Vec<&Coded>> = BTreeMap::new();
        for coded in written.iter().filter(|coded| coded.half().is_some()) {
            let at = (coded.event.as_str(), when(coded.statement).1, coded.statement.clinician);
            readings.entry(at).or_default().push(coded);
        }
        let mut whole: BTreeMap<u64, u64> = BTreeMap::new();
        for ((event, at, _), group) in readings {
            if let ([one, other], false) = (group.as_slice(), event == "-1" || at.is_empty()) {
                match (one.half(), other.half()) {
                    (Some((true, here)), Some((false, there))) if here == there => {
                        whole.insert(other.number, one.number);
                    }
                    (Some((false, here)), Some((true, there))) if here == there => {
                        whole.insert(one.number, other.number);
                    }
                    _ => {}
                }
            }
        }
        for coded in written {
            let statement = coded.statement;
            let value = statement.value.as_deref().map(|value| format!("{}{value}", statement.operator));
            let value = value.unwrap_or_default();
            let (entry, date) = (format!("code/{}", coded.number), when(statement).1);
            let part = whole.get(&coded.number).map(|of| format!("code/{of}"));
            let is_whole = whole.values().any(|of| *of == coded.number);
            let becomes = match part {
                _ if ABOUT_OTHERS.contains(&statement.code.snomed.as_str()) => "nothing",
                _ if statement.code.category == "Family history" => "nothing",
                _ if IDENTIFYING.contains(&statement.code.snomed.as_str()) => "withheld",
                _ if coded.event == NOWHERE => "withheld",
                Some(_) => "part",
                None => "Observation",
            };
            let panel = if is_whole { "75367002" } else { &statement.code.snomed };
            let code = part.as_deref().unwrap_or(panel);
            self.oracle.says(&Meant { patient, entry: &entry, becomes, code, value: &value, date: &date })?;
        }
        Ok(())
    }
}

/// A code that was written.
struct Coded<'s> {
    statement: &'s Statement,
    event: String,
    number: u64,
}

impl Coded<'_> {
    /// If it is half of a blood pressure: whether the systolic one, and in which position.
    fn half(&self) -> Option<(bool, &str)> {
        let (half, position) = match self.statement.code.key.split_once('-') {
            Some((half, position)) => (half, position),
            None => (self.statement.code.key.as_str(), ""),
        };
        match half {
            "systolic" => Some((true, position)),
            "diastolic" => Some((false, position)),
            _ => None,
        }
    }
}

enum Kind {
    Code,
    Vaccination,
    /// Another table has it, or the system has no such thing.
    Left,
}

fn kind(life: &Life, at: usize) -> Kind {
    let Some(statement) = life.statements.get(at) else { return Kind::Left };
    let key = statement.code.key.as_str();
    let not_given = ["declined", "contra", "consent"].iter().any(|word| key.contains(word));
    // Headings of blood pressures are EMIS's; SystmOne has the two readings alone.
    let heading =
        matches!(key, "bp" | "bp-sitting") && life.statements.iter().any(|other| other.parent == Some(at));
    match statement.code.category.as_str() {
        "Immunisations" if !not_given => Kind::Vaccination,
        category if category.starts_with("Allergy") || category == "Referral" => Kind::Left,
        _ if heading || statement.oddity == Some(Oddity::ProblemWithoutStatement) => Kind::Left,
        _ => Kind::Code,
    }
}

/// A clinician's number.
pub fn staff(number: usize) -> String {
    (FIRST_OF_STAFF + number as u64).to_string()
}
