//! Learning of hidden things by searching: T11 to T19.

use super::{CANARY, HIDDEN_CODE, Stage, UNKNOWN, hidden_ids, observation};
use crate::gateway::oracle::{holds, list};

/// Every query gets one and the same answer.
fn constant(stage: &Stage, status: u16, paths: &[String]) {
    let first = stage.get(&paths[0]);
    for path in paths {
        let answer = stage.get(path);
        assert_eq!((answer.status, &answer.body), (status, &first.body), "{path}");
    }
}

#[test]
fn t11_reverse_chains_are_refused_before_anything_is_looked_at() {
    let stage = Stage::shared();
    let has = |code: &str| format!("Patient?_has:Observation:patient:code={code}");
    constant(
        stage,
        400,
        &[has(HIDDEN_CODE), has("27113001"), has("0"), has(""), "Observation?_has:x=1".into()],
    );
}

#[test]
fn t12_chains_are_refused_before_anything_is_looked_at() {
    let stage = Stage::shared();
    let chains = [
        "subject.name=alex",
        "subject.name=nobody",
        "performer.name=x",
        "patient.identifier=9990000018",
        "subject:Patient.name=alex",
        "has-member.code=1",
        "patient._id=x",
    ];
    constant(stage, 400, &chains.map(|chain| format!("Observation?{chain}")));
}

#[test]
fn t13_includes_bring_nothing_that_is_not_a_match() {
    let stage = Stage::shared();
    let plain = stage.get("Observation?_count=200");
    for query in [
        "_include=*",
        "_revinclude=*",
        "_include:iterate=*",
        "_include=Observation:has-member",
        "_include=Observation:subject&_revinclude=Provenance:target",
    ] {
        let answer = stage.get(&format!("Observation?_count=200&{query}"));
        assert_eq!((answer.ids(), &answer.json()["total"]), (plain.ids(), &plain.json()["total"]), "{query}");
        let modes: Vec<String> =
            list(&answer.json()["entry"]).map(|e| e["search"]["mode"].as_str().unwrap().to_owned()).collect();
        assert!(modes.iter().all(|mode| mode == "match" || mode == "outcome"), "{query}");
        let text = answer.text();
        assert!(hidden_ids("p").iter().all(|id| !text.contains(id)), "{query}");
    }
    assert!(plain.text().contains("hasMember"), "a panel that is shown whole has members");
}

#[test]
fn t14_what_only_a_hidden_entry_has_finds_as_little_as_what_nobody_has() {
    let stage = Stage::shared();
    let h = observation("p", "h");
    let sct = "http://snomed.info/sct";
    for (hidden, never) in [
        (format!("code={HIDDEN_CODE}"), "code=165816006".to_owned()),
        (format!("code={sct}|{HIDDEN_CODE}"), format!("code={sct}|165816006")),
        (format!("_id={h}"), format!("_id={UNKNOWN}")),
        (format!("_id={h}&_lastUpdated=ge2000"), format!("_id={UNKNOWN}&_lastUpdated=ge2000")),
        ("date=2024-04-01".to_owned(), "date=2024-04-02".to_owned()),
        ("date=2024-02-11&code=85354-9".to_owned(), "date=2024-02-12&code=85354-9".to_owned()),
        ("code:missing=true".to_owned(), "code:missing=false".to_owned()),
        (format!("code:not={HIDDEN_CODE}"), "code:not=1".to_owned()),
        ("_security=NOPAT".to_owned(), "_security=N".to_owned()),
        ("_tag=x".to_owned(), "_tag=y".to_owned()),
        ("value-quantity=99".to_owned(), "value-quantity=98".to_owned()),
    ] {
        let (a, b) = (format!("Observation?{hidden}"), format!("Observation?{never}"));
        let answers = [(&a, stage.get(&a)), (&b, stage.get(&b))].map(|(path, answer)| {
            let link = (answer.status == 200).then(|| answer.link("self").unwrap());
            let text = answer.text();
            (path, answer.status, link.map_or(text.clone(), |link| text.replace(&link, "-")))
        });
        assert_eq!((answers[0].1, &answers[0].2), (answers[1].1, &answers[1].2), "{hidden}");
    }
    let visible = observation("p", "weight-day");
    assert_eq!(stage.get(&format!("Observation?_id={visible},{h}")).ids(), std::slice::from_ref(&visible));
    assert_eq!(stage.get(&format!("Observation?_id={h},{visible}")).json()["total"], 1);
    let negated = stage.get(&format!("Observation?date=ne2024&code=27113001,{HIDDEN_CODE}"));
    assert!(!negated.ids().is_empty() && negated.matches().iter().all(|r| holds(r, "code", "27113001")));
}

#[test]
fn t15_pages_walked_one_by_one_show_no_gap_where_something_is_hidden() {
    let stage = Stage::shared();
    for sort in ["date", "-date", "_id", "_lastUpdated"] {
        let whole = stage.get(&format!("Observation?_count=200&_sort={sort}"));
        let mut walked = Vec::new();
        let mut answer = stage.get(&format!("Observation?_count=1&_sort={sort}"));
        loop {
            assert_eq!(answer.ids().len(), 1, "no page is short");
            assert_eq!(answer.json()["total"], whole.json()["total"]);
            walked.extend(answer.ids());
            match answer.link("next") {
                Some(next) => answer = stage.get(&next),
                None => break,
            }
        }
        assert_eq!(walked, whole.ids(), "{sort}");
        assert!(walked.len() > 15);
        assert!(hidden_ids("p").iter().all(|id| !walked.contains(id)));
    }
}

#[test]
fn t16_every_way_of_counting_counts_what_is_shown() {
    let stage = Stage::shared();
    let shown = stage.get("Observation?_count=200").ids().len();
    for query in
        ["_total=accurate", "_summary=count", "_count=0", "_totalMethod=count", "_total=accurate&_count=1"]
    {
        assert_eq!(stage.get(&format!("Observation?{query}")).json()["total"], shown, "{query}");
    }
    for query in ["_summary=count", "_count=0"] {
        let answer = stage.get(&format!("Observation?{query}"));
        assert!(answer.json().get("entry").is_none() && answer.link("next").is_none(), "{query}");
        assert_eq!(stage.get(&format!("Observation?{query}&code={HIDDEN_CODE}")).json()["total"], 0);
    }
}

#[test]
fn t17_no_form_of_an_answer_brings_withheld_words_back() {
    let stage = Stage::shared();
    let x = observation("p", "x");
    let plain = stage.get(&format!("Observation?_id={x}")).matches();
    assert_eq!(plain.len(), 1);
    for query in [
        "_elements=note",
        "_elements=code,valueString",
        "_summary=text",
        "_summary=data",
        "_summary=false",
        "_summary=true",
        "_pretty=true",
        "_contained=both",
    ] {
        for path in [format!("Observation?_id={x}&{query}"), format!("Observation/{x}?{query}")] {
            let answer = stage.get(&path);
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.text().contains(CANARY), "{path}");
            assert!(!answer.text().contains("SUBSETTED"), "nothing is cut out on demand: {path}");
        }
        assert_eq!(stage.get(&format!("Observation?_id={x}&{query}")).matches(), plain, "{query}");
    }
}

#[test]
fn t18_searches_in_text_and_operations_are_refused_alike() {
    let stage = Stage::shared();
    for name in ["_text", "_content", "_filter", "_query", "_list", "_in"] {
        let paths = [CANARY, "nothing", ""].map(|value| format!("Observation?{name}={value}"));
        constant(stage, 400, &paths);
    }
    let (p, q) = (stage.world.logical_id("p"), stage.world.logical_id("q"));
    let mut operations =
        vec!["$graphql".to_owned(), "$everything".into(), "Observation/$lastn".into(), "$export".into()];
    for id in [&p, &q] {
        operations.extend([format!("Patient/{id}/$everything"), format!("Patient/{id}/Observation")]);
    }
    constant(stage, 404, &operations);
}

#[test]
fn t19_a_withheld_element_cannot_be_searched() {
    let stage = Stage::shared();
    for name in ["value-string", "note", "component-value-string", "_narrative"] {
        let path = format!("Observation?{name}={CANARY}");
        let strict = stage.ask("GET", &path, &[("prefer", "handling=strict")], "");
        assert_eq!(strict.status, 400, "{name}");
        let lenient = stage.get(&path);
        assert_eq!(lenient.json()["total"], stage.get("Observation").json()["total"], "ignored: {name}");
        assert!(!lenient.link("self").unwrap().contains(name));
        assert!(!lenient.text().contains(CANARY) && !strict.text().contains(CANARY));
    }
}
