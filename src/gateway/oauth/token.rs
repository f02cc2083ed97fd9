//! `POST /oauth/token`, `POST /oauth/revoke` and `POST /oauth/introspect`: what apps ask for themselves.

use auth::{
    Client,
    binding::Shown,
    client::{Credentials, Unauthenticated, authenticate},
    code::{self, Exchange},
    dpop::{BadProof, Expected, prove},
    introspect::{Introspected, introspect},
    sign_in::Role,
    token::{self, TokenError, Tokens},
};
use http::header;
use serde_json::{Value, json};
use store::Bound;

use super::{
    OAuth, cors,
    form::Form,
    log,
    reply::{self, Fault},
};
use crate::{
    Request, Response,
    binding::{proof, thumbprint},
};

impl OAuth {
    pub(super) fn token(&self, request: &Request) -> Response {
        self.answer(request, |form, client| {
            let key = self.proved(request, &self.urls.token())?;
            let certificate = thumbprint(request);
            let shown = Shown { key: key.as_deref(), certificate: certificate.as_deref() };
            let tokens = match form.get("grant_type") {
                Some("authorization_code") => self.redeem(form, client, shown)?,
                Some("refresh_token") => self.refresh(form, client, &shown)?,
                Some(_) => {
                    return Err(Fault::of_app("unsupported_grant_type", "grant_type is not supported"));
                }
                None => return Err(missing("grant_type is missing")),
            };
            let identity = self
                .identity
                .as_ref()
                .map(|keys| tokens.identity(keys, &self.urls.base, &self.urls.fhir(), self.now()));
            let identity = identity.transpose().map_err(|failure| fault(TokenError::Failure(failure)))?;
            Ok(reply::json(&body(&tokens, identity.flatten())))
        })
    }

    /// RFC 7009. It says nothing about whether the token was known, so that nobody can try tokens out.
    pub(super) fn revoke(&self, request: &Request) -> Response {
        self.answer(request, |form, client| {
            let token = form.get("token").ok_or(missing("token is missing"))?;
            token::revoke(&*self.store, client, token).map_err(fault)?;
            Ok(reply::done())
        })
    }

    /// The key of the DPoP proof that came along, if one did (RFC 9449 §5). It counts once, also after a restart.
    pub(super) fn proved(&self, request: &Request, url: &str) -> Result<Option<String>, Fault> {
        let bad = |bad: BadProof| Fault::of_app("invalid_dpop_proof", bad.words());
        let Some(proof) = proof(request.headers()).map_err(bad)? else { return Ok(None) };
        let now = self.now();
        let expected = Expected { method: request.method().as_str(), url, token: None, now };
        let proven = prove(proof, &expected).map_err(bad)?;
        let once = self.store.use_once(&proven.once, now, proven.remember);
        match once.map_err(|error| fault(TokenError::Failure(error.into())))? {
            true => Ok(Some(proven.key)),
            false => Err(bad(BadProof::Replayed)),
        }
    }

    fn redeem(&self, form: &Form, client: &Client, shown: Shown<'_>) -> Result<Tokens, Fault> {
        let exchange = Exchange {
            client,
            code: form.get("code").ok_or(missing("code is missing"))?,
            redirect_uri: form.get("redirect_uri").ok_or(missing("redirect_uri is missing"))?,
            verifier: form.get("code_verifier").ok_or(missing("code_verifier is missing"))?,
            shown,
        };
        code::redeem(&*self.store, self.now(), self.sandbox, &exchange).map_err(fault)
    }

    fn refresh(&self, form: &Form, client: &Client, shown: &Shown<'_>) -> Result<Tokens, Fault> {
        let token = form.get("refresh_token").ok_or(missing("refresh_token is missing"))?;
        let asked = (token, form.get("scope"));
        token::refresh(&*self.store, self.now(), self.sandbox, client, asked, shown).map_err(fault)
    }

    /// RFC 7662, for confidential apps about their own tokens.
    pub(super) fn introspect(&self, request: &Request) -> Response {
        self.answer(request, |form, client| {
            let token = form.get("token").ok_or(missing("token is missing"))?;
            if !client.is_confidential() {
                return Err(Fault::unproven("only an app with keys may introspect: send client_assertion"));
            }
            let found = introspect(&*self.store, self.now(), self.sandbox, client, token).map_err(fault)?;
            let told = found.map_or_else(|| json!({"active": false}), |found| self.told(&found));
            Ok(reply::json(&told))
        })
    }

    /// RFC 7662 §2.2 with SMART's `patient`, and who signed in if the app was told that.
    fn told(&self, found: &Introspected) -> Value {
        let mut body = json!({
            "active": true,
            "scope": found.scopes.to_string(),
            "client_id": found.client_id,
            "exp": found.expires.as_second(),
            "patient": found.context.patient,
        });
        let identity = self.identity.as_ref().filter(|_| found.scopes.identifies());
        let by_key = matches!(found.bound, Some(Bound::Key(_)));
        // RFC 9449 §6.2, RFC 8705 §3.2.
        let bound = found.bound.as_ref().map(|bound| match bound {
            Bound::Key(thumbprint) => json!({"jkt": thumbprint}),
            Bound::Certificate(thumbprint) => json!({"x5t#S256": thumbprint}),
        });
        let also = [
            ("token_type", found.is_access.then(|| kind(by_key).to_owned())),
            ("iss", identity.map(|_| self.urls.base.clone())),
            ("sub", identity.map(|keys| keys.name(&found.client_id, &found.account))),
            (
                "fhirUser",
                identity.zip(found.tells_user()).map(|(keys, context)| {
                    format!("{}/{}", self.urls.fhir(), keys.fhir_user(&found.account, context))
                }),
            ),
        ];
        // RFC 8693 §4.1. `sub` is whom the ID token names (SMART App Launch 2.2): whoever acts, and not the patient.
        let acts = identity.filter(|_| found.context.role == Role::Proxy);
        let act = acts.map(|keys| json!({"sub": keys.name(&found.client_id, &found.account)}));
        if let Some(members) = body.as_object_mut() {
            members.extend(act.map(|act| ("act".to_owned(), act)));
            members.extend(bound.map(|bound| ("cnf".to_owned(), bound)));
            members
                .extend(also.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
        }
        body
    }

    pub(super) fn answer(
        &self,
        request: &Request,
        work: impl FnOnce(&Form, &Client) -> Result<Response, Fault>,
    ) -> Response {
        let form = match Form::of_body(request) {
            Ok(form) => form,
            Err(bad) => return reply::fault(&missing(bad.words())),
        };
        let client = if request.headers().contains_key(header::AUTHORIZATION) {
            Err(Fault::by_header())
        } else {
            self.client(&form)
        };
        let id = client.as_ref().map(|client| client.id().to_owned()).ok();
        let result = client.and_then(|client| work(&form, &client));
        let mut response = result.unwrap_or_else(|fault| reply::fault(&fault));
        // Who the app is has not always been proved: its own pages may read that too.
        let id = id.as_deref().or(form.get("client_id"));
        cors::open_to_app(&*self.store, request.headers(), id, &mut response);
        response
    }

    fn client(&self, form: &Form) -> Result<Client, Fault> {
        let assertion = form.get("client_assertion");
        let refreshes = assertion.is_none().then(|| self.app_that_refreshes(form)).flatten();
        let sent = Credentials {
            client_id: form.get("client_id").or(refreshes.as_deref()),
            assertion_type: form.get("client_assertion_type"),
            assertion,
        };
        let audiences = [self.urls.token(), self.urls.base.clone()];
        let audiences = audiences.each_ref().map(String::as_str);
        authenticate(&*self.store, &self.keys, &audiences, (self.now(), self.sandbox), &sent).map_err(nobody)
    }

    fn app_that_refreshes(&self, form: &Form) -> Option<String> {
        let token = form.get("refresh_token").filter(|_| form.get("grant_type") == Some("refresh_token"))?;
        token::app_of(&*self.store, token).ok().flatten()
    }
}

fn kind(by_key: bool) -> &'static str {
    if by_key { "DPoP" } else { "Bearer" }
}

fn missing(what: &'static str) -> Fault {
    Fault::of_app("invalid_request", what)
}

/// An app that is not known is told so with 400, as a public app cannot prove anything; one that failed to prove who it
/// is, with 401.
fn nobody(why: Unauthenticated) -> Fault {
    match why {
        Unauthenticated::Unnamed => missing("client_id is missing"),
        Unauthenticated::Unknown => unknown(),
        Unauthenticated::Missing => Fault::unproven(
            "an app with keys must send client_assertion with client_assertion_type jwt-bearer, one without must not",
        ),
        Unauthenticated::Differs => Fault::unproven("client_id is not the iss of client_assertion"),
        Unauthenticated::Assertion(bad) => Fault::unproven(bad.words()),
        Unauthenticated::NotNow => {
            Fault::not_now("the keys that the app publishes cannot be had at the moment")
        }
        Unauthenticated::Failure(failure) => {
            log(&failure);
            Fault::ours()
        }
    }
}

fn unknown() -> Fault {
    Fault::of_app("invalid_client", "no app with this client_id may be used here")
}

fn fault(error: TokenError) -> Fault {
    match error {
        TokenError::InvalidClient => unknown(),
        TokenError::InvalidGrant(why) => Fault::of_app("invalid_grant", why),
        TokenError::Unbound(why) => missing(why),
        TokenError::InvalidScope(why) => Fault::of_app("invalid_scope", why),
        TokenError::Failure(failure) => {
            log(&failure);
            Fault::ours()
        }
    }
}

/// RFC 6749 §5.1 with SMART's `patient` and OpenID Connect's `id_token`.
fn body(tokens: &Tokens, identity: Option<String>) -> Value {
    let mut body = json!({
        "access_token": tokens.access,
        "token_type": kind(tokens.by_key),
        "expires_in": tokens.expires_in,
        "scope": tokens.scopes.to_string(),
        "patient": tokens.patient,
    });
    let also = [("refresh_token", tokens.refresh.clone()), ("id_token", identity)];
    if let Some(members) = body.as_object_mut() {
        members.extend(also.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
    }
    body
}
