//! One of every kind of request, whatever chance brings.

use gateway::fhir::{ParamKind, params_of};
use record::ResourceType;

use super::{
    requests::{Ask, BESIDE, FORMS_OF_OAUTH, KINDS, values},
    worlds::{Pair, SCOPES, kept},
};
use crate::gateway::{portal::encoded, reading::id_of};

/// One of every kind of request about a pair: each id, each parameter with each value, each page size.
pub fn sweep(pair: &Pair) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    let entries = [kept(&pair.a), kept(&pair.open)].concat();
    let ids: Vec<&str> = entries.iter().map(|(entry, _)| entry.id.as_str()).collect();
    for kind in ResourceType::ALL {
        let one = |entry: &&&str| entry.starts_with("secret") || entry.starts_with("patient");
        // Whatever may be hidden, and some of the rest.
        for entry in ids.iter().filter(one).chain(ids.iter().step_by(5)) {
            asks.extend(of_one(kind.name(), &id_of("p", kind, entry)));
        }
    }
    for kind in KINDS {
        for param in
            params_of(ResourceType::from_name(kind).unwrap()).iter().filter(|param| param.name != "_id")
        {
            // Dates are many: every seventh still has each prefix and each day.
            let step = if param.kind == ParamKind::Date { 7 } else { 1 };
            let values = values(param.name).into_iter().step_by(step);
            asks.extend(values.map(|value| Ask::get(format!("{kind}?{}", encoded(&[(param.name, &value)])))));
        }
        for sort in ["", "&_sort=-date", "&_sort=_id", "&_sort=_lastUpdated"] {
            asks.extend((0..8).map(|count| Ask::get(format!("{kind}?_count={count}{sort}"))));
        }
        asks.extend((8..22).map(|count| Ask::get(format!("{kind}?_count={count}&_sort=date"))));
        for name in ["_summary", "_elements", "_total", "_include", "_revinclude", "_security", "_format"] {
            asks.extend(values(name).iter().map(|value| Ask::get(format!("{kind}?{name}={value}"))));
        }
        asks.extend((0..=SCOPES.len()).map(|scope| Ask { scope, ..Ask::get(kind) }));
        asks.push(Ask::of("HEAD", format!("/fhir/R4/{kind}?_count=3")));
        asks.push(Ask::get(format!("{kind}?_count=3&_format=xml")));
        asks.push(Ask::posted(format!("/fhir/R4/{kind}/_search"), "_count=5&_lastUpdated=ge2026"));
        asks.push(Ask::get(format!("{kind}?colour=red")).with("prefer", "handling=strict"));
    }
    asks.extend(BESIDE.map(|path| Ask::of("GET", path)));
    asks.extend(FORMS_OF_OAUTH.map(|(path, form)| Ask::posted(path, form)));
    asks
}

/// Everything that can be asked about one id.
fn of_one(kind: &str, id: &str) -> Vec<Ask> {
    let path = format!("/fhir/R4/{kind}/{id}");
    let plain = || Ask::of("GET", path.clone());
    let mut asks: Vec<Ask> = (0..=SCOPES.len()).map(|scope| Ask { scope, ..plain() }).collect();
    asks.extend(["HEAD", "DELETE", "PUT"].map(|method| Ask::of(method, path.clone())));
    for (name, value) in [
        ("if-none-match", "W/\"1\""),
        ("if-none-match", "W/\"2\""),
        ("if-none-match", "*"),
        ("if-modified-since", "Mon, 02 Nov 2026 12:30:00 GMT"),
        ("accept", "application/fhir+xml"),
        ("accept", "text/html"),
    ] {
        asks.push(plain().with(name, value));
    }
    for tail in ["?_format=xml", "?_summary=text", "?_elements=code", "/_history", "/_history/1"] {
        asks.push(Ask::of("GET", format!("{path}{tail}")));
    }
    let search = format!("/fhir/R4/{kind}");
    asks.push(Ask::of("GET", format!("{search}?_id={id}")));
    asks.push(Ask::of("GET", format!("{search}?_id={id}&_summary=count")));
    asks.push(Ask::posted(format!("{search}/_search"), format!("_id={id}")));
    asks
}
