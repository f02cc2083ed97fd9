//! Access and refresh tokens: issued in pairs, refreshed once each, revoked by the sign-in that they came from.
//!
//! There is no grace for a refresh token that comes twice: of two callers one has it unlawfully, and an app that lost
//! an answer signs in again (RFC 9700 §4.14.2).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use store::{App, Bound, Store, StoreError, TokenKind, TokenRecord};

use crate::{
    Client, Failure, ScopeError, Scopes, app,
    binding::{self, Shown},
    connections,
    identity::{IdentityKeys, InContext, SignedIn},
    secret::{self, Purpose},
    sign_in,
};

/// How long an access token is good (SMART 2.2: an hour at most).
pub const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_secs(3600);
/// How long a refresh token is good if it is not used.
pub const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The same for `online_access`: the person is taken to be there as long as the app asks again within this time…
pub const ONLINE_LIFETIME: SignedDuration = SignedDuration::from_hours(2);
/// …and until so long after they signed in.
pub const ONLINE_AT_MOST: SignedDuration = SignedDuration::from_hours(12);

/// What an app gets.
pub struct Tokens {
    /// Opens data.
    pub access: String,
    /// Gets the next tokens.
    pub refresh: Option<String>,
    /// What was granted.
    pub scopes: Scopes,
    /// Seconds for which the access token is good.
    pub expires_in: i64,
    /// The logical id of the patient in context.
    pub patient: String,
    /// Who signed in, if the app is to be told.
    pub signed_in: Option<SignedIn>,
    /// They are bound to a key: their type is `DPoP`, not `Bearer`.
    pub by_key: bool,
}

impl Tokens {
    /// The ID token, if the app is to be told who signed in.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn identity(
        &self,
        keys: &IdentityKeys,
        issuer: &str,
        fhir_base: &str,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        let token = self.signed_in.as_ref().map(|who| keys.token(issuer, fhir_base, who, now));
        Ok(token.transpose()?)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

/// Why an app gets no tokens (RFC 6749 §5.2).
#[derive(Debug)]
pub enum TokenError {
    /// The app is unknown, or may not be used here.
    InvalidClient,
    /// The code or token is no good, for this reason.
    InvalidGrant(&'static str),
    /// The request lacks what the tokens are to be bound to.
    Unbound(&'static str),
    /// The scope is malformed, or wider than what was granted.
    InvalidScope(&'static str),
    /// Not the app's fault.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for TokenError {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<ScopeError> for TokenError {
    fn from(error: ScopeError) -> Self {
        Self::InvalidScope(match error {
            ScopeError::Malformed => "scope is malformed",
            ScopeError::Wider => "scope asks for more than was granted",
        })
    }
}

/// Gets the next tokens for a refresh token, with the same scopes or fewer.
///
/// # Errors
/// [`TokenError`]. A scope that is too wide does not spend the token.
pub fn refresh(
    store: &dyn Store,
    now: Timestamp,
    sandbox: bool,
    client: &Client,
    (token, scope): (&str, Option<&str>),
    shown: &Shown<'_>,
) -> Result<Tokens, TokenError> {
    let app = client.serving(sandbox).ok_or(TokenError::InvalidClient)?;
    let hash = Purpose::Refresh.hash(token).ok_or(UNKNOWN)?;
    let record = store.token(&hash)?.filter(|record| record.kind == TokenKind::Refresh).ok_or(UNKNOWN)?;
    if record.client_id != app.client_id {
        return Err(UNKNOWN);
    }
    if record.used {
        return Err(reused(store, &record)?);
    }
    if now >= record.expires {
        return Err(TokenError::InvalidGrant("the refresh token has expired"));
    }
    let held = Scopes::grant(&record.scope, &app.scopes)?;
    if !held.offline() && !held.online() {
        return Err(TokenError::InvalidGrant("the app may no longer come back by itself"));
    }
    let scopes = scope.map_or(Ok(held.clone()), |asked| held.narrow(asked))?;
    let bound = binding::of_next(client, app, record.bound.as_ref(), shown)?;
    let patient = still_entitled(store, app, &record)?.patient;
    let taken = store.take_token(&hash)?.ok_or(UNKNOWN)?;
    if taken.used {
        return Err(reused(store, &record)?);
    }
    issue(store, now, &TokenRecord { bound, ..record }, scopes, patient)
}

/// The app that a refresh token was given to. SMART's own JavaScript client refreshes without naming itself; RFC 6749
/// §6 asks a public client for nothing but the token, which is bound to its app.
///
/// # Errors
/// If the store cannot be read.
pub fn app_of(store: &dyn Store, refresh_token: &str) -> Result<Option<String>, StoreError> {
    let Some(hash) = Purpose::Refresh.hash(refresh_token) else { return Ok(None) };
    Ok(store.token(&hash)?.filter(|record| record.kind == TokenKind::Refresh).map(|record| record.client_id))
}

/// Revokes the sign-in that a code or token came from (RFC 7009). A token that is unknown is no error: it opens
/// nothing. An app that has been stopped can still revoke.
///
/// # Errors
/// If the token is another app's.
pub fn revoke(store: &dyn Store, client: &Client, token: &str) -> Result<(), TokenError> {
    let Some(hash) =
        [Purpose::Access, Purpose::Refresh, Purpose::Code].iter().find_map(|purpose| purpose.hash(token))
    else {
        return Ok(());
    };
    match store.token(&hash)? {
        None => Ok(()),
        Some(record) if record.client_id == client.id() => Ok(store.revoke_family(&record.family)?),
        Some(_) => Err(TokenError::InvalidGrant("the token was issued to another app")),
    }
}

const UNKNOWN: TokenError = TokenError::InvalidGrant("the refresh token is unknown");

fn reused(store: &dyn Store, record: &TokenRecord) -> Result<TokenError, StoreError> {
    store.revoke_family(&record.family)?;
    Ok(TokenError::InvalidGrant("the refresh token was used before; its tokens are revoked"))
}

/// The record and the person's role in it, if the sign-in stands and they may still open it.
pub(crate) fn still_entitled(
    store: &dyn Store,
    app: &App,
    record: &TokenRecord,
) -> Result<InContext, TokenError> {
    if store.is_revoked(&record.family)? {
        return Err(TokenError::InvalidGrant("access was revoked"));
    }
    if !app::reaches(store, app, &record.subject.practice)? {
        return Err(TokenError::InvalidGrant("the record is no longer open to this app"));
    }
    let account = store.account(&record.account)?;
    let role = account.and_then(|account| sign_in::role(&account, &record.subject));
    let patient = sign_in::logical_id(store, &record.subject)?;
    let context = role.zip(patient).map(|(role, patient)| InContext { patient, role });
    context.ok_or(TokenError::InvalidGrant("the record is no longer open to this person"))
}

/// Issues an access token, and a refresh token if the sign-in was granted one. The refresh token keeps the scopes of
/// the sign-in even where this access token has fewer (RFC 6749 §6).
pub(crate) fn issue(
    store: &dyn Store,
    now: Timestamp,
    from: &TokenRecord,
    scopes: Scopes,
    patient: String,
) -> Result<Tokens, TokenError> {
    let next = |kind, scope, lifetime| TokenRecord {
        kind,
        scope,
        expires: until(now, lifetime),
        used: false,
        ..from.clone()
    };
    let access = next(TokenKind::Access, scopes.to_string(), ACCESS_LIFETIME);
    let access = keep(store, Purpose::Access, &access)?;
    let refresh = match comes_back_until(now, from)? {
        Some(expires) if expires > now => {
            let refresh = next(TokenKind::Refresh, from.scope.clone(), REFRESH_LIFETIME);
            Some((keep(store, Purpose::Refresh, &TokenRecord { expires, ..refresh })?, expires))
        }
        Some(_) | None => None,
    };
    let until = until(now, ACCESS_LIFETIME).max(refresh.as_ref().map_or(now, |(_, expires)| *expires));
    connections::note(store, now, from, until)?;
    let refresh = refresh.map(|(token, _)| token);
    let by_key = matches!(from.bound, Some(Bound::Key(_)));
    let expires_in = ACCESS_LIFETIME.as_secs();
    Ok(Tokens { access, refresh, scopes, expires_in, patient, signed_in: None, by_key })
}

/// Until when the app may come back by itself, if it may at all.
fn comes_back_until(now: Timestamp, from: &TokenRecord) -> Result<Option<Timestamp>, ScopeError> {
    let granted = Scopes::grant(&from.scope, &["offline_access", "online_access"].map(str::to_owned))?;
    Ok(if granted.offline() {
        Some(until(now, REFRESH_LIFETIME))
    } else if granted.online() {
        let last = until(from.signed_in.unwrap_or(now), ONLINE_AT_MOST);
        Some(until(now, ONLINE_LIFETIME).min(last))
    } else {
        None
    })
}

/// Draws a secret and keeps what it opens.
pub(crate) fn keep(store: &dyn Store, purpose: Purpose, record: &TokenRecord) -> Result<String, Failure> {
    let secret = purpose.draw()?;
    let hash = purpose.hash(&secret).ok_or(secret::NoRandomness)?;
    store.set_token(&hash, record)?;
    Ok(secret)
}

/// The end of a lifetime; where time itself ends, at once.
pub(crate) fn until(now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    now.checked_add(lifetime).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use store::AppStatus;

    use super::*;
    use crate::{
        AuthError, bearer,
        fixture::{Fixture, NOTHING, now},
    };

    fn refreshed(fixture: &Fixture, token: &str, scope: Option<&str>) -> Result<Tokens, TokenError> {
        refresh(&*fixture.store, now(), false, &fixture.client("app"), (token, scope), &NOTHING)
    }

    #[test]
    fn a_refresh_token_works_once_and_its_second_use_revokes_everything() {
        let fixture = Fixture::new();
        let first = fixture.tokens("adult", "adult");
        let old = first.refresh.unwrap();
        let second = refreshed(&fixture, &old, None).unwrap();
        assert!(bearer(&*fixture.store, now(), false, second.access.as_str()).is_ok());
        assert!(matches!(refreshed(&fixture, &old, None), Err(TokenError::InvalidGrant(_))));
        for access in [&first.access, &second.access] {
            assert!(matches!(
                bearer(&*fixture.store, now(), false, access.as_str()),
                Err(AuthError::Revoked)
            ));
        }
        let newest = second.refresh.unwrap();
        assert!(matches!(
            refreshed(&fixture, &newest, None),
            Err(TokenError::InvalidGrant("access was revoked"))
        ));
    }

    #[test]
    fn of_eight_that_refresh_at_once_exactly_one_gets_tokens_and_they_are_revoked() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").refresh.unwrap();
        let won = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| refreshed(&fixture, &token, None).ok())).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let [tokens] = won.as_slice() else { panic!("{} got tokens", won.len()) };
        assert!(matches!(
            bearer(&*fixture.store, now(), false, tokens.access.as_str()),
            Err(AuthError::Revoked)
        ));
    }

    #[test]
    fn a_refresh_may_narrow_and_the_next_one_has_the_whole_again_but_never_more() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").refresh.unwrap();
        for wider in ["patient/*.cruds", "patient/*.rs openid", "user/*.rs", "launch/patient system/*.rs"] {
            assert!(
                matches!(refreshed(&fixture, &token, Some(wider)), Err(TokenError::InvalidScope(_))),
                "{wider}"
            );
        }
        let narrow = refreshed(&fixture, &token, Some("patient/Observation.s")).unwrap();
        assert_eq!(narrow.scopes.to_string(), "patient/Observation.s");
        let session = bearer(&*fixture.store, now(), false, narrow.access.as_str()).unwrap();
        assert_eq!(session.scopes.to_string(), "patient/Observation.s");
        let whole = refreshed(&fixture, &narrow.refresh.unwrap(), None).unwrap();
        assert_eq!(whole.scopes.to_string(), "launch/patient patient/*.rs offline_access");
    }

    #[test]
    fn without_offline_access_there_is_no_refresh_token() {
        let fixture = Fixture::new();
        let code = fixture.code_for("launch/patient patient/*.read", "adult", "adult");
        let tokens = fixture.redeem(&code).unwrap();
        assert!(tokens.refresh.is_none());
        assert_eq!(tokens.scopes.to_string(), "launch/patient patient/*.read");
    }

    #[test]
    fn with_online_access_an_app_comes_back_for_two_hours_and_for_half_a_day_in_all() {
        let fixture = Fixture::new();
        let mut app = fixture.store.app("app").unwrap().unwrap();
        app.scopes.push("online_access".to_owned());
        fixture.store.set_app(&app).unwrap();
        let code = fixture.code_for("launch/patient patient/*.rs online_access", "adult", "adult");
        let tokens = fixture.redeem(&code).unwrap();
        assert_eq!(tokens.scopes.to_string(), "launch/patient patient/*.rs online_access");
        let at = |hours: i64, minutes: i64| until(now(), SignedDuration::from_mins(hours * 60 + minutes));
        let client = fixture.client("app");
        let ask = |now, token: &str| refresh(&*fixture.store, now, false, &client, (token, None), &NOTHING);
        let first = tokens.refresh.unwrap();
        assert!(matches!(
            ask(at(2, 0), &first),
            Err(TokenError::InvalidGrant("the refresh token has expired"))
        ));
        let mut token = ask(at(1, 59), &first).unwrap().refresh.unwrap();
        for (hours, minutes) in [(3, 30), (5, 20), (7, 10), (9, 0), (10, 50)] {
            token = ask(at(hours, minutes), &token).unwrap().refresh.unwrap();
        }
        assert!(ask(at(12, 0), &token).is_err());
        let both =
            fixture.redeem(&fixture.code_for("patient/*.rs online_access offline_access", "adult", "adult"));
        assert!(ask(at(48, 0), &both.unwrap().refresh.unwrap()).is_ok(), "offline is more");
    }

    #[test]
    fn a_refresh_token_is_its_apps_own_and_ends_after_ninety_days() {
        let fixture = Fixture::new();
        let token = fixture.tokens("adult", "adult").refresh.unwrap();
        let other =
            refresh(&*fixture.store, now(), false, &fixture.client("other"), (&token, None), &NOTHING);
        assert!(matches!(other, Err(TokenError::InvalidGrant("the refresh token is unknown"))));
        let late = until(now(), REFRESH_LIFETIME);
        let late = refresh(&*fixture.store, late, false, &fixture.client("app"), (&token, None), &NOTHING);
        assert!(matches!(late, Err(TokenError::InvalidGrant("the refresh token has expired"))));
        fixture.set_status(AppStatus::Suspended);
        assert!(matches!(refreshed(&fixture, &token, None), Err(TokenError::InvalidClient)));
        fixture.set_status(AppStatus::Approved);
        assert!(refreshed(&fixture, &token, None).is_ok(), "none of this spent it");
    }

    #[test]
    fn who_may_no_longer_act_for_a_patient_cannot_refresh() {
        let fixture = Fixture::new();
        let token = fixture.tokens("parent", "child").refresh.unwrap();
        let mut parent = fixture.store.account("parent").unwrap().unwrap();
        parent.acts_for.clear();
        fixture.store.set_account(&parent).unwrap();
        assert!(matches!(refreshed(&fixture, &token, None), Err(TokenError::InvalidGrant(_))));
    }

    #[test]
    fn revoking_any_token_ends_the_sign_in_and_only_its_own_app_can() {
        let fixture = Fixture::new();
        for by_refresh in [true, false] {
            let tokens = fixture.tokens("adult", "adult");
            let refresh = tokens.refresh.unwrap();
            let token = if by_refresh { &refresh } else { &tokens.access };
            let revoke = |id: &str, token: &str| revoke(&*fixture.store, &fixture.client(id), token);
            assert!(matches!(revoke("other", token), Err(TokenError::InvalidGrant(_))));
            assert!(bearer(&*fixture.store, now(), false, tokens.access.as_str()).is_ok());
            fixture.set_status(AppStatus::Suspended);
            revoke("app", token).unwrap();
            fixture.set_status(AppStatus::Approved);
            assert!(matches!(
                bearer(&*fixture.store, now(), false, tokens.access.as_str()),
                Err(AuthError::Revoked)
            ));
            assert!(refreshed(&fixture, &refresh, None).is_err());
        }
        for nothing in ["rga_unknown", ""] {
            assert!(revoke(&*fixture.store, &fixture.client("app"), nothing).is_ok());
        }
    }

    #[test]
    fn neither_tokens_nor_errors_print_a_token() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        assert_eq!(format!("{tokens:?}"), "Tokens(..)");
        let error = refreshed(&fixture, &tokens.access, None).unwrap_err();
        assert!(!format!("{error:?}").contains(&tokens.access[4..]));
    }
}
