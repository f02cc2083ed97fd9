//! Canonical URLs of profiles, extensions, code systems and identifier systems, each written once.

/// A profile, and the version of it that the resources are made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The canonical URL, as `meta.profile` has it.
    pub url: &'static str,
    /// The version.
    pub version: &'static str,
}

impl Profile {
    /// `url|version`, as a capability statement has it.
    #[must_use]
    pub fn versioned(self) -> String {
        format!("{}|{}", self.url, self.version)
    }
}

/// Profiles.
pub mod profile {
    use super::Profile;

    /// UK Core Patient.
    pub const UK_CORE_PATIENT: Profile =
        Profile { url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient", version: "2.6.1" };
    /// UK Core Observation.
    pub const UK_CORE_OBSERVATION: Profile =
        Profile { url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation", version: "2.5.0" };
    /// UK Core Observation Lab.
    pub const UK_CORE_LAB: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-Lab",
        version: "2.0.1",
    };
    /// UK Core Observation Group Lab.
    pub const UK_CORE_LAB_GROUP: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-Group-Lab",
        version: "2.1.0",
    };
    /// UK Core VitalSigns.
    pub const UK_CORE_VITAL_SIGNS: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns",
        version: "1.1.1",
    };
    /// UK Core VitalSigns Blood Pressure.
    pub const UK_CORE_BLOOD_PRESSURE: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BloodPressure",
        version: "1.0.0",
    };
    /// UK Core VitalSigns BMI.
    pub const UK_CORE_BMI: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BMI",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Body Height.
    pub const UK_CORE_BODY_HEIGHT: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyHeight",
        version: "1.1.1",
    };
    /// UK Core VitalSigns Body Temperature.
    pub const UK_CORE_BODY_TEMPERATURE: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyTemperature",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Body Weight.
    pub const UK_CORE_BODY_WEIGHT: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyWeight",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Head Circumference.
    pub const UK_CORE_HEAD_CIRCUMFERENCE: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-HeadCircumference",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Heart Rate.
    pub const UK_CORE_HEART_RATE: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-HeartRate",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Oxygen Saturation.
    pub const UK_CORE_OXYGEN_SATURATION: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-OxygenSaturation",
        version: "1.0.0",
    };
    /// UK Core VitalSigns Respiration Rate.
    pub const UK_CORE_RESPIRATION_RATE: Profile = Profile {
        url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-RespirationRate",
        version: "1.0.0",
    };
    /// UK Core Immunization.
    pub const UK_CORE_IMMUNIZATION: Profile =
        Profile { url: "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Immunization", version: "2.4.0" };
    /// IPA Patient.
    pub const IPA_PATIENT: Profile =
        Profile { url: "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-patient", version: "1.0.0" };
    /// IPA Observation.
    pub const IPA_OBSERVATION: Profile =
        Profile { url: "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-observation", version: "1.0.0" };
    /// IPA Immunization.
    pub const IPA_IMMUNIZATION: Profile =
        Profile { url: "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-immunization", version: "1.0.0" };
    /// FHIR R4 Vital Signs.
    pub const R4_VITAL_SIGNS: Profile =
        Profile { url: "http://hl7.org/fhir/StructureDefinition/vitalsigns", version: "4.0.1" };
    /// FHIR R4 Blood Pressure.
    pub const R4_BLOOD_PRESSURE: Profile =
        Profile { url: "http://hl7.org/fhir/StructureDefinition/bp", version: "4.0.1" };

    /// Every profile that a Patient may claim.
    pub const OF_PATIENT: &[Profile] = &[UK_CORE_PATIENT, IPA_PATIENT];
    /// Every profile that an Observation may claim.
    pub const OF_OBSERVATION: &[Profile] = &[
        UK_CORE_OBSERVATION,
        UK_CORE_LAB,
        UK_CORE_LAB_GROUP,
        UK_CORE_VITAL_SIGNS,
        UK_CORE_BLOOD_PRESSURE,
        UK_CORE_BMI,
        UK_CORE_BODY_HEIGHT,
        UK_CORE_BODY_TEMPERATURE,
        UK_CORE_BODY_WEIGHT,
        UK_CORE_HEAD_CIRCUMFERENCE,
        UK_CORE_HEART_RATE,
        UK_CORE_OXYGEN_SATURATION,
        UK_CORE_RESPIRATION_RATE,
        IPA_OBSERVATION,
        R4_VITAL_SIGNS,
        R4_BLOOD_PRESSURE,
    ];
    /// Every profile that an Immunization may claim.
    pub const OF_IMMUNIZATION: &[Profile] = &[UK_CORE_IMMUNIZATION, IPA_IMMUNIZATION];
}

/// Extensions.
pub mod extension {
    /// The procedure by which a vaccine was given.
    pub const VACCINATION_PROCEDURE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure";
    /// The ethnic category.
    pub const ETHNIC_CATEGORY: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory";
    /// Whether the NHS number was traced.
    pub const NHS_NUMBER_VERIFICATION_STATUS: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus";
    /// The SNOMED CT description that was chosen for a concept.
    pub const SCT_DESCRIPTION_ID: &str = "http://hl7.org/fhir/StructureDefinition/coding-sctdescid";
    /// Why a value is absent.
    pub const DATA_ABSENT_REASON: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
}

/// Code systems.
pub mod system {
    /// SNOMED CT.
    pub const SNOMED: &str = "http://snomed.info/sct";
    /// LOINC.
    pub const LOINC: &str = "http://loinc.org";
    /// Units.
    pub const UCUM: &str = "http://unitsofmeasure.org";
    /// Dictionary of medicines and devices.
    pub const DMD: &str = "https://dmd.nhs.uk";
    /// Read codes version 2.
    pub const READ_V2: &str = "http://read.info/readv2";
    /// Clinical Terms Version 3.
    pub const CTV3: &str = "http://read.info/ctv3";
    /// EMIS local codes.
    pub const EGTON: &str = "https://fhir.hl7.org.uk/Id/egton-codes";
    /// England's ethnic categories.
    pub const ETHNIC_CATEGORY_ENGLAND: &str =
        "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland";
    /// `vital-signs`, `laboratory` and the others.
    pub const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
    /// `H`, `L`, `A`.
    pub const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
    /// `not-applicable` and the others.
    pub const DATA_ABSENT_REASON: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    /// `UNK`.
    pub const NULL_FLAVOR: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";
    /// `NOPAT` and the others.
    pub const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    /// England's states of an NHS number.
    pub const NHS_NUMBER_VERIFICATION_STATUS: &str =
        "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland";
}

/// Identifier systems.
pub mod identifier {
    /// NHS numbers.
    pub const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
    /// ODS codes of organisations.
    pub const ODS_ORGANIZATION: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
    /// Our own: the logical id of a patient, for those without an NHS number, because IPA wants an identifier.
    pub const PATIENT: &str = "urn:recordgate:patient";
}
