//! What a journal row says.

use record::{CodeClass, CodeRef, CodeSystem, Given, IssueCode, Mark, MarksCarried, Quantity, Value};

use super::{Log, journal, journal_row, read, row};
use crate::vision::layout::Version;

fn shown(quantity: &Quantity) -> String {
    format!("{} {}", quantity.value, quantity.unit.clone().unwrap_or_default())
}

fn value(log: &Log) -> String {
    match &log.statement().value {
        Some(Value::Quantity(one)) => shown(one),
        Some(Value::BloodPressure(high, low)) => {
            format!("{}/{}", shown(high), low.as_ref().map(shown).unwrap_or_default())
        }
        Some(Value::Text(text)) => format!("'{}'", text.expose()),
        Some(Value::Coded(coded)) => coded.snomed().unwrap().to_owned(),
        Some(Value::Range(..)) => panic!("no row has one"),
        Some(Value::Unread) => "unread".to_owned(),
        None => String::new(),
    }
}

#[test]
fn a_row_has_its_codes_its_moment_and_no_marks() {
    let log =
        journal_row(&[("TIME", "0912"), ("TEXT", "with, comma"), ("HCP", ":STAFF:7"), ("LINKS", "E5|77")]);
    let entry = log.one();
    assert_eq!((entry.marks_carried, entry.marks.len()), (MarksCarried::No, 0));
    assert_eq!((entry.links.len(), entry.links[0].to.as_str()), (1, "encounter/5"));
    let statement = log.statement();
    assert_eq!(statement.effective.unwrap().to_string(), "2024-03-01T09:12:00+00:00");
    assert_eq!(statement.performer.as_deref(), Some("7"));
    assert_eq!(statement.text[0].expose(), "with, comma");
    let CodeRef::Given(code, _) = &statement.code else { panic!("not given in place") };
    assert_eq!((code.snomed(), code.in_system(&CodeSystem::ReadV2)), (Some("27113001"), Some("22A..00")));
    assert_eq!(code.original_text.as_ref().unwrap().expose(), "O/E - weight");
    assert_eq!(code.display(), None, "a rubric may have been typed");
}

#[test]
fn the_test_pack_has_its_columns_elsewhere() {
    let values = [
        ("PID", "1"),
        ("ID", "10"),
        ("DATE", "20240301"),
        ("RECORDED_DATE", "20240302"),
        ("CODE", "65M1.00"),
        ("RUBRIC", "MMR vaccination"),
        ("CONTEXT", "A"),
        ("SUBSET", "I"),
        ("ACTION", "A"),
    ];
    let log = read("journal", &row("journal", Version::TestPack, &values));
    assert_eq!(log.statement().vaccination.as_ref().unwrap().given, None);
    assert_eq!(log.told(), []);
}

#[test]
fn junk_times_leave_the_day() {
    for time in ["9999", "", "0000", "2460"] {
        let effective = journal_row(&[("TIME", time)]).statement().effective.unwrap();
        assert_eq!(effective.to_string(), "2024-03-01", "{time}");
    }
}

#[test]
fn a_deletion_needs_its_keys_only_and_is_later_than_what_the_same_file_says() {
    let deletion = row("journal", Version::Live, &[("PID", "1"), ("ID", "10"), ("ACTION", "D")]);
    let log = read("journal", &(deletion + &journal(&[])));
    let entries: Vec<_> = log
        .facts
        .iter()
        .map(|(_, fact)| match fact {
            record::Fact::Entry(_, entry) => entry,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(entries[0].deleted && entries[0].content.is_none() && entries[0].sequence > entries[1].sequence);
    assert_eq!(log.told(), []);
    let nobodys = row("journal", Version::Live, &[("ID", "10"), ("ACTION", "D")]);
    assert_eq!(read("journal", &nobodys).told(), [(IssueCode::PatientInvalid, "PID")]);
}

#[test]
fn another_context_action_or_subset_withholds_the_entry() {
    for (column, value) in
        [("CONTEXT", "R"), ("CONTEXT", ""), ("ACTION", ""), ("ACTION", "X"), ("SUBSET", "D"), ("SUBSET", "1")]
    {
        let log = journal_row(&[(column, value)]);
        assert_eq!(log.one().marks, [Mark::Unrecognised], "{column} {value}");
        assert_eq!(log.told(), [(IssueCode::MarkUnknown, column)]);
    }
    assert_eq!(journal_row(&[("LINKS", "E")]).one().marks, [Mark::Unrecognised]);
    for said in ["", "c", "T"] {
        assert_eq!(journal_row(&[("SUBSET", said)]).one().marks, [], "{said}");
    }
}

#[test]
fn units_that_are_not_written_are_those_of_the_entity() {
    for (entity, sent, unit, kept) in [
        ("WEIGHT", "80.50", "", "80.50 kg"),
        ("weight", "12", "st", "12 st"),
        ("HEIGHT", "1.7", "", "1.7 m"),
        ("PULSE", "72", "", "72 bpm"),
        ("", "72", "", "72 "),
        ("TEST", "POSITIVE", "", "'POSITIVE'"),
        ("TEST", "<0.3", "mg/L", "0.3 mg/L"),
        ("WEIGHT", "", "", ""),
    ] {
        let log = journal_row(&[("ENTITY", entity), ("VALUE1", sent), ("VALUE1_UNITS", unit)]);
        assert_eq!(value(&log), kept, "{entity} {sent}");
    }
}

#[test]
fn a_row_with_two_readings_is_one_blood_pressure() {
    let pressure = |code: &str, entity: &str, one: &str, two: &str| {
        let log = journal_row(&[("CODE", code), ("ENTITY", entity), ("VALUE1", one), ("VALUE2", two)]);
        (value(&log), log.told().iter().map(|(_, field)| (*field).to_owned()).collect::<Vec<_>>())
    };
    let none: Vec<String> = vec![];
    assert_eq!(pressure("246..00", "BP", "140", "80"), ("140 mm Hg/80 mm Hg".into(), none.clone()));
    assert_eq!(pressure("662L.00", "", "140", "80"), ("140 mm Hg/80 mm Hg".into(), none.clone()));
    assert_eq!(pressure("246..00", "BP", "140", ""), ("140 mm Hg/".into(), none.clone()));
    assert_eq!(pressure("246..00", "BP", "140", "0"), ("140 mm Hg/".into(), vec!["VALUE2".into()]));
    assert_eq!(pressure("246..00", "BP", "0", "0"), (String::new(), vec!["VALUE1".into()]));
    assert_eq!(pressure("246..00", "BP", "", ""), (String::new(), none.clone()));
    assert_eq!(pressure("2469.00", "", "140", ""), ("140 ".into(), none));
}

#[test]
fn a_second_value_is_a_status_of_smoking_and_drinking_and_nothing_elsewhere() {
    for (code, one, two, kept) in [
        ("1371.00", "", "0", "266919005"),
        ("137R.00", "", "1", "77176002"),
        ("137R.00", "0", "2", "8517006"),
        ("137R.00", "20", "1", "20 "),
        ("136..00", "", "0", "105542008"),
        ("137R.00", "", "", ""),
        ("22A..00", "80", "27.1", "80 "),
    ] {
        let log = journal_row(&[("CODE", code), ("VALUE1", one), ("VALUE2", two)]);
        assert_eq!(value(&log), kept, "{code} {one} {two}");
    }
}

#[test]
fn only_given_is_given() {
    for (status, given) in [
        ("Given", Given::Yes),
        ("given", Given::Yes),
        ("Refusal to start or complete course", Given::No),
        ("Advised", Given::Unclear),
        ("Pending", Given::Unclear),
        ("", Given::Unclear),
    ] {
        let log = journal_row(&[("SUBSET", "I"), ("CODE", "65M1.00"), ("IMMS_STATUS", status)]);
        assert_eq!(log.statement().vaccination.as_ref().unwrap().given, Some(given), "{status}");
    }
}

#[test]
fn a_vaccination_has_its_batch_product_reason_site_and_route() {
    let log = journal_row(&[
        ("SUBSET", "I"),
        ("IMMS_STATUS", "Given"),
        ("IMMS_COMPOUND", "DTaP/IPV, \"new\""),
        ("DMD_CODE", "34925111000001104"),
        ("IMMS_BATCH", "AB1, 2C"),
        ("IMMS_METHOD", "Intramuscular"),
        ("IMMS_SITE", "Left arm"),
        ("IMMS_REASON", "Routine"),
        ("IMMS_SOURCE", "In practice"),
    ]);
    let told = log.statement().vaccination.as_ref().unwrap();
    let product = told.product.as_ref().unwrap();
    assert_eq!(product.in_system(&CodeSystem::Dmd), Some("34925111000001104"));
    assert_eq!(product.original_text.as_ref().unwrap().expose(), "DTaP/IPV, \"new\"");
    assert_eq!((told.lot_number.as_deref(), told.primary_source), (None, Some(true)));
    assert_eq!(log.told(), [(IssueCode::PartIgnored, "IMMS_BATCH")]);
}

#[test]
fn a_weight_that_is_filed_as_an_immunisation_is_a_weight() {
    let log =
        journal_row(&[("SUBSET", "I"), ("ENTITY", "WEIGHT"), ("VALUE1", "80"), ("IMMS_STATUS", "Given")]);
    assert_eq!(log.statement().vaccination, None);
    assert_eq!(value(&log), "80 kg");
}

#[test]
fn the_subset_tells_what_kind_of_thing_it_is() {
    let class = |subset: &str, code: &str| {
        let log = journal_row(&[("SUBSET", subset), ("CODE", code)]);
        match &log.statement().code {
            CodeRef::Given(_, class) => *class,
            CodeRef::Local(_) => panic!("not given in place"),
        }
    };
    for subset in ["A", "R", "S"] {
        assert_eq!(class(subset, "a6b1.00"), Some(CodeClass::Medication));
    }
    assert_eq!(class("P", "H33..00"), Some(CodeClass::Condition));
    assert_eq!(class("L", "14L..00"), Some(CodeClass::Allergy));
    assert_eq!(class("T", "44J3.00"), Some(CodeClass::Laboratory));
    assert_eq!(class("T", "535..00"), Some(CodeClass::Imaging));
    assert_eq!(class("T", "22A..00"), Some(CodeClass::Measurement));
    assert_eq!(class("C", "22A..00"), None);
    assert_eq!(class("", "22A..00"), None);
}

#[test]
fn a_row_without_code_and_rubric_is_rejected_and_garbage_is_words() {
    let log = journal_row(&[("CODE", ""), ("SNOMED_CODE", ""), ("RUBRIC", "")]);
    assert_eq!(log.told(), [(IssueCode::ValueMissing, "CODE")]);
    let log = journal_row(&[("CODE", "13m1.0"), ("SNOMED_CODE", "9223372036854775808"), ("RUBRIC", "")]);
    let CodeRef::Given(code, _) = &log.statement().code else { panic!("not given in place") };
    assert_eq!((code.codings.len(), code.original_text.as_ref().unwrap().expose()), (0, "13m1.0"));
    assert_eq!(log.told(), [(IssueCode::PartIgnored, "SNOMED_CODE"), (IssueCode::PartIgnored, "CODE")]);
}

#[test]
fn a_date_that_cannot_be_read_rejects_the_row() {
    for column in ["DATE", "RECORDED_DATE"] {
        assert_eq!(journal_row(&[(column, "2024-03-01")]).told(), [(IssueCode::DateInvalid, column)]);
    }
    assert_eq!(journal_row(&[("DATE", "")]).statement().effective, None);
    assert_eq!(journal_row(&[("RECORDED_DATE", "")]).told(), [(IssueCode::ValueMissing, "RECORDED_DATE")]);
}

#[test]
fn a_row_in_doubt_that_cannot_be_read_withdraws_the_entry_instead_of_leaving_the_old_one() {
    for (column, value) in [("ACTION", "X"), ("ACTION", ""), ("CONTEXT", "B")] {
        let log = journal_row(&[(column, value), ("DATE", "never")]);
        assert!(log.rejected.is_empty(), "{column} {value}");
        let entry = log.one();
        assert!(entry.deleted && entry.content.is_none(), "{column} {value}");
        assert_eq!(entry.marks, [record::Mark::Unrecognised]);
    }
    assert_eq!(
        journal_row(&[("DATE", "never")]).rejected.len(),
        1,
        "nothing speaks against what was sent before"
    );
}
