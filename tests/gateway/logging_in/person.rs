//! A person's browser, the gateway, and a pretend provider, without the network between.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

use auth::provider::ClientKey;
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use gateway::{
    Handle,
    oauth::{
        Answered, AskProvider, Heard, How, Offer, Provider,
        stand_in::{Registered, Somebody, StandIn},
    },
};
use http::header;

use crate::{
    gateway::portal::{Portal, VERIFIER, challenge, encoded},
    support::{Answer, BASE, CLIENT, REDIRECT, World},
};

pub const ISSUER: &str = "https://login.example/";
pub const ID: &str = "nhs-login";

static KEYS: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    [(); 3].map(|()| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref().to_vec()
    })
});

fn key(at: usize) -> ClientKey {
    ClientKey::new(&KEYS[at], Some(["ours", "one", "two"][at])).unwrap()
}

/// The way to the provider: counted, and cut on demand.
pub struct Wire {
    stand_in: StandIn,
    /// Answers with this status in place of the provider's, if it is not 0.
    pub broken: AtomicU16,
    pub keys_fetched: AtomicUsize,
}

impl Wire {
    fn ask_as(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let path = url.strip_prefix(ISSUER).unwrap_or_else(|| panic!("asked at {url}"));
        let mut request = http::Request::builder().method(method).uri(format!("/{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned().into()).unwrap();
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let (parts, body) = self.stand_in.handle(&request, peer).into_parts();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_vec() }
    }
}

impl AskProvider for Wire {
    fn ask(&self, url: &str, how: &How<'_>) -> Result<Answered, String> {
        self.keys_fetched.fetch_add(usize::from(url.ends_with("/jwks")), Ordering::Relaxed);
        let broken = self.broken.load(Ordering::Relaxed);
        if broken != 0 {
            return Ok(Answered { status: broken, body: Vec::new(), cache_control: None });
        }
        let answer = match how {
            How::Get => self.ask_as("GET", url, &[], ""),
            How::Bearer(token) => {
                self.ask_as("GET", url, &[("authorization", &format!("Bearer {token}"))], "")
            }
            How::Form(form) => self.ask_as("POST", url, &[FORM], form),
        };
        let cache_control = answer.header("cache-control").map(str::to_owned);
        Ok(Answered { status: answer.status, body: answer.body, cache_control })
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A service on which people sign in with one provider, and its person `p`.
pub struct Clinic {
    pub world: World,
    pub wire: Arc<Wire>,
}

impl Clinic {
    pub fn over(world: World) -> Self {
        let client = Registered {
            client_id: "recordgate".to_owned(),
            redirect_uri: format!("{BASE}/oauth/callback/{ID}"),
            jwks: key(0).jwks(),
        };
        let people = vec![Somebody {
            label: "p".to_owned(),
            nhs_number: "9990000018".to_owned(),
            birthdate: "1980-05-04".to_owned(),
        }];
        let issuer = ISSUER.trim_end_matches('/').to_owned();
        let stand_in = StandIn::new(issuer.clone(), [key(1), key(2)], client, people, world.clock.clone());
        let (broken, keys_fetched) = (AtomicU16::new(0), AtomicUsize::new(0));
        let wire = Arc::new(Wire { stand_in, broken, keys_fetched });
        let provider = |id: &str| {
            Arc::new(Provider {
                key: id.to_owned(),
                name: "NHS login".to_owned(),
                issuer: issuer.clone(),
                client_id: "recordgate".to_owned(),
                client_key: key(0),
                ask: Arc::clone(&wire) as Arc<dyn AskProvider>,
                heard: Heard::default(),
            })
        };
        let providers = vec![provider(ID), provider("other-login")];
        let service = world.service.offering(Offer { providers, ..Offer::default() });
        Self { world: World { service, ..world }, wire }
    }

    pub fn new() -> Self {
        Self::over(World::of(crate::gateway::fixture::record()))
    }

    /// Where the app sends the person.
    pub fn asked() -> String {
        let changes = [("aud", Some("https://records.example/fhir/R4"))];
        encoded(&Portal::request(&changes, &challenge(VERIFIER)))
    }

    pub fn redeem(&self, code: &str) -> Answer {
        let form = encoded(&[
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ]);
        self.world.ask("POST", "/oauth/token", &[FORM], &form)
    }
}

/// One browser, with its cookie.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookie: Option<String>,
}

impl Browser {
    pub fn get(&mut self, clinic: &Clinic, path: &str) -> Answer {
        let cookie = self.cookie.clone().unwrap_or_default();
        let headers = [("cookie", cookie.as_str())];
        let answer = clinic.world.ask("GET", path, if cookie.is_empty() { &[] } else { &headers }, "");
        if let Some(set) = answer.header(header::SET_COOKIE.as_str()) {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        answer
    }

    pub fn post(&self, clinic: &Clinic, path: &str, form: &[(&str, &str)], site: &str) -> Answer {
        let cookie = self.cookie.clone().unwrap_or_default();
        let headers = [FORM, ("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        clinic.world.ask("POST", path, &headers, &encoded(form))
    }

    /// Goes off to the provider: the address that it is sent to.
    pub fn go(&mut self, clinic: &Clinic) -> String {
        let answer = self.get(clinic, &format!("/oauth/sign-in/{ID}?{}", Clinic::asked()));
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").unwrap().to_owned()
    }

    /// Signs in there with a fault: the path that it is sent back to.
    pub fn sign_in(clinic: &Clinic, there: &str, fault: &str) -> String {
        let (_, query) = there.split_once('?').unwrap();
        let mut form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        form.push(("person".to_owned(), "0".to_owned()));
        form.push(("fault".to_owned(), fault.to_owned()));
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = clinic.wire.ask_as("POST", &format!("{ISSUER}authorize"), &[FORM], &encoded(&form));
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").unwrap().strip_prefix(BASE).unwrap().to_owned()
    }

    /// There and back, with a fault.
    pub fn back(&mut self, clinic: &Clinic, fault: &str) -> Answer {
        let there = self.go(clinic);
        let path = Self::sign_in(clinic, &there, fault);
        self.get(clinic, &path)
    }

    /// The ticket with which somebody who has signed in answers.
    pub fn ticket(&mut self, clinic: &Clinic) -> String {
        let answer = self.back(clinic, "none");
        assert_eq!(answer.status, 303, "{}", answer.text());
        let (path, ticket) = answer.header("location").unwrap().split_once("?ticket=").unwrap();
        assert_eq!(path, "https://records.example/oauth/answer");
        ticket.to_owned()
    }

    pub fn allow(&self, clinic: &Clinic, ticket: &str) -> Answer {
        let form = [("ticket", ticket), ("decision", "allow")];
        self.post(clinic, "/oauth/answer", &form, "same-origin")
    }
}

/// The heading of a page, with its status.
pub fn heading(answer: &Answer) -> (u16, String) {
    let text = answer.text();
    let heading = text.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
    (answer.status, heading.map(|(heading, _)| heading.to_owned()).unwrap_or_default())
}
