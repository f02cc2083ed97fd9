//! `SRImmunisationConsent`: consent to a vaccination, or its refusal. Neither is ever a vaccination, and what was taken
//! back is not served.

use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Content, FreeText, Issue, IssueCode, Mark, Statement,
    StatementStatus,
};

use super::{
    clinical::{done, event_link, statement},
    entry::{Body, EntryTable, Keys, recorded},
    practice::Owners,
    row::Row,
    value::When,
};
use crate::delimited::{Flag, columns};

/// What the flag means, in SNOMED CT.
const CONSENT: (&str, &str) = ("310375005", "Immunisation consent given");
const REFUSAL: (&str, &str) = ("310376006", "No consent for immunisation");

columns! {
    /// Consents.
    Consents = "SRImmunisationConsent";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        when: "DateEvent", done_by: "IDDoneBy", consents: "ConsentedToVacc", current: "RefusalOrConsentCurrent",
        ended: "DateEnded", vaccine: "VaccName", event: "IDEvent", patient: "IDPatient",
        organisation: "IDOrganisation",
    }
    optional { registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData", }
    unused { "IDProfileEnteredBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "VaccContent", }
}

impl EntryTable for Consents {
    const PREFIX: &str = "consent/";

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let (code, display) = match row.flag(self.consents) {
            Flag::True => CONSENT,
            Flag::False => REFUSAL,
            Flag::Blank | Flag::Unknown => return Err(row.error(IssueCode::BooleanInvalid, self.consents)),
        };
        let coding =
            Coding { system: CodeSystem::SnomedCt, code: code.to_owned(), display: Some(display.to_owned()) };
        let coded = Coded { codings: vec![coding], original_text: None };
        let (effective, performer) = done(row, self.when, self.done_by)?;
        let stands = row.flag(self.current) == Flag::True && row.when(self.ended) == When::Nothing;
        let statement = Statement {
            effective,
            performer,
            text: FreeText::new(row.text(self.vaccine)).into_iter().collect(),
            status: if stands { StatementStatus::Final } else { StatementStatus::Unfiled },
            ..statement(CodeRef::Given(coded, Some(CodeClass::Immunisation)))
        };
        Ok(Body {
            content: Content::Statement(Box::new(statement)),
            links: event_link(row, self.event, marks),
            recorded: recorded(row, self.recorded)?,
        })
    }
}
