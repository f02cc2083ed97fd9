//! `recordgate check`: everything that can be known to be wrong before a port is bound, and what `ingest` would make of
//! an export, without keeping any of it.

use std::{
    path::Path,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use gateway::{
    clock::{Clock, SystemClock},
    config::{Config, Severity},
    loader::{Also, LoadError, Loader},
    operator::Operator,
};
use project::{
    IdKey,
    quality::{Quality, Summary},
};
use record::{FileReport, IssueCode, OdsCode, Report};
use serde::Serialize;
use store::{Lmdb, Settings};

use crate::{Failure, args::CheckArgs, known, progress::Display, quality::text, report};

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let config = args.config.as_deref().map(Config::load).transpose()?;
    if let Some(config) = &config {
        configuration(args, config)?;
    }
    match args.format {
        Some(format) if !args.paths.is_empty() => export(args, format, config.as_ref()),
        Some(_) | None => Ok(ExitCode::SUCCESS),
    }
}

fn configuration(args: &CheckArgs, config: &Config) -> Result<(), Failure> {
    let findings = config.check(SystemClock.now());
    let file = args.config.as_deref().unwrap_or(Path::new("")).display();
    // What is printed for machines holds nothing else.
    let put = |words: String| if args.json { tell!("{words}") } else { say!("{words}") };
    findings.iter().for_each(|finding| put(finding.to_string()));
    let tables = project::check_tables();
    tables.iter().for_each(|problem| put(format!("error: built-in table: {problem}")));
    if findings.iter().any(|finding| finding.severity == Severity::Error) || !tables.is_empty() {
        return Err(Failure(format!("{file} cannot be used as it is")));
    }
    put(format!("{file} is good"));
    Ok(())
}

/// What `ingest` would say.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Nothing of it would be refused, neither the whole nor a row.
    good: bool,
    /// The batch would be loaded, if perhaps without some rows.
    loaded: bool,
    report: &'a Report,
    /// What looks wrong though nothing would be refused for it.
    hints: &'a [String],
    quality: Option<&'a Summary>,
}

fn export(args: &CheckArgs, format: ::ingest::Format, config: Option<&Config>) -> Result<ExitCode, Failure> {
    let practice = match &args.practice {
        Some(practice) => practice.clone(),
        None => "UNKNOWN".parse::<OdsCode>()?,
    };
    let operator = config.map(Operator::configured).transpose()?.unwrap_or_default();
    let folder = tempfile::tempdir()?;
    let store = Lmdb::open(&Settings { dir: folder.path().to_owned(), max_gib: 64 })?;
    let quality = Mutex::new(Quality::new(None, 1, SystemClock.now()));
    let display = Display::default();
    let (ids, show) = (IdKey::offline(), |progress| display.show(progress));
    let loader = |quality| Loader {
        store: &store,
        ids: &ids,
        clock: &SystemClock,
        practice: &practice,
        progress: &show,
        also: Also { quality, ..operator.also() },
    };
    let known = known::load(&loader(None), &args.known);
    let loader = loader(Some(&quality));
    let result = known.and_then(|()| loader.take(format, &args.paths)).and_then(|(mut report, batch)| {
        loader.look(batch, &mut report, &mut |_| Ok(()))?;
        Ok(report)
    });
    display.end();
    let (mut report, loaded) = match result {
        Ok(report) => (report, true),
        Err(LoadError::Refused(report) | LoadError::Changed(report)) => (*report, false),
        Err(error) => return Err(error.into()),
    };
    let rejected: u64 = report.files.values().map(|file| file.rejected).sum();
    let summary = loaded.then(|| quality.into_inner().unwrap_or_else(PoisonError::into_inner).summary());
    report.resources_changed = summary.iter().flat_map(|summary| summary.became.values()).sum();
    let good = loaded && rejected == 0;
    let hints = cut_short(&report);
    if args.json {
        let outcome = Outcome { good, loaded, report: &report, hints: &hints, quality: summary.as_ref() };
        say!("{}", serde_json::to_string_pretty(&outcome)?);
    } else {
        in_words(&report, summary.as_ref(), rejected);
        hints.iter().for_each(|hint| say!("{hint}"));
        if loaded {
            known::advice(format, &args.known, &report).into_iter().for_each(|advice| say!("{advice}"));
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Files of which more than a tenth of the rows belong to rows that are not there: of a whole export that is not so, and
/// nothing else tells of a file that ends early at the end of a row.
fn cut_short(report: &Report) -> Vec<String> {
    let waiting = |file: &FileReport| file.codes.get(&IssueCode::ParentAwaited).copied().unwrap_or_default();
    let cut = report.files.iter().filter(|(_, file)| waiting(file).saturating_mul(10) > file.rows);
    let words = cut.map(|(name, file)| {
        format!(
            "warning: a file looks cut short: {} of {} rows of {name} belong to rows that are not in this export; if it \
             follows others, they may have come before",
            waiting(file),
            file.rows
        )
    });
    words.collect()
}

fn in_words(report: &Report, summary: Option<&Summary>, rejected: u64) {
    let Some(summary) = summary else {
        report.issues.iter().for_each(|issue| say!("{issue}"));
        say!("the export would be refused as a whole; nothing was stored");
        return;
    };
    say!("{}", report::text(report).trim_end());
    for words in [report::warnings(report), text::not_understood(summary, 10)] {
        if !words.is_empty() {
            say!("{}", words.trim_end());
        }
    }
    let without = match rejected {
        0 => String::new(),
        1 => " without the row that is rejected".to_owned(),
        rows => format!(" without the {rows} rows that are rejected"),
    };
    say!("\nthe export would be loaded{without}; nothing was stored");
}

#[cfg(test)]
mod tests {
    use record::Fate;

    use super::*;

    #[test]
    fn a_file_of_which_more_than_a_tenth_belongs_to_rows_that_are_not_there_looks_cut_short() {
        let of = |waiting: u64| {
            let mut report = Report::default();
            (0..100).for_each(|_| report.count("observations.csv", Fate::Stored));
            report.file("observations.csv").codes.insert(IssueCode::ParentAwaited, waiting);
            cut_short(&report)
        };
        assert_eq!((of(0), of(10)), (vec![], vec![]));
        let told = of(11);
        assert!(told[0].contains("cut short: 11 of 100 rows of observations.csv"), "{told:?}");
    }
}
