//! `recordgate terminology load`: a SNOMED CT snapshot, or tables of our operator's own, into the one file that mapping
//! uses. All of it or nothing: a row that cannot be read refuses the whole.

mod gather;
mod lines;
#[cfg(test)]
mod tests;

use std::{fs, path::PathBuf, process::ExitCode};

use gateway::terminology;

use crate::{
    Failure,
    args::{TerminologyArgs, TerminologyCommand},
};

pub(crate) fn run(args: &TerminologyArgs) -> Result<ExitCode, Failure> {
    let TerminologyCommand::Load { to, paths } = &args.command;
    load(to, paths)
}

fn load(to: &PathBuf, paths: &[PathBuf]) -> Result<ExitCode, Failure> {
    let gathered = gather::gather(paths, &mut |words| tell!("{words}"))?;
    let bytes = gathered.encode();
    terminology::write(to, &bytes)
        .map_err(|error| Failure(format!("cannot write {}: {error}", to.display())))?;
    // What was written is read as mapping will read it.
    let loaded = terminology::read(to)?;
    let counts = loaded.terminology.counts();
    say!("{}", loaded.identity);
    say!("{:>12} descriptions whose concept is known", counts.descriptions);
    say!("{:>12} concepts at or under the roots of hierarchies.csv", counts.members);
    say!("{:>12} concepts with a term", counts.terms);
    let mebibytes = fs::metadata(to)?.len().div_ceil(1 << 20);
    let file = to.canonicalize().unwrap_or_else(|_| to.clone());
    say!("{} is written, {mebibytes} MiB, which are held in memory while records are made", file.display());
    say!("put this into the configuration; the next load makes every record anew:");
    say!("[terminology]\nfile = \"{}\"", file.display());
    Ok(ExitCode::SUCCESS)
}
