//! What a data-quality report says, before it is text, JSON or a page.

use std::collections::BTreeMap;

use gateway::loader::Told;
use jiff::Timestamp;
use policy::Reason;
use project::quality::{Age, SharedRow, Summary, Waiting};
use record::{FileReport, IssueCode};
use serde::Serialize;

/// A data-quality report.
#[derive(Serialize)]
pub(crate) struct Sheet {
    /// The practice.
    pub(crate) practice: String,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Of this batch; of the whole practice, without.
    pub(crate) batch: Option<u64>,
    /// How many batches of the practice there have been.
    pub(crate) batches: u64,
    /// The rows of each file, for a batch.
    pub(crate) rows: Option<BTreeMap<String, FileReport>>,
    /// What was told of rows, by file and field, the most frequent first.
    pub(crate) told: Vec<ToldRow>,
    /// What became of entries.
    pub(crate) quality: Summary,
}

/// How often something was told of rows of one file.
#[derive(Serialize)]
pub(crate) struct ToldRow {
    pub(crate) count: u64,
    pub(crate) code: IssueCode,
    pub(crate) file: String,
    pub(crate) field: Option<String>,
}

/// In the order in which people read it.
pub(crate) fn told(told: Told) -> Vec<ToldRow> {
    let mut rows: Vec<ToldRow> =
        told.into_iter().map(|((file, code, field), count)| ToldRow { count, code, file, field }).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

impl Sheet {
    /// What it is a report of.
    pub(crate) fn of_what(&self) -> String {
        match self.batch {
            Some(batch) => format!("batch {batch}"),
            None => format!("the whole practice after batch {}", self.batches),
        }
    }

    /// Rows, stored, unchanged, parked and rejected over all files.
    pub(crate) fn totals(&self) -> Option<[u64; 5]> {
        let sum = |of: fn(&FileReport) -> u64| self.rows.as_ref().map(|rows| rows.values().map(of).sum());
        Some([
            sum(|file| file.rows)?,
            sum(|file| file.stored)?,
            sum(|file| file.unchanged)?,
            sum(|file| file.parked)?,
            sum(|file| file.rejected)?,
        ])
    }

    /// The day, for a heading.
    pub(crate) fn day(&self) -> String {
        self.made.to_zoned(record::london()).strftime("%-d %B %Y, %H:%M").to_string()
    }
}

/// What a record with somebody's NHS number is among several, in words.
pub(crate) fn shared(row: &SharedRow) -> String {
    format!("of {}: {}", feed(&row.feed), becomes(row.state))
}

/// A feed that has records of patients, in words.
pub(crate) fn feed(name: &str) -> &str {
    match name {
        "" => "the practice's own system",
        "nhs" | "gp2gp" => "GP2GP messages",
        "gpc" => "GP Connect bundles",
        other => other,
    }
}

fn becomes(state: &str) -> &str {
    match state {
        "served" => "served; another feed has a record of the same person, which is not",
        "another-served" => "not served, since another feed's record of the same person is",
        "disputed" => "not served, nor is the other: it is open whose the NHS number is",
        other => other,
    }
}

/// How long a row's entries have waited, in words.
pub(crate) fn age(waiting: &Waiting) -> String {
    let days = match waiting.age {
        Age::Day => "less than a day",
        Age::Week => "1 to 6 days",
        Age::Month => "7 to 29 days",
        Age::Quarter => "30 to 89 days",
        Age::Longer => return format!("90 days and more, the oldest {}{}", waiting.days, since(waiting)),
    };
    format!("{days}{}", since(waiting))
}

/// What has come since: whoever sends once a month is not late after a week.
fn since(waiting: &Waiting) -> String {
    match waiting.batches_since {
        0 => String::new(),
        1 => ", 1 batch since".to_owned(),
        more => format!(", up to {more} batches since"),
    }
}

/// Why an entry became no resource, in words.
pub(crate) fn why(code: &str) -> &str {
    match code {
        "container" => "holds other entries, and is no entry itself",
        "patient-awaited" => "waits for its patient",
        "other-patient-entry" => "an older row of the patient",
        "unfiled" => "not filed yet",
        "code-awaited" => "waits for its code",
        "no-code" => "has neither a code nor words for one",
        "somebody-else" => "about somebody else",
        "family-history" => "an illness of a relative",
        "allergy" => "an allergy: not served yet",
        "referral" => "a referral: not served yet",
        "request" => "a request for a test: not served yet",
        "specimen" => "a specimen: not served yet",
        "demographic" => "ethnic group, religion or the like",
        "medication" => "a medication of which only words arrived",
        "plan" => "a plan of which only words arrived",
        "not-encodable" => "could not be written as FHIR: please tell us",
        other => other,
    }
}

/// Why a resource is withheld, in words.
pub(crate) fn withheld(code: &str) -> &str {
    let reason = Reason::ALL.into_iter().find(|reason| reason.code() == code);
    reason.map(Reason::words).unwrap_or(code)
}
