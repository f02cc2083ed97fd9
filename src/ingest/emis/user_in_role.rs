//! `Admin_UserInRole`: the staff. Members of other organisations are kept too, since records name them; only a name
//! and a job are read.

use record::{Fact, IssueCode, PersonName, Reference, ReferenceKey, Staff};

use super::{Emis, organisation::Practice, row::Row};
use crate::delimited::{Table, Unusable, columns};

columns! {
    /// Users in a role; the key is that of the role, so one person may have several.
    UsersInRole = "Admin_UserInRole";
    required {
        guid: "UserInRoleGuid", title: "Title", given: "GivenName", surname: "Surname", job: "JobCategoryName",
        sequence: "ProcessingId",
    }
    optional {}
    unused { "OrganisationGuid", "JobCategoryCode", "ContractStartDate", "ContractEndDate", "RegistrationNumber", }
}

impl Table<Emis> for UsersInRole {
    const MUST_BE_TEXT: bool = true;

    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        let guid = row.key(self.guid, IssueCode::KeyInvalid)?;
        let name = PersonName {
            prefix: row.some(self.title),
            given: row.some(self.given).into_iter().collect(),
            family: row.some(self.surname),
        };
        let staff = Box::new(Reference::Staff(Staff { name, role: row.some(self.job) }));
        let sequence = row.sequence(self.sequence, false);
        Ok(Fact::Reference(ReferenceKey::Staff(guid), staff, sequence))
    }
}
