//! `recordgate ingest`: an export into the configured store.

use std::process::ExitCode;

use gateway::{
    clock::SystemClock,
    config::Config,
    loader::{LoadError, Loader},
    telemetry,
};
use project::IdKey;
use record::{Fate, Report};
use store::Lmdb;

use crate::{Failure, args::IngestArgs, map::finish, progress::Display, report, serve::settings};

pub(crate) fn run(args: &IngestArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let guard = telemetry::init(&config.telemetry)?;
    let secrets = config.keys.open()?;
    let store = Lmdb::open(&settings(&config))?;
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &IdKey::new(secrets.id.expose()),
        clock: &SystemClock,
        practice: &args.practice,
        progress: &|progress| display.show(progress),
    };
    let result = loader.load(args.format, &args.paths);
    display.end();
    if let Ok(report) = &result {
        count(report);
    }
    drop(guard);
    if let Some(path) = &args.report {
        match &result {
            Ok(report) => report::write(report, path)?,
            Err(LoadError::Refused(refusal)) => report::write(refusal, path)?,
            Err(LoadError::Store(_) | LoadError::File(_)) => {}
        }
    }
    finish(result)
}

fn count(report: &Report) {
    for file in report.files.values() {
        for (fate, rows) in [
            (Fate::Stored, file.stored),
            (Fate::Unchanged, file.unchanged),
            (Fate::Parked, file.parked),
            (Fate::Rejected, file.rejected),
        ] {
            telemetry::ingest_rows(fate, rows);
        }
    }
}
