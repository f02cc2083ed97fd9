//! Objects of others: T01 to T10.

use std::collections::BTreeSet;

use record::{Fact, OdsCode, PatientKey};
use store::{Account, App, Store, Subject};

use super::{Stage, UNKNOWN, observation, vaccination};
use crate::{
    gateway::fixture::{self, weight},
    support::{CLIENT, World, app, everything, person, subject},
};

/// Whose the matches of a search are.
fn owners(stage: &Stage, path: &str) -> BTreeSet<String> {
    let found = stage.world.all(&stage.token, path);
    let owner = |resource: &serde_json::Value| {
        let about = resource.get("subject").or(resource.get("patient"));
        let id = about.map_or(&resource["id"], |about| &about["reference"]);
        id.as_str().unwrap().trim_start_matches("Patient/").to_owned()
    };
    found.iter().map(owner).collect()
}

#[test]
fn t01_another_patients_resources_are_as_unknown_ones() {
    let stage = Stage::shared();
    for (kind, id) in [
        ("Patient", stage.world.logical_id("q")),
        ("Observation", observation("q", "weight-day")),
        ("Immunization", vaccination("q", "mmr")),
    ] {
        let path = format!("{kind}/{id}");
        assert_eq!(stage.get(&path).status, 404);
        stage.alike((&path, &id), (&format!("{kind}/{UNKNOWN}"), UNKNOWN));
    }
}

#[test]
fn t02_searches_about_another_patient_are_as_about_an_unknown_one() {
    let stage = Stage::shared();
    let q = stage.world.logical_id("q");
    for kind in ["Observation", "Immunization"] {
        let forms: [&dyn Fn(&str) -> String; 6] = [
            &|id| format!("{kind}?patient={id}"),
            &|id| format!("{kind}?patient=Patient/{id}"),
            &|id| format!("{kind}?patient:Patient={id}"),
            &|id| format!("{kind}?patient=https%3A%2F%2Frecords.example%2Ffhir%2FR4%2FPatient%2F{id}"),
            &|id| format!("{kind}?patient=https%3A%2F%2Fevil.example%2Ffhir%2FR4%2FPatient%2F{id}"),
            &|id| format!("{kind}?patient.identifier={id}"),
        ];
        for form in forms {
            let path = form(&q);
            let answer = stage.get(&path);
            assert!(answer.status == 400 || answer.ids().is_empty(), "{path}");
            stage.alike((&path, &q), (&form(UNKNOWN), UNKNOWN));
        }
        let p = stage.world.logical_id("p");
        let own = format!("{kind}?patient=https%3A%2F%2Frecords.example%2Ffhir%2FR4%2FPatient%2F{p}");
        assert!(!stage.get(&own).ids().is_empty(), "one's own by an absolute URL");
    }
    let (theirs, nobodys) =
        (format!("Observation?subject=Patient/{q}"), format!("Observation?subject=Patient/{UNKNOWN}"));
    stage.alike((&theirs, &q), (&nobodys, UNKNOWN));
}

#[test]
fn t03_naming_two_patients_finds_ones_own_at_most() {
    let stage = Stage::shared();
    let (p, q) = (stage.world.logical_id("p"), stage.world.logical_id("q"));
    let both = [format!("patient={p},{q}"), format!("patient={q}%2C{p}"), format!("patient={p}&_id=x,{q}")];
    for query in &both[..2] {
        assert_eq!(owners(stage, &format!("Observation?{query}")), [p.clone()].into(), "{query}");
    }
    for query in [both[2].clone(), format!("patient={p}&patient={q}"), format!("patient={q}&patient={p}")] {
        assert!(owners(stage, &format!("Observation?{query}")).is_empty(), "{query}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let mixed =
        stage.ask("POST", &format!("Observation/_search?patient={p}"), &form, &format!("patient={q}"));
    assert_eq!((mixed.status, mixed.ids().len()), (200, 0));
    let own = stage.ask("POST", "Observation/_search", &form, &format!("patient={p}"));
    assert!(!own.ids().is_empty());
}

#[test]
fn t04_a_patient_search_finds_the_tokens_patient_at_most() {
    let world = World::of(vec![]);
    let mut other = person("q");
    if let Some(record::Content::Patient(demographics)) = &mut other.content {
        demographics.nhs_number = "9990000026".parse().ok();
        assert!(demographics.nhs_number.is_some());
        demographics.birth_date = Some(jiff::civil::date(1991, 2, 3));
    }
    world.put("q", vec![other]);
    let token = world.token("p", "patient/*.rs");
    let stage = Stage { world, token };
    let p = stage.world.logical_id("p");
    for (mine, theirs, nobodys) in [
        ("identifier=9990000018", "identifier=9990000026", "identifier=9990000034"),
        ("family=testp", "family=testq", "family=testz"),
        ("birthdate=1980-05-04", "birthdate=1991-02-03", "birthdate=1991-02-04"),
        ("name=testp", "name=testq", "name=testz"),
    ] {
        assert_eq!(stage.get(&format!("Patient?{mine}")).ids(), std::slice::from_ref(&p));
        let word = |query: &str| query.split_once('=').unwrap().1.to_owned();
        let (path, none) = (format!("Patient?{theirs}"), format!("Patient?{nobodys}"));
        assert!(stage.get(&path).ids().is_empty());
        stage.alike((&path, &word(theirs)), (&none, &word(nobodys)));
    }
    assert_eq!(stage.get("Patient?given=Alex").ids(), [p], "both have this name");
}

#[test]
fn t05_without_a_patient_parameter_only_ones_own_is_found() {
    let stage = Stage::shared();
    let p: BTreeSet<String> = [stage.world.logical_id("p")].into();
    for kind in ["Patient", "Observation", "Immunization"] {
        assert_eq!(owners(stage, kind), p, "{kind}");
    }
}

#[test]
fn t06_the_same_person_at_another_practice_is_another_record() {
    let world = World::of(vec![weight("here", "80")]);
    let elsewhere: OdsCode = "A88888".parse().unwrap();
    let key = PatientKey::new("p").unwrap();
    let facts = [person("p"), weight("there", "81")].map(|entry| Fact::Entry(key.clone(), Box::new(entry)));
    let batch = world.store.begin(&elsewhere, "by hand").unwrap().batch;
    world.store.put(&elsewhere, batch, &facts).unwrap();
    world.store.close(&elsewhere).unwrap();
    world.loader(&elsewhere).release(None, &mut record::Report::default()).unwrap();
    let other = Subject { practice: elsewhere, patient: key };
    world.let_in("p-there", &other, everything());

    let values = |account: &str| -> Vec<String> {
        let token = world.token(account, "patient/*.rs");
        let found = world.all(&token, "Observation");
        found.iter().map(|o| o["valueQuantity"]["value"].to_string()).collect()
    };
    assert_eq!(values("p"), ["80"]);
    assert_eq!(values("p-there"), ["81"]);
    let patients =
        ["p", "p-there"].map(|account| world.get(&world.token(account, "patient/*.rs"), "Patient").ids());
    assert_ne!(patients[0], patients[1]);
    let theirs = world.get(&world.token("p-there", "patient/*.rs"), "Observation").ids().remove(0);
    assert_eq!(world.get(&world.token("p", "patient/*.rs"), &format!("Observation/{theirs}")).status, 404);
}

#[test]
fn t07_a_token_whose_patient_is_gone_opens_nothing() {
    let opened = |change: &dyn Fn(&World)| {
        let world = World::of(fixture::record());
        world.put("q", fixture::record());
        let token = world.token("p", "patient/*.rs");
        assert_eq!(world.get(&token, "Patient").status, 200);
        change(&world);
        ["Patient", "Observation", "Observation/x"].map(|path| world.get(&token, path).status)
    };
    let account = |own: Option<Subject>, acts_for: Vec<Subject>| {
        move |world: &World| {
            let account = Account {
                id: "p".into(),
                own: own.clone(),
                acts_for: acts_for.clone(),
                ..Account::default()
            };
            world.store.set_account(&account).unwrap();
        }
    };
    assert_eq!(opened(&account(None, vec![])), [401; 3], "no patient");
    assert_eq!(opened(&account(Some(subject("q")), vec![])), [401; 3], "another patient");
    assert_eq!(
        opened(&account(Some(subject("never")), vec![subject("q")])),
        [401; 3],
        "an unknown patient and another"
    );
    let stopped = |world: &World| {
        world.store.set_app(&App { status: store::AppStatus::Suspended, ..app(CLIENT) }).unwrap();
    };
    assert_eq!(opened(&stopped), [401; 3], "the app was stopped");
}

#[test]
fn t08_odd_paths_lead_nowhere() {
    let stage = Stage::shared();
    let (p, q) = (stage.world.logical_id("p"), stage.world.logical_id("q"));
    let bearer = format!("Bearer {}", stage.token);
    for path in [
        format!("/fhir/R4/patient/{p}"),
        format!("/fhir/R4/PATIENT/{p}"),
        format!("/fhir/r4/Patient/{p}"),
        format!("/fhir/R4/Patient/{}", p.to_uppercase()),
        format!("/fhir/R4//Patient/{p}"),
        format!("/fhir/R4/Patient//{p}"),
        format!("//fhir/R4/Patient/{p}"),
        format!("/fhir/R4/Patient/{p}/"),
        format!("/fhir/R4/Patient/{p};x=1"),
        format!("/fhir/R4/Patient;x=1/{p}"),
        format!("/fhir/R4/Patient/{p}%20"),
        format!("/fhir/R4/Patient/%2e%2e/Patient/{p}"),
        format!("/fhir/R4/Observation/../Patient/{q}"),
        format!("/fhir/R4/Observation/..%2FPatient%2F{q}"),
        format!("/fhir/R4/Observation/%c0%ae%c0%ae/Patient/{q}"),
        format!("/fhir/R4/Patient/{p}%00"),
        format!("/fhir/R4/Patient/{p},{q}"),
        format!("/fhir/R4/%50atient/{p}"),
        format!("/fhir/R4Patient/{p}"),
        format!("/fhir/R4/../R4/Patient/{p}"),
        "/fhir/R4/Patient/".to_owned(),
        "/fhir/R4/Patient/*".to_owned(),
        "/fhir".to_owned(),
        "/".to_owned(),
    ] {
        let answer = stage.world.ask("GET", &path, &[("authorization", &bearer)], "");
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains(&p) && !answer.text().contains(&q), "{path}");
    }
    assert_eq!(stage.get(&format!("Patient/{p}")).status, 200);
}

#[test]
fn t09_what_the_scope_does_not_open_is_refused_whatever_there_is() {
    let stage = Stage::shared();
    let token = stage.world.token("p", "patient/Immunization.rs");
    let mut told = BTreeSet::new();
    for (kind, ids) in [
        ("Patient", vec![stage.world.logical_id("p"), stage.world.logical_id("q"), UNKNOWN.to_owned()]),
        ("Observation", vec![observation("p", "weight-day"), observation("p", "h"), UNKNOWN.to_owned()]),
    ] {
        let reads: BTreeSet<Vec<u8>> = ids
            .iter()
            .map(|id| {
                let answer = stage.world.get(&token, &format!("{kind}/{id}"));
                assert_eq!(answer.status, 403);
                answer.body
            })
            .collect();
        assert_eq!(reads.len(), 1, "{kind}");
        for query in ["", "?code=1", "?_id=x", "?date=nonsense", "?_page=nonsense", "?_summary=count"] {
            let answer = stage.world.get(&token, &format!("{kind}{query}"));
            assert_eq!(answer.status, 403, "{kind}{query}");
            told.insert(answer.body);
        }
    }
    assert_eq!(told.len(), 2, "one for each type");
    assert_eq!(stage.world.get(&token, "Immunization").status, 200);
}

#[test]
fn t10_a_granular_scope_opens_nothing_more_than_it_says() {
    const LABORATORY: &str = "patient/Observation.rs?category=laboratory";
    let stage = Stage::new();
    let scopes = vec!["patient/*.rs".to_owned()];
    stage.world.store.set_app(&App { scopes, ..app("granular") }).unwrap();
    let now = gateway::clock::Clock::now(&*stage.world.clock);
    let token = |asked: &str| {
        let granted = auth::issue_sandbox_token(&*stage.world.store, now, "p", asked, "granular").unwrap();
        assert_eq!(granted.scopes.to_string(), asked);
        granted.token
    };
    let (narrow, whole) = (token(LABORATORY), token("patient/*.rs"));
    let all = |token: &str, query: &str| -> Vec<String> {
        let found = stage.world.all(token, &format!("Observation?_count=200{query}"));
        found.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let laboratory = all(&whole, "&category=laboratory");
    assert!(!laboratory.is_empty() && laboratory.len() < all(&whole, "").len());
    assert_eq!(all(&narrow, ""), laboratory);
    assert_eq!(all(&narrow, "&category=vital-signs"), [""; 0]);
    let count = |token: &str| stage.world.get(token, "Observation?_summary=count").json()["total"].clone();
    assert_eq!(count(&narrow), laboratory.len());
    let vital = observation("p", "weight-day");
    let (hidden, unknown) = (format!("Observation/{vital}"), format!("Observation/{UNKNOWN}"));
    assert_eq!(stage.world.get(&whole, &hidden).status, 200);
    let told = |path: &str| {
        let (status, headers, body) = crate::support::fingerprint(&stage.world.get(&narrow, path));
        (status, headers, String::from_utf8(body).unwrap())
    };
    assert_eq!(told(&hidden), told(&unknown), "outside its category there is nothing");
    assert_eq!(stage.world.get(&narrow, &format!("Observation/{}", laboratory[0])).status, 200);
    for path in ["Patient", "Immunization"] {
        assert_eq!(stage.world.get(&narrow, path).status, 403, "{path}");
    }
    let link = stage.world.get(&whole, "Observation?_count=1").link("next").unwrap();
    let through = stage.world.get(&narrow, &link);
    assert!(through.status == 410 || through.ids().iter().all(|id| laboratory.contains(id)));
    let other_system = token("patient/Observation.rs?category=https://other.example|laboratory");
    assert_eq!(all(&other_system, ""), [""; 0]);
    let read_alone = token("patient/Observation.r patient/Observation.s?category=laboratory");
    assert_eq!(all(&read_alone, ""), laboratory);
    assert_eq!(stage.world.get(&read_alone, &hidden).status, 200);
}
