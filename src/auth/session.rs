//! What an access token opens, judged anew on every request: the token, the sign-in, the app and the person.

use std::fmt;

use jiff::Timestamp;
use store::{App, Bound, Store, StoreError, Subject, TokenKind};

use crate::{
    Scopes, app,
    binding::Shown,
    secret::Purpose,
    sign_in::{self, Role},
};

/// Who looks at whose record, with which app, for how long.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The app.
    pub client_id: String,
    /// Who signed in.
    pub account: String,
    /// Whose record is open.
    pub subject: Subject,
    /// The person acts for the patient; it is their grant that counts.
    pub actor_is_proxy: bool,
    /// What the app may do.
    pub scopes: Scopes,
    /// How many requests a minute the app may make.
    pub per_minute: Option<u32>,
    /// The sign-in.
    pub family: String,
    /// The access token is no longer good from then on.
    pub expires: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

/// A token as it came with a request.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// What came beside it.
    pub shown: Shown<'a>,
}

impl<'a> From<&'a str> for Presented<'a> {
    /// A token alone.
    fn from(token: &'a str) -> Self {
        Self { token, shown: Shown::default() }
    }
}

/// Why a token opens nothing. An app need not learn which, except for a failure.
#[derive(Debug)]
pub enum AuthError {
    /// Not an access token of this server.
    Unknown,
    /// Its time is over.
    Expired,
    /// The sign-in was revoked.
    Revoked,
    /// It is bound to something that did not come with it, or is not bound to what did.
    Unbound,
    /// The app may not be used, or not any longer, or not for patients of this practice.
    AppNotServed,
    /// The person may not open the record, or not any longer.
    NotEntitled,
    /// This server could not tell.
    Store(StoreError),
}

impl AuthError {
    /// A stable code for audit and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "token-unknown",
            Self::Expired => "token-expired",
            Self::Revoked => "token-revoked",
            Self::Unbound => "token-unbound",
            Self::AppNotServed => "app-not-served",
            Self::NotEntitled => "not-entitled",
            Self::Store(_) => "store-failed",
        }
    }
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an access token opens now, for whoever sent it. Its scopes are those that the app may still have.
///
/// # Errors
/// [`AuthError`].
pub fn bearer<'a>(
    store: &dyn Store,
    now: Timestamp,
    sandbox: bool,
    presented: impl Into<Presented<'a>>,
) -> Result<Session, AuthError> {
    let Presented { token, shown } = presented.into();
    let (session, bound) = opened(store, now, sandbox, token)?;
    if shown.fits(bound.as_ref()) { Ok(session) } else { Err(AuthError::Unbound) }
}

/// What an access token opens now for whoever can prove what it is bound to.
pub(crate) fn opened(
    store: &dyn Store,
    now: Timestamp,
    sandbox: bool,
    token: &str,
) -> Result<(Session, Option<Bound>), AuthError> {
    let hash = Purpose::Access.hash(token).ok_or(AuthError::Unknown)?;
    let record =
        store.token(&hash)?.filter(|record| record.kind == TokenKind::Access).ok_or(AuthError::Unknown)?;
    if now >= record.expires {
        return Err(AuthError::Expired);
    }
    if store.is_revoked(&record.family)? {
        return Err(AuthError::Revoked);
    }
    let (app, role) = serves(store, sandbox, &record.client_id, &record.account, &record.subject)?;
    let scopes = Scopes::grant(&record.scope, &app.scopes).map_err(|_| AuthError::Unknown)?;
    let session = Session {
        client_id: record.client_id,
        account: record.account,
        subject: record.subject,
        actor_is_proxy: role == Role::Proxy,
        scopes,
        per_minute: app.per_minute,
        family: record.family,
        expires: record.expires,
    };
    Ok((session, record.bound))
}

/// What an app may do with these scopes for a person in a record, and in which role the person is there: what any token
/// of theirs opens now.
///
/// # Errors
/// [`AuthError::AppNotServed`], [`AuthError::NotEntitled`], or a failure.
pub fn entitled(
    store: &dyn Store,
    sandbox: bool,
    client_id: &str,
    account: &str,
    subject: &Subject,
    scope: &str,
) -> Result<(Scopes, Role), AuthError> {
    let (app, role) = serves(store, sandbox, client_id, account, subject)?;
    let scopes = Scopes::grant(scope, &app.scopes).map_err(|_| AuthError::Unknown)?;
    Ok((scopes, role))
}

/// The app, if it serves a person in a record, and in which role the person is there.
fn serves(
    store: &dyn Store,
    sandbox: bool,
    client_id: &str,
    account: &str,
    subject: &Subject,
) -> Result<(App, Role), AuthError> {
    let app = app::serving(store, client_id, sandbox)?.ok_or(AuthError::AppNotServed)?;
    let account = store.account(account)?.ok_or(AuthError::NotEntitled)?;
    let role = sign_in::role(&account, subject).ok_or(AuthError::NotEntitled)?;
    if !app::reaches(store, &app, &subject.practice)? {
        return Err(AuthError::AppNotServed);
    }
    Ok((app, role))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use store::AppStatus;

    use super::*;
    use crate::{
        fixture::{Fixture, now, subject},
        token::until,
    };

    fn open(fixture: &Fixture, token: &str) -> Result<Session, &'static str> {
        bearer(&*fixture.store, now(), false, token).map_err(|error| error.code())
    }

    #[test]
    fn an_app_that_is_stopped_loses_access_at_once_and_one_on_trial_has_it_in_the_sandbox_only() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").access;
        for status in [AppStatus::Proposed, AppStatus::Suspended, AppStatus::Retired, AppStatus::Sandbox] {
            fixture.set_status(status);
            assert_eq!(open(&fixture, &token), Err("app-not-served"));
            assert_eq!(
                bearer(&*fixture.store, now(), true, token.as_str()).is_ok(),
                status == AppStatus::Sandbox
            );
        }
        fixture.set_status(AppStatus::Approved);
        assert!(open(&fixture, &token).is_ok());
    }

    #[test]
    fn a_token_ends_with_its_hour() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").access;
        let at = |seconds| {
            bearer(&*fixture.store, until(now(), SignedDuration::from_secs(seconds)), false, token.as_str())
        };
        assert!(at(3599).is_ok());
        assert!(matches!(at(3600), Err(AuthError::Expired)));
    }

    #[test]
    fn only_an_access_token_opens_data() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        let code = fixture.code("adult", "adult");
        let refresh = tokens.refresh.unwrap();
        let renamed = refresh.replace("rgr_", "rga_");
        for text in
            ["", "rga_", &code, &refresh, &renamed, &tokens.access[1..], &tokens.access.to_uppercase()]
        {
            assert_eq!(open(&fixture, text), Err("token-unknown"));
        }
    }

    #[test]
    fn the_persons_own_record_is_opened_as_their_own_and_anothers_only_while_they_act_for_them() {
        let fixture = Fixture::new();
        let own = fixture.tokens("parent", "adult").access;
        let childs = fixture.tokens("parent", "child").access;
        assert!(!open(&fixture, &own).unwrap().actor_is_proxy);
        let session = open(&fixture, &childs).unwrap();
        assert_eq!((session.actor_is_proxy, session.subject.clone()), (true, subject("child")));
        assert_eq!(format!("{session:?}"), "Session(..)");
        let mut parent = fixture.store.account("parent").unwrap().unwrap();
        parent.acts_for.clear();
        fixture.store.set_account(&parent).unwrap();
        assert!(open(&fixture, &own).is_ok());
        assert_eq!(open(&fixture, &childs), Err("not-entitled"));
    }

    #[test]
    fn scopes_that_were_taken_from_the_app_are_gone_from_its_tokens() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").access;
        let mut app = fixture.store.app("app").unwrap().unwrap();
        app.scopes = vec!["patient/Patient.r".to_owned()];
        fixture.store.set_app(&app).unwrap();
        assert_eq!(open(&fixture, &token).unwrap().scopes.to_string(), "patient/Patient.r");
    }

    #[test]
    fn a_practice_that_blocks_an_app_ends_its_access_to_its_patients_at_once() {
        use store::{Change, Decisions};
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        let code = fixture.code("adult", "adult");
        let practice = subject("adult").practice;
        let decide = |blocked| {
            let change = Change::App { client_id: "app".to_owned(), blocked };
            let decided = policy::Decided { by: "A".to_owned(), at: now(), why: "w".to_owned() };
            fixture.store.decide(&practice, &change, &decided).unwrap();
        };
        decide(true);
        assert_eq!(open(&fixture, &tokens.access), Err("app-not-served"));
        let refreshed = |token: &str| {
            crate::token::refresh(
                &*fixture.store,
                now(),
                false,
                &fixture.client("app"),
                (token, None),
                &crate::fixture::NOTHING,
            )
        };
        let refresh = tokens.refresh.unwrap();
        assert!(refreshed(&refresh).is_err());
        assert!(fixture.redeem(&code).is_err());
        let (app, adult) =
            (fixture.store.app("app").unwrap().unwrap(), fixture.store.account("adult").unwrap().unwrap());
        assert_eq!(sign_in::choices(&*fixture.store, &app, &adult).unwrap(), []);
        decide(false);
        assert!(open(&fixture, &tokens.access).is_ok() && refreshed(&refresh).is_ok());
    }

    #[test]
    fn an_app_that_is_registered_for_some_practices_serves_no_others() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").access;
        for (practices, opens) in [(["Y99999"], true), (["Y99998"], false)] {
            let app = fixture.store.app("app").unwrap().unwrap();
            let practices = Some(practices.map(|practice| practice.parse().unwrap()).into());
            fixture.store.set_app(&store::App { practices, ..app }).unwrap();
            assert_eq!(open(&fixture, &token).is_ok(), opens);
        }
    }
}
