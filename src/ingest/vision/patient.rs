//! Patient: who patients are, and whether they may be served at all. `ETHNIC` is only a shortened term of a journal row
//! and is not read.

use jiff::civil::Date;
use record::{
    Address, Content, Demographics, EntryId, Fact, ForRedaction, FreeText, Gender, IssueCode, Mark,
    PersonName, Registration,
};

use super::{
    Vision,
    row::{Body, Row},
    staff,
};
use crate::delimited::{Column, Table, Unusable, columns};

columns! {
    /// Patients. The test pack has no telephones and no e-mail.
    Patients = "patient";
    required {
        id: "PID", born: "DATE_OF_BIRTH", sex: "SEX", postcode: "POSTCODE", usual_gp: "GP_USUAL", active: "ACTIVE",
        registered: "REGISTERED_DATE", removed: "REMOVED_DATE", died: "DATE_OF_DEATH", surname: "SURNAME", forename:
        "FORENAME", title: "TITLE", nhs_number: "NHS_NUMBER", house: "ADDRESS_1", street: "ADDRESS_2", village:
        "ADDRESS_3", town: "ADDRESS_4", county: "ADDRESS_5", action: "ACTION",
    }
    optional { home_phone: "PHONE_NUMBER", mobile_phone: "MOBILE_NUMBER", email: "EMAIL", }
    unused {}
}

impl Table<Vision> for Patients {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let patient = row.patient(self.id)?;
        let id = EntryId::new("patient")
            .ok_or_else(|| row.error(IssueCode::KeyInvalid, self.id).detail("it is none"))?;
        row.entry(patient, id, self.action, |row, doubts| Ok(self.body(row, doubts)))
    }
}

impl Patients {
    /// Never fails: a patient who was rejected would be served as they were before.
    fn body(&self, row: &mut Row<'_>, doubts: &mut Vec<Mark>) -> Body {
        let demographics = Demographics {
            nhs_number: row.nhs_number(self.nhs_number),
            name: self.name(row),
            gender: self.gender(row),
            birth_date: deciding_date(row, self.born, doubts),
            death_date: deciding_date(row, self.died, doubts),
            address: self.address(row),
            home_phone: FreeText::new(row.text(self.home_phone)),
            mobile_phone: FreeText::new(row.text(self.mobile_phone)),
            email: FreeText::new(row.text(self.email)),
            usual_gp: staff::member(row.text(self.usual_gp)),
            registration: registration(row.text(self.active)),
            registered_on: row.date(self.registered).unwrap_or_else(|_| {
                row.warn(IssueCode::DateInvalid, self.registered, "the patient is kept without it");
                None
            }),
            deducted_on: deciding_date(row, self.removed, doubts),
            dummy: row.text(self.surname).to_ascii_uppercase().starts_with("XXTEST"),
            for_redaction: ForRedaction::default(),
        };
        Body { content: Some(Content::Patient(Box::new(demographics))), ..Body::default() }
    }

    fn name(&self, row: &Row<'_>) -> Option<PersonName> {
        let given: Vec<String> = row.text(self.forename).split_whitespace().map(str::to_owned).collect();
        let name = PersonName { prefix: row.some(self.title), given, family: row.some(self.surname) };
        (name.family.is_some() || !name.given.is_empty()).then_some(name)
    }

    fn gender(&self, row: &mut Row<'_>) -> Gender {
        match row.text(self.sex).to_ascii_uppercase().as_str() {
            "M" => Gender::Male,
            "F" => Gender::Female,
            "I" => Gender::Other,
            "" | "U" => Gender::Unknown,
            _ => {
                row.warn(IssueCode::PartIgnored, self.sex, "it is none of M, F, U, I");
                Gender::Unknown
            }
        }
    }

    /// House, street, village; town; county. `ADDRESS` repeats them in one field.
    fn address(&self, row: &Row<'_>) -> Option<Address> {
        let lines: Vec<String> =
            [self.house, self.street, self.village].into_iter().filter_map(|part| row.some(part)).collect();
        let address = Address {
            lines,
            city: row.some(self.town),
            district: row.some(self.county),
            postcode: row.some(self.postcode),
            temporary: row.text(self.active).eq_ignore_ascii_case("T"),
        };
        let rest = [&address.city, &address.district, &address.postcode];
        (!address.lines.is_empty() || rest.iter().any(|part| part.is_some())).then_some(address)
    }
}

/// A date on which it depends whether, or to whom, the patient is served: where it cannot be read, to nobody.
fn deciding_date(row: &mut Row<'_>, column: Column, doubts: &mut Vec<Mark>) -> Option<Date> {
    row.date(column).unwrap_or_else(|_| {
        row.warn(IssueCode::DateInvalid, column, "the patient is withheld until the date can be read");
        doubts.push(Mark::Unrecognised);
        None
    })
}

/// What kind of patient, by the one letter of `ACTIVE`. Only `R` is a regular one, whatever letters there will be.
fn registration(active: &str) -> Registration {
    match active.to_ascii_uppercase().as_str() {
        "" => Registration::Unknown,
        "R" => Registration::Regular,
        "T" => Registration::Other("Temporary".to_owned()),
        "P" => Registration::Other("Private".to_owned()),
        "S" => Registration::Other("Other services".to_owned()),
        "D" => Registration::Other("Deceased".to_owned()),
        "L" => Registration::Other("Left".to_owned()),
        _ => Registration::Other("Unknown letter".to_owned()),
    }
}
