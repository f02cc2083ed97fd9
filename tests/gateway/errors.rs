//! Requests that get nothing, and how they are told why.

use super::{fixture, oracle::list, portal::Portal};
use crate::support::{Answer, CLIENT, World};

fn outcome(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    let body = answer.json();
    assert_eq!(body["resourceType"], "OperationOutcome");
    let issue = &body["issue"][0];
    assert_eq!(issue["severity"], "error");
    assert!(issue["diagnostics"].as_str().is_some_and(|words| !words.is_empty()));
    issue["code"].as_str().unwrap().to_owned()
}

#[test]
fn no_token_or_a_bad_one_is_401_with_a_challenge() {
    let portal = Portal::new();
    let old = portal.tokens("patient/*.rs offline_access");
    portal.world.clock.forward(3600);
    let tokens = portal.tokens("patient/*.rs offline_access");
    let revoked = portal.tokens("patient/*.rs offline_access");
    let text = |tokens: &serde_json::Value, name: &str| format!("Bearer {}", tokens[name].as_str().unwrap());
    portal.post(
        "/oauth/revoke",
        &[("client_id", CLIENT), ("token", revoked["access_token"].as_str().unwrap())],
    );
    let good = text(&tokens, "access_token");
    let bad = [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer nonsense".to_owned(),
        "Basic YXBwOng=".to_owned(),
        good.replace("Bearer ", ""),
        format!("{good}x"),
        good.to_lowercase(),
        text(&old, "access_token"),
        text(&revoked, "access_token"),
        text(&tokens, "refresh_token"),
    ];
    let paths = ["Patient", "Observation?code=1", "Immunization", "Patient/x", "Observation/x"];
    for path in paths {
        let path = format!("/fhir/R4/{path}");
        let headers = bad.iter().map(|value| vec![("authorization", value.as_str())]).chain([vec![]]);
        for headers in headers {
            let answer = portal.world.ask("GET", &path, &headers, "");
            assert_eq!(outcome(&answer, 401), "login", "{headers:?}");
            let challenge = answer.header("www-authenticate").unwrap();
            let looked_like_one =
                headers.iter().any(|(_, value)| value.to_lowercase().starts_with("bearer "));
            assert!(challenge.starts_with("Bearer"));
            assert_eq!(challenge.contains("invalid_token"), looked_like_one, "{headers:?}");
        }
        let answer = portal.world.ask("GET", &path, &[("authorization", &good)], "");
        assert!(matches!(answer.status, 200 | 404));
    }
    assert_eq!(outcome(&portal.world.ask("POST", "/fhir/R4/Observation/_search", &[], ""), 401), "login");
}

#[test]
fn a_scope_that_does_not_cover_the_type_is_403() {
    let world = World::of(fixture::record());
    let id = world.get(&world.token("p", "patient/*.rs"), "Observation").ids().remove(0);
    let token = world.token("p", "patient/Patient.rs");
    for path in
        ["Observation", "Immunization?status=completed", "Observation/unknown", "Immunization/unknown"]
    {
        assert_eq!(outcome(&world.get(&token, path), 403), "forbidden", "{path}");
    }
    let (known, unknown) =
        (world.get(&token, &format!("Observation/{id}")), world.get(&token, "Observation/unknown"));
    assert_eq!(known.body, unknown.body);
    assert_eq!(world.get(&token, "Patient").status, 200);
}

#[test]
fn malformed_parameter_values_are_400_with_an_operation_outcome() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    for query in [
        "Observation?date=canary",
        "Observation?date=",
        "Observation?date=2024-02-30",
        "Observation?date=2024-13",
        "Observation?date=xx2024",
        "Observation?date=ge",
        "Observation?date=2024,canary",
        "Observation?date=2024-01-01T25:00:00Z",
        "Observation?_lastUpdated=canary",
        "Patient?birthdate=canary",
        "Observation?_count=-1",
        "Observation?_count=canary",
        "Observation?_count=",
        "Observation?_count=99999999999999999999",
        "Observation?code=",
        "Observation?code=%7C",
        "Observation?code=1,,2",
        "Observation?patient=",
        "Observation?code:canary=1",
        "Observation?code:not=1",
        "Observation?status:missing=true",
        "Immunization?status:not=completed",
        "Observation?patient:Group=1",
        "Observation?subject.name=canary",
        "Patient?_has:Observation:patient:code=canary",
        "Observation?_filter=canary",
    ] {
        let answer = world.get(&token, query);
        let code = outcome(&answer, 400);
        assert!(matches!(code.as_str(), "invalid" | "not-supported"), "{query}: {code}");
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    for cursor in ["", "canary", "AAAA", "%00", "%FF"] {
        let answer = world.get(&token, &format!("Observation?_page={cursor}"));
        assert_eq!(outcome(&answer, 410), "expired", "{cursor}");
    }
    let body = World::ask(
        &world,
        "POST",
        "/fhir/R4/Observation/_search",
        &[("authorization", &format!("Bearer {token}")), ("content-type", "application/json")],
        "{}",
    );
    assert_eq!(outcome(&body, 415), "not-supported");
}

#[test]
fn an_unknown_parameter_is_named_in_an_outcome_or_refused_when_strict() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let bearer = format!("Bearer {token}");
    let path = "/fhir/R4/Observation?colour=crimson&code=27113001&_sort=value-quantity&_count=2";
    for lenient in [None, Some(("prefer", "handling=lenient"))] {
        let headers: Vec<_> = [("authorization", bearer.as_str())].into_iter().chain(lenient).collect();
        let answer = world.ask("GET", path, &headers, "");
        assert_eq!(answer.status, 200);
        let bundle = answer.json();
        assert_eq!((bundle["total"].as_u64(), answer.ids().len()), (Some(5), 2));
        let outcomes: Vec<_> =
            list(&bundle["entry"]).filter(|entry| entry["search"]["mode"] == "outcome").collect();
        let [outcome] = outcomes.as_slice() else { panic!("{bundle}") };
        assert_eq!(outcome["resource"]["resourceType"], "OperationOutcome");
        assert_eq!(outcome["resource"]["issue"][0]["severity"], "warning");
        let words = outcome["resource"]["issue"][0]["diagnostics"].as_str().unwrap();
        assert!(words.contains("colour") && words.contains("_sort") && !words.contains("crimson"), "{words}");
        let link = answer.link("self").unwrap();
        assert!(link.contains("code=") && !link.contains("colour") && !link.contains("_sort"), "{link}");
    }
    for strict in ["handling=strict", "return=minimal, handling=strict", "Handling=Strict"] {
        let headers = [("authorization", bearer.as_str()), ("prefer", strict)];
        assert_eq!(outcome(&world.ask("GET", path, &headers, ""), 400), "invalid", "{strict}");
        let known = world.ask("GET", "/fhir/R4/Observation?code=27113001&_count=2", &headers, "");
        assert_eq!((known.status, known.ids().len()), (200, 2));
    }
}

#[test]
fn a_format_that_is_not_offered_is_406_and_a_wrong_method_405() {
    let world = World::of(vec![]);
    let token = world.token("p", "patient/*.rs");
    let bearer = format!("Bearer {token}");
    let html = [("authorization", bearer.as_str()), ("accept", "text/html")];
    assert_eq!(outcome(&world.ask("GET", "/fhir/R4/Patient", &html, ""), 406), "not-supported");
    assert_eq!(outcome(&world.get(&token, "Patient?_format=ttl"), 406), "not-supported");
    let answer = world.ask("DELETE", "/fhir/R4/Patient", &html[..1], "");
    assert_eq!(outcome(&answer, 405), "not-supported");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}
