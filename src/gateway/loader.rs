//! From an export on disk to released records: checked first, so that a refusal leaves nothing half stored; read into
//! the vault; the batch closed; whom it changed projected. Reading and storing each have a thread, and patients are
//! projected on every core; what comes out is the same as if one thread did it all (`in_order`, `relay`).
//!
//! Each chunk is durable when the next begins. What an interrupted load has stored is never shown: nothing is
//! projected before the batch is closed, and it cannot be closed before every row of it is durable.

mod dictionary;
mod fingerprint;
mod in_order;
mod relay;
mod remake;
mod storing;
mod survey;
mod sweep;
mod words;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    thread,
};

use ingest::{Format, Stop};
use policy::{Another, MadeWith, PracticeRules, Released};
use project::{Holder, IdKey, Projection, Record};
use record::{Entry, EntryId, Issue, IssueCode, OdsCode, PatientKey, Place, Report, Severity, Sink};
use store::{AsOf, NewRelease, OtherRecord, PatientFacts, Store, StoreError};

pub use self::{
    fingerprint::fingerprint_of,
    remake::{Remade, Remake},
    survey::{Also, Looked, NowAt, Sought, Told},
    sweep::sweep_rows,
};
use crate::clock::Clock;
use dictionary::Cached;
use fingerprint::fingerprint;
use in_order::{in_order, workers};
use storing::Storing;

/// Patients that are listed together.
const LISTED: usize = 10_000;
/// Patients that are swapped in together: so many, or so many bytes of bodies.
const PATIENTS: usize = 64;
const BODY_BYTES: usize = 16 << 20;

/// Why a batch was not loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The batch was refused; nothing of it was stored. The report says why.
    Refused(Box<Report>),
    /// The store failed. What was acknowledged is safe; load the same files again.
    Store(StoreError),
    /// This file could not be read.
    File(PathBuf, std::io::Error),
    /// The files were good when they were read first and bad when they were read again.
    Changed(Box<Report>),
    /// What was made could not be handed over.
    Output(std::io::Error),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_) => f.write_str("the export was refused, and nothing of it was stored"),
            Self::Store(error) => write!(f, "{error}"),
            Self::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Changed(_) => f.write_str(
                "the export changed while it was read: a part of it is stored, but none of it is released; put its \
                 files back as they were and load them again",
            ),
            Self::Output(error) => write!(f, "the output could not be written: {error}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How far a load has come, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Reading for the first time: bytes done and in all.
    Checking(u64, u64),
    /// Storing: bytes done and in all.
    Storing(u64, u64),
    /// Making released records: patients done and in all.
    Releasing(u64, u64),
    /// Looking at what is stored: patients done.
    Looking(u64),
}

/// Loads exports of one practice into a store.
pub struct Loader<'a> {
    /// Where to.
    pub store: &'a dyn Store,
    /// The deployment's key for logical ids.
    pub ids: &'a IdKey,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Whose export it is.
    pub practice: &'a OdsCode,
    /// Told how far it has come.
    pub progress: &'a dyn Fn(Progress),
    /// What not every load needs.
    pub also: Also<'a>,
}

impl Loader<'_> {
    /// Loads an export and releases what it changes.
    ///
    /// # Errors
    /// [`LoadError`]; after a refusal nothing is stored, after a failure of the store the same files may be loaded
    /// again.
    pub fn load(&self, format: Format, paths: &[PathBuf]) -> Result<Report, LoadError> {
        let (mut report, batch) = self.take(format, paths)?;
        self.release(Some(batch), &mut report)?;
        self.store.settle(self.practice)?;
        Ok(report)
    }

    /// Puts an export into the vault and closes the batch, without releasing anything yet. The second value is the
    /// batch's number. Until it is [settled](Store::settle), the same export is the same batch.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub fn take(&self, format: Format, paths: &[PathBuf]) -> Result<(Report, u64), LoadError> {
        let mut batch = ingest::open(format, self.practice, paths).map_err(refused)?;
        batch.recall(self.store.organisations(self.practice)?);
        let total = batch.total_bytes();
        let fingerprint = self.check(format, batch.as_ref(), total)?;
        self.store.bind(&self.ids.fingerprint())?;
        let begun = self.store.begin(self.practice, &fingerprint)?;
        let mut sink = Storing::new(self, begun.batch, total, format);
        for path in ingest::unread(batch.as_ref(), paths) {
            let place = Place { file: file_name(&path), line: 0 };
            sink.warn(Issue::new(Severity::Warning, IssueCode::FileNotRead, &place));
        }
        let read = relay::read(batch.as_ref(), &mut sink);
        let flushed = sink.flush().and_then(|()| sink.write_log());
        if let Err(stop) = read.and(flushed.map_err(Stop::from)) {
            return Err(match stopped(stop, sink.failed.take()) {
                LoadError::Refused(report) => LoadError::Changed(report),
                error => error,
            });
        }
        let (mut report, guests) = (sink.report, sink.guests);
        self.store.close(self.practice)?;
        if guests {
            // Those whose patient is there are told of with that patient's projection.
            let unclaimed = self.store.unclaimed(self.practice)?.into_iter();
            let waits: Vec<Waits> = unclaimed
                .map(|(place, changed_in)| (place, IssueCode::PatientAwaited, changed_in == begun.batch))
                .collect();
            self.park(begun.batch, &waits, &mut report)?;
        }
        Ok((report, begun.batch))
    }

    /// Reads a batch without storing anything, and takes its fingerprint meanwhile.
    fn check(&self, format: Format, batch: &dyn ingest::Batch, total: u64) -> Result<String, LoadError> {
        thread::scope(|scope| {
            let fingerprint = scope.spawn(|| fingerprint(format, batch));
            let checked = batch.check(&mut |bytes| (self.progress)(Progress::Checking(bytes, total)));
            let fingerprint = fingerprint.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            checked.map_err(|stop| stopped(stop, None))?;
            Ok(fingerprint)
        })
    }

    /// Projects every patient that waits for it, hands each projection over, and releases none: for looking only.
    ///
    /// # Errors
    /// If the store failed.
    pub fn look(
        &self,
        batch: u64,
        report: &mut Report,
        see: &mut dyn FnMut(&Projection) -> std::io::Result<()>,
    ) -> Result<(), LoadError> {
        let patients = self.store.dirty(self.practice, usize::MAX)?;
        let total = patients.len() as u64;
        let mut done = 0;
        self.project_all(
            &patients,
            batch.into(),
            |_, looked| (looked.projection, looked.waits, looked.issue),
            |(projection, waits, issue)| {
                self.park(batch, &waits, report)?;
                issue.into_iter().for_each(|issue| report.issue(issue));
                see(&projection).map_err(LoadError::Output)?;
                report.patients_projected += 1;
                done += 1;
                (self.progress)(Progress::Releasing(done, total));
                Ok(())
            },
        )
    }

    /// Projects every patient of the practice whose record has changed, and swaps the results in.
    ///
    /// # Errors
    /// If the store failed; who was not swapped in stays on the list.
    pub fn release(&self, batch: Option<u64>, report: &mut Report) -> Result<(), StoreError> {
        self.store.make_with(self.practice, &self.made_with()?)?;
        let total = self.store.dirty_count(self.practice)?;
        loop {
            let mut swap = Swap::new(self, batch, total, self.store.practice(self.practice)?.as_of());
            let patients = self.store.dirty(self.practice, LISTED)?;
            if patients.is_empty() {
                return Ok(());
            }
            self.project_all(
                &patients,
                batch,
                |patient, looked| {
                    let Anew { projection, made_with, before, waits, issue } = looked;
                    let incomplete = projection.incomplete;
                    let waiting =
                        projection.waiting.iter().map(|one| (one.entry.clone(), one.code)).collect();
                    let made = self.clock.now();
                    let screened = projection.queued(made);
                    let (release, changed) = project::release(before.as_deref(), projection, made_with, made);
                    let patient = patient.clone();
                    let new = NewRelease { patient, release, waiting, made, incomplete, screened };
                    (new, changed, waits, issue)
                },
                |(release, changed, waits, issue)| {
                    issue.into_iter().for_each(|issue| report.issue(issue));
                    report.resources_changed += changed;
                    report.patients_projected += 1;
                    swap.add(release, waits, report)
                },
            )?;
            swap.now(report)?;
            if swap.overtaken && !swap.as_of.but_for_decisions(&self.store.practice(self.practice)?.as_of()) {
                // Another load has begun, and releases these patients when it is whole.
                return Ok(());
            }
        }
    }

    /// Projects patients on every core, makes something of each there, and takes it here, in the order of the
    /// patients.
    fn project_all<T: Send, E: From<StoreError>>(
        &self,
        patients: &[PatientKey],
        batch: Option<u64>,
        make: impl Fn(&PatientKey, Anew) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let settings = self.store.practice(self.practice)?;
        let (store, practice) = (self.store, self.practice);
        let projecting = Projecting {
            practice,
            practice_name: settings.name.as_deref(),
            rules: &settings.rules,
            ids: self.ids,
            also: self.also,
            batch,
        };
        in_order(
            workers(),
            patients,
            || Cached::new(store, practice),
            |dictionary, patient| {
                let facts = store.facts(practice, patient)?;
                let anew = projecting.anew(patient, facts, dictionary);
                dictionary.failure().map_or_else(|| Ok(make(patient, anew)), Err)
            },
            |made: Result<T, StoreError>| take(made?),
        )
    }

    /// A row of this batch that was counted as stored turns out to wait for something; or one that was counted as
    /// unchanged, if an earlier load of it was cut off before it could be told. Other files' rows are in other reports.
    /// Where the log has no such row, the report does not count one either.
    fn park(&self, batch: u64, waits: &[Waits], report: &mut Report) -> Result<(), StoreError> {
        let parked = self.store.park_rows(self.practice, batch, waits)?;
        for ((place, code, stored_now), _) in waits.iter().zip(parked).filter(|(_, parked)| *parked) {
            let file = report.file(&place.file);
            let counted = if *stored_now { &mut file.stored } else { &mut file.unchanged };
            *counted = counted.saturating_sub(1);
            file.parked += 1;
            report.issue(Issue::new(Severity::Warning, *code, place));
        }
        Ok(())
    }
}

/// What a patient's facts come to.
struct Anew {
    projection: Projection,
    made_with: MadeWith,
    before: Option<Arc<Released>>,
    waits: Vec<Waits>,
    issue: Option<Issue>,
}

/// Which batch last changed each fact of a patient. The patient's own entries come first wherever entries are listed.
struct Batches {
    own: Vec<u64>,
    guests: HashMap<EntryId, u64>,
}

impl Batches {
    fn of(facts: &PatientFacts) -> Self {
        let guests = facts.guests.iter().map(|(guest, batch)| (guest.entry.id.clone(), *batch));
        Self { own: facts.entries.iter().map(|(_, batch)| *batch).collect(), guests: guests.collect() }
    }

    /// The batch of each entry.
    fn each(&self, entries: &[Entry]) -> Vec<u64> {
        let batch = |(at, entry): (usize, &Entry)| {
            self.own.get(at).or_else(|| self.guests.get(&entry.id)).copied().unwrap_or(0)
        };
        entries.iter().enumerate().map(batch).collect()
    }

    /// The entries of one batch, guests that may not join the record among them.
    fn of_one<'a>(&'a self, entries: &'a [Entry], one: u64) -> HashSet<&'a EntryId> {
        let guests = self.guests.iter().filter(|(_, batch)| **batch == one).map(|(id, _)| id);
        let mut ids: HashSet<&EntryId> = guests.collect();
        for (entry, batch) in entries.iter().zip(&self.own) {
            if *batch == one {
                ids.insert(&entry.id)
            } else {
                ids.remove(&entry.id)
            };
        }
        ids
    }
}

/// What projecting needs beside the patient, on whatever thread.
#[derive(Clone, Copy)]
struct Projecting<'a> {
    practice: &'a OdsCode,
    practice_name: Option<&'a str>,
    rules: &'a PracticeRules,
    ids: &'a IdKey,
    also: Also<'a>,
    batch: Option<u64>,
}

impl Projecting<'_> {
    fn anew(&self, patient: &PatientKey, facts: PatientFacts, dictionary: &Cached<'_>) -> Anew {
        let batches = Batches::of(&facts);
        let own: Vec<Entry> = facts.entries.into_iter().map(|(entry, _)| entry).collect();
        let guests = facts.guests.into_iter().map(|(guest, _)| (guest.identity, guest.entry)).collect();
        let others: Vec<Another<'_>> = facts.others.iter().map(OtherRecord::seen).collect();
        let beside = facts.others.iter().zip(&others).filter(|(other, _)| !other.marks_only);
        let holder = Holder::of(patient, &own, &beside.map(|(_, other)| *other).collect::<Vec<_>>());
        let of_own = own.len();
        let (entries, refused) = project::with_guests(own, guests, facts.number_shared);
        let entries = policy::with_marks_of_others(entries, of_own, &facts.oversight, &others, dictionary);
        let oversight = policy::with_words_of_others(&entries, of_own, &facts.oversight, &others, dictionary);
        let record = Record {
            practice: self.practice,
            practice_name: self.practice_name,
            patient,
            entries: &entries,
            dictionary,
            terminology: self.also.terminology.map(|loaded| &loaded.terminology),
            own: self.also.own(),
            oversight: &oversight,
            rules: self.rules,
        };
        let mut projection = project::project(&record, self.ids);
        projection.waiting.extend(refused);
        projection.standing.another_record = holder.is_closed();
        if let Some(quality) = self.also.quality {
            let batches = batches.each(&entries);
            let since = facts.waiting_since;
            quality.lock().unwrap_or_else(PoisonError::into_inner).take(
                &record,
                &batches,
                &since,
                holder,
                &projection,
            );
        }
        let told = self.batch.filter(|_| !projection.waiting.is_empty());
        let waits = told.map_or_else(Vec::new, |batch| {
            let now = batches.of_one(&entries, batch);
            let told = projection.waiting.iter();
            told.map(|one| (one.place.clone(), one.code, now.contains(&one.entry))).collect()
        });
        let made_with = self.also.made_with(self.rules);
        let issue = holder.issue().and_then(|code| self.on_the_patient(code, &entries, &batches));
        Anew { projection, made_with, before: facts.released, waits, issue }
    }

    /// What is told of a patient, with the batch that brought them.
    fn on_the_patient(&self, code: IssueCode, entries: &[Entry], batches: &Batches) -> Option<Issue> {
        let mut own = entries.iter().zip(&batches.own);
        let (entry, batch) = own.find(|(entry, _)| entry.id == EntryId::of_patient())?;
        let told = self.batch == Some(*batch);
        told.then(|| Issue::new(Severity::Warning, code, &entry.place))
    }
}

/// Patients whose new records are swapped in together.
struct Swap<'a, 'l> {
    loader: &'a Loader<'l>,
    batch: Option<u64>,
    releases: Vec<NewRelease>,
    waits: Vec<Waits>,
    bytes: usize,
    done: u64,
    total: u64,
    /// Taken before anything was read.
    as_of: AsOf,
    /// Another batch has begun since: nothing more is swapped in.
    overtaken: bool,
}

impl<'a, 'l> Swap<'a, 'l> {
    fn new(loader: &'a Loader<'l>, batch: Option<u64>, total: u64, as_of: AsOf) -> Self {
        let (releases, waits) = (Vec::new(), Vec::new());
        Self { loader, batch, releases, waits, bytes: 0, done: 0, total, as_of, overtaken: false }
    }

    fn add(&mut self, release: NewRelease, waits: Vec<Waits>, report: &mut Report) -> Result<(), StoreError> {
        self.waits.extend(waits);
        self.bytes += release.release.bodies.iter().flat_map(|body| &body.bytes).map(Vec::len).sum::<usize>();
        self.releases.push(release);
        if self.releases.len() >= PATIENTS || self.bytes >= BODY_BYTES { self.now(report) } else { Ok(()) }
    }

    fn now(&mut self, report: &mut Report) -> Result<(), StoreError> {
        // Before the swap: whoever is swapped in is not looked at again after a crash.
        if let Some(batch) = self.batch {
            self.loader.park(batch, &self.waits, report)?;
            self.waits.clear();
        }
        if !self.overtaken {
            let (store, practice) = (self.loader.store, self.loader.practice);
            self.overtaken = !store.release(practice, &self.as_of, &self.releases)?;
        }
        self.done += self.releases.len() as u64;
        self.releases.clear();
        self.bytes = 0;
        (self.loader.progress)(Progress::Releasing(self.done.min(self.total), self.total));
        Ok(())
    }
}

/// Where a row stands that waits, for what, and whether this batch brought it.
type Waits = (Place, IssueCode, bool);

fn refused(issues: Vec<Issue>) -> LoadError {
    let mut report = Report::default();
    issues.into_iter().for_each(|issue| report.issue(issue));
    LoadError::Refused(Box::new(report))
}

fn stopped(stop: Stop, failed: Option<StoreError>) -> LoadError {
    match (stop, failed) {
        (_, Some(error)) => LoadError::Store(error),
        (Stop::Refused(issues), None) => refused(issues),
        (Stop::Sink(_), None) => LoadError::Store(StoreError::Damaged("vault")),
    }
}

/// The file's name, for messages.
#[must_use]
pub fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
