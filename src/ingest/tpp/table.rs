//! How a row of a table becomes a fact.

use record::{Fact, Issue};

use super::{practice::Practice, row::Row};
use crate::delimited::Columns;

/// A table whose rows become facts.
pub(super) trait Table: Columns {
    /// What a row says.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Issue>;
}
