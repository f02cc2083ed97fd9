//! `SRPatient`: who patients are. Registrations, addresses and telephones are tables of their own.

use jiff::civil::Date;
use record::{
    Content, Demographics, EntryId, Fact, ForRedaction, FreeText, Gender, IssueCode, Mark, PatientKey,
    PersonName, Registration,
};

use super::{
    Tpp,
    entry::{Body, assemble, removed},
    practice::{Owners, Practice},
    row::Row,
    value::When,
};
use crate::delimited::{Column, Flag, Table, Unusable, columns};

columns! {
    /// Patients.
    Patients = "SRPatient";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", title: "Title", given: "FirstName",
        middle: "MiddleNames", surname: "Surname", nhs_number: "NHSNumber", born: "DateBirth", died: "DateDeath",
        gender: "Gender", email: "EmailAddress", test: "TestPatient",
    }
    optional { removed: "RemovedData", previous_surname: "PreviousSurname", }
    unused { "BirthPlace", "SpeaksEnglish", "SSRef", "SpineMatched", }
}

impl Table<Tpp> for Patients {
    /// Once it is known whose row it is, it is never rejected: a patient who was rejected would be served as they were
    /// before, alive and no test.
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        let key = row.key(self.id, IssueCode::PatientInvalid)?;
        let invalid = || row.error(IssueCode::PatientInvalid, self.id);
        let patient = PatientKey::new(key).ok_or_else(invalid)?;
        let id = EntryId::new("patient").ok_or_else(invalid)?;
        let mut marks = Vec::new();
        if removed(row, self.removed, &mut marks) {
            return Ok(Fact::Entry(patient, Box::new(assemble(id, None, marks, row))));
        }
        practice.check(row, Owners::of(self.visible_to))?;
        let demographics = Box::new(self.demographics(row, &mut marks));
        let body = Body { content: Content::Patient(demographics), links: Vec::new(), recorded: None };
        Ok(Fact::Entry(patient, Box::new(assemble(id, Some(body), marks, row))))
    }
}

impl Patients {
    fn demographics(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Demographics {
        Demographics {
            nhs_number: row.nhs_number(self.nhs_number),
            name: row.name([self.title, self.given, self.middle, self.surname]),
            gender: self.gender(row),
            birth_date: deciding_date(row, self.born, marks),
            death_date: deciding_date(row, self.died, marks),
            address: None,
            home_phone: None,
            mobile_phone: None,
            email: FreeText::new(row.text(self.email)),
            usual_gp: None,
            registration: Registration::Unknown,
            registered_on: None,
            deducted_on: None,
            dummy: self.is_test(row),
            for_redaction: ForRedaction {
                other_names: self.former_name(row).into_iter().collect(),
                related: Vec::new(),
            },
        }
    }

    fn gender(&self, row: &mut Row<'_>) -> Gender {
        match row.text(self.gender).to_ascii_lowercase().as_str() {
            "m" => Gender::Male,
            "f" => Gender::Female,
            "i" => Gender::Other,
            "" | "u" => Gender::Unknown,
            _ => {
                row.warn(IssueCode::PartIgnored, self.gender, "it is none of m, f, i, u");
                Gender::Unknown
            }
        }
    }

    /// The name that the patient had with the surname before this one.
    fn former_name(&self, row: &Row<'_>) -> Option<PersonName> {
        let family = row.some(self.previous_surname)?;
        Some(PersonName {
            prefix: None,
            given: row.some(self.given).into_iter().collect(),
            family: Some(family),
        })
    }

    /// Blank is no. What cannot be read is yes, and so are the names that test patients are given.
    fn is_test(&self, row: &mut Row<'_>) -> bool {
        let flagged = match row.flag(self.test) {
            Flag::True => true,
            Flag::False | Flag::Blank => false,
            Flag::Unknown => {
                row.warn(IssueCode::BooleanInvalid, self.test, "the patient counts as a test patient");
                true
            }
        };
        flagged || row.text(self.surname).to_ascii_uppercase().starts_with("XXTEST")
    }
}

/// A date on which it depends whether, or to whom, the patient is served: where it cannot be read, to nobody.
pub(super) fn deciding_date(row: &mut Row<'_>, column: Column, marks: &mut Vec<Mark>) -> Option<Date> {
    match row.when(column) {
        When::At(day, _) => Some(day),
        When::Nothing => None,
        When::Malformed => {
            row.warn(IssueCode::DateInvalid, column, "the patient is withheld until the date can be read");
            marks.push(Mark::Unrecognised);
            None
        }
    }
}
