//! The lists that rows name by number: staff, the values of fixed lists, and what vaccines are called.

use record::{CodeClass, Coded, Fact, Issue, IssueCode, Listed, PersonName, Reference, ReferenceKey, Staff};

use super::{Tpp, entry::removed, practice::Practice, row::Row};
use crate::delimited::{Column, Table, Unusable, columns};

/// The key of a value of a fixed list.
pub(super) fn key(number: &str) -> String {
    format!("list/{number}")
}

/// The key of a vaccine's name.
pub(super) fn content_key(number: &str) -> String {
    format!("content/{number}")
}

columns! {
    /// Staff: whoever did something is named by these numbers. Who *entered* something is named by those of staff
    /// profiles, a space of its own, and is not read.
    StaffMembers = "SRStaffMember";
    required { id: "RowIdentifier", name: "StaffName", }
    optional { removed: "RemovedData", }
    unused { "StaffUserName", "NationalIdType", "IDNational", "IDSmartCard", "Obsolete", }
}

columns! {
    /// The values of fixed lists.
    Mappings = "SRMapping";
    required { id: "RowIdentifier", words: "Mapping", }
    optional {}
    unused { "IdMappingGroup", }
}

columns! {
    /// What vaccines are called. One that is no longer offered is still what was given.
    Contents = "SRImmunisationContent";
    required { id: "RowIdentifier", name: "Name", }
    optional { removed: "RemovedData", }
    unused { "Content", "DateDeleted", }
}

impl Table<Tpp> for StaffMembers {
    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        let id = row.key(self.id, IssueCode::KeyInvalid)?.to_owned();
        list_row(row, self.removed, ReferenceKey::Staff(id), |row| {
            // The whole name stands in one field.
            let name = PersonName { prefix: None, given: Vec::new(), family: row.some(self.name) };
            Ok(Reference::Staff(Staff { name, role: None }))
        })
    }
}

impl Table<Tpp> for Mappings {
    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        // These numbers begin at 0, which elsewhere stands for none.
        let key = match row.text(self.id) {
            "0" => self::key("0"),
            _ => self::key(row.key(self.id, IssueCode::KeyInvalid)?),
        };
        let value = Reference::Code(named(&key, row, self.words)?, CodeClass::Other);
        Ok(Fact::Reference(ReferenceKey::Code(key), Box::new(value), row.sequence(false)))
    }
}

impl Table<Tpp> for Contents {
    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        let key = content_key(row.key(self.id, IssueCode::KeyInvalid)?);
        list_row(row, self.removed, ReferenceKey::Code(key.clone()), |row| {
            Ok(Reference::Code(named(&key, row, self.name)?, CodeClass::Immunisation))
        })
    }
}

fn named(key: &str, row: &Row<'_>, column: Column) -> Result<Coded, Issue> {
    match row.text(column) {
        "" => Err(row.error(IssueCode::ValueMissing, column)),
        words => Ok(Listed::concept(key, words)),
    }
}

fn list_row(
    row: &mut Row<'_>,
    column: Column,
    key: ReferenceKey,
    says: impl FnOnce(&Row<'_>) -> Result<Reference, Issue>,
) -> Result<Fact, Unusable> {
    if removed(row, column, &mut Vec::new()) {
        return Ok(Fact::Reference(key, Box::new(Reference::Removed), row.sequence(true)));
    }
    Ok(Fact::Reference(key, Box::new(says(row)?), row.sequence(false)))
}
