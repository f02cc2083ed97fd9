//! What a person lets an app have of what it asks for, and for how long.

use gateway::rates::PerMinute;
use jiff::civil::{Date, date};
use policy::{LegalBasis, ProxyGrant};
use record::{Content, Entry};
use store::{App, Store};

use super::{
    fixture::weight,
    portal::{Portal, fault, told_one},
};
use crate::support::{CLIENT, World, app, everything, person, subject};

const ASKED: &str = "launch/patient patient/*.rs offline_access";

/// The tokens after the person has ticked these.
fn granted(portal: &Portal, ticked: &[&str]) -> serde_json::Value {
    let mut form = vec![("scope", Some(ASKED)), ("choice", Some("yes"))];
    form.extend(ticked.iter().map(|name| (*name, Some("yes"))));
    let answer = portal.redeem(&told_one(&portal.allow(&form), "code").expect("a code"), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn a_person_ticks_what_the_app_may_see_and_it_gets_no_more() {
    let portal = Portal::new();
    let some = granted(&portal, &["see-Immunization"]);
    assert_eq!(some["scope"], "launch/patient patient/Immunization.rs");
    assert!(some.get("refresh_token").is_none(), "it may not come back");
    let access = some["access_token"].as_str().unwrap();
    for (path, status) in [("Immunization", 200), ("Observation", 403), ("Patient", 403)] {
        assert_eq!(portal.status(access, path), status, "{path}");
    }
    let all = granted(&portal, &["see-Patient", "see-Observation", "see-Immunization", "come-back"]);
    assert_eq!(all["scope"], ASKED);
    let back = granted(&portal, &["see-Patient", "come-back"]);
    assert_eq!(back["scope"], "launch/patient patient/Patient.rs offline_access");
    let wider = portal.refresh(CLIENT, back["refresh_token"].as_str().unwrap(), Some("patient/*.rs"));
    assert_eq!(fault(&wider), (400, "invalid_scope".to_owned()));
    assert_eq!(granted(&portal, &[])["scope"], "launch/patient");
    let nothing = portal.allow(&[("scope", Some("patient/*.rs")), ("choice", Some("yes"))]);
    assert_eq!(told_one(&nothing, "error").as_deref(), Some("access_denied"));
    let none_of_its = portal.allow(&[
        ("scope", Some("patient/Patient.rs")),
        ("choice", Some("yes")),
        ("see-Observation", Some("yes")),
    ]);
    assert_eq!(told_one(&none_of_its, "error").as_deref(), Some("access_denied"), "it did not ask for that");
}

#[test]
fn the_page_has_a_tick_for_each_part_that_is_asked_for_and_keeps_what_was_chosen() {
    let portal = Portal::new();
    let page =
        portal.ask(&[("scope", Some("patient/Patient.r patient/Observation.rs?category=laboratory"))]).text();
    for name in ["see-Patient", "see-Observation"] {
        assert!(page.contains(&format!("name=\"{name}\" value=\"yes\" checked")), "{name}: {page}");
    }
    assert!(
        page.contains("only laboratory") && !page.contains("see-Immunization") && !page.contains("come-back")
    );
    let again =
        portal.allow_as("nobody-here", &[("choice", Some("yes")), ("see-Patient", Some("yes"))]).text();
    assert!(again.contains("Nobody in this sandbox"));
    assert!(again.contains("name=\"see-Patient\" value=\"yes\" checked"));
    assert!(again.contains("name=\"see-Observation\" value=\"yes\">"));
}

#[test]
fn online_access_is_for_as_long_as_the_person_is_taken_to_be_there() {
    let portal = Portal::new();
    portal.register("online", &["launch/patient", "patient/*.rs", "online_access"]);
    let tokens = portal.tokens_of("online", "patient/*.rs online_access");
    assert_eq!(tokens["scope"], "patient/*.rs online_access");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    portal.world.clock.forward(2 * 3600 - 1);
    let next = portal.refresh("online", refresh, None);
    assert_eq!(next.status, 200, "{}", next.text());
    portal.world.clock.forward(2 * 3600);
    let late = portal.refresh("online", next.json()["refresh_token"].as_str().unwrap(), None);
    assert_eq!(fault(&late), (400, "invalid_grant".to_owned()));
}

#[test]
fn an_app_that_asks_more_often_than_it_may_waits_and_others_do_not() {
    let portal = Portal::new();
    portal.register("other", &["patient/*.rs"]);
    portal.world.store.set_app(&App { per_minute: Some(3), ..app(CLIENT) }).unwrap();
    let token = |id: &str| portal.tokens_of(id, "patient/*.rs")["access_token"].as_str().unwrap().to_owned();
    let (first, second, others) = (token(CLIENT), token(CLIENT), token("other"));
    for token in [&first, &second, &first] {
        assert_eq!(portal.status(token, "Patient"), 200);
    }
    let refused = portal.world.get(&second, "Patient");
    assert_eq!((refused.status, refused.json()["issue"][0]["code"].as_str()), (429, Some("throttled")));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert_eq!(portal.status(&others, "Patient"), 200);
    portal.world.clock.forward(wait);
    assert_eq!(portal.status(&second, "Patient"), 200);
    assert_eq!(portal.status("rga_unknown", "Patient"), 401, "who is nobody uses nothing up");
}

#[test]
fn one_app_in_one_record_waits_and_neither_others_nor_other_records_do() {
    let portal = Portal::of(World::of(child(date(2020, 5, 4))))
        .limited(PerMinute { record: Some(2), ..PerMinute::default() });
    portal.register("other", &["patient/*.rs"]);
    let token = |id: &str| portal.tokens_of(id, "patient/*.rs")["access_token"].as_str().unwrap().to_owned();
    let (first, second, others) = (token(CLIENT), token(CLIENT), token("other"));
    assert_eq!([&first, &second].map(|token| portal.status(token, "Patient")), [200, 200]);
    let refused = portal.world.get(&first, "Patient");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("31")));
    assert!(refused.text().contains("too often for one patient's record"), "{}", refused.text());
    assert_eq!(portal.status(&others, "Patient"), 200, "another app");
    portal.world.put("q", vec![person("q")]);
    portal.world.let_in("q", &subject("q"), everything());
    let elsewhere = portal.world.token("q", "patient/*.rs");
    assert_eq!(portal.status(&elsewhere, "Patient"), 200, "another record");
    portal.world.clock.forward(31);
    assert_eq!(portal.status(&second, "Patient"), 200);
}

#[test]
fn one_address_waits_whatever_it_brings() {
    let portal = Portal::new().limited(PerMinute { address: Some(3), ..PerMinute::default() });
    let asked = |path: &str| portal.world.ask("GET", path, &[], "");
    assert_eq!(
        ["/fhir/R4/Patient", "/oauth/jwks", "/healthz"].map(|path| asked(path).status),
        [401, 404, 200]
    );
    let refused = asked("/fhir/R4/metadata");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("21")));
    assert_eq!(refused.json()["issue"][0]["code"], "throttled");
    portal.world.clock.forward(21);
    assert_eq!(asked("/fhir/R4/metadata").status, 200);
}

/// A child who is born on this day, with one weight.
fn child(born: Date) -> Vec<Entry> {
    let mut who = person("p");
    let Some(Content::Patient(demographics)) = &mut who.content else { panic!("no patient") };
    demographics.birth_date = Some(born);
    vec![who, weight("weight", "31")]
}

fn parent(starts: Date, ends: Option<Date>) -> ProxyGrant {
    ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::ParentalResponsibility,
        relationship: Some("MTH".into()),
        starts,
        ends,
        reviewed_since_eleven: false,
    }
}

#[test]
fn whoever_acts_for_somebody_may_choose_their_record_only_while_the_practice_lets_them() {
    // The clock stands on 2 November 2026.
    let (little, long_ago) = (date(2020, 5, 4), date(2021, 1, 1));
    for (what, born, starts, ends, may) in [
        ("in force", little, long_ago, None, true),
        ("on its first day", little, date(2026, 11, 2), None, true),
        ("begins tomorrow", little, date(2026, 11, 3), None, false),
        ("on its last day", little, long_ago, Some(date(2026, 11, 2)), true),
        ("ended yesterday", little, long_ago, Some(date(2026, 11, 1)), false),
        ("the day before the child is 11", date(2015, 11, 3), long_ago, None, true),
        ("the child is 11", date(2015, 11, 2), long_ago, None, false),
        ("the young person is 16", date(2010, 11, 2), long_ago, None, false),
    ] {
        let portal = Portal::of(World::of(child(born)));
        portal.world.let_in_proxy("mother", &subject("p"), parent(starts, ends));
        let answer = portal.allow_as("mother", &[]);
        let refused = answer.text().contains("There is no record to share");
        assert_eq!((answer.status == 303, refused), (may, !may), "{what}: {}", answer.text());
        // One's own record is there whatever others may do.
        assert_eq!(portal.allow(&[]).status, 303, "{what}");
    }
}

#[test]
fn a_birthday_or_the_end_of_a_grant_between_sign_in_and_request_closes_the_record() {
    let tomorrow = date(2026, 11, 3);
    let eleven = (date(2015, 11, 3), parent(date(2021, 1, 1), None));
    let mut reviewed = parent(date(2021, 1, 1), None);
    reviewed.reviewed_since_eleven = true;
    let sixteen = (date(2010, 11, 3), reviewed);
    let ends = (date(2020, 5, 4), parent(date(2021, 1, 1), Some(date(2026, 11, 2))));
    for (born, grant) in [eleven, sixteen, ends] {
        let portal = Portal::of(World::of(child(born)));
        portal.world.let_in_proxy("mother", &subject("p"), grant);
        let code = told_one(&portal.allow_as("mother", &[]), "code").unwrap();
        let tokens = portal.redeem(&code, &[]).json();
        let found = |access: &str| portal.world.get(access, "Observation").ids().len();
        assert_eq!(found(tokens["access_token"].as_str().unwrap()), 1, "{born}");
        portal.world.clock.forward(24 * 3600);
        assert_eq!(gateway::clock::Clock::today(&*portal.world.clock), tomorrow);
        let refreshed = portal.refresh(CLIENT, tokens["refresh_token"].as_str().unwrap(), None).json();
        assert_eq!(found(refreshed["access_token"].as_str().unwrap()), 0, "{born}");
    }
}

#[test]
fn a_page_is_in_the_language_that_was_chosen_and_stays_in_it() {
    let portal = Portal::new();
    let welsh = portal.ask(&[("ui_locales", Some("cy"))]);
    assert_eq!(
        (welsh.header("content-language"), welsh.header("vary")),
        (Some("cy"), Some("Accept-Language"))
    );
    let page = welsh.text();
    assert!(
        page.contains("<html lang=\"cy\">") && page.contains("cofnod") && !page.contains("asks to see"),
        "{page}"
    );
    assert!(page.contains("name=\"ui_locales\" value=\"cy\""), "it goes along with the form");
    let again = portal.allow_as("nobody-here", &[("ui_locales", Some("cy"))]).text();
    assert!(again.contains("<html lang=\"cy\">"), "{again}");
    // The link of another language asks for the same, in that language.
    let (_, rest) = page.split_once("hreflang=\"pl\"").unwrap();
    assert!(rest.starts_with(">Polski</a>"));
    let (before, _) = page.split_once("\" lang=\"pl\"").unwrap();
    let link = before.rsplit_once("href=\"").unwrap().1.replace("&amp;", "&");
    let polish = portal.world.ask("GET", &format!("/oauth/authorize{link}"), &[], "");
    assert_eq!((polish.status, polish.header("content-language")), (200, Some("pl")));
    for name in ["state", "code_challenge", "redirect_uri"] {
        let field = format!("name=\"{name}\"");
        assert!(polish.text().contains(&field), "{field}");
    }
}
