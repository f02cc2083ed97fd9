//! What a token is good for now (RFC 7662), for the confidential app that it was given to.

use jiff::Timestamp;
use store::{Bound, Store, TokenKind, TokenRecord};

use crate::{
    AuthError, Client, Failure, Scopes, Session, entitled,
    identity::InContext,
    secret::Purpose,
    session::opened,
    sign_in::{self, Role},
    token::TokenError,
};

/// What a good token opens.
#[derive(Clone, PartialEq, Eq)]
pub struct Introspected {
    /// What it was granted, as far as the app may still have it.
    pub scopes: Scopes,
    /// The app.
    pub client_id: String,
    /// Who signed in.
    pub account: String,
    /// The record that it opens, and the person's role there.
    pub context: InContext,
    /// It is no longer good from then on.
    pub expires: Timestamp,
    /// It opens data; otherwise it gets the next token.
    pub is_access: bool,
    /// What it is bound to.
    pub bound: Option<Bound>,
}

impl Introspected {
    /// What says which resource the person is, if the app was told that.
    #[must_use]
    pub fn tells_user(&self) -> Option<&InContext> {
        self.scopes.tells_fhir_user().then_some(&self.context)
    }
}

impl std::fmt::Debug for Introspected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Introspected(..)")
    }
}

/// Judges a token as a request with it would be judged. Of tokens that are no good, of another app or unknown nothing is
/// told, not even which of these they are (RFC 7662 §2.2).
///
/// # Errors
/// If the app has not proved who it is or may not be used here, or this server fails.
pub fn introspect(
    store: &dyn Store,
    now: Timestamp,
    sandbox: bool,
    client: &Client,
    token: &str,
) -> Result<Option<Introspected>, TokenError> {
    if !client.is_confidential() || client.serving(sandbox).is_none() {
        return Err(TokenError::InvalidClient);
    }
    let found = if Purpose::Access.hash(token).is_some() {
        access(store, now, sandbox, token)
    } else {
        refresh(store, now, sandbox, token)
    };
    match found {
        Ok(found) => Ok(Some(found).filter(|found| found.client_id == client.id())),
        Err(AuthError::Store(error)) => Err(TokenError::Failure(Failure::Store(error))),
        Err(_) => Ok(None),
    }
}

fn access(store: &dyn Store, now: Timestamp, sandbox: bool, token: &str) -> Result<Introspected, AuthError> {
    let (session, bound) = opened(store, now, sandbox, token)?;
    let patient = sign_in::logical_id(store, &session.subject)?.ok_or(AuthError::NotEntitled)?;
    let Session { scopes, client_id, account, expires, actor_is_proxy, .. } = session;
    let context = InContext { patient, role: if actor_is_proxy { Role::Proxy } else { Role::Patient } };
    Ok(Introspected { scopes, client_id, account, context, expires, is_access: true, bound })
}

fn refresh(store: &dyn Store, now: Timestamp, sandbox: bool, token: &str) -> Result<Introspected, AuthError> {
    let hash = Purpose::Refresh.hash(token).ok_or(AuthError::Unknown)?;
    let record = store.token(&hash)?.filter(|record| record.kind == TokenKind::Refresh && !record.used);
    let record = record.ok_or(AuthError::Unknown)?;
    if now >= record.expires {
        return Err(AuthError::Expired);
    }
    if store.is_revoked(&record.family)? {
        return Err(AuthError::Revoked);
    }
    let TokenRecord { client_id, account, subject, bound, expires, scope, .. } = record;
    let (scopes, role) = entitled(store, sandbox, &client_id, &account, &subject, &scope)?;
    let patient = sign_in::logical_id(store, &subject)?.ok_or(AuthError::NotEntitled)?;
    let context = InContext { patient, role };
    Ok(Introspected { scopes, client_id, account, context, expires, is_access: false, bound })
}

#[cfg(test)]
mod tests {
    use store::{App, AppKeys, AppStatus};

    use super::*;
    use crate::{
        client::{Credentials, authenticate},
        fixture::{Fixture, NoKeys, P384_ASSERTION, P384_SET, now},
        token::{ACCESS_LIFETIME, until},
    };

    fn confidential(fixture: &Fixture) -> Client {
        let app = fixture.store.app("app").unwrap().unwrap();
        let keys = Some(AppKeys::Inline { jwks: P384_SET.to_owned() });
        fixture.store.set_app(&App { keys, ..app }).unwrap();
        let sent = Credentials {
            client_id: None,
            assertion_type: Some(crate::assertion::TYPE),
            assertion: Some(P384_ASSERTION),
        };
        let audience = ["https://127.0.0.1:8443/oauth/token"];
        authenticate(&*fixture.store, &NoKeys, &audience, (now(), false), &sent).unwrap()
    }

    #[test]
    fn a_good_token_tells_what_it_opens_and_a_bad_one_nothing() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("parent", "child");
        let others = fixture.redeem(&fixture.code("adult", "adult")).unwrap();
        let client = confidential(&fixture);
        let ask = |now, token: &str| introspect(&*fixture.store, now, false, &client, token).unwrap();
        let access = ask(now(), &tokens.access).unwrap();
        assert_eq!(access.scopes.to_string(), "launch/patient patient/*.rs offline_access");
        assert_eq!((access.context.patient.as_str(), access.is_access), ("id-child", true));
        assert_eq!(access.expires, until(now(), ACCESS_LIFETIME));
        let refresh = tokens.refresh.unwrap();
        assert!(!ask(now(), &refresh).unwrap().is_access);
        for text in ["", "rga_", "x", &tokens.access[1..], &refresh.replace("rgr_", "rga_")] {
            assert_eq!(ask(now(), text), None);
        }
        assert_eq!(ask(until(now(), ACCESS_LIFETIME), &tokens.access), None);
        crate::token::revoke(&*fixture.store, &client, &tokens.access).unwrap();
        assert_eq!((ask(now(), &tokens.access), ask(now(), &refresh)), (None, None));
        assert!(ask(now(), &others.access).is_some());
        fixture.set_status(AppStatus::Suspended);
        assert_eq!(ask(now(), &others.access), None, "judged as a request with it would be");
    }

    #[test]
    fn a_public_app_learns_nothing_and_a_confidential_one_nothing_of_others() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        let refused = introspect(&*fixture.store, now(), false, &fixture.client("app"), &tokens.access);
        assert!(matches!(refused, Err(TokenError::InvalidClient)));
        let mut record =
            fixture.store.token(&Purpose::Access.hash(&tokens.access).unwrap()).unwrap().unwrap();
        record.client_id = "other".to_owned();
        fixture.store.set_token(&Purpose::Access.hash(&tokens.access).unwrap(), &record).unwrap();
        let client = confidential(&fixture);
        assert_eq!(introspect(&*fixture.store, now(), false, &client, &tokens.access).unwrap(), None);
    }
}
