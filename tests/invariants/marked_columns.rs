//! Whatever becomes of a column (or an element) that says what may not be shown, on its way here: an export without it, or
//! with its values garbled, emptied or swapped for its neighbour's, shows nothing that was hidden while it was whole. It is
//! refused, or as much stays hidden; or, where the format's own specification lets a value be absent, entries without
//! their words are all that comes out.

use std::{collections::BTreeMap, path::Path};

use policy::AccessLevel;
use proptest::{prelude::*, sample::select};
use record::PatientKey;
use serde_json::Value as Json;
use store::Subject;

use super::sheets::Sheets;
use crate::support::{CLIENT, World, level, practice};

/// A column that hides what is in its row, or in what its row stands for.
#[derive(Clone, Copy, Debug)]
struct Marking {
    format: ingest::Format,
    /// Part of the file's name.
    table: &'static str,
    column: &'static str,
    /// A value that hides.
    hides: &'static str,
    /// The specification lets it be blank or absent, which says that nothing is hidden.
    may_be_absent: bool,
    /// The column that is damaged, if it is another one: a link by which what is marked hides what it contains.
    link: Option<(&'static str, &'static str)>,
}

const fn emis(
    table: &'static str,
    column: &'static str,
    hides: &'static str,
    may_be_absent: bool,
) -> Marking {
    Marking { format: ingest::Format::EmisCsv, table, column, hides, may_be_absent, link: None }
}

/// What hides by a link that may be blank: not everything stands in something.
const fn through(marking: Marking, table: &'static str, column: &'static str) -> Marking {
    Marking { may_be_absent: true, link: Some((table, column)), ..marking }
}

const fn tpp(table: &'static str, column: &'static str, hides: &'static str, may_be_absent: bool) -> Marking {
    Marking { format: ingest::Format::TppCsv, table, column, hides, may_be_absent, link: None }
}

const fn vision(
    table: &'static str,
    column: &'static str,
    hides: &'static str,
    may_be_absent: bool,
) -> Marking {
    Marking { format: ingest::Format::VisionCsv, table, column, hides, may_be_absent, link: None }
}

/// Whatever the formats of tables have. No version of any has a column that says of an entry that the patient may not see
/// it; `IsConfidential` is about staff, and the rest about rows or patients that are not served. That of TPP which says
/// that a row was removed is absent in some versions, where nobody can tell; where it is there, it is never blank.
const MARKINGS: [Marking; 32] = [
    emis("_Admin_Patient_", "PatientTypeDescription", "Temporary", false),
    emis("_Admin_Patient_", "DummyType", "true", true),
    emis("_Admin_Patient_", "DateOfDeath", "2020-01-01", true),
    emis("_Admin_Patient_", "DateofDeactivation", "2020-01-01", true),
    emis("_Admin_Patient_", "Deleted", "true", false),
    emis("_Admin_Patient_", "SpineSensitive", "true", false),
    emis("_Admin_Patient_", "IsConfidential", "true", false),
    emis("_CareRecord_Consultation_", "Complete", "false", true),
    emis("_CareRecord_Consultation_", "Deleted", "true", false),
    emis("_CareRecord_Consultation_", "IsConfidential", "true", false),
    emis("_CareRecord_Observation_", "Deleted", "true", false),
    emis("_CareRecord_Observation_", "IsConfidential", "true", false),
    emis("_Agreements_SharingOrganisation_", "IsActivated", "false", false),
    emis("_Agreements_SharingOrganisation_", "Disabled", "true", false),
    emis("_Agreements_SharingOrganisation_", "Deleted", "true", false),
    tpp("SRPatient.csv", "TestPatient", "TRUE", true),
    tpp("SRPatient.csv", "DateDeath", "01 Jan 2020 00:00", true),
    tpp("SREvent.csv", "EventIncomplete", "TRUE", true),
    tpp("SRPatientRegistration.csv", "RegistrationStatus", "Temporary", false),
    tpp("SRPatientRegistration.csv", "DateDeRegistration", "01 Jan 2020", true),
    tpp("SRCode.csv", "RemovedData", "1", true),
    through(CONFIDENTIAL_VISIT, OBSERVATIONS, "ConsultationGuid"),
    through(CONFIDENTIAL, OBSERVATIONS, "ParentObservationGuid"),
    through(CONFIDENTIAL, OBSERVATIONS, "ProblemGuid"),
    through(CONFIDENTIAL, "_CareRecord_Problem_", "ParentProblemObservationGuid"),
    through(tpp("SREvent.csv", "EventIncomplete", "TRUE", true), "SRCode.csv", "IDEvent"),
    vision("_patient_", "ACTIVE", "T", false),
    vision("_patient_", "REMOVED_DATE", "20200101", true),
    vision("_patient_", "DATE_OF_DEATH", "20200101", true),
    vision("_patient_", "ACTION", "D", false),
    vision("_journal_", "ACTION", "D", false),
    vision("_journal_", "CONTEXT", "B", false),
];

const OBSERVATIONS: &str = "_CareRecord_Observation_";
const CONFIDENTIAL: Marking = emis(OBSERVATIONS, "IsConfidential", "true", false);
const CONFIDENTIAL_VISIT: Marking = emis("_CareRecord_Consultation_", "IsConfidential", "true", false);

/// The columns of tables whose files have no header.
const WITHOUT_HEADER: [(&str, &str); 2] = [
    (
        "_patient_",
        "PID REFERENCE DATE_OF_BIRTH SEX POSTCODE MARITAL_STATUS GP GP_USUAL ACTIVE REGISTERED_DATE REMOVED_DATE HA PCG \
         SURGERY MILEAGE DISPENSING ETHNIC DATE_OF_DEATH PRACTICE SURNAME FORENAME TITLE NHS_NUMBER ADDRESS ADDRESS_1 \
         ADDRESS_2 ADDRESS_3 ADDRESS_4 ADDRESS_5 PHONE_NUMBER MOBILE_NUMBER EMAIL PRACT_NUMBER SERVICE_ID ACTION",
    ),
    (
        "_journal_",
        "PID ID DATE RECORDED_DATE CODE SNOMED_CODE BNF_CODE HCP HCP_TYPE GMS EPISODE TEXT RUBRIC DRUG_FORM \
         DRUG_STRENGTH DRUG_PACKSIZE DMD_CODE IMMS_STATUS IMMS_COMPOUND IMMS_SOURCE IMMS_BATCH IMMS_REASON IMMS_METHOD \
         IMMS_SITE ENTITY VALUE1_NAME VALUE1 VALUE1_UNITS VALUE2_NAME VALUE2 VALUE2_UNITS END_DATE TIME CONTEXT \
         CERTAINTY SEVERITY LINKS LINKS_EXT SERVICE_ID ACTION SUBSET DOCUMENT_ID",
    ),
];

/// What becomes of a column.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Dropped,
    Emptied,
    Misnamed,
    Garbled(&'static str),
    /// The same words in other letters, with blanks around them.
    Respelt,
    /// Names of columns stand one off, so that values are read as the neighbour's.
    SwappedWithLeft,
    SwappedWithRight,
}

const DAMAGES: [Damage; 10] = [
    Damage::Dropped,
    Damage::Emptied,
    Damage::Misnamed,
    Damage::Garbled("?"),
    Damage::Garbled("maybe"),
    Damage::Garbled("\u{fffd}\u{fffd}"),
    Damage::Garbled("2"),
    Damage::Respelt,
    Damage::SwappedWithLeft,
    Damage::SwappedWithRight,
];

impl Damage {
    /// What it leaves may be what an export looks like in which nothing was to be hidden.
    fn leaves_nothing(self) -> bool {
        matches!(
            self,
            Self::Dropped | Self::Misnamed | Self::Emptied | Self::SwappedWithLeft | Self::SwappedWithRight
        )
    }

    fn doing(self, sheets: &mut Sheets, marking: Marking) {
        let (table, column) = marking.link.unwrap_or((marking.table, marking.column));
        let sheet = sheets.sheet(table);
        let at = sheet.column(column);
        let each = |sheet: &mut super::sheets::Sheet, change: &dyn Fn(&str) -> String| {
            sheet.rows.iter_mut().for_each(|row| row[at] = change(&row[at]));
        };
        match self {
            Self::Dropped => {
                sheet.header.remove(at);
                sheet.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
            Self::Emptied => each(sheet, &|_| String::new()),
            Self::Misnamed => sheet.header[at].insert(3, 'x'),
            Self::Garbled(value) => each(sheet, &|_| value.to_owned()),
            Self::Respelt => each(sheet, &|value| format!(" {} ", value.to_uppercase())),
            Self::SwappedWithLeft => sheet.swap(at, at.saturating_sub(1)),
            Self::SwappedWithRight => sheet.swap(at, (at + 1).min(sheet.header.len() - 1)),
        }
    }
}

fn written_by(format: ingest::Format) -> synth::Format {
    synth::Format::ALL.into_iter().find(|synth| synth.name() == format.name()).unwrap()
}

/// A practice of two, with few rows in its longest table.
fn export(format: ingest::Format, seed: u64, within: &Path) -> (Sheets, Vec<synth::Person>) {
    let folder = within.join("written");
    let options = synth::Options { seed, ..synth::Options::new(practice(), 2) };
    let people = synth::write(written_by(format), &options, &folder, &mut |_| {}).unwrap().people;
    let without = if format == ingest::Format::VisionCsv { &WITHOUT_HEADER[..] } else { &[] };
    let mut sheets = Sheets::read(&folder, without);
    for (table, most) in
        [("_CareRecord_Observation_", 40), ("_journal_", 40), ("SRCode.csv", 40), ("SRImmunisation.csv", 10)]
    {
        if sheets.has(table) {
            sheets.sheet(table).rows.truncate(most);
        }
    }
    (sheets, people)
}

type Shown = BTreeMap<(String, String), Json>;

/// What patients with full access, and with coded access, would see if the export were loaded; nothing if it is refused.
fn shown(format: ingest::Format, people: &[synth::Person], folder: &Path) -> [Shown; 2] {
    let (world, practice) = (World::empty(), practice());
    if world.loader(&practice).load(format, &[folder.to_owned()]).is_err() {
        return [Shown::new(), Shown::new()];
    }
    [AccessLevel::Full, AccessLevel::Detailed].map(|access| {
        let mut shown = Shown::new();
        for person in people {
            let subject =
                Subject { practice: practice.clone(), patient: PatientKey::new(&person.key).unwrap() };
            world.let_in(&person.key, &subject, level(access));
            let now = gateway::clock::Clock::now(&*world.clock);
            let issued = auth::issue_sandbox_token(&*world.store, now, &person.key, "patient/*.rs", CLIENT);
            let Ok(issued) = issued else { continue };
            for kind in ["Patient", "Observation", "Immunization"] {
                for mut resource in world.all(&issued.token, &format!("{kind}?_count=200")) {
                    resource["meta"] = Json::Null;
                    let id = resource["id"].as_str().unwrap().to_owned();
                    shown.insert((kind.to_owned(), id), resource);
                }
            }
        }
        shown
    })
}

/// What the damaged export shows that the whole one does not; each must be without words, if it may be at all.
fn reveals(whole: &Shown, damaged: &[Shown; 2], coded_may_come: bool) -> Option<String> {
    let [full, coded] = damaged;
    let mut new = full.iter().filter(|(key, _)| !whole.contains_key(*key));
    let bad = new.find(|(key, body)| !coded_may_come || coded.get(*key) != Some(*body));
    bad.map(|((kind, id), body)| format!("{kind}/{id} {body}"))
}

/// Loads the export with hiding values in some rows, whole and damaged.
fn tried(marking: Marking, damage: Damage, seed: u64, rows: u64) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let (mut sheets, people) = export(marking.format, seed, dir.path());
    let sheet = sheets.sheet(marking.table);
    let at = sheet.column(marking.column);
    for (number, row) in sheet.rows.iter_mut().enumerate() {
        if rows >> (number % 64) & 1 == 1 {
            marking.hides.clone_into(&mut row[at]);
        }
    }
    let whole = shown(marking.format, &people, &sheets.save(&dir.path().join("whole")));
    damage.doing(&mut sheets, marking);
    let damaged = shown(marking.format, &people, &sheets.save(&dir.path().join("damaged")));
    // A version without the column is one thing, a blank in it or a slip in its name another.
    let told = marking.column == "RemovedData" && !matches!(damage, Damage::Dropped);
    let coded_may_come = marking.may_be_absent && damage.leaves_nothing() && !told;
    let revealed = reveals(&whole[0], &damaged, coded_may_come);
    prop_assert!(revealed.is_none(), "{marking:?} {damage:?}: {revealed:?}");
    Ok(())
}

/// A subset "C" reads as the action "C", a change.
#[test]
fn a_journal_whose_actions_and_subsets_are_swapped_reveals_nothing() {
    let marking = vision("_journal_", "ACTION", "D", false);
    for seed in 1..4 {
        tried(marking, Damage::SwappedWithRight, seed, u64::MAX).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_column_reveals_nothing_that_it_hid(
        marking in select(MARKINGS.to_vec()),
        damage in select(DAMAGES.to_vec()),
        seed in 1..50u64,
        rows in prop_oneof![1 => Just(u64::MAX), 2 => any::<u64>(), 1 => Just(1)],
    ) {
        tried(marking, damage, seed, rows)?;
    }
}

/// The columns do hide: with the hiding value in every row less is shown than without.
#[test]
fn every_column_that_is_damaged_here_hides_something_while_it_is_whole() {
    for marking in MARKINGS {
        let dir = tempfile::tempdir().unwrap();
        let (mut sheets, people) = export(marking.format, 1, dir.path());
        let [open, _] = shown(marking.format, &people, &sheets.save(&dir.path().join("open")));
        let sheet = sheets.sheet(marking.table);
        let at = sheet.column(marking.column);
        sheet.rows.iter_mut().for_each(|row| marking.hides.clone_into(&mut row[at]));
        let [hidden, _] = shown(marking.format, &people, &sheets.save(&dir.path().join("hidden")));
        assert!(open.len() > 2 && hidden.len() < open.len(), "{marking:?}: {} {}", open.len(), hidden.len());
    }
}

/// What may become of a mark in a message that has elements instead of columns. To leave a mark out is to send a message
/// in which nothing is hidden, which no reader can tell; everything else can be told.
const OF_ELEMENTS: [(ingest::Format, &str, &str); 13] = [
    (ingest::Format::Gp2gp, "code=\"NOPAT\"", "code=\"nopat\""),
    (ingest::Format::Gp2gp, "code=\"NOPAT\"", "code=\"NOPTA\""),
    (ingest::Format::Gp2gp, "code=\"NOPAT\"", "code=\"\""),
    (ingest::Format::Gp2gp, "code=\"NOPAT\"", "value=\"NOPAT\""),
    (ingest::Format::Gp2gp, "code=\"NOPAT\"", "nullFlavor=\"MSK\""),
    (ingest::Format::Gp2gp, "<confidentialityCode", "<ConfidentialityCode"),
    (ingest::Format::Gp2gp, "<confidentialityCode", "<confidentialitycode"),
    (ingest::Format::GpConnectStu3, "\"NOPAT\"", "\"nopat\""),
    (ingest::Format::GpConnectStu3, "\"NOPAT\"", "\"NOPTA\""),
    (ingest::Format::GpConnectStu3, "\"NOPAT\"", "null"),
    (ingest::Format::GpConnectStu3, "\"security\":", "\"Security\":"),
    (ingest::Format::GpConnectStu3, "\"meta\":", "\"Meta\":"),
    (ingest::Format::GpConnectStu3, "\"code\":\"NOPAT\"", "\"kode\":\"NOPAT\""),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_mark_in_a_message_hides_what_it_hid(
        (format, mark, damaged) in select(OF_ELEMENTS.to_vec()),
        seed in 1..50u64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("written");
        let options = synth::Options { seed, ..synth::Options::new(practice(), 3) };
        let people = synth::write(written_by(format), &options, &folder, &mut |_| {}).unwrap().people;
        let whole = shown(format, &people, &folder);
        prop_assert!(!whole[0].is_empty());
        let mut marks = 0;
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            marks += text.matches(mark).count();
            std::fs::write(&path, text.replace(mark, damaged)).unwrap();
        }
        prop_assert!(marks > 0);
        let revealed = reveals(&whole[0], &shown(format, &people, &folder), false);
        prop_assert!(revealed.is_none(), "{format} {mark} {damaged}: {revealed:?}");
    }
}
