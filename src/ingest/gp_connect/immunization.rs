//! Immunizations. Whether a vaccine was given is said by a field of its own (`notGiven`), and only one that says so
//! plainly is ever a completed vaccination; why and which dose come from theirs.

use record::{
    CodeClass, CodeRef, Coded, DoseSequence, FreeText, Given, Issue, IssueCode, Role, Statement,
    StatementStatus, Subject, Vaccination,
};

use super::{
    concept,
    json::{Json, Object},
    notes::Notes,
    observation::unless_modified,
    row::{Body, Row, references},
    time, value,
};
use crate::gp2gp::vaccination_text;

/// Fills the row of an immunization.
pub(super) fn fill(row: &mut Row, of: &Object, notes: &mut Notes) {
    row.subject = references(of, "patient").into_iter().next();
    row.performer =
        of.objects("practitioner").flat_map(|practitioner| references(practitioner, "actor")).next();
    row.maker = references(of, "manufacturer").into_iter().next();
    row.depends_on(Role::Consultation, of, "encounter");
    for reaction in of.objects("reaction") {
        row.depends_on(Role::Heading, reaction, "detail");
    }
    row.recorded = extension(of, "DateRecorded").and_then(|e| e.text("valueDateTime")).and_then(time::read);
    row.deleted = of.text("status") == Some("entered-in-error");
    row.body = match read(of, notes) {
        Ok(statement) => Body::Statements(Box::new(statement), Vec::new()),
        Err(issue) => Body::Rejected(issue),
    };
}

/// The extension whose address has this word in it: the profiles of several years differ in the rest.
fn extension<'a>(of: &'a Object, word: &str) -> Option<&'a Object> {
    of.objects("extension").find(|extension| extension.text("url").is_some_and(|url| url.contains(word)))
}

fn read(of: &Object, notes: &mut Notes) -> Result<Statement, Box<Issue>> {
    let effective = match of.get("date") {
        None => None,
        Some(date) => Some(date.text().and_then(time::read).ok_or_else(|| {
            notes.error(
                IssueCode::DateInvalid,
                of.line,
                "date",
                "FHIR dates are yyyy to yyyy-MM-ddThh:mm:ss+hh:mm",
            )
        })?),
    };
    let product = of.object("vaccineCode").map(|code| named(code, notes)).filter(|c| !concept::is_empty(c));
    let procedure = extension(of, "VaccinationProcedure").and_then(|e| e.object("valueCodeableConcept"));
    let procedure = procedure.map(|code| concept::read(code, notes)).filter(|c| !concept::is_empty(c));
    let Some(code) = procedure.or_else(|| product.clone()) else {
        return Err(notes.error(
            IssueCode::ValueMissing,
            of.line,
            "vaccineCode",
            "it says nothing of what was given",
        ));
    };
    let text: Vec<FreeText> =
        of.objects("note").filter_map(|note| note.text("text").and_then(FreeText::new)).collect();
    let told = Told { of, notes };
    let (vaccination, given) = told.vaccination(product, &text)?;
    Ok(Statement {
        code: CodeRef::Given(code, Some(CodeClass::Immunisation)),
        subject: Subject::Patient,
        effective,
        value: None,
        ranges: Vec::new(),
        interpretation: None,
        text,
        performer: None,
        status: status(of, given, notes),
        vaccination: Some(vaccination),
    })
}

/// A concept, unless it is none of a vaccine: that the code is not known.
fn named(code: &Object, notes: &mut Notes) -> Coded {
    let coded = concept::read(code, notes);
    let nothing = coded.codings.is_empty() && code.objects("coding").any(concept::code_is_null);
    // The words beside it may be the vaccine's; the display of the null is not.
    let words = code.text("text").and_then(Coded::words);
    if nothing { words.unwrap_or_default() } else { coded }
}

fn status(of: &Object, given: Given, notes: &mut Notes) -> StatementStatus {
    if given == Given::Unclear {
        let detail = "it does not say plainly whether it was given, so it is kept but not served";
        notes.warn(IssueCode::BooleanInvalid, of.line, "notGiven", detail);
        return StatementStatus::Unfiled;
    }
    if !matches!(of.text("status"), Some("completed" | "entered-in-error")) {
        notes.warn(
            IssueCode::PartIgnored,
            of.line,
            "status",
            "it is not completed, so it is kept but not served",
        );
        return StatementStatus::Unfiled;
    }
    unless_modified(of, notes)
}

/// What the elements beside code and date tell.
struct Told<'a, 'n> {
    of: &'a Object,
    notes: &'n mut Notes,
}

impl Told<'_, '_> {
    /// The elements; what they leave open is taken from the words in which suppliers' systems write it.
    fn vaccination(
        mut self,
        product: Option<Coded>,
        text: &[FreeText],
    ) -> Result<(Vaccination, Given), Box<Issue>> {
        let of = self.of;
        let given = match of.get("notGiven") {
            Some(Json::Bool(false)) => Given::Yes,
            Some(Json::Bool(true)) => Given::No,
            _ => Given::Unclear,
        };
        let words = vaccination_text::vaccination(text).unwrap_or_default();
        let dose = of.object("doseQuantity").map(value::quantity).transpose();
        let dose = dose.map_err(|(code, field, detail)| self.notes.error(code, of.line, field, detail))?;
        let expires = of.text("expirationDate").and_then(time::day).or(words.expires_on);
        Ok((
            Vaccination {
                given: Some(given),
                reason: self.reason(given),
                product,
                sequence: self.sequence(),
                manufacturer: words.manufacturer,
                lot_number: self.lot().or(words.lot_number),
                expires_on: expires,
                site: self.concept("site").or(words.site),
                route: self.concept("route").or(words.route),
                dose: dose.flatten().or(words.dose),
                ..Vaccination::default()
            },
            given,
        ))
    }

    fn concept(&mut self, element: &str) -> Option<Coded> {
        let coded = concept::read(self.of.object(element)?, self.notes);
        (!concept::is_empty(&coded)).then_some(coded)
    }

    fn lot(&mut self) -> Option<String> {
        let lot = self.of.text("lotNumber")?;
        if !crate::is_lot_number(lot) {
            self.notes.warn(
                IssueCode::PartIgnored,
                self.of.line,
                "lotNumber",
                "no batch number looks like this",
            );
            return None;
        }
        Some(lot.to_owned())
    }

    fn reason(&mut self, given: Given) -> Option<Coded> {
        let explanation = self.of.object("explanation")?;
        let element = if given == Given::Yes { "reason" } else { "reasonNotGiven" };
        let reasons: Vec<Coded> =
            explanation.objects(element).map(|reason| concept::read(reason, self.notes)).collect();
        reasons.into_iter().find(|reason| !concept::is_empty(reason))
    }

    /// Which dose of its course; where it belongs to several and the doses differ, none.
    fn sequence(&mut self) -> Option<DoseSequence> {
        let mut doses = self.of.objects("vaccinationProtocol").filter_map(|protocol| {
            match protocol.get("doseSequence") {
                Some(Json::Number(number)) => number.parse::<u32>().ok().filter(|number| *number > 0),
                _ => None,
            }
        });
        let first = doses.next()?;
        doses.all(|other| other == first).then_some(DoseSequence::Number(first))
    }
}
