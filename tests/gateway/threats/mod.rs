//! What a curious or hostile app tries, one test for each known way (T01 to T57). Patient `p` has the token; `q` is of
//! the same practice; some of what `p` has is hidden.

mod assertions;
mod audit;
mod cursors;
mod grants;
mod inference;
mod leaks;
mod logs;
mod methods;
mod objects;

use std::sync::LazyLock;

use jiff::civil::date;
use record::{
    Effective, Entry, EntryId, FreeText, Mark, ReferenceRange, ResourceType, StatementStatus, Vaccination,
    Value,
};

use super::{
    fixture::{self, blood_count, blood_pressure, marked, noted, on, rubric, weight},
    reading::id_of,
};
use crate::support::{Answer, World, coded, fingerprint, with};

/// A word that stands in everything of `p`'s that must not be seen.
pub const CANARY: &str = "Quagga";
/// A code that only a hidden entry has.
pub const HIDDEN_CODE: &str = "165816005";
pub const UNKNOWN: &str = "feedfeedfeedfeedfeedfeedfeedfeed";

/// Entries that are hidden whole, and those that hang on them.
pub const HIDDEN: [&str; 8] =
    ["h", "unfiled", "hidden-mmr", "half", "half-systolic", "half-diastolic", "panel", "panel-platelets"];

/// The record of `p`: everything of the fixture, hidden things of each kind, and withheld words.
pub fn entries() -> Vec<Entry> {
    let mut entries = fixture::record();
    let hidden = coded("h", HIDDEN_CODE, "Quagga finding");
    entries.push(marked(on(hidden, Effective::Day(date(2024, 4, 1))), Mark::NotForPatient));
    let unfiled = coded("unfiled", HIDDEN_CODE, "Quagga finding");
    entries.push(with(unfiled, |statement| statement.status = StatementStatus::Unfiled));
    entries.push(marked(
        rubric(coded("hidden-mmr", "38598009", "MMR vaccination"), "Quagga jab"),
        Mark::Confidential,
    ));
    for entry in blood_pressure("half", date(2024, 2, 11)) {
        let hides = entry.id.as_str() == "half-diastolic";
        entries.push(if hides { marked(entry, Mark::NotForPatient) } else { entry });
    }
    for entry in blood_count("panel", date(2022, 6, 16)) {
        let hides = entry.id.as_str() == "panel-platelets";
        entries.push(if hides { marked(entry, Mark::NotForPatient) } else { entry });
    }
    entries.extend(worded());
    entries
}

/// Entries whose words are withheld while their coded part is shown.
fn worded() -> Vec<Entry> {
    let words = |text: &str| FreeText::new(text).unwrap();
    let result = with(coded("x", "271737000", "Anaemia"), |statement| {
        statement.value = Some(Value::Text(words("Quagga in words")));
        statement.text = vec![words("wife Zofia Quagga note"), words("Quagga comment")];
        let text = Some(words("Quagga range"));
        statement.ranges = vec![ReferenceRange { low: None, high: None, unit: None, text }];
    });
    let jab = with(coded("x-mmr", "38598009", "MMR vaccination"), |statement| {
        statement.text = vec![words("wife Zofia Quagga vaccination note")];
        statement.vaccination = Some(Vaccination {
            manufacturer: Some("Quagga maker".into()),
            site: record::Coded::words("Quagga site"),
            route: record::Coded::words("Quagga route"),
            ..Vaccination::default()
        });
    });
    vec![rubric(result, "Quagga rubric"), noted(weight("x-weight", "77"), "wife Zofia Quagga weighs"), jab]
}

/// The stage on which everything that only reads is tried.
pub struct Stage {
    pub world: World,
    pub token: String,
}

impl Stage {
    pub fn new() -> Self {
        let world = World::of(entries());
        world.put("q", entries());
        let token = world.token("p", "patient/*.rs");
        Self { world, token }
    }

    pub fn shared() -> &'static Self {
        static STAGE: LazyLock<Stage> = LazyLock::new(Stage::new);
        &STAGE
    }

    pub fn get(&self, path: &str) -> Answer {
        self.world.get(&self.token, path)
    }

    /// A request with the token and one more header.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", bearer.as_str())]).collect();
        self.world.ask(method, &format!("/fhir/R4/{path}"), &headers, body)
    }

    /// Two requests get the same answer, once the words that differ in them are blanked.
    pub fn alike(&self, first: (&str, &str), second: (&str, &str)) {
        let answer = |(path, word): (&str, &str)| {
            let (status, headers, body) = fingerprint(&self.get(path));
            (status, headers, String::from_utf8(body).unwrap().replace(word, "-"))
        };
        assert_eq!(answer(first), answer(second), "{first:?} {second:?}");
    }
}

pub fn observation(who: &str, entry: &str) -> String {
    id_of(who, ResourceType::Observation, entry)
}

pub fn vaccination(who: &str, entry: &str) -> String {
    id_of(who, ResourceType::Immunization, entry)
}

/// Logical ids that hidden entries have or would have.
pub fn hidden_ids(who: &str) -> Vec<String> {
    HIDDEN.iter().flat_map(|entry| [observation(who, entry), vaccination(who, entry)]).collect()
}

/// What an app that tries everything asks with a token, and what it is told.
pub fn everything(world: &World, token: &str) -> Vec<Answer> {
    let bearer = format!("Bearer {token}");
    let ids: Vec<String> = entries()
        .iter()
        .flat_map(|entry| ["p", "q"].map(|who| (who, entry.id.as_str().to_owned())))
        .flat_map(|(who, entry)| [observation(who, &entry), vaccination(who, &entry)])
        .chain(["p", "q"].map(|who| world.logical_id(who)))
        .collect();
    let mut paths: Vec<String> =
        vec!["metadata".into(), ".well-known/smart-configuration".into(), String::new()];
    for kind in ["Patient", "Observation", "Immunization", "Condition"] {
        paths.extend(ids.iter().map(|id| format!("{kind}/{id}")));
        for query in [
            "",
            "?_count=200",
            "?_count=3",
            "?_summary=text",
            "?_elements=note",
            "?_summary=count",
            "?date=x",
            "?_include=*&_revinclude=*",
            "?code=165816005",
            "?_text=Quagga",
            "?identifier=9990000018",
            "?family=Testp",
        ] {
            paths.push(format!("{kind}{query}"));
        }
        paths.extend([
            format!("{kind}/_search"),
            format!("{kind}/{}/_history", ids[0]),
            format!("{kind}/$everything"),
        ]);
    }
    let mut answers = Vec::new();
    for path in &paths {
        for accept in ["application/fhir+json", "application/fhir+xml"] {
            for method in ["GET", "POST", "OPTIONS", "DELETE"] {
                let headers = [("authorization", bearer.as_str()), ("accept", accept)];
                answers.push(world.ask(method, &format!("/fhir/R4/{path}"), &headers, ""));
            }
        }
    }
    for path in ["/healthz", "/readyz", "/oauth/authorize?client_id=app", "/oauth/token", "/other"] {
        answers.push(world.ask("GET", path, &[("authorization", &bearer)], ""));
    }
    answers
}

#[test]
fn the_stage_has_what_the_threats_are_about() {
    let stage = Stage::shared();
    let facts = stage.world.store_entries("p");
    for name in HIDDEN {
        let id = EntryId::new(name).unwrap();
        assert!(facts.contains(&id), "{name} is kept");
        let shown = [observation("p", name), vaccination("p", name)].map(|id| {
            stage.get(&format!("Observation/{id}")).status == 200
                || stage.get(&format!("Immunization/{id}")).status == 200
        });
        assert_eq!(shown, [false, false], "{name}");
    }
    for entry in ["x", "x-weight"] {
        assert_eq!(stage.get(&format!("Observation/{}", observation("p", entry))).status, 200, "{entry}");
    }
    assert_eq!(stage.get(&format!("Immunization/{}", vaccination("p", "x-mmr"))).status, 200);
}

impl World {
    /// The keys of the entries that are kept of a patient.
    fn store_entries(&self, who: &str) -> std::collections::BTreeSet<EntryId> {
        use store::Store;
        let subject = crate::support::subject(who);
        let facts = self.store.facts(&subject.practice, &subject.patient).unwrap();
        facts.entries.into_iter().map(|(entry, _)| entry.id).collect()
    }
}
