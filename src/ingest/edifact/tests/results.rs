//! What investigations come to.

use record::{
    CodeSystem, Comparator, Effective, Interpretation, IssueCode, Link, Mark, MarksCarried, Role,
    StatementStatus, Value,
};

use super::{interchange, message, read, report};

const FERRITIN: &str =
    "GIS+N'INV+MQ+42R4.:911::Serum ferritin'RSL+NV+11.90:7++:::ng/mL+LO'RFF+ASL:1'S20+20'RND+U+22+275'";

#[test]
fn a_result_has_its_code_number_sign_unit_range_flag_and_dates() {
    let read = read(&report(&[FERRITIN]));
    let entry = read.entry("42R4.~1");
    let statement = read.statement("42R4.~1");
    let record::CodeRef::Given(coded, _) = &statement.code else { panic!("{:?}", statement.code) };
    assert_eq!(coded.in_system(&CodeSystem::ReadV2), Some("42R4."));
    assert_eq!(coded.display(), Some("Serum ferritin"));
    let Some(Value::Quantity(quantity)) = &statement.value else { panic!("{:?}", statement.value) };
    assert_eq!((quantity.value.as_str(), quantity.unit.as_deref()), ("11.90", Some("ng/mL")));
    assert_eq!(quantity.comparator, Some(Comparator::Less));
    assert_eq!(statement.interpretation, Some(Interpretation::Low));
    let [range] = statement.ranges.as_slice() else { panic!("{:?}", statement.ranges) };
    let bounds = [range.low.as_ref(), range.high.as_ref()].map(|bound| bound.unwrap().as_str());
    assert_eq!((bounds, range.unit.as_deref()), (["22", "275"], Some("ng/mL")));
    let shown = |at: Option<Effective>| at.map(|at| at.to_string());
    assert_eq!(shown(statement.effective).as_deref(), Some("2024-02-29T09:10:00+00:00"));
    assert_eq!(shown(entry.recorded).as_deref(), Some("2024-03-01T11:30:00+00:00"));
    assert_eq!(read.guests[0].0.nhs_number.expose(), "9990000018");
    assert_eq!(read.guests[0].0.birth_date, Some(jiff::civil::date(1980, 2, 29)));
    assert!(read.rejected.is_empty() && read.warnings.is_empty(), "{read:?}");
}

#[test]
fn nothing_that_a_laboratory_sends_is_filed_yet() {
    let read = read(&report(&[FERRITIN, "GIS+N'INV+MQ+:::Culture'FTX+RIT+++Mother called'RFF+ASL:1'"]));
    for (_, entry) in &read.guests {
        assert_eq!((entry.marks.as_slice(), entry.marks_carried), (&[Mark::NotFiled][..], MarksCarried::No));
    }
    assert_eq!(read.guests.len(), 2);
}

#[test]
fn each_sign_is_its_own_and_a_number_that_is_none_rejects_the_result() {
    for (code, sign) in [
        ("5", Comparator::GreaterOrEqual),
        ("6", Comparator::Greater),
        ("7", Comparator::Less),
        ("8", Comparator::LessOrEqual),
        ("<", Comparator::Less),
    ] {
        let read = read(&report(&[&format!("GIS+N'INV+MQ+1.:911::x'RSL+NV+2.0:{code}++:::g/L'")]));
        let Some(Value::Quantity(quantity)) = &read.statement("1.~1").value else { panic!("{code}") };
        assert_eq!(quantity.comparator, Some(sign));
    }
    for result in
        ["RSL+NV+2.0x:7++:::g/L", "RSL+NV+1E3++:::g/L", "RSL+NV+2,0++:::g/L", "RSL+TV+x", "RSL+NV+1'RSL+NV+2"]
    {
        let read = read(&report(&[&format!("GIS+N'INV+MQ+1.:911::x'{result}'"), FERRITIN]));
        assert_eq!((read.rejected.len(), read.guests.len()), (1, 1), "{result}");
        assert_eq!(read.rejected[0].field.as_deref(), Some("RSL"));
    }
}

#[test]
fn a_number_with_a_sign_that_is_not_known_never_reads_as_exact() {
    let words = record::FreeText::new("~2.0 g/L").map(Value::Text);
    for (sign, value) in [("~", words), ("9", Some(Value::Unread)), ("77", Some(Value::Unread))] {
        let read = read(&report(&[&format!("GIS+N'INV+MQ+1.:911::x'RSL+NV+2.0:{sign}++:::g/L'")]));
        assert_eq!(read.statement("1.~1").value, value, "{sign}");
        assert_eq!((read.warnings[0].code, read.rejected.len()), (IssueCode::OperatorUnknown, 0));
    }
}

#[test]
fn flags_are_the_four_that_the_message_has() {
    for (flag, is) in [
        ("HI", Some(Interpretation::High)),
        ("LO", Some(Interpretation::Low)),
        ("OR", Some(Interpretation::OutsideRange)),
        ("PA", Some(Interpretation::PotentiallyAbnormal)),
        ("ZZ", None),
    ] {
        let read = read(&report(&[&format!("GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::g/L+{flag}'")]));
        assert_eq!(read.statement("1.~1").interpretation, is, "{flag}");
        assert_eq!(read.warnings.len(), usize::from(is.is_none()));
    }
}

#[test]
fn a_coded_result_is_a_code_and_words_without_a_code_are_words() {
    let read = read(&report(&[
        "GIS+N'INV+MQ+375211000000108:921::FOB'RSL+CV+::375211000000108:921::FOB test normal'",
        "GIS+N'INV+MQ+X1:999::Local test'RSL+CV+::P:999::Positive'",
    ]));
    let Some(Value::Coded(coded)) = &read.statement("375211000000108~1").value else { panic!("{read:?}") };
    assert_eq!(coded.snomed(), Some("375211000000108"));
    let local = read.statement("text~1");
    let Some(Value::Coded(coded)) = &local.value else { panic!("{read:?}") };
    assert!(coded.codings.is_empty());
    assert_eq!(coded.original_text.as_ref().map(|text| text.expose()), Some("Positive"));
}

#[test]
fn several_ranges_stay_several_with_the_words_of_each() {
    let read = read(&report(&[
        "GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::g/L'FTX+CRR+++See chart'S20+20'RND+U+1+3'FTX+RPD+++Follicular phase'S20+20'RND+U++9'S20+20'RND+U+x+9'",
    ]));
    let ranges = &read.statement("1.~1").ranges;
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    assert_eq!(ranges[0].text.as_ref().map(|text| text.expose()), Some("See chart"));
    assert_eq!(ranges[1].text.as_ref().map(|text| text.expose()), Some("Follicular phase"));
    assert_eq!((ranges[2].low.is_none(), ranges[2].high.as_ref().unwrap().as_str()), (true, "9"));
    assert_eq!(read.warnings[0].field.as_deref(), Some("RND"));
}

#[test]
fn results_are_parts_of_their_test_group_wherever_it_stands_and_take_its_specimen() {
    let read = read(&report(&[
        "GIS+N'INV+MQ+423..:911::Haemoglobin'RSL+NV+131++:::g/L'RFF+ARL:9'",
        "GIS+N'INV+MQ+424..:911::Full blood count'SEQ++9'RFF+ASL:1'",
    ]));
    let group = read.entry("424..~1");
    let link = Link { role: Role::Panel, to: group.id.clone() };
    assert_eq!(read.entry("424../423..~1").links, [link]);
    assert!(read.statement("424../423..~1").effective.is_some());
}

#[test]
fn what_names_a_group_that_is_not_there_is_kept_back() {
    let read = read(&report(&["GIS+N'INV+MQ+423..:911::x'RSL+NV+131++:::g/L'RFF+ARL:9'"]));
    assert_eq!(read.statement("423..~1").status, StatementStatus::Unfiled);
    assert_eq!(read.warnings[0].field.as_deref(), Some("RFF+ARL"));
}

#[test]
fn only_what_is_final_or_corrects_what_was_is_final_and_what_is_withdrawn_is_deleted() {
    for (status, is, deleted) in [
        ("", StatementStatus::Final, false),
        ("STS++FI'", StatementStatus::Final, false),
        ("STS++CO'", StatementStatus::Final, false),
        ("STS++PR'", StatementStatus::Unfiled, false),
        ("STS++RE'", StatementStatus::Unfiled, false),
        ("STS++AM'", StatementStatus::Unfiled, false),
        ("STS++UN'", StatementStatus::Unfiled, false),
        ("STS++ZZ'", StatementStatus::Unfiled, false),
        ("STS++CA'", StatementStatus::Unfiled, true),
        ("STS++EN'", StatementStatus::Unfiled, true),
    ] {
        let read = read(&report(&[&format!("GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::g/L'{status}")]));
        assert_eq!((read.statement("1.~1").status, read.entry("1.~1").deleted), (is, deleted), "{status}");
    }
    for (whole, is, deleted) in [
        ("PR", StatementStatus::Unfiled, false),
        ("CA", StatementStatus::Unfiled, true),
        ("FI", StatementStatus::Final, false),
    ] {
        let read = read(&report(&[FERRITIN]).replace("STS++UN'", &format!("STS++{whole}'")));
        assert_eq!(
            (read.statement("42R4.~1").status, read.entry("42R4.~1").deleted),
            (is, deleted),
            "{whole}"
        );
    }
}

#[test]
fn a_report_that_is_sent_again_has_the_same_keys_and_a_later_one_a_later_sequence() {
    let twice = ["GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::g/L'", "GIS+N'INV+MQ+1.:911::x'RSL+NV+3++:::g/L'"];
    let first = read(&report(&twice));
    assert_eq!(first.keys(), ["nhs003:LAB1/REP1/1.~1", "nhs003:LAB1/REP1/1.~2"]);
    let again = read(&interchange("00000008", &[message(&[FERRITIN, twice[0], twice[1]])]));
    assert_eq!(again.entry("1.~2").content, first.entry("1.~2").content);
    assert!(again.entry("1.~2").sequence > first.entry("1.~2").sequence);
    let later = read(&report(&twice).replace("240301:1201", "240301:1202").replace("00000007", "00000001"));
    assert!(later.entry("1.~1").sequence > again.entry("1.~1").sequence);
}

#[test]
fn words_are_comments_and_lines_stay_lines() {
    let read = read(&report(&[
        "GIS+N'INV+MQ+1.:911::x'FTX+RIT+++No growth:after 48 hours'FTX+SPC+++ST JAMES?'S WARD?: 5?+1?? '",
    ]));
    let texts: Vec<&str> = read.statement("1.~1").text.iter().map(|text| text.expose()).collect();
    assert_eq!(texts, ["No growth\nafter 48 hours", "ST JAMES'S WARD: 5+1?"]);
}

#[test]
fn a_report_without_patient_key_or_single_subject_rejects_each_of_its_investigations() {
    let good = report(&[FERRITIN, FERRITIN]);
    for (from, to, code) in [
        ("9990000018:OPI", "808338364:OPI", IssueCode::PatientInvalid),
        ("9990000018:OPI", "9990000018:HOS", IssueCode::PatientInvalid),
        ("9990000018:OPI", "", IssueCode::PatientInvalid),
        ("RFF+SRI:REP1", "RFF+SRI", IssueCode::WrongFormat),
        ("S07+07'", "S77+07'", IssueCode::WrongFormat),
        ("PDI+2'S16", "S02+02'S16", IssueCode::WrongFormat),
        ("DTM+SCO:202402290910:203", "DTM+SCO:20240231:102", IssueCode::DateInvalid),
    ] {
        assert!(good.contains(from), "{from}");
        let read = read(&good.replace(from, to));
        assert!(read.guests.is_empty(), "{to}");
        assert_eq!(read.rejected.iter().map(|issue| issue.code).collect::<Vec<_>>(), [code, code], "{to}");
        assert!(read.rejected.iter().all(|issue| !issue.to_string().contains("999000")));
    }
}

#[test]
fn several_messages_of_several_interchanges_are_read_and_each_row_told_by_its_segment() {
    let one = interchange("1", &[message(&[FERRITIN]), message(&[FERRITIN, FERRITIN])]);
    let read = read(&format!("{one}\r\n{}\u{1a}", interchange("2", &[message(&[FERRITIN])])));
    assert_eq!(read.guests.len(), 4);
    let lines: Vec<u64> = read.guests.iter().map(|(_, entry)| entry.place.line).collect();
    assert_eq!(lines[0], 23, "{lines:?}");
    assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{lines:?}");
}

#[test]
fn only_a_report_that_corrects_or_withdraws_replaces_what_came_under_its_key() {
    let of = |text: &str| read(text).replaced;
    let plain = report(&[FERRITIN]);
    assert_eq!(of(&plain), Vec::<String>::new());
    for own in ["FI", "PR", "RE", "UN", "CA", "EN"] {
        assert!(of(&report(&[&format!("{FERRITIN}STS++{own}'")])).is_empty(), "{own}");
    }
    for own in ["CO", "AM", "co"] {
        assert_eq!(of(&report(&[&format!("{FERRITIN}STS++{own}'")])), ["nhs003:LAB1/REP1"], "{own}");
    }
    for whole in ["CO", "AM", "CA", "EN"] {
        assert_eq!(
            of(&plain.replace("STS++UN'", &format!("STS++{whole}'"))),
            ["nhs003:LAB1/REP1"],
            "{whole}"
        );
    }
    assert!(of(&plain.replace("STS++UN'", "STS++FI'")).is_empty());
}

#[test]
fn a_slash_in_a_key_does_not_make_one_report_a_part_of_another() {
    let corrected = report(&[&format!("{FERRITIN}STS++CO'")]);
    let other = read(&corrected.replace("SRI:REP1", "SRI:REP1/2"));
    assert_eq!(other.replaced, ["nhs003:LAB1/REP1%2F2"]);
    assert_eq!(other.keys(), ["nhs003:LAB1/REP1%2F2/42R4.~1"]);
}

#[test]
fn a_correction_replaces_even_where_nothing_in_it_can_be_used() {
    let bad = read(&report(&["GIS+N'INV+MQ+42R4.:911::Serum ferritin'RSL+NV+much'STS++CO'"]));
    assert_eq!((bad.guests.len(), bad.rejected.len()), (0, 1));
    assert_eq!(bad.replaced, ["nhs003:LAB1/REP1"], "what is wrong does not stay for want of what is right");
    let nobody = report(&[&format!("{FERRITIN}STS++CO'")]).replace("9990000018", "9990000019");
    let nobody = read(&nobody);
    assert_eq!((nobody.guests.len(), nobody.replaced.len()), (0, 1));
}
