//! The parts of a record that a practice can switch off, and the FHIR resource types that they are served as.

use serde::{Deserialize, Serialize};

/// A part of the record that a practice can switch off for everybody or for one patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Who the patient is.
    Demographics,
    /// Laboratory and other test results.
    TestResults,
    /// Vaccinations.
    Immunisations,
    /// Everything else that was recorded in consultations: measurements, findings, coded history.
    Consultations,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 4] =
        [Self::Demographics, Self::TestResults, Self::Immunisations, Self::Consultations];

    /// The name that people switch it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Demographics => "demographics",
            Self::TestResults => "test-results",
            Self::Immunisations => "immunisations",
            Self::Consultations => "consultations",
        }
    }
}

impl std::str::FromStr for Section {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|section| section.name() == text)
            .ok_or_else(|| format!("a section is one of {names}"))
    }
}

/// The FHIR R4 resource types that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    /// `Patient`
    Patient,
    /// `Observation`
    Observation,
    /// `Immunization`
    Immunization,
}

impl ResourceType {
    /// Every type, in the order in which they are stored.
    pub const ALL: [Self; 3] = [Self::Patient, Self::Observation, Self::Immunization];

    /// The name as FHIR spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Observation => "Observation",
            Self::Immunization => "Immunization",
        }
    }

    /// The type of a name, in exactly FHIR's spelling.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
