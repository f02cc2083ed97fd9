//! What resources come to.

use record::{
    CodeClass, CodeRef, CodeSystem, Comparator, DoseSequence, Given, Interpretation, IssueCode, Listed,
    Registration, Role, StatementStatus, Subject, Value,
};
use serde_json::{Value as Json, json};

use super::{bundle, mmr, patient, read, read_json, try_read, weight, with};

#[test]
fn a_result_keeps_its_digits_unit_range_and_dates() {
    let one = with(
        weight("a"),
        json!({
        "valueQuantity": {"value": 0, "comparator": "<=", "unit": "millimole per litre", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        "referenceRange": [{"low": {"value": 3.50}, "high": {"value": 5.3}, "text": "see note"}, {"age": {"low": {"value": 1}}, "text": "children"}],
        "interpretation": {"coding": [{"system": "http://hl7.org/fhir/v2/0078", "code": "H"}]},
        "comment": "rung through", "category": [{"coding": [{"code": "laboratory"}]}]}),
    );
    let text = bundle(&[patient(), one]).to_string().replace("\"value\":0", "\"value\":4.10");
    let read = try_read(text.as_bytes()).unwrap();
    let statement = read.statement("Observation/a");
    let Some(Value::Quantity(quantity)) = &statement.value else { panic!("{statement:?}") };
    assert_eq!((quantity.value.as_str(), quantity.unit.as_deref()), ("4.10", Some("mmol/L")));
    assert_eq!(quantity.comparator, Some(Comparator::LessOrEqual));
    assert_eq!(statement.ranges.len(), 1);
    assert_eq!(statement.ranges[0].high.as_ref().unwrap().as_str(), "5.3");
    assert_eq!(statement.interpretation, Some(Interpretation::High));
    assert_eq!(statement.text[0].expose(), "rung through");
    assert!(matches!(statement.code, CodeRef::Given(_, Some(CodeClass::Laboratory))));
    assert_eq!(statement.effective.unwrap().to_string(), "2024-03-01");
    assert_eq!(read.entry("Observation/a").recorded.unwrap().to_string(), "2024-03-02T10:00:00+00:00");
    assert_eq!(read.keys[0], "gpc:9990000018");
    assert_eq!(read.warnings.len(), 1, "the range for children: {:?}", read.warnings);
}

#[test]
fn codes_keep_the_chosen_first_and_the_description_with_its_concept() {
    let code = json!({"coding": [
        {"system": "http://read.info/readv2", "code": "22A..00", "display": "O/E - weight"},
        {"system": "http://snomed.info/sct", "code": "27113001", "display": "Body weight", "userSelected": true,
         "extension": [{"url": "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-coding-sctdescid",
            "extension": [{"url": "descriptionId", "valueId": "45352010"}, {"url": "descriptionDisplay", "valueString": "Body wt"}]}]},
        {"system": "http://snomed.info/sct", "code": "27113002"},
        {"system": "http://example.org/local", "code": "W"}], "text": "weighed in boots"});
    let read = read(&[with(weight("a"), json!({"code": code}))]);
    let CodeRef::Given(coded, _) = &read.statement("Observation/a").code else { panic!() };
    let systems: Vec<&CodeSystem> = coded.codings.iter().map(|coding| &coding.system).collect();
    assert!(
        matches!(
            systems.as_slice(),
            [CodeSystem::SnomedCt, CodeSystem::SnomedCtDescription, CodeSystem::ReadV2, CodeSystem::Oid(_)]
        ),
        "{systems:?}"
    );
    assert_eq!(coded.original_text.as_ref().unwrap().expose(), "weighed in boots");
    assert_eq!(read.warnings[0].code, IssueCode::CodeSystemUnknown);
}

#[test]
fn what_cannot_be_said_without_its_unreadable_part_is_rejected() {
    for members in [
        json!({"valueQuantity": {"value": 1e3}}),
        json!({"valueQuantity": {"value": "70"}}),
        json!({"component": [{"code": {"text": "x"}, "valueRange": {"low": {"value": 7, "comparator": "~"}}}]}),
        json!({"effectiveDateTime": "01/03/2024"}),
        json!({"effectiveDateTime": 2024}),
        json!({"code": {}}),
        json!({"subject": {"reference": "Patient/other"}}),
        json!({"subject": {"display": "Ann"}}),
        json!({"component": [{"code": {"text": "x"}, "valueQuantity": {"value": true}}]}),
    ] {
        // A number that serde_json writes with an exponent.
        let text =
            bundle(&[patient(), with(weight("a"), members.clone())]).to_string().replace("1000.0", "1e3");
        let read = try_read(text.as_bytes()).unwrap();
        assert_eq!((read.rejected.len(), read.rows()), (1, 2), "{members}");
    }
}

#[test]
fn a_number_with_a_sign_that_fhir_has_not_is_the_words_that_were_sent() {
    for (sign, words) in [("~", "~70.50 kg"), ("about ", "about 70.50 kg"), (">>", ">>70.50 kg")] {
        let members =
            json!({"valueQuantity": {"value": 7123, "comparator": sign, "unit": "kg", "code": "KG"}});
        let text = bundle(&[patient(), with(weight("a"), members)]).to_string();
        let read = try_read(text.replace("7123", "70.50").as_bytes()).unwrap();
        let Some(Value::Text(text)) = &read.statement("Observation/a").value else { panic!("{sign}") };
        assert_eq!(text.expose(), words);
        assert_eq!(read.warnings[0].code, IssueCode::OperatorUnknown);
    }
}

#[test]
fn results_of_other_kinds_are_kept_and_not_served() {
    for members in [
        json!({"valueBoolean": true}),
        json!({"valueQuantity": "70 kg"}),
        json!({"component": [{"code": {"text": "x"}, "valueTime": "10:00"}]}),
    ] {
        let read = read(&[with(weight("a"), members.clone())]);
        assert_eq!(read.statement("Observation/a").status, StatementStatus::Unfiled, "{members}");
        assert_eq!(read.warnings[0].field.as_deref(), Some("value[x]"));
    }
}

#[test]
fn only_what_is_final_is_served_and_errors_are_deleted() {
    for (status, is, deleted) in [
        (json!("final"), StatementStatus::Final, false),
        (json!("amended"), StatementStatus::Final, false),
        (json!("corrected"), StatementStatus::Final, false),
        (json!("preliminary"), StatementStatus::Unfiled, false),
        (json!("unknown"), StatementStatus::Unfiled, false),
        (json!(null), StatementStatus::Unfiled, false),
        (json!("entered-in-error"), StatementStatus::Unfiled, true),
        (json!("cancelled"), StatementStatus::Unfiled, true),
    ] {
        let read = read(&[with(weight("a"), json!({"status": status}))]);
        assert_eq!(
            (read.statement("Observation/a").status, read.entry("Observation/a").deleted),
            (is, deleted),
            "{status}"
        );
    }
    for members in [json!({"modifierExtension": [{"url": "x"}]}), json!({"implicitRules": "x"})] {
        assert_eq!(
            read(&[with(weight("a"), members)]).statement("Observation/a").status,
            StatementStatus::Unfiled
        );
    }
}

#[test]
fn a_finding_about_a_relative_is_not_the_patients() {
    let about = read(&[with(weight("a"), json!({"comment": "Subject: Father"}))]);
    assert_eq!(about.statement("Observation/a").subject, Subject::SomebodyElse);
    let list = json!({"resourceType": "List", "id": "l", "title": "Family History", "entry": [{"item": {"reference": "Observation/a"}}]});
    let report = json!({"resourceType": "DiagnosticReport", "id": "r", "result": [{"reference": "Observation/a"}, {"reference": "Observation/b"}]});
    let read = read(&[report, list, weight("a"), weight("b")]);
    assert!(matches!(
        read.statement("Observation/a").code,
        CodeRef::Given(_, Some(CodeClass::FamilyHistory))
    ));
    assert!(matches!(read.statement("Observation/b").code, CodeRef::Given(_, Some(CodeClass::Laboratory))));
}

#[test]
fn components_and_members_are_parts_of_their_panel() {
    let pressure = with(
        weight("bp"),
        json!({"valueQuantity": null, "component": [
        {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
        {"code": {"text": "Diastolic"}, "valueQuantity": {"value": 80, "unit": "mmHg"}}]}),
    );
    let pressure = {
        let mut pressure = pressure;
        pressure.as_object_mut().unwrap().remove("valueQuantity");
        pressure
    };
    let group = with(
        weight("g"),
        json!({"related": [{"type": "has-member", "target": {"reference": "Observation/m"}}]}),
    );
    let member = with(
        weight("m"),
        json!({"related": [{"type": "derived-from", "target": {"reference": "Observation/g"}}]}),
    );
    let ratio = with(
        weight("r"),
        json!({"related": [{"type": "derived-from", "target": {"reference": "https://a.example/STU3/Observation/m/_history/2"}}]}),
    );
    let read = read(&[pressure, member, group, ratio]);
    assert_eq!(read.links("Observation/bp#2"), [(Role::Panel, "Observation/bp")]);
    assert_eq!(read.links("Observation/m"), [(Role::Panel, "Observation/g")]);
    assert_eq!(read.links("Observation/r"), [(Role::Heading, "Observation/m")]);
    assert!(read.links("Observation/g").is_empty());
    assert_eq!(read.rows(), 7, "a component is a row of its own");
}

#[test]
fn a_vaccination_tells_whether_why_which_dose_and_of_what() {
    let given = with(
        mmr("v"),
        json!({"lotNumber": "AB12", "expirationDate": "2025-01-31",
        "manufacturer": {"reference": "Organization/o"}, "site": {"text": "Left arm"},
        "doseQuantity": {"value": 0.5, "unit": "ml"}, "vaccinationProtocol": [{"doseSequence": 2}],
        "explanation": {"reason": [{"text": "Routine"}]}}),
    );
    let organisation = json!({"resourceType": "Organization", "id": "o", "name": "Acme Vaccines"});
    let told = read(&[given, organisation]).statement("Immunization/v").vaccination.clone().unwrap();
    assert_eq!(told.given, Some(Given::Yes));
    assert_eq!(
        (told.lot_number.as_deref(), told.manufacturer.as_deref()),
        (Some("AB12"), Some("Acme Vaccines"))
    );
    assert_eq!(told.sequence, Some(DoseSequence::Number(2)));
    assert_eq!(told.reason.unwrap().original_text.unwrap().expose(), "Routine");
    assert!(told.product.is_none(), "an unknown vaccine is no product");
    let refused =
        with(mmr("v"), json!({"notGiven": true, "explanation": {"reasonNotGiven": [{"text": "Refused"}]}}));
    let told = read(&[refused]).statement("Immunization/v").vaccination.clone().unwrap();
    assert_eq!(
        (told.given, told.reason.unwrap().original_text.unwrap().expose().to_owned()),
        (Some(Given::No), "Refused".to_owned())
    );
    for unclear in [json!(null), json!("false"), json!(0)] {
        let read = read(&[with(mmr("v"), json!({"notGiven": unclear}))]);
        let statement = read.statement("Immunization/v");
        assert_eq!(statement.vaccination.as_ref().unwrap().given, Some(Given::Unclear), "{unclear}");
        assert_eq!(statement.status, StatementStatus::Unfiled);
    }
    let odd = read(&[with(
        mmr("v"),
        json!({"lotNumber": "ask her brother", "vaccinationProtocol": [{"doseSequence": 1}, {"doseSequence": 2}]}),
    )]);
    let told = odd.statement("Immunization/v").vaccination.clone().unwrap();
    assert_eq!((told.lot_number, told.sequence), (None, None));
}

#[test]
fn what_an_adaptor_leaves_in_the_note_is_read_from_there() {
    let note = "[Manufacturer: Acme], [Expiry Date: 18-Jan-2031], [Batch Number: XY9], GMS: GMS, Injection site: Left arm";
    let read = read(&[with(mmr("v"), json!({"note": [{"text": note}]}))]);
    let told = read.statement("Immunization/v").vaccination.clone().unwrap();
    assert_eq!((told.lot_number.as_deref(), told.manufacturer.as_deref()), (Some("XY9"), Some("Acme")));
}

#[test]
fn the_patient_is_read_without_other_people() {
    let person = with(
        patient(),
        json!({
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018",
            "extension": [{"url": "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1",
                "valueCodeableConcept": {"coding": [{"code": "01"}]}}]}],
        "name": [{"use": "old", "family": "Before"}, {"use": "official", "family": "Sample", "given": ["Ann", "B"], "prefix": ["Ms"]}],
        "telecom": [{"system": "phone", "use": "home", "value": "1", "extension": [{"url": "x"}]}, {"system": "phone", "use": "home", "value": "2"},
            {"system": "phone", "use": "work", "value": "3"}, {"system": "email", "value": "a@example.org"}],
        "address": [{"use": "old", "line": ["gone"]}, {"use": "home", "line": ["1 Road"], "postalCode": "AA1 1AA"}],
        "contact": [{"name": {"family": "Mother"}, "relationship": [{"coding": [{"display": "Parent"}]}], "telecom": [{"system": "phone", "value": "9"}]}],
        "gender": "female", "birthDate": "1980-02-29",
        "extension": [{"url": "x/Extension-CareConnect-GPC-RegistrationDetails-1", "extension": [
            {"url": "registrationType", "valueCodeableConcept": {"coding": [{"code": "R"}]}},
            {"url": "registrationPeriod", "valuePeriod": {"start": "2019-04-01"}}]}]}),
    );
    let read = read_json(&bundle(&[person]));
    let person = read.patient();
    assert_eq!(person.name.as_ref().unwrap().family.as_deref(), Some("Sample"));
    assert_eq!(person.home_phone.as_ref().map(|phone| phone.expose()), Some("2"));
    assert_eq!(person.mobile_phone, None);
    assert_eq!(person.address.as_ref().unwrap().lines, ["1 Road"]);
    assert_eq!(person.registration, Registration::Regular);
    assert_eq!(person.registered_on, Some(jiff::civil::date(2019, 4, 1)));
    let [contact] = person.for_redaction.related.as_slice() else { panic!("no contact for redaction") };
    assert_eq!(contact.name.expose(), "Mother");
    assert_eq!(contact.relation, Some(Listed::Words("Parent".into())));
    assert_eq!(person.for_redaction.other_names[0].family.as_deref(), Some("Before"));
}

#[test]
fn who_is_not_known_to_be_a_living_regular_patient_is_not_taken_for_one() {
    let of = |members| read_json(&bundle(&[with(patient(), members)])).patient().clone();
    assert_eq!(of(json!({})).registration, Registration::Regular, "a transfer has no name");
    let named = json!([{"family": "Sample"}]);
    assert_eq!(of(json!({"name": named})).registration, Registration::Unknown);
    for members in
        [json!({"active": false}), json!({"deceasedBoolean": true}), json!({"deceasedDateTime": "unknown"})]
    {
        assert!(matches!(of(members.clone()).registration, Registration::Other(_)), "{members}");
    }
    assert!(of(json!({"deceasedDateTime": "2024-01-01"})).death_date.is_some());
    let number = |value: &str, code: &str| {
        json!({"identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": value,
        "extension": [{"url": "NHSNumberVerificationStatus", "valueCodeableConcept": {"coding": [{"code": code}]}}]}]})
    };
    assert!(of(number("9990000018", "01")).nhs_number.is_some());
    for (value, code) in [("9990000018", "02"), ("9990000018", ""), ("Test Harness", "01")] {
        assert!(of(number(value, code)).nhs_number.is_none(), "{value} {code}");
    }
}

#[test]
fn clinicians_are_named_directly_and_by_their_role() {
    let doctor =
        json!({"resourceType": "Practitioner", "id": "d", "name": [{"family": "Example", "prefix": ["Dr"]}]});
    let role = json!({"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"}});
    let read = read(&[
        doctor,
        role,
        with(weight("a"), json!({"performer": [{"reference": "PractitionerRole/r"}]})),
        with(weight("b"), json!({"performer": [{"reference": "Practitioner/gone"}]})),
    ]);
    assert_eq!(read.staff, ["Practitioner/d"]);
    assert_eq!(read.statement("Observation/a").performer.as_deref(), Some("Practitioner/d"));
    assert_eq!(read.statement("Observation/b").performer, None);
}

#[test]
fn a_bundle_of_another_practices_patient_is_told_of() {
    let identifier =
        |ods: &str| json!([{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": ods}]);
    let managed = |reference: Json, ods: &str| {
        let organisation = json!({"resourceType": "Organization", "id": "o", "identifier": identifier(ods)});
        let patient = with(patient(), json!({"managingOrganization": reference}));
        let read = try_read(bundle(&[patient, organisation]).to_string().as_bytes()).unwrap();
        read.warnings.iter().filter(|issue| issue.code == IssueCode::WrongPractice).count()
    };
    let by_reference = || json!({"reference": "Organization/o"});
    assert_eq!(managed(by_reference(), "Y99997"), 1);
    assert_eq!(managed(by_reference(), "y99999"), 0);
    assert_eq!(
        managed(json!({"reference": "Organization/other"}), "Y99997"),
        0,
        "it is nobody's that is there"
    );
    assert_eq!(managed(json!({"identifier": identifier("Y99997")[0]}), "Y99999"), 1);
}
