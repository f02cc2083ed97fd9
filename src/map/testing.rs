//! Builders for the tests of this crate: made-up entries of a made-up patient.

use std::collections::HashMap;

use jiff::civil::date;
use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Coding, Content, Demographics, Dictionary, Effective, Entry,
    EntryId, FreeText, Gender, Link, PersonName, Quantity, Registration, ResourceType, Role, Staff,
    Statement, Value,
};
use serde_json::Value as Json;

use crate::{Context, Mapped, Mapping, Terminology, map};

pub(crate) fn snomed(code: &str, display: &str) -> Coding {
    Coding { system: CodeSystem::SnomedCt, code: code.into(), display: Some(display.into()) }
}

pub(crate) fn read(code: &str, display: &str) -> Coding {
    Coding { system: CodeSystem::ReadV2, code: code.into(), display: Some(display.into()) }
}

pub(crate) fn coded(codings: Vec<Coding>) -> Coded {
    Coded { codings, original_text: None }
}

pub(crate) fn quantity(value: &str, unit: &str) -> Quantity {
    let unit = (!unit.is_empty()).then(|| unit.to_owned());
    Quantity { value: value.parse().unwrap(), comparator: None, unit }
}

pub(crate) fn id(name: &str) -> EntryId {
    EntryId::new(name).unwrap()
}

pub(crate) fn text(words: &str) -> FreeText {
    FreeText::new(words).unwrap()
}

pub(crate) fn staff() -> Staff {
    let name =
        PersonName { prefix: Some("Dr".into()), given: vec!["Ann".into()], family: Some("Example".into()) };
    Staff { name, role: None }
}

pub(crate) struct Codes(pub(crate) HashMap<String, (Coded, CodeClass)>);

impl Dictionary for Codes {
    fn code(&self, key: &str) -> Option<(Coded, CodeClass)> {
        self.0.get(key).cloned()
    }

    fn staff(&self, key: &str) -> Option<Staff> {
        (key == "ann").then(staff)
    }
}

pub(crate) fn entry(name: &str, content: Option<Content>) -> Entry {
    Entry { recorded: Some(Effective::Day(date(2024, 3, 2))), ..Entry::new(id(name), content) }
}

pub(crate) fn demographics() -> Demographics {
    Demographics {
        nhs_number: "999 000 0018".parse().ok(),
        name: Some(PersonName {
            prefix: Some("Ms".into()),
            given: vec!["Zoë".into(), "Quinn".into()],
            family: Some("Testpatient".into()),
        }),
        gender: Gender::Female,
        birth_date: Some(date(1980, 2, 29)),
        usual_gp: Some("ann".into()),
        ..Demographics::registered(Registration::Regular)
    }
}

pub(crate) fn patient() -> Entry {
    entry("patient", Some(Content::Patient(Box::new(demographics()))))
}

/// A statement of the patient's with one SNOMED CT code, dated to the day.
pub(crate) struct Made(pub(crate) Entry);

impl Made {
    pub(crate) fn new(name: &str, codings: Vec<Coding>) -> Self {
        let statement = Statement {
            effective: Some(Effective::Day(date(2024, 3, 1))),
            ..Statement::of_patient(CodeRef::Given(coded(codings), None))
        };
        Self(entry(name, Some(Content::Statement(Box::new(statement)))))
    }

    pub(crate) fn snomed(name: &str, code: &str, display: &str) -> Self {
        Self::new(name, vec![snomed(code, display)])
    }

    /// The same without a code.
    pub(crate) fn words(name: &str, words: &str) -> Self {
        let typed = Coded { codings: vec![], original_text: Some(text(words)) };
        Self::new(name, vec![]).with(|statement| statement.code = CodeRef::Given(typed, None))
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Statement)) -> Self {
        if let Some(Content::Statement(statement)) = &mut self.0.content {
            change(statement);
        }
        self
    }

    pub(crate) fn class(self, class: CodeClass) -> Self {
        self.with(|statement| {
            if let CodeRef::Given(_, said) = &mut statement.code {
                *said = Some(class);
            }
        })
    }

    pub(crate) fn value(self, value: &str, unit: &str) -> Self {
        let quantity = quantity(value, unit);
        self.with(|statement| statement.value = Some(Value::Quantity(quantity)))
    }

    pub(crate) fn part_of(self, header: &str) -> Self {
        self.linked(Role::Panel, header)
    }

    pub(crate) fn linked(mut self, role: Role, to: &str) -> Self {
        self.0.links.push(Link { role, to: id(to) });
        self
    }
}

/// Maps the patient and these statements.
pub(crate) fn mapped(made: Vec<Made>) -> Mapping {
    let mut entries = vec![patient()];
    entries.extend(made.into_iter().map(|made| made.0));
    map_all(&entries)
}

pub(crate) fn map_all(entries: &[Entry]) -> Mapping {
    map_in(entries, None, &|_| true)
}

/// Maps entries of which only some may be told as a part of the Patient.
pub(crate) fn map_where(entries: &[Entry], may_tell: &dyn Fn(&EntryId) -> bool) -> Mapping {
    map_in(entries, None, may_tell)
}

pub(crate) fn map_with(entries: &[Entry], terminology: Option<&Terminology>) -> Mapping {
    map_in(entries, terminology, &|_| true)
}

fn map_in(
    entries: &[Entry],
    terminology: Option<&Terminology>,
    may_tell: &dyn Fn(&EntryId) -> bool,
) -> Mapping {
    let codes = Codes(HashMap::from([(
        "weight".to_owned(),
        (coded(vec![snomed("27113001", "Body weight")]), CodeClass::Measurement),
    )]));
    let practice = "Y99999".parse().unwrap();
    let name = |kind: ResourceType, entry: &EntryId| format!("{}-{}", kind.name(), entry.as_str());
    map(
        entries,
        &Context {
            dictionary: &codes,
            practice: &practice,
            practice_name: Some("The Surgery"),
            terminology,
            id: &name,
            may_tell,
        },
    )
}

pub(crate) fn find<'a>(mapping: &'a Mapping, name: &str) -> &'a Mapped {
    mapping.resources.iter().find(|mapped| mapped.sources[0] == id(name)).unwrap()
}

pub(crate) fn body(mapped: &Mapped) -> Json {
    serde_json::from_slice(&mapped.json).unwrap()
}

/// The body of the one resource that an entry became.
pub(crate) fn json(made: Made) -> Json {
    let name = made.0.id.as_str().to_owned();
    body(find(&mapped(vec![made]), &name))
}

/// The last parts of the profiles that a body claims.
pub(crate) fn profiles(body: &Json) -> Vec<String> {
    let urls = body["meta"]["profile"].as_array().unwrap();
    let name = |url: &str| url.rsplit('/').next().unwrap().split('|').next().unwrap().to_owned();
    urls.iter().map(|url| name(url.as_str().unwrap())).collect()
}
