//! Encounter: what journal rows were recorded in. It is not served, and this feed knows no mark for it.

use record::{Container, Content, Effective, EntryId, Fact, IssueCode, Link, Mark, Role};

use super::{
    Vision,
    row::{Body, Row},
};
use crate::delimited::{Column, Table, Unusable, columns};

columns! {
    /// Encounters.
    Encounters = "encounter";
    required {
        patient: "PID", id: "ID", date: "DATE", action: "ACTION",
    }
    optional {  }
    unused {}
}

impl Table<Vision> for Encounters {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let patient = row.patient(self.patient)?;
        let id = entry_id(row.key(self.id)?)
            .ok_or_else(|| row.error(IssueCode::KeyInvalid, self.id).detail("it is too long"))?;
        let date = self.date;
        row.entry(patient, id, self.action, |row, _| {
            let recorded = row.date(date)?.map(Effective::Day);
            let content = Some(Content::Container(Container::Consultation));
            Ok(Body { content, recorded, ..Body::default() })
        })
    }
}

/// The entry's key of an encounter.
fn entry_id(id: &str) -> Option<EntryId> {
    EntryId::new(&format!("encounter/{id}"))
}

/// The encounters that a `LINKS` field names: `E` and the encounter's key, among others between bars. The others name
/// problems and repeat prescriptions, of which nothing comes down. An encounter without a key cannot be found, so that
/// what lies in it is withheld.
pub(super) fn links(row: &mut Row<'_>, column: Column, doubts: &mut Vec<Mark>) -> Vec<Link> {
    let mut links = Vec::new();
    for named in row.text(column).split('|').filter_map(|link| link.trim().strip_prefix('E')) {
        match entry_id(named).filter(|_| !named.is_empty()) {
            Some(to) => links.push(Link { role: Role::Consultation, to }),
            None => {
                row.warn(IssueCode::KeyInvalid, column, "it names an encounter that cannot be found");
                doubts.push(Mark::Unrecognised);
            }
        }
    }
    links
}
