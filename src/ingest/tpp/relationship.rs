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
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
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
        let address = row.address([
            self.house,
            self.number,
            self.road,
            self.locality,
            self.town,
            self.county,
            self.postcode,
        ]);
        (!address.lines.is_empty() || address.postcode.is_some()).then_some(address)
    }
}
