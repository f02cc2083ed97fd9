//! `recordgate ingest`: an export into the configured store.

use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
    loader::{Also, LoadError, Loader, sweep_rows},
    telemetry,
};
use project::quality::Quality;
use record::{Fate, Report};

use crate::{
    Failure,
    args::IngestArgs,
    map::finish,
    opened::Opened,
    quality::{Folder, sheet, sheet::Sheet},
    report::JsonFile,
};

pub(crate) fn run(args: &IngestArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let guard = telemetry::init(&config.telemetry)?;
    let opened = Opened::of(config)?;
    let folder = args.quality.as_deref().map(Folder::begin).transpose()?;
    let json = args.report.as_deref().map(JsonFile::begin).transpose()?;
    let result = opened.work(&opened.operator()?, &args.practice, |loader| match &folder {
        None => loader.load(args.format, &args.paths),
        Some(folder) => load_and_describe(loader, args, folder),
    });
    if let Ok(report) = &result {
        count(report);
    }
    // Where nothing is served, nobody else does it. The load has its own result.
    if let Err(error) = sweep_rows(&opened.store, SystemClock.now(), &opened.config.store.keep_rows()) {
        tell!("recordgate: old reports could not be deleted: {error}");
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

/// Loads, and writes the data-quality report of what was loaded.
fn load_and_describe(loader: &Loader<'_>, args: &IngestArgs, folder: &Folder) -> Result<Report, LoadError> {
    let (mut report, batch) = loader.take(args.format, &args.paths)?;
    let quality = Mutex::new(Quality::new(Some(batch), batch, SystemClock.now()));
    let also = Also { quality: Some(&quality), ..loader.also };
    Loader { also, ..*loader }.release(Some(batch), &mut report)?;
    let told = loader.told(std::iter::once(batch))?;
    let sheet = Sheet {
        practice: args.practice.to_string(),
        made: SystemClock.now(),
        batch: Some(batch),
        batches: batch,
        rows: Some(report.files.clone()),
        told: sheet::told(told),
        quality: quality.into_inner().unwrap_or_else(PoisonError::into_inner).summary(),
    };
    folder.write(&sheet).map_err(LoadError::Output)?;
    loader.store.settle(loader.practice)?;
    Ok(report)
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
