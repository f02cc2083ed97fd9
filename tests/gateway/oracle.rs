//! What a search must find, worked out from the resources themselves (R4, search.html) and not by the gateway's code.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::Value as Json;

type Range = (Timestamp, Timestamp);

/// Whether a resource satisfies one parameter.
pub fn holds(resource: &Json, name: &str, value: &str) -> bool {
    value.split(',').any(|one| match name {
        "_id" => resource["id"] == one,
        "status" => resource["status"] == one,
        "category" => list(&resource["category"]).any(|concept| has_coding(concept, one)),
        "code" => {
            let components = list(&resource["component"]).map(|component| &component["code"]);
            std::iter::once(&resource["code"]).chain(components).any(|concept| has_coding(concept, one))
        }
        "vaccine-code" => has_coding(&resource["vaccineCode"], one),
        "date" => date_of(resource).is_some_and(|text| date_holds(text, one)),
        "patient" | "subject" => {
            let about = resource.get("subject").or(resource.get("patient")).unwrap();
            about["reference"] == format!("Patient/{}", one.trim_start_matches("Patient/"))
        }
        other => panic!("no rule for {other}"),
    })
}

pub fn date_of(resource: &Json) -> Option<&str> {
    resource.get("effectiveDateTime").or(resource.get("occurrenceDateTime")).and_then(Json::as_str)
}

pub fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

/// Every coding of a concept as `system|code`.
pub fn codings(concept: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    list(&concept["coding"])
        .map(|coding| format!("{}|{}", text(&coding["system"]), text(&coding["code"])))
        .collect()
}

fn has_coding(concept: &Json, wanted: &str) -> bool {
    codings(concept).iter().any(|coding| match wanted.contains('|') {
        true => coding == wanted,
        false => coding.rsplit('|').next() == Some(wanted),
    })
}

/// R4's comparison of the searched range with the range that the resource's own date leaves open.
pub fn date_holds(of_resource: &str, searched: &str) -> bool {
    let prefixes = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"];
    let (prefix, date) = match searched.split_at(2) {
        (prefix, date) if prefixes.contains(&prefix) => (prefix, date),
        _ => ("eq", searched),
    };
    let ((low, high), (from, to)) = (range(date), range(of_resource));
    let inside = low <= from && to <= high;
    match prefix {
        "eq" => inside,
        "ne" => !inside,
        "gt" => to > high,
        "lt" => from < low,
        "ge" => inside || to > high,
        "le" => inside || from < low,
        "sa" => from >= high,
        _ => to <= low,
    }
}

fn range(text: &str) -> Range {
    if text.len() > 10 {
        let at: Timestamp = text.parse().unwrap();
        return (at, at + 1.second());
    }
    let start = |day: Date| {
        day.to_zoned(TimeZone::get("Europe/London").unwrap_or_else(|_| record::london())).unwrap()
    };
    let part = |at: std::ops::Range<usize>| text[at].parse::<i16>().unwrap();
    let month = |at: std::ops::Range<usize>| i8::try_from(part(at)).unwrap();
    let (first, next) = match text.len() {
        4 => (jiff::civil::date(part(0..4), 1, 1), 1.year()),
        7 => (jiff::civil::date(part(0..4), month(5..7), 1), 1.month()),
        _ => (jiff::civil::date(part(0..4), month(5..7), month(8..10)), 1.day()),
    };
    (start(first).timestamp(), start(first.checked_add(next).unwrap()).timestamp())
}
