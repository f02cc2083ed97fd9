//! What a record means, whatever format it is written in.

use record::Effective;

use super::{Life, Marks, Statement};
use crate::{
    codes::{self, Code},
    day::{Moment, Precision},
    oracle::Meant,
};

/// The vaccination that a refusal is of: a bundle has a field for "not given", and the code says what.
pub fn refused(statement: &Statement) -> Option<&'static Code> {
    let of = ["declined", "contra", "no-consent"]
        .iter()
        .find_map(|end| statement.code.key.strip_suffix(end)?.strip_suffix('-'))?;
    Some(codes::named(match of {
        "mmr" => "mmr-1",
        "rota" => "rota-1",
        "covid" => "covid-1",
        "pneumo" => "pcv-1",
        _ => "flu",
    }))
}

/// A moment as FHIR writes it.
pub fn instant(at: Moment) -> String {
    let (hour, minute) =
        (i8::try_from(at.minute / 60).unwrap_or(0), i8::try_from(at.minute % 60).unwrap_or(0));
    Effective::local(at.day.at(hour, minute, 0, 0)).map(|at| at.to_string()).unwrap_or_default()
}

/// When a statement was true, to the day at most; blank if unknown.
pub fn date(statement: &Statement) -> String {
    date_as(statement, statement.precision)
}

/// The same in a format that knows it so precisely.
pub fn date_as(statement: &Statement, precision: Precision) -> String {
    match precision {
        Precision::Unknown => String::new(),
        Precision::Year => statement.day.strftime("%Y").to_string(),
        Precision::Month => statement.day.strftime("%Y-%m").to_string(),
        Precision::Day | Precision::Time => statement.day.to_string(),
    }
}

/// The categories of which nothing is served, where a format can tell them.
const NOT_SERVED: &[&str] = &["Allergy", "Referral", "Investigation requests", "Family history"];

/// Whether a statement becomes none of the resources that are served: it is about a relative, or of a category that is
/// told as not served.
fn is_left(statement: &Statement, told: &[&str]) -> bool {
    let of_relatives = ["father-smokes", "mother-smokes"].contains(&statement.code.key.as_str());
    let category = statement.code.category.as_str();
    of_relatives || statement.relative.is_some() || told.iter().any(|told| category.starts_with(told))
}

/// `observation`, `immunization` or `not-served`, by the code and the categories that a format tells as not served.
pub fn kind(statement: &Statement, told: &[&str]) -> &'static str {
    match (is_left(statement, told), statement.code.is_immunisation() && refused(statement).is_none()) {
        (true, _) => "not-served",
        (false, true) => "immunization",
        (false, false) => "observation",
    }
}

/// What a statement means by its code alone: a vaccination that was refused is an observation of just that.
pub fn meant(life: &Life, marks: &Marks, patient: &str, number: usize, statement: &Statement) -> Meant {
    let kind = kind(statement, NOT_SERVED);
    Meant {
        patient: patient.to_owned(),
        entry: statement.id.lower(),
        kind,
        code: statement.code.snomed.clone(),
        value: statement.value.clone().filter(|_| kind != "immunization").unwrap_or_default(),
        operator: statement.operator,
        unit: statement.unit,
        date: date(statement),
        hidden: marks.hide(life, number),
    }
}
