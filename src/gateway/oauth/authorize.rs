//! `/oauth/authorize`: an app's request comes in, a person signs in and answers, and goes back to the app. The request
//! travels through the form and is judged again with the answer, so that nothing is kept between the two.

use auth::{
    SignIn,
    authorize::{Asked, Authorization, Refused, Server, Told, judge},
    code::{self, NoCode},
    provider::trip::Waiting,
    sign_in::Choice,
};
use http::{HeaderMap, header};
use record::ResourceType;
use store::{Account, StoreError};

use super::{
    OAuth, choosing,
    form::Form,
    log,
    page::Page,
    reply,
    words::{AskedBefore, PARAMETER, say},
};
use crate::{Request, Response};

/// What a person has chosen on the first page goes on to the second: that there was a choice, the types that the app may
/// see, and whether it may come back by itself.
pub(super) const CHOSEN: [(&str, Option<ResourceType>); 5] = [
    (CHOICE, None),
    ("see-Patient", Some(ResourceType::Patient)),
    ("see-Observation", Some(ResourceType::Observation)),
    ("see-Immunization", Some(ResourceType::Immunization)),
    (COME_BACK, None),
];
/// There was a choice: what is not ticked is not granted.
pub(super) const CHOICE: &str = "choice";
/// The app may come back by itself.
pub(super) const COME_BACK: &str = "come-back";

/// What goes through the form and back.
pub(super) const CARRIED: [&str; 12] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "aud",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "dpop_jkt",
    "ui_locales",
    "request_uri",
];

impl OAuth {
    /// The app's request by GET.
    pub(super) fn ask(&self, request: &Request) -> Response {
        match Form::of_query(request) {
            Ok(form) => self.question(&form),
            Err(bad) => reply::page(&Page::refusal(bad.words())),
        }
    }

    /// The app's request by POST, or the person's answer.
    pub(super) fn posted(&self, request: &Request) -> Response {
        match Form::of_body(request) {
            Ok(form) if form.get("decision").is_none() && form.get("user").is_none() => self.question(&form),
            Ok(form) if self.is_own_form(request.headers()) => self.answered(&form),
            Ok(_) => reply::page(&Page::forgery()),
            Err(bad) => reply::page(&Page::refusal(bad.words())),
        }
    }

    /// In the language that the app asked for, where the browser's address does not say another.
    fn question(&self, form: &Form) -> Response {
        let mut response = self.asked_of_person(form);
        if let Ok(Some(pushed)) = self.whole(form) {
            let tags = pushed.get(PARAMETER).map(|tags| AskedBefore(tags.to_owned()));
            tags.map(|tags| response.extensions_mut().insert(tags));
        }
        response
    }

    fn asked_of_person(&self, form: &Form) -> Response {
        let ways_in = self.ways_in(form);
        match (self.judge(form), self.sign_in, ways_in) {
            (Err(response), ..) => *response,
            (Ok(_), SignIn::Unavailable, None) => reply::page(&Page::no_sign_in()),
            (Ok(authorization), SignIn::Unavailable, Some(links)) => {
                self.choose_provider(&authorization, &links)
            }
            (Ok(authorization), SignIn::Sandbox, links) => {
                reply::page(&Page::sign_in(&authorization, form, links.as_deref(), None))
            }
        }
    }

    fn answered(&self, form: &Form) -> Response {
        let authorization = match self.judge(form) {
            Ok(authorization) => authorization,
            Err(response) => return *response,
        };
        match (form.get("decision"), self.sign_in) {
            // A script that fills in the sandbox's form need not know its buttons.
            (Some("allow") | None, SignIn::Sandbox) => self.allowed(form, authorization),
            (Some("allow"), SignIn::Unavailable) => reply::page(&Page::no_sign_in()),
            _ => self.tell(&authorization.denied()),
        }
    }

    fn allowed(&self, form: &Form, asked: Authorization) -> Response {
        let links = self.ways_in(form);
        let again = |words: &str| reply::page(&Page::sign_in(&asked, form, links.as_deref(), Some(words)));
        if chosen(form, asked.clone()).scopes.is_empty() {
            return self.tell(&asked.denied());
        }
        let Some(name) = form.get("user") else { return again(&say("sandbox.type-a-name", &[])) };
        let account = match self.store.account(name) {
            Ok(Some(account)) => account,
            Ok(None) => return again(&say("sandbox.nobody", &[])),
            Err(error) => return failed(error),
        };
        self.granted(form, &asked, &account, None)
    }

    /// A person who is known, by a name or by a ticket, lets the app see what they ticked.
    pub(super) fn granted(
        &self,
        form: &Form,
        asked: &Authorization,
        account: &Account,
        waiting: Option<&Waiting>,
    ) -> Response {
        let authorization = &chosen(form, asked.clone());
        if authorization.scopes.is_empty() {
            return self.tell(&authorization.denied());
        }
        let choices = match choosing::choices(&*self.store, self.clock.today(), &authorization.app, account) {
            Ok(choices) => choices,
            Err(error) => return failed(error),
        };
        match (form.get("patient"), choices.as_slice()) {
            (_, []) => reply::page(&Page::no_record()),
            (None, [choice]) => self.issue(form, authorization, account, (choice, waiting)),
            (None, _) => self.whose(authorization, form, account, choices),
            (Some(id), some) => match some.iter().find(|choice| choice.patient == id) {
                Some(choice) => self.issue(form, authorization, account, (choice, waiting)),
                None => self.whose(authorization, form, account, choices),
            },
        }
    }

    fn whose(
        &self,
        authorization: &Authorization,
        form: &Form,
        account: &Account,
        choices: Vec<Choice>,
    ) -> Response {
        match self.known(&account.id, choices) {
            Ok(records) => reply::page(&Page::choose(authorization, form, &records)),
            Err(error) => failed(error),
        }
    }

    fn issue(
        &self,
        form: &Form,
        authorization: &Authorization,
        account: &Account,
        (choice, waiting): (&Choice, Option<&Waiting>),
    ) -> Response {
        match waiting.map(|waiting| waiting.answered(&*self.store, self.now())) {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) => return reply::page(&Page::refusal("this request was answered before")),
            Some(Err(error)) => return failed(error),
        }
        if let Some(name) = form.get("request_uri") {
            match auth::pushed::answer(&*self.store, self.now(), name) {
                Ok(true) => {}
                Ok(false) => return reply::page(&Page::refusal("this request was answered before")),
                Err(error) => return failed(error),
            }
        }
        match code::issue(&*self.store, self.now(), authorization, account, &choice.subject) {
            Ok(code) => reply::redirect(
                &authorization.redirect_uri,
                &[("code", &code), ("state", &authorization.state), ("iss", &self.urls.base)],
            ),
            Err(NoCode::NotEntitled) => reply::page(&Page::no_record()),
            Err(NoCode::Failure(failure)) => {
                log(&failure);
                reply::page(&Page::failure())
            }
        }
    }

    pub(super) fn judge(&self, form: &Form) -> Result<Authorization, Box<Response>> {
        let pushed = self.whole(form)?;
        let asked = Self::asked(pushed.as_ref().unwrap_or(form));
        let fhir_base = &self.urls.fhir();
        let server = self.server(fhir_base);
        judge(&*self.store, server, &asked).map_err(|refused| {
            Box::new(match refused {
                Refused::Page(untrusted) => reply::page(&Page::untrusted(&untrusted)),
                Refused::Redirect(told) => self.tell(&told),
                Refused::Failure(failure) => {
                    log(&failure);
                    reply::page(&Page::failure())
                }
            })
        })
    }

    pub(super) fn server<'a>(&self, fhir_base: &'a str) -> Server<'a> {
        Server { fhir_base, sandbox: self.sandbox, identity: self.identity.is_some() }
    }

    pub(super) fn asked(form: &Form) -> Asked<'_> {
        Asked {
            client_id: form.get("client_id"),
            redirect_uri: form.get("redirect_uri"),
            response_type: form.get("response_type"),
            scope: form.get("scope"),
            state: form.get("state"),
            aud: form.get("aud"),
            code_challenge: form.get("code_challenge"),
            code_challenge_method: form.get("code_challenge_method"),
            nonce: form.get("nonce"),
            dpop_jkt: form.get("dpop_jkt"),
            response_mode: form.get("response_mode"),
            prompt: form.get("prompt"),
            request: form.get("request"),
        }
    }

    /// `iss` lets an app that knows several servers see which one answers (RFC 9207).
    pub(super) fn tell(&self, told: &Told) -> Response {
        reply::redirect(&told.redirect_uri, &self.telling(told))
    }

    /// The address with which a person takes an error to the app themselves.
    pub(super) fn address_of(&self, told: &Told) -> String {
        reply::address(&told.redirect_uri, &self.telling(told))
    }

    fn telling<'a>(&'a self, told: &'a Told) -> Vec<(&'a str, &'a str)> {
        let mut parameters = vec![("error", told.error.as_str()), ("error_description", told.description)];
        parameters.extend(told.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", &self.urls.base));
        parameters
    }

    /// Whether an answer comes from our own page, as far as the browser says. There is no session that a forged
    /// answer could ride on; this keeps other sites from signing somebody in unasked.
    pub(super) fn is_own_form(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get("sec-fetch-site") {
            return site == "same-origin";
        }
        headers.get(header::ORIGIN).is_none_or(|origin| {
            origin.to_str().is_ok_and(|origin| auth::app::origin(&self.urls.base).as_deref() == Some(origin))
        })
    }
}

/// What the person lets the app have of what it asks for. A form without the choice grants all of it.
fn chosen(form: &Form, authorization: Authorization) -> Authorization {
    if form.get(CHOICE).is_none() {
        return authorization;
    }
    let ticked = CHOSEN.iter().filter(|(name, _)| form.get(name).is_some());
    let kinds = ticked.filter_map(|(_, kind)| *kind).collect();
    authorization.keeping(&kinds, form.get(COME_BACK).is_some())
}

fn failed(error: StoreError) -> Response {
    log(&error.into());
    reply::page(&Page::failure())
}
