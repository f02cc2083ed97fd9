//! The views of a resource: its JSON after the disclosure table, once without free text and once with text that
//! redaction let pass.

use aws_lc_rs::digest;
use policy::{DisclosureTable, Shown, View};
use record::{Index, ResourceType};
use redact::Verdict;
use serde_json::Value;

/// The two views. A view that cannot be a valid resource does not exist.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// Without free text.
    pub coded: Option<Body>,
    /// With free text that passed redaction.
    pub full: Option<Body>,
}

/// One view's body without version and time, and what it can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// JSON.
    pub bytes: Vec<u8>,
    /// The first 16 bytes of its SHA-256.
    pub digest: [u8; 16],
    /// What it can be found by.
    pub index: Index,
}

impl Views {
    /// Cuts a mapped resource into views. Where no word of it passed redaction both are the same.
    #[must_use]
    pub fn of(kind: ResourceType, json: &[u8]) -> Self {
        match cut(kind, View::Full, json) {
            Some((full, false)) => Self { coded: full.clone(), full },
            Some((full, true)) => {
                Self { coded: cut(kind, View::Coded, json).and_then(|(coded, _)| coded), full }
            }
            None => Self::default(),
        }
    }
}

/// One view, if it can be a valid resource, and whether there is anything in it that redaction let pass.
fn cut(kind: ResourceType, view: View, json: &[u8]) -> Option<(Option<Body>, bool)> {
    let resource = serde_json::from_slice(json).ok()?;
    let clean = |text: &str| redact::screen(text) == Verdict::Clean;
    let Shown { body, words } = DisclosureTable::built_in(kind).view(view, resource, &clean);
    Some((made(kind, body), words))
}

fn made(kind: ResourceType, mut shown: Value) -> Option<Body> {
    if !map::complete(kind, &mut shown) {
        return None;
    }
    let bytes = serde_json::to_vec(&shown).ok()?;
    let sum = digest::digest(&digest::SHA256, &bytes);
    let digest = sum.as_ref().first_chunk::<16>().copied()?;
    Some(Body { index: map::index(kind, &shown), digest, bytes })
}
