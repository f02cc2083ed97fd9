//! What a resource can be found by.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The values of one disclosed view of a resource that search parameters look at. It is computed from the view's own
/// body, so that nothing can be found by what the body does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Codings of the resource's code (system, code), and of its components.
    pub codes: Vec<(String, String)>,
    /// Codings of its categories.
    pub categories: Vec<(String, String)>,
    /// Business identifiers (system, value).
    pub identifiers: Vec<(String, String)>,
    /// Its status.
    pub status: Option<String>,
    /// When it applies: from (included) to (excluded).
    pub date: Option<(Timestamp, Timestamp)>,
    /// Family names, lower case without accents.
    pub family: Vec<String>,
    /// Given names, likewise.
    pub given: Vec<String>,
    /// All parts of names, likewise.
    pub name: Vec<String>,
    /// Administrative gender.
    pub gender: Option<String>,
    /// Birth date: from (included) to (excluded).
    pub birth_date: Option<(Timestamp, Timestamp)>,
    /// Whether the record is in use.
    pub active: Option<bool>,
}
