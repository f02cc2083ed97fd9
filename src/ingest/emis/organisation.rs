//! `Admin_Organisation`, and whose the batch is.
//!
//! Organisations are few, so their ODS codes are kept in memory while a batch is read. Deltas often have none: then
//! their rows must belong to the organisation that an earlier batch gave the practice's code, and, as long as none has, all
//! to the same.

use std::collections::{HashMap, HashSet};

use record::{Fact, Issue, IssueCode, OdsCode, Reference, ReferenceKey, Severity};

use super::{
    Emis,
    row::{Named, Row},
    value,
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
    const MUST_BE_TEXT: bool = true;

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
    /// Organisations that have its ODS code: one, unless the source is odd.
    own: HashSet<String>,
    /// The batch itself has named it, or has rows of it.
    met: bool,
    others: HashMap<String, OdsCode>,
    /// To whom rows belong of whom the batch does not say which ODS code they have.
    unnamed: Option<String>,
}

impl Practice {
    /// A practice of whose batch nothing was read yet, and the organisations that its earlier batches have named. Keys of
    /// another system's are no GUIDs.
    pub(super) fn new(ods: OdsCode, known: &[(String, OdsCode)]) -> Self {
        let (own, others) = (HashSet::new(), HashMap::new());
        let mut practice = Self { ods, own, met: false, others, unnamed: None };
        let of_ours = known.iter().filter(|(key, _)| value::guid(key).is_some());
        of_ours.for_each(|(guid, ods)| practice.learn(guid, Some(ods)));
        practice.met = false;
        practice
    }

    fn learn(&mut self, guid: &str, ods: Option<&OdsCode>) {
        match ods {
            Some(ods) if *ods == self.ods => {
                self.met = true;
                self.own.insert(guid.to_owned());
                self.others.remove(guid);
            }
            Some(ods) => {
                self.own.remove(guid);
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
    /// The row is rejected if it does not say to whom it belongs. The batch is refused if it belongs to another
    /// organisation, or to another than other rows do and not both have the practice's code: who mixes two practices up
    /// may have mixed up more than shows.
    pub(super) fn check(
        &mut self,
        row: &Row<'_>,
        column: Column,
        may_be_blank: bool,
    ) -> Result<(), Unusable> {
        let organisation = match row.named(column) {
            Named::Guid(guid) => guid,
            Named::Nothing | Named::Malformed if may_be_blank => return Ok(()),
            _ => row.key(column, IssueCode::KeyInvalid)?,
        };
        if self.own.contains(&organisation) {
            self.met = true;
            return Ok(());
        }
        let (code, detail) = match (self.is_other(&organisation), self.met) {
            (true, false) => (
                IssueCode::WrongPractice,
                "rows belong to an organisation with another ODS code, and none has the practice's",
            ),
            (true, true) => (
                IssueCode::OtherOrganisation,
                "the row belongs to an organisation with another ODS code than the practice's",
            ),
            (false, _)
                if self.own.is_empty()
                    && *self.unnamed.get_or_insert_with(|| organisation.clone()) == organisation =>
            {
                return Ok(());
            }
            (false, false) if !self.own.is_empty() => (
                IssueCode::WrongPractice,
                "rows belong to another organisation than the one that has the practice's ODS code by an earlier batch; \
                 if the practice has a new one, send that one's row of Admin_Organisation with them",
            ),
            (false, _) => (
                IssueCode::OtherOrganisation,
                "rows belong to two organisations, and not both have the practice's ODS code",
            ),
        };
        let issue = Issue::new(Severity::Fatal, code, row.place());
        Err(Unusable::Batch(issue.field(column.name).detail(detail)))
    }
}
