//! `SROnlineUsers` and `SROnlineServices`: who has an online account, and whose record each may see and how much of it.

use record::{
    Content, Fact, Issue, IssueCode, Mark, OnlineAccess, OnlineServices, OnlineUser, Reference, ReferenceKey,
};

use super::{
    Tpp,
    entry::{Body, EntryTable, Keys, removed},
    practice::{Owners, Practice},
    row::Row,
    value::When,
};
use crate::delimited::{Column, Flag, Table, Unusable, columns};

columns! {
    /// People with an online account: patients, and those who act for one.
    OnlineUserRows = "SROnlineUsers";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", title: "Title", first: "FirstName",
        middle: "MiddleNames", surname: "Surname", nhs_number: "NHSNumber", born: "DateBirth",
    }
    optional { removed: "RemovedData", }
    unused { "Gender", "EmailAddress", }
}

columns! {
    /// What each of them may do with a patient's record. Other services do not open it.
    OnlineServiceRows = "SROnlineServices";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", patient: "IDPatient",
        recorded: "DateEventRecorded", when: "DateEvent", organisation: "IDOrganisation", record: "ViewRecord",
        summary: "SummaryCareRecord", ended: "DateDeleted", detailed: "DetailedCodedRecord", user: "IDOnlineUser",
    }
    optional { removed: "RemovedData", }
    unused {
        "IDEvent", "IDProfileEnteredBy", "IDDoneBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "Appointments",
        "Prescriptions", "Questionnaires", "IDProfileDeletedBy",
    }
}

impl Table<Tpp> for OnlineUserRows {
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        let key = ReferenceKey::OnlineUser(row.key(self.id, IssueCode::KeyInvalid)?.to_owned());
        let mut doubts = Vec::new();
        if removed(row, self.removed, &mut doubts) || !doubts.is_empty() {
            // Whether somebody is still a user is not left to doubt: who may be gone gets nothing.
            return Ok(Fact::Reference(key, Box::new(Reference::Removed), row.sequence(true)));
        }
        practice.check(row, Owners::of(self.visible_to))?;
        let user = OnlineUser {
            name: row.name([self.title, self.first, self.middle, self.surname]),
            nhs_number: row.nhs_number(self.nhs_number),
            birth_date: row.day(self.born, "the user is kept without it"),
        };
        Ok(Fact::Reference(key, Box::new(Reference::OnlineUser(user)), row.sequence(false)))
    }
}

impl EntryTable for OnlineServiceRows {
    const PREFIX: &str = "online/";

    fn keys(&self) -> Keys {
        let owners = Owners::of(self.visible_to).recorded_by(self.organisation);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    /// Never fails: without the row an earlier one would go on granting. What cannot be read is switched off.
    fn body(&self, row: &mut Row<'_>, _: &mut Vec<Mark>) -> Result<Body, Issue> {
        let services = OnlineServices {
            record: self.on(row, self.record),
            summary: self.on(row, self.summary),
            detailed: self.on(row, self.detailed),
        };
        let done = row.day(self.when, "access is not granted without it");
        let entered = row.day(self.recorded, "access is not granted without it");
        let unread = [self.when, self.recorded].iter().any(|column| row.when(*column) == When::Malformed);
        let access = OnlineAccess {
            user: row.mention(self.user),
            services,
            from: done.max(entered).filter(|_| !unread),
            // An end that cannot be read is an end.
            ended: row.when(self.ended) != When::Nothing,
        };
        let recorded = row.moment(self.recorded).unwrap_or_default();
        Ok(Body { content: Content::OnlineAccess(Box::new(access)), links: Vec::new(), recorded })
    }
}

impl OnlineServiceRows {
    fn on(&self, row: &mut Row<'_>, column: Column) -> bool {
        if row.flag(column) == Flag::Unknown {
            row.warn(IssueCode::BooleanInvalid, column, "it counts as switched off");
        }
        row.flag(column) == Flag::True
    }
}
