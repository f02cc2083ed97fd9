//! Dynamic client registration (RFC 7591): an app that describes itself is written into the register as a proposed
//! one, which gets nothing of anybody until a person has looked at it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{App, AppKeys, AppStatus, BoundBy, Decided, Store};

use crate::{
    Failure,
    grammar::Scope,
    register::{self, BadApp},
    secret,
};

/// Most proposed apps at a time: whoever decides about them must be able to read them.
pub const MOST_PROPOSED: usize = 200;
/// Longest description, in bytes.
const LONGEST: usize = 64 * 1024;
/// What an app may ask for that does not say.
const SCOPES: [&str; 3] = ["launch/patient", "offline_access", "patient/*.rs"];

/// Metadata that count here; others are left out, and the answer says what was registered (RFC 7591 §2).
#[derive(Deserialize)]
struct Described {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    contacts: Option<Vec<String>>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    #[serde(default)]
    dpop_bound_access_tokens: bool,
    #[serde(default)]
    tls_client_certificate_bound_access_tokens: bool,
}

/// Why an app is not registered.
#[derive(Debug)]
pub enum Unregistered {
    /// `invalid_redirect_uri`
    RedirectUri(BadApp),
    /// `invalid_client_metadata`
    Metadata(String),
    /// Too many wait for somebody to look at them.
    Full,
    /// Not the app's fault.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Unregistered {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Registers an app as proposed, and gives what it is told.
///
/// # Errors
/// [`Unregistered`].
pub fn register(store: &dyn Store, now: Timestamp, body: &[u8]) -> Result<Value, Unregistered> {
    let app = described(body, format!("dyn-{}", secret::family()?))?;
    let waiting = store.apps()?.iter().filter(|app| app.status == AppStatus::Proposed).count();
    if waiting >= MOST_PROPOSED {
        return Err(Unregistered::Full);
    }
    let why = "dynamic registration".to_owned();
    let decided = Decided { by: "the app itself".to_owned(), at: now, why };
    store.change_app(None, &app, &decided)?.ok_or(Failure::Randomness)?;
    Ok(told(&app, now))
}

fn described(body: &[u8], client_id: String) -> Result<App, Unregistered> {
    let metadata = |words: &str| Unregistered::Metadata(words.to_owned());
    if body.len() > LONGEST {
        return Err(metadata("the description is longer than 64 KiB"));
    }
    let said: Described = serde_json::from_slice(body)
        .map_err(|_| metadata("the body is no JSON object of client metadata"))?;
    let only = |said: &Option<Vec<String>>, known: &[&str]| {
        said.as_ref().is_none_or(|said| said.iter().all(|one| known.contains(&one.as_str())))
    };
    if !only(&said.grant_types, &["authorization_code", "refresh_token"])
        || !only(&said.response_types, &["code"])
    {
        return Err(metadata(
            "offered are the grant types authorization_code and refresh_token with response type code",
        ));
    }
    let keys = match (said.jwks, said.jwks_uri) {
        (None, None) => None,
        (Some(jwks), None) => Some(AppKeys::Inline { jwks: jwks.to_string() }),
        (None, Some(url)) => Some(AppKeys::Url { url }),
        (Some(_), Some(_)) => return Err(metadata("jwks and jwks_uri must not both be there")),
    };
    match (said.token_endpoint_auth_method.as_deref(), &keys) {
        (None, _) | (Some("none"), None) | (Some("private_key_jwt"), Some(_)) => {}
        _ => {
            return Err(metadata(
                "the method is none without keys, or private_key_jwt with jwks or jwks_uri",
            ));
        }
    }
    // RFC 9449 §5.2, RFC 8705 §3.4.
    let bound_by = match (said.dpop_bound_access_tokens, said.tls_client_certificate_bound_access_tokens) {
        (false, false) => None,
        (true, false) => Some(BoundBy::Dpop),
        (false, true) => Some(BoundBy::Certificate),
        (true, true) => return Err(metadata("tokens are bound to a key or to a certificate, not to both")),
    };
    let app = App {
        bound_by,
        name: said.client_name.unwrap_or_else(|| client_id.clone()),
        client_id,
        redirect_uris: said.redirect_uris.unwrap_or_default(),
        scopes: scopes(said.scope.as_deref()),
        keys,
        contact: said.contacts.filter(|all| !all.is_empty()).map(|all| all.join(", ")),
        ..App::default()
    };
    match register::check(&app) {
        Ok(()) => Ok(app),
        Err(bad @ (BadApp::RedirectUri(_) | BadApp::RedirectUris)) => Err(Unregistered::RedirectUri(bad)),
        Err(bad) => Err(Unregistered::Metadata(bad.to_string())),
    }
}

/// Those that mean something here, each once.
fn scopes(said: Option<&str>) -> Vec<String> {
    let said = said.map_or_else(|| SCOPES.to_vec(), |said| said.split(' ').collect());
    let mut scopes: Vec<String> = Vec::new();
    for scope in said.into_iter().filter(|scope| Scope::parse(scope).is_some()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

/// RFC 7591 §3.2.1: everything that was registered.
fn told(app: &App, now: Timestamp) -> Value {
    let mut told = json!({
        "client_id": app.client_id,
        "client_id_issued_at": now.as_second(),
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "token_endpoint_auth_method": if app.keys.is_some() { "private_key_jwt" } else { "none" },
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": app.scopes.join(" "),
    });
    let keys = match &app.keys {
        None => None,
        Some(AppKeys::Inline { jwks }) => Some(("jwks", serde_json::from_str(jwks).unwrap_or(Value::Null))),
        Some(AppKeys::Url { url }) => Some(("jwks_uri", json!(url))),
    };
    let bound = app.bound_by.map(|by| match by {
        BoundBy::Dpop => ("dpop_bound_access_tokens", json!(true)),
        BoundBy::Certificate => ("tls_client_certificate_bound_access_tokens", json!(true)),
    });
    let contacts = app.contact.as_ref().map(|contact| ("contacts", json!([contact])));
    if let Some(members) = told.as_object_mut() {
        members.extend(
            keys.into_iter().chain(bound).chain(contacts).map(|(name, value)| (name.to_owned(), value)),
        );
    }
    told
}

#[cfg(test)]
mod tests {
    use store::Apps;

    use super::*;
    use crate::fixture::{Fixture, P384_SET, now};

    fn good() -> Value {
        json!({
            "client_name": "A new app",
            "redirect_uris": ["https://new.example/callback"],
            "scope": "launch/patient patient/*.rs patient/*.rs something/else",
            "contacts": ["maker@new.example"],
            "logo_uri": "https://new.example/logo.png",
        })
    }

    fn ask(fixture: &Fixture, body: &Value) -> Result<Value, String> {
        register(&*fixture.store, now(), body.to_string().as_bytes()).map_err(|error| match error {
            Unregistered::RedirectUri(_) => "redirect".to_owned(),
            Unregistered::Metadata(words) => words,
            Unregistered::Full => "full".to_owned(),
            Unregistered::Failure(failure) => failure.to_string(),
        })
    }

    #[test]
    fn an_app_that_registers_itself_is_proposed_and_told_what_was_registered() {
        let fixture = Fixture::new();
        let told = ask(&fixture, &good()).unwrap();
        let app = fixture.store.app(told["client_id"].as_str().unwrap()).unwrap().unwrap();
        assert_eq!((app.status, app.name.as_str()), (AppStatus::Proposed, "A new app"));
        assert_eq!(told["scope"], "launch/patient patient/*.rs");
        assert_eq!(told["token_endpoint_auth_method"], "none");
        assert_eq!(told["client_id_issued_at"], now().as_second());
        assert!(told.get("client_secret").is_none() && told.get("logo_uri").is_none());
        assert_eq!(fixture.store.app_history(&app.client_id).unwrap().len(), 1);
        for sandbox in [true, false] {
            assert!(!crate::app::may_serve(&app, sandbox));
        }
        let mut keyed = good();
        keyed["jwks"] = serde_json::from_str(P384_SET).unwrap();
        keyed["token_endpoint_auth_method"] = json!("private_key_jwt");
        let told = ask(&fixture, &keyed).unwrap();
        assert_eq!(
            (&told["jwks"], &told["token_endpoint_auth_method"]),
            (&keyed["jwks"], &json!("private_key_jwt"))
        );
    }

    #[test]
    fn what_cannot_be_registered_is_refused_whole() {
        let fixture = Fixture::new();
        let with = |name: &str, value: Value| {
            let mut body = good();
            body[name] = value;
            ask(&fixture, &body)
        };
        for uris in [json!([]), json!(null), json!(["http://app.example/"]), json!(["javascript:x"])] {
            assert_eq!(with("redirect_uris", uris), Err("redirect".to_owned()));
        }
        for (name, value) in [
            ("redirect_uris", json!("https://new.example/")),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("grant_types", json!(["implicit"])),
            ("grant_types", json!(["client_credentials"])),
            ("response_types", json!(["token"])),
            ("scope", json!("system/*.rs")),
            ("client_name", json!("a\nb")),
            ("jwks", json!({"keys": []})),
            ("jwks_uri", json!("http://app.example/jwks")),
            ("contacts", json!(["x".repeat(300)])),
        ] {
            assert!(with(name, value.clone()).is_err(), "{name} {value}");
        }
        for body in [json!(null), json!([]), json!("x")] {
            assert!(ask(&fixture, &body).is_err());
        }
        assert_eq!(fixture.store.apps().unwrap().len(), 2, "those of the fixture");
    }

    #[test]
    fn no_more_are_taken_than_somebody_can_look_at() {
        let fixture = Fixture::new();
        for number in 0..MOST_PROPOSED {
            let app = App { client_id: format!("p{number}"), ..App::default() };
            fixture.store.set_app(&app).unwrap();
        }
        assert_eq!(ask(&fixture, &good()), Err("full".to_owned()));
        fixture
            .store
            .set_app(&App { client_id: "p0".to_owned(), status: AppStatus::Retired, ..App::default() })
            .unwrap();
        assert!(ask(&fixture, &good()).is_ok());
    }
}
