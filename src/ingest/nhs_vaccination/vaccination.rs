//! A row to a fact: whose, what became of it, and what was given or not.

use jiff::civil::Date;
use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Content, Effective, Entry, EntryId, Fact, Given, Identity,
    Issue, IssueCode, Mark, MarksCarried, NhsNumber, Quantity, Statement, StatementStatus, Subject,
    Vaccination,
};

use super::{Made, NhsVaccination, value};
use crate::{
    delimited::{Column, Table, Unusable, columns, compact_date},
    snomed::{Component, component},
};

columns! {
    /// Vaccinations. The columns about what was not given are those of an older header.
    Vaccinations = "the vaccination batch, version 5";
    required {
        nhs_number: "NHS_NUMBER", born: "PERSON_DOB", at: "DATE_AND_TIME", id: "UNIQUE_ID", id_uri: "UNIQUE_ID_URI",
        action: "ACTION_FLAG", recorded: "RECORDED_DATE", primary_source: "PRIMARY_SOURCE",
        procedure: "VACCINATION_PROCEDURE_CODE", procedure_term: "VACCINATION_PROCEDURE_TERM",
        sequence: "DOSE_SEQUENCE", product: "VACCINE_PRODUCT_CODE", product_term: "VACCINE_PRODUCT_TERM",
        manufacturer: "VACCINE_MANUFACTURER", batch: "BATCH_NUMBER", expires: "EXPIRY_DATE",
        site: "SITE_OF_VACCINATION_CODE", site_term: "SITE_OF_VACCINATION_TERM",
        route: "ROUTE_OF_VACCINATION_CODE", route_term: "ROUTE_OF_VACCINATION_TERM",
        amount: "DOSE_AMOUNT", unit_term: "DOSE_UNIT_TERM", indication: "INDICATION_CODE",
    }
    optional {
        not_given: "NOT_GIVEN", reason: "REASON_NOT_GIVEN_CODE", reason_term: "REASON_NOT_GIVEN_TERM",
    }
    unused {
        "PERSON_FORENAME", "PERSON_SURNAME", "PERSON_GENDER_CODE", "PERSON_POSTCODE", "SITE_CODE",
        "SITE_CODE_TYPE_URI", "PERFORMING_PROFESSIONAL_FORENAME", "PERFORMING_PROFESSIONAL_SURNAME",
        "DOSE_UNIT_CODE", "LOCATION_CODE", "LOCATION_CODE_TYPE_URI", "INDICATION_TERM",
    }
}

/// A row of a batch.
type Row<'r> = crate::delimited::Row<'r, Made>;

/// What stands in front of the id of an entry of this feed.
const FEED: &str = "nhs-vaccination";

/// What a row does to what was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    New,
    Update,
    Delete,
    /// Something that this version does not know: what it says is withheld.
    Unknown,
}

impl Action {
    fn of(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "NEW" => Self::New,
            "UPDATE" => Self::Update,
            "DELETE" => Self::Delete,
            _ => Self::Unknown,
        }
    }
}

impl Table<NhsVaccination> for Vaccinations {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let id = self.entry_id(row)?;
        let action = Action::of(row.text(self.action));
        let identity = self.identity(row);
        let entry = match action {
            Action::Delete => deletion(id, row, action),
            // A correction that names nobody takes back whom the entry was about.
            Action::Update | Action::Unknown if identity.is_none() => {
                row.warn(IssueCode::PatientInvalid, self.nhs_number, "what was sent before is withdrawn");
                deletion(id, row, action)
            }
            Action::New | Action::Update => self.entry(id, row, action)?,
            // It may be a deletion, which need not say what was given.
            Action::Unknown => self.entry(id.clone(), row, action).unwrap_or_else(|issue| {
                row.excuse(issue, "what the row does is not clear, so the entry is withdrawn");
                deletion(id, row, action)
            }),
        };
        match identity {
            Some(identity) => Ok(Fact::Guest(identity, Box::new(entry))),
            None if entry.deleted => Ok(Fact::GuestGone(Box::new(entry))),
            None => Err(row
                .error(IssueCode::PatientInvalid, self.nhs_number)
                .detail("without a valid NHS number nobody is named")
                .into()),
        }
    }
}

impl Vaccinations {
    /// The supplier's own key, and whose key it is.
    fn entry_id(&self, row: &Row<'_>) -> Result<EntryId, Issue> {
        let (id, uri) = (row.text(self.id), row.text(self.id_uri));
        for (text, column) in [(id, self.id), (uri, self.id_uri)] {
            if text.is_empty() {
                return Err(row.error(IssueCode::KeyInvalid, column).detail("the field is blank"));
            }
        }
        EntryId::of_guest(FEED, &format!("{uri}#{id}"))
            .ok_or_else(|| row.error(IssueCode::KeyInvalid, self.id).detail("with its URI it is too long"))
    }

    fn identity(&self, row: &mut Row<'_>) -> Option<Identity> {
        let nhs_number: NhsNumber = row.text(self.nhs_number).parse().ok()?;
        let birth_date = compact_date(row.text(self.born));
        if birth_date.is_none() {
            row.warn(IssueCode::DateInvalid, self.born, "nobody can be found by the number alone");
        }
        Some(Identity { nhs_number, birth_date })
    }

    fn entry(&self, id: EntryId, row: &mut Row<'_>, action: Action) -> Result<Entry, Issue> {
        let marks = match action {
            Action::Unknown => {
                row.warn(IssueCode::MarkUnknown, self.action, "it is none of NEW, UPDATE and DELETE");
                vec![Mark::Unrecognised]
            }
            Action::New | Action::Update | Action::Delete => Vec::new(),
        };
        let statement = self.statement(row)?;
        let recorded =
            row.read(self.recorded, compact_date, "it is no date, so the entry counts as historical");
        Ok(Entry {
            content: Some(Content::Statement(Box::new(statement))),
            recorded: recorded.map(Effective::Day),
            deleted: false,
            marks,
            ..deletion(id, row, action)
        })
    }

    fn statement(&self, row: &mut Row<'_>) -> Result<Statement, Issue> {
        let effective = value::moment(row.text(self.at))
            .ok_or_else(|| row.error(IssueCode::DateInvalid, self.at).detail("it is not yyyyMMddTHHmmss"))?;
        let code =
            self.coded(row, CodeSystem::SnomedCt, self.procedure, Some(self.procedure_term)).ok_or_else(
                || row.error(IssueCode::ValueMissing, self.procedure).detail("nor is there a term"),
            )?;
        Ok(Statement {
            code: CodeRef::Given(code, Some(CodeClass::Immunisation)),
            subject: Subject::Patient,
            effective: Some(effective),
            value: None,
            ranges: Vec::new(),
            interpretation: None,
            text: Vec::new(),
            performer: None,
            vaccination: Some(self.vaccination(row)),
            status: StatementStatus::Final,
        })
    }

    fn vaccination(&self, row: &mut Row<'_>) -> Vaccination {
        let given = self.given(row);
        let reason = match given {
            Given::Yes => self.coded(row, CodeSystem::SnomedCt, self.indication, None),
            Given::No | Given::Unclear => {
                self.coded(row, CodeSystem::SnomedCt, self.reason, Some(self.reason_term))
            }
        };
        let lot = |text: &str| crate::is_lot_number(text).then(|| text.to_owned());
        let maker = |text: &str| crate::is_maker(text).then(|| text.to_owned());
        Vaccination {
            given: Some(given),
            reason,
            product: self.coded(row, CodeSystem::Dmd, self.product, Some(self.product_term)),
            sequence: row.read(self.sequence, value::dose_sequence, "it is no number from 1"),
            primary_source: row.read(self.primary_source, value::truth, "it is neither TRUE nor FALSE"),
            manufacturer: row.read(self.manufacturer, maker, "it has not the form of a maker's name"),
            lot_number: row.read(self.batch, lot, "it has not the form of a batch number"),
            expires_on: self.expiry(row),
            site: self.coded(row, CodeSystem::SnomedCt, self.site, Some(self.site_term)),
            route: self.coded(row, CodeSystem::SnomedCt, self.route, Some(self.route_term)),
            dose: self.dose(row),
        }
    }

    /// A batch is of what was given; only the older header could say that something was not.
    fn given(&self, row: &mut Row<'_>) -> Given {
        match row.text(self.not_given) {
            "" => Given::Yes,
            text => match value::truth(text) {
                Some(true) => Given::No,
                Some(false) => Given::Yes,
                None => {
                    row.warn(IssueCode::PartIgnored, self.not_given, "whether it was given is not clear");
                    Given::Unclear
                }
            },
        }
    }

    /// A code of SNOMED CT, which the dictionary of medicines is part of, with its term; a term alone is words.
    fn coded(
        &self,
        row: &mut Row<'_>,
        system: CodeSystem,
        code: Column,
        term: Option<Column>,
    ) -> Option<Coded> {
        let term = term.map(|term| row.text(term)).filter(|term| !term.is_empty());
        let concept = |code: &str| match component(code)? {
            Component::Concept => Some((system, code.to_owned())),
            Component::Description => Some((CodeSystem::SnomedCtDescription, code.to_owned())),
            Component::EmisConcept => None,
        };
        match row.read(code, concept, "it is not a SNOMED CT identifier") {
            Some((system, code)) => {
                let coding = Coding { system, code, display: term.map(str::to_owned) };
                Some(Coded { codings: vec![coding], original_text: None })
            }
            None => term.and_then(Coded::words),
        }
    }

    fn expiry(&self, row: &mut Row<'_>) -> Option<Date> {
        row.read(self.expires, compact_date, "it is not yyyyMMdd")
    }

    /// The unit's name without what kind of thing it is: `Milliliter (qualifier value)`.
    fn dose(&self, row: &mut Row<'_>) -> Option<Quantity> {
        let value = row.read(self.amount, |text| text.parse().ok(), "it is no number")?;
        let unit = row.text(self.unit_term).split(" (").next().unwrap_or_default().trim();
        Some(Quantity { value, comparator: None, unit: (!unit.is_empty()).then(|| unit.to_owned()) })
    }
}

/// The entry with nothing in it. Of two rows of one file the deletion counts, and an update before what is new.
fn deletion(id: EntryId, row: &Row<'_>, action: Action) -> Entry {
    Entry {
        id,
        content: None,
        links: Vec::new(),
        marks: Vec::new(),
        marks_carried: MarksCarried::No,
        recorded: None,
        deleted: true,
        sequence: row.file().0.saturating_mul(4).saturating_add(action as u64),
        place: row.place().clone(),
    }
}
