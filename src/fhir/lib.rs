//! The wall round fhirbolt: the three typed R4 resources, functions that encode them, XML for what was encoded, and
//! the canonical URLs. It knows no record and no rule of the mapping. Nobody else may name `fhirbolt::json`: each
//! crate that does compiles all of R4 once more. For the same reason this file hardly ever changes and has no tests of
//! its own; those of `map` exercise it.

pub mod url;
mod xml;

use std::fmt;

pub use fhirbolt::model::r4::{
    resources::{
        Immunization, ImmunizationOccurrence, ImmunizationPerformer, ImmunizationProtocolApplied,
        ImmunizationProtocolAppliedDoseNumber, Observation, ObservationComponent, ObservationComponentValue,
        ObservationEffective, ObservationReferenceRange, ObservationValue, Patient, PatientDeceased,
    },
    types,
};
pub use xml::json_to_xml;

/// A resource could not be encoded. It says nothing of why, because that could hold a value of a patient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError;

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the resource could not be encoded")
    }
}

impl std::error::Error for EncodeError {}

/// The JSON of a Patient.
///
/// # Errors
/// If a required element is missing or a decimal is none.
pub fn encode_patient(patient: &Patient) -> Result<Vec<u8>, EncodeError> {
    fhirbolt::json::to_vec(patient, None).map_err(|_| EncodeError)
}

/// The JSON of an Observation.
///
/// # Errors
/// If a required element is missing or a decimal is none.
pub fn encode_observation(observation: &Observation) -> Result<Vec<u8>, EncodeError> {
    fhirbolt::json::to_vec(observation, None).map_err(|_| EncodeError)
}

/// The JSON of an Immunization.
///
/// # Errors
/// If a required element is missing or a decimal is none.
pub fn encode_immunization(immunization: &Immunization) -> Result<Vec<u8>, EncodeError> {
    fhirbolt::json::to_vec(immunization, None).map_err(|_| EncodeError)
}
