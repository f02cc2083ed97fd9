//! What the store holds of a resource, and the one way to make it something that may leave.

use std::collections::BTreeSet;

use jiff::Timestamp;
use record::{EntryId, Index, ResourceType};
use serde::{Deserialize, Serialize};

use crate::{FeedAccess, Labels, MadeWith, Permit, Rule, Standing, View};

/// What is held of one released resource beside its bodies. Its parts are for [`disclose`] and for those who make or
/// explain it on the practice's side; the serving path may only pass it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Logical id.
    pub id: String,
    /// Resource type.
    pub kind: ResourceType,
    /// What speaks against showing it.
    pub labels: Labels,
    /// The coded view, if the resource has one.
    pub coded: Option<ViewHeader>,
    /// The full view, if the resource has one.
    pub full: Option<ViewHeader>,
    /// The newest version number that any view has had.
    pub last_version: u32,
    /// The entries that it was made from, for explanations.
    pub sources: Vec<EntryId>,
}

/// One view's version and what it can be found by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewHeader {
    /// `meta.versionId`: counts up when this view's body changes.
    pub version: u32,
    /// `meta.lastUpdated`.
    pub updated: Timestamp,
    /// First 16 bytes of the SHA-256 of the body: views of a resource with the same digest have the same bytes.
    pub digest: [u8; 16],
    /// What it can be found by.
    pub index: Index,
}

impl Header {
    /// A view's own header.
    #[must_use]
    pub fn view(&self, view: View) -> Option<&ViewHeader> {
        match view {
            View::Coded => self.coded.as_ref(),
            View::Full => self.full.as_ref(),
        }
    }
}

/// A resource in the view that was permitted. Only [`disclose`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Disclosed<'a> {
    header: &'a Header,
    shown: &'a ViewHeader,
    permit: Permit,
}

/// Discloses what a permit allows of what is held. `None` where the permitted view does not exist, which to the
/// outside is the same as if the resource did not.
#[must_use]
pub fn disclose(header: &Header, permit: Permit) -> Option<Disclosed<'_>> {
    header.view(permit.view()).map(|shown| Disclosed { header, shown, permit })
}

/// Categories to which an app's token narrows a type: a system, where it names one, and a code.
pub type ScopeCategories = Vec<(Option<String>, String)>;

/// What an app's token leaves of what may be shown, where it opens a type in some categories only. It looks at what the
/// view shows of them: a category that is withheld opens nothing.
///
/// # Errors
/// The rule that withholds it.
pub fn within<'a>(
    disclosed: Disclosed<'a>,
    categories: Option<&ScopeCategories>,
) -> Result<Disclosed<'a>, Rule> {
    let has = |(system, code): &(Option<String>, String)| {
        let fits = |(s, c): &(String, String)| system.as_ref().is_none_or(|wanted| wanted == s) && c == code;
        disclosed.shown.index.categories.iter().any(fits)
    };
    match categories {
        Some(categories) if !categories.iter().any(has) => Err(Rule::CategoryNotInScope),
        Some(_) | None => Ok(disclosed),
    }
}

impl<'a> Disclosed<'a> {
    /// Logical id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.header.id
    }

    /// Resource type.
    #[must_use]
    pub fn kind(&self) -> ResourceType {
        self.header.kind
    }

    /// The view that may be shown.
    #[must_use]
    pub fn view(&self) -> View {
        self.permit.view()
    }

    /// `meta.versionId`.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.shown.version
    }

    /// `meta.lastUpdated`.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        self.shown.updated
    }

    /// What identifies the body's bytes among those of the resource.
    #[must_use]
    pub fn digest(&self) -> &'a [u8; 16] {
        &self.shown.digest
    }

    /// What it can be found by.
    #[must_use]
    pub fn index(&self) -> &'a Index {
        &self.shown.index
    }

    /// Why it is shown.
    #[must_use]
    pub fn permit(&self) -> Permit {
        self.permit
    }
}

/// All that is released of one patient beside the bodies, replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// What it was made with beside the facts. It stands first, so that a store can read it alone.
    pub made_with: MadeWith,
    /// The patient's own logical id.
    pub subject: String,
    /// Whether and how far they are served.
    pub standing: Standing,
    /// The NHS number, for those who look a patient up on the practice's side and for sign-in.
    pub nhs_number: Option<record::NhsNumber>,
    /// The headers: by resource type, then newest first, then by id.
    pub headers: Vec<Header>,
    /// Ids that are no longer released, with the newest version that they had.
    pub gone: Vec<(String, u32)>,
}

impl Released {
    /// The header of an id.
    #[must_use]
    pub fn header(&self, kind: ResourceType, id: &str) -> Option<&Header> {
        self.headers.iter().find(|header| header.kind == kind && header.id == id)
    }

    /// The record without the words of what is made of any of these entries: as a projection would make it for which
    /// none of them may go out. The full view is then the coded one, as a new version where that is another.
    #[must_use]
    pub fn without_words_of(&self, entries: &BTreeSet<EntryId>, now: Timestamp) -> Self {
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let mut without = self.clone();
        let concerned = |header: &&mut Header| header.sources.iter().any(|source| entries.contains(source));
        for header in without.headers.iter_mut().filter(concerned) {
            header.full = match (&header.full, &header.coded) {
                (Some(full), Some(coded)) if full.digest != coded.digest => {
                    let version = full.version.saturating_add(1);
                    header.last_version = header.last_version.max(version);
                    Some(ViewHeader { version, updated: now, ..coded.clone() })
                }
                (Some(full), Some(_)) => Some(full.clone()),
                (_, None) | (None, _) => None,
            };
        }
        without
    }

    /// The headers of one type.
    pub fn of(&self, kind: ResourceType) -> impl Iterator<Item = &Header> {
        self.headers.iter().filter(move |header| header.kind == kind)
    }
}

/// A new released record of one patient, and the bodies that must change with it.
#[derive(Clone, Debug)]
pub struct Release {
    /// The record.
    pub released: Released,
    /// What the feed says about who may see it.
    pub access: FeedAccess,
    /// Bodies to write (or, without bytes, to remove).
    pub bodies: Vec<BodyChange>,
}

/// One view's body to write or remove.
#[derive(Clone, Debug)]
pub struct BodyChange {
    /// Logical id.
    pub id: String,
    /// Which view.
    pub view: View,
    /// The bytes, or `None` to remove.
    pub bytes: Option<Vec<u8>>,
}
