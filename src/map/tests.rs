//! What holds for any record: no panic, nothing from what was deleted, every digit kept, the same bytes in any order;
//! and XML for each kind of answer.

use jiff::civil::date;
use proptest::prelude::*;
use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Container, Content, Effective, Entry, FreeText, Link,
    Role, StatementStatus, Subject, Value,
};
use serde_json::json;

use crate::{
    Mapping, WhyNot,
    testing::{Made, body, demographics, entry, find, id, map_all, mapped, patient, quantity, text},
};

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const CODES: [&str; 8] = [
    "163020007",
    "72313002",
    "1091811000000102",
    "27113001",
    "38598009",
    "310376006",
    "161077003",
    "45352010",
];

fn a_coding() -> impl Strategy<Value = Coding> {
    let system = prop_oneof![
        Just(CodeSystem::SnomedCt),
        Just(CodeSystem::SnomedCtDescription),
        Just(CodeSystem::ReadV2),
        Just(CodeSystem::Oid("1.2.3".into())),
    ];
    let code =
        prop_oneof![3 => prop::sample::select(CODES.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    (system, code, any::<Option<String>>()).prop_map(|(system, code, display)| Coding {
        system,
        code,
        display,
    })
}

fn a_value() -> impl Strategy<Value = Value> {
    let number = || "-?[0-9]{1,6}(\\.[0-9]{1,6})?";
    let unit = || prop_oneof![Just("mmHg".to_owned()), Just("kg".to_owned()), any::<String>()];
    prop_oneof![
        (number(), unit()).prop_map(|(number, unit)| Value::Quantity(quantity(&number, &unit))),
        (number(), number())
            .prop_map(|(low, high)| Value::Range(quantity(&low, "g/L"), quantity(&high, "g/L"))),
        "[a-z]{1,9}".prop_map(|words| Value::Text(text(&words))),
        prop::collection::vec(a_coding(), 0..3)
            .prop_map(|codings| Value::Coded(Coded { codings, original_text: None })),
    ]
}

fn a_class() -> impl Strategy<Value = Option<CodeClass>> {
    prop::option::of(prop::sample::select(vec![
        CodeClass::Laboratory,
        CodeClass::Immunisation,
        CodeClass::FamilyHistory,
        CodeClass::SocialHistory,
        CodeClass::Other,
    ]))
}

fn a_date() -> impl Strategy<Value = Option<Effective>> {
    prop::option::of(prop_oneof![
        Just(Effective::Year(1990)),
        Just(Effective::Month(2010, 5)),
        Just(Effective::Day(date(2024, 3, 1))),
        Just(Effective::at(jiff::Timestamp::UNIX_EPOCH)),
    ])
}

fn a_content() -> impl Strategy<Value = Option<Content>> {
    let code = (prop::collection::vec(a_coding(), 0..3), any::<Option<String>>(), a_class());
    let rest = (prop::option::of(a_value()), a_date(), any::<bool>(), any::<bool>(), any::<Option<String>>());
    let statement =
        (code, rest).prop_map(|((codings, typed, class), (value, effective, mine, filed, note))| {
            let made = Made::new("x", vec![]).with(|statement| {
                let original_text = typed.as_deref().and_then(FreeText::new);
                statement.code = CodeRef::Given(Coded { codings, original_text }, class);
                statement.value = value;
                statement.effective = effective;
                statement.subject = if mine { Subject::Patient } else { Subject::SomebodyElse };
                statement.status = if filed { StatementStatus::Final } else { StatementStatus::Unfiled };
                statement.text = note.as_deref().and_then(FreeText::new).into_iter().collect();
            });
            made.0.content
        });
    prop_oneof![
        8 => statement,
        1 => Just(Some(Content::Container(Container::Heading))),
        1 => Just(Some(Content::Patient(Box::new(demographics())))),
        1 => Just(None),
    ]
}

fn an_entry() -> impl Strategy<Value = Entry> {
    let links = prop::collection::vec(prop::sample::select(IDS.to_vec()), 0..3);
    let fields = (
        prop::sample::select(IDS.to_vec()),
        a_content(),
        links,
        a_date(),
        prop::bool::weighted(0.2),
        0..3u64,
    );
    fields.prop_map(|(name, content, links, recorded, deleted, sequence)| {
        let links = links.into_iter().map(|to| Link { role: Role::Panel, to: id(to) }).collect();
        Entry { links, recorded, deleted, sequence, ..entry(name, content) }
    })
}

fn some_entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(an_entry(), 0..8).prop_map(|mut entries| {
        entries.push(patient());
        entries
    })
}

/// Every entry's key once: the later of two counts.
fn counted(entries: &[Entry]) -> Vec<Entry> {
    let by_id: std::collections::BTreeMap<_, _> =
        entries.iter().map(|entry| (entry.id.clone(), entry)).collect();
    by_id.into_values().cloned().collect()
}

fn once_each(mapping: &Mapping) -> Vec<&record::EntryId> {
    let mut seen: Vec<_> = mapping.resources.iter().flat_map(|mapped| &mapped.sources).collect();
    seen.extend(mapping.unmapped.iter().map(|unmapped| &unmapped.entry));
    seen.sort();
    seen
}

/// FHIR forbids empty objects, lists and strings (R4, json.html).
fn has_empty(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(object) => object.is_empty() || object.values().any(has_empty),
        serde_json::Value::Array(list) => list.is_empty() || list.iter().any(has_empty),
        serde_json::Value::String(text) => text.trim().is_empty(),
        serde_json::Value::Null => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn each_entry_is_a_source_of_one_resource_or_has_a_reason(entries in some_entries()) {
        let mapping = map_all(&entries);
        let counted = counted(&entries);
        prop_assert_eq!(once_each(&mapping), counted.iter().map(|entry| &entry.id).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_deleted_and_what_only_holds_others_never_becomes_a_resource(entries in some_entries()) {
        let mapping = map_all(&entries);
        for entry in counted(&entries) {
            let never = entry.deleted || matches!(entry.content, None | Some(Content::Container(_)));
            let used = mapping.resources.iter().any(|mapped| {
                mapped.sources.contains(&entry.id) || mapped.members.contains(&entry.id)
            });
            prop_assert!(!(never && used));
        }
    }

    #[test]
    fn the_order_of_the_entries_does_not_matter(entries in some_entries()) {
        let mut turned = counted(&entries);
        turned.reverse();
        prop_assert_eq!(map_all(&turned), map_all(&entries));
    }

    #[test]
    fn every_body_is_json_with_its_id_and_every_member_is_an_observation(entries in some_entries()) {
        let mapping = map_all(&entries);
        let observations: Vec<String> = mapping.resources.iter().map(|mapped| format!("{}/{}", mapped.kind.name(), mapped.id)).collect();
        for mapped in &mapping.resources {
            let body = body(mapped);
            prop_assert_eq!(body["id"].as_str(), Some(mapped.id.as_str()));
            prop_assert!(!body["meta"]["profile"].as_array().unwrap().is_empty());
            prop_assert!(!has_empty(&body), "{}", body);
            for member in body["hasMember"].as_array().into_iter().flatten() {
                prop_assert!(observations.contains(&member["reference"].as_str().unwrap().to_owned()));
            }
            prop_assert_eq!(body["hasMember"].as_array().map_or(0, Vec::len), mapped.members.len());
            prop_assert!(fhir::json_to_xml(&mapped.json).is_ok());
        }
    }

    #[test]
    fn a_decimal_keeps_every_digit(number in "-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?") {
        let made = Made::snomed("a", "1000651000000109", "A level").value(&number, "mmol/L");
        let mapping = mapped(vec![made]);
        let text = String::from_utf8(find(&mapping, "a").json.clone()).unwrap();
        let written = format!("\"valueQuantity\":{{\"value\":{number},");
        prop_assert!(text.contains(&written));
        let xml = String::from_utf8(fhir::json_to_xml(text.as_bytes()).unwrap()).unwrap();
        let written = format!("<value value=\"{number}\"/>");
        prop_assert!(xml.contains(&written));
    }
}

#[test]
fn the_earliest_record_date_counts_and_an_unknown_one_makes_it_unknown() {
    let on = |mut made: Made, recorded| {
        made.0.recorded = recorded;
        made
    };
    let day = |day| Some(Effective::Day(date(2024, 3, day)));
    let of = |systolic| {
        let header = on(Made::snomed("bp", "163020007", "BP"), day(9));
        let half = Made::snomed("s", "72313002", "Systolic").value("120", "mmHg").part_of("bp");
        find(&mapped(vec![header, on(half, systolic)]), "bp").recorded
    };
    assert_eq!(of(day(5)), day(5));
    assert_eq!(of(day(12)), day(9));
    assert_eq!(of(None), None);
}

#[test]
fn without_a_patient_each_entry_says_what_it_waits_for() {
    let container = entry("c", Some(Content::Container(Container::Problem)));
    let gone = entry("d", None);
    let mapping = map_all(&[gone, container, Made::snomed("a", "27113001", "Weight").0]);
    let why: Vec<WhyNot> = mapping.unmapped.iter().map(|unmapped| unmapped.why).collect();
    assert_eq!(why, [WhyNot::PatientAwaited, WhyNot::Container, WhyNot::Deleted]);
}

fn xml(body: &serde_json::Value) -> String {
    String::from_utf8(fhir::json_to_xml(body.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_bundle_with_each_of_our_resources_becomes_xml() {
    let mapping = mapped(vec![
        Made::snomed("w", "27113001", "Body weight").value("72.50", "kg"),
        Made::snomed("m", "38598009", "MMR vaccination"),
        Made::snomed("bp", "163020007", "BP"),
        Made::snomed("s", "72313002", "Systolic").value("120", "mmHg").part_of("bp"),
    ]);
    let entries: Vec<_> = mapping.resources.iter().map(|mapped| {
        json!({"fullUrl": format!("https://host/fhir/R4/{}/{}", mapped.kind.name(), mapped.id), "resource": body(mapped), "search": {"mode": "match"}})
    }).collect();
    let bundle = json!({
        "resourceType": "Bundle", "id": "b", "type": "searchset", "timestamp": "2024-07-01T00:00:00Z", "total": entries.len(),
        "link": [{"relation": "self", "url": "https://host/fhir/R4/Observation?patient=1&_count=2"}], "entry": entries,
    });
    let xml = xml(&bundle);
    assert!(xml.contains("<Bundle xmlns=\"http://hl7.org/fhir\">"), "{xml}");
    for part in ["<Patient>", "<Observation>", "<Immunization>", "<value value=\"72.50\"/>", "&#38;_count=2"]
    {
        assert!(xml.contains(part), "{part} in {xml}");
    }
}

#[test]
fn an_outcome_and_a_capability_statement_become_xml() {
    let outcome = json!({"resourceType": "OperationOutcome", "issue": [{
        "severity": "error", "code": "not-found", "details": {"text": "no such resource"}, "diagnostics": "a < b"}]});
    assert!(xml(&outcome).contains("<diagnostics value=\"a &#60; b\"/>"));
    let capability = json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": "2024-07-01", "kind": "instance",
        "instantiates": ["http://hl7.org/fhir/uv/ipa/CapabilityStatement/ipa-server"],
        "software": {"name": "recordgate", "version": "0.1.0"},
        "implementation": {"description": "x", "url": "https://host/fhir/R4"},
        "fhirVersion": "4.0.1", "format": ["json", "xml"],
        "rest": [{"mode": "server", "security": {"cors": true, "extension": [{
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": [{"url": "token", "valueUri": "https://host/oauth/token"}]}]},
            "resource": [{"type": "Observation", "supportedProfile": [fhir::url::profile::IPA_OBSERVATION.versioned()],
                "interaction": [{"code": "read"}, {"code": "search-type"}], "searchRevInclude": ["Provenance:target"],
                "searchParam": [{"name": "code", "type": "token"}]}]}],
    });
    let xml = xml(&capability);
    assert!(xml.contains(
        "<supportedProfile value=\"http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-observation|1.0.0\"/>"
    ));
}

#[test]
fn line_ends_survive_in_xml() {
    let made =
        Made::snomed("a", "267032009", "Tired").with(|s| s.text = vec![text("one \"two\" >\nthree\tfour")]);
    let xml = String::from_utf8(fhir::json_to_xml(&find(&mapped(vec![made]), "a").json).unwrap()).unwrap();
    assert!(xml.contains("value=\"one &#34;two&#34; &#62;&#10;three&#9;four\""), "{xml}");
}

#[test]
fn what_is_no_resource_is_refused_and_an_empty_array_does_no_harm() {
    assert_eq!(fhir::json_to_xml(b"{\"resourceType\":\"Patient\",\"nonsense\":1}"), Err(fhir::EncodeError));
    assert_eq!(fhir::json_to_xml(b"not json"), Err(fhir::EncodeError));
    let empty = fhir::json_to_xml(b"{\"resourceType\":\"Patient\",\"name\":[]}");
    assert!(empty.is_ok_and(|xml| xml.ends_with(b"</Patient>")));
}

/// The published profiles, where they lie beside the project.
fn published(folder: &str) -> Option<Vec<serde_json::Value>> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fhir").join(folder);
    let Ok(files) = std::fs::read_dir(&path) else {
        eprintln!("skipped: the published profiles are not there ({folder})");
        return None;
    };
    let texts = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
    Some(texts.filter_map(|text| serde_json::from_slice(&text).ok()).collect())
}

#[test]
fn the_profiles_that_are_claimed_are_the_published_ones_in_that_version() {
    use fhir::url::profile::{OF_IMMUNIZATION, OF_OBSERVATION, OF_PATIENT};
    for (folder, base) in
        [("ukcore-json/structuredefinitions", "fhir.hl7.org.uk"), ("ipa/package-1.0.0", "/uv/ipa/")]
    {
        let Some(published) = published(folder) else { return };
        let ours = [OF_PATIENT, OF_OBSERVATION, OF_IMMUNIZATION].concat();
        for profile in ours.into_iter().filter(|profile| profile.url.contains(base)) {
            let same = |there: &serde_json::Value| {
                there["url"] == profile.url && there["version"] == profile.version
            };
            assert!(published.iter().any(same), "{}", profile.versioned());
        }
    }
}

/// Every value that a profile fixes, by element, without the root and the names of slices.
fn fixed(profile: &serde_json::Value) -> Vec<(String, String)> {
    let elements = profile["differential"]["element"].as_array().unwrap();
    let of = |element: &serde_json::Value| {
        let (_, value) = element.as_object()?.iter().find(|(name, _)| name.starts_with("fixed"))?;
        let path = element["id"].as_str()?.split('.').skip(1).map(|part| part.split(':').next().unwrap());
        Some((path.collect::<Vec<_>>().join("/"), value.as_str()?.to_owned()))
    };
    elements.iter().filter_map(of).collect()
}

/// Every string at a path, in whichever place of the lists on the way.
fn at<'a>(body: &'a serde_json::Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![body];
    for part in path.split('/') {
        let part = if part == "value[x]" { "valueQuantity" } else { part };
        let parts = found.into_iter().filter_map(|value| value.get(part));
        found = parts
            .flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect()))
            .collect();
    }
    found.into_iter().filter_map(serde_json::Value::as_str).collect()
}

#[test]
fn a_vital_sign_holds_every_value_that_its_published_profile_fixes() {
    let Some(published) = published("ukcore-json/structuredefinitions") else { return };
    let signs = [
        ("27113001", "kg"),
        ("50373000", "cm"),
        ("60621009", "kg/m2"),
        ("386725007", "°C"),
        ("364075005", "bpm"),
        ("86290005", "/min"),
        ("431314004", "%"),
        ("363812007", "cm"),
    ];
    let sign = |(code, unit): (&str, &str)| Made::snomed(code, code, "a sign").value("37.0", unit);
    let mut made: Vec<Made> = signs.into_iter().map(sign).collect();
    made.push(Made::snomed("bp", "163020007", "BP"));
    made.push(Made::snomed("s", "72313002", "Systolic").value("120", "mmHg").part_of("bp"));
    made.push(Made::snomed("d", "1091811000000102", "Diastolic").value("80", "mmHg").part_of("bp"));
    let mapping = mapped(made);
    let named = |profile: &&serde_json::Value, part: &str| {
        profile["url"].as_str().is_some_and(|url| url.contains(part))
    };
    let parent = published.iter().find(|profile| profile["name"] == "UKCoreObservationVitalSigns").unwrap();
    let mut checked = 0;
    for body in mapping.resources.iter().map(body).filter(|body| body["resourceType"] == "Observation") {
        let claims = body["meta"]["profile"].as_array().unwrap();
        let is = |claim: &serde_json::Value, url: &serde_json::Value| {
            claim.as_str().and_then(|claim| claim.split('|').next()) == url.as_str()
        };
        let claimed = |profile: &&serde_json::Value| {
            claims.iter().any(|claim| is(claim, &profile["url"])) && named(profile, "VitalSigns-")
        };
        let child = published.iter().find(claimed).unwrap();
        for (path, value) in fixed(child).into_iter().chain(fixed(parent)) {
            assert!(at(&body, &path).contains(&value.as_str()), "{path} = {value} in {body}");
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}
