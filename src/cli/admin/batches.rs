//! `recordgate admin batches`: what lies in the spool and why, and clearing it away.

use std::{collections::BTreeSet, process::ExitCode};

use gateway::{
    clock::{Clock, SystemClock},
    config::{Config, Intake},
    intake::{Desk, Wait, log_name},
};
use jiff::SignedDuration;
use record::{FileReport, OdsCode};
use store::{Delivery, DeliveryState, Lmdb, Store};

use crate::{
    Failure,
    args::{BatchArgs, BatchesCommand},
    report,
    serve::open,
};

/// After which a try that did not come is no longer about to come.
const OVERDUE: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn run(command: &BatchesCommand) -> Result<ExitCode, Failure> {
    match command {
        BatchesCommand::List { config, practice, all } => {
            let config = Config::load(config)?;
            list(&open(&config)?, intake(&config)?, practice.as_ref(), *all)
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
    let desk = Desk::open(&store, intake(&config)?)?;
    let batch = desk.find(&args.supplier, &args.id)?.ok_or_else(|| {
        Failure(format!(
            "{} has no batch of this name, or its result is not kept any more; `recordgate admin batches list --all` names \
             them all",
            args.supplier
        ))
    })?;
    act(&desk, &batch, &store)?;
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

/// What is queued, and what was begun and not finished, by whatever way it came; also what is done, if that is asked for.
fn list(store: &Lmdb, intake: &Intake, only: Option<&OdsCode>, all: bool) -> Result<ExitCode, Failure> {
    let desk = Desk::open(store, intake)?;
    let done = if all { desk.done(only)? } else { Vec::new() };
    let batches = desk.batches(only)?;
    table(&desk, &done, &batches);
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
    if !all {
        say!("--all lists also what was loaded or refused");
    }
    Ok(ExitCode::SUCCESS)
}

fn table(desk: &Desk<'_>, done: &[Delivery], open: &[Delivery]) {
    if !(done.is_empty() && open.is_empty()) {
        say!(
            "{:<16} {:<34} {:<16} {:<8} {:<20} {:<10} {:>14} {:>14}  since",
            "supplier",
            "id",
            "in logs",
            "practice",
            "format",
            "state",
            "bytes",
            "come"
        );
    }
    for batch in done.iter().chain(open) {
        let (come, _) = desk.received(batch);
        let logged = if log_name(batch) == batch.id { "the same" } else { log_name(batch) };
        say!(
            "{:<16} {:<34} {logged:<16} {:<8} {:<20} {:<10} {:>14} {come:>14}  {}",
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
        if let Some(result) = result(batch) {
            say!("  {result}");
        }
    }
}

/// What became of a batch that is done, in a line.
fn result(batch: &Delivery) -> Option<String> {
    match &batch.state {
        DeliveryState::Loaded { at, batch, report } => {
            let sum = |count: fn(&FileReport) -> u64| report.files.values().map(count).sum::<u64>();
            Some(format!(
                "batch {batch} of the practice, loaded at {at:.0}: {} rows, {} stored, {} unchanged, {} parked, {} rejected",
                sum(|file| file.rows),
                sum(|file| file.stored),
                sum(|file| file.unchanged),
                sum(|file| file.parked),
                sum(|file| file.rejected)
            ))
        }
        DeliveryState::Refused { at, report } => {
            let why = report.issues.first().map_or_else(String::new, |issue| format!(": {issue}"));
            Some(format!("refused at {at:.0}, nothing of it was stored{why}"))
        }
        DeliveryState::Receiving | DeliveryState::Committed { .. } | DeliveryState::Failed { .. } => None,
    }
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
        DeliveryState::Loaded { .. } | DeliveryState::Refused { .. } => {
            say!("state     {}", result(batch).unwrap_or_default());
        }
    }
    say!("come      {come} bytes of {}, {whole} of {} files whole", batch.size(), batch.files.len());
    for file in &batch.files {
        say!("file      {} ({} bytes)", file.name, file.size);
    }
    if let DeliveryState::Loaded { report, .. } | DeliveryState::Refused { report, .. } = &batch.state {
        say!("");
        say!("{}", report::text(report).trim_end());
    }
}

fn drop_one(desk: &Desk<'_>, batch: &Delivery, store: &Lmdb, committed: bool) -> Result<(), Failure> {
    if !batch.is_open() {
        return Err(Failure(format!(
            "it was {}, and has no files here any more; what it brought can be changed by another batch only",
            state(batch)
        )));
    }
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
