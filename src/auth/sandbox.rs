//! A token for a first look: `recordgate sandbox token` gets one without a browser. Only for sandboxes, whose people
//! are synthetic.

use std::fmt;

use jiff::Timestamp;
use store::{Store, TokenKind, TokenRecord};

use crate::{
    Failure, Scopes, app,
    secret::{self, Purpose},
    sign_in,
    token::{self, ACCESS_LIFETIME, until},
};

/// An access token and what it opens.
pub struct SandboxToken {
    /// The token.
    pub token: String,
    /// What was granted.
    pub scopes: Scopes,
    /// The patient's logical id.
    pub patient: String,
    /// It is no longer good from then on.
    pub expires: Timestamp,
}

impl fmt::Debug for SandboxToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SandboxToken(..)")
    }
}

/// Why there is no token.
#[derive(Debug)]
pub enum SandboxError {
    /// No such app, or not one that a sandbox serves.
    App,
    /// No such account.
    Account,
    /// The account has no record that is here.
    NoRecord,
    /// None of the scopes can be granted to the app.
    Scope,
    /// The sandbox failed.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for SandboxError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str("no such app in this sandbox"),
            Self::Account => f.write_str("no such person in this sandbox"),
            Self::NoRecord => f.write_str("this person has no record in this sandbox"),
            Self::Scope => f.write_str("none of these scopes can be granted to the app"),
            Self::Failure(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for SandboxError {}

/// Issues an access token in a sandbox, for the account's own record or, if it has none, the first one that it acts
/// for.
///
/// # Errors
/// [`SandboxError`].
pub fn issue_sandbox_token(
    store: &dyn Store,
    now: Timestamp,
    account: &str,
    scope: &str,
    client: &str,
) -> Result<SandboxToken, SandboxError> {
    let app = app::serving(store, client, true)?.ok_or(SandboxError::App)?;
    let account = store.account(account)?.ok_or(SandboxError::Account)?;
    let choice = sign_in::choices(store, &app, &account)?.into_iter().next().ok_or(SandboxError::NoRecord)?;
    let scopes = Scopes::grant(scope, &app.scopes).map_err(|_| SandboxError::Scope)?.without_identity();
    if scopes.is_empty() {
        return Err(SandboxError::Scope);
    }
    let record = TokenRecord {
        kind: TokenKind::Access,
        client_id: app.client_id,
        account: account.id,
        subject: choice.subject,
        scope: scopes.to_string(),
        expires: until(now, ACCESS_LIFETIME),
        family: secret::family()?,
        signed_in: Some(now),
        used: false,
        bound: None,
    };
    let token = token::keep(store, Purpose::Access, &record)?;
    crate::connections::note(store, now, &record, record.expires)?;
    Ok(SandboxToken { token, scopes, patient: choice.patient, expires: record.expires })
}

#[cfg(test)]
mod tests {
    use store::AppStatus;

    use super::*;
    use crate::{
        bearer,
        fixture::{Fixture, now, subject},
    };

    #[test]
    fn a_sandbox_token_opens_the_persons_record_in_a_sandbox_and_nowhere_else() {
        let fixture = Fixture::new();
        fixture.set_status(AppStatus::Sandbox);
        let got = issue_sandbox_token(&*fixture.store, now(), "parent", "patient/*.rs", "app").unwrap();
        assert_eq!((got.patient.as_str(), got.scopes.to_string().as_str()), ("id-adult", "patient/*.rs"));
        let session = bearer(&*fixture.store, now(), true, got.token.as_str()).unwrap();
        assert_eq!((session.subject, session.actor_is_proxy), (subject("adult"), false));
        assert!(bearer(&*fixture.store, now(), false, got.token.as_str()).is_err());
    }

    #[test]
    fn who_is_unknown_or_has_no_record_gets_no_token() {
        let fixture = Fixture::new();
        let ask = |account, scope, app| issue_sandbox_token(&*fixture.store, now(), account, scope, app);
        assert!(matches!(ask("adult", "patient/*.rs", "nobody"), Err(SandboxError::App)));
        assert!(matches!(ask("nobody", "patient/*.rs", "app"), Err(SandboxError::Account)));
        assert!(matches!(ask("stranger", "patient/*.rs", "app"), Err(SandboxError::NoRecord)));
        assert!(matches!(ask("adult", "user/*.rs", "app"), Err(SandboxError::Scope)));
    }
}
