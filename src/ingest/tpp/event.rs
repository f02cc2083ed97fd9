//! `SREvent`: consultations and other events, in which the rest was recorded. They are not served.

use record::{Container, Content, Issue, IssueCode, Mark};

use super::{
    entry::{Body, EntryTable, Keys},
    practice::Owners,
    row::Row,
};
use crate::delimited::{Flag, columns};

/// What stands before an event's number in its entry's key.
pub(super) const PREFIX: &str = "event/";

columns! {
    /// Events. What the system's own screens hide online ("do not show", "private") has no column.
    Events = "SREvent";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        incomplete: "EventIncomplete", patient: "IDPatient", organisation: "IDOrganisation",
    }
    optional { registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData", }
    unused {
        "DateEvent", "IDProfileEnteredBy", "IDDoneBy", "IDStaffMemberProfileRole", "TextualEventDoneBy",
        "IDOrganisationDoneAt", "IDAuthorisedBy", "IDProfileAuthorisedBy", "ContactEventLocation", "ContactMethod",
        "ClinicalEvent", "IDReferralIn", "IDTeam", "IDBranch",
    }
}

impl EntryTable for Events {
    const PREFIX: &str = PREFIX;

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    /// Never fails: what was recorded in it would wait for ever. An event that is not complete may be a draft, which is
    /// never shown at any level (GP Connect, Permission Levels).
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        if matches!(row.flag(self.incomplete), Flag::True | Flag::Unknown) {
            row.warn(IssueCode::MarkUnknown, self.incomplete, "the event may be a draft");
            marks.push(Mark::Unrecognised);
        }
        let recorded = row.moment(self.recorded).unwrap_or_default();
        Ok(Body { content: Content::Container(Container::Consultation), links: Vec::new(), recorded })
    }
}
