//! Practice: the practices that an extract names.

use record::{Fact, Issue, IssueCode, OdsCode, Reference, ReferenceKey};

use super::{layout::Layout, row::Row};
use crate::delimited::Column;

/// The columns that are read.
pub(super) struct Practices {
    id: Column,
    name: Column,
    identifier: Column,
}

impl Practices {
    pub(super) fn bind(layout: Layout) -> Self {
        let [id, name, identifier] = ["ID", "NAME", "IDENTIFIER"].map(|name| layout.column(name));
        Self { id, name, identifier }
    }

    pub(super) fn fact(&self, row: &mut Row<'_>) -> Result<Fact, Issue> {
        let key = ReferenceKey::Organisation(row.key(self.id)?.to_owned());
        let ods: Option<OdsCode> = row.text(self.identifier).parse().ok();
        if ods.is_none() && !row.text(self.identifier).is_empty() {
            row.warn(IssueCode::PartIgnored, self.identifier, "it is not an ODS code");
        }
        let organisation = Reference::Organisation { ods, name: row.some(self.name) };
        Ok(Fact::Reference(key, Box::new(organisation), row.sequence(false)))
    }
}
