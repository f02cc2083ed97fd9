//! The store of a running or stopped service, opened for somebody who decides something in it.

use std::path::{Path, PathBuf};

use gateway::{
    clock::{Clock, SystemClock},
    loader::Loader,
};
use jiff::civil::Date;
use policy::Decided;
use record::{EntryId, OdsCode, PatientKey, Report};
use store::{Change, Decisions, Lmdb, PatientFacts, Store, StoreError, Subject};

use crate::{
    Failure,
    args::{AboutPatient, Deciding},
    named,
    opened::Opened,
};

/// A practice's records, and the practice.
pub(super) struct Desk {
    opened: Opened,
    pub(super) practice: OdsCode,
}

impl Desk {
    pub(super) fn open(config: &Path, practice: &OdsCode) -> Result<Self, Failure> {
        Ok(Self { opened: Opened::read(config)?, practice: practice.clone() })
    }

    pub(super) fn store(&self) -> &Lmdb {
        &self.opened.store
    }

    /// The desk for a patient who is there.
    pub(super) fn of(about: &AboutPatient) -> Result<(Self, PatientKey, PatientFacts), Failure> {
        let desk = Self::open(&about.config, &about.practice)?;
        let patient = desk.named(&about.patient)?;
        let facts = desk.store().facts(&about.practice, &patient)?;
        Ok((desk, patient, facts))
    }

    /// The key of a patient, by any name that the practice has for them.
    pub(super) fn named(&self, name: &str) -> Result<PatientKey, Failure> {
        Ok(named::find(self.store(), &self.practice, name)?.patient)
    }

    pub(super) fn subject(&self, patient: &PatientKey) -> Subject {
        Subject { practice: self.practice.clone(), patient: patient.clone() }
    }

    pub(super) fn audit_dir(&self) -> PathBuf {
        self.opened.config.audit_dir()
    }

    /// Whether the service lets people sign in with letters.
    pub(super) fn accepts_letters(&self) -> bool {
        self.opened.config.letters.accept
    }

    pub(super) fn today() -> Date {
        SystemClock.today()
    }

    /// Decides, and says under which number it was written down.
    pub(super) fn decide(&self, change: &Change, deciding: &Deciding) -> Result<bool, StoreError> {
        let decided = Decided { by: deciding.by.clone(), at: SystemClock.now(), why: deciding.why.clone() };
        let number = self.store().decide(&self.practice, change, &decided)?;
        match number {
            Some(number) => say!("decision {number} of {}", self.practice),
            None => say!("nothing to change: it is so already"),
        }
        Ok(number.is_some())
    }

    /// Projects whoever must be, and releases what comes of it, with the tables and the terminology of the service.
    pub(super) fn release(&self) -> Result<(), Failure> {
        self.loading(|loader| loader.release(None, &mut Report::default()))
    }

    /// Decides about the words of an entry, makes the record anew, and gives how many entries it was about.
    pub(super) fn review(
        &self,
        patient: &PatientKey,
        entry: &EntryId,
        share: bool,
        deciding: &Deciding,
    ) -> Result<usize, Failure> {
        let decided = Decided { by: deciding.by.clone(), at: SystemClock.now(), why: deciding.why.clone() };
        self.loading(|loader| loader.decide_words(patient, entry, share, &decided))
    }

    /// What speaks against giving access to a record without a look at it.
    pub(super) fn blocked(&self, patient: &PatientKey) -> Result<Option<policy::Blocked>, Failure> {
        self.loading(|loader| loader.blocked(patient))
    }

    fn loading<T>(&self, work: impl FnOnce(&Loader<'_>) -> Result<T, StoreError>) -> Result<T, Failure> {
        Ok(self.opened.work(&self.opened.operator()?, &self.practice, work)?)
    }
}

/// Whether a patient has an entry, of their own feed or of another.
pub(super) fn has_entry(facts: &PatientFacts, id: &EntryId) -> bool {
    let own = facts.entries.iter().map(|(entry, _)| entry);
    own.chain(facts.guests.iter().map(|(guest, _)| &guest.entry)).any(|entry| entry.id == *id)
}
