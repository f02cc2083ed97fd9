//! `recordgate admin reproject`: records anew after tables or rules have changed.

use std::process::ExitCode;

use gateway::loader::{Remade, Remake};
use record::OdsCode;
use store::Store;

use crate::{Failure, args::ReprojectArgs, opened::Opened};

/// Goes through the practices one after another. Ends with 1 if anybody is left who is not made anew.
pub(crate) fn run(args: &ReprojectArgs) -> Result<ExitCode, Failure> {
    let opened = Opened::read(&args.config)?;
    let operator = opened.operator()?;
    let known = opened.store.practices()?;
    let practices = match &args.practice {
        Some(practice) if !known.contains(practice) => {
            return Err(Failure(format!("nothing of {practice} was ever loaded here; check --practice")));
        }
        Some(practice) => vec![practice.clone()],
        None => known,
    };
    let remake = if args.resume { Remake::Resume } else { Remake::Begin };
    let mut whole = true;
    for practice in &practices {
        let remade = opened.work(&operator, practice, |loader| loader.remake(remake));
        match remade? {
            Some(remade) => whole &= tell(practice, &remade),
            None => {
                tell!(
                    "{practice}: tables have changed since the last run, so there is nothing to go on with; leave out --resume"
                );
                whole = false;
            }
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what came of it, and whether nobody is left.
fn tell(practice: &OdsCode, remade: &Remade) -> bool {
    let Remade { others, patients, changed, left, batch_open } = *remade;
    if let Some(others) = others {
        tell!("{practice}: {others} records had been made with other tables");
    }
    tell!("{practice}: {patients} patients made anew, {changed} resources changed");
    if left > 0 && batch_open {
        tell!(
            "{practice}: {left} patients wait for the batch that is open: wait for its end, or load it again if it was \
             interrupted; that makes them anew"
        );
    } else if left > 0 {
        tell!(
            "{practice}: {left} patients wait, because something else was loaded meanwhile; run this again"
        );
    }
    left == 0
}
