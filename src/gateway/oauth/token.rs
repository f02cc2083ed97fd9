//! `POST /oauth/token` and `POST /oauth/revoke`.

use auth::{
    code::{self, Exchange},
    token::{self, TokenError, Tokens},
};
use http::header;
use serde_json::{Value, json};

use super::{
    OAuth, cors,
    form::Form,
    log,
    reply::{self, Fault},
};
use crate::{Request, Response};

impl OAuth {
    pub(super) fn token(&self, request: &Request) -> Response {
        self.answer(request, |form, client_id| {
            let tokens = match form.get("grant_type") {
                Some("authorization_code") => self.redeem(form, client_id)?,
                Some("refresh_token") => self.refresh(form, client_id)?,
                Some(_) => {
                    return Err(Fault::of_app("unsupported_grant_type", "grant_type is not supported"));
                }
                None => return Err(missing("grant_type is missing")),
            };
            Ok(reply::json(&body(&tokens)))
        })
    }

    /// RFC 7009. It says nothing about whether the token was known, so that nobody can try tokens out.
    pub(super) fn revoke(&self, request: &Request) -> Response {
        self.answer(request, |form, client_id| {
            let token = form.get("token").ok_or(missing("token is missing"))?;
            token::revoke(&*self.store, client_id, token).map_err(fault)?;
            Ok(reply::done())
        })
    }

    fn redeem(&self, form: &Form, client_id: &str) -> Result<Tokens, Fault> {
        let exchange = Exchange {
            client_id,
            code: form.get("code").ok_or(missing("code is missing"))?,
            redirect_uri: form.get("redirect_uri").ok_or(missing("redirect_uri is missing"))?,
            verifier: form.get("code_verifier").ok_or(missing("code_verifier is missing"))?,
        };
        code::redeem(&*self.store, self.now(), self.sandbox, &exchange).map_err(fault)
    }

    fn refresh(&self, form: &Form, client_id: &str) -> Result<Tokens, Fault> {
        let token = form.get("refresh_token").ok_or(missing("refresh_token is missing"))?;
        let scope = form.get("scope");
        token::refresh(&*self.store, self.now(), self.sandbox, client_id, token, scope).map_err(fault)
    }

    fn answer(
        &self,
        request: &Request,
        work: impl FnOnce(&Form, &str) -> Result<Response, Fault>,
    ) -> Response {
        let form = match Form::of_body(request) {
            Ok(form) => form,
            Err(bad) => return reply::fault(&missing(bad.words())),
        };
        let client_id = form.get("client_id").map(str::to_owned).or_else(|| self.app_that_refreshes(&form));
        let client_id = client_id.as_deref();
        let result = if request.headers().contains_key(header::AUTHORIZATION) {
            Err(Fault::by_header())
        } else {
            client_id.ok_or(missing("client_id is missing")).and_then(|id| work(&form, id))
        };
        let mut response = result.unwrap_or_else(|fault| reply::fault(&fault));
        cors::open_to_app(&*self.store, request.headers(), client_id, &mut response);
        response
    }

    fn app_that_refreshes(&self, form: &Form) -> Option<String> {
        let token = form.get("refresh_token").filter(|_| form.get("grant_type") == Some("refresh_token"))?;
        token::app_of(&*self.store, token).ok().flatten()
    }
}

fn missing(what: &'static str) -> Fault {
    Fault::of_app("invalid_request", what)
}

fn fault(error: TokenError) -> Fault {
    match error {
        TokenError::InvalidClient => {
            Fault::of_app("invalid_client", "no app with this client_id may be used here")
        }
        TokenError::InvalidGrant(why) => Fault::of_app("invalid_grant", why),
        TokenError::InvalidScope(why) => Fault::of_app("invalid_scope", why),
        TokenError::Failure(failure) => {
            log(&failure);
            Fault::ours()
        }
    }
}

/// RFC 6749 §5.1 with SMART's `patient`.
fn body(tokens: &Tokens) -> Value {
    let mut body = json!({
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": tokens.scopes.to_string(),
        "patient": tokens.patient,
    });
    if let (Some(refresh), Some(members)) = (&tokens.refresh, body.as_object_mut()) {
        members.insert("refresh_token".to_owned(), json!(refresh));
    }
    body
}
