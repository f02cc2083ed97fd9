//! I9: what a lower access level shows is part of what a higher one shows, element by element, on records that were
//! read from an export and projected; and cutting a view twice is cutting it once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::LazyLock,
};

use jiff::civil::date;
use policy::{
    AccessLevel, AccessRequest, Actor, Decision, Passed, PracticeRules, Screening, Standing, ThirdParties,
    View, admit, decide,
};
use project::{Projected, Record, project};
use record::{
    CodeClass, Coded, Dictionary, Entry, Fact, Fate, Issue, MarksCarried, PatientKey, Place, Reference,
    ReferenceKey, ResourceType, Sink, SinkError, Staff,
};
use serde_json::{Value, json};

use super::export::Export;
use crate::support::{cut::cut as cut_for, ids, practice};

/// Keeps what is read.
#[derive(Default)]
struct Kept(Vec<Fact>);

impl Sink for Kept {
    fn fact(&mut self, _: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.0.push(fact);
        Ok(Fate::Stored)
    }

    fn reject(&mut self, _: Issue) {}

    fn warn(&mut self, _: Issue) {}

    fn progress(&mut self, _: u64) {}
}

/// Every fact of an EMIS export.
pub(super) fn read(folder: &Path) -> Vec<Fact> {
    let batch = ingest::open(ingest::Format::EmisCsv, &practice(), &[folder.to_owned()]).unwrap();
    let mut kept = Kept::default();
    batch.read(&mut kept).unwrap();
    kept.0
}

#[derive(Default)]
struct Words {
    codes: HashMap<String, (Coded, CodeClass)>,
    staff: HashMap<String, Staff>,
}

impl Dictionary for Words {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        self.codes.get(key).cloned()
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        self.staff.get(key).cloned()
    }
}

/// The resources of three synthetic people: as their feed sends them, and as one would that carries marks, so that their
/// words are screened, with what a practice may choose.
static RESOURCES: LazyLock<Vec<Projected>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let export = Export::synthetic(3, dir.path());
    let mut words = Words::default();
    let mut people: BTreeMap<PatientKey, Vec<Entry>> = BTreeMap::new();
    for fact in read(&export.folder) {
        match fact {
            Fact::Entry(patient, entry) | Fact::Keyed(patient, entry) => {
                people.entry(patient).or_default().push(*entry)
            }
            Fact::Reference(ReferenceKey::Code(key), reference, _) => {
                if let Reference::Code(coded, class) = *reference {
                    words.codes.insert(key, (coded, class));
                }
            }
            Fact::Reference(ReferenceKey::Staff(key), reference, _) => {
                if let Reference::Staff(staff) = *reference {
                    words.staff.insert(key, staff);
                }
            }
            Fact::Reference(..)
            | Fact::Guest(..)
            | Fact::GuestGone(_)
            | Fact::GuestsReplaced(..)
            | Fact::Removed(..)
            | Fact::Whole(_) => {}
        }
    }
    let (practice, ids) = (practice(), ids());
    let mut resources = Vec::new();
    for (patient, entries) in &people {
        let marked: Vec<Entry> =
            entries.iter().map(|entry| Entry { marks_carried: MarksCarried::Yes, ..entry.clone() }).collect();
        let rules = PracticeRules::default();
        for (entries, rules) in [(entries, &rules), (&marked, &rules), (&marked, &masking())] {
            let record = Record {
                practice: &practice,
                practice_name: None,
                patient,
                entries,
                dictionary: &words,
                terminology: None,
                own: &project::OwnTables::default(),
                oversight: &policy::Oversight::default(),
                rules,
            };
            resources.extend(project(&record, &ids).resources);
        }
    }
    resources
});

fn masking() -> PracticeRules {
    let screening = Screening { third_parties: ThirdParties::Mask, ..Screening::default() };
    PracticeRules { screening, ..PracticeRules::default() }
}

/// Whether everything of the lower stands in the higher, in the same order. Names what does not.
fn part_of(lower: &Value, higher: &Value, at: &str) -> Result<(), String> {
    match (lower, higher) {
        (Value::Object(low), Value::Object(high)) => low.iter().try_for_each(|(key, value)| {
            let path = format!("{at}.{key}");
            // In the place of a typed rubric stands a term, which the higher has with its coding.
            if key == "text" && is_term(value, low) && high.contains_key(key) {
                return Ok(());
            }
            part_of(value, high.get(key).ok_or_else(|| format!("{path} is only in the lower"))?, &path)
        }),
        (Value::Array(low), Value::Array(high)) => {
            let mut rest = high.iter();
            low.iter().try_for_each(|item| {
                let found = rest.by_ref().any(|other| part_of(item, other, at).is_ok());
                found.then_some(()).ok_or_else(|| format!("{at}: an item is only in the lower"))
            })
        }
        _ if lower == higher => Ok(()),
        _ => Err(format!("{at} differs")),
    }
}

/// Whether it is the display of a coding beside it.
fn is_term(text: &Value, beside: &serde_json::Map<String, Value>) -> bool {
    let codings = beside.get("coding").and_then(Value::as_array);
    codings.is_some_and(|codings| codings.iter().any(|coding| coding["display"] == *text))
}

/// Takes away what a view must have in the place of words that it does not show: constants of FHIR that say nothing
/// of the record.
fn without_stand_ins(mut body: Value) -> Value {
    let absent = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "code": "not-applicable", "display": "Not Applicable"}]});
    let unknown = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
        "code": "UNK", "display": "unknown"}]});
    let object = body.as_object_mut().unwrap();
    object.retain(|key, value| {
        !(key == "dataAbsentReason" && *value == absent || key == "vaccineCode" && *value == unknown)
    });
    body
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The view in which a level shows a resource.
fn shown(resource: &Projected, current: AccessLevel, historical: AccessLevel) -> Option<View> {
    let grant = policy::Grant {
        effective_date: date(2015, 1, 1),
        current,
        historical,
        sections_off: BTreeSet::new(),
    };
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let admission = admit(&AccessRequest {
        today: date(2026, 11, 2),
        practice_shares: true,
        rules: &policy::PracticeRules::default(),
        suppressed: false,
        standing: &standing,
        actor: Actor::Patient(Some(&grant)),
        types: &ResourceType::ALL.into(),
    });
    match decide(&admission.ok()?, resource.mapped.kind, &resource.labels) {
        Decision::Withhold(_) => None,
        Decision::Show(permit) => {
            let body = match permit.view() {
                View::Coded => resource.views.coded.as_ref(),
                View::Full => resource.views.full.as_ref(),
            };
            body.map(|_| permit.view())
        }
    }
}

/// What a view shows of a resource, without what stands in for what it does not show.
fn body(resource: &Projected, view: View) -> Option<Value> {
    let body = match view {
        View::Coded => resource.views.coded.as_ref(),
        View::Full => resource.views.full.as_ref(),
    };
    body.map(|body| without_stand_ins(json(&body.bytes)))
}

#[test]
fn i9_a_lower_levels_output_is_part_of_a_higher_ones() {
    let mut compared = BTreeMap::new();
    let mut with_words = [0, 0];
    for resource in &*RESOURCES {
        let bodies = [body(resource, View::Coded), body(resource, View::Full)];
        if let [Some(coded), full] = &bodies {
            let full = full.as_ref().expect("what has a coded view has a full one");
            part_of(coded, full, resource.mapped.kind.name()).unwrap();
            with_words[0] += u32::from(coded != full);
            with_words[1] += u32::from(full.to_string().contains("[third party]"));
        }
        for low in AccessLevel::ALL {
            for high in AccessLevel::ALL.into_iter().filter(|high| low <= *high) {
                for other in AccessLevel::ALL {
                    for (lower, higher) in [
                        (shown(resource, low, other), shown(resource, high, other)),
                        (shown(resource, other, low), shown(resource, other, high)),
                    ] {
                        assert!(
                            lower <= higher,
                            "{low:?} shows {lower:?}, {high:?} {higher:?}, with {other:?}"
                        );
                        if lower.is_some() {
                            *compared.entry(resource.mapped.kind).or_insert(0) += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(with_words[0] > 20 && with_words[1] > 0, "{with_words:?} have words, and masked ones");
    assert!(compared.len() == 3 && compared[&ResourceType::Observation] > 10_000, "{compared:?}");
}

/// Readers of text that differ: who lets nothing pass, everything, or some of it.
const READERS: [(&str, fn(&str) -> bool); 4] = [
    ("nothing", |_| false),
    ("everything", |_| true),
    ("short", |text| text.len() < 20),
    ("some", |text| text.bytes().map(u32::from).sum::<u32>() % 2 == 0),
];

fn cut(kind: ResourceType, view: View, of: &Value, clean: &dyn Fn(&str) -> bool) -> Value {
    let screen = |text: &str| if clean(text) { Passed::Whole } else { Passed::Nothing };
    cut_for(kind, view, of, &screen)
}

#[test]
fn i9_the_coded_view_is_part_of_the_full_one_whatever_redaction_lets_pass() {
    let mut differ = 0;
    for resource in &*RESOURCES {
        let kind = resource.mapped.kind;
        let whole = json(&resource.mapped.json);
        for (_, clean) in READERS {
            let coded = cut(kind, View::Coded, &whole, &clean);
            let full = cut(kind, View::Full, &whole, &clean);
            part_of(&coded, &full, kind.name()).unwrap();
            part_of(&full, &whole, kind.name()).unwrap();
            let strict = cut(kind, View::Full, &whole, &|_| false);
            part_of(&strict, &full, kind.name()).unwrap();
            assert_eq!(coded, cut(kind, View::Coded, &whole, &|_| true), "the coded view asks no reader");
            differ += u32::from(coded != full);
        }
    }
    assert!(differ > 20, "there is free text in the record: {differ}");
}

#[test]
fn i9_cutting_a_view_twice_is_cutting_it_once() {
    let mut tried = 0;
    for resource in &*RESOURCES {
        let (kind, whole) = (resource.mapped.kind, json(&resource.mapped.json));
        for (reader, clean) in READERS {
            for view in View::ALL {
                let once = cut(kind, view, &whole, &clean);
                assert_eq!(cut(kind, view, &once, &clean), once, "{reader} {view:?}");
                tried += 1;
            }
            let full = cut(kind, View::Full, &whole, &clean);
            assert_eq!(
                cut(kind, View::Coded, &full, &clean),
                cut(kind, View::Coded, &whole, &clean),
                "{reader}"
            );
        }
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn i9_part_of_tells_parts_from_others() {
    let whole = json!({"a": [{"b": 1, "c": 2}, {"b": 3}], "d": "x"});
    for part in [json!({}), json!({"a": [{"b": 3}]}), json!({"a": [{"c": 2}], "d": "x"}), whole.clone()] {
        assert_eq!(part_of(&part, &whole, ""), Ok(()), "{part}");
    }
    for other in [
        json!({"e": 1}),
        json!({"a": [{"b": 2}]}),
        json!({"a": [{"b": 3}, {"b": 1}]}),
        json!({"d": "y"}),
        json!([]),
    ] {
        assert!(part_of(&other, &whole, "").is_err(), "{other}");
    }
}
