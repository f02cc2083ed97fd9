//! `recordgate synth`: a synthetic practice as a supplier's export.

use std::{io::ErrorKind, process::ExitCode};

use indicatif::ProgressBar;
use synth::{Options, write};

use crate::{Failure, args::SynthArgs};

pub(crate) fn run(args: &SynthArgs) -> Result<ExitCode, Failure> {
    let bar = ProgressBar::new(u64::from(args.patients));
    let options = Options {
        seed: args.seed,
        oracle: args.oracle.clone(),
        ..Options::new(args.practice.clone(), args.patients)
    };
    let summary =
        write(args.format, &options, &args.out, &mut |done| bar.set_position(done)).map_err(|error| {
            match error.kind() {
                ErrorKind::AlreadyExists => Failure(error.to_string()),
                _ => Failure(format!("{}: {error}", args.out.display())),
            }
        })?;
    bar.finish_and_clear();
    for (file, rows) in summary.files.iter().filter(|(_, rows)| *rows > 0) {
        say!("{rows:>10} rows  {file}");
    }
    say!("{} patients of {} in {}", summary.people.len(), args.practice, args.out.display());
    Ok(ExitCode::SUCCESS)
}
