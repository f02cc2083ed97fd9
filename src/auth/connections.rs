//! Apps that a person has let into records, for that person: which they are, and stopping one.

use jiff::Timestamp;
use store::{Connection, Store, StoreError, Subject, TokenRecord};

/// Notes that tokens were issued of which the last may be good until then.
pub(crate) fn note(
    store: &dyn Store,
    now: Timestamp,
    from: &TokenRecord,
    until: Timestamp,
) -> Result<(), StoreError> {
    let connection = Connection {
        family: from.family.clone(),
        account: from.account.clone(),
        client_id: from.client_id.clone(),
        subject: from.subject.clone(),
        scope: from.scope.clone(),
        since: from.signed_in.unwrap_or(now),
        until,
    };
    store.put_connection(&connection, now)
}

/// The connections that a person has with a record now, the newest first.
///
/// # Errors
/// If the store cannot be read.
pub fn of(
    store: &dyn Store,
    now: Timestamp,
    account: &str,
    subject: &Subject,
) -> Result<Vec<Connection>, StoreError> {
    let mut current = Vec::new();
    for connection in store.connections(account)? {
        if connection.subject == *subject
            && now < connection.until
            && !store.is_revoked(&connection.family)?
        {
            current.push(connection);
        }
    }
    current.sort_by_key(|connection| std::cmp::Reverse(connection.since));
    Ok(current)
}

/// Stops an app: every token that it has of this person for this record is good no longer. Says how many sign-ins ended.
///
/// # Errors
/// If it could not be made durable; some may have ended.
pub fn stop(
    store: &dyn Store,
    now: Timestamp,
    account: &str,
    subject: &Subject,
    client_id: &str,
) -> Result<usize, StoreError> {
    let of_app = of(store, now, account, subject)?.into_iter().filter(|one| one.client_id == client_id);
    let mut stopped = 0;
    for connection in of_app {
        store.revoke_family(&connection.family)?;
        stopped += 1;
    }
    Ok(stopped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bearer,
        fixture::{Fixture, now, subject},
        token::{self, until},
    };
    use jiff::SignedDuration;

    fn apps(fixture: &Fixture, account: &str, key: &str) -> Vec<String> {
        let found = of(&*fixture.store, now(), account, &subject(key)).unwrap();
        found.into_iter().map(|connection| connection.client_id).collect()
    }

    #[test]
    fn whoever_lets_an_app_in_finds_it_and_stops_all_of_its_tokens_at_once() {
        let fixture = Fixture::new();
        let [first, second] = [(), ()].map(|()| fixture.tokens("parent", "child"));
        let own = fixture.tokens("parent", "adult");
        assert_eq!(apps(&fixture, "parent", "child"), ["app", "app"]);
        assert_eq!(apps(&fixture, "adult", "adult"), [] as [&str; 0], "another person's are not theirs");
        assert_eq!(stop(&*fixture.store, now(), "parent", &subject("child"), "other").unwrap(), 0);
        assert_eq!(stop(&*fixture.store, now(), "parent", &subject("child"), "app").unwrap(), 2);
        for tokens in [&first, &second] {
            assert!(bearer(&*fixture.store, now(), false, tokens.access.as_str()).is_err());
        }
        assert!(bearer(&*fixture.store, now(), false, own.access.as_str()).is_ok());
        assert_eq!(
            (apps(&fixture, "parent", "child").len(), apps(&fixture, "parent", "adult").len()),
            (0, 1)
        );
    }

    #[test]
    fn a_connection_lasts_as_long_as_its_last_token_and_is_then_forgotten() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        let day = |days: i64| until(now(), SignedDuration::from_hours(24 * days));
        let known = |at| of(&*fixture.store, at, "adult", &subject("adult")).unwrap().len();
        assert_eq!((known(day(89)), known(day(90))), (1, 0));
        let refresh = (tokens.refresh.as_deref().unwrap(), None);
        let client = fixture.client("app");
        token::refresh(&*fixture.store, day(10), false, &client, refresh, &crate::fixture::NOTHING).unwrap();
        assert_eq!((known(day(99)), known(day(100))), (1, 0), "it came back");
        let code = fixture.code_for("patient/*.rs", "adult", "adult");
        fixture.redeem(&code).unwrap();
        assert_eq!(fixture.store.connections("adult").unwrap().len(), 2);
        let late = store::TokenRecord { signed_in: None, ..record(&fixture) };
        note(&*fixture.store, day(200), &late, day(201)).unwrap();
        assert_eq!(fixture.store.connections("adult").unwrap().len(), 1, "what is over goes");
    }

    fn record(fixture: &Fixture) -> TokenRecord {
        TokenRecord {
            kind: store::TokenKind::Access,
            client_id: "app".into(),
            account: "adult".into(),
            subject: subject("adult"),
            scope: String::new(),
            expires: now(),
            family: fixture.tokens("adult", "adult").access,
            signed_in: None,
            used: false,
            bound: None,
        }
    }
}
