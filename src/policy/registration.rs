//! Which kinds of registration are served (`profiles/registration_types.toml`).

use std::{collections::BTreeMap, sync::LazyLock};

use record::Registration;
use serde::Deserialize;

use crate::TableError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    served: bool,
    #[serde(rename = "why")]
    _why: String,
}

type Table = BTreeMap<String, Row>;

/// A table that cannot be read serves nobody.
static TABLE: LazyLock<Table> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Table, TableError> {
    let rows: Table =
        toml::from_str(include_str!("../../profiles/registration_types.toml")).map_err(TableError::new)?;
    Ok(rows.into_iter().map(|(kind, row)| (kind.to_lowercase(), row)).collect())
}

/// Whether patients of a kind are served. A kind that the table does not name is not.
#[must_use]
pub fn is_served(registration: &Registration) -> bool {
    let kind = match registration {
        Registration::Regular => "regular",
        Registration::Other(kind) => kind.trim(),
        Registration::Unknown => return false,
    };
    TABLE.get(&kind.to_lowercase()).is_some_and(|row| row.served)
}

/// Whether the table can be read.
///
/// # Errors
/// If it cannot: then nobody is served.
pub fn check_registrations() -> Result<(), TableError> {
    read().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kinds_that_the_table_allows_are_served() {
        check_registrations().unwrap();
        assert!(is_served(&Registration::Regular));
        assert!(is_served(&Registration::Other(" regular".into())));
        for kind in
            ["Temporary", "Sexual Health", "SEXUAL HEALTH", "Private", "Something new", "Regular patient", ""]
        {
            assert!(!is_served(&Registration::Other(kind.into())), "{kind}");
        }
        assert!(!is_served(&Registration::Unknown));
    }
}
