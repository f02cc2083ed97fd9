//! The tables of the bulk extract and their columns, by version of the published specification. Names and order
//! are the supplier's; where the listing of 8.2 leaves out a column that extracts have (`AssociatedText`,
//! `NumericOperator`), it stands where a public generator puts it.

/// Which columns to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Specification 5.4.
    V5_4,
    /// Specification 8.2, with `AssociatedText` and `NumericOperator`.
    V8_2,
}

/// A table of the extract.
pub struct Table {
    /// Schema and table, as in file names.
    pub name: &'static str,
    /// Its columns in 8.2; empty where 8.2 has no such table.
    pub v8: &'static str,
    /// Its columns in 5.4; empty where 5.4 had no such table.
    pub v5: &'static str,
}

impl Table {
    /// The columns of a version.
    pub fn columns(&self, version: Columns) -> Vec<&'static str> {
        let names = match version {
            Columns::V5_4 => self.v5,
            Columns::V8_2 => self.v8,
        };
        names.split_whitespace().collect()
    }
}

/// Every table, in order of name.
pub const TABLES: &[Table] = &[
    Table {
        name: "Admin_Location",
        v8: "LocationGuid LocationName LocationTypeDescription ParentLocationGuid OpenDate CloseDate \
            MainContactName FaxNumber EmailAddress PhoneNumber HouseNameFlatNumber NumberAndStreet \
            Village Town County Postcode Deleted ProcessingId",
        v5: "LocationGuid LocationName LocationTypeDescription ParentLocationGuid OpenDate CloseDate \
            MainContactName FaxNumber EmailAddress PhoneNumber HouseNameFlatNumber NumberAndStreet \
            Village Town County Postcode Deleted ProcessingId",
    },
    Table {
        name: "Admin_Organisation",
        v8: "OrganisationGuid CDB OrganisationName ODSCode ParentOrganisationGuid CCGOrganisationGuid \
            OrganisationType OpenDate CloseDate MainLocationGuid ProcessingId",
        v5: "OrganisationGuid CDB OrganisationName ODSCode ParentOrganisationGuid CCGOrganisationGuid \
            OrganisationType OpenDate CloseDate MainLocationGuid ProcessingId",
    },
    Table {
        name: "Admin_OrganisationLocation",
        v8: "OrganisationGuid LocationGuid IsMainLocation Deleted ProcessingId",
        v5: "OrganisationGuid LocationGuid IsMainLocation Deleted ProcessingId",
    },
    Table {
        name: "Admin_Patient",
        v8: "PatientGuid OrganisationGuid UsualGpUserInRoleGuid Sex DateOfBirth DateOfDeath Title \
            GivenName MiddleNames Surname DateOfRegistration NhsNumber PatientNumber \
            PatientTypeDescription DummyType HouseNameFlatNumber NumberAndStreet Village Town County \
            Postcode ResidentialInstituteCode NHSNumberStatus CarerName CarerRelation PersonGuid \
            DateofDeactivation Deleted SpineSensitive IsConfidential EmailAddress HomePhone MobilePhone \
            ExternalUsualGPGuid ExternalUsualGP ExternalUsualGPOrganisation ContactComments ProcessingId",
        v5: "PatientGuid OrganisationGuid UsualGpUserInRoleGuid Sex DateOfBirth DateOfDeath Title \
            GivenName MiddleNames Surname DateOfRegistration NhsNumber PatientNumber \
            PatientTypeDescription DummyType HouseNameFlatNumber NumberAndStreet Village Town County \
            Postcode ResidentialInstituteCode NHSNumberStatus CarerName CarerRelation PersonGuid \
            DateOfDeactivation Deleted SpineSensitive IsConfidential EmailAddress HomePhone MobilePhone \
            ExternalUsualGPGuid ExternalUsualGP ExternalUsualGPOrganisation ProcessingId",
    },
    Table {
        name: "Admin_PatientHistory",
        v8: "PatientGuid OrganisationGuid HistoryDate HistoryTime StatusDescription ProcessingId",
        v5: "",
    },
    Table {
        name: "Admin_UserInRole",
        v8: "UserInRoleGuid OrganisationGuid Title GivenName Surname JobCategoryCode JobCategoryName \
            ContractStartDate ContractEndDate RegistrationNumber ProcessingId",
        v5: "UserInRoleGuid OrganisationGuid Title GivenName Surname JobCategoryCode JobCategoryName \
            ContractStartDate ContractEndDate ProcessingId",
    },
    Table {
        name: "Agreements_SharingOrganisation",
        v8: "OrganisationGuid IsActivated LastModifiedDate Disabled Deleted",
        v5: "OrganisationGuid IsActivated LastModifiedDate Disabled Deleted",
    },
    Table {
        name: "Appointment_Session",
        v8: "AppointmentSessionGuid Description LocationGuid SessionTypeDescription \
            SessionCategoryDisplayName StartDate StartTime EndDate EndTime Private OrganisationGuid \
            Deleted ProcessingId",
        v5: "AppointmentSessionGuid Description LocationGuid SessionTypeDescription \
            SessionCategoryDisplayName StartDate StartTime EndDate EndTime Private OrganisationGuid \
            Deleted ProcessingId",
    },
    Table {
        name: "Appointment_SessionUser",
        v8: "SessionGuid UserInRoleGuid Deleted ProcessingId",
        v5: "SessionGuid UserInRoleGuid Deleted ProcessingId",
    },
    Table {
        name: "Appointment_Slot",
        v8: "SlotGuid AppointmentDate AppointmentStartTime PlannedDurationInMinutes PatientGuid \
            SendInTime LeftTime DidNotAttend PatientWaitInMin AppointmentDelayInMin \
            ActualDurationInMinutes OrganisationGuid SessionGuid DnaReasonCodeId BookedDate BookedTime \
            SlotStatus SlotType IsBookableOnline BookingMethod ExternalPatientGuid \
            ExternalPatientOrganisation ModeOfContact IsBlocked ContextType ServiceSetting \
            NationalSlotCategoryName NationalSlotCategoryDescription Deleted ProcessingId",
        v5: "SlotGuid AppointmentDate AppointmentStartTime PlannedDurationInMinutes PatientGuid \
            SendInTime LeftTime DidNotAttend PatientWaitInMin AppointmentDelayInMin \
            ActualDurationInMinutes OrganisationGuid SessionGuid DnaReasonCodeId Deleted ProcessingId",
    },
    Table {
        name: "Audit_PatientAudit",
        v8: "ItemGuid PatientGuid OrganisationGuid ModifiedDate ModifiedTime UserInRoleGuid ItemType \
            ModeType ProcessingId",
        v5: "ItemGuid PatientGuid OrganisationGuid ModifiedDate ModifiedTime UserInRoleGuid ItemType \
            ModeType ProcessingId",
    },
    Table {
        name: "Audit_RegistrationAudit",
        v8: "PatientGuid OrganisationGuid ModifiedDate ModifiedTime UserInRoleGuid ModeType ProcessingId",
        v5: "PatientGuid OrganisationGuid ModifiedDate ModifiedTime UserInRoleGuid ModeType ProcessingId",
    },
    Table {
        name: "CareRecord_Consultation",
        v8: "ConsultationGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision \
            EnteredDate EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid AppointmentSlotGuid \
            ConsultationSourceTerm ConsultationSourceCodeId Complete ConsultationType Deleted \
            IsConfidential ProcessingId",
        v5: "ConsultationGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision \
            EnteredDate EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid AppointmentSlotGuid \
            ConsultationSourceTerm ConsultationSourceCodeId Complete Deleted IsConfidential ProcessingId",
    },
    Table {
        name: "CareRecord_Diary",
        v8: "DiaryGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision EnteredDate \
            EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid CodeId OriginalTerm DurationTerm \
            LocationTypeDescription Deleted IsConfidential IsActive IsComplete ConsultationGuid \
            ProcessingId",
        v5: "DiaryGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision EnteredDate \
            EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid CodeId OriginalTerm \
            AssociatedText DurationTerm LocationTypeDescription Deleted IsConfidential IsActive \
            IsComplete ConsultationGuid ProcessingId",
    },
    Table {
        name: "CareRecord_Observation",
        v8: "ObservationGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision \
            EnteredDate EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid \
            ParentObservationGuid CodeId ProblemGuid ConsultationGuid AssociatedText Value NumericUnit \
            ObservationType NumericRangeLow NumericRangeHigh DocumentGuid Qualifiers Abnormal \
            AbnormalReason Episode Deleted IsConfidential NumericOperator ProcessingId",
        v5: "ObservationGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision \
            EnteredDate EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid \
            ParentObservationGuid CodeId ProblemGuid AssociatedText ConsultationGuid Value NumericUnit \
            ObservationType NumericRangeLow NumericRangeHigh DocumentGuid Deleted IsConfidential \
            ProcessingId",
    },
    Table {
        name: "CareRecord_ObservationReferral",
        v8: "ObservationGuid PatientGuid OrganisationGuid ReferralTargetOrganisationGuid ReferralUrgency \
            ReferralServiceType ReferralMode ReferralReceivedDate ReferralReceivedTime ReferralEndDate \
            ReferralSourceId ReferralSourceOrganisationGuid ReferralUBRN ReferralReasonCodeId \
            ReferringCareProfessionalStaffGroupCodeId ReferralEpisodeRTTMeasurementTypeId \
            ReferralEpisodeClosureDate ReferralEpisodeDischargeLetterIssuedDate \
            ReferralClosureReasonCodeId TransportRequired ProcessingId",
        v5: "ObservationGuid PatientGuid OrganisationGuid ReferralTargetOrganisationGuid ReferralUrgency \
            ReferralServiceType ReferralMode ReferralReceivedDate ReferralReceivedTime ReferralEndDate \
            ReferralSourceId ReferralSourceOrganisationGuid ReferralUBRN ReferralReasonCodeId \
            ReferringCareProfessionalStaffGroupCodeId ReferralEpisodeRTTMeasurementTypeId \
            ReferralEpisodeClosureDate ReferralEpisodeDischargeLetterIssuedDate \
            ReferralClosureReasonCodeId ProcessingId",
    },
    Table {
        name: "CareRecord_Problem",
        v8: "ObservationGuid PatientGuid OrganisationGuid ParentProblemObservationGuid Deleted EndDate \
            EndDatePrecision ExpectedDuration LastReviewDate LastReviewDatePrecision \
            LastReviewUserInRoleGuid ParentProblemRelationship ProblemStatusDescription \
            SignificanceDescription ProcessingId",
        v5: "ObservationGuid PatientGuid OrganisationGuid ParentProblemObservationGuid Deleted Comment \
            EndDate EndDatePrecision ExpectedDuration LastReviewDate LastReviewDatePrecision \
            LastReviewUserInRoleGuid ParentProblemRelationship ProblemStatusDescription \
            SignificanceDescription ProcessingId",
    },
    Table {
        name: "Coding_ClinicalCode",
        v8: "CodeId Term ReadTermId SnomedCTConceptId SnomedCTDescriptionId NationalCode \
            NationalCodeCategory NationalDescription EmisCodeCategoryDescription ParentCodeID \
            ProcessingId",
        v5: "CodeId Term ReadTermId SnomedCTConceptId SnomedCTDescriptionId NationalCode \
            NationalCodeCategory NationalDescription EmisCodeCategoryDescription ProcessingId \
            ParentCodeId",
    },
    Table {
        name: "Coding_DrugCode",
        v8: "CodeId Term DmdProductCodeId BNFChapterRef ProcessingId",
        v5: "CodeId Term DmdProductCodeId ProcessingId",
    },
    Table {
        name: "Prescribing_DrugRecord",
        v8: "DrugRecordGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision EnteredDate \
            EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid CodeId Dosage Quantity \
            QuantityUnit ProblemObservationGuid PrescriptionType IsActive CancellationDate \
            NumberOfIssues NumberOfIssuesAuthorised IsConfidential Deleted ExpiryDate ProcessingId",
        v5: "DrugRecordGuid PatientGuid OrganisationGuid EffectiveDate EffectiveDatePrecision EnteredDate \
            EnteredTime ClinicianUserInRoleGuid EnteredByUserInRoleGuid CodeId Dosage Quantity \
            QuantityUnit ProblemObservationGuid PrescriptionType IsActive CancellationDate \
            NumberOfIssues NumberOfIssuesAuthorised IsConfidential Deleted ProcessingId",
    },
    Table {
        name: "Prescribing_IssueRecord",
        v8: "IssueRecordGuid PatientGuid OrganisationGuid DrugRecordGuid EffectiveDate \
            EffectiveDatePrecision EnteredDate EnteredTime ClinicianUserInRoleGuid \
            EnteredByUserInRoleGuid CodeId Dosage Quantity QuantityUnit ProblemObservationGuid \
            CourseDurationInDays EstimatedNhsCost IsConfidential EmisCode PatientMessage \
            ScriptPharmacyStamp Compliance AverageCompliance IsPrescribedAsContraceptive \
            IsPrivatelyPrescribed PharmacyMessage PharmacyText ConsultationGuid ExpiryDate ReviewDate \
            IssueMethodDescription Deleted ProcessingId",
        v5: "IssueRecordGuid PatientGuid OrganisationGuid DrugRecordGuid EffectiveDate \
            EffectiveDatePrecision EnteredDate EnteredTime ClinicianUserInRoleGuid \
            EnteredByUserInRoleGuid CodeId Dosage Quantity QuantityUnit ProblemObservationGuid \
            CourseDurationInDays EstimatedNhsCost IsConfidential Deleted ProcessingId",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_published_lists() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/emis-csv/columns.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: ../shared/data/emis-csv/columns.json is not here");
            return;
        };
        let lists: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ours = ["AssociatedText", "NumericOperator"];
        for table in TABLES {
            let listed = |version: &str| -> Vec<String> {
                let columns = lists[version][table.name].as_array().cloned().unwrap_or_default();
                let name = |column: &serde_json::Value| {
                    column["name"].as_str().or(column.as_str()).unwrap().to_owned()
                };
                columns.iter().map(|column| name(column).trim_end_matches('*').to_owned()).collect()
            };
            assert_eq!(table.columns(Columns::V5_4), listed("v5.4"), "{}", table.name);
            let mut v8 = table.columns(Columns::V8_2);
            if table.name == "CareRecord_Observation" {
                v8.retain(|column| !ours.contains(column));
            }
            assert_eq!(v8, listed("v8.2"), "{}", table.name);
        }
    }
}
