//! What becomes of an observation's fields.

use record::{CodeRef, Comparator, Effective, Interpretation, IssueCode, Statement, Subject, Value};

use super::*;

fn observation(fields: &[(&str, &str)]) -> Log {
    Export::new().row(OBSERVATION, fields).read()
}

fn statement(fields: &[(&str, &str)]) -> Statement {
    observation(fields).statement().clone()
}

#[test]
fn dates_are_as_precise_as_they_are_said_to_be() {
    for (precision, shown) in [
        ("Y", "2010"),
        ("YM", "2010-05"),
        ("YMD", "2010-05-01"),
        ("YMDT", "2010-05-01"),
        ("ymd", "2010-05-01"),
    ] {
        let statement = statement(&[("EffectiveDate", "2010-05-01"), ("EffectiveDatePrecision", precision)]);
        assert_eq!(statement.effective.unwrap().to_string(), shown);
    }
    for date in ["", "2010-05-01", "rubbish"] {
        assert_eq!(statement(&[("EffectiveDate", date), ("EffectiveDatePrecision", "U")]).effective, None);
    }
    assert_eq!(statement(&[("EffectiveDate", ""), ("EffectiveDatePrecision", "")]).effective, None);
}

#[test]
fn an_unknown_precision_or_a_bad_date_rejects_the_row() {
    for (date, precision, code) in [
        ("2010-05-01", "YMDX", IssueCode::PrecisionUnknown),
        ("2010-05-01", "", IssueCode::PrecisionUnknown),
        ("2010-02-30", "YMD", IssueCode::DateInvalid),
        ("01/05/2010", "Y", IssueCode::DateInvalid),
        ("", "YMD", IssueCode::ValueMissing),
    ] {
        let log = observation(&[("EffectiveDate", date), ("EffectiveDatePrecision", precision)]);
        assert_eq!(codes(&log.rejected), [code], "{date} {precision}");
    }
    assert_eq!(codes(&observation(&[("EnteredDate", "yesterday")]).rejected), [IssueCode::DateInvalid]);
}

#[test]
fn dates_in_the_future_and_before_birth_are_kept() {
    for date in ["2999-12-31", "1899-12-30"] {
        assert_eq!(statement(&[("EffectiveDate", date)]).effective.unwrap().to_string(), date);
    }
}

#[test]
fn it_was_recorded_at_a_time_in_london() {
    let recorded = |fields: &[(&str, &str)]| observation(fields).entry().recorded;
    let at = recorded(&[("EnteredDate", "2024-07-01"), ("EnteredTime", "00:30:00")]);
    assert_eq!(at.unwrap().to_string(), "2024-07-01T00:30:00+01:00");
    let day = Some(Effective::Day(jiff::civil::date(2024, 7, 1)));
    assert_eq!(recorded(&[("EnteredDate", "2024-07-01"), ("EnteredTime", "")]), day);
    assert_eq!(recorded(&[("EnteredDate", "2024-07-01"), ("EnteredTime", "noon")]), day);
    let log = observation(&[("EnteredDate", "")]);
    assert_eq!(log.entry().recorded, None);
    assert_eq!(log.warnings(), [(IssueCode::ValueMissing, Some("EnteredDate"))]);
}

#[test]
fn the_code_is_a_key_into_the_code_list() {
    assert_eq!(statement(&[("CodeId", "254063019")]).code, CodeRef::Local("254063019".into()));
    for (sent, code) in
        [("", IssueCode::ValueMissing), ("22A..", IssueCode::NumberInvalid), ("0", IssueCode::NumberInvalid)]
    {
        assert_eq!(observation(&[("CodeId", sent)]).rejections(), [(code, Some("CodeId"))]);
    }
}

#[test]
fn a_number_keeps_its_digits_and_its_unit_as_sent() {
    for (number, unit) in [
        ("72.50", "kg"),
        ("0", "mmol/L"),
        ("-1.5", "iu/L"),
        ("0.123456789", "10*9/L"),
        ("84", "mm Hg"),
        ("7", ""),
    ] {
        let Some(Value::Quantity(quantity)) = statement(&[("Value", number), ("NumericUnit", unit)]).value
        else {
            panic!("no quantity")
        };
        assert_eq!((quantity.value.as_str(), quantity.unit.as_deref().unwrap_or_default()), (number, unit));
        assert_eq!(quantity.comparator, None);
    }
}

#[test]
fn a_value_that_is_no_number_rejects_the_row() {
    for value in ["abc", ">60", "1,5", "1e3", "NaN"] {
        assert_eq!(
            observation(&[("Value", value)]).rejections(),
            [(IssueCode::NumberInvalid, Some("Value"))]
        );
    }
}

#[test]
fn an_operator_becomes_a_comparator_and_with_an_unknown_one_the_result_is_words() {
    for (sent, comparator) in [
        ("<", Some(Comparator::Less)),
        ("<=", Some(Comparator::LessOrEqual)),
        (">", Some(Comparator::Greater)),
        (" >= ", Some(Comparator::GreaterOrEqual)),
        ("=<", Some(Comparator::LessOrEqual)),
        ("=>", Some(Comparator::GreaterOrEqual)),
        ("=", None),
        ("", None),
    ] {
        let Some(Value::Quantity(quantity)) = statement(&[("Value", "60"), ("NumericOperator", sent)]).value
        else {
            panic!("no quantity")
        };
        assert_eq!(quantity.comparator, comparator, "{sent}");
    }
    for (sent, written) in [("~", "~"), ("><", "><"), ("about", "about "), ("> 5", "> 5 ")] {
        let log = observation(&[("Value", "060"), ("NumericUnit", "g/L"), ("NumericOperator", sent)]);
        let words = record::FreeText::new(&format!("{written}060 g/L")).map(Value::Text);
        assert_eq!(log.statement().value, words, "as they were sent");
        assert_eq!(log.warnings(), [(IssueCode::OperatorUnknown, Some("NumericOperator"))]);
    }
}

#[test]
fn a_range_has_one_bound_or_two_and_none_where_one_is_bad() {
    let range = |low: &str, high: &str| {
        let log = observation(&[
            ("Value", "5"),
            ("NumericUnit", "g/L"),
            ("NumericRangeLow", low),
            ("NumericRangeHigh", high),
        ]);
        let shown = log.statement().ranges.iter().map(|range| {
            let text =
                |bound: &Option<record::Decimal>| bound.as_ref().map(|bound| bound.as_str().to_owned());
            assert_eq!(range.unit.as_deref(), Some("g/L"));
            (text(&range.low), text(&range.high))
        });
        (shown.collect::<Vec<_>>(), codes(&log.warned))
    };
    assert_eq!(range("4.0", "57.0"), (vec![(Some("4.0".into()), Some("57.0".into()))], vec![]));
    assert_eq!(range("", "5"), (vec![(None, Some("5".into()))], vec![]));
    assert_eq!(range("5", ""), (vec![(Some("5".into()), None)], vec![]));
    assert_eq!(range("", ""), (vec![], vec![]));
    assert_eq!(range("4", "high"), (vec![], vec![IssueCode::PartIgnored]));
}

#[test]
fn what_the_sender_thinks_of_a_result_is_kept() {
    for (abnormal, reason, interpretation, warned) in [
        ("true", "HI", Some(Interpretation::High), 0),
        ("TRUE", "lo", Some(Interpretation::Low), 0),
        ("true", "OR", Some(Interpretation::OutsideRange), 0),
        ("", "PA", Some(Interpretation::PotentiallyAbnormal), 0),
        ("true", "", Some(Interpretation::Abnormal), 0),
        ("true", "odd", Some(Interpretation::Abnormal), 1),
        ("false", "", None, 0),
        ("false", "HI", None, 1),
        ("", "", None, 0),
        ("2", "", None, 1),
    ] {
        let log = observation(&[("Abnormal", abnormal), ("AbnormalReason", reason)]);
        assert_eq!(log.statement().interpretation, interpretation, "{abnormal} {reason}");
        assert_eq!(codes(&log.warned), vec![IssueCode::PartIgnored; warned], "{abnormal} {reason}");
    }
}

#[test]
fn associated_text_keeps_its_lines_and_quotes() {
    let text = "Says \"fine\",\r\nmother, Mary, agrees";
    let log = Export::new().row(OBSERVATION, &[("AssociatedText", text)]).row(OBSERVATION, &[]).read();
    let entries = log.entries();
    let Some(record::Content::Statement(statement)) = &entries[0].content else { panic!("no statement") };
    assert_eq!(statement.text[0].expose(), text);
    assert_eq!((entries[0].place.line, entries[1].place.line), (2, 4));
}

#[test]
fn the_clinician_is_named_by_key_and_a_bad_key_names_nobody() {
    assert_eq!(statement(&[]).performer, Some(guid(CLINICIAN)));
    assert_eq!(statement(&[("ClinicianUserInRoleGuid", "")]).performer, None);
    let log = observation(&[("ClinicianUserInRoleGuid", "Dr X")]);
    assert_eq!(log.statement().performer, None);
    assert_eq!(log.warnings(), [(IssueCode::PartIgnored, Some("ClinicianUserInRoleGuid"))]);
}

#[test]
fn the_type_is_listened_to_only_where_it_withholds() {
    assert_eq!(statement(&[("ObservationType", "Family history")]).subject, Subject::SomebodyElse);
    assert_eq!(
        statement(&[("ObservationType", "Immunisation")]),
        statement(&[("ObservationType", "Observation")])
    );
}

#[test]
fn qualifiers_tell_of_a_vaccination_and_never_reject_the_row() {
    let whole = "<qualifier><item><key codeId=\"0\">Batch number</key><value>AB12</value></item></qualifier>";
    let log = observation(&[("Qualifiers", whole), ("Value", "1")]);
    assert_eq!(log.statement().vaccination.as_ref().unwrap().lot_number.as_deref(), Some("AB12"));
    assert!(log.statement().value.is_some());
    let log = observation(&[("Qualifiers", &whole[..60])]);
    assert_eq!(log.statement().vaccination, None);
    assert_eq!(log.warnings(), [(IssueCode::PartIgnored, Some("Qualifiers"))]);
}

#[test]
fn the_patient_and_the_entry_are_known_by_normalised_guids() {
    let log = observation(&[]);
    let Fact::Entry(patient, entry) = &log.facts.last().unwrap().1 else { panic!("no entry") };
    assert_eq!((patient.expose(), entry.id.as_str()), (guid(PERSON).as_str(), guid(ITSELF).as_str()));
}
