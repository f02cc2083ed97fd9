//! What a practice has granted to a patient, and to those who act for them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use record::{OnlineUser, Section};
use serde::{Deserialize, Serialize};

use crate::AccessLevel;

/// Access to one patient's record (NHS England user permissions: `medicalRecord`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    /// What was recorded on or after this day is current, what came before is historical.
    pub effective_date: Date,
    /// Level for the current record.
    pub current: AccessLevel,
    /// Level for the historical record.
    #[serde(default)]
    pub historical: AccessLevel,
    /// Sections that are switched off for this patient, whatever the level.
    #[serde(default)]
    pub sections_off: BTreeSet<Section>,
}

/// A grant to somebody who acts for the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxyGrant {
    /// What they may see.
    pub grant: Grant,
    /// Why they may.
    pub legal_basis: LegalBasis,
    /// What they are to the patient, a code of v3-RoleCode such as `MTH`, if the source says.
    pub relationship: Option<String>,
    /// First day.
    pub starts: Date,
    /// Last day, if one is set.
    pub ends: Option<Date>,
    /// The practice has looked again since the patient turned 11, and lets it go on until 16.
    #[serde(default)]
    pub reviewed_since_eleven: bool,
}

/// Why a proxy may see the record (England-NHSProxyLegalBasis).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// A parent of a child.
    ParentalResponsibility,
    /// The patient consents.
    Consent,
    /// Best interests of somebody who cannot consent.
    BestInterest,
    /// A deputy appointed by the court.
    CourtAppointedPersonalWelfareDeputy,
    /// A lasting power of attorney for health and welfare.
    HealthAndWelfareLastingPowerOfAttorney,
    /// The source does not say: the strictest rule of all counts.
    Unstated,
}

/// What a feed says about who may see a record, where the practice has decided nothing here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedAccess {
    /// The patient.
    pub own: Option<Grant>,
    /// Others whom the feed names, by the feed's own key of each.
    #[serde(default)]
    pub proxies: BTreeMap<String, FeedProxy>,
}

/// Somebody who acts for the patient, as a feed names them. Who they are is for matching them when they sign in; it is
/// never served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedProxy {
    /// Who they are.
    pub person: OnlineUser,
    /// What they may see.
    pub grant: ProxyGrant,
}
