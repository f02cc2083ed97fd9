//! `/oauth/sign-in/{provider}`, `/oauth/callback/{provider}` and `/oauth/answer`: a person signs in with an identity
//! provider and answers an app's request. The request waits in the store (`auth::provider::trip`); each provider has a
//! callback of its own, so that an answer of one is never taken for that of another.

mod cookie;
mod letter;
mod page;
mod provider;

use std::net::IpAddr;

use auth::{
    authorize::Authorization,
    provider::{
        Person,
        matching::{self, NotOwn, Standing},
        trip::{self, Asking, Returned, Waiting},
    },
    rate::Rate,
};
use http::{HeaderMap, header};
use jiff::SignedDuration;
use policy::Refusal;
use project::OwnTables;
use record::ResourceType;
use store::{Account, StoreError, Subject};

pub(super) use page::who;
pub use provider::{Answered, AskProvider, Heard, How, Provider};

use super::{
    OAuth,
    account::NO_APP,
    authorize::{CARRIED, CHOSEN},
    choosing,
    form::Form,
    log,
    page::Page,
    reply,
    words::{AskedBefore, PARAMETER},
};
use crate::{
    Request, Response,
    fhir::{self, Closed, Visible},
};

/// How often people at one address may begin to sign in: some have their whole network behind one.
const RATE: Rate = Rate { burst: 120, per: SignedDuration::from_mins(1) };

/// An answer, or the page that comes instead.
pub(super) type Gone = Result<Response, Box<Response>>;

/// The secret of the browser, or a new one.
pub(super) fn browser(headers: &HeaderMap) -> Result<String, auth::Failure> {
    cookie::read(headers).map_or_else(trip::browser, Ok)
}

/// Sets it; again if it was there: a browser may be about to forget it.
pub(super) fn browser_cookie(mut response: Response, browser: &str) -> Response {
    response.headers_mut().extend(cookie::set(browser).map(|value| (header::SET_COOKIE, value)));
    response
}

impl OAuth {
    pub(super) fn provider(&self, key: &str) -> Option<&Provider> {
        self.providers.iter().map(|one| &**one).find(|one| one.key == key)
    }

    pub(super) fn callback(&self, provider: &Provider) -> String {
        format!("{}/oauth/callback/{}", self.urls.base, provider.key)
    }

    /// The providers to choose from, as links; none if there is none.
    pub(super) fn ways_in(&self, form: &Form) -> Option<String> {
        let providers = self.providers.iter().map(|one| &**one);
        Some(page::links(providers, self.letters.is_some(), form)).filter(|links| !links.is_empty())
    }

    /// The page where somebody who cannot sign in by name alone chooses a provider.
    pub(super) fn choose_provider(&self, authorization: &Authorization, links: &str) -> Response {
        reply::page(&Page::providers(authorization, links, &self.way_back(authorization)))
    }

    fn way_back(&self, authorization: &Authorization) -> String {
        self.address_of(&authorization.denied())
    }

    /// A person goes off to sign in.
    pub(super) fn go(&self, request: &Request, key: &str, address: IpAddr) -> Option<Response> {
        let provider = self.provider(key)?;
        Some(self.sent_off(provider, request, address).unwrap_or_else(|response| *response))
    }

    fn sent_off(&self, provider: &Provider, request: &Request, address: IpAddr) -> Gone {
        let now = self.now();
        self.may_begin(address)?;
        let form = Form::of_query(request).map_err(|bad| page(&Page::refusal(bad.words())))?;
        let authorization = self.judge(&form)?;
        let about = provider.about(now);
        let about =
            about.map_err(|why| page(&Page::trouble(why, provider, &self.way_back(&authorization))))?;
        let browser = browser(request.headers()).map_err(|failure| failed(&failure))?;
        let parameters = CARRIED
            .iter()
            .filter_map(|name| form.get(name).map(|value| ((*name).to_owned(), value.to_owned())));
        let callback = self.callback(provider);
        let asking =
            Asking { provider: &provider.key, client_id: &provider.client_id, redirect_uri: &callback };
        let request = (authorization.app.client_id.as_str(), parameters.collect());
        let query = trip::begin(&*self.store, now, &asking, &browser, request);
        let query = query.map_err(|failure| failed(&failure))?;
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(browser_cookie(reply::redirect(&about.authorization, &query), &browser))
    }

    pub(super) fn may_begin(&self, address: IpAddr) -> Result<(), Box<Response>> {
        self.signing_in.allow(address, RATE, self.now()).map_err(|_| page(&Page::too_often()))
    }

    /// A person comes back from a provider.
    pub(super) fn back(&self, request: &Request, key: &str) -> Option<Response> {
        let provider = self.provider(key)?;
        Some(self.came_back(provider, request).unwrap_or_else(|response| *response))
    }

    fn came_back(&self, provider: &Provider, request: &Request) -> Gone {
        let now = self.now();
        let form = Form::of_query(request).map_err(|_| page(&Page::lost()))?;
        let browser = cookie::read(request.headers());
        let returned = trip::end(&*self.store, now, &provider.key, browser.as_deref(), form.get("state"));
        let returned = returned.map_err(|error| failed(&error.into()))?;
        let (returned, browser) = returned.zip(browser).ok_or_else(|| page(&Page::lost()))?;
        if returned.client_id == NO_APP {
            let person = self.identified(provider, &form, &returned, &self.account_url())?;
            let (account, _) = self.matched(&person).map_err(|error| failed(&error.into()))?;
            return self.in_as(&account);
        }
        let authorization = self.judge(&Form::of_pairs(returned.parameters.clone()))?;
        let back = self.way_back(&authorization);
        let person = self.identified(provider, &form, &returned, &back)?;
        let (account, own) = self.matched(&person).map_err(|error| failed(&error.into()))?;
        let choices = choosing::choices(&*self.store, self.clock.today(), &authorization.app, &account);
        if choices.map_err(|error| failed(&error.into()))?.is_empty() {
            let why = own.err();
            return Err(page(&match why {
                Some(why) => Page::not_own(why, Some(&account.id), &back),
                None => Page::no_record(),
            }));
        }
        let ticket =
            trip::ticket(&*self.store, now, &browser, &account.id, (returned.client_id, returned.parameters));
        let ticket = ticket.map_err(|failure| failed(&failure))?;
        Ok(reply::redirect(&format!("{}/oauth/answer", self.urls.base), &[("ticket", &ticket)]))
    }

    /// Who came back, by what the provider says of them.
    fn identified(
        &self,
        provider: &Provider,
        form: &Form,
        returned: &Returned,
        back: &str,
    ) -> Result<Person, Box<Response>> {
        let now = self.now();
        let trouble = |why| page(&Page::trouble(why, provider, back));
        let about = provider.about(now).map_err(trouble)?;
        // RFC 9207: an answer that says whose it is must be of the provider that was asked.
        let named = match form.get("iss") {
            Some(issuer) => issuer == provider.issuer,
            None => !about.names_itself,
        };
        if !named {
            tracing::warn!(provider = provider.key, "an answer is not that of the provider that was asked");
            return Err(trouble(provider::Trouble::Distrusted));
        }
        match (form.get("error"), form.get("code")) {
            (Some("temporarily_unavailable" | "server_error"), _) => Err(trouble(provider::Trouble::Away)),
            (Some(_), _) => Err(page(&Page::refused_there(provider, back))),
            (None, None) => Err(trouble(provider::Trouble::Distrusted)),
            (None, Some(code)) => {
                provider.person(&about, &self.callback(provider), code, returned, now).map_err(trouble)
            }
        }
    }

    /// The account of a person, and the record that is their own now.
    fn matched(&self, person: &Person) -> Result<(Account, Result<Subject, NotOwn>), StoreError> {
        let mut found = Vec::new();
        for subject in matching::candidates(&*self.store, person)? {
            let standing = self.standing(&subject)?;
            found.push((subject, standing));
        }
        let own = matching::own(found);
        let account = matching::signed_in(&*self.store, person, own.as_ref().ok().cloned())?;
        Ok((account, own))
    }

    /// What would be decided if the patient looked at this record now.
    fn standing(&self, subject: &Subject) -> Result<Standing, StoreError> {
        let types = &ResourceType::ALL.into_iter().collect();
        let asking = fhir::Asking { subject, account: "", as_proxy: false, types, categories: None };
        let visible = Visible::look(&*self.store, self.clock.today(), &asking, &OwnTables::default())?;
        Ok(match visible.admission() {
            Ok(_) => Standing::Open,
            Err(Closed::Refused(Refusal::Deducted)) => Standing::Left,
            Err(_) => Standing::Closed,
        })
    }

    /// Whoever has signed in is asked what the app may see.
    pub(super) fn asked_with_ticket(&self, request: &Request) -> Response {
        let Ok(form) = Form::of_query(request) else { return reply::page(&Page::lost()) };
        let answer = self.waiting(request, &form).and_then(|waiting| {
            let parked = Form::of_pairs(waiting.parameters.clone());
            let authorization = self.judge(&parked)?;
            let ticket = form.get("ticket").unwrap_or_default();
            let mut response = reply::page(&Page::consent(&authorization, &parked, ticket));
            let tags = parked.get(PARAMETER).map(|tags| AskedBefore(tags.to_owned()));
            tags.map(|tags| response.extensions_mut().insert(tags));
            Ok(response)
        });
        answer.unwrap_or_else(|response| *response)
    }

    /// They answer.
    pub(super) fn answered_with_ticket(&self, request: &Request) -> Response {
        let Ok(form) = Form::of_body(request) else { return reply::page(&Page::lost()) };
        if !self.is_own_form(request.headers()) {
            return reply::page(&Page::forgery());
        }
        self.with_ticket(request, &form).unwrap_or_else(|response| *response)
    }

    fn with_ticket(&self, request: &Request, form: &Form) -> Gone {
        let waiting = self.waiting(request, form)?;
        let own = CHOSEN.iter().map(|(name, _)| *name).chain(["ticket", "patient"]);
        let own = own.filter_map(|name| form.get(name).map(|value| (name.to_owned(), value.to_owned())));
        let whole = Form::of_pairs(waiting.parameters.iter().cloned().chain(own).collect());
        let authorization = self.judge(&whole)?;
        if form.get("decision") != Some("allow") {
            return match waiting.answered(&*self.store, self.now()) {
                Ok(_) => Ok(self.tell(&authorization.denied())),
                Err(error) => Err(failed(&error.into())),
            };
        }
        let account = self.store.account(&waiting.account).map_err(|error| failed(&error.into()))?;
        let account = account.ok_or_else(|| page(&Page::lost()))?;
        Ok(self.granted(&whole, &authorization, &account, Some(&waiting)))
    }

    fn waiting(&self, request: &Request, form: &Form) -> Result<Waiting, Box<Response>> {
        let browser = cookie::read(request.headers());
        let found = trip::waiting(&*self.store, self.now(), browser.as_deref(), form.get("ticket"));
        found.map_err(|error| failed(&error.into()))?.ok_or_else(|| page(&Page::lost()))
    }
}

fn page(page: &Page) -> Box<Response> {
    Box::new(reply::page(page))
}

fn failed(failure: &auth::Failure) -> Box<Response> {
    log(failure);
    page(&Page::failure())
}
