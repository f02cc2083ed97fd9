//! Apps as a register: what each may do, how far it has come, and the history of every step: who, when, what, why. An
//! app and the line in its history are written together or not at all, and no line is ever changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use policy::Decided;
use record::OdsCode;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A patient-facing app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// OAuth client id.
    pub client_id: String,
    /// What people know it by.
    pub name: String,
    /// Exact redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Scopes that it may ask for, as single scope texts.
    pub scopes: Vec<String>,
    /// How far it has come.
    pub status: AppStatus,
    /// How it proves who it is. Without keys it is a public app, which cannot.
    #[serde(default)]
    pub keys: Option<AppKeys>,
    /// The practices whose patients it may serve; none named: all that do not block it.
    #[serde(default)]
    pub practices: Option<BTreeSet<OdsCode>>,
    /// Whom to write to about it.
    #[serde(default)]
    pub contact: Option<String>,
    /// Where each kind of evidence about it is kept.
    #[serde(default)]
    pub evidence: BTreeMap<Evidence, String>,
    /// Requests a minute that it may make for all its people together; none: the service's own limit.
    #[serde(default)]
    pub per_minute: Option<u32>,
    /// It gets only tokens that are bound so.
    #[serde(default)]
    pub bound_by: Option<BoundBy>,
}

/// How tokens are bound to whoever may use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundBy {
    /// To a key of the app's (RFC 9449).
    Dpop,
    /// To the certificate of its connections (RFC 8705).
    Certificate,
}

/// The public keys of a confidential app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum AppKeys {
    /// As they were registered: a JWK Set (RFC 7517).
    Inline {
        /// The set.
        jwks: String,
    },
    /// Where the app publishes them.
    Url {
        /// `https`.
        url: String,
    },
}

/// How far an app has come. Only approved ones (and, in a sandbox, sandbox ones) get data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppStatus {
    /// Proposed.
    #[default]
    Proposed,
    /// May be tried in a sandbox.
    Sandbox,
    /// May serve patients.
    Approved,
    /// Stopped for now.
    Suspended,
    /// Stopped for good.
    Retired,
}

impl AppStatus {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Sandbox => "sandbox",
            Self::Approved => "approved",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
        }
    }
}

/// What has to be shown of an app before patients get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The clinical safety case (DCB0129).
    ClinicalSafety,
    /// The data protection impact assessment.
    DataProtection,
    /// The contract with its maker.
    Contract,
}

impl Evidence {
    /// All kinds; an app is approved with every one of them.
    pub const ALL: [Self; 3] = [Self::ClinicalSafety, Self::DataProtection, Self::Contract];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClinicalSafety => "clinical-safety",
            Self::DataProtection => "data-protection",
            Self::Contract => "contract",
        }
    }
}

/// A line of an app's history: the app as it was from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEvent {
    /// Its number in the history of the app, from 1.
    pub number: u64,
    /// The app after it.
    pub app: App,
    /// Who, when and why.
    #[serde(flatten)]
    pub decided: Decided,
}

/// An authorization request that waits: one that an app has pushed (RFC 9126), or one of somebody who is away to sign in
/// or has not answered yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// The app.
    pub client_id: String,
    /// What it asked, by name.
    pub parameters: Vec<(String, String)>,
    /// The account of whoever has signed in for it.
    #[serde(default)]
    pub account: Option<String>,
    /// It is no longer good from then on.
    pub expires: Timestamp,
}

impl std::fmt::Debug for Pushed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pushed(..)")
    }
}

/// The register of apps, and what its clients use once.
pub trait Apps {
    /// Every app, by client id.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn apps(&self) -> Result<Vec<App>, StoreError>;

    /// Puts an app in the place of what it was, and a line into its history. Returns the line's number; `None`, and
    /// nothing is written, where the app is no longer what `before` says: somebody else has changed it.
    ///
    /// # Errors
    /// If it could not be made durable; then nothing was changed.
    fn change_app(
        &self,
        before: Option<&App>,
        after: &App,
        decided: &Decided,
    ) -> Result<Option<u64>, StoreError>;

    /// The history of an app, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn app_history(&self, client_id: &str) -> Result<Vec<AppEvent>, StoreError>;

    /// Notes that something was used that may be used once, until a time after which nobody would take it anyway. Of
    /// several callers exactly one gets `true`, also across restarts.
    ///
    /// # Errors
    /// If it could not be made durable; then it must not be taken.
    fn use_once(&self, what: &[u8; 32], now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Keeps a pushed request under the hash of its name, until it is over.
    ///
    /// # Errors
    /// If it could not be made durable.
    fn keep_pushed(&self, hash: &[u8; 32], now: Timestamp, pushed: &Pushed) -> Result<(), StoreError>;

    /// A pushed request by the hash of its name.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn pushed(&self, hash: &[u8; 32]) -> Result<Option<Pushed>, StoreError>;
}
