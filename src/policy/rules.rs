//! What a practice decides for all its patients.

use std::collections::BTreeSet;

use jiff::civil::Date;
use record::Section;
use serde::{Deserialize, Serialize};

use crate::Sensitivity;

/// The switches of a practice. The default opens nothing that the national model closes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PracticeRules {
    /// Sections that are switched off for everybody. A grant can switch off more, never fewer.
    pub sections_off: BTreeSet<Section>,
    /// Free text of feeds that carry no marks may go out where it was recorded on or after this day: from then on
    /// the practice writes for its patients' eyes. Without a day such text waits for a review of its entry.
    pub free_text_from: Option<Date>,
    /// Classes of sensitive entries that patients are not shown either.
    pub withheld_from_patients: BTreeSet<Sensitivity>,
    /// Classes of sensitive entries that proxies are shown.
    pub shown_to_proxies: BTreeSet<Sensitivity>,
}
