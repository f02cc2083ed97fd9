//! The trip to a provider and back. The app's request waits here; the browser has one secret in a cookie, the provider
//! is told another one (`state`), and only both together, at the address of the provider that was asked, find the
//! request again: an answer that another browser began (login CSRF), or that another provider gives (mix-up), finds
//! nothing. What proves that the answer is to this request, `nonce` and the verifier, is made from the two and kept
//! nowhere.

use jiff::{SignedDuration, Timestamp};
use store::{Pushed, Store, StoreError};

use super::person::VECTORS;
use crate::{
    Failure,
    secret::{self, Purpose, sha256},
    token::until,
};

/// How long somebody may take to sign in.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// How long they may then take to answer.
pub const ANSWER: SignedDuration = SignedDuration::from_mins(10);

/// A secret that tells one browser from every other; drawn when it has none yet.
///
/// # Errors
/// Without random numbers.
pub fn browser() -> Result<String, Failure> {
    Ok(Purpose::Browser.draw()?)
}

/// Whether a cookie holds such a secret.
#[must_use]
pub fn is_browser(text: &str) -> bool {
    Purpose::Browser.hash(text).is_some()
}

/// Whom this server asks, and as whom.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The provider's name in the configuration.
    pub provider: &'a str,
    /// What this server is called there.
    pub client_id: &'a str,
    /// Where the person comes back to: an address for this provider alone.
    pub redirect_uri: &'a str,
}

/// Parks an app's request and gives the query with which the browser is sent to the provider.
///
/// # Errors
/// If it could not be made durable.
pub fn begin(
    store: &dyn Store,
    now: Timestamp,
    asking: &Asking<'_>,
    browser: &str,
    request: (&str, Vec<(String, String)>),
) -> Result<Vec<(&'static str, String)>, Failure> {
    let state = Purpose::Trip.draw()?;
    let (client_id, parameters) = (request.0.to_owned(), request.1);
    let parked = Pushed { client_id, parameters, account: None, expires: until(now, LIFETIME) };
    store.keep_pushed(&place(asking.provider, &state, browser), now, &parked)?;
    let vectors: Vec<String> = VECTORS.iter().map(|vector| format!("\"{vector}\"")).collect();
    Ok(vec![
        ("response_type", "code".to_owned()),
        ("client_id", asking.client_id.to_owned()),
        ("redirect_uri", asking.redirect_uri.to_owned()),
        ("scope", "openid profile".to_owned()),
        ("vtr", format!("[{}]", vectors.join(","))),
        ("nonce", nonce(browser, &state)),
        ("code_challenge", secret::challenge(&verifier(browser, &state))),
        ("code_challenge_method", "S256".to_owned()),
        ("state", state),
    ])
}

/// A request whose person has come back.
pub struct Returned {
    /// The app.
    pub client_id: String,
    /// What it asked.
    pub parameters: Vec<(String, String)>,
    /// What the ID token must have.
    pub nonce: String,
    /// What the code must be redeemed with.
    pub verifier: String,
}

impl std::fmt::Debug for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Returned(..)")
    }
}

/// The request that somebody comes back for, once.
///
/// # Errors
/// If the store fails.
pub fn end(
    store: &dyn Store,
    now: Timestamp,
    provider: &str,
    browser: Option<&str>,
    state: Option<&str>,
) -> Result<Option<Returned>, StoreError> {
    let Some((browser, state)) = browser.zip(state) else { return Ok(None) };
    if !is_browser(browser) || Purpose::Trip.hash(state).is_none() {
        return Ok(None);
    }
    let place = place(provider, state, browser);
    let Some(parked) = store.pushed(&place)?.filter(|parked| now < parked.expires) else { return Ok(None) };
    if !store.use_once(&place, now, until(now, LIFETIME * 4))? {
        return Ok(None);
    }
    let (nonce, verifier) = (nonce(browser, state), verifier(browser, state));
    Ok(Some(Returned { client_id: parked.client_id, parameters: parked.parameters, nonce, verifier }))
}

/// Keeps who has signed in for a request, and gives the ticket with which they answer: a new secret, of use in this
/// browser alone.
///
/// # Errors
/// If it could not be made durable.
pub fn ticket(
    store: &dyn Store,
    now: Timestamp,
    browser: &str,
    account: &str,
    (client_id, parameters): (String, Vec<(String, String)>),
) -> Result<String, Failure> {
    let ticket = Purpose::Ticket.draw()?;
    let (account, expires) = (Some(account.to_owned()), until(now, ANSWER));
    let parked = Pushed { client_id, parameters, account, expires };
    store.keep_pushed(&place("", &ticket, browser), now, &parked)?;
    Ok(ticket)
}

/// Somebody who has signed in and has not answered yet.
pub struct Waiting {
    /// Who.
    pub account: String,
    /// What the app asked.
    pub parameters: Vec<(String, String)>,
    place: [u8; 32],
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting(..)")
    }
}

/// Whose ticket it is, while it is good.
///
/// # Errors
/// If the store fails.
pub fn waiting(
    store: &dyn Store,
    now: Timestamp,
    browser: Option<&str>,
    ticket: Option<&str>,
) -> Result<Option<Waiting>, StoreError> {
    let Some((browser, ticket)) = browser.zip(ticket) else { return Ok(None) };
    if !is_browser(browser) || Purpose::Ticket.hash(ticket).is_none() {
        return Ok(None);
    }
    let place = place("", ticket, browser);
    let parked = store.pushed(&place)?.filter(|parked| now < parked.expires);
    Ok(parked.and_then(|Pushed { account, parameters, .. }| {
        Some(Waiting { account: account?, parameters, place })
    }))
}

impl Waiting {
    /// Notes that it is answered. Of several answers exactly one counts.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub fn answered(&self, store: &dyn Store, now: Timestamp) -> Result<bool, StoreError> {
        store.use_once(&self.place, now, until(now, ANSWER * 12))
    }
}

/// Under what a request waits. The length keeps a provider and a secret from being read as another pair.
fn place(provider: &str, secret: &str, browser: &str) -> [u8; 32] {
    let text = format!("recordgate: a request that waits\n{}:{provider}{secret}{browser}", provider.len());
    sha256(text.as_bytes())
}

fn nonce(browser: &str, state: &str) -> String {
    secret::derived(browser, &format!("nonce of {state}"))
}

fn verifier(browser: &str, state: &str) -> String {
    secret::derived(browser, &format!("verifier of {state}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, now};

    const ASKING: Asking<'_> = Asking {
        provider: "nhs-login",
        client_id: "recordgate",
        redirect_uri: "https://gateway.example/oauth/callback/nhs-login",
    };

    fn begun(fixture: &Fixture, browser: &str) -> Vec<(&'static str, String)> {
        let request = ("app", vec![("state".to_owned(), "the app's".to_owned())]);
        begin(&*fixture.store, now(), &ASKING, browser, request).unwrap()
    }

    fn of(query: &[(&'static str, String)], name: &str) -> String {
        query.iter().find(|(key, _)| *key == name).unwrap().1.clone()
    }

    fn at(seconds: i64) -> Timestamp {
        until(now(), SignedDuration::from_secs(seconds))
    }

    #[test]
    fn a_request_is_found_by_the_browser_that_began_it_at_the_provider_that_was_asked_and_once() {
        let (fixture, own, other) = (Fixture::new(), browser().unwrap(), browser().unwrap());
        let query = begun(&fixture, &own);
        let state = of(&query, "state");
        let end = |seconds, provider: &str, browser: Option<&str>, state: &str| {
            end(&*fixture.store, at(seconds), provider, browser, Some(state)).unwrap()
        };
        assert!(end(0, "nhs-login", None, &state).is_none(), "no cookie");
        assert!(end(0, "nhs-login", Some(&other), &state).is_none(), "another browser");
        assert!(end(0, "nhs-login", Some("x"), &state).is_none());
        assert!(end(0, "other", Some(&own), &state).is_none(), "another provider's address");
        assert!(end(0, "nhs-login", Some(&own), &of(&begun(&fixture, &other), "state")).is_none());
        assert!(end(0, "nhs-login", Some(&own), "").is_none());
        assert!(end(1800, "nhs-login", Some(&own), &state).is_none(), "too late");
        let back = end(1799, "nhs-login", Some(&own), &state).unwrap();
        assert_eq!(back.parameters, [("state".to_owned(), "the app's".to_owned())]);
        assert_eq!((back.client_id.as_str(), back.nonce), ("app", of(&query, "nonce")));
        assert!(secret::verifies(&back.verifier, &of(&query, "code_challenge")));
        assert!(end(1799, "nhs-login", Some(&own), &state).is_none(), "a second time");
    }

    #[test]
    fn each_trip_has_secrets_of_its_own_and_asks_for_p9() {
        let (fixture, browser) = (Fixture::new(), browser().unwrap());
        let (one, two) = (begun(&fixture, &browser), begun(&fixture, &browser));
        for name in ["state", "nonce", "code_challenge"] {
            assert_ne!(of(&one, name), of(&two, name), "{name}");
        }
        assert_eq!(of(&one, "vtr"), "[\"P9.Cp.Cd\",\"P9.Cp.Ck\",\"P9.Cm\"]");
        assert_eq!(
            (of(&one, "scope"), of(&one, "code_challenge_method")),
            ("openid profile".into(), "S256".into())
        );
    }

    #[test]
    fn a_ticket_is_of_use_in_its_browser_for_ten_minutes_and_one_answer() {
        let (fixture, own, other) = (Fixture::new(), browser().unwrap(), browser().unwrap());
        let state = of(&begun(&fixture, &own), "state");
        let back = end(&*fixture.store, now(), "nhs-login", Some(&own), Some(&state)).unwrap().unwrap();
        let request = (back.client_id, back.parameters);
        let ticket = ticket(&*fixture.store, now(), &own, "adult", request).unwrap();
        let waiting = |seconds, browser: Option<&str>, ticket: &str| {
            waiting(&*fixture.store, at(seconds), browser, Some(ticket)).unwrap()
        };
        assert!(waiting(0, None, &ticket).is_none());
        assert!(waiting(0, Some(&other), &ticket).is_none());
        assert!(waiting(0, Some(&own), &state).is_none(), "nobody has signed in for a trip");
        assert!(waiting(600, Some(&own), &ticket).is_none());
        let found = waiting(599, Some(&own), &ticket).unwrap();
        assert_eq!((found.account.as_str(), found.parameters.len()), ("adult", 1));
        assert!(found.answered(&*fixture.store, now()).unwrap());
        assert!(!found.answered(&*fixture.store, now()).unwrap());
        let crossed = end(&*fixture.store, now(), "", Some(&own), Some(&ticket)).unwrap();
        assert!(crossed.is_none(), "a ticket is no state");
    }
}
