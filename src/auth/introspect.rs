//! What a token is good for now (RFC 7662), for the confidential app that it was given to.

use jiff::Timestamp;
use store::{Store, TokenKind};

use crate::{
    AuthError, Client, Failure, Scopes, bearer, entitled, secret::Purpose, sign_in, token::TokenError,
};

/// What a good token opens.
#[derive(Clone, PartialEq, Eq)]
pub struct Introspected {
    /// What it was granted, as far as the app may still have it.
    pub scopes: Scopes,
    /// The app.
    pub client_id: String,
    /// The logical id of the patient in context.
    pub patient: String,
    /// It is no longer good from then on.
    pub expires: Timestamp,
    /// It opens data; otherwise it gets the next token.
    pub is_access: bool,
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
    let session = bearer(store, now, sandbox, token)?;
    let patient = sign_in::logical_id(store, &session.subject)?.ok_or(AuthError::NotEntitled)?;
    let (scopes, client_id, expires) = (session.scopes, session.client_id, session.expires);
    Ok(Introspected { scopes, client_id, patient, expires, is_access: true })
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
    let (client_id, account, subject) = (record.client_id, record.account, record.subject);
    let (scopes, _) = entitled(store, sandbox, &client_id, &account, &subject, &record.scope)?;
    let patient = sign_in::logical_id(store, &subject)?.ok_or(AuthError::NotEntitled)?;
    Ok(Introspected { scopes, client_id, patient, expires: record.expires, is_access: false })
}
