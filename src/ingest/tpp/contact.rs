//! `SRPatientContactDetails`: telephone numbers of every kind. A newer one of a kind replaces an older.

use record::{Content, Detail, FreeText, Issue, IssueCode, Mark};

use super::{
    entry::{Body, EntryTable, Keys},
    practice::Owners,
    row::Row,
};
use crate::delimited::columns;

columns! {
    /// Telephones.
    Contacts = "SRPatientContactDetails";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        from: "DateEvent", kind: "ContactType", number: "ContactNumber", patient: "IDPatient",
        organisation: "IDOrganisation",
    }
    optional { registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData", }
    unused { "IDProfileEnteredBy", "IDDoneBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "IDEvent", }
}

impl EntryTable for Contacts {
    const PREFIX: &str = "contact/";

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    fn body(&self, row: &mut Row<'_>, _: &mut Vec<Mark>) -> Result<Body, Issue> {
        let number = FreeText::new(row.text(self.number))
            .ok_or_else(|| row.error(IssueCode::ValueMissing, self.number))?;
        let from = row.day(self.from, "the number is kept without it");
        let content =
            Content::Detail(Box::new(Detail::Telephone { number, kind: row.listed(self.kind), from }));
        Ok(Body { content, links: Vec::new(), recorded: row.moment(self.recorded).unwrap_or_default() })
    }
}
