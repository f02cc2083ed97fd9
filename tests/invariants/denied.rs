//! I2: deny by default. What is not known withholds; a mark comes down from whatever contains an entry, and up from
//! whatever a panel is made of.

use std::fs;

use gateway::loader::LoadError;
use jiff::civil::date;
use policy::{AccessLevel, Grant, LegalBasis, Passed, ProxyGrant, View};
use record::{Container, Content, Entry, EntryId, IssueCode, Link, Mark, ResourceType, Role};
use serde_json::json;
use store::{AppStatus, Store};

use super::export::Export;
use crate::support::{CLIENT, World, app, bare, coded, cut::cut, level, measured, person, practice, subject};

/// How many Observations full access shows.
fn shown(entries: Vec<Entry>) -> usize {
    let world = World::of(entries);
    let token = world.token("p", "patient/*.rs");
    world.all(&token, "Observation").len()
}

fn marked(mut entry: Entry, marks: &[Mark]) -> Entry {
    entry.marks = marks.to_vec();
    entry
}

fn linked(mut entry: Entry, role: Role, to: &str) -> Entry {
    entry.links.push(Link { role, to: EntryId::new(to).unwrap() });
    entry
}

fn container(id: &str, kind: Container) -> Entry {
    Entry { content: Some(Content::Container(kind)), ..bare(id) }
}

fn cough() -> Entry {
    coded("cough", "49727002", "Cough")
}

#[test]
fn i2_an_element_that_no_table_names_is_shown_in_no_view() {
    for kind in ResourceType::ALL {
        let resource = json!({"resourceType": kind.name(), "fromTheFuture": {"code": "x"}, "extension":
            [{"url": "https://example.org/unknown", "valueString": "x"}], "meta": {"fromTheFuture": "x"}});
        for view in View::ALL {
            let kept = cut(kind, view, &resource, &|_| Passed::Whole);
            assert_eq!(kept, json!({"resourceType": kind.name()}));
        }
    }
}

#[test]
fn i2_every_mark_withholds_and_one_that_is_not_understood_too() {
    assert_eq!(shown(vec![cough()]), 1);
    for mark in [Mark::NotForPatient, Mark::Confidential, Mark::SensitivePatient, Mark::Unrecognised] {
        assert_eq!(shown(vec![marked(cough(), std::slice::from_ref(&mark))]), 0, "{mark:?}");
    }
}

#[test]
fn i2_a_mark_comes_down_from_everything_that_contains_an_entry() {
    let kinds = [
        (Role::Consultation, Container::Consultation),
        (Role::Heading, Container::Heading),
        (Role::Problem, Container::Problem),
        (Role::Request, Container::Request),
    ];
    for (role, kind) in kinds {
        for (marks, expected) in
            [(&[][..], 1), (&[Mark::NotForPatient][..], 0), (&[Mark::Unrecognised][..], 0)]
        {
            let around = marked(container("around", kind), marks);
            assert_eq!(
                shown(vec![around.clone(), linked(cough(), role, "around")]),
                expected,
                "{role:?} {marks:?}"
            );
            let between = linked(container("between", Container::Heading), Role::Heading, "around");
            let deep = vec![around, between, linked(cough(), role, "between")];
            assert_eq!(shown(deep), expected, "{role:?} {marks:?}, two levels up");
        }
        assert_eq!(shown(vec![linked(cough(), role, "never-came")]), 0, "{role:?}: its marks are not known");
        let mut gone = bare("around");
        gone.deleted = true;
        assert_eq!(shown(vec![gone, linked(cough(), role, "around")]), 0, "{role:?}: only its deletion came");
    }
}

#[test]
fn i2_a_panel_is_withheld_with_any_of_its_parts() {
    let parts = |marks: &[&[Mark]; 3]| {
        vec![
            marked(coded("panel", "26604007", "Full blood count"), marks[0]),
            linked(
                marked(measured("hb", "1022431000000105", "Haemoglobin", "140", "g/L"), marks[1]),
                Role::Panel,
                "panel",
            ),
            linked(
                marked(measured("wbc", "1022541000000102", "White cells", "7", "10*9/L"), marks[2]),
                Role::Panel,
                "panel",
            ),
        ]
    };
    let hidden: &[Mark] = &[Mark::Confidential];
    assert_eq!(shown(parts(&[&[], &[], &[]])), 3);
    assert_eq!(shown(parts(&[&[], hidden, &[]])), 1, "the other part alone");
    assert_eq!(shown(parts(&[hidden, &[], &[]])), 0, "a panel contains its parts");
    let pressure = |marks: &[Mark]| {
        vec![
            coded("bp", "75367002", "Blood pressure"),
            linked(measured("up", "72313002", "Systolic", "120", "mm[Hg]"), Role::Panel, "bp"),
            linked(
                marked(measured("low", "1091811000000102", "Diastolic", "80", "mm[Hg]"), marks),
                Role::Panel,
                "bp",
            ),
        ]
    };
    let (open, closed) = (shown(pressure(&[])), shown(pressure(hidden)));
    assert_eq!((open, closed), (1, 0), "a blood pressure is made from both of its values");
}

#[test]
fn i2_a_level_that_is_not_known_is_refused_in_every_spelling() {
    for text in ["", "all", "Full", "FULL", " full", "full ", "detailed-plus", "5", "null"] {
        assert!(text.parse::<AccessLevel>().is_err(), "{text:?}");
        let grant = json!({"effectiveDate": "2020-01-01", "current": text, "historical": "none"});
        assert!(serde_json::from_value::<Grant>(grant).is_err(), "{text:?}");
    }
    let good = json!({"effectiveDate": "2020-01-01", "current": "full"});
    let grant: Grant = serde_json::from_value(good.clone()).unwrap();
    assert_eq!(grant.historical, AccessLevel::None, "what is not granted is not granted");
    let mut more = good;
    more["onBehalfOf"] = json!("everybody");
    assert!(serde_json::from_value::<Grant>(more).is_err(), "an unknown part of a grant may narrow it");
    assert_eq!(AccessLevel::default(), AccessLevel::None);
}

#[test]
fn i2_no_grant_or_a_grant_of_nothing_shows_nothing() {
    let world = World::of(vec![cough()]);
    let token = world.token("p", "patient/*.rs");
    assert_eq!(world.get(&token, "Patient").matches().len(), 1);
    world.let_in("p", &subject("p"), level(AccessLevel::None));
    for kind in ResourceType::ALL {
        assert!(world.get(&token, kind.name()).matches().is_empty(), "{}", kind.name());
    }
    let mut access = world.store.access(&subject("p")).unwrap();
    access.own = None;
    world.store.set_access(&subject("p"), &access).unwrap();
    assert!(world.get(&token, "Patient").matches().is_empty());
}

#[test]
fn i2_a_parent_sees_a_child_until_the_day_on_which_it_turns_eleven() {
    let world = World::empty();
    let mut child = person("p");
    if let Some(Content::Patient(demographics)) = &mut child.content {
        // Eleven on the day after the one on which the clock stands.
        demographics.birth_date = Some(date(2015, 11, 3));
    }
    world.put("p", vec![child, cough()]);
    let parent = ProxyGrant {
        grant: level(AccessLevel::Detailed),
        legal_basis: LegalBasis::ParentalResponsibility,
        relationship: Some("MTH".to_owned()),
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    world.let_in_proxy("parent", &subject("p"), parent.clone());
    let seen = |world: &World| {
        let token = world.token("parent", "patient/*.rs");
        ["Patient", "Observation"].map(|kind| world.get(&token, kind).matches().len())
    };
    assert_eq!(seen(&world), [1, 1]);
    // From noon to a quarter to midnight, then over midnight in London.
    world.clock.forward(11 * 3600 + 45 * 60);
    assert_eq!(seen(&world), [1, 1]);
    world.clock.forward(30 * 60);
    assert_eq!(seen(&world), [0, 0]);
    world.let_in_proxy("parent", &subject("p"), ProxyGrant { reviewed_since_eleven: true, ..parent });
    assert_eq!(seen(&world), [1, 1]);
    world.let_in_proxy("stranger", &subject("p"), ProxyGrant { grant: level(AccessLevel::None), ..carer() });
    let token = world.token("stranger", "patient/*.rs");
    assert!(world.get(&token, "Patient").matches().is_empty(), "another's grant is not theirs");
}

fn carer() -> ProxyGrant {
    ProxyGrant {
        grant: level(AccessLevel::Full),
        legal_basis: LegalBasis::Consent,
        relationship: Some("CAREGIVER".to_owned()),
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    }
}

#[test]
fn i2_unknown_apps_and_scopes_open_nothing() {
    let world = World::of(vec![cough()]);
    let token = world.token("p", "patient/*.rs");
    assert_eq!(world.get(&token, "Observation").status, 200);
    let now = gateway::clock::Clock::now(&*world.clock);
    let ask =
        |client: &str, scope: &str| auth::issue_sandbox_token(&*world.store, now, "p", scope, client).is_ok();
    assert!(ask(CLIENT, "patient/*.rs") && !ask("another-app", "patient/*.rs"));
    for scope in
        ["", "patient/Condition.rs", "user/*.rs", "system/*.rs", "patient/*.x", "patient/*.rsx", "everything"]
    {
        assert!(!ask(CLIENT, scope), "{scope:?}");
    }
    for status in [AppStatus::Proposed, AppStatus::Sandbox, AppStatus::Suspended, AppStatus::Retired] {
        let mut app = app(CLIENT);
        app.status = status;
        world.store.set_app(&app).unwrap();
        assert_eq!(world.get(&token, "Observation").status, 401, "{status:?}");
    }
}

#[test]
fn i2_a_resource_type_that_is_not_known_is_not_there() {
    let world = World::of(vec![cough()]);
    let token = world.token("p", "patient/*.rs");
    let unknown = [
        "Condition",
        "observation",
        "OBSERVATION",
        "Observations",
        "Observation/",
        "DocumentReference",
        "Bundle",
        "$everything",
    ];
    for path in unknown.into_iter().chain([
        "Observation/x/_history",
        "Observation/x/_history/1",
        "Patient/x/Observation",
    ]) {
        assert_eq!(world.get(&token, path).status, 404, "{path}");
    }
}

#[test]
fn i2_a_column_that_may_carry_visibility_refuses_the_whole_export() {
    for column in ["IsHiddenFromPatient", "PatientVisibility", "Confidentiality", "SensitiveFlag", "Redacted"]
    {
        let world = World::empty();
        let export = Export::synthetic(1, world.dir.path());
        let mut sheet = export.sheet("CareRecord_Observation");
        sheet.header.push(column.to_owned());
        sheet.rows.iter_mut().for_each(|row| row.push("false".to_owned()));
        sheet.save();
        let practice = practice();
        let refused =
            world.loader(&practice).load(ingest::Format::EmisCsv, std::slice::from_ref(&export.folder));
        let Err(LoadError::Refused(report)) = refused else { panic!("{column} was accepted") };
        assert!(
            report.is_fatal() && report.issues.iter().any(|issue| issue.code == IssueCode::ColumnVisibility),
            "{column}"
        );
        assert_eq!(world.store.dirty_count(&practice).unwrap(), 0);
        assert_eq!(world.store.practice(&practice).unwrap().batches, 0, "nothing was begun");
        fs::remove_dir_all(&export.folder).unwrap();
    }
}
