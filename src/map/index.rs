//! What a disclosed body can be found by. It looks at nothing but the body, so that nothing can be found by what the
//! body does not show (invariant I1).

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date};
use record::{Effective, Index, Json, ResourceType};

/// The search index of a *disclosed* JSON body: call it after the disclosure table was applied.
#[must_use]
pub fn index(kind: ResourceType, body: &Json<'_>) -> Index {
    let status = text(body.get("status"));
    match kind {
        ResourceType::Patient => patient(body),
        ResourceType::Observation => {
            let components = list(body.get("component")).filter_map(|component| component.get("code"));
            Index {
                codes: body.get("code").into_iter().chain(components).flat_map(codings).collect(),
                categories: list(body.get("category")).flat_map(codings).collect(),
                identifiers: identifiers(body),
                status,
                date: date(body.get("effectiveDateTime")),
                ..Index::default()
            }
        }
        ResourceType::Immunization => Index {
            codes: body.get("vaccineCode").into_iter().flat_map(codings).collect(),
            identifiers: identifiers(body),
            status,
            date: date(body.get("occurrenceDateTime")),
            ..Index::default()
        },
    }
}

fn patient(body: &Json<'_>) -> Index {
    let names = || list(body.get("name"));
    let parts = |element: &'static str| {
        names().flat_map(move |name| list(name.get(element))).filter_map(Json::text).map(|text| fold(&text))
    };
    let one = |element: &'static str| {
        names().filter_map(move |name| name.get(element)).filter_map(Json::text).map(|text| fold(&text))
    };
    Index {
        identifiers: identifiers(body),
        family: one("family").collect(),
        given: parts("given").collect(),
        name: one("text")
            .chain(one("family"))
            .chain(parts("given"))
            .chain(parts("prefix"))
            .chain(parts("suffix"))
            .collect(),
        gender: text(body.get("gender")),
        birth_date: date(body.get("birthDate")),
        active: match body.get("active") {
            Some(Json::Bare("true")) => Some(true),
            Some(Json::Bare("false")) => Some(false),
            Some(_) | None => None,
        },
        ..Index::default()
    }
}

fn list<'j>(value: Option<&'j Json<'j>>) -> impl Iterator<Item = &'j Json<'j>> {
    value.into_iter().flat_map(Json::items)
}

fn text(value: Option<&Json<'_>>) -> Option<String> {
    value.and_then(Json::text).map(Cow::into_owned)
}

fn codings(concept: &Json<'_>) -> impl Iterator<Item = (String, String)> {
    list(concept.get("coding")).filter_map(|coding| {
        Some((text(coding.get("system")).unwrap_or_default(), text(coding.get("code"))?))
    })
}

fn identifiers(body: &Json<'_>) -> Vec<(String, String)> {
    let pair = |identifier: &Json<'_>| {
        Some((text(identifier.get("system")).unwrap_or_default(), text(identifier.get("value"))?))
    };
    list(body.get("identifier")).filter_map(pair).collect()
}

/// The instants that a FHIR date or dateTime can mean.
fn date(value: Option<&Json<'_>>) -> Option<(Timestamp, Timestamp)> {
    let text = value?.text()?;
    let effective = match text.len() {
        4 => Effective::year(text.parse().ok()?).ok()?,
        7 => {
            let (year, month) = text.split_once('-')?;
            Effective::month(year.parse().ok()?, month.parse().ok()?).ok()?
        }
        10 => Effective::Day(text.parse::<Date>().ok()?),
        _ => Effective::at(text.parse().ok()?),
    };
    Some(effective.span())
}

/// A name as it is compared (R4, search.html#string): lower case, without accents, single spaces. Search values must go
/// through this too.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// A lower-case letter of the Latin alphabets without its accent; nothing for a combining accent.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ế' | 'ễ' | 'ệ' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' => "u",
        'ŵ' | 'ẁ' | 'ẃ' | 'ẅ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '\u{300}'..='\u{36F}' => "",
        '\u{2019}' => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Made, body, find, map_all, mapped, patient};

    fn index(kind: ResourceType, body: &Value) -> Index {
        super::index(kind, &Json::read(body.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_patient_is_found_by_number_and_folded_names() {
        let found = index(ResourceType::Patient, &body(find(&map_all(&[patient()]), "patient")));
        assert_eq!(found.identifiers, [("https://fhir.nhs.uk/Id/nhs-number".into(), "9990000018".into())]);
        assert_eq!(found.family, ["testpatient"]);
        assert_eq!(found.given, ["zoe", "quinn"]);
        assert!(found.name.contains(&"ms zoe quinn testpatient".to_owned()));
        assert_eq!(found.gender.as_deref(), Some("female"));
        assert_eq!(found.active, Some(true));
        assert_eq!(
            found.birth_date.map(|(from, _)| from.to_string()).as_deref(),
            Some("1980-02-29T00:00:00Z")
        );
    }

    #[test]
    fn an_observation_is_found_by_code_component_category_status_and_date() {
        let made = vec![
            Made::snomed("bp", "163020007", "BP"),
            Made::snomed("s", "72313002", "Systolic").value("120", "mmHg").part_of("bp"),
        ];
        let found = index(ResourceType::Observation, &body(find(&mapped(made), "bp")));
        let has = |system: &str, code: &str| found.codes.contains(&(system.into(), code.into()));
        assert!(has("http://loinc.org", "85354-9") && has("http://loinc.org", "8480-6"));
        assert!(has("http://snomed.info/sct", "75367002"));
        assert_eq!(found.categories[0].1, "vital-signs");
        assert_eq!(found.status.as_deref(), Some("final"));
        assert_eq!(found.date.map(|(_, to)| to.to_string()).as_deref(), Some("2024-03-02T00:00:00Z"));
    }

    #[test]
    fn nothing_is_found_by_what_a_body_does_not_show() {
        let stripped = json!({"resourceType": "Observation", "code": {"text": "x"}, "effectiveDateTime": 7});
        assert_eq!(index(ResourceType::Observation, &stripped), Index::default());
        assert_eq!(index(ResourceType::Patient, &json!(null)), Index::default());
        assert_eq!(index(ResourceType::Immunization, &json!([])), Index::default());
    }

    #[test]
    fn a_date_of_any_precision_is_the_instants_that_it_can_mean() {
        let span = |text: &str| date(Some(&Json::Spelled(text))).map(|(from, to)| format!("{from} {to}"));
        assert_eq!(span("2023").as_deref(), Some("2023-01-01T00:00:00Z 2024-01-01T00:00:00Z"));
        assert_eq!(span("2024-07").as_deref(), Some("2024-06-30T23:00:00Z 2024-07-31T23:00:00Z"));
        assert_eq!(
            span("2024-07-01T00:30:00+01:00").as_deref(),
            Some("2024-06-30T23:30:00Z 2024-06-30T23:30:01Z")
        );
        assert_eq!(span("unknown"), None);
        assert_eq!(span("2024-13"), None);
    }

    #[test]
    fn names_are_compared_without_case_accents_and_double_spaces() {
        assert_eq!(fold("  Zoë   O\u{2019}Brien "), "zoe o'brien");
        assert_eq!(fold("ŁUKASZ Müßig"), "lukasz mussig");
        assert_eq!(fold("Zoe\u{308}"), "zoe");
    }
}
