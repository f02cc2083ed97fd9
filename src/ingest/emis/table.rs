//! What a table of the extract is: its name, its columns, and how one of its rows becomes a fact.

use record::{Fact, Issue};

use super::{header::Header, organisation::Practice, row::Row};

/// A table and every column that any published version of it has.
#[derive(Debug)]
pub(super) struct Spec {
    /// `<Schema>_<Table>`.
    pub(super) name: &'static str,
    /// Columns of every version that we read: a file without one is refused.
    pub(super) required: &'static [&'static str],
    /// Columns of some versions that we read where they are.
    pub(super) optional: &'static [&'static str],
    /// Columns that we know and do not read.
    pub(super) unused: &'static [&'static str],
}

/// A column, and where it stands in the file at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its name, for issues.
    pub(super) name: &'static str,
    /// Which field, from 0; `None` where the file has no such column.
    pub(super) at: Option<usize>,
}

/// The columns of a table, bound to the fields of a file.
pub(super) trait Columns: Sized {
    /// The table.
    const SPEC: Spec;

    /// Finds the columns in a header.
    fn bind(header: &Header) -> Self;
}

/// A table whose rows become facts.
pub(super) trait Table: Columns {
    /// What a row says.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable>;
}

/// Why a row cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The row is rejected.
    Row(Issue),
    /// The row shows that the batch is not what it was said to be.
    Batch(Issue),
}

impl From<Issue> for Unusable {
    fn from(issue: Issue) -> Self {
        Self::Row(issue)
    }
}

/// Writes a struct with a [`Column`] for each column that is read, and its [`Spec`].
macro_rules! columns {
    (
        $(#[$doc:meta])*
        $table:ident = $name:literal;
        required { $($required:ident: $required_name:literal,)+ }
        optional { $($optional:ident: $optional_name:literal,)* }
        unused { $($unused:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $table {
            $($required: $crate::emis::table::Column,)+
            $($optional: $crate::emis::table::Column,)*
        }

        impl $crate::emis::table::Columns for $table {
            const SPEC: $crate::emis::table::Spec = $crate::emis::table::Spec {
                name: $name,
                required: &[$($required_name),+],
                optional: &[$($optional_name),*],
                unused: &[$($unused),*],
            };

            fn bind(header: &$crate::emis::header::Header) -> Self {
                Self {
                    $($required: header.column($required_name),)+
                    $($optional: header.column($optional_name),)*
                }
            }
        }
    };
}
pub(super) use columns;
