//! `recordgate explain`: of each entry of a patient, whether somebody sees it in an app, in which view, and why. For
//! the practice's side: it prints keys, codes of rules and rows, and nothing that a person wrote.

mod json;
mod text;

use std::process::ExitCode;

use gateway::{
    clock::{Clock, SystemClock},
    explain::{Explained, Question, Told, explain},
    loader::Loader,
};
use jiff::civil::Date;
use policy::{Grant, ProxyGrant};
use serde_json::Value;
use store::{App, Practice, Store, Subject};

use crate::{
    Failure,
    args::{ExplainArgs, ResourceName},
    named::{self, Kin},
    opened::Opened,
};

/// What is printed.
struct Sheet<'a> {
    args: &'a ExplainArgs,
    on: Date,
    subject: Subject,
    app: Option<App>,
    practice: Practice,
    /// What counts for the person: the patient's own grant, or that of who acts for them.
    grant: Option<Grant>,
    proxy: Option<ProxyGrant>,
    /// That nothing is served for another record's sake.
    closed: Option<String>,
    explained: Explained,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let opened = Opened::read(&args.config)?;
    let sheets =
        opened.work(&opened.operator()?, &args.practice, |loader| sheets(args, &opened.store, loader))?;
    tell(args, &sheets)
}

/// What there is to tell of each record that is meant.
fn sheets<'a>(
    args: &'a ExplainArgs,
    store: &dyn Store,
    loader: &Loader<'_>,
) -> Result<Vec<Sheet<'a>>, Failure> {
    // A resource may be of a record that is not served.
    let subjects = match &args.resource {
        Some(_) => named::every(store, &args.practice, &args.patient)?,
        None => named::find_all(store, &args.practice, &args.patient)?,
    };
    let on = args.on.unwrap_or_else(|| SystemClock.today());
    let mut sheets = Vec::new();
    for subject in subjects {
        let question = Question {
            subject: &subject,
            app: &args.app,
            user: &args.user,
            role: args.role,
            on,
            sandbox: false,
        };
        let mut explained = explain(loader, &question)?;
        if let Some(ResourceName(kind, id)) = &args.resource {
            explained.entries.retain(|told| is_part(told, kind.name(), id));
            if explained.entries.is_empty() {
                continue;
            }
        }
        sheets.push(sheet(store, args, on, subject, explained)?);
    }
    Ok(sheets)
}

/// Prints what there is: of several records of one NHS number one after the other, as JSON in a list.
fn tell(args: &ExplainArgs, sheets: &[Sheet<'_>]) -> Result<ExitCode, Failure> {
    match (sheets, &args.resource) {
        ([], Some(ResourceName(kind, id))) => {
            return Err(Failure(format!("nothing of this patient is part of {}/{id}", kind.name())));
        }
        ([one], _) if args.json => say!("{:#}", json::of(one)),
        (several, _) if args.json => say!("{:#}", several.iter().map(json::of).collect::<Value>()),
        ([one], _) => text::tell(one),
        (several, _) => {
            say!("{} records of {} have this NHS number:", several.len(), args.practice);
            for sheet in several {
                say!("");
                text::tell(sheet);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn is_part(told: &Told, kind: &str, id: &str) -> bool {
    told.resources.iter().any(|resource| resource.kind.name() == kind && resource.id == id)
}

fn sheet<'a>(
    store: &dyn Store,
    args: &'a ExplainArgs,
    on: Date,
    subject: Subject,
    explained: Explained,
) -> Result<Sheet<'a>, Failure> {
    let access = store.access(&subject)?;
    let is_proxy = explained.role == Some(auth::sign_in::Role::Proxy);
    let account = is_proxy.then(|| store.account(&args.user)).transpose()?.flatten();
    let proxy = account.and_then(|account| access.proxy(&account).cloned());
    let own = explained.role.filter(|_| !is_proxy).and(access.own);
    let grant = proxy.as_ref().map(|proxy| proxy.grant.clone()).or(own);
    let (app, practice) = (store.app(&args.app)?, store.practice(&args.practice)?);
    let closed = Kin::of(&subject.patient, &store.facts(&args.practice, &subject.patient)?).closed();
    Ok(Sheet { args, on, subject, app, practice, grant, proxy, closed, explained })
}
