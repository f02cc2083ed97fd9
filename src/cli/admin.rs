//! `recordgate admin`: what only a person can decide.

use std::process::ExitCode;

use gateway::{
    clock::SystemClock,
    config::Config,
    loader::{Also, Loader},
    terminology,
};
use project::IdKey;
use record::Report;
use store::{Abandoned, Store};

use crate::{
    Failure,
    args::{AbandonArgs, AdminCommand},
    progress::Display,
    serve::open,
};

pub(crate) fn run(command: &AdminCommand) -> Result<ExitCode, Failure> {
    match command {
        AdminCommand::AbandonBatch(args) => abandon(args),
    }
}

/// Closes the batch and releases what can be released, which takes away what the batch had replaced.
fn abandon(args: &AbandonArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let secrets = config.keys.open()?;
    let store = open(&config)?;
    let ids = IdKey::new(secrets.id.expose());
    store.bind(&ids.fingerprint())?;
    let Some(Abandoned { fingerprint, entries }) = store.abandon(&args.practice)? else {
        return Err(Failure(format!("{} has no batch that was begun and not finished", args.practice)));
    };
    let terminology = terminology::configured(&config)?;
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &ids,
        clock: &SystemClock,
        practice: &args.practice,
        progress: &|progress| display.show(progress),
        also: Also { terminology: terminology.as_ref(), ..Also::default() },
    };
    let released = loader.release(None, &mut Report::default());
    display.end();
    released?;
    tell!("given up: {fingerprint}");
    tell!("{entries} entries that it brought or changed are withheld until they are sent again.");
    tell!(
        "What it would have marked or deleted is not known: ask the supplier for a full export of the practice."
    );
    Ok(ExitCode::SUCCESS)
}
