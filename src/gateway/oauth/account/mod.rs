//! `/account`: a person who has signed in sees which apps they have let into a record and who has looked at it, and stops
//! an app. Nothing of what a record says is here.

mod cookie;
mod events;
mod page;

use std::{collections::BTreeSet, net::IpAddr};

use auth::{
    Scopes, connections, presence,
    provider::trip::{self, Asking},
    rate::Rate,
    sign_in::{self, Choice, Role, SignIn},
};
use http::{HeaderMap, Method, header};
use jiff::{SignedDuration, civil::Date};
use project::OwnTables;
use store::{Account, Connection, Store, StoreError};

use super::{
    OAuth,
    choosing::Record,
    form::Form,
    log,
    page::Page,
    reply,
    signing_in::{Gone, browser, browser_cookie},
    words::say,
};
use crate::{
    Request, Response,
    audit::{Looks, Of, Place},
    fhir::{self, Visible},
};

/// How often a person may look.
const LOOKS: Rate = Rate { burst: 30, per: SignedDuration::from_mins(1) };

/// How many looks a page shows.
const ON_A_PAGE: usize = 50;
/// And how many are in a file.
const IN_A_FILE: usize = 1000;

/// An app that a person has let into a record, in however many sign-ins.
pub(super) struct Connected {
    client_id: String,
    name: String,
    scopes: Vec<Scopes>,
    since: jiff::Timestamp,
    until: jiff::Timestamp,
    used: Option<jiff::Timestamp>,
}

/// What is told of one record.
pub(super) struct Sheet {
    /// Every record that the person may choose.
    records: Vec<Record>,
    /// Which of them this is about.
    chosen: usize,
    apps: Vec<Connected>,
    looks: Looks,
    /// Up to where these are asked for; none is up to now.
    before: Option<Place>,
    /// Names of the apps that looked.
    names: std::collections::BTreeMap<String, String>,
    /// Who is signed in.
    account: String,
}

impl Sheet {
    fn choice(&self) -> &Choice {
        &self.records[self.chosen].choice
    }
}

impl OAuth {
    /// Answers what is under `/account`.
    pub(super) fn account(&self, request: &Request, path: &str, address: IpAddr) -> Option<Response> {
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let answer = match path {
            "" if read => self.shown(request),
            "/events" if read => self.as_events(request),
            "/sign-in" | "/stop" | "/sign-out" if request.method() == Method::POST => {
                self.changed(request, path)
            }
            "" | "/events" => Ok(reply::method_not_allowed("GET, HEAD")),
            "/sign-in" | "/stop" | "/sign-out" => Ok(reply::method_not_allowed("POST")),
            _ => {
                let provider = path.strip_prefix("/sign-in/").filter(|_| request.method() == Method::GET)?;
                return Some(self.off_for_account(provider, request, address)?.unwrap_or_else(|page| *page));
            }
        };
        Some(answer.unwrap_or_else(|page| *page))
    }

    fn shown(&self, request: &Request) -> Gone {
        let Some(account) = self.present(request.headers())? else {
            return Ok(reply::page(&self.way_in(None)));
        };
        let form = Form::of_query(request).map_err(|_| refusal())?;
        match self.sheet(&account, &form, ON_A_PAGE)? {
            Some(sheet) => Ok(reply::page(&Page::account(&sheet, self.now()))),
            None => Ok(reply::page(&Page::account_without_record(&account.id))),
        }
    }

    /// The same as FHIR, to be kept (R4 AuditEvent).
    fn as_events(&self, request: &Request) -> Gone {
        let Some(account) = self.present(request.headers())? else {
            return Ok(reply::page(&self.way_in(None)));
        };
        let form = Form::of_query(request).map_err(|_| refusal())?;
        match self.sheet(&account, &form, IN_A_FILE)? {
            Some(sheet) if sheet.looks.behind => Ok(reply::page(&Page::looks_behind())),
            Some(sheet) => Ok(reply::download(&events::bundle(&sheet, &self.urls, self.now()))),
            None => Ok(reply::page(&Page::account_without_record(&account.id))),
        }
    }

    fn changed(&self, request: &Request, path: &str) -> Gone {
        if !self.is_own_form(request.headers()) {
            return Ok(reply::page(&Page::forgery()));
        }
        let form = Form::of_body(request).map_err(|_| refusal())?;
        match path {
            "/sign-in" => self.in_by_name(&form),
            "/sign-out" => self.out(request.headers()),
            _ => self.stopped(request.headers(), &form),
        }
    }

    /// In a sandbox a name is enough.
    fn in_by_name(&self, form: &Form) -> Gone {
        if self.sign_in != SignIn::Sandbox {
            return Ok(reply::page(&self.way_in(None)));
        }
        let found = form.get("user").map(|name| self.store.account(name)).transpose().map_err(stored)?;
        match found.flatten() {
            Some(account) => self.in_as(&account),
            None => Ok(reply::page(&self.way_in(Some(&say("sandbox.nobody", &[]))))),
        }
    }

    /// Somebody has proved who they are: their browser is known from now on.
    pub(super) fn in_as(&self, account: &Account) -> Gone {
        let secret = presence::begin(&*self.store, self.now(), &account.id).map_err(failed)?;
        let mut response = reply::redirect(&self.account_url(), &[]);
        response.headers_mut().extend(cookie::set(&secret).map(|value| (header::SET_COOKIE, value)));
        Ok(response)
    }

    pub(super) fn account_url(&self) -> String {
        format!("{}/account", self.urls.base)
    }

    fn out(&self, headers: &HeaderMap) -> Gone {
        if let Some(secret) = cookie::read(headers) {
            presence::end(&*self.store, self.now(), &secret).map_err(failed)?;
        }
        let mut response = reply::page(&Page::signed_out());
        response.headers_mut().insert(header::SET_COOKIE, cookie::gone());
        Ok(response)
    }

    fn stopped(&self, headers: &HeaderMap, form: &Form) -> Gone {
        let Some(account) = self.present(headers)? else { return Ok(reply::page(&self.way_in(None))) };
        // Also where a grant has ended meanwhile: to stop an app needs no right but that it is one's own.
        let records = sign_in::records(&*self.store, &account).map_err(stored)?;
        let record = records.into_iter().find(|choice| Some(choice.patient.as_str()) == form.get("patient"));
        let Some((record, app)) = record.zip(form.get("app")) else { return Err(refusal()) };
        let stopped = connections::stop(&*self.store, self.now(), &account.id, &record.subject, app);
        tracing::info!(app, sign_ins = stopped.map_err(stored)?, "a person has stopped an app");
        Ok(reply::redirect(&self.account_url(), &[("patient", &record.patient)]))
    }

    /// Whoever has signed in in this browser.
    fn present(&self, headers: &HeaderMap) -> Result<Option<Account>, Box<Response>> {
        let Some(secret) = cookie::read(headers) else { return Ok(None) };
        let found = presence::of(&*self.store, self.now(), &secret).map_err(stored)?;
        if let Some(account) = &found
            && self.looking.allow(account.id.clone(), LOOKS, self.now()).is_err()
        {
            return Err(Box::new(reply::page(&Page::too_many_looks())));
        }
        Ok(found)
    }

    fn way_in(&self, problem: Option<&str>) -> Page {
        let by_name = self.sign_in == SignIn::Sandbox;
        let providers: Vec<(&str, &str)> =
            self.providers.iter().map(|one| (one.key.as_str(), one.name.as_str())).collect();
        Page::account_way_in(by_name, &providers, problem)
    }

    /// Sends somebody off to a provider, to come back here.
    fn off_for_account(&self, key: &str, request: &Request, address: IpAddr) -> Option<Gone> {
        let provider = self.provider(key)?;
        Some(self.may_begin(address).and_then(|()| {
            let trouble = |why| Box::new(reply::page(&Page::trouble(why, provider, &self.account_url())));
            let about = provider.about(self.now()).map_err(trouble)?;
            let browser = browser(request.headers()).map_err(failed)?;
            let callback = self.callback(provider);
            let asking =
                Asking { provider: &provider.key, client_id: &provider.client_id, redirect_uri: &callback };
            let nothing = (NO_APP, Vec::new());
            let query = trip::begin(&*self.store, self.now(), &asking, &browser, nothing).map_err(failed)?;
            let query: Vec<(&str, &str)> =
                query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Ok(browser_cookie(reply::redirect(&about.authorization, &query), &browser))
        }))
    }

    /// What is told of the record that was chosen, or of the first; none if the person has none.
    fn sheet(&self, account: &Account, form: &Form, most: usize) -> Result<Option<Sheet>, Box<Response>> {
        let choices = current(&*self.store, self.clock.today(), account).map_err(stored)?;
        let records = self.known(&account.id, choices).map_err(stored)?;
        let chosen = match form.get("patient") {
            None => 0,
            Some(id) => records.iter().position(|one| one.choice.patient == id).ok_or_else(refusal)?,
        };
        let Some(Record { choice, .. }) = records.get(chosen) else { return Ok(None) };
        let before = form.get("before").map(str::parse).transpose().map_err(|()| refusal())?;
        // Whoever acts for a patient sees what they did themselves; the patient sees everybody.
        let alone = (choice.role == Role::Proxy).then_some(account.id.as_str());
        let looks = self.looks(choice, (alone, None), before, most)?;
        let apps = self.connected(account, choice)?;
        let mut names = std::collections::BTreeMap::new();
        for id in looks.rows.iter().map(|row| &row.app).filter(|id| *id != NO_APP).collect::<BTreeSet<_>>() {
            names.insert(id.clone(), self.name_of(id).map_err(stored)?);
        }
        Ok(Some(Sheet { records, chosen, apps, looks, before, names, account: account.id.clone() }))
    }

    /// Looks at a record, of anybody or of somebody, with any app or with one.
    fn looks(
        &self,
        choice: &Choice,
        (account, app): (Option<&str>, Option<&str>),
        before: Option<Place>,
        most: usize,
    ) -> Result<Looks, Box<Response>> {
        let of = Of { practice: choice.subject.practice.as_str(), patient: &choice.patient, account, app };
        self.trail.looks(&of, before, most).map_err(|error| {
            tracing::error!(cause = ?error.kind(), "the audit trail could not be read");
            Box::new(reply::page(&Page::failure()))
        })
    }

    fn connected(&self, account: &Account, choice: &Choice) -> Result<Vec<Connected>, Box<Response>> {
        let mut apps: Vec<Connected> = Vec::new();
        let connections = connections::of(&*self.store, self.now(), &account.id, &choice.subject);
        for one in connections.map_err(stored)? {
            let registered = self.store.app(&one.client_id).map_err(stored)?;
            let registered = registered.map(|app| app.scopes).unwrap_or_default();
            let scopes: Vec<Scopes> = Scopes::grant(&one.scope, &registered).into_iter().collect();
            if let Some(known) = apps.iter_mut().find(|known| known.client_id == one.client_id) {
                known.since = known.since.min(one.since);
                known.until = known.until.max(one.until);
                known.scopes.extend(scopes);
                continue;
            }
            let name = self.name_of(&one.client_id).map_err(stored)?;
            let last = self.looks(choice, (Some(&account.id), Some(&one.client_id)), None, 1)?;
            let used = last.rows.first().map(|row| row.at);
            let Connection { client_id, since, until, .. } = one;
            apps.push(Connected { client_id, name, scopes, since, until, used });
        }
        Ok(apps)
    }

    fn name_of(&self, client_id: &str) -> Result<String, StoreError> {
        Ok(self.store.app(client_id)?.map_or_else(|| client_id.to_owned(), |app| app.name))
    }
}

/// The client id of a trip that no app began.
pub(super) const NO_APP: &str = "";

/// A person's own record, and those of people for whom they may act on a day.
fn current(store: &dyn Store, today: Date, account: &Account) -> Result<Vec<Choice>, StoreError> {
    let (own_tables, types) = (OwnTables::default(), BTreeSet::new());
    let mut current = Vec::new();
    for choice in sign_in::records(store, account)? {
        let as_proxy = choice.role == Role::Proxy;
        let (subject, account) = (&choice.subject, account.id.as_str());
        let asking = fhir::Asking { subject, account, as_proxy, types: &types, categories: None };
        if !as_proxy || Visible::look(store, today, &asking, &own_tables)?.admission().is_ok() {
            current.push(choice);
        }
    }
    Ok(current)
}

fn refusal() -> Box<Response> {
    Box::new(reply::page(&Page::no_such_account_page()))
}

fn stored(error: StoreError) -> Box<Response> {
    failed(error.into())
}

fn failed(failure: auth::Failure) -> Box<Response> {
    log(&failure);
    Box::new(reply::page(&Page::failure()))
}
