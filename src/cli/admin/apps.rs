//! `recordgate admin apps`: which apps there are, how far each has come, and who decided that. It works while the server
//! runs: whatever is decided counts from an app's next request on.

use std::{fs, path::Path, process::ExitCode};

use auth::register::{self, Step};
use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
};
use store::{App, AppEvent, AppKeys, Apps, BoundBy, Change, Decided, Decisions, Lmdb, Store};

use crate::{
    Failure,
    args::{
        AddAppArgs, AppStepArgs, AppsCommand, BlockAppArgs, BoundTo, ChangeAppArgs, Registered, Stewarding,
    },
    serve::open,
};

pub(super) fn run(command: &AppsCommand) -> Result<ExitCode, Failure> {
    match command {
        AppsCommand::List { config } => list(&store(config)?)?,
        AppsCommand::Show { config, client } => show(&store(config)?, client)?,
        AppsCommand::Add(args) => add(args)?,
        AppsCommand::Change(args) => change(args)?,
        AppsCommand::Try(args) => step(args, Step::Try)?,
        AppsCommand::Approve(args) => step(args, Step::Approve)?,
        AppsCommand::Suspend(args) => step(args, Step::Suspend)?,
        AppsCommand::Reinstate(args) => step(args, Step::Reinstate)?,
        AppsCommand::Retire(args) => step(args, Step::Retire)?,
        AppsCommand::Block(args) => block(args, true)?,
        AppsCommand::Unblock(args) => block(args, false)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn store(config: &Path) -> Result<Lmdb, Failure> {
    open(&Config::load(config)?)
}

fn known(store: &Lmdb, client: &str) -> Result<App, Failure> {
    store.app(client)?.ok_or_else(|| {
        Failure(format!("there is no app with the client id {client}; `recordgate admin apps list` has all"))
    })
}

fn list(store: &Lmdb) -> Result<(), Failure> {
    for app in store.apps()? {
        say!("{:<10} {:<32} {}", app.status.name(), app.client_id, app.name);
    }
    Ok(())
}

fn show(store: &Lmdb, client: &str) -> Result<(), Failure> {
    let app = known(store, client)?;
    tell_app(&app);
    for practice in store.practices()? {
        if store.practice(&practice)?.blocked_apps.contains(client) {
            say!("blocked by       {practice}");
        }
    }
    say!("history");
    let history = store.app_history(client)?;
    let before = std::iter::once(None).chain(history.iter().map(Some));
    history.iter().zip(before).for_each(|(line, before)| tell_line(line, before));
    Ok(())
}

fn tell_app(app: &App) {
    say!("client id        {}", app.client_id);
    say!("name             {}", app.name);
    say!("status           {}", app.status.name());
    app.redirect_uris.iter().for_each(|uri| say!("redirect URI     {uri}"));
    say!("scopes           {}", app.scopes.join(" "));
    match &app.keys {
        None => say!("keys             none: a public app"),
        Some(AppKeys::Inline { jwks }) => say!("keys             {jwks}"),
        Some(AppKeys::Url { url }) => say!("keys             at {url}"),
    }
    match &app.practices {
        None => say!("practices        all that do not block it"),
        Some(some) => {
            let some: Vec<&str> = some.iter().map(record::OdsCode::as_str).collect();
            say!("practices        {}", some.join(" "));
        }
    }
    say!("contact          {}", app.contact.as_deref().unwrap_or("none"));
    for kind in store::Evidence::ALL {
        say!("{:<16} {}", kind.name(), app.evidence.get(&kind).map_or("none", String::as_str));
    }
    match app.per_minute {
        Some(rate) => say!("requests         at most {rate} a minute"),
        None => say!("requests         not limited"),
    }
    match app.bound_by {
        Some(BoundBy::Dpop) => say!("tokens           bound to a key (DPoP)"),
        Some(BoundBy::Certificate) => say!("tokens           bound to a client certificate"),
        None => say!("tokens           bound to a key if the app sends DPoP proofs"),
    }
}

fn tell_line(line: &AppEvent, before: Option<&AppEvent>) {
    let what = match before {
        None => format!("written down as {}", line.app.status.name()),
        Some(before) if before.app.status != line.app.status => {
            format!("from {} to {}", before.app.status.name(), line.app.status.name())
        }
        Some(_) => "changed".to_owned(),
    };
    say!("{}  {:.0}  by {}", line.number, line.decided.at, line.decided.by);
    say!("    what {what}");
    say!("    why  {}", line.decided.why);
}

fn add(args: &AddAppArgs) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let store = open(&config)?;
    if store.app(&args.client)?.is_some() {
        return Err(Failure(format!("there is an app with the client id {} already", args.client)));
    }
    let app = App { client_id: args.client.clone(), name: args.name.clone(), ..App::default() };
    let app = registered(app, &args.registered)?;
    register::check(&app)?;
    can_be_bound(&config, &app)?;
    put(&store, None, &app, &args.deciding)
}

fn change(args: &ChangeAppArgs) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let store = open(&config)?;
    let before = known(&store, &args.client)?;
    let name = args.name.clone().unwrap_or_else(|| before.name.clone());
    let app = registered(App { name, ..before.clone() }, &args.registered)?;
    register::check(&app)?;
    can_be_bound(&config, &app)?;
    put(&store, Some(&before), &app, &args.deciding)
}

/// An app whose tokens are to be bound to certificates gets none where no connection can show one.
fn can_be_bound(config: &Config, app: &App) -> Result<(), Failure> {
    if app.bound_by == Some(BoundBy::Certificate) && !config.listen.client_certificates {
        return Err(Failure(
            "no connection can show a certificate here: set client_certificates under [listen] first"
                .to_owned(),
        ));
    }
    Ok(())
}

fn step(args: &AppStepArgs, step: Step) -> Result<(), Failure> {
    let store = store(&args.config)?;
    let before = known(&store, &args.client)?;
    let after = register::take(&before, step)?;
    put(&store, Some(&before), &after, &args.deciding)?;
    say!("{} is {} now", after.client_id, after.status.name());
    Ok(())
}

fn block(args: &BlockAppArgs, blocked: bool) -> Result<(), Failure> {
    let store = store(&args.config)?;
    known(&store, &args.client)?;
    let change = Change::App { client_id: args.client.clone(), blocked };
    match store.decide(&args.practice, &change, &decided(&args.deciding.by, &args.deciding.why))? {
        Some(number) => say!("decision {number} of {}", args.practice),
        None => say!("nothing to change: it is so already"),
    }
    Ok(())
}

/// The app with what the arguments say; what they do not name stays.
fn registered(app: App, args: &Registered) -> Result<App, Failure> {
    let some = |new: &Vec<String>, old: Vec<String>| if new.is_empty() { old } else { new.clone() };
    let keys = match (&args.keys, &args.keys_url) {
        (Some(file), _) => {
            let jwks = fs::read_to_string(file)
                .map_err(|error| Failure(format!("cannot read {}: {error}", file.display())))?;
            Some(AppKeys::Inline { jwks: jwks.trim().to_owned() })
        }
        (None, Some(url)) => Some(AppKeys::Url { url: url.clone() }),
        (None, None) => app.keys,
    };
    let practices = args.practice.iter().cloned().collect::<std::collections::BTreeSet<_>>();
    let mut evidence = app.evidence;
    evidence.extend(args.evidence.iter().map(|kept| (kept.0, kept.1.clone())));
    Ok(App {
        redirect_uris: some(&args.redirect_uri, app.redirect_uris),
        scopes: some(&args.scope, app.scopes),
        keys,
        practices: if practices.is_empty() { app.practices } else { Some(practices) },
        contact: args.contact.clone().or(app.contact),
        evidence,
        per_minute: args.per_minute.or(app.per_minute),
        bound_by: match args.bound_by {
            None => app.bound_by,
            Some(BoundTo::Dpop) => Some(BoundBy::Dpop),
            Some(BoundTo::Certificate) => Some(BoundBy::Certificate),
            Some(BoundTo::Nothing) => None,
        },
        ..app
    })
}

fn put(store: &Lmdb, before: Option<&App>, after: &App, deciding: &Stewarding) -> Result<(), Failure> {
    if before == Some(after) {
        say!("nothing to change: it is so already");
        return Ok(());
    }
    let number = store.change_app(before, after, &decided(&deciding.by, &deciding.why))?;
    let number = number.ok_or_else(|| {
        Failure("somebody else has changed this app just now: look at it, and decide again".to_owned())
    })?;
    say!("line {number} in the history of {}", after.client_id);
    Ok(())
}

fn decided(by: &str, why: &str) -> Decided {
    Decided { by: by.to_owned(), at: SystemClock.now(), why: why.to_owned() }
}
