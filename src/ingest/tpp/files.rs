//! Which of the files given are those of a batch. Only names and first bytes are looked at here.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, Place, Severity};

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
    SRPatientGroups SRPatientInformation SRPatientLeave SRPatientLocation SRPatientRelationship SRPersonAtRisk \
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

/// A file of a table that is read.
#[derive(Debug)]
pub(super) struct TableFile {
    /// The table: the file's name without its ending.
    pub(super) table: &'static str,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its name, for issues.
    pub(super) name: String,
    /// Its size.
    pub(super) bytes: u64,
}

/// The files of one batch.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order of the tables that were asked for.
    pub(super) files: Vec<TableFile>,
    /// The manifest.
    pub(super) manifest: TableFile,
    /// What else was there.
    pub(super) warnings: Vec<Issue>,
}

/// Finds the manifest and the files of these tables.
///
/// # Errors
/// The fatal issues: no manifest, two files of a table, or files of another format.
pub(super) fn find(paths: &[PathBuf], tables: &[&'static str]) -> Result<Found, Vec<Issue>> {
    let mut search =
        Search { tables, files: Vec::new(), manifest: None, warnings: Vec::new(), fatal: Vec::new() };
    for path in paths {
        search.given(path);
    }
    let Search { mut files, manifest, warnings, mut fatal, .. } = search;
    if manifest.is_none() && fatal.is_empty() {
        let detail = "the batch has no manifest, which comes last: it is not complete";
        fatal.push(
            Issue::new(Severity::Fatal, IssueCode::FileMissing, &whole("SRManifest.csv")).detail(detail),
        );
    }
    match manifest {
        Some(manifest) if fatal.is_empty() => {
            files.sort_by_key(|file| tables.iter().position(|table| *table == file.table));
            Ok(Found { files, manifest, warnings })
        }
        _ => Err(fatal),
    }
}

struct Search<'t> {
    tables: &'t [&'static str],
    files: Vec<TableFile>,
    manifest: Option<TableFile>,
    warnings: Vec<Issue>,
    fatal: Vec<Issue>,
}

impl Search<'_> {
    /// A path that was named: a file, or a folder with files in it.
    fn given(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(path, IssueCode::FileUnreadable, &error.kind().to_string()),
        };
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort();
        for path in inside.iter().filter(|path| !name_of(path).starts_with('.')) {
            if path.is_dir() {
                self.warn(path, "it is a folder and is not looked into; name the folder of one delivery");
            } else {
                self.file(path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let bytes = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return self.refuse(path, IssueCode::FileUnreadable, "it is not a file"),
            Err(error) => return self.refuse(path, IssueCode::FileUnreadable, &error.kind().to_string()),
        };
        let name = name_of(path);
        let Some(table) = table_of(&name) else { return self.stranger(path) };
        if table.eq_ignore_ascii_case(MANIFEST) {
            let file = TableFile { table: MANIFEST, path: path.to_owned(), name, bytes };
            if self.manifest.replace(file).is_some() {
                self.refuse(
                    path,
                    IssueCode::WrongFormat,
                    "there are two manifests; load one batch at a time",
                );
            }
            return;
        }
        match self.tables.iter().find(|known| known.eq_ignore_ascii_case(table)) {
            Some(known) if self.files.iter().any(|file| file.table == *known) => {
                self.refuse(path, IssueCode::WrongFormat, &format!("the batch has two files of {known}"));
            }
            Some(table) => self.files.push(TableFile { table, path: path.to_owned(), name, bytes }),
            None if is_known(table) => {}
            None => self.warn(path, "it holds a table that this version does not know and does not read"),
        }
    }

    /// A file with another name. One that is plainly of another format means that the wrong thing was given.
    fn stranger(&mut self, path: &Path) {
        let name = name_of(path).to_ascii_lowercase();
        let packed = [".zip", ".gz", ".gpg", ".pgp", ".7z"].iter().any(|end| name.ends_with(end));
        if packed {
            self.refuse(path, IssueCode::WrongFormat, "it is packed or encrypted; unpack it first");
        } else if let Some(what) = other_format(path) {
            self.refuse(path, IssueCode::WrongFormat, what);
        } else {
            self.warn(path, "its name is not one of the extract's, so it is not read");
        }
    }

    fn refuse(&mut self, path: &Path, code: IssueCode, detail: &str) {
        self.fatal.push(Issue::new(Severity::Fatal, code, &whole(&name_of(path))).detail(detail));
    }

    fn warn(&mut self, path: &Path, detail: &str) {
        self.warnings.push(
            Issue::new(Severity::Warning, IssueCode::WrongFormat, &whole(&name_of(path))).detail(detail),
        );
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

/// Whether a table is published, read or not.
pub(super) fn is_known(table: &str) -> bool {
    NOT_READ.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(table))
}

/// A file as a whole.
pub(super) fn whole(name: &str) -> Place {
    Place { file: name.to_owned(), line: 0 }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What a file is if its first bytes are those of something that is certainly not comma-separated text.
pub(super) fn other_format(path: &Path) -> Option<&'static str> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(64).read_to_end(&mut start).ok()?;
    let bare = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start).trim_ascii_start();
    match start.as_slice() {
        _ if bare.starts_with(b"<") => Some("it is XML; GP2GP extracts are read as gp2gp"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16; the extract is Windows-1252"),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Some("it is packed; unpack it first"),
        _ => None,
    }
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
