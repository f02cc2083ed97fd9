//! Signing in with what a practice has given in a letter: once, to the patient's own record, and nothing tells what was wrong.

use auth::linkage::{LIFETIME, Letter, draw};
use gateway::{clock::Clock, oauth::Offer};
use jiff::civil::date;
use policy::{AccessLevel, Decided};
use record::OdsCode;
use store::{Change, Decisions, Linkages, Store};

use super::{
    fixture,
    portal::{Portal, VERIFIER, challenge, encoded, told_one},
};
use crate::support::{
    Answer, BASE, CLIENT, REDIRECT, World, everything, fingerprint, level, practice, subject,
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const WRONG: &str = "These details do not open a record.";

fn world() -> World {
    let world = World::of(fixture::record());
    let service = world.service.offering(Offer { letters: true, ..Offer::default() });
    World { service, ..world }
}

fn decide(world: &World, change: &Change) {
    let decided = Decided { by: "Ann".to_owned(), at: world.clock.now(), why: "known for years".to_owned() };
    assert!(world.store.decide(&practice(), change, &decided).unwrap().is_some());
}

/// A letter for `p`, who is called Testp and was born on 4 May 1980.
fn letter(world: &World) -> Letter {
    let letter = draw(&practice(), "Testp", date(1980, 5, 4)).unwrap();
    let (patient, id, digest) = (subject("p").patient, letter.id.clone(), letter.digest);
    let expires = world.clock.now().checked_add(LIFETIME).unwrap();
    decide(world, &Change::Linkage { patient, id, digest, expires });
    letter
}

fn revoke(world: &World, letter: &Letter) {
    decide(world, &Change::EndLinkage { patient: subject("p").patient, id: letter.id.clone() });
}

/// What somebody types who has the letter, with some of it changed.
fn typed<'a>(letter: &'a Letter, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("practice", "Y99999"),
        ("account", letter.id.as_str()),
        ("key", letter.key.as_str()),
        ("surname", "Testp"),
        ("day", "4"),
        ("month", "5"),
        ("year", "1980"),
    ];
    for (name, value) in changes {
        all.iter_mut().find(|(known, _)| known == name).unwrap().1 = value;
    }
    all
}

fn asked() -> String {
    let changes = [("aud", Some("https://records.example/fhir/R4"))];
    encoded(&Portal::request(&changes, &challenge(VERIFIER)))
}

fn send_from(world: &World, site: &str, typed: &[(&str, &str)]) -> Answer {
    let headers = [FORM, ("sec-fetch-site", site)];
    world.ask("POST", "/oauth/letter", &headers, &format!("{}&{}", asked(), encoded(typed)))
}

fn send(world: &World, typed: &[(&str, &str)]) -> Answer {
    send_from(world, "same-origin", typed)
}

/// Where somebody goes on who has signed in, and the cookie of their browser.
fn signed_in(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let ticket = answer.header("location").unwrap().strip_prefix(&format!("{BASE}/oauth/answer?ticket="));
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap();
    (ticket.unwrap().to_owned(), cookie.to_owned())
}

/// The tokens of an app that they let in.
fn let_in(world: &World, answer: &Answer) -> serde_json::Value {
    let (ticket, cookie) = signed_in(answer);
    let headers = [FORM, ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let form = encoded(&[("ticket", &ticket), ("decision", "allow")]);
    let code = told_one(&world.ask("POST", "/oauth/answer", &headers, &form), "code").expect("a code");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    world.ask("POST", "/oauth/token", &[FORM], &encoded(&redeem)).json()
}

fn is_wrong(answer: &Answer) -> bool {
    answer.status == 200 && answer.text().contains(WRONG)
}

#[test]
fn a_letter_signs_in_once_to_the_patients_own_record() {
    let world = world();
    let letter = letter(&world);
    let page = world.ask("GET", &format!("/oauth/authorize?{}", asked()), &[], "").text();
    assert!(page.contains("href=\"letter?client_id=app&amp;"), "{page}");
    let form = world.ask("GET", &format!("/oauth/letter?{}", asked()), &[], "").text();
    for (name, _) in typed(&letter, &[]) {
        assert!(form.contains(&format!("<label for=\"{name}\">")), "{name}: {form}");
    }
    assert!(form.contains("name=\"state\" value=\"state of the tests &amp; more\""), "{form}");
    let answer = send(&world, &typed(&letter, &[]));
    let (ticket, cookie) = signed_in(&answer);
    let page = world.ask("GET", &format!("/oauth/answer?ticket={ticket}"), &[("cookie", &cookie)], "");
    assert!(page.status == 200 && page.text().contains("You are signed in."), "{}", page.text());
    let elsewhere = world.ask("GET", &format!("/oauth/answer?ticket={ticket}"), &[], "");
    assert_eq!(elsewhere.status, 400, "another browser has not signed in");
    let tokens = let_in(&world, &answer);
    assert_eq!(tokens["patient"].as_str(), Some(world.logical_id("p").as_str()));
    assert_eq!(world.get(tokens["access_token"].as_str().unwrap(), "Observation").status, 200);
    assert!(is_wrong(&send(&world, &typed(&letter, &[]))), "it was used");
}

#[test]
fn whatever_is_wrong_with_a_letter_the_answer_is_the_same() {
    let world = world();
    let [letter, used, revoked, over] = [(); 4].map(|()| letter(&world));
    signed_in(&send(&world, &typed(&used, &[])));
    revoke(&world, &revoked);
    let wrong = [
        typed(&letter, &[("practice", "Y99998")]),
        typed(&letter, &[("practice", "nowhere")]),
        typed(&letter, &[("practice", "")]),
        typed(&letter, &[("account", &over.id)]),
        typed(&letter, &[("account", "12345678")]),
        typed(&letter, &[("key", &over.key)]),
        typed(&letter, &[("key", "")]),
        typed(&letter, &[("surname", "Testq")]),
        typed(&letter, &[("surname", "")]),
        typed(&letter, &[("day", "5")]),
        typed(&letter, &[("month", "x")]),
        typed(&letter, &[("year", "")]),
        typed(&used, &[]),
        typed(&revoked, &[]),
        vec![],
    ];
    let mut answers = Vec::new();
    for typed in &wrong {
        let answer = send(&world, typed);
        assert!(is_wrong(&answer), "{typed:?}: {}", answer.text());
        answers.push(fingerprint(&answer));
        world.clock.forward(3600);
    }
    world.clock.forward(LIFETIME.as_secs());
    answers.push(fingerprint(&send(&world, &typed(&over, &[]))));
    answers.dedup();
    assert_eq!(answers.len(), 1, "status, headers and bytes");
    let page = String::from_utf8(answers.remove(0).2).unwrap();
    for told in [&letter.id, &letter.key, "Testp", "12345678"] {
        assert!(!page.contains(told), "nothing that was typed is shown again");
    }
    assert_eq!(world.store.account(&format!("letter-Y99999-{}", letter.id)).unwrap(), None);
}

#[test]
fn an_account_id_is_locked_after_five_tries_an_hour_whether_anybody_has_it_or_not() {
    let world = world();
    let letter = letter(&world);
    let known = typed(&letter, &[("key", "wrong")]);
    let unknown = typed(&letter, &[("account", "12345678")]);
    for typed in [&known, &unknown] {
        for _ in 0..5 {
            assert!(is_wrong(&send(&world, typed)));
        }
    }
    let locked = [typed(&letter, &[]), unknown].map(|typed| send(&world, &typed));
    assert_eq!(fingerprint(&locked[0]), fingerprint(&locked[1]));
    // The clock stands on the hour.
    assert_eq!((locked[0].status, locked[0].header("retry-after")), (429, Some("3601")));
    world.clock.forward(3600);
    signed_in(&send(&world, &typed(&letter, &[])));
}

#[test]
fn of_ten_thousand_tries_from_one_address_thirty_are_looked_at() {
    let world = world();
    let letter = letter(&world);
    let mut looked_at = 0;
    for one in 0..10_000 {
        let id = format!("{one:08}");
        let answer = send(&world, &typed(&letter, &[("account", &id), ("key", "0")]));
        match answer.status {
            200 => looked_at += 1,
            429 => assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() <= 21),
            other => panic!("{other}"),
        }
    }
    assert_eq!(looked_at, 30);
    world.clock.forward(21);
    signed_in(&send(&world, &typed(&letter, &[])));
}

#[test]
fn what_another_site_sends_neither_signs_in_nor_counts() {
    let world = world();
    let letter = letter(&world);
    for _ in 0..40 {
        assert_eq!(send_from(&world, "cross-site", &typed(&letter, &[])).status, 403);
    }
    signed_in(&send(&world, &typed(&letter, &[])));
}

#[test]
fn a_letter_from_which_nothing_would_come_is_not_used_up() {
    let world = world();
    let letter = letter(&world);
    let refused = |words: &str| {
        let answer = send(&world, &typed(&letter, &[]));
        assert!(answer.status == 200 && answer.text().contains(words), "{words}: {}", answer.text());
        assert!(!answer.text().contains("letter-Y99999"), "its account is of no use to anybody else");
        world.clock.forward(3600);
    };
    world.let_in("p", &subject("p"), level(AccessLevel::None));
    refused("Your practice has not opened your record online");
    world.let_in("p", &subject("p"), everything());
    decide(&world, &Change::Suppress { patient: subject("p").patient });
    refused("Your practice has not opened your record online");
    decide(&world, &Change::Unsuppress { patient: subject("p").patient });
    decide(&world, &Change::App { client_id: CLIENT.to_owned(), blocked: true });
    refused("There is no record to share");
    decide(&world, &Change::App { client_id: CLIENT.to_owned(), blocked: false });
    assert_eq!(world.store.linkages(&practice()).unwrap()[0].used, None);
    signed_in(&send(&world, &typed(&letter, &[])));
}

#[test]
fn t51_of_a_hundred_who_sign_in_with_one_letter_at_once_one_does() {
    let world = world();
    let letter = letter(&world);
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..100).map(|_| scope.spawn(|| send(&world, &typed(&letter, &[])).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(all.iter().filter(|status| **status == 303).count(), 1, "{all:?}");
}

#[test]
fn t55_what_a_letter_opened_is_closed_with_the_next_request_after_it_was_revoked() {
    let world = world();
    let [first, second] = [letter(&world), letter(&world)];
    let [closed, open] = [&first, &second].map(|one| let_in(&world, &send(&world, &typed(one, &[]))));
    let status = |tokens: &serde_json::Value| {
        world.get(tokens["access_token"].as_str().unwrap(), "Observation").status
    };
    assert_eq!([status(&closed), status(&open)], [200, 200]);
    revoke(&world, &first);
    assert_eq!([status(&closed), status(&open)], [401, 200], "the other letter's app goes on");
    let refresh = closed["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", CLIENT)];
    let refreshed = world.ask("POST", "/oauth/token", &[FORM], &encoded(&form));
    assert_eq!((refreshed.status, refreshed.json()["error"].as_str()), (400, Some("invalid_grant")));
}

#[test]
fn t56_a_clock_that_goes_back_makes_no_letter_good_again() {
    let world = world();
    let letter = letter(&world);
    signed_in(&send(&world, &typed(&letter, &[])));
    world.clock.forward(-2 * 3600);
    // What was done in a time that has not come yet counts as done just now.
    assert_eq!(send(&world, &typed(&letter, &[])).status, 429);
    world.clock.forward(21);
    assert!(is_wrong(&send(&world, &typed(&letter, &[]))));
}

#[test]
fn where_letters_are_not_taken_nothing_speaks_of_them() {
    let world = World::of(fixture::record());
    let letter = letter(&world);
    assert_eq!(send(&world, &typed(&letter, &[])).status, 404);
    assert_eq!(world.ask("GET", &format!("/oauth/letter?{}", asked()), &[], "").status, 404);
    let can_launch = |world: &World| {
        let told = world.ask("GET", "/fhir/R4/.well-known/smart-configuration", &[], "").json();
        told["capabilities"].as_array().unwrap().contains(&"launch-standalone".into())
    };
    assert!(!can_launch(&world));
    let page = world.ask("GET", &format!("/oauth/authorize?{}", asked()), &[], "").text();
    assert!(page.contains("Sign-in is not set up"), "{page}");
    assert!(can_launch(&self::world()));
}

#[test]
fn a_letter_of_one_practice_opens_nothing_at_another() {
    let world = world();
    let letter = letter(&world);
    let other: OdsCode = "Y99998".parse().unwrap();
    assert_eq!(world.store.use_linkage(&other, &letter.digest, world.clock.now()).unwrap(), None);
    assert!(is_wrong(&send(&world, &typed(&letter, &[("practice", "Y99998")]))));
}
