//! Authorization codes: issued when a person approves, good for a minute, for one attempt, for the app that asked,
//! and only together with the secret behind its challenge.

use jiff::{SignedDuration, Timestamp};
use store::{Account, Bound, Store, Subject, TokenKind, TokenRecord};

use crate::{
    Client, Failure, Scopes, app,
    authorize::Authorization,
    binding::{self, Shown},
    identity::{InContext, SignedIn},
    secret::{self, Purpose},
    sign_in,
    token::{self, TokenError, Tokens, until},
};

/// How long a code is good (SMART 2.2: about a minute).
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// Why no code was issued.
#[derive(Debug)]
pub enum NoCode {
    /// The person may not open this record.
    NotEntitled,
    /// Not their fault.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for NoCode {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Issues a code for what a person approved.
///
/// # Errors
/// If the record is not theirs to open, or no code could be made durable.
pub fn issue(
    store: &dyn Store,
    now: Timestamp,
    approved: &Authorization,
    account: &Account,
    subject: &Subject,
) -> Result<String, NoCode> {
    sign_in::role(account, subject).ok_or(NoCode::NotEntitled)?;
    if !app::reaches(store, &approved.app, &subject.practice)? {
        return Err(NoCode::NotEntitled);
    }
    let record = TokenRecord {
        kind: TokenKind::Code {
            redirect_uri: approved.redirect_uri.clone(),
            challenge: approved.challenge.clone(),
            nonce: approved.nonce.clone(),
        },
        client_id: approved.app.client_id.clone(),
        account: account.id.clone(),
        subject: subject.clone(),
        scope: approved.scopes.to_string(),
        expires: until(now, LIFETIME),
        family: secret::family()?,
        signed_in: Some(now),
        used: false,
        bound: approved.key.clone().map(Bound::Key),
    };
    Ok(token::keep(store, Purpose::Code, &record)?)
}

/// What an app sends to redeem a code.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// Whose code it is.
    pub client: &'a Client,
    /// `code`
    pub code: &'a str,
    /// `redirect_uri`: the one of the authorization request again.
    pub redirect_uri: &'a str,
    /// `code_verifier`
    pub verifier: &'a str,
    /// What came with the request beside it.
    pub shown: Shown<'a>,
}

/// Redeems a code. It is spent by the attempt, whatever comes of it; a second attempt means that somebody else has it
/// too, and takes back what the first one got (RFC 6749 §4.1.2).
///
/// # Errors
/// [`TokenError`].
pub fn redeem(
    store: &dyn Store,
    now: Timestamp,
    sandbox: bool,
    exchange: &Exchange<'_>,
) -> Result<Tokens, TokenError> {
    let app = exchange.client.serving(sandbox).ok_or(TokenError::InvalidClient)?;
    let hash = Purpose::Code.hash(exchange.code).ok_or(UNKNOWN)?;
    let record = store.take_token(&hash)?.ok_or(UNKNOWN)?;
    if record.used {
        store.revoke_family(&record.family)?;
        return Err(TokenError::InvalidGrant("the code was used before; its tokens are revoked"));
    }
    fits(&record, now, exchange)?;
    let scopes = Scopes::grant(&record.scope, &app.scopes)?;
    let context = token::still_entitled(store, app, &record)?;
    let patient = context.patient.clone();
    let signed_in = scopes.identifies().then(|| signed_in(&record, &scopes, context));
    let bound = binding::of_first(app, record.bound.as_ref(), &exchange.shown)?;
    let tokens = token::issue(store, now, &TokenRecord { bound, ..record }, scopes, patient)?;
    Ok(Tokens { signed_in, ..tokens })
}

/// Who signed in, for the app that redeems the code. A refresh tells it no second time.
fn signed_in(record: &TokenRecord, scopes: &Scopes, context: InContext) -> SignedIn {
    let nonce = match &record.kind {
        TokenKind::Code { nonce, .. } => nonce.clone(),
        TokenKind::Access | TokenKind::Refresh => None,
    };
    SignedIn {
        client_id: record.client_id.clone(),
        account: record.account.clone(),
        at: record.signed_in.unwrap_or(record.expires),
        nonce,
        context: scopes.tells_fhir_user().then_some(context),
    }
}

const UNKNOWN: TokenError = TokenError::InvalidGrant("the code is unknown");

fn fits(record: &TokenRecord, now: Timestamp, exchange: &Exchange<'_>) -> Result<(), TokenError> {
    let TokenKind::Code { redirect_uri, challenge, .. } = &record.kind else { return Err(UNKNOWN) };
    if record.client_id != exchange.client.id() {
        return Err(UNKNOWN);
    }
    if now >= record.expires {
        return Err(TokenError::InvalidGrant("the code has expired: it is good for 60 seconds"));
    }
    if redirect_uri != exchange.redirect_uri {
        return Err(TokenError::InvalidGrant("redirect_uri is not the one of the authorization request"));
    }
    if !secret::verifies(exchange.verifier, challenge) {
        return Err(TokenError::InvalidGrant("code_verifier does not fit the code_challenge"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::AppStatus;

    use super::*;
    use crate::{
        AuthError, bearer,
        fixture::{Fixture, VERIFIER, now, subject},
    };

    fn grant_error(result: Result<Tokens, TokenError>) -> &'static str {
        match result {
            Err(TokenError::InvalidGrant(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_code_opens_the_record_of_the_patient_who_was_chosen() {
        let fixture = Fixture::new();
        let code = fixture.code("parent", "child");
        let tokens = fixture.redeem(&code).unwrap();
        assert_eq!((tokens.patient.as_str(), tokens.expires_in), ("id-child", 3600));
        assert_eq!(tokens.scopes.to_string(), "launch/patient patient/*.rs offline_access");
        assert!(tokens.refresh.is_some());
        let session = bearer(&*fixture.store, now(), false, tokens.access.as_str()).unwrap();
        assert_eq!(session.subject, subject("child"));
        assert!(session.actor_is_proxy);
    }

    #[test]
    fn nobody_gets_a_code_for_a_record_that_is_not_theirs_to_open() {
        let fixture = Fixture::new();
        let account = fixture.store.account("adult").unwrap().unwrap();
        let refused = issue(&*fixture.store, now(), &fixture.approved(), &account, &subject("child"));
        assert!(matches!(refused, Err(NoCode::NotEntitled)));
    }

    #[test]
    fn a_code_used_twice_takes_back_what_it_gave() {
        let fixture = Fixture::new();
        let code = fixture.code("adult", "adult");
        let tokens = fixture.redeem(&code).unwrap();
        assert!(bearer(&*fixture.store, now(), false, tokens.access.as_str()).is_ok());
        assert!(grant_error(fixture.redeem(&code)).contains("used before"));
        assert!(matches!(
            bearer(&*fixture.store, now(), false, tokens.access.as_str()),
            Err(AuthError::Revoked)
        ));
        let refreshed = token::refresh(
            &*fixture.store,
            now(),
            false,
            &fixture.client("app"),
            (&tokens.refresh.unwrap(), None),
            &crate::fixture::NOTHING,
        );
        assert!(grant_error(refreshed).contains("revoked"));
    }

    #[test]
    fn a_code_is_bound_to_app_redirect_uri_and_verifier_and_spent_by_the_attempt() {
        let fixture = Fixture::new();
        let [own, other] = ["app", "other"].map(|id| &*Box::leak(Box::new(fixture.client(id))));
        let good = |code| Exchange {
            client: own,
            code,
            redirect_uri: crate::fixture::CALLBACK,
            verifier: VERIFIER,
            shown: crate::fixture::NOTHING,
        };
        let wrongs: [&dyn Fn(Exchange<'static>) -> Exchange<'static>; 5] = [
            &|e| Exchange { client: other, ..e },
            &|e| Exchange { redirect_uri: "https://app.example/callback/", ..e },
            &|e| Exchange { verifier: "", ..e },
            &|e| Exchange { verifier: crate::fixture::CHALLENGE, ..e },
            &|e| Exchange { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", ..e },
        ];
        for wrong in wrongs {
            let code: &'static str = fixture.code("adult", "adult").leak();
            let refused = redeem(&*fixture.store, now(), false, &wrong(good(code)));
            assert!(!grant_error(refused).contains("used before"));
            assert!(grant_error(fixture.redeem(code)).contains("used before"));
        }
    }

    #[test]
    fn a_code_is_good_until_just_before_its_minute_is_over() {
        let fixture = Fixture::new();
        let at = |seconds| until(now(), SignedDuration::from_secs(seconds));
        let code = fixture.code("adult", "adult");
        let client = fixture.client("app");
        let exchange = fixture.exchange(&client, &code);
        assert!(redeem(&*fixture.store, at(59), false, &exchange).is_ok());
        let code = fixture.code("adult", "adult");
        let client = fixture.client("app");
        let exchange = fixture.exchange(&client, &code);
        assert!(grant_error(redeem(&*fixture.store, at(60), false, &exchange)).contains("expired"));
    }

    #[test]
    fn other_kinds_of_token_are_not_codes() {
        let fixture = Fixture::new();
        let tokens = fixture.tokens("adult", "adult");
        for text in ["", "rgc_", "x", &tokens.access, tokens.refresh.as_ref().unwrap(), &"é".repeat(47)] {
            assert!(grant_error(fixture.redeem(text)).contains("unknown"));
        }
        assert!(
            bearer(&*fixture.store, now(), false, tokens.access.as_str()).is_ok(),
            "trying does not revoke"
        );
    }

    #[test]
    fn an_app_that_was_stopped_after_the_person_approved_gets_nothing() {
        let fixture = Fixture::new();
        let code = fixture.code("adult", "adult");
        fixture.set_status(AppStatus::Suspended);
        assert!(matches!(fixture.redeem(&code), Err(TokenError::InvalidClient)));
    }

    #[test]
    fn of_eight_that_redeem_a_code_at_once_exactly_one_gets_tokens() {
        let fixture = Fixture::new();
        let code = fixture.code("adult", "adult");
        let won = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| fixture.redeem(&code).ok())).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let [tokens] = won.as_slice() else { panic!("{} got tokens", won.len()) };
        // Seven others had the code too: nobody knows which was the app.
        assert!(matches!(
            bearer(&*fixture.store, now(), false, tokens.access.as_str()),
            Err(AuthError::Revoked)
        ));
    }
}
