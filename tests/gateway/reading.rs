//! Reading resources, in both formats, and what is not there to be read.

use policy::AccessLevel;
use record::{Mark, ResourceType};
use serde_json::Value as Json;

use super::fixture::{self, marked};
use crate::support::{Answer, World, fingerprint, ids, level, practice, subject};

#[test]
fn an_everyday_patient_reads_their_record() {
    let world = World::shared();
    let token = world.token("pat01", "patient/*.rs");
    let patients = world.get(&token, "Patient").matches();
    assert_eq!(patients.len(), 1);
    let observations = world.all(&token, "Observation?_count=100");
    assert!(observations.len() > 100, "{}", observations.len());
    assert!(!world.all(&token, "Immunization").is_empty());
}

/// The logical id of what an entry becomes.
pub fn id_of(who: &str, kind: ResourceType, entry: &str) -> String {
    ids().resource(&practice(), &subject(who).patient, kind, &record::EntryId::new(entry).unwrap())
}

fn accepting(world: &World, token: &str, path: &str, accept: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    if !accept.is_empty() {
        headers.push(("accept", accept));
    }
    world.ask("GET", &format!("/fhir/R4/{path}"), &headers, "")
}

#[test]
fn accept_and_format_choose_the_format_and_json_is_the_default() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let (json, xml) = ("application/fhir+json", "application/fhir+xml");
    let hapi = "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9";
    let paths = [
        format!("Patient/{}", world.logical_id("p")),
        "Observation?_count=2".to_owned(),
        "metadata".to_owned(),
    ];
    for path in &paths {
        let kind = |accept: &str, format: &str| {
            let join = if path.contains('?') { '&' } else { '?' };
            let path = if format.is_empty() { path.clone() } else { format!("{path}{join}_format={format}") };
            let answer = accepting(&world, &token, &path, accept);
            assert_eq!(answer.status, 200, "{accept} {format}");
            let kind = answer.header("content-type").unwrap().to_owned();
            assert_eq!(kind == xml, answer.body.starts_with(b"<"), "{accept} {format}");
            kind
        };
        for accept in
            ["", "*/*", "application/json", json, "application/json+fhir", hapi, "text/html, */*;q=0.1"]
        {
            assert_eq!(kind(accept, ""), json, "{accept}");
            assert_eq!(kind(accept, "xml"), xml, "{accept}");
            assert_eq!(kind(accept, "application/fhir%2Bxml"), xml);
            assert_eq!(kind(accept, "application/fhir+xml"), xml, "an unescaped plus sign");
        }
        for accept in
            [xml, "application/xml", "text/xml", "application/fhir+json;q=0.5, application/fhir+xml"]
        {
            assert_eq!(kind(accept, ""), xml, "{accept}");
            assert_eq!(kind(accept, "json"), json, "{accept}");
        }
    }
}

/// Every primitive of a JSON resource, as XML writes it in `value` attributes.
fn values_of_json(json: &Json, name: &str, out: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            let extension = name == "extension";
            for (key, value) in
                members.iter().filter(|(key, _)| *key != "resourceType" && !(extension && *key == "url"))
            {
                values_of_json(value, key, out);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| values_of_json(item, name, out)),
        Json::String(text) => out.push(text.clone()),
        Json::Null => {}
        other => out.push(other.to_string()),
    }
}

fn values_of_xml(xml: &str) -> Vec<String> {
    xml.split(" value=\"").skip(1).map(|rest| unescaped(rest.split('"').next().unwrap())).collect()
}

pub fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap();
        let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
            None => digits.parse().unwrap(),
        });
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => char::from_u32(number.unwrap()).unwrap(),
        });
        out.push_str(rest);
    }
    out
}

fn say_the_same(json: &Answer, xml: &Answer) {
    assert_eq!(json.status, xml.status);
    assert_eq!(xml.header("content-type"), Some("application/fhir+xml"));
    let body = json.json();
    let root = format!("<{} xmlns=\"http://hl7.org/fhir\"", body["resourceType"].as_str().unwrap());
    assert!(xml.text().contains(&root), "{}", xml.text());
    let (mut of_json, mut of_xml) = (Vec::new(), values_of_xml(&xml.text()));
    values_of_json(&body, "", &mut of_json);
    of_json.sort();
    of_xml.sort();
    assert!(!of_json.is_empty());
    let differ: Vec<_> = of_json.iter().zip(&of_xml).filter(|(json, xml)| json != xml).collect();
    assert!(differ.is_empty() && of_json.len() == of_xml.len(), "{differ:?}");
}

#[test]
fn xml_is_served_when_asked_for_and_says_what_json_says() {
    let world = World::shared();
    let token = world.token("pat02", "patient/*.rs");
    let one = |kind: &str| format!("{kind}/{}", world.get(&token, kind).ids()[0]);
    let paths = [
        one("Patient"),
        one("Immunization"),
        one("Observation"),
        "Observation?date=ge2025&_count=200&colour=red".to_owned(),
        "Immunization?date=ge2000&_count=200".to_owned(),
        "Patient".to_owned(),
        "metadata".to_owned(),
        "Observation/unknown".to_owned(),
        "Observation?date=never".to_owned(),
        "Condition/unknown".to_owned(),
    ];
    for path in paths {
        let json = accepting(world, &token, &path, "application/fhir+json");
        // Page links are sealed anew each time.
        if json.status == 200 && json.json()["resourceType"] == "Bundle" && json.link("next").is_some() {
            panic!("{path} must fit on a page");
        }
        assert_ne!(json.json()["total"], 0, "{path}");
        say_the_same(&json, &accepting(world, &token, &path, "application/fhir+xml"));
    }
    let refused = world.ask("GET", "/fhir/R4/Patient?_format=xml", &[], "");
    say_the_same(&world.ask("GET", "/fhir/R4/Patient", &[], ""), &refused);
}

/// The next page of a bundle in either format.
pub fn next_page(answer: &Answer) -> Option<String> {
    let text = answer.text();
    if let Some((_, rest)) = text.split_once(r#"{"relation":"next","url":""#) {
        return rest.split('"').next().map(str::to_owned);
    }
    let (_, rest) = text.split_once(r#"<relation value="next"/>"#)?;
    let (_, rest) = rest.split_once(r#"<url value=""#)?;
    rest.split('"').next().map(unescaped)
}

#[test]
fn a_page_link_keeps_the_format_that_was_asked_for() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let first = world.get(&token, "Observation?_count=4&_format=xml");
    let second =
        world.get(&token, &next_page(&first).unwrap_or_else(|| panic!("no next page: {}", first.text())));
    assert_eq!((second.status, second.header("content-type")), (200, Some("application/fhir+xml")));
    assert!(next_page(&second).is_some());
}

#[test]
fn unknown_hidden_and_foreign_ids_answer_alike() {
    let mut entries = fixture::record();
    entries.push(marked(fixture::weight("hidden", "90"), Mark::NotForPatient));
    let world = World::of(entries);
    world.put("q", vec![fixture::weight("others", "70")]);
    let token = world.token("p", "patient/*.rs");
    let observation = |who: &str, entry: &str| id_of(who, ResourceType::Observation, entry);
    assert_eq!(world.get(&token, &format!("Observation/{}", observation("p", "weight-day"))).status, 200);
    let bearer = format!("Bearer {token}");
    for header in [("accept", "*/*"), ("accept", "application/fhir+xml"), ("if-none-match", "W/\"1\"")] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let answers: Vec<_> = [
                "feedfeedfeedfeedfeedfeedfeedfeed".to_owned(),
                observation("p", "never"),
                observation("p", "hidden"),
                observation("q", "others"),
                world.logical_id("q"),
                id_of("p", ResourceType::Immunization, "mmr"),
            ]
            .iter()
            .map(|id| {
                let path = format!("/fhir/R4/Observation/{id}");
                fingerprint(&world.ask(method, &path, &[("authorization", &bearer), header], ""))
            })
            .collect();
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{method} {header:?}: {answers:?}");
            assert!(!matches!(method, "GET" | "HEAD") || answers[0].0 == 404);
        }
    }
}

#[test]
fn another_patients_record_is_not_there() {
    let world = World::of(fixture::record());
    world.put("q", fixture::record());
    let token = world.token("p", "patient/*.rs");
    let (q, unknown) = (world.logical_id("q"), "feedfeedfeedfeedfeedfeedfeedfeed".to_owned());
    let same = |path: &dyn Fn(&str) -> String| {
        let (theirs, nobodys) = (world.get(&token, &path(&q)), world.get(&token, &path(&unknown)));
        let blank = |answer: &Answer, id: &str| answer.text().replace(id, "-");
        assert_eq!((theirs.status, blank(&theirs, &q)), (nobodys.status, blank(&nobodys, &unknown)));
        theirs
    };
    assert_eq!(same(&|id| format!("Patient/{id}")).status, 404);
    for kind in ["Observation", "Immunization"] {
        let found = same(&|id| format!("{kind}?patient={id}"));
        assert_eq!((found.status, found.json()["total"].as_u64()), (200, Some(0)));
        assert!(!world.get(&token, kind).ids().is_empty(), "one's own is there");
    }
    assert_eq!(same(&|id| format!("Patient?_id={id}")).ids().len(), 0);
    for (kind, entry) in [(ResourceType::Observation, "weight-day"), (ResourceType::Immunization, "mmr")] {
        let path = |who: &str| format!("{}/{}", kind.name(), id_of(who, kind, entry));
        assert_eq!((world.get(&token, &path("p")).status, world.get(&token, &path("q")).status), (200, 404));
    }
}

#[test]
fn summary_level_serves_the_patient_alone() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let observation = id_of("p", ResourceType::Observation, "weight-day");
    assert!(!world.get(&token, "Observation").ids().is_empty());
    world.let_in("p", &subject("p"), level(AccessLevel::Summary));
    assert_eq!(world.get(&token, "Patient").ids(), [world.logical_id("p")]);
    assert_eq!(world.get(&token, &format!("Patient/{}", world.logical_id("p"))).status, 200);
    for kind in ["Observation", "Immunization"] {
        let answer = world.get(&token, kind);
        assert_eq!((answer.status, answer.json()["total"].as_u64()), (200, Some(0)), "{kind}");
    }
    assert_eq!(world.get(&token, &format!("Observation/{observation}")).status, 404);
    world.let_in("p", &subject("p"), level(AccessLevel::None));
    assert!(world.get(&token, "Patient").ids().is_empty());
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let bearer = format!("Bearer {token}");
    let path = format!("/fhir/R4/Observation/{}", id_of("p", ResourceType::Observation, "weight-day"));
    let first = world.ask("GET", &path, &[("authorization", &bearer)], "");
    let (etag, modified) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    assert_eq!(etag, format!("W/\"{}\"", first.json()["meta"]["versionId"].as_str().unwrap()));
    let status = |name: &str, value: &str| {
        world.ask("GET", &path, &[("authorization", &bearer), (name, value)], "").status
    };
    assert_eq!(status("if-none-match", etag), 304);
    assert_eq!(status("if-none-match", "W/\"999\""), 200);
    assert_eq!(status("if-modified-since", modified), 304);
    assert_eq!(status("if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT"), 200);
}
