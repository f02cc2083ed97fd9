//! `SRPatientRelationship`: relatives, carers and others. All of it is other people's data, kept for redaction alone;
//! telephones, dates of birth and what they may decide are not kept at all.

use record::{Address, Content, Detail, FreeText, Issue, IssueCode, Mark, Related};

use super::{
    entry::{Body, EntryTable, Keys},
    practice::Owners,
    row::Row,
};
use crate::delimited::columns;

columns! {
    /// People beside the patient. One whose relationship has ended is a third party all the same.
    Relationships = "SRPatientRelationship";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        kind: "RelationshipType", name: "RelationshipWithName", house: "RelationshipWithHouseName",
        number: "RelationshipWithHouseNumber", road: "RelationshipWithRoad", locality: "RelationshipWithLocality",
        town: "RelationshipWithPostTown", county: "RelationshipWithCounty", postcode: "RelationshipWithPostCode",
        patient: "IDPatient", organisation: "IDOrganisation",
    }
    optional { registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData", }
    unused {
        "DateEvent", "IDProfileEnteredBy", "IDDoneBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "DateEnded",
        "PersonalGuardianOrProxy", "NextOfKin", "CaresForPatient", "PrincipalCarerForPatient", "KeyHolder",
        "HasParentalResponsibility", "FinancialRepresentative", "Advocate", "MainVisitor",
        "CallCentreCallBackConsent", "CopyCorrespondence", "ContactOrder", "ContactMethod", "CommunicationFormat",
        "InterpreterRequired", "IDRelationshipWithPatient", "IDPatientRelationshipWith", "CodeRelationshipWithUser",
        "RelationshipWithDateOfBirth", "RelationshipWithTelephone", "RelationshipWithWorkTelephone",
        "RelationshipWithMobileTelephone", "RelationshipWithFax", "RelationshipWithEmailAddress",
        "RelationshipWithSex", "RelationshipWithSpokenLanguage", "RelationshipWithOrganisation", "IDEvent",
    }
}

impl EntryTable for Relationships {
    const PREFIX: &str = "relationship/";

    fn keys(&self) -> Keys {
        Keys {
            id: self.id,
            patient: self.patient,
            removed: self.removed,
            owners: Owners {
                visible_to: self.visible_to,
                organisation: Some(self.organisation),
                registered_at: Some(self.registered_at),
            },
        }
    }

    fn body(&self, row: &mut Row<'_>, _: &mut Vec<Mark>) -> Result<Body, Issue> {
        let name = FreeText::new(row.text(self.name))
            .ok_or_else(|| row.error(IssueCode::ValueMissing, self.name))?;
        let related = Related { name, relation: row.listed(self.kind), address: self.address(row) };
        let content = Content::Detail(Box::new(Detail::Related(related)));
        Ok(Body { content, links: Vec::new(), recorded: row.moment(self.recorded).unwrap_or_default() })
    }
}

impl Relationships {
    fn address(&self, row: &Row<'_>) -> Option<Address> {
        let street = [row.text(self.number), row.text(self.road)].join(" ").trim().to_owned();
        let lines = [row.text(self.house).to_owned(), street, row.text(self.locality).to_owned()];
        let address = Address {
            lines: lines.into_iter().filter(|line| !line.is_empty()).collect(),
            city: row.some(self.town),
            district: row.some(self.county),
            postcode: row.some(self.postcode),
            temporary: false,
        };
        (!address.lines.is_empty() || address.postcode.is_some()).then_some(address)
    }
}
