//! `recordgate trace`: one row of a file, followed to the resource that an app gets, or to the reason why none does. For
//! the practice's side: it prints ids, codes and rules, and words of a person only if asked to.

mod told;

use std::{collections::BTreeMap, process::ExitCode};

use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
    loader::{Loader, NowAt, Sought},
};
use record::{Fate, PatientKey, Place};
use store::{Practice, Subject};

use crate::{Failure, args::TraceArgs, named::Kin, opened::Opened, quality::sheet::feed};
use told::Telling;

pub(crate) fn run(args: &TraceArgs) -> Result<ExitCode, Failure> {
    let opened = Opened::read(&args.config)?;
    let settings = &opened.practice(&args.practice)?;
    let operator = opened.operator()?;
    let found = opened.work(&operator, &args.practice, |loader| {
        let places = places(args, loader)?;
        let seek = |place| Ok((loader.seek(&place)?, place));
        places.into_iter().map(seek).collect::<Result<Vec<_>, Failure>>()
    })?;
    opened.work(&operator, &args.practice, |loader| {
        let tracing = Tracing { args, config: &opened.config, settings, loader };
        let mut known = false;
        for (at, (sought, place)) in found.into_iter().enumerate() {
            if at > 0 {
                say!("");
            }
            known |= tracing.follow(sought, &place)?;
        }
        Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// What is traced with.
struct Tracing<'a> {
    args: &'a TraceArgs,
    config: &'a Config,
    settings: &'a Practice,
    loader: &'a Loader<'a>,
}

impl Tracing<'_> {
    /// Follows what was read at a place; says whether anything is known of it.
    fn follow(&self, mut sought: Sought, place: &Place) -> Result<bool, Failure> {
        let Self { args, settings, loader, .. } = self;
        if let Some(id) = &args.entry {
            sought.logged.retain(|(_, row)| row.entry.as_ref().is_some_and(|entry| entry.is(id)));
        }
        say!("row       {}:{} of {}", place.file, place.line, args.practice);
        if settings.open_batch.is_some() {
            say!(
                "          batch {} is open: it was interrupted, and nothing of it is released until it is loaded again",
                settings.batches
            );
        }
        logged(&sought, settings, loader, self.config.store.report_days)?;
        if settings.made_with != loader.made_with()? {
            say!(
                "          tables, rules or the terminology have changed since records were made: `recordgate admin \
                 reproject` or the next load makes them anew"
            );
        }
        if sought.patients.is_empty() {
            not_there(place, &sought);
            return Ok(!sought.logged.is_empty());
        }
        sought.patients.iter().try_for_each(|patient| self.tell(patient, place))?;
        Ok(true)
    }

    fn tell(&self, patient: &PatientKey, place: &Place) -> Result<(), Failure> {
        let Self { args, config, settings, loader } = self;
        let looked = loader.look_at(patient)?;
        let subject = Subject { practice: args.practice.clone(), patient: patient.clone() };
        let access = loader.store.access(&subject)?;
        let telling = Telling {
            store: loader.store,
            practice: &args.practice,
            settings,
            base: &config.service.base_url,
            today: SystemClock.today(),
            show_text: args.show_text,
            looked: &looked,
            own: access.own.as_ref(),
            suppressed: access.suppressed.is_some(),
        };
        if let Some(words) = Kin::of(patient, &loader.store.facts(&args.practice, patient)?).closed() {
            say!("record    {words}");
        }
        telling.tell(place, args.entry.as_ref())
    }
}

/// Where what is asked for was last read: several feeds may have an entry of one id.
fn places(args: &TraceArgs, loader: &Loader<'_>) -> Result<Vec<Place>, Failure> {
    match (&args.row, &args.entry) {
        (Some(row), _) => Ok(vec![row.0.clone()]),
        (None, Some(id)) => {
            Some(loader.places_of(id)?).filter(|places| !places.is_empty()).ok_or_else(|| {
                Failure(format!(
                    "{} has no entry with this id; a row that was rejected has none",
                    args.practice
                ))
            })
        }
        (None, None) => Err(Failure("say --row or --entry".to_owned())),
    }
}

/// Rows of one line that are told one by one.
const FEW: usize = 5;

/// Of a line that is a whole document: how many rows became what.
fn counted(sought: &Sought) {
    let mut counts: BTreeMap<(u64, &str), u64> = BTreeMap::new();
    for (batch, row) in &sought.logged {
        let fate = match row.fate {
            Some(Fate::Stored) => "stored",
            Some(Fate::Unchanged) => "unchanged",
            Some(Fate::Parked) => "parked",
            Some(Fate::Rejected) => "rejected",
            None => "no rows",
        };
        *counts.entry((*batch, fate)).or_default() += 1;
    }
    for ((batch, fate), count) in counts.into_iter().rev() {
        say!("fate      batch {batch}: {count} of the rows of this line {fate}");
    }
}

/// What the logs of batches say of the line.
fn logged(sought: &Sought, settings: &Practice, loader: &Loader<'_>, days: u32) -> Result<(), Failure> {
    if sought.logged.len() > FEW {
        counted(sought);
        return Ok(());
    }
    for (batch, row) in &sought.logged {
        let fate = match row.fate {
            Some(Fate::Stored) => "stored: it changed what was known",
            Some(Fate::Unchanged) => {
                "unchanged: it said what was known already, or something older than that"
            }
            Some(Fate::Parked) => "parked: it is kept and waits",
            Some(Fate::Rejected) => "rejected: it could not be used",
            None => "no row of data, such as a header",
        };
        let open = if loader.is_final(*batch, row.fate)? { "" } else { " (so far: the batch is open)" };
        say!("fate      batch {batch} of {}: {fate}{open}", settings.batches);
        for issue in &row.issues {
            let field = issue.field.as_deref().map_or(String::new(), |field| format!(" {field}:"));
            let detail = issue.detail.as_deref().map_or(String::new(), |detail| format!(" ({detail})"));
            say!("         {field} {}{detail}: {}", issue.code.code(), issue.code.advice());
        }
    }
    if sought.logged.is_empty() {
        say!("fate      not in the log of any batch; logs are kept for {days} days");
    }
    Ok(())
}

/// The entry was last read elsewhere, or one of the same id was.
fn said_anew(now_at: &[NowAt]) {
    for NowAt { entry, patient, place: Place { file, line }, batch } in now_at.iter().take(FEW) {
        let of = patient
            .as_ref()
            .map_or("a feed that names patients by NHS number", |one| feed(policy::feed(one)));
        say!("entry     {}: another row said it anew, {file}:{line},", entry.as_str());
        say!(
            "          of {of}, and batch {batch} was the last to change it. Trace that row: --row '{file}:{line}'"
        );
    }
    if now_at.len() > FEW {
        say!("          and {} more", now_at.len() - FEW);
    }
}

/// No entry was last read there: says what that can mean, and what is known of the file.
fn not_there(place: &Place, sought: &Sought) {
    if let Some(why) = ::ingest::no_row(place) {
        say!("file      no row: {why}");
        return;
    }
    if let Some(batch) = sought.not_read {
        say!(
            "file      not read: batch {batch} had a file of this name, and files of this name are not used"
        );
        return;
    }
    if !sought.now_at.is_empty() {
        return said_anew(&sought.now_at);
    }
    let fates: Vec<Fate> = sought.logged.iter().filter_map(|(_, row)| row.fate).collect();
    match fates.first() {
        Some(Fate::Rejected) => {
            say!(
                "entry     none: a row that was rejected is not kept. Mend what is told above and send it again"
            );
            return;
        }
        Some(Fate::Stored | Fate::Parked) => {
            say!(
                "entry     none of a patient was last read here. Either the row is one of the practice's own lists"
            );
            say!(
                "          (codes, staff, organisations, agreements), which are kept without their places, or a later"
            );
            say!(
                "          row said the same entry anew: then that row's place counts, and the resource is traced by it"
            );
        }
        Some(Fate::Unchanged) => {
            say!(
                "entry     none was last read here: the row said what was known already, so that the place of the row"
            );
            say!("          that said it first or last counts; or it is one of the practice's own lists");
        }
        None => {
            say!(
                "entry     none was last read here, and no log knows the line. What it came to is not known: it may"
            );
            say!(
                "          have been loaded longer ago than logs are kept and been said anew since, or never at all"
            );
        }
    }
    match sought.in_file {
        Some((count, first, last)) => {
            let file = &place.file;
            say!("          of {file} there are {count} entries, from lines {first} to {last}");
        }
        None if fates.is_empty() => {
            say!(
                "          no entry was last read in a file of this name: compare it, letter by letter, with the report"
            );
        }
        None => {}
    }
}
