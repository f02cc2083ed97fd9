//! Which column stands where: the published column lists of both versions (endeavourhealth/Transforms, `vision/schema`).

/// The version of a batch's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// What practices send.
    Live,
    /// The supplier's test pack: fewer columns, some in another order.
    TestPack,
}

impl Version {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Live, Self::TestPack];
}

/// The columns of a table, in their order, by version.
#[derive(Debug)]
pub(super) struct Layout {
    /// The table, as file names have it.
    pub(super) table: &'static str,
    live: &'static str,
    test_pack: &'static str,
}

const LAYOUTS: [Layout; 5] = [
    Layout { table: "practice", live: PRACTICE, test_pack: PRACTICE },
    Layout { table: "staff", live: STAFF, test_pack: STAFF_TEST_PACK },
    Layout { table: "patient", live: PATIENT, test_pack: PATIENT_TEST_PACK },
    Layout { table: "encounter", live: ENCOUNTER, test_pack: ENCOUNTER },
    Layout { table: "journal", live: JOURNAL, test_pack: JOURNAL_TEST_PACK },
];

impl Layout {
    /// The layout of a table, if it is one that is read.
    pub(super) fn of(table: &str) -> Option<Self> {
        LAYOUTS.into_iter().find(|layout| layout.table.eq_ignore_ascii_case(table))
    }

    /// The columns of a version.
    pub(super) fn columns(&self, version: Version) -> Vec<&'static str> {
        let columns = match version {
            Version::Live => self.live,
            Version::TestPack => self.test_pack,
        };
        columns.split_ascii_whitespace().collect()
    }

    /// The versions of which a row of the table may have so many fields.
    pub(super) fn versions(&self, fields: usize) -> Vec<Version> {
        Version::ALL.into_iter().filter(|version| self.columns(*version).len() == fields).collect()
    }
}

const PRACTICE: &str = "\
    ID NAME IDENTIFIER HA ADDRESS ADDRESS_1 ADDRESS_2 ADDRESS_3 ADDRESS_4 ADDRESS_5 POSTCODE PHONE EMAIL FAX";

const STAFF: &str = "\
    ID HCP_TYPE GMP_CODE SURNAME FORENAME TITLE SEX SERVICE_ID";

const STAFF_TEST_PACK: &str = "\
    ID SURNAME FORENAME TITLE SEX GMP_CODE HCP_TYPE SERVICE_ID";

const PATIENT: &str = "\
    PID REFERENCE DATE_OF_BIRTH SEX POSTCODE MARITAL_STATUS GP GP_USUAL ACTIVE REGISTERED_DATE REMOVED_DATE \
    HA PCG SURGERY MILEAGE DISPENSING ETHNIC DATE_OF_DEATH PRACTICE SURNAME FORENAME TITLE NHS_NUMBER \
    ADDRESS ADDRESS_1 ADDRESS_2 ADDRESS_3 ADDRESS_4 ADDRESS_5 PHONE_NUMBER MOBILE_NUMBER EMAIL PRACT_NUMBER \
    SERVICE_ID ACTION";

const PATIENT_TEST_PACK: &str = "\
    PID REFERENCE DATE_OF_BIRTH SEX POSTCODE MARITAL_STATUS GP GP_USUAL ACTIVE REGISTERED_DATE REMOVED_DATE \
    HA PCG SURGERY MILEAGE DISPENSING ETHNIC DATE_OF_DEATH PRACTICE SURNAME FORENAME TITLE NHS_NUMBER \
    ADDRESS ADDRESS_1 ADDRESS_2 ADDRESS_3 ADDRESS_4 ADDRESS_5 PRACT_NUMBER SERVICE_ID ACTION";

const ENCOUNTER: &str = "\
    PID ID DATE HCP HCP_TYPE SESSION LOCATION TIME DURATION TRAVEL LINKS PRACT_NUMBER SERVICE_ID ACTION";

const JOURNAL: &str = "\
    PID ID DATE RECORDED_DATE CODE SNOMED_CODE BNF_CODE HCP HCP_TYPE GMS EPISODE TEXT RUBRIC DRUG_FORM \
    DRUG_STRENGTH DRUG_PACKSIZE DMD_CODE IMMS_STATUS IMMS_COMPOUND IMMS_SOURCE IMMS_BATCH IMMS_REASON \
    IMMS_METHOD IMMS_SITE ENTITY VALUE1_NAME VALUE1 VALUE1_UNITS VALUE2_NAME VALUE2 VALUE2_UNITS END_DATE \
    TIME CONTEXT CERTAINTY SEVERITY LINKS LINKS_EXT SERVICE_ID ACTION SUBSET DOCUMENT_ID";

const JOURNAL_TEST_PACK: &str = "\
    PID ID DATE RECORDED_DATE CODE BNF_CODE HCP HCP_TYPE GMS EPISODE TEXT RUBRIC VALUE1 VALUE2 END_DATE TIME \
    CONTEXT CERTAINTY SEVERITY LINKS SERVICE_ID SUBSET ACTION";
