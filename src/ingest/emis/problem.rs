//! `CareRecord_Problem`: what makes an observation a problem. The table has no mark of its own: it is as visible as
//! its own observation and as the problem that it is a part of.

use record::{Container, Content, EntryId, Issue, Mark, Role};

use super::{
    entry::{Body, EntryTable, Keys, Marker, entry_id, link},
    row::Row,
};
use crate::delimited::columns;

columns! {
    /// Problems. `Deleted` came with version 5.2.
    Problems = "CareRecord_Problem";
    required {
        guid: "ObservationGuid", patient: "PatientGuid", organisation: "OrganisationGuid",
        parent: "ParentProblemObservationGuid", sequence: "ProcessingId",
    }
    optional { deleted: "Deleted", }
    unused {
        "Comment", "AssociatedText", "EndDate", "EndDatePrecision", "ExpectedDuration", "LastReviewDate",
        "LastReviewDatePrecision", "LastReviewUserInRoleGuid", "ParentProblemRelationship",
        "ProblemStatusDescription", "SignificanceDescription",
    }
}

impl EntryTable for Problems {
    const DELETED_MAY_BE_BLANK: bool = true;

    fn keys(&self) -> Keys {
        Keys {
            patient: self.patient,
            organisation: self.organisation,
            deleted: self.deleted,
            sequence: self.sequence,
        }
    }

    fn id(&self, row: &Row<'_>) -> Result<EntryId, Issue> {
        entry_id(row, self.guid, "problem/")
    }

    fn markers(&self) -> impl IntoIterator<Item = Marker> {
        []
    }

    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let own = link(row, self.guid, "", Role::About, marks);
        let parent = link(row, self.parent, "", Role::Problem, marks);
        let links = own.into_iter().chain(parent).collect();
        Ok(Body { content: Some(Content::Container(Container::Problem)), links, recorded: None })
    }
}
