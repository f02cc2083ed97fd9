//! Patient: who patients are, and whether they may be served at all. `ETHNIC` is only a shortened term of a journal row
//! and is not read.

use jiff::civil::Date;
use record::{
    Address, Content, Demographics, EntryId, Fact, FreeText, Gender, Issue, IssueCode, Mark, NhsNumber,
    PersonName, Registration,
};

use super::{
    layout::Layout,
    row::{Body, Row},
    staff,
};
use crate::delimited::Column;

/// The columns that are read.
#[derive(Clone, Copy)]
pub(super) struct Patients {
    id: Column,
    born: Column,
    sex: Column,
    postcode: Column,
    usual_gp: Column,
    active: Column,
    registered: Column,
    removed: Column,
    died: Column,
    surname: Column,
    forename: Column,
    title: Column,
    nhs_number: Column,
    address: [Column; 5],
    home_phone: Column,
    mobile_phone: Column,
    email: Column,
    action: Column,
}

impl Patients {
    pub(super) fn bind(layout: Layout) -> Self {
        let at = |name| layout.column(name);
        Self {
            id: at("PID"),
            born: at("DATE_OF_BIRTH"),
            sex: at("SEX"),
            postcode: at("POSTCODE"),
            usual_gp: at("GP_USUAL"),
            active: at("ACTIVE"),
            registered: at("REGISTERED_DATE"),
            removed: at("REMOVED_DATE"),
            died: at("DATE_OF_DEATH"),
            surname: at("SURNAME"),
            forename: at("FORENAME"),
            title: at("TITLE"),
            nhs_number: at("NHS_NUMBER"),
            address: ["ADDRESS_1", "ADDRESS_2", "ADDRESS_3", "ADDRESS_4", "ADDRESS_5"].map(at),
            home_phone: at("PHONE_NUMBER"),
            mobile_phone: at("MOBILE_NUMBER"),
            email: at("EMAIL"),
            action: at("ACTION"),
        }
    }

    pub(super) fn fact(&self, row: &mut Row<'_>) -> Result<Fact, Issue> {
        let patient = row.patient(self.id)?;
        let id =
            EntryId::new("patient").ok_or_else(|| row.error(IssueCode::KeyInvalid, self.id, "it is none"))?;
        let columns = *self;
        row.entry(patient, id, self.action, |row| Ok(columns.body(row)))
    }

    /// Never fails: a patient who was rejected would be served as they were before.
    fn body(&self, row: &mut Row<'_>) -> Body {
        let mut doubts = Vec::new();
        let demographics = Demographics {
            nhs_number: self.nhs_number(row),
            name: self.name(row),
            gender: self.gender(row),
            birth_date: deciding_date(row, self.born, &mut doubts),
            death_date: deciding_date(row, self.died, &mut doubts),
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
            deducted_on: deciding_date(row, self.removed, &mut doubts),
            dummy: row.text(self.surname).to_ascii_uppercase().starts_with("XXTEST"),
        };
        Body { content: Some(Content::Patient(Box::new(demographics))), doubts, ..Body::default() }
    }

    fn nhs_number(&self, row: &mut Row<'_>) -> Option<NhsNumber> {
        let text = row.text(self.nhs_number);
        if matches!(text, "" | "0000000000" | "9999999999") {
            return None;
        }
        let number = text.parse::<NhsNumber>();
        if let Err(error) = number {
            row.warn(IssueCode::NhsNumberInvalid, self.nhs_number, &error.to_string());
        }
        number.ok()
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
        let [house, street, village, town, county] = self.address;
        let lines: Vec<String> =
            [house, street, village].into_iter().filter_map(|part| row.some(part)).collect();
        let address = Address {
            lines,
            city: row.some(town),
            district: row.some(county),
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
