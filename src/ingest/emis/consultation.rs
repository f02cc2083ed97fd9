//! `CareRecord_Consultation`: what observations were recorded in. It is not served; its mark comes down to them.

use record::{Container, Content, EntryId, Issue, IssueCode, Mark};

use super::{
    entry::{Body, EntryTable, Keys, Marker, entry_id},
    row::Row,
};
use crate::delimited::{Flag, columns};

/// What stands before a consultation's GUID in its entry key.
pub(super) const PREFIX: &str = "consultation/";

columns! {
    /// Consultations.
    Consultations = "CareRecord_Consultation";
    required {
        guid: "ConsultationGuid", patient: "PatientGuid", organisation: "OrganisationGuid",
        entered_date: "EnteredDate", entered_time: "EnteredTime", deleted: "Deleted",
        confidential: "IsConfidential", sequence: "ProcessingId",
    }
    optional { complete: "Complete", }
    unused {
        "EffectiveDate", "EffectiveDatePrecision", "ClinicianUserInRoleGuid", "EnteredByUserInRoleGuid",
        "AppointmentSlotGuid", "ConsultationSourceTerm", "ConsultationSourceCodeId", "ConsultationType",
    }
}

impl EntryTable for Consultations {
    fn keys(&self) -> Keys {
        Keys {
            patient: self.patient,
            organisation: self.organisation,
            deleted: self.deleted,
            sequence: self.sequence,
        }
    }

    fn id(&self, row: &Row<'_>) -> Result<EntryId, Issue> {
        entry_id(row, self.guid, PREFIX)
    }

    fn markers(&self) -> impl IntoIterator<Item = Marker> {
        [Marker { column: self.confidential, mark: Mark::Confidential }]
    }

    /// Never fails: a consultation that was rejected could not pass its mark on. One that is not complete may be a
    /// draft, which is never shown at any level (GP Connect, Permission Levels); no source says more of the column.
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        if matches!(row.flag(self.complete), Flag::False | Flag::Unknown) {
            row.warn(IssueCode::MarkUnknown, self.complete, "the consultation may be a draft");
            marks.push(Mark::Unrecognised);
        }
        let recorded = row.moment(self.entered_date, self.entered_time).unwrap_or_else(|issue| {
            row.excuse(issue, "the consultation is kept without the date");
            None
        });
        Ok(Body { content: Some(Content::Container(Container::Consultation)), links: Vec::new(), recorded })
    }
}
