//! I5: no datum of a patient in a log, span, panic, report or error text. Canaries are put wherever a record holds
//! something, good rows and bad; then everything that the gateway says beside its answers is searched for them.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use policy::AccessLevel;
use record::{PatientKey, Report};
use store::{Store, Subject};
use tracing::Level;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use super::export::{AGREEMENTS, Export, Sheet, TABLES};
use crate::support::{Answer, REDIRECT, World, everything, ids, level, practice};

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Runs something with every event and span of every crate written down.
fn logged<T>(run: impl FnOnce() -> T) -> (T, String) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let done = tracing::subscriber::with_default(subscriber, run);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (done, text)
}

const NHS: &str = "9990001391";
/// In hexadecimal, as a part of a key.
const KEY: &str = "CA4A41CA";
const ACCOUNT: &str = "canary-account";

/// Nothing here may hold a canary; `secrets` are those that do not say so themselves.
fn silent(what: &str, text: &str, secrets: &[&str]) {
    let lower = text.to_lowercase();
    for secret in ["canary", &KEY.to_lowercase(), NHS, "999 000 1391", "999-000-1391"].iter().chain(secrets) {
        if let Some(at) = lower.find(&secret.to_lowercase()) {
            let from = lower[..at].char_indices().rev().nth(60).map_or(0, |(from, _)| from);
            panic!("{what} holds {secret}: …{}…", lower[from..].chars().take(160).collect::<String>());
        }
    }
}

/// A good export whose first patient is all canaries, and rows with a canary in each column of each table.
fn planted(world: &World) -> Export {
    let export = Export::synthetic(1, world.dir.path());
    let own = format!("{{{KEY}-0000-4000-8000-000000000001}}");
    let old =
        export.sheet("Admin_Patient").rows[0][export.sheet("Admin_Patient").column("PatientGuid")].clone();
    for table in TABLES {
        let mut sheet = export.sheet(table);
        for row in &mut sheet.rows {
            row.iter_mut().filter(|field| **field == old).for_each(|field| field.clone_from(&own));
        }
        match table {
            "Admin_Patient" => {
                let person = [
                    ("GivenName", "Canarygiven"),
                    ("Surname", "Canarysurname"),
                    ("MiddleNames", "Canarymiddle"),
                    ("NhsNumber", NHS),
                    ("NumberAndStreet", "7 Canary Wharf"),
                    ("Town", "Canarytown"),
                    ("Postcode", "CANARY1"),
                    ("EmailAddress", "canary@mail.example"),
                    ("HomePhone", "canary 07700 900123"),
                    ("CarerName", "Canarycarer"),
                    ("ContactComments", "Canarycomment"),
                ];
                person.into_iter().for_each(|(column, value)| sheet.set(0, column, value));
            }
            "CareRecord_Observation" => {
                for row in 0..40 {
                    let key = format!("{{{KEY}-0000-4000-9000-{row:012}}}");
                    sheet.set(row, "ObservationGuid", &key);
                    sheet.set(row, "AssociatedText", "Canarytext, told by her sister Canaryname");
                    sheet.set(row, "NumericUnit", "canaryunit");
                }
            }
            "Coding_ClinicalCode" => (0..40).for_each(|row| sheet.set(row, "Term", "Canaryterm")),
            _ => {}
        }
        if table != AGREEMENTS {
            // A NUL in a table that names people refuses the export.
            spoil(&mut sheet, if table.starts_with("Admin_") { "" } else { "\u{0}" });
        }
        sheet.save();
    }
    export
}

/// Rows of the sheet again, with a canary in each column, and rows that are no rows.
fn spoil(sheet: &mut Sheet, odd: &str) {
    let good = sheet.rows[0].clone();
    let lines = format!("canary{odd}, \"canary\"\ncanary");
    for column in 0..sheet.header.len() {
        for bad in ["Canary", &lines, "2024-99-99canary", "{canary}"] {
            let mut row = good.clone();
            bad.clone_into(&mut row[column]);
            sheet.rows.push(row);
        }
    }
    sheet.rows.push(vec!["Canary".to_owned(); 3]);
    sheet.rows.push(vec!["Canary".to_owned(); sheet.header.len()]);
    // The good row last: the patient and the practice are as they were.
    sheet.rows.push(good);
}

/// Every way in which a report is told.
fn told(report: &Report) -> String {
    let lines: Vec<String> = report.issues.iter().map(|issue| format!("{issue}\n{issue:?}")).collect();
    format!("{}\n{report:?}\n{}", serde_json::to_string(report).unwrap(), lines.join("\n"))
}

#[test]
fn i5_loading_says_nothing_of_a_patient() {
    let world = World::empty();
    let export = planted(&world);
    let (report, lines) = logged(|| world.load(ingest::Format::EmisCsv, &export.folder));
    assert!(report.files.values().map(|file| file.rejected).sum::<u64>() > 50);
    assert!(report.issues.len() > 100);
    silent("the report", &told(&report), &[]);
    silent("the log of loading", &lines, &[]);
    let patient = PatientKey::new(&format!("{KEY}-0000-4000-8000-000000000001").to_lowercase()).unwrap();
    let facts = world.store.facts(&practice(), &patient).unwrap();
    assert!(facts.entries.len() > 100, "the canaries are in the record: {}", facts.entries.len());
    silent(
        "a fact about a patient, as a panic would print it",
        &format!("{:?}", facts.released.unwrap().standing),
        &[],
    );
}

#[test]
fn i5_a_refused_export_says_nothing_of_a_patient() {
    let header = |name: &'static str| move |sheet: &mut Sheet| sheet.header[0] = name.to_owned();
    let refusals: [(&str, &dyn Fn(&mut Sheet)); 3] = [
        ("CareRecord_Observation", &header("IsVisibleToPatient")),
        ("Admin_Patient", &header("")),
        (AGREEMENTS, &|sheet| spoil(sheet, "\u{0}")),
    ];
    for (table, break_it) in refusals {
        let world = World::empty();
        let export = planted(&world);
        let mut sheet = export.sheet(table);
        break_it(&mut sheet);
        sheet.save();
        let practice = practice();
        let (refused, lines) = logged(|| {
            world.loader(&practice).load(ingest::Format::EmisCsv, std::slice::from_ref(&export.folder))
        });
        let error = refused.unwrap_err();
        silent("the refusal", &format!("{error} {error:?}"), &[]);
        silent("the log of the refusal", &lines, &[]);
    }
}

/// What is asked: everything there is, well and badly, with canaries in every place that a client can fill.
fn asked(world: &World, token: &str, patient: &str) -> Vec<(String, Answer)> {
    let bearer = format!("Bearer {token}");
    let own: Vec<(&str, &str)> =
        vec![("authorization", &bearer), ("x-forwarded-for", "canary"), ("user-agent", "canary")];
    let form = [own.clone(), vec![("content-type", "application/x-www-form-urlencoded")]].concat();
    let mut answers = Vec::new();
    let mut ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        answers.push((format!("{method} {path}"), world.ask(method, path, headers, body)));
    };
    let searches = [
        "Patient".to_owned(),
        format!("Patient/{patient}"),
        "Patient/canary".into(),
        "Patient?name=Canarysurname".into(),
        format!("Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C{NHS}"),
        format!("Patient?identifier={NHS}"),
        "Observation".into(),
        "Observation?_count=1".into(),
        "Observation?_count=canary".into(),
        "Observation?date=canary".into(),
        "Observation?date=zz2024canary".into(),
        "Observation?code=canary%7Ccanary".into(),
        "Observation?code:canary=canary".into(),
        "Observation?_page=canary".into(),
        "Observation?_sort=canary".into(),
        "Observation?_summary=canary".into(),
        "Observation?_include=canary".into(),
        "Observation?_format=canary".into(),
        "Observation?patient=Patient/canary".into(),
        "Observation?category=canary&status=canary".into(),
        "Observation?_filter=canary".into(),
        "Observation?_has=canary".into(),
        "Observation?_id=canary&_lastUpdated=canary".into(),
        "Observation/canary/_history/canary".into(),
        "Canary/canary".into(),
        "Immunization?date=canary".into(),
        "Immunization?vaccine-code=canary".into(),
        "metadata?_format=canary".into(),
        ".well-known/smart-configuration?canary=canary".into(),
        "Observation?date=%FFcanary%ZZ".into(),
    ];
    for search in &searches {
        for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
            ask(method, &format!("/fhir/R4/{search}"), &own, "");
        }
        let strict = [
            own.clone(),
            vec![
                ("prefer", "handling=strict"),
                ("if-none-match", "canary"),
                ("accept", "application/fhir+xml;canary"),
            ],
        ]
        .concat();
        ask("GET", &format!("/fhir/R4/{search}"), &strict, "");
        ask("GET", &format!("/fhir/R4/{search}"), &[("authorization", "Bearer canary-token")], "");
        ask("GET", &format!("/fhir/R4/{search}"), &[("authorization", "Canary canary")], "");
    }
    for body in ["date=canary", "code=canary&_count=canary", "canary", "{\"canary\": 1}"] {
        ask("POST", "/fhir/R4/Observation/_search", &form, body);
        ask("POST", "/fhir/R4/Observation/_search", &own, body);
        ask("POST", "/fhir/R4/Observation", &form, body);
    }
    ask("GET", "/fhir/R4/Observation", &[("authorization", &bearer), ("accept", "canary/canary")], "");
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (app, redirect, challenge) in [
        ("app", REDIRECT, challenge),
        ("canary", REDIRECT, challenge),
        ("app", "https://elsewhere.example", challenge),
        ("app", REDIRECT, "canary"),
    ] {
        let query = format!(
            "response_type=code&client_id={app}&redirect_uri={redirect}&state=canary&scope=patient/*.rs%20canary&aud=https://records.example/fhir/R4&code_challenge={challenge}&code_challenge_method=S256"
        );
        ask("GET", &format!("/oauth/authorize?{query}"), &[], "");
        ask("POST", "/oauth/authorize", &form, &query);
        ask(
            "POST",
            "/oauth/authorize",
            &form,
            &format!("{query}&user={ACCOUNT}&username={ACCOUNT}&password=canary"),
        );
    }
    for body in [
        "grant_type=authorization_code&code=canary&redirect_uri=canary&client_id=app&code_verifier=canary",
        "grant_type=refresh_token&refresh_token=canary&client_id=canary",
        "grant_type=canary",
        "canary",
    ] {
        ask("POST", "/oauth/token", &form, body);
        ask("POST", "/oauth/revoke", &form, &format!("token=canary&{body}"));
    }
    ask("GET", "/canary", &own, "");
    answers
}

#[test]
fn i5_no_route_says_anything_of_a_patient_in_a_log_or_an_error() {
    let world = World::empty();
    let export = planted(&world);
    world.load(ingest::Format::EmisCsv, &export.folder);
    let key = PatientKey::new(&format!("{KEY}-0000-4000-8000-000000000001").to_lowercase()).unwrap();
    let of = Subject { practice: practice(), patient: key.clone() };
    world.let_in(ACCOUNT, &of, everything());
    let token = world.token(ACCOUNT, "patient/*.rs");
    let patient = ids().subject(&practice(), &key);
    let (answers, lines) = logged(|| {
        let mut answers = asked(&world, &token, &patient);
        // Who is not let in is logged: that is all there is to say.
        world.let_in(ACCOUNT, &of, level(AccessLevel::None));
        answers.extend(asked(&world, &token, &patient));
        answers
    });
    assert!(lines.contains("not admitted") && lines.contains("no-grant"), "the log was listened to: {lines}");
    silent("the log of serving", &lines, &[&token, &patient, ACCOUNT]);
    let shown =
        answers.iter().filter(|(_, answer)| answer.status == 200 && answer.text().contains("Canarysurname"));
    assert!(shown.count() > 0, "the canary sings where it may");
    let mut errors = 0;
    for (asked, answer) in answers.iter().filter(|(_, answer)| answer.status >= 400) {
        silent(asked, &answer.text(), &[&token, &patient]);
        errors += 1;
    }
    assert!(errors > 100, "{errors}");
}
