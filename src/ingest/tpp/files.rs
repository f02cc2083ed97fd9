//! Which of the files given are those of a batch.

use std::path::PathBuf;

use record::{Issue, IssueCode};

use super::Tpp;
use crate::{
    delimited::{Feed, Found, Named, Reader, TableFile, search},
    folder,
};

/// The manifest's table, which comes last and says that the rest is complete.
pub(super) const MANIFEST: &str = "SRManifest";

/// Published tables that nothing is made of.
const NOT_READ: &str = "\
    SR18WeekWait SRAAddressBookEntry SRAAndEAttendance SRAAndEEvent SRActivityEvent SRAddressBookEntry \
    SRAnsweredQuestionnaire SRAppointment SRAppointmentAttendees SRAppointmentFlags SRAppointmentRoom \
    SRAppointmentVisitOutcomes SRAssessment SRAssessmentOutcome SRAssessmentReportedHealthCondition SRBedClosure \
    SRBedLocation SRBedPatient SRCHSStatusHistory SRCPA SRCarePlan SRCarePlanDetail SRCarePlanFrequency SRCarePlanItem \
    SRCarePlanPerformance SRCarePlanReview SRCarePlanSkillset SRCaseload SRCaseloadHistory SRCcg SRChildAtRisk \
    SRChildHealthGroupAction SRChildHealthGroupActionSchedulingParameters SRCluster SRConfiguredListOption SRContacts \
    SRCtv3 SRCtv3Hierarchy SRCtv3ToSnomed SRCtv3ToVersion2 SRDischargeDelay SRDrugSensitivity SRECTCourse \
    SRECTTreatment SREquipment SREventLink SRExpense SRFreeText SRGPPracticeHistory SRGoal SRHospitalAAndECode \
    SRHospitalAAndENumber SRHospitalAdmissionAndDischarge SRHospitalAdmissionReason SRHospitalAlertIndicator \
    SRHospitalConsultantEvent SRHospitalNoteTracking SRHospitalPatientAlertIndicator SRHospitalTransport \
    SRHospitalWaitingList SRHospitalWaitingListIntendedProcedure SRHospitalWaitingListSuspension \
    SRHospitalWardBooking SRLetter SRLocation SRLocationAttribute SRMHAWOL SRMHConsent SRMHEpisode SRMappingGroup \
    SRMedia SRMedicationReadCodeDetails SRMentalHealthAssessment SRNeeds SRNeedsLinkage SROnAdmissionMedication \
    SROohAction SROohAssessment SROohCallBack SROohEmergencyCall SROohNewCase SROohPassToPCC SROohPathways \
    SROohThirdPartyCall SROohTransport SROohVisit SROrganisationBranch SROutPatientMedication SRPatientContactProperty \
    SRPatientGroups SRPatientInformation SRPatientLeave SRPatientLocation SRPersonAtRisk \
    SRPlaceHolderMedication SRPrimaryCareMedication SRProblem SRQuestionnaire SRRecall SRRecordStatus \
    SRReferralAllocation SRReferralAllocationStaff SRReferralContactEvent SRReferralIn SRReferralInIntervention \
    SRReferralInReferralReason SRReferralInStatusDetails SRReferralOut SRReferralOutStatusDetails SRRefusedOffer \
    SRRepeatTemplate SRResponsibleParty SRRiskReview SRRota SRRotaSlot SRRtt SRRttPause SRRttStatus SRScheduledEvent \
    SRSchedulingSuspension SRSchoolHistory SRSection SRSectionAppeal SRSectionRecall SRSectionRightsExplained \
    SRSectionedBy SRService SRServiceDeliverySchedule SRSmsConsent SRSpecialNotes SRStaff SRStaffActivity \
    SRStaffMemberProfile SRStaffMemberProfileRole SRStaffSkillSet SRStaffSpecialty SRSystmOnline SRTTOMedication SRTeam \
    SRTeamMember SRTemplate SRTheatreBooking SRTheatreSession SRTheatreSessionAttendees SRTreatmentCentreExclusions \
    SRTreatmentCentrePreference SRTreatmentCentreSession SRTreatmentCentreSessionTemporaryAmendments SRTrust \
    SRVariableDoseCDMedication SRVisit SRWaitingList SRWardStay";

/// Finds the manifest and the files of these tables.
///
/// # Errors
/// The fatal issues: no manifest, two files of a table, or files of another format.
pub(super) fn find(paths: &[PathBuf], tables: &[Reader<Tpp>]) -> Result<(Found, TableFile), Vec<Issue>> {
    let mut found = search(paths, Tpp::DIALECT, |name| named(name, tables));
    let manifest = found.take(MANIFEST);
    if manifest.is_none() && found.fatal.is_empty() {
        let detail = "the batch has no manifest, which comes last: it is not complete";
        let deeper = folder::deeper(paths, |name| table_of(name).is_some());
        found.refuse("SRManifest.csv", IssueCode::FileMissing, &format!("{detail}{deeper}"));
    }
    match manifest {
        Some(manifest) if found.fatal.is_empty() => Ok((found, manifest)),
        _ => Err(found.fatal),
    }
}

fn named(name: &str, tables: &[Reader<Tpp>]) -> Named {
    let Some(table) = table_of(name) else { return Named::Stranger };
    if table.eq_ignore_ascii_case(MANIFEST) {
        return Named::Table(MANIFEST);
    }
    match tables.iter().find(|known| known.spec.name.eq_ignore_ascii_case(table)) {
        Some(known) => Named::Table(known.spec.name),
        None if is_known(table) => Named::NotRead,
        None => Named::UnknownTable,
    }
}

/// The table that a file's name says it holds: `SR…` of `SR….csv`, in whatever case.
pub(super) fn table_of(name: &str) -> Option<&str> {
    let at = name.len().checked_sub(".csv".len())?;
    let (table, end) = name.split_at_checked(at)?;
    let is_table = table.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("SR"))
        && table.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (end.eq_ignore_ascii_case(".csv") && is_table).then_some(table)
}

/// Whether it is a file of an extract, and if so, whether one whose rows are read. The manifest's are not: it lists files.
pub(crate) fn is_read(name: &str) -> Option<bool> {
    let table = table_of(name)?;
    Some(!is_known(table) && !table.eq_ignore_ascii_case(MANIFEST))
}

/// Whether a table is published, read or not.
pub(super) fn is_known(table: &str) -> bool {
    NOT_READ.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_files_name() {
        assert_eq!(table_of("SRCode.csv"), Some("SRCode"));
        assert_eq!(table_of("srcode.CSV"), Some("srcode"));
        for other in
            ["Code.csv", "SRCode.txt", "SRCode", ".csv", "SR Code.csv", "S\u{20ac}.csv", "SRCode.csv.gz"]
        {
            assert_eq!(table_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_list_of_tables_that_are_not_read_is_sorted_and_names_none_twice() {
        let names: Vec<&str> = NOT_READ.split_ascii_whitespace().collect();
        assert!(names.is_sorted() && names.windows(2).all(|two| two[0] != two[1]));
        assert!(names.len() > 140);
    }
}
