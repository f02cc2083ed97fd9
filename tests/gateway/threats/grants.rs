//! Codes, refresh tokens, revocation, clocks and scopes: T52 to T57.

use policy::Decided;
use store::{App, AppStatus, Change, Decisions, Store};

use crate::{
    gateway::portal::{HERE, Portal, fault, told_one},
    support::{CLIENT, REDIRECT, app, practice},
};

fn access(tokens: &serde_json::Value) -> String {
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn t52_a_code_is_good_once_for_who_asked_as_they_asked() {
    let portal = Portal::new();
    let invalid = (400, "invalid_grant".to_owned());
    let code = portal.code(&[]);
    let first = portal.redeem(&code, &[]).json();
    assert_eq!(portal.status(&access(&first), "Patient"), 200);
    assert_eq!(fault(&portal.redeem(&code, &[])), invalid);
    assert_eq!(portal.status(&access(&first), "Patient"), 401, "the first code's tokens are revoked");
    for verifier in ["wrong-verifier-wrong-verifier-wrong-verifier-wrong", "x"] {
        let refused = portal.redeem(&portal.code(&[]), &[("code_verifier", Some(verifier))]);
        assert_eq!(fault(&refused), invalid);
    }
    let missing = portal.redeem(&portal.code(&[]), &[("code_verifier", None)]);
    assert_eq!(fault(&missing), (400, "invalid_request".to_owned()));
    let plain = portal.ask(&[("code_challenge_method", Some("plain"))]);
    assert_eq!(told_one(&plain, "error").as_deref(), Some("invalid_request"));
    let stateless = portal.allow(&[("state", None)]);
    assert_eq!(told_one(&stateless, "code"), None);
    for uri in [
        format!("{REDIRECT}x"),
        format!("{REDIRECT}#f"),
        REDIRECT.to_uppercase(),
        REDIRECT.replace("app.example", "app.example:444"),
    ] {
        let page = portal.allow(&[("redirect_uri", Some(&uri))]);
        assert_eq!((page.status, page.header("location")), (400, None), "{uri}");
        assert!(page.text().contains("<th scope=\"col\">Registered</th>"), "{}", page.text());
        let redeemed = portal.redeem(&portal.code(&[]), &[("redirect_uri", Some(&uri))]);
        assert_eq!(fault(&redeemed), invalid, "{uri}");
    }
}

#[test]
fn t53_of_two_that_refresh_one_wins_and_the_family_ends() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs offline_access");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| portal.refresh(CLIENT, refresh, None))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "there is no grace");
    let won = won[0].json();
    assert_eq!(portal.status(&access(&won), "Patient"), 401);
    assert_eq!(portal.status(&access(&tokens), "Patient"), 401);
    let next = won["refresh_token"].as_str().unwrap();
    assert_eq!(fault(&portal.refresh(CLIENT, next, None)), (400, "invalid_grant".to_owned()));
    let other = portal.tokens("patient/*.rs");
    assert_eq!(portal.status(&access(&other), "Patient"), 200, "another sign-in is another family");
}

/// Walks pages until something stops it, and says at which page that was.
fn walk(portal: &Portal, token: &str, stop: impl Fn()) -> usize {
    let bearer = format!("Bearer {token}");
    let mut next = Some("/fhir/R4/Observation?_count=1".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let answer = portal.world.ask("GET", &path, &[("authorization", &bearer)], "");
        if answer.status == 401 {
            return pages;
        }
        assert_eq!(answer.status, 200);
        pages += 1;
        next = answer.link("next").map(|link| link.replace(HERE, ""));
        if pages == 3 {
            stop();
        }
    }
    panic!("nothing stopped it")
}

#[test]
fn t55_whatever_ends_access_ends_it_with_the_next_request_of_a_walk() {
    let suspended = |portal: &Portal| {
        portal.world.store.set_app(&App { status: AppStatus::Suspended, ..app(CLIENT) }).unwrap();
    };
    let narrowed = |portal: &Portal| {
        let practices = Some(["Y99998".parse().unwrap()].into());
        portal.world.store.set_app(&App { practices, ..app(CLIENT) }).unwrap();
    };
    let blocked = |portal: &Portal| {
        let at = gateway::clock::Clock::now(&*portal.world.clock);
        let decided = Decided { by: "Dr A".to_owned(), at, why: "no contract".to_owned() };
        let change = Change::App { client_id: CLIENT.to_owned(), blocked: true };
        portal.world.store.decide(&practice(), &change, &decided).unwrap();
    };
    let ends: [(&str, &dyn Fn(&Portal)); 3] =
        [("suspended", &suspended), ("not for this practice", &narrowed), ("blocked", &blocked)];
    for (how, end) in ends {
        let portal = Portal::new();
        let tokens = portal.tokens("patient/*.rs offline_access");
        assert_eq!(walk(&portal, &access(&tokens), || end(&portal)), 3, "{how}");
        let refreshed = portal.refresh(CLIENT, tokens["refresh_token"].as_str().unwrap(), None);
        assert_eq!(refreshed.status, 400, "{how}");
        portal.world.store.set_app(&app(CLIENT)).unwrap();
    }
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs offline_access");
    let token = access(&tokens);
    let revoke = || {
        assert_eq!(portal.post("/oauth/revoke", &[("client_id", CLIENT), ("token", &token)]).status, 200);
    };
    assert_eq!(walk(&portal, &token, revoke), 3);
}

#[test]
fn t56_a_clock_that_steps_lets_nothing_live_longer_and_logs_nobody_out() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/*.rs offline_access");
    let token = access(&tokens);
    portal.world.clock.forward(-3600);
    assert_eq!(portal.status(&token, "Patient"), 200, "a step back ends no session");
    portal.world.clock.forward(3601);
    assert_eq!(portal.status(&token, "Patient"), 200, "nor does a leap second");
    portal.world.clock.forward(3598);
    assert_eq!(portal.status(&token, "Patient"), 200);
    portal.world.clock.forward(1);
    assert_eq!(
        portal.status(&token, "Patient"),
        401,
        "tokens have no leeway: one server makes and reads them"
    );
    let code = portal.code(&[]);
    portal.world.clock.forward(3600);
    assert_eq!(fault(&portal.redeem(&code, &[])), (400, "invalid_grant".to_owned()));
    portal.world.clock.forward(-3600);
    let again = portal.redeem(&code, &[]);
    assert_eq!(fault(&again), (400, "invalid_grant".to_owned()), "the attempt spent it");
    assert_eq!(portal.refresh(CLIENT, tokens["refresh_token"].as_str().unwrap(), None).status, 200);
}

#[test]
fn t57_scopes_never_widen() {
    let portal = Portal::new();
    let tokens = portal.tokens("patient/Patient.r patient/Observation.s offline_access");
    let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    for wider in [
        "patient/Patient.rs",
        "patient/Observation.rs",
        "patient/Observation.read",
        "patient/*.r",
        "patient/Patient.r patient/Immunization.r",
        "patient/Patient.r unknown",
        "user/Patient.r",
        "system/*.rs",
        "launch/patient",
        "openid",
        "patient/Patient.r\u{a0}",
    ] {
        let refused = portal.refresh(CLIENT, &refresh, Some(wider));
        assert_eq!(fault(&refused), (400, "invalid_scope".to_owned()), "{wider}");
    }
    for narrower in ["patient/Patient.r", "patient/Observation.s", "patient/Patient.r patient/Observation.s"]
    {
        let answer = portal.refresh(CLIENT, &refresh, Some(narrower)).json();
        assert_eq!(answer["scope"], narrower);
        refresh = answer["refresh_token"].as_str().unwrap().to_owned();
    }
    for exchange in ["urn:ietf:params:oauth:grant-type:token-exchange", "client_credentials"] {
        let form = [("grant_type", exchange), ("client_id", CLIENT), ("subject_token", refresh.as_str())];
        assert_eq!(fault(&portal.post("/oauth/token", &form)), (400, "unsupported_grant_type".to_owned()));
    }
}
