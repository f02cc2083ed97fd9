//! What became of a practice's entries, counted: which units and codes are not understood, what waits and since when,
//! what was mapped to what. Nothing of a patient is kept: codes, units that look like units, and places in files; what a
//! person may have typed is counted as "other". Memory is bounded whatever comes.

mod tally;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use map::WhyNot;
use policy::{Holder, feed};
use record::{
    CodeRef, CodeSystem, Coded, Coding, Content, Entry, EntryId, Place, SnomedId, Statement, Value,
};
use serde::Serialize;

use crate::{Projection, Record};
use tally::{Bounded, top};
pub use tally::{Counted, Example};

/// Different units, codes and files that are counted by name; what comes beyond is counted together.
const NAMES: usize = 20_000;
/// Rows of each list in the summary.
const LISTED: usize = 200;

/// Counts as records are projected.
pub struct Quality {
    /// Only entries that this batch changed; all, without.
    batch: Option<u64>,
    /// The practice's newest batch.
    newest: u64,
    /// What time it is.
    now: Timestamp,
    summary: Summary,
    units: Bounded<String, UnitCount>,
    codes: Bounded<(&'static str, String), CodeCount>,
    files: Bounded<String, FileCount>,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Patients with such entries.
    pub patients: u64,
    /// Their entries, without deleted ones.
    pub entries: u64,
    /// Entries that the source deleted.
    pub deleted: u64,
    /// Resources by type and by the most special profile that each claims.
    pub became: BTreeMap<String, u64>,
    /// Entries that became no resource, by reason.
    pub not_mapped: BTreeMap<&'static str, u64>,
    /// Resources that are withheld, by each reason that they have.
    pub withheld: BTreeMap<&'static str, u64>,
    /// Patients of whom another feed of the practice has a record too, or another record has the NHS number: by whose record
    /// it is and what becomes of it.
    pub shared: Vec<SharedRow>,
    /// Entries that wait, by what for and how long.
    pub waiting: Vec<Waiting>,
    /// Units with a UCUM code, the most frequent first.
    pub units: Vec<UnitRow>,
    /// Units without, the most frequent first.
    pub unknown_units: Vec<UnitRow>,
    /// Values whose unit was typed as something that does not look like one, and is not shown.
    pub other_units: Counted,
    /// Codes with a SNOMED CT concept and what they became, the most frequent first.
    pub codes: Vec<CodeRow>,
    /// Codes that have no SNOMED CT concept, or one that says only that words arrived; the most frequent first.
    pub codes_without_concept: Vec<CodeRow>,
    /// Statements whose code does not look like one, and is not shown.
    pub other_codes: Counted,
    /// Statements whose code has not come yet, or that have none.
    pub without_code: Counted,
    /// Entries by the file in which each was last read.
    pub files: Vec<FileRow>,
    /// Units, codes and files beyond those that are counted by name.
    pub not_named: u64,
}

/// Records with an NHS number that another record of the practice has too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SharedRow {
    /// Which feed's: what its keys begin with, and nothing for the practice's own system.
    pub feed: String,
    /// What becomes of it ([`Holder::code`]).
    pub state: &'static str,
    /// How many; the place is the patient's own row.
    #[serde(flatten)]
    pub counted: Counted,
}

/// Entries that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What for.
    pub code: &'static str,
    /// How long, about.
    pub age: Age,
    /// How many whole days the oldest of them has waited.
    pub days: u64,
    /// How many batches of the practice have come since one that changed any of them, at most.
    pub batches_since: u64,
    /// How many.
    #[serde(flatten)]
    pub counted: Counted,
}

/// How long an entry has waited: whole days since it was first found to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Age {
    /// None.
    Day,
    /// One to six.
    Week,
    /// Seven to 29.
    Month,
    /// 30 to 89.
    Quarter,
    /// More.
    Longer,
}

impl Age {
    fn of(days: u64) -> Self {
        match days {
            0 => Self::Day,
            1..7 => Self::Week,
            7..30 => Self::Month,
            30..90 => Self::Quarter,
            _ => Self::Longer,
        }
    }
}

/// A unit as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRow {
    /// The spelling.
    pub sent: String,
    /// Its UCUM code; for an unknown one, what it may have been meant to be: for a person to decide.
    pub ucum: Option<&'static str>,
    /// How often.
    #[serde(flatten)]
    pub counted: Counted,
}

/// A code as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeRow {
    /// The system.
    pub system: &'static str,
    /// The code.
    pub code: String,
    /// Its term, if it is from the practice's own code list.
    pub term: Option<String>,
    /// What statements with it became, and how often.
    pub became: BTreeMap<String, u64>,
    /// How often.
    #[serde(flatten)]
    pub counted: Counted,
}

/// A file in which entries were last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// Its name.
    pub file: String,
    /// Entries, without deleted ones.
    pub entries: u64,
    /// Of these, how many wait.
    pub waiting: u64,
}

#[derive(Default)]
struct UnitCount {
    counted: Counted,
}

#[derive(Default)]
struct CodeCount {
    counted: Counted,
    term: Option<String>,
    has_concept: bool,
    became: BTreeMap<String, u64>,
}

#[derive(Default)]
struct FileCount {
    entries: u64,
    waiting: u64,
}

impl Quality {
    /// Of the entries that one batch changed, or of all; `newest` is the number of the practice's newest batch.
    #[must_use]
    pub fn new(batch: Option<u64>, newest: u64, now: Timestamp) -> Self {
        Self {
            batch,
            newest,
            now,
            summary: Summary::default(),
            units: Bounded::new(NAMES),
            codes: Bounded::new(NAMES),
            files: Bounded::new(NAMES),
        }
    }

    /// Takes in one patient. `batches` names the batch that last changed each entry, `since` when each entry began to
    /// wait that waited already; the others do so from now on; `holder` says what the record is among those of the person.
    pub fn take(
        &mut self,
        record: &Record<'_>,
        batches: &[u64],
        since: &BTreeMap<EntryId, Timestamp>,
        holder: Holder,
        projection: &Projection,
    ) {
        let counts = |batch: u64| self.batch.is_none_or(|only| only == batch);
        let entries: Vec<(&Entry, u64)> =
            record.entries.iter().zip(batches.iter().copied()).filter(|(_, batch)| counts(*batch)).collect();
        if entries.is_empty() {
            return;
        }
        self.summary.patients += 1;
        self.share(record, holder);
        let ids: HashSet<&EntryId> = entries.iter().map(|(entry, _)| &entry.id).collect();
        let became = self.outcomes(projection, &ids);
        let waiting: HashMap<&EntryId, &'static str> =
            projection.waiting.iter().map(|one| (&one.entry, one.code.code())).collect();
        for (entry, batch) in entries {
            if entry.deleted {
                self.summary.deleted += 1;
                continue;
            }
            self.summary.entries += 1;
            let waits = waiting.get(&entry.id).copied();
            if let Some(code) = waits {
                let waited = since.get(&entry.id).map_or(0, |since| days(*since, self.now));
                self.wait(code, waited, self.newest.saturating_sub(batch), &entry.place);
            }
            if let Some(file) = self.files.entry(entry.place.file.clone()) {
                file.entries += 1;
                file.waiting += u64::from(waits.is_some());
            }
            if let Some(Content::Statement(statement)) = &entry.content {
                self.unit(statement, &entry.place);
                self.code(record, statement, became.get(&entry.id), &entry.place);
            }
        }
    }

    fn share(&mut self, record: &Record<'_>, holder: Holder) {
        let patient = record.entries.iter().find(|entry| entry.id == EntryId::of_patient());
        let (Some(state), Some(patient)) = (holder.code(), patient) else { return };
        let (feed, rows) = (feed(record.patient), &mut self.summary.shared);
        match rows.iter_mut().find(|row| (row.state, row.feed.as_str()) == (state, feed)) {
            Some(row) => row.counted.add(&patient.place),
            None => {
                rows.push(SharedRow { feed: feed.to_owned(), state, counted: Counted::one(&patient.place) });
            }
        }
    }

    /// Counts the resources that were made, and says of each entry what it became.
    fn outcomes<'p>(
        &mut self,
        projection: &'p Projection,
        of: &HashSet<&EntryId>,
    ) -> HashMap<&'p EntryId, String> {
        let mut became = HashMap::new();
        for made in
            projection.resources.iter().filter(|made| made.mapped.sources.iter().any(|id| of.contains(id)))
        {
            let kind = made.mapped.kind.name();
            let name = made.mapped.profile().map_or(kind.to_owned(), |profile| format!("{kind} ({profile})"));
            *self.summary.became.entry(name.clone()).or_default() += 1;
            for reason in &made.labels.reasons {
                *self.summary.withheld.entry(reason.code()).or_default() += 1;
            }
            became.extend(made.mapped.sources.iter().map(|id| (id, name.clone())));
        }
        for left in projection.unmapped.iter().filter(|left| of.contains(&left.entry)) {
            if left.why != WhyNot::Deleted {
                *self.summary.not_mapped.entry(left.why.code()).or_default() += 1;
            }
            became.insert(&left.entry, left.why.code().to_owned());
        }
        became
    }

    fn wait(&mut self, code: &'static str, days: u64, batches_since: u64, place: &Place) {
        let (age, waiting) = (Age::of(days), &mut self.summary.waiting);
        match waiting.iter_mut().find(|row| (row.code, row.age) == (code, age)) {
            Some(row) => {
                row.days = row.days.max(days);
                row.batches_since = row.batches_since.max(batches_since);
                row.counted.add(place);
            }
            None => waiting.push(Waiting { code, age, days, batches_since, counted: Counted::one(place) }),
        }
    }

    fn unit(&mut self, statement: &Statement, place: &Place) {
        let quantity = match &statement.value {
            Some(Value::Quantity(quantity) | Value::Range(quantity, _)) => quantity,
            _ => return,
        };
        let Some(sent) = quantity.unit.as_deref().map(str::trim).filter(|sent| !sent.is_empty()) else {
            return;
        };
        if map::ucum(sent).is_none() && !map::looks_like_a_unit(sent) {
            self.summary.other_units.add(place);
        } else if let Some(unit) = self.units.entry(sent.to_owned()) {
            unit.counted.add(place);
        }
    }

    fn code(&mut self, record: &Record<'_>, statement: &Statement, became: Option<&String>, place: &Place) {
        let (coded, listed) = match &statement.code {
            CodeRef::Given(coded, _) => (Some(coded.clone()), false),
            CodeRef::Local(key) => (record.dictionary.code(key).map(|(coded, _)| coded), true),
        };
        let Some((coded, first)) =
            coded.and_then(|coded| coded.codings.first().cloned().map(|first| (coded, first)))
        else {
            return self.summary.without_code.add(place);
        };
        let Some(system) = shown_system(&first) else {
            return self.summary.other_codes.add(place);
        };
        if let Some(code) = self.codes.entry((system, first.code.clone())) {
            code.counted.add(place);
            code.has_concept = has_concept(&coded, record);
            code.term = first.display.filter(|_| listed).or(code.term.take());
            *code.became.entry(became.cloned().unwrap_or_else(|| "waits".to_owned())).or_default() += 1;
        }
    }

    /// What was counted, the most frequent first.
    #[must_use]
    pub fn summary(self) -> Summary {
        let not_named = self.units.beyond + self.codes.beyond + self.files.beyond;
        let unit = |(sent, unit): (String, UnitCount)| {
            let ucum = map::ucum(&sent).or_else(|| map::perhaps_ucum(&sent));
            UnitRow { sent, ucum, counted: unit.counted }
        };
        let (known, unknown) = self.units.into_iter().partition(|(sent, _)| map::ucum(sent).is_some());
        let (with, without): (Vec<_>, Vec<_>) =
            self.codes.into_iter().partition(|(_, code)| code.has_concept);
        let code = |((system, code), of): ((&'static str, String), CodeCount)| CodeRow {
            system,
            code,
            term: of.term,
            became: of.became,
            counted: of.counted,
        };
        let file =
            |(file, of): (String, FileCount)| FileRow { file, entries: of.entries, waiting: of.waiting };
        let mut waiting = self.summary.waiting;
        waiting.sort_by_key(|row| (std::cmp::Reverse(row.age), row.code));
        let mut shared = self.summary.shared;
        shared.sort_by(|one, other| (other.state, &one.feed).cmp(&(one.state, &other.feed)));
        let rank_unit = |(_, unit): &(String, UnitCount)| unit.counted.count;
        let rank_code = |(_, code): &((&'static str, String), CodeCount)| code.counted.count;
        Summary {
            shared,
            waiting,
            units: top(known, LISTED, rank_unit).into_iter().map(unit).collect(),
            unknown_units: top(unknown, LISTED, rank_unit).into_iter().map(unit).collect(),
            codes: top(with, LISTED, rank_code).into_iter().map(code).collect(),
            codes_without_concept: top(without, LISTED, rank_code).into_iter().map(code).collect(),
            files: top(self.files.into_iter().collect(), LISTED, |(_, file)| file.entries)
                .into_iter()
                .map(file)
                .collect(),
            not_named,
            ..self.summary
        }
    }
}

/// Whole days from one moment to another, 0 if the clock was set back in between.
fn days(since: Timestamp, now: Timestamp) -> u64 {
    now.duration_since(since).as_hours().max(0).unsigned_abs() / 24
}

/// Whether a concept is known for a code: in place, or by the loaded terminology.
fn has_concept(coded: &Coded, record: &Record<'_>) -> bool {
    let concept = |coding: &Coding| match (&coding.system, SnomedId::parse(&coding.code)) {
        (CodeSystem::SnomedCt, Some(SnomedId::Concept(_))) => !map::is_degraded(&coding.code),
        (CodeSystem::SnomedCt | CodeSystem::SnomedCtDescription, Some(SnomedId::Description(_))) => {
            record.terminology.is_some_and(|known| known.concept(&coding.code).is_some())
        }
        _ => false,
    };
    coded.codings.iter().any(concept)
}

/// The name of a code's system, if the code has the form of that system's codes: anything else may have been typed.
fn shown_system(coding: &Coding) -> Option<&'static str> {
    let code = coding.code.as_str();
    let plain = |longest: usize| {
        (1..=longest).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-^".contains(&b))
    };
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let (name, fits) = match coding.system {
        CodeSystem::SnomedCt => ("SNOMED CT", SnomedId::parse(code).is_some()),
        CodeSystem::SnomedCtDescription => ("SNOMED CT description", SnomedId::parse(code).is_some()),
        CodeSystem::Dmd => ("dm+d", SnomedId::parse(code).is_some()),
        CodeSystem::ReadV2 => ("Read v2", plain(8)),
        CodeSystem::Ctv3 => ("CTV3", plain(5)),
        // A number of ten digits could be somebody's.
        CodeSystem::Egton => ("EMIS", plain(20) && digits > 0 && digits != 10),
        CodeSystem::Oid(_) | CodeSystem::Listed => return None,
    };
    fits.then_some(name)
}
