//! `Admin_Organisation`, and whose the batch is.
//!
//! Organisations are few, so their ODS codes are kept in memory while a batch is read. Deltas often have none: then
//! nothing speaks against a row, and its organisation is taken as it is.

use std::collections::HashMap;

use record::{Fact, Issue, IssueCode, OdsCode, Reference, ReferenceKey, Severity};

use super::{
    Emis,
    row::{Named, Row},
};
use crate::delimited::{Column, Table, Unusable, columns};

columns! {
    /// Organisations: the practice itself, its parents, others that records mention. Nothing says that one is deleted.
    Organisations = "Admin_Organisation";
    required { guid: "OrganisationGuid", name: "OrganisationName", ods: "ODSCode", sequence: "ProcessingId", }
    optional {}
    unused {
        "CDB", "ParentOrganisationGuid", "CCGOrganisationGuid", "OrganisationType", "OpenDate", "CloseDate",
        "MainLocationGuid",
    }
}

impl Table<Emis> for Organisations {
    fn fact(&self, row: &mut Row<'_>, practice: &mut Practice) -> Result<Fact, Unusable> {
        let guid = row.key(self.guid, IssueCode::KeyInvalid)?;
        let ods: Option<OdsCode> = row.text(self.ods).parse().ok();
        if ods.is_none() && !row.text(self.ods).is_empty() {
            row.warn(IssueCode::PartIgnored, self.ods, "it is not an ODS code");
        }
        practice.learn(&guid, ods.as_ref());
        let organisation = Reference::Organisation { ods, name: row.some(self.name) };
        let sequence = row.sequence(self.sequence, false);
        Ok(Fact::Reference(ReferenceKey::Organisation(guid), Box::new(organisation), sequence))
    }
}

/// The practice that is being loaded, and the organisations that the batch has named so far.
#[derive(Debug)]
pub(super) struct Practice {
    ods: OdsCode,
    named: bool,
    others: HashMap<String, OdsCode>,
}

impl Practice {
    /// A practice of which nothing was read yet.
    pub(super) fn new(ods: OdsCode) -> Self {
        Self { ods, named: false, others: HashMap::new() }
    }

    fn learn(&mut self, guid: &str, ods: Option<&OdsCode>) {
        match ods {
            Some(ods) if *ods == self.ods => {
                self.named = true;
                self.others.remove(guid);
            }
            Some(ods) => {
                self.others.insert(guid.to_owned(), ods.clone());
            }
            None => {}
        }
    }

    /// Whether the organisation is known to be another one.
    pub(super) fn is_other(&self, organisation: &str) -> bool {
        self.others.contains_key(organisation)
    }

    /// Checks that a row belongs to the practice. A deletion may leave the field blank.
    ///
    /// # Errors
    /// The row is rejected if it belongs to another organisation; the batch is refused if, besides, it nowhere
    /// names the practice.
    pub(super) fn check(&self, row: &Row<'_>, column: Column, may_be_blank: bool) -> Result<(), Unusable> {
        let organisation = match row.named(column) {
            Named::Guid(guid) => guid,
            Named::Nothing | Named::Malformed if may_be_blank => return Ok(()),
            _ => row.key(column, IssueCode::KeyInvalid)?,
        };
        if !self.is_other(&organisation) {
            return Ok(());
        }
        if self.named {
            return Err(row.error(IssueCode::OtherOrganisation, column).into());
        }
        let detail = "rows belong to an organisation with another ODS code, and none has the practice's";
        let issue = Issue::new(Severity::Fatal, IssueCode::WrongPractice, row.place());
        Err(Unusable::Batch(issue.field(column.name).detail(detail)))
    }
}
