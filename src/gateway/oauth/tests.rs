//! The endpoints as a browser and an app see them.

use std::sync::Arc;

use http::{Method, StatusCode, header};
use jiff::Timestamp;
use policy::{ProxyGrant, Release, Released, Standing};
use record::PatientKey;
use serde_json::Value;
use store::{Account, App, AppStatus, Lmdb, NewRelease, Settings, Store, Subject};

use super::*;
use crate::{Request, Response};

const BASE: &str = "https://127.0.0.1:8443";
const CALLBACK: &str = "http://localhost:3000/cb?app=1";
const EVIL: &str = "http://localhost:3000/cb?app=1\"><script>alert(1)</script>";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }
}

struct World {
    oauth: OAuth,
    store: Arc<Lmdb>,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::at(BASE, true)
    }

    fn at(base: &str, sandbox: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Lmdb::open(&Settings { dir: dir.path().to_owned(), max_gib: 1 }).unwrap());
        let practice = "Y99999".parse().unwrap();
        store.begin(&practice, "empty").unwrap();
        store.close(&practice).unwrap();
        for key in ["adult", "child"] {
            let as_of = store.practice(&practice).unwrap().as_of();
            assert!(store.release(&practice, &as_of, &[released(key)]).unwrap());
        }
        let account = |id: &str, own: Option<&str>, acts_for: &[&str]| Account {
            id: id.to_owned(),
            own: own.map(subject),
            acts_for: acts_for.iter().map(|key| subject(key)).collect(),
            ..Account::default()
        };
        store.set_account(&account("adult", Some("adult"), &[])).unwrap();
        store.set_account(&account("parent", Some("adult"), &["child"])).unwrap();
        store.set_account(&account("stranger", None, &[])).unwrap();
        let access = store::Access { proxies: [("parent".to_owned(), proxy())].into(), ..Default::default() };
        store.set_access(&subject("child"), &access).unwrap();
        store
            .set_app(&App {
                client_id: "app".to_owned(),
                name: "Tom & Ann's <app>".to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
                scopes: ["launch/patient", "offline_access", "patient/*.rs"].map(str::to_owned).to_vec(),
                status: AppStatus::Approved,
                ..App::default()
            })
            .unwrap();
        let urls = Urls { base: base.to_owned() };
        let trail = crate::audit::Trail::open(&dir.path().join("audit"), None, Noon.now()).unwrap();
        let known = Arc::clone(&store) as Arc<dyn Store>;
        let oauth = OAuth::new(known, Arc::new(Noon), trail, urls, sandbox, Offer::default());
        Self { oauth, store, _dir: dir }
    }

    fn get(&self, parameters: &[(&str, &str)]) -> Response {
        let uri = format!("/oauth/authorize?{}", encoded(parameters));
        let request = http::Request::builder().uri(uri).body(bytes::Bytes::new()).unwrap();
        self.oauth.handle(&request, peer()).unwrap()
    }

    fn post(&self, path: &str, parameters: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
        self.oauth.handle(&form(path, parameters, headers), peer()).unwrap()
    }

    fn answer(&self, extra: &[(&str, &str)]) -> Response {
        self.post("/oauth/authorize", &asked(extra), &[("sec-fetch-site", "same-origin")])
    }

    fn code(&self, user: &str, patient: &str) -> String {
        let response = self.answer(&[("user", user), ("patient", patient), ("decision", "allow")]);
        parameter(&response, "code").unwrap()
    }

    fn exchange(&self, code: &str, headers: &[(&str, &str)]) -> Response {
        let parameters = [
            ("grant_type", "authorization_code"),
            ("client_id", "app"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("state", "as SMART's Python client sends it"),
        ];
        self.post("/oauth/token", &parameters, headers)
    }
}

fn peer() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

fn subject(key: &str) -> Subject {
    Subject { practice: "Y99999".parse().unwrap(), patient: PatientKey::new(key).unwrap() }
}

fn proxy() -> ProxyGrant {
    let level = policy::AccessLevel::Full;
    ProxyGrant {
        grant: policy::Grant {
            effective_date: jiff::civil::date(2020, 1, 1),
            current: level,
            historical: level,
            sections_off: Default::default(),
        },
        legal_basis: policy::LegalBasis::Consent,
        relationship: None,
        starts: jiff::civil::date(2026, 6, 1),
        ends: None,
        reviewed_since_eleven: false,
    }
}

fn released(key: &str) -> NewRelease {
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let (made_with, subject) = (
        project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default()),
        format!("id-{key}"),
    );
    let (headers, gone) = (Vec::new(), Vec::new());
    NewRelease {
        patient: PatientKey::new(key).unwrap(),
        release: Release {
            access: policy::FeedAccess::default(),
            released: Released { made_with, subject, standing, nhs_number: None, headers, gone },
            bodies: Vec::new(),
        },
        waiting: Vec::new(),
        made: jiff::Timestamp::UNIX_EPOCH,
        incomplete: false,
        screened: None,
    }
}

fn asked<'a>(extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("scope", "launch/patient patient/*.read offline_access openid launch/patient"),
        ("state", "a b&c"),
        ("aud", "https://127.0.0.1:8443/fhir/R4"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    all.retain(|(name, _)| extra.iter().all(|(other, _)| other != name));
    all.extend(extra);
    all
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn form(path: &str, parameters: &[(&str, &str)], headers: &[(&str, &str)]) -> Request {
    let builder = http::Request::builder().method(Method::POST).uri(path);
    let builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8");
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(encoded(parameters).into()).unwrap()
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn head<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn parameter(response: &Response, name: &str) -> Option<String> {
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", text(response));
    let (uri, query) = head(response, "location").split_once("?app=1&").unwrap();
    assert_eq!(uri, "http://localhost:3000/cb");
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn error(response: &Response) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

#[test]
fn the_page_says_who_asks_for_what_and_cannot_be_framed_or_scripted() {
    let world = World::new();
    let page = world.get(&asked(&[]));
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(&page).contains("Tom &amp; Ann&#39;s &lt;app&gt; asks to see a GP record"));
    assert!(text(&page).contains("Vaccinations"));
    assert!(text(&page).contains("90 days"));
    let policy = head(&page, "content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' http://localhost:3000;"), "{policy}");
    assert_eq!(head(&page, "cache-control"), "no-store");
    assert_eq!(head(&page, "x-content-type-options"), "nosniff");
}

#[test]
fn what_the_form_carries_comes_back_as_it_was_sent() {
    let world = World::new();
    let page = world.get(&asked(&[]));
    for (name, value) in asked(&[]) {
        let value = value.replace('&', "&amp;");
        assert!(text(&page).contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}");
    }
    let by_post = world.post("/oauth/authorize", &asked(&[]), &[("sec-fetch-site", "cross-site")]);
    assert_eq!(by_post.body(), page.body(), "an app may send its request by POST from elsewhere");
}

#[test]
fn a_wrong_redirect_uri_is_shown_escaped_and_never_followed() {
    let world = World::new();
    let page = world.get(&asked(&[("redirect_uri", EVIL)]));
    assert_eq!(page.status(), StatusCode::BAD_REQUEST);
    assert!(page.headers().get("location").is_none());
    assert!(!text(&page).contains("<script"));
    assert!(text(&page).contains("<mark>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</mark>"));
    assert!(text(&page).contains(&format!("<code>{CALLBACK}</code>")));
    assert!(head(&page, "content-security-policy").contains("form-action 'none'"));
}

#[test]
fn what_else_is_wrong_is_told_to_the_app() {
    let world = World::new();
    let plain = world.get(&asked(&[("code_challenge_method", "plain")]));
    assert_eq!(parameter(&plain, "error").as_deref(), Some("invalid_request"));
    assert_eq!(parameter(&plain, "state").as_deref(), Some("a b&c"));
    assert_eq!(parameter(&plain, "iss").as_deref(), Some(BASE));
    let foreign = world.get(&asked(&[("aud", "https://other.example/fhir")]));
    assert_eq!(parameter(&foreign, "error").as_deref(), Some("invalid_request"));
    let mut twice = asked(&[]);
    twice.push(("scope", "patient/*.rs"));
    assert_eq!(world.get(&twice).status(), StatusCode::BAD_REQUEST, "nobody knows which of two counts");
}

#[test]
fn a_person_approves_and_the_app_gets_tokens() {
    let world = World::new();
    let back = world.answer(&[("user", "adult"), ("decision", "allow")]);
    assert_eq!(parameter(&back, "state").as_deref(), Some("a b&c"));
    let response = world.exchange(&parameter(&back, "code").unwrap(), &[("origin", "http://localhost:3000")]);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((head(&response, "cache-control"), head(&response, "pragma")), ("no-store", "no-cache"));
    assert_eq!(head(&response, "content-type"), "application/json");
    assert_eq!(head(&response, "access-control-allow-origin"), "http://localhost:3000");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "launch/patient patient/*.read offline_access");
    assert_eq!(body["patient"], "id-adult");
    let access = body["access_token"].as_str().unwrap();
    assert_eq!(auth::bearer(&*world.store, Noon.now(), true, access).unwrap().subject, subject("adult"));

    let refresh = [("grant_type", "refresh_token"), ("client_id", "app"), ("scope", "patient/Patient.rs")];
    let refresh = [&refresh[..], &[("refresh_token", body["refresh_token"].as_str().unwrap())]].concat();
    let next: Value = serde_json::from_slice(world.post("/oauth/token", &refresh, &[]).body()).unwrap();
    assert_eq!(next["scope"], "patient/Patient.rs");
    assert_eq!(error(&world.post("/oauth/token", &refresh, &[])), "invalid_grant");
    assert!(auth::bearer(&*world.store, Noon.now(), true, access).is_err());
}

#[test]
fn a_person_with_several_records_chooses_and_cannot_choose_anothers() {
    let world = World::new();
    let page = world.answer(&[("user", "parent"), ("decision", "allow")]);
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        text(&page).contains("<option value=\"id-adult\">")
            && text(&page).contains("<option value=\"id-child\">")
    );
    assert!(text(&page).contains("name=\"user\" value=\"parent\""));
    let tokens = world.exchange(&world.code("parent", "id-child"), &[]);
    assert!(text(&tokens).contains("\"patient\":\"id-child\""));
    let other = world.answer(&[("user", "adult"), ("patient", "id-child"), ("decision", "allow")]);
    assert_eq!(other.status(), StatusCode::OK);
    assert!(!text(&other).contains("id-child"));
}

#[test]
fn who_says_no_or_has_nothing_shares_nothing() {
    let world = World::new();
    let no = world.answer(&[("decision", "deny")]);
    assert_eq!(parameter(&no, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&no, "code"), None);
    let neither = world.answer(&[("user", "adult"), ("decision", "yes")]);
    assert_eq!(parameter(&neither, "error").as_deref(), Some("access_denied"));
    assert!(text(&world.answer(&[("user", "stranger"), ("decision", "allow")])).contains("no GP record"));
    let unknown = world.answer(&[("user", "<b>"), ("decision", "allow")]);
    assert!(
        text(&unknown).contains("Nobody in this sandbox") && text(&unknown).contains("value=\"&lt;b&gt;\"")
    );
    assert!(text(&world.answer(&[("decision", "allow")])).contains("Type a name"));
}

#[test]
fn an_answer_that_another_site_sends_is_not_taken() {
    let world = World::new();
    let answer = asked(&[("user", "adult"), ("decision", "allow")]);
    let status = |headers: &[(&str, &str)]| world.post("/oauth/authorize", &answer, headers).status();
    for forged in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(status(&[forged]), StatusCode::FORBIDDEN);
    }
    assert_eq!(status(&[("origin", BASE)]), StatusCode::SEE_OTHER);
    assert_eq!(status(&[]), StatusCode::SEE_OTHER, "not a browser");
}

#[test]
fn nobody_signs_in_without_a_secret_outside_a_sandbox_on_this_machine() {
    for (base, sandbox) in [(BASE, false), ("https://gateway.example", true)] {
        let world = World::at(base, sandbox);
        let aud = format!("{base}/fhir/R4");
        let page = world.get(&asked(&[("aud", &aud)]));
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(text(&page).contains("not set up on this server") && !text(&page).contains("<form"));
        let answer = world.answer(&[("aud", &aud), ("user", "adult"), ("decision", "allow")]);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[test]
fn token_errors_are_those_of_the_standard() {
    let world = World::new();
    let token = |parameters: &[(&str, &str)], headers: &[(&str, &str)]| {
        let response = world.post("/oauth/token", parameters, headers);
        assert_eq!(head(&response, "cache-control"), "no-store");
        (response.status().as_u16(), error(&response))
    };
    let answer = |status, error: &str| (status, error.to_owned());
    assert_eq!(token(&[], &[]), answer(400, "invalid_request"));
    assert_eq!(token(&[("client_id", "app")], &[]), answer(400, "invalid_request"));
    assert_eq!(
        token(&[("client_id", "app"), ("grant_type", "password")], &[]),
        answer(400, "unsupported_grant_type")
    );
    let refresh = [("client_id", "app"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(token(&refresh, &[]), answer(400, "invalid_grant"));
    assert_eq!(token(&refresh, &[("authorization", "Basic YXBwOng=")]), answer(401, "invalid_client"));
    let unknown = [("client_id", "nobody"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(token(&unknown, &[]), answer(400, "invalid_client"));
    let twice = [&refresh[..], &[("client_id", "app")]].concat();
    assert_eq!(token(&twice, &[]), answer(400, "invalid_request"));
    let no_verifier = [
        ("client_id", "app"),
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", ""),
    ];
    assert_eq!(token(&no_verifier, &[]), answer(400, "invalid_request"));
}

#[test]
fn only_the_apps_own_pages_may_read_what_the_token_endpoint_says() {
    let world = World::new();
    let allowed = |origin| {
        let response = world.exchange("x", &[("origin", origin)]);
        assert_eq!(head(&response, "vary"), "Origin");
        head(&response, "access-control-allow-origin").to_owned()
    };
    assert_eq!(allowed("http://localhost:3000"), "http://localhost:3000");
    for other in
        ["http://localhost:3001", "https://localhost:3000", "http://localhost:3000.evil.example", "null"]
    {
        assert_eq!(allowed(other), "");
    }
    let preflight = http::Request::builder().method(Method::OPTIONS).uri("/oauth/token");
    let preflight = preflight.header("origin", "http://localhost:3000").body(bytes::Bytes::new()).unwrap();
    let preflight = world.oauth.handle(&preflight, peer()).unwrap();
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(head(&preflight, "access-control-allow-methods"), "POST");
    assert_eq!(head(&preflight, "access-control-allow-origin"), "http://localhost:3000");
}

#[test]
fn revoking_ends_the_sign_in_and_does_not_say_whether_a_token_was_known() {
    let world = World::new();
    let tokens = world.exchange(&world.code("adult", "id-adult"), &[]);
    let tokens: Value = serde_json::from_slice(tokens.body()).unwrap();
    let access = tokens["access_token"].as_str().unwrap();
    let revoke = |token| world.post("/oauth/revoke", &[("client_id", "app"), ("token", token)], &[]);
    let (known, unknown) = (revoke(access), revoke("rga_unknown"));
    assert_eq!((known.status(), known.body()), (unknown.status(), unknown.body()));
    assert_eq!(known.status(), StatusCode::OK);
    assert!(auth::bearer(&*world.store, Noon.now(), true, access).is_err());
    assert_eq!(error(&world.post("/oauth/revoke", &[("token", access)], &[])), "invalid_request");
}

#[test]
fn other_methods_and_paths_are_not_answered_as_if_they_were_there() {
    let world = World::new();
    let ask = |method: Method, uri: &str| {
        world.oauth.handle(
            &http::Request::builder().method(method).uri(uri).body(bytes::Bytes::new()).unwrap(),
            peer(),
        )
    };
    assert!(ask(Method::POST, "/oauth/other").is_none());
    assert!(ask(Method::GET, "/fhir/R4/Patient").is_none());
    let wrong = ask(Method::GET, "/oauth/token").unwrap();
    assert_eq!((wrong.status(), head(&wrong, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST, OPTIONS"));
    let not_a_form = ask(Method::POST, "/oauth/token").unwrap();
    assert_eq!(error(&not_a_form), "invalid_request");
}
