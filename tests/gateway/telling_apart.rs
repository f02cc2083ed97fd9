//! Whoever acts for several people can tell their records apart, by no more than each record shows them.

use std::fs;

use gateway::audit::{Acting, Row, lines};
use jiff::civil::date;
use policy::{AccessLevel, LegalBasis, ProxyGrant};
use record::{Content, Entry, PersonName};
use store::{Account, Store, Subject};

use super::portal::Portal;
use crate::support::{
    World,
    aged::{age, other_tables},
    level, person, practice, subject,
};

/// A child of seven with this name.
fn child(key: &str, name: &str) -> Vec<Entry> {
    let mut entry = person(key);
    let Some(Content::Patient(who)) = &mut entry.content else { panic!("no patient") };
    who.birth_date = Some(date(2019, 5, 4));
    let family = Some("O'Testchild".into());
    who.name = Some(PersonName { prefix: None, given: vec![name.into()], family });
    vec![entry]
}

fn parent(level_of: AccessLevel) -> ProxyGrant {
    ProxyGrant {
        grant: level(level_of),
        legal_basis: LegalBasis::ParentalResponsibility,
        relationship: None,
        starts: date(2020, 1, 1),
        ends: Some(date(2026, 11, 2)),
        reviewed_since_eleven: false,
    }
}

/// Somebody who acts for patients with these keys and names.
fn family(children: &[(&str, &str)], level: AccessLevel) -> Portal {
    let world = World::empty();
    let subjects: Vec<Subject> = children.iter().map(|(key, _)| subject(key)).collect();
    for ((key, name), subject) in children.iter().zip(&subjects) {
        world.put(key, child(key, name));
        world.let_in_proxy("mother", subject, parent(level));
    }
    let mother = Account { id: "mother".to_owned(), acts_for: subjects, ..Account::default() };
    world.store.set_account(&mother).unwrap();
    Portal::of(world)
}

fn picker(portal: &Portal) -> String {
    let answer = portal.allow_as("mother", &[("patient", Some("none-of-these"))]);
    assert_eq!(answer.status, 200);
    answer.text()
}

fn trail(portal: &Portal) -> Vec<Row> {
    let mut rows = Vec::new();
    lines(&portal.world.dir.path().join("audit"), |line| rows.push(line.row.unwrap())).unwrap();
    rows
}

/// As what the record of `key` is offered.
fn offered(portal: &Portal, page: &str, key: &str) -> String {
    let value = format!("<option value=\"{}\">", portal.world.logical_id(key));
    let (_, rest) = page.split_once(&value).unwrap_or_else(|| panic!("{key} is not in {page}"));
    rest.split_once("</option>").unwrap().0.to_owned()
}

#[test]
fn two_children_are_told_apart_by_their_names_and_that_they_were_shown_is_written_down() {
    let portal = family(&[("first", "Ada"), ("second", "Ben<i>")], AccessLevel::Summary);
    let page = picker(&portal);
    assert_eq!(offered(&portal, &page, "first"), "Ada O&#39;Testchild, for whom you act, at Y99999");
    assert_eq!(
        offered(&portal, &page, "second"),
        "Ben&lt;i&gt; O&#39;Testchild, for whom you act, at Y99999"
    );
    let rows = trail(&portal);
    let told: Vec<_> = rows.iter().map(|row| (row.patient.clone().unwrap(), row.shown.clone())).collect();
    let ids = ["first", "second"].map(|key| portal.world.logical_id(key));
    assert_eq!(told, ids.map(|id| (id.clone(), vec![id])));
    for row in &rows {
        assert_eq!((row.account.as_str(), row.acting, row.app.as_str()), ("mother", Acting::Proxy, ""));
        assert_eq!((row.kind.as_str(), row.status), ("Patient", 200));
        assert!(row.made_with.is_some());
    }
}

#[test]
fn whoever_acts_for_one_person_is_shown_neither_name_nor_id() {
    let portal = family(&[("first", "Ada")], AccessLevel::Full);
    let page = picker(&portal);
    assert_eq!(offered(&portal, &page, "first"), "Somebody for whom you act, at Y99999");
    assert!(trail(&portal).is_empty());
}

#[test]
fn two_people_of_one_name_are_told_apart_by_what_apps_call_them() {
    let portal = family(&[("first", "Ada"), ("second", "Ada"), ("third", "Cy")], AccessLevel::Full);
    let page = picker(&portal);
    for key in ["first", "second"] {
        let id = portal.world.logical_id(key);
        assert!(offered(&portal, &page, key).ends_with(&format!("(patient {id})")), "{page}");
    }
    assert!(offered(&portal, &page, "third").starts_with("Cy "));
}

#[test]
fn no_name_is_shown_of_a_record_that_is_not_served_or_without_writing_it_down() {
    let portal = family(&[("first", "Ada"), ("second", "Ben"), ("third", "Cy")], AccessLevel::Full);
    let mut ended = portal.world.store.access(&subject("third")).unwrap();
    ended.proxies.get_mut("mother").unwrap().ends = Some(date(2026, 11, 1));
    portal.world.store.set_access(&subject("third"), &ended).unwrap();
    let page = picker(&portal);
    assert!(page.contains("Ada ") && page.contains("Ben ") && !page.contains("Cy "), "{page}");
    // A record that other tables made says perhaps more than today's would show.
    age(&portal.world.store, &practice(), other_tables(), |_| false);
    let page = picker(&portal);
    assert!(!page.contains("Ada") && page.contains("Somebody for whom you act"), "{page}");

    let portal = family(&[("first", "Ada"), ("second", "Ben")], AccessLevel::Full);
    for key in ["first", "second"] {
        let mut access = portal.world.store.access(&subject(key)).unwrap();
        access.proxies.get_mut("mother").unwrap().ends = None;
        portal.world.store.set_access(&subject(key), &access).unwrap();
    }
    // The file of the next day cannot be made.
    fs::remove_dir_all(portal.world.dir.path().join("audit")).unwrap();
    portal.world.clock.forward(24 * 3600);
    let page = picker(&portal);
    assert!(!page.contains("Ada") && page.contains("Somebody for whom you act"), "{page}");
}

#[test]
fn the_account_page_tells_people_apart_alike_and_says_that_no_app_was_shown_the_name() {
    let portal = family(&[("first", "Ada"), ("second", "Ben")], AccessLevel::Summary);
    let answer = portal.post("/account/sign-in", &[("user", "mother")]);
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = portal.world.ask("GET", "/account", &[("cookie", &cookie)], "").text();
    assert!(page.contains("<h1>Ada O&#39;Testchild, for whom you act, at Y99999</h1>"), "{page}");
    assert!(page.contains(">Ben O&#39;Testchild, for whom you act"), "{page}");
    assert!(page.contains("You, on the pages of this service</td><td>Who the patient is"), "{page}");
    let events = portal.world.ask("GET", "/account/events", &[("cookie", &cookie)], "").json();
    let agents = &events["entry"][0]["resource"]["agent"];
    assert_eq!((agents.as_array().unwrap().len(), &agents[0]["who"]["display"]), (1, &"You".into()));
}
