//! `SROrganisation`: the organisations that rows name by their ODS code; the practice's own gives its name.

use record::{Fact, IssueCode, OdsCode, Reference, ReferenceKey};

use super::{Tpp, entry::removed, practice::Practice, row::Row};
use crate::delimited::{Table, Unusable, columns};

columns! {
    /// Organisations. `ID` is the ODS code.
    Organisations = "SROrganisation";
    required { id: "RowIdentifier", name: "Name", ods: "ID", }
    optional { removed: "RemovedData", }
    unused {
        "HouseName", "HouseNumber", "NameOfRoad", "NameOfLocality", "NameOfTown", "NameOfCounty", "FullPostCode",
        "Telephone", "SecondaryTelephone", "Fax", "MadeObsolete", "IDTrust", "IDCcg",
    }
}

impl Table<Tpp> for Organisations {
    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        let key = ReferenceKey::Organisation(row.key(self.id, IssueCode::KeyInvalid)?.to_owned());
        if removed(row, self.removed, &mut Vec::new()) {
            return Ok(Fact::Reference(key, Box::new(Reference::Removed), row.sequence(true)));
        }
        let ods: Option<OdsCode> = row.text(self.ods).parse().ok();
        let organisation = Reference::Organisation { ods, name: row.some(self.name) };
        Ok(Fact::Reference(key, Box::new(organisation), row.sequence(false)))
    }
}
