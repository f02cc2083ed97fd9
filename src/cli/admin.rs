//! `recordgate admin`: what only a person can decide.

mod access;
mod apps;
mod audit;
mod batches;
mod decisions;
mod desk;
mod linkage;
mod reproject;
mod review;

use std::process::ExitCode;

use store::{Abandoned, Store};

use crate::{
    Failure,
    args::{AbandonArgs, AccessCommand, AdminCommand, ProxyCommand},
};
use desk::Desk;

pub(crate) fn run(command: &AdminCommand) -> Result<ExitCode, Failure> {
    match command {
        AdminCommand::AbandonBatch(args) => abandon(args),
        AdminCommand::Rules(args) => decisions::rules(args),
        AdminCommand::Hide(args) => decisions::hide(args, true),
        AdminCommand::Unhide(args) => decisions::hide(args, false),
        AdminCommand::Suppress(args) => decisions::suppress(args, true),
        AdminCommand::Unsuppress(args) => decisions::suppress(args, false),
        AdminCommand::Access(AccessCommand::Show(about)) => access::show(about),
        AdminCommand::Access(AccessCommand::Set(args)) => access::set(args),
        AdminCommand::Proxy(ProxyCommand::Add(args)) => access::add_proxy(args),
        AdminCommand::Proxy(ProxyCommand::End(args)) => access::end_proxy(args),
        AdminCommand::Linkage(command) => linkage::run(command),
        AdminCommand::Audit(args) => audit::run(&args.command),
        AdminCommand::Decisions(args) => decisions::list(args),
        AdminCommand::Review(args) => review::run(args),
        AdminCommand::Reproject(args) => reproject::run(args),
        AdminCommand::Apps(args) => apps::run(&args.command),
        AdminCommand::Batches(args) => batches::run(&args.command),
    }
}

/// Closes the batch and releases what can be released, which takes away what the batch had replaced.
fn abandon(args: &AbandonArgs) -> Result<ExitCode, Failure> {
    let desk = Desk::open(&args.config, &args.practice)?;
    let Some(Abandoned { fingerprint, entries }) = desk.store().abandon(&args.practice)? else {
        return Err(Failure(format!("{} has no batch that was begun and not finished", args.practice)));
    };
    desk.release()?;
    tell!("given up: {fingerprint}");
    tell!("{entries} entries that it brought or changed are withheld until they are sent again.");
    tell!(
        "What it would have marked or deleted is not known: ask the supplier for a full export of the practice."
    );
    Ok(ExitCode::SUCCESS)
}
