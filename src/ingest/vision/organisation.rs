//! Practice: the practices that an extract names.

use record::{Fact, IssueCode, OdsCode, Reference, ReferenceKey};

use super::{Vision, row::Row};
use crate::delimited::{Table, Unusable, columns};

columns! {
    /// Practices.
    Practices = "practice";
    required {
        id: "ID", name: "NAME", identifier: "IDENTIFIER",
    }
    optional {  }
    unused {}
}

impl Table<Vision> for Practices {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let key = ReferenceKey::Organisation(row.key(self.id)?.to_owned());
        let ods: Option<OdsCode> = row.text(self.identifier).parse().ok();
        if ods.is_none() && !row.text(self.identifier).is_empty() {
            row.warn(IssueCode::PartIgnored, self.identifier, "it is not an ODS code");
        }
        let organisation = Reference::Organisation { ods, name: row.some(self.name) };
        Ok(Fact::Reference(key, Box::new(organisation), row.sequence(false)))
    }
}
