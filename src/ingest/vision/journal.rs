//! Journal: coded statements, with their results, texts and the encounter that they were recorded in.

use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Content, Effective, EntryId, Fact, FreeText, Issue,
    IssueCode, Mark, Quantity, Statement, StatementStatus, Subject, Value,
};

use super::{
    Vision, code, encounter,
    row::{Body, Row},
    staff,
    vaccination::Imms,
    value,
};
use crate::delimited::{Table, Unusable, columns};

columns! {
    /// Journal. The test pack has neither SNOMED CT nor entities, units and the columns of vaccinations.
    Journal = "journal";
    required {
        patient: "PID", id: "ID", date: "DATE", time: "TIME", recorded: "RECORDED_DATE", code: "CODE", rubric:
        "RUBRIC", text: "TEXT", clinician: "HCP", value1: "VALUE1", value2: "VALUE2", context: "CONTEXT", links:
        "LINKS", subset: "SUBSET", action: "ACTION",
    }
    optional { snomed: "SNOMED_CODE", entity: "ENTITY", unit1: "VALUE1_UNITS", imms_status: "IMMS_STATUS", imms_compound: "IMMS_COMPOUND", imms_product: "DMD_CODE", imms_source: "IMMS_SOURCE", imms_batch: "IMMS_BATCH", imms_reason: "IMMS_REASON", imms_method: "IMMS_METHOD", imms_site: "IMMS_SITE", }
    unused {}
}

/// What a row is, by the letter of `SUBSET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subset {
    Medication,
    Problem,
    Immunisation,
    Test,
    Allergy,
    /// Clinical, or a letter that this version does not know: its code says more.
    Clinical,
}

/// What a measurement's `ENTITY` says: its name, and the unit that is meant where none is written.
const MEASURED: [(&str, &str); 8] = [
    ("ALCOHOL", "per week"),
    ("BP", "mm Hg"),
    ("HEADS_CENTI", "cm"),
    ("HEIGHT", "m"),
    ("PULSE", "bpm"),
    ("SMOKING", "per day"),
    ("WAIST", "cm"),
    ("WEIGHT", "kg"),
];

impl Table<Vision> for Journal {
    fn fact(&self, row: &mut Row<'_>, (): &mut ()) -> Result<Fact, Unusable> {
        let patient = row.patient(self.patient)?;
        let id = EntryId::new(row.key(self.id)?)
            .ok_or_else(|| row.error(IssueCode::KeyInvalid, self.id).detail("it is too long"))?;
        row.entry(patient, id, self.action, |row, doubts| self.body(row, doubts))
    }
}

/// Acute, repeat, repeat issue, problem, immunisation, clinical, test, allergy; or not said.
const SUBSETS: [&str; 9] = ["A", "R", "S", "P", "I", "C", "T", "L", ""];

impl Journal {
    fn body(&self, row: &mut Row<'_>, doubts: &mut Vec<Mark>) -> Result<Body, Issue> {
        // What other contexts mean is not published; what is in one replaces what was in the first, and is withheld.
        if row.text(self.context) != "A" {
            row.warn(IssueCode::MarkUnknown, self.context, "it is not A");
            doubts.push(Mark::Unrecognised);
        }
        // It may be the neighbour's value, and the action's be here: a deletion would count as a change.
        if !SUBSETS.contains(&row.text(self.subset).to_ascii_uppercase().as_str()) {
            row.warn(IssueCode::MarkUnknown, self.subset, "there is no such subset");
            doubts.push(Mark::Unrecognised);
        }
        let links = encounter::links(row, self.links, doubts);
        let recorded = row.date(self.recorded)?.map(Effective::Day);
        if recorded.is_none() {
            row.warn(IssueCode::ValueMissing, self.recorded, "the entry counts as historical");
        }
        let content = Some(Content::Statement(Box::new(self.statement(row)?)));
        Ok(Body { content, links, recorded })
    }

    fn statement(&self, row: &mut Row<'_>) -> Result<Statement, Issue> {
        let subset = self.subset(row);
        let coded = self.coded(row)?;
        let vaccination = (subset == Subset::Immunisation).then(|| self.imms().read(row));
        // What a prescription has for values is its quantity and dose.
        let value = if subset == Subset::Medication { None } else { self.value(row) };
        Ok(Statement {
            code: CodeRef::Given(coded, self.class(row, subset)),
            subject: Subject::Patient,
            effective: self.effective(row)?,
            value,
            ranges: Vec::new(),
            interpretation: None,
            text: FreeText::new(row.text(self.text)).into_iter().collect(),
            performer: staff::member(row.text(self.clinician)),
            vaccination,
            status: StatementStatus::Final,
        })
    }

    fn imms(&self) -> Imms {
        Imms {
            status: self.imms_status,
            compound: self.imms_compound,
            product: self.imms_product,
            source: self.imms_source,
            batch: self.imms_batch,
            reason: self.imms_reason,
            method: self.imms_method,
            site: self.imms_site,
        }
    }

    /// Some rows filed as immunisations are measurements, as their entity says.
    fn subset(&self, row: &Row<'_>) -> Subset {
        match row.text(self.subset).to_ascii_uppercase().as_str() {
            "A" | "R" | "S" => Subset::Medication,
            "P" => Subset::Problem,
            "I" if self.measured(row).is_none() => Subset::Immunisation,
            "T" => Subset::Test,
            "L" => Subset::Allergy,
            _ => Subset::Clinical,
        }
    }

    fn measured(&self, row: &Row<'_>) -> Option<&'static (&'static str, &'static str)> {
        let entity = row.text(self.entity);
        MEASURED.iter().find(|(name, _)| name.eq_ignore_ascii_case(entity))
    }

    fn class(&self, row: &Row<'_>, subset: Subset) -> Option<CodeClass> {
        let chapter = code::read_code(row.text(self.code)).and_then(|code| code.chars().next());
        match (subset, chapter) {
            (Subset::Medication, _) => Some(CodeClass::Medication),
            (Subset::Problem, _) => Some(CodeClass::Condition),
            (Subset::Immunisation, _) => Some(CodeClass::Immunisation),
            (Subset::Allergy, _) => Some(CodeClass::Allergy),
            (Subset::Test, Some('5')) => Some(CodeClass::Imaging),
            (Subset::Test, Some('4') | None) => Some(CodeClass::Laboratory),
            (Subset::Test, Some(_)) => Some(CodeClass::Measurement),
            (Subset::Clinical, _) => None,
        }
    }

    fn coded(&self, row: &mut Row<'_>) -> Result<Coded, Issue> {
        let (coded, [snomed, read]) =
            code::coded(row.text(self.snomed), row.text(self.code), row.text(self.rubric));
        if !snomed {
            row.warn(IssueCode::PartIgnored, self.snomed, "it is not a SNOMED CT identifier");
        }
        if !read {
            row.warn(IssueCode::PartIgnored, self.code, "it is not a Read code");
        }
        if coded == Coded::default() {
            return Err(row.error(IssueCode::ValueMissing, self.code).detail("nor is there a rubric"));
        }
        Ok(coded)
    }

    /// The day, and the time of it where that can be read. Nothing marks a date that is only partly known.
    fn effective(&self, row: &mut Row<'_>) -> Result<Option<Effective>, Issue> {
        let Some(date) = row.date(self.date)? else { return Ok(None) };
        let at = value::time(row.text(self.time)).and_then(|time| Effective::local(date.to_datetime(time)));
        Ok(Some(at.unwrap_or(Effective::Day(date))))
    }

    /// The result. What is no number is words; a number without a unit is in that of its entity.
    fn value(&self, row: &mut Row<'_>) -> Option<Value> {
        let written = row.some(self.unit1);
        let implied = self.measured(row).map(|(_, unit)| *unit);
        let unit = written.as_deref().or(implied);
        let first = row.text(self.value1);
        let Some(number) = value::quantity(first, unit) else {
            let status = if first.is_empty() { self.status(row) } else { None };
            return status.or_else(|| FreeText::new(first).map(Value::Text));
        };
        if self.is_blood_pressure(row) {
            return self.blood_pressure(row, number);
        }
        if let (Some(status), true) = (self.status(row), value::is_zero(&number)) {
            return Some(status);
        }
        if !row.text(self.value2).is_empty() {
            row.warn(IssueCode::PartIgnored, self.value2, "what a second value means here is not known");
        }
        Some(Value::Quantity(number))
    }

    /// Whether the row has both readings: by its entity or its Read code, unless the code is that of one reading.
    fn is_blood_pressure(&self, row: &Row<'_>) -> bool {
        const HALVES: [&str; 8] = ["2469.", "246A.", "246Q.", "246R.", "246S.", "246T.", "246V.", "246W."];
        let code = code::read_code(row.text(self.code)).unwrap_or_default();
        let five = code.get(..5).unwrap_or_default();
        let both = ["246", "662L", "6623"].iter().any(|chapter| five.starts_with(chapter));
        let by_entity = self.measured(row).is_some_and(|(name, _)| *name == "BP");
        (both || by_entity) && !HALVES.contains(&five)
    }

    /// A reading of zero is none that anybody took.
    fn blood_pressure(&self, row: &mut Row<'_>, systolic: Quantity) -> Option<Value> {
        let systolic = Quantity { unit: systolic.unit.or_else(|| Some("mm Hg".to_owned())), ..systolic };
        let diastolic = value::quantity(row.text(self.value2), systolic.unit.as_deref());
        let diastolic = diastolic.filter(|reading| !value::is_zero(reading));
        if value::is_zero(&systolic) {
            row.warn(IssueCode::PartIgnored, self.value1, "a blood pressure of zero is left out");
            return None;
        }
        if diastolic.is_none() && !row.text(self.value2).is_empty() {
            row.warn(IssueCode::PartIgnored, self.value2, "the diastolic reading is left out");
        }
        Some(Value::BloodPressure(systolic, diastolic))
    }

    /// Whether somebody smokes or drinks, which stands in the second value of those codes. Blank says nothing.
    fn status(&self, row: &Row<'_>) -> Option<Value> {
        let code = row.text(self.code);
        let (concept, display) = match (code.get(..3)?, row.text(self.value2)) {
            ("137", "0") => ("266919005", "Never smoked tobacco"),
            ("137", "1") => ("77176002", "Smoker"),
            ("137", "2") => ("8517006", "Ex-smoker"),
            ("136", "0") => ("105542008", "Current non-drinker of alcohol"),
            ("136", "1") => ("219006", "Current drinker of alcohol"),
            ("136", "2") => ("82581004", "Ex-drinker"),
            _ => return None,
        };
        let coding = Coding {
            system: CodeSystem::SnomedCt,
            code: concept.to_owned(),
            display: Some(display.to_owned()),
        };
        Some(Value::Coded(Coded { codings: vec![coding], original_text: None }))
    }
}
