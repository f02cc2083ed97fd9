//! The sink of a load: facts into the vault and rows into the log, a chunk at a time, each durable before the next.

use std::collections::{BTreeSet, HashMap};

use ingest::Format;
use jiff::civil::Date;
use record::{
    Content, Effective, Entry, EntryId, Fact, Fate, Issue, IssueCode, PatientKey, Place, Report, Row,
    RowEntry, Severity, Sink, SinkError,
};
use store::{StoreError, Whole};

use super::{Loader, Progress};

/// Facts that are made durable together: so many, or what so many bytes of the export hold.
const CHUNK: usize = 4_000;
const CHUNK_BYTES: u64 = 16 << 20;
/// Rows that are logged together.
const LOGGED: usize = 20_000;

/// The second reading: into the vault, a chunk at a time.
pub(super) struct Storing<'a, 'l> {
    loader: &'a Loader<'l>,
    batch: u64,
    total: u64,
    /// Bytes of the export that have been read, and had been when the last chunk was stored.
    read: u64,
    flushed: u64,
    whole: bool,
    /// Whether the log has the ids of entries, since lines do not tell rows apart.
    ids: bool,
    facts: Vec<Fact>,
    /// Where in the log the row of each fact is; some are none.
    places: Vec<Option<usize>>,
    /// Rows that have been read and not been logged yet.
    log: Vec<Row>,
    /// For formats that send whole records: what was sent so far of those whose record has not ended.
    seen: HashMap<PatientKey, Whole>,
    /// Records that have ended with one of `facts`.
    ended: Vec<Whole>,
    /// Whether there were guests.
    pub(super) guests: bool,
    pub(super) report: Report,
    pub(super) failed: Option<StoreError>,
    /// Today, in London.
    today: Date,
}

impl<'a, 'l> Storing<'a, 'l> {
    /// A sink that has heard nothing.
    pub(super) fn new(loader: &'a Loader<'l>, batch: u64, total: u64, format: Format) -> Self {
        Self {
            loader,
            batch,
            total,
            read: 0,
            flushed: 0,
            whole: format.sends_whole_records(),
            ids: format.rows_share_lines(),
            facts: Vec::new(),
            places: Vec::new(),
            log: Vec::new(),
            seen: HashMap::new(),
            ended: Vec::new(),
            guests: false,
            report: Report::default(),
            failed: None,
            today: Effective::at(loader.clock.now()).first_day(),
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        let (store, practice) = (self.loader.store, self.loader.practice);
        let fates = store.put(practice, self.batch, &self.facts).map_err(|error| self.fail(error))?;
        if !self.ended.is_empty() {
            store.retain(practice, self.batch, &self.ended).map_err(|error| self.fail(error))?;
            self.ended.clear();
        }
        for ((at, fact), fate) in self.places.drain(..).zip(&self.facts).zip(fates) {
            let Some(row) = at.and_then(|at| self.log.get_mut(at)) else { continue };
            row.fate = Some(fate);
            self.report.count(&row.place.file, fate);
            let told = match (fate, fact) {
                (Fate::Parked, Fact::Removed(..)) => Some((Severity::Warning, IssueCode::RemovalAwaited)),
                (Fate::Parked, _) => Some((Severity::Warning, IssueCode::StillAwaited)),
                // Only the store knows that there is nothing that a deletion without a patient could mean.
                (Fate::Rejected, _) => Some((Severity::Error, IssueCode::PatientInvalid)),
                (Fate::Stored | Fate::Unchanged, _) => None,
            };
            if let Some((severity, code)) = told {
                let mut issue = Issue::new(severity, code, &row.place);
                if code == IssueCode::PatientInvalid {
                    issue = issue.detail("it deletes by its own key alone, and nothing here has that key");
                }
                row.issues.push(issue.clone());
                self.report.issue(issue);
            }
        }
        self.facts.clear();
        self.flushed = self.read;
        if self.log.len() >= LOGGED { self.write_log() } else { Ok(()) }
    }

    /// Makes the log durable. Every fact in it must have its fate.
    pub(super) fn write_log(&mut self) -> Result<(), SinkError> {
        if self.failed.is_some() {
            return Err(SinkError);
        }
        let written = self.loader.store.log_rows(self.loader.practice, self.batch, &self.log);
        self.log.clear();
        written.map_err(|error| self.fail(error))
    }

    /// Notes what is said of a row, or of a line that is none.
    fn note(&mut self, fate: Option<Fate>, issue: Issue) {
        let place = Place { file: issue.file.clone(), line: issue.line };
        self.log.push(Row { place, fate, issues: vec![issue.clone()], entry: None });
        self.report.issue(issue);
        if self.log.len() >= 2 * LOGGED {
            // What fails here is kept, and stops the reading with the next fact.
            let _ = self.flush();
        }
    }

    /// Takes a fact that stands for no row, in its turn among the others.
    fn no_row(&mut self, fact: Fact) -> Result<Fate, SinkError> {
        if self.failed.is_some() {
            return Err(SinkError);
        }
        self.facts.push(fact);
        self.places.push(None);
        Ok(Fate::Unchanged)
    }

    fn fail(&mut self, error: StoreError) -> SinkError {
        self.failed = Some(error);
        SinkError
    }

    /// A whole record has ended: what it did not have goes when the chunk is stored.
    fn end(&mut self, patient: &PatientKey) {
        self.ended.extend(self.seen.remove(patient));
    }

    /// An entry of a whole record. If the record before it was the same patient's, that one is done with first.
    fn see(&mut self, patient: &PatientKey, entry: &Entry) -> Result<(), SinkError> {
        if self.ended.iter().any(|whole| whole.patient == *patient) {
            self.flush()?;
        }
        let whole = self.seen.entry(patient.clone()).or_insert_with(|| Whole {
            patient: patient.clone(),
            keep: BTreeSet::new(),
            sequence: 0,
        });
        whole.keep.insert(entry.id.clone());
        whole.sequence = whole.sequence.max(entry.sequence);
        Ok(())
    }
}

/// The entry that a fact says something of.
fn entry_of(fact: &Fact) -> Option<&EntryId> {
    match fact {
        Fact::Entry(_, entry) | Fact::Keyed(_, entry) | Fact::Guest(_, entry) | Fact::GuestGone(entry) => {
            Some(&entry.id)
        }
        Fact::Removed(id, ..) => Some(id),
        Fact::Reference(..) | Fact::Whole(_) | Fact::GuestsReplaced(..) => None,
    }
}

impl Sink for Storing<'_, '_> {
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError> {
        match &fact {
            Fact::Whole(patient) => {
                self.end(patient);
                return Ok(Fate::Unchanged);
            }
            Fact::Entry(patient, entry) if self.whole => self.see(patient, entry)?,
            Fact::GuestsReplaced(..) => return self.no_row(fact),
            Fact::Guest(..) => self.guests = true,
            Fact::Entry(..)
            | Fact::Keyed(..)
            | Fact::Removed(..)
            | Fact::GuestGone(_)
            | Fact::Reference(..) => {}
        }
        if self.failed.is_some() {
            return Err(SinkError);
        }
        let future = future(&fact, self.today);
        let entry = entry_of(&fact)
            .map(|id| if self.ids { RowEntry::Id(id.clone()) } else { RowEntry::Short(id.short()) });
        self.facts.push(fact);
        self.places.push(Some(self.log.len()));
        self.log.push(Row { place: place.clone(), fate: None, issues: Vec::new(), entry });
        if future {
            self.note(None, Issue::new(Severity::Warning, IssueCode::DateFuture, place));
        }
        if self.facts.len() >= CHUNK || self.read - self.flushed >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.report.count(&issue.file, Fate::Rejected);
        self.note(Some(Fate::Rejected), issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.note(None, issue);
    }

    fn progress(&mut self, bytes: u64) {
        self.read = bytes;
        (self.loader.progress)(Progress::Storing(bytes, self.total));
    }
}

/// Whether a fact says of a thing that it was true after today, or that it was recorded then.
fn future(fact: &Fact, today: Date) -> bool {
    let (Fact::Entry(_, entry) | Fact::Guest(_, entry) | Fact::Keyed(_, entry)) = fact else { return false };
    let effective = match &entry.content {
        Some(Content::Statement(statement)) => statement.effective,
        Some(Content::WithLists(listed)) => listed.statement.effective,
        Some(_) | None => None,
    };
    effective.into_iter().chain(entry.recorded).any(|at| at.first_day() > today)
}
