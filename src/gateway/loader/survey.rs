//! Looking at what is stored without changing anything: the whole practice for its data quality, one row for whoever
//! follows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use policy::{MadeWith, PracticeRules, Released};
use project::{OwnTables, Projection, quality::Quality};
use record::{Entry, EntryId, Fate, IssueCode, PatientKey, Place, Row, RowEntry};
use store::{PatientFacts, Practice, StoreError};

use super::{Anew, Cached, Loader, Progress, Projecting};
use crate::terminology::Loaded;

/// Patients that are listed at a time.
const LISTED: usize = 1_000;

/// What not every load needs.
#[derive(Clone, Copy, Default)]
pub struct Also<'a> {
    /// A terminology that an operator has loaded.
    pub terminology: Option<&'a Loaded>,
    /// The operator's own tables.
    pub own: Option<&'a OwnTables>,
    /// Takes in what became of each patient's entries.
    pub quality: Option<&'a Mutex<Quality>>,
}

impl<'a> Also<'a> {
    /// What records are made with by a practice's rules.
    pub(super) fn made_with(&self, rules: &PracticeRules) -> MadeWith {
        project::made_with(rules, self.terminology.map_or("", |loaded| &loaded.identity), self.own())
    }

    /// The operator's own tables, or none.
    pub(crate) fn own(&self) -> &'a OwnTables {
        static NONE: LazyLock<OwnTables> = LazyLock::new(OwnTables::default);
        self.own.unwrap_or(&NONE)
    }
}

/// What is known of the rows of batches: how often each code was told of each field of each file.
pub type Told = BTreeMap<(String, IssueCode, Option<String>), u64>;

/// A patient as they are now.
#[derive(Debug)]
pub struct Looked {
    /// Every entry, and every guest by the patient's NHS number, with the number of the batch that last changed it.
    pub entries: Vec<(Entry, u64)>,
    /// What the record comes to now.
    pub projection: Projection,
    /// What is released.
    pub released: Option<Arc<Released>>,
}

/// Where an entry was last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NowAt {
    /// The entry.
    pub entry: EntryId,
    /// Whose it is; nobody's, if its feed names patients by NHS number.
    pub patient: Option<PatientKey>,
    /// The place.
    pub place: Place,
    /// The batch that last changed it.
    pub batch: u64,
}

/// What is known of one line of a file.
#[derive(Debug, Default)]
pub struct Sought {
    /// Patients who have an entry that was last read there.
    pub patients: Vec<PatientKey>,
    /// What the logs of batches say of the line, the newest batch first.
    pub logged: Vec<(u64, Row)>,
    /// Entries that were last read in that file: how many, the first line and the last.
    pub in_file: Option<(u64, u64, u64)>,
    /// Entries that the line spoke of, or other feeds' of the same ids, if they were last read on another line. Those
    /// that stand as the line does, in a file of the same kind, come first: a message may come again by another name.
    pub now_at: Vec<NowAt>,
    /// The batch that had the file and did not read it.
    pub not_read: Option<u64>,
}

impl Loader<'_> {
    /// Projects every patient of the practice for [`Also::quality`], and releases none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn survey(&self) -> Result<(), StoreError> {
        let settings = self.store.practice(self.practice)?;
        let dictionary = Cached::new(self.store, self.practice);
        self.each_patient(&mut |patient| self.anew(patient, &settings, &dictionary).map(drop))
    }

    /// What became of each row of these batches, as far as their logs are kept: told codes by file and field.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn told(&self, batches: impl Iterator<Item = u64>) -> Result<Told, StoreError> {
        let mut told = Told::new();
        for batch in batches {
            let mut after = Vec::new();
            while let Some(page) = self.store.rows(self.practice, batch, &after)? {
                for issue in page.rows.into_iter().flat_map(|row| row.issues) {
                    *told.entry((issue.file, issue.code, issue.field)).or_default() += 1;
                }
                after = page.next;
            }
        }
        Ok(told)
    }

    /// Looks for a line of a file in the vault and in the logs of batches.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn seek(&self, place: &Place) -> Result<Sought, StoreError> {
        let mut sought = Sought::default();
        for batch in self.store.logged(self.practice)?.into_iter().rev() {
            let rows = self.store.rows_at(self.practice, batch, place)?;
            sought.logged.extend(rows.into_iter().map(|row| (batch, row)));
            let of_file = self.store.rows_at(self.practice, batch, &Place { line: 0, ..place.clone() })?;
            let mut issues = of_file.iter().flat_map(|row| &row.issues);
            if sought.not_read.is_none() && issues.any(|issue| issue.code == IssueCode::FileNotRead) {
                sought.not_read = Some(batch);
            }
        }
        let rejected = |(_, row): &(u64, Row)| row.fate == Some(Fate::Rejected);
        if !sought.logged.is_empty() && sought.logged.iter().all(rejected) {
            // Nobody has an entry of it, and the vault need not be gone through.
            return Ok(sought);
        }
        let spoken_of: BTreeSet<u64> =
            sought.logged.iter().filter_map(|(_, row)| row.entry.as_ref().map(RowEntry::short)).collect();
        self.each_patient(&mut |patient| {
            let facts = self.store.facts(self.practice, patient)?;
            let mut here = false;
            let own = facts.entries.len();
            let entries = everything(facts);
            for (at, (entry, batch)) in entries.iter().enumerate() {
                if entry.place == *place || !spoken_of.contains(&entry.id.short()) {
                    continue;
                }
                let patient = (at < own).then(|| patient.clone());
                let now =
                    NowAt { entry: entry.id.clone(), patient, place: entry.place.clone(), batch: *batch };
                if !sought.now_at.contains(&now) {
                    sought.now_at.push(now);
                }
            }
            for (entry, _) in entries.iter().filter(|(entry, _)| entry.place.file == place.file) {
                let line = entry.place.line;
                let (count, first, last) = sought.in_file.unwrap_or((0, line, line));
                sought.in_file = Some((count + 1, first.min(line), last.max(line)));
                here |= line == place.line;
            }
            sought.patients.extend(here.then(|| patient.clone()));
            Ok(())
        })?;
        let kind = |place: &Place| Path::new(&place.file).extension().map(OsStr::to_owned);
        sought.now_at.sort_by_key(|now| kind(&now.place) != kind(place) || now.place.line != place.line);
        Ok(sought)
    }

    /// Where an entry was last read: one place for each feed that has one of this id, none if the practice has none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn places_of(&self, id: &EntryId) -> Result<Vec<Place>, StoreError> {
        let mut found = Vec::new();
        self.each_patient(&mut |patient| {
            for (entry, _) in everything(self.store.facts(self.practice, patient)?) {
                if entry.id == *id && !found.contains(&entry.place) {
                    found.push(entry.place);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// A patient as they are now.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn look_at(&self, patient: &PatientKey) -> Result<Looked, StoreError> {
        let settings = self.store.practice(self.practice)?;
        let dictionary = Cached::new(self.store, self.practice);
        let Anew { projection, before, .. } = self.anew(patient, &settings, &dictionary)?;
        let entries = everything(self.store.facts(self.practice, patient)?);
        Ok(Looked { entries, projection, released: before })
    }

    /// What speaks against giving more access to a patient's record without a look at it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn blocked(&self, patient: &PatientKey) -> Result<Option<policy::Blocked>, StoreError> {
        let looked = self.look_at(patient)?;
        let entries: Vec<Entry> = looked.entries.into_iter().map(|(entry, _)| entry).collect();
        let dictionary = Cached::new(self.store, self.practice);
        let standing = &looked.projection.standing;
        let blocked = policy::blocked(standing, &entries, &dictionary, self.clock.today());
        dictionary.failure().map_or(Ok(blocked), Err)
    }

    fn anew(
        &self,
        patient: &PatientKey,
        settings: &Practice,
        dictionary: &Cached<'_>,
    ) -> Result<Anew, StoreError> {
        let projecting = Projecting {
            practice: self.practice,
            practice_name: settings.name.as_deref(),
            rules: &settings.rules,
            ids: self.ids,
            also: self.also,
            batch: None,
        };
        let anew = projecting.anew(patient, self.store.facts(self.practice, patient)?, dictionary);
        dictionary.failure().map_or(Ok(anew), Err)
    }

    /// Whether a row's fate is final: it is not while its batch is open.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_final(&self, batch: u64, fate: Option<Fate>) -> Result<bool, StoreError> {
        let settings = self.store.practice(self.practice)?;
        let open = settings.open_batch.is_some() && settings.batches == batch;
        Ok(!open || fate == Some(Fate::Rejected))
    }

    /// Calls with every patient of whom there is a released record, and with those who wait for their first.
    fn each_patient(
        &self,
        see: &mut dyn FnMut(&PatientKey) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut after: Option<PatientKey> = None;
        let mut first: BTreeSet<PatientKey> =
            self.store.dirty(self.practice, usize::MAX)?.into_iter().collect();
        let mut done = 0;
        loop {
            let patients = self.store.patients(self.practice, after.as_ref(), LISTED)?;
            let Some(last) = patients.last() else { break };
            after = Some(last.clone());
            for patient in &patients {
                first.remove(patient);
                see(patient)?;
            }
            done += patients.len() as u64;
            (self.progress)(Progress::Looking(done));
        }
        first.iter().try_for_each(see)
    }
}

/// A patient's own entries and those of feeds that name their patient by number.
fn everything(facts: PatientFacts) -> Vec<(Entry, u64)> {
    let guests = facts.guests.into_iter().map(|(guest, batch)| (guest.entry, batch));
    facts.entries.into_iter().chain(guests).collect()
}
