//! How a row of a table becomes a fact.

use record::{Fact, Issue};

use super::{organisation::Practice, row::Row};
use crate::delimited::Columns;

/// A table whose rows become facts.
pub(super) trait Table: Columns {
    /// What a row says.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable>;

    /// What [`Table::fact`] has against the batch, for tables with so many rows that it pays to look at nothing else.
    ///
    /// # Errors
    /// [`Unusable::Batch`] whenever that is what `fact` gives; anything else does not matter.
    fn vet(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<(), Unusable> {
        self.fact(row, practice).map(drop)
    }
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
