//! Requests that an app can make: reads of every id, searches by every parameter, every form of answer, nonsense.

use std::sync::LazyLock;

use gateway::fhir::params_of;
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use record::ResourceType;

use super::worlds::{SCOPES, kept};
use crate::{
    gateway::{portal::encoded, reading::id_of},
    support::BASE,
};

/// A request without its token.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Which token goes with it: one of the scopes', or one that nobody has.
    pub scope: usize,
}

impl Ask {
    pub(super) fn get(path: impl AsRef<str>) -> Self {
        Self::of("GET", format!("/fhir/R4/{}", path.as_ref()))
    }

    pub(super) fn of(method: &str, path: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: String::new(), scope: 0 }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn posted(path: impl Into<String>, body: impl Into<String>) -> Self {
        let ask = Self::of("POST", path).with("content-type", "application/x-www-form-urlencoded");
        Self { body: body.into(), ..ask }
    }
}

/// Every id that an entry of any pair has or would have, as either type, and others.
static IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let entries = super::PAIRS.iter().flat_map(|pair| [kept(&pair.a), kept(&pair.b)].concat());
    let mut ids: Vec<String> = entries
        .flat_map(|(entry, _)| ResourceType::ALL.map(|kind| id_of("p", kind, entry.id.as_str())))
        .chain(["visit", "never-sent", "never"].map(|entry| id_of("p", ResourceType::Observation, entry)))
        .chain(["unknown".to_owned(), String::new(), "%00".into()])
        .collect();
    ids.sort();
    ids.dedup();
    ids
});

pub(super) const KINDS: [&str; 3] = ["Patient", "Observation", "Immunization"];
const FORMS: [&str; 7] =
    ["", "_format=xml", "_format=json", "_format=ttl", "_pretty=true", "_summary=text", "_elements=code"];

fn codes() -> Vec<String> {
    let plain = [
        "165816005",
        "184142008",
        "310376006",
        "27113001",
        "38598009",
        "85354-9",
        "8462-4",
        "8480-6",
        "26604007",
        "1022651000000100",
        "1022431000000105",
        "163020007",
        "160303001",
        "161077003",
        "15628003",
        "57797005",
        "412732008",
        "0",
        "",
        "UNK",
    ];
    let systems = ["http://snomed.info/sct|", "http://loinc.org|", "|"];
    plain
        .iter()
        .flat_map(|code| {
            systems.map(|system| format!("{system}{code}")).into_iter().chain([(*code).to_owned()])
        })
        .collect()
}

fn dates() -> Vec<String> {
    let days = [
        "2023-12-24",
        "2023-12",
        "2023",
        "2022-02-02",
        "2022-06-15",
        "2024-02-10",
        "2024-03-01",
        "2024-07-01",
        "2019",
        "2021-05",
        "2023-12-24T12:00:00Z",
        "2026-11-02T12:00:00Z",
        "2026-11-02T12:01:00Z",
        "1980-05-04",
        "1900",
        "2030",
    ];
    let prefixes = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
    days.iter().flat_map(|day| prefixes.map(|prefix| format!("{prefix}{day}"))).collect()
}

fn references() -> Vec<String> {
    let p = id_of("p", ResourceType::Patient, "patient");
    vec![
        p.clone(),
        format!("Patient/{p}"),
        format!("{BASE}/fhir/R4/Patient/{p}"),
        "Patient/unknown".into(),
        "a/b/c".into(),
    ]
}

/// Values for a parameter: likely ones, hidden ones, impossible ones.
pub(super) fn values(name: &str) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    match name {
        "_id" => IDS.clone(),
        "code" | "vaccine-code" => codes(),
        "category" => words(&["vital-signs", "laboratory", "social-history", "imaging", "x|laboratory", ""]),
        "status" => words(&["final", "completed", "not-done", "amended", "|final", "x|"]),
        "date" | "_lastUpdated" | "birthdate" => dates(),
        "patient" | "subject" => references(),
        "identifier" => words(&["9990000018", "https://fhir.nhs.uk/Id/nhs-number|9990000018", "9990000026"]),
        "_count" => words(&["0", "1", "2", "3", "7", "50", "1000", "-1", "x"]),
        "_sort" => {
            words(&["date", "-date", "_id", "-_id", "_lastUpdated", "-_lastUpdated", "code", "date,_id"])
        }
        "_summary" => words(&["count", "true", "text", "data", "false"]),
        "_include" | "_revinclude" => {
            words(&["*", "Observation:has-member", "Observation:subject", "Provenance:target"])
        }
        "_elements" => words(&["note", "code", "id", "valueQuantity,status", "hasMember", "nothing"]),
        "_total" => words(&["accurate", "estimate", "none", "x"]),
        "_security" => words(&["NOPAT", "http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPAT", "R"]),
        _ => words(&["a", "alex", "test", "true", "female", "count", "2023", ""]),
    }
}

const OTHERS: [&str; 32] = [
    "_count",
    "_sort",
    "_summary",
    "_total",
    "_include",
    "_revinclude",
    "_elements",
    "_security",
    "_tag",
    "_profile",
    "_text",
    "_filter",
    "_has:Observation:patient:code",
    "code:not",
    "code:missing",
    "subject.name",
    "value-quantity",
    "note",
    "_page",
    "colour",
    "_include:iterate",
    "_content",
    "_query",
    "_list",
    "_contained",
    "_source",
    "_since",
    "_type",
    "_id:not",
    "date:missing",
    "patient:Patient",
    "patient.identifier",
];

fn names(kind: &str) -> Vec<&'static str> {
    let known = params_of(ResourceType::from_name(kind).unwrap()).iter().map(|param| param.name);
    // The known ones more often than the others.
    let known: Vec<&str> = known.collect();
    [known.clone(), known, OTHERS.to_vec(), vec!["_count", "_sort"]].concat()
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let known = [
        ("if-none-match", "W/\"1\""),
        ("if-none-match", "*"),
        ("if-modified-since", "Mon, 02 Nov 2026 12:00:00 GMT"),
        ("if-modified-since", "Sat, 01 Jan 2050 00:00:00 GMT"),
        ("if-match", "W/\"1\""),
        ("accept", "application/fhir+xml"),
        ("accept", "application/fhir+json"),
        ("accept", "text/html"),
        ("prefer", "handling=strict"),
        ("x-http-method-override", "DELETE"),
        ("if-none-match", "W/\"2\""),
        ("if-none-match", "W/\"9\", W/\"1\", \"1\""),
        ("if-none-exist", "code=165816005"),
        ("range", "bytes=0-99"),
        ("accept-encoding", "gzip, br"),
        ("prefer", "handling=lenient"),
        ("prefer", "respond-async"),
        ("origin", "https://app.example"),
    ];
    let one = select(known.to_vec()).prop_map(|(name, value)| (name.to_owned(), value.to_owned()));
    prop::collection::vec(one, 0..3)
}

fn searches() -> impl Strategy<Value = Ask> {
    let pairs =
        prop::collection::vec((any::<Index>(), any::<Index>(), prop::option::of(any::<Index>())), 0..4);
    (select(KINDS.to_vec()), pairs, any::<Index>(), 0..4u8, headers()).prop_map(
        |(kind, pairs, form, way, headers)| {
            let names = names(kind);
            let mut query: Vec<(String, String)> = Vec::new();
            for (name, value, other) in pairs {
                let name = *name.get(&names);
                let known = values(name.split(':').next().unwrap_or_default());
                let also = other.map(|other| format!(",{}", other.get(&known))).unwrap_or_default();
                query.push((name.to_owned(), format!("{}{also}", value.get(&known))));
            }
            let pairs: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let form = *form.get(&FORMS);
            let text = [encoded(&pairs), form.to_owned()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("&");
            match way {
                0 => {
                    let form = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
                    let headers = headers.into_iter().chain([form]).collect();
                    Ask { method: "POST".into(), headers, body: text, ..Ask::get(format!("{kind}/_search")) }
                }
                1 => Ask { method: "HEAD".into(), headers, ..Ask::get(format!("{kind}?{text}")) },
                _ => Ask { headers, ..Ask::get(format!("{kind}?{text}")) },
            }
        },
    )
}

fn reads() -> impl Strategy<Value = Ask> {
    let methods = ["GET", "GET", "GET", "GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE"];
    let tails = ["", "", "", "", "/_history", "/_history/1", "/$everything", "/Observation"];
    (
        select(KINDS.to_vec()),
        any::<Index>(),
        select(tails.to_vec()),
        any::<Index>(),
        select(methods.to_vec()),
        headers(),
    )
        .prop_map(|(kind, id, tail, form, method, headers)| {
            let form = *form.get(&FORMS);
            let path = format!("{kind}/{}{tail}?{form}", id.get(&IDS));
            Ask { method: method.to_owned(), headers, ..Ask::get(path.trim_end_matches('?')) }
        })
}

/// What is no resource, inside the FHIR base and beside it.
pub(super) const BESIDE: [&str; 26] = [
    "/fhir/R4/metadata",
    "/fhir/R4/metadata?_format=xml",
    "/fhir/R4/metadata?mode=terminology",
    "/fhir/R4",
    "/fhir/R4/",
    "/fhir/R4//",
    "/fhir/R4/_history",
    "/fhir/R4/_search?_type=Observation",
    "/fhir/R4/Observation/_history",
    "/fhir/R4/Condition",
    "/fhir/R4/Provenance?target=x",
    "/fhir/R4/$export",
    "/fhir/R4/Patient/$match",
    "/fhir/R4/Observation/$lastn",
    "/fhir/R4/Observation/../Patient",
    "/fhir/R4/observation",
    "/fhir/R4/Observation?date=%FF",
    "/fhir/R4/Observation?%00=%00",
    "/fhir/R4/Observation?_page=AAAA",
    "/fhir/R4/.well-known/smart-configuration",
    "/fhir/R4/Observation?&&&=",
    "/healthz",
    "/readyz",
    "/oauth/authorize?response_type=code&client_id=app&scope=patient/*.rs&state=x",
    "/oauth/introspect",
    "/intake/v1/batches",
];

/// Forms for the authorization server that name no token of anybody's.
pub(super) const FORMS_OF_OAUTH: [(&str, &str); 5] = [
    ("/oauth/token", "grant_type=authorization_code&client_id=app&code=none&redirect_uri=x&code_verifier=y"),
    ("/oauth/token", "grant_type=refresh_token&client_id=app&refresh_token=none"),
    ("/oauth/token", "grant_type=password&username=p&password=p"),
    ("/oauth/revoke", "client_id=app&token=none"),
    ("/oauth/authorize", "response_type=code&client_id=app&user=p&decision=allow"),
];

fn oddities() -> impl Strategy<Value = Ask> {
    let methods = ["GET", "GET", "HEAD", "POST", "OPTIONS"];
    let plain = (select(BESIDE.to_vec()), select(methods.to_vec()), headers())
        .prop_map(|(path, method, headers)| Ask { headers, ..Ask::of(method, path) });
    let forms = select(FORMS_OF_OAUTH.to_vec()).prop_map(|(path, form)| Ask::posted(path, form));
    prop_oneof![4 => plain, 1 => forms]
}

/// Any request, mostly with a token for everything.
pub fn asks() -> impl Strategy<Value = Ask> {
    let scopes = prop_oneof![3 => Just(0), 2 => 0..=SCOPES.len()];
    let any = prop_oneof![6 => searches(), 3 => reads(), 1 => oddities()];
    (any, scopes).prop_map(|(ask, scope)| Ask { scope, ..ask })
}
