//! An explanation says of every entry what requests get of it: compared with their answers, for patients and actors by
//! chance.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use auth::sign_in::Role;
use gateway::{
    clock::Clock,
    explain::{Answer, Explained, Question, Refused, ToldResource, explain},
    fhir::{Closed, Hidden},
};
use jiff::civil::{Date, date};
use policy::{
    AccessLevel, Decided, Grant, LegalBasis, PracticeRules, ProxyGrant, Reason, Refusal, Rule, Sensitivity,
    View,
};
use proptest::prelude::*;
use record::{EntryId, Mark, PatientKey, ResourceType, Section};
use store::{Access, Account, Store, Subject};

use super::fixture::{blood_pressure, consultation, linked, marked, noted, record, weight};
use crate::support::{
    CLIENT, World,
    aged::{age, other_tables},
    app, level, practice, subject,
};

/// What an app got of a resource: version and time.
type Got = BTreeMap<(ResourceType, String), (String, String)>;

fn explained(world: &World, subject: &Subject, user: &str, role: Option<Role>) -> Explained {
    let practice = practice();
    let on = world.clock.today();
    let question = Question { subject, app: CLIENT, user, role, on, sandbox: false };
    explain(&world.loader(&practice), &question).unwrap()
}

/// What is said of each resource; of several entries all say the same.
fn resources(explained: &Explained) -> BTreeMap<(ResourceType, String), &ToldResource> {
    let mut found = BTreeMap::new();
    for told in explained.entries.iter().flat_map(|told| &told.resources) {
        if let Some(other) = found.insert((told.kind, told.id.clone()), told) {
            let other: &ToldResource = other;
            assert_eq!((other.answer, &other.because), (told.answer, &told.because));
        }
    }
    found
}

/// Everything that a token opens, over all pages.
fn got(world: &World, token: &str, types: &BTreeSet<ResourceType>) -> Got {
    let mut found = Got::new();
    for kind in types {
        for one in world.all(token, &format!("{}?_count=50", kind.name())) {
            let meta = |name: &str| one["meta"][name].as_str().unwrap().to_owned();
            let id = one["id"].as_str().unwrap().to_owned();
            found.insert((*kind, id), (meta("versionId"), meta("lastUpdated")));
        }
    }
    found
}

/// Asserts that the explanation and requests agree on everything, and says how many are shown and not.
fn agree(world: &World, subject: &Subject, user: &str) -> [usize; 2] {
    let explained = explained(world, subject, user, None);
    let told = resources(&explained);
    let released = world.store.read(subject).unwrap().unwrap().released().clone();
    let all: BTreeSet<_> = released.headers.iter().map(|header| (header.kind, header.id.clone())).collect();
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), all, "every resource is told of");
    let facts = world.store.facts(&practice(), &subject.patient).unwrap();
    let known: BTreeSet<&EntryId> =
        explained.entries.iter().filter_map(|told| told.entry.as_ref()).map(|(entry, _)| &entry.id).collect();
    assert_eq!(known, facts.entries.iter().map(|(entry, _)| &entry.id).collect(), "every entry is told of");
    for told in &explained.entries {
        assert!(!told.resources.is_empty() || told.nothing.is_some() || told.waits.is_some(), "and why not");
    }
    let shown: Got = told
        .iter()
        .filter_map(|(name, told)| match told.answer {
            Answer::Shown { view, version, updated, .. } => {
                let header = released.headers.iter().find(|header| header.id == told.id).unwrap();
                assert_eq!(header.view(view).unwrap().version, version);
                let updated = updated.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
                Some((name.clone(), (version.to_string(), updated)))
            }
            Answer::Hidden(_) | Answer::Refused(_) | Answer::NotReleased => None,
        })
        .collect();
    if let (Ok(()) | Err(Refused::Closed(_)), Some(_)) = (explained.admission, explained.role) {
        let scope = world.store.app(CLIENT).unwrap().unwrap().scopes.join(" ");
        let token = auth::issue_sandbox_token(&*world.store, world.clock.now(), user, &scope, CLIENT);
        let token = token.unwrap().token;
        assert_eq!(got(world, &token, &explained.types), shown);
        for (kind, id) in told.keys().filter(|name| explained.types.contains(&name.0)).step_by(7) {
            let answer = world.get(&token, &format!("{}/{id}", kind.name()));
            let expected = if shown.contains_key(&(*kind, id.clone())) { 200 } else { 404 };
            assert_eq!(answer.status, expected);
        }
    } else {
        assert!(shown.is_empty());
    }
    for told in told.values() {
        reasons_come_from_somewhere(told);
    }
    [shown.len(), told.len() - shown.len()]
}

fn reasons_come_from_somewhere(told: &ToldResource) {
    if let Answer::Hidden(Hidden::Withheld(Rule::Labelled(reason))) = told.answer {
        assert!(told.because.iter().any(|ground| ground.reason == reason), "{reason:?}: {:?}", told.because);
    }
    for ground in &told.because {
        assert!(ground.place.is_some() || ground.reason == Reason::Awaited, "{ground:?} has no row");
    }
}

static WORLD: LazyLock<World> = LazyLock::new(|| World::synthetic(synth::Role::ALL.len() as u32 + 4));

fn grants() -> impl Strategy<Value = Grant> {
    let level = || prop::sample::select(AccessLevel::ALL.to_vec());
    let off = prop::collection::btree_set(prop::sample::select(Section::ALL.to_vec()), 0..2);
    (level(), level(), 2000i16..2027, off).prop_map(|(current, historical, year, sections_off)| Grant {
        effective_date: date(year, 6, 1),
        current,
        historical,
        sections_off,
    })
}

fn proxies() -> impl Strategy<Value = ProxyGrant> {
    let basis = [
        LegalBasis::ParentalResponsibility,
        LegalBasis::Consent,
        LegalBasis::BestInterest,
        LegalBasis::Unstated,
    ];
    let day = |year: i16| date(year, 3, 1);
    (
        grants(),
        prop::sample::select(basis.to_vec()),
        2010i16..2028,
        prop::option::of(2020i16..2030),
        any::<bool>(),
    )
        .prop_map(move |(grant, legal_basis, starts, ends, reviewed_since_eleven)| ProxyGrant {
            grant,
            legal_basis,
            relationship: None,
            starts: day(starts),
            ends: ends.map(day),
            reviewed_since_eleven,
        })
}

fn decided() -> Decided {
    Decided { by: "Dr A".into(), at: jiff::Timestamp::UNIX_EPOCH, why: "asked to".into() }
}

fn scopes() -> impl Strategy<Value = Vec<String>> {
    let of = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    prop::sample::select(vec![
        of(&["launch/patient", "patient/*.rs"]),
        of(&["patient/Observation.rs", "patient/Patient.rs"]),
        of(&["launch/patient", "patient/Immunization.rs"]),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn an_explanation_and_the_gateway_never_disagree(
        who in 0usize..24,
        own in prop::option::weighted(0.9, grants()),
        proxy in prop::option::weighted(0.9, proxies()),
        acts in any::<bool>(),
        scopes in scopes(),
        off in prop::collection::btree_set(prop::sample::select(Section::ALL.to_vec()), 0..2),
    ) {
        let world = &*WORLD;
        let person = &world.people[who % world.people.len()];
        let subject = Subject { practice: practice(), patient: PatientKey::new(&person.key).unwrap() };
        let suppressed = who.is_multiple_of(9).then(decided);
        let mut access = Access { own, suppressed, ..Access::default() };
        access.proxies.extend(proxy.map(|proxy| ("somebody".to_owned(), proxy)));
        world.store.set_access(&subject, &access).unwrap();
        let (own, acts_for) = if acts { (None, vec![subject.clone()]) } else { (Some(subject.clone()), vec![]) };
        world.store.set_account(&Account { id: "somebody".to_owned(), own, acts_for, ..Account::default() }).unwrap();
        world.store.set_app(&store::App { scopes, ..app(CLIENT) }).unwrap();
        let sensitive = if acts { BTreeSet::new() } else { Sensitivity::ALL.into_iter().take(2).collect() };
        let rules =
            PracticeRules { sections_off: off, withheld_from_patients: sensitive, ..PracticeRules::default() };
        world.store.set_rules(&practice(), &rules).unwrap();
        agree(world, &subject, "somebody");
    }
}

/// Every kind of reason in one record.
fn odd() -> Vec<record::Entry> {
    let mut entries = record();
    entries.push(marked(consultation("hushed"), Mark::Confidential));
    entries.push(linked(weight("inside", "70"), record::Role::Consultation, "hushed"));
    entries.push(linked(weight("early", "71"), record::Role::Consultation, "not-here-yet"));
    entries.push(marked(weight("secret", "72"), Mark::NotForPatient));
    entries.push(noted(weight("noted", "73"), "seen with her sister Jane Smith, ring her on 07700 900123"));
    let mut half = blood_pressure("halved", date(2023, 1, 1));
    half[1] = marked(half[1].clone(), Mark::NotFiled);
    entries.extend(half);
    entries
}

fn rule_of<'e>(explained: &'e Explained, entry: &str) -> &'e ToldResource {
    let told = explained
        .entries
        .iter()
        .find(|told| told.entry.as_ref().is_some_and(|(one, _)| one.id.as_str() == entry));
    &told.unwrap().resources[0]
}

#[test]
fn each_reason_is_told_with_the_entry_and_the_row_that_it_comes_from() {
    let world = World::of(odd());
    let [shown, hidden] = agree(&world, &subject("p"), "p");
    assert!(shown > 15 && hidden >= 4, "{shown} {hidden}");
    let explained = explained(&world, &subject("p"), "p", Some(Role::Patient));
    for (entry, reason, from, there) in [
        ("inside", Reason::Confidential, "hushed", true),
        ("early", Reason::Awaited, "not-here-yet", false),
        ("secret", Reason::NotForPatient, "secret", true),
        ("halved", Reason::NotFiled, "halved-systolic", true),
    ] {
        let told = rule_of(&explained, entry);
        assert_eq!(told.answer, Answer::Hidden(Hidden::Withheld(Rule::Labelled(reason))), "{entry}");
        let ground = &told.because[0];
        let found = (ground.reason, ground.on.as_str(), ground.place.is_some());
        assert_eq!(found, (reason, from, there), "{entry}");
    }
    assert_eq!(rule_of(&explained, "noted").words, gateway::explain::Words::StayBack);
    let found = rule_of(&explained, "noted").found.as_ref().unwrap();
    assert!(!found.rules.is_empty() && found.decided.is_none(), "{found:?}");
    assert_eq!(rule_of(&explained, "noted").answer.view(), Some(View::Full));
    let summary = explained.summary();
    let entries = explained.entries.iter().map(|told| told.resources.len().max(1)).sum::<usize>();
    assert_eq!(summary.iter().map(|one| one.count).sum::<usize>(), entries);
    assert!(summary.iter().any(|one| one.code == "label:confidential" && one.view.is_none()), "{summary:?}");
}

#[test]
fn whoever_is_refused_is_told_by_which_rule() {
    let world = World::of(record());
    let told = |user: &str, role: Option<Role>| explained(&world, &subject("p"), user, role).admission;
    assert_eq!(told("p", None), Ok(()));
    assert_eq!(told("p", Some(Role::Proxy)), Err(Refused::OtherRole));
    assert_eq!(told("nobody", None), Err(Refused::User));
    world
        .store
        .set_account(&Account { id: "carer".into(), acts_for: vec![subject("p")], ..Account::default() })
        .unwrap();
    assert_eq!(told("carer", Some(Role::Proxy)), Err(Refused::Closed(Closed::NoProxy)));
    world.let_in("p", &subject("p"), level(AccessLevel::None));
    assert_eq!(told("p", None), Err(Refused::Closed(Closed::Refused(Refusal::NoGrant))));
    world.let_in("p", &subject("p"), level(AccessLevel::Full));
    age(&world.store, &practice(), other_tables(), |_| false);
    let stale = explained(&world, &subject("p"), "p", None);
    assert_eq!(stale.admission, Err(Refused::OtherTables));
    assert!(resources(&stale).values().all(|told| told.answer == Answer::Refused(Refused::OtherTables)));
    let suspended = store::App { status: store::AppStatus::Suspended, ..app(CLIENT) };
    world.store.set_app(&suspended).unwrap();
    assert_eq!(told("p", None), Err(Refused::App));
}

#[test]
fn a_proxys_birthdays_are_judged_on_the_day_that_is_asked_for() {
    let world = World::of(record());
    let parent = ProxyGrant {
        grant: level(AccessLevel::Full),
        legal_basis: LegalBasis::ParentalResponsibility,
        relationship: None,
        starts: date(1980, 5, 4),
        ends: None,
        reviewed_since_eleven: false,
    };
    world.let_in_proxy("parent", &subject("p"), parent);
    let practice = practice();
    let on = |on: Date| {
        let subject = subject("p");
        let question =
            Question { subject: &subject, app: CLIENT, user: "parent", role: None, on, sandbox: false };
        explain(&world.loader(&practice), &question).unwrap().admission
    };
    assert_eq!(on(date(1991, 5, 3)), Ok(()));
    let closed = |refusal| Err(Refused::Closed(Closed::Refused(refusal)));
    assert_eq!(on(date(1991, 5, 4)), closed(Refusal::ProxySuspendedAtEleven));
    assert_eq!(on(date(1996, 5, 4)), closed(Refusal::ProxyEndedAtSixteen));
}

#[test]
fn no_route_leads_to_an_explanation() {
    let world = World::shared();
    let token = format!("Bearer {}", world.token("pat01", "patient/*.rs"));
    let id = world.logical_id(&world.people[0].key);
    for path in [
        "/explain",
        "/fhir/R4/explain",
        "/fhir/R4/$explain",
        &format!("/fhir/R4/Patient/{id}/$explain"),
        "/practice/explain",
    ] {
        assert_eq!(world.ask("GET", path, &[("authorization", &token)], "").status, 404, "{path}");
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gateway");
    let mut open = vec![source.clone()];
    while let Some(folder) = open.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let own = path.starts_with(source.join("explain"))
                || path.ends_with("explain.rs")
                || path.ends_with("lib.rs");
            if path.is_dir() {
                open.push(path);
            } else if !own && path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains("explain::"), "{} names it", path.display());
            }
        }
    }
}
