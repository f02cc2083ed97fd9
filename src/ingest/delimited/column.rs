//! A delimited table: its name, its columns, and where they stand in the file at hand.

use super::header::Header;

/// A table and every column that any published version of it has.
#[derive(Debug)]
pub(crate) struct Spec {
    /// `<Schema>_<Table>`.
    pub(crate) name: &'static str,
    /// Columns of every version that we read: a file without one is refused.
    pub(crate) required: &'static [&'static str],
    /// Columns of some versions that we read where they are.
    pub(crate) optional: &'static [&'static str],
    /// Columns that we know and do not read.
    pub(crate) unused: &'static [&'static str],
}

/// A column, and where it stands in the file at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its name, for issues.
    pub(crate) name: &'static str,
    /// Which field, from 0; `None` where the file has no such column.
    pub(crate) at: Option<usize>,
}

/// The columns of a table, bound to the fields of a file.
pub(crate) trait Columns: Sized {
    /// The table.
    const SPEC: Spec;

    /// Finds the columns in a header.
    fn bind(header: &Header) -> Self;
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
        pub(crate) struct $table {
            $($required: $crate::delimited::Column,)+
            $($optional: $crate::delimited::Column,)*
        }

        impl $crate::delimited::Columns for $table {
            const SPEC: $crate::delimited::Spec = $crate::delimited::Spec {
                name: $name,
                required: &[$($required_name),+],
                optional: &[$($optional_name),*],
                unused: &[$($unused),*],
            };

            fn bind(header: &$crate::delimited::Header) -> Self {
                Self {
                    $($required: header.column($required_name),)+
                    $($optional: header.column($optional_name),)*
                }
            }
        }
    };
}
pub(crate) use columns;
