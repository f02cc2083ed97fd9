//! `recordgate check`: everything that can be known to be wrong before a port is bound.

use std::process::ExitCode;

use gateway::{
    clock::{Clock, SystemClock},
    config::{Config, Severity},
};

use crate::{Failure, args::CheckArgs};

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let findings = config.check(SystemClock.now());
    findings.iter().for_each(|finding| say!("{finding}"));
    let tables = project::check_tables();
    tables.iter().for_each(|problem| say!("error: built-in table: {problem}"));
    if findings.iter().any(|finding| finding.severity == Severity::Error) || !tables.is_empty() {
        return Err(Failure(format!("{} cannot be used as it is", args.config.display())));
    }
    say!("{} is good", args.config.display());
    Ok(ExitCode::SUCCESS)
}
