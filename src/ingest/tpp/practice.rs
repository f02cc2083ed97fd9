//! Whose a row is. SystmOne shares records between organisations, and an extract repeats rows for each organisation that
//! can see them: only what is the practice's own in every respect is the practice's to serve.

use record::{Issue, IssueCode, OdsCode, Severity};

use super::row::Row;
use crate::delimited::Column;

/// The columns that name organisations, all by ODS code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owners {
    visible_to: Column,
    organisation: Option<Column>,
    registered_at: Option<Column>,
}

impl Owners {
    /// A row that says for whom it is in the extract, and no more.
    pub(super) fn of(visible_to: Column) -> Self {
        Self { visible_to, organisation: None, registered_at: None }
    }

    /// One that also says who recorded it.
    pub(super) fn recorded_by(self, organisation: Column) -> Self {
        Self { organisation: Some(organisation), ..self }
    }

    /// One that also says where the patient was registered when it was recorded; blank where nowhere.
    pub(super) fn registered_at(self, column: Column) -> Self {
        Self { registered_at: Some(column), ..self }
    }
}

/// The practice that is being loaded, and whether the batch has been seen to be its own.
#[derive(Debug)]
pub(super) struct Practice {
    ods: OdsCode,
    own: bool,
    /// The first row that is for somebody else.
    other: Option<Issue>,
}

impl Practice {
    /// A practice of which nothing was read yet.
    pub(super) fn new(ods: OdsCode) -> Self {
        Self { ods, own: false, other: None }
    }

    /// Checks that a row is the practice's own.
    ///
    /// # Errors
    /// The row is rejected if it is for another organisation or another organisation's part of a shared record, and if
    /// it does not say. What is for another organisation is remembered for [`Practice::verdict`].
    pub(super) fn check(&mut self, row: &Row<'_>, owners: Owners) -> Result<(), Issue> {
        let says = |column: Column| row.text(column).parse::<OdsCode>().ok();
        if row.text(owners.visible_to).is_empty() {
            return Err(row.error(IssueCode::ValueMissing, owners.visible_to));
        }
        let issue = || row.error(IssueCode::OtherOrganisation, owners.visible_to);
        match says(owners.visible_to) {
            Some(ods) if ods == self.ods => {}
            Some(_) => {
                self.other.get_or_insert_with(issue);
                return Err(issue());
            }
            // What is no code at all is a row that is broken, and says nothing of the others.
            None => return Err(issue().detail("it is not an ODS code")),
        }
        self.own = true;
        if let Some(column) = owners.organisation {
            match row.text(column) {
                "" => return Err(row.error(IssueCode::ValueMissing, column)),
                _ if says(column).as_ref() == Some(&self.ods) => {}
                _ => return Err(row.error(IssueCode::SharedRecord, column)),
            }
        }
        match owners.registered_at {
            // A version without the column says nothing, as a blank field does.
            Some(column) if !matches!(row.text(column), "" | "-1") => {
                let own = says(column).as_ref() == Some(&self.ods);
                if own { Ok(()) } else { Err(row.error(IssueCode::SharedRecord, column)) }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Why the whole batch is refused: it has rows for another organisation. Who sends those in a practice's name has
    /// mixed two of them up, and nobody knows what else is.
    pub(super) fn verdict(self) -> Option<Issue> {
        let (code, detail) = if self.own {
            (
                IssueCode::OtherOrganisation,
                "the row is for an organisation with another ODS code than the practice's",
            )
        } else {
            let detail = "rows are for an organisation with another ODS code, and none for the practice";
            (IssueCode::WrongPractice, detail)
        };
        Some(Issue { severity: Severity::Fatal, code, ..self.other? }.detail(detail))
    }
}
