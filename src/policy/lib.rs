//! Who may see what: label, decide, disclose. Pure, total, deny by default.
//!
//! - [`label`] gathers what the source said against showing an entry, over the entry and all that contains it;
//! - [`admit`] decides once for each request whether anybody may see anything of this patient, and yields an
//!   [`Admission`]; [`decide`] then decides for each resource, and yields a [`Permit`];
//! - [`disclose`] turns what the store holds and a permit into a [`Disclosed`]. Nothing else makes one, and only a
//!   `Disclosed` can be searched or become part of a response.
//!
//! The rules themselves are tables: `profiles/access_levels.toml`, `profiles/registration_types.toml`,
//! `profiles/online_services.csv` and `profiles/disclosure/*.toml`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod admit;
mod decide;
mod disclosure;
mod enable;
mod grant;
mod held;
mod holders;
mod identifying;
mod label;
#[cfg(test)]
mod laws;
mod level;
mod made_with;
mod measured;
mod online;
mod overlay;
mod oversight;
mod registration;
mod rules;
mod screening;
mod sensitivity;
mod walk;

pub use admit::{AccessRequest, Actor, Admission, Refusal, Standing, admit, age_on};
pub use decide::{Decision, Permit, Rule, decide, text_may_go_out};
pub use disclosure::{DisclosureTable, Passed, Shown, TableError, View};
pub use enable::{Blocked, blocked, opens_more};
pub use grant::{FeedAccess, FeedProxy, Grant, LegalBasis, ProxyGrant};
pub use held::{
    BodyChange, Disclosed, Header, Release, Released, ScopeCategories, ViewHeader, disclose, within,
};
pub use holders::{Holder, feed, is_living, served};
pub use identifying::is_identifying;
pub use label::{Labels, Reason, label};
pub use level::{AccessLevel, LevelTable};
pub use made_with::MadeWith;
pub use online::OnlineTable;
pub use overlay::{Another, with_marks_of_others, with_words_of_others};
pub use oversight::{Decided, Oversight, Review, WordsDigest, withheld_by, words, words_of};
pub use registration::{check_registrations, is_served};
pub use rules::{PracticeRules, RuleChange};
pub use screening::{Found, FoundText, Queued, Reading, Screening, SpanFound, ThirdParties, Verdict};
pub use sensitivity::{SensitiveCodes, Sensitivity};
pub use walk::Walk;
