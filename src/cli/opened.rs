//! What the configuration names, opened: for commands that work on a store beside the service.

use std::path::Path;

use gateway::{clock::SystemClock, config::Config, loader::Loader, operator::Operator};
use project::IdKey;
use record::OdsCode;
use store::{Lmdb, Store};

use crate::{Failure, progress::Display, serve};

/// A configured store with the key for logical ids that its records were made with.
pub(crate) struct Opened {
    pub(crate) config: Config,
    pub(crate) store: Lmdb,
    pub(crate) ids: IdKey,
}

impl Opened {
    pub(crate) fn read(config: &Path) -> Result<Self, Failure> {
        Self::of(Config::load(config)?)
    }

    pub(crate) fn of(config: Config) -> Result<Self, Failure> {
        let secrets = config.keys.open()?;
        let store = serve::open(&config)?;
        let ids = IdKey::new(secrets.id.expose());
        store.bind(&ids.fingerprint())?;
        Ok(Self { config, store, ids })
    }

    /// The operator's terminology and tables, which may be long.
    pub(crate) fn operator(&self) -> Result<Operator, Failure> {
        Ok(Operator::configured(&self.config)?)
    }

    /// Works on the records of a practice, and shows how far that has come.
    pub(crate) fn work<T>(
        &self,
        operator: &Operator,
        practice: &OdsCode,
        work: impl FnOnce(&Loader<'_>) -> T,
    ) -> T {
        let display = Display::default();
        let done = work(&Loader {
            store: &self.store,
            ids: &self.ids,
            clock: &SystemClock,
            practice,
            progress: &|progress| display.show(progress),
            also: operator.also(),
        });
        display.end();
        done
    }

    /// # Errors
    /// If nothing of the practice was ever loaded.
    pub(crate) fn practice(&self, practice: &OdsCode) -> Result<store::Practice, Failure> {
        let settings = self.store.practice(practice)?;
        if settings.batches == 0 {
            return Err(Failure(format!("nothing of {practice} was ever loaded here; check --practice")));
        }
        Ok(settings)
    }
}
