//! `recordgate ingest`: an export into the configured store.

use std::process::ExitCode;

use gateway::{
    clock::SystemClock,
    config::Config,
    loader::{Also, LoadError, Loader},
    telemetry,
};
use project::IdKey;
use record::{Fate, Report};

use crate::{Failure, args::IngestArgs, map::finish, progress::Display, report::JsonFile, serve::open};

pub(crate) fn run(args: &IngestArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let guard = telemetry::init(&config.telemetry)?;
    let secrets = config.keys.open()?;
    let store = open(&config)?;
    let json = args.report.as_deref().map(JsonFile::begin).transpose()?;
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &IdKey::new(secrets.id.expose()),
        clock: &SystemClock,
        practice: &args.practice,
        progress: &|progress| display.show(progress),
        also: Also::default(),
    };
    let result = loader.load(args.format, &args.paths);
    display.end();
    if let Ok(report) = &result {
        count(report);
    }
    drop(guard);
    let written = json.map_or(Ok(()), |json| match &result {
        Ok(report) => json.write(report),
        Err(LoadError::Refused(report) | LoadError::Changed(report)) => json.write(report),
        Err(LoadError::Store(_) | LoadError::File(..) | LoadError::Output(_)) => {
            json.drop_it();
            Ok(())
        }
    });
    let code = finish(result)?;
    written.map(|()| code)
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
