//! Codes, values, ranges and words of observations, and what becomes of them in panels.

use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Comparator, Content, Interpretation, IssueCode, Quantity, Role,
    StatementStatus, Value,
};

use super::*;

fn value(xml: &str) -> Option<Value> {
    read_in_composition(&observation("O", xml)).statement("o").value.clone()
}

fn shown(xml: &str) -> String {
    match value(xml) {
        Some(Value::Quantity(q)) => {
            format!("{}{} {}", q.comparator.map_or("", Comparator::sign), q.value, q.unit.unwrap_or_default())
        }
        Some(Value::Range(low, high)) => {
            let sign = |bound: &Quantity| bound.comparator.map_or("", Comparator::sign);
            let (from, to) = (sign(&low), sign(&high));
            format!("{from}{}..{to}{} {}", low.value, high.value, high.unit.unwrap_or_default())
        }
        Some(Value::Coded(coded)) => format!("code {}", coded.codings[0].code),
        Some(Value::Text(text)) => format!("text {}", text.expose()),
        Some(Value::BloodPressure(..)) => panic!("a message has each reading by itself"),
        Some(Value::Unread) => "unread".to_owned(),
        None => "none".to_owned(),
    }
}

fn code_of(read: &Collected, id: &str) -> (Coded, Option<CodeClass>) {
    match &read.statement(id).code {
        CodeRef::Given(coded, hint) => (coded.clone(), *hint),
        CodeRef::Local(_) => panic!("a key"),
    }
}

#[test]
fn a_quantity_has_the_unit_that_was_measured_in() {
    let emis = r#"<value xsi:type="PQ" value="170" unit="1"><translation value="170"><originalText>mmHg</originalText></translation></value>"#;
    assert_eq!(shown(emis), "170 mmHg");
    assert_eq!(shown(r#"<value xsi:type="PQ" value="27.000" unit="kg/m2"/>"#), "27.000 kg/m2");
    assert_eq!(shown(r#"<value xsi:type="PQ" value="3"/>"#), "3 ");
    assert_eq!(shown(r#"<value value="3" unit="g/L"/>"#), "3 g/L");
    assert_eq!(shown(r#"<value xsi:type="PQ" nullFlavor="UNK"/>"#), "none");
}

#[test]
fn one_bound_is_a_comparison_and_two_are_a_range() {
    let interval = |inside: &str| shown(&format!(r#"<value xsi:type="IVL_PQ">{inside}</value>"#));
    assert_eq!(interval(r#"<high value="5" unit="g/L" inclusive="false"/>"#), "<5 g/L");
    assert_eq!(interval(r#"<high value="5" unit="g/L"/>"#), "<=5 g/L");
    assert_eq!(interval(r#"<low value="5" unit="g/L" inclusive="false"/>"#), ">5 g/L");
    assert_eq!(interval(r#"<low value="5" unit="g/L" inclusive="true"/>"#), ">=5 g/L");
    assert_eq!(interval(r#"<low value="1"/><high value="5" unit="g/L"/>"#), "1..5 g/L");
    let open = r#"<low value="1" inclusive="false"/><high value="5" unit="g/L"/>"#;
    assert_eq!(interval(open), ">1..5 g/L", "an open end stays open");
    assert_eq!(interval(r#"<low value="5" unit="g"/><high value="5" unit="g"/>"#), "5 g");
    let in_translation = r#"<low value="9" unit="1" inclusive="false"><translation value="9"><originalText>kua/L</originalText></translation></low>"#;
    assert_eq!(interval(in_translation), ">9 kua/L");
    assert_eq!(
        interval(r#"<low value="bad"/><high value="5"/>"#),
        "unread",
        "a lost bound makes no comparison"
    );
}

#[test]
fn codes_and_words_are_results_and_unknown_types_are_not() {
    let coded = r#"<value xsi:type="CD" code="260385009" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Negative"/>"#;
    assert_eq!(shown(coded), "code 260385009");
    assert_eq!(shown(r#"<value xsi:type="ST">trace</value>"#), "text trace");
    let read = read_in_composition(&observation("O", r#"<value xsi:type="RTO_QTY_QTY"/>"#));
    assert_eq!(read.statement("o").value, Some(Value::Unread));
    assert_eq!(read.warned(IssueCode::PartIgnored), 1);
    let bad = read_in_composition(&observation("O", r#"<value xsi:type="PQ" value="1e5"/>"#));
    assert_eq!(
        (bad.statement("o").value.clone(), bad.warned(IssueCode::NumberInvalid)),
        (Some(Value::Unread), 1)
    );
    assert_eq!(shown("<value/>"), "none", "nothing was said");
}

#[test]
fn ranges_and_judgements_are_as_sent() {
    let more = r#"<interpretationCode code="HI"/><referenceRange><referenceInterpretationRange><text>adults</text>
<value xsi:type="IVL_PQ"><low value="4.0" unit="1"><translation value="4.0"><originalText>mmol/L</originalText></translation></low><high value="7.5"/></value>
</referenceInterpretationRange></referenceRange><referenceRange><referenceInterpretationRange><text>words only</text></referenceInterpretationRange></referenceRange>"#;
    let read = read_in_composition(&observation("O", more));
    let statement = read.statement("o");
    assert_eq!(statement.interpretation, Some(Interpretation::High));
    let [first, second] = statement.ranges.as_slice() else { panic!("two ranges") };
    assert_eq!(first.low.as_ref().unwrap().as_str(), "4.0");
    assert_eq!(first.high.as_ref().unwrap().as_str(), "7.5");
    assert_eq!(first.unit.as_deref(), Some("mmol/L"));
    assert_eq!(second.text.as_ref().unwrap().expose(), "words only");
    for (code, kept) in [
        ("LO", Some(Interpretation::Low)),
        ("OR", Some(Interpretation::OutsideRange)),
        ("PA", Some(Interpretation::PotentiallyAbnormal)),
        ("XX", None),
    ] {
        let read = read_in_composition(&observation("O", &format!("<interpretationCode code=\"{code}\"/>")));
        assert_eq!(read.statement("o").interpretation, kept, "{code}");
    }
}

#[test]
fn a_result_in_text_counts_only_where_there_is_no_value() {
    let text = note(
        "Value: &gt;130.0 mm[Hg]&#10;Reference range: 4.0 - 57.0&#10;Interpretation Code: Above high reference limit",
    );
    let read = read_in_composition(&observation("O", &text));
    let statement = read.statement("o");
    let Some(Value::Quantity(quantity)) = &statement.value else { panic!("no quantity") };
    assert_eq!((quantity.comparator, quantity.value.as_str()), (Some(Comparator::Greater), "130.0"));
    assert_eq!(statement.ranges.len(), 1);
    assert_eq!(statement.interpretation, Some(Interpretation::High));
    assert_eq!(statement.text.len(), 1, "the words stay");
    assert_eq!(shown(&format!(r#"<value xsi:type="PQ" value="1" unit="g"/>{text}"#)), "1 g");
    assert_eq!(shown(&format!(r#"<value xsi:type="PQ" value="bad"/>{text}"#)), "unread");
}

#[test]
fn words_come_in_the_order_of_their_numbers() {
    let one = |number: &str, text: &str| note(text).replace("+1", number);
    let read = read_in_composition(&observation(
        "O",
        &(one("+1", "last &amp; least") + &one("-1", "first") + &one("0", "<![CDATA[<mid>]]>")),
    ));
    let words: Vec<&str> = read.statement("o").text.iter().map(|text| text.expose()).collect();
    assert_eq!(words, ["first", "<mid>", "last & least"]);
}

#[test]
fn codes_are_kept_by_system_with_their_translations() {
    let code = r#"<code code="2469." codeSystem="2.16.840.1.113883.2.1.3.2.4.14" displayName="Systolic"><originalText> systolic </originalText>
<translation code="271649006" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Systolic blood pressure"/>
<translation code="2469.00" codeSystem="2.16.840.1.113883.2.1.6.2"/><translation code="EMISX" codeSystem="2.16.840.1.113883.2.1.6.3"/>
<translation code="360300017" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/><translation code="1" codeSystem="1.2.3"/></code>"#;
    let twice = (observation("O", "") + &observation("P", "")).replace(
        r#"<code code="163020007" displayName="Reading" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>"#,
        code,
    );
    let read = read_in_composition(&twice);
    let (coded, _) = code_of(&read, "o");
    let systems: Vec<&CodeSystem> = coded.codings.iter().map(|coding| &coding.system).collect();
    let other = CodeSystem::Oid("1.2.3".to_owned());
    assert_eq!(
        systems,
        [
            &CodeSystem::Ctv3,
            &CodeSystem::SnomedCt,
            &CodeSystem::ReadV2,
            &CodeSystem::Egton,
            &CodeSystem::SnomedCtDescription,
            &other
        ]
    );
    assert_eq!(coded.original_text, None, "it says what a display name says");
    assert_eq!(read.warned(IssueCode::CodeSystemUnknown), 1, "once for a system");
}

#[test]
fn a_degraded_code_is_kept_with_its_words_and_words_without_a_code_are_typed() {
    let degraded = r#"code="196411000000103" displayName="Transfer-degraded record entry""#;
    let code = |xml: &str| {
        let rows = coded_observation("O", degraded, "").replace("/>\n", "/>").replacen(
            &format!(r#"<code {degraded} codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>"#),
            xml,
            1,
        );
        code_of(&read_in_composition(&rows), "o").0
    };
    let kept = code(&format!(
        r#"<code {degraded} codeSystem="2.16.840.1.113883.2.1.3.2.4.15"><originalText>Booster 1</originalText></code>"#
    ));
    assert_eq!(kept.snomed(), Some("196411000000103"));
    assert_eq!(kept.original_text.unwrap().expose(), "Booster 1");
    let typed = code(r#"<code nullFlavor="UNK" displayName="said by her aunt"/>"#);
    assert!(typed.codings.is_empty());
    assert_eq!(typed.original_text.unwrap().expose(), "said by her aunt");
}

#[test]
fn a_code_that_its_qualifier_denies_or_doubts_is_not_served_and_others_are() {
    const CODE: &str =
        r#"<code code="163020007" displayName="Reading" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>"#;
    let status = |words: &str| {
        let qualified = CODE.replace(
            "/>",
            &format!(r#"><qualifier><name code="1" displayName="{words}"/></qualifier></code>"#),
        );
        let rows = observation("O", "").replacen(CODE, &qualified, 1);
        assert!(rows.contains("qualifier"));
        read_in_composition(&rows).statement("o").status
    };
    for denies in ["Known absent", "Suspected", "Query", "Probably NOT present"] {
        assert_eq!(status(denies), StatementStatus::Unfiled, "{denies}");
    }
    for adds in ["First", "Ongoing", "Significant", "Left"] {
        assert_eq!(status(adds), StatementStatus::Final, "{adds}");
    }
    let doubted = observation("O", r#"<uncertaintyCode code="U"/>"#);
    assert_eq!(read_in_composition(&doubted).statement("o").status, StatementStatus::Unfiled);
}

#[test]
fn a_snomed_identifier_with_a_wrong_check_digit_is_not_passed_on_as_one() {
    let read = read_in_composition(&coded_observation("O", r#"code="163020008""#, ""));
    assert_eq!(code_of(&read, "o").0.snomed(), None);
    assert_eq!(read.warned(IssueCode::CodeSystemUnknown), 1);
}

#[test]
fn a_battery_heads_a_panel_and_a_topic_is_a_heading() {
    let pair = observation("S", "") + &observation("D", "");
    let battery = compound("BATTERY", "B", BLOOD_PRESSURE, &pair);
    let read = read_in_composition(&compound(
        "TOPIC",
        "T",
        BLOOD_PRESSURE,
        &compound("CATEGORY", "K", BLOOD_PRESSURE, &battery),
    ));
    assert!(matches!(read.entry("t").content, Some(Content::Container(record::Container::Heading))));
    assert_eq!(code_of(&read, "b").0.snomed(), Some("75367002"));
    assert_eq!(code_of(&read, "b").1, None);
    assert!(read.linked("s", Role::Panel, "b") && read.linked("d", Role::Panel, "b"));
    assert!(read.linked("b", Role::Heading, "k") && read.linked("k", Role::Heading, "t"));
    for id in ["t", "k", "b", "s", "d"] {
        assert!(read.linked(id, Role::Consultation, "c"), "{id}");
    }
}

#[test]
fn a_template_heads_a_panel_but_a_wrapper_or_a_cluster_without_a_code_does_not() {
    let is_statement =
        |read: &Collected, id: &str| matches!(read.entry(id).content, Some(Content::Statement(_)));
    let two = observation("S", "") + &observation("D", "");
    assert!(is_statement(&read_in_composition(&compound("CLUSTER", "K", BLOOD_PRESSURE, &two)), "k"));
    assert!(!is_statement(&read_in_composition(&compound("CLUSTER", "K", NO_CODE, &two)), "k"));
    let own = r#"<code code="163020007" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>"#;
    assert!(!is_statement(&read_in_composition(&compound("CLUSTER", "K", own, &observation("S", ""))), "k"));
    assert!(!is_statement(&read_in_composition(&compound("CLUSTER", "K", BLOOD_PRESSURE, "")), "k"));
}

#[test]
fn what_a_laboratory_sent_is_known_by_its_report_or_specimen() {
    let specimen = r#"<code code="123038009" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>"#;
    let result = compound("CLUSTER", "W", BLOOD_PRESSURE, &observation("O", ""));
    let group = compound("BATTERY", "B", BLOOD_PRESSURE, &result);
    let report = compound(
        "CLUSTER",
        "R",
        NO_CODE,
        &(compound("CLUSTER", "S", specimen, &group) + &observation("X", "")),
    );
    let read = read_in_composition(&(report + &observation("P", "")));
    assert_eq!(code_of(&read, "o").1, Some(CodeClass::Laboratory));
    assert_eq!(code_of(&read, "b").1, Some(CodeClass::Laboratory));
    assert_eq!(code_of(&read, "x").1, Some(CodeClass::Laboratory));
    assert_eq!(code_of(&read, "p").1, None);
    assert!(read.linked("o", Role::Panel, "b"), "a wrapped result is a member of its group");
    assert!(
        matches!(read.entry("w").content, Some(Content::Container(_))),
        "a result with its comments is no panel"
    );
}

#[test]
fn a_copy_that_breaks_off_is_shown_once() {
    let long = "Seen in clinic and advised to rest for some days";
    let rows = observation("WHOLE", &note(long))
        + &observation("CUT", &note("Seen in clinic and ad..."))
        + &observation("OWN", &note("Else..."));
    let read = read_in_composition(&rows);
    assert!(read.entry("cut").deleted && !read.entry("whole").deleted && !read.entry("own").deleted);
    assert!(read.linked("cut", Role::About, "whole"));
    assert!(read.rejected.is_empty() && read.warned(IssueCode::PartIgnored) == 1);
}

#[test]
fn copies_of_copies_lead_to_the_whole() {
    let texts = ["Seen in...", "Seen in clinic and...", "Seen in clinic and advised to rest"];
    let rows: String =
        texts.iter().enumerate().map(|(i, text)| observation(&format!("O{i}"), &note(text))).collect();
    let read = read_in_composition(&rows);
    assert_eq!([0, 1, 2].map(|i| read.entry(&format!("o{i}")).deleted), [true, true, false]);
    assert!(read.linked("o0", Role::About, "o2") && read.linked("o1", Role::About, "o2"));
}

#[test]
fn an_empty_copy_that_names_a_problem_is_shown_once_and_other_repeats_stay() {
    let rows = observation("WHOLE", &note("words")) + &observation("EMPTY", "");
    let problem = r#"<component><LinkSet><id root="L"/><conditionNamed><namedStatementRef><id root="EMPTY"/></namedStatementRef></conditionNamed></LinkSet></component>"#;
    assert!(!read_in_composition(&rows).entry("empty").deleted);
    let read = read_in_composition(&(rows + problem));
    assert!(read.entry("empty").deleted);
    assert!(read.linked("whole", Role::Problem, "l"), "what refers to the copy refers to the whole");
}

#[test]
fn a_vaccination_has_what_its_text_says() {
    let read =
        read_in_composition(&observation("O", &note("[Batch Number: AB12], Injection site: Left arm")));
    let vaccination = read.statement("o").vaccination.clone().unwrap();
    assert_eq!(vaccination.lot_number.as_deref(), Some("AB12"));
    assert_eq!(read.statement("o").text.len(), 1);
    assert_eq!(read_in_composition(&observation("O", &note("well"))).statement("o").vaccination, None);
}

#[test]
fn what_stands_directly_under_a_heading_of_allergies_is_one() {
    for (code, class) in
        [("14L..00", Some(CodeClass::Allergy)), ("SN53.00", Some(CodeClass::Allergy)), ("14...00", None)]
    {
        let heading = format!(r#"<code code="{code}" codeSystem="2.16.840.1.113883.2.1.6.2"/>"#);
        let rows = compound("CATEGORY", "K", &heading, &observation("O", "")) + &observation("BESIDE", "");
        let read = read_in_composition(&rows);
        assert_eq!(code_of(&read, "o").1, class, "{code}");
        assert_eq!(code_of(&read, "beside").1, None);
    }
}

#[test]
fn a_degraded_code_beside_the_lines_of_a_vaccination_is_about_one() {
    let of = |words: &str| {
        let degraded = r#"code="196411000000103" displayName="Transfer-degraded record entry""#;
        code_of(&read_in_composition(&coded_observation("O", degraded, &note(words))), "o").1
    };
    assert_eq!(of("Reason: Routine\nArea: UK\nBatch No: AB12"), Some(CodeClass::Immunisation));
    assert_eq!(of("Batch No: AB12\nfitted today"), None);
    assert_eq!(of("Reason: Routine\nArea: UK"), None);
    assert_eq!(
        code_of(&read_in_composition(&observation("O", &note("Area: UK\nBatch No: AB12"))), "o").1,
        None
    );
}
