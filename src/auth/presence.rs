//! A person who has signed in to look at their own account. It opens that alone: an app is let in by a sign-in and an
//! answer of its own each time, and no record is opened by it.

use jiff::{SignedDuration, Timestamp};
use store::{Account, Pushed, Store, StoreError};

use crate::{Failure, secret::Purpose, token::until};

/// How long a sign-in lasts.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// Notes that somebody has signed in, and gives the secret by which their browser is known.
///
/// # Errors
/// If it could not be made durable.
pub fn begin(store: &dyn Store, now: Timestamp, account: &str) -> Result<String, Failure> {
    let secret = Purpose::Presence.draw()?;
    let hash = Purpose::Presence.hash(&secret).ok_or(Failure::Randomness)?;
    keep(store, now, &hash, account, until(now, LIFETIME))?;
    Ok(secret)
}

/// Who has signed in in this browser, while that lasts.
///
/// # Errors
/// If the store cannot be read.
pub fn of(store: &dyn Store, now: Timestamp, secret: &str) -> Result<Option<Account>, StoreError> {
    let Some(hash) = Purpose::Presence.hash(secret) else { return Ok(None) };
    let found = store.pushed(&hash)?.filter(|found| now < found.expires);
    found.and_then(|found| found.account).map_or(Ok(None), |id| store.account(&id))
}

/// Ends it.
///
/// # Errors
/// If it could not be made durable.
pub fn end(store: &dyn Store, now: Timestamp, secret: &str) -> Result<(), Failure> {
    match Purpose::Presence.hash(secret) {
        Some(hash) => keep(store, now, &hash, "", now),
        None => Ok(()),
    }
}

/// Whether a cookie may hold such a secret.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    Purpose::Presence.hash(text).is_some()
}

fn keep(
    store: &dyn Store,
    now: Timestamp,
    hash: &[u8; 32],
    account: &str,
    expires: Timestamp,
) -> Result<(), Failure> {
    let account = Some(account.to_owned()).filter(|account| !account.is_empty());
    let kept = Pushed { client_id: String::new(), parameters: Vec::new(), account, expires };
    Ok(store.keep_pushed(hash, now, &kept)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, now};

    #[test]
    fn somebody_is_there_for_a_quarter_of_an_hour_or_until_they_sign_out() {
        let fixture = Fixture::new();
        let store = &*fixture.store;
        let secret = begin(store, now(), "adult").unwrap();
        let who = |at, secret: &str| of(store, at, secret).unwrap().map(|account| account.id);
        let at = |seconds: i64| until(now(), SignedDuration::from_secs(seconds));
        assert_eq!(who(at(899), &secret).as_deref(), Some("adult"));
        assert_eq!(who(at(900), &secret), None);
        let other = begin(store, now(), "parent").unwrap();
        end(store, now(), &secret).unwrap();
        assert_eq!((who(now(), &secret), who(now(), &other).as_deref()), (None, Some("parent")));
        let token = fixture.tokens("adult", "adult").access;
        for nobody in ["", "rgv_", &token, &secret.replace("rgv_", "rga_")] {
            assert_eq!(who(now(), nobody), None);
            end(store, now(), nobody).unwrap();
        }
        assert!(crate::bearer(store, now(), false, other.as_str()).is_err(), "it opens no record");
    }
}
