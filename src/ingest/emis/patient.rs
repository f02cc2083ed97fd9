//! `Admin_Patient`: who patients are, and whether they may be served at all.
//!
//! Comments on telephone numbers are other people's data and are never kept; a comment only tells us that a number or
//! address may be somebody else's. A carer's name is kept for redaction alone.

use jiff::civil::Date;
use record::{
    Address, Content, Demographics, EntryId, ForRedaction, FreeText, Gender, Issue, IssueCode, Listed, Mark,
    Registration, Related,
};

use super::{
    entry::{Body, EntryTable, Keys, Marker},
    row::Row,
};
use crate::delimited::{Column, Flag, columns};

columns! {
    /// Patients. `ContactComments` came with version 8.
    Patients = "Admin_Patient";
    required {
        guid: "PatientGuid", organisation: "OrganisationGuid", usual_gp: "UsualGpUserInRoleGuid", sex: "Sex",
        born: "DateOfBirth", died: "DateOfDeath", title: "Title", given: "GivenName", middle: "MiddleNames",
        surname: "Surname", registered: "DateOfRegistration", nhs_number: "NhsNumber",
        kind: "PatientTypeDescription", dummy: "DummyType", house: "HouseNameFlatNumber",
        street: "NumberAndStreet", village: "Village", town: "Town", county: "County", postcode: "Postcode",
        deducted: "DateOfDeactivation", deleted: "Deleted", spine_sensitive: "SpineSensitive",
        confidential: "IsConfidential", email: "EmailAddress", home_phone: "HomePhone", mobile_phone: "MobilePhone",
        sequence: "ProcessingId",
    }
    optional { contact_comments: "ContactComments", carer: "CarerName", relation: "CarerRelation", }
    unused {
        "PatientNumber", "ResidentialInstituteCode", "NHSNumberStatus", "PersonGuid", "ExternalUsualGPGuid",
        "ExternalUsualGP", "ExternalUsualGPOrganisation",
        // As the test pack of version 5.0 spells them.
        "ExternalUsusalGPGuid", "ExternalUsusalGP", "ExternalUsusalGPOrganisation",
    }
}

impl EntryTable for Patients {
    const NAMES_PATIENTS: bool = true;

    fn keys(&self) -> Keys {
        Keys {
            patient: self.guid,
            organisation: self.organisation,
            deleted: self.deleted,
            sequence: self.sequence,
        }
    }

    fn id(&self, _: &Row<'_>) -> Result<EntryId, Issue> {
        Ok(EntryId::of_patient())
    }

    fn markers(&self) -> impl IntoIterator<Item = Marker> {
        [self.spine_sensitive, self.confidential]
            .map(|column| Marker { column, mark: Mark::SensitivePatient })
    }

    /// Never fails. A patient who was rejected would be served as they were before: alive, registered, not moved.
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let ours = row.text(self.contact_comments).is_empty();
        let contact = |row: &Row<'_>, column| FreeText::new(row.text(column)).filter(|_| ours);
        let kind = row.text(self.kind);
        let demographics = Demographics {
            nhs_number: row.nhs_number(self.nhs_number),
            name: row.name([self.title, self.given, self.middle, self.surname]),
            gender: self.gender(row),
            birth_date: self.deciding_date(row, self.born, marks),
            death_date: self.deciding_date(row, self.died, marks),
            address: self.address(row, kind.eq_ignore_ascii_case("Temporary")),
            home_phone: contact(row, self.home_phone),
            mobile_phone: contact(row, self.mobile_phone),
            email: contact(row, self.email),
            usual_gp: row.mention(self.usual_gp),
            registration: registration(kind),
            registered_on: self.registered_on(row),
            deducted_on: self.deciding_date(row, self.deducted, marks),
            dummy: self.dummy(row, kind),
            for_redaction: self.for_redaction(row),
        };
        Ok(Body { content: Some(Content::Patient(Box::new(demographics))), ..Body::default() })
    }
}

impl Patients {
    fn for_redaction(&self, row: &Row<'_>) -> ForRedaction {
        let name = FreeText::new(row.text(self.carer));
        let relation = row.some(self.relation).map(Listed::Words);
        let carer = name.map(|name| Related { name, relation, address: None });
        ForRedaction { related: carer.into_iter().collect(), ..ForRedaction::default() }
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

    /// A date on which it depends whether, or to whom, the patient is served: where it cannot be read, to nobody.
    fn deciding_date(&self, row: &mut Row<'_>, column: Column, marks: &mut Vec<Mark>) -> Option<Date> {
        row.date(column).unwrap_or_else(|issue| {
            row.excuse(issue, "the patient is withheld until the date can be read");
            marks.push(Mark::Unrecognised);
            None
        })
    }

    fn registered_on(&self, row: &mut Row<'_>) -> Option<Date> {
        row.date(self.registered).unwrap_or_else(|issue| {
            row.excuse(issue, "the patient is kept without it");
            None
        })
    }

    fn address(&self, row: &Row<'_>, temporary: bool) -> Option<Address> {
        let (house, street) = (row.text(self.house), row.text(self.street));
        let first = if is_number(house) && !street.is_empty() {
            vec![format!("{house} {street}")]
        } else {
            vec![house.to_owned(), street.to_owned()]
        };
        let village = row.text(self.village).to_owned();
        let lines: Vec<String> = first.into_iter().chain([village]).filter(|line| !line.is_empty()).collect();
        let address = Address {
            lines,
            city: row.some(self.town),
            district: row.some(self.county),
            postcode: row.some(self.postcode).map(|text| postcode(&text)),
            temporary,
        };
        let rest = [&address.city, &address.district, &address.postcode];
        (!address.lines.is_empty() || rest.iter().any(|part| part.is_some())).then_some(address)
    }

    /// Blank is `false`. What cannot be read is `true`, and so are the names that EMIS gives to its test patients.
    fn dummy(&self, row: &mut Row<'_>, kind: &str) -> bool {
        let flagged = match row.flag(self.dummy) {
            Flag::True => true,
            Flag::False | Flag::Blank => false,
            Flag::Unknown => {
                row.warn(IssueCode::BooleanInvalid, self.dummy, "the patient counts as a dummy");
                true
            }
        };
        let test_name = row.text(self.surname).to_ascii_uppercase().starts_with("XXTEST");
        flagged || test_name || kind.eq_ignore_ascii_case("Dummy")
    }
}

/// What kind of patient. New kinds keep arriving, and some are sensitive in themselves: all but one are others.
fn registration(kind: &str) -> Registration {
    match kind {
        "" => Registration::Unknown,
        kind if kind.eq_ignore_ascii_case("Regular") => Registration::Regular,
        kind => Registration::Other(kind.to_owned()),
    }
}

/// Whether a house has a number rather than a name: `12`, `12A`, `3-5`.
fn is_number(house: &str) -> bool {
    house.starts_with(|c: char| c.is_ascii_digit()) && !house.contains(char::is_whitespace)
}

/// A postcode with a space before its inward part, a digit and two letters; anything else as it is.
fn postcode(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    match bare.split_at_checked(bare.len().saturating_sub(3)) {
        Some((outward, inward)) if (2..=4).contains(&outward.len()) && is_inward(inward) => {
            format!("{outward} {inward}")
        }
        _ => text.to_owned(),
    }
}

fn is_inward(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_digit()) && bytes.all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_gets_its_space() {
        for (sent, shown) in [
            ("LS11AA", "LS1 1AA"),
            ("m11ae", "M1 1AE"),
            ("EC1A1BB", "EC1A 1BB"),
            ("LS1 1AA", "LS1 1AA"),
            ("ABROAD", "ABROAD"),
            ("ÉÉÉ", "ÉÉÉ"),
            ("X", "X"),
        ] {
            assert_eq!(postcode(sent), shown);
        }
    }
}
