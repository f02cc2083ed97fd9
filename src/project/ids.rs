//! Logical ids: stable across projections, and telling nothing. A keyed hash of the source's key.

use aws_lc_rs::hmac;
use record::{EntryId, OdsCode, PatientKey, ResourceType};

/// The deployment's secret for logical ids. Who changes it changes every id.
pub struct IdKey(hmac::Key);

impl IdKey {
    /// From 32 secret bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of offline mapping, whose ids are not those of any deployment.
    #[must_use]
    pub fn offline() -> Self {
        Self::new(b"recordgate offline mapping, v1\0\0")
    }

    /// What tells two keys apart, and says nothing about either.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        let sum = hmac::sign(&self.0, b"recordgate id key fingerprint, v1");
        sum.as_ref().first_chunk::<8>().copied().unwrap_or_default()
    }

    /// The logical id of a patient.
    #[must_use]
    pub fn subject(&self, practice: &OdsCode, patient: &PatientKey) -> String {
        self.id(&[practice.as_str(), patient.expose(), ResourceType::Patient.name()])
    }

    /// The logical id of what an entry becomes.
    #[must_use]
    pub fn resource(
        &self,
        practice: &OdsCode,
        patient: &PatientKey,
        kind: ResourceType,
        entry: &EntryId,
    ) -> String {
        match kind {
            ResourceType::Patient => self.subject(practice, patient),
            ResourceType::Observation | ResourceType::Immunization => {
                self.id(&[practice.as_str(), patient.expose(), kind.name(), entry.as_str()])
            }
        }
    }

    fn id(&self, parts: &[&str]) -> String {
        let mut mac = hmac::Context::with_key(&self.0);
        for part in parts {
            // No part holds a control character, so the separator keeps two lists of parts apart.
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
        mac.sign().as_ref().iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKey(..)")
    }
}
