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
    loader::{Also, Loader},
};
use project::quality::Quality;

use crate::{Failure, args::QualityArgs, opened::Opened};
use sheet::Sheet;

pub(crate) fn run(args: &QualityArgs) -> Result<ExitCode, Failure> {
    let folder = args.out.as_deref().map(Folder::begin).transpose()?;
    let opened = Opened::read(&args.config)?;
    let settings = opened.practice(&args.practice)?;
    let quality = Mutex::new(Quality::new(None, settings.batches, SystemClock.now()));
    let told = opened.work(&opened.operator()?, &args.practice, |loader| {
        let also = Also { quality: Some(&quality), ..loader.also };
        let loader = Loader { also, ..*loader };
        loader.survey()?;
        loader.told(1..=settings.batches)
    })?;
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
