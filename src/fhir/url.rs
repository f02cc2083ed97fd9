//! Canonical URLs of profiles, extensions, code systems and identifier systems, each written once.

/// The base of the UK Core profiles and extensions.
pub const UK_CORE: &str = "https://fhir.hl7.org.uk/StructureDefinition/";
/// The base of the profiles of International Patient Access.
pub const IPA: &str = "http://hl7.org/fhir/uv/ipa/StructureDefinition/";

/// Profiles, with the version that the resources are made to.
pub mod profile {
    /// UK Core Patient.
    pub const UK_CORE_PATIENT: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient|2.6.1";
    /// UK Core Observation.
    pub const UK_CORE_OBSERVATION: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation|2.5.0";
    /// UK Core Observation Lab.
    pub const UK_CORE_LAB: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-Lab|2.0.1";
    /// UK Core Observation Group Lab.
    pub const UK_CORE_LAB_GROUP: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-Group-Lab|2.1.0";
    /// UK Core VitalSigns.
    pub const UK_CORE_VITAL_SIGNS: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns|1.1.1";
    /// UK Core VitalSigns Blood Pressure.
    pub const UK_CORE_BLOOD_PRESSURE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BloodPressure|1.0.0";
    /// UK Core VitalSigns BMI.
    pub const UK_CORE_BMI: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BMI|1.0.0";
    /// UK Core VitalSigns Body Height.
    pub const UK_CORE_BODY_HEIGHT: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyHeight|1.1.1";
    /// UK Core VitalSigns Body Temperature.
    pub const UK_CORE_BODY_TEMPERATURE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyTemperature|1.0.0";
    /// UK Core VitalSigns Body Weight.
    pub const UK_CORE_BODY_WEIGHT: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-BodyWeight|1.0.0";
    /// UK Core VitalSigns Head Circumference.
    pub const UK_CORE_HEAD_CIRCUMFERENCE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-HeadCircumference|1.0.0";
    /// UK Core VitalSigns Heart Rate.
    pub const UK_CORE_HEART_RATE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-HeartRate|1.0.0";
    /// UK Core VitalSigns Oxygen Saturation.
    pub const UK_CORE_OXYGEN_SATURATION: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-OxygenSaturation|1.0.0";
    /// UK Core VitalSigns Respiration Rate.
    pub const UK_CORE_RESPIRATION_RATE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-VitalSigns-RespirationRate|1.0.0";
    /// UK Core Immunization.
    pub const UK_CORE_IMMUNIZATION: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Immunization|2.4.0";
    /// IPA Patient.
    pub const IPA_PATIENT: &str = "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-patient|1.0.0";
    /// IPA Observation.
    pub const IPA_OBSERVATION: &str = "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-observation|1.0.0";
    /// IPA Immunization.
    pub const IPA_IMMUNIZATION: &str = "http://hl7.org/fhir/uv/ipa/StructureDefinition/ipa-immunization|1.0.0";
    /// FHIR R4 Vital Signs.
    pub const R4_VITAL_SIGNS: &str = "http://hl7.org/fhir/StructureDefinition/vitalsigns|4.0.1";
    /// FHIR R4 Blood Pressure.
    pub const R4_BLOOD_PRESSURE: &str = "http://hl7.org/fhir/StructureDefinition/bp|4.0.1";

    /// Every profile that a Patient may claim.
    pub const OF_PATIENT: &[&str] = &[UK_CORE_PATIENT, IPA_PATIENT];
    /// Every profile that an Observation may claim.
    pub const OF_OBSERVATION: &[&str] = &[
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
    pub const OF_IMMUNIZATION: &[&str] = &[UK_CORE_IMMUNIZATION, IPA_IMMUNIZATION];
}

/// Extensions.
pub mod extension {
    /// The procedure by which a vaccine was given.
    pub const VACCINATION_PROCEDURE: &str =
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-VaccinationProcedure";
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
