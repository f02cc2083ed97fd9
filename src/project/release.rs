//! What a projection changes: a body that came out byte for byte the same keeps its version and time.

use std::collections::HashMap;

use jiff::Timestamp;
use policy::{BodyChange, Header, MadeWith, Release, Released, View, ViewHeader};

use crate::{Body, Projected, Projection};

/// Compares a projection with what was released before. `made_with` is what the projection was made with, `now` the
/// time of every change. The second value counts the resources that came out new, changed or gone.
#[must_use]
pub fn release(
    before: Option<&Released>,
    projection: Projection,
    made_with: MadeWith,
    now: Timestamp,
) -> (Release, u64) {
    // What is stored, shown and searched for is one and the same instant: the instant that FHIR shows.
    let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let mut old = Before::of(before);
    let mut bodies = Vec::new();
    let mut changed = 0;
    let mut headers = Vec::with_capacity(projection.resources.len());
    for made in projection.resources {
        let changes = bodies.len();
        headers.push(header(made, &mut old, now, &mut bodies));
        changed += u64::from(bodies.len() > changes);
    }
    for (id, header) in &old.headers {
        let views = View::ALL.into_iter().filter(|view| header.view(*view).is_some());
        bodies.extend(views.map(|view| BodyChange { id: (*id).to_owned(), view, bytes: None }));
        old.gone.insert((*id).to_owned(), header.last_version);
        changed += 1;
    }
    headers.sort_by(|a, b| (a.kind, date(b), &a.id).cmp(&(b.kind, date(a), &b.id)));
    let mut gone: Vec<(String, u32)> = old.gone.into_iter().collect();
    gone.sort();
    let Projection { subject, standing, nhs_number, access, .. } = projection;
    let released = Released { made_with, subject, standing, nhs_number, headers, gone };
    (Release { released, access, bodies }, changed)
}

struct Before<'a> {
    headers: HashMap<&'a str, &'a Header>,
    gone: HashMap<String, u32>,
}

impl<'a> Before<'a> {
    fn of(before: Option<&'a Released>) -> Self {
        Self {
            headers: before.into_iter().flat_map(|r| &r.headers).map(|h| (h.id.as_str(), h)).collect(),
            gone: before.into_iter().flat_map(|r| r.gone.iter().cloned()).collect(),
        }
    }
}

fn header(made: Projected, old: &mut Before<'_>, now: Timestamp, bodies: &mut Vec<BodyChange>) -> Header {
    let id = made.mapped.id;
    let was = old.headers.remove(id.as_str());
    let gone = old.gone.remove(&id);
    let last = was.map(|header| header.last_version).or(gone).unwrap_or(0);
    let mut newest = last;
    let mut view = |view: View, body: Option<Body>| {
        let was = was.and_then(|header| header.view(view));
        let Some(body) = body else {
            if was.is_some() {
                bodies.push(BodyChange { id: id.clone(), view, bytes: None });
            }
            return None;
        };
        if let Some(was) = was.filter(|was| was.digest == body.digest) {
            return Some(ViewHeader { index: body.index, ..was.clone() });
        }
        bodies.push(BodyChange { id: id.clone(), view, bytes: Some(body.bytes) });
        // Each view counts for itself: a jump in one would tell that something changed in the other. Only a view that
        // comes anew begins above everything that there was.
        let version = was.map_or(last, |was| was.version).saturating_add(1);
        newest = newest.max(version);
        Some(ViewHeader { version, updated: now, digest: body.digest, index: body.index })
    };
    let coded = view(View::Coded, made.views.coded);
    let full = view(View::Full, made.views.full);
    Header {
        kind: made.mapped.kind,
        labels: made.labels,
        coded,
        full,
        last_version: newest,
        sources: made.mapped.sources,
        id,
    }
}

fn date(header: &Header) -> Option<Timestamp> {
    header.full.as_ref().or(header.coded.as_ref()).and_then(|view| view.index.date).map(|(from, _)| from)
}
