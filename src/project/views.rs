//! The views of a resource: its JSON after the disclosure table, once without free text and once with text that
//! redaction let pass.

use std::cell::RefCell;

use aws_lc_rs::digest;
use policy::{DisclosureTable, Passed, Shown, View};
use record::{Index, Json, ResourceType};

use crate::screen::Screened;

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
    /// Cuts a mapped resource into views. Without `screen` no text of it goes out; otherwise it reads all texts that
    /// need the full view, if there are any. Where none passes both views are the same.
    pub(crate) fn of(
        kind: ResourceType,
        json: &[u8],
        screen: Option<&dyn Fn(Vec<String>) -> Screened>,
    ) -> (Self, Screened) {
        let texts = RefCell::new(Vec::new());
        let without = cut(kind, json, &|text| {
            texts.borrow_mut().push(text.to_owned());
            Passed::Nothing
        });
        let coded = without.and_then(|shown| made(kind, shown.body, json.len()));
        let texts = texts.into_inner();
        let screened = match screen {
            Some(screen) if !texts.is_empty() => screen(texts),
            Some(_) | None => Screened::default(),
        };
        let full = if screened.lets_out() {
            cut(kind, json, &|text| screened.passes(text))
                .and_then(|shown| made(kind, shown.body, json.len()))
        } else {
            coded.clone()
        };
        (Self { coded, full }, screened)
    }
}

/// The full view. Where no text passes it is the coded one.
fn cut<'a>(kind: ResourceType, json: &'a [u8], screen: &dyn Fn(&str) -> Passed) -> Option<Shown<'a>> {
    let resource = Json::read(json)?;
    Some(DisclosureTable::built_in(kind).view(View::Full, resource, screen))
}

fn made(kind: ResourceType, mut shown: Json<'_>, most: usize) -> Option<Body> {
    if !map::complete(kind, &mut shown) {
        return None;
    }
    let mut bytes = Vec::with_capacity(most);
    shown.write(&mut bytes);
    let sum = digest::digest(&digest::SHA256, &bytes);
    let digest = sum.as_ref().first_chunk::<16>().copied()?;
    Some(Body { index: map::index(kind, &shown), digest, bytes })
}
