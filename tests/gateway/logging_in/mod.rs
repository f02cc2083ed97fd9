//! People sign in with an identity provider: what opens their record, and everything that does not.

mod person;

use std::sync::atomic::Ordering;

use jiff::civil::date;
use policy::{AccessLevel, Decided, LegalBasis, ProxyGrant};
use record::{Content, Demographics};
use store::{Change, Decisions, Proven, Store};

use self::person::{Browser, Clinic, ID, heading};
use super::{
    fixture::weight,
    portal::{told, told_one},
};
use crate::support::{Answer, World, everything, level, person, practice, subject};

const LOST: (u16, &str) = (400, "Begin again from the app");
const DISTRUSTED: (u16, &str) = (400, "We could not be sure who signed in");

fn is(answer: &Answer, expected: (u16, &str)) {
    let (status, words) = heading(answer);
    assert_eq!((status, words.as_str()), expected, "{}", answer.text());
    assert!(answer.text().contains("Nothing was shared.") && answer.header("location").is_none());
}

/// A world whose patient is changed like this before anything is released.
fn world_with(change: impl FnOnce(&mut Demographics)) -> World {
    let mut patient = person("p");
    if let Some(Content::Patient(person)) = &mut patient.content {
        change(person);
    }
    World::of(vec![patient, weight("weight", "71")])
}

fn account_of(clinic: &Clinic) -> String {
    let page = Browser::default().back(clinic, "stranger").text();
    let (_, rest) = page.split_once("<code>oidc-").expect("the page names the account");
    format!("oidc-{}", rest.split_once('<').unwrap().0)
}

#[test]
fn who_proves_a_number_and_a_date_of_birth_opens_the_record_that_has_both() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let page = browser.get(&clinic, &format!("/oauth/authorize?{}", Clinic::asked()));
    assert_eq!(heading(&page), (200, "Test app asks to see a GP record".to_owned()));
    assert!(
        page.text().contains("href=\"sign-in/nhs-login?client_id=app&amp;") && !page.text().contains("<form")
    );
    let ticket = browser.ticket(&clinic);
    let page = browser.get(&clinic, &format!("/oauth/answer?ticket={ticket}"));
    assert!(page.status == 200 && page.text().contains("You are signed in."), "{}", page.text());
    let code = told_one(&browser.allow(&clinic, &ticket), "code").unwrap();
    let tokens = clinic.redeem(&code).json();
    assert_eq!(tokens["patient"].as_str(), Some(clinic.world.logical_id("p").as_str()));
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(clinic.world.get(token, "Observation").status, 200);
}

#[test]
fn each_fault_of_a_provider_ends_on_a_page_that_says_what_to_do() {
    let clinic = Clinic::new();
    let answer = |fault| Browser::default().back(&clinic, fault);
    for fault in [
        "wrong-nonce",
        "wrong-issuer",
        "wrong-audience",
        "expired",
        "future",
        "unsigned",
        "hmac",
        "mix-up",
        "other-person",
    ] {
        is(&answer(fault), DISTRUSTED);
    }
    for fault in ["p5", "torn"] {
        is(&answer(fault), (200, "Prove who you are first"));
    }
    is(&answer("no-number"), (200, "We need your NHS number and date of birth"));
    for fault in ["stranger", "other-birthdate"] {
        is(&answer(fault), (200, "We cannot find your record"));
    }
    is(&answer("denied"), (200, "NHS login did not sign you in"));
    for fault in ["down", "no-tokens"] {
        is(&answer(fault), (503, "NHS login does not answer"));
    }
    // A key that is not published is looked for once in a cool-down, and not found.
    is(&answer("other-key"), DISTRUSTED);
    let back = answer("p5").text();
    assert!(back.contains("https://app.example/callback?error=access_denied&amp;"), "{back}");
}

#[test]
fn a_birth_date_that_differs_is_answered_as_a_number_that_nobody_has() {
    let clinic = Clinic::new();
    let [one, other] =
        ["stranger", "other-birthdate"].map(|fault| Browser::default().back(&clinic, fault).text());
    // The link back to the app has nothing of the person either.
    assert_eq!(one, other);
}

#[test]
fn what_one_browser_began_no_other_one_ends() {
    let clinic = Clinic::new();
    let (mut own, mut other) = (Browser::default(), Browser::default());
    let there = own.go(&clinic);
    other.go(&clinic);
    let path = Browser::sign_in(&clinic, &there, "none");
    is(&Browser::default().get(&clinic, &path), LOST);
    is(&other.get(&clinic, &path), LOST);
    let twice = own.cookie.clone().unwrap();
    is(&Browser { cookie: Some(format!("{twice}; {twice}")) }.get(&clinic, &path), LOST);
    assert_eq!(own.get(&clinic, &path).status, 303, "whose it is may still come back");
}

#[test]
fn an_answer_is_taken_once_at_the_address_of_the_provider_that_was_asked() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let there = browser.go(&clinic);
    let path = Browser::sign_in(&clinic, &there, "none");
    is(&browser.get(&clinic, &path.replace(ID, "other-login")), LOST);
    let nowhere = clinic.world.ask("GET", &path.replace(ID, "third-login"), &[], "");
    assert_eq!(nowhere.status, 404);
    let stateless = path.split_once('&').unwrap().0.to_owned();
    is(&browser.get(&clinic, &stateless), LOST);
    is(&browser.get(&clinic, &format!("{path}&state=x")), LOST);
    assert_eq!(browser.get(&clinic, &path).status, 303);
    is(&browser.get(&clinic, &path), LOST);
    // The code of another attempt, which was made for another verifier and another nonce.
    let there = browser.go(&clinic);
    let stolen = Browser::sign_in(&clinic, &there, "none");
    let next = browser.go(&clinic);
    let own = Browser::sign_in(&clinic, &next, "none");
    let part = |path: &str, name: &str| {
        let query = path.split_once('?').unwrap().1.to_owned();
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned()
    };
    let mixed = own.replace(&part(&own, "code"), &part(&stolen, "code"));
    is(&browser.get(&clinic, &mixed), (503, "NHS login does not answer"));
}

#[test]
fn an_answer_that_does_not_name_its_issuer_is_refused_where_the_issuer_always_does() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let there = browser.go(&clinic);
    let path = Browser::sign_in(&clinic, &there, "none");
    let (bare, _) = path.split_once("&iss=").unwrap();
    is(&browser.get(&clinic, bare), DISTRUSTED);
}

#[test]
fn who_takes_too_long_begins_again() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let there = browser.go(&clinic);
    let path = Browser::sign_in(&clinic, &there, "none");
    clinic.world.clock.forward(1800);
    is(&browser.get(&clinic, &path), LOST);
    let ticket = browser.ticket(&clinic);
    clinic.world.clock.forward(600);
    is(&browser.allow(&clinic, &ticket), LOST);
}

#[test]
fn a_ticket_is_answered_once_by_the_browser_that_has_it_and_from_our_own_page() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let ticket = browser.ticket(&clinic);
    let form = [("ticket", ticket.as_str()), ("decision", "allow")];
    let forged = browser.post(&clinic, "/oauth/answer", &form, "cross-site");
    is(&forged, (403, "That did not come from this page"));
    let mut other = Browser::default();
    other.go(&clinic);
    is(&other.allow(&clinic, &ticket), LOST);
    is(&other.get(&clinic, &format!("/oauth/answer?ticket={ticket}")), LOST);
    is(&browser.allow(&clinic, ""), LOST);
    // Nothing that the form says of the request or of the person counts.
    let more = [
        ("ticket", ticket.as_str()),
        ("decision", "allow"),
        ("user", "p"),
        ("redirect_uri", "https://evil.example/"),
        ("scope", "patient/*.cruds"),
    ];
    let answer = browser.post(&clinic, "/oauth/answer", &more, "same-origin");
    assert!(told(&answer).iter().any(|(name, _)| name == "code"));
    is(&browser.allow(&clinic, &ticket), (400, "This app cannot be connected"));
    let ticket = browser.ticket(&clinic);
    let form = [("ticket", ticket.as_str()), ("decision", "deny")];
    let answer = browser.post(&clinic, "/oauth/answer", &form, "same-origin");
    assert_eq!(told_one(&answer, "error").as_deref(), Some("access_denied"));
    is(&browser.allow(&clinic, &ticket), (400, "This app cannot be connected"));
}

#[test]
fn nobody_signs_in_by_name_where_a_provider_does_it() {
    let clinic = Clinic::new();
    let query = Clinic::asked();
    let mut form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    form.extend([("user", "p"), ("decision", "allow")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let answer = Browser::default().post(&clinic, "/oauth/authorize", &form, "same-origin");
    is(&answer, (503, "Sign-in is not set up"));
}

#[test]
fn whom_the_practice_lets_see_nothing_is_told_to_ask_it_and_not_why() {
    let closed = (200, "Your practice has not opened your record online");
    let none = Clinic::new();
    none.world.let_in("p", &subject("p"), level(AccessLevel::None));
    let suppressed = Clinic::new();
    let decided = Decided {
        at: "2026-11-02T11:00:00Z".parse().unwrap(),
        by: "Ann".to_owned(),
        why: "asked to".to_owned(),
    };
    let change = Change::Suppress { patient: subject("p").patient };
    suppressed.world.store.decide(&practice(), &change, &decided).unwrap();
    let dummy = Clinic::over(world_with(|person| person.dummy = true));
    let pages = [none, suppressed, dummy].map(|clinic| {
        let answer = Browser::default().back(&clinic, "none");
        is(&answer, closed);
        answer.text()
    });
    assert!(pages.iter().all(|page| *page == pages[0]), "all are alike");
    let left = Clinic::over(world_with(|person| person.deducted_on = Some(date(2026, 1, 1))));
    is(&Browser::default().back(&left, "none"), (200, "You are not registered at that practice any more"));
}

#[test]
fn who_has_left_the_practice_loses_the_record_at_the_next_sign_in() {
    let clinic = Clinic::new();
    let mut browser = Browser::default();
    let ticket = browser.ticket(&clinic);
    let code = told_one(&browser.allow(&clinic, &ticket), "code").unwrap();
    let token = clinic.redeem(&code).json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(clinic.world.get(&token, "Patient").status, 200);
    let account = account_of(&clinic);
    assert_eq!(
        clinic.world.store.account(&account).unwrap().unwrap().own,
        None,
        "another number: nothing is theirs"
    );
    assert_eq!(clinic.world.get(&token, "Patient").status, 401, "and what was let in before ends");
}

#[test]
fn who_has_no_record_here_can_act_for_somebody_by_the_name_that_the_page_tells() {
    let clinic = Clinic::over(world_with(|person| person.birth_date = Some(date(2015, 1, 1))));
    let account = account_of(&clinic);
    acts_for_the_patient(&clinic, account);
    opens_the_record(&clinic);
}

#[test]
fn whoever_is_named_by_number_and_date_of_birth_acts_for_somebody_from_their_first_sign_in_on() {
    let clinic = || Clinic::over(world_with(|person| person.birth_date = Some(date(2015, 1, 1))));
    let somebody = |born| Proven { nhs_number: "9990000018".parse().unwrap(), born }.name();
    let named = clinic();
    acts_for_the_patient(&named, somebody(date(1980, 5, 4)));
    opens_the_record(&named);
    let another = clinic();
    acts_for_the_patient(&another, somebody(date(1980, 5, 5)));
    is(&Browser::default().back(&another, "none"), (200, "We cannot find your record"));
}

fn opens_the_record(clinic: &Clinic) {
    let mut browser = Browser::default();
    let ticket = browser.ticket(clinic);
    let code = told_one(&browser.allow(clinic, &ticket), "code").unwrap();
    let tokens = clinic.redeem(&code).json();
    assert_eq!(tokens["patient"].as_str(), Some(clinic.world.logical_id("p").as_str()));
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(clinic.world.get(token, "Observation").ids().len(), 1);
}

fn acts_for_the_patient(clinic: &Clinic, account: String) {
    let proxy = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: true,
    };
    let decided = Decided {
        at: "2026-11-02T11:00:00Z".parse().unwrap(),
        by: "Ann".to_owned(),
        why: "asked to".to_owned(),
    };
    let change = Change::Proxy { patient: subject("p").patient, account, proxy: Box::new(proxy) };
    clinic.world.store.decide(&practice(), &change, &decided).unwrap();
}

#[test]
fn a_provider_that_is_down_is_asked_again_after_a_cool_down_and_its_keys_are_kept() {
    let clinic = Clinic::new();
    clinic.wire.broken.store(500, Ordering::Relaxed);
    let path = format!("/oauth/sign-in/{ID}?{}", Clinic::asked());
    is(&Browser::default().get(&clinic, &path), (503, "NHS login does not answer"));
    clinic.wire.broken.store(0, Ordering::Relaxed);
    is(&Browser::default().get(&clinic, &path), (503, "NHS login does not answer"));
    clinic.world.clock.forward(10);
    for _ in 0..5 {
        Browser::default().ticket(&clinic);
    }
    assert_eq!(clinic.wire.keys_fetched.load(Ordering::Relaxed), 1, "although they may not be kept");
    clinic.world.clock.forward(11);
    Browser::default().ticket(&clinic);
    assert_eq!(clinic.wire.keys_fetched.load(Ordering::Relaxed), 2, "stale keys are not used");
}

#[test]
fn an_app_whose_request_is_bad_sends_nobody_to_a_provider() {
    let clinic = Clinic::new();
    let query = Clinic::asked().replace("app.example", "evil.example");
    let answer = Browser::default().get(&clinic, &format!("/oauth/sign-in/{ID}?{query}"));
    assert!(
        answer.status == 400 && answer.header("set-cookie").is_none() && answer.header("location").is_none()
    );
    let answer = clinic.world.ask("GET", &format!("/oauth/sign-in/unknown?{}", Clinic::asked()), &[], "");
    assert_eq!(answer.status, 404);
}

#[test]
fn too_many_who_begin_from_one_address_wait() {
    let clinic = Clinic::new();
    let path = format!("/oauth/sign-in/{ID}?{}", Clinic::asked());
    let answers: Vec<Answer> = (0..121).map(|_| Browser::default().get(&clinic, &path)).collect();
    assert!(answers[..120].iter().all(|answer| answer.status == 303));
    is(&answers[120], (429, "Wait a minute"));
    assert_eq!(answers[120].header("retry-after"), Some("60"));
}

#[test]
fn the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts() {
    let clinic = Clinic::new();
    let answer = Browser::default().get(&clinic, &format!("/oauth/sign-in/{ID}?{}", Clinic::asked()));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-browser=rgb_"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    let there = answer.header("location").unwrap();
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    assert!(!there.contains(secret) && there.contains("vtr=%5B%22P9.Cp.Cd"), "{there}");
}

#[test]
fn whoever_proves_who_they_are_at_the_provider_sees_their_account() {
    let clinic = Clinic::new();
    let account = |fault| {
        let mut browser = Browser::default();
        let page = browser.get(&clinic, "/account").text();
        assert!(
            page.contains(&format!("href=\"/account/sign-in/{ID}\"")) && !page.contains("<form"),
            "{page}"
        );
        let off = browser.get(&clinic, &format!("/account/sign-in/{ID}"));
        let path = Browser::sign_in(&clinic, off.header("location").unwrap(), fault);
        let stranger = Browser::default().get(&clinic, &path);
        assert_eq!(heading(&stranger), (400, "Begin again from the app".to_owned()), "another browser");
        let back = browser.get(&clinic, &path);
        (browser, back)
    };
    let (mut browser, back) = account("none");
    assert_eq!((back.status, back.header("location")), (303, Some("https://records.example/account")));
    assert!(browser.cookie.as_ref().unwrap().starts_with("__Host-present="));
    let page = browser.get(&clinic, "/account");
    assert!(heading(&page).1.starts_with("Your own, at"), "{}", page.text());
    for (fault, words) in
        [("p5", "Prove who you are first"), ("wrong-nonce", "We could not be sure who signed in")]
    {
        let (browser, back) = account(fault);
        assert_eq!(heading(&back).1, words, "{fault}");
        assert!(
            back.text().contains("href=\"https://records.example/account\">Go back</a>"),
            "{}",
            back.text()
        );
        assert!(browser.cookie.unwrap().starts_with("__Host-browser="), "nobody is signed in");
    }
    let (mut browser, _) = account("stranger");
    assert_eq!(heading(&browser.get(&clinic, "/account")), (200, "There is no record".to_owned()));
}
