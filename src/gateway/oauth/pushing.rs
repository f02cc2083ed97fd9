//! `POST /oauth/par` (RFC 9126).

use std::net::IpAddr;

use auth::{
    authorize::Refused,
    pushed::{LIFETIME, NotPushed, push},
    rate::Rate,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    OAuth,
    authorize::CARRIED,
    form::Form,
    log,
    page::Page,
    reply::{self, Fault},
};
use crate::{Request, Response};

/// How often an address may push requests: whoever stands in front of many people pushes many.
const RATE: Rate = Rate { burst: 300, per: SignedDuration::from_mins(1) };

impl OAuth {
    pub(super) fn push(&self, request: &Request, address: IpAddr) -> Response {
        self.answer(request, |form, client| {
            let allowed = self.pushing.allow(address, RATE, self.now());
            allowed.map_err(|wait| Fault::too_often("too many requests were pushed from here", wait))?;
            if form.get("request_uri").is_some() {
                let words = "a pushed request is whole: it names no other one";
                return Err(Fault::of_app("invalid_request", words));
            }
            let key = self.proved(request, &self.urls.pushed())?;
            let asked = Self::asked(form);
            // A proof says the same as `dpop_jkt` (RFC 9449 §10.1).
            if asked.dpop_jkt.is_some_and(|jkt| key.as_ref().is_some_and(|key| key != jkt)) {
                let words = "dpop_jkt is not the key of the DPoP proof";
                return Err(Fault::of_app("invalid_dpop_proof", words));
            }
            let parameters = CARRIED.iter().filter_map(|name| {
                let value = match *name {
                    "client_id" => form.get(name).or(Some(client.id())),
                    "dpop_jkt" => form.get(name).or(key.as_deref()),
                    _ => form.get(name),
                };
                Some(((*name).to_owned(), value?.to_owned()))
            });
            let fhir_base = &self.urls.fhir();
            let pushed =
                push(&*self.store, self.now(), self.server(fhir_base), client, &asked, parameters.collect());
            let name = pushed.map_err(refused)?;
            Ok(reply::made(&json!({"request_uri": name, "expires_in": LIFETIME.as_secs()})))
        })
    }

    /// The request that a form names, if it names one that was pushed; the form itself, if it is whole.
    pub(super) fn whole(&self, form: &Form) -> Result<Option<Form>, Box<Response>> {
        let Some(name) = form.get("request_uri") else { return Ok(None) };
        let client_id = form.get("client_id").unwrap_or_default();
        match auth::pushed::find(&*self.store, self.now(), client_id, name) {
            Ok(Some(pushed)) => Ok(Some(Form::of_pairs(pushed.parameters))),
            Ok(None) => {
                let words = "the request that it sent here before is not its own, or over after ten minutes";
                Err(Box::new(reply::page(&Page::refusal(words))))
            }
            Err(error) => {
                log(&error.into());
                Err(Box::new(reply::page(&Page::failure())))
            }
        }
    }
}

fn refused(why: NotPushed) -> Fault {
    let refused = match why {
        NotPushed::OtherClient => {
            return Fault::of_app("invalid_request", "client_id is not the app that pushes the request");
        }
        NotPushed::Failure(failure) => {
            log(&failure);
            return Fault::ours();
        }
        NotPushed::Refused(refused) => *refused,
    };
    match refused {
        Refused::Redirect(told) => Fault::of_app(told.error.as_str(), told.description),
        Refused::Page(_) => Fault::of_app(
            "invalid_request",
            "the app may not be used here, or redirect_uri is not one of its own, to the letter",
        ),
        Refused::Failure(failure) => {
            log(&failure);
            Fault::ours()
        }
    }
}
