//! Batches, history, writing and malformed values: T36 to T40.

use super::{CANARY, Stage, UNKNOWN, observation};
use crate::support::fingerprint;

/// Every id gets the same answer; it has this status.
fn same_for_all(stage: &Stage, status: &[u16], ask: impl Fn(&str) -> crate::support::Answer) {
    let ids = [
        observation("p", "weight-day"),
        observation("p", "h"),
        observation("q", "weight-day"),
        UNKNOWN.to_owned(),
    ];
    let answers: Vec<_> = ids.iter().map(|id| fingerprint(&ask(id))).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(status.contains(&answers[0].0), "{answers:?}");
    assert_eq!(stage.get(&format!("Observation/{}", ids[0])).status, 200);
}

#[test]
fn t36_batches_and_transactions_are_not_offered() {
    let stage = Stage::shared();
    let json = [("content-type", "application/fhir+json")];
    for kind in ["batch", "transaction"] {
        for path in ["", "/"] {
            same_for_all(stage, &[404], |id| {
                let body = format!(
                    r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{{"request":{{"method":"GET","url":"Observation/{id}"}}}}]}}"#
                );
                stage.ask("POST", path, &json, &body)
            });
        }
    }
}

#[test]
fn t37_history_and_versions_are_not_offered() {
    let stage = Stage::shared();
    for path in ["_history", "_history/1", "_history/2", "_history?_since=2000"] {
        same_for_all(stage, &[404], |id| stage.get(&format!("Observation/{id}/{path}")));
    }
    for path in ["_history", "Observation/_history", "Patient/_history?_count=1"] {
        assert_eq!(stage.get(path).status, 404, "{path}");
    }
}

#[test]
fn t38_nothing_can_be_written_nor_probed_by_writing() {
    let stage = Stage::shared();
    let json = ("content-type", "application/fhir+json");
    let body = r#"{"resourceType":"Observation","status":"final"}"#;
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        for header in [("if-match", "W/\"1\""), ("if-none-match", "*"), ("prefer", "return=representation")] {
            same_for_all(stage, &[405], |id| {
                stage.ask(method, &format!("Observation/{id}"), &[json, header], body)
            });
        }
    }
    for id in [observation("p", "weight-day"), observation("p", "h"), UNKNOWN.to_owned()] {
        let create = stage.ask("POST", "Observation", &[json, ("if-none-exist", &format!("_id={id}"))], body);
        assert_eq!(create.status, 405);
        for method in ["PUT", "DELETE", "PATCH"] {
            assert_eq!(stage.ask(method, &format!("Observation?_id={id}"), &[json], body).status, 405);
        }
        let path = format!("Observation/{id}");
        let overridden = stage.ask("GET", &path, &[("x-http-method-override", "DELETE")], "");
        assert_eq!(fingerprint(&overridden), fingerprint(&stage.get(&path)));
        let posted = stage.ask("POST", &path, &[("x-http-method-override", "GET")], "");
        assert_eq!(posted.status, 405);
    }
}

#[test]
fn t39_operations_options_and_trace_say_the_same_to_everybody() {
    let stage = Stage::shared();
    for operation in ["$everything", "$validate", "$meta", "$lastn", "$docref"] {
        same_for_all(stage, &[404], |id| stage.get(&format!("Observation/{id}/{operation}")));
        assert_eq!(stage.get(operation).status, 404);
        assert_eq!(stage.get(&format!("Observation/{operation}")).status, 404);
    }
    assert_eq!(stage.ask("POST", "$export", &[], "").status, 404);
    assert_eq!(stage.ask("POST", "Patient/$match", &[], "").status, 405);
    same_for_all(stage, &[204], |id| stage.ask("OPTIONS", &format!("Observation/{id}"), &[], ""));
    same_for_all(stage, &[405], |id| stage.ask("TRACE", &format!("Observation/{id}"), &[], ""));
    let plain = stage.get("metadata");
    for query in ["?mode=normative", "?_id=x", "?_summary=true", "?Quagga=1"] {
        let answer = stage.get(&format!("metadata{query}"));
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{query}");
    }
}

#[test]
fn t40_malformed_values_are_refused_without_being_repeated() {
    let stage = Stage::shared();
    let long = CANARY.repeat(1700);
    let values = [
        CANARY.to_owned(),
        long,
        format!("{CANARY}%00"),
        format!("%FF{CANARY}"),
        format!("ge{CANARY}"),
        format!("<{CANARY}>"),
    ];
    for value in &values {
        for name in [
            "date",
            "_lastUpdated",
            "_count",
            "code:of-type",
            "_has:x:y:z",
            "subject.name",
            "_page",
            "_filter",
        ] {
            let answer = stage.get(&format!("Observation?{name}={}", value.replace(['<', '>'], "")));
            assert!(matches!(answer.status, 400 | 410), "{name}: {}", answer.status);
            let outcome = answer.json();
            assert_eq!(outcome["resourceType"], "OperationOutcome");
            let words = answer.text();
            assert!(!words.contains(CANARY) && words.len() < 600, "{words}");
            assert!(
                !words.contains("panicked") && !words.contains(".rs") && !words.contains("src/"),
                "{words}"
            );
        }
        let unknown = stage.ask(
            "GET",
            &format!("Observation?{CANARY}{UNKNOWN}=1"),
            &[("prefer", "handling=strict")],
            "",
        );
        assert_eq!(unknown.status, 400);
        let harmless = stage.get(&format!("Observation?code={}", value.replace(['<', '>'], "")));
        assert_eq!((harmless.status, harmless.ids().len()), (200, 0));
    }
}

/// What is kept of who looked and of what a practice decided is for the practice's side.
#[test]
fn no_route_tells_who_looked_or_what_was_decided() {
    let stage = Stage::shared();
    let unknown = fingerprint(&stage.get("Nothing"));
    assert_eq!(unknown.0, 404);
    for path in ["AuditEvent", "Provenance", "Consent", "Permission", "Flag"] {
        assert_eq!(stage.get(path).status, 404, "{path}");
        for more in [format!("?patient={UNKNOWN}"), format!("?entity=Observation/{}", observation("p", "h"))]
        {
            assert_eq!(stage.get(&format!("{path}{more}")).status, 404, "{path}{more}");
        }
    }
    let outside = |method: &str, path: &str| stage.world.ask(method, path, &[], "").status;
    for path in
        ["/audit", "/decisions", "/access-log", "/practice", "/practice/decisions", "/oauth/access-log"]
    {
        for method in ["GET", "POST"] {
            assert_eq!(outside(method, path), 404, "{method} {path}");
        }
    }
    let statement = stage.get("metadata").text();
    assert!(!statement.contains("AuditEvent") && !statement.contains("Provenance"));
}
