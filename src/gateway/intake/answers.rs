//! What a supplier reads: its batches, how far they have come, and what became of them.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use record::{FileReport, Issue, IssueCode, Place, Report, Severity};
use serde_json::{Value, json};
use store::{Delivery, DeliveryState};

use super::{BASE, Intake, JSON, address, announced::is_id, located, ndjson, routes::Route, spool::Received};
use crate::{
    Request, Response, Rest,
    config::Supplier,
    outcome::{Outcome, found, under_way},
};

const NDJSON: &str = "application/x-ndjson";
const PROGRESS: HeaderName = HeaderName::from_static("x-progress");
/// Batches on one page of the list.
const PAGE: usize = 50;
const NOT_YET: &str = "The batch has not been loaded yet. GET the batch tells how far it has come.";

/// Whether what an address answers is among what the client accepts.
pub(super) fn accepted(headers: &HeaderMap, route: &Route) -> bool {
    let offered: &[&str] = match route {
        Route::Report(_) => &[NDJSON, "application/*", "*/*"],
        _ => &[JSON, "application/fhir+json", "application/*", "*/*"],
    };
    let mut values = headers.get_all(header::ACCEPT).iter().peekable();
    values.peek().is_none()
        || values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            !refused && offered.iter().any(|offered| offered.eq_ignore_ascii_case(kind))
        })
}

/// A time to the second.
fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

impl Intake {
    /// A batch as JSON.
    pub(super) fn shown(&self, delivery: &Delivery) -> Value {
        let files = delivery.files.iter().map(|file| {
            let (received, complete) = match self.received(delivery, &file.name) {
                Received::Whole => (file.size, true),
                Received::Part(_, length) => (length, false),
            };
            json!({
                "name": file.name, "size": file.size, "sha256": file.sha256, "received": received, "complete": complete,
            })
        });
        let mut shown = head(delivery);
        shown["files"] = files.collect();
        match &delivery.state {
            DeliveryState::Receiving => shown["expires"] = delivery.expires.to_string().into(),
            DeliveryState::Committed { turn, .. } => {
                let told = self.loads.told(*turn);
                shown["state"] = if told.is_some() { "loading" } else { "committed" }.into();
                if let Some(words) = self.progress(delivery, *turn) {
                    shown["progress"] = words.into();
                }
                let waits = self.loads.waits(&delivery.practice).filter(|_| told.is_none());
                if let Some((why, until)) = waits {
                    shown["reason"] = why.into();
                    shown["next_try"] = seconds(until).into();
                }
            }
            DeliveryState::Failed { why, .. } => shown["reason"] = why.as_str().into(),
            DeliveryState::Loaded { report, .. } | DeliveryState::Refused { report, .. } => {
                shown["totals"] = totals(report);
            }
        }
        shown
    }

    /// In words, how far a batch that was committed has come.
    fn progress(&self, delivery: &Delivery, turn: u64) -> Option<String> {
        if let Some(words) = self.loads.told(turn) {
            return Some(words);
        }
        if let Some((words, until)) = self.loads.waits(&delivery.practice) {
            return Some(format!("{words}; next try at {}", seconds(until)));
        }
        let open = self.store.open_deliveries().ok()?;
        let before = open.iter().filter(|other| {
            other.supplier == delivery.supplier
                && other.practice == delivery.practice
                && matches!(other.state, DeliveryState::Committed { turn: theirs, .. } if theirs < turn)
        });
        Some(format!("waits; {} of your batches of this practice before it", before.count()))
    }

    /// A batch: 200 while it is received and when it is done, 202 between, as FHIR's asynchronous requests have it.
    pub(super) fn status<B>(
        &self,
        request: &http::Request<B>,
        delivery: &Delivery,
    ) -> Result<Response, Outcome> {
        let shown = self.shown(delivery);
        let body = shown.to_string().into_bytes();
        let waits = matches!(delivery.state, DeliveryState::Committed { .. });
        let mut response = if waits { under_way(body, JSON) } else { found(body, JSON) };
        if waits {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            let words = shown["progress"].as_str().and_then(|words| HeaderValue::from_str(words).ok());
            response.headers_mut().extend(words.map(|words| (PROGRESS, words)));
        }
        located(request, &mut response, header::CONTENT_LOCATION, &address(delivery));
        Ok(response)
    }

    /// The supplier's batches, the newest first.
    pub(super) fn list(&self, request: &Request, supplier: &Supplier) -> Result<Response, Outcome> {
        let mut below = String::new();
        for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
            if name == "below" {
                if !is_id(&value) {
                    return Err(Outcome::Invalid("below must be the id of a batch.".to_owned()));
                }
                below = value.into_owned();
            }
        }
        let found_ones = self.stored(self.store.deliveries(&supplier.name, &below, PAGE + 1))?;
        let batches: Vec<Value> = found_ones.iter().take(PAGE).map(head).collect();
        let mut shown = json!({"batches": batches});
        if found_ones.len() > PAGE
            && let Some(last) = found_ones.get(PAGE - 1)
        {
            shown["next"] = format!("{BASE}/batches?below={}", last.id).into();
        }
        Ok(found(shown.to_string().into_bytes(), JSON))
    }

    /// The counts: as a whole, by file, and by code.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn summary(&self, delivery: &Delivery) -> Result<Response, Outcome> {
        let nothing = Report::default();
        let report = match &delivery.state {
            DeliveryState::Loaded { report, .. } | DeliveryState::Refused { report, .. } => report,
            DeliveryState::Failed { .. } => &nothing,
            DeliveryState::Receiving | DeliveryState::Committed { .. } => {
                return Err(Outcome::Conflict(NOT_YET.to_owned()));
            }
        };
        let mut shown = head(delivery);
        shown["totals"] = totals(report);
        shown["patients_projected"] = report.patients_projected.into();
        shown["resources_changed"] = report.resources_changed.into();
        let mut files: Vec<Value> = Vec::new();
        for (name, file) in &report.files {
            let mut counts = counted(file);
            counts["name"] = name.as_str().into();
            counts["codes"] = json!(file.codes);
            files.push(counts);
        }
        shown["files"] = files.into();
        let mut codes: std::collections::BTreeMap<IssueCode, u64> = Default::default();
        for (code, count) in report.files.values().flat_map(|file| &file.codes) {
            *codes.entry(*code).or_default() += count;
        }
        let mut codes: Vec<_> = codes.into_iter().collect();
        codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let causes = codes
            .into_iter()
            .map(|(code, count)| json!({"code": code, "count": count, "advice": code.advice()}));
        shown["causes"] = causes.collect();
        if let DeliveryState::Failed { why, .. } = &delivery.state {
            let code = IssueCode::LoadFailed;
            shown["causes"] = json!([{"code": code, "count": 1, "advice": code.advice()}]);
            shown["reason"] = why.as_str().into();
        }
        Ok(found(shown.to_string().into_bytes(), JSON))
    }

    /// What became of each row; or, of a batch that was refused, why.
    pub(super) fn report(&self, delivery: &Delivery) -> Result<Response, Outcome> {
        match &delivery.state {
            DeliveryState::Receiving | DeliveryState::Committed { .. } => {
                Err(Outcome::Conflict(NOT_YET.to_owned()))
            }
            DeliveryState::Refused { report, .. } => Ok(found(ndjson::refusal(&report.issues), NDJSON)),
            DeliveryState::Failed { why, .. } => {
                let place = Place { file: String::new(), line: 0 };
                let issue = Issue::new(Severity::Fatal, IssueCode::LoadFailed, &place).detail(why.as_str());
                Ok(found(ndjson::refusal(&[issue]), NDJSON))
            }
            DeliveryState::Loaded { batch, report, .. } => {
                let (store, practice, batch) = (Arc::clone(&self.store), delivery.practice.clone(), *batch);
                let first = self.stored(ndjson::lines(&*store, &practice, batch, &[]))?;
                let Some((begin, mut after)) = first else {
                    return if report.files.values().all(|file| file.rows == 0) {
                        Ok(found(Vec::new(), NDJSON))
                    } else {
                        let words = "The report row by row has been deleted: it was older than such reports are kept \
                                     here, or made room for newer ones of this practice. The summary is still there.";
                        Err(Outcome::Gone(words))
                    };
                };
                let mut response = found(Vec::new(), NDJSON);
                *response.body_mut() = begin;
                response.extensions_mut().insert(Rest::new(move || {
                    let next = ndjson::lines(&*store, &practice, batch, &after);
                    let next = next.map_err(|_| io::Error::other("the store failed"))?;
                    Ok(next.map(|(piece, on)| {
                        after = on;
                        piece
                    }))
                }));
                Ok(response)
            }
        }
    }
}

/// A batch without its files.
fn head(delivery: &Delivery) -> Value {
    let (state, at) = match &delivery.state {
        DeliveryState::Receiving => ("receiving", None),
        DeliveryState::Committed { at, .. } => ("committed", Some(("committed", at))),
        DeliveryState::Failed { at, .. } => ("failed", Some(("finished", at))),
        DeliveryState::Loaded { at, .. } => ("loaded", Some(("finished", at))),
        DeliveryState::Refused { at, .. } => ("refused", Some(("finished", at))),
    };
    let mut head = json!({
        "id": delivery.id,
        "practice": delivery.practice.as_str(),
        "format": delivery.format,
        "state": state,
        "created": delivery.created.to_string(),
        "size": delivery.size(),
    });
    if let Some((name, at)) = at {
        head[name] = at.to_string().into();
    }
    head
}

fn totals(report: &Report) -> Value {
    let mut sum = FileReport::default();
    for file in report.files.values() {
        sum.rows += file.rows;
        sum.stored += file.stored;
        sum.unchanged += file.unchanged;
        sum.parked += file.parked;
        sum.rejected += file.rejected;
    }
    counted(&sum)
}

fn counted(file: &FileReport) -> Value {
    json!({
        "rows": file.rows, "stored": file.stored, "unchanged": file.unchanged, "parked": file.parked,
        "rejected": file.rejected,
    })
}
