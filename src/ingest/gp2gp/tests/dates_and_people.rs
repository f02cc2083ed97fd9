//! Whose record, who wrote it, when; and how rows are counted.

use record::{Content, IssueCode, MarksCarried, Registration, StatementStatus, Subject};

use super::*;
use crate::{Batch as _, Stop, gp2gp::Batch};

#[test]
fn the_patient_is_a_regular_one_under_the_nhs_number() {
    let read = read_in_composition("");
    assert!(read.keys.iter().all(|key| *key == format!("nhs:{NHS_NUMBER}")));
    let Some(Content::Patient(patient)) = &read.entry("patient").content else { panic!("no patient") };
    assert_eq!(patient.nhs_number.unwrap().expose(), NHS_NUMBER);
    assert_eq!(patient.registration, Registration::Regular);
    assert!(patient.name.is_none());
    assert_eq!(read.whole, 1);
}

#[test]
fn what_is_no_nhs_number_still_makes_a_key_and_a_warning() {
    let other = r#"root="2.16.840.1.113883.2.1.3.2.4.9" extension="Test Harness""#;
    let own = format!(r#"root="2.16.840.1.113883.2.1.4.1" extension="{NHS_NUMBER}""#);
    let read_other = read(&message("UK07", "").replace(&own, other));
    assert_eq!(read_other.keys, ["gp2gp:2.16.840.1.113883.2.1.3.2.4.9:test harness"]);
    assert_eq!(read_other.warned(IssueCode::NhsNumberInvalid), 1);
    let none = read(&message("UK07", "").replace(&format!("<id {own}/>"), ""));
    assert_eq!(none.keys, ["gp2gp:e0"]);
}

#[test]
fn entries_are_recorded_when_the_composition_was_written_never_when_the_extract_was_made() {
    let xml = message("UK07", &composition(&observation("O", "")));
    let recorded = |xml: &str| read(xml).entry("o").recorded.map(|at| at.to_string());
    assert_eq!(recorded(&xml).as_deref(), Some("2020-05-02T10:11:12+01:00"));
    let unsigned = xml.replace(r#"<time value="20200502101112"/>"#, r#"<time nullFlavor="UNK"/>"#);
    assert_eq!(recorded(&unsigned).as_deref(), Some("2020-05-01"));
    let timeless = unsigned.replace(r#"<center value="20200501"/>"#, "").replace(r#"value="20200501""#, "");
    assert_eq!(recorded(&timeless), None);
}

#[test]
fn a_statement_is_dated_by_its_centre_else_its_interval_else_its_availability() {
    let center = r#"<center value="20200501"/>"#;
    let xml = message(
        "UK07",
        &format!(
            "<component><ehrComposition><id root=\"C\"/>{}</ehrComposition></component>",
            observation("O", "")
        ),
    );
    for (instead, shown) in [
        (center, Some("2020-05-01")),
        (r#"<low value="2019"/><high value="2021"/>"#, Some("2019")),
        (r#"<high value="201906"/>"#, Some("2019-06")),
        (r#"<center nullFlavor="UNK"/>"#, Some("2020-05-01")),
    ] {
        let read = read(&xml.replace(center, instead));
        assert_eq!(read.statement("o").effective.map(|at| at.to_string()).as_deref(), shown, "{instead}");
    }
    let undated = xml.replace(center, "").replace(r#"<availabilityTime value="20200501"/>"#, "");
    assert_eq!(read(&undated).statement("o").effective, None);
}

#[test]
fn a_date_that_is_none_rejects_its_statement_and_nothing_else() {
    let bad =
        observation("BAD", "").replace(r#"<center value="20200501"/>"#, r#"<center value="20203101"/>"#);
    let read = read_in_composition(&format!("{bad}{}", observation("O", "")));
    assert_eq!(read.rejected.len(), 1);
    let issue = &read.rejected[0];
    assert_eq!((issue.code, issue.field.as_deref()), (IssueCode::DateInvalid, Some("effectiveTime")));
    assert_eq!(issue.line, 10, "the line of the start tag");
    assert!(!issue.to_string().contains("20203101"));
    read.statement("o");
}

#[test]
fn a_statement_about_a_relative_is_about_somebody_else() {
    let father = r#"<subject typeCode="SBJ"><personalRelationship><code code="66839005" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/></personalRelationship></subject>"#;
    let read = read_in_composition(&format!("{}{}", observation("O", father), observation("P", "")));
    assert_eq!(read.statement("o").subject, Subject::SomebodyElse);
    assert_eq!(read.statement("p").subject, Subject::Patient);
}

#[test]
fn the_performer_is_the_statements_own_else_the_compositions_and_is_known() {
    let agents = r#"<responsibleParty><agentDirectory>
<part><Agent><id root="A1"/><id root="2.16.840.1.113883.2.1.4.2" extension="123"/><code code="1" displayName="GP"><originalText>Partner</originalText></code>
<agentPerson><name><prefix>Dr</prefix><given>Ann</given><family>Example</family></name></agentPerson></Agent></part>
<part><Agent><id root="A2"/><agentPerson><name>Nurse Sample</name></agentPerson></Agent></part>
<part><Agent><id root="A3"/><agentOrganization><name>Lab</name></agentOrganization></Agent></part>
</agentDirectory></responsibleParty>"#;
    let by = |agent: &str| {
        format!(r#"<Participant typeCode="PRF"><agentRef><id root="{agent}"/></agentRef></Participant>"#)
    };
    let rows =
        format!("{}{}{}", observation("O", ""), observation("P", &by("a2")), observation("Q", &by("A3")));
    let read = read(&message("UK07", &format!("{agents}{}", composition(&rows))));
    let keys: Vec<&str> = read.staff.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a1", "a2"]);
    assert_eq!(read.staff[0].1.role.as_deref(), Some("Partner"));
    assert_eq!(read.staff[0].1.name.family.as_deref(), Some("Example"));
    assert_eq!(read.staff[1].1.name.family.as_deref(), Some("Nurse Sample"));
    assert_eq!(read.statement("o").performer.as_deref(), Some("a1"));
    assert_eq!(read.statement("p").performer.as_deref(), Some("a2"));
    assert_eq!(read.statement("q").performer, None);
}

#[test]
fn what_is_not_complete_is_not_filed() {
    let active =
        observation("O", "").replace(r#"<statusCode code="COMPLETE"/>"#, r#"<statusCode code="NULLIFIED"/>"#);
    let read = read_in_composition(&format!("{active}{}", observation("P", "")));
    assert_eq!(read.statement("o").status, StatementStatus::Unfiled);
    assert_eq!(read.statement("p").status, StatementStatus::Final);
}

#[test]
fn every_row_is_answered_once_and_medication_and_documents_are_no_rows() {
    let kinds = format!(
        "{}{}{}{}{}",
        observation("O", ""),
        r#"<component><NarrativeStatement><id root="N"/><text>t</text><reference><referredToExternalDocument><id root="D"/></referredToExternalDocument></reference></NarrativeStatement></component>"#,
        r#"<component><RequestStatement><id root="R"/></RequestStatement></component>"#,
        r#"<component><PlanStatement><id root="P"/><code code="1" codeSystem="2.16.840.1.113883.2.1.6.3"/></PlanStatement></component>"#,
        r#"<component><RegistrationStatement><id root="G"/><code nullFlavor="UNK"/></RegistrationStatement></component>
<component><MedicationStatement><id root="M"/></MedicationStatement></component><component><EhrEmpty/></component>"#,
    );
    let read = read_in_composition(&kinds);
    let ids: Vec<&str> = read.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["patient", "c", "o", "n", "r", "p", "g"]);
    assert!(read.rejected.is_empty());
}

#[test]
fn a_statement_without_a_key_is_rejected_and_a_repeated_key_is_made_unique() {
    let rows = format!("{}{}{}", observation("", ""), observation("O", ""), observation("o", &note("other")));
    let read = read_in_composition(&rows);
    assert_eq!(read.rejected.len(), 1);
    assert_eq!(read.rejected[0].code, IssueCode::KeyInvalid);
    assert_eq!(read.statements().count(), 2);
    let stolen = read_in_composition(&observation("PATIENT", ""));
    assert!(matches!(stolen.entry("patient").content, Some(Content::Patient(_))));
}

#[test]
fn uk07_carries_marks_and_uk06_does_not() {
    assert!(all_carry(&read(&message("UK07", &composition(&observation("O", "")))), MarksCarried::Yes));
    assert!(all_carry(&read(&message("UK06", &composition(&observation("O", "")))), MarksCarried::No));
    let older = message("UK07", "").replacen(
        r#"extension="RCMR_IN030000UK07""#,
        r#"extension="RCMR_IN030000UK06""#,
        1,
    );
    assert!(all_carry(&read(&older), MarksCarried::No), "a sender that says UK06 set no marks");
}

#[test]
fn prefixed_names_mean_the_same() {
    let plain =
        message("UK07", &composition(&observation("O", r#"<value xsi:type="PQ" value="1" unit="kg"/>"#)));
    let prefixed = plain
        .replace("xmlns=", "xmlns:hl7=")
        .replace("</", "</hl7:")
        .replace('<', "<hl7:")
        .replace("<hl7:/hl7:", "</hl7:")
        .replace("<hl7:?", "<?")
        .replace(r#"xsi:type="PQ""#, r#"xsi:type="hl7:PQ""#);
    let (plain, prefixed) = (read(&plain), read(&prefixed));
    assert_eq!(plain.entries, prefixed.entries);
    assert!(plain.statement("o").value.is_some());
}

#[test]
fn a_folder_is_read_in_the_order_in_which_its_extracts_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let newer =
        message("UK07", &composition(&observation("NEW", ""))).replacen("20240301120000", "20250301", 1);
    std::fs::write(folder.path().join("a.xml"), newer).unwrap();
    std::fs::write(folder.path().join("b.XML"), message("UK07", &composition(&observation("OLD", ""))))
        .unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no message").unwrap();
    let batch = Batch::open(&record::OdsCode::unknown(), &[folder.path().to_path_buf()]).unwrap();
    let mut read = Collected::default();
    batch.read(&mut read).unwrap();
    assert_eq!((read.whole, read.bytes), (2, batch.total_bytes()));
    assert_eq!(read.statements().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["old", "new"]);
    assert_eq!(read.entry("new").sequence, 20_250_301_000_000);
    let lines: Vec<u64> = read.statements().map(|entry| entry.place.line).collect();
    assert_eq!(lines, [10, 10]);
}

#[test]
fn a_batch_without_messages_or_with_one_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let codes = |paths: &[PathBuf]| -> Vec<IssueCode> {
        Batch::open(&record::OdsCode::unknown(), paths).unwrap_err().iter().map(|issue| issue.code).collect()
    };
    assert_eq!(codes(&[folder.path().to_path_buf()]), [IssueCode::FileMissing]);
    assert_eq!(codes(&[folder.path().join("none.xml")]), [IssueCode::FileUnreadable]);
    std::fs::write(folder.path().join("a.xml"), "<Bundle/>").unwrap();
    assert_eq!(codes(&[folder.path().to_path_buf()]), [IssueCode::WrongFormat]);
}

fn of_organisations(sender: &str, receiver: &str) -> String {
    let named = |element: &str, ods: &str| {
        format!(
            r#"<{element}><AgentOrgSDS><agentOrganizationSDS><id root="1.2.826.0.1285.0.1.10" extension="{ods}"/></agentOrganizationSDS></AgentOrgSDS></{element}>"#
        )
    };
    let both = named("author", sender) + &named("destination", receiver) + "<component typeCode";
    message("UK07", &composition("")).replacen("<component typeCode", &both, 1)
}

#[test]
fn t59_a_message_between_two_other_practices_is_refused() {
    let warned = |xml: &str, practice: &record::OdsCode| {
        let mut extract = extract::message(xml.as_bytes(), "extract.xml").unwrap();
        let checked = extract.check_practice(practice);
        checked.map(|()| collect(extract).warned(IssueCode::WrongPractice)).map_err(|issue| issue.code)
    };
    let ours: record::OdsCode = "Y99999".parse().unwrap();
    let between = of_organisations;
    assert_eq!(warned(&between("Y88888", "Y77777"), &ours), Err(IssueCode::WrongPractice));
    assert_eq!(warned(&between("-", "Y77777"), &ours), Err(IssueCode::WrongPractice), "nobody sent it");
    assert_eq!(warned(&between("Y88888", "y99999"), &ours), Ok(0));
    assert_eq!(warned(&between("Y99999", "Y77777"), &ours), Ok(0), "its own record, on its way to another");
    assert_eq!(warned(&between("Y99999", "121314"), &ours), Ok(0));
    assert_eq!(warned(&between("Y88888", "121314"), &ours), Ok(1), "to a test system");
    assert_eq!(warned(&between("Y88888", "-"), &ours), Ok(1), "to nobody");
    assert_eq!(warned(&message("UK07", ""), &ours), Ok(0), "it names nobody");
    assert_eq!(warned(&between("Y88888", "Y77777"), &record::OdsCode::unknown()), Ok(0), "nobody said");
}

#[test]
fn t59_one_message_of_other_practices_refuses_the_batch() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1.xml"), of_organisations("Y88888", "Y99999")).unwrap();
    std::fs::write(dir.path().join("2.xml"), of_organisations("Y88888", "Y77777")).unwrap();
    let batch = Batch::open(&"Y99999".parse().unwrap(), &[dir.path().to_owned()]).unwrap();
    let Err(Stop::Refused(issues)) = crate::Batch::check(&batch, &mut |_| {}) else {
        panic!("it is not refused")
    };
    let told: Vec<_> = issues.iter().map(|issue| (issue.code, issue.file.as_str(), issue.severity)).collect();
    assert_eq!(told, [(IssueCode::WrongPractice, "2.xml", record::Severity::Fatal)]);
}

#[test]
fn an_extract_without_a_record_says_nothing_of_what_is_gone() {
    let read = read(&message("UK07", ""));
    assert_eq!((read.whole, read.warned(IssueCode::ElementMissing)), (0, 1));
}
