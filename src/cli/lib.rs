//! The command line: arguments in, one function called, what a person reads on the terminal out.

/// Prints a line on standard output. Whoever stops listening (`| head`) is no reason to fail.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stdout(), $($words)*));
    }};
}

/// Prints a line on standard error.
macro_rules! tell {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), $($words)*));
    }};
}

mod admin;
mod args;
mod certificates;
mod check;
mod demo;
mod explain;
mod ingest;
mod known;
mod lexicon;
mod map;
mod named;
mod opened;
mod people;
mod pretend;
mod progress;
mod push;
mod quality;
mod redact;
mod report;
mod sandbox;
mod serve;
mod synth;
mod terminology;
mod trace;
mod users;

use std::{fmt, process::ExitCode};

use clap::Parser;

/// What a person is told when a command fails: what happened, and what to do.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words = format!("{words}: {cause_words}");
            }
            source = cause.source();
        }
        Self(words)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parses the arguments and runs the command. Exit code 0: done; 1: failed or refused; 2: the arguments were wrong.
#[must_use]
pub fn run() -> ExitCode {
    let result = match args::Args::parse().command {
        args::Command::Sandbox(args) => sandbox::run(args),
        args::Command::Serve(args) => serve::run(&args),
        args::Command::Ingest(args) => ingest::run(&args),
        args::Command::Push(args) => push::run(&args),
        args::Command::Map(args) => map::run(&args),
        args::Command::Synth(args) => synth::run(&args),
        args::Command::Redact(args) => redact::run(&args),
        args::Command::Lexicon(args) => lexicon::run(&args),
        args::Command::Check(args) => check::run(&args),
        args::Command::Admin(args) => admin::run(&args.command),
        args::Command::Quality(args) => quality::run(&args),
        args::Command::Trace(args) => trace::run(&args),
        args::Command::Explain(args) => explain::run(&args),
        args::Command::Terminology(args) => terminology::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            tell!("recordgate: {failure}");
            ExitCode::FAILURE
        }
    }
}
