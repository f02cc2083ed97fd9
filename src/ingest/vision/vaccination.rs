//! What a journal row tells of a vaccination.

use record::{CodeSystem, Coded, Coding, FreeText, Given, IssueCode, Vaccination};

use super::row::Row;
use crate::{
    delimited::Column,
    snomed::{Component, component},
};

/// The columns that are read.
#[derive(Clone, Copy)]
pub(super) struct Imms {
    pub(super) status: Column,
    pub(super) compound: Column,
    pub(super) product: Column,
    pub(super) source: Column,
    pub(super) batch: Column,
    pub(super) reason: Column,
    pub(super) method: Column,
    pub(super) site: Column,
}

impl Imms {
    pub(super) fn read(&self, row: &mut Row<'_>) -> Vaccination {
        let (given, refusal) = self.given(row);
        let lot = row.text(self.batch);
        let lot_number = crate::is_lot_number(lot).then(|| lot.to_owned());
        if lot_number.is_none() && !lot.is_empty() {
            row.warn(IssueCode::PartIgnored, self.batch, "it has not the form of a batch number");
        }
        let in_practice = row.text(self.source).eq_ignore_ascii_case("in practice");
        Vaccination {
            given,
            reason: Coded::words(row.text(self.reason)).or(refusal),
            product: self.product(row),
            primary_source: in_practice.then_some(true),
            lot_number,
            site: Coded::words(row.text(self.site)),
            route: Coded::words(row.text(self.method)),
            ..Vaccination::default()
        }
    }

    /// Whether it was given, and why not as far as the status itself says. The test pack has no such column; where it is
    /// there and blank, nobody says that it was given.
    fn given(&self, row: &mut Row<'_>) -> (Option<Given>, Option<Coded>) {
        if self.status.at.is_none() {
            return (None, None);
        }
        match row.text(self.status).to_ascii_lowercase().as_str() {
            "given" => (Some(Given::Yes), None),
            "refusal to start or complete course" => (Some(Given::No), Some(refused())),
            // Somebody spoke of it, which is neither giving nor refusing it.
            "advised" | "" => (Some(Given::Unclear), None),
            _ => {
                row.warn(IssueCode::PartIgnored, self.status, "whether it was given is not clear");
                (Some(Given::Unclear), None)
            }
        }
    }

    /// The product: its code in the dictionary of medicines, and the compound's name.
    fn product(&self, row: &mut Row<'_>) -> Option<Coded> {
        let (code, words) = (row.text(self.product), FreeText::new(row.text(self.compound)));
        let coding = (component(code) == Some(Component::Concept)).then(|| Coding {
            system: CodeSystem::Dmd,
            code: code.to_owned(),
            display: None,
        });
        if coding.is_none() && !code.is_empty() {
            row.warn(IssueCode::PartIgnored, self.product, "it is not a code of the dictionary of medicines");
        }
        let product = Coded { codings: coding.into_iter().collect(), original_text: words };
        (product != Coded::default()).then_some(product)
    }
}

/// What the supplier's own status says, as SNOMED CT has it.
fn refused() -> Coded {
    let display = Some("No consent for immunisation".to_owned());
    let coding = Coding { system: CodeSystem::SnomedCt, code: "310376006".to_owned(), display };
    Coded { codings: vec![coding], original_text: None }
}
