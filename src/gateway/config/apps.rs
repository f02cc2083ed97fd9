//! `[apps]`: what apps are offered.

use std::path::PathBuf;

use serde::Deserialize;

/// `[apps]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Apps {
    /// PEM file: the authorities of the servers at which apps publish their keys. Without it no keys are fetched, so
    /// that this service asks nobody for anything, and apps are registered with their keys.
    pub key_authorities: Option<PathBuf>,
}
