//! `/account`: the apps that a person has let in, and who has looked (T45).

use jiff::civil::date;
use policy::{LegalBasis, ProxyGrant};
use store::{Connection, Store};

use super::portal::{Portal, encoded, fault, told_one};
use crate::support::{Answer, CLIENT, World, everything, subject};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A browser of somebody who has signed in, by the cookie that it was given.
struct Present<'a> {
    world: &'a World,
    cookie: String,
}

impl<'a> Present<'a> {
    fn new(portal: &'a Portal, name: &str) -> Self {
        let answer = portal.post("/account/sign-in", &[("user", name)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("https://127.0.0.1:8443/account")));
        let set = answer.header("set-cookie").unwrap();
        assert!(set.starts_with("__Host-present=rgv_"), "{set}");
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{set}");
        Self { world: &portal.world, cookie: set.split(';').next().unwrap().to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.world.ask("GET", path, &[("cookie", &self.cookie)], "")
    }

    fn post_from(&self, site: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let headers = [FORM, ("cookie", self.cookie.as_str()), ("sec-fetch-site", site)];
        self.world.ask("POST", path, &headers, &encoded(form))
    }

    fn stop(&self, patient: &str) -> Answer {
        self.post_from("same-origin", "/account/stop", &[("app", CLIENT), ("patient", patient)])
    }

    /// The page, without its tags.
    fn words(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut words = String::new();
        for part in answer.text().split('<') {
            words.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
            words.push(' ');
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn lets_in(portal: &Portal, account: &str, patient: &str) -> (String, String) {
    let answer = portal.allow_as(account, &[("patient", Some(patient))]);
    let tokens = portal.redeem(&told_one(&answer, "code").unwrap(), &[]).json();
    ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned()).into()
}

/// A carer of `p`, until the end of that day.
fn carer(portal: &Portal) {
    let proxy = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2020, 1, 1),
        ends: Some(date(2026, 11, 2)),
        reviewed_since_eleven: false,
    };
    portal.world.let_in_proxy("carer", &subject("p"), proxy);
}

fn has(text: &str, words: &str) {
    assert!(text.contains(words), "{words} is not in: {text}");
}

#[test]
fn a_person_sees_the_apps_that_they_let_in_and_stops_one_at_once() {
    let portal = Portal::new();
    let id = portal.world.logical_id("p");
    let (token, refresh) = lets_in(&portal, "p", &id);
    assert_eq!(portal.status(&token, "Observation"), 200);
    let present = Present::new(&portal, "p");
    let words = present.words("/account");
    has(&words, "Your own, at");
    has(&words, "Test app It may see: Who the patient is");
    has(&words, "You let it in on 2 November 2026 at 12:00. That lasts until 31 January 2027, or longer");
    has(&words, "It last looked on 2 November 2026 at 12:00.");
    has(&words, "You, with Test app Measurements, test results and other findings");
    let stopped = present.stop(&id);
    assert_eq!(stopped.status, 303, "{}", stopped.text());
    assert_eq!(portal.status(&token, "Observation"), 401, "from the next request on");
    let again = portal.refresh(CLIENT, &refresh, None);
    assert_eq!(fault(&again), (400, "invalid_grant".to_owned()));
    has(&present.words("/account"), "No app can see this record with your permission now.");
}

#[test]
fn t45_who_looked_names_app_and_time_and_nothing_of_anybody_else() {
    let portal = Portal::new();
    let world = &portal.world;
    world.put("q", vec![]);
    carer(&portal);
    world.let_in("q", &subject("q"), everything());
    let [p, q] = ["p", "q"].map(|who| world.logical_id(who));
    let tokens = [("p", &p), ("carer", &p), ("q", &q)].map(|(who, id)| lets_in(&portal, who, id).0);
    for token in &tokens {
        assert_eq!(portal.status(token, "Observation"), 200);
        world.clock.forward(60);
    }
    assert_eq!(portal.status(&tokens[1], "Patient/nothing-like-this"), 404);
    let own = Present::new(&portal, "p");
    let page = own.get("/account").text();
    let words = own.words("/account");
    has(&words, "12:00 You, with Test app Measurements");
    has(&words, "12:01 Somebody who acts for this person, with Test app Measurements");
    has(&words, "12:03 Somebody who acts for this person, with Test app nothing");
    assert!(!page.contains(&q) && !page.contains("carer") && !page.contains("12:02"), "{page}");
    // Whoever acts for somebody sees what they did themselves.
    let acting = Present::new(&portal, "carer");
    let words = acting.words("/account");
    has(&words, "Somebody for whom you act");
    has(&words, "12:01 You, with Test app Measurements");
    assert!(!words.contains("12:00 You") && !words.contains("12:00 The patient"), "{words}");
    // The same as FHIR.
    let events = own.get(&format!("/account/events?patient={p}"));
    assert_eq!(events.header("content-type"), Some("application/fhir+json"));
    let bundle = events.json();
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "{bundle}");
    let first = &entries[2]["resource"];
    assert_eq!(first["agent"][0]["who"]["reference"], format!("Patient/{p}"));
    assert_eq!((&first["outcome"], &first["subtype"][0]["code"]), (&"0".into(), &"search-type".into()));
    let seen: Vec<&str> = first["entity"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["what"]["reference"].as_str())
        .collect();
    assert!(seen.len() > 1 && seen[1].starts_with("Observation/"), "{seen:?}");
    assert_eq!(entries[0]["resource"]["agent"][0]["who"]["display"], "Somebody who acts for the patient");
    assert!(!events.text().contains(&q) && !events.text().contains("carer"), "{}", events.text());
    let events = acting.get(&format!("/account/events?patient={p}")).json();
    assert_eq!(events["entry"].as_array().unwrap().len(), 2, "{events}");
    // Each has an id that nobody else's requests are counted by.
    let id = first["id"].as_str().unwrap();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    // Nobody reads another record's list.
    for path in ["/account", "/account/events"] {
        assert_eq!(own.get(&format!("{path}?patient={q}")).status, 400);
        assert_eq!(acting.get(&format!("{path}?patient={q}")).status, 400);
    }
}

#[test]
fn however_often_an_app_looks_every_look_is_on_some_page_and_in_the_file() {
    let portal = Portal::new();
    carer(&portal);
    let id = portal.world.logical_id("p");
    let [own, carers] = ["p", "carer"].map(|who| lets_in(&portal, who, &id).0);
    for look in 0..120 {
        let (token, kind) = if look % 4 == 0 { (&carers, look / 4) } else { (&own, look) };
        assert_eq!(portal.status(token, ["Patient", "Observation"][kind % 2]), 200);
        portal.world.clock.forward(2);
    }
    for (name, looks) in [("p", 120), ("carer", 30)] {
        let present = Present::new(&portal, name);
        let (mut path, mut rows, mut in_files) = ("/account".to_owned(), 0, Vec::new());
        loop {
            let page = present.get(&path).text();
            rows += page.matches("<tr><td>").count();
            has(&page, "It last looked on 2 November 2026 at 12:03.");
            let file = link(&page, "Keep this list").unwrap();
            let bundle = present.get(&file).json();
            in_files.push(bundle["entry"].as_array().unwrap().len());
            let Some(earlier) = link(&page, "Earlier") else { break };
            path = earlier;
        }
        assert_eq!((rows, in_files[0]), (looks, looks), "{name}");
        assert!(
            name != "p" || in_files == [120, 70, 20],
            "the file goes on where its page begins: {in_files:?}"
        );
    }
    for wrong in ["2026-11-02", "2026-11-02.x", ".1", "2026-11-31.1"] {
        let answer = Present::new(&portal, "p").get(&format!("/account?before={wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

/// Where a link with these words leads.
fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!("\">{words}"))?;
    Some(before.rsplit_once("href=\"")?.1.replace("&amp;", "&"))
}

#[test]
fn whoever_signed_in_to_their_account_has_let_no_app_in_and_opened_no_record() {
    let portal = Portal::new();
    let present = Present::new(&portal, "p");
    assert_eq!(present.get("/fhir/R4/Patient").status, 401);
    let secret = present.cookie.split_once('=').unwrap().1;
    assert_eq!(portal.status(secret, "Patient"), 401);
    let asked = encoded(&Portal::request(&[], &super::portal::challenge(super::portal::VERIFIER)));
    let page = present.get(&format!("/oauth/authorize?{asked}")).text();
    has(&page, "Your name in this sandbox");
    let form: Vec<_> = form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
    let mut form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    form.push(("decision", "allow"));
    let answer = present.post_from("same-origin", "/oauth/authorize", &form);
    assert_eq!((answer.status, answer.header("location")), (200, None), "the consent asks who it is");
    let page = present.get("/account");
    assert_eq!(page.header("access-control-allow-origin"), None);
    assert_eq!(
        (page.header("cache-control"), page.header("x-frame-options")),
        (Some("no-store"), Some("DENY"))
    );
    has(page.header("content-security-policy").unwrap(), "form-action 'self'");
}

#[test]
fn an_account_is_closed_after_a_quarter_of_an_hour_by_signing_out_and_to_other_sites() {
    let portal = Portal::new();
    let id = portal.world.logical_id("p");
    let (token, _) = lets_in(&portal, "p", &id);
    let present = Present::new(&portal, "p");
    for site in ["cross-site", "same-site", "none"] {
        let form = [("app", CLIENT), ("patient", id.as_str())];
        assert_eq!(present.post_from(site, "/account/stop", &form).status, 403, "{site}");
        assert_eq!(present.post_from(site, "/account/sign-in", &[("user", "p")]).status, 403, "{site}");
    }
    assert_eq!(portal.status(&token, "Observation"), 200, "nothing was stopped");
    let out = present.post_from("same-origin", "/account/sign-out", &[]);
    has(out.header("set-cookie").unwrap(), "Max-Age=0");
    has(&present.words("/account"), "Sign in to see which apps");
    has(&present.stop(&id).text(), "Sign in to see which apps");
    assert_eq!(portal.status(&token, "Observation"), 200);
    let present = Present::new(&portal, "p");
    portal.world.clock.forward(899);
    has(&present.words("/account"), "Your own, at");
    portal.world.clock.forward(1);
    has(&present.words("/account"), "Sign in to see which apps");
    for (method, path) in [("POST", "/account"), ("GET", "/account/stop"), ("DELETE", "/account/events")] {
        assert_eq!(portal.world.ask(method, path, &[], "").status, 405, "{method} {path}");
    }
    for path in ["/account/", "/accounts", "/account/sign-in/nobody", "/account/x"] {
        assert_eq!(portal.world.ask("GET", path, &[], "").status, 404, "{path}");
    }
    let nobody = portal.post("/account/sign-in", &[("user", "nobody")]);
    assert!(nobody.status == 200 && nobody.header("set-cookie").is_none());
}

#[test]
fn whose_grant_has_ended_finds_the_record_no_more_and_can_still_stop_their_app() {
    let portal = Portal::new();
    carer(&portal);
    let id = portal.world.logical_id("p");
    let (token, refresh) = lets_in(&portal, "carer", &id);
    assert_eq!(portal.status(&token, "Observation"), 200);
    portal.world.clock.forward(24 * 3600);
    let present = Present::new(&portal, "carer");
    has(&present.words("/account"), "nobody for whom you may act today");
    assert_eq!(present.get(&format!("/account?patient={id}")).status, 400);
    assert_eq!(present.stop(&id).status, 303);
    assert_eq!(fault(&portal.refresh(CLIENT, &refresh, None)), (400, "invalid_grant".to_owned()));
}

#[test]
fn a_person_stops_their_own_apps_and_nobody_elses() {
    let portal = Portal::new();
    carer(&portal);
    let id = portal.world.logical_id("p");
    let [(own, _), (carers, _)] = ["p", "carer"].map(|who| lets_in(&portal, who, &id));
    assert_eq!(Present::new(&portal, "p").stop(&id).status, 303);
    assert_eq!((portal.status(&own, "Patient"), portal.status(&carers, "Patient")), (401, 200));
    assert_eq!(Present::new(&portal, "p").stop("another").status, 400);
}

#[test]
fn an_account_can_be_looked_at_only_so_often() {
    let portal = Portal::new();
    let present = Present::new(&portal, "p");
    let statuses: Vec<u16> = (0..40).map(|_| present.get("/account").status).collect();
    assert_eq!((statuses[29], statuses[39]), (200, 429));
    let other = portal.world.store.connections("p").unwrap();
    assert_eq!(other, [] as [Connection; 0], "to look lets nobody in");
}
