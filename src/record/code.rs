//! Clinical codes as a record holds them.

use serde::{Deserialize, Serialize};

/// The code systems that GP records use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CodeSystem {
    /// SNOMED CT, a concept id.
    SnomedCt,
    /// SNOMED CT, a description id: suppliers send these where a concept is expected.
    SnomedCtDescription,
    /// Read codes version 2, five characters and perhaps two of term code.
    ReadV2,
    /// Clinical Terms Version 3.
    Ctv3,
    /// EMIS (Egton) local codes.
    Egton,
    /// The NHS dictionary of medicines and devices.
    Dmd,
    /// An OID that is none of the above, in dotted form.
    Oid(String),
    /// A list that the practice or its system keeps, without a name of its own: only the term means anything.
    Listed,
}

/// One code in one system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coding {
    /// The system.
    pub system: CodeSystem,
    /// The code, as that system writes it.
    pub code: String,
    /// The term that the source shows for it: from a code list, never typed by a person.
    pub display: Option<String>,
}

/// A concept in the systems in which the source gave it, the one that was recorded first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coded {
    /// The codings; the first is what the clinician chose.
    pub codings: Vec<Coding>,
    /// The rubric that the source shows where it differs from the codings' terms. A person may have typed it.
    pub original_text: Option<crate::FreeText>,
}

impl Coded {
    /// A concept of which there are only words.
    #[must_use]
    pub fn words(text: &str) -> Option<Self> {
        crate::FreeText::new(text).map(|text| Self { codings: Vec::new(), original_text: Some(text) })
    }

    /// The code in a system, if the concept has one there.
    #[must_use]
    pub fn in_system(&self, system: &CodeSystem) -> Option<&str> {
        self.codings.iter().find(|coding| coding.system == *system).map(|coding| coding.code.as_str())
    }

    /// The SNOMED CT concept id, if any.
    #[must_use]
    pub fn snomed(&self) -> Option<&str> {
        self.in_system(&CodeSystem::SnomedCt)
    }

    /// The term that the source shows for the first coding that has one.
    #[must_use]
    pub fn display(&self) -> Option<&str> {
        self.codings.iter().find_map(|coding| coding.display.as_deref())
    }
}

/// The code of an entry: given in place, or by a key into the practice's code list, which may arrive later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeRef {
    /// The code itself, and what kind of thing it is if the source says.
    Given(Coded, Option<CodeClass>),
    /// A key into the feed's own code list ([`crate::Dictionary::code`]).
    Local(String),
}

/// What kind of thing a code stands for, as far as the supplier's own code list tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CodeClass {
    /// A laboratory test or its result (biochemistry, haematology, microbiology…).
    Laboratory,
    /// Diagnostic imaging.
    Imaging,
    /// A measurement or finding of the body (weight, blood pressure).
    Measurement,
    /// A vaccination, or something said about one.
    Immunisation,
    /// An illness of a relative: never the patient's own.
    FamilyHistory,
    /// An allergy or adverse reaction.
    Allergy,
    /// A condition, operation or procedure.
    Condition,
    /// A procedure.
    Procedure,
    /// A symptom or finding.
    Finding,
    /// Smoking, alcohol, occupation and the like.
    SocialHistory,
    /// A referral.
    Referral,
    /// A request for a test or an investigation.
    Request,
    /// A specimen.
    Specimen,
    /// Ethnic group, nationality, religion, marital status.
    Demographic,
    /// Administration, documents, attachments.
    Administrative,
    /// Sexual health statistics codes (KC60, SHHAPT): sensitive by definition.
    SexualHealth,
    /// Anything else, named or not, by the source.
    Other,
    /// A medication, prescribed or issued.
    Medication,
}
