//! Pushed authorization requests (RFC 9126): an app sends its request here itself, and the browser carries only a
//! name of it. What was pushed is good for one answer, for the app that pushed it, for ten minutes.

use jiff::{SignedDuration, Timestamp};
use store::{Pushed, Store, StoreError};

use crate::{
    Client, Failure,
    authorize::{Asked, Refused, Server, judge},
    secret::Purpose,
    token::until,
};

/// How long a pushed request is good: a person may have to sign in within it.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// What a name of a pushed request begins with (RFC 9126 §2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Why a request is not taken.
#[derive(Debug)]
pub enum NotPushed {
    /// It is the request of another app than the one that pushes it.
    OtherClient,
    /// It would not be taken from a browser either.
    Refused(Box<Refused>),
    /// Not the app's fault.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for NotPushed {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Keeps a request that is good, and gives its name.
///
/// # Errors
/// [`NotPushed`].
pub fn push(
    store: &dyn Store,
    now: Timestamp,
    server: Server<'_>,
    client: &Client,
    asked: &Asked<'_>,
    parameters: Vec<(String, String)>,
) -> Result<String, NotPushed> {
    if asked.client_id.is_some_and(|id| id != client.id()) {
        return Err(NotPushed::OtherClient);
    }
    let own = Asked { client_id: Some(client.id()), ..*asked };
    judge(store, server, &own).map_err(|refused| NotPushed::Refused(Box::new(refused)))?;
    let secret = Purpose::Pushed.draw()?;
    let hash = Purpose::Pushed.hash(&secret).ok_or(Failure::Randomness)?;
    let client_id = client.id().to_owned();
    let expires = until(now, LIFETIME);
    store.keep_pushed(&hash, now, &Pushed { client_id, parameters, account: None, expires })?;
    Ok(format!("{URN}{secret}"))
}

/// The request of this name, if the app has pushed it and it is still good.
///
/// # Errors
/// If the store cannot be read.
pub fn find(
    store: &dyn Store,
    now: Timestamp,
    client_id: &str,
    name: &str,
) -> Result<Option<Pushed>, StoreError> {
    let Some(hash) = hash(name) else { return Ok(None) };
    Ok(store.pushed(&hash)?.filter(|pushed| pushed.client_id == client_id && now < pushed.expires))
}

/// Notes that a request was answered. Of several answers exactly one counts.
///
/// # Errors
/// If it could not be made durable.
pub fn answer(store: &dyn Store, now: Timestamp, name: &str) -> Result<bool, StoreError> {
    hash(name).map_or(Ok(false), |hash| store.use_once(&hash, now, until(now, LIFETIME * 12)))
}

fn hash(name: &str) -> Option<[u8; 32]> {
    Purpose::Pushed.hash(name.strip_prefix(URN)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, asked, now, server};

    fn pushed(fixture: &Fixture, asked: &Asked<'_>) -> Result<String, NotPushed> {
        let parameters = vec![("state".to_owned(), "s1".to_owned())];
        push(&*fixture.store, now(), server(false), &fixture.client("app"), asked, parameters)
    }

    #[test]
    fn a_pushed_request_is_its_apps_own_for_ten_minutes_and_one_answer() {
        let fixture = Fixture::new();
        let name = pushed(&fixture, &asked()).unwrap();
        assert_eq!(name.len(), URN.len() + 47);
        let at = |seconds| until(now(), SignedDuration::from_secs(seconds));
        let find = |now, client: &str, name: &str| find(&*fixture.store, now, client, name).unwrap();
        assert_eq!(find(at(599), "app", &name).unwrap().parameters[0].1, "s1");
        assert!(find(at(600), "app", &name).is_none());
        assert!(find(at(0), "other", &name).is_none());
        for wrong in ["", URN, &name[..name.len() - 1], &name[URN.len()..], &name.replace("rgp_", "rga_")] {
            assert!(find(at(0), "app", wrong).is_none());
        }
        assert!(answer(&*fixture.store, now(), &name).unwrap());
        assert!(!answer(&*fixture.store, now(), &name).unwrap());
        assert!(!answer(&*fixture.store, now(), "x").unwrap());
    }

    #[test]
    fn what_would_not_be_taken_from_a_browser_is_not_taken_here() {
        let fixture = Fixture::new();
        let unnamed = Asked { client_id: None, ..asked() };
        assert!(pushed(&fixture, &unnamed).is_ok(), "the app is known already");
        let other = Asked { client_id: Some("other"), ..asked() };
        assert!(matches!(pushed(&fixture, &other), Err(NotPushed::OtherClient)));
        for bad in [
            Asked { redirect_uri: Some("https://evil.example/"), ..asked() },
            Asked { code_challenge_method: Some("plain"), ..asked() },
            Asked { state: None, ..asked() },
            Asked { aud: None, ..asked() },
        ] {
            assert!(matches!(pushed(&fixture, &bad), Err(NotPushed::Refused(_))));
        }
    }
}
