//! `SRCode`: coded statements with their numbers. The table has no text, no ranges and no judgement.

use record::{CodeRef, Content, Decimal, Issue, IssueCode, Mark, Statement, Value};

use super::{
    clinical::{CodeColumns, concept, done, event_link, statement},
    entry::{Body, EntryTable, Keys, recorded},
    practice::Owners,
    row::Row,
    value::is_nothing,
};
use crate::delimited::{Flag, columns};

columns! {
    /// Codes. Versions 87 to 89 have no SNOMED CT, test packs no `IsNumeric`.
    Codes = "SRCode";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        when: "DateEvent", done_by: "IDDoneBy", ctv3: "CTV3Code", ctv3_text: "CTV3Text", value: "NumericValue",
        unit: "NumericUnit", event: "IDEvent", patient: "IDPatient", organisation: "IDOrganisation",
    }
    optional {
        snomed: "SNOMEDCode", snomed_text: "SNOMEDText", comparator: "NumericComparator", is_numeric: "IsNumeric",
        registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData",
    }
    unused {
        "IDProfileEnteredBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "EpisodeType", "IDTemplate",
        "IDQuestionnaire", "IDReferralIn", "IDAppointment", "IDVisit",
    }
}

impl EntryTable for Codes {
    const PREFIX: &str = "code/";

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let columns = CodeColumns {
            ctv3: self.ctv3,
            ctv3_text: Some(self.ctv3_text),
            snomed: self.snomed,
            snomed_text: Some(self.snomed_text),
        };
        let coded = concept(row, columns).ok_or_else(|| row.error(IssueCode::ValueMissing, self.ctv3))?;
        let (effective, performer) = done(row, self.when, self.done_by)?;
        let value = self.result(row)?;
        let statement = Statement { effective, performer, value, ..statement(CodeRef::Given(coded, None)) };
        Ok(Body {
            content: Content::Statement(Box::new(statement)),
            links: event_link(row, self.event, marks),
            recorded: recorded(row, self.recorded)?,
        })
    }
}

impl Codes {
    /// The number, if the row says that it has one: `0.0` stands in every row that has none. A number that cannot be read
    /// rejects the row; where one was told of and is not there, or may not be there, that is what is kept.
    fn result(&self, row: &mut Row<'_>) -> Result<Option<Value>, Issue> {
        let text = row.text(self.value);
        let says = match row.flag(self.is_numeric) {
            // Without the column a placeholder is all there is to go by.
            Flag::Blank if self.is_numeric.at.is_none() => !is_nothing(text),
            Flag::True => true,
            Flag::False | Flag::Blank => false,
            Flag::Unknown => {
                row.warn(IssueCode::BooleanInvalid, self.is_numeric, "the value is left out");
                return Ok((!is_nothing(text)).then_some(Value::Unread));
            }
        };
        if !says {
            return Ok(None);
        }
        if text.is_empty() {
            row.warn(IssueCode::ValueMissing, self.value, "the row says that it has a number");
            return Ok(Some(Value::Unread));
        }
        let value: Decimal = text.parse().map_err(|_| row.error(IssueCode::NumberInvalid, self.value))?;
        Ok(Some(row.compared([self.comparator, self.value, self.unit], value)))
    }
}
