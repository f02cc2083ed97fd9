//! The tables of the reporting extract and their columns, in the largest published version.

/// A table: its name and its columns in order.
pub type Table = (&'static str, &'static str);

const EIGHT: &str = "RowIdentifier IDOrganisationVisibleTo DateEventRecorded DateEvent IDProfileEnteredBy IDDoneBy \
    TextualEventDoneBy IDOrganisationDoneAt";

/// Columns that most tables begin with, for `…` in the lists below.
pub fn columns(table: Table) -> Vec<&'static str> {
    let expand = |name: &'static str| if name == "…" { EIGHT } else { name };
    table.1.split_whitespace().flat_map(|name| expand(name).split_whitespace()).collect()
}

pub const PATIENT: Table = (
    "SRPatient",
    "RowIdentifier IDOrganisationVisibleTo Title FirstName MiddleNames Surname PreviousSurname NHSNumber DateBirth \
     DateDeath BirthPlace Gender SpeaksEnglish EmailAddress TestPatient SSRef SpineMatched RemovedData",
);
pub const REGISTRATION: Table = (
    "SRPatientRegistration",
    "RowIdentifier IDOrganisationVisibleTo DateEventRecorded IDProfileEnteredBy DateRegistration DateDeRegistration \
     RegistrationStatus PreferredPharmacy IDPatient IDOrganisation IDOrganisationRegisteredAt RemovedData",
);
pub const ADDRESS: Table = (
    "SRPatientAddressHistory",
    "… NameOfBuilding NumberOfBuilding NameOfRoad NameOfLocality NameOfTown NameOfCounty FullPostCode DateTo \
     AddressType IDEvent IDPatient IDOrganisation CcgOfResidence RemovedData",
);
pub const CONTACT: Table = (
    "SRPatientContactDetails",
    "… ContactType ContactNumber IDEvent IDPatient IDOrganisation IDOrganisationRegisteredAt RemovedData",
);
pub const RELATIONSHIP: Table = (
    "SRPatientRelationship",
    "… DateEnded RelationshipType PersonalGuardianOrProxy NextOfKin CaresForPatient PrincipalCarerForPatient \
     KeyHolder HasParentalResponsibility FinancialRepresentative Advocate MainVisitor CallCentreCallBackConsent \
     CopyCorrespondence ContactOrder ContactMethod CommunicationFormat InterpreterRequired IDRelationshipWithPatient \
     IDPatientRelationshipWith CodeRelationshipWithUser RelationshipWithName RelationshipWithDateOfBirth \
     RelationshipWithHouseName RelationshipWithHouseNumber RelationshipWithRoad RelationshipWithLocality \
     RelationshipWithPostTown RelationshipWithCounty RelationshipWithPostCode RelationshipWithTelephone \
     RelationshipWithWorkTelephone RelationshipWithMobileTelephone RelationshipWithFax RelationshipWithEmailAddress \
     RelationshipWithSex RelationshipWithSpokenLanguage RelationshipWithOrganisation IDEvent IDPatient IDOrganisation \
     IDOrganisationRegisteredAt RemovedData",
);
pub const EVENT: Table = (
    "SREvent",
    "RowIdentifier IDOrganisationVisibleTo DateEventRecorded DateEvent IDProfileEnteredBy IDDoneBy \
     IDStaffMemberProfileRole TextualEventDoneBy IDOrganisationDoneAt IDAuthorisedBy IDProfileAuthorisedBy \
     ContactEventLocation ContactMethod EventIncomplete ClinicalEvent IDReferralIn IDPatient IDOrganisation IDTeam \
     IDBranch IDOrganisationRegisteredAt RemovedData",
);
pub const CODE: Table = (
    "SRCode",
    "… CTV3Code CTV3Text SNOMEDCode SNOMEDText NumericComparator IsNumeric NumericValue NumericUnit EpisodeType \
     IDTemplate IDQuestionnaire IDEvent IDPatient IDReferralIn IDAppointment IDVisit IDOrganisation \
     IDOrganisationRegisteredAt RemovedData",
);
pub const IMMUNISATION: Table = (
    "SRImmunisation",
    "… IDVaccination IDImmunisationContent Dose Location Method DateExpiry ImmsReadCode ImmsSNOMEDCode VaccPart \
     VaccBatchNumber VaccAreaCode VaccinationStatus IDEvent IDPatient IDOrganisation IDOrganisationRegisteredAt \
     RemovedData",
);
pub const CONSENT: Table = (
    "SRImmunisationConsent",
    "… ConsentedToVacc RefusalOrConsentCurrent DateEnded VaccName VaccContent IDEvent IDPatient IDOrganisation \
     IDOrganisationRegisteredAt RemovedData",
);
pub const SERVICES: Table = (
    "SROnlineServices",
    "RowIdentifier IDOrganisationVisibleTo IDEvent IDPatient DateEventRecorded DateEvent IDProfileEnteredBy IDDoneBy \
     TextualEventDoneBy IDOrganisation IDOrganisationDoneAt ViewRecord Appointments Prescriptions Questionnaires \
     SummaryCareRecord DateDeleted IDProfileDeletedBy DetailedCodedRecord IDOnlineUser RemovedData",
);
pub const USERS: Table = (
    "SROnlineUsers",
    "RowIdentifier IDOrganisationVisibleTo Title FirstName MiddleNames Surname NHSNumber DateBirth Gender \
     EmailAddress RemovedData",
);
pub const NOTES: Table = (
    "SRSpecialNotes",
    "RowIdentifier IDOrganisationVisibleTo DateEventRecorded IDProfileEnteredBy DateStart Type Note DateExpired \
     DateDeleted IDPatient RemovedData",
);
pub const AT_RISK: Table = (
    "SRChildAtRisk",
    "RowIdentifier IDOrganisationVisibleTo DateAdded IDProfileEnteredBy ChildProtectionPlan DateRemoved \
     IDProfileRemovedBy RemovalReason IDPatient IDOrganisation IDOrganisationRegisteredAt RemovedData",
);
pub const CONTENT: Table = ("SRImmunisationContent", "RowIdentifier Name Content DateDeleted RemovedData");
pub const MAPPING: Table = ("SRMapping", "RowIdentifier IdMappingGroup Mapping");
pub const STAFF: Table = (
    "SRStaffMember",
    "RowIdentifier StaffName StaffUserName NationalIdType IDNational IDSmartCard Obsolete RemovedData",
);
pub const PROFILE: Table = (
    "SRStaffMemberProfile",
    "RowIdentifier DateProfileCreated IdProfileCreatedBy IDStaffMemberProfileRole StaffRole DateEmploymentStart \
     DateEmploymentEnd PPAID GPLocalCode IDStaffMember IDOrganisation GmpID RemovedData",
);
pub const ORGANISATION: Table = (
    "SROrganisation",
    "RowIdentifier Name ID HouseName HouseNumber NameOfRoad NameOfLocality NameOfTown NameOfCounty FullPostCode \
     Telephone SecondaryTelephone Fax MadeObsolete IDTrust IDCcg RemovedData",
);
pub const MANIFEST: Table = ("SRManifest", "FileName IsDelta IsReference DateExtractFrom DateExtractTo");
