//! Signing in as an app and a person do, on a gateway whose address is this machine's own.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::{
    fhir::CursorKey,
    oauth::Offer,
    rates::PerMinute,
    service::{Service, Urls},
};
use serde_json::Value as Json;

use crate::support::{Answer, CLIENT, REDIRECT, World, app};
use store::{App, Store};

pub const HERE: &str = "https://127.0.0.1:8443";
pub const VERIFIER: &str = "a-verifier-of-the-tests-with-some-sixty-characters-of-no-secret";
pub const STATE: &str = "state of the tests & more";

/// A gateway on which people can sign in.
pub struct Portal {
    pub world: World,
}

pub fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

pub fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The parameters of an answer's `Location`, which must be the app's own.
pub fn told(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let (uri, query) = answer.header("location").unwrap().split_once('?').unwrap();
    assert_eq!(uri, REDIRECT);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub fn told_one(answer: &Answer, name: &str) -> Option<String> {
    told(answer).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

impl Portal {
    /// Over a world; its account `p` signs in.
    pub fn of(world: World) -> Self {
        let urls = Urls { base: HERE.to_owned() };
        let cursors = CursorKey::new(&[3; 32]).unwrap();
        let service =
            Service::new(world.store.clone(), world.trail.clone(), world.clock.clone(), urls, cursors, true);
        Self { world: World { service, ..world } }
    }

    pub fn new() -> Self {
        Self::of(World::of(super::fixture::record()))
    }

    /// The same with more on offer.
    pub fn offering(self, offer: Offer) -> Self {
        let service = self.world.service.offering(offer);
        Self { world: World { service, ..self.world } }
    }

    /// The same with limits on how often it answers.
    pub fn limited(self, limits: PerMinute) -> Self {
        let service = self.world.service.limited(limits);
        Self { world: World { service, ..self.world } }
    }

    /// Registers another app.
    pub fn register(&self, client_id: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.world.store.set_app(&App { scopes, ..app(client_id) }).unwrap();
    }

    /// A good authorization request, changed: a name without a value is left out.
    pub fn request<'a>(
        changes: &[(&'a str, Option<&'a str>)],
        challenge: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let mut all = vec![
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("scope", "launch/patient patient/*.rs offline_access"),
            ("state", STATE),
            ("aud", "https://127.0.0.1:8443/fhir/R4"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            all.retain(|(known, _)| known != name);
            all.extend(value.map(|value| (*name, value)));
        }
        all
    }

    /// An app sends somebody here by GET.
    pub fn ask(&self, changes: &[(&str, Option<&str>)]) -> Answer {
        let challenge = challenge(VERIFIER);
        let query = encoded(&Self::request(changes, &challenge));
        self.world.ask("GET", &format!("/oauth/authorize?{query}"), &[], "")
    }

    /// The person answers the form.
    pub fn allow(&self, changes: &[(&str, Option<&str>)]) -> Answer {
        self.allow_as("p", changes)
    }

    /// Somebody answers the form.
    pub fn allow_as(&self, user: &str, changes: &[(&str, Option<&str>)]) -> Answer {
        let challenge = challenge(VERIFIER);
        let mut form = Self::request(changes, &challenge);
        form.extend([("user", user), ("decision", "allow")]);
        self.post("/oauth/authorize", &form)
    }

    pub fn code(&self, changes: &[(&str, Option<&str>)]) -> String {
        told_one(&self.allow(changes), "code").expect("a code")
    }

    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.world.ask("POST", path, &kind, &encoded(form))
    }

    /// Redeems a code, with some parameters changed or left out.
    pub fn redeem(&self, code: &str, changes: &[(&str, Option<&str>)]) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.extend(value.map(|value| (*name, value)));
        }
        self.post("/oauth/token", &form)
    }

    /// The token response for a scope.
    pub fn tokens(&self, scope: &str) -> Json {
        self.tokens_of(CLIENT, scope)
    }

    pub fn tokens_of(&self, client_id: &str, scope: &str) -> Json {
        let code = self.code(&[("scope", Some(scope)), ("client_id", Some(client_id))]);
        let answer = self.redeem(&code, &[("client_id", Some(client_id))]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub fn refresh(&self, client_id: &str, token: &str, scope: Option<&str>) -> Answer {
        let mut form =
            vec![("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)];
        form.extend(scope.map(|scope| ("scope", scope)));
        self.post("/oauth/token", &form)
    }

    /// The status that a token gets for a path under the FHIR base.
    pub fn status(&self, token: &str, path: &str) -> u16 {
        self.world.get(token, path).status
    }
}

/// The OAuth error of an answer, with its status.
pub fn fault(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
}
