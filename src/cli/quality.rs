//! `recordgate quality`, and the data-quality report that `ingest` writes: the same facts as text, as JSON and as a page
//! for a browser.

mod page;
pub(crate) mod sheet;
pub(crate) mod text;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
    loader::{Also, Loader},
    operator::Operator,
};
use project::{IdKey, quality::Quality};
use store::Store;

use crate::{Failure, args::QualityArgs, progress::Display, serve::open};
use sheet::Sheet;

pub(crate) fn run(args: &QualityArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    let folder = args.out.as_deref().map(Folder::begin).transpose()?;
    let secrets = config.keys.open()?;
    let store = open(&config)?;
    let settings = store.practice(&args.practice)?;
    if settings.batches == 0 {
        return Err(Failure(format!("nothing of {} was ever loaded here; check --practice", args.practice)));
    }
    let operator = Operator::configured(&config)?;
    let quality = Mutex::new(Quality::new(None, settings.batches, SystemClock.now()));
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &IdKey::new(secrets.id.expose()),
        clock: &SystemClock,
        practice: &args.practice,
        progress: &|progress| display.show(progress),
        also: Also { quality: Some(&quality), ..operator.also() },
    };
    loader.survey()?;
    let told = loader.told(1..=settings.batches)?;
    display.end();
    let sheet = Sheet {
        practice: args.practice.to_string(),
        made: SystemClock.now(),
        batch: None,
        batches: settings.batches,
        rows: None,
        told: sheet::told(told),
        quality: quality.into_inner().unwrap_or_else(PoisonError::into_inner).summary(),
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&sheet)?);
    } else {
        say!("{}", text::whole(&sheet).trim_end());
    }
    if let Some(folder) = folder {
        folder.write(&sheet)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder that the report is written into. It is made before a load begins, so that a load of hours does not end
/// without one.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let cannot =
            |error| Failure(format!("cannot write into {}: {error}; nothing was done", path.display()));
        fs::create_dir_all(path).map_err(cannot)?;
        let trial = path.join("quality.txt.part");
        fs::write(&trial, "").and_then(|()| fs::remove_file(&trial)).map_err(cannot)?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the three forms, each whole or not at all.
    pub(crate) fn write(&self, sheet: &Sheet) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(sheet)?;
        for (name, bytes) in [
            ("quality.txt", text::whole(sheet).into_bytes()),
            ("quality.json", json),
            ("quality.html", page::page(sheet).into_bytes()),
        ] {
            let part = self.0.join(format!("{name}.part"));
            fs::write(&part, bytes)?;
            fs::rename(&part, self.0.join(name))?;
        }
        tell!("data quality: {}", self.0.join("quality.html").display());
        Ok(())
    }
}
