//! `[audit]`: who looked at records.

use std::{num::NonZeroU32, path::PathBuf};

use serde::Deserialize;

/// `[audit]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Folder of the trail; `audit` in the folder of the records, if it is left out. Requests about patients are refused
    /// while it cannot be written.
    pub dir: Option<PathBuf>,
    /// How many days a file of it is kept; for ever, if it is left out.
    pub keep_days: Option<NonZeroU32>,
}
