//! `CareRecord_Observation`: coded statements, with their results, texts and what contains them.
//!
//! What kind of thing one is comes from the category of its code, never from `ObservationType`, which is unreliable
//! and is only listened to where it withholds.

use record::{
    CodeRef, Content, Decimal, Effective, EntryId, FreeText, Interpretation, Issue, IssueCode, Link, Mark,
    ReferenceRange, Role, Statement, StatementStatus, Subject, Vaccination, Value,
};

use super::{
    clinical_code, consultation,
    entry::{Body, EntryTable, Keys, Marker, entry_id, link},
    qualifiers,
    row::Row,
};
use crate::delimited::{Column, Flag, columns};

columns! {
    /// Observations. `AssociatedText` left with version 7.1 and came back with 8.
    Observations = "CareRecord_Observation";
    required {
        guid: "ObservationGuid", patient: "PatientGuid", organisation: "OrganisationGuid",
        date: "EffectiveDate", precision: "EffectiveDatePrecision",
        entered_date: "EnteredDate", entered_time: "EnteredTime", clinician: "ClinicianUserInRoleGuid",
        parent: "ParentObservationGuid", code: "CodeId", problem: "ProblemGuid", consultation: "ConsultationGuid",
        value: "Value", unit: "NumericUnit", low: "NumericRangeLow", high: "NumericRangeHigh",
        deleted: "Deleted", confidential: "IsConfidential", sequence: "ProcessingId",
    }
    optional {
        kind: "ObservationType", text: "AssociatedText", operator: "NumericOperator", qualifiers: "Qualifiers",
        abnormal: "Abnormal", abnormal_reason: "AbnormalReason",
    }
    unused { "EnteredByUserInRoleGuid", "DocumentGuid", "Episode", }
}

impl EntryTable for Observations {
    fn keys(&self) -> Keys {
        Keys {
            patient: self.patient,
            organisation: self.organisation,
            deleted: self.deleted,
            sequence: self.sequence,
        }
    }

    fn id(&self, row: &Row<'_>) -> Result<EntryId, Issue> {
        entry_id(row, self.guid, "")
    }

    fn markers(&self) -> impl IntoIterator<Item = Marker> {
        [Marker { column: self.confidential, mark: Mark::Confidential }]
    }

    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let links = self.links(row, marks);
        let recorded = self.recorded(row)?;
        let content = Some(Content::Statement(Box::new(self.statement(row)?)));
        Ok(Body { content, links, recorded })
    }
}

impl Observations {
    fn links(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Vec<Link> {
        let consultation = link(row, self.consultation, consultation::PREFIX, Role::Consultation, marks);
        let parent = link(row, self.parent, "", Role::Panel, marks);
        let problem = link(row, self.problem, "", Role::Problem, marks);
        consultation.into_iter().chain(parent).chain(problem).collect()
    }

    fn recorded(&self, row: &mut Row<'_>) -> Result<Option<Effective>, Issue> {
        let recorded = row.moment(self.entered_date, self.entered_time)?;
        if recorded.is_none() {
            row.warn(IssueCode::ValueMissing, self.entered_date, "the entry counts as historical");
        }
        Ok(recorded)
    }

    fn statement(&self, row: &mut Row<'_>) -> Result<Statement, Issue> {
        let code = match row.text(self.code) {
            "" => return Err(row.error(IssueCode::ValueMissing, self.code)),
            text => clinical_code::key(text).ok_or_else(|| row.error(IssueCode::NumberInvalid, self.code))?,
        };
        Ok(Statement {
            code: CodeRef::Local(code),
            subject: self.subject(row),
            effective: self.effective(row)?,
            value: self.result(row)?,
            ranges: self.range(row).into_iter().collect(),
            interpretation: self.interpretation(row),
            text: FreeText::new(row.text(self.text)).into_iter().collect(),
            performer: row.mention(self.clinician),
            vaccination: self.vaccination(row),
            status: StatementStatus::Final,
        })
    }

    fn subject(&self, row: &Row<'_>) -> Subject {
        let relative = row.text(self.kind).eq_ignore_ascii_case("Family history");
        if relative { Subject::SomebodyElse } else { Subject::Patient }
    }

    /// When it was true. The date is padded to a whole one; the precision says how much of it counts. No version has
    /// a column for the time, so `YMDT` gives the day.
    fn effective(&self, row: &Row<'_>) -> Result<Option<Effective>, Issue> {
        let precision = row.text(self.precision).to_ascii_uppercase();
        if precision == "U" || (precision.is_empty() && row.text(self.date).is_empty()) {
            return Ok(None);
        }
        if !matches!(precision.as_str(), "Y" | "YM" | "YMD" | "YMDT") {
            return Err(row.error(IssueCode::PrecisionUnknown, self.precision));
        }
        let Some(date) = row.date(self.date)? else {
            return Err(row
                .error(IssueCode::ValueMissing, self.date)
                .detail("the precision says that it is known"));
        };
        Ok(Some(match precision.as_str() {
            "Y" => Effective::Year(date.year()),
            "YM" => Effective::Month(date.year(), date.month()),
            _ => Effective::Day(date),
        }))
    }

    /// The result. A number that cannot be read rejects the row.
    fn result(&self, row: &mut Row<'_>) -> Result<Option<Value>, Issue> {
        let text = row.text(self.value);
        if text.is_empty() {
            return Ok(None);
        }
        let value: Decimal = text.parse().map_err(|_| row.error(IssueCode::NumberInvalid, self.value))?;
        Ok(Some(row.compared([self.operator, self.value, self.unit], value)))
    }

    /// What is normal, with one bound or two; none at all where one of them cannot be read.
    fn range(&self, row: &mut Row<'_>) -> Option<ReferenceRange> {
        let low = self.bound(row, self.low)?;
        let high = self.bound(row, self.high)?;
        let said = low.is_some() || high.is_some();
        said.then(|| ReferenceRange { low, high, unit: row.some(self.unit), text: None })
    }

    fn bound(&self, row: &mut Row<'_>, column: Column) -> Option<Option<Decimal>> {
        match row.text(column) {
            "" => Some(None),
            text => match text.parse() {
                Ok(bound) => Some(Some(bound)),
                Err(_) => {
                    row.warn(IssueCode::PartIgnored, column, "the range is left out, a bound is no number");
                    None
                }
            },
        }
    }

    /// What the sender thinks of the result. Where the flag and the reason disagree, neither is taken.
    fn interpretation(&self, row: &mut Row<'_>) -> Option<Interpretation> {
        let abnormal = row.flag(self.abnormal);
        if abnormal == Flag::Unknown {
            row.warn(IssueCode::PartIgnored, self.abnormal, "it is neither true nor false");
        }
        let reason = match row.text(self.abnormal_reason).to_ascii_uppercase().as_str() {
            "" => None,
            "HI" => Some(Interpretation::High),
            "LO" => Some(Interpretation::Low),
            "OR" => Some(Interpretation::OutsideRange),
            "PA" => Some(Interpretation::PotentiallyAbnormal),
            _ => {
                row.warn(IssueCode::PartIgnored, self.abnormal_reason, "it is none of HI, LO, OR, PA");
                None
            }
        };
        match (abnormal, reason) {
            (Flag::True, None) => Some(Interpretation::Abnormal),
            (Flag::False, Some(_)) => {
                row.warn(IssueCode::PartIgnored, self.abnormal_reason, "the result is not flagged abnormal");
                None
            }
            (_, reason) => reason,
        }
    }

    fn vaccination(&self, row: &mut Row<'_>) -> Option<Vaccination> {
        let read = qualifiers::read(row.text(self.qualifiers));
        if !read.whole {
            row.warn(
                IssueCode::PartIgnored,
                self.qualifiers,
                "some of it cannot be read or is not as expected",
            );
        }
        read.vaccination
    }
}
