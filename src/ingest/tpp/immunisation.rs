//! `SRImmunisation`: vaccinations. A row without codes is known by its product's name alone.

use record::{
    CodeClass, CodeRef, Content, Given, Issue, IssueCode, Listed, Mark, Quantity, Statement, StatementStatus,
    Vaccination, WithLists,
};

use super::{
    clinical::{CodeColumns, concept, done, event_link, statement},
    entry::{Body, EntryTable, Keys, recorded},
    lists::content_key,
    practice::Owners,
    row::Row,
    value::is_nothing,
};
use crate::delimited::columns;

/// Statuses that say that the vaccine was given. No list of them is published, so every other word says that it may not
/// have been; rows without one are what vaccinations given look like.
const GIVEN: [&str; 3] = ["administered", "completed", "given"];

/// Units of a dose. The field may be typed, so nothing else comes out of it.
const DOSES: [&str; 14] = [
    "capsule", "capsules", "dose", "doses", "drop", "drops", "mcg", "mg", "ml", "mls", "tablet", "tablets",
    "unit", "units",
];

columns! {
    /// Vaccinations. Versions 87 to 89 have no SNOMED CT.
    Immunisations = "SRImmunisation";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        when: "DateEvent", done_by: "IDDoneBy", product: "IDImmunisationContent", dose: "Dose", site: "Location",
        route: "Method", expires: "DateExpiry", ctv3: "ImmsReadCode", part: "VaccPart", lot: "VaccBatchNumber",
        status: "VaccinationStatus", event: "IDEvent", patient: "IDPatient", organisation: "IDOrganisation",
    }
    optional {
        snomed: "ImmsSNOMEDCode", registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData",
    }
    unused {
        "IDProfileEnteredBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "IDVaccination", "VaccAreaCode",
    }
}

impl EntryTable for Immunisations {
    const PREFIX: &str = "immunisation/";

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let product = row.mention(self.product).map(|number| content_key(&number));
        let columns =
            CodeColumns { ctv3: self.ctv3, ctv3_text: None, snomed: self.snomed, snomed_text: None };
        let code = match (concept(row, columns), &product) {
            (Some(coded), _) => CodeRef::Given(coded, Some(CodeClass::Immunisation)),
            (None, Some(product)) => CodeRef::Local(product.clone()),
            (None, None) => return Err(row.error(IssueCode::ValueMissing, self.ctv3)),
        };
        let (effective, performer) = done(row, self.when, self.done_by)?;
        let (given, status) = self.given(row);
        let vaccination = Some(Vaccination {
            given: Some(given),
            lot_number: self.lot(row),
            expires_on: row.day(self.expires, "the expiry date is left out"),
            dose: self.dose(row),
            ..Vaccination::default()
        });
        let content = WithLists {
            statement: Statement { effective, performer, vaccination, status, ..statement(code) },
            sequence: row.listed(self.part),
            site: row.listed(self.site),
            route: row.listed(self.route),
            product: product.map(Listed::Key),
        };
        Ok(Body {
            content: Content::WithLists(Box::new(content)),
            links: event_link(row, self.event, marks),
            recorded: recorded(row, self.recorded)?,
        })
    }
}

impl Immunisations {
    /// Whether it was given. What is unclear is not served as anything: its code alone would read as given.
    fn given(&self, row: &mut Row<'_>) -> (Given, StatementStatus) {
        match row.text(self.status) {
            text if is_nothing(text) => (Given::Yes, StatementStatus::Final),
            text if GIVEN.contains(&text.to_ascii_lowercase().as_str()) => {
                (Given::Yes, StatementStatus::Final)
            }
            _ => {
                row.warn(
                    IssueCode::PartIgnored,
                    self.status,
                    "it may not have been given, and is not served",
                );
                (Given::Unclear, StatementStatus::Unfiled)
            }
        }
    }

    fn lot(&self, row: &mut Row<'_>) -> Option<String> {
        let text = row.text(self.lot);
        if text.is_empty() || crate::is_lot_number(text) {
            return row.some(self.lot);
        }
        row.warn(IssueCode::PartIgnored, self.lot, "it is not a batch number");
        None
    }

    fn dose(&self, row: &mut Row<'_>) -> Option<Quantity> {
        let text = row.text(self.dose);
        let dose = dose(text);
        if dose.is_none() && !is_nothing(text) {
            row.warn(IssueCode::PartIgnored, self.dose, "it is not a number with a unit");
        }
        dose
    }
}

/// `0.5ml`, `0.5 ml`, `1 capsule`: a number and one of the units.
fn dose(text: &str) -> Option<Quantity> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let known = DOSES.contains(&unit.to_ascii_lowercase().as_str());
    let value = number.parse().ok().filter(|_| known)?;
    Some(Quantity { value, comparator: None, unit: Some(unit.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_is_a_number_and_a_unit_with_a_space_or_without() {
        for (text, value, unit) in [
            ("0.5ml", "0.5", "ml"),
            ("0.5 ml", "0.5", "ml"),
            ("1 capsule", "1", "capsule"),
            ("0.10 ML", "0.10", "ML"),
        ] {
            let quantity = dose(text).unwrap();
            assert_eq!((quantity.value.as_str(), quantity.unit.as_deref()), (value, Some(unit)), "{text}");
        }
        for text in ["", "0.5", "ml", "half", "0.5 ml Jane", "1 Jane", "0..5 ml", "-1 ml"] {
            assert_eq!(dose(text), None, "{text}");
        }
    }

    #[test]
    fn the_lists_of_words_are_in_lower_case() {
        assert!(GIVEN.iter().chain(&DOSES).all(|word| word.to_ascii_lowercase() == **word));
    }
}
