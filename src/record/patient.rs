//! Who the record is about, as the practice's system has it.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{FreeText, Listed, NhsNumber};

/// The source's own key of a patient inside one practice (an EMIS patient guid, `nhs:` and an NHS number for
/// GP2GP). It may hold an NHS number, so it does not print itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatientKey(String);

impl PatientKey {
    /// A key of 1 to 120 bytes without control characters.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        let fits = (1..=120).contains(&key.len()) && !key.chars().any(char::is_control);
        fits.then(|| Self(key.to_owned()))
    }

    /// The key of a patient of messages *about* people (GP2GP, GP Connect), of whom the practice's own system may know
    /// under its own key: the feed's name, a colon, and the key in it.
    #[must_use]
    pub fn of_message(feed: &str, id: &str) -> Option<Self> {
        if feed.is_empty() || id.is_empty() { None } else { Self::new(&format!("{feed}:{id}")) }
    }

    /// Whether it is a key of the system with which the practice registers its patients. Those have no colon.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        !self.0.contains(':')
    }

    /// The characters, for storage keys and hashes; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PatientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientKey(..)")
    }
}

/// Demographics of the patient. Carers and next of kin are other people's data: they are kept apart, for redaction to
/// know whom it must not let through, and comments on whose telephone it is are dropped on reading.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demographics {
    /// The NHS number, where the source has a valid one.
    pub nhs_number: Option<NhsNumber>,
    /// The name, where the source has one (GP2GP has none).
    pub name: Option<PersonName>,
    /// Administrative gender.
    pub gender: Gender,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Date of death.
    pub death_date: Option<Date>,
    /// The usual (or temporary) address.
    pub address: Option<Address>,
    /// Landline, as written. Absent where the source says that a telephone is somebody else's.
    pub home_phone: Option<FreeText>,
    /// Mobile telephone, likewise.
    pub mobile_phone: Option<FreeText>,
    /// E-mail address, likewise.
    pub email: Option<FreeText>,
    /// Key of the usual GP in the feed's staff list.
    pub usual_gp: Option<String>,
    /// What kind of patient of this practice.
    pub registration: Registration,
    /// From when.
    pub registered_on: Option<Date>,
    /// When the registration ended.
    pub deducted_on: Option<Date>,
    /// A patient that exists for testing or training.
    pub dummy: bool,
    /// What redaction knows and nothing ever shows.
    pub for_redaction: ForRedaction,
}

impl Demographics {
    /// A patient of whom nothing is known but how they are registered.
    #[must_use]
    pub fn registered(registration: Registration) -> Self {
        Self {
            nhs_number: None,
            name: None,
            gender: Gender::Unknown,
            birth_date: None,
            death_date: None,
            address: None,
            home_phone: None,
            mobile_phone: None,
            email: None,
            usual_gp: None,
            registration,
            registered_on: None,
            deducted_on: None,
            dummy: false,
            for_redaction: ForRedaction::default(),
        }
    }
}

impl fmt::Debug for Demographics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Demographics(..)")
    }
}

/// Names by which redaction tells the patient from others. It is never mapped and never shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForRedaction {
    /// Former names of the patient, and what they are called.
    pub other_names: Vec<PersonName>,
    /// Carers, next of kin and others whom the source knows beside the patient.
    pub related: Vec<Related>,
}

impl fmt::Debug for ForRedaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForRedaction(..)")
    }
}

/// Somebody whom the source knows beside the patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The name, given name first, as written.
    pub name: FreeText,
    /// What they are to the patient.
    pub relation: Option<Listed>,
    /// Where they live, if the source knows.
    pub address: Option<Address>,
}

impl fmt::Debug for Related {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Related(..)")
    }
}

/// A person's name in parts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Titles.
    pub prefix: Option<String>,
    /// Given and middle names in order.
    pub given: Vec<String>,
    /// Surname.
    pub family: Option<String>,
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(..)")
    }
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// House, street, village.
    pub lines: Vec<String>,
    /// Post town.
    pub city: Option<String>,
    /// County.
    pub district: Option<String>,
    /// Postcode, with its space.
    pub postcode: Option<String>,
    /// The patient is here only for a time.
    pub temporary: bool,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// FHIR administrative gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Indeterminate.
    Other,
    /// Not known or not said.
    Unknown,
}

/// What a patient is to the practice. Only regular patients are served, unless a practice allows more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Registration {
    /// Registered for general medical services.
    Regular,
    /// Any other kind, in the source's word (temporary, private, sexual health…).
    Other(String),
    /// The source does not say.
    Unknown,
}

/// Whom a source that knows nobody's key means: a laboratory or a vaccination centre names a patient by number and
/// date of birth. The two must agree with one patient's own before anything of it is theirs.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The NHS number; without a valid one nobody is meant.
    pub nhs_number: NhsNumber,
    /// The date of birth, where the source has one that can be read.
    pub birth_date: Option<Date>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}
