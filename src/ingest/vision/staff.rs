//! Staff: who works at the practice, and how journal rows name them.

use record::{Fact, PersonName, Reference, ReferenceKey, Staff};

use super::{Vision, row::Row};
use crate::delimited::{Table, Unusable, columns};

columns! {
    /// Staff.
    StaffList = "staff";
    required {
        id: "ID", surname: "SURNAME", forename: "FORENAME", title: "TITLE", role: "HCP_TYPE",
    }
    optional {  }
    unused {}
}

impl Table<Vision> for StaffList {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let key = ReferenceKey::Staff(row.key(self.id)?.to_owned());
        let name = PersonName {
            prefix: row.some(self.title),
            given: row.some(self.forename).into_iter().collect(),
            family: row.some(self.surname),
        };
        let staff = Reference::Staff(Staff { name, role: row.some(self.role) });
        Ok(Fact::Reference(key, Box::new(staff), row.sequence(false)))
    }
}

/// The key of the member of staff that a field names: `12`, `:STAFF:12`, or `:EXT_STAFF:12,` and more.
pub(super) fn member(text: &str) -> Option<String> {
    let first = text.split(',').next().unwrap_or_default();
    let key = first.trim().trim_start_matches(':');
    let key =
        key.strip_prefix("EXT_STAFF").or_else(|| key.strip_prefix("STAFF")).unwrap_or(key).trim_matches(':');
    let fits = (1..=100).contains(&key.len()) && !key.chars().any(char::is_control);
    fits.then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_are_named_in_several_ways() {
        for (sent, key) in
            [("12", "12"), (":STAFF:12", "12"), (":EXT_STAFF:12,Dr X", "12"), ("STAFF12", "12")]
        {
            assert_eq!(member(sent).as_deref(), Some(key), "{sent}");
        }
        for nobody in ["", ":", ",12", ":STAFF:"] {
            assert_eq!(member(nobody), None, "{nobody}");
        }
    }
}
