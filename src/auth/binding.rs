//! What a token is bound to: a key that the app proves to have with each request (DPoP, RFC 9449 §6), or the certificate
//! of its connections (RFC 8705 §3). A token that is bound opens nothing by itself.

use store::{App, Bound, BoundBy};

use crate::{Client, token::TokenError};

/// What came with a request beside its token, proved: thumbprints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// Of the key of a DPoP proof for this request.
    pub key: Option<&'a str>,
    /// Of the client's certificate.
    pub certificate: Option<&'a str>,
}

impl Shown<'_> {
    /// Whether a token that is bound like this may be used. Who proves a key for a token without one believes something
    /// of it that is not so.
    #[must_use]
    pub(crate) fn fits(&self, bound: Option<&Bound>) -> bool {
        match (bound, self.key) {
            (Some(Bound::Key(thumbprint)), shown) => shown == Some(thumbprint),
            (Some(Bound::Certificate(thumbprint)), None) => self.certificate == Some(thumbprint),
            (None, None) => true,
            (Some(Bound::Certificate(_)) | None, Some(_)) => false,
        }
    }

    fn key(&self) -> Option<Bound> {
        self.key.map(|thumbprint| Bound::Key(thumbprint.to_owned()))
    }

    /// Whoever sends a proof as well expects tokens that are bound to its key.
    fn certificate(&self) -> Option<Bound> {
        self.certificate
            .filter(|_| self.key.is_none())
            .map(|thumbprint| Bound::Certificate(thumbprint.to_owned()))
    }
}

/// To what the first tokens of a sign-in are bound. A proof binds them; a certificate only where the app is registered
/// for that, since the connection may have one for another reason.
pub(crate) fn of_first(
    app: &App,
    code: Option<&Bound>,
    shown: &Shown<'_>,
) -> Result<Option<Bound>, TokenError> {
    if code.is_some() && !shown.fits(code) {
        return Err(TokenError::InvalidGrant("the code is bound to another key (dpop_jkt)"));
    }
    match app.bound_by {
        None => Ok(shown.key()),
        Some(BoundBy::Dpop) => shown.key().map(Some).ok_or(NO_PROOF),
        Some(BoundBy::Certificate) => shown.certificate().map(Some).ok_or(NO_CERTIFICATE),
    }
}

/// To what the next tokens are bound. Those of a public app to the same as the refresh token. An app that proves who it
/// is may come with another key: its refresh token is no use to anybody else (RFC 9449 §5).
pub(crate) fn of_next(
    client: &Client,
    app: &App,
    before: Option<&Bound>,
    shown: &Shown<'_>,
) -> Result<Option<Bound>, TokenError> {
    match before {
        None => of_first(app, None, shown),
        Some(_) if !client.is_confidential() && !shown.fits(before) => {
            Err(TokenError::InvalidGrant("the refresh token is bound to another key or certificate"))
        }
        Some(Bound::Key(_)) => shown.key().map(Some).ok_or(NO_PROOF),
        Some(Bound::Certificate(_)) => shown.certificate().map(Some).ok_or(NO_CERTIFICATE),
    }
}

const NO_PROOF: TokenError = TokenError::Unbound("tokens of this app are bound to a key: send a DPoP proof");
const NO_CERTIFICATE: TokenError = TokenError::Unbound(
    "tokens of this app are bound to a certificate: connect with one, and send no DPoP proof",
);

#[cfg(test)]
mod tests {
    use store::Store;

    use super::*;
    use crate::{
        AuthError, Presented, bearer, code,
        fixture::{Fixture, now},
        token,
    };

    const BOTH: [Option<&str>; 3] = [None, Some("a"), Some("b")];

    /// Everything that can come with a request.
    fn shown() -> impl Iterator<Item = Shown<'static>> {
        BOTH.into_iter().flat_map(|key| BOTH.map(|certificate| Shown { key, certificate }))
    }

    #[test]
    fn t54_a_token_that_is_bound_is_opened_by_what_it_is_bound_to_and_by_nothing_else() {
        let bound = [None, Some(Bound::Key("a".to_owned())), Some(Bound::Certificate("a".to_owned()))];
        for bound in bound {
            for shown in shown() {
                let expected = match &bound {
                    None => shown.key.is_none(),
                    Some(Bound::Key(_)) => shown.key == Some("a"),
                    Some(Bound::Certificate(_)) => shown.key.is_none() && shown.certificate == Some("a"),
                };
                assert_eq!(shown.fits(bound.as_ref()), expected, "{bound:?} {shown:?}");
            }
        }
    }

    fn with(fixture: &Fixture, bound_by: Option<BoundBy>) {
        let app = fixture.store.app("app").unwrap().unwrap();
        fixture.store.set_app(&App { bound_by, ..app }).unwrap();
    }

    #[test]
    fn tokens_are_bound_to_what_came_when_they_were_got_and_so_is_what_follows() {
        for bound_by in [None, Some(BoundBy::Dpop), Some(BoundBy::Certificate)] {
            let fixture = Fixture::new();
            with(&fixture, bound_by);
            for shown in shown() {
                let code = fixture.code("adult", "adult");
                let client = fixture.client("app");
                let exchange = code::Exchange { shown, ..fixture.exchange(&client, &code) };
                let got = code::redeem(&*fixture.store, now(), false, &exchange);
                let bound = match bound_by {
                    None => Some(shown.key()),
                    Some(BoundBy::Dpop) => shown.key().map(Some),
                    Some(BoundBy::Certificate) => shown.certificate().map(Some),
                };
                let Some(bound) = bound else {
                    assert!(matches!(got, Err(TokenError::Unbound(_))), "{bound_by:?} {shown:?}");
                    continue;
                };
                let tokens = got.unwrap();
                assert_eq!(tokens.by_key, matches!(bound, Some(Bound::Key(_))));
                for other in self::shown() {
                    let presented = Presented { token: &tokens.access, shown: other };
                    let opens = bearer(&*fixture.store, now(), false, presented);
                    match opens {
                        Ok(_) => assert!(other.fits(bound.as_ref())),
                        Err(AuthError::Unbound) => assert!(!other.fits(bound.as_ref())),
                        Err(error) => panic!("{error:?}"),
                    }
                }
                let refresh = tokens.refresh.unwrap();
                let next = |shown: Shown<'_>| {
                    token::refresh(&*fixture.store, now(), false, &client, (&refresh, None), &shown)
                };
                if bound.is_some() {
                    let foreign = Shown { key: Some("c"), certificate: Some("c") };
                    for shown in [foreign, Shown::default()] {
                        assert!(matches!(next(shown), Err(TokenError::InvalidGrant(_))));
                    }
                }
                let next = next(shown).unwrap();
                let presented = Presented { token: &next.access, shown: Shown::default() };
                let alone = bearer(&*fixture.store, now(), false, presented);
                assert_eq!(alone.is_ok(), bound.is_none(), "{bound_by:?} {shown:?}");
            }
        }
    }

    #[test]
    fn a_code_that_was_asked_for_with_a_key_is_redeemed_with_that_key_alone() {
        let fixture = Fixture::new();
        let key = crate::fixture::CHALLENGE;
        for (shown, good) in [(Some(key), true), (Some("other"), false), (None, false)] {
            let asked = crate::authorize::Asked { dpop_jkt: Some(key), ..crate::fixture::asked() };
            let code = fixture.code_of(&asked, "adult", "adult");
            let client = fixture.client("app");
            let shown = Shown { key: shown, certificate: None };
            let exchange = code::Exchange { shown, ..fixture.exchange(&client, &code) };
            let got = code::redeem(&*fixture.store, now(), false, &exchange);
            assert_eq!(got.is_ok(), good);
        }
    }
}
