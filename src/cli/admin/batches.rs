//! `recordgate admin batches`: what lies in the spool and why, and clearing it away.

use std::{collections::BTreeSet, process::ExitCode};

use gateway::{
    clock::{Clock, SystemClock},
    config::{Config, Intake},
    intake::{Desk, Wait, log_name},
};
use jiff::SignedDuration;
use record::OdsCode;
use store::{Delivery, DeliveryState, Lmdb, Store};

use crate::{
    Failure,
    args::{BatchArgs, BatchesCommand},
    serve::open,
};

/// After which a try that did not come is no longer about to come.
const OVERDUE: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn run(command: &BatchesCommand) -> Result<ExitCode, Failure> {
    match command {
        BatchesCommand::List { config, practice } => {
            let config = Config::load(config)?;
            list(&open(&config)?, intake(&config)?, practice.as_ref())
        }
        BatchesCommand::Show(args) => on_one(args, |desk, batch, _| {
            show(desk, batch);
            Ok(())
        }),
        BatchesCommand::Drop { batch, committed } => {
            on_one(batch, |desk, batch, store| drop_one(desk, batch, store, *committed))
        }
        BatchesCommand::Retry(args) => on_one(args, |desk, batch, _| {
            if !desk.retry(batch)? {
                return Err(Failure(format!("it has not failed: it is {}", state(batch))));
            }
            say!("{}: it will be loaded again, in its turn", batch.id);
            Ok(())
        }),
    }
}

fn intake(config: &Config) -> Result<&Intake, Failure> {
    config.intake.as_ref().ok_or_else(|| Failure("the configuration has no [intake]".to_owned()))
}

fn on_one(
    args: &BatchArgs,
    act: impl FnOnce(&Desk<'_>, &Delivery, &Lmdb) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let store = open(&config)?;
    let desk = Desk::open(&store, &intake(&config)?.spool)?;
    let found = desk.batches(None)?;
    let found = found.iter().find(|batch| batch.supplier == args.supplier && batch.id == args.id);
    let batch = found.ok_or_else(|| {
        Failure(
            "there is no such batch that is not loaded; `recordgate admin batches list` names them"
                .to_owned(),
        )
    })?;
    act(&desk, batch, &store)?;
    Ok(ExitCode::SUCCESS)
}

fn state(batch: &Delivery) -> &'static str {
    match batch.state {
        DeliveryState::Receiving => "receiving",
        DeliveryState::Committed { .. } => "committed",
        DeliveryState::Failed { .. } => "failed",
        DeliveryState::Loaded { .. } => "loaded",
        DeliveryState::Refused { .. } => "refused",
    }
}

/// What is queued, and what was begun and not finished, by whatever way it came.
fn list(store: &Lmdb, intake: &Intake, only: Option<&OdsCode>) -> Result<ExitCode, Failure> {
    let desk = Desk::open(store, &intake.spool)?;
    let batches = desk.batches(only)?;
    if !batches.is_empty() {
        say!(
            "{:<16} {:<34} {:<8} {:<20} {:<10} {:>14} {:>14}  since",
            "supplier",
            "id",
            "practice",
            "format",
            "state",
            "bytes",
            "come"
        );
    }
    for batch in &batches {
        let (come, _) = desk.received(batch);
        say!(
            "{:<16} {:<34} {:<8} {:<20} {:<10} {:>14} {come:>14}  {}",
            batch.supplier,
            batch.id,
            batch.practice.as_str(),
            batch.format,
            state(batch),
            batch.size(),
            batch.created
        );
        if let Some(wait) = desk.waits(batch) {
            say!("  {}", waiting(wait));
        }
    }
    let configured = intake.suppliers.iter().flat_map(|one| &one.sends).flat_map(|sends| &sends.practices);
    let practices: BTreeSet<&OdsCode> = match only {
        Some(only) => BTreeSet::from([only]),
        None => configured.chain(batches.iter().map(|batch| &batch.practice)).collect(),
    };
    let mut begun = 0;
    for practice in practices {
        if let Some(fingerprint) = store.practice(practice)?.open_batch {
            begun += 1;
            say!("{practice} has begun and not finished: {fingerprint}");
            match desk.goes_on(practice, &fingerprint, &batches) {
                Some(batch) => say!("  it is {}: the service goes on with it by itself", batch.id),
                None => say!(
                    "  load exactly those files again, or give them up: recordgate admin abandon-batch --practice {practice}"
                ),
            }
        }
    }
    if batches.is_empty() && begun == 0 {
        say!("nothing is received, waits, has failed or is unfinished");
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a batch was not loaded, and when it is tried again.
fn waiting(wait: &Wait) -> String {
    let overdue = SystemClock.now().duration_since(wait.until) > OVERDUE;
    let overdue = if overdue { " (long past: does the service run?)" } else { "" };
    format!("last try: {}; next try at {:.0}{overdue}", wait.words, wait.until)
}

fn show(desk: &Desk<'_>, batch: &Delivery) {
    let (come, whole) = desk.received(batch);
    say!("supplier  {}", batch.supplier);
    say!("id        {}", batch.id);
    say!("in logs   {}", log_name(batch));
    say!("practice  {}, {}", batch.practice, batch.format);
    say!("announced {}", batch.created);
    match &batch.state {
        DeliveryState::Receiving => {
            say!("state     receiving; deleted at {} unless committed before", batch.expires)
        }
        DeliveryState::Committed { at, turn, tries } => {
            let tried = if *tries == 0 { String::new() } else { format!(", tried {tries} times") };
            say!("state     committed at {at}, turn {turn}{tried}");
            if let Some(wait) = desk.waits(batch) {
                say!("waits     {}", waiting(wait));
            }
        }
        DeliveryState::Failed { at, why, .. } => say!("state     failed at {at}: {why}"),
        DeliveryState::Loaded { .. } | DeliveryState::Refused { .. } => say!("state     {}", state(batch)),
    }
    say!("come      {come} bytes of {}, {whole} of {} files whole", batch.size(), batch.files.len());
    for file in &batch.files {
        say!("file      {} ({} bytes)", file.name, file.size);
    }
}

fn drop_one(desk: &Desk<'_>, batch: &Delivery, store: &Lmdb, committed: bool) -> Result<(), Failure> {
    if matches!(batch.state, DeliveryState::Committed { .. }) && !committed {
        return Err(Failure(
            "it was committed: its supplier was told that it is safe. --committed drops it all the same; then tell the \
             supplier to send it again"
                .to_owned(),
        ));
    }
    desk.drop_batch(batch)?;
    say!("{}: dropped, with its files", batch.id);
    if store.practice(&batch.practice)?.open_batch.is_some() {
        say!(
            "{} has a batch that was begun and not finished; `recordgate admin batches list` names it",
            batch.practice
        );
    }
    Ok(())
}
