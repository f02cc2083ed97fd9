//! Which column stands where: the published column lists of both versions (endeavourhealth/Transforms, `vision/schema`).

use crate::delimited::Column;

/// A table that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    /// In the order in which they are read: what others refer to comes first.
    Practice,
    Staff,
    Patient,
    Encounter,
    Journal,
}

/// The version of a batch's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// What practices send.
    Live,
    /// The supplier's test pack: fewer columns, some in another order.
    TestPack,
}

impl Table {
    /// The table that a file's name names.
    pub(super) fn named(name: &str) -> Option<Self> {
        let of = [
            ("practice", Self::Practice),
            ("staff", Self::Staff),
            ("patient", Self::Patient),
            ("encounter", Self::Encounter),
            ("journal", Self::Journal),
        ];
        of.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, table)| table)
    }

    /// The columns of a version.
    pub(super) fn columns(self, version: Version) -> &'static [&'static str] {
        match (self, version) {
            (Self::Practice, _) => &PRACTICE,
            (Self::Staff, Version::Live) => &STAFF,
            (Self::Staff, Version::TestPack) => &STAFF_TEST_PACK,
            (Self::Patient, Version::Live) => &PATIENT,
            (Self::Patient, Version::TestPack) => &PATIENT_TEST_PACK,
            (Self::Encounter, _) => &ENCOUNTER,
            (Self::Journal, Version::Live) => &JOURNAL,
            (Self::Journal, Version::TestPack) => &JOURNAL_TEST_PACK,
        }
    }

    /// The versions of which a row of the table may have so many fields.
    pub(super) fn versions(self, fields: usize) -> impl Iterator<Item = Version> {
        [Version::Live, Version::TestPack]
            .into_iter()
            .filter(move |version| self.columns(*version).len() == fields)
    }
}

/// The columns of a table in the version at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout(pub(super) &'static [&'static str]);

impl Layout {
    /// Where a column stands; nowhere, if this version has no such column.
    pub(super) fn column(self, name: &'static str) -> Column {
        Column { name, at: self.0.iter().position(|column| *column == name) }
    }
}

const PRACTICE: [&str; 14] = [
    "ID",
    "NAME",
    "IDENTIFIER",
    "HA",
    "ADDRESS",
    "ADDRESS_1",
    "ADDRESS_2",
    "ADDRESS_3",
    "ADDRESS_4",
    "ADDRESS_5",
    "POSTCODE",
    "PHONE",
    "EMAIL",
    "FAX",
];

const STAFF: [&str; 8] = ["ID", "HCP_TYPE", "GMP_CODE", "SURNAME", "FORENAME", "TITLE", "SEX", "SERVICE_ID"];

const STAFF_TEST_PACK: [&str; 8] =
    ["ID", "SURNAME", "FORENAME", "TITLE", "SEX", "GMP_CODE", "HCP_TYPE", "SERVICE_ID"];

const PATIENT: [&str; 35] = [
    "PID",
    "REFERENCE",
    "DATE_OF_BIRTH",
    "SEX",
    "POSTCODE",
    "MARITAL_STATUS",
    "GP",
    "GP_USUAL",
    "ACTIVE",
    "REGISTERED_DATE",
    "REMOVED_DATE",
    "HA",
    "PCG",
    "SURGERY",
    "MILEAGE",
    "DISPENSING",
    "ETHNIC",
    "DATE_OF_DEATH",
    "PRACTICE",
    "SURNAME",
    "FORENAME",
    "TITLE",
    "NHS_NUMBER",
    "ADDRESS",
    "ADDRESS_1",
    "ADDRESS_2",
    "ADDRESS_3",
    "ADDRESS_4",
    "ADDRESS_5",
    "PHONE_NUMBER",
    "MOBILE_NUMBER",
    "EMAIL",
    "PRACT_NUMBER",
    "SERVICE_ID",
    "ACTION",
];

const PATIENT_TEST_PACK: [&str; 32] = [
    "PID",
    "REFERENCE",
    "DATE_OF_BIRTH",
    "SEX",
    "POSTCODE",
    "MARITAL_STATUS",
    "GP",
    "GP_USUAL",
    "ACTIVE",
    "REGISTERED_DATE",
    "REMOVED_DATE",
    "HA",
    "PCG",
    "SURGERY",
    "MILEAGE",
    "DISPENSING",
    "ETHNIC",
    "DATE_OF_DEATH",
    "PRACTICE",
    "SURNAME",
    "FORENAME",
    "TITLE",
    "NHS_NUMBER",
    "ADDRESS",
    "ADDRESS_1",
    "ADDRESS_2",
    "ADDRESS_3",
    "ADDRESS_4",
    "ADDRESS_5",
    "PRACT_NUMBER",
    "SERVICE_ID",
    "ACTION",
];

const ENCOUNTER: [&str; 14] = [
    "PID",
    "ID",
    "DATE",
    "HCP",
    "HCP_TYPE",
    "SESSION",
    "LOCATION",
    "TIME",
    "DURATION",
    "TRAVEL",
    "LINKS",
    "PRACT_NUMBER",
    "SERVICE_ID",
    "ACTION",
];

const JOURNAL: [&str; 42] = [
    "PID",
    "ID",
    "DATE",
    "RECORDED_DATE",
    "CODE",
    "SNOMED_CODE",
    "BNF_CODE",
    "HCP",
    "HCP_TYPE",
    "GMS",
    "EPISODE",
    "TEXT",
    "RUBRIC",
    "DRUG_FORM",
    "DRUG_STRENGTH",
    "DRUG_PACKSIZE",
    "DMD_CODE",
    "IMMS_STATUS",
    "IMMS_COMPOUND",
    "IMMS_SOURCE",
    "IMMS_BATCH",
    "IMMS_REASON",
    "IMMS_METHOD",
    "IMMS_SITE",
    "ENTITY",
    "VALUE1_NAME",
    "VALUE1",
    "VALUE1_UNITS",
    "VALUE2_NAME",
    "VALUE2",
    "VALUE2_UNITS",
    "END_DATE",
    "TIME",
    "CONTEXT",
    "CERTAINTY",
    "SEVERITY",
    "LINKS",
    "LINKS_EXT",
    "SERVICE_ID",
    "ACTION",
    "SUBSET",
    "DOCUMENT_ID",
];

const JOURNAL_TEST_PACK: [&str; 23] = [
    "PID",
    "ID",
    "DATE",
    "RECORDED_DATE",
    "CODE",
    "BNF_CODE",
    "HCP",
    "HCP_TYPE",
    "GMS",
    "EPISODE",
    "TEXT",
    "RUBRIC",
    "VALUE1",
    "VALUE2",
    "END_DATE",
    "TIME",
    "CONTEXT",
    "CERTAINTY",
    "SEVERITY",
    "LINKS",
    "SERVICE_ID",
    "SUBSET",
    "ACTION",
];
