//! `Agreements_SharingOrganisation`: whether an organisation shares its data. A practice that does not any more
//! must stop being served, so whatever is not clearly a yes is a no.

use record::{Fact, Issue, IssueCode, Reference, ReferenceKey, Severity};

use super::{
    Emis,
    organisation::Practice,
    row::{Named, Row},
};
use crate::delimited::{Column, Flag, Table, Unusable, columns};

columns! {
    /// Sharing agreements. The table has no processing id: the batch's last one gives its order.
    Sharing = "Agreements_SharingOrganisation";
    required {
        organisation: "OrganisationGuid", activated: "IsActivated", disabled: "Disabled", deleted: "Deleted",
    }
    optional {}
    unused { "LastModifiedDate", "ProcessingId", }
}

impl Table<Emis> for Sharing {
    /// A practice of which no agreement is known is taken to share, and one whose agreement was in force to go on.
    const NO_ROW_MAY_BE_LOST: bool = true;

    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        let Named::Guid(guid) = row.named(self.organisation) else {
            let issue = Issue::new(Severity::Fatal, IssueCode::KeyInvalid, row.place());
            let detail = "whose agreement it is cannot be read, and it may be the end of the practice's own";
            return Err(Unusable::Batch(issue.field(self.organisation.name).detail(detail)));
        };
        if practice.is_other(&guid) {
            return Err(row.error(IssueCode::OtherOrganisation, self.organisation).into());
        }
        let says = [(self.activated, Flag::True), (self.disabled, Flag::False), (self.deleted, Flag::False)];
        let active = says.map(|(column, wanted)| clear(row, column) == Some(wanted)).iter().all(|said| *said);
        let sharing = Box::new(Reference::Sharing { active });
        Ok(Fact::Reference(ReferenceKey::Sharing(guid), sharing, row.file().last))
    }
}

/// What a field says, if it is clear about it.
fn clear(row: &mut Row<'_>, column: Column) -> Option<Flag> {
    match row.flag(column) {
        Flag::Blank | Flag::Unknown => {
            row.warn(IssueCode::BooleanInvalid, column, "the agreement counts as not active");
            None
        }
        flag => Some(flag),
    }
}
