//! Results: values, ranges and what the source thought of them.

use record::{Comparator, Decimal, FreeText, Interpretation, IssueCode, Quantity, ReferenceRange, Value};

use super::{
    concept,
    json::{Json, Object},
    notes::Notes,
};
use crate::signed::in_words;

/// Why a result cannot be used: the element, and words. Without it the statement would say something else.
pub(super) type Wrong = (IssueCode, &'static str, &'static str);

const KNOWN: [&str; 4] = ["valueQuantity", "valueCodeableConcept", "valueString", "valueRange"];

/// The result of an observation or a component.
///
/// # Errors
/// If there is one that cannot be read; with [`IssueCode::PartIgnored`], one of a kind that is not read at all.
pub(super) fn read(holder: &Object, notes: &mut Notes) -> Result<Option<Value>, Wrong> {
    let values: Vec<(&str, &Json)> = holder.members().filter(|(name, _)| name.starts_with("value")).collect();
    let (name, value) = match values.as_slice() {
        [] => return Ok(None),
        [one] => *one,
        _ => {
            return Err((
                IssueCode::PartIgnored,
                "value[x]",
                "there is more than one result, so it is kept but not served",
            ));
        }
    };
    if !KNOWN.contains(&name) {
        return Err((
            IssueCode::PartIgnored,
            "value[x]",
            "results of this type are not read, so it is kept but not served",
        ));
    }
    match value {
        Json::Text(text) if name == "valueString" => Ok(FreeText::new(text).map(Value::Text)),
        Json::Object(object) => match name {
            "valueQuantity" => match quantity(object) {
                Err((code @ IssueCode::OperatorUnknown, field, _)) => {
                    notes.warn(code, object.line, field, "the result is words");
                    Ok(Some(as_sent(object)))
                }
                quantity => quantity.map(|quantity| quantity.map(Value::Quantity)),
            },
            "valueRange" => range(object),
            "valueCodeableConcept" => {
                let coded = concept::read(object, notes);
                Ok((!concept::is_empty(&coded)).then_some(Value::Coded(coded)))
            }
            _ => Err((
                IssueCode::PartIgnored,
                "value[x]",
                "it is not of its own type, so it is kept but not served",
            )),
        },
        _ => Err((
            IssueCode::PartIgnored,
            "value[x]",
            "it is not of its own type, so it is kept but not served",
        )),
    }
}

/// A number with its unit: the UCUM code where there is one, which does not depend on how a supplier spells.
pub(super) fn quantity(of: &Object) -> Result<Option<Quantity>, Wrong> {
    let Some(value) = number(of, "value")? else { return Ok(None) };
    let comparator = match of.text("comparator") {
        None => None,
        Some(sign) => match Comparator::split(sign) {
            (Some(comparator), "") => Some(comparator),
            _ => {
                return Err((
                    IssueCode::OperatorUnknown,
                    "comparator",
                    "a number with a sign that is not known",
                ));
            }
        },
    };
    Ok(Some(Quantity { value, comparator, unit: unit(of) }))
}

/// A number and what stands beside it, in words.
fn as_sent(of: &Object) -> Value {
    let number = match of.get("value") {
        Some(Json::Number(number)) => number,
        _ => "",
    };
    let unit = of.text("unit").or_else(|| of.text("code")).unwrap_or_default();
    in_words(of.text("comparator").unwrap_or_default(), number, unit)
}

fn unit(of: &Object) -> Option<String> {
    let ucum = of.text("code").filter(|_| of.text("system") == Some("http://unitsofmeasure.org"));
    ucum.or_else(|| of.text("unit")).or_else(|| of.text("code")).map(str::to_owned)
}

fn number(of: &Object, name: &'static str) -> Result<Option<Decimal>, Wrong> {
    match of.get(name) {
        None => Ok(None),
        Some(Json::Number(text)) if text.parse::<Decimal>().is_ok() => Ok(text.parse().ok()),
        Some(_) => Err((IssueCode::NumberInvalid, name, "numbers are plain decimals")),
    }
}

fn range(of: &Object) -> Result<Option<Value>, Wrong> {
    let bound = |name| of.object(name).map(quantity).transpose().map(Option::flatten);
    let with = |bound: Quantity, comparator| Quantity { comparator: Some(comparator), ..bound };
    Ok(match (bound("low")?, bound("high")?) {
        (Some(low), Some(high)) => {
            Some(Value::Range(with(low, Comparator::GreaterOrEqual), with(high, Comparator::LessOrEqual)))
        }
        (Some(low), None) => Some(Value::Quantity(with(low, Comparator::GreaterOrEqual))),
        (None, Some(high)) => Some(Value::Quantity(with(high, Comparator::LessOrEqual))),
        (None, None) => None,
    })
}

/// The ranges. One for other people (an age, a sex) or one that cannot be read is left out: half of it says something
/// else.
pub(super) fn ranges(holder: &Object, notes: &mut Notes) -> Vec<ReferenceRange> {
    let mut ranges = Vec::new();
    for range in holder.objects("referenceRange") {
        if range.get("appliesTo").is_some() || range.get("age").is_some() {
            let detail = "it is for some people only and is left out";
            notes.warn(IssueCode::PartIgnored, range.line, "referenceRange", detail);
            continue;
        }
        let bound = |name| range.object(name).map_or(Ok(None), |bound| number(bound, "value"));
        match (bound("low"), bound("high")) {
            (Ok(low), Ok(high)) => {
                let unit = ["low", "high"].iter().find_map(|name| unit(range.object(name)?));
                let text = range.text("text").and_then(FreeText::new);
                ranges.push(ReferenceRange { low, high, unit, text });
            }
            _ => {
                let detail = "a bound is no number; the range is left out";
                notes.warn(IssueCode::NumberInvalid, range.line, "referenceRange", detail);
            }
        }
    }
    ranges.retain(|range| *range != ReferenceRange::default());
    ranges
}

/// The source's judgement, by its code or, where an adaptor wrote none, by its words.
pub(super) fn interpretation(holder: &Object, notes: &mut Notes) -> Option<Interpretation> {
    let concept = holder.object("interpretation")?;
    let code = concept.objects("coding").find_map(|coding| coding.text("code"));
    let words = || {
        let displays = concept.objects("coding").filter_map(|coding| coding.text("display"));
        concept.text("text").into_iter().chain(displays).map(str::to_lowercase).collect::<Vec<_>>()
    };
    match code.map(str::to_ascii_uppercase).as_deref() {
        Some("H" | "HU" | "HH" | "HI") => return Some(Interpretation::High),
        Some("L" | "LU" | "LL" | "LO") => return Some(Interpretation::Low),
        Some("OR") => return Some(Interpretation::OutsideRange),
        Some("PA") => return Some(Interpretation::PotentiallyAbnormal),
        Some("A" | "AA") => return Some(Interpretation::Abnormal),
        Some("N") => return None,
        _ => {}
    }
    let says = |what: &str| words().iter().any(|words| words.contains(what));
    match () {
        () if says("above high reference limit") => Some(Interpretation::High),
        () if says("below low reference limit") => Some(Interpretation::Low),
        () if says("outside reference range") => Some(Interpretation::OutsideRange),
        () if says("potentially abnormal") => Some(Interpretation::PotentiallyAbnormal),
        () => {
            notes.warn(
                IssueCode::PartIgnored,
                holder.line,
                "interpretation",
                "it is not known and is left out",
            );
            None
        }
    }
}
